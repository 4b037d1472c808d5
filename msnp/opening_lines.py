"""Which lines are so much MSNP's own that one of them tells what a stream is.

Takes first octets of one side; says whether a command begins there that nobody else says (reference 4, 5 and 8).
Stricter than the forms of :mod:`msnp.commands`, which a stream only has to fit that is likely MSNP's; here all
traffic of a line comes by. The patterns have no two ways to match the same octets and no repetition without a
bound, so none costs more than the octets it looks at.
"""

import re
from itertools import islice
from typing import Final

MOST_LINE: Final = 1024
"""Octets in which a first line must end, if it is to be waited for."""
_MOST_HEADER: Final = 64
"""Octets of a payload that are waited for, to see how it begins."""
_MOST_TRIES: Final = 64
"""Places at which a command is looked for in a stream that was joined in its middle."""

TRANSACTION = r"\d{1,10}"
ACCOUNT = r"(?:\d{1,3}:)?[^\s@<>]{1,129}@[^\s@<>]{1,169}"
END = r" ?\r?\n"
_T, _A, _END = TRANSACTION, ACCOUNT, END
_W = r"[^ \r\n]{1,512}"
_STATUS = r"(?:NLN|BSY|IDL|BRB|AWY|PHN|LUN|HDN|FLN)"
_HOST = r"[^ \r\n:]{1,253}:\d{1,5}"
_CAPABILITIES = r"[\d:]{1,21}"
_N = r"\d{1,7}"
_MIME = r"(?i:MIME-Version:[ ]?\d\.\d ?\r?\n|Message-ID:[ ]?\{)"

_LINES = (
    rf"VER {_T} (?:(?!MSNP)[A-Z]{{2,12}}\d{{1,2}} ){{0,4}}(?:MSNP\d{{1,2}}[ \r\n]|CVR0{_END})",
    rf"CV[RQ][ \t]{{1,4}}{_T}[ \t]{{1,4}}0x[0-9A-Fa-f]{{1,8}}[ \t]{{1,4}}[^ \t\r\n]{{1,64}}[ \t]{{1,4}}[^ \t\r\n]",
    rf"CVR {_T} \d{{1,5}}(?:\.\d{{1,5}}){{1,3}} \d{{1,5}}(?:\.\d{{1,5}}){{1,3}} ",
    rf"INF {_T} (?:MD5|CTP|TWN|SSO)(?: [A-Z0-9]{{2,9}}){{0,4}}{_END}",
    rf"USR {_T} (?:MD5|TWN|SSO|CTP|SHA) [ISA] [^ \r\n]",
    rf"USR {_T} OK {_A}[ \r\n]",
    rf"USR {_T} {_A} {_W}{_END}",
    rf"ANS {_T} {_A} {_W} \d{{1,20}}{_END}",
    rf"ANS {_T} OK{_END}",
    rf"XFR {_T} (?:SB|NS)(?:{_END}| {_HOST}[ \r\n])",
    rf"RNG {_W} {_HOST} CKI {_W} {_A}[ \r\n]",
    rf"CAL {_T} {_A}{_END}",
    rf"CAL {_T} RINGING {_W}{_END}",
    rf"IRO {_T} \d{{1,4}} \d{{1,4}} {_A}[ \r\n]",
    rf"JOI {_A} [^ \r\n]{{0,512}}(?: {_CAPABILITIES})?{_END}",
    rf"CHG {_T} {_STATUS}(?: {_CAPABILITIES}|{_END})",
    rf"ILN {_T} {_STATUS} {_A}[ \r\n]",
    rf"NLN {_STATUS} {_A}[ \r\n]",
    rf"CHL {_T} \d{{15,40}}{_END}",
    rf"LST (?:N={_A}[ \r\n]|{_T} (?:FL|AL|BL|RL) |{_A} {_W} \d{{1,2}}[ \r\n])",
    rf"CNT {_T} CON {_N}{_END}",
)
"""Commands that are certain by their line."""
_PAYLOADS = (
    rf"MSG (?:{_T} [UNADS]|{_A} [^ \r\n]{{0,512}}|Hotmail Hotmail) {_N}{_END}{_MIME}",
    rf"UUM {_T} {_A} \d{{1,3}} \d{{1,3}} {_N}{_END}{_MIME}",
    rf"UBM {_A} \d{{1,3}} (?:{_A} \d{{1,3}} )?\d{{1,3}} {_N}{_END}{_MIME}",
    rf"(?:PUT|DEL|SDG) {_T} {_N}{_END}Routing:",
    rf"NFY (?:PUT|DEL) {_N}{_END}Routing:",
    rf"(?:ADL|RML|FQY) {_T} {_N}{_END}<ml[ >]",
    rf"UUX {_T} {_N}{_END}<(?:Data|EndpointData|PrivateEndpointData)>",
    rf"UBX {_A}(?: \d{{1,3}})? {_N}{_END}<Data>",
    rf"NOT {_N}{_END}<NOTIFICATION ",
    rf"QRY {_T} {_W} 32{_END}[0-9a-f]{{32}}",
)
"""Commands that are certain by their line and the beginning of their payload."""
_WEAK = (
    rf"(?:(?:ACK|NAK) {_T}|PNG|QNG(?: \d{{1,6}})?|OUT|BYE {_A}(?: \d)?|FLN {_A}(?: {_CAPABILITIES})?"
    rf"|SBS {_T} null|GTC {_T} [AN]|BLP {_T} [AB]L|\d{{3}} {_T}){_END}"
)
"""Lines that others might say too: they may stand in front of a certain one."""


