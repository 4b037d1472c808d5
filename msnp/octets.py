# cython: annotation_typing=False
"""Octets of one direction that are not yet read, and where each of them was seen.

Reading moves an offset; the memory behind it is given back rarely, so that neither many commands in one segment nor
one command in many segments costs more than its octets.
"""

from __future__ import annotations

from msnp.mark import Mark

_COMPACT = 64 * 1024


class Octets:
    """Offsets in arguments and results count from the octet at hand."""

    def __init__(self, most_marks: int) -> None:
        self.data = bytearray()
        self.at = 0
        """Where the octet at hand stands in ``data``."""
        self._base = 0  # where data begins, in octets since the beginning
        self._marks: list[tuple[int, Mark]] = []
        self._most_marks = most_marks
        self._unmarked = 0  # up to here nothing begins, so no marks are needed

    def __len__(self) -> int:
        return len(self.data) - self.at

    def append(self, octets: bytes, mark: Mark) -> None:
        """Add a segment."""
        offset = self._base + len(self.data)
        if offset + len(octets) > self._unmarked and (len(self._marks) < self._most_marks or not self._marks):
            self._marks.append((offset, mark))
        self.data += octets

    def expect_nothing_in(self, count: int) -> None:
        """The next ``count`` octets are a payload: where its segments were seen need not be kept."""
        self._unmarked = self._base + self.at + count

    def find_line_end(self, start: int, stop: int) -> int:
        """Offset of the first LF from ``start`` on and before ``stop``; -1 if there is none."""
        found = self.data.find(b"\n", self.at + start, self.at + stop)
        return found - self.at if found >= 0 else -1

    def line(self, start: int, end: int) -> bytes:
        """The line between, without its CR."""
        return bytes(self.data[self.at + start : self.at + end]).rstrip(b"\r")

    def take(self, count: int) -> bytes:
        """Read."""
        octets = bytes(self.data[self.at : self.at + count])
        self.consume(count)
        return octets

    def consume(self, count: int) -> None:
        """Read and forget."""
        self.at += count
        if self.at == len(self.data):
            self._base += self.at
            self.data.clear()
            self.at = 0
        elif self.at > _COMPACT and self.at * 2 > len(self.data):
            del self.data[: self.at]
            self._base += self.at
            self.at = 0

    def mark(self) -> Mark:
        """Where the octet at hand was seen."""
        position = self._base + self.at
        marks = self._marks
        while len(marks) > 1 and marks[1][0] <= position:
            del marks[0]
        offset, mark = marks[0]
        if offset == position:
            return mark
        return mark.after(position - offset)

    def jump(self, missing: int) -> None:
        """Forget what is left and go on ``missing`` octets later, inside the payload that is being read."""
        self._base += len(self.data) + missing
        self.data.clear()
        self.at = 0
        self._marks.clear()

    def clear(self) -> None:
        """Forget everything; no payload is being read."""
        self.jump(0)
        self._unmarked = 0
