"""What a TCP stream is, by its first octets: MSNP, one of its companions, or something else.

Takes the first octets of both sides; gives an :class:`Opening`, or None while more are needed. Two questions, two
measures. Where the ports say that it is MSN's, only the kind is asked: what is neither HTTP nor SOCKS nor a file
transfer is left to the session, which knows itself what it cannot read. Where no port says so, nothing but certain
evidence counts: a line that nobody but MSNP says (reference 2.1 and 2.2), at the edge.

The edge is what makes it certain. A page or a mail may quote any line of MSNP, but the first octets of its stream
are HTTP's or SMTP's. So a stream that was seen from its beginning is known by its first line, at once. One that was
joined later may begin in the middle of a message; there a command is looked for that has a payload of exactly the
announced length and another command right behind it, which quoted text has not: its line ends were changed, or a
line end stands behind the payload. What is lost by that: a stream without such a command in MOST_OCTETS.

All is done by patterns compiled once. They have no two ways to match the same octets, so that none costs more than
the octets it looks at.
"""

import re
from enum import Enum
from itertools import islice
from typing import Final

MOST_OCTETS: Final = 4096
"""Of either side: once so many are there, the answer is never None. A message and the line behind it find room."""
_MOST_LINE: Final = 1024
"""Octets in which a first line must end, if it is to be waited for."""
_MOST_HEADER: Final = 64
"""Octets of a payload that are waited for, to see how it begins."""
_MOST_TRIES: Final = 64
"""Places at which a command is looked for in a stream that was joined in its middle."""
_ENOUGH: Final = 8
"""Octets that tell what a stream on one of MSN's ports is, if not HTTP."""


class Opening(Enum):
    """What a stream is."""

    MSNP = "msnp"
    HTTP = "http"
    """A gateway, a proxy; where the ports say so, any."""
    SOCKS = "socks"
    MSNFTP = "msnftp"
    DIRECT = "direct"
    """A connection from peer to peer (reference 6.5)."""
    FOREIGN = "foreign"
    """Nothing of MSN's, as far as its first octets tell."""


class _Unknown(Enum):
    """Nothing that is known begins so."""

    UNKNOWN = 0


_UNKNOWN: Final = _Unknown.UNKNOWN
_Verdict = Opening | _Unknown | None

# --- the lines (reference 4, 5 and 8)

_T = r"\d{1,10}"
_W = r"[^ \r\n]{1,512}"
_ACCOUNT = r"(?:\d{1,3}:)?[^\s@<>]{1,129}@[^\s@<>]{1,169}"
_STATUS = r"(?:NLN|BSY|IDL|BRB|AWY|PHN|LUN|HDN|FLN)"
_HOST = r"[^ \r\n:]{1,253}:\d{1,5}"
_END = r" ?\r?\n"
_MIME = r"(?i:MIME-Version:[ ]?\d\.\d ?\r?\n|Message-ID:[ ]?\{)"

