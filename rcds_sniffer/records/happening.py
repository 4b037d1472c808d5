"""One thing that happened in a conversation, and its sightings on the tapped connections.

When several ends of a conversation are tapped, a text passes the tap several times: on its sender's connection
and on that of each recipient. Each is a *sighting* of one *happening*. They are aligned by what was said, by
whom, and by order: the n-th sighting of "ok" from Alice on one connection is the n-th on another, so the same
text sent twice stays two happenings. A cut sighting is aligned by the pieces that were seen.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from rcds_sniffer.events import Action, Connection, ConversationEvent, Event, Message

if TYPE_CHECKING:
    from rcds_sniffer.records.conversation import Conversation

SECOND = 1_000_000_000

SKEW = 10 * SECOND
"""How much earlier than on its sender's connection a copy may be seen (shuffled or merged captures), ns."""

WINDOW = 30 * SECOND
"""How much later than on its sender's connection, or than another copy, a copy may be seen, ns."""

UTTERANCES = frozenset({"message", "typing", "nudge", "action"})
"""Kinds that everybody in the conversation receives, so that a sighting proves that they were there."""


class Link:
    """A tapped connection, and what the recorder knows of it."""

    __slots__ = ("account", "closed", "connection", "conversation", "unsure_since", "waiting")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.account: str | None = None
        """At its client end, once proven."""
        self.conversation: Conversation | None = None
        """That it carries, if any."""
        self.unsure_since: int | None = None
        """When its knowledge of who is there last had a hole; None while it is complete."""
        self.waiting: list[Event] = []
        """Events that nobody can be named for until ``account`` is proven."""
        self.closed = False


class Sighting(NamedTuple):
    """One connection's copy."""

    link: Link
    event: ConversationEvent
    outgoing: bool
    """True on the actor's own connection."""


class Happening:
    """One thing that happened in a conversation."""

    __slots__ = ("_into", "actor", "concluded", "delivery", "error", "in_time", "key", "kind", "links", "object",
                 "out_time", "recorded", "sightings", "witnesses")  # fmt: skip

    def __init__(self, kind: str, actor: str, thing: str | None, key: tuple[object, ...] | None) -> None:
        self.kind = kind
        self.actor = actor
        self.object = thing
        """Whom an invitation asks in."""
        self.key = key
        """What sightings of it have in common; None while it is known from cut sightings only."""
        self.out_time: int | None = None
        """When it was seen on the actor's own connection."""
        self.in_time: int | None = None
        """When it was first seen on another's."""
        self.links: list[Link] = []
        """Where it was seen."""
        self.sightings: list[Sighting] = []
        """The copies at hand; once it is concluded, one is enough."""
        self.witnesses: set[str] = set()
        """Accounts whose connections carried it: they were there."""
        self.recorded: set[str | None] = set()
        """Targets that have their record of it."""
        self.delivery: str | None = None
        """``delivered`` or ``refused``, as the server told the actor's own connection."""
        self.error: object = None
        """The number of the error that answered an invitation."""
        self.concluded = False
        """True when its records are written, or another happening speaks for it."""
        self._into: Happening | None = None

    @property
    def current(self) -> "Happening":
        """Itself, or the happening that absorbed it."""
        happening = self
        while happening._into is not None:
            happening = happening._into
        return happening

    @property
    def time(self) -> int:
        """When it happened, as near as was seen."""
        return self.out_time if self.out_time is not None else self.in_time or 0

    def add(self, sighting: Sighting) -> None:
        """Take in one more connection's copy."""
        time = sighting.event.seen.time
        if sighting.outgoing:
            self.out_time = time
        elif self.in_time is None or time < self.in_time:
            self.in_time = time
        self.links.append(sighting.link)
        self.sightings.append(sighting)
        if self.kind in UTTERANCES and sighting.link.account is not None:
            self.witnesses.add(sighting.link.account)

    def absorb(self, other: "Happening") -> None:
        """``other`` proves to be the same: its sightings are this one's, and nobody is told of it twice."""
        for sighting in other.sightings:
            self.add(sighting)
        self.links += other.links
        self.witnesses |= other.witnesses
        self.recorded |= other.recorded
        self.delivery = self.delivery or other.delivery
        self.error = self.error or other.error
        other._into = self
        other.concluded = True

    def fits(self, link: Link, time: int, outgoing: bool) -> bool:
        """True when a copy on ``link`` at ``time`` can be one of this: a connection shows a thing once."""
        if link in self.links:
            return False
        if self.kind not in UTTERANCES:
            return abs(time - self.time) <= WINDOW
        if outgoing:
            return self.out_time is None and self.in_time is not None and -SKEW <= self.in_time - time <= WINDOW
        if self.out_time is not None:
            return -SKEW <= time - self.out_time <= WINDOW
        return self.in_time is not None and abs(time - self.in_time) <= WINDOW

    def settle(self) -> None:
        """Its records are written: one copy is enough to know others by."""
        self.sightings = [self.whole or self.sightings[0]]

    @property
    def whole(self) -> Sighting | None:
        """A sighting with nothing missing, the earliest that was read."""
        return next((s for s in self.sightings if is_whole(s.event)), None)


def is_whole(event: ConversationEvent) -> bool:
    """False for a text with octets missing."""
    return not isinstance(event, Message) or event.complete


def content_key(kind: str, actor: str, thing: str | None, event: ConversationEvent) -> tuple[object, ...] | None:
    """What all sightings of one thing have in common; None where too little was seen to say."""
    if isinstance(event, Message):
        return (kind, actor, hash(event.text)) if event.complete else None
    if isinstance(event, Action):
        return (kind, actor, hash(event.text))
    return (kind, actor, thing)


def same_text(one: Message, other: Message) -> bool:
    """True when two copies, at least one of them cut, can be of one text: every octet seen of both agrees."""
    if one.message_id is not None or other.message_id is not None:
        return one.message_id == other.message_id
    if one.length != other.length:
        return False
    seen = dict(_octets(one))
    return all(seen.get(offset, octet) == octet for offset, octet in _octets(other))


def _octets(message: Message) -> Iterable[tuple[int, int]]:
    if message.known is not None:
        pieces = message.known
    else:
        charset = str(message.details.get("charset") or "utf-8")
        try:
            pieces = ((0, message.text.encode(charset, "replace")),)
        except LookupError:
            pieces = ()
    for offset, piece in pieces:
        yield from enumerate(piece, offset)
