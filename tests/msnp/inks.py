"""Handwriting as octets: an encoder of our own, after the description of the format."""

import struct
from base64 import b64encode
from collections.abc import Sequence


class Writer:
    """Bits, the most significant first."""

    def __init__(self) -> None:
        self.bits = ""

    def put(self, value: int, width: int) -> None:
        self.bits += format(value & ((1 << width) - 1), f"0{width}b") if width else ""

    def octets(self) -> bytes:
        padded = self.bits + "0" * (-len(self.bits) % 8)
        return bytes(int(padded[at : at + 8], 2) for at in range(0, len(padded), 8))


def number(value: int) -> bytes:
    octets = b""
    while value >= 0x80:
        octets += bytes([value & 0x7F | 0x80])
        value >>= 7
    return octets + bytes([value])


def signed(value: int) -> bytes:
    return number(abs(value) << 1 | (value < 0))


def second_differences(values: Sequence[int]) -> list[int]:
    padded = [0, 0, *values]
    return [padded[i + 2] - 2 * padded[i + 1] + padded[i] for i in range(len(values))]


CODE_2 = (0, 1, 1, 1, 2, 4, 8, 14, 22, 32)


def prefix_coded(values: Sequence[int]) -> bytes:
    writer = Writer()
    for value in second_differences(values):
        least = 1
        if value == 0:
            writer.put(0, 1)
            continue
        for ones, width in enumerate(CODE_2[1:], 1):
            if abs(value) < least + (1 << (width - 1)):
                writer.put((1 << (ones + 1)) - 2, ones + 1)
                writer.put((abs(value) - least) << 1 | (value < 0), width)
                break
            least += 1 << (width - 1)
    return b"\x82" + writer.octets()


def packed(values: Sequence[int], *, differences: bool = False) -> bytes:
    head = b""
    if differences:
        values = second_differences(values)
        head = b"".join(signed(value) for value in values[:2])
        values = values[2:]
    width = max(abs(value).bit_length() for value in values) + 1
    writer = Writer()
    for value in values:
        writer.put(value, width)
    return bytes([width | (0x20 if differences else 0)]) + head + writer.octets()


def uncompressed(values: Sequence[int]) -> bytes:
    return b"\0" + b"".join(struct.pack(">i", value) for value in values)


ACROSS = (100, 200, 350, -500, 60000, 60000, 60001, 59000)
DOWN = (-7, 8, 9, 10, 10, 10, -11, 40000)


def stream(*elements: bytes) -> bytes:
    body = b"".join(elements)
    return b"\0" + number(len(body)) + body


def tagged(tag: int, body: bytes) -> bytes:
    return number(tag) + number(len(body)) + body


def stroke(*arrays: bytes, count: int = len(ACROSS)) -> bytes:
    return tagged(10, number(count) + b"".join(arrays))


PEN = b"\x44\x80\x80\x80\x04\x45\x64"
"""Dark red, a hundred units wide."""
DOT = b64encode(stream(tagged(3, PEN), stroke(packed([318]), packed([317]), count=1))).decode()
POINTS = tuple((1800 + 300 * index, 900 + 10 * (index % 3)) for index in range(26))
LINE = b64encode(
    stream(
        tagged(3, b"\x45\x64"),
        stroke(prefix_coded([x for x, _ in POINTS]), prefix_coded([y for _, y in POINTS]), count=len(POINTS)),
    )
).decode()
"""A line from left to right, a hundred units wide."""
