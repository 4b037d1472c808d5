# cython: annotation_typing=False
"""The plain path: a command that lies whole in the octets at hand, in a stream that is trusted.

Nearly all commands of a stream that reads well are like that. They are found here without a copy, a pattern or a
generator; whatever is not plain (a line or payload that is cut, an unknown name, a control character, a length over
the limit) is refused, and read by the grammar of :mod:`msnp.framing`. So the two must agree on all that is accepted
here, and nothing else.
"""

from __future__ import annotations

from msnp.frames import Frame, Shape, Shapes, frame_at
from msnp.limits import Limits
from msnp.mark import Mark

_TAB, _LF, _CR, _SPACE, _DELETE = 0x09, 0x0A, 0x0D, 0x20, 0x7F
_MOST_DIGITS = 10


class Cutter:
    """Cuts one side's octets into commands; the last one found is what the attributes say."""

    __slots__ = (
        "_error",
        "_from_client",
        "_most_line",
        "_most_payload",
        "_places",
        "_shapes",
        "_spaces",
        "at",
        "line_end",
        "next",
        "payload_at",
        "ready",
        "shape",
    )

    def __init__(self, from_client: bool, shapes: Shapes, limits: Limits) -> None:
        self.ready = False
        """The stream is trusted, and nothing of it waits to be read: set by the framer."""
        self.shape: Shape = shapes.shapes[0]
        self.at = 0
        """Where its line begins, …"""
        self.line_end = 0
        """… and ends, without its line end."""
        self.payload_at = -1
        """Where its payload begins; -1: it has none."""
        self.next = 0
        """Behind it, and behind empty lines; where nothing was found, up to where there is nothing to read."""
        self._spaces = 0  # in its line
        self._from_client = from_client
        self._places = shapes.places
        self._shapes = shapes.shapes
        self._error = shapes.error
        self._most_line = limits.line
        self._most_payload = limits.payload

    def cut(self, octets: bytes, at: int) -> bool:
        """Find the command at ``at``; False: what begins there, if anything, is not plain."""
        p = octets
        stop = len(octets)
        while at < stop and (p[at] == _LF or (p[at] == _CR and at + 1 < stop and p[at + 1] == _LF)):
            at += 1  # empty lines are nobody's
        self.next = at
        if stop - at < 4:
            return False
        place = self._place(p[at], p[at + 1], p[at + 2])
        if not place:
            return False
        end = self._read_line(octets, at)
        if not end:
            return False
        self.shape = self._shapes[place]
        self.at = at
        self.payload_at = -1
        if self.shape.payload:
            length = self._payload_length(octets)
            if length > self._most_payload or length > stop - end:
                return False
            if length >= 0:
                self.payload_at = end
                end += length
        self.next = end
        return True

    def _place(self, first: int, second: int, third: int) -> int:
        if 65 <= first <= 90 and 65 <= second <= 90 and 65 <= third <= 90:
            return self._places[((first - 65) * 26 + second - 65) * 26 + third - 65]
        if 48 <= first <= 57 and 48 <= second <= 57 and 48 <= third <= 57:
            return self._error
        return 0

    def _read_line(self, octets: bytes, at: int) -> int:
        """Where the next line begins; 0 if this is not a name, a blank, printable octets and TABs, CRs, LF."""
        p = octets
        stop = len(octets)
        end = at + 3
        if p[end] > _SPACE:
            return 0
        spaces = 0
        while end < stop:
            octet = p[end]
            if octet == _SPACE:
                spaces += 1
            elif (octet < _SPACE and octet != _TAB) or octet == _DELETE:
                break
            end += 1
        self.line_end = end
        self._spaces = spaces
        while end < stop and p[end] == _CR:
            end += 1
        if end >= stop or p[end] != _LF or end - at >= self._most_line:
            return 0
        return end + 1

    def _payload_length(self, octets: bytes) -> int:
        """The last token, if it is a number and there are enough tokens (reference 1.2); else -1."""
        p = octets
        at = self.at
        last = self.line_end
        tokens = self._spaces + 1
        while last > at and p[last - 1] == _SPACE:
            last -= 1
            tokens -= 1
        first = last
        while first > at and 48 <= p[first - 1] <= 57:
            first -= 1
        if first == at or p[first - 1] != _SPACE or tokens < self.shape.payload:
            return -1
        if not 0 < last - first <= _MOST_DIGITS:
            return -1
        length = 0
        while first < last:
            length = length * 10 + p[first] - 48
            first += 1
        return length

    def speaker(self, octets: bytes) -> bytes:
        """The first word behind its name, which in what a server hands on says who sent it."""
        p = octets
        start = end = self.at + 4
        while end < self.line_end and p[end] != _SPACE:
            end += 1
        return octets[start:end]

    def frame(self, octets: bytes, mark: Mark) -> Frame:
        """The command that was found; ``mark`` is that of its first octet."""
        return frame_at(
            self._from_client, mark, self.shape, octets, self.at, self.line_end, self.payload_at, self.next
        )
