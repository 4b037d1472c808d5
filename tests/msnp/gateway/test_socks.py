"""SOCKS 4, 4a and 5: what follows an accepted request is a stream of its own, to the octet; secrets are nowhere."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msnp.gateway import Opened
from msnp.gateway.held import MAX_HELD
from msnp.gateway.preambles import MAX_PREAMBLE
from tests.msnp.gateway.web import Piece, Web

HOST = b"messenger.example.com"
V6 = socket.inet_pton(socket.AF_INET6, "2001:db8::7")
GRANTED_4: Piece = False, b"\x00\x5a" + bytes(6)
GRANTED_5 = b"\x05\x00\x00\x01" + bytes(6)

TALKS: dict[str, tuple[list[Piece], Opened]] = {
    "4": (
        [(True, b"\x04\x01\x07\x47\xc0\x00\x02\x14user\0"), GRANTED_4],
        Opened(None, "192.0.2.20:1863", "socks4"),
    ),
    "4 without user": (
        [(True, b"\x04\x01\x00\x50\xc0\x00\x02\x14\0"), GRANTED_4],
        Opened(None, "192.0.2.20:80", "socks4"),
    ),
    "4a": (
        [(True, b"\x04\x01\x07\x47\x00\x00\x00\x01secretuser\0" + HOST + b"\0"), GRANTED_4],
        Opened(None, "messenger.example.com:1863", "socks4"),
    ),
    "5": (
        [
            (True, b"\x05\x01\x00"),
            (False, b"\x05\x00"),
            (True, b"\x05\x01\x00\x01\xc0\x00\x02\x14\x07\x47"),
            (False, GRANTED_5),
        ],
        Opened(None, "192.0.2.20:1863", "socks5"),
    ),
    "5 with a name both ways": (
        [
            (True, b"\x05\x02\x00\x02"),
            (False, b"\x05\x00"),
            (True, b"\x05\x01\x00\x03\x15" + HOST + b"\x07\x47"),
            (False, b"\x05\x00\x00\x03\x05proxy\x00\x00"),
        ],
        Opened(None, "messenger.example.com:1863", "socks5"),
    ),
    "5 with a password and IPv6": (
        [
            (True, b"\x05\x02\x00\x02"),
            (False, b"\x05\x02"),
            (True, b"\x01\x04user\x08password"),
            (False, b"\x01\x00"),
            (True, b"\x05\x01\x00\x04" + V6 + b"\x07\x47"),
            (False, b"\x05\x00\x00\x04" + V6 + b"\x00\x00"),
        ],
        Opened(None, "[2001:db8::7]:1863", "socks5"),
    ),
}
every_talk = pytest.mark.parametrize("talk", TALKS.values(), ids=TALKS.keys())


def both(pieces: list[Piece], side: bool) -> bytes:
    return b"".join(octets for from_client, octets in pieces if from_client == side)


@every_talk
def test_what_follows_is_another_stream(talk: tuple[list[Piece], Opened]) -> None:
    pieces, opened = talk
    for cut in (1, 2, 3, 1460):
        web = Web()
        wire = web.socks()
        wire.send(*pieces, (False, b"VER 1\r\n"), (True, b"VER 1 MSNP8\r\n"), cut=cut)
        wire.end()
        (plain,) = web.plain
        assert (plain.opened, plain.client, plain.server, plain.ended) == (
            opened,
            b"VER 1 MSNP8\r\n",
            b"VER 1\r\n",
            True,
        )
        assert not plain.gaps


@every_talk
def test_what_comes_with_the_preamble_is_not_lost(talk: tuple[list[Piece], Opened]) -> None:
    pieces, opened = talk
    web = Web()
    wire = web.socks()
    start = dict(wire.at)
    wire.send((True, both(pieces, True) + b"VER 1 MSNP8\r\n"), (False, both(pieces, False) + b"VER"))
    (plain,) = web.plain
    assert (plain.opened, plain.client, plain.server) == (opened, b"VER 1 MSNP8\r\n", b"VER")
    sequences = [(start[side] + len(both(pieces, side))) & 0xFFFFFFFF for side in (True, False)]
    assert [mark[1] for mark in plain.marks] == sequences


@every_talk
def test_each_side_alone_is_told(talk: tuple[list[Piece], Opened]) -> None:
    pieces, opened = talk
    web = Web()
    client, proxy = web.socks(), web.socks()
    client.send((True, both(pieces, True)), (True, b"VER 1"))
    client.end()
    proxy.send((False, both(pieces, False)), (False, b"VER 1"))
    assert (web.plain[0].opened, web.plain[0].client) == (opened, b"VER 1")
    assert (web.plain[1].opened.server, web.plain[1].server) == (None, b"VER 1")
    proxy.send((True, both(pieces, True) + b"late"))
    assert (web.plain[1].client, web.plain[1].gaps) == (b"late", [])


@pytest.mark.parametrize(
    "pieces",
    [
        [(True, b"\x04\x01\x07\x47\xc0\x00\x02\x14\0"), (False, b"\x00\x5b" + bytes(6))],
        [(True, b"\x05\x01\x00"), (False, b"\x05\xff")],
        [(True, b"\x05\x01\x02"), (False, b"\x05\x02"), (True, b"\x01\x01a\x01b"), (False, b"\x01\x01")],
        [(True, b"\x05\x01\x00\x05\x01\x00\x01" + bytes(6)), (False, b"\x05\x00\x05\x05\x00\x01" + bytes(6))],
        [(True, b"\x05\x01\x01"), (False, b"\x05\x01"), (True, b"\x01\x01\x00\x05hello")],
        [(True, b"\x04\x02\x07\x47\xc0\x00\x02\x14\0"), GRANTED_4],
        [(True, b"\x05\x01\x00\x05\x03\x00\x01" + bytes(6)), (False, b"\x05\x00" + GRANTED_5)],
        [(True, b"\x05\x01\x00\x05\x01\x00\x09" + bytes(6)), (False, b"\x05\x00" + GRANTED_5)],
        [(True, b"\x05\x01\x00\x05\x01\x00\x01" + bytes(6)), (False, b"\x05\x00\x04\x00\x00\x01" + bytes(6))],
        [(True, b"\x05\x01\x00\x07\x01"), GRANTED_4],
        [(True, b"GET / HTTP/1.1\r\n"), (False, b"HTTP/1.1 200 OK\r\n")],
        [(True, b"\x04\x01" + b"x" * (MAX_PREAMBLE + 1)), GRANTED_4],
    ],
)
def test_refused_or_other_things_tell_nothing(pieces: list[Piece]) -> None:
    for cut in (1, 1460):
        web = Web()
        wire = web.socks()
        wire.send(*pieces, (True, b"VER 1"), (False, b"VER 1"), cut=cut)
        wire.end()
        assert not web.plain


def test_a_gap_in_the_clients_preamble_gives_it_up_until_the_proxy_has_agreed() -> None:
    web = Web()
    wire = web.socks()
    wire.send((True, b"\x05\x01\x02"), (False, b"\x05\x02"))
    wire.lose(True, 3)
    wire.send(
        (True, b"er\x08password"), (False, b"\x01\x00"), (True, b"\x05\x01\x00\x01" + bytes(6)), (False, GRANTED_5)
    )
    wire.send((True, b"VER 1"), (False, b"VER 1"))
    (plain,) = web.plain
    assert plain.opened == Opened(None, None, "socks5")
    assert plain.said == [("gap", True, None), ("data", True, b"VER 1"), ("data", False, b"VER 1")]


def test_a_gap_in_the_proxys_preamble_is_taken_for_a_yes() -> None:
    web = Web()
    wire = web.socks()
    wire.send(TALKS["4a"][0][0], (True, b"VER 1"))
    wire.lose(False, 8)
    wire.send((False, b"VER 1"))
    assert web.plain[0].opened == TALKS["4a"][1]
    assert web.plain[0].said == [("data", True, b"VER 1"), ("gap", False, None), ("data", False, b"VER 1")]


def test_gaps_behind_the_preamble_go_on_into_the_stream() -> None:
    web = Web()
    wire = web.socks()
    wire.send(TALKS["4"][0][0])
    wire.lose(True, 4)
    wire.send((True, b"a"), GRANTED_4)
    wire.lose(False, 6)
    assert web.plain[0].said == [("gap", True, 4), ("data", True, b"a"), ("gap", False, 6)]


def test_a_proxy_that_never_answers_is_not_waited_for_without_bound() -> None:
    web = Web()
    wire = web.socks()
    wire.send(TALKS["4"][0][0], (True, b"x" * MAX_HELD))
    assert len(web.plain[0].client) == MAX_HELD


SAID = st.binary(max_size=40) | st.sampled_from([octets for pieces, _ in TALKS.values() for _, octets in pieces])


@given(st.lists(st.tuples(st.booleans(), SAID | st.none()), max_size=12))
def test_nothing_raises(pieces: list[tuple[bool, bytes | None]]) -> None:
    web = Web()
    wire = web.socks()
    for side, octets in pieces:
        if octets is None:
            wire.lose(side, 3)
        else:
            wire.send((side, octets))
    wire.end()
    assert all(b"password" not in plain.client for plain in web.plain if not plain.gaps)
