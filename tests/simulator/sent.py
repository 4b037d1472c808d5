"""What was really sent in files, and where on the wire each octet of it stands.

Takes what transfers tell while they run; gives the list that recovered files are judged by. The octets of a file
are on several connections, in pieces; :func:`survived` says what of them the given frames show. Three things are
asked of what is recovered: it holds nothing that is not ``possible``, it holds all that is ``certain`` (whole
commands that no hole precedes), and where two pieces say different things the one seen first stands.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from .packets import Frame, Range
from .samples import digest

if TYPE_CHECKING:
    from .tcp import Connection, Write

Span = tuple[int, int]
Copies = list[tuple["Connection", list["Write"]]]
"""A letter on each connection that showed it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Octets of a file, as one connection carried them."""

    command: tuple[Range, ...]
    """All of the command or block that they stand in."""
    places: tuple[Range, ...]
    """Their own: several where the tunnel cut them."""
    offset: int
    """In the file."""
    octets: bytes
    framed: bool
    """Behind a hole the stream is understood again at the next command; else never again."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One content that one account sent another."""

    kind: str
    """``file``, ``picture``, ``emoticon``, ``wink`` or ``voice-clip``."""
    sender: str
    recipient: str
    name: str | None
    """As sent; None for what has no name."""
    size: int
    """As announced."""
    sha1: str
    """Of the whole content, as its sender has it."""
    transfer: str
    outcome: str
    """``complete``, ``cancelled``, ``cut``."""
    conversation: str
    pieces: tuple[Piece, ...]
    verified: bool | None = None
    """Whether a whole content is what its object announced; None: nothing was announced."""
    sure: bool = True
    """Whether it is certain what a reader must make of it."""
    offers: tuple[tuple[Range, ...], ...] = ()
    """What names it, on each connection that showed that."""
    letters: tuple[tuple[tuple[Range, ...], ...], ...] = ()
    """What agreed on a connection for it, each on each connection that showed it."""
    content: bytes = b""
    """What is there of it, without the holes."""
    ranges: tuple[Span, ...] = ()
    """What is possible."""
    certain: tuple[Span, ...] = ()
    first_seen: int | None = None

    @property
    def complete(self) -> bool:
        """Whether all that was announced is there."""
        return (self.size == 0 and self.outcome == "complete") or self.ranges == ((0, self.size),)

    def concerns(self, target: str) -> bool:
        """Whether it was the target's."""
        return target in (self.sender, self.recipient)

    def of(self, ranges: Sequence[Sequence[int]]) -> bytes | None:
        """The octets at these ranges, in order; None where any of them is not there."""
        out = []
        for begin, end in ranges:
            at = 0
            for first, last in self.ranges:
                if first <= begin and end <= last:
                    out.append(self.content[at + begin - first : at + end - first])
                    break
                at += last - first
            else:
                return None
        return b"".join(out)


@dataclass
class Moving:
    """A content while a script sends it."""

    kind: str
    sender: str
    recipient: str
    name: str | None
    size: int
    content: bytes
    transfer: str
    conversation: str
    verified: bool | None = None
    sure: bool = True
    outcome: str = "cut"
    pieces: list[tuple[Connection, Write, int, int, bytes, bool]] = field(default_factory=list)
    offers: Copies = field(default_factory=list)
    letters: list[Copies] = field(default_factory=list)

    def passed(
        self, connection: Connection, write: Write, at: int, offset: int, octets: bytes, *, framed: bool
    ) -> None:
        """These octets of it stood in that write, ``at`` its beginning."""
        if connection.tapped:
            self.pieces.append((connection, write, at, offset, octets, framed))


def settled(
    moving: Moving, pieces: Iterable[Piece], placed: Callable[[Copies], Iterable[tuple[Range, ...]]]
) -> Sent:
    """As it is judged, its pieces where the wire has them."""
    return Sent(
        moving.kind,
        moving.sender,
        moving.recipient,
        moving.name,
        moving.size,
        digest(moving.content).hex(),
        moving.transfer,
        moving.outcome,
        moving.conversation,
        tuple(pieces),
        moving.verified,
        moving.sure,
        tuple(placed(moving.offers)),
        tuple(tuple(placed(letter)) for letter in moving.letters),
    )


