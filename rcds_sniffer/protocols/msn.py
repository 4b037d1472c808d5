# cython: annotation_typing=False
"""The door to :mod:`msnp`: MSN's events in the shared vocabulary, one session a flow.

``MsnDecoder.receive`` is the callback of the stream engine, which the paper calls ``process_MSNIpacket``: it hands
the octets to :meth:`msnp.session.MsnSession.analyze_packet`, and the handlers there find the events.
"""

import re
from collections.abc import Callable
from typing import Any

import msnp.events as msn
import msnp.utterances as said
from msnp.links import Links
from msnp.mark import Mark
from msnp.session import MsnSession
from msnp.utterances import Acknowledged, ActionText, TextMessage, TypingNotice
from rcds_sniffer import events as shared
from rcds_sniffer.events import Connection, Event, Seen
from reassembly.events import Flow, StreamData, StreamEnd, StreamEvent

PORTS = (1863,)
"""The port that Microsoft registered for MSNP; ``--ports`` names others."""


PROBE = re.compile(rb"[A-Z]{3}(?: |\r?\n)")

At = tuple[Connection, Seen, bool]
"""What every shared event begins with: connection, seen, inferred."""

CLOSED = frozenset({"fin", "rst", "reused"})
"""Reasons of a StreamEnd that say that the connection is over; with others it is only followed no longer."""

MAX_VERSIONS = 100_000
"""Accounts whose version is remembered for their switchboards; beyond, the oldest is forgotten."""


class _Line:
    """One flow: its connection in the shared vocabulary, and the session that decodes it."""

    __slots__ = ("_decoder", "connection", "session", "silent", "swapped")

    def __init__(self, flow: Flow, decoder: "MsnDecoder") -> None:
        client, server = str(flow.client), str(flow.server)
        self.connection = Connection("msnp", client, server, flow.started)
        self.session = MsnSession(self.translate, decoder.links, client, server, sides_certain=flow.opened)
        self.silent = True
        """No octet came yet."""
        self.swapped = False
        """The tap had taken the server for the client."""
        self._decoder = decoder

    def translate(self, event: msn.Event) -> None:
        """Hand on ``event`` in the shared vocabulary."""
        connection = self.connection
        if self.session.swapped and not self.swapped:
            self.swapped = True
            connection.client, connection.server = connection.server, connection.client
        if isinstance(event, said.Utterance):
            told = _utterance(event, connection)
            self._decoder.emit(told)
            self.session.muted = connection.muted
            return
        if isinstance(event, msn.VersionAgreed):
            connection.version = f"MSNP{event.version}"
        elif isinstance(event, msn.AccountKnown):
            self._decoder.note_version(event.account, connection)
        translator = TRANSLATORS.get(type(event))
        if translator is not None:
            seen = seen_at(event.mark, event.from_client, event.ordinal)
            self._decoder.emit(translator(event, (connection, seen, event.inferred)))
            self.session.muted = connection.muted


def seen_at(mark: Mark, from_client: bool, ordinal: int) -> Seen:
    """Where it was seen, in the shared vocabulary."""
    seen = Seen.__new__(Seen)
    seen.time = mark.time
    seen.sequence = mark.sequence
    seen.packet = mark.packet
    seen.source = mark.source
    seen.from_client = from_client
    seen.ordinal = ordinal
    return seen


