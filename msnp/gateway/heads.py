"""The grammar of HTTP/1.x: heads and chunked bodies, by httptools; what follows from them, by RFC 9112.

httptools is the parser of Node.js (llhttp, generated C, fuzzed for years) with a thin door for Python; uvicorn, and
with it a good part of Python's web, stands on it. It brings wheels for CPython 3.11 to 3.13. It was taken over h11,
which is as well kept and easier to follow, because a tap on ports 80 and 8080 meets mostly what is not MSN: a head
of eight fields takes 6 µs here and 95 µs there, and there every octet of every body would go through Python.

What h11 does better is a message's exact end in the octets, and that answers to HEAD and CONNECT have no body. It
is made good in this way: a head is handed over alone, once its blank line is found; a body that is counted or lasts
until the close meets no parser at all; one in chunks is handed over in pieces that end where a message can end, so
that "this message is complete" says where.

Nothing is kept there across calls but the parser's state, some hundred octets: heads are bounded before they are
handed over, and of chunks neither extensions nor trailers are asked for.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from httptools import (
    HttpParserCallbackError,
    HttpParserError,
    HttpParserUpgrade,
    HttpRequestParser,
    HttpResponseParser,
)

MAX_HEAD = 64 * 1024
"""Octets of a request's or an answer's head, up to its blank line. Beyond, the framing counts as lost."""

CHUNKED = -1
UNTIL_CLOSE = -2
NO_HTTP = -3
"""What a body's length may be besides a number of octets; the last: octets behind this head are none of HTTP's."""

BLANK_LINE = re.compile(rb"\n\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_KEPT = frozenset([b"content-length", b"transfer-encoding", b"content-type", b"x-msn-messenger"])
_CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_CHUNKED_END = b"\r\n\r\n"


class Head(NamedTuple):
    """A request line or a status line, with the fields that matter here."""

    method: bytes
    """Empty: an answer."""
    target: bytes
    """As it was sent: a path, an absolute URL, or host and port for CONNECT."""
    status: int
    reason: bytes
    fields: dict[bytes, bytes]
    """By name in lower case; of several of one name the last."""


class _Collected:
    """What httptools calls back; nothing here may fail or take long, since it runs inside the parser."""

    def __init__(self) -> None:
        self.target = b""
        self.reason = b""
        self.fields: dict[bytes, bytes] = {}
        self.complete = False

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_status(self, status: bytes) -> None:
        self.reason += status

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name in _KEPT:
            self.fields[name] = value

    def on_headers_complete(self) -> None:
        self.complete = True


def read_head(octets: bytes, is_request: bool) -> Head | None:
    """A whole head, blank line included; None where it is none.

    Lines that end in LF alone are taken as well (RFC 9112, 2.2).
    """
    head = _read_head(octets, is_request)
    if head is None and octets.count(b"\n") != octets.count(b"\r\n"):
        head = _read_head(_LINE_END.sub(b"\r\n", octets), is_request)
    return head


def _read_head(octets: bytes, is_request: bool) -> Head | None:
    collected = _Collected()
    parser: HttpRequestParser | HttpResponseParser
    parser = HttpRequestParser(collected) if is_request else HttpResponseParser(collected)
    # What two ends have agreed to read is read; a listener protects neither of them from the other.
    parser.set_dangerous_leniencies(
        lenient_headers=True, lenient_chunked_length=True, lenient_transfer_encoding=True, lenient_version=True
    )
    try:
        parser.feed_data(octets)
    except HttpParserUpgrade:  # CONNECT, and whoever offers to go on in another protocol
        pass
    except HttpParserError as error:
        _reraise(error)
    if not collected.complete:  # 101 without a field Upgrade is an error behind a whole head
        return None
    if isinstance(parser, HttpRequestParser):
        return Head(parser.get_method(), collected.target, 0, b"", collected.fields)
    return Head(b"", b"", parser.get_status_code(), collected.reason, collected.fields)


def _reraise(error: HttpParserError) -> None:
    """A signal that came while the parser called back is not the parser's."""
    if isinstance(error, HttpParserCallbackError) and error.__context__ is not None:
        raise error.__context__


def body_length(head: Head, asked: bytes) -> int | None:  # noqa: PLR0911  # the rules of RFC 9112, in their order
    """How a message's body ends (RFC 9112, 6.3); ``asked``: for an answer, the method of its request.

    Octets, `CHUNKED`, `UNTIL_CLOSE` or `NO_HTTP`; None where nobody can tell.
    """
    if not head.method:
        if asked == b"CONNECT" and 200 <= head.status < 300:
            return NO_HTTP
        if head.status == 101:
            return NO_HTTP
        if asked == b"HEAD" or head.status < 200 or head.status in {204, 304}:
            return 0
    coding = head.fields.get(b"transfer-encoding")
    if coding is not None:
        if coding.rpartition(b",")[2].strip().lower() == b"chunked":
            return CHUNKED
        return None if head.method else UNTIL_CLOSE
    length = head.fields.get(b"content-length")
    if length is not None:
        length = length.strip()
        return int(length) if length.isdigit() and len(length) <= 20 else None
    if head.method == b"CONNECT":
        return NO_HTTP
    return 0 if head.method else UNTIL_CLOSE


class _Chunks:
    complete = False

    def on_message_complete(self) -> None:
        self.complete = True


class _KeptChunks(_Chunks):
    def __init__(self) -> None:
        self.body: list[bytes] = []

    def on_body(self, body: bytes) -> None:
        self.body.append(body)


class ChunkedBody:
    """Reads one body in chunks (RFC 9112, 7.1), and finds where it ends."""

    __slots__ = ("_found", "_parser", "_tail", "complete")

    def __init__(self, keep: bool) -> None:
        """``keep`` False: only its end matters, and no octet of it is copied."""
        self.complete = False
        self._found = _KeptChunks() if keep else _Chunks()
        self._parser = HttpResponseParser(self._found)
        self._parser.set_dangerous_leniencies(lenient_spaces_after_chunk_size=True)
        self._parser.feed_data(_CHUNKED_HEAD)
        self._tail = b""  # the last octets, where they may be the beginning of an end

    def feed(self, octets: bytes, at: int) -> tuple[int, list[bytes]] | None:
        """Read on from ``at``: up to where in ``octets``, and what of the content came; None: these are no chunks.

        A body in chunks ends with an empty line; so does much else, which costs a call more and no harm.
        """
        view = memoryview(octets)
        parser, found = self._parser, self._found
        begin = at
        end = self._next_end(octets, at)
        while True:
            try:
                parser.feed_data(view[at:end])
            except HttpParserUpgrade:
                return None
            except HttpParserError as error:
                _reraise(error)
                return None
            at = end
            if found.complete or at == len(octets):
                break
            found_at = octets.find(_CHUNKED_END, at)
            end = found_at + 4 if found_at >= 0 else len(octets)
        self.complete = found.complete
        self._tail = (self._tail + octets[max(begin, at - 3) : at])[-3:]
        body: list[bytes] = []
        if isinstance(found, _KeptChunks):
            body, found.body = found.body, []
        return at, body

    def _next_end(self, octets: bytes, at: int) -> int:
        """Where the first empty line ends, or else all that is here."""
        tail = len(self._tail)
        across = (self._tail + octets[at : at + 3]).find(_CHUNKED_END)
        if across >= 0:
            return at + across + 4 - tail
        found = octets.find(_CHUNKED_END, at)
        return found + 4 if found >= 0 else len(octets)
