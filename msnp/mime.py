"""Messages inside a payload: headers, a blank line, a body (reference 5.2).

Like MIME, but as Messenger clients wrote it: line ends are CR LF, or a bare LF, or a bare CR; the space after the
colon may be missing; names come in any case; long lines are folded. The body begins behind the *first* blank line
and may hold more of them. Where the tap lost octets, what is left of headers and body is told apart as well as it
can be, and the rest stays counted as missing.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from msnp.frames import Payload
from msnp.text import decode_word

_EOL = rb"(?:\r\n|\r(?!\n)|\n)"
_LINE_END = re.compile(_EOL)
_BLANK_LINE = re.compile(_EOL + _EOL)
_FOLDED = re.compile(_EOL + rb"[ \t]+(?=[^\s])")
_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]{0,63}[ \t]*:")
_MOST_HEADERS = 256


class Headers(NamedTuple):
    """A header block, read."""

    fields: Mapping[str, str]
    """By lower-case name; the first of several counts."""
    type: str | None
    """The content type, bare and in lower case."""
    charset: str | None
    """The declared character set."""
    format: Mapping[str, object] | None
    """X-MMS-IM-Format, decoded."""

    def get(self, name: str) -> str | None:
        """A field's value; None where it is absent or empty."""
        return self.fields.get(name) or None


class Content(NamedTuple):
    """A message, taken apart."""

    headers: Headers
    length: int
    """Octets of the body as announced; where the line between headers and body was lost, of all behind the loss."""
    body: tuple[tuple[int, bytes], ...]
    """What was seen of the body: offset and octets."""
    missing: int
    """Octets of the body that were not seen."""
    readable: bool
    """False: octets were lost in front, or there are no headers, so nothing says what this is."""

    def opening(self) -> bytes:
        """The body up to the first loss."""
        return self.body[0][1] if self.body and self.body[0][0] == 0 else b""


def parse_fields(octets: bytes) -> dict[str, str]:
    """``Name: value`` lines, names as they are written; the first of several counts."""
    fields: dict[str, str] = {}
    seen: set[str] = set()
    for line in _LINE_END.split(_FOLDED.sub(b" ", octets), maxsplit=_MOST_HEADERS)[:_MOST_HEADERS]:
        if _HEADER.match(line) is None:
            continue
        name, _, value = line.partition(b":")
        key = name.strip().decode("ascii")
        if key.lower() not in seen:
            seen.add(key.lower())
            fields[key] = decode_word(value.strip(b" \t"))
    return fields


def _read_headers(octets: bytes) -> Headers:
    fields = {name.lower(): value for name, value in parse_fields(octets).items()}
    kind, *parameters = fields.get("content-type", "").split(";")
    charset = None
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip("\"'") or None
            break
    return Headers(fields, kind.strip().lower() or None, charset, parse_format(fields.get("x-mms-im-format")))


_read_again = lru_cache(maxsize=2048)(_read_headers)
"""Few clients write more than a handful of different header blocks."""


def _headers(octets: bytes) -> Headers:
    return _read_again(octets) if len(octets) <= 512 else _read_headers(octets)


def parse(payload: Payload) -> Content:
    """Take a payload apart."""
    pieces = payload.pieces
    head = pieces[0][1] if pieces and pieces[0][0] == 0 else b""
    rest = pieces[1:] if head else pieces
    if (edge := _LINE_END.match(head)) is not None:  # no headers at all
        blank: tuple[int, int] | None = (0, edge.end())
    else:
        found = _BLANK_LINE.search(head)
        blank = found.span() if found is not None else None
    if blank is not None:
        end, start = blank
        headers = _headers(head[:end])
        body = ((0, head[start:]), *((offset - start, octets) for offset, octets in rest))
        return _content(headers, payload.length - start, body, bool(headers.fields))
    if len(head) == payload.length:  # all headers, as the profile
        headers = _headers(head)
        return _content(headers, 0, (), bool(headers.fields))
    return _parse_torn(payload, head, rest)


def _parse_torn(payload: Payload, head: bytes, rest: tuple[tuple[int, bytes], ...]) -> Content:
    """A payload that lost octets in or in front of its headers."""
    last = max((found.start() for found in _LINE_END.finditer(head)), default=0)
    known = head[:last]  # the line that the loss cut tells nothing for certain
    start = len(head)
    if rest and (found := _BLANK_LINE.search(rest[0][1])) is not None:
        offset, octets = rest[0]
        cut, *lines = _LINE_END.split(octets[: found.start()])
        if len(cut) < 512 and all(_HEADER.match(line) or line[:1] in b" \t" for line in lines):
            known += b"\r\n" + b"\r\n".join(lines)
            start = offset + found.end()
            rest = ((start, octets[found.end() :]), *rest[1:])
    headers = _headers(known)
    body = tuple((offset - start, octets) for offset, octets in rest)
    readable = bool({"content-type", "message-id", "x-mms-im-format"} & headers.fields.keys())
    return _content(headers, payload.length - start, body, readable)


def _content(headers: Headers, length: int, body: tuple[tuple[int, bytes], ...], readable: bool) -> Content:
    if len(body) == 1 and len(body[0][1]) == length and length:
        return Content(headers, length, body, 0, readable)
    seen = tuple(piece for piece in body if piece[1])
    return Content(headers, length, seen, length - sum(len(octets) for _, octets in seen), readable)


def parse_format(value: str | None) -> Mapping[str, object] | None:
    """X-MMS-IM-Format, decoded (reference 5.3); what is missing or unreadable is left out."""
    if not value or len(value) > 1024:
        return None
    keys: dict[str, str] = {}
    for field in value.split(";"):
        key, equals, content = field.partition("=")
        if equals:
            keys.setdefault(key.strip().upper(), content.strip())
    decoded: dict[str, object] = {}
    if font := keys.get("FN"):
        decoded["font"] = decode_word(unquote_to_bytes(font))
    if "EF" in keys:
        decoded["effects"] = "".join(letter for letter in "BIUS" if letter in keys["EF"].upper())
    if (color := _hex(keys.get("CO"))) is not None and color <= 0xFFFFFF:
        decoded["color"] = f"{color & 0xFF:02X}{color >> 8 & 0xFF:02X}{color >> 16:02X}"  # the wire says BBGGRR
    if (charset := _hex(keys.get("CS"))) is not None:
        decoded["charset"] = charset
    if (family := _hex(keys.get("PF"))) is not None:
        decoded["pitch_family"] = family
    if "RL" in keys:
        decoded["right_to_left"] = keys["RL"] == "1"
    return decoded


def _hex(value: str | None) -> int | None:
    return int(value, 16) if value and re.fullmatch(r"[0-9A-Fa-f]{1,8}", value) else None
