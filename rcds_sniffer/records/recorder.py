"""The recorder: events in, communication records out, for those whom the warrant covers and nobody else.

Each event is given its place: its link (the connection and the account that is proven at its client end) and its
conversation. What concerns an account alone is recorded at once; what happens in a conversation goes to the
:class:`~rcds_sniffer.records.ledger.Ledger` as a sighting. What cannot be told without the account at the client
end waits, bounded, until that is proven.

Time is the packets' time: two runs over one capture give the same records in the same order.
"""

from collections.abc import Callable

from rcds_sniffer import events as ev
from rcds_sniffer.events import Connection, ConversationEvent, Event
from rcds_sniffer.orders import Warrant
from rcds_sniffer.records.conversation import Conversation
from rcds_sniffer.records.happening import Link, Sighting
from rcds_sniffer.records.ledger import SETTLE, Counters, Ledger
from rcds_sniffer.records.record import CommunicationRecord

MAX_WAITING = 1000
"""Events of one connection that wait for its account; beyond, new ones are discarded and counted."""

KINDS: dict[type[ConversationEvent], str] = {
    ev.Message: "message",
    ev.Typing: "typing",
    ev.Nudge: "nudge",
    ev.Action: "action",
}


class Recorder:
    """Builds the communication records of one run."""

    def __init__(
        self, warrant: Warrant, emit: Callable[[CommunicationRecord], None], sensor: str, settle: int = SETTLE
    ) -> None:
        self._warrant = warrant
        self._ledger = Ledger(warrant, emit, sensor, settle)
        self._links: dict[Connection, Link] = {}

    @property
    def clock(self) -> int:
        """Capture time so far, ns since 1970 UTC."""
        return self._ledger.clock

    @property
    def counters(self) -> Counters:
        """What was done so far."""
        return self._ledger.counters

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
        """Capture time has come to ``time`` (ns since 1970 UTC) without an event."""
        self._ledger.advance(time)

    def close(self) -> None:
        """The capture is over: conclude everything."""
        for link in list(self._links.values()):
            self._close(link)
        self._ledger.close()

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
            self._ledger.was_there(link.conversation, link, account, link.connection.started)
        for event in waiting:
            self._take(link, event)

    def _close(self, link: Link) -> None:
        self._links.pop(link.connection, None)
        for event in link.waiting:
            self.counters.unattributed += 1
            if self._warrant.everybody and isinstance(event, ev.Utterance):
                conversation = self._conversation_of(link)
                present = conversation.roster.present(event.seen.time)
                self._ledger.write(self._ledger.build.of_nobody(event, present, conversation.identify()))
        link.waiting = []
        link.closed = True
        if link.conversation is not None:
            self._ledger.conversations.closed(link.conversation, self.clock)

    def _conversation_of(self, link: Link) -> Conversation:
        if link.conversation is None:
            link.conversation = self._ledger.conversations.alone(link, self.clock)
        return link.conversation

    # --- the events ---------------------------------------------------------------------------------------------

    def _take(self, link: Link, event: Event) -> None:
        if isinstance(event, ev.Utterance):
            self._utterance(link, event)
        elif isinstance(event, ev.AccountEvent):
            self._account_event(link, event)
        elif isinstance(event, ev.Delivery):
            self._ledger.delivered(link, event.transaction, "delivered" if event.delivered else "refused")
        elif isinstance(event, ev.ConversationKnown):
            self._ledger.conversations.identified(self._conversation_of(link), event.session_id)
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
        self._ledger.write(
            self._ledger.build.of_account(event, target, conversation.identify() if conversation else None)
        )

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
            self._ledger.sight(conversation, Sighting(link, event, False), "join", event.account)
        elif isinstance(event, ev.Entered) and link.account is not None:
            roster.enter(link.account, time)
            self._ledger.sight(conversation, Sighting(link, event, True), "join", link.account)
        elif isinstance(event, ev.Left):
            who = event.account or link.account
            if who is None:
                return
            if not roster.holds(who, time) and roster.last_left(who) is None:
                self._ledger.was_there(conversation, link, who, time)  # who leaves was there
            self._ledger.sight(conversation, Sighting(link, event, event.account is None), "leave", who)
            roster.leave(who, time)

    def _invited(self, link: Link, event: ev.Invited) -> None:
        outgoing = event.sender is None
        sender = event.sender or link.account
        account = event.account if outgoing else link.account
        if sender is None:
            return
        if event.session_id is not None and event.server is not None:
            protocol = link.connection.protocol
            conversation = self._ledger.conversations.named(protocol, event.server, event.session_id, self.clock)
        else:
            conversation = self._conversation_of(link)
        error = event.details.get("error")
        if error is not None:  # the answer to an invitation on this link, not another one
            for happening in conversation.recent("invite", sender, account):
                if not happening.concluded and any(s.link is link for s in happening.sightings):
                    happening.error = error
                    return
        self._ledger.sight(conversation, Sighting(link, event, outgoing), "invite", sender, account)

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
                self._ledger.was_there(conversation, link, account, time)
        happening = self._ledger.sight(conversation, Sighting(link, event, outgoing), KINDS[type(event)], actor)
        if outgoing and event.transaction is not None:
            self._ledger.await_delivery(link, event.transaction, happening)


def needs_account(event: Event) -> bool:
    """True for what cannot be told without the account at the client end."""
    if isinstance(event, ev.Utterance | ev.Invited):
        return event.sender is None or isinstance(event, ev.Invited)
    if isinstance(event, ev.Login):
        return event.account is None
    if isinstance(event, ev.Left):
        return event.account is None
    return isinstance(event, ev.AccountEvent | ev.Entered | ev.Delivery)
