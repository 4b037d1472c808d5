# cython: annotation_typing=False
"""Lines of one direction, and what ends them: the ground that the grammar stands on.

A reader is a generator that yields whenever it needs more octets. It may be woken by octets or by a cut (a gap, or
the end); where the cut comes before what it needs, :class:`CutOffError` takes it out.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

from msnp.frames import ERROR, Item, Shape, Shapes, payload_length
from msnp.limits import Limits
from msnp.mark import Mark
from msnp.octets import Octets

Waiting = Generator[None, None, None]


class Cut(NamedTuple):
    """Nothing follows the octets at hand: a gap, or the end (``mark`` None)."""

    length: int | None
    mark: Mark | None


class CutOffError(Exception):
    """The cut came where more octets were needed."""


class ForeignError(Exception):
    """This is not MSNP."""


class Lines:
    """The octets at hand, and how to wait for more."""

    def __init__(self, from_client: bool, shapes: Shapes, limits: Limits) -> None:
        self._from_client = from_client
        self._shapes = shapes
        self._limits = limits
        self._octets = Octets(limits.marks)
        self._wanted = 0  # octets without which the reader need not be woken
        self._cut: Cut | None = None
        self._items: list[Item] = []

    def _need(self, count: int) -> Generator[None, None, bool]:
        """Wait for ``count`` octets; False where a cut comes first."""
        while len(self._octets) < count:
            if self._cut is not None:
                return False
            self._wanted = count
            yield
        return True

    def _line_end(self, offset: int, *, patient: bool = False) -> Generator[None, None, int]:
        """Offset of the LF that ends the line at ``offset``; -1 where the line is too long.

        At a cut: -1 if ``patient``, else the cut is met.
        """
        start, stop = offset, offset + self._limits.line
        while True:
            found = self._octets.find_line_end(start, stop)
            have = len(self._octets)
            if found >= 0 or have >= stop:
                return found
            if self._cut is not None:
                if patient:
                    return -1
                raise CutOffError
            start = max(offset, have)
            self._wanted = start + 1
            yield

    def _shape(self, line: bytes) -> Shape | None:
        command = line[:3]
        return self._shapes.get(ERROR if command.isdigit() else command)

    def _fitting(self, line: bytes) -> Shape | None:
        """The shape of ``line`` if it is a known command in its strict form.

        Whatever fits must also be read by the framer, or the two would hand it to each other for ever.
        """
        shape = self._shape(line)
        if shape is None or not shape.fits(line):
            return None
        length = payload_length(shape, line.split(b" ")) if shape.payload else None
        return shape if length is None or length <= self._limits.payload else None
