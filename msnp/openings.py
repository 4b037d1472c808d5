"""What a TCP stream is, by its first octets: MSNP, one of its companions, or something else.

Takes the first octets of both sides; gives an :class:`Opening`, or None while more are needed. Two questions, two
measures. Where the ports say that it is MSN's, only the kind is asked: what is neither HTTP nor SOCKS nor a file
transfer is left to the session, which knows itself what it cannot read. Where no port says so, nothing but certain
evidence counts: a line that nobody but MSNP says (reference 2.1 and 2.2), at the edge.

The edge is what makes it certain. A page or a mail may quote any line of MSNP, but the first octets of its stream
are HTTP's or SMTP's. So a stream that was seen from its beginning is known by its first line, at once. One that was
joined later may begin in the middle of a message; there a command is looked for that has a payload of exactly the
announced length and another command right behind it, which quoted text has not: its line ends were changed, or a
line end stands behind the payload. What is lost by that: a stream without such a command in MOST_OCTETS, and on a
proxy's connection MSNP that comes behind other requests.
"""

import re
from enum import Enum
from typing import Final, Literal

from msnp import opening_lines, opening_proxies
from msnp.opening_lines import ACCOUNT, END, MOST_LINE, TRANSACTION, compiled, may_open, opens

MOST_OCTETS: Final = 4096
"""Of either side: once so many are there, the answer is never None. A message and the line behind it find room."""
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


_Verdict = Opening | Literal[False] | None
"""Of one side; None: more octets of it may tell; False: it does not tell."""

_MSNFTP = compiled(rf"VER (?:{TRANSACTION} )?MSNFTP[ \r\n]")
_MSNFTP_LATER = compiled(rf"(?:FIL \d{{1,20}}|TFR|CCL|BYE \d{{8,10}}|USR {ACCOUNT} {TRANSACTION}){END}")
_DIRECT = re.compile(rb"\x04\0\0\0foo\0|\x30\0{7}.{4}\0{20}\0\x01\0\0", re.DOTALL)
"""``foo``, or the handshake of 48 octets: all fields 0 but its number and the flags, which are 0x100."""
_DIRECT_LATER = re.compile(rb"\x10\0\0\0.{16}", re.DOTALL)
"""The handshake of 16 octets, of which nothing is certain."""
_BINARY_BEGUN = re.compile(
    rb"\x04(?:\0{1,3}|\0\0\0fo{0,2})?\Z|[\x10\x30]\0{0,7}\Z|\x30\0{7}.{1,35}\Z|\x10\0\0\0.{1,15}\Z", re.DOTALL
)
_SOCKS = re.compile(rb"\x05.|\x04[\x01\x02]", re.DOTALL)  # of SOCKS 5 the server's answer, too
_LINE = compiled(r"(?:\r?\n){0,4}(?:[A-Z]{3}|\d{3})[ \t\r\n]")
_FTP_BEGUN = compiled(rf"(?:VER|USR|BYE|FIL) [^\n]{{0,{MOST_LINE}}}\Z")
_SHORT = re.compile(rb"[\r\n]{0,8}[A-Z0-9]{0,3}\Z|\x05\Z")
_STRANGERS = re.compile(
    rb"HTTP/|[\x14-\x18]\x03[\x00-\x04]|SSH-|\+OK|-ERR|\* |\*\d{1,9}\r\n"
    rb"|\d{3}-|\d{3} [^\d\r\n]|\d{3} \d{0,9}\.\d"  # SMTP, FTP, NNTP; an error of MSNP has numbers
    rb"|(?:EHLO|HELO|MAIL|RCPT|DATA|QUIT|NOOP|RSET|USER|PASS|NICK|JOIN|PING|PONG|PRIVMSG|NOTICE|CAP)[ \r]"
    rb"|<[?!a-z]|[{\[][\"\r\n]|:[^ \r\n]{1,100} (?:\d{3}|[A-Z]{4,8}) "
    rb"|SIP/2|(?:INVITE|REGISTER|SUBSCRIBE|BYE) sips?:"
)
"""How others begin. A beginning needs no such list; to what was joined later it saves the waiting."""


