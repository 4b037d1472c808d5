"""The calls that a connection remembers, and whose packet is of which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msnp.p2p.carriers import OWN, Body, Carrier
from msnp.p2p.headers import Packet
from msnp.p2p.offered import Offered, offers_of
from msnp.p2p.transfers import Transfer, kind_of_data
from msnp.utterances import Origin

if TYPE_CHECKING:
    from msnp.state import State

MAX_CALLS = 64
"""Calls that are remembered; beyond, one that is over is forgotten, else one without content, else the oldest,
which ends as cut."""
COUNTER = "content application/x-msnmsgrp2p"
"""Counts packets that told nothing: acknowledgements, preparations, and what makes no sense."""


class Book:
    """All calls of one connection, the newest last."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.calls: list[Transfer] = []
        self.own: str | None = None
        """The connection's own account, as soon as it is known."""

    def learn_own(self) -> None:
        """What was noted of the own account while it was not known is now of this one."""
        if self.own is None and (own := self.state.account or self.state.claimed) is not None:
            self.own = own
            for call in self.calls:
                call.know_own(own)

    def count_odd(self) -> None:
        """A packet told nothing."""
        self.state.counters[COUNTER] += 1

    def origin(self, carrier: Carrier, speaker: str) -> Origin:
        """Of what one of a call's two sends."""
        return carrier.origin_for(speaker, self.own, self.state.own_name())

    def find(self, carrier: Carrier, session: int) -> tuple[Transfer | None, str]:
        """The call that a packet is of, and which of its two sends it."""
        for call in reversed(self.calls):
            if call.session == session:
                speaker = call.sends if carrier.origin is None else call.speaker(carrier)
                if speaker is not None:
                    return call, speaker
        return None, OWN

    def sessions(self) -> frozenset[int]:
        """Those of all calls."""
        return frozenset(call.session for call in self.calls)

    def add(self, call: Transfer) -> None:
        """One more; one of the others may have to go."""
        calls = self.calls
        if len(calls) >= MAX_CALLS:
            over = (c for c in calls if c.over)
            unused = (c for c in calls if not c.began)
            victim = next(over, None) or next(unused, None) or calls[0]
            victim.end(self.state.emit, "cut")
            calls.remove(victim)
        calls.append(call)

    def join(self, carrier: Carrier, packet: Packet, body: Body) -> Transfer | None:
        """A transfer of which the beginning was not seen here; None where nothing says that it is one."""
        call = self.adopt(carrier, packet.session)
        if call is not None:
            return call
        kind = kind_of_data(packet, body.footer() if carrier.footer else None)
        if kind is None or carrier.sender is None or carrier.recipient is None:
            return None
        call = Transfer(packet.session, carrier.sender, carrier.recipient, None)
        call.kind = kind
        call.accepted = True
        self.add(call)
        return call

    def adopt(self, carrier: Carrier, key: int | str) -> Transfer | None:
        """A call, by session or Call-ID, that these two began on another connection."""
        one, other = carrier.sender, carrier.recipient
        if not one or not other:
            return None
        found = offers_of(self.state.links).find(key, one, other, carrier.mark.time)
        if found is None or any(
            call.session == found.session and call.call_id == found.call_id for call in self.calls
        ):
            return None
        call = Transfer(found.session, found.inviter, found.invited, found.offer)
        call.call_id = found.call_id
        self.add(call)
        return call

    def note(self, call: Transfer, time: int) -> None:
        """Let other connections know of an INVITE."""
        if call.offer is not None and call.inviter and call.invited:
            offered = Offered(time, call.inviter, call.invited, call.session, call.call_id, call.offer)
            offers_of(self.state.links).note(offered)
