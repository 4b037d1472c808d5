"""What framing gives: commands, and what is between them.

A command is a line, and perhaps a payload whose length is the line's last token (reference 1.1 and 1.2).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from msnp.events import Mark

PLAUSIBLE = re.compile(rb"(?:[A-Z]{3}|[0-9]{3})(?:[ \t][\t\x20-\x7e\x80-\xff]*)?")
ERROR = b"NNN"
"""Key of the shape that all numeric replies share."""


class MalformedError(ValueError):
    """A command whose arguments or payload cannot be read; what handlers raise, and the session reports."""


class Shape(NamedTuple):
    """What the framer must know of a command."""

    form: re.Pattern[bytes]
    """The whole line, as strictly as all versions allow; asked only where trust has to be earned."""
    payload: int = 0
    """0: none. n: the last token is the payload's length if it is a number and there are at least n tokens."""
    opens: re.Pattern[bytes] | None = None
    """How its payload begins."""
    telling: bool = False
    """Hardly anything else looks like it."""


class Payload(NamedTuple):
    """The octets behind a line, as far as they were seen."""

    length: int
    pieces: tuple[tuple[int, bytes], ...]
    """Offset and octets; one piece at 0 when nothing is missing."""

    @property
    def missing(self) -> int:
        """Octets announced and not seen."""
        return self.length - sum(len(octets) for _, octets in self.pieces)


class Frame(NamedTuple):
    """One command."""

    from_client: bool
    mark: Mark
    tokens: list[bytes]
    payload: Payload | None
    """None where none is announced."""
    octets: int
    """Of line, line end and payload, as far as seen."""
    shape: Shape | None
    """None: a command that no table knows."""

    def word(self, index: int) -> bytes:
        """A token that must be there."""
        if index >= len(self.tokens) or not self.tokens[index]:
            raise MalformedError(f"no argument {index}")
        return self.tokens[index]

    def number(self, index: int) -> int:
        """A token that must be a number."""
        if (number := to_number(self.word(index))) is None:
            raise MalformedError(f"argument {index} is no number")
        return number


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
