# cython: annotation_typing=False
"""Records from what happened: which copy speaks, who sent, who received, what else is known.

The one place that knows the record's fields. Best copy first: the target's own connection, a whole one before a
cut one, the sender's before another recipient's. On a contact's connection ``client`` stays null: it would be a
third party's address.
"""

from hashlib import sha256

from rcds_sniffer.events import (
    NOTHING,
    AccountEvent,
    Action,
    Contact,
    Details,
    Event,
    Invited,
    Joined,
    Left,
    Login,
    Logout,
    MailNotice,
    Message,
    Nudge,
    Presence,
    Profile,
    Sending,
    Typing,
    Undecoded,
    Utterance,
)
from rcds_sniffer.orders import Grant
from rcds_sniffer.records.happening import Happening, Sighting, is_whole
from rcds_sniffer.records.record import CommunicationRecord

ACCOUNT_EVENTS: dict[type[AccountEvent], str] = {
    Login: "login",
    Logout: "logout",
    Presence: "presence",
    Profile: "profile",
    Contact: "contact",
    MailNotice: "mail-notice",
    Undecoded: "undecoded",
}


KINDS: dict[type[Utterance], str] = {Message: "message", Typing: "typing", Nudge: "nudge", Action: "action"}
"""Of what has one kind; a :class:`~rcds_sniffer.events.Sending` says its own."""

EVENT_NAMES = {"application": "invite"}
"""Kinds that are called otherwise in a record: to ask into an application is to invite."""

OWN_EVENTS = {"join": "session-start", "leave": "session-end"}
"""What the target's own coming and going is called, where its own connection shows it."""


MAX_FLOWS = 10_000
"""Flows and targets whose part of the identifiers is remembered; beyond, it is made anew."""


class Builder:
    """Makes records at one sensor, each for the order that grants it."""

    def __init__(self, sensor: str) -> None:
        self._sensor = sensor
        self._flows: dict[tuple[str | None, str | None, str, str], str] = {}

    def of_account(
        self, event: AccountEvent, target: str, conversation_id: str | None, grant: Grant, *, own: bool = True
    ) -> CommunicationRecord:
        """The record of what concerns the target's own connection alone.

        Not ``own``: somebody else's, as of who tried to sign in as the target.
        """
        record = self._begin(event, ACCOUNT_EVENTS[type(event)], target, own, grant.order_id)
        record.direction, record.sender = "from-target", target
        if (isinstance(event, Presence) and event.account not in (None, target)) or (
            isinstance(event, Contact) and event.by_contact
        ):
            record.direction, record.sender, record.recipients = "to-target", event.account, (target,)
        elif isinstance(event, Contact):
            record.recipients = (event.account,)
        elif isinstance(event, MailNotice) or (isinstance(event, Profile) and event.content_type is not None):
            record.direction, record.sender, record.recipients = "to-target", None, (target,)
        elif isinstance(event, Undecoded):
            record.direction = record.sender = None
        record.conversation_id = conversation_id
        if isinstance(event, Login | Presence | Profile) or (isinstance(event, Contact) and event.by_contact):
            record.sender_name = event.name
        if isinstance(event, Profile | MailNotice):
            record.content_type = event.content_type
        return _ended(record, event, event.details)

    def of_happening(  # noqa: PLR0917 - one caller
        self,
        happening: Happening,
        target: str | None,
        recipients: tuple[str, ...],
        conversation_id: str,
        name: str | None,
        grant: Grant,
    ) -> CommunicationRecord:
        """The record of what happened in a conversation that the target took part in.

        ``recipients`` are in order; ``name`` is the actor's as last shown.
        """
        best = best_sighting(happening, target)
        event = best.event
        own = target is None or best.link.account == target
        kind = event_name(happening, own and happening.actor == target)
        record = self._begin(event, kind, target, own, grant.order_id)
        record.conversation_id = conversation_id
        record.sender = happening.actor
        record.recipients = recipients
        record.direction = direction(happening, target)
        # A copy cut by loss is made whole from another; where and when it was seen stay the best copy's.
        spoken = event if is_whole(event) else (happening.whole() or best).event
        details: Details = NOTHING
        if isinstance(spoken, Utterance):
            said: Utterance = spoken
            details = said.details
            record.content_type = said.content_type
            record.sender_name = shown_name(happening, best, grant) or name
            _put_content(record, said)
        else:
            if isinstance(spoken, Joined | Left | Invited):
                details = spoken.details
            record.sender_name = (spoken.sender_name if isinstance(spoken, Invited) else None) or name
        if happening.error is not None:
            details = {**details, **happening.error}
        told = isinstance(spoken, Utterance) and not happening.ending  # no server answers for a whole file
        if told and (happening.actor == target or happening.delivery == "refused"):
            details = {**details, "delivery": happening.delivery}
        return _ended(record, event, details)

    def of_nobody(self, event: Utterance, recipients: tuple[str, ...], conversation_id: str) -> CommunicationRecord:
        """The record of something said by an account that was never proven, with ``--all``."""
        kind = kind_of(event)
        record = self._begin(event, EVENT_NAMES.get(kind, kind), None, True, None)
        record.conversation_id = conversation_id
        record.sender = event.sender
        record.sender_name = event.sender_name
        record.recipients = recipients
        record.content_type = event.content_type
        _put_content(record, event)
        return _ended(record, event, event.details)

    def _begin(
        self, event: Event, name: str, target: str | None, own: bool, order_id: str | None
    ) -> CommunicationRecord:
        """A record with what is the same for every event: where and when; everything else is unknown yet."""
        seen, connection = event.seen, event.connection
        record = CommunicationRecord.__new__(CommunicationRecord)
        record.record_id = self._identify(event, name, target, order_id)
        record.order_id = order_id
        record.target = target
        record.time = seen.time
        record.protocol = connection.protocol
        record.protocol_version = connection.version
        record.event = name
        record.direction = record.conversation_id = record.sender = record.sender_name = None
        record.recipients = ()
        record.text = record.content_type = record.format = record.file = None
        record.client = connection.client if own else None
        record.server = connection.server
        record.sensor = self._sensor
        record.source = {"name": seen.source, "packet": seen.packet}
        record.complete = True
        record.missing_bytes = 0
        record.sequence = None
        return record

    def _identify(self, event: Event, name: str, target: str | None, order_id: str | None) -> str:
        """The same for the same traffic: nothing of file, packet number, sensor or engine goes in.

        The ends of the flow are sorted, since which is the client may be a guess.
        """
        seen, connection = event.seen, event.connection
        flow = self._flows.get((order_id, target, connection.client, connection.server))
        if flow is None:
            flow = self._flow(order_id, target, connection.client, connection.server)
        parts = f"{flow}, {seen.from_client}, {seen.sequence}, {seen.time}, '{name}', {seen.ordinal})"
        return sha256(parts.encode()).hexdigest()[:32]

    def _flow(self, order_id: str | None, target: str | None, client: str, server: str) -> str:
        """What goes in of every event of a flow and a target: it is the same for many."""
        first, second = sorted((client, server))
        if len(self._flows) >= MAX_FLOWS:
            self._flows.clear()
        flow = f"({order_id!r}, {target!r}, {first!r}, {second!r}"
        self._flows[order_id, target, client, server] = flow
        return flow


