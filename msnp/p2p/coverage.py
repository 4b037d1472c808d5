"""Which octets of a message were seen: disjoint ranges, in order, neighbours joined."""

from bisect import bisect_left, bisect_right

MAX_RANGES = 1024
"""Ranges that are kept; a piece that would be one more is not noted, so its message never counts as whole. One
packet of a hundred lost in a file of 100 MB makes 800."""


class Coverage:
    """A set of octets, by their offsets."""

    __slots__ = ("_begins", "_ends")

    def __init__(self) -> None:
        self._begins: list[int] = []
        self._ends: list[int] = []

    @property
    def end(self) -> int:
        """Behind the last one."""
        return self._ends[-1] if self._ends else 0

    def add(self, begin: int, end: int) -> None:
        """Note [begin, end)."""
        if begin >= end:
            return
        first = bisect_left(self._ends, begin)
        last = bisect_right(self._begins, end)
        if first < last:  # it touches these
            begin, end = min(begin, self._begins[first]), max(end, self._ends[last - 1])
        elif len(self._begins) >= MAX_RANGES:
            return
        self._begins[first:last] = [begin]
        self._ends[first:last] = [end]

    def has_all(self, size: int) -> bool:
        """Whether nothing of the first ``size`` octets is missing."""
        return bool(self._begins) and self._begins[0] == 0 and self._ends[0] >= size

    def missing(self, begin: int, end: int) -> list[tuple[int, int]]:
        """What of [begin, end) was not seen, in order."""
        found = []
        place = bisect_right(self._ends, begin)
        while begin < end:
            stop = min(self._begins[place], end) if place < len(self._begins) else end
            if begin < stop:
                found.append((begin, stop))
            if place == len(self._begins):
                break
            begin = max(begin, self._ends[place])
            place += 1
        return found
