# cython: annotation_typing=False
"""Finding the way back: which line of a stream can be trusted, and what was skipped up to it.

Trust has to be earned. At a beginning, behind a gap and behind anything unreadable a line may just as well be
text that somebody wrote, so :meth:`Resync._trust` counts points along the frames that follow each other: one for
a command that fits its form, two where form and opening octets are telling, one for standing at the very edge
(where the capture begins, or right behind a gap). Three points are needed; two do at the end if the frames are
whole, or the beginning of a known command follows them.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from itertools import islice

from msnp.frames import PLAUSIBLE, Shapes, Skipped, payload_length
from msnp.limits import Limits
from msnp.lines import CutOffError, ForeignError, Lines, Waiting
from msnp.mark import Mark

_OPENING = 48
"""Octets of a payload that tell whether it begins as it should."""

_NAME = re.compile(rb"[A-Z]{3} ")
_GLUED_WITHIN = 1024
"""Octets in front of a line end in which a glued command is looked for, and …"""
_GLUED_TRIES = 16
"""… how many candidates there; more would let hostile lines cost the square of their length."""


class Resync(Lines):
    """A reader that has lost its way, or not found it yet."""

    def __init__(self, from_client: bool, shapes: Shapes, limits: Limits) -> None:
        super().__init__(from_client, shapes, limits)
        self.confirmed = False
        """A command was found."""
        self.recognised = False
        """Set by the session once either direction is known to be MSNP: then this one is never given up."""
        self._edge = True
        self._beginning = True  # the stream's certain beginning is still being read
        self._skipped = 0
        self._skipped_lines = 0
        self._skip_mark: Mark | None = None
        self._skip_reason = ""

    def _synchronise(self) -> Waiting:
        """Skip to a line that can be trusted."""
        while not (yield from self._trust()):
            yield from self._skip_line()
            self._despair()
        self.confirmed = True
        self._beginning = False
        self._edge = False
        self._flush_skipped()

    def _trust(self) -> Generator[None, None, bool]:
        """Whether a command begins here (the points of the module's docstring); consumes nothing."""
        points = int(self._edge)
        frames = 0
        offset = 0
        while True:
            end = yield from self._line_end(offset, patient=True)
            if end < 0:
                if frames and self._cut is not None and self._is_begun(offset):
                    return points >= 2
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

    def _is_begun(self, offset: int) -> bool:
        """Whether what is left begins as a known command; the cut may come within its line."""
        rest = self._octets.line(offset, len(self._octets))
        return len(rest) > 4 and self._shape(rest) is not None and PLAUSIBLE.fullmatch(rest) is not None

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
                raise CutOffError
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
            raise ForeignError
