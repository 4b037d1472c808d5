"""Records from what happened: which copy speaks, who sent, who received, what else is known.

The one place that knows the record's fields. Best copy first: the target's own connection, a whole one before a
cut one, the sender's before another recipient's. On a contact's connection ``client`` stays null: it would be a
third party's address.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

from rcds_sniffer.events import (
    AccountEvent,
    Action,
    Contact,
    Event,
    Login,
    Logout,
    MailNotice,
    Message,
    Presence,
    Profile,
    Undecoded,
    Utterance,
)
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


class Builder:
    """Makes records for one order at one sensor."""

    def __init__(self, order_id: str | None, sensor: str) -> None:
        self._order_id = order_id
        self._sensor = sensor

    def of_account(
        self, event: AccountEvent, target: str, conversation_id: str | None, *, own: bool = True
    ) -> CommunicationRecord:
        """The record of what concerns the target's own connection alone.

        Not ``own``: somebody else's, as of who tried to sign in as the target.
        """
        parties: dict[str, Any] = {"sender": target, "direction": "from-target"}
        if isinstance(event, Presence) and event.account not in (None, target):
            parties = {"sender": event.account, "recipients": (target,), "direction": "to-target"}
        elif isinstance(event, Contact):
            parties["recipients"] = (event.account,)
        elif isinstance(event, MailNotice) or (isinstance(event, Profile) and event.content_type is not None):
            parties = {"recipients": (target,), "direction": "to-target"}
        elif isinstance(event, Undecoded):
            parties = {"direction": None}
        return self._record(
            event,
            ACCOUNT_EVENTS[type(event)],
            target,
            own=own,
            conversation_id=conversation_id,
            sender_name=getattr(event, "name", None) if not isinstance(event, Contact) else None,
            content_type=getattr(event, "content_type", None),
            details=event.details,
            **parties,
        )

    def of_happening(
        self,
        happening: Happening,
        target: str | None,
        recipients: Iterable[str],
        conversation_id: str,
        name: str | None,
    ) -> CommunicationRecord:
        """The record of what happened in a conversation that the target took part in."""
        best = best_sighting(happening, target)
        event = best.event
        # A copy cut by loss is made whole from another; where and when it was seen stay the best copy's.
        spoken = event if is_whole(event) else (happening.whole or best).event
        own = best.link.account == target and target is not None
        fields: dict[str, Any] = {"details": dict(getattr(spoken, "details", None) or {})}
        if happening.error is not None:
            fields["details"]["error"] = happening.error
        if isinstance(spoken, Utterance):
            fields["content_type"] = spoken.content_type
            fields["sender_name"] = shown_name(happening, best) or name
            if happening.actor == target or happening.delivery == "refused":
                fields["details"]["delivery"] = happening.delivery
        else:
            fields["sender_name"] = getattr(spoken, "sender_name", None) or name
        if isinstance(spoken, Message):
            fields |= {
                "text": spoken.text,
                "format": spoken.format,
                "complete": spoken.complete,
                "missing_bytes": spoken.missing,
            }
        elif isinstance(spoken, Action):
            fields["text"] = spoken.text
        return self._record(
            event,
            event_name(happening, own and happening.actor == target),
            target,
            own=own or target is None,
            conversation_id=conversation_id,
            sender=happening.actor,
            recipients=tuple(sorted(recipients)),
            direction=direction(happening, target),
            **fields,
        )

    def of_nobody(self, event: Utterance, recipients: Iterable[str], conversation_id: str) -> CommunicationRecord:
        """The record of something said by an account that was never proven, with ``--all``."""
        kind = {Message: "message", Action: "action"}.get(type(event), type(event).__name__.lower())
        message = event if isinstance(event, Message) else None
        return self._record(
            event,
            kind,
            None,
            conversation_id=conversation_id,
            sender=event.sender,
            sender_name=event.sender_name,
            recipients=tuple(sorted(recipients)),
            direction=None,
            content_type=event.content_type,
            text=getattr(event, "text", None),
            format=message.format if message else None,
            complete=message.complete if message else True,
            missing_bytes=message.missing if message else 0,
            details=dict(event.details),
        )

    def _record(
        self, event: Event, name: str, target: str | None, *, own: bool = True, details: Any = None, **fields: Any
    ) -> CommunicationRecord:
        seen, connection = event.seen, event.connection
        details = dict(details or {})
        if event.inferred:
            details["inferred"] = True
        known: dict[str, Any] = {
            "order_id": self._order_id,
            "target": target,
            "time": seen.time,
            "protocol": connection.protocol,
            "protocol_version": connection.version,
            "event": name,
            "direction": None,
            "conversation_id": None,
            "sender": None,
            "sender_name": None,
            "recipients": (),
            "text": None,
            "content_type": None,
            "format": None,
            "file": None,
            "client": connection.client if own else None,
            "server": connection.server,
            "sensor": self._sensor,
            "source": {"name": seen.source, "packet": seen.packet},
            "complete": True,
            "missing_bytes": 0,
            "details": details or None,
        }
        return CommunicationRecord(record_id=self._identify(event, name, target), **(known | fields))

    def _identify(self, event: Event, name: str, target: str | None) -> str:
        """The same for the same traffic: nothing of file, packet number, sensor or engine goes in.

        The ends of the flow are sorted, since which is the client may be a guess.
        """
        seen = event.seen
        flow = sorted((event.connection.client, event.connection.server))
        parts = (self._order_id, target, *flow, seen.from_client, seen.sequence, seen.time, name, seen.ordinal)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def best_sighting(happening: Happening, target: str | None) -> Sighting:
    """The copy that speaks for ``target``."""
    return min(
        happening.sightings,
        key=lambda s: (s.link.account != target or target is None, not is_whole(s.event), not s.outgoing),
    )


def shown_name(happening: Happening, best: Sighting) -> str | None:
    """The sender's display name as shown, on the best copy or else on another."""
    for sighting in (best, *happening.sightings):
        if isinstance(sighting.event, Utterance) and sighting.event.sender_name is not None:
            return sighting.event.sender_name
    return None


def event_name(happening: Happening, own: bool) -> str:
    """A conversation begins and ends for the target where its own connection says so."""
    if own:
        return {"join": "session-start", "leave": "session-end"}.get(happening.kind, happening.kind)
    return happening.kind


def direction(happening: Happening, target: str | None) -> str | None:
    """Whether it went out from the target or came in to it; neither for others' joins and leaves."""
    if target is None:
        return None
    if happening.actor == target:
        return "from-target"
    return None if happening.kind in ("join", "leave") else "to-target"
