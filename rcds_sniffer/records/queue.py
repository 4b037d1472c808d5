# cython: annotation_typing=False
"""Happenings in the order in which they came, taken out from the front: as a deque, but cheaper when compiled."""

from rcds_sniffer.records.happening import Happening

ROOM = 1024
"""Places at the front that were given up, before what stands behind them moves up."""


class Queue:
    """First in, first out."""

    __slots__ = ("_begin", "_items")

    def __init__(self) -> None:
        self._items: list[Happening | None] = []
        self._begin = 0

    def __len__(self) -> int:
        return len(self._items) - self._begin

    def push(self, happening: Happening) -> None:
        """Put it at the end."""
        self._items.append(happening)

    def first(self) -> Happening | None:
        """The oldest; None where there is none."""
        return self._items[self._begin] if self._begin < len(self._items) else None

    def pop(self) -> Happening:
        """Take out the oldest."""
        happening = self._items[self._begin]
        if happening is None:
            raise IndexError("nothing is left")
        self._items[self._begin] = None
        self._begin += 1
        if self._begin >= ROOM and 2 * self._begin >= len(self._items):
            del self._items[: self._begin]
            self._begin = 0
        return happening
