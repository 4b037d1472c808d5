"""Ink Serialized Format: the strokes of handwriting, out of its octets, and as a drawing.

The format as its maker published it (Ink Serialized Format Specification, 2007). A stream is a version, a size, and
elements that begin with a tag; numbers have seven bits to an octet, least significant first. Tables come first
(pens, what a point consists of, transforms), then strokes, each of which is one array for every property of its
points: packed in equal numbers of bits, or as second differences by a prefix code. Read is what Messenger clients
write; at anything else (a prefix code of the stream's own, an unknown element) reading stops, and says so: the
strokes before are kept, as they are where octets are missing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from msnp.isf_numbers import Octets, UnreadError, read_array

T = TypeVar("T")


MAX_OCTETS = 256 * 1024
"""Of a stream that is read; drawings of Messenger clients have hundreds or a few thousand."""
MAX_ELEMENTS = 8 * 1024
"""Strokes, and entries of tables, of a stream; a page of writing has some hundreds."""
MAX_POINTS = 16 * 1024
"""Points of all strokes of a stream; a page of writing has a few thousand."""
_FARTHEST = 10_000_000.0
"""Hundredths of a millimetre from the origin: beyond, it is no drawing."""

_INK_SPACE, _PEN_TABLE, _PEN, _DESCRIPTOR_TABLE, _DESCRIPTOR, _BUTTONS, _NO_X, _NO_Y = 0, 2, 3, 4, 5, 6, 7, 8
_PEN_INDEX, _STROKE, _STROKE_PROPERTIES, _DESCRIPTOR_INDEX = 9, 10, 11, 13
_TRANSFORM_TABLE, _TRANSFORM_INDEX, _METRIC_INDEX, _MANTISSA = 15, 23, 26, 27
_MATRIX, _SCALE, _SCALES, _ROTATE, _MOVE, _SCALES_AND_MOVE = 16, 17, 18, 19, 20, 21
_FLOATS = {_MATRIX: 6, _SCALE: 1, _SCALES: 2, _MOVE: 2, _SCALES_AND_MOVE: 4}
"""Numbers behind the tag of a transform."""
_SIZED = frozenset({1, 14, 24, 25, 28, 29, 30})
"""Elements that tell nothing of the picture: identifiers, units, version, size, stroke numbers, prefix codes."""
_X, _Y, _COLOR, _WIDTH, _HEIGHT, _TRANSPARENCY, _RASTER = 50, 51, 68, 69, 70, 80, 87
_PLAIN_PEN = frozenset({67, 71, 72, 81})
"""Style, tip, flags, curve fitting: numbers, which a plain line does not show."""
_CUSTOM = 100
"""Tags from here on are the application's own: a size, how it is packed, octets."""


