# cython: annotation_typing=False
"""What people say to each other, and the server's answer to it: nearly all that a connection tells.

One is made for almost every command, and most are only counted, or dropped by whoever receives them. So an
utterance keeps the octets as they came; what must be read out of them (names, header fields, the text) is a
property, read when it is asked for. They are made by the functions beside them, not by calling the class: a call
with keywords costs more than all the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msnp.mark import Mark
from msnp.mime import Content
from msnp.text import UTF8, decode_text
from msnp.threads import Thread

_SEEN = ("mark", "from_client", "ordinal", "inferred")
_SAID = ("sender", "sender_name", "transaction", "acknowledgement", "content_type", "missing")
_FIELDS: dict[str, tuple[str, ...]] = {
    "Acknowledged": ("transaction", "delivered"),
    "TypingNotice": (*_SAID, "recording"),
    "Nudge": _SAID,
    "ActionText": (*_SAID, "text"),
    "Sending": (*_SAID, "kind", "text", "details", "identity", "recipient", "transfer", "file"),
    "FileOctets": (*_SAID, "recipient", "transfer", "offset", "octets"),
    "TextMessage": (
        *_SAID,
        *("text", "charset", "known", "length", "format", "message_id", "parts", "parts_missing"),
        *("user_agent", "declared_name", "extra"),
    ),
}
"""What makes two utterances of a kind equal, beside where they were seen."""


class Utterance:
    """Base of all of them; as every event, it says where it was seen."""

    __slots__ = ("from_client", "mark")
    mark: Mark
    from_client: bool
    """Which direction carried it."""

    @property
    def ordinal(self) -> int:
        """0: a line says one thing."""
        return 0

    @property
    def inferred(self) -> bool:
        """False: it stands on the line."""
        return False

    def fields(self) -> dict[str, object]:
        """Everything it says, read."""
        return {name: getattr(self, name) for name in (*_SEEN, *_FIELDS[type(self).__name__])}

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, Utterance):
            return NotImplemented
        return self.fields() == other.fields()

    __hash__ = None  # type: ignore[assignment]  # equal by content

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.fields().items())})"


class Acknowledged(Utterance):
    """The server delivered (ACK) or refused (NAK, or an error) what the own account said."""

    __slots__ = ("delivered", "thread", "transaction")
    transaction: int
    delivered: bool
    thread: Thread | None
    """The conversation, where the connection carries several; None: the connection's own."""


def acknowledged(mark: Mark, transaction: int, delivered: bool) -> Acknowledged:
    """From an ACK or NAK."""
    event = Acknowledged.__new__(Acknowledged)
    event.mark = mark
    event.from_client = False
    event.transaction = transaction
    event.delivered = delivered
    event.thread = None
    return event


class Origin:
    """Of one MSG: who sent it, and how."""

    __slots__ = ("_transaction", "asked", "from_client", "mark", "name", "sender", "thread")
    mark: Mark
    from_client: bool
    sender: str | None
    """None: the own account."""
    name: str | None
    """Display name: the own one, or the one on the line."""
    asked: bytes | None
    """What answer the own account asked for, as on the line."""
    _transaction: int
    thread: Thread | None
    """The conversation, where the connection carries several; None: the connection's own."""

    @property
    def transaction(self) -> int | None:
        """Of the own account's MSG."""
        return self._transaction if self._transaction >= 0 else None

    @property
    def acknowledgement(self) -> str | None:
        """What answer the own account asked for."""
        return None if self.asked is None else self.asked.decode("ascii", "replace")


def own_origin(mark: Mark, name: str | None, transaction: int, acknowledgement: bytes | None) -> Origin:
    """Of what the own account says: a MSG, or, without asking for an acknowledgement, anything else."""
    origin = Origin.__new__(Origin)
    origin.mark = mark
    origin.from_client = True
    origin.sender = None
    origin.name = name
    origin._transaction = transaction
    origin.asked = acknowledgement
    origin.thread = None
    return origin


def origin_of(mark: Mark, sender: str, name: str | None) -> Origin:
    """Of a MSG of somebody else, with the name as it stands on the line."""
    origin = Origin.__new__(Origin)
    origin.mark = mark
    origin.from_client = False
    origin.sender = sender
    origin.name = name
    origin._transaction = -1
    origin.asked = None
    origin.thread = None
    return origin