def compiled(*alternatives: str) -> re.Pattern[bytes]:
    """One pattern of several."""
    return re.compile("|".join(alternatives).encode())


_OPENS = re.compile(rf"(?:\r?\n){{0,4}}(?:{_WEAK}){{0,20}}(?:{'|'.join((*_LINES, *_PAYLOADS))})".encode())
_PAYLOAD = compiled(*_PAYLOADS)
_NAME = compiled("(?:MSG|UUM|UBM|PUT|DEL|SDG|NFY|ADL|RML|FQY|UUX|UBX|NOT|QRY) ")
_NEXT = compiled(r"[A-Z]{3}[ \r\n]", r"\d{3} \d")
_PING = compiled(rf"PNG{_END}")
_PONG = compiled(rf"QNG \d{{1,6}}{_END}")
_BEGUN = compiled(r"[\r\n]{0,8}[A-Z0-9]{0,3}\Z", r"[\r\n]{0,8}(?:[A-Z]{3}|\d{3})[ \t\r\n]")


def opens(octets: bytes) -> bool:
    """Whether the octets begin with a certain command, or with some that lead to one."""
    return _OPENS.match(octets) is not None


def may_open(octets: bytes) -> bool:
    """Whether more octets may make a certain command of the first line, which is none yet."""
    if not _BEGUN.match(octets):
        return False
    line_end = octets.find(b"\n", len(octets) - len(octets.lstrip(b"\r\n")), MOST_LINE)
    if line_end < 0:
        return len(octets) < MOST_LINE
    return len(octets) < line_end + _MOST_HEADER


def is_keeping_alive(one: bytes, other: bytes) -> bool:
    """Whether an idle client asks and a server answers; either alone would tell nothing."""
    return bool((_PING.match(one) and _PONG.match(other)) or (_PING.match(other) and _PONG.match(one)))


def passes_by(octets: bytes) -> bool:
    """Whether somewhere stands a command whose payload is as long as it says, with another command right behind."""
    return any(_is_whole(octets, found.start()) for found in islice(_NAME.finditer(octets), _MOST_TRIES))


def _is_whole(octets: bytes, at: int) -> bool:
    if not _PAYLOAD.match(octets, at):
        return False
    line_end = octets.index(b"\n", at)
    length = int(octets[at:line_end].split()[-1])
    return _NEXT.match(octets, line_end + 1 + length) is not None