class MsnDecoder:
    """Follows the MSN connections of one run."""

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self.emit = emit
        self.links = Links()
        self.counters: dict[str, int] = {"connections": 0, "recognised": 0, "tls": 0}
        self._lines: dict[Flow, _Line] = {}
        self._versions: dict[str, str] = {}

    def receive(self, event: StreamEvent) -> None:
        """Take one stream event: the paper's ``process_MSNIpacket``."""
        if isinstance(event, StreamData):
            self._hear(event)
            return
        line = self._lines.get(event.flow)
        if isinstance(event, StreamEnd):
            if line is not None:
                self._close(line, event)
            return
        if line is None:
            line = self._open(event.flow)
        session = line.session
        session.muted = line.connection.muted
        mark = Mark(event.time, event.sequence, event.packet, event.source)
        session.gap(event.from_client, event.length, mark)

    def _hear(self, data: StreamData) -> None:
        """Octets, to the session of their flow."""
        line = self._lines.get(data.flow)
        if line is None:
            line = self._open(data.flow)
        session = line.session
        session.muted = line.connection.muted
        if line.silent:
            line.silent = False
            self.counters["tls"] += looks_like_tls(data.octets)
        session.analyze_octets(data.from_client, data.octets, data.time, data.sequence, data.packet, data.source)

    def _open(self, flow: Flow) -> _Line:
        self.counters["connections"] += 1
        line = self._lines[flow] = _Line(flow, self)
        return line

    def note_version(self, account: str, connection: Connection) -> None:
        """A switchboard connection agrees on no version: it is the one of the account's notification connection."""
        if connection.version is not None:
            self._versions[account] = connection.version
            if len(self._versions) > MAX_VERSIONS:
                del self._versions[next(iter(self._versions))]
        else:
            connection.version = self._versions.get(account)

    def _close(self, line: _Line, end: StreamEnd) -> None:
        mark = Mark(end.time, 0, end.packet, end.source)
        line.session.end(mark, closed=end.reason in CLOSED)
        del self._lines[end.flow]
        self.counters["recognised"] += line.session.recognised
        seen = Seen(mark.time, mark.sequence, mark.packet, mark.source, True)
        self.emit(shared.ConnectionClosed(connection=line.connection, seen=seen))


def looks_like_tls(octets: bytes) -> bool:
    """True for a TLS record header (RFC 8446 section 5.1): handshake, version 3.x."""
    return len(octets) >= 3 and octets[0] == 0x16 and octets[1] == 0x03


# --- one translator for each of msnp's events that the recorder cares for -------------------------------------


def _login(event: msn.LoggedIn, at: At) -> Event:
    details = dict(event.details)
    if event.error is not None:
        details["error"] = event.error
    return shared.Login(*at, account=event.account, name=event.name, details=details)


def _logout(event: msn.LoggedOut, at: At) -> Event:
    return shared.Logout(*at, details=_known(reason=event.reason))


def _presence(event: msn.StatusChanged, at: At) -> Event:
    details = _known(
        status=event.status,
        initial=event.initial or None,
        network=event.network,
        capabilities=event.capabilities,
    )
    return shared.Presence(*at, account=event.account, name=event.name, details=details)


def _name(event: msn.NameChanged, at: At) -> Event:
    if event.account is None:
        return shared.Profile(*at, name=event.name, details={"name": event.name})
    return shared.Contact(*at, account=event.account, name=event.name, details={"name": event.name})


def _profile(event: msn.ProfileReceived, at: At) -> Event:
    return shared.Profile(*at, content_type="text/x-msmsgsprofile", details=dict(event.fields))


def _mail(event: msn.MailNoticed, at: At) -> Event:
    return shared.MailNotice(*at, content_type=event.content_type, details=dict(event.fields))


def _called(event: msn.Called, at: At) -> Event:
    return shared.Invited(*at, sender=None, account=event.account, details=_known(error=event.error))


def _rung(event: msn.Rung, at: At) -> Event:
    return shared.Invited(
        *at,
        sender=event.inviter,
        sender_name=event.inviter_name,
        account=None,
        session_id=event.session_id,
        server=event.server,
    )


# --- what people say to each other: made by hand, as there is so much of it ------------------------------------


def _utterance(event: said.Utterance, connection: Connection) -> Event:
    """In the shared vocabulary."""
    seen = seen_at(event.mark, event.from_client, 0)
    if isinstance(event, TextMessage):
        return _text(event, connection, seen)
    if isinstance(event, Acknowledged):
        delivery = shared.Delivery.__new__(shared.Delivery)
        delivery.connection, delivery.seen, delivery.inferred = connection, seen, False
        delivery.transaction = event.transaction
        delivery.delivered = event.delivered
        return delivery
    if isinstance(event, TypingNotice):
        typing = shared.Typing.__new__(shared.Typing)
        _put(typing, event, connection, seen)
        if event.recording:
            typing.details = RECORDING
        return typing
    if isinstance(event, ActionText):
        action = shared.Action.__new__(shared.Action)
        _put(action, event, connection, seen)
        action.text = event.text
        return action
    if isinstance(event, said.Nudge):
        nudge = shared.Nudge.__new__(shared.Nudge)
        _put(nudge, event, connection, seen)
        return nudge
    raise TypeError(event)


