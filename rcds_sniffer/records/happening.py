# cython: annotation_typing=False
"""One thing that happened in a conversation, and its sightings on the tapped connections.

When several ends of a conversation are tapped, a text passes the tap several times: on its sender's connection
and on that of each recipient. Each is a *sighting* of one *happening*. They are aligned by what was said and by
whom; a connection shows a thing once, and of several that are alike the nearest in time is meant, so the same text
sent twice stays two happenings. A cut sighting is aligned by the pieces that were seen.
"""

from typing import TYPE_CHECKING

from rcds_sniffer.events import (
    Action,
    Connection,
    ConversationEvent,
    Details,
    Event,
    FileOctets,
    Message,
    Sending,
    Utterance,
)

if TYPE_CHECKING:
    from rcds_sniffer.records.conversation import Conversation

SECOND = 1_000_000_000

WINDOW = 600 * SECOND
"""How far apart in time two copies may be seen, ns: in one conversation kind, actor, content and number tell what
belongs together; stamps are off by as much as a shuffled capture of a quiet line moves them."""

ON_ITS_WAY = SECOND // 4
"""How long what was said may have been on its way to the server when somebody came in who received it, ns."""

LINK_SKEW = SECOND
"""How much before a connection's first packet a thing may have happened that it shows, ns, where nothing says that
this was its first."""

ARRIVAL_BITS = 40
"""Of a moment: the rest is the time."""


class Link:
    """A tapped connection, and what the recorder knows of it."""

    __slots__ = ("_latest_of_client", "_latest_of_server", "account", "awaited", "closed_at", "connection",
                 "conversation", "doubtful_from", "entered", "followed", "parties", "pieces", "started",
                 "unsure_since", "waiting")  # fmt: skip

    def __init__(self, connection: Connection, started: int) -> None:
        self.connection = connection
        self.account: str | None = None
        """At its client end, once proven."""
        self.conversation: Conversation | None = None
        """That it carries, if any."""
        self.unsure_since: int | None = None
        """Moment at which its knowledge of who is there last had a hole; None while it is complete."""
        self.doubtful_from: int | None = None
        """Moment of the first such hole."""
        self.entered = False
        """It showed its account come in, and so everybody who was there."""
        self.followed = False
        """A target takes part in it, and the follower knows."""
        self.waiting: list[tuple[Event, int]] = []
        """Events, with their moments, that nobody can be named for until ``account`` is proven."""
        self.pieces: list[tuple[FileOctets, int]] = []
        """The same of octets of files."""
        self.started = moment(started, 0)
        """Moment of its first packet."""
        self.parties: tuple[str, ...] | None = None
        """Of a connection that carries files alone, from peer to peer: whose they are, once that proves to be a
        target. Of one that carries conversations: None."""
        self.awaited: dict[int, Happening] = {}
        """What the server may yet say to have delivered, by its transaction."""
        self._latest_of_client = 0
        self._latest_of_server = 0
        self.closed_at: int | None = None
        """Moment of its end."""

    def moment_of(self, time: int, from_client: bool, arrival: int, inferred: bool = False) -> int:
        """Of what was seen here. One side's octets come in order, whatever their stamps in a shuffled capture.

        What another connection tells of this one (``inferred``) is no octet of it: what waits here behind a hole
        may be older.
        """
        latest = self._latest_of_client if from_client else self._latest_of_server
        if time > latest:
            latest = time
            if not inferred:
                if from_client:
                    self._latest_of_client = time
                else:
                    self._latest_of_server = time
        return moment(latest, arrival)

    def doubt(self, moment: int) -> None:
        """Joins and leaves may have been missed here."""
        self.unsure_since = moment
        if self.doubtful_from is None:
            self.doubtful_from = moment

    def watched(self, moment: int) -> bool:
        """True when it was open at that moment."""
        return self.started <= moment and (self.closed_at is None or moment <= self.closed_at)

    def doubtful_at(self, moment: int) -> bool:
        """True when it could not tell for certain who was there at that moment."""
        return self.doubtful_from is not None and self.doubtful_from <= moment


