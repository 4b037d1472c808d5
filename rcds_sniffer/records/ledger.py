# cython: annotation_typing=False
"""The ledger: sightings in, records out, each happening for each target once.

A sighting is put with the happening that it is another copy of, or begins one. A happening is concluded when its
other sightings have had ``settle`` nanoseconds of capture time to come in; then everybody whom the warrant covers
and who took part gets a record, from the best sighting. Where it is not certain who took part (a connection joined
in mid-stream, octets lost), the happening is held in bounded memory: somebody who proves to have been there gets
the record then.
"""

from collections import deque
from collections.abc import Callable

from rcds_sniffer.events import Sending, Utterance
from rcds_sniffer.files import Vault
from rcds_sniffer.orders import Grant, Warrant
from rcds_sniffer.records.building import Builder, best_sighting
from rcds_sniffer.records.conversation import MAX_HISTORY, Conversation
from rcds_sniffer.records.conversations import Conversations
from rcds_sniffer.records.happening import SECOND, Happening, Link, Sighting, is_whole
from rcds_sniffer.records.queue import Queue
from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.records.roster import OPEN
from rcds_sniffer.records.scope import granted
from rcds_sniffer.records.transfers import Transfers

SETTLE = 2 * SECOND
"""How long a happening waits for its other sightings and for its delivery, ns of capture time."""

MAX_PENDING = 20_000
"""Happenings that settle at the same time; beyond, the oldest is concluded at once."""

PATIENCE = 60 * SECOND
"""How long, on a live line, what nobody is known to have received is held before it goes out as it is, ns."""

UNPROVEN = Grant(None)
"""For what an account did that was never proven, with ``--all``."""

MAX_HELD = 50_000
"""Happenings held in all until it is known who took part; beyond, new ones are concluded as they are."""


class Counters:
    """What was done; numbers only, so that a summary names nobody."""

    __slots__ = ("events", "incomplete", "records", "unattributed")

    def __init__(self) -> None:
        self.events = 0
        self.records = 0
        self.incomplete = 0
        self.unattributed = 0
        """Events discarded because the connection's account was never proven."""

    def to_dict(self) -> dict[str, int]:
        """By name."""
        return {
            "events": self.events,
            "records": self.records,
            "incomplete": self.incomplete,
            "unattributed": self.unattributed,
        }


