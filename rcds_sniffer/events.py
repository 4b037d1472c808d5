# cython: annotation_typing=False
"""The shared vocabulary: what happened, who, to whom, when, in whatever protocol.

A protocol's door (:mod:`rcds_sniffer.protocols`) yields these, the recorder (:mod:`rcds_sniffer.records`) takes
them; neither knows the other. ``None`` is unknown, never an empty guess; where an account is asked for, ``None``
is the account at the client end of the connection, whoever that proves to be. Accounts are normalised.

One of these is made for every command on the line, so they are plain classes with slots, cheap to make, and C
structures where this module is compiled (``events.pxd``). Nobody changes one that was handed on. Each takes its
connection, where it was seen, whether it was inferred, and then its own ``FIELDS``, by place or by name.
"""

from collections.abc import Mapping
from typing import ClassVar

Details = Mapping[str, object]

NOTHING: Details = {}
"""The details of what has none; shared, and never changed."""


class Connection:
    """One connection that a decoder follows; compared by identity, since port pairs are used again."""

    __slots__ = ("client", "heard", "muted", "protocol", "realm", "server", "shared", "started", "version")

    def __init__(  # noqa: PLR0917 - made in few places, and from a tuple
        self,
        protocol: str,
        client: str,
        server: str,
        started: int,
        version: str | None = None,
        realm: str | None = None,
        shared: bool = False,
    ) -> None:
        self.protocol = protocol
        self.client = client
        """``ip:port``, IPv6 in brackets."""
        self.server = server
        self.started = started
        """Time of its first packet, nanoseconds since 1970 UTC."""
        self.version = version
        """``MSNP15``; set when the connection agreed on it."""
        self.realm = realm
        """Where the id of its conversation is like no other; None: on its server."""
        self.shared = shared
        """It is one of several that the same packets carry, or carries one conversation among several."""
        self.heard = 0
        """When octets of it were last handed to its decoder, nanoseconds since 1970 UTC."""
        self.muted = False
        """Set by the recorder: nobody need read what is said here, only who comes and goes."""


class Seen:
    """Where an event's first octet was seen."""

    FIELDS: ClassVar[tuple[str, ...]] = ("time", "sequence", "packet", "source", "from_client", "ordinal")
    __slots__ = (*FIELDS, "until")

    def __init__(  # noqa: PLR0917 - made for every command, and always in this order
        self, time: int, sequence: int, packet: int, source: str, from_client: bool, ordinal: int = 0
    ) -> None:
        self.time = time
        """Nanoseconds since 1970 UTC, of the packet."""
        self.sequence = sequence
        """TCP sequence number of the octet."""
        self.packet = packet
        """Number of the packet in its source."""
        self.source = source
        self.from_client = from_client
        self.ordinal = ordinal
        """Tells apart events that begin at one octet."""
        self.until = 0
        """When its last octet was seen; the recorder notes it when it gets the event."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Seen) and all(getattr(self, n) == getattr(other, n) for n in Seen.FIELDS)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Seen({', '.join(repr(getattr(self, name)) for name in Seen.FIELDS)})"


class Event:
    """Something that happened on a connection."""

    __slots__ = ("connection", "inferred", "seen")

    FIELDS: ClassVar[tuple[str, ...]] = ()
    """Its own, in their order; connection, seen and inferred come before them."""

    def __init__(self, connection: Connection, seen: Seen, inferred: bool = False) -> None:
        self.connection = connection
        self.seen = seen
        self.inferred = inferred
        """True where it follows from other traffic instead of standing on the line."""

    def __eq__(self, other: object) -> bool:
        names = ("connection", "seen", "inferred", *self.FIELDS)
        return type(other) is type(self) and all(getattr(self, name) == getattr(other, name) for name in names)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        own = "".join(f", {name}={getattr(self, name)!r}" for name in self.FIELDS)
        return f"{type(self).__name__}({self.seen!r}{', inferred' if self.inferred else ''}{own})"


# --- what a connection is -----------------------------------------------------------------------------------


class AccountKnown(Event):
    """The account at the client end is proven."""

    FIELDS: ClassVar[tuple[str, ...]] = ("account", "evidence")
    __slots__ = FIELDS

    def __init__(
        self, connection: Connection, seen: Seen, inferred: bool = False, *, account: str, evidence: str
    ) -> None:
        self.connection, self.seen, self.inferred = connection, seen, inferred
        self.account = account
        self.evidence = evidence


class ConversationKnown(Event):
    """The conversation that this connection carries has this id, which all its connections share."""

    FIELDS: ClassVar[tuple[str, ...]] = ("session_id",)
    __slots__ = FIELDS

    def __init__(self, connection: Connection, seen: Seen, inferred: bool = False, *, session_id: str) -> None:
        self.connection, self.seen, self.inferred = connection, seen, inferred
        self.session_id = session_id


class ConnectionClosed(Event):
    """The connection is over; nothing more will be seen on it."""

    __slots__ = ()


# --- what happens to an account -----------------------------------------------------------------------------


class AccountEvent(Event):
    """Base of what concerns the connection's own account alone."""

    FIELDS: ClassVar[tuple[str, ...]] = ("details",)
    __slots__ = FIELDS

    def __init__(
        self, connection: Connection, seen: Seen, inferred: bool = False, *, details: Details = NOTHING
    ) -> None:
        self.connection, self.seen, self.inferred = connection, seen, inferred
        self.details = details


