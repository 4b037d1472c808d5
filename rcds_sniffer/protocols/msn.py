# cython: annotation_typing=False
"""The door to :mod:`msnp`: MSN's events in the shared vocabulary, one session a flow.

``MsnDecoder.receive`` is the callback of the stream engine, which the paper calls ``process_MSNIpacket``: it hands
the octets to :meth:`msnp.session.MsnSession.analyze_packet`, and the handlers there find the events.
"""

import re
from collections.abc import Callable

import msnp.events as msn
import msnp.utterances as said
from msnp.links import Links
from msnp.mark import Mark
from msnp.session import MsnSession
from msnp.threads import Thread, between
from rcds_sniffer import events as shared
from rcds_sniffer.events import Connection, Event, Seen
from rcds_sniffer.protocols.msn_events import TRANSLATORS, seen_at, translate_utterance
from reassembly.events import Flow, StreamData, StreamEnd, StreamEvent

PORTS = (1863,)
"""The port that Microsoft registered for MSNP; ``--ports`` names others."""


PROBE = re.compile(rb"[A-Z]{3}(?: |\r?\n)")

CLOSED = frozenset({"fin", "rst", "reused"})
"""Reasons of a StreamEnd that say that the connection is over; with others it is only followed no longer."""

MAX_THREADS = 1024
"""Conversations of one connection that are open at a time; where one more begins, the oldest is over."""

MAX_PEOPLE = 64
"""People of one of them who are told ahead of what is said in it; the recorder takes no more."""

UNNAMED = "?"
"""Begins the key of a conversation with somebody while the own account is not proven."""

SERVICE = "messenger"
"""Where the key of a conversation without a connection of its own is like no other."""

MAX_VERSIONS = 100_000
"""Accounts whose version is remembered for their switchboards; beyond, the oldest is forgotten."""


class _Line:
    """One flow: its connection in the shared vocabulary, and the session that decodes it.

    Where it carries several conversations, each is told as a connection of its own between the same two ends.
    """

    __slots__ = ("_decoder", "_threads", "connection", "session", "silent", "swapped")

    def __init__(self, flow: Flow, decoder: "MsnDecoder") -> None:
        client, server = str(flow.client), str(flow.server)
        self.connection = Connection("msnp", client, server, flow.started)
        self.session = MsnSession(self.translate, decoder.links, client, server, sides_certain=flow.opened)
        self.silent = True
        """No octet came yet."""
        self.swapped = False
        """The tap had taken the server for the client."""
        self._decoder = decoder
        self._threads: dict[str, tuple[Connection, set[str]]] = {}
        """By key: the connection that stands for it, and who is known to take part."""

    def translate(self, event: msn.Event) -> None:
        """Hand on ``event`` in the shared vocabulary."""
        connection = self.connection
        if self.session.swapped and not self.swapped:
            self.swapped = True
            connection.client, connection.server = connection.server, connection.client
        if isinstance(event, said.Utterance):
            if isinstance(event, said.Message):
                message = event
                if message.origin.thread is not None:
                    connection = self._thread(message.origin.thread, message)
            elif isinstance(event, said.Acknowledged):
                answer = event
                if answer.thread is not None:
                    connection = self._thread(answer.thread, answer)
            self._decoder.emit(translate_utterance(event, connection))
            self.session.muted = self.connection.muted
            return
        if event.thread is not None:
            connection = self._thread(event.thread, event)
        if isinstance(event, msn.VersionAgreed):
            connection.version = f"MSNP{event.version}"
            self._decoder.note_version(self.session.account, connection)  # known already where it is inferred late
            for stands_for, _ in self._threads.values():
                stands_for.version = connection.version
        elif isinstance(event, msn.AccountKnown):
            self._decoder.note_version(event.account, connection)
        translator = TRANSLATORS.get(type(event))
        if translator is not None:
            seen = seen_at(event.mark, event.from_client, event.ordinal)
            self._decoder.emit(translator(event, (connection, seen, event.inferred)))
            self.session.muted = self.connection.muted
        if isinstance(event, msn.AccountKnown):
            self._prove(event)

    def _thread(self, thread: Thread, event: msn.Event) -> Connection:
        """The connection that stands for a conversation; what of it is new is told first."""
        key = thread.key
        if not key:  # of the own account, not proven when it was said, with one other
            other, account = thread.people[0], self.session.account
            key = UNNAMED + other if account is None else between(account, other).key
        known = self._threads.get(key)
        seen = seen_at(event.mark, event.from_client, event.ordinal)
        emit, session = self._decoder.emit, self.session
        if known is None:
            own = self.connection
            made = Connection("msnp", own.client, own.server, event.mark.time, own.version, SERVICE, True)
            known = self._threads[key] = made, set()
            if session.account is not None:
                emit(shared.AccountKnown(made, seen, account=session.account, evidence="connection"))
            if not key.startswith(UNNAMED):
                emit(shared.ConversationKnown(made, seen, session_id=key))
            if len(self._threads) > MAX_THREADS:
                oldest = next(iter(self._threads))
                emit(shared.ConnectionClosed(self._threads.pop(oldest)[0], seen))
        connection, people = known
        if isinstance(event, msn.Present | msn.Joined) and len(people) < MAX_PEOPLE:
            people.add(event.account)
        elif isinstance(event, msn.Left):
            people.discard(event.account)
        for account in thread.people:
            if account not in people and account != session.account and len(people) < MAX_PEOPLE:
                people.add(account)
                emit(shared.Present(connection, seen, account=account))
        return connection

    def _prove(self, event: msn.AccountKnown) -> None:
        """Whose the connection is: of what it carries too, and so which conversations its unnamed ones are."""
        seen = seen_at(event.mark, event.from_client, event.ordinal)
        emit, threads = self._decoder.emit, self._threads
        for key in list(threads):
            connection, people = threads[key]
            emit(shared.AccountKnown(connection, seen, account=event.account, evidence=event.evidence))
            if key.startswith(UNNAMED):
                del threads[key]
                named = between(event.account, key.removeprefix(UNNAMED)).key
                emit(shared.ConversationKnown(connection, seen, session_id=named))
                if threads.setdefault(named, (connection, people))[0] is not connection:
                    emit(shared.ConnectionClosed(connection, seen))

    def close(self, seen: Seen) -> None:
        """Its conversations are over with it, and it is over."""
        for connection, _ in self._threads.values():
            self._decoder.emit(shared.ConnectionClosed(connection, seen))
        self._decoder.emit(shared.ConnectionClosed(self.connection, seen))


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

    def note_version(self, account: str | None, connection: Connection) -> None:
        """A switchboard connection agrees on no version: it is the one of the account's notification connection."""
        if account is None:
            return
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
        line.close(seen)


def looks_like_tls(octets: bytes) -> bool:
    """True for a TLS record header (RFC 8446 section 5.1): handshake, version 3.x."""
    return len(octets) >= 3 and octets[0] == 0x16 and octets[1] == 0x03


class MsnProtocol:
    """MSN Messenger, MSNP2 to MSNP21."""

    name = "msnp"
    ports = PORTS

    def probe(self, octets: bytes) -> bool:
        """True when ``octets`` begin as a command line does: three capitals and a space, or a bare OUT or PNG."""
        return PROBE.match(octets) is not None

    def decoder(self, emit: Callable[[Event], None]) -> MsnDecoder:
        """A decoder for one run; what it learns goes to ``emit``."""
        return MsnDecoder(emit)


PROTOCOL = MsnProtocol()
