"""Whether a proxy or MSN's gateway is asked for MSNP, by the first octets of one side.

Takes octets that begin like HTTP or SOCKS; gives True if MSNP is what they are about, False if not, None while more
octets are needed (reference 7). A proxy carries much else: it counts where MSN's port is asked for, or where the
first octets behind the preamble are MSNP's. Of a preamble only the lengths of its parts are read: what is between
them may be a name and a word to enter with.
"""

import re
from typing import Final

from msnp.opening_lines import MOST_LINE, may_open, opens

MSN_PORT: Final = 1863

REQUEST = re.compile(
    rb"(?:GET|POST|HEAD|PUT|DELETE|OPTIONS|TRACE|PATCH|PROPFIND) [^ \r\n\d]|CONNECT [^ \r\n]"  # PUT 7 … is MSNP's
)
RESPONSE = re.compile(rb"HTTP/1\.[01] (\d)\d\d[ \r\n]")
_METHODS = b"GET POST HEAD PUT DELETE OPTIONS TRACE PATCH PROPFIND CONNECT".split()
_EARLY = frozenset(
    start[:length]
    for start in (*(method + b" " for method in _METHODS), b"HTTP/1.")
    for length in range(1, len(start) + 1)
)
_EARLY_RESPONSE = re.compile(rb"HTTP/1\.[01](?: \d{0,3})?")

_GATEWAY = re.compile(rb"POST [^ \r\n]*/gateway\.dll\?[^ \r\n]* HTTP/1\.[01]\r?\n", re.IGNORECASE)
_CONNECT = re.compile(rb"CONNECT [^ \r\n:]{1,253}:(\d{1,5}) HTTP/1\.[01]\r?\n")
_MSN_HEADER = re.compile(rb"\n(?:X-MSN-Messenger:|Content-Type: ?application/x-msn-messenger)", re.IGNORECASE)
_CONTENT = re.compile(rb"\n(?:Content-Type|Content-Length|Transfer-Encoding):", re.IGNORECASE)
_BLANK = re.compile(rb"\n\r?\n")
_RESPONSE_LATER = re.compile(rb"HTTP/1\.[01] \d{3}[^\r\n]{0,64}\r?\n[A-Za-z-]{1,40}:")
_ADDRESSES: Final = {1: 4, 4: 16}
"""SOCKS 5: octets of an address, by its kind; a name (3) says its length."""


def is_early(octets: bytes) -> bool:
    """Whether this may become a request or an answer of HTTP, and is nothing yet."""
    return octets in _EARLY or _EARLY_RESPONSE.fullmatch(octets) is not None


def request(octets: bytes) -> bool | None:
    """A request of HTTP: of the gateway, or to be connected."""
    if b"\n" not in octets:
        return None
    if _GATEWAY.match(octets):
        return True
    connect = _CONNECT.match(octets)
    if connect is None:
        return False
    if int(connect[1]) == MSN_PORT:
        return True
    blank = _BLANK.search(octets)
    return None if blank is None else _behind(octets, blank.end())


def response(octets: bytes) -> bool | None:
    """An answer of HTTP: the gateway's, or that one is connected."""
    blank = _BLANK.search(octets)
    head = octets if blank is None else octets[: blank.end()]
    if _MSN_HEADER.search(head):
        return True
    if blank is None:
        return None
    if octets[9:10] != b"2" or _CONTENT.search(head):
        return False
    return _behind(octets, blank.end())


def passes_by(octets: bytes) -> bool:
    """Whether somewhere stands what is the gateway's, or the head of an answer."""
    return bool(_GATEWAY.search(octets) or _RESPONSE_LATER.search(octets))


def socks(octets: bytes) -> bool | None:
    """A client's preamble of SOCKS 4, 4a or 5 (RFC 1928 and 1929)."""
    if octets[0] == 4:
        return _socks4(octets)
    at = _behind_greeting(octets)
    if at is None:
        return None
    asked = octets[at : at + 5]
    if not b"\x05\x01\0".startswith(asked[:3]):
        return False
    if len(asked) < 5:
        return None
    length = 1 + asked[4] if asked[3] == 3 else _ADDRESSES.get(asked[3])
    return False if length is None else _asked(octets, at + 4 + length, 0)


def _behind_greeting(octets: bytes) -> int | None:
    """Where the request of SOCKS 5 begins: behind the methods, and perhaps a name and a word to enter."""
    at = 2 + octets[1] if len(octets) > 1 else len(octets)
    if octets[at : at + 1] == b"\x01":
        for _ in range(2):
            at += 1
            if at >= len(octets):
                return None
            at += octets[at]
        at += 1
    return at if at < len(octets) else None


def _socks4(octets: bytes) -> bool | None:
    if not b"\x04\x01".startswith(octets[:2]):
        return False
    if len(octets) < 8:
        return None
    names = octets[4:7] == b"\0\0\0" and octets[7]  # 4a: a host's name is behind the user's
    return _asked(octets, 2, 2 if names else 1)


def _asked(octets: bytes, at: int, strings: int) -> bool | None:
    """What the port of a request says, or else what comes behind the request."""
    port = octets[at : at + 2]
    if len(port) < 2:
        return None
    end = at + 2 + (4 if strings else 0)
    for _ in range(strings):
        end = octets.find(b"\0", end) + 1
        if not end:
            return None if len(octets) < MOST_LINE else False
    return True if int.from_bytes(port) == MSN_PORT else _behind(octets, end)


def _behind(octets: bytes, at: int) -> bool | None:
    """Whether MSNP begins behind the preamble."""
    rest = octets[at:]
    if opens(rest):
        return True
    return None if may_open(rest) else False
