"""Cutting a zstd stream where its blocks end."""

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from capture.zstd import BlockCutter

CONTENT = b"".join(b"%d, " % (number * number) for number in range(100_000))


def pieces(octets: bytes, step: int) -> list[bytes]:
    cutter = BlockCutter()
    found = [piece for at in range(0, len(octets), step) for piece in cutter.feed(octets[at : at + step])]
    return [*found, cutter.held]


@pytest.mark.parametrize("checksum", [False, True])
@pytest.mark.parametrize("size", [False, True])
@pytest.mark.parametrize("step", [1, 7, 1_000_000])
def test_every_block_comes_out_with_its_last_octet(checksum: bool, size: bool, step: int) -> None:
    compressor = zstandard.ZstdCompressor(write_checksum=checksum, write_content_size=size)
    octets = compressor.compress(CONTENT + b"\0" * 500_000)
    frame = zstandard.ZstdDecompressor().decompressobj()
    outputs = [len(frame.decompress(piece)) for piece in pieces(octets * 1, step) if piece]
    assert sum(outputs) == len(CONTENT) + 500_000
    assert max(outputs) <= 128 * 1024
    assert frame.eof


@given(st.binary(max_size=300), st.integers(1, 50))
def test_octets_are_only_cut_never_changed(octets: bytes, step: int) -> None:
    assert b"".join(pieces(octets, step)) == octets
    assert b"".join(pieces(zstandard.compress(octets) * 2, step)) == zstandard.compress(octets) * 2
