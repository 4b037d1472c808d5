# cython: annotation_typing=False
"""Where octets were seen: handed in with them, and handed on with every event that they told."""

from __future__ import annotations


class Mark:
    """A place in a connection; never looked at but for the arithmetic on ``sequence``."""

    __slots__ = ("packet", "sequence", "source", "time")

    def __init__(self, time: int, sequence: int, packet: int, source: str) -> None:
        self.time = time
        """Nanoseconds since 1970 UTC."""
        self.sequence = sequence
        """TCP sequence number, modulo 2**32."""
        self.packet = packet
        self.source = source

    def after(self, octets: int) -> Mark:
        """The place so many octets later, in the same packet."""
        return mark_at(self.time, (self.sequence + octets) & 0xFFFFFFFF, self.packet, self.source)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mark):
            return NotImplemented
        return (
            self.time == other.time
            and self.sequence == other.sequence
            and self.packet == other.packet
            and self.source == other.source
        )

    def __hash__(self) -> int:
        return hash((self.time, self.sequence, self.packet, self.source))

    def __repr__(self) -> str:
        return f"Mark({self.time}, {self.sequence}, {self.packet}, {self.source!r})"


def mark_at(time: int, sequence: int, packet: int, source: str) -> Mark:
    """A mark, made without the ceremony of a call with Python's arguments: there is one for every event."""
    mark = Mark.__new__(Mark)
    mark.time = time
    mark.sequence = sequence
    mark.packet = packet
    mark.source = source
    return mark
