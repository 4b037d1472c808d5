"""What was offered on other connections of the run.

Two clients may have several switchboards between them, and some send an INVITE on one and go on, in the same call,
on another. And where only one side of connections is heard, an INVITE is heard on one end's and its data on the
other's. So what an INVITE says is kept for all connections, by its two people together with its session or call:
nobody else's packet finds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from msnp.limits import SECOND, Recent
from msnp.p2p.offers import Offer

if TYPE_CHECKING:
    from msnp.links import Links

MAX_OFFERS = 4096
"""INVITEs remembered; beyond, the oldest is forgotten."""
MAX_CHARACTERS = 4096
"""Of what one offers; what is longer is not shared. Real ones stay under 1 KiB."""
OFFER_LIFE = 3600 * SECOND
"""After it, an INVITE of another connection tells nothing more."""


class Offered(NamedTuple):
    """One INVITE."""

    time: int
    inviter: str
    invited: str
    session: int
    call_id: str | None
    offer: Offer


class Offers:
    """All INVITEs of one run whose two accounts are known."""

    def __init__(self) -> None:
        self._found: Recent[tuple[int | str, frozenset[str]], Offered] = Recent(2 * MAX_OFFERS)

    def note(self, offered: Offered) -> None:
        """An INVITE was seen, perhaps not for the first time."""
        if len(repr(offered.offer.details)) > MAX_CHARACTERS:
            return
        people = frozenset({offered.inviter, offered.invited})
        self._found.remember((offered.session, people), offered)
        if offered.call_id is not None:
            self._found.remember((offered.call_id, people), offered)

    def find(self, key: int | str, one: str, other: str, time: int) -> Offered | None:
        """What these two agreed on, by session or Call-ID."""
        found = self._found.get((key, frozenset({one, other})))
        return found if found is not None and abs(time - found.time) <= OFFER_LIFE else None


_OF_RUN: WeakKeyDictionary[Links, Offers] = WeakKeyDictionary()
"""What belongs to a run belongs to its links, which need not know it."""


def offers_of(links: Links) -> Offers:
    """Those of the run that has these links."""
    offers = _OF_RUN.get(links)
    if offers is None:
        offers = _OF_RUN[links] = Offers()
    return offers
