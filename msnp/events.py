"""What a listener on one MSN connection learns: this package hands on these.

Every event carries the mark of its first octet. ``None`` is unknown, never an empty guess. Accounts are
normalised (:func:`msnp.accounts.normalise`); ``account is None`` or ``sender is None`` means the connection's
own account, whoever that proves to be.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Mark(NamedTuple):
    """Where octets were seen; passed in with them, never looked at but for the arithmetic on ``sequence``."""

    time: int
    """Nanoseconds since 1970 UTC."""
    sequence: int
    """TCP sequence number, modulo 2**32."""
    packet: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that was learnt."""

    mark: Mark
    from_client: bool
    """Which direction carried it."""
    ordinal: int = 0
    """Tells apart several events of one line (the names in one list, say)."""
    inferred: bool = False
    """True where it follows from other traffic instead of standing on the line."""


# --- who and what this connection is ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionAgreed(Event):
    """Client and server settled on a protocol version (the first ``MSNPn`` of the server's VER)."""

    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerKnown(Event):
    """The connection's server is a notification server (True) or a switchboard (False)."""

    notification: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountKnown(Event):
    """The connection's own account is proven; at most once per connection."""

    account: str
    evidence: str
    """What proved it: ``USR OK``, ``ANS``, ``TypingUser`` …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationKnown(Event):
    """The switchboard session's id, which both tapped ends share; at most once per connection."""

    session_id: str


# --- login and presence, on a notification server -----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn(Event):
    """The own account signed in, or tried to (``error``)."""

    account: str | None
    name: str | None = None
    error: int | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    """client, client_version, os, os_version, locale, login (``MD5`` ``TWN`` ``SSO``), credential (bool)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedOut(Event):
    """The own account signed out, was signed out, or its connection ended."""

    reason: str | None = None
    """``OTH`` ``SSD`` … of the server's OUT; ``connection-end``; None for the client's own OUT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged(Event):
    """Somebody's status: the own account's (``account`` None) or a contact's."""

    account: str | None
    status: str
    """``NLN`` ``BSY`` ``IDL`` ``BRB`` ``AWY`` ``PHN`` ``LUN`` ``HDN`` ``FLN``"""
    name: str | None = None
    initial: bool = False
    """An ILN: the state at login, not a change."""
    network: int | None = None
    capabilities: str | None = None
    """As sent: ``1342177280`` or ``2789003324:48``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameChanged(Event):
    """A display name: the own (``account`` None), or the one that the own account gave a contact."""

    account: str | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileReceived(Event):
    """The server's profile message to the own account; credentials are replaced by ``present``."""

    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailNoticed(Event):
    """A mail notice to the own account; its content type and the fields of its body."""

    content_type: str
    fields: Mapping[str, str]


# --- conversations, on a switchboard ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Called(Event):
    """The own account invited somebody into the conversation (CAL), or could not (``error``)."""

    account: str | None
    error: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung(Event):
    """Somebody invited the own account to a conversation (RNG, on the notification connection)."""

    inviter: str
    inviter_name: str | None
    session_id: str
    server: str
    """``host:port`` of the switchboard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered(Event):
    """The own account is in the conversation, and the roster is complete from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Present(Event):
    """Somebody was there already when the own account came in (IRO)."""

    account: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(Event):
    """Somebody else came in (JOI)."""

    account: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Left(Event):
    """Somebody left (BYE): the own account (``account`` None, its OUT or the end of its connection) or another."""

    account: str | None
    idle: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterUnsure(Event):
    """Octets are missing that may have told of joins and leaves; who is there is known in part from here on.

    The mark is of the last octet seen in front of them, or, if there is none, of the first behind them.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Event):
    """Base of what people send to each other by MSG."""

    sender: str | None
    """None: the own account."""
    sender_name: str | None = None
    transaction: int | None = None
    """Of the own account's MSG; an :class:`Acknowledged` may name it."""
    acknowledgement: str | None = None
    """``U`` ``N`` ``A`` ``D`` ``S``: what answer the own account asked for."""
    content_type: str | None = None
    missing: int = 0
    """Octets of its content that the tap did not see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMessage(Message):
    """A text. All parts of a multi-part text are one event, which stands at the first part's mark."""

    text: str
    """Exactly as sent; where octets are missing (``missing``), the pieces that were seen, in order."""
    charset: str
    """The charset that the text was decoded by: ``utf-8`` or what was declared or likeliest."""
    known: tuple[tuple[int, bytes], ...] | None = None
    """Only if ``missing``: the pieces of the body that were seen, with their offsets in the body."""
    length: int
    """Octets of the whole body, as announced; of a multi-part text without all parts, of those seen."""
    format: Mapping[str, object] | None = None
    """X-MMS-IM-Format: font, effects, color (RRGGBB), charset, pitch_family, right_to_left."""
    message_id: str | None = None
    """Message-ID of a multi-part text."""
    parts: int = 1
    parts_missing: int = 0
    user_agent: str | None = None
    declared_name: str | None = None
    """P4-Context: the name that the sender asked to be shown instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypingNotice(Message):
    """Somebody is typing, or recording a voice clip."""

    recording: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Nudge(Message):
    """A nudge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionText(Message):
    """An action: ``waves``."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged(Event):
    """The server delivered (ACK) or refused (NAK) the own account's MSG."""

    transaction: int
    delivered: bool


# --- what could not be read ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecoded(Event):
    """Octets of a connection known to be MSNP that could not be read: skipped garbage, a line beyond the limit."""

    octets: int
    reason: str
