"""Whatever arrives, nothing raises, hangs or grows without bound."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msnp.gateway.heads import MAX_HEAD
from msnp.gateway.http import MAX_OTHERS, MAX_OTHERS_OCTETS, HttpLine
from tests.msnp.gateway.test_tunnels import CHAT
from tests.msnp.gateway.web import OPEN, Piece, Web, answer, ask, get, page, poll, send

KIB, MIB = 1024, 1024 * 1024


@contextmanager
def at_most(octets: int) -> Iterator[None]:
    """What is done here keeps no more memory, at any moment."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        yield
        assert tracemalloc.get_traced_memory()[1] - before < octets
    finally:
        tracemalloc.stop()


def alive(web: Web) -> bool:
    """A chat on a new connection is still told."""
    wire = web.connect("10.9.9.9:1")
    told = len(web.heard)
    wire.send(ask(OPEN, b"a"), answer("999.1", b"b"))
    return [(heard.client, heard.server) for heard in web.heard[told:]] == [(b"a", b"b")]


ENDLESS = {
    "request line": (b"GET /", b"x" * 1000),
    "request lines": (b"GET / HTTP/1.1\r\n", b"x" * 1000),
    "fields": (b"POST / HTTP/1.1\r\n", b"Some-Field: some value\r\n" * 40),
    "one field": (b"POST / HTTP/1.1\r\nCookie: ", b"x" * 1000),
    "folded field": (b"POST / HTTP/1.1\r\nCookie: a", b"\r\n x" * 300),
    "chunk size": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"0" * 1000),
    "chunk extension": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x" * 1000),
    "chunks of nothing": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 200),
    "trailers": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"Some: trailer\r\n" * 70),
    "one trailer": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nSome: ", b"x" * 1000),
    "empty lines": (b"", b"\r\n" * 500),
    "requests": (b"", b"GET / HTTP/1.1\r\n\r\n" * 50),
    "heads": (b"", b"HEAD http://a/ HTTP/1.0\r\nHost: x\r\n\r\n" * 30),
    "connects": (b"", b"CONNECT a:1 HTTP/1.1\r\n\r\n" * 50),
    "openings": (b"", ask(OPEN)[1] * 8),
    "ends of chunks": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", b"\r\n\r\n" * 250),
}


@pytest.mark.parametrize(("begin", "more"), ENDLESS.values(), ids=ENDLESS.keys())
@pytest.mark.parametrize("side", [True, False])
def test_endless_things_are_bounded(side: bool, begin: bytes, more: bytes) -> None:
    web = Web(most=50)
    wire = web.connect()
    if not side:
        begin = begin.replace(b"POST / HTTP/1.1", b"HTTP/1.1 200 OK").replace(b"GET / HTTP/1.1", b"HTTP/1.1 200 OK")
        more = more.replace(b"GET / HTTP/1.1", b"HTTP/1.1 200 OK")
    with at_most(8 * MAX_HEAD):
        wire.send((side, begin))
        for _ in range(200):
            wire.send((side, more))
    wire.end()
    assert alive(web)


LENGTHS = [b"-1", b"+5", b"5 5", b"5,5", b"0x5", b"", b" ", b"18446744073709551616", b"9" * 30_000, b"\xff", b"5\0"]


@pytest.mark.parametrize("length", LENGTHS)
def test_what_is_no_length_loses_the_connection_until_its_next_message(length: bytes) -> None:
    web = Web()
    wire = web.connect()
    wire.send(ask(OPEN, b"a"), answer("1.1", b"b"))
    head, _, body = send("1.1", b"hello")[1].partition(b"Content-Length: 5")
    wire.send((True, head + b"Content-Length: " + length + body))
    wire.send(answer("1.2"), send("1.2", b"c"), answer("1.3", b"d"))
    assert web.only.client.endswith(b"c")
    assert web.only.server == b"bd"


def test_a_length_near_every_limit_is_waited_for_without_memory() -> None:
    web = Web(deaf=True)
    wire = web.connect()
    wire.send(ask(OPEN, b"a"), answer("1.1", b"b"))
    head = send("1.1", b"")[1].replace(b"Content-Length: 0", b"Content-Length: 18446744073709551615")
    wire.send((True, head))
    with at_most(MIB):
        for _ in range(2000):
            wire.send((True, b"x" * 1400))
    wire.end()


def test_very_many_tunnels_are_a_bounded_number() -> None:
    web = Web(most=100, deaf=True)
    wire = web.connect()
    with at_most(2 * MIB):
        for number in range(4000):
            wire.send(send(f"{number}.1", b"a"))
            other = web.connect(f"10.{number // 250}.{number % 250}.1:1")
            other.send(ask(OPEN, b"a"))
            other.end()
    assert len(web.tunnels) == 100
    assert web.tunnels.begun == 8000
    assert web.tunnels.forgotten == 7900


