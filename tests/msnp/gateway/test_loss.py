"""What is lost of HTTP is a gap in the tunnel, as long as can be known, and nothing is made up."""

import pytest

from msnp.gateway import Opened
from tests.msnp.gateway.web import CLIENT, OPEN, OPEN_SB, Piece, Web, Wire, answer, ask, get, page, poll, send


def begun() -> tuple[Web, Wire]:
    """A tunnel with an octet each way."""
    web = Web()
    wire = web.connect()
    wire.send(ask(OPEN, b"a"), answer("1.1", b"b"))
    return web, wire


def lose(wire: Wire, piece: Piece, at: int, length: int) -> None:
    """Send a piece without ``length`` octets from ``at`` on; negative: from its end."""
    side, octets = piece
    at %= len(octets)
    wire.send((side, octets[:at]))
    wire.lose(side, length)
    wire.send((side, octets[at + length :]))


def test_a_gap_inside_a_body_is_as_long_in_the_tunnel() -> None:
    web, wire = begun()
    lose(wire, send("1.1", b"0123456789"), -8, 3)
    lose(wire, answer("1.2", b"0123456789"), -4, 4)
    wire.send(send("1.2", b"c"), answer("1.3", b"d"))
    assert web.only.said[2:] == [
        ("data", True, b"01"),
        ("gap", True, 3),
        ("data", True, b"56789"),
        ("data", False, b"012345"),
        ("data", True, b"c"),
        ("gap", False, 4),
        ("data", False, b"d"),
    ]
    assert [mark[1] for mark in web.only.marks if mark[0]] == [0, 1, 6, 11]
    assert [mark[1] for mark in web.only.marks if not mark[0]] == [0, 1, 11]


def test_a_gap_that_begins_before_a_body_takes_the_rest_of_it_with_it() -> None:
    web, wire = begun()
    lose(wire, send("1.1", b"0123456789"), -15, 8)
    wire.send(answer("1.2", b"c"), send("1.2", b"d"), answer("1.3", b"e"))
    assert web.only.gaps == [(True, None)]
    assert (web.only.client, web.only.server) == (b"ad", b"bce")


def test_a_gap_that_reaches_past_a_body_ends_it() -> None:
    web, wire = begun()
    first, second = send("1.1", b"0123456789")[1], send("1.2", b"lost")[1]
    lose(wire, (True, first + second), len(first) - 4, 30)
    wire.send(answer("1.2", b"c"), answer("1.3", b"d"), send("1.3", b"e"), answer("1.4", b"f"))
    assert web.only.gaps == [(True, None)]
    assert (web.only.client, web.only.server) == (b"a012345e", b"bcdf")


def test_a_gap_in_chunks_loses_the_rest_of_them() -> None:
    web, wire = begun()
    lose(wire, ask("SessionID=1.1", b"0123456789", chunks=4), -40, 5)
    wire.send(answer("1.2", b"c"), send("1.2", b"d"))
    assert web.only.gaps == [(True, None)]
    assert web.only.client.endswith(b"d")


