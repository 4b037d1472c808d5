# cython: annotation_typing=False
"""Messages inside a payload: headers, a blank line, a body (reference 5.2).

Like MIME, but as Messenger clients wrote it: line ends are CR LF, or a bare LF, or a bare CR; the space after the
colon may be missing; names come in any case; long lines are folded. The body begins behind the *first* blank line
and may hold more of them. Where the tap lost octets, what is left of headers and body is told apart as well as it
can be, and the rest stays counted as missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from msnp.frames import Payload
from msnp.limits import Recent
from msnp.text import decode_word, is_stateless

_EOL = rb"(?:\r\n|\r(?!\n)|\n)"
_LINE_END = re.compile(_EOL)
_BLANK_LINE = re.compile(_EOL + _EOL)
_FOLDED = re.compile(_EOL + rb"[ \t]+(?=[^\s])")
_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]{0,63}[ \t]*:")
_MOST_HEADERS = 256
_TELLING = frozenset({"user-agent", "p4-context", "dest-agent", "roster"})
"""Headers of a text that say something of it, beside type and format."""


_PLACES = 16 * 1024
"""Sides of sessions that remember their last header blocks apart from others."""
_LONGEST_KEPT = 512
"""Octets of a header block that is kept for the next message that has the same; real ones stay under 300."""
_MOST_KEPT = 4096
"""Header blocks kept. Few clients write more than a handful; only typing notices name their sender."""


class Headers:
    """A header block, read."""

    __slots__ = (
        "_octets",
        "block",
        "charset",
        "fields",
        "format",
        "part",
        "simple",
        "stateless",
        "type",
    )

    def __init__(self, octets: bytes, block: bytes = b"") -> None:
        self.block = block
        """The octets with the blank line behind them, if others may begin with the same; else none."""
        self.part = b"message-id" in octets.lower()
        """The message may be a part of a longer one: the block names a message id."""
        self._octets = octets
        fields = {name.lower(): value for name, value in parse_fields(octets).items()}
        self.fields = fields
        """By lower-case name; the first of several counts."""
        kind, *parameters = fields.get("content-type", "").split(";")
        self.charset: str | None = None
        """The declared character set."""
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset":
                self.charset = value.strip().strip("\"'") or None
                break
        self.type = kind.strip().lower() or None
        """The content type, bare and in lower case."""
        self.format = parse_format(fields.get("x-mms-im-format"))
        """X-MMS-IM-Format, decoded; nobody changes it."""
        self.stateless = is_stateless(self.charset)
        """What is UTF-8 by its octets is UTF-8 then."""
        self.simple = not (self.part or _TELLING & fields.keys())
        """It says nothing of its message but type and format."""

    @property
    def octets(self) -> int:
        """How long it is."""
        return len(self._octets)

    def get(self, name: str) -> str | None:
        """A field's value; None where it is absent or empty."""
        return self.fields.get(name) or None


class Content:
    """A message, taken apart."""

    __slots__ = ("_pieces", "headers", "length", "missing", "readable", "whole")
    headers: Headers
    length: int
    """Octets of the body as announced; where the line between headers and body was lost, of all behind the loss."""
    missing: int
    """Octets of the body that were not seen."""
    readable: bool
    """False: octets were lost in front, or there are no headers, so nothing says what this is."""
    whole: bytes | None
    """The body, if nothing of the message is missing."""
    _pieces: tuple[tuple[int, bytes], ...]

    @property
    def body(self) -> tuple[tuple[int, bytes], ...]:
        """What was seen of the body: offset and octets."""
        if self.whole is None:
            return self._pieces
        return ((0, self.whole),) if self.whole else ()

    def opening(self) -> bytes:
        """The body up to the first loss."""
        if self.whole is not None:
            return self.whole
        return self._pieces[0][1] if self._pieces and self._pieces[0][0] == 0 else b""


def whole_content(headers: Headers, body: bytes) -> Content:
    """A message of which nothing is missing."""
    content = Content.__new__(Content)
    content.headers = headers
    content.length = len(body)
    content.missing = 0
    content.readable = True
    content.whole = body
    content._pieces = ()
    return content


def torn_content(headers: Headers, pieces: tuple[tuple[int, bytes], ...], length: int) -> Content:
    """A message of ``length`` octets of body, of which these pieces were seen, or which goes on unseen."""
    return _content(headers, length, pieces, True)


class Heads:
    """The header blocks seen last, since everybody sends the same few again and again.

    A sender's texts and typing notices come in turns, so two are kept for each ``place``, a number that the caller
    gives to each side of each session; beyond :data:`_PLACES` they are shared. Only blocks are kept that end with
    CR LF twice, without another blank line in front: whatever begins with their octets has that header.
    """

    __slots__ = ("_blocks", "_next", "_recent")

    def __init__(self) -> None:
        self._recent: list[Headers | None] = [None] * (2 * _PLACES)
        self._blocks: Recent[bytes, Headers] = Recent(_MOST_KEPT)
        self._next = 0

    def place(self) -> int:
        """A place for one more session."""
        self._next = (self._next + 1) % (_PLACES // 2)
        return self._next * 2

    def find(self, octets: bytes, at: int, stop: int, place: int) -> Headers | None:
        """The headers of the whole message ``octets[at:stop]``; None where :func:`parse` must take it apart."""
        first = 2 * place
        headers = self._recent[first]
        if headers is not None and octets.startswith(headers.block, at, stop):
            return headers
        headers = self._recent[first + 1]
        if headers is not None and octets.startswith(headers.block, at, stop):
            return headers
        return self._look_up(octets, at, stop, first)

    def _look_up(self, octets: bytes, at: int, stop: int, first: int) -> Headers | None:
        """Find where the headers end, and remember them."""
        found = _BLANK_LINE.search(octets, at, min(stop, at + _LONGEST_KEPT))
        if found is None or found[0] != b"\r\n\r\n" or _LINE_END.match(octets, at) is not None:
            return None
        block = octets[at : found.end()]
        headers = self._blocks.get(block)
        if headers is None:
            headers = Headers(block[:-4], block)
            if not headers.fields:
                return None
            self._blocks.remember(block, headers)
        self._recent[first + 1] = self._recent[first]
        self._recent[first] = headers
        return headers


HEADS = Heads()
"""Of all sessions: nothing in it tells more than the octets themselves."""


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
        headers = Headers(head[:end])
        body = ((0, head[start:]), *((offset - start, octets) for offset, octets in rest))
        return _content(headers, payload.length - start, body, bool(headers.fields))
    if len(head) == payload.length:  # all headers, as the profile
        headers = Headers(head)
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
    headers = Headers(known)
    body = tuple((offset - start, octets) for offset, octets in rest)
    readable = bool({"content-type", "message-id", "x-mms-im-format"} & headers.fields.keys())
    return _content(headers, payload.length - start, body, readable)


def _content(headers: Headers, length: int, body: tuple[tuple[int, bytes], ...], readable: bool) -> Content:
    content = Content.__new__(Content)
    content.headers = headers
    content.length = length
    content.whole = None
    content._pieces = tuple(piece for piece in body if piece[1])
    content.missing = length - sum(len(octets) for _, octets in content._pieces)
    content.readable = readable
    return content


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
