# cython: annotation_typing=False
"""Datagrams that the tap shows more than once.

A SPAN session that mirrors both ports of a switch, a router on a stick, or a tunnel beside the line shows one
datagram again, with another TTL, MAC or VLAN. Takes segments; tells which of them was seen a moment ago, by all
that TCP sees of it and by the identification of its datagram. A retransmission is another datagram, and comes
later. Invariant: a segment that is a copy holds nothing that its original did not hold.

How long ago is counted in packets of the whole capture, which is what a busy line holds in a moment.
"""

from reassembly.counters import Counters
from reassembly.headers import Segment
from reassembly.limits import Limits


class Seen:
    """A segment that was seen, as `headers.Segment` has it."""

    __slots__ = ("acknowledgment", "cut", "flags", "ident", "key", "packet", "payload", "sequence", "time")

    def __init__(self) -> None:
        self.time = 0
        """Capture time at which it came."""
        self.packet = -1
        """Packets that were counted then; -1: there was none yet."""
        self.key = b""
        self.sequence = 0
        self.acknowledgment = 0
        self.flags = 0
        self.payload = b""
        self.cut = 0
        self.ident = 0


class Copies:
    """The latest segments of all flows, the oldest overwritten by the next."""

    __slots__ = ("_counters", "_most", "_next", "_ring", "_time")

    def __init__(self, limits: Limits, counters: Counters) -> None:
        self._counters = counters
        self._time = limits.duplicate_time
        self._most = limits.duplicate_packets
        self._ring = [Seen() for _ in range(limits.duplicate_packets)]
        self._next = 0

    def remember(  # noqa: PLR0917 - for every packet with octets: each in its place costs nothing
        self,
        key: bytes,
        sequence: int,
        acknowledgment: int,
        flags: int,
        payload: bytes,
        cut: int,
        ident: int,
        now: int,
    ) -> None:
        """Take one, with the capture time at which it came."""
        at = self._next
        self._next = at + 1 if at + 1 < self._most else 0
        seen = self._ring[at]
        seen.time = now
        seen.packet = self._counters.packets
        seen.key = key
        seen.sequence = sequence
        seen.acknowledgment = acknowledgment
        seen.flags = flags
        seen.payload = payload
        seen.cut = cut
        seen.ident = ident

    def holds(self, segment: Segment, now: int) -> bool:
        """It was seen before."""
        key, sequence, acknowledgment, flags, payload, cut, _, ident = segment
        since = now - self._time
        first = self._counters.packets - self._most
        at = self._next
        for _ in range(self._most):
            at = at - 1 if at else self._most - 1
            seen = self._ring[at]
            if seen.packet <= first or seen.packet < 0 or seen.time < since:
                return False
            if (
                seen.sequence == sequence
                and seen.ident == ident
                and seen.acknowledgment == acknowledgment
                and seen.flags == flags
                and seen.cut == cut
                and seen.key == key
                and seen.payload == payload
            ):
                return True
        return False
