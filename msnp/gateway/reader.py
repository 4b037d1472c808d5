"""One direction of an HTTP connection, cut into messages: heads, and bodies that are passed on or passed over.

A message is a head and a body, whose end the head tells (:mod:`msnp.gateway.heads`). What is in the way of nobody
costs little: of a body that nobody wants the octets are counted, not looked at.

Where the framing is lost (a gap in a head or between messages, a direction joined in mid-stream, a head that is
none) the next message is looked for at the beginnings of segments only. Whoever sends HTTP begins a message with a
write of its own; a text that imitates a message stands somewhere inside.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple, Protocol

from msnp.gateway.channel import Inlet
from msnp.gateway.heads import BLANK_LINE, CHUNKED, MAX_HEAD, NO_HTTP, UNTIL_CLOSE, ChunkedBody, Head, read_head
from msnp.mark import Mark


class Course(NamedTuple):
    """How a message goes on behind its head."""

    length: int | None
    """As `msnp.gateway.heads.body_length` says."""
    inlet: Inlet | None = None
    """Who wants the body."""


class Line(Protocol):
    """What the two readers of a connection tell their messages to."""

    def begin(self, from_client: bool, head: Head, mark: Mark) -> Course:
        """A message begins; ``mark`` is of the segment in which its head ends."""

    def finished(self, from_client: bool, mark: Mark) -> None:
        """The message is complete."""

    def lost(self, from_client: bool) -> None:
        """Messages may have been missed."""

    def awaits_answer(self) -> bool:
        """A request was made that no answer has begun to."""


class _State(Enum):
    START = "between two messages"
    SEARCH = "somewhere"
    COUNTED = "in a body of known length"
    CHUNKED = "in a body in chunks"
    OPEN_END = "in a body that ends with the connection"
    STOPPED = "behind HTTP"


_REQUEST_LINE = re.compile(rb"[A-Z][A-Z-]{2,23} [^ \r\n]+ HTTP/1\.[0-9][ \t]*\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/1\.[0-9] [0-9]{3}(?: [^\r\n]*)?\r?\n")
_METHOD = re.compile(rb"[A-Z][A-Z-]{0,23}(?:\Z| (?:\Z|[!-~\x80-\xff]))")
_STATUS = b"HTTP/1."


def may_begin(octets: bytes, from_client: bool) -> bool:
    """These octets begin a request, or an answer, or are too few to tell."""
    if from_client:
        if _METHOD.match(octets[:26]) is None:
            return False
    elif octets[:7] != _STATUS[: len(octets)]:
        return False
    end = octets.find(b"\n", 0, MAX_HEAD)
    return end < 0 or (_REQUEST_LINE if from_client else _STATUS_LINE).match(octets) is not None


class Reader:
    """Reads one direction."""

    __slots__ = ("_chunks", "_from_client", "_head", "_inlet", "_line", "_remaining", "_searched", "_state")

    def __init__(self, from_client: bool, line: Line) -> None:
        self._from_client = from_client
        self._line = line
        self._state = _State.START
        self._head = b""  # of a head that spans segments, what is here
        self._searched = 0  # up to here it has no end
        self._remaining = 0
        self._chunks: ChunkedBody | None = None
        self._inlet: Inlet | None = None

    @property
    def between(self) -> bool:
        """No message is under way, as far as is known."""
        return self._state in {_State.START, _State.SEARCH} and not self._head

    @property
    def searching(self) -> bool:
        """The framing is lost."""
        return self._state is _State.SEARCH

    def resume(self) -> None:
        """HTTP goes on where it had stopped."""
        if self._state is _State.STOPPED:
            self._state = _State.START

    # --- what comes in --------------------------------------------------------------------------------------

    def feed(self, octets: bytes, mark: Mark) -> int:
        """Take octets; returns how many of them are HTTP's: all, or those up to where it stopped."""
        at = 0
        size = len(octets)
        while at < size:
            state = self._state
            if state is _State.COUNTED:
                at = self._count(octets, at, mark)
            elif state is _State.CHUNKED:
                at = self._unchunk(octets, at, mark)
            elif state is _State.OPEN_END:
                if at == 0 and self._line.awaits_answer() and _STATUS_LINE.match(octets):
                    self._finish(mark)  # the client asked for more, so for it the answer had an end
                    continue
                if self._inlet is not None:
                    self._inlet.feed(octets[at:], mark.after(at))
                at = size
            elif state is _State.STOPPED:
                break
            else:
                at = self._seek(octets, at, mark)
        return at

    def gap(self, length: int | None, mark: Mark) -> None:
        """Octets are missing, None: nobody knows how many; ``mark`` is of the first behind them."""
        state = self._state
        if state is _State.STOPPED:
            return
        if length is not None and state is _State.OPEN_END:
            if self._inlet is not None:
                self._inlet.gap(length, mark)
            return
        if length is not None and state is _State.COUNTED and length <= self._remaining:
            if self._inlet is not None:
                self._inlet.gap(length, mark)
            self._remaining -= length
            if not self._remaining:
                self._finish(mark)
            return
        if state is _State.COUNTED and length is not None:  # it goes on behind the body: that is told apart
            self._cut(self._remaining)
        else:
            self._cut(None)
        self._lose()

    def end(self) -> None:
        """No more octets will come."""
        if self._state is _State.COUNTED:
            self._cut(self._remaining)
        elif self._state is _State.CHUNKED:
            self._cut(None)
        elif self._inlet is not None:
            self._inlet.finish()
        self._head = b""
        self._inlet = self._chunks = None
        self._state = _State.STOPPED
        del self._line  # it knows this reader: neither waits for the garbage collector

    # --- heads ----------------------------------------------------------------------------------------------

    def _seek(self, octets: bytes, at: int, mark: Mark) -> int:  # noqa: PLR0911  # each return is a way that ends
        """Go on to the end of the next head."""
        if not self._head:
            if self._state is _State.START:
                while at < len(octets) and octets[at] in b"\r\n":  # RFC 9112, 2.2
                    at += 1
                if at == len(octets):
                    return at
            elif at:
                return len(octets)
        before = len(self._head)
        head = self._head + octets[at : at + MAX_HEAD - before] if before or at else octets
        if b"\n" not in self._head and not may_begin(head, self._from_client):
            return self._reject(before > 0, octets, at, mark)
        found = BLANK_LINE.search(head, max(0, self._searched - 2), MAX_HEAD)
        if found is None:
            if len(head) >= MAX_HEAD:
                return self._reject(False, octets, at, mark)
            self._head = head
            self._searched = len(head)
            return len(octets)
        self._head = b""
        self._searched = 0
        read = read_head(head[: found.end()], self._from_client)
        if read is None:
            return self._reject(False, octets, at, mark)
        at += found.end() - before
        self._begin(read, mark.after(at))
        return at

    def _reject(self, again: bool, octets: bytes, at: int, mark: Mark) -> int:
        """This is no head; ``again``: it had begun before this segment, which may begin another."""
        was_lost = self._state is _State.SEARCH
        self._head = b""
        self._searched = 0
        if not was_lost:
            self._lose()
        return self._seek(octets, at, mark) if again else len(octets)

    def _begin(self, head: Head, mark: Mark) -> None:
        self._state = _State.START  # what the line does now may ask for it
        course = self._line.begin(self._from_client, head, mark)
        length, self._inlet = course
        if length is None:
            self._cut(None)
            self._lose()
        elif length == NO_HTTP:
            self._state = _State.STOPPED
        elif length == CHUNKED:
            self._state = _State.CHUNKED
            self._chunks = ChunkedBody(keep=self._inlet is not None)
        elif length == UNTIL_CLOSE:
            self._state = _State.OPEN_END
        elif length:
            self._state = _State.COUNTED
            self._remaining = length
        else:
            self._finish(mark)

    # --- bodies ---------------------------------------------------------------------------------------------

    def _count(self, octets: bytes, at: int, mark: Mark) -> int:
        here = len(octets) - at
        here = min(here, self._remaining)
        self._remaining -= here
        if self._inlet is not None:
            self._inlet.feed(octets[at : at + here], mark.after(at))
        if not self._remaining:
            self._finish(mark.after(at + here))
        return at + here

    def _unchunk(self, octets: bytes, at: int, mark: Mark) -> int:
        chunks, inlet = self._chunks, self._inlet
        read = None if chunks is None else chunks.feed(octets, at)
        if chunks is None or read is None:
            self._cut(None)
            self._lose()
            return len(octets)
        here = mark.after(at)
        at, body = read
        if inlet is not None:
            for piece in body:
                inlet.feed(piece, here)
        if chunks.complete:
            self._finish(mark.after(at))
        return at

    def _finish(self, mark: Mark) -> None:
        inlet, self._inlet = self._inlet, None
        self._chunks = None
        self._state = _State.START
        if inlet is not None:
            inlet.finish()
        self._line.finished(self._from_client, mark)

    def _cut(self, missing: int | None) -> None:
        inlet, self._inlet = self._inlet, None
        if inlet is not None:
            inlet.cut(missing)

    def _lose(self) -> None:
        self._state = _State.SEARCH
        self._head = b""
        self._searched = 0
        self._chunks = None
        self._line.lost(self._from_client)
