"""The numbers of Ink Serialized Format: how they are written one by one, and as arrays.

After the format as its maker published it (2007). A single number has seven bits to an octet, least significant
first; a signed one has its sign in the lowest bit. An array is packed in equal numbers of bits, or is the second
differences of its values in a prefix code: those of a hand's movement are small.
"""

from __future__ import annotations

import struct

_PREFIX_CODES = (
    (0, 1, 2, 4, 6, 8, 12, 16, 24, 32),
    (0, 1, 1, 2, 4, 8, 12, 16, 24, 32),
    (0, 1, 1, 1, 2, 4, 8, 14, 22, 32),
    (0, 2, 2, 3, 5, 8, 12, 16, 24, 32),
    (0, 3, 4, 5, 8, 12, 16, 24, 32),
    (0, 4, 6, 8, 12, 16, 24, 32),
    (0, 6, 8, 12, 16, 24, 32),
    (0, 7, 8, 12, 16, 24, 32),
)
"""Bits behind a prefix of so many ones, in the eight codes that every reader has."""


class UnreadError(Exception):
    """What stands here cannot be read."""


class Octets:
    """Octets, read from the front."""

    __slots__ = ("_octets", "at", "end")

    def __init__(self, octets: bytes, at: int, end: int) -> None:
        self._octets = octets
        self.at = at
        self.end = end

    def more(self) -> bool:
        return self.at < self.end

    def octet(self) -> int:
        if self.at >= self.end:
            raise UnreadError("it ends too soon")
        self.at += 1
        return self._octets[self.at - 1]

    def number(self) -> int:
        value = shift = 0
        while shift < 64:
            octet = self.octet()
            value |= (octet & 0x7F) << shift
            if octet < 0x80:
                return value
            shift += 7
        raise UnreadError("a number is too long")

    def signed(self) -> int:
        value = self.number()
        return -(value >> 1) if value & 1 else value >> 1

    def floats(self, count: int) -> tuple[float, ...]:
        at = self.skip(4 * count)
        return struct.unpack_from(f"<{count}f", self._octets, at)

    def skip(self, length: int) -> int:
        """Where what is skipped begins."""
        if length > self.end - self.at:
            raise UnreadError("it ends too soon")
        self.at += length
        return self.at - length

    def part(self) -> Octets:
        """A part that begins with its size."""
        length = self.number()
        at = self.skip(length)
        return Octets(self._octets, at, at + length)

    def bits(self) -> Bits:
        return Bits(self._octets, self.at, self.end)


class Bits:
    """Bits, the most significant of an octet first."""

    __slots__ = ("_at", "_end", "_octets")

    def __init__(self, octets: bytes, at: int, end: int) -> None:
        self._octets = octets
        self._at = 8 * at
        self._end = 8 * end

    @property
    def octets(self) -> int:
        """Where the next octet begins that nothing was read of."""
        return (self._at + 7) // 8

    def read(self, count: int) -> int:
        stop = self._at + count
        if stop > self._end:
            raise UnreadError("it ends too soon")
        last = (stop + 7) // 8
        value = int.from_bytes(self._octets[self._at // 8 : last], "big") >> (8 * last - stop)
        self._at = stop
        return value & ((1 << count) - 1)

    def ones(self, most: int) -> int:
        """How many ones stand before the next zero."""
        count = 0
        while self.read(1):
            count += 1
            if count > most:
                raise UnreadError("no such prefix")
        return count


# --- arrays of numbers --------------------------------------------------------------------------------------


def read_array(octets: Octets, count: int) -> list[int]:
    """One property of all points of a stroke."""
    if not count:
        return []
    kind = octets.octet()
    if kind & 0xC0 == 0x80:
        values = _prefix_coded(octets, count, kind & 0x3F)
    elif kind & 0xC0 == 0:
        values = _packed(octets, count, kind & 0x1F or 32, bool(kind & 0x20))
    else:
        raise UnreadError(f"packed in an unknown way ({kind:#04x})")
    return values


def _packed(octets: Octets, count: int, width: int, differences: bool) -> list[int]:
    """Two's complement of ``width`` bits each; of second differences, the first two stand in front as numbers."""
    values = [octets.signed() for _ in range(min(2, count))] if differences else []
    bits = octets.bits()
    sign = 1 << (width - 1)
    for _ in range(count - len(values)):
        value = bits.read(width)
        values.append(value - 2 * sign if value & sign else value)
    octets.skip(bits.octets - octets.at)
    return _summed(values) if differences else values


def _prefix_coded(octets: Octets, count: int, code: int) -> list[int]:
    """Second differences; the more ones stand in front, the more bits follow, the last of them the sign."""
    if code >= len(_PREFIX_CODES):
        raise UnreadError("a prefix code of its own")
    widths = _PREFIX_CODES[code]
    least = [0, 1]
    for width in widths[1:-1]:
        least.append(least[-1] + (1 << (width - 1)))
    bits = octets.bits()
    values = [_coded(bits, widths, least, escapes=True) for _ in range(count)]
    octets.skip(bits.octets - octets.at)
    return _summed(values)


def _coded(bits: Bits, widths: tuple[int, ...], least: list[int], *, escapes: bool) -> int:
    prefix = bits.ones(len(widths))
    if prefix == 0:
        return 0
    if prefix < len(widths):
        value = bits.read(widths[prefix])
        size = (value >> 1) + least[prefix]
        return -size if value & 1 else size
    if not escapes:
        raise UnreadError("no such prefix")
    high = _coded(bits, widths, least, escapes=False)  # a number of more than 32 bits
    low = _coded(bits, widths, least, escapes=False) & 0xFFFFFFFF
    size = (high >> 1) << 32 | low
    return -size if high & 1 else size


def _summed(differences: list[int]) -> list[int]:
    """The values whose second differences these are."""
    values: list[int] = []
    last = before = 0
    for difference in differences:
        last, before = difference + 2 * last - before, last
        values.append(last)
    return values
