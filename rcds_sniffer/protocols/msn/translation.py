# cython: annotation_typing=False
"""MSN's events in the shared vocabulary, one by one: what the door (:mod:`rcds_sniffer.protocols.msn`) hands on."""

from collections.abc import Callable
from typing import Any

import msnp.events as msn
import msnp.utterances as said
from msnp.errors import words_of
from msnp.mark import Mark
from msnp.utterances import Acknowledged, ActionText, TextMessage, TypingNotice
from msnp.utterances import Sending as Said
from rcds_sniffer import events as shared
from rcds_sniffer.events import Connection, Event, Seen

At = tuple[Connection, Seen, bool]
"""What every shared event begins with: connection, seen, inferred."""


def seen_at(mark: Mark, from_client: bool, ordinal: int) -> Seen:
    """Where it was seen, in the shared vocabulary."""
    seen = Seen.__new__(Seen)
    seen.time = mark.time
    seen.sequence = mark.sequence
    seen.packet = mark.packet
    seen.source = mark.source
    seen.from_client = from_client
    seen.ordinal = ordinal
    seen.until = 0
    return seen


# --- one translator for each of msnp's events that the recorder cares for -------------------------------------


def _login(event: msn.LoggedIn, at: At) -> Event:
    details = dict(event.details)
    if event.error is not None:
        details["error"] = event.error
    return shared.Login(*at, account=event.account, name=event.name, details=details)


def _logout(event: msn.LoggedOut, at: At) -> Event:
    return shared.Logout(*at, details={**_known(reason=event.reason), **event.details})


def _presence(event: msn.StatusChanged, at: At) -> Event:
    details = _known(
        status=event.status,
        initial=event.initial or None,
        network=event.network,
        capabilities=event.capabilities,
    )
    details.update(event.details)
    return shared.Presence(*at, account=event.account, name=event.name, details=details)


def _name(event: msn.NameChanged, at: At) -> Event:
    if event.account is None:
        return shared.Profile(*at, name=event.name, details={"name": event.name})
    details = {"action": "renamed", "name": event.name}
    return shared.Contact(*at, account=event.account, name=event.name, details=details)


def _profile_learnt(event: msn.ProfileLearnt, at: At) -> Event:
    return shared.Profile(*at, name=event.name, details=dict(event.details))


def _contact_learnt(event: msn.ContactLearnt, at: At) -> Event:
    return shared.Contact(
        *at, account=event.account, name=event.name, by_contact=event.by_contact, details=dict(event.details)
    )


def _profile(event: msn.ProfileReceived, at: At) -> Event:
    return shared.Profile(*at, content_type="text/x-msmsgsprofile", details=dict(event.fields))


def _mail(event: msn.MailNoticed, at: At) -> Event:
    return shared.MailNotice(*at, content_type=event.content_type, details=dict(event.fields))


def _called(event: msn.Called, at: At) -> Event:
    details = words_of(event.error) if event.error is not None else {}
    return shared.Invited(*at, sender=None, account=event.account, details=details)


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


def translate_utterance(event: said.Utterance, connection: Connection) -> Event:
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
    return _sent(event, connection, seen)


def _sent(event: said.Utterance, connection: Connection, seen: Seen) -> Event:
    """Of anything but texts, and files on their way."""
    if isinstance(event, Said):
        sending = shared.Sending.__new__(shared.Sending)
        _put(sending, event, connection, seen)
        sending.kind = event.kind
        sending.text = event.text
        sending.identity = event.identity
        sending.details = dict(event.details)
        sending.recipient, sending.transfer = event.recipient, event.transfer
        sending.file = None if event.file is None else dict(event.file)
        return sending
    if isinstance(event, said.FileOctets):
        piece = event
        octets = shared.FileOctets.__new__(shared.FileOctets)
        _put(octets, piece, connection, seen)
        octets.recipient, octets.transfer = piece.recipient, piece.transfer
        octets.offset, octets.octets = piece.offset, piece.octets
        return octets
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
    if event.extra is not None:
        message.details = {**message.details, **event.extra}
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
    msn.ProfileLearnt: _profile_learnt,
    msn.ContactLearnt: _contact_learnt,
    msn.MailNoticed: _mail,
    msn.Called: _called,
    msn.Rung: _rung,
    msn.Entered: lambda _, at: shared.Entered(*at),
    msn.Present: lambda e, at: shared.Present(*at, account=e.account, name=e.name, details=dict(e.details)),
    msn.Joined: lambda e, at: shared.Joined(*at, account=e.account, name=e.name, details=dict(e.details)),
    msn.Left: lambda e, at: shared.Left(*at, account=e.account, details=_known(idle=e.idle or None)),
    msn.RosterUnsure: lambda _, at: shared.RosterUnsure(*at),
    msn.Undecoded: lambda e, at: shared.Undecoded(
        *at, octets=e.octets, details={"reason": e.reason, "octets": e.octets}
    ),
}
"""Events without an entry say nothing that a record needs (:class:`msnp.events.ServerKnown`)."""
