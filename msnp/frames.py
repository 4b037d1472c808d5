# cython: annotation_typing=False
"""What framing gives: commands, and what is between them.

A command is a line, and perhaps a payload whose length is the line's last token (reference 1.1 and 1.2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from msnp.mark import Mark

PLAUSIBLE = re.compile(rb"(?:[A-Z]{3}|[0-9]{3})(?:[ \t][\t\x20-\x7e\x80-\xff]*)?")
_NOTHING = rb"(?!)"
ERROR = b"NNN"
"""Key of the shape that all numeric replies share."""
SPACE = 0x20


class MalformedError(ValueError):
    """A command whose arguments or payload cannot be read; what handlers raise, and the session reports."""


class Shape:
    """What the framer must know of a command."""

    __slots__ = ("_form", "_pattern", "opens", "payload", "place", "telling")

    def __init__(
        self,
        form: bytes,
        payload: int = 0,
        opens: re.Pattern[bytes] | None = None,
        telling: bool = False,
    ) -> None:
        self._pattern = form
        self._form: re.Pattern[bytes] | None = None
        self.payload = payload
        """0: none. n: the last token is the payload's length if it is a number and there are at least n tokens."""
        self.opens = opens
        """How its payload begins."""
        self.telling = telling
        """Hardly anything else looks like it."""
        self.place = 0
        """Its number among the shapes of its side, from 1."""

    def fits(self, line: bytes) -> bool:
        """Whether ``line`` has the command's form, as strictly as all versions allow.

        Asked only where trust has to be earned, so most patterns of most runs are never compiled.
        """
        if self._form is None:
            self._form = re.compile(self._pattern)
        return self._form.fullmatch(line) is not None


class Shapes:
    """What one side may say, found by name and by the first octets of a line."""

    __slots__ = ("_by_name", "error", "places", "shapes")

    def __init__(self, by_name: Mapping[bytes, Shape]) -> None:
        places = bytearray(26**3)
        self._by_name = dict(by_name)
        self.shapes = [Shape(_NOTHING)]
        """By place; at 0 what nothing fits."""
        self.error = 0
        """Place of the shape that all numeric replies share; 0: this side has none."""
        for place, (name, shape) in enumerate(self._by_name.items(), 1):
            shape.place = place
            self.shapes.append(shape)
            if name == ERROR:
                self.error = place
            else:
                first, second, third = (octet - 65 for octet in name)
                places[(first * 26 + second) * 26 + third] = place
        self.places = bytes(places)
        """By the three capitals of its name, read as a number to the base of 26: a shape's place, or 0."""

    def get(self, name: bytes) -> Shape | None:
        """The shape of a command; None where no table knows it."""
        return self._by_name.get(name)


class Payload:
    """The octets behind a line, as far as they were seen."""

    __slots__ = ("length", "pieces")

    def __init__(self, length: int, pieces: tuple[tuple[int, bytes], ...]) -> None:
        self.length = length
        self.pieces = pieces
        """Offset and octets; one piece at 0 when nothing is missing."""

    @property
    def missing(self) -> int:
        """Octets announced and not seen."""
        return self.length - sum(len(octets) for _, octets in self.pieces)