def opening(client: bytes, server: bytes, *, ports_say: bool, begun: bool = False) -> Opening | None:
    """What a stream is; None if more octets are needed.

    Once it is known, more octets of the same side do not change it.

    Args:
        client: first octets of the side that was taken for the client's. It may be the server's.
        server: of the other side.
        ports_say: one of the ports is MSN's, its gateway's, or one that a negotiation named. Then all HTTP is HTTP,
            every SOCKS is SOCKS, and what is nothing else is MSNP: its session knows what is none.
        begun: the connection was seen from its SYN, and nothing is missing before these octets: then the first line
            decides, and nothing is looked for behind it.
    """
    if not client and not server:
        return None
    client, server = client[:MOST_OCTETS], server[:MOST_OCTETS]
    full = MOST_OCTETS in (len(client), len(server))
    judge = _on_its_port if ports_say else _anywhere
    verdicts = [judge(octets) for octets in (client, server) if octets]
    known = _together([verdict for verdict in verdicts if isinstance(verdict, Opening)], begun)
    waits = None in verdicts
    if known is Opening.FOREIGN and waits and not full:
        return None  # the other side may still name whom it wants to be connected with
    if known is None and not begun:
        known = _in_the_middle(client, server, ports_say)
    if known is None and (full or (begun and not waits)):
        known = Opening.MSNP if ports_say else Opening.FOREIGN
    return known


def _together(known: list[Opening], begun: bool) -> Opening | None:
    """What both sides tell. Where a beginning may have been missed, one that is foreign makes both so."""
    if not begun and Opening.FOREIGN in known:
        return Opening.FOREIGN
    return next((one for one in known if one is not Opening.FOREIGN), known[0] if known else None)


def _on_its_port(octets: bytes) -> _Verdict:
    """By the first octets of one side, where any evidence counts."""
    if opening_proxies.is_early(octets):
        return None
    return next((kind for pattern, kind in _ON_ITS_PORT if pattern.match(octets)), False)


_ON_ITS_PORT: Final[tuple[tuple[re.Pattern[bytes], Opening | None], ...]] = (
    (_DIRECT, Opening.DIRECT),
    (_DIRECT_LATER, Opening.DIRECT),
    (_BINARY_BEGUN, None),
    (_MSNFTP, Opening.MSNFTP),
    (_MSNFTP_LATER, Opening.MSNFTP),
    (_FTP_BEGUN, None),
    (opening_proxies.REQUEST, Opening.HTTP),
    (opening_proxies.RESPONSE, Opening.HTTP),
    (_SOCKS, Opening.SOCKS),
    (_LINE, Opening.MSNP),
    (_SHORT, None),
)


def _anywhere(octets: bytes) -> _Verdict:
    """By the first octets of one side, where nothing but certain evidence counts."""
    verdict: _Verdict = False
    if opening_proxies.is_early(octets) or _BINARY_BEGUN.match(octets):
        verdict = None
    elif opens(octets):
        verdict = Opening.MSNP
    elif _DIRECT.match(octets):
        verdict = Opening.DIRECT
    elif _MSNFTP.match(octets):
        verdict = Opening.MSNFTP
    elif opening_proxies.REQUEST.match(octets):
        verdict = _judged(opening_proxies.request(octets), Opening.HTTP)
    elif opening_proxies.RESPONSE.match(octets):
        verdict = _judged(opening_proxies.response(octets), Opening.HTTP)
    elif octets[0] in (4, 5):
        verdict = _judged(opening_proxies.socks(octets), Opening.SOCKS)
    elif _STRANGERS.match(octets):
        verdict = Opening.FOREIGN
    elif may_open(octets):
        verdict = None
    return verdict


def _judged(about_msnp: bool | None, kind: Opening) -> Opening | None:
    return None if about_msnp is None else kind if about_msnp else Opening.FOREIGN


def _in_the_middle(client: bytes, server: bytes, ports_say: bool) -> Opening | None:
    """A stream that was joined late."""
    sides = (client, server)
    if opening_lines.is_keeping_alive(client, server) or any(map(opening_lines.passes_by, sides)):
        return Opening.MSNP
    return Opening.HTTP if ports_say and any(map(opening_proxies.passes_by, sides)) else None
