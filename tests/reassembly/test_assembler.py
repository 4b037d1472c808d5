"""The assembler against a naive model: a dictionary from position to octet, in which the first one wins."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from reassembly.assembler import Assembler
from reassembly.counters import Counters

MARK = (0, 1, "test")

segments = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12), st.integers(0, 255)), max_size=40)


def content(at: int, length: int, salt: int) -> bytes:
    """Octets of a copy: mostly what the stream has there, sometimes another's."""
    return bytes((at + i + (salt if salt > 200 else 0)) & 0xFF for i in range(length))


@given(segments, st.sampled_from([0, 1, 0xFFFFFFFF, 0xFFFFFFF0, 0x7FFFFFF8]), st.sets(st.integers(0, 40)))
def test_model(copies: list[tuple[int, int, int]], first: int, give_up_at: set[int]) -> None:
    assembler = Assembler(Counters())
    assembler.start(first)
    waiting: dict[int, int] = {}
    edge = 0
    out: list[tuple[int, int | None]] = []  # (position, octet), None for one given up
    told: list[tuple[int, int | None]] = []

    def drain() -> None:
        nonlocal edge
        while edge in waiting:
            out.append((edge, waiting.pop(edge)))
            edge += 1

    def listen() -> None:
        for sequence, octets, *_ in assembler.ready():
            start = (sequence - first) & 0xFFFFFFFF
            told.extend((start + i, octet) for i, octet in enumerate(octets))

    for step, (at, length, salt) in enumerate(copies):
        octets = content(at, length, salt)
        for i, octet in enumerate(octets):
            if at + i >= edge:
                waiting.setdefault(at + i, octet)
        drain()
        if assembler.take((first + at) & 0xFFFFFFFF, length):
            told.extend((at + i, octet) for i, octet in enumerate(octets))
        else:
            assembler.add((first + at) & 0xFFFFFFFF, octets, MARK, step)
        listen()
        if step in give_up_at and waiting:
            behind = min(waiting)
            out.extend((position, None) for position in range(edge, behind))
            start = edge
            edge = behind
            drain()
            assert assembler.skip(-1)[0] == behind - start
            told.extend((position, None) for position in range(start, behind))
            listen()
        assert told == out
        assert assembler.buffered == len(waiting) == sum(len(piece[1]) for piece in assembler.pieces)
        ends = [(piece[0], piece[0] + len(piece[1])) for piece in assembler.pieces]
        assert all(a[1] <= b[0] for a, b in pairwise(ends))
        assert all(start > assembler.edge for start, _ in ends)


@given(segments, st.sampled_from([5, 0xFFFFFFE0]))
def test_begins_at_the_lowest(copies: list[tuple[int, int, int]], first: int) -> None:
    assembler = Assembler(Counters())
    seen: dict[int, int] = {}
    for step, (at, length, salt) in enumerate(copies):
        octets = content(at, length, salt)
        for i, octet in enumerate(octets):
            seen.setdefault(at + i, octet)
        if octets:
            assembler.add((first + at) & 0xFFFFFFFF, octets, MARK, step)
    assert assembler.ready() == []
    assembler.begin()
    position = min(seen, default=0)
    told: list[int] = []
    while True:
        for sequence, octets, *_ in assembler.ready():
            assert (sequence - first) & 0xFFFFFFFF == position
            assert [seen[position + i] for i in range(len(octets))] == list(octets)
            told.extend(range(position, position + len(octets)))
            position += len(octets)
        length, _ = assembler.skip(-1)
        if not length:
            break
        position += length
    assert told == sorted(seen)


def test_counts_tell_repeated_from_late_and_conflicting() -> None:
    counters = Counters()
    assembler = Assembler(counters)
    assembler.start(0)
    assembler.add(10, b"later", MARK, 0)
    assembler.add(8, b"..LATE", MARK, 0)
    assert counters.overlaps_conflicting == 1
    assert counters.retransmitted == 4
    assert assembler.skip(-1)[0] == 8
    assert b"".join(r[1] for r in assembler.ready()) == b"..later"
    assembler.add(0, b"the hole", MARK, 0)
    assert counters.late_octets == 8
    assembler.add(8, b"..", MARK, 0)
    assert counters.retransmitted == 6


def test_large_segment_and_wrap() -> None:
    assembler = Assembler(Counters())
    assembler.start(0xFFFF0000)
    big = bytes(200_000)
    assert assembler.take(0xFFFF0000, len(big))
    assert assembler.sequence == 200_000 - 0x10000
    assembler.add(200_000 - 0x10000 + 5, b"x", MARK, 0)
    assert assembler.skip(-1)[0] == 5


def test_octets_cut_by_the_capture_are_a_hole_of_known_length() -> None:
    assembler = Assembler(Counters())
    assembler.start(0)
    assembler.add(0, b"head", MARK, 0, cut=6)
    assert [r[1] for r in assembler.ready()] == [b"head"]
    assert not assembler.waiting
    assert assembler.skip(-1) == (6, MARK)
    assert assembler.skip(-1)[0] == 0