def peer_origin(mark: Mark, sender: str | None, name: str | None, from_client: bool) -> Origin:
    """Of what goes from peer to peer; ``from_client``: from the one who opened that connection."""
    origin = Origin.__new__(Origin)
    origin.mark = mark
    origin.from_client = from_client
    origin.sender = sender
    origin.name = name
    origin._transaction = -1
    origin.asked = None
    origin.thread = None
    return origin


class Message(Utterance):
    """Base of what people send to each other by MSG."""

    __slots__ = ("content", "missing", "origin")
    origin: Origin
    content: Content
    missing: int
    """Octets of its content that the tap did not see."""

    @property
    def sender(self) -> str | None:
        """None: the own account."""
        return self.origin.sender

    @property
    def sender_name(self) -> str | None:
        """As shown."""
        return self.origin.name

    @property
    def transaction(self) -> int | None:
        """Of the own account's MSG; an :class:`Acknowledged` may name it."""
        return self.origin.transaction

    @property
    def acknowledgement(self) -> str | None:
        """``U`` ``N`` ``A`` ``D`` ``S``: what answer the own account asked for."""
        return self.origin.acknowledgement

    @property
    def content_type(self) -> str | None:
        """Bare and in lower case."""
        return self.content.headers.type

    def _hold(self, origin: Origin, content: Content) -> None:
        self.mark = origin.mark
        self.from_client = origin.from_client
        self.origin = origin
        self.content = content
        self.missing = content.missing


class TypingNotice(Message):
    """Somebody is typing, or recording a voice clip."""

    __slots__ = ("recording",)
    recording: bool


def typing_notice(origin: Origin, content: Content, recording: bool) -> TypingNotice:
    """From a control message."""
    event = TypingNotice.__new__(TypingNotice)
    event._hold(origin, content)
    event.recording = recording
    return event


class Nudge(Message):
    """A nudge."""

    __slots__ = ()


def nudge(origin: Origin, content: Content) -> Nudge:
    """From a datacast."""
    event = Nudge.__new__(Nudge)
    event._hold(origin, content)
    return event


class ActionText(Message):
    """An action: ``waves``."""

    __slots__ = ("text",)
    text: str


def action_text(origin: Origin, content: Content, text: str) -> ActionText:
    """From a datacast."""
    event = ActionText.__new__(ActionText)
    event._hold(origin, content)
    event.text = text
    return event


class Sending(Message):
    """Whatever else people send each other by a message: an invitation, a wink, handwriting …"""

    __slots__ = ("details", "file", "identity", "kind", "recipient", "text", "transfer")
    kind: str
    """As the event of a record is called (``wink``, ``voice-clip``, ``emoticon``, ``ink``, ``call``, ``webcam``,
    ``file-offer``, ``file-accept``, ``file-decline``, ``file``, ``picture``), or ``application``: an invitation to
    anything else."""
    text: str | None
    details: Mapping[str, object]
    identity: str
    """What tells it from others of its kind by the same person: equal in every copy of it."""
    recipient: str | None
    """The account that it is for; None: everybody in the conversation."""
    transfer: str | None
    """Which transfer it offers, answers or ends: the same in all of these and in the :class:`FileOctets`."""
    file: Mapping[str, object] | None
    """At the end of a transfer, what is known of the file: its ``name`` as sent and its ``size`` in octets, the
    ``sha1`` that its object announced (hexadecimal), each None if unknown; and the ``outcome``: ``complete``,
    ``cancelled``, or ``cut`` where its end was not seen."""


def sending(  # noqa: PLR0917  # as its siblings
    origin: Origin, content: Content, kind: str, details: Mapping[str, object], text: str | None, identity: str
) -> Sending:
    """From a message of any other content type."""
    event = Sending.__new__(Sending)
    event._hold(origin, content)
    event.kind = kind
    event.details = details
    event.text = text
    event.identity = identity
    event.recipient = event.transfer = event.file = None
    return event


def addressed(
    event: Sending, recipient: str | None, transfer: str, file: Mapping[str, object] | None = None
) -> Sending:
    """The same event, as a step of a transfer to one account: its offer, its answer, or with ``file`` its end."""
    event.recipient = recipient
    event.transfer = transfer
    event.file = file
    return event


