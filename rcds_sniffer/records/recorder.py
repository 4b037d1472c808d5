# cython: annotation_typing=False
"""The recorder: events in, communication records out, for those whom the warrant covers and nobody else.

Each event is given its place: its link (the connection and the account that is proven at its client end) and its
conversation. What concerns an account alone is recorded at once; what happens in a conversation goes to the
:class:`~rcds_sniffer.records.ledger.Ledger` as a sighting. What cannot be told without the account at the client
end waits, bounded, until that is proven.

Time is the packets' time: two runs over one capture give the same records in the same order.
"""

from collections.abc import Callable

from rcds_sniffer.events import (
    AccountEvent,
    AccountKnown,
    Connection,
    ConnectionClosed,
    ConversationEvent,
    ConversationKnown,
    Delivery,
    Entered,
    Event,
    FileOctets,
    Invited,
    Joined,
    Left,
    Login,
    Present,
    RosterUnsure,
    Sending,
    Utterance,
)
from rcds_sniffer.files import Vault
from rcds_sniffer.orders import Warrant
from rcds_sniffer.records.building import kind_of
from rcds_sniffer.records.conversation import Conversation
from rcds_sniffer.records.happening import Link, Sighting, moment
from rcds_sniffer.records.interest import Follower, Interest
from rcds_sniffer.records.ledger import PATIENCE, SETTLE, Counters, Ledger
from rcds_sniffer.records.muting import Muting
from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.records.roster import MAX_ACCOUNTS
from rcds_sniffer.records.steady import SteadyClock
from rcds_sniffer.records.waiting import Waiting

ROAD = "transfer"
"""What proves the account of a connection from peer to peer: that it had agreed on a transfer there."""