@dataclass(frozen=True, slots=True)
class Pen:
    """How strokes are drawn; widths in hundredths of a millimetre."""

    color: str = "000000"
    """RRGGBB."""
    width: float = 53.0
    """The platform's own width, where the stream says none."""
    height: float | None = None
    transparency: int = 0
    """0 (opaque) to 255."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """One line; its points in hundredths of a millimetre, from the left and from the top."""

    points: tuple[tuple[float, float], ...]
    pen: Pen


@dataclass(slots=True)
class Ink:
    """What could be read of a stream."""

    strokes: list[Stroke] = field(default_factory=list)
    unread: str | None = None
    """Why reading stopped, where it did before the end."""

    @property
    def points(self) -> int:
        """Of all strokes."""
        return sum(len(stroke.points) for stroke in self.strokes)


@dataclass(frozen=True, slots=True)
class _Descriptor:
    """Which arrays a stroke has."""

    x: bool = True
    y: bool = True
    others: int = 0


_Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: _Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


# --- elements -----------------------------------------------------------------------------------------------


def read_ink(octets: bytes) -> Ink:
    """The strokes of a stream, as far as it can be read; never raises."""
    ink = Ink()
    if len(octets) > MAX_OCTETS:
        ink.unread = f"more than {MAX_OCTETS} octets"
        return ink
    try:
        source = Octets(octets, 0, len(octets))
        if source.number() != 0:
            raise UnreadError("not version 0 of the format")
        length = source.number()
        cut = length > source.end - source.at
        source.end = min(source.end, source.at + length)
        _Reader(ink).read(source)
        if cut:
            raise UnreadError("it ends too soon")
    except UnreadError as error:
        ink.unread = str(error)
    return ink


class _Reader:
    """Reads the elements of one stream: tables first, then strokes, with what holds for those that follow."""

    def __init__(self, ink: Ink) -> None:
        self._ink = ink
        self._pens: list[Pen] = []
        self._descriptors: list[_Descriptor] = []
        self._matrices: list[_Matrix] = []
        self._pen = self._descriptor = self._matrix = 0
        self._elements = MAX_ELEMENTS
        self._left = MAX_POINTS

    def read(self, source: Octets) -> None:
        while source.more():
            self._count()
            self._element(source.number(), source)

    def _count(self) -> None:
        self._elements -= 1
        if self._elements < 0:
            raise UnreadError(f"more than {MAX_ELEMENTS} elements")

    def _parts(self, table: Octets) -> Iterator[Octets]:
        while table.more():
            self._count()
            yield table.part()

    def _element(self, tag: int, source: Octets) -> None:
        if tag == _STROKE:
            self._stroke(source.part())
        elif tag == _PEN:
            self._pens.append(_pen(source.part()))
        elif tag == _PEN_TABLE:
            self._pens += [_pen(part) for part in self._parts(source.part())]
        elif tag == _DESCRIPTOR:
            self._descriptors.append(_describe(source.part()))
        elif tag == _DESCRIPTOR_TABLE:
            self._descriptors += [_describe(part) for part in self._parts(source.part())]
        elif tag == _TRANSFORM_TABLE:
            table = source.part()
            while table.more():
                self._count()
                self._matrices.append(_transform(table.number(), table))
        elif _MATRIX <= tag <= _SCALES_AND_MOVE:
            self._matrices.append(_transform(tag, source))
        elif tag == _PEN_INDEX:
            self._pen = source.number()
        elif tag == _DESCRIPTOR_INDEX:
            self._descriptor = source.number()
        elif tag == _TRANSFORM_INDEX:
            self._matrix = source.number()
        else:
            _pass_over(tag, source)

    def _stroke(self, source: Octets) -> None:
        count = source.number()
        if count > self._left:
            raise UnreadError(f"more than {MAX_POINTS} points")
        self._left -= count
        descriptor = _at(self._descriptors, self._descriptor, _Descriptor())
        pen = _at(self._pens, self._pen, Pen())
        matrix = _at(self._matrices, self._matrix, _IDENTITY)
        if not descriptor.x or not descriptor.y:
            raise UnreadError("strokes without a place")
        across, down = read_array(source, count), read_array(source, count)
        points = tuple(_moved(x, y, matrix) for x, y in zip(across, down, strict=True))
        if points:
            self._ink.strokes.append(Stroke(points, pen))


def _at(table: list[T], index: int, default: T) -> T:
    """The entry that holds; the default one only where there is no table."""
    if not table:
        return default
    if index >= len(table):
        raise UnreadError("no such entry")
    return table[index]


def _describe(source: Octets) -> _Descriptor:
    """X and Y are there unless it says that they are not; every other array of points stands behind them."""
    x = y = True
    others = 0
    while source.more():
        tag = source.number()
        if tag == _NO_X:
            x = False
        elif tag == _NO_Y:
            y = False
        elif tag in {_BUTTONS, _STROKE_PROPERTIES}:
            break
        else:
            others += 1
    return _Descriptor(x, y, others)


def _pen(source: Octets) -> Pen:
    pen = Pen()
    while source.more():
        tag = source.number()
        if tag == _COLOR:
            value = source.number()  # BBGGRR
            pen = replace(pen, color=f"{value & 0xFF:02X}{value >> 8 & 0xFF:02X}{value >> 16 & 0xFF:02X}")
        elif tag == _WIDTH:
            pen = replace(pen, width=float(source.number()))
        elif tag == _HEIGHT:
            pen = replace(pen, height=float(source.number()))
        elif tag == _TRANSPARENCY:
            pen = replace(pen, transparency=min(source.number(), 255))
        elif tag in _PLAIN_PEN:
            source.number()
        elif tag == _RASTER:
            source.skip(4)
        else:
            _pass_over(tag, source)
    return pen


def _transform(tag: int, source: Octets) -> _Matrix:
    if tag == _ROTATE:
        angle = math.radians(source.number() / 100)
        return (math.cos(angle), math.sin(angle), -math.sin(angle), math.cos(angle), 0.0, 0.0)
    if tag not in _FLOATS:
        raise UnreadError(f"an unknown transform ({tag})")
    values = source.floats(_FLOATS[tag])
    if tag == _MATRIX:
        a, b, c, d, e, f = values
        return (a, b, c, d, e, f)
    if tag == _SCALE:
        return (values[0], 0.0, 0.0, values[0], 0.0, 0.0)
    if tag == _SCALES:
        return (values[0], 0.0, 0.0, values[1], 0.0, 0.0)
    if tag == _MOVE:
        return (1.0, 0.0, 0.0, 1.0, values[0], values[1])
    return (values[0], 0.0, 0.0, values[1], values[2], values[3])


def _moved(x: int, y: int, matrix: _Matrix) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    across, down = a * x + c * y + e, b * x + d * y + f
    if not (abs(across) <= _FARTHEST and abs(down) <= _FARTHEST):  # nor what is no number
        raise UnreadError("points too far away")
    return across, down


def _pass_over(tag: int, source: Octets) -> None:
    """An element that tells nothing of the picture."""
    if tag == _INK_SPACE:
        for _ in range(4):
            source.number()
    elif tag == _METRIC_INDEX:
        source.number()
    elif tag in _SIZED:
        source.part()
    elif tag == _MANTISSA or tag >= _CUSTOM:
        source.skip(source.number() + 1)  # the size leaves out how it is packed
    else:
        raise UnreadError(f"an unknown element ({tag})")