def _put_content(record: CommunicationRecord, event: Utterance) -> None:
    """What was said."""
    if isinstance(event, Message):
        message: Message = event
        record.text = message.text
        record.format = message.format
        record.complete = message.complete
        record.missing_bytes = message.missing
    elif isinstance(event, (Action, Sending)):
        record.text = event.text


def _ended(record: CommunicationRecord, event: Event, details: Details) -> CommunicationRecord:
    """The record, complete with its details."""
    if event.inferred:
        details = {**details, "inferred": True}
    record.details = details or None
    return record


def kind_of(event: Utterance) -> str:
    """What kind of thing was said."""
    return event.kind if isinstance(event, Sending) else KINDS[type(event)]


def best_sighting(happening: Happening, target: str | None) -> Sighting:
    """The copy that speaks for ``target``."""
    if len(happening.sightings) == 1:
        return happening.sightings[0]
    ranks = [
        (s.link.account != target or target is None, not is_whole(s.event), not s.outgoing)
        for s in happening.sightings
    ]
    return happening.sightings[ranks.index(min(ranks))]


def shown_name(happening: Happening, best: Sighting, grant: Grant) -> str | None:
    """The sender's display name as shown, on the best copy or else on another.

    On the sender's own line it is not shown, but remembered from before: under an order that may be too old to be
    told. Nor is what another copy shows when the order is over.
    """
    since, until = grant.since, grant.until
    for sighting in [best, *happening.sightings]:
        event = sighting.event
        if since is not None and (sighting.outgoing or event.seen.time < since):
            continue
        if until is not None and event.seen.time >= until:
            continue
        if isinstance(event, Utterance):
            said: Utterance = event
            if said.sender_name is not None:
                return said.sender_name
    return None


def event_name(happening: Happening, own: bool) -> str:
    """A conversation begins and ends for the target where its own connection says so."""
    kind = EVENT_NAMES.get(happening.kind, happening.kind)
    return OWN_EVENTS.get(kind, kind) if own else kind


def direction(happening: Happening, target: str | None) -> str | None:
    """Whether it went out from the target or came in to it; neither for others' joins and leaves."""
    if target is None:
        return None
    if happening.actor == target:
        return "from-target"
    return None if happening.kind in ("join", "leave") else "to-target"