def test_bodies_that_wait_everywhere_are_bounded_together() -> None:
    web = Web(deaf=True)
    web.tunnels.budget.limit = MIB
    blocked, waiting = send("1.1", b"x" * 1000)[1][:-1], send("1.2", b"y" * 30_000)[1][:-1]
    with at_most(3 * MIB):
        for number in range(100):
            for port, part in enumerate((blocked, waiting, waiting, waiting)):
                web.connect(f"10.0.{number}.1:{port}").send((True, part))
    assert MIB / 2 < web.tunnels.budget.used < MIB + 64 * KIB
    web.tunnels.close(web.mark())
    assert web.tunnels.budget.used == 0


def test_unrelated_bodies_are_passed_over() -> None:
    web = Web()
    wire = web.connect()
    body = bytes(range(256)) * 4 * KIB
    for chunks in (0, 64 * KIB):
        answered = page(body, chunks=chunks)
        with at_most(64 * KIB):
            wire.send(get("http://www.example.org/film"), answered)  # of a proxy
    wire.send(ask(OPEN, b"a"), answer("1.1", b"b"))
    assert (web.only.client, web.only.server) == (b"a", b"b")


@pytest.mark.parametrize(("pages", "octets"), [(MAX_OTHERS + 1, 10), (1, MAX_OTHERS_OCTETS)])
def test_a_web_servers_own_connection_is_left_alone_in_time(pages: int, octets: int) -> None:
    web = Web()
    wire = web.connect()
    for _ in range(pages):
        wire.send(get("/film"), page(bytes(octets)))
    assert isinstance(wire.line, HttpLine)
    assert wire.line.foreign
    assert not wire.line.concerned


def test_a_gateway_that_is_a_web_server_too_is_heard_behind_a_few_pages() -> None:
    web = Web()
    wire = web.connect()
    wire.send(get("/settings"), page(b"x" * 5 * KIB), ask(OPEN, b"a"), answer("1.1", b"b"))
    wire.send(get("/film"), page(bytes(MAX_OTHERS_OCTETS)))
    assert (web.only.client, web.only.server) == (b"a", b"b")
    assert isinstance(wire.line, HttpLine)
    assert wire.line.concerned
    assert not wire.line.foreign


MESSAGES = [octets for _, octets in [*CHAT, ask("", b"x"), answer("", b"y"), answer("1.1", b"z", close=True)]]
PARTS = [b"\r\n", b"HTTP/1.1 ", b"GET ", b"0\r\n\r\n", b"CONNECT a:1 HTTP/1.0\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"]
SCRAPS = st.binary(max_size=60) | st.sampled_from(MESSAGES + PARTS) | st.integers(0, 300) | st.none()


@given(st.lists(st.tuples(st.booleans(), SCRAPS), max_size=25), st.integers(1, 200))
def test_nothing_raises(scraps: list[tuple[bool, bytes | int | None]], cut: int) -> None:
    web = Web(most=3)
    wires = [web.connect(certain=False), web.connect("10.0.0.7:2")]
    for number, (side, scrap) in enumerate(scraps):
        wire = wires[number % 3 // 2]
        if isinstance(scrap, bytes):
            wire.send((side, scrap), cut=cut)
        elif scrap != 0:
            wire.lose(side, scrap)
    for wire in wires:
        wire.end()
    web.tunnels.close(web.mark())
    assert web.tunnels.budget.used == 0


@given(st.data())
def test_whatever_is_lost_of_a_chat_the_rest_is_its_own(data: st.DataObject) -> None:
    """Each octet told stands where it stood, and nothing is told twice: what is told is a part of what was said."""
    web = Web()
    wire = web.connect()
    for side, octets in CHAT:
        at = data.draw(st.integers(0, len(octets) - 1)) if data.draw(st.integers(0, 5)) == 0 else len(octets)
        wire.send((side, octets[:at]))
        if at < len(octets):
            length = data.draw(st.integers(1, len(octets) - at))
            wire.lose(side, length)
            wire.send((side, octets[at + length :]))
    said = {side: b"".join(body for from_client, body in BODIES if from_client == side) for side in (True, False)}
    for heard in web.heard:
        for side in (True, False):
            at = 0
            for what, from_client, value in heard.said:
                if from_client != side or what == "gap":
                    continue
                assert isinstance(value, bytes)
                at = said[side].find(value, at)
                assert at >= 0
                at += len(value)


BODIES: list[Piece] = [
    (True, b"VER 1 MSNP12 CVR0\r\nCVR 2 0x0409 win\r\nUSR 3 TWN I a@example.org\r\n"),
    (
        False,
        b"VER 1 MSNP12\r\nCVR 2 6.0\r\nUSR 3 TWN S x\r\nMSG a a 27\r\nHTTP/1.1 200 OK\r\n\r\n\r\nX: y\r\n",
    ),
]


def test_polls_of_nothing_make_no_decoder() -> None:
    web = Web()
    wire = web.connect()
    wire.send(*(piece for number in range(1000) for piece in (poll(f"{number}.1"), answer(f"{number}.2"))))
    assert not web.heard
