"""The shared vocabulary: what happened, who, to whom, when, in whatever protocol.

A protocol's door (:mod:`rcds_sniffer.protocols`) yields these, the recorder (:mod:`rcds_sniffer.records`) takes
them; neither knows the other. ``None`` is unknown, never an empty guess; where an account is asked for, ``None``
is the account at the client end of the connection, whoever that proves to be. Accounts are normalised.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

Details = Mapping[str, object]


@dataclass(slots=True, eq=False)
class Connection:
    """One connection that a decoder follows; compared by identity, since port pairs are used again."""

    protocol: str
    client: str
    """``ip:port``, IPv6 in brackets."""
    server: str
    started: int
    """Time of its first packet, nanoseconds since 1970 UTC."""
    version: str | None = None
    """``MSNP15``; set when the connection agreed on it."""


class Seen(NamedTuple):
    """Where an event's first octet was seen."""

    time: int
    """Nanoseconds since 1970 UTC, of the packet."""
    sequence: int
    """TCP sequence number of the octet."""
    packet: int
    """Number of the packet in its source."""
    source: str
    from_client: bool
    ordinal: int = 0
    """Tells apart events that begin at one octet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened on a connection."""

    connection: Connection
    seen: Seen
    inferred: bool = False
    """True where it follows from other traffic instead of standing on the line."""


# --- what a connection is -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountKnown(Event):
    """The account at the client end is proven."""

    account: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationKnown(Event):
    """The conversation that this connection carries has this id, which all its connections share."""

    session_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionClosed(Event):
    """The connection is over; nothing more will be seen on it."""


# --- what happens to an account -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent(Event):
    """Base of what concerns the connection's own account alone."""

    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login(AccountEvent):
    """The account signed in, or tried to (``details['error']``)."""

    account: str | None = None
    """As claimed; a refused login proves no account."""
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Logout(AccountEvent):
    """The account signed out, or was signed out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence(AccountEvent):
    """A status: the own (``account`` None), or a contact's as told to the own account."""

    account: str | None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(AccountEvent):
    """What is known of the own account itself: its display name, its profile."""

    name: str | None = None
    content_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact(AccountEvent):
    """The own account's contact list changed."""

    account: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailNotice(AccountEvent):
    """The own account was told of mail."""

    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecoded(AccountEvent):
    """Octets of the connection could not be read."""

    octets: int


# --- what happens in a conversation -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationEvent(Event):
    """Base of what more than one account takes part in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered(ConversationEvent):
    """The own account came into the conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Present(ConversationEvent):
    """Somebody was there before the own account came in."""

    account: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(ConversationEvent):
    """Somebody else came in."""

    account: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Left(ConversationEvent):
    """The own account (None) or somebody else left."""

    account: str | None
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterUnsure(ConversationEvent):
    """From here on joins and leaves may have been missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited(ConversationEvent):
    """Somebody (None: the own account) asked somebody (None: the own account) into the conversation."""

    sender: str | None
    sender_name: str | None = None
    account: str | None
    session_id: str | None = None
    """Where the invitation names it; it comes on another connection than the conversation's."""
    server: str | None = None
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance(ConversationEvent):
    """Base of what people send to each other."""

    sender: str | None
    """None: the own account."""
    sender_name: str | None = None
    content_type: str | None = None
    transaction: int | None = None
    """A :class:`Delivery` on the same connection may name it."""
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Utterance):
    """A text."""

    text: str
    """Exactly as sent; where octets are missing, the pieces that were seen."""
    format: Details | None = None
    message_id: str | None = None
    """The sender's own id of it, where there is one."""
    missing: int = 0
    """Octets that the tap did not see."""
    complete: bool = True
    known: tuple[tuple[int, bytes], ...] | None = None
    """Of an incomplete text: the pieces that were seen, with their offsets in it."""
    length: int = 0
    """Octets of the whole text, as announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typing(Utterance):
    """Somebody is typing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nudge(Utterance):
    """A nudge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(Utterance):
    """An action text: ``waves``."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(ConversationEvent):
    """The server delivered or refused what the own account sent."""

    transaction: int
    delivered: bool