def _text(event: TextMessage, connection: Connection, seen: Seen) -> shared.Message:
    message = shared.Message.__new__(shared.Message)
    _put(message, event, connection, seen)
    headers = event.content.headers
    text, charset = event.read()
    if headers.simple and event.parts == 1 and not event.parts_missing:
        message.details = _usual(charset, event.origin.asked)
        message.message_id = None
    else:
        parts, lost = event.parts, event.parts_missing
        message.details = _known(
            charset=charset,
            parts=parts if parts > 1 else None,
            parts_missing=lost or None,
            user_agent=event.user_agent,
            declared_name=event.declared_name,
            message_id=event.message_id,
            acknowledgement=event.acknowledgement,
        )
        message.message_id = event.message_id
        message.sender_name = event.sender_name
    message.text = text
    message.format = headers.format
    message.missing = event.missing
    message.complete = not event.missing and not event.parts_missing
    message.known = event.known
    message.length = event.length
    return message


def _put(utterance: shared.Utterance, event: said.Message, connection: Connection, seen: Seen) -> None:
    """What all that people say has."""
    origin = event.origin
    utterance.connection, utterance.seen, utterance.inferred = connection, seen, False
    utterance.sender = origin.sender
    utterance.sender_name = origin.name
    utterance.content_type = event.content.headers.type
    utterance.transaction = origin.transaction
    utterance.details = shared.NOTHING


RECORDING: shared.Details = {"recording": True}

MAX_USUAL = 1000
"""Details of a text that are the same for many, remembered; beyond, they are made for each."""

_usual_details: dict[tuple[str, bytes | None], shared.Details] = {}


def _usual(charset: str, asked: bytes | None) -> shared.Details:
    """The details of nearly every text."""
    details = _usual_details.get((charset, asked))
    if details is None:
        answer = None if asked is None else asked.decode("ascii", "replace")
        details = _known(charset=charset, acknowledgement=answer)
        if len(_usual_details) < MAX_USUAL:
            _usual_details[charset, asked] = details
    return details


def _known(**details: object) -> dict[str, object]:
    return {name: value for name, value in details.items() if value is not None}


TRANSLATORS: dict[type[msn.Occurrence], Callable[[Any, At], Event]] = {
    msn.AccountKnown: lambda e, at: shared.AccountKnown(*at, account=e.account, evidence=e.evidence),
    msn.ConversationKnown: lambda e, at: shared.ConversationKnown(*at, session_id=e.session_id),
    msn.LoggedIn: _login,
    msn.LoggedOut: _logout,
    msn.StatusChanged: _presence,
    msn.NameChanged: _name,
    msn.ProfileReceived: _profile,
    msn.MailNoticed: _mail,
    msn.Called: _called,
    msn.Rung: _rung,
    msn.Entered: lambda _, at: shared.Entered(*at),
    msn.Present: lambda e, at: shared.Present(*at, account=e.account, name=e.name),
    msn.Joined: lambda e, at: shared.Joined(*at, account=e.account, name=e.name),
    msn.Left: lambda e, at: shared.Left(*at, account=e.account, details=_known(idle=e.idle or None)),
    msn.RosterUnsure: lambda _, at: shared.RosterUnsure(*at),
    msn.Undecoded: lambda e, at: shared.Undecoded(
        *at, octets=e.octets, details={"reason": e.reason, "octets": e.octets}
    ),
}
"""Events without an entry say nothing that a record needs (:class:`msnp.events.ServerKnown`)."""


class MsnProtocol:
    """MSN Messenger, MSNP2 to MSNP18."""

    name = "msnp"
    ports = PORTS

    def probe(self, octets: bytes) -> bool:
        """True when ``octets`` begin as a command line does: three capitals and a space, or a bare OUT or PNG."""
        return PROBE.match(octets) is not None

    def decoder(self, emit: Callable[[Event], None]) -> MsnDecoder:
        """A decoder for one run; what it learns goes to ``emit``."""
        return MsnDecoder(emit)


PROTOCOL = MsnProtocol()