_LINES = (
    rf"VER {_T} (?:MSNP\d{{1,2}}[ \r\n]|CVR0{_END})",
    rf"CV[RQ][ \t]{{1,4}}{_T}[ \t]{{1,4}}0x[0-9A-Fa-f]{{1,8}}[ \t]{{1,4}}[^ \t\r\n]{{1,64}}[ \t]{{1,4}}[^ \t\r\n]",
    rf"CVR {_T} \d{{1,5}}(?:\.\d{{1,5}}){{1,3}} \d{{1,5}}(?:\.\d{{1,5}}){{1,3}} ",
    rf"INF {_T} (?:MD5|CTP|TWN|SSO)(?: [A-Z0-9]{{2,9}}){{0,4}}{_END}",
    rf"USR {_T} (?:MD5|TWN|SSO|CTP|SHA) [ISA] [^ \r\n]",
    rf"USR {_T} OK {_ACCOUNT}[ \r\n]",
    rf"USR {_T} {_ACCOUNT} {_W}{_END}",
    rf"ANS {_T} {_ACCOUNT} {_W} \d{{1,20}}{_END}",
    rf"ANS {_T} OK{_END}",
    rf"XFR {_T} (?:SB|NS)(?:{_END}| {_HOST}[ \r\n])",
    rf"RNG {_W} {_HOST} CKI {_W} {_ACCOUNT}[ \r\n]",
    rf"CAL {_T} {_ACCOUNT}{_END}",
    rf"CAL {_T} RINGING {_W}{_END}",
    rf"IRO {_T} \d{{1,4}} \d{{1,4}} {_ACCOUNT}[ \r\n]",
    rf"JOI {_ACCOUNT} [^ \r\n]{{0,512}}(?: [\d:]{{1,21}})?{_END}",
    rf"CHG {_T} {_STATUS}(?: [\d:]{{1,21}}|{_END})",
    rf"ILN {_T} {_STATUS} {_ACCOUNT}[ \r\n]",
    rf"NLN {_STATUS} {_ACCOUNT}[ \r\n]",
    rf"CHL {_T} \d{{15,40}}{_END}",
    rf"LST (?:N={_ACCOUNT}[ \r\n]|{_T} (?:FL|AL|BL|RL) |{_ACCOUNT} {_W} \d{{1,2}}[ \r\n])",
    rf"CNT {_T} CON \d{{1,7}}{_END}",
)
"""Commands that are certain by their line."""
_PAYLOADS = (
    rf"MSG (?:{_T} [UNADS]|{_ACCOUNT} [^ \r\n]{{0,512}}|Hotmail Hotmail) \d{{1,7}}{_END}{_MIME}",
    rf"UUM {_T} {_ACCOUNT} \d{{1,3}} \d{{1,3}} \d{{1,7}}{_END}{_MIME}",
    rf"UBM {_ACCOUNT} \d{{1,3}} (?:{_ACCOUNT} \d{{1,3}} )?\d{{1,3}} \d{{1,7}}{_END}{_MIME}",
    rf"(?:PUT|DEL|SDG) {_T} \d{{1,7}}{_END}Routing:",
    rf"NFY (?:PUT|DEL) \d{{1,7}}{_END}Routing:",
    rf"(?:ADL|RML|FQY) {_T} \d{{1,7}}{_END}<ml[ >]",
    rf"UUX {_T} \d{{1,7}}{_END}<(?:Data|EndpointData|PrivateEndpointData)>",
    rf"UBX {_ACCOUNT}(?: \d{{1,3}})? \d{{1,7}}{_END}<Data>",
    rf"NOT \d{{1,7}}{_END}<NOTIFICATION ",
    rf"QRY {_T} {_W} 32{_END}[0-9a-f]{{32}}",
)
"""Commands that are certain by their line and the beginning of their payload."""
_WEAK = rf"(?:(?:ACK|NAK) {_T}|PNG|QNG(?: \d{{1,6}})?|OUT|BYE {_ACCOUNT}(?: \d)?|FLN {_ACCOUNT}(?: [\d:]{{1,21}})?|"
_WEAK += rf"SBS {_T} null|GTC {_T} [AN]|BLP {_T} [AB]L|\d{{3}} {_T}){_END}"
"""Lines that others may say too; they are allowed in front of one that is certain."""


def _compiled(*alternatives: str) -> re.Pattern[bytes]:
    return re.compile("|".join(alternatives).encode())


_CERTAIN = _compiled(*_LINES, *_PAYLOADS)
_CERTAIN_PAYLOAD = _compiled(*_PAYLOADS)
_OPENS = re.compile(rf"(?:\r?\n){{0,4}}(?:{_WEAK}){{0,20}}(?:{'|'.join((*_LINES, *_PAYLOADS))})".encode())
_NAME = _compiled("(?:MSG|UUM|UBM|PUT|DEL|SDG|NFY|ADL|RML|FQY|UUX|UBX|NOT|QRY) ")
_NEXT = _compiled(r"[A-Z]{3}[ \r\n]", r"\d{3} \d")
_PING = _compiled(rf"PNG{_END}")
_PONG = _compiled(rf"QNG \d{{1,6}}{_END}")
_LINE_BEGINS = _compiled(r"(?:\r?\n){0,4}(?:[A-Z]{3}|\d{3})[ \t\r\n]")
_COMMAND = _compiled(r"[\r\n]{0,8}[A-Z0-9]{0,3}\Z", r"[\r\n]{0,8}(?:[A-Z]{3}|\d{3})[ \t\r\n]")

