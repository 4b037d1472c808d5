"""What libnids is given of fragmented datagrams: whole ones or nothing, within the named limits."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reassembly import pieces
from reassembly.pieces import DATAGRAMS, OCTETS, PIECES, WAIT, Pieces
from reassembly.sieve import Fate, Sieve, bare_header
from tests.reassembly.crafting import Talk

HEADER = 20


def piece(at: int, octets: bytes, more: bool = True, identification: int = 1) -> bytes:
    head = struct.pack(">BxHHHBB2x", 0x45, HEADER + len(octets), identification, at >> 3 | more << 13, 9, 6)
    return head + b"\x0a\0\0\x01\x0a\0\0\x02" + octets


@given(st.binary(min_size=9, max_size=200), st.integers(1, 4), st.randoms(use_true_random=False), st.data())
def test_whole_datagrams_come_out_end_to_end(said: bytes, eighths: int, dice, data) -> None:  # type: ignore[no-untyped-def]
    size = 8 * eighths
    parts = [piece(at, said[at : at + size], at + size < len(said)) for at in range(0, len(said), size)]
    sent = parts + [part for part in parts if data.draw(st.booleans())]
    dice.shuffle(sent)
    waiting, out = Pieces(), []
    for part in sent:
        out += [whole] if (whole := waiting.add(0, part, HEADER)) else []
    assert out[0] == parts
    assert b"".join(part[HEADER:] for part in out[0]) == said


def test_pieces_that_overlap_without_being_copies_cost_their_datagram() -> None:
    waiting = Pieces()
    assert not waiting.add(0, piece(0, b"a" * 16), HEADER)
    assert not waiting.add(0, piece(8, b"b" * 16), HEADER)
    assert not waiting.add(0, piece(24, b"c", False), HEADER)
    assert (waiting.seen, waiting.dropped) == (3, 2)


def test_two_ends_cannot_be() -> None:
    waiting = Pieces()
    waiting.add(0, piece(16, b"a", False), HEADER)
    assert not waiting.add(0, piece(8, b"b", False), HEADER)
    assert waiting.dropped == 2


def test_datagram_that_waits_too_long_is_given_up() -> None:
    waiting = Pieces()
    waiting.add(0, piece(0, b"a" * 8), HEADER)
    assert waiting.add(WAIT - 1, piece(8, b"b", False), HEADER)
    waiting.add(0, piece(0, b"a" * 8), HEADER)
    assert not waiting.add(WAIT, piece(8, b"b", False), HEADER)
    waiting.close()
    assert (waiting.joined, waiting.dropped) == (1, 2)


def test_one_datagram_too_many_gives_up_the_first() -> None:
    waiting = Pieces()
    for identification in range(DATAGRAMS + 1):
        waiting.add(0, piece(0, b"a" * 8, True, identification), HEADER)
    assert waiting.dropped == 1
    assert not waiting.add(0, piece(8, b"b", False, 0), HEADER)
    assert waiting.add(0, piece(8, b"b", False, 2), HEADER)


def test_one_piece_too_many_gives_up_its_datagram() -> None:
    waiting = Pieces()
    for number in range(PIECES + 1):
        waiting.add(0, piece(8 * number, b"a" * 8), HEADER)
    assert waiting.dropped == PIECES + 1


def test_octets_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert OCTETS > 65_535 + HEADER * PIECES  # one datagram always has room
    monkeypatch.setattr(pieces, "OCTETS", 1_000)
    waiting = Pieces()
    for identification in range(10):
        waiting.add(0, piece(0, b"a" * 180, True, identification)[: HEADER + 176], HEADER)
    assert waiting.dropped == 5


@pytest.mark.parametrize(
    ("link_type", "link"),
    [
        (0, b"\2\0\0\0"),
        (108, b"\0\0\0\2"),
        (9, b"\xff\3\0\x21"),
        (101, b""),
        (1, b"\0" * 12 + b"\x08\0"),
        (1, b"\0" * 12 + b"\x81\0\0\5\x08\0"),
        (1, b"\0" * 12 + b"\x88\xa8\0\1\x81\0\0\5\x08\0"),
        (113, b"\0" * 14 + b"\x08\0"),
        (276, b"\x08\0" + b"\0" * 18),
    ],
)
def test_links(link_type: int, link: bytes) -> None:
    datagram = Talk().c(b"said")[14:]
    sifted = Sieve().sift(0, link + datagram + b"padding", link_type)
    assert (sifted.fate, sifted.datagrams, sifted.length) == (Fate.TAKEN, (datagram,), 4)
    for length in range(len(link) + 20):
        assert Sieve().sift(0, (link + datagram)[:length], link_type).fate is Fate.MALFORMED


def test_bare_header_is_one_that_libnids_believes() -> None:
    header = bare_header(piece(8, b"a" * 8, True, 0xABCD))
    assert len(header) == 20
    assert header[4:6] == b"\xab\xcd"
    assert sum(struct.unpack(">10H", header)) % 0xFFFF == 0
