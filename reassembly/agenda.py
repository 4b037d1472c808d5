# cython: annotation_typing=False
"""What is due when: objects by capture time, the earliest first, cheap to add and never searched.

Takes (time, subject) pairs; gives the subjects whose time has come. Entries are not removed when they no
longer hold: who takes one out asks the subject whether it still stands. So that forgotten entries cannot pile
up, the owner calls `sweep` with a test now and then, which costs no more than the additions since the last one.
"""

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

Subject = TypeVar("Subject")

NEVER = (1 << 63) - 1  # the largest of C's integers, too
_FEW = 1024


class Agenda(Generic[Subject]):
    """A heap of (time, position of the addition, subject)."""

    __slots__ = ("_additions", "_heap", "_swept")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Subject]] = []
        self._additions = 0
        self._swept = 0

    def add(self, time: int, subject: Subject) -> None:
        """Of equal times, the one added first comes first."""
        self._additions += 1
        heappush(self._heap, (time, self._additions, subject))

    def next_time(self) -> int:
        """Of the earliest entry; `NEVER` if there is none."""
        return self._heap[0][0] if self._heap else NEVER

    def first(self) -> tuple[int, Subject]:
        """The earliest entry, which stays."""
        time, _, subject = self._heap[0]
        return time, subject

    def pop(self) -> tuple[int, Subject]:
        """Take out the earliest entry."""
        time, _, subject = heappop(self._heap)
        return time, subject

    def sweep(self, stands: Callable[[int, Subject], bool]) -> None:
        """Drop the entries that no longer hold, if enough were added since the last time to be worth it."""
        if len(self._heap) > 2 * self._swept + _FEW:
            self._heap = [entry for entry in self._heap if stands(entry[0], entry[2])]
            heapify(self._heap)
            self._swept = len(self._heap)

    def clear(self) -> None:
        """Drop all."""
        self._heap.clear()
        self._swept = 0