class Login(AccountEvent):
    """The account signed in, or tried to (``details['error']``)."""

    __slots__ = ("account", "name")
    FIELDS = ("account", "name", "details")

    def __init__(
        self,
        connection: Connection,
        seen: Seen,
        inferred: bool = False,
        *,
        account: str | None = None,
        name: str | None = None,
        details: Details = NOTHING,
    ) -> None:
        self.connection, self.seen, self.inferred, self.details = connection, seen, inferred, details
        self.account = account
        """As claimed; a refused login proves no account."""
        self.name = name


class Logout(AccountEvent):
    """The account signed out, or was signed out."""

    __slots__ = ()


class Presence(AccountEvent):
    """A status: the own (``account`` None), or a contact's as told to the own account."""

    __slots__ = ("account", "name")
    FIELDS = ("account", "name", "details")

    def __init__(
        self,
        connection: Connection,
        seen: Seen,
        inferred: bool = False,
        *,
        account: str | None,
        name: str | None = None,
        details: Details = NOTHING,
    ) -> None:
        self.connection, self.seen, self.inferred, self.details = connection, seen, inferred, details
        self.account = account
        self.name = name


class Profile(AccountEvent):
    """What is known of the own account itself: its display name, its profile."""

    __slots__ = ("content_type", "name")
    FIELDS = ("name", "content_type", "details")

    def __init__(
        self,
        connection: Connection,
        seen: Seen,
        inferred: bool = False,
        *,
        name: str | None = None,
        content_type: str | None = None,
        details: Details = NOTHING,
    ) -> None:
        self.connection, self.seen, self.inferred, self.details = connection, seen, inferred, details
        self.name = name
        self.content_type = content_type


class Contact(AccountEvent):
    """What is known of a contact of the own account's, and what changed in the list."""

    __slots__ = ("account", "by_contact", "name")
    FIELDS = ("account", "name", "by_contact", "details")

    def __init__(
        self,
        connection: Connection,
        seen: Seen,
        inferred: bool = False,
        *,
        account: str,
        name: str | None = None,
        by_contact: bool = False,
        details: Details = NOTHING,
    ) -> None:
        self.connection, self.seen, self.inferred, self.details = connection, seen, inferred, details
        self.account = account
        self.name = name
        self.by_contact = by_contact
        """It was the contact who did it."""


class MailNotice(AccountEvent):
    """The own account was told of mail."""

    __slots__ = ("content_type",)
    FIELDS = ("content_type", "details")

    def __init__(
        self,
        connection: Connection,
        seen: Seen,
        inferred: bool = False,
        *,
        content_type: str,
        details: Details = NOTHING,
    ) -> None:
        self.connection, self.seen, self.inferred, self.details = connection, seen, inferred, details
        self.content_type = content_type


class Undecoded(AccountEvent):
    """Octets of the connection could not be read."""

    __slots__ = ("octets",)
    FIELDS = ("octets", "details")

    def __init__(
        self,
        connection: Connection,
        seen: Seen,
        inferred: bool = False,
        *,
        octets: int,
        details: Details = NOTHING,
    ) -> None:
        self.connection, self.seen, self.inferred, self.details = connection, seen, inferred, details
        self.octets = octets


# --- what happens in a conversation -------------------------------------------------------------------------