def test_whole_messages_lost_do_not_shift_the_answers() -> None:
    web, wire = begun()
    for lost in (poll("1.1"), answer("1.2", b"lost")):
        wire.lose(lost[0], len(lost[1]))
    wire.send(poll("1.2"), answer("1.3", b"c"))
    wire.send(ask(OPEN_SB, b"x"))
    wire.lose(False, 100)
    wire.send(get("/", "HEAD"), (False, b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"))
    wire.send(ask(OPEN_SB, b"y"), answer("2.1", b"z"))
    assert [(heard.opened.kind, heard.client, heard.server) for heard in web.heard] == [
        ("NS", b"a", b"bc"),
        ("SB", b"x", b""),
        ("SB", b"y", b"z"),
    ]


def test_a_message_is_looked_for_where_segments_begin_only() -> None:
    web, wire = begun()
    forged = answer("1.2", b"MSG forged")[1]
    wire.send(poll("1.1"))
    wire.lose(False, 60)
    wire.send((False, b"text: " + forged), poll("1.2"), answer("1.3", b"c"))
    assert web.only.server == b"bc"
    assert web.only.gaps == [(False, None)]


def test_loss_among_other_messages_is_no_loss_of_the_tunnel() -> None:
    web, wire = begun()
    wire.send(get("/a"))
    wire.lose(False, 1000)
    wire.send((False, b"rest of it"), poll("1.1"), answer("1.2", b"c"))
    assert not web.only.gaps
    assert web.only.server == b"bc"


def test_requests_alone_are_the_clients_stream() -> None:
    web = Web()
    wire = web.connect()
    wire.send(
        ask(OPEN, b"a"), send("1.1", b"b"), poll("1.2"), ask(OPEN_SB, b"x"), send("1.3", b"c"), send("2.1", b"y")
    )
    assert [(heard.opened.kind, heard.client, heard.gaps) for heard in web.heard] == [
        ("NS", b"abc", []),
        ("SB", b"xy", []),
    ]


def test_which_of_two_openings_is_meant_is_not_guessed() -> None:
    web = Web()
    web.connect("10.0.0.7:1").send(ask(OPEN_SB, b"x"))
    web.connect("10.0.0.7:2").send(ask(OPEN_SB, b"y"))
    web.connect("10.0.0.7:1").send(send("1.1", b"z"))
    assert [(heard.client, heard.gaps) for heard in web.heard] == [(b"x", []), (b"y", []), (b"z", [(True, None)])]


def test_an_opening_whose_answer_is_still_to_come_gets_no_strangers_name() -> None:
    web, wire = begun()
    wire.send(ask(OPEN_SB, b"x"))
    web.connect("10.0.0.7:2").send(send("7.1", b"stranger"))
    wire.send(answer("2.1", b"y"), send("2.1", b"z"))
    opened, stranger = web.heard[1:]
    assert (opened.client, opened.server, opened.opened.kind) == (b"xz", b"y", "SB")
    assert (stranger.client, stranger.gaps) == (b"stranger", [(True, None)])


def test_an_opening_whose_answer_was_lost_is_named_by_what_follows() -> None:
    for lost in ("gap", "end", "same connection"):
        web, wire = begun()
        wire.send(ask(OPEN_SB, b"x"))
        if lost == "gap":
            wire.lose(False, 100)
        elif lost == "end":
            wire.end()
        following = wire if lost == "same connection" else web.connect("10.0.0.7:2")
        following.send(send("2.1", b"y"), answer("2.2", b"z"))
        assert (web.heard[1].opened.kind, web.heard[1].client, web.heard[1].server) == ("SB", b"xy", b"z")


def test_answers_alone_are_the_servers_stream() -> None:
    web = Web()
    wire = web.connect()
    wire.send(answer("1.1", b"a"), page(b"no"), answer("1.2"), answer("2.1", b"x"), answer("1.3", b"b"))
    assert [(heard.opened, heard.server, heard.gaps) for heard in web.heard] == [
        (Opened(None, None, "gateway"), b"ab", [(False, None)]),
        (Opened(None, None, "gateway"), b"x", [(False, None)]),
    ]


def test_a_connection_joined_in_the_middle_begins_with_its_next_messages() -> None:
    web = Web()
    wire = web.connect()
    wire.lose(True, None)
    wire.lose(False, None)
    wire.send((True, b"tail of a body"), (False, b"another\r\n\r\n"))
    wire.send(answer("1.4", b"a"), send("1.4", b"b"), answer("1.5", b"c"), send("1.5", b"d"))
    assert (web.only.client, web.only.server) == (b"bd", b"ac")
    assert web.only.opened.kind is None


@pytest.mark.parametrize("server_first", [False, True])
def test_guessed_sides_are_put_right_by_the_first_message(server_first: bool) -> None:
    web = Web()
    wire = web.connect("192.0.2.77:80", certain=False)
    pieces = [answer("1.1", b"b")] if server_first else [ask(OPEN, b"a"), answer("1.1", b"b")]
    wire.send(*((not side, octets) for side, octets in [*pieces, send("1.1", b"c")]))
    assert (web.only.client[-1:], web.only.server) == (b"c", b"b")
    assert isinstance(wire.line.swapped, bool)  # type: ignore[union-attr]
    assert wire.line.swapped  # type: ignore[union-attr]


def test_a_right_guess_stays() -> None:
    web = Web()
    wire = web.connect(certain=False)
    wire.send((True, b"tail"), ask(OPEN, b"a"), answer("1.1", b"b"))
    assert (web.only.client, web.only.server, web.only.origin) == (b"a", b"b", CLIENT)


def test_a_body_cut_by_the_connections_end_is_a_gap_before_the_next() -> None:
    web, wire = begun()
    wire.send((True, send("1.1", b"0123456789")[1][:-4]))
    wire.end()
    wire = web.connect()
    wire.send(send("1.2", b"c"), (False, answer("1.3", b"0123456789")[1][:-1]))
    wire.end()
    web.connect().send(poll("1.3"), answer("1.4", b"d"))
    assert web.only.gaps == [(True, 4), (False, 1)]
