"""One direction of one connection, cut into commands: sans-IO, and right whatever the segments are.

Takes octets with the mark of where each segment was seen, gaps, and the end; gives :class:`Frame` (a command),
:class:`Skipped` (octets that are none) and :class:`Loss` (a gap that may have hidden commands). Knows the *shape*
of commands (:class:`Shape`: is there a payload, which arguments are plausible) and nothing of their meaning.

A command is a line, and perhaps a payload whose length is the line's last token. Nothing separates a payload from
the next command, so one wrong length loses everything behind it: lengths come from a table, never from "a number
at the end" (reference 1.2 and 1.3). :meth:`Framer._read` is the whole grammar, written as a generator that yields
whenever it needs more octets; it reads top-down, and it never consumes before it has decided, so that the frames
depend on the octets alone and not on how they were cut.

Trust has to be earned. At a beginning, behind a gap and behind anything unreadable a line may just as well be
text that somebody wrote, so :meth:`Framer._trust` counts points along the frames that follow each other: one for
a command that fits its form, two where form and opening octets are telling, one for standing at the very edge
(where the capture begins, or right behind a gap). Three points are needed; two do at the end if the frames are
whole.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from msnp.frames import (
    ERROR,
    PLAUSIBLE,
    Frame,
    Item,
    Loss,
    Payload,
    Shape,
    Skipped,
    payload_length,
    to_number,
)
from msnp.limits import Limits
from msnp.octets import Octets

if TYPE_CHECKING:
    from msnp.events import Mark

_OPENING = 48
"""Octets of a payload that tell whether it begins as it should."""

_NAME = re.compile(rb"[A-Z]{3} ")
_GLUED_WITHIN = 1024
"""Octets in front of a line end in which a glued command is looked for, and …"""
_GLUED_TRIES = 16
"""… how many candidates there; more would let hostile lines cost the square of their length."""

Waiting = Generator[None, None, None]


class _Cut(NamedTuple):
    """Nothing follows the octets at hand: a gap, or the end (``mark`` None)."""

    length: int | None
    mark: Mark | None


class _CutOffError(Exception):
    """The cut came where more octets were needed."""


class _ForeignError(Exception):
    """This is not MSNP."""


class Framer:
    """Frames of one direction."""

    def __init__(self, from_client: bool, shapes: Mapping[bytes, Shape], limits: Limits) -> None:
        self.confirmed = False
        """A command was found."""
        self.recognised = False
        """Set by the session once either direction is known to be MSNP: then this one is never given up."""
        self.hopeless = False
        """Given up: nothing readable within the limits, here or on the other side; another protocol."""
        self._from_client = from_client
        self._shapes = shapes
        self._limits = limits
        self._octets = Octets(limits.marks)
        self._wanted = 0  # octets without which the reader need not be woken
        self._cut: _Cut | None = None
        self._edge = True
        self._beginning = True  # the stream's certain beginning is still being read
        self._ended = False
        self._skipped = 0
        self._skipped_lines = 0
        self._skip_mark: Mark | None = None
        self._skip_reason = ""
        self._items: list[Item] = []
        self._reader = self._read()
        next(self._reader)

    # --- what comes in ------------------------------------------------------------------------------------

    def feed(self, octets: bytes, mark: Mark) -> list[Item]:
        """Take the octets that follow; ``mark`` is that of the first of them."""
        if self._ended or not octets:
            return []
        self._octets.append(octets, mark)
        if len(self._octets) < self._wanted:
            return []
        return self._wake()

    def gap(self, length: int | None, mark: Mark) -> list[Item]:
        """``length`` octets are missing (None: nobody knows how many); ``mark`` is of the first behind them."""
        if self._ended:
            return []
        self._cut = _Cut(length, mark)
        return self._wake()

    def end(self) -> list[Item]:
        """No more octets will come."""
        if self._ended:
            return []
        self._cut = _Cut(None, None)
        items = self._wake()
        self._ended = True
        self._octets.clear()
        return items

    def _wake(self) -> list[Item]:
        self._wanted = 0
        next(self._reader, None)
        items, self._items = self._items, []
        return items

    # --- the grammar --------------------------------------------------------------------------------------

    def _read(self) -> Waiting:
        while not self._ended:
            try:
                yield from self._synchronise()
                while (yield from self._frame()):
                    pass
            except _CutOffError:
                self._resume()
            except _ForeignError:
                self.hopeless = self._ended = True
                self._octets.clear()

    def _synchronise(self) -> Waiting:
        """Skip to a line that can be trusted."""
        while not (yield from self._trust()):
            yield from self._skip_line()
            self._despair()
        self.confirmed = True
        self._beginning = False
        self._edge = False
        self._flush_skipped()

    def _frame(self) -> Generator[None, None, bool]:
        """Read one command; False where the line is none, and nothing was consumed."""
        end = self._octets.find_line_end(0, self._limits.line)
        if end < 0:
            end = yield from self._line_end(0)
            if end < 0:
                return False
        line = self._octets.line(0, end)
        if not line:
            self._octets.consume(end + 1)
            return True
        if PLAUSIBLE.fullmatch(line) is None and self._fitting(line) is None:
            return False  # a known command may hold anything: a name with control characters must hide nothing
        tokens = line.split(b" ")
        shape = self._shape(line)
        if shape is not None:
            length = payload_length(shape, tokens)
        else:
            length = yield from self._unknown_length(tokens, end + 1)
        if length is not None and length > self._limits.payload:
            return False
        mark = self._octets.mark()
        self._octets.consume(end + 1)
        payload = None
        octets = end + 1
        if length is not None:
            if len(self._octets) >= length:
                payload = Payload(length, ((0, self._octets.take(length)),) if length else ())
                octets += length
            else:
                payload = yield from self._payload(length)
                octets += length - payload.missing
        self._items.append(Frame(self._from_client, mark, tokens, payload, octets, shape))
        return True

    def _payload(self, length: int) -> Generator[None, None, Payload]:
        """Read ``length`` octets, over gaps that lie wholly inside (reference 1.4, rule 4)."""
        self._octets.expect_nothing_in(length)
        pieces: list[tuple[int, bytes]] = []
        got = 0
        while got < length:
            whole = yield from self._need(length - got)
            if seen := self._octets.take(length - got if whole else len(self._octets)):
                pieces.append((got, seen))
                got += len(seen)
            if whole:
                break
            cut = self._cut
            if cut is None or cut.length is None or cut.length > length - got:
                break  # the cut itself is met by whoever needs the next octet
            got += cut.length
            self._octets.jump(cut.length)
            self._cut = None
        return Payload(length, tuple(pieces))

    def _unknown_length(self, tokens: list[bytes], after: int) -> Generator[None, None, int | None]:
        """The payload's length of a command that no table knows (reference 1.4, rule 2).

        Decided by where a known command begins: right behind the line, or as many octets later as it says.
        """
        length = to_number(tokens[-1] if tokens[-1] or len(tokens) < 2 else tokens[-2])
        if not length or length > self._limits.lookahead or len(tokens) < 2:
            return None
        offset = after
        while offset < after + length:
            end = yield from self._line_end(offset, patient=True)
            if end < 0:
                break
            line = self._octets.line(offset, end)
            if self._fitting(line) is not None:
                return None
            if PLAUSIBLE.fullmatch(line) is None:
                break
            offset = end + 1
        if not (yield from self._need(after + length)):
            return None
        offset = after + length
        while True:
            end = yield from self._line_end(offset, patient=True)
            if end < 0:
                whole = self._cut is not None and len(self._octets) == offset
                return length if whole else None
            if line := self._octets.line(offset, end):
                return length if self._fitting(line) is not None else None
            offset = end + 1

    def _trust(self) -> Generator[None, None, bool]:
        """Whether a command begins here (the points of the module's docstring); consumes nothing."""
        points = int(self._edge)
        frames = 0
        offset = 0
        while True:
            end = yield from self._line_end(offset, patient=True)
            if end < 0:
                whole = self._cut is not None and len(self._octets) == offset
                # A connection that was seen from its beginning, and began with something else, is hardly MSNP.
                enough = 3 if self._beginning and self._skipped else 2
                return bool(frames) and whole and points >= enough
            line = self._octets.line(offset, end)
            offset = end + 1
            if not line and frames:
                continue
            shape = self._fitting(line)
            if shape is None:
                return False
            length = payload_length(shape, line.split(b" ")) or 0
            telling = shape.telling
            if length and shape.opens is not None:
                opening = min(length, _OPENING)
                if (yield from self._need(offset + opening)):
                    start = self._octets.at + offset
                    if shape.opens.match(self._octets.data, start, start + opening) is None:
                        return False
                else:
                    telling = False
            points += 1 + telling
            frames += 1
            if points >= 3:
                return True
            if length > self._limits.lookahead:
                return False
            offset += length

    # --- cuts and what is skipped -------------------------------------------------------------------------

    def _resume(self) -> None:
        """Meet the cut: what is left cannot be read, and what follows a gap has to earn its trust."""
        cut = self._cut
        reason = "cut by the end" if cut is None or cut.mark is None else "cut by a gap"
        self._skip(len(self._octets), reason)
        self._flush_skipped()
        if cut is None or cut.mark is None:
            self._ended = True
            return
        self._octets.clear()
        self._cut = None
        self._edge = True
        self._beginning = False
        self._items.append(Loss(self._from_client, cut.mark, cut.length))

    def _skip_line(self) -> Waiting:
        """Skip to behind the next line end, or to a command in front of it, keeping nothing."""
        reason = "not a command" if self.confirmed or self._beginning else "before the first command"
        while True:
            end = self._octets.find_line_end(0, len(self._octets))
            if end >= 0:
                if glued := self._glued(end):
                    self._skip(glued, reason)
                    self._edge = False
                    return
                blank = not self._octets.line(0, end)
                if blank and not self._skipped:
                    self._octets.consume(end + 1)
                else:
                    self._skip(end + 1, reason)
                    self._skipped_lines += not blank
                    self._edge = False
                return
            if self._cut is not None:
                raise _CutOffError
            self._skip(len(self._octets), reason)
            self._edge = False
            self._despair()
            yield

    def _glued(self, end: int) -> int:
        """Offset of a telling command glued to the line that ends at ``end``; 0 if there is none.

        Texts end without a line end, so behind one whose beginning was lost the next command begins in mid-line.
        """
        if self._beginning:
            return 0
        start = max(0, end - _GLUED_WITHIN)
        line = self._octets.line(start, end)
        for found in islice(_NAME.finditer(line, 0 if start else 1), _GLUED_TRIES):
            shape = self._fitting(line[found.start() :])
            if shape is not None and shape.telling:
                return start + found.start()
        return 0

    def _skip(self, octets: int, reason: str) -> None:
        if not octets:
            return
        if not self._skipped:
            self._skip_mark = self._octets.mark()
            self._skip_reason = reason
        self._skipped += octets
        self._octets.consume(octets)

    def _flush_skipped(self) -> None:
        """One report per run, in front of what could be read again."""
        if self._skipped and self._skip_mark is not None:
            self._items.append(Skipped(self._from_client, self._skip_mark, self._skipped, self._skip_reason))
        self._skipped = 0
        self._skipped_lines = 0
        self._skip_mark = None

    def _despair(self) -> None:
        """Rule 7 of reference 1.4."""
        if self.recognised or self.confirmed:
            return
        limits = self._limits
        octets = limits.foreign_octets if self._beginning else limits.search
        if self._skipped > octets or (self._beginning and self._skipped_lines >= limits.foreign_lines):
            raise _ForeignError

    # --- octets -------------------------------------------------------------------------------------------

    def _need(self, count: int) -> Generator[None, None, bool]:
        """Wait for ``count`` octets; False where a cut comes first."""
        while len(self._octets) < count:
            if self._cut is not None:
                return False
            self._wanted = count
            yield
        return True

    def _line_end(self, offset: int, *, patient: bool = False) -> Generator[None, None, int]:
        """Offset of the LF that ends the line at ``offset``; -1 where the line is too long.

        At a cut: -1 if ``patient``, else the cut is met.
        """
        start, stop = offset, offset + self._limits.line
        while True:
            found = self._octets.find_line_end(start, stop)
            have = len(self._octets)
            if found >= 0 or have >= stop:
                return found
            if self._cut is not None:
                if patient:
                    return -1
                raise _CutOffError
            start = max(offset, have)
            self._wanted = start + 1
            yield

    def _shape(self, line: bytes) -> Shape | None:
        command = line[:3]
        return self._shapes.get(ERROR if command.isdigit() else command)

    def _fitting(self, line: bytes) -> Shape | None:
        """The shape of ``line`` if it is a known command in its strict form.

        Whatever fits must also be read by :meth:`_frame`, or the two would hand it to each other for ever.
        """
        shape = self._shape(line)
        if shape is None or shape.form.fullmatch(line) is None:
            return None
        length = payload_length(shape, line.split(b" ")) if shape.payload else None
        return shape if length is None or length <= self._limits.payload else None
