"""What waits, in bounded memory, until the account at a connection's client end is proven.

Octets of files wait beside the rest, with bounds of their own: a file leaves room for what is said beside it.
"""

from typing import Final

from rcds_sniffer.events import Event, FileOctets, weight
from rcds_sniffer.records.happening import Link

MAX_WAITING: Final = 1000
"""Events of one connection that wait for its account; beyond, new ones are discarded and counted."""

MAX_WAITING_TEXT: Final = 16 << 20
"""Characters that wait so, in all connections; beyond, new events are discarded and counted."""

MAX_PIECES: Final = 8000
"""Pieces of files that wait for the account of one connection; beyond, new ones are discarded and counted."""

MAX_WAITING_OCTETS: Final = 16 << 20
"""Octets of files that wait so, in all connections; beyond, the same."""


class Waiting:
    """The events of all connections that wait; each link holds its own."""

    def __init__(self) -> None:
        self.characters = 0
        self.octets = 0

    def hold(self, link: Link, event: Event, now: int) -> bool:
        """Let ``event``, of the moment ``now``, wait; False where there is no room."""
        cost = weight(event)
        if isinstance(event, FileOctets):
            if len(link.pieces) >= MAX_PIECES or self.octets + cost > MAX_WAITING_OCTETS:
                return False
            link.pieces.append((event, now))
            self.octets += cost
            return True
        if len(link.waiting) >= MAX_WAITING or self.characters + cost > MAX_WAITING_TEXT:
            return False
        link.waiting.append((event, now))
        self.characters += cost
        return True

    def events(self, link: Link) -> list[tuple[Event, int]]:
        """What waited, with its moments, and waits no longer; without the octets of files."""
        waiting, link.waiting = link.waiting, []
        self.characters -= sum(weight(event) for event, _ in waiting)
        return waiting

    def pieces(self, link: Link) -> list[tuple[FileOctets, int]]:
        """The same of the octets of files."""
        pieces, link.pieces = link.pieces, []
        self.octets -= sum(weight(event) for event, _ in pieces)
        return pieces
