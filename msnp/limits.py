"""Every bound of this package, by name: nothing that a peer sends can make a session or the links grow past them.

At a bound the decoder degrades in a way that shows (an :class:`~msnp.events.Undecoded`, an incomplete text) and
goes on. Times are nanoseconds of capture time, so that two replays of one capture agree.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

SECOND = 1_000_000_000

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one session, and the links between sessions, may hold."""

    line: int = 64 * 1024
    """Octets of a command line; tickets and MSNObjects reach several KiB."""
    payload: int = 1024 * 1024
    """Octets of a payload; real ones stay under 64 KiB."""
    lookahead: int = 64 * 1024
    """Octets that an unconfirmed or unknown command may announce and be waited for."""
    foreign_lines: int = 4
    """Lines of a stream's certain beginning that may be unreadable before it is taken for another protocol."""
    foreign_octets: int = 4 * 1024
    """The same in octets, for protocols without lines."""
    search: int = 256 * 1024
    """Octets searched for a first command where the beginning was missed."""
    undecided: int = 64 * 1024
    """Octets held while content has not told which side is the client."""
    marks: int = 1024
    """Segments whose marks are kept for octets not yet read; beyond, time and packet are an earlier one's."""

    roster: int = 1024
    """People, and endpoints of one person, remembered per conversation."""
    transactions: int = 256
    """Requests remembered per kind until their answer comes."""

    part_texts: int = 32
    """Multi-part texts of one session that may be incomplete at a time."""
    parts: int = 1024
    """Parts of one text."""
    part_octets: int = 1024 * 1024
    """Octets of all incomplete texts of one session."""
    part_wait: int = 120 * SECOND
    """After its last part, an incomplete text is handed on as it is."""

    links: int = 16 * 1024
    """Entries in each table of what sessions know of each other."""
    cookie_life: int = 180 * SECOND
    """From XFR or RNG to the switchboard connection that uses it."""
    call_life: int = 60 * SECOND
    """From CAL to the ANS of the person called."""
    join_window: int = 2 * SECOND
    """Between one's ANS OK and the JOI that the others see."""


class Recent(OrderedDict[K, V], Generic[K, V]):
    """A mapping that forgets its oldest entry when it is full."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def remember(self, key: K, value: V) -> None:
        """Store ``value`` as the newest entry."""
        if key in self:
            self.move_to_end(key)
        elif len(self) >= self._limit:
            self.popitem(last=False)
        self[key] = value
