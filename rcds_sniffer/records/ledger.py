"""The ledger: sightings in, records out, each happening for each target once.

A sighting is put with the happening that it is another copy of, or begins one. A happening is concluded when its
other sightings have had ``settle`` nanoseconds of capture time to come in; then everybody whom the warrant covers
and who took part gets a record, from the best sighting. Where it is not certain who took part (a connection joined
in mid-stream, octets lost), the happening is held in bounded memory: somebody who proves to have been there gets
the record then.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, fields

from rcds_sniffer import events as ev
from rcds_sniffer.orders import Warrant
from rcds_sniffer.records.building import Builder, best_sighting
from rcds_sniffer.records.conversation import MAX_HISTORY, Conversation
from rcds_sniffer.records.conversations import Conversations
from rcds_sniffer.records.happening import SECOND, UTTERANCES, Happening, Link, Sighting, content_key, is_whole
from rcds_sniffer.records.record import CommunicationRecord

SETTLE = 2 * SECOND
"""How long a happening waits for its other sightings and for its delivery, ns of capture time."""

MAX_HELD = 50_000
"""Happenings held in all until it is known who took part; beyond, new ones are concluded as they are."""


@dataclass(slots=True)
class Counters:
    """What was done; numbers only, so that a summary names nobody."""

    events: int = 0
    records: int = 0
    incomplete: int = 0
    unattributed: int = 0
    """Events discarded because the connection's account was never proven."""

    def to_dict(self) -> dict[str, int]:
        """By name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


class Ledger:
    """What happened in the conversations of one run."""

    def __init__(
        self, warrant: Warrant, emit: Callable[[CommunicationRecord], None], sensor: str, settle: int = SETTLE
    ) -> None:
        self.warrant = warrant
        self.build = Builder(warrant.order_id, sensor)
        self.counters = Counters()
        self.clock = 0
        """Capture time so far, ns since 1970 UTC."""
        self.conversations = Conversations(self._release, self._record)
        self._emit = emit
        self._settle = settle
        self._pending: deque[tuple[int, Happening, Conversation]] = deque()
        self._deliveries: dict[tuple[Link, int], Happening] = {}
        self._held = 0

    def advance(self, time: int) -> None:
        """Capture time has come to ``time`` (ns since 1970 UTC): conclude what has settled."""
        self.clock = max(self.clock, time)
        while self._pending and self._pending[0][0] <= self.clock:
            _, happening, conversation = self._pending.popleft()
            self._conclude(happening, conversation.current)
        self.conversations.expire(self.clock)

    def close(self) -> None:
        """The capture is over: conclude everything."""
        while self._pending:
            _, happening, conversation = self._pending.popleft()
            self._conclude(happening, conversation.current)
        self.conversations.release_all()

    def write(self, record: CommunicationRecord) -> None:
        """Hand on one record."""
        self.counters.records += 1
        self.counters.incomplete += not record.complete
        self._emit(record)

    # --- sightings --------------------------------------------------------------------------------------------

    def sight(
        self, conversation: Conversation, sighting: Sighting, kind: str, actor: str, thing: str | None = None
    ) -> Happening:
        """Take in that ``actor`` was seen to do ``kind`` (to ``thing``, of an invitation)."""
        conversation.active = self.clock
        happening = conversation.find(kind, actor, thing, sighting)
        if happening is None and kind == "message":
            conversation, happening = self.conversations.find_echo(conversation, actor, sighting)
        if happening is None:
            return self._begin(conversation, sighting, kind, actor, thing)
        happening.add(sighting)
        if happening.key is None and is_whole(sighting.event):
            key = content_key(kind, actor, thing, sighting.event)
            if key is not None:
                conversation.complete(happening, key)
        if happening.concluded:
            self._record(happening, conversation)  # a late sighting can prove one more recipient
        return happening

    def _begin(
        self, conversation: Conversation, sighting: Sighting, kind: str, actor: str, thing: str | None
    ) -> Happening:
        happening = Happening(kind, actor, thing, content_key(kind, actor, thing, sighting.event))
        happening.add(sighting)
        conversation.remember(happening, self.clock)
        if kind == "message":
            self.conversations.remember_echo(conversation, happening, self.clock)
        self._pending.append((self.clock + self._settle, happening, conversation))
        return happening

    def await_delivery(self, link: Link, transaction: int, happening: Happening) -> None:
        """The server may answer ``transaction`` on ``link``: that is about ``happening``."""
        if not happening.concluded:
            self._deliveries[link, transaction] = happening

    def delivered(self, link: Link, transaction: int, outcome: str) -> None:
        """It did."""
        happening = self._deliveries.pop((link, transaction), None)
        if happening is not None:
            happening.current.delivery = outcome

    def was_there(self, conversation: Conversation, link: Link, account: str, time: int) -> None:
        """Something on ``link`` proves that ``account`` is there at ``time`` though nobody saw it come in.

        Then it was there since the last moment at which its coming could have been missed: so it also received
        what was said since.
        """
        since = time
        if account == link.account:
            since = min(time, link.connection.started if link.unsure_since is None else link.unsure_since)
        elif link.unsure_since is not None:
            since = min(time, link.unsure_since)
        left = conversation.roster.last_left(account)
        if left is not None and left >= since:
            since = min(time, left + 1)
        conversation.roster.enter(account, since)
        for happening in list(conversation.history):
            if happening.time >= since:
                self._record(happening.current, conversation)
        waiting, conversation.unattributed = conversation.unattributed, deque()
        for happening in waiting:
            if happening.time >= since:
                self._held -= 1
                self._conclude(happening, conversation, patient=False)
            else:
                conversation.unattributed.append(happening)

    # --- conclusions ------------------------------------------------------------------------------------------

    def _conclude(self, happening: Happening, conversation: Conversation, patient: bool = True) -> None:
        """Write what is due. Where who was there is not certain, keep it: more recipients may be proven later."""
        for link, event, outgoing in happening.sightings:
            if outgoing and isinstance(event, ev.Utterance) and event.transaction is not None:
                self._deliveries.pop((link, event.transaction), None)
        if happening.concluded:
            return
        if happening.kind in UTTERANCES and conversation.unsure_at(happening.time) and self._held < MAX_HELD:
            if patient and not self._recipients(happening, conversation):
                self._hold(conversation.unattributed, happening, conversation)
                return
            self._hold(conversation.history, happening, conversation)
            happening.concluded = True
            self._record(happening, conversation)
        else:
            happening.concluded = True
            self._record(happening, conversation)
            happening.settle()

    def _hold(self, held: deque[Happening], happening: Happening, conversation: Conversation) -> None:
        held.append(happening)
        self._held += 1
        if len(held) > MAX_HISTORY:
            self._let_go(held.popleft(), conversation)

    def _let_go(self, happening: Happening, conversation: Conversation) -> None:
        """Nothing more will be learnt of who received it."""
        self._held -= 1
        happening = happening.current
        if not happening.concluded:
            happening.concluded = True
            self._record(happening, conversation)
        unproven = all(sighting.link.account is None for sighting in happening.sightings)
        if self.warrant.everybody and unproven and not happening.recorded:
            happening.recorded.add(None)
            self._write(happening, None, conversation)

    def _recipients(self, happening: Happening, conversation: Conversation) -> set[str]:
        if happening.kind == "invite":
            return {happening.object} if happening.object is not None else set()
        present = conversation.roster.present(happening.time) | happening.witnesses
        present.discard(happening.actor)
        return present

    def _record(self, happening: Happening, conversation: Conversation) -> None:
        """One record for every target that took part and has none yet."""
        for account in sorted({happening.actor, *self._recipients(happening, conversation)}):
            if account in happening.recorded:
                continue
            if self.warrant.covers(account, best_sighting(happening, account).event.seen.time):
                happening.recorded.add(account)
                self._write(happening, account, conversation)

    def _write(self, happening: Happening, target: str | None, conversation: Conversation) -> None:
        recipients = self._recipients(happening, conversation)
        name = conversation.names.get(happening.actor)
        self.write(self.build.of_happening(happening, target, recipients, conversation.identify(), name))

    def _release(self, conversation: Conversation) -> None:
        """The conversation is forgotten."""
        for held in (conversation.unattributed, conversation.history):
            while held:
                self._let_go(held.popleft(), conversation)
