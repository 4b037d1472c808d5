"""Drawings as clients send them: strokes in Ink Serialized Format, and pictures in GIF.

Takes points and sizes; gives octets, made here after the formats' descriptions (ISF of 2007, GIF89a). Only the
plainest of what each allows is written: points as equal numbers of bits, pictures that are not compressed.
"""

import struct
from collections.abc import Sequence

Points = Sequence[tuple[int, int]]

STROKE, PEN, COLOUR, WIDTH = 10, 3, 68, 69


def strokes(*lines: Points, colour: int = 0x0000FF, width: int = 100) -> bytes:
    """ISF: lines of points in hundredths of a millimetre; the colour is BBGGRR."""
    pen = number(COLOUR) + number(colour) + number(WIDTH) + number(width)
    parts = number(PEN) + _sized(pen)
    for points in lines:
        across, down = zip(*points, strict=True)
        parts += number(STROKE) + _sized(number(len(points)) + _words(across) + _words(down))
    return number(0) + _sized(parts)


def _words(values: Sequence[int]) -> bytes:
    """Sixteen bits each, which is what the first octet says."""
    return bytes([16]) + struct.pack(f">{len(values)}h", *values)


def _sized(octets: bytes) -> bytes:
    return number(len(octets)) + octets


def number(value: int) -> bytes:
    """Seven bits an octet, the least significant first."""
    octets = b""
    while value >= 0x80:
        octets += bytes([value & 0x7F | 0x80])
        value >>= 7
    return octets + bytes([value])


def gif(width: int, height: int, colour: tuple[int, int, int] = (200, 30, 60)) -> bytes:
    """A picture of stripes in two colours.

    Not compressed: each pixel is a code of its own, and the table is emptied before a code would need more bits.
    """
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(colour) + b"\xff\xff\xff"
    clear, end, size = 4, 5, 3
    codes = []
    for pixel in range(width * height):
        if pixel % 2 == 0:
            codes.append(clear)
        codes.append((pixel % width // 4 + pixel // width // 4) % 2)
    data, bits = 0, 0
    for code in [*codes, end]:
        data |= code << bits
        bits += size
    octets = data.to_bytes(-(-bits // 8), "little")
    blocks = [octets[at : at + 255] for at in range(0, len(octets), 255)]
    body = b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"
    return head + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02" + body + b";"