_MSNFTP = _compiled(rf"VER (?:{_T} )?MSNFTP[ \r\n]")
_MSNFTP_LATER = _compiled(rf"(?:FIL \d{{1,20}}|TFR|CCL|BYE \d{{8,10}}|USR {_ACCOUNT} {_T}){_END}")
_DIRECT = re.compile(rb"\x04\0\0\0foo\0|\x30\0{7}.{4}\0{20}\0\x01\0\0", re.DOTALL)
"""``foo``, or the handshake of 48 octets: all fields 0 but its number and the flags, which are 0x100."""
_DIRECT_LATER = re.compile(rb"\x10\0\0\0.{16}", re.DOTALL)
"""The handshake of 16 octets, of which nothing is certain."""

_REQUEST = _compiled(r"(?:GET|POST|HEAD|PUT|DELETE|OPTIONS|TRACE|PATCH|CONNECT|PROPFIND) [^ \r\n\d]", r"CONNECT \d")
_GATEWAY = re.compile(rb"POST [^ \r\n]*/gateway\.dll\?[^ \r\n]* HTTP/1\.[01]\r?\n", re.IGNORECASE)
_CONNECT = re.compile(rb"CONNECT [^ \r\n:]{1,253}:(\d{1,5}) HTTP/1\.[01]\r?\n")
_RESPONSE = re.compile(rb"HTTP/1\.[01] (\d)\d\d[ \r\n]")
_RESPONSE_LATER = re.compile(rb"HTTP/1\.[01] \d{3}[^\r\n]{0,64}\r?\n[A-Za-z-]{1,40}:")
_MSN_HEADER = re.compile(rb"\n(?:X-MSN-Messenger:|Content-Type: ?application/x-msn-messenger)", re.IGNORECASE)
_CONTENT = re.compile(rb"\n(?:Content-Type|Content-Length|Transfer-Encoding):", re.IGNORECASE)
_BLANK = re.compile(rb"\n\r?\n")

_STRANGERS = re.compile(
    rb"HTTP/|[\x14-\x18]\x03[\x00-\x04]|SSH-|\+OK|-ERR|\* |\*\d{1,9}\r\n"
    rb"|\d{3}-|\d{3} [^\d\r\n]|\d{3} \d{0,9}\.\d"  # SMTP, FTP, NNTP; an error of MSNP has numbers
    rb"|(?:EHLO|HELO|MAIL|RCPT|DATA|QUIT|NOOP|RSET|USER|PASS|NICK|JOIN|PING|PONG|PRIVMSG|NOTICE|CAP)[ \r]"
    rb"|[:<{\[]|SIP/2|(?:INVITE|REGISTER|SUBSCRIBE|BYE) sips?:"
)
"""How others begin; not needed for a beginning, but for what was joined later it saves the waiting."""

_EARLY = frozenset(
    start[:length]
    for start in (
        b"GET ",
        b"POST ",
        b"HEAD ",
        b"PUT ",
        b"DELETE ",
        b"OPTIONS ",
        b"TRACE ",
        b"PATCH ",
        b"CONNECT ",
        b"PROPFIND ",
        b"HTTP/1.",
    )
    for length in range(1, len(start) + 1)
)
"""What may become a request or an answer of HTTP."""
_MSN_PORT: Final = 1863