def moment(time: int, arrival: int) -> int:
    """A point in time that also orders what has the same time: what one packet carries, or a coarse clock.

    ``time`` is in nanoseconds since 1970 UTC, ``arrival`` counts the events of the run.
    """
    return time << ARRIVAL_BITS | arrival


class Sighting:
    """One connection's copy."""

    __slots__ = ("event", "link", "moment", "outgoing", "time")

    def __init__(self, link: Link, event: ConversationEvent, outgoing: bool, time: int, moment: int) -> None:
        self.link = link
        self.event = event
        self.outgoing = outgoing
        """True on the actor's own connection."""
        self.time = time
        """When it was seen, on a clock that nobody set."""
        self.moment = moment


class Happening:
    """One thing that happened in a conversation."""

    __slots__ = ("_into", "_key", "actor", "begun", "concluded", "conversation", "cost", "cut", "delivery",
                 "ending", "error", "file", "in_moment", "indexed", "kind", "links", "missing", "moment", "object",
                 "out_moment", "recorded", "remembered_until", "sightings", "spoken", "transfer")  # fmt: skip

    def __init__(  # noqa: PLR0915, PLR0917 - made for everything that is said, in one place
        self, kind: str, actor: str, thing: str | None, sighting: Sighting, conversation: "Conversation", begun: int
    ) -> None:
        self.kind = kind
        self.actor = actor
        self.object = thing
        """Whom an invitation asks in, or whom it is for, where it is for one alone."""
        self.conversation = conversation
        """In which it was first seen; by now another may have absorbed that one."""
        self.begun = begun
        """Capture time of its first sighting."""
        self.cost = 0
        """Octets, about, that it takes while it is remembered."""
        self.remembered_until = 0
        """For later sightings, capture time."""
        self.spoken = isinstance(sighting.event, Utterance)
        """Everybody in the conversation receives it, so that a sighting proves that they were there."""
        self.cut = not is_whole(sighting.event)
        """It is known from cut sightings only, so far."""
        self.indexed = False
        """The conversation finds it by what its sightings have in common."""
        self.out_moment: int | None = None
        """When it was seen on the actor's own connection."""
        self.in_moment: int | None = None
        """When it was first seen on another's."""
        self.moment = sighting.moment
        """When it happened, as near as was seen: where it went out, else where it first came in."""
        self.links: tuple[Link, ...] = (sighting.link,)
        """Where it was seen."""
        self.sightings: tuple[Sighting, ...] = (sighting,)
        """The copies at hand; once it is concluded, one is enough."""
        self.recorded: tuple[tuple[str | None, str | None], ...] = ()
        """Targets that have their record of it, each with the order that it serves."""
        self.delivery: str | None = None
        """``delivered`` or ``refused``, as the server told the actor's own connection."""
        self.error: Details | None = None
        """The refusal that answered an invitation: its number, and words."""
        self.concluded = False
        """True when its records are written, or another happening speaks for it."""
        self.transfer: str | None = None
        """Which transfer it is a step of, or, if ``ending``, the end."""
        self.ending = False
        self.file: dict[str, object] | None = None
        """What came of the transfer, once that is said …"""
        self.missing = 0
        """… and, where its ranges are not all kept, how many octets they lack."""
        if isinstance(sighting.event, Sending):
            self.transfer = sighting.event.transfer
            self.ending = self.transfer is not None and sighting.event.file is not None
        self._key: tuple[object, ...] | None = None
        self._into: Happening | None = None
        if sighting.outgoing:
            self.out_moment = sighting.moment
        else:
            self.in_moment = sighting.moment

    @property
    def key(self) -> tuple[object, ...] | None:
        """What sightings of it have in common; None while it is known from cut sightings only."""
        if self._key is None and not self.cut:
            whole = self.whole() or self.sightings[0]
            self._key = content_key(self.kind, self.actor, self.object, whole.event)
        return self._key

    def current(self) -> "Happening":
        """Itself, or the happening that absorbed it."""
        if self._into is None:
            return self
        happening = self._into
        while happening._into is not None:
            happening = happening._into
        return happening

    @property
    def time(self) -> int:
        """When it happened, in nanoseconds since 1970 UTC."""
        return self.moment >> ARRIVAL_BITS

    def add(self, sighting: Sighting) -> None:
        """Take in one more connection's copy."""
        if sighting.outgoing:
            self.moment = self.out_moment = sighting.moment
        elif self.in_moment is None or sighting.moment < self.in_moment:
            self.in_moment = sighting.moment
            if self.out_moment is None:
                self.moment = sighting.moment
        self.links += (sighting.link,)
        self.sightings += (sighting,)

    def absorb(self, other: "Happening") -> None:
        """``other`` proves to be the same: its sightings are this one's, and nobody is told of it twice."""
        for sighting in other.sightings:
            self.add(sighting)
        self.links += tuple([link for link in other.links if link not in self.links])
        if self.out_moment is None and other.out_moment is not None:
            self.moment = self.out_moment = other.out_moment
        self.recorded += other.recorded
        self.delivery = self.delivery or other.delivery
        self.error = self.error or other.error
        self.object = self.object or other.object
        if self.file is None:
            self.file, self.missing = other.file, other.missing
        other._into = self
        other.concluded = True

    def fits(self, link: Link, time: int, outgoing: bool) -> bool:
        """True when a copy on ``link`` at ``time`` can be one of this: a connection shows a thing once."""
        if link in self.links or (outgoing and self.out_moment is not None and self.spoken):
            return False
        if self.ending:  # its identity tells it, and its octets may have begun on another connection
            return abs(time - self.time) <= WINDOW
        earlier = ON_ITS_WAY if link.entered else LINK_SKEW  # than the connection's first packet
        return abs(time - self.time) <= WINDOW and self.time >= (link.started >> ARRIVAL_BITS) - earlier

    def settle(self) -> None:
        """Its records are written: one copy is enough to know others by."""
        if len(self.sightings) > 1:
            self.sightings = (self.whole() or self.sightings[0],)

    def whole(self) -> Sighting | None:
        """A sighting with nothing missing, the earliest that was read."""
        for sighting in self.sightings:
            if is_whole(sighting.event):
                return sighting
        return None


