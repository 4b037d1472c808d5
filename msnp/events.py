"""What a listener on one MSN connection learns: this package hands on these.

Every event carries the mark of its first octet. ``None`` is unknown, never an empty guess. Accounts are
normalised (:func:`msnp.accounts.normalise`); ``account is None`` or ``sender is None`` means the connection's
own account, whoever that proves to be. What people say to each other stands in :mod:`msnp.utterances`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, dataclass_transform

from msnp.mark import Mark
from msnp.threads import Thread
from msnp.utterances import (
    Acknowledged,
    ActionText,
    Message,
    Nudge,
    Sending,
    TextMessage,
    TypingNotice,
    Utterance,
)

__all__ = [
    "AccountKnown",
    "Acknowledged",
    "ActionText",
    "Called",
    "ContactLearnt",
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
    "ProfileLearnt",
    "ProfileReceived",
    "RosterUnsure",
    "Rung",
    "Sending",
    "ServerKnown",
    "StatusChanged",
    "TextMessage",
    "Thread",
    "TypingNotice",
    "Undecoded",
    "Utterance",
    "VersionAgreed",
]


NOTHING: Mapping[str, object] = MappingProxyType({})
"""The details of what has none."""


@dataclass_transform(kw_only_default=True, frozen_default=True)
class _Told:
    """Gives what derives from it the constructor of a dataclass, from its annotations: all by keyword.

    A dataclass it is not: to make the code of each would take longer than to start without, and a frozen one takes
    five times as long to fill. Nobody changes what was told all the same.
    """

    _DEFAULTS: ClassVar[dict[str, object]] = {}

    def __init_subclass__(cls) -> None:
        own = {name: vars(cls)[name] for name in cls.__annotations__ if name in vars(cls)}
        cls._DEFAULTS = {**cls._DEFAULTS, **own}

    def __init__(self, **values: object) -> None:
        self.__dict__ = {**self._DEFAULTS, **values}

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # as any value that could be changed

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class Occurrence(_Told):
    """Something that was learnt, other than what people say to each other."""

    mark: Mark
    from_client: bool
    """Which direction carried it."""
    ordinal: int = 0
    """Tells apart several events of one line (the names in one list, say)."""
    inferred: bool = False
    """True where it follows from other traffic instead of standing on the line."""
    thread: Thread | None = None
    """The conversation that it is of, where the connection carries several."""


# --- who and what this connection is ------------------------------------------------------------------------


class VersionAgreed(Occurrence):
    """Client and server settled on a protocol version (the highest ``MSNPn`` of the server's VER)."""

    version: int


class ServerKnown(Occurrence):
    """The connection's server is a notification server (True) or a switchboard (False)."""

    notification: bool


class AccountKnown(Occurrence):
    """The connection's own account is proven; at most once per connection."""

    account: str
    evidence: str
    """What proved it: ``USR OK``, ``ANS``, ``TypingUser`` …"""


class ConversationKnown(Occurrence):
    """The switchboard session's id, which both tapped ends share; at most once per connection."""

    session_id: str


# --- login and presence, on a notification server -----------------------------------------------------------


class LoggedIn(Occurrence):
    """The own account signed in, or tried to (``error``)."""

    account: str | None
    name: str | None = None
    error: int | None = None
    details: Mapping[str, object] = NOTHING
    """client, client_version, os, os_version, locale, login (``MD5`` ``TWN`` ``SSO``), credential (bool) …"""


class LoggedOut(Occurrence):
    """The own account signed out, was signed out, or its connection ended."""

    reason: str | None = None
    """``OTH`` ``SSD`` … of the server's OUT; ``connection-end``; None for the client's own OUT."""
    details: Mapping[str, object] = NOTHING
    """reason_text, minutes (after which to come back)"""


class StatusChanged(Occurrence):
    """Somebody's status: the own account's (``account`` None) or a contact's."""

    account: str | None
    status: str | None
    """``NLN`` ``BSY`` ``IDL`` ``BRB`` ``AWY`` ``PHN`` ``LUN`` ``HDN`` ``FLN``; None: only the rest is told."""
    name: str | None = None
    initial: bool = False
    """An ILN: the state at login, not a change."""
    network: int | None = None
    capabilities: str | None = None
    """As sent: ``1342177280`` or ``2789003324:48``."""
    details: Mapping[str, object] = NOTHING
    """What else was said with it: personal message, media, picture, endpoints, what the capabilities mean …"""


class NameChanged(Occurrence):
    """A display name: the own (``account`` None), or the one that the own account gave a contact."""

    account: str | None
    name: str


class ProfileLearnt(Occurrence):
    """Anything about the own account itself: a telephone number, a setting, a group, a client's product …"""

    name: str | None = None
    """The display name, where it says that."""
    details: Mapping[str, object]


class ContactLearnt(Occurrence):
    """Anything about a contact of the own account's: on which lists, in which groups, by which name and numbers."""

    account: str
    name: str | None = None
    by_contact: bool = False
    """It was the contact who did it (added the own account, say)."""
    details: Mapping[str, object]


class ProfileReceived(Occurrence):
    """The server's profile message to the own account; credentials are replaced by ``present``."""

    fields: Mapping[str, str]


class MailNoticed(Occurrence):
    """A mail notice to the own account; its content type and the fields of its body."""

    content_type: str
    fields: Mapping[str, str]


# --- conversations, on a switchboard ------------------------------------------------------------------------


class Called(Occurrence):
    """The own account invited somebody into the conversation (CAL), or could not (``error``)."""

    account: str | None
    error: int | None = None


class Rung(Occurrence):
    """Somebody invited the own account to a conversation (RNG, on the notification connection)."""

    inviter: str
    inviter_name: str | None
    session_id: str
    server: str
    """``host:port`` of the switchboard."""


class Entered(Occurrence):
    """The own account is in the conversation, and the roster is complete from here."""


class Present(Occurrence):
    """Somebody was there already when the own account came in (IRO)."""

    account: str
    name: str | None = None
    details: Mapping[str, object] = NOTHING
    """capabilities, as sent, and what they mean"""


class Joined(Occurrence):
    """Somebody else came in (JOI)."""

    account: str
    name: str | None = None
    details: Mapping[str, object] = NOTHING
    """capabilities, as sent, and what they mean"""


class Left(Occurrence):
    """Somebody left (BYE): the own account (``account`` None, its OUT or the end of its connection) or another."""

    account: str | None
    idle: bool = False


class RosterUnsure(Occurrence):
    """Octets are missing that may have told of joins and leaves; who is there is known in part from here on.

    The mark is of the last octet seen in front of them, or, if there is none, of the first behind them.
    """


# --- what could not be read ---------------------------------------------------------------------------------


class Undecoded(Occurrence):
    """Octets of a connection known to be MSNP that could not be read: skipped garbage, a line beyond the limit."""

    octets: int
    reason: str


Event = Occurrence | Utterance
"""Whatever a session hands on. Utterances, of which there are thousands for each of the others, decode lazily."""
