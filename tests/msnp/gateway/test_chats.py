"""A chat through the gateway, CONNECT or SOCKS tells what the same chat on a connection of its own tells."""

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msnp.events import Event, TextMessage
from msnp.gateway import HttpLine, Opened, SocksLine, Tunnels
from msnp.links import Links
from msnp.mark import Mark
from msnp.session import MsnSession
from tests.msnp.dialogue import Said, events_of, mime, say, tell
from tests.msnp.gateway.test_connect import ACCEPTED, CONNECT
from tests.msnp.gateway.test_socks import TALKS
from tests.msnp.gateway.web import CLIENT, OPEN_SB, SERVER, Heard, Piece, Web, Wire, answer, ask, get, page, poll

FORGED = "HTTP/1.1 200 OK\r\nX-MSN-Messenger: SessionID=5.9\r\nContent-Length: 5\r\n\r\nOUT\r\n"
CHAT: list[Said] = [
    say("C: ANS 1 alice@a.example 1.2 77"),
    say("S: IRO 1 1 1 bob@b.example Bob"),
    say("S: ANS 1 OK"),
    say("C: MSG 2 A #", mime("hello, bob")),
    say("S: ACK 2"),
    say("S: MSG bob@b.example Bob #", mime("你好\r\n\r\n" * 40)),
    say("C: MSG 3 N #", mime(FORGED)),
    say("S: MSG bob@b.example Bob #", mime("POST /gateway/gateway.dll?SessionID=5.9 HTTP/1.1\r\n\r\n")),
    say("S: JOI carol@c.example Carol"),
    say("C: MSG 4 N #", mime("both of you")),
    say("S: MSG carol@c.example Carol #", mime("hi")),
    say("S: BYE bob@b.example"),
    say("C: OUT"),
]
PLAIN = tell(events_of(CHAT))


class Taps:
    """Sessions of MSNP behind lines."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.web = Web()
        self.tunnels = Tunnels(lambda opened, _mark, _origin: self.session(opened))

    def session(self, opened: Opened) -> MsnSession:
        return MsnSession(self.events.append, Links(), CLIENT, opened.server or SERVER, True)

    def wire(self, *, socks: bool = False) -> Wire:
        line = SocksLine(self.session) if socks else HttpLine(self.tunnels, self.session, None, CLIENT, SERVER)
        return Wire(self.web, line)

    def told(self) -> list[str]:
        self.tunnels.close(self.web.mark())
        return tell(self.events)


@settings(max_examples=30)
@given(st.data())
def test_through_the_gateway(data: st.DataObject) -> None:
    """Bodies that are cut anywhere, in messages that are cut anywhere, on any connections, among other traffic."""
    taps = Taps()
    wire = taps.wire()
    number = 0
    pieces: list[Piece] = []
    for side, octets in CHAT:
        cuts = sorted(data.draw(st.lists(st.integers(1, len(octets)), max_size=3)))
        for begin, end in zip([0, *cuts], [*cuts, len(octets)], strict=True):
            if begin == end:
                continue
            chunks = data.draw(st.sampled_from([0, 0, 7]))
            body = octets[begin:end]
            if not number:
                pieces += [ask(OPEN_SB, body if side else b"", chunks=chunks)]
                pieces += [answer("5.0", b"" if side else body, chunks=chunks)]
            elif side:
                pieces += [ask(f"SessionID=5.{number - 1}", body, chunks=chunks), answer(f"5.{number}")]
            else:
                pieces += [poll(f"5.{number - 1}"), answer(f"5.{number}", body, chunks=chunks)]
            number += 1
            if data.draw(st.integers(0, 9)) == 0:
                pieces += [get("/"), page(FORGED.encode())]
    for piece in pieces:
        if piece[0] and data.draw(st.integers(0, 4)) == 0:
            wire = taps.wire()
        wire.send_cut([piece], data.draw(st.lists(st.integers(1, 500), min_size=1, max_size=2)))
    assert taps.told() == PLAIN


@given(st.lists(st.integers(1, 300), min_size=1, max_size=6))
def test_behind_connect(cuts: list[int]) -> None:
    taps = Taps()
    wire = taps.wire()
    wire.send_cut([CONNECT, ACCEPTED, *CHAT], cuts)
    wire.end()
    assert taps.told() == PLAIN


@given(st.lists(st.integers(1, 300), min_size=1, max_size=6), st.sampled_from(sorted(TALKS)))
def test_behind_socks(cuts: list[int], talk: str) -> None:
    taps = Taps()
    wire = taps.wire(socks=True)
    wire.send_cut([*TALKS[talk][0], *CHAT], cuts)
    wire.end()
    assert taps.told() == PLAIN


def test_the_captured_chat_through_the_gateway_is_told_whole() -> None:
    captures = pytest.importorskip("tests.msnp.test_captures")
    path = captures.PCAPS / "msnp15-emesene-gateway.pcap"
    if not path.is_file():
        pytest.skip("the capture is not at hand")
    texts: list[tuple[str | None, str]] = []
    links = Links()

    def session(opened: Opened, _mark: Mark, _origin: object) -> MsnSession:
        def note(event: Event) -> None:
            if isinstance(event, TextMessage):
                texts.append((event.sender or made.account, event.text))

        made = MsnSession(note, links, CLIENT, opened.server or SERVER, True)
        return made

    tunnels = Tunnels(session)
    lines: dict[frozenset[str], HttpLine] = {}
    seen: set[tuple[str, int]] = set()
    for source, target, tcp, time, number in captures.segments(path):
        if not tcp.data or (source, tcp.seq) in seen:
            continue
        seen.add((source, tcp.seq))
        from_client = target.endswith(":80")
        client, server = (source, target) if from_client else (target, source)
        key = frozenset([client, server])
        if key not in lines:
            lines[key] = HttpLine(tunnels, Heard, None, client, server)
        lines[key].analyze_packet(from_client, tcp.data, Mark(time, tcp.seq, number, "tap"))
    truth = json.loads(path.with_suffix(".truth.json").read_text())
    said = [(event["sender"], event["text"]) for event in truth["events"] if event["kind"] == "text"]
    assert Counter(texts) == Counter(said + said)  # on its sender's tunnel and on its recipient's
