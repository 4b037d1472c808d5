"""Which octets of a file are there: disjoint ranges, sorted, neighbours joined.

The invariant: ``begins[i] < ends[i] < begins[i + 1]``. So the place of any octet is found by bisection, and a file
that comes in order is one range that grows at its end.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

Range = tuple[int, int]
"""From an offset to before another."""


class Ranges:
    """A set of octets, by their offsets."""

    __slots__ = ("_begins", "_ends", "octets")

    def __init__(self) -> None:
        self._begins: list[int] = []
        self._ends: list[int] = []
        self.octets = 0
        """How many there are."""

    def __len__(self) -> int:
        return len(self._begins)

    def __iter__(self) -> Iterator[Range]:
        return zip(self._begins, self._ends, strict=True)

    @property
    def end(self) -> int:
        """Behind the last one."""
        return self._ends[-1] if self._ends else 0

    @property
    def front(self) -> int:
        """How many are there from offset 0 on without a hole."""
        return self._ends[0] if self._begins and self._begins[0] == 0 else 0

    def missing(self, begin: int, end: int) -> list[Range]:
        """What of [begin, end) is not there, in order."""
        if begin >= self.end:
            return [(begin, end)] if begin < end else []
        found = []
        place = bisect_right(self._ends, begin)
        while begin < end:
            if place == len(self._begins) or self._begins[place] >= end:
                found.append((begin, end))
                break
            if begin < self._begins[place]:
                found.append((begin, self._begins[place]))
            begin = self._ends[place]
            place += 1
        return found

    def touches(self, begin: int, end: int) -> bool:
        """True when [begin, end) would be joined to what is there, and be no range of its own."""
        place = bisect_left(self._ends, begin)
        return place < len(self._begins) and self._begins[place] <= end

    def add(self, begin: int, end: int) -> None:
        """Take in [begin, end)."""
        if begin >= end:
            return
        if self._ends and self._ends[-1] == begin:  # as nearly always
            self._ends[-1] = end
            self.octets += end - begin
            return
        first = bisect_left(self._ends, begin)  # the first that is joined, and behind the last one
        last = bisect_right(self._begins, end)
        if first < last:
            begin = min(begin, self._begins[first])
            end = max(end, self._ends[last - 1])
        self.octets += end - begin - sum(self._ends[i] - self._begins[i] for i in range(first, last))
        self._begins[first:last] = [begin]
        self._ends[first:last] = [end]

    def clip(self, size: int) -> int:
        """Forget what lies at ``size`` or beyond; gives how many octets that was."""
        before = self.octets
        while self._ends and self._ends[-1] > size:
            self.octets -= self._ends[-1] - max(size, self._begins[-1])
            if self._begins[-1] < size:
                self._ends[-1] = size
            else:
                del self._begins[-1], self._ends[-1]
        return before - self.octets
