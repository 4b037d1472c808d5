"""Which connections the targets take part in, told to who keeps their packets.

Takes the links of connections and capture times; tells the follower when the first target came into one and when
the last one went. A target's own connection is a target's to its end; a contact's only while a target is there,
and what closes it is none of ours. Who was heard leaving on one connection has left on all of the conversation.

A connection that carries many conversations is followed for whose it is and for nothing that is said on it: a
contact's has those with everybody else in the same packets. One that carries files from peer to peer is followed,
from its first packet, when they are a target's: agreed on before the target's eyes, it may concern others.
"""

from collections.abc import Iterable
from typing import Protocol

from rcds_sniffer.events import Seen
from rcds_sniffer.orders import Warrant
from rcds_sniffer.records.happening import Link


class Follower(Protocol):
    """Who wants to know which connections the targets take part in, as keeping their packets does."""

    def follow(self, client: str, server: str, *, whole: bool, seen: Seen) -> None:
        """A target takes part in this connection from ``seen`` on; ``whole``: it is its own from its start.

        ``client`` and ``server`` are ``ip:port``, IPv6 in brackets; which is which may have been a guess.
        """

    def unfollow(self, client: str, server: str) -> None:
        """No target takes part in it any longer."""


class Interest:
    """What the follower was told, and has to be told."""

    def __init__(self, warrant: Warrant, follower: Follower) -> None:
        self._warrant = warrant
        self._follower = follower

    def review(self, link: Link, seen: Seen, now: int) -> None:
        """An event was seen on ``link``, at the moment ``now``."""
        if link.connection.shared:
            return  # its packets carry others too
        ends = link.connection.client, link.connection.server
        wanted = self._concerns(link, seen.time, now)
        if wanted and not link.followed:
            owned = self._owned(link, seen.time) and self._owned(link, link.connection.started)
            whole = owned or link.parties is not None
            self._follower.follow(*ends, whole=whole, seen=seen)
        elif link.followed and not wanted:
            self._follower.unfollow(*ends)
        link.followed = wanted

    def let_go(self, links: Iterable[Link], time: int, now: int) -> None:
        """Somebody left, or the warrant was changed: what is no target's any more, though it was not heard."""
        for link in links:
            if link.followed and link.closed_at is None and not self._concerns(link, time, now):
                link.followed = False
                self._follower.unfollow(link.connection.client, link.connection.server)

    def _concerns(self, link: Link, time: int, now: int) -> bool:
        if link.parties is not None:
            return any(self._covers(account, time, link) for account in link.parties)
        if self._owned(link, time) or link.conversation is None or link.closed_at is not None:
            return self._owned(link, time)
        return any(self._covers(account, time, link) for account in link.conversation.roster.present(now))

    def _owned(self, link: Link, time: int) -> bool:
        return link.account is not None and self._covers(link.account, time, link)

    def _covers(self, account: str, time: int, link: Link) -> bool:
        client = link.connection.client if account == link.account else None
        return bool(self._warrant.grants(account, time, link.connection.protocol, client))
