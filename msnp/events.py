"""What a listener on one MSN connection learns: this package hands on these.

Every event carries the mark of its first octet. ``None`` is unknown, never an empty guess. Accounts are
normalised (:func:`msnp.accounts.normalise`); ``account is None`` or ``sender is None`` means the connection's
own account, whoever that proves to be. What people say to each other stands in :mod:`msnp.utterances`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from msnp.mark import Mark
from msnp.utterances import Acknowledged, ActionText, Message, Nudge, TextMessage, TypingNotice, Utterance

__all__ = [
    "AccountKnown",
    "Acknowledged",
    "ActionText",
    "Called",
    "ConversationKnown",
    "Entered",
    "Event",
    "Joined",
    "Left",
    "LoggedIn",
    "LoggedOut",
    "MailNoticed",
    "Mark",
    "Message",
    "NameChanged",
    "Nudge",
    "Occurrence",
    "Present",
    "ProfileReceived",
    "RosterUnsure",
    "Rung",
    "ServerKnown",
    "StatusChanged",
    "TextMessage",
    "TypingNotice",
    "Undecoded",
    "Utterance",
    "VersionAgreed",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """Something that was learnt, other than what people say to each other."""

    mark: Mark
    from_client: bool
    """Which direction carried it."""
    ordinal: int = 0
    """Tells apart several events of one line (the names in one list, say)."""
    inferred: bool = False
    """True where it follows from other traffic instead of standing on the line."""


# --- who and what this connection is ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionAgreed(Occurrence):
    """Client and server settled on a protocol version (the first ``MSNPn`` of the server's VER)."""

    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerKnown(Occurrence):
    """The connection's server is a notification server (True) or a switchboard (False)."""

    notification: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountKnown(Occurrence):
    """The connection's own account is proven; at most once per connection."""

    account: str
    evidence: str
    """What proved it: ``USR OK``, ``ANS``, ``TypingUser`` …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationKnown(Occurrence):
    """The switchboard session's id, which both tapped ends share; at most once per connection."""

    session_id: str


# --- login and presence, on a notification server -----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn(Occurrence):
    """The own account signed in, or tried to (``error``)."""

    account: str | None
    name: str | None = None
    error: int | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    """client, client_version, os, os_version, locale, login (``MD5`` ``TWN`` ``SSO``), credential (bool)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedOut(Occurrence):
    """The own account signed out, was signed out, or its connection ended."""

    reason: str | None = None
    """``OTH`` ``SSD`` … of the server's OUT; ``connection-end``; None for the client's own OUT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged(Occurrence):
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
class NameChanged(Occurrence):
    """A display name: the own (``account`` None), or the one that the own account gave a contact."""

    account: str | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileReceived(Occurrence):
    """The server's profile message to the own account; credentials are replaced by ``present``."""

    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailNoticed(Occurrence):
    """A mail notice to the own account; its content type and the fields of its body."""

    content_type: str
    fields: Mapping[str, str]


# --- conversations, on a switchboard ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Called(Occurrence):
    """The own account invited somebody into the conversation (CAL), or could not (``error``)."""

    account: str | None
    error: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung(Occurrence):
    """Somebody invited the own account to a conversation (RNG, on the notification connection)."""

    inviter: str
    inviter_name: str | None
    session_id: str
    server: str
    """``host:port`` of the switchboard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered(Occurrence):
    """The own account is in the conversation, and the roster is complete from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Present(Occurrence):
    """Somebody was there already when the own account came in (IRO)."""

    account: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(Occurrence):
    """Somebody else came in (JOI)."""

    account: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Left(Occurrence):
    """Somebody left (BYE): the own account (``account`` None, its OUT or the end of its connection) or another."""

    account: str | None
    idle: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterUnsure(Occurrence):
    """Octets are missing that may have told of joins and leaves; who is there is known in part from here on.

    The mark is of the last octet seen in front of them, or, if there is none, of the first behind them.
    """


# --- what could not be read ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecoded(Occurrence):
    """Octets of a connection known to be MSNP that could not be read: skipped garbage, a line beyond the limit."""

    octets: int
    reason: str


Event = Occurrence | Utterance
"""Whatever a session hands on. Utterances, of which there are thousands for each of the others, decode lazily."""
