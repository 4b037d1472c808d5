"""What goes through the gateway comes out as the two streams that went in."""

from hypothesis import given
from hypothesis import strategies as st

from msnp.gateway import Opened
from msnp.gateway.channel import MAX_WAITING
from msnp.gateway.tunnels import IDLE
from tests.msnp.gateway.web import (
    CLIENT,
    GATEWAY,
    OPEN,
    OPEN_SB,
    SECOND,
    Piece,
    Web,
    answer,
    ask,
    get,
    page,
    poll,
    send,
)

CHAT: list[Piece] = [
    ask(OPEN, b"VER 1 MSNP12 CVR0\r\n", base=GATEWAY),
    answer("77.1", b"VER 1 MSNP12\r\n"),
    send("77.1", b"CVR 2 0x0409 win\r\nUSR 3 TWN I a@exa"),
    (False, b"HTTP/1.1 100 Continue\r\n\r\n"),
    answer("77.2"),
    get("http://www.example.org/a.gif"),
    page(b"GIF89a HTTP/1.1 200 OK\r\n\r\n" * 90),
    get("http://www.example.org/b", "HEAD"),
    (False, b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n"),
    ask("SessionID=77.2", b"mple.org\r\n", chunks=3),
    answer("77.3", b"CVR 2 6.0\r\nUSR 3 TWN S x\r\nMSG a a 27\r\nHTTP/1.1 200 OK\r\n\r\n", chunks=7),
    get("http://www.example.org/c"),
    page(b"0\r\n\r\nPOST / HTTP/1.1\r\n\r\n" * 9, chunks=11),
    poll("77.3"),
    answer("77.4", b"\r\nX: y\r\n", version="1.0"),
    poll("77.4"),
    (False, b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"),
    poll("77.4"),
    answer("77.5"),
]
CLIENT_SAID = b"VER 1 MSNP12 CVR0\r\nCVR 2 0x0409 win\r\nUSR 3 TWN I a@example.org\r\n"
SERVER_SAID = b"VER 1 MSNP12\r\nCVR 2 6.0\r\nUSR 3 TWN S x\r\nMSG a a 27\r\nHTTP/1.1 200 OK\r\n\r\n\r\nX: y\r\n"


def assert_chat(web: Web) -> None:
    heard = web.only
    assert heard.opened == Opened("NS", "messenger.example.com", "gateway")
    assert (heard.client, heard.server) == (CLIENT_SAID, SERVER_SAID)
    assert not heard.gaps
    for side in (True, False):
        at = 0
        for from_client, sequence, _, octets in heard.marks:
            if from_client == side:
                assert sequence == at
                at += octets


def test_a_chat_comes_out_as_it_went_in() -> None:
    web = Web()
    web.connect().send(*CHAT)
    assert_chat(web)
    assert web.only.origin == CLIENT


def test_octet_by_octet_it_is_the_same() -> None:
    web = Web()
    web.connect().send(*CHAT, cut=1)
    assert_chat(web)


@given(st.lists(st.integers(1, 90), min_size=1, max_size=12))
def test_any_segments_give_the_same(cuts: list[int]) -> None:
    web = Web()
    web.connect().send_cut(CHAT, cuts)
    assert_chat(web)


@given(st.data())
def test_any_connections_give_the_same(data: st.DataObject) -> None:
    web = Web()
    wire = web.connect()
    for number, piece in enumerate(CHAT):
        if piece[0] and data.draw(st.booleans()):
            if data.draw(st.booleans()):
                wire.end()
            wire = web.connect(f"10.0.0.7:{41000 + number}")
        wire.send_cut([piece], data.draw(st.lists(st.integers(1, 400), min_size=1, max_size=3)))
    assert_chat(web)


def test_pipelined_requests_pair_with_their_answers() -> None:
    web = Web()
    wire = web.connect()
    wire.send(*CHAT[:2])
    requests = b"".join(octets for side, octets in CHAT[2:] if side)
    answers = b"".join(octets for side, octets in CHAT[2:] if not side)
    wire.send((True, requests), (False, answers))
    assert_chat(web)


def test_what_an_octet_was_seen_in_is_what_carried_it() -> None:
    web = Web()
    wire = web.connect()
    wire.send(ask(OPEN, b"VER 1 MSNP8\r\n"), cut=10_000)
    head, _, _ = answer("1.1", b"VER 1 MSNP8\r\n")[1].partition(b"VER")
    wire.send((False, head), (False, b"VER 1 "), (False, b"MSNP8\r\n"))
    assert web.only.marks == [(True, 0, 1, 13), (False, 0, 3, 6), (False, 6, 4, 7)]


def test_two_clients_with_one_number_are_two_tunnels() -> None:
    web = Web()
    one, two = web.connect("10.0.0.7:1"), web.connect("10.0.0.8:1")
    for wire, body in ((one, b"one"), (two, b"two")):
        wire.send(ask(OPEN, body), answer("5.1", body), send("5.1", body))
    assert [(heard.client, heard.server) for heard in web.heard] == [(b"oneone", b"one"), (b"twotwo", b"two")]


def test_two_tunnels_of_one_client_stay_apart_on_one_connection() -> None:
    web = Web()
    wire = web.connect()
    wire.send(ask(OPEN, b"a"), answer("5.1", b"b"), ask(OPEN_SB, b"c"), answer("6.1", b"d"))
    wire.send(send("5.1", b"e"), answer("5.2", b"f"), send("6.1", b"g"), answer("6.2", b"h"))
    assert [(h.opened.kind, h.opened.server, h.client, h.server) for h in web.heard] == [
        ("NS", "messenger.example.com", b"ae", b"bf"),
        ("SB", "192.0.2.50:1863", b"cg", b"dh"),
    ]


def test_opening_without_a_body_opens_with_the_first_octets() -> None:
    web = Web()
    wire = web.connect()
    wire.send(ask(OPEN), answer("5.1"))
    assert not web.heard
    wire.send(send("5.1", b"VER"))
    assert web.only.opened.kind == "NS"
    assert not web.only.gaps


def test_a_uuid_without_a_dot_names_a_tunnel() -> None:
    web = Web()
    uuid = "c0ffee00-1111-2222-3333-444455556666"
    web.connect().send(ask(OPEN, b"a"), answer(uuid), send(uuid, b"b"), answer(uuid, b"c"))
    assert (web.only.client, web.only.server) == (b"ab", b"c")


def test_names_are_read_in_any_case() -> None:
    web = Web()
    head = b"POST /Gateway/GATEWAY.DLL?action=OPEN&SERVER=sb&ip=[2001:DB8::5] HTTP/1.1\ncontent-LENGTH: 1\n\n"
    wire = web.connect()
    wire.send((True, head + b"a"))
    wire.send((False, b"HTTP/1.1 200\nx-msn-MESSENGER:sessionid = 9.1 ;gw-ip=x\ncontent-length:1\n\nb"))
    assert web.only.opened == Opened("SB", "[2001:db8::5]:1863", "gateway")
    assert (web.only.client, web.only.server) == (b"a", b"b")


def test_close_error_and_silence_end_a_tunnel_and_tcp_does_not() -> None:
    web = Web()
    wire = web.connect()
    wire.send(ask(OPEN, b"a"), answer("1.1", b"b"))
    wire.end()
    assert web.only.ended is None
    wire = web.connect()
    wire.send(poll("1.1"), answer("1.2", b"OUT\r\n", close=True))
    assert (web.only.server, web.only.ended) == (b"bOUT\r\n", True)
    wire.send(ask(OPEN, b"x"), (False, b"HTTP/1.0 200 OK\r\nX-MSN-Messenger: SessionID=9; Session=close\r\n\r\ny"))
    wire.end()
    assert (web.heard.pop().server, web.tunnels.begun, len(web.tunnels)) == (b"y", 2, 0)
    wire = web.connect()
    wire.send(ask(OPEN, b"c"), answer("2.1"), poll("2.1"))
    wire.send(answer(None, b"gone", status="500 Internal Server Error"))
    assert (web.heard[1].server, web.heard[1].ended) == (b"", True)
    wire.send(ask(OPEN, b"d"), answer("3.1"))
    web.time += IDLE + SECOND
    wire.send(ask(OPEN, b"e"), answer("4.1"))
    assert [heard.ended for heard in web.heard] == [True, True, True, None]
    web.tunnels.close(web.mark())
    assert web.heard[3].ended is False
    assert len(web.tunnels) == 0


def test_the_oldest_tunnel_is_forgotten_when_there_are_too_many() -> None:
    web = Web(most=2)
    wire = web.connect()
    for number in range(3):
        wire.send(ask(OPEN, b"a"), answer(f"{number}.1"))
    assert [heard.ended for heard in web.heard] == [False, None, None]
    assert web.tunnels.forgotten == 1
    wire.send(send("0.1", b"b"))
    assert web.heard[3].said == [("gap", True, None), ("data", True, b"b")]


def test_a_body_that_begins_while_another_is_under_way_waits() -> None:
    web = Web()
    one, two = web.connect("10.0.0.7:1"), web.connect("10.0.0.7:2")
    one.send(ask(OPEN, b"a"), answer("1.1"))
    first, second = send("1.1", b"first")[1], send("1.1", b"second")[1]
    one.send((True, first[:-3]))
    two.send((True, second))
    assert web.only.client == b"afi"
    one.send((True, first[-3:]))
    assert web.only.client == b"afirstsecond"
    assert web.tunnels.budget.used < 100
    reply = answer("1.2", b"x" * 10)[1]
    one.send((False, reply[:-4]))
    two.send(answer("1.3", b"y" * 5))
    one.end()
    assert web.only.said[-2:] == [("gap", False, 4), ("data", False, b"yyyyy")]


def test_who_blocks_others_too_long_or_for_too_much_is_given_up() -> None:
    web = Web()
    one, two = web.connect("10.0.0.7:1"), web.connect("10.0.0.7:2")
    one.send(ask(OPEN, b"a"), answer("1.1"))
    slow = answer("1.2", b"x" * 10)[1]
    one.send(poll("1.1"), (False, slow[:-4]))
    two.send(poll("1.1"))
    web.time += 90 * SECOND
    two.send(answer("1.2", b"y"))
    one.send((False, slow[-4:]))
    assert web.only.said[1:] == [("data", False, b"x" * 6), ("gap", False, None), ("data", False, b"y")]
    one.send(poll("1.2"), (False, slow[:-4]))
    two.send(poll("1.2"))
    big = answer("1.3", b"z" * (MAX_WAITING + 1))
    two.send(big)
    assert len(web.only.server) == 7 + 6 + len(b"z" * (MAX_WAITING + 1))
    assert web.tunnels.budget.used < 100


def test_what_waits_when_a_tunnel_ends_is_told() -> None:
    web = Web()
    one, two = web.connect("10.0.0.7:1"), web.connect("10.0.0.7:2")
    one.send(ask(OPEN, b"a"), answer("1.1"), (True, send("1.1", b"first")[1][:-3]))
    two.send(send("1.1", b"second"))
    web.tunnels.close(web.mark())
    assert web.only.said[1:] == [("data", True, b"fi"), ("gap", True, None), ("data", True, b"second")]
    assert web.tunnels.budget.used == 0


def test_an_answer_without_length_ends_with_the_connection_or_with_the_next() -> None:
    web = Web()
    wire = web.connect()
    wire.send(ask(OPEN, b"a"))
    bare = b"HTTP/1.0 200 OK\r\nX-MSN-Messenger: SessionID=1.1\r\n\r\n"
    wire.send((False, bare + b"one"), (False, b"HTTP/1.1 200 two"))
    wire.send(poll("1.1"), (False, bare + b"three"))
    wire.end()
    assert web.only.server == b"oneHTTP/1.1 200 twothree"


def test_a_site_that_calls_itself_the_gateway_is_not_believed() -> None:
    web = Web()
    wire = web.connect()
    wire.send(
        ask(OPEN, b"a"), answer("1.1", b"b"), get("/x"), answer("1.9", b"forged"), poll("1.1"), answer("1.2", b"c")
    )
    wire.send(get("/search?q=/gateway/gateway.dll?SessionID=1.2"), page(b"no"))
    assert web.only.server == b"bc"


def test_a_page_of_a_proxy_is_not_the_gateways() -> None:
    web = Web()
    wire = web.connect()
    wire.send(ask(OPEN, b"a"), answer("1.1", b"b"), poll("1.1"), page(b"<html>Please pay</html>"))
    wire.send(poll("1.1"), page(b"<html>elsewhere</html>", "302 Found"), poll("1.1"), answer(None, b"c"))
    assert (web.only.server, web.only.ended) == (b"bc", None)


def test_a_request_that_comes_to_the_tap_after_its_answer_is_paired() -> None:
    web = Web()
    wire = web.connect()
    early = web.mark(wire.at[True])
    web.time += SECOND
    wire.send(answer("1.1", b"b"))
    wire.line.analyze_packet(True, ask(OPEN, b"a")[1], early)
    wire.send(send("1.1", b"c"), answer("1.2", b"d"))
    wire.send(ask(OPEN_SB, b"e"), answer("2.1", b"f"))
    assert [(heard.client, heard.server) for heard in web.heard] == [(b"ac", b"bd"), (b"e", b"f")]