class ConversationEvent(Event):
    """Base of what more than one account takes part in."""

    __slots__ = ()


class Entered(ConversationEvent):
    """The own account came into the conversation."""

    __slots__ = ()


class _Came(ConversationEvent):
    FIELDS: ClassVar[tuple[str, ...]] = ("account", "name", "details")
    __slots__ = FIELDS

    def __init__(
        self,
        connection: Connection,
        seen: Seen,
        inferred: bool = False,
        *,
        account: str,
        name: str | None = None,
        details: Details = NOTHING,
    ) -> None:
        self.connection, self.seen, self.inferred = connection, seen, inferred
        self.account = account
        self.name = name
        self.details = details


class Present(_Came):
    """Somebody was there before the own account came in."""

    __slots__ = ()


class Joined(_Came):
    """Somebody else came in."""

    __slots__ = ()


class Left(ConversationEvent):
    """The own account (None) or somebody else left."""

    FIELDS: ClassVar[tuple[str, ...]] = ("account", "details")
    __slots__ = FIELDS

    def __init__(
        self,
        connection: Connection,
        seen: Seen,
        inferred: bool = False,
        *,
        account: str | None,
        details: Details = NOTHING,
    ) -> None:
        self.connection, self.seen, self.inferred = connection, seen, inferred
        self.account = account
        self.details = details


class RosterUnsure(ConversationEvent):
    """From here on joins and leaves may have been missed."""

    __slots__ = ()


class Invited(ConversationEvent):
    """Somebody (None: the own account) asked somebody (None: the own account) into the conversation."""

    FIELDS: ClassVar[tuple[str, ...]] = ("sender", "sender_name", "account", "session_id", "server", "details")
    __slots__ = FIELDS

    def __init__(
        self,
        connection: Connection,
        seen: Seen,
        inferred: bool = False,
        *,
        sender: str | None,
        sender_name: str | None = None,
        account: str | None,
        session_id: str | None = None,
        server: str | None = None,
        details: Details = NOTHING,
    ) -> None:
        self.connection, self.seen, self.inferred, self.details = connection, seen, inferred, details
        self.sender = sender
        self.sender_name = sender_name
        self.account = account
        self.session_id = session_id
        """Where the invitation names it; it comes on another connection than the conversation's."""
        self.server = server


class Utterance(ConversationEvent):
    """Base of what people send to each other."""

    FIELDS: ClassVar[tuple[str, ...]] = ("sender", "sender_name", "content_type", "transaction", "details")
    __slots__ = FIELDS

    def __init__(
        self,
        connection: Connection,
        seen: Seen,
        inferred: bool = False,
        *,
        sender: str | None,
        sender_name: str | None = None,
        content_type: str | None = None,
        transaction: int | None = None,
        details: Details = NOTHING,
    ) -> None:
        self.connection, self.seen, self.inferred, self.details = connection, seen, inferred, details
        self.sender = sender
        """None: the own account."""
        self.sender_name = sender_name
        self.content_type = content_type
        self.transaction = transaction
        """A :class:`Delivery` on the same connection may name it."""


class Message(Utterance):
    """A text."""

    __slots__ = ("complete", "format", "known", "length", "message_id", "missing", "text")
    FIELDS = (*Utterance.FIELDS, "text", "format", "message_id", "missing", "complete", "known", "length")

    def __init__(
        self,
        connection: Connection,
        seen: Seen,
        inferred: bool = False,
        *,
        sender: str | None,
        sender_name: str | None = None,
        content_type: str | None = None,
        transaction: int | None = None,
        details: Details = NOTHING,
        text: str,
        format: Details | None = None,
        message_id: str | None = None,
        missing: int = 0,
        complete: bool = True,
        known: tuple[tuple[int, bytes], ...] | None = None,
        length: int = 0,
    ) -> None:
        self.connection, self.seen, self.inferred, self.details = connection, seen, inferred, details
        self.sender, self.sender_name = sender, sender_name
        self.content_type, self.transaction = content_type, transaction
        self.text = text
        """Exactly as sent; where octets are missing, the pieces that were seen."""
        self.format = format
        self.message_id = message_id
        """The sender's own id of it, where there is one."""
        self.missing = missing
        """Octets that the tap did not see."""
        self.complete = complete
        self.known = known
        """Of an incomplete text: the pieces that were seen, with their offsets in it."""
        self.length = length
        """Octets of the whole text, as announced."""