class Frame:
    """One command: where it lies in the octets it came in, and its parts when somebody asks for them."""

    __slots__ = (
        "_payload",
        "_tokens",
        "from_client",
        "line_at",
        "line_end",
        "mark",
        "octets",
        "payload_at",
        "payload_end",
        "shape",
        "source",
    )
    from_client: bool
    mark: Mark
    octets: int
    """Of line, line end and payload, as far as seen."""
    shape: Shape | None
    """None: a command that no table knows."""
    source: bytes
    """Octets in which the command lies."""
    line_at: int
    line_end: int
    payload_at: int
    """-1: the payload does not lie in ``source``; there is none, or :attr:`payload` holds its pieces."""
    payload_end: int
    _tokens: list[bytes] | None
    _payload: Payload | None

    @property
    def tokens(self) -> list[bytes]:
        """The line, split at its spaces."""
        if self._tokens is None:
            self._tokens = self.source[self.line_at : self.line_end].split(b" ")
        return self._tokens

    @property
    def name(self) -> bytes:
        """``MSG``, ``NNN`` for all numeric replies."""
        name = self.source[self.line_at : self.line_at + 3]
        return ERROR if name.isdigit() else name

    @property
    def payload(self) -> Payload | None:
        """None where none is announced."""
        if self._payload is None and self.payload_at >= 0:
            length = self.payload_end - self.payload_at
            seen = ((0, self.source[self.payload_at : self.payload_end]),) if length else ()
            self._payload = Payload(length, seen)
        return self._payload

    def word(self, index: int) -> bytes:
        """A token that must be there."""
        word = self.word_or_nothing(index)
        if not word:
            raise MalformedError(f"no argument {index}")
        return word

    def word_or_nothing(self, index: int) -> bytes:
        """A token that may be empty, or not there."""
        at = end = self._find(index)
        octets = self.source
        stop = self.line_end
        while end < stop and octets[end] != SPACE:
            end += 1
        return octets[at:end]

    def number(self, index: int) -> int:
        """A token that must be a number."""
        at = end = self._find(index)
        octets = self.source
        stop = self.line_end
        number = 0
        while end < stop and octets[end] != SPACE:
            digit = octets[end] - 48
            if digit < 0 or digit > 9 or end - at >= 10:
                raise MalformedError(f"argument {index} is no number")
            number = number * 10 + digit
            end += 1
        if end == at:
            raise MalformedError(f"no argument {index}")
        return number

    def has(self, index: int) -> bool:
        """Whether there are so many tokens, empty ones counted."""
        return self._find(index) <= self.line_end

    def _find(self, index: int) -> int:
        """Where a token begins; behind the line's end if it has none."""
        octets = self.source
        at = self.line_at
        stop = self.line_end
        while index:
            while at < stop and octets[at] != SPACE:
                at += 1
            at += 1
            if at > stop:
                return stop + 1
            index -= 1
        return at


def frame_at(  # noqa: PLR0917  # the plain path's only product
    from_client: bool,
    mark: Mark,
    shape: Shape | None,
    source: bytes,
    line_at: int,
    line_end: int,
    payload_at: int,
    end: int,
) -> Frame:
    """A command that lies whole in ``source``; ``payload_at`` is -1 where it has no payload."""
    frame = Frame.__new__(Frame)
    frame.from_client = from_client
    frame.mark = mark
    frame.octets = end - line_at
    frame.shape = shape
    frame.source = source
    frame.line_at = line_at
    frame.line_end = line_end
    frame.payload_at = payload_at
    frame.payload_end = end
    frame._tokens = None
    frame._payload = None
    return frame


def frame_of(  # noqa: PLR0917  # what the careful path finds
    from_client: bool, mark: Mark, shape: Shape | None, line: bytes, payload: Payload | None, octets: int
) -> Frame:
    """A command that was put together from several segments, or with some of its payload missing."""
    frame = Frame.__new__(Frame)
    frame.from_client = from_client
    frame.mark = mark
    frame.octets = octets
    frame.shape = shape
    frame.source = line
    frame.line_at = 0
    frame.line_end = len(line)
    frame.payload_at = -1
    frame.payload_end = -1
    frame._tokens = None
    frame._payload = payload
    return frame


class Skipped(NamedTuple):
    """A run of octets that could not be read."""

    from_client: bool
    mark: Mark
    octets: int
    reason: str


class Loss(NamedTuple):
    """Octets are missing in which whole commands may have stood."""

    from_client: bool
    mark: Mark
    length: int | None


Item = Frame | Skipped | Loss


def to_number(token: bytes) -> int | None:
    """A decimal number of at most ten digits."""
    return int(token) if token.isdigit() and len(token) <= 10 else None


def payload_length(shape: Shape, tokens: list[bytes]) -> int | None:
    """How many octets follow the line; None where no payload is announced (reference 1.2)."""
    if not shape.payload:
        return None
    count = len(tokens)
    while count and not tokens[count - 1]:
        count -= 1
    return to_number(tokens[count - 1]) if count >= shape.payload else None