def is_whole(event: ConversationEvent) -> bool:
    """False for a text with octets missing."""
    return not isinstance(event, Message) or event.complete


def content_key(kind: str, actor: str, thing: str | None, event: ConversationEvent) -> tuple[object, ...] | None:
    """What all sightings of one thing have in common; None where too little was seen to say."""
    if isinstance(event, Message):
        return (kind, actor, hash(event.text)) if event.complete else None
    if isinstance(event, Action):
        return (kind, actor, hash(event.text))
    if isinstance(event, Sending):
        return (kind, actor, event.identity)
    return (kind, actor, thing)


def same_text(one: Message, other: Message) -> bool:
    """True when two copies, at least one of them cut, can be of one text: every octet seen of both agrees."""
    if one.message_id is not None and other.message_id is not None:
        return one.message_id == other.message_id
    if one.length != other.length:
        return False
    return all(
        agree(offset, piece, begin, seen) for begin, seen in pieces_of(one) for offset, piece in pieces_of(other)
    )


def agree(offset: int, piece: bytes, begin: int, seen: bytes) -> bool:
    """True when two pieces of a text, at these offsets in it, hold the same where they overlap."""
    first, last = max(offset, begin), min(offset + len(piece), begin + len(seen))
    return first >= last or piece[first - offset : last - offset] == seen[first - begin : last - begin]


def pieces_of(message: Message) -> tuple[tuple[int, bytes], ...]:
    """What was seen of a text, with the offsets in it."""
    if message.known is not None:
        return message.known
    try:
        return ((0, message.text.encode(str(message.details.get("charset") or "utf-8"), "replace")),)
    except LookupError:
        return ()