class FileOctets(Message):
    """Some octets of a file or picture on its way; the :class:`Sending` with its ``file`` ends the transfer."""

    __slots__ = ("octets", "offset", "recipient", "transfer")
    recipient: str | None
    """The account that it is for; None where nothing said so."""
    transfer: str
    offset: int
    """In the file, of the first of them."""
    octets: bytes


def file_octets(  # noqa: PLR0917  # as its siblings
    origin: Origin, content: Content, recipient: str | None, transfer: str, offset: int, octets: bytes
) -> FileOctets:
    """From one part of a transfer."""
    event = FileOctets.__new__(FileOctets)
    event._hold(origin, content)
    event.recipient = recipient
    event.transfer = transfer
    event.offset = offset
    event.octets = octets
    return event


class TextMessage(Message):
    """A text. All parts of a multi-part text are one event, which stands at the first part's mark."""

    __slots__ = ("_charset", "_message_id", "_runs", "_text", "extra", "known", "length", "parts", "parts_missing")
    _text: str | None
    _charset: str
    _runs: Sequence[bytes] | None
    _message_id: str | None
    known: tuple[tuple[int, bytes], ...] | None
    """Only if ``missing``: the pieces of the body that were seen, with their offsets in the body."""
    length: int
    """Octets of the whole body, as announced; of a multi-part text without all parts, of those seen."""
    parts: int
    parts_missing: int
    extra: Mapping[str, object] | None
    """What else is known of it, for the record's details; set by the handler that makes it."""

    def read(self) -> tuple[str, str]:
        """The text, and the charset that it was decoded by."""
        if self._text is None:
            self._decode()
        return self._text or "", self._charset

    @property
    def text(self) -> str:
        """Exactly as sent; where octets are missing (``missing``), the pieces that were seen, in order."""
        if self._text is None:
            self._decode()
        return self._text or ""

    @property
    def charset(self) -> str:
        """The charset that the text was decoded by: ``utf-8`` or what was declared or likeliest."""
        if self._text is None:
            self._decode()
        return self._charset

    @property
    def sender_name(self) -> str | None:
        """As shown: the declared name goes before the account's own."""
        declared = self.declared_name
        return declared if declared is not None else self.origin.name

    @property
    def format(self) -> Mapping[str, object] | None:
        """X-MMS-IM-Format: font, effects, color (RRGGBB), charset, pitch_family, right_to_left."""
        form = self.content.headers.format
        return None if form is None else dict(form)

    @property
    def message_id(self) -> str | None:
        """Message-ID of a multi-part text."""
        return self._message_id or self.content.headers.get("message-id")

    @property
    def user_agent(self) -> str | None:
        """As the header says."""
        return self.content.headers.get("user-agent")

    @property
    def declared_name(self) -> str | None:
        """P4-Context: the name that the sender asked to be shown instead."""
        return self.content.headers.get("p4-context")

    def _decode(self) -> None:
        content = self.content
        whole = content.whole
        if whole is not None and self._runs is None and content.headers.stateless:
            try:
                self._text = whole.decode("utf-8")  # nearly all; fails for surrogates too
                self._charset = UTF8
                return
            except UnicodeDecodeError:
                pass
        cut = bool(self.missing or self.parts_missing)
        runs = [octets for _, octets in content.body] if self._runs is None else self._runs
        self._text, self._charset = decode_text(runs, content.headers.charset, cut=cut)


def text_message(origin: Origin, content: Content) -> TextMessage:
    """A text in one part."""
    event = TextMessage.__new__(TextMessage)
    event._hold(origin, content)
    event.known = content.body if content.missing else None
    event.length = content.length
    event.parts = 1
    event.parts_missing = 0
    event.extra = None
    event._message_id = None
    event._runs = None
    event._text = None
    event._charset = ""
    return event


def text_in_parts(  # noqa: PLR0917  # made in one place, from everything that is known
    origin: Origin,
    first: Content,
    runs: Sequence[bytes],
    pieces: tuple[tuple[int, bytes], ...],
    length: int,
    missing: int,
    message_id: str,
    parts: int,
    parts_missing: int,
) -> TextMessage:
    """A text in several parts, the ``first`` of which has the headers; between ``runs`` something is missing."""
    event = text_message(origin, first)
    event.missing = missing
    event.known = pieces if missing else None
    event.length = length
    event.parts = parts
    event.parts_missing = parts_missing
    event._message_id = message_id
    event._runs = runs
    return event