def survived(sent: Iterable[Sent], frames: Iterable[Frame]) -> list[Sent]:
    """What these frames show of each; what left no trace is not in it."""
    seen = _Seen(frames)
    out = []
    for one in sent:
        found, certain = [], []
        agreed = all(any(all(map(seen.all_of, copy)) for copy in letter) for letter in one.letters)
        for piece in one.pieces:
            at = 0
            for place in piece.places:
                for begin, end, time in seen.of(place):
                    octets = piece.octets[at + begin - place.offset : at + end - place.offset]
                    found.append((time, piece.offset + at + begin - place.offset, octets))
                at += place.length
            understood = all(seen.all_of(at) and seen.is_understood(at, piece.framed) for at in piece.command)
            if understood and (piece.framed or agreed):
                certain.append((piece.offset, piece.offset + len(piece.octets)))
        if not found and not any(seen.of(place) for piece in one.pieces for place in piece.command):
            continue
        named = any(all(map(seen.all_of, offer)) for offer in one.offers)
        content: dict[int, int] = {}
        for _, offset, octets in sorted(found, key=lambda item: item[:2]):
            for number, octet in enumerate(octets):
                if offset + number < one.size:
                    content.setdefault(offset + number, octet)
        out.append(
            replace(
                one,
                name=one.name if named else None,
                content=bytes(content[at] for at in sorted(content)),
                ranges=_joined((at, at + 1) for at in content),
                certain=_joined((begin, min(end, one.size)) for begin, end in certain if begin < one.size),
                first_seen=min((time for time, *_ in found), default=None),
            )
        )
    return out


class _Seen:
    """Which stream octets the frames bring."""

    def __init__(self, frames: Iterable[Frame]) -> None:
        self._parts: dict[tuple[int, bool], list[tuple[int, int, int]]] = {}
        for frame in frames:
            part = frame.carries
            if part is not None and part.length:
                self._parts.setdefault((part.stream, part.from_client), []).append(
                    (part.offset, part.end, frame.time)
                )
        self._whole = {
            key: _joined((begin, end) for begin, end, _ in sorted(parts)) for key, parts in self._parts.items()
        }

    def of(self, wanted: Range) -> list[tuple[int, int, int]]:
        """What of a place is there, and when it came."""
        parts = self._parts.get((wanted.stream, wanted.from_client), [])
        return [
            (max(begin, wanted.offset), min(end, wanted.end), time)
            for begin, end, time in parts
            if begin < wanted.end and wanted.offset < end
        ]

    def all_of(self, wanted: Range) -> bool:
        """Whether a place is there without holes."""
        return any(begin <= wanted.offset and wanted.end <= end for begin, end in self._whole_of(wanted))

    def is_understood(self, wanted: Range, framed: bool) -> bool:
        """Whether no hole lies before it; in a stream of commands, none so near that it may hide the beginning."""
        spans = self._whole_of(wanted)
        at = bisect_right(spans, (wanted.offset, 1 << 62)) - 1
        begin = spans[at][0]
        return begin == 0 or (framed and wanted.offset - begin > BEHIND_A_HOLE)

    def _whole_of(self, wanted: Range) -> tuple[Span, ...]:
        return self._whole.get((wanted.stream, wanted.from_client), ())


BEHIND_A_HOLE = 3200
"""Octets behind a hole in which a reader may still look for the next command: two of the largest."""


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    out: list[Span] = []
    for begin, end in sorted(spans):
        if begin >= end:
            continue
        if out and begin <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((begin, end))
    return tuple(out)


def files_to_json(sent: Sequence[Sent]) -> list[dict[str, object]]:
    """The truth as plain values, for a file beside the capture; of a cut content, the hash of what is there."""
    return [
        {
            "kind": one.kind,
            "sender": one.sender,
            "recipients": [one.recipient],
            "name": one.name,
            "size": one.size,
            "sha256": sha256(one.content).hexdigest(),
            "sha1": one.sha1,
            "complete": one.complete,
            "verified": one.verified if one.complete else None,
            **({} if one.complete else {"ranges": [list(span) for span in one.ranges]}),
            **({} if one.sure else {"sure": False}),
            "outcome": one.outcome,
            "transfer": one.transfer,
            "conversation": one.conversation,
        }
        for one in sent
    ]