def opening(client: bytes, server: bytes, *, ports_say: bool, begun: bool = False) -> Opening | None:
    """What a stream is; None if more octets are needed.

    The answer for a beginning stays the same for whatever follows it.

    Args:
        client: first octets of the side that was taken for the client's. It may be the server's.
        server: of the other side.
        ports_say: one of the ports is MSN's, its gateway's, or one that a negotiation named. Then all HTTP is HTTP,
            every SOCKS is SOCKS, and what is nothing else is MSNP: its session knows what is none.
        begun: both sides were seen from their SYN, and nothing is missing before these octets: then the first line
            decides, and it is not searched behind it.
    """
    client, server = client[:MOST_OCTETS], server[:MOST_OCTETS]
    verdicts = [_on_its_port(octets) if ports_say else _anywhere(octets, begun) for octets in (client, server)]
    known = [verdict for verdict in verdicts if isinstance(verdict, Opening)]
    full = max(len(client), len(server)) >= MOST_OCTETS
    if Opening.FOREIGN in known and (len(known) == 1 or not begun):
        # The client may still be about to name the place that it wants to be connected with.
        waits = client and verdicts[0] is None and not full
        return None if waits else Opening.FOREIGN
    if known:
        return known[0]
    default = Opening.MSNP if ports_say else Opening.FOREIGN
    if full and begun:
        return default
    if None in (verdict for verdict, octets in zip(verdicts, (client, server), strict=True) if octets):
        return default if full else None
    if not client and not server:
        return None
    if begun:
        return default
    return _in_the_middle(client, server, ports_say) or (default if full else None)


def _on_its_port(octets: bytes) -> _Verdict:
    """By the first octets of one side, where any evidence counts."""
    if _DIRECT.match(octets) or _DIRECT_LATER.match(octets):
        return Opening.DIRECT
    if _MSNFTP.match(octets) or _MSNFTP_LATER.match(octets):
        return Opening.MSNFTP
    if _REQUEST.match(octets) or _RESPONSE.match(octets):
        return Opening.HTTP
    if octets[:1] in (b"\x04", b"\x05"):
        return _socks_on_its_port(octets)
    if octets in _EARLY or (len(octets) < 4 + 48 and octets[:1] in (b"\x10", b"\x30")):
        return None
    if octets.startswith((b"VER ", b"USR ", b"BYE ", b"FIL ")) and b"\n" not in octets[:_MOST_LINE]:
        return None if len(octets) < _MOST_LINE else Opening.MSNP
    if _LINE_BEGINS.match(octets):
        return Opening.MSNP
    return None if len(octets) < _ENOUGH and _COMMAND.match(octets) else _UNKNOWN


def _socks_on_its_port(octets: bytes) -> _Verdict:
    if octets[:2] in (b"\x04\x01", b"\x04\x02"):
        return Opening.SOCKS
    if octets[0] == 5 and len(octets) >= 2:
        return Opening.SOCKS  # a greeting, or the answer to one
    return (
        None if len(octets) < _ENOUGH and b"\x04\0\0\0foo\0".startswith(octets[:8]) or len(octets) < 2 else _UNKNOWN
    )


def _anywhere(octets: bytes, begun: bool) -> _Verdict:
    """By the first octets of one side, where nothing but certain evidence counts."""
    if _OPENS.match(octets):
        return Opening.MSNP
    if _REQUEST.match(octets):
        return _request(octets)
    if _RESPONSE.match(octets):
        return _response(octets)
    if _DIRECT.match(octets):
        return Opening.DIRECT
    if _MSNFTP.match(octets):
        return Opening.MSNFTP
    if octets[:1] in (b"\x04", b"\x05"):
        return _socks(octets)
    if octets in _EARLY or (octets[:1] == b"\x30" and _handshake_begins(octets)):
        return None
    if _STRANGERS.match(octets):
        return Opening.FOREIGN
    if not begun:
        return _UNKNOWN
    return None if _may_open(octets) else _UNKNOWN


def _may_open(octets: bytes) -> bool:
    """Whether more octets may make a certain line of what is not one yet."""
    if not _COMMAND.match(octets):
        return False
    line_end = octets.find(b"\n", len(octets) - len(octets.lstrip(b"\r\n")), _MOST_LINE)
    if line_end < 0:
        return len(octets) < _MOST_LINE
    return len(octets) < line_end + _MOST_HEADER


def _handshake_begins(octets: bytes) -> bool:
    return len(octets) < 36 and octets[1:8] == bytes(7)[: len(octets) - 1] and not any(octets[12:])


