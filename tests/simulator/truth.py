"""What was really said and done, and where on the wire each copy of it stands.

Takes nothing but what the world tells it; gives the list that a decoder's records are judged by. A message stands
on the sender's connection and once more on the connection of each who was there: the *copies*. Whether a tap could
see it at all is a question about copies, so a capture from which frames were lost is judged as exactly as a whole
one: :func:`witnessed` says for each thing whether some copy is whole in the given frames, and when it came.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from .packets import Frame, Range

KINDS = (
    "login", "logout", "presence", "rename", "personal-message", "invite", "join", "leave",
    "message", "typing", "nudge", "action", "emoticon", "wink", "voice-clip", "ink", "call", "webcam",
    "file-offer", "file-accept", "file-decline", "application", "client", "contact", "profile",
    "mail-notice",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Copy:
    """One appearance of a thing, on the connection of one account."""

    account: str
    tapped: bool
    ranges: tuple[Range, ...]
    """The command lines and payloads; several for a multi-part message and for doubled endpoint lines."""


@dataclass(frozen=True, slots=True)
class Said:
    """One thing said or done by one account."""

    kind: str
    sender: str
    recipients: tuple[str, ...]
    """The accounts present at that moment without the sender, sorted; for an invitation those who are invited."""
    text: str | None
    """The message; for presence the code; for a rename the new name."""
    time: int | None
    """Of the packet with the first octet on the sender's own connection; None when that was not captured."""
    name: str | None
    """The sender's display name at that moment."""
    outcome: str | None
    """For what is sent through a switchboard: ``delivered`` or ``refused``."""
    answer: str | None
    """The server's answer on the sender's connection: ``ACK``, ``NAK`` or None."""
    conversation: str | None
    """The session id of the switchboard."""
    version: int
    """The MSNP version of the sender's client."""
    copies: tuple[Copy, ...]
    first_seen: int | None = None
    """Of the first octet on any captured connection."""
    whole: bool = True
    """False when no captured copy has all its octets."""
    details: Mapping[str, object] | None = None
    """What a record must say of it beyond all this, by the names of docs/records.md; None: nobody said."""

    @property
    def captured(self) -> bool:
        """Whether any of its copies is on a tapped connection."""
        return any(copy.tapped for copy in self.copies)

    def concerns(self, target: str) -> bool:
        """Whether the target took part."""
        return target == self.sender or target in self.recipients


def expected_messages(
    truth: Iterable[Said], target: str, kinds: Sequence[str] = ("message",), *, incomplete: bool = False
) -> list[Said]:
    """What must be recorded for the target: it took part, and the tap saw a whole copy.

    A refused message reached nobody, so it is on the sender's connection only.
    """
    return [
        said
        for said in truth
        if said.kind in kinds and said.concerns(target) and said.captured and (said.whole or incomplete)
    ]


def witnessed(truth: Iterable[Said], frames: Iterable[Frame]) -> list[Said]:
    """The truth as far as these frames show it, times corrected; things that left no trace are not in it.

    ``whole`` needs every octet of one copy; a thing of which only pieces are left stays in with ``whole`` false.
    """
    seen = _Seen(frames)
    out = []
    for said in truth:
        copies = [copy for copy in said.copies if copy.tapped and any(map(seen.any_of, copy.ranges))]
        if not copies:
            continue
        first = [time for copy in copies for time in [seen.time_of(copy.ranges[0])] if time is not None]
        own = [seen.time_of(copy.ranges[0]) for copy in copies if copy.account == said.sender]
        whole = any(all(map(seen.all_of, copy.ranges)) for copy in copies)
        out.append(
            replace(
                said,
                time=own[0] if own else None,
                first_seen=min(first, default=None),
                whole=whole,
                copies=tuple(copies),
            )
        )
    return out


class _Seen:
    """Which stream octets the frames bring, and when each first came."""

    def __init__(self, frames: Iterable[Frame]) -> None:
        parts: dict[tuple[int, bool], list[tuple[int, int, int]]] = {}
        for frame in frames:
            part = frame.carries
            if part is not None and part.length:
                parts.setdefault((part.stream, part.from_client), []).append((part.offset, part.end, frame.time))
        self._parts = {key: sorted(value) for key, value in parts.items()}

    def time_of(self, wanted: Range) -> int | None:
        parts = self._parts.get((wanted.stream, wanted.from_client), [])
        until = bisect_right(parts, (wanted.offset, 1 << 62, 0))
        return min((time for begin, end, time in parts[:until] if begin <= wanted.offset < end), default=None)

    def any_of(self, wanted: Range) -> bool:
        parts = self._parts.get((wanted.stream, wanted.from_client), [])
        return any(begin < wanted.end and wanted.offset < end for begin, end, _ in parts)

    def all_of(self, wanted: Range) -> bool:
        reached = wanted.offset
        for begin, end, _ in self._parts.get((wanted.stream, wanted.from_client), []):
            if begin > reached:
                break
            reached = max(reached, end)
        return reached >= wanted.end


def to_json(truth: Sequence[Said]) -> list[dict[str, object]]:
    """The truth as plain values, for a file beside the capture."""
    return [
        {
            "kind": said.kind,
            "sender": said.sender,
            "name": said.name,
            "recipients": list(said.recipients),
            "text": said.text,
            "time": _rfc3339(said.time),
            "first_seen": _rfc3339(said.first_seen),
            "outcome": said.outcome,
            "answer": said.answer,
            "conversation": said.conversation,
            "version": said.version,
            "whole": said.whole,
            "seen_on": [copy.account for copy in said.copies if copy.tapped],
            **({} if said.details is None else {"details": dict(said.details)}),
        }
        for said in truth
    ]


def _rfc3339(time: int | None) -> str | None:
    if time is None:
        return None
    seconds, fraction = divmod(time, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction // 1000:06d}Z"