class Recorder:
    """Builds the communication records of one run.

    ``settle`` is in nanoseconds of capture time. Where the events do not carry the time on (``paced``), who made
    the recorder does, by :meth:`advance`: on a live line time passes without events, and its clock may be set.
    """

    def __init__(
        self,
        warrant: Warrant,
        emit: Callable[[CommunicationRecord], None],
        sensor: str,
        settle: int = SETTLE,
        *,
        follower: Follower | None = None,
        files: Vault | None = None,
        paced: bool = False,
    ) -> None:
        self._warrant = warrant
        self._interest = None if follower is None else Interest(warrant, follower)
        self._muting = None if warrant.everybody else Muting(warrant, settle)
        self._paced = paced
        self._steady = SteadyClock()
        self._ledger = Ledger(warrant, emit, sensor, settle, PATIENCE if paced else None, files=files)
        self._links: dict[Connection, Link] = {}
        self._held = Waiting()

    @property
    def clock(self) -> int:
        """Capture time so far, ns since 1970 UTC, on a clock that nobody set."""
        return self._ledger.clock

    @property
    def counters(self) -> Counters:
        """What was done so far."""
        return self._ledger.counters

    def receive(self, event: Event) -> None:
        """Take one event; records that are due go out first."""
        ledger, connection, seen = self._ledger, event.connection, event.seen
        ledger.counters.events += 1
        seen.until = connection.heard
        time = self._steady.of(seen.time, ledger.clock)
        if not self._paced or not ledger.clock:
            ledger.advance(time)
        link = self._links.get(connection)
        if link is None:
            started = self._steady.of(connection.started, ledger.clock)
            link = self._links[connection] = Link(connection, started)
        now = link.moment_of(time, seen.from_client, ledger.counters.events, event.inferred)
        if isinstance(event, ConnectionClosed):
            self._close(link, now)
        elif isinstance(event, AccountKnown):
            if event.evidence == ROAD:
                self._carries_files(link)
            self._prove(link, event.account)
        elif link.account is None and needs_account(event):
            self._wait(link, event, now)
        else:
            self._take(link, event, now)
        if self._muting is not None and link.conversation is not None:
            if isinstance(event, Utterance) or isinstance(event, Delivery):  # noqa: SIM101 - cheaper when compiled
                self._muting.heard(link.conversation, ledger.clock)
            else:
                self._muting.review(link.conversation, ledger.clock)
        if self._interest is not None:
            self._interest.review(link, seen, now)
            if isinstance(event, Left) and link.conversation is not None:
                self._interest.let_go(link.conversation.links, seen.time, now)

    def advance(self, time: int) -> None:
        """Capture time has come to ``time`` (as :attr:`clock`) without an event."""
        self._ledger.advance(time)

    def stepped(self, by: int) -> None:
        """The clock that stamps the packets was set by so many nanoseconds, forward positive."""
        self._steady.stepped(by)
        self._warrant.stepped(by)

    def review(self, time: int) -> None:
        """The warrant was changed at ``time`` (as packets have it): nothing is followed for whom it left out.

        Whoever is new in it is heard from now on.
        """
        for link in self._links.values():
            if link.account is not None:
                self._warrant.noticed(link.account, link.connection.client)
        for link in self._links.values():
            if self._muting is not None and link.conversation is not None:
                self._muting.review(link.conversation, self.clock)
        if self._interest is not None:
            self._interest.let_go(self._links.values(), time, moment(self.clock, self.counters.events))

    def close(self) -> None:
        """The capture is over: conclude everything."""
        for link in list(self._links.values()):
            self._close(link, moment(self.clock, self.counters.events))
        self._ledger.close()

    # --- the connection -----------------------------------------------------------------------------------------

    def _wait(self, link: Link, event: Event, now: int) -> None:
        if not self._held.hold(link, event, now):
            self.counters.unattributed += 1

    def _carries_files(self, link: Link) -> None:
        """It is none of a conversation's connections, and knows nothing of who is there."""
        if link.parties is None:
            link.parties = ()
            link.doubt(link.started)

    def _prove(self, link: Link, account: str) -> None:
        if link.account is not None:
            return
        link.account = account
        self._warrant.noticed(account, link.connection.client)
        for piece, then in self._held.pieces(link):  # they may be told of by what comes next
            self._take(link, piece, then)
        if link.conversation is not None and link.unsure_since is not None and link.parties is None:
            self._ledger.was_there(link.conversation, link, (account,), link.started)
        for event, then in self._held.events(link):
            self._take(link, event, then)

    def _close(self, link: Link, now: int) -> None:
        self._links.pop(link.connection, None)
        for piece, _ in self._held.pieces(link):
            if self._warrant.everybody:
                self._ledger.transfers.take_unproven(piece)
            else:
                self.counters.unattributed += 1
        for event, then in self._held.events(link):
            self.counters.unattributed += 1
            if self._warrant.everybody and isinstance(event, Utterance):
                self._ledger.write_unproven(self._conversation_of(link), event, then)
        link.closed_at = now
        if link.conversation is not None:
            self._ledger.conversations.closed(link.conversation, self.clock)

    def _conversation_of(self, link: Link) -> Conversation:
        if link.conversation is None:
            link.conversation = self._ledger.conversations.alone(link, self.clock)
        return link.conversation

    # --- the events ---------------------------------------------------------------------------------------------

    def _take(self, link: Link, event: Event, now: int) -> None:
        if isinstance(event, FileOctets):
            self._file_octets(link, event, now)
        elif isinstance(event, Utterance):
            self._utterance(link, event, now)
        elif isinstance(event, AccountEvent):
            self._account_event(link, event)
        elif isinstance(event, Delivery):
            self._ledger.delivered(link, event.transaction, "delivered" if event.delivered else "refused")
        elif isinstance(event, ConversationKnown):
            self._ledger.conversations.identified(self._conversation_of(link), event.session_id)
        elif isinstance(event, RosterUnsure):
            self._conversation_of(link)
            # It says when the last octet before the hole came. Who never came in is unsure of all before it.
            time = self._steady.of(event.seen.time, self.clock)
            link.doubt(moment(time, self.counters.events) if link.entered else link.started)
        elif isinstance(event, Invited):
            self._invited(link, event, now)
        else:
            self._movement(link, event, now)

    def _account_event(self, link: Link, event: AccountEvent) -> None:
        target = event.account if isinstance(event, Login) and event.account is not None else link.account
        if target is None:
            return
        connection = link.connection
        own = link.account == target
        client = connection.client if own or link.account is None else None
        grants = self._warrant.grants(target, event.seen.time, connection.protocol, client)
        if not grants:
            return
        known = None
        if link.conversation is not None and (link.conversation.public_id or link.conversation.session_id):
            known = link.conversation.identify()  # else it may prove to be part of another that has its id already
        for grant in grants:
            record = self._ledger.build.of_account(event, target, known, grant, own=own)
            self._ledger.write(record, grant, event.seen.until)

    def _movement(self, link: Link, event: Event, now: int) -> None:
        """Somebody came or went."""
        conversation = self._conversation_of(link)
        roster = conversation.roster
        if isinstance(event, Present):
            roster.enter(event.account, now)
            conversation.note_name(event.account, event.name, event.seen.time)
        elif isinstance(event, Joined):
            roster.enter(event.account, now)
            conversation.note_name(event.account, event.name, event.seen.time)
            conversation.called.discard(event.account)
            self._sight(conversation, self._sighting(link, event, False, now), "join", event.account)
        elif isinstance(event, Entered) and link.account is not None:
            link.entered = True
            conversation.called.discard(link.account)
            roster.enter(link.account, now)
            self._sight(conversation, self._sighting(link, event, True, now), "join", link.account)
        elif isinstance(event, Left):
            who = event.account or link.account
            if who is None:
                return
            if not roster.holds(who, now) and roster.last_left(who) is None:
                self._ledger.was_there(conversation, link, (who,), now)  # who leaves was there
            self._sight(conversation, self._sighting(link, event, event.account is None, now), "leave", who)
            roster.leave(who, now)

    def _sight(
        self, conversation: Conversation, sighting: Sighting, kind: str, actor: str, thing: str | None = None
    ) -> None:
        happening = self._ledger.sight(conversation, sighting, kind, actor, thing)
        self._ledger.review(happening, conversation)
        if self._paced:
            self._ledger.hasten(sighting, happening, conversation.current())

    def _sighting(self, link: Link, event: ConversationEvent, outgoing: bool, now: int) -> Sighting:
        return Sighting(link, event, outgoing, self._steady.of(event.seen.time, self.clock), now)

    def _invited(self, link: Link, event: Invited, now: int) -> None:
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
        if account is not None and len(conversation.called) <= MAX_ACCOUNTS:
            conversation.called.add(account)
        if self._muting is not None:
            self._muting.review(conversation, self.clock)
        if "error" in event.details:  # the answer to an invitation on this link, not another one
            for happening in conversation.invitations(sender, account):
                if not happening.concluded and link in happening.links:
                    happening.error = event.details
                    return
        self._sight(conversation, self._sighting(link, event, outgoing, now), "invite", sender, account)

    def _file_octets(self, link: Link, event: FileOctets, now: int) -> None:
        """Nobody is told of them; the end of their transfer says what came of them."""
        taken = self._ledger.transfers.take(link, event)
        if not taken and link.account is None and self._warrant.everybody:
            self._wait(link, event, now)  # they may be this account's, which is recorded once it is proven

    def _utterance(self, link: Link, event: Utterance, now: int) -> None:
        conversation = self._conversation_of(link)
        outgoing = event.sender is None
        actor = event.sender or link.account
        if actor is None:
            return
        # On the sender's own line the name is not shown, but remembered from before: nobody knows from when.
        conversation.note_name(actor, event.sender_name, 0 if outgoing else event.seen.time)
        sighting = self._sighting(link, event, outgoing, now)
        addressee = None
        if isinstance(event, Sending):
            addressee = event.recipient
            if link.parties is not None:
                self._ledger.transfers.claim(link, event)
        happening = self._ledger.sight(conversation, sighting, kind_of(event), actor, addressee)
        conversation = conversation.current()
        then = happening.moment
        there = (actor,) if link.account is None or link.account == actor else (link.account, actor)
        if not happening.ending:  # a file may go on its own road long after its two ends have left
            self._ledger.was_there(conversation, link, there, then)
        if outgoing and event.transaction is not None:
            self._ledger.await_delivery(link, event.transaction, happening)
        if happening.concluded:
            self._ledger.review(happening, conversation)
            if happening.ending:
                self._ledger.transfers.concluded(happening)
        elif self._paced:
            self._ledger.hasten(sighting, happening, conversation)


def needs_account(event: Event) -> bool:
    """True for what cannot be told without the account at the client end."""
    if isinstance(event, FileOctets):
        return event.sender is None or event.recipient is None
    if isinstance(event, (Utterance, Invited)):
        return event.sender is None or isinstance(event, Invited)
    if isinstance(event, Login):
        return event.account is None
    if isinstance(event, Left):
        return event.account is None
    return isinstance(event, AccountEvent | Entered | Delivery)
