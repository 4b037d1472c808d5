"""Datagrams that the tap shows more than once.

A SPAN session that mirrors both ports of a switch, a router on a stick, or a tunnel beside the line shows one
datagram again, with another TTL, MAC or VLAN. Takes segments; tells which of them was seen a moment ago, by all
that TCP sees of it and by the identification of its datagram. A retransmission is another datagram, and comes
later. Invariant: a segment that is a copy holds nothing that its original did not hold.
"""

from collections import deque
from collections.abc import Callable

from reassembly.headers import Segment
from reassembly.limits import Limits


class Copies:
    """The latest segments of all flows."""

    __slots__ = ("_latest", "_time", "remember")

    def __init__(self, limits: Limits) -> None:
        self._time = limits.duplicate_time
        self._latest: deque[tuple[int, Segment]] = deque(maxlen=limits.duplicate_packets)
        self.remember: Callable[[tuple[int, Segment]], None] = self._latest.append
        """Take one, with the capture time at which it came. It is for every packet, so no call is spent on it."""

    def holds(self, segment: Segment, now: int) -> bool:
        """It was seen before."""
        since = now - self._time
        key, sequence, _, _, _, _, _, ident = segment
        for time, other in reversed(self._latest):
            if time < since:
                return False
            if other[1] == sequence and other[7] == ident and other[0] == key and other[2:6] == segment[2:6]:
                return True
        return False
