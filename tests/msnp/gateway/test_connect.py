"""HTTP CONNECT: what follows an accepted one is a stream of its own, to the octet."""

from hypothesis import given
from hypothesis import strategies as st

from msnp.gateway import Opened
from msnp.gateway.held import MAX_HELD
from tests.msnp.gateway.web import OPEN, Piece, Web, answer, ask, get, page

CONNECT: Piece = True, b"CONNECT 192.0.2.20:1863 HTTP/1.0\r\nUser-Agent: MSMSGS\r\n\r\n"
ACCEPTED: Piece = False, b"HTTP/1.0 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n"


@given(st.lists(st.integers(1, 70), min_size=1, max_size=8))
def test_what_follows_is_another_stream_however_it_is_cut(cuts: list[int]) -> None:
    web = Web()
    wire = web.connect()
    wire.send_cut([get("/"), page(b"x" * 50)], cuts)
    start = dict(wire.at)
    wire.send_cut(
        [(True, CONNECT[1] + b"VER 1 MSNP9\r\n"), (False, ACCEPTED[1] + b"VER 1"), (False, b" MSNP9\r\n")], cuts
    )
    wire.send((True, b"OUT\r\n"))
    wire.end()
    (plain,) = web.plain
    assert plain.opened == Opened(None, "192.0.2.20:1863", "connect")
    assert (plain.client, plain.server, plain.ended) == (b"VER 1 MSNP9\r\nOUT\r\n", b"VER 1 MSNP9\r\n", True)
    for side, head in ((True, CONNECT), (False, ACCEPTED)):
        at = start[side] + len(head[1])
        for from_client, sequence, _, octets in plain.marks:
            if from_client == side:
                assert sequence == at & 0xFFFFFFFF
                at += octets


def test_whole_in_one_segment() -> None:
    web = Web()
    wire = web.connect()
    wire.send((True, CONNECT[1] + b"VER"), (False, ACCEPTED[1] + b"VER"))
    assert (web.plain[0].client, web.plain[0].server) == (b"VER", b"VER")


def test_a_refused_one_leaves_http_as_it_was() -> None:
    web = Web()
    wire = web.connect()
    wire.send(CONNECT, page(b"password?", "407 Proxy Authentication Required"), CONNECT, ACCEPTED, (True, b"VER"))
    assert [plain.client for plain in web.plain] == [b"VER"]
    wire = web.connect()
    wire.send((True, CONNECT[1] + ask(OPEN, b"a")[1]), page(b"no", "403 Forbidden"), answer("1.1", b"b"))
    assert (web.only.client, web.only.server) == (b"a", b"b")
    assert len(web.plain) == 1


def test_names_and_addresses_are_told_as_they_stand() -> None:
    for target, server in (
        ("messenger.example.com:1863", "messenger.example.com:1863"),
        ("[2001:DB8::1]:443", "[2001:db8::1]:443"),
        ("messenger.example.com", "messenger.example.com"),
        ("192.0.2.1:99999", None),
        ("%41:1", None),
    ):
        web = Web()
        web.connect().send((True, f"CONNECT {target} HTTP/1.1\r\n\r\n".encode()), ACCEPTED)
        assert [plain.opened.server for plain in web.plain] in ([server], [])


def test_gaps_go_on_into_the_stream() -> None:
    web = Web()
    wire = web.connect()
    wire.send(CONNECT, ACCEPTED)
    wire.lose(True, 5)
    wire.send((True, b"a"))
    wire.lose(False, 7)
    assert web.plain[0].said == [("gap", True, 5), ("data", True, b"a"), ("gap", False, 7)]


def test_a_lost_answer_was_a_yes_when_no_http_follows() -> None:
    web = Web()
    wire = web.connect()
    wire.send(CONNECT, (True, b"VER"))
    wire.lose(False, 50)
    wire.send((False, b"VER 1 MSNP9\r\n"))
    assert web.plain[0].said == [("data", True, b"VER"), ("gap", False, None), ("data", False, b"VER 1 MSNP9\r\n")]


def test_the_clients_side_alone_is_told_at_the_end_or_at_the_limit() -> None:
    web = Web()
    wire = web.connect()
    wire.send(CONNECT, (True, b"VER 1"))
    assert not web.plain
    wire.end()
    assert (web.plain[0].client, web.plain[0].ended) == (b"VER 1", True)
    wire = web.connect()
    wire.send(CONNECT, (True, b"x" * MAX_HELD), (True, b"y"))
    assert len(web.plain[1].client) == MAX_HELD + 1
    wire = web.connect()
    wire.send(CONNECT, ask(OPEN, b"a"))
    wire.end()
    assert web.only.client == b"a"
    assert len(web.plain) == 2


def test_the_proxys_side_alone_is_known_by_its_words() -> None:
    web = Web()
    web.connect().send((False, ACCEPTED[1] + b"VER 1 MSNP9\r\n"))
    assert (web.plain[0].opened.server, web.plain[0].server) == (None, b"VER 1 MSNP9\r\n")
    assert web.plain[0].gaps == [(True, None)]


def test_another_protocol_that_takes_over_tells_nothing() -> None:
    web = Web()
    wire = web.connect()
    wire.send(get("/chat"), (False, b"HTTP/1.1 101 Switching Protocols\r\n\r\nxx"), ask(OPEN, b"a"))
    wire.end()
    assert not web.heard
    assert not web.plain
