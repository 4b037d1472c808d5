# cython: annotation_typing=False
"""One connection to a messenger server, or what stands for one: its session, and its events in shared words.

A line is fed by a TCP connection of its own, or by a tunnel that takes its octets out of others
(:mod:`rcds_sniffer.protocols.msn.roads`). Where it carries several conversations, each is told as a connection of
its own between the same two ends.
"""

from typing import TYPE_CHECKING

import msnp.events as msn
import msnp.utterances as said
from msnp.mark import Mark
from msnp.session import MsnSession
from msnp.threads import Thread, between
from rcds_sniffer import events as shared
from rcds_sniffer.events import Connection, Seen
from rcds_sniffer.protocols.msn.translation import TRANSLATORS, seen_at, translate_utterance

if TYPE_CHECKING:
    from rcds_sniffer.protocols.msn.decoder import MsnDecoder

MAX_THREADS = 1024
"""Conversations of one connection that are open at a time; where one more begins, the oldest is over."""

MAX_PEOPLE = 64
"""People of one of them who are told ahead of what is said in it; the recorder takes no more."""

UNNAMED = "?"
"""Begins the key of a conversation with somebody while the own account is not proven."""

SERVICE = "messenger"
"""Where the key of a conversation without a connection of its own is like no other."""


class Line:
    """A connection in the shared vocabulary, and the session that decodes it.

    ``server`` is the messenger server that it speaks to, ``ip:port``; seen from the tap it may be a proxy's.
    """

    __slots__ = ("_decoder", "_threads", "connection", "session", "silent", "swapped")

    def __init__(self, decoder: "MsnDecoder", connection: Connection, server: str, sides_certain: bool) -> None:
        self.connection = connection
        self.session = MsnSession(self.translate, decoder.links, connection.client, server, sides_certain)
        self.silent = True
        """No octet came yet."""
        self.swapped = False
        """The tap had taken the server for the client."""
        self._decoder = decoder
        self._threads: dict[str, tuple[Connection, set[str]]] = {}
        """By key: the connection that stands for it, and who is known to take part."""

    # --- what comes in: as of a session ---------------------------------------------------------------------

    def analyze_packet(self, from_client: bool, octets: bytes, mark: Mark) -> None:
        """Take the next octets of one side; ``mark`` is that of the first of them."""
        session = self.session
        session.muted = self.connection.muted
        self.connection.heard = max(self.connection.heard, mark.time)
        session.analyze_octets(from_client, octets, mark.time, mark.sequence, mark.packet, mark.source)

    def gap(self, from_client: bool, length: int | None, mark: Mark) -> None:
        """So many octets of one side (None: nobody knows how many) are missing in front of ``mark``."""
        session = self.session
        session.muted = self.connection.muted
        session.gap(from_client, length, mark)

    def end(self, mark: Mark, *, closed: bool = True) -> None:
        """Nothing more will come: it was ``closed``, or is followed no longer. Its conversations end with it."""
        self.session.end(mark, closed=closed)
        self._decoder.ended(self)
        seen = Seen(mark.time, mark.sequence, mark.packet, mark.source, True)
        for connection, _ in self._threads.values():
            self._decoder.emit(shared.ConnectionClosed(connection, seen))
        self._decoder.emit(shared.ConnectionClosed(self.connection, seen))

    # --- what goes out --------------------------------------------------------------------------------------

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
            connection.heard = self.connection.heard
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
