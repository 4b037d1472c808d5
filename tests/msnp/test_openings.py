"""What a stream is by its first octets, and that nothing else is taken for MSNP."""

import random
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.files import open_files
from msnp.openings import MOST_OCTETS, Opening, opening
from reassembly.events import Flow, StreamData, StreamEvent, StreamGap
from reassembly.native import NativeEngine

MIME = b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n"


def text(words: bytes, head: bytes = b"MSG kim@b.example Kim%20B") -> bytes:
    body = MIME + words
    return head + b" %d\r\n" % len(body) + body


def gateway(action: bytes) -> bytes:
    return b"POST http://gate.example/gateway/gateway.dll?" + action + b" HTTP/1.1\r\nHost: gate.example\r\n\r\n"


HANDSHAKE = b"\x30\0\0\0" + b"\0\0\0\0" + b"\x11\x22\x33\x44" + b"\0" * 20 + b"\0\x01\0\0" + bytes(range(16))
CLIENT_LINES = [
    b"VER 1 MSNP12 MSNP11 CVR0\r\n",
    b"VER 0 MSNP8\r\n",
    b"VER 3 CVR0\r\n",
    b"VER 3 CVR0 MSNP9 MSNP8\r\n",
    b"CVR 2 0x0407 winnt 5.1 i386 MSNMSGR 7.0.0816 MSMSGS lea@a.example\r\n",
    b"CVQ\t2\t0x0409\twinnt\t5.1\ti386\tMSNMSGR 7.0.0816 MSMSGS\r\n",
    b"USR 3 TWN I lea@a.example\r\n",
    b"USR 7 lea@a.example 8812.771.90\r\n",
    b"USR 7 lea@a.example;{01234567-89ab-cdef-0123-456789abcdef} 8812.771.90\r\n",
    b"ANS 1 lea@a.example 8812.771.90 4711\r\n",
    b"CNT 1 CON 120\r\n",
    b"XFR 9 SB\r\n",
    b"CAL 2 kim@b.example\r\n",
    b"CHG 5 NLN 268435508 0\r\n",
    b"PNG\r\nXFR 9 SB\r\n",
    text(b"hello", b"MSG 4 N"),
    b"ADL 6 44\r\n<ml l='1'><d n='b.example'/></ml>",
    b"UUX 8 20\r\n<Data><PSM/></Data>",
    b"SDG 9 40\r\nRouting: 1.0\r\n",
    b"QRY 4 PROD0090YUAUV{2B 32\r\n" + b"0a" * 16,
]
SERVER_LINES = [
    b"VER 1 MSNP12\r\n",
    b"CVR 2 7.0.0816 7.0.0816 6.2.0205 http://a.example/ http://b.example/\r\n",
    b"INF 2 MD5\r\n",
    b"USR 3 OK lea@a.example Lea 1 0\r\n",
    b"XFR 3 NS 192.0.2.4:1863 0 192.0.2.3:1863\r\n",
    b"XFR 9 SB 192.0.2.5:4321 CKI 8812.771.90\r\n",
    b"RNG 4711 192.0.2.5:1863 CKI 8812.771.90 kim@b.example Kim\r\n",
    b"ANS 1 OK\r\n",
    b"IRO 1 1 2 kim@b.example Kim 2789003324\r\n",
    b"JOI kim@b.example Kim%20B 2789003324:48\r\n",
    b"JOI kim@b.example \r\n",
    b"CAL 2 RINGING 4711\r\n",
    b"ILN 5 AWY kim@b.example Kim 0\r\n",
    b"NLN NLN 1:kim@b.example Kim 0\r\n",
    b"CHL 0 22210219642164014968\r\n",
    b"ACK 4\r\nACK 5\r\nBYE kim@b.example\r\nJOI kim@b.example Kim\r\n",
    text(b"hello"),
    text(b"Invitation", b"MSG Hotmail Hotmail"),
    b"UBX kim@b.example 20\r\n<Data><PSM></PSM></Data>",
    b"NOT 30\r\n<NOTIFICATION id='1'></NOTIFICATION>",
    b"\r\n\r\nIRO 1 1 1 kim@b.example Kim\n",
]
CERTAIN: list[tuple[bytes, Opening]] = [
    *((line, Opening.MSNP) for line in CLIENT_LINES + SERVER_LINES),
    (gateway(b"Action=open&Server=NS&IP=messenger.example"), Opening.HTTP),
    (gateway(b"SessionID=12.34"), Opening.HTTP),
    (b"POST /gateway/gateway.dll?Action=poll&SessionID=12.34 HTTP/1.0\r\n\r\n", Opening.HTTP),
    (b"CONNECT messenger.example:1863 HTTP/1.0\r\n\r\n", Opening.HTTP),
    (b"CONNECT 192.0.2.5:4321 HTTP/1.0\r\nHost: x\r\n\r\nANS 1 lea@a.example 8812.771.90 4711\r\n", Opening.HTTP),
    (b"HTTP/1.1 200 OK\r\nX-MSN-Messenger: SessionID=12.34; GW-IP=192.0.2.1\r\n\r\n", Opening.HTTP),
    (b"HTTP/1.0 200 Connection established\r\n\r\nVER 1 MSNP12\r\n", Opening.HTTP),
    (b"\x04\x01\x07\x47\xc0\0\x02\x05lea\0", Opening.SOCKS),
    (b"\x04\x01\x07\x47\0\0\0\x01lea\0messenger.example\0", Opening.SOCKS),
    (b"\x04\x01\x10\xe1\xc0\0\x02\x05\0VER 1 MSNP8 CVR0\r\n", Opening.SOCKS),
    (b"\x05\x01\0\x05\x01\0\x01\xc0\0\x02\x05\x07\x47", Opening.SOCKS),
    (b"\x05\x02\0\x02\x01\x03lea\x06secret\x05\x01\0\x03\x09m.example\x07\x47", Opening.SOCKS),
    (b"\x05\x01\0\x05\x01\0\x04" + b"\x20" * 16 + b"\x10\xe1VER 1 MSNP8 CVR0\r\n", Opening.SOCKS),
    (b"VER MSNFTP\r\n", Opening.MSNFTP),
    (b"VER 1 MSNFTP\r\n", Opening.MSNFTP),
    (b"\x04\0\0\0foo\0" + HANDSHAKE, Opening.DIRECT),
    (HANDSHAKE, Opening.DIRECT),
]
ON_ITS_PORT: list[tuple[bytes, Opening]] = [
    (b"GET / HTTP/1.1\r\n", Opening.HTTP),
    (b"PUT /page HTTP/1.1\r\n", Opening.HTTP),
    (b"PUT 7 MSGR\\PRESENCE 120\r\n", Opening.MSNP),
    (b"CONNECT bank.example:443 HTTP/1.1\r\n", Opening.HTTP),
    (b"HTTP/1.1 404 Not Found\r\n", Opening.HTTP),
    (b"\x05\x01\0", Opening.SOCKS),
    (b"\x05\0", Opening.SOCKS),
    (b"\x04\x01\0\x50", Opening.SOCKS),
    (b"FIL 123456\r\n", Opening.MSNFTP),
    (b"USR kim@b.example 33267\r\n", Opening.MSNFTP),
    (b"BYE 16777989\r\n", Opening.MSNFTP),
    (b"BYE kim@b.example\r\n", Opening.MSNP),
    (b"\x10\0\0\0" + bytes(range(16)), Opening.DIRECT),
    (b"OUT\r\n", Opening.MSNP),
    (b"ACK 5\r\n", Opening.MSNP),
    (b"XYZ 5 what nobody knows\r\n", Opening.MSNP),
]
TLS_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200))
TRANSCRIPT = b"".join([*CLIENT_LINES, *SERVER_LINES, text(b"as it was said"), b"JOI kim@b.example Kim\r\n"])
STRANGERS: list[tuple[bytes, bytes]] = [
    (b"GET /msnp HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + TRANSCRIPT),
    (b"POST /paste HTTP/1.1\r\nContent-Length: 9000\r\n\r\n" + TRANSCRIPT, b""),
    (b"POST /gateway.php?SessionID=1 HTTP/1.1\r\n\r\n" + TRANSCRIPT, b""),
    (b"CONNECT bank.example:443 HTTP/1.1\r\n\r\n" + TLS_HELLO, b"HTTP/1.1 200 OK\r\n\r\n" + TLS_HELLO),
    (b"", b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" + TRANSCRIPT),
    (TLS_HELLO, TLS_HELLO),
    (b"\x17\x03\x03\x01\0" + bytes(range(256)), b""),
    (b"EHLO a.example\r\nMAIL FROM:<lea@a.example>\r\nDATA\r\n" + TRANSCRIPT, b"220 mail.example ESMTP\r\n"),
    (b"USER lea\r\nPASS secret\r\nSYST\r\n", b"220-Welcome\r\n220 FTP ready\r\n331 Password\r\n"),
    (b"NICK lea\r\nUSER lea 0 * :Lea\r\nPRIVMSG kim :" + TRANSCRIPT, b":irc.example 001 lea :Welcome\r\n"),
    (b"CAP LS 302\r\nNICK lea\r\n", b":irc.example NOTICE * :*** Looking up\r\n"),
    (b"<?xml version='1.0'?><stream:stream to='a.example'>" + TRANSCRIPT, b"<?xml version='1.0'?><stream:stream>"),
    (b"USER lea\r\nPASS secret\r\nRETR 1\r\n", b"+OK POP3 ready\r\n+OK\r\n" + TRANSCRIPT),
    (b"a1 LOGIN lea secret\r\na2 FETCH 1 BODY[]\r\n", b"* OK IMAP4rev1 ready\r\n* 1 FETCH\r\n" + TRANSCRIPT),
    (b"SSH-2.0-OpenSSH_9.2\r\n" + bytes(range(200)), b"SSH-2.0-OpenSSH_9.2\r\n"),
    (b"INVITE sip:kim@b.example SIP/2.0\r\nVia: SIP/2.0/TCP\r\n" + TRANSCRIPT, b"SIP/2.0 100 Trying\r\n"),
    (b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$9\r\n" + TRANSCRIPT, b"+OK\r\n"),
    (b"SET a 1\r\nGET a\r\n", b"+OK\r\n$1\r\n1\r\n"),
    (b"\0\0\0\x08\x04\xd2\x16\x2f", b"N"),
    (b"", b"J\0\0\0\x0a8.0.36\0" + bytes(range(80))),
    (b"\x05\x01\0\x05\x01\0\x03\x09w.example\x01\xbb" + TLS_HELLO, b"\x05\0\x05\0\0\x01\0\0\0\0\0\0"),
    (b"\x04\x01\0\x50\xc0\0\x02\x05\0GET / HTTP/1.0\r\n\r\n", b"\0\x5a\0\0\0\0\0\0"),
    (b"\x13BitTorrent protocol" + bytes(48), b"\x13BitTorrent protocol" + bytes(48)),
    (b"USR lea secret\r\n" + b"more of it\r\n" * 40, b"200 hello\r\n"),
    (b"VER 1.0\r\nINF all\r\n" + b"MSG hello there 20\r\n" * 40, b""),
    (b"MSG 5\r\n" + b"x" * 100, b""),
    (b"stats\r\nget a\r\n", b"STAT pid 1\r\nSTAT uptime 5\r\nEND\r\n"),
    (b"MODE READER\r\nGROUP a\r\n", b"200 news.example ready\r\n211 1 2 3 a\r\n"),
    (b"CONNECT {\"verbose\":false}\r\nPING\r\n", b"INFO {\"server_id\":\"x\"}\r\nPONG\r\n"),
]  # fmt: skip


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("ports_say", [True, False])
@pytest.mark.parametrize(("octets", "what"), CERTAIN)
def test_certain_evidence_is_enough_on_any_port(
    octets: bytes, what: Opening, ports_say: bool, begun: bool, swapped: bool
) -> None:
    sides = (b"", octets) if swapped else (octets, b"")
    assert opening(*sides, ports_say=ports_say, begun=begun) is what


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize(("octets", "what"), ON_ITS_PORT)
def test_on_msns_ports_any_evidence_counts(octets: bytes, what: Opening, begun: bool) -> None:
    assert opening(octets, b"", ports_say=True, begun=begun) is what
    assert opening(b"", octets, ports_say=True, begun=begun) is what
    assert opening(octets, b"", ports_say=False, begun=begun) in {None, Opening.FOREIGN}


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize(("client", "server"), STRANGERS)
def test_others_are_not_taken_for_msnp(client: bytes, server: bytes, begun: bool) -> None:
    """Not even where they carry a transcript of MSNP: their own first octets decide."""
    for sides in ((client, server), (client, b""), (b"", server), (server, client)):
        assert opening(*sides, ports_say=False, begun=begun) in {None, Opening.FOREIGN}
    full = (client + b"\0" * MOST_OCTETS, server + b"\0" * MOST_OCTETS)
    assert opening(*full, ports_say=False, begun=begun) is Opening.FOREIGN


@pytest.mark.parametrize(("client", "server"), STRANGERS)
def test_a_beginning_that_is_another_protocols_is_known_by_its_first_line(client: bytes, server: bytes) -> None:
    first = client[: client.find(b"\n") + 1] or client
    if first and not first.startswith((b"CONNECT", b"\x04", b"\x05", b"MSG", b"USR", b"VER", b"SET")):
        assert opening(first, b"", ports_say=False, begun=True) is Opening.FOREIGN


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("ports_say", [True, False])
@pytest.mark.parametrize(
    "octets", [octets for octets, _ in CERTAIN + ON_ITS_PORT] + [side for pair in STRANGERS for side in pair]
)
def test_what_is_known_stays_known_however_the_octets_are_cut(octets: bytes, ports_say: bool, begun: bool) -> None:
    octets = octets[:600]
    for swapped in (False, True):
        answers = []
        for length in range(len(octets) + 1):
            sides = (b"", octets[:length]) if swapped else (octets[:length], b"")
            answers.append(opening(*sides, ports_say=ports_say, begun=begun))
        known = [answer for answer in answers if answer is not None]
        assert answers == [None] * (len(answers) - len(known)) + known
        assert len(set(known)) <= 1


@pytest.mark.parametrize("ports_say", [True, False])
@pytest.mark.parametrize(("octets", "what"), CERTAIN)
def test_one_octet_more_than_is_needed_changes_nothing(octets: bytes, what: Opening, ports_say: bool) -> None:
    assert opening(octets + b"\0" * 9000, b"\0" * 9000, ports_say=ports_say, begun=True) is what


@pytest.mark.parametrize("ports_say", [True, False])
def test_nothing_is_known_before_anything_is_said(ports_say: bool) -> None:
    assert opening(b"", b"", ports_say=ports_say) is None
    assert opening(b"", b"", ports_say=ports_say, begun=True) is None


# --- joined late

CUT = b"x-mms-im-format: the end of a message whose beginning was missed\r\n\r\nso it goes"


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize(
    "stream",
    [
        CUT + text(b"hello") + text(b"there"),
        CUT + text(b"hello\r\n", b"MSG 12 N") + b"OUT\r\n",
        CUT + text(b"hello") + b"217 5\r\n",
        bytes(range(256)) * 6 + text(b"hello") + b"BYE kim@b.example\r\n",
        CUT + b"UBX kim@b.example 25\r\n<Data><PSM></PSM></Data>\nNLN NLN kim@b.example Kim\r\n",
    ],
)
def test_in_mid_stream_a_command_is_found_that_leads_to_the_next(stream: bytes, side: int) -> None:
    sides = (stream, b"") if side else (b"", stream)
    assert opening(*sides, ports_say=False) is Opening.MSNP
    assert opening(*sides, ports_say=True) is Opening.MSNP


@pytest.mark.parametrize(
    "stream",
    [
        CUT + text(b"hello"),  # nothing behind it
        CUT + text(b"hello") + b"\r\n" + text(b"there"),  # the transcript's own line end
        CUT + text(b"hello").replace(b"\r\n", b"\n") + text(b"there"),
        CUT + b"VER 1 MSNP12 CVR0\r\nUSR 7 lea@a.example 8812.771.90\r\nCAL 2 kim@b.example\r\n",
    ],
)
def test_in_mid_stream_quoted_lines_are_not_enough(stream: bytes) -> None:
    assert opening(b"", stream, ports_say=False) is None
    assert opening(b"", stream + b"." * MOST_OCTETS, ports_say=False) is Opening.FOREIGN


def test_other_side_that_is_foreign_outweighs_what_is_quoted_in_mid_stream() -> None:
    quoted = CUT + text(b"hello") + text(b"there")
    assert opening(quoted, b"250 2.0.0 Ok: queued\r\n", ports_say=False) is Opening.FOREIGN
    assert opening(b"GET /next HTTP/1.1\r\n", quoted, ports_say=False) is Opening.FOREIGN
    assert opening(text(b"hello", b"MSG 1 N"), b"354 go on\r\n", ports_say=False) is Opening.FOREIGN


def test_idle_notification_session_is_known_by_both_sides() -> None:
    assert opening(b"PNG\r\n", b"", ports_say=False) is None
    assert opening(b"PNG\r\n", b"QNG 47\r\n", ports_say=False) is Opening.MSNP
    assert opening(b"QNG 47\r\n", b"PNG\r\n", ports_say=False) is Opening.MSNP


def test_gateway_that_was_joined_in_the_middle_of_a_body() -> None:
    body = b"the rest of a body" + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    assert opening(b"", body, ports_say=True) is Opening.HTTP
    assert opening(b"x" * 50 + gateway(b"SessionID=1.2"), b"", ports_say=True) is Opening.HTTP
    assert opening(b"", b"nothing to be known by", ports_say=True) is None


# --- real captures

PCAPS = Path(__file__).resolve().parents[3] / "shared" / "pcaps"


@pytest.mark.skipif(not PCAPS.is_dir(), reason="the captures are not at hand")
def test_every_connection_of_real_captures_is_known_without_its_port() -> None:
    """Those on MSN's port, cut and joined late as they are, and the gateway's; and nothing else."""
    sides: dict[Flow, list[bytes]] = {}
    answers: dict[Flow, Opening | None] = {}
    lossy: set[Flow] = set()

    def look(event: StreamEvent) -> None:
        flow = event.flow
        if isinstance(event, StreamGap):
            lossy.add(flow)
        if isinstance(event, StreamData) and answers.get(flow) is None:
            seen = sides.setdefault(flow, [b"", b""])
            seen[not event.from_client] += event.octets
            begun = flow.opened and flow not in lossy
            answers[flow] = opening(seen[0], seen[1], ports_say=False, begun=begun)

    for path in sorted(path for path in PCAPS.glob("*.pcap*") if path.suffix != ".json"):
        with open_files([str(path)], "savefile") as source:
            engine = NativeEngine(look, server_ports=frozenset({1863}))
            for batch in source.batches():
                engine.feed_all(batch)
            engine.close()
    for flow, answer in answers.items():
        ports = {flow.client.port, flow.server.port}
        octets = b"".join(sides[flow])
        if octets.startswith((b"\x16\x03", b"GET / ")):
            assert answer is Opening.FOREIGN
        elif 1863 in ports:
            assert answer is Opening.MSNP
        elif b"/gateway.dll?" in octets:
            assert answer is Opening.HTTP
        else:
            assert answer in {None, Opening.FOREIGN}
    assert Counter(answers.values())[Opening.MSNP] > 300


# --- limits

octets_of_a_side = st.one_of(
    st.binary(max_size=3 * MOST_OCTETS),
    st.lists(
        st.sampled_from([*CLIENT_LINES, *SERVER_LINES, CUT, b"\r\n", b" ", b"MSG ", b"9" * 50, b"a@b", b"\0"]),
        max_size=60,
    ).map(b"".join),
)


@settings(max_examples=300, deadline=None)
@given(octets_of_a_side, octets_of_a_side, st.booleans(), st.booleans())
def test_answer_is_never_none_beyond_the_limit(client: bytes, server: bytes, ports_say: bool, begun: bool) -> None:
    answer = opening(client, server, ports_say=ports_say, begun=begun)
    if max(len(client), len(server)) >= MOST_OCTETS:
        assert answer is not None


@settings(max_examples=1000, deadline=None)
@given(st.integers(0, 2**64), st.integers(0, 2000), st.integers(0, 2000), st.booleans())
def test_random_octets_are_foreign(seed: int, client: int, server: int, begun: bool) -> None:
    """Truly random ones: hypothesis' own draw upon the literals of the module that is tested."""
    chance = random.Random(seed)
    sides = chance.randbytes(client), chance.randbytes(server)
    assert opening(*sides, ports_say=False, begun=begun) in {None, Opening.FOREIGN}


def test_much_random_data_is_foreign() -> None:
    chance = random.Random(7)
    for number in range(3000):
        octets = chance.randbytes(MOST_OCTETS)
        assert opening(octets, b"", ports_say=False, begun=number % 2 == 0) is Opening.FOREIGN


@settings(max_examples=300, deadline=None)
@given(octets_of_a_side, st.integers(0, 200), st.booleans(), st.booleans())
def test_more_octets_of_a_side_do_not_change_what_is_known(
    octets: bytes, cut: int, ports_say: bool, begun: bool
) -> None:
    before = opening(octets[:cut], b"", ports_say=ports_say, begun=begun)
    if before is not None:
        assert opening(octets, b"", ports_say=ports_say, begun=begun) is before


@pytest.mark.parametrize(
    "piece",
    [
        b"MSG a@b c 9\r\nMIME-Version: 1.0\r\n",
        b"ACK 1\r\n",
        b"JOI a@",
        b"USR 1 a@" + b"@" * 100,
        b"CVR \t \t",
        b"MSG " + b"9" * 20,
        b"\r\n",
        b"LST a@b ",
        b"UBM a@b 1 ",
        b"POST /gateway.dll?",
        b"gateway.dll?",
        b"BYE a@a@a@a@ ",
    ],
)
def test_hostile_octets_cost_no_more_than_others(piece: bytes) -> None:
    octets = (piece * MOST_OCTETS)[: MOST_OCTETS - 1]
    start = time.perf_counter()
    for ports_say in (True, False):
        for begun in (True, False):
            opening(octets, octets, ports_say=ports_say, begun=begun)
            opening(b"MSG " + octets[4:], b"POST " + octets[5:], ports_say=ports_say, begun=begun)
    assert time.perf_counter() - start < 0.5