def _request(octets: bytes) -> _Verdict:
    """A request of HTTP: the gateway's, or a wish to be connected."""
    if b"\n" not in octets:
        return None
    if _GATEWAY.match(octets):
        return Opening.HTTP
    connect = _CONNECT.match(octets)
    if connect is None:
        return Opening.FOREIGN
    if int(connect[1]) == _MSN_PORT:
        return Opening.HTTP
    blank = _BLANK.search(octets)
    return None if blank is None else _behind(octets[blank.end() :], Opening.HTTP)


def _response(octets: bytes) -> _Verdict:
    """An answer of HTTP: the gateway's, or that one is connected."""
    blank = _BLANK.search(octets)
    head = octets if blank is None else octets[: blank.end()]
    if _MSN_HEADER.search(head):
        return Opening.HTTP
    if blank is None:
        return None
    if not octets.startswith((b"HTTP/1.0 2", b"HTTP/1.1 2")) or _CONTENT.search(head):
        return Opening.FOREIGN
    return _behind(octets[blank.end() :], Opening.HTTP)


def _behind(octets: bytes, preamble: Opening) -> _Verdict:
    """The preamble, if MSNP begins behind it."""
    if _OPENS.match(octets):
        return preamble
    return None if not octets or _may_open(octets) else Opening.FOREIGN


def _socks(octets: bytes) -> _Verdict:
    """A request of SOCKS 4, 4a or 5 to MSN's port, or with MSNP behind it (RFC 1928 and 1929)."""
    if octets[0] == 4:
        if b"\x04\0\0\0foo\0".startswith(octets):
            return None
        return _socks4(octets)
    at = _behind_greeting(octets)
    if at is None:
        return None
    request = octets[at : at + 5]
    if not b"\x05\x01\0".startswith(request[:3]):
        return _UNKNOWN
    if len(request) < 5:
        return None
    lengths = {1: 4, 3: 1 + request[4], 4: 16}
    if request[3] not in lengths:
        return _UNKNOWN
    return _target(octets, at + 4 + lengths[request[3]], 0)


def _behind_greeting(octets: bytes) -> int | None:
    """Where the request of SOCKS 5 begins, behind the methods, and the name and the word to enter."""
    at = 2 + octets[1] if len(octets) > 1 else len(octets)
    if octets[at : at + 1] != b"\x01":
        return at if at < len(octets) else None
    for _ in range(2):
        at += 1
        if at >= len(octets):
            return None
        at += octets[at]
    at += 1
    return at if at < len(octets) else None


def _socks4(octets: bytes) -> _Verdict:
    if not b"\x04\x01".startswith(octets[:2]):
        return _UNKNOWN
    if len(octets) < 9:
        return None
    strings = 2 if octets[4:7] == b"\0\0\0" and octets[7] else 1  # 4a sends a name
    return _target(octets, 2, strings)


def _target(octets: bytes, at: int, strings: int) -> _Verdict:
    """What the port of a request says, or else what comes behind it."""
    port = octets[at : at + 2]
    if len(port) < 2:
        return None
    end = at + 2 + (4 if strings else 0)
    for _ in range(strings):
        end = octets.find(b"\0", end) + 1
        if not end:
            return None if len(octets) < _MOST_LINE else _UNKNOWN
    if int.from_bytes(port) == _MSN_PORT:
        return Opening.SOCKS
    return _behind(octets[end:], Opening.SOCKS)


def _in_the_middle(client: bytes, server: bytes, ports_say: bool) -> Opening | None:
    """A stream that was joined late: a command whose payload is as long as it says, and another one behind it."""
    if any(_PING.match(one) and _PONG.match(other) for one, other in ((client, server), (server, client))):
        return Opening.MSNP
    for octets in (client, server):
        for found in islice(_NAME.finditer(octets), _MOST_TRIES):
            if _is_whole(octets, found.start()):
                return Opening.MSNP
    if ports_say and any(_RESPONSE_LATER.search(octets) or _GATEWAY.search(octets) for octets in (client, server)):
        return Opening.HTTP
    return None


def _is_whole(octets: bytes, at: int) -> bool:
    if not _CERTAIN_PAYLOAD.match(octets, at):
        return False
    line_end = octets.index(b"\n", at)
    length = int(octets[at:line_end].split()[-1])
    return _NEXT.match(octets, line_end + 1 + length) is not None
