"""The recorder: events in, communication records out, for those whom the warrant names and nobody else.

Each event is first given its place: its link (the connection and the account that is proven at its client end)
and its conversation. What concerns an account alone is recorded at once. What happens in a conversation becomes
a sighting of a happening, which is concluded when its other sightings have had ``settle`` nanoseconds of capture
time to come in; then every target that took part gets one record, from its best sighting.

Time is the packets' time: two runs over one capture give the same records in the same order.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, fields

from rcds_sniffer import events as ev
from rcds_sniffer.events import Connection, ConversationEvent, Event
from rcds_sniffer.orders import Warrant
from rcds_sniffer.records.building import Builder, best_sighting
from rcds_sniffer.records.conversation import MAX_HISTORY, Conversation
from rcds_sniffer.records.conversations import Conversations
from rcds_sniffer.records.happening import SECOND, UTTERANCES, Happening, Link, Sighting, content_key, is_whole
from rcds_sniffer.records.record import CommunicationRecord

SETTLE = 2 * SECOND
"""How long a happening waits for its other sightings and for its delivery, ns of capture time."""

MAX_WAITING = 1000
"""Events of one connection that wait for its account; beyond, new ones are discarded and counted."""

MAX_HELD = 50_000
"""Happenings held in all until it is known who received them; beyond, new ones are concluded as they are."""

KINDS: dict[type[ConversationEvent], str] = {
    ev.Message: "message",
    ev.Typing: "typing",
    ev.Nudge: "nudge",
    ev.Action: "action",
}


@dataclass(slots=True)
class Counters:
    """What the recorder did; numbers only, so that a summary names nobody."""

    events: int = 0
    records: int = 0
    incomplete: int = 0
    unattributed: int = 0
    """Events discarded because the connection's account was never proven."""

    def to_dict(self) -> dict[str, int]:
        """By name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


class Recorder:
    """Builds the communication records of one run."""

    def __init__(
        self, warrant: Warrant, emit: Callable[[CommunicationRecord], None], sensor: str, settle: int = SETTLE
    ) -> None:
        self._warrant = warrant
        self._emit = emit
        self._build = Builder(warrant.order_id, sensor)
        self._settle = settle
        self._links: dict[Connection, Link] = {}
        self._conversations = Conversations(self._release, self._record)
        self._pending: deque[tuple[int, Happening, Conversation]] = deque()
        self._deliveries: dict[tuple[Link, int], Happening] = {}
        self._held = 0
        self._clock = 0
        self.counters = Counters()

    @property
    def clock(self) -> int:
        """Capture time so far, ns since 1970 UTC."""
        return self._clock

    def receive(self, event: Event) -> None:
        """Take one event; records that are due go out first."""
        self.counters.events += 1
        self.advance(event.seen.time)
        link = self._links.get(event.connection)
        if link is None:
            link = self._links[event.connection] = Link(event.connection)
        if isinstance(event, ev.ConnectionClosed):
            self._close(link)
        elif isinstance(event, ev.AccountKnown):
            self._prove(link, event.account)
        elif link.account is None and needs_account(event):
            self._wait(link, event)
        else:
            self._take(link, event)

    def advance(self, time: int) -> None:
        """Capture time has come to ``time`` (ns since 1970 UTC): conclude what has settled."""
        self._clock = max(self._clock, time)
        while self._pending and self._pending[0][0] <= self._clock:
            _, happening, conversation = self._pending.popleft()
            self._conclude(happening, conversation.current)
        self._conversations.expire(self._clock)

    def close(self) -> None:
        """The capture is over: conclude everything."""
        for link in list(self._links.values()):
            self._close(link)
        while self._pending:
            _, happening, conversation = self._pending.popleft()
            self._conclude(happening, conversation.current)
        self._conversations.release_all()

    # --- the connection -----------------------------------------------------------------------------------------

    def _wait(self, link: Link, event: Event) -> None:
        if len(link.waiting) < MAX_WAITING:
            link.waiting.append(event)
        else:
            self.counters.unattributed += 1

    def _prove(self, link: Link, account: str) -> None:
        if link.account is not None:
            return
        link.account = account
        self._warrant.noticed(account)
        waiting, link.waiting = link.waiting, []
        if link.conversation is not None:
            self._was_there(link.conversation, link, account, link.connection.started)
        for event in waiting:
            self._take(link, event)

    def _close(self, link: Link) -> None:
        self._links.pop(link.connection, None)
        for event in link.waiting:
            self.counters.unattributed += 1
            if self._warrant.everybody and isinstance(event, ev.Utterance):
                conversation = self._conversation_of(link)
                present = conversation.roster.present(event.seen.time)
                self._out(self._build.of_nobody(event, present, conversation.identify()))
        link.waiting = []
        link.closed = True
        if link.conversation is not None:
            self._conversations.closed(link.conversation, self._clock)

    def _conversation_of(self, link: Link) -> Conversation:
        if link.conversation is None:
            link.conversation = self._conversations.alone(link, self._clock)
        return link.conversation

    # --- the events ---------------------------------------------------------------------------------------------

    def _take(self, link: Link, event: Event) -> None:
        if isinstance(event, ev.Utterance):
            self._utterance(link, event)
        elif isinstance(event, ev.AccountEvent):
            self._account_event(link, event)
        elif isinstance(event, ev.Delivery):
            happening = self._deliveries.pop((link, event.transaction), None)
            if happening is not None:
                happening.current.delivery = "delivered" if event.delivered else "refused"
        elif isinstance(event, ev.ConversationKnown):
            self._conversations.identified(self._conversation_of(link), event.session_id)
        elif isinstance(event, ev.RosterUnsure):
            self._conversation_of(link)
            link.unsure_since = event.seen.time
        elif isinstance(event, ev.Invited):
            self._invited(link, event)
        else:
            self._movement(link, event)

    def _account_event(self, link: Link, event: ev.AccountEvent) -> None:
        target = event.account if isinstance(event, ev.Login) and event.account is not None else link.account
        if target is None or not self._warrant.covers(target, event.seen.time):
            return
        conversation = link.conversation
        self._out(self._build.of_account(event, target, conversation.identify() if conversation else None))

    def _movement(self, link: Link, event: Event) -> None:
        """Somebody came or went."""
        conversation = self._conversation_of(link)
        roster, time = conversation.roster, event.seen.time
        if isinstance(event, ev.Present):
            roster.enter(event.account, time)
            conversation.note_name(event.account, event.name)
        elif isinstance(event, ev.Joined):
            roster.enter(event.account, time)
            conversation.note_name(event.account, event.name)
            self._happened(conversation, link, event, "join", event.account, outgoing=False)
        elif isinstance(event, ev.Entered) and link.account is not None:
            roster.enter(link.account, time)
            self._happened(conversation, link, event, "join", link.account, outgoing=True)
        elif isinstance(event, ev.Left):
            who = event.account or link.account
            if who is None:
                return
            if not roster.holds(who, time) and roster.last_left(who) is None:
                self._was_there(conversation, link, who, time)  # who leaves was there
            self._happened(conversation, link, event, "leave", who, outgoing=event.account is None)
            roster.leave(who, time)

    def _invited(self, link: Link, event: ev.Invited) -> None:
        outgoing = event.sender is None
        sender = event.sender or link.account
        account = event.account if outgoing else link.account
        if sender is None:
            return
        if event.session_id is not None and event.server is not None:
            protocol = link.connection.protocol
            conversation = self._conversations.named(protocol, event.server, event.session_id, self._clock)
        else:
            conversation = self._conversation_of(link)
        error = event.details.get("error")
        if error is not None:  # the answer to an invitation on this link, not another one
            for happening in conversation.recent("invite", sender, account):
                if not happening.concluded and any(s.link is link for s in happening.sightings):
                    happening.error = error
                    return
        self._happened(conversation, link, event, "invite", sender, outgoing=outgoing, thing=account)

    def _utterance(self, link: Link, event: ev.Utterance) -> None:
        conversation = self._conversation_of(link)
        time = event.seen.time
        outgoing = event.sender is None
        actor = event.sender or link.account
        if actor is None:
            return
        conversation.note_name(actor, event.sender_name)
        for account in {actor, link.account} - {None}:
            if account is not None and not conversation.roster.holds(account, time):
                self._was_there(conversation, link, account, time)
        kind = KINDS[type(event)]
        happening = self._happened(conversation, link, event, kind, actor, outgoing=outgoing)
        if outgoing and event.transaction is not None and not happening.concluded:
            self._deliveries[link, event.transaction] = happening

    def _was_there(self, conversation: Conversation, link: Link, account: str, time: int) -> None:
        """Something proves that ``account`` is there at ``time`` though nobody saw it come in.

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

    # --- happenings ---------------------------------------------------------------------------------------------

    def _happened(
        self,
        conversation: Conversation,
        link: Link,
        event: ConversationEvent,
        kind: str,
        actor: str,
        *,
        outgoing: bool,
        thing: str | None = None,
    ) -> Happening:
        conversation.active = self._clock
        sighting = Sighting(link, event, outgoing)
        happening = conversation.find(kind, actor, thing, sighting)
        if happening is None and kind == "message":
            conversation, happening = self._conversations.find_echo(conversation, actor, sighting)
        if happening is None:
            happening = Happening(kind, actor, thing, content_key(kind, actor, thing, event))
            happening.add(sighting)
            conversation.remember(happening, self._clock)
            if kind == "message":
                self._conversations.remember_echo(conversation, happening, self._clock)
            self._pending.append((self._clock + self._settle, happening, conversation))
            return happening
        happening.add(sighting)
        if happening.key is None and is_whole(event):
            key = content_key(kind, actor, thing, event)
            if key is not None:
                conversation.complete(happening, key)
        if happening.concluded:
            self._record(happening, conversation)  # a late sighting can prove one more recipient
        return happening

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
        if self._warrant.everybody and unproven and not happening.recorded:
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
            if self._warrant.covers(account, best_sighting(happening, account).event.seen.time):
                happening.recorded.add(account)
                self._write(happening, account, conversation)

    def _write(self, happening: Happening, target: str | None, conversation: Conversation) -> None:
        recipients = self._recipients(happening, conversation)
        name = conversation.names.get(happening.actor)
        self._out(self._build.of_happening(happening, target, recipients, conversation.identify(), name))

    def _release(self, conversation: Conversation) -> None:
        """The conversation is forgotten."""
        for held in (conversation.unattributed, conversation.history):
            while held:
                self._let_go(held.popleft(), conversation)

    def _out(self, record: CommunicationRecord) -> None:
        self.counters.records += 1
        self.counters.incomplete += not record.complete
        self._emit(record)


def needs_account(event: Event) -> bool:
    """True for what cannot be told without the account at the client end."""
    if isinstance(event, ev.Utterance | ev.Invited):
        return event.sender is None or isinstance(event, ev.Invited)
    if isinstance(event, ev.Login):
        return event.account is None
    if isinstance(event, ev.Left):
        return event.account is None
    return isinstance(event, ev.AccountEvent | ev.Entered | ev.Delivery)
