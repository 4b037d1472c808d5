"""A file in blocks: cut anywhere, lost anywhere."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msnp.ftp_blocks import MAX_HELD, USUAL, Blocks, Run
from msnp.mark import Mark

FILE = random.Random(62).randbytes(20_011)
END = b"\x01\0\0"


def blocks_of(file: bytes, size: int = USUAL) -> bytes:
    parts = [file[at : at + size] for at in range(0, len(file), size)]
    return b"".join(b"\0" + len(part).to_bytes(2, "little") + part for part in parts)


def mark(at: int) -> Mark:
    return Mark(1, at, 0, "test")


def read(blocks: Blocks, octets: bytes, lost: list[tuple[int, int]] = [], cuts: list[int] = []) -> list[Run]:  # noqa: B006
    """What is told of a stream of which these ranges are lost, cut at these places too."""
    edges = sorted({0, len(octets), *(edge for pair in lost for edge in pair), *cuts})
    runs: list[Run] = []
    hole = 0
    for begin, end in pairwise(edges):
        if any(one <= begin < other for one, other in lost):
            hole += end - begin
            continue
        if hole:
            blocks.gap(hole)
            hole = 0
        runs += blocks.feed(octets[begin:end], mark(begin))
    if hole:
        blocks.gap(hole)
    return runs + blocks.end()


def right(runs: list[Run], file: bytes = FILE) -> bool:
    return all(file[run.offset : run.offset + len(run.octets)] == run.octets for run in runs)


def seen(runs: list[Run]) -> set[int]:
    return {at for run in runs for at in range(run.offset, run.offset + len(run.octets))}


@pytest.mark.parametrize("size", [1, 7, 2045, 65_535])
def test_whole(size: int) -> None:
    blocks = Blocks(len(FILE))
    runs = read(blocks, blocks_of(FILE, size) + END)
    assert b"".join(run.octets for run in runs) == FILE
    assert [run.mark.sequence for run in runs[:2]] == [3, 6 + size][: len(runs)]
    assert blocks.done
    assert blocks.stopped


def test_octet_by_octet() -> None:
    octets = blocks_of(FILE[:100], 9) + END + b"BYE 16777987\r\n"
    blocks = Blocks(100)
    runs = []
    for at in range(len(octets)):
        if blocks.rest is None:
            runs += blocks.feed(octets[at : at + 1], mark(at))
    assert b"".join(run.octets for run in runs) == FILE[:100]
    assert blocks.rest == b""


@pytest.mark.parametrize("behind", [b"BYE 16777987\r\n", END + b"BYE 16777987\r\n"])
def test_lines_behind_the_file_are_given_back(behind: bytes) -> None:
    blocks = Blocks(100)
    read(blocks, blocks_of(FILE[:100]) + behind)
    assert blocks.rest == b"BYE 16777987\r\n"
    assert blocks.done


def test_the_sender_gives_up() -> None:
    blocks = Blocks(100)
    runs = read(blocks, blocks_of(FILE[:40]) + END)
    assert (len(seen(runs)), blocks.stopped, blocks.done) == (40, True, False)


def test_more_than_was_announced_is_no_part_of_the_file() -> None:
    blocks = Blocks(100)
    runs = read(blocks, blocks_of(FILE[:150], 60) + END)
    assert b"".join(run.octets for run in runs) == FILE[:100]
    assert (blocks.beyond, blocks.done, blocks.stopped) == (50, True, True)


def test_a_loss_inside_a_block_is_a_hole() -> None:
    blocks = Blocks(len(FILE))
    runs = read(blocks, blocks_of(FILE, 5001) + END, [(1000, 2000)])
    assert right(runs)
    assert seen(runs) == set(range(len(FILE))) - set(range(997, 1997))
    assert blocks.done


@pytest.mark.parametrize("first", [0, 1, 2, 3, 10, 2047, 2048, 2049, 2050, 5000, 14_000])
@pytest.mark.parametrize("length", [1, 2, 3, 1460, 2044, 2045, 2048, 2049, 2050, 4096, 4100, 5840])
def test_a_loss_across_blocks_is_a_hole_too(first: int, length: int) -> None:
    octets = blocks_of(FILE) + END
    blocks = Blocks(len(FILE))
    runs = read(blocks, octets, [(first, first + length)], list(range(0, len(octets), 1460)))
    assert right(runs)
    assert len(FILE) - len(seen(runs)) <= length
    assert blocks.done


def test_a_loss_in_the_last_block_is_placed_by_the_end() -> None:
    octets = blocks_of(FILE)
    for lost in ((len(octets) - 1700, len(octets) - 1000), (len(octets) - 3000, len(octets) - 500)):
        blocks = Blocks(len(FILE))
        runs = read(blocks, octets, [lost])
        assert right(runs)
        assert max(seen(runs)) == len(FILE) - 1
        assert blocks.done


def test_a_loss_of_all_the_rest_proves_nothing() -> None:
    octets = blocks_of(FILE)
    blocks = Blocks(len(FILE))
    runs = read(blocks, octets + END, [(9000, len(octets))])
    assert right(runs)
    assert not blocks.done


def test_a_loss_behind_the_file_takes_nothing_of_it() -> None:
    octets = blocks_of(FILE) + END
    blocks = Blocks(len(FILE))
    runs = read(blocks, octets + b"BYE 1\r\n", [(len(octets) - 3, len(octets) + 2)])
    assert len(seen(runs)) == len(FILE)
    assert blocks.done


def test_blocks_of_an_unusual_size_are_known_by_those_before() -> None:
    octets = blocks_of(FILE, 1000) + END
    blocks = Blocks(len(FILE))
    runs = read(blocks, octets, [(3000, 6000)])
    assert right(runs)
    assert max(seen(runs)) == len(FILE) - 1
    runs = read(Blocks(len(FILE)), octets, [(0, 100)])  # no block was seen that tells it
    assert runs == []


def test_where_blocks_are_not_alike_nothing_is_told_behind_a_loss() -> None:
    octets = blocks_of(FILE[:3000], 1500) + blocks_of(FILE[3000:9000], 1000) + blocks_of(FILE[9000:], 1024)
    blocks = Blocks(len(FILE))
    runs = read(blocks, octets, [(2000, 5000)])
    assert right(runs)
    assert max(seen(runs)) < 2000
    assert blocks.lost


def test_without_its_length_a_loss_ends_it() -> None:
    blocks = Blocks(len(FILE))
    blocks.feed(blocks_of(FILE)[:5000], mark(0))
    blocks.gap(None)
    assert blocks.lost
    assert blocks.feed(blocks_of(FILE), mark(0)) == []


@given(st.integers(0, 2**32), st.integers(0, 4000), st.integers(1, 700), st.data())
def test_nothing_is_ever_told_in_a_wrong_place(seed: int, length: int, size: int, data: st.DataObject) -> None:
    file = random.Random(seed).randbytes(length)
    octets = blocks_of(file, size) + data.draw(st.sampled_from([b"", END, b"BYE 16777987\r\n"]))
    place = st.integers(0, len(octets))
    edges = sorted(data.draw(st.lists(place, max_size=6)))
    lost = list(zip(edges[::2], edges[1::2], strict=False))
    blocks = Blocks(length)
    runs = read(blocks, octets, lost, data.draw(st.lists(place, max_size=8)))
    assert right(runs, file)
    assert blocks._held_octets <= MAX_HELD
    if not lost:
        assert len(seen(runs)) == length


@given(st.binary(max_size=300), st.integers(0, 2**64), st.lists(st.integers(0, 300), max_size=4))
def test_any_octets_are_borne(octets: bytes, size: int, edges: list[int]) -> None:
    edges.sort()
    lost = [pair for pair in zip(edges[::2], edges[1::2], strict=False) if pair[1] <= len(octets)]
    blocks = Blocks(size)
    for run in read(blocks, octets, lost):
        assert run.offset >= 0
        assert run.offset + len(run.octets) <= size


def test_what_is_held_is_bounded() -> None:
    blocks = Blocks(2**63)
    blocks.feed(b"\0\xff\xff", mark(0))
    blocks.gap(70_000)
    for _ in range(1000):
        blocks.feed(bytes(1460), mark(0))
        assert blocks._held_octets <= MAX_HELD
    assert blocks.lost