class Typing(Utterance):
    """Somebody is typing."""

    __slots__ = ()


class Nudge(Utterance):
    """A nudge."""

    __slots__ = ()


class Action(Utterance):
    """An action text: ``waves``."""

    __slots__ = ("text",)
    FIELDS = (*Utterance.FIELDS, "text")

    def __init__(
        self,
        connection: Connection,
        seen: Seen,
        inferred: bool = False,
        *,
        sender: str | None,
        sender_name: str | None = None,
        content_type: str | None = None,
        transaction: int | None = None,
        details: Details = NOTHING,
        text: str,
    ) -> None:
        self.connection, self.seen, self.inferred, self.details = connection, seen, inferred, details
        self.sender, self.sender_name = sender, sender_name
        self.content_type, self.transaction = content_type, transaction
        self.text = text


class Sending(Utterance):
    """Anything else that people send each other: an invitation, a wink, handwriting …"""

    __slots__ = ("file", "identity", "kind", "recipient", "text", "transfer")
    FIELDS = (*Utterance.FIELDS, "kind", "text", "identity", "recipient", "transfer", "file")

    def __init__(
        self,
        connection: Connection,
        seen: Seen,
        inferred: bool = False,
        *,
        sender: str | None,
        sender_name: str | None = None,
        content_type: str | None = None,
        transaction: int | None = None,
        details: Details = NOTHING,
        kind: str,
        text: str | None = None,
        identity: str,
        recipient: str | None = None,
        transfer: str | None = None,
        file: Details | None = None,
    ) -> None:
        self.connection, self.seen, self.inferred, self.details = connection, seen, inferred, details
        self.sender, self.sender_name = sender, sender_name
        self.content_type, self.transaction = content_type, transaction
        self.kind = kind
        """As a record's event, or ``application``: an invitation to something that has no event of its own."""
        self.text = text
        self.identity = identity
        """Equal in all copies of it, and in no other thing of its kind by the same person."""
        self.recipient = recipient
        """The account that it is for; None: everybody in the conversation."""
        self.transfer = transfer
        """Which transfer it offers, answers or ends; :class:`FileOctets` of the same sender have the same."""
        self.file = file
        """At the end of a transfer: its ``name`` as sent, ``size`` in octets, ``sha1`` as announced (hexadecimal),
        each None if unknown, and its ``outcome``: ``complete``, ``cancelled`` or ``cut``."""


class FileOctets(Utterance):
    """Some octets of a file or picture on its way; a :class:`Sending` with the same transfer ends it."""

    __slots__ = ("octets", "offset", "recipient", "transfer")
    FIELDS = (*Utterance.FIELDS, "recipient", "transfer", "offset", "octets")

    def __init__(
        self,
        connection: Connection,
        seen: Seen,
        inferred: bool = False,
        *,
        sender: str | None,
        sender_name: str | None = None,
        content_type: str | None = None,
        transaction: int | None = None,
        details: Details = NOTHING,
        recipient: str | None,
        transfer: str,
        offset: int,
        octets: bytes,
    ) -> None:
        self.connection, self.seen, self.inferred, self.details = connection, seen, inferred, details
        self.sender, self.sender_name = sender, sender_name
        self.content_type, self.transaction = content_type, transaction
        self.recipient = recipient
        """The account that it is for; None where nothing said so."""
        self.transfer = transfer
        self.offset = offset
        """In the file, of the first of them."""
        self.octets = octets


def weight(event: Event) -> int:
    """Characters, about, that it holds: its text, and what else was said with it."""
    if isinstance(event, FileOctets):
        return len(event.octets)
    text = len(getattr(event, "text", None) or "")
    details = getattr(event, "details", None)
    return text + len(repr(details)) if details and not isinstance(event, (Message, Typing)) else text


class Delivery(ConversationEvent):
    """The server delivered or refused what the own account sent."""

    FIELDS: ClassVar[tuple[str, ...]] = ("transaction", "delivered")
    __slots__ = FIELDS

    def __init__(
        self, connection: Connection, seen: Seen, inferred: bool = False, *, transaction: int, delivered: bool
    ) -> None:
        self.connection, self.seen, self.inferred = connection, seen, inferred
        self.transaction = transaction
        self.delivered = delivered