class Ledger:
    """What happened in the conversations of one run."""

    def __init__(
        self,
        warrant: Warrant,
        emit: Callable[[CommunicationRecord], None],
        sensor: str,
        settle: int = SETTLE,
        patience: int | None = None,
        *,
        files: Vault | None = None,
    ) -> None:
        self.warrant = warrant
        self.transfers = Transfers(warrant, files or Vault())
        self.build = Builder(sensor)
        self.counters = Counters()
        self.clock = 0
        """Capture time so far, ns since 1970 UTC."""
        self.conversations = Conversations(self._release, self.review)
        self._grants = warrant.grants
        self._emit = emit
        self._settle = settle
        self._pending = Queue()
        """What has not settled yet, in the order in which it began."""
        self._held = 0
        self._patience = patience
        self._impatient: deque[tuple[int, Happening, Conversation]] = deque()

    def advance(self, time: int) -> None:
        """Capture time has come to ``time`` (ns since 1970 UTC): conclude what has settled."""
        self.clock = max(self.clock, time)
        settled = self.clock - self._settle
        first = self._pending.first()
        while first is not None and first.begun <= settled:
            self._conclude_next()
            first = self._pending.first()
        while self._impatient and self._impatient[0][0] <= self.clock:
            _, happening, conversation = self._impatient.popleft()
            self._lose_patience(happening, conversation.current())
        self.conversations.expire(self.clock)

    def close(self) -> None:
        """The capture is over: conclude everything."""
        while len(self._pending):
            self._conclude_next()
        self.conversations.release_all()

    def write(self, record: CommunicationRecord, grant: Grant, until: int) -> None:
        """Hand on one record, as ``grant`` allows it; its last octet was seen at ``until``."""
        if grant.order_id is not None:
            record = granted(record, grant, until)
        self.counters.records += 1
        self.counters.incomplete += not record.complete
        self._emit(record)

    def write_unproven(self, conversation: Conversation, event: Utterance, moment: int) -> None:
        """Hand on what an account said that was never proven, with ``--all``."""
        present = tuple(sorted(conversation.roster.present(moment)))
        record = self.build.of_nobody(event, present, conversation.identify())
        if isinstance(event, Sending):
            self.transfers.tell_unproven(record, event)
        self.write(record, UNPROVEN, event.seen.until)

    # --- sightings --------------------------------------------------------------------------------------------

    def sight(
        self, conversation: Conversation, sighting: Sighting, kind: str, actor: str, thing: str | None = None
    ) -> Happening:
        """Take in that ``actor`` was seen to do ``kind`` (to ``thing``, where it is for one person alone)."""
        conversation.active = self.clock
        happening = conversation.find(kind, actor, thing, sighting)
        if happening is None and kind == "message":
            conversation, happening = self.conversations.find_echo(conversation, actor, sighting, self.clock)
        if happening is None:
            return self._begin(conversation, sighting, kind, actor, thing)
        happening.add(sighting)
        if happening.object is None:
            happening.object = thing  # the other copy did not say so
        if happening.cut and is_whole(sighting.event):
            conversation.complete(happening)
        return happening

    def _begin(
        self, conversation: Conversation, sighting: Sighting, kind: str, actor: str, thing: str | None
    ) -> Happening:
        happening = Happening(kind, actor, thing, sighting, conversation, self.clock)
        self.conversations.remember(conversation, happening, self.clock)
        self._pending.push(happening)
        if len(self._pending) > MAX_PENDING:
            self._conclude_next()
        return happening

    def review(self, happening: Happening, conversation: Conversation) -> None:
        """A sighting was added: if it came late, it can prove one more recipient."""
        if happening.concluded:
            self._record(happening.current(), conversation.current())

    def hasten(self, sighting: Sighting, happening: Happening, conversation: Conversation) -> None:
        """On a live line: let the record go at once that no later sighting can better.

        That is the one of the account whose own connection has shown it whole, while it is certain who is there.
        What the account itself sent waits until the server answered: who came in ahead of that was heard by then.
        """
        account, event = sighting.link.account, sighting.event
        if (
            self._patience is None
            or happening.concluded
            or happening.kind == "invite"
            or happening.ending  # other copies may have octets of the file that this one lacks
            or account is None
            or (sighting.outgoing and happening.spoken and happening.delivery is None)
            or not is_whole(event)
            or conversation.unsure_at(happening.moment)
        ):
            return
        connection = sighting.link.connection
        grants = self._grants(account, event.seen.time, connection.protocol, connection.client)
        if not grants:
            return
        recipients = self._recipients(happening, conversation)
        if account == happening.actor or account in recipients:
            self._write_all(happening, account, conversation, recipients, grants)

    def await_delivery(self, link: Link, transaction: int, happening: Happening) -> None:
        """The server may answer ``transaction`` on ``link``: that is about ``happening``."""
        if not happening.concluded:
            link.awaited[transaction] = happening

    def delivered(self, link: Link, transaction: int, outcome: str) -> None:
        """It did."""
        happening = link.awaited.pop(transaction, None)
        if happening is None:
            return
        happening = happening.current()
        happening.delivery = outcome
        for sighting in happening.sightings:
            if sighting.link is link:
                self.hasten(sighting, happening, happening.conversation.current())

    def was_there(self, conversation: Conversation, link: Link, accounts: tuple[str, ...], moment: int) -> None:
        """Something on ``link`` proves that ``accounts`` were there at ``moment`` though nobody saw them come in.

        Then they were there since the last moment at which their coming could have been missed: so they also
        received what was said since.
        """
        roster, earliest = conversation.roster, OPEN
        for account in accounts:
            if roster.holds(account, moment):
                continue
            since = moment
            if link.unsure_since is not None:
                since = min(moment, link.unsure_since)
            elif account == link.account:
                since = min(moment, link.started)
            left = roster.last_left(account)
            if left is not None:
                since = min(moment, max(since, left))
            roster.enter(account, since)
            if left is not None and left < moment and link.unsure_since is None:
                roster.leave(account, moment + 1)  # a copy in flight: a return would have been seen
            earliest = min(earliest, since)
        if earliest == OPEN:
            return
        for happening in list(conversation.history):
            if happening.moment >= earliest or link in happening.links:
                self._record(happening.current(), conversation)
        waiting, conversation.unattributed = conversation.unattributed, deque()
        for happening in waiting:
            reached = happening.moment >= earliest or link in happening.links
            if reached and self._recipients(happening, conversation):
                self._held -= 1
                self._conclude(happening, conversation, patient=False)
            else:
                conversation.unattributed.append(happening)

    # --- conclusions ------------------------------------------------------------------------------------------

    def _conclude_next(self) -> None:
        happening = self._pending.pop()
        self._conclude(happening, happening.conversation.current())

    def _conclude(self, happening: Happening, conversation: Conversation, patient: bool = True) -> None:
        """Write what is due. Where who was there is not certain, keep it: more recipients may be proven later."""
        self._forget_deliveries(happening)
        if happening.concluded:
            return
        if happening.spoken and self._held < MAX_HELD and not conversation.over:
            nobody = not self._recipients(happening, conversation) and happening.delivery != "refused"
            if patient and nobody:
                self._hold(conversation.unattributed, happening, conversation)
                if self._patience is not None:
                    self._impatient.append((self.clock + self._patience, happening, conversation))
                return
            if conversation.unsure_at(happening.moment):
                self._hold(conversation.history, happening, conversation)
                happening.concluded = True
                self._record(happening, conversation)
                return
        happening.concluded = True
        self._record(happening, conversation)
        if happening.ending:
            self.transfers.concluded(happening)
        happening.settle()

    def _forget_deliveries(self, happening: Happening) -> None:
        for sighting in happening.sightings:
            if sighting.outgoing and sighting.link.awaited and isinstance(sighting.event, Utterance):
                utterance: Utterance = sighting.event
                awaited = sighting.link.awaited
                if utterance.transaction is not None and awaited.get(utterance.transaction) is happening:
                    del awaited[utterance.transaction]

    def _hold(self, held: deque[Happening], happening: Happening, conversation: Conversation) -> None:
        held.append(happening)
        self._held += 1
        if len(held) > MAX_HISTORY:
            self._let_go(held.popleft(), conversation)

    def _lose_patience(self, happening: Happening, conversation: Conversation) -> None:
        """Nobody proved to have received it yet: it goes out. Who proves it later gets a record of their own."""
        if happening in conversation.unattributed:
            conversation.unattributed.remove(happening)
            self._held -= 1
            self._conclude(happening, conversation, patient=False)

    def _let_go(self, happening: Happening, conversation: Conversation) -> None:
        """Nothing more will be learnt of who received it."""
        self._held -= 1
        happening = happening.current()
        self._forget_deliveries(happening)
        if not happening.concluded:
            happening.concluded = True
            self._record(happening, conversation)
        unproven = all(sighting.link.account is None for sighting in happening.sightings)
        if self.warrant.everybody and unproven and not happening.recorded:
            happening.recorded += ((None, None),)
            self._write(happening, None, conversation, self._recipients(happening, conversation), UNPROVEN)

    def _recipients(self, happening: Happening, conversation: Conversation) -> tuple[str, ...]:
        """Who received it, in order: whom it was for; or the roster then, and whoever's connection carried it."""
        if happening.object is not None:
            return (happening.object,)
        if happening.kind == "invite":
            return ()
        actor = happening.actor
        others = conversation.roster.others(actor, happening.moment)
        if happening.spoken:
            for link in happening.links:
                witness = link.account
                if witness is not None and witness != actor and witness not in others:
                    others = tuple(sorted((*others, witness)))
        return others

    def _record(self, happening: Happening, conversation: Conversation) -> None:
        """One record for every target that took part and has none yet."""
        recipients = self._recipients(happening, conversation)
        concerned = [happening.actor]
        if happening.error is None:  # who was called in vain never took part
            concerned += recipients
            concerned.sort()
        for account in concerned:
            best = best_sighting(happening, account)
            connection = best.link.connection
            client = connection.client if best.link.account == account else None
            grants = self._grants(account, best.event.seen.time, connection.protocol, client)
            if grants:
                self._write_all(happening, account, conversation, recipients, grants)
        if happening.ending:
            self.transfers.told(happening)

    def _write_all(
        self,
        happening: Happening,
        target: str,
        conversation: Conversation,
        recipients: tuple[str, ...],
        grants: tuple[Grant, ...],
    ) -> None:
        """One record for every order that has none yet; who asked for themselves takes part once."""
        for grant in grants:
            served = target, grant.order_id
            if served not in happening.recorded:
                happening.recorded += (served,)
                self._write(happening, target, conversation, recipients, grant)

    def _write(
        self,
        happening: Happening,
        target: str | None,
        conversation: Conversation,
        recipients: tuple[str, ...],
        grant: Grant,
    ) -> None:
        name = conversation.name_of(happening.actor, grant.since, grant.until)
        record = self.build.of_happening(happening, target, recipients, conversation.identify(), name, grant)
        best = best_sighting(happening, target)
        whole = None if is_whole(best.event) else happening.whole()
        until = best.event.seen.until if whole is None else whole.event.seen.until
        if happening.transfer is not None:
            self.transfers.tell(record, happening, grant, until)
        self.write(record, grant, until)

    def _release(self, conversation: Conversation) -> None:
        """The conversation is forgotten."""
        for held in (conversation.unattributed, conversation.history):
            while held:
                self._let_go(held.popleft(), conversation)
