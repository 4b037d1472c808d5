"""A request that is sent again is told once; one that only looks like it is told."""

from hypothesis import given
from hypothesis import strategies as st

from msnp.gateway.posts import MAX_COPY
from tests.msnp.gateway.web import OPEN, Web, Wire, answer, ask, page, poll, send


def begun() -> tuple[Web, Wire]:
    """A tunnel with an octet each way."""
    web = Web()
    wire = web.connect()
    wire.send(ask(OPEN, b"a"), answer("1.1", b"b"))
    return web, wire


def test_a_proxy_that_asks_for_a_password_gets_the_request_twice() -> None:
    web = Web()
    wire = web.connect()
    refusal = page(b"who are you?", "407 Proxy Authentication Required")
    wire.send(ask(OPEN, b"VER 1\r\n"), refusal, ask(OPEN, b"VER 1\r\n"), answer("1.1", b"VER"))
    wire.send(send("1.1", b"MSG 2\r\n"), refusal, send("1.1", b"MSG 2\r\n"), answer("1.2"))
    wire.send(send("1.2", b"MSG 3\r\n"), answer("1.3"))
    assert (web.only.client, web.only.server) == (b"VER 1\r\nMSG 2\r\nMSG 3\r\n", b"VER")
    assert not web.only.gaps


def test_a_request_lost_with_its_connection_is_told_once() -> None:
    web, wire = begun()
    wire.send(send("1.1", b"MSG 2\r\n"))
    wire.end()
    web.connect().send(send("1.1", b"MSG 2\r\n"), answer("1.2"))
    assert web.only.client == b"aMSG 2\r\n"


@given(st.integers(0, 9), st.integers(0, 9), st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_a_request_cut_by_its_connections_end_is_completed_by_the_next(
    first: int, second: int, cuts: list[int]
) -> None:
    web, wire = begun()
    whole = send("1.1", b"0123456789")[1]
    for kept in (first, second):
        wire.send_cut([(True, whole[: len(whole) - 10 + kept])], cuts)
        wire.end()
        wire = web.connect()
    wire.send_cut([(True, whole), answer("1.2"), send("1.2", b"c")], cuts)
    assert web.only.client == b"a0123456789c"
    assert not web.only.gaps


def test_a_request_that_hangs_is_completed_by_the_next() -> None:
    web, wire = begun()
    whole = send("1.1", b"0123456789")[1]
    wire.send((True, whole[:-4]))
    web.connect("10.0.0.7:2").send((True, whole))
    assert web.only.client == b"a0123456789"


def test_the_same_octets_after_an_answer_are_new() -> None:
    web, wire = begun()
    uuid = "1"
    wire.send(send(uuid, b"PNG\r\n"), answer(uuid), send(uuid, b"PNG\r\n"), answer(uuid))
    assert web.only.client == b"aPNG\r\nPNG\r\n"


def test_other_octets_or_another_session_number_are_new() -> None:
    web, wire = begun()
    wire.send(send("1.1", b"MSG 2 a"))
    web.connect().send(send("1.1", b"MSG 2 b"))
    web.connect().send(send("1.2", b"MSG 2 b"))
    web.connect().send(send("1.2", b"MSG 2 bc"))
    assert web.only.client == b"aMSG 2 aMSG 2 bMSG 2 bMSG 2 bc"


def test_what_only_began_alike_is_told_whole() -> None:
    web, wire = begun()
    wire.send(send("1.1", b"MSG 12345"))
    web.connect().send(send("1.1", b"MSG 12399"), cut=3)
    assert web.only.client == b"aMSG 12345MSG 12399"


def test_a_request_with_a_hole_or_of_many_octets_is_not_known_again() -> None:
    web, wire = begun()
    whole = send("1.1", b"0123456789")[1]
    wire.send((True, whole[:-4]))
    wire.lose(True, 2)
    wire.send((True, whole[-2:]))
    web.connect().send((True, whole))
    assert web.only.client == b"a012345890123456789"
    web, wire = begun()
    long = b"x" * (MAX_COPY + 1)
    wire.send(send("1.1", long))
    web.connect().send(send("1.1", long))
    assert len(web.only.client) == 1 + 2 * len(long)


def test_what_is_lost_of_the_second_copy_is_known_from_the_first() -> None:
    whole = send("1.1", b"0123456789")[1]
    for begin, end in ((-7, -3), (-3, len(whole))):
        web, wire = begun()
        wire.send((True, whole))
        wire.end()
        wire = web.connect()
        wire.send((True, whole[:begin]))
        wire.lose(True, len(whole[begin:end]))
        wire.send((True, whole[end:]), answer("1.2"), send("1.2", b"c"))
        assert web.only.said[2:] == [("data", True, b"0123456789"), ("data", True, b"c")]
        web.tunnels.close(web.mark())
        assert web.tunnels.budget.used == 0


def test_copies_are_given_back() -> None:
    web, wire = begun()
    for number in range(50):
        wire.send(send(f"1.{number}", b"x" * 100))
        wire = web.connect(f"10.0.0.7:{number + 1}")
        wire.send(send(f"1.{number}", b"x" * 100), poll(f"1.{number}"))
    web.tunnels.close(web.mark())
    assert web.only.client == b"a" + b"x" * 5000
    assert web.tunnels.budget.used == 0
