"""Gathers what is known of a target: one pass over its records in order of time, in bounded memory.

A table says which event is heard by whom. Whatever a record's details hold may be anything, since strangers and
other programs' hands wrote it: what has not the type that is expected is passed over.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from rcds_sniffer.profile.contacts import Contacts
from rcds_sniffer.profile.correspondence import Correspondence
from rcds_sniffer.profile.fact import Entry, Fact, Facts, Spans
from rcds_sniffer.profile.own import Own
from rcds_sniffer.profile.person import Person
from rcds_sniffer.profile.sessions import Sessions
from rcds_sniffer.records.record import CommunicationRecord, rfc3339

SECOND = 1_000_000_000


def gather(account: str, records: Iterable[CommunicationRecord]) -> Person | None:
    """What ``records``, those of the target ``account`` in order of time, say; None where there are none."""
    gathering = Gathering(account)
    for record in records:
        gathering.add(record)
    return gathering.person()


class Gathering:
    """What was heard so far."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._events: Counter[str] = Counter()
        self._whole: Fact | None = None
        self._sessions = Sessions()
        self._contacts = Contacts()
        self._own = Own(account)
        self._talk = Correspondence(account)
        self._heard: dict[str, Callable[[CommunicationRecord], None]] = {
            "login": self._login,
            "logout": self._sessions.logout,
            "presence": self._presence,
            "profile": self._profile,
            "contact": self._contact,
            "mail-notice": self._mail,
        }

    def add(self, record: CommunicationRecord) -> None:
        """Hear one record."""
        if record.target != self._account:
            return
        if self._whole is None:
            self._whole = Fact(record, {})
        else:
            self._whole.seen(record)
        self._events[record.event] += 1
        self._own.whereabouts(record)
        self._heard.get(record.event, self._talk.hear)(record)
        if record.event not in self._heard:
            self._own.said(record)

    def _login(self, record: CommunicationRecord) -> None:
        if record.client is None or "error" in (record.details or {}):
            self._own.failed_login(record)
            return
        self._sessions.login(record)
        self._own.login(record)

    def _presence(self, record: CommunicationRecord) -> None:
        self._sessions.sign(record)
        if record.sender == self._account:
            self._own.presence(record)
            status = (record.details or {}).get("status")
            if isinstance(status, str) and status:
                self._sessions.status(record, status[:MAX_STATUS])
        elif record.sender is not None:
            self._contacts.status(record, record.sender)

    def _profile(self, record: CommunicationRecord) -> None:
        if record.conversation_id is None:
            self._sessions.sign(record)
        details = record.details or {}
        contact_id = details.get("contact_id")
        if isinstance(contact_id, str):  # a contact of whom nothing else is known
            self._contacts.change_of(record, contact_id)
            self._own.refused(record)
            return
        self._own.profile(record)
        if "error" in details and "status" in details:
            self._sessions.refuse(record)

    def _contact(self, record: CommunicationRecord) -> None:
        if record.conversation_id is None:
            self._sessions.sign(record)
        others = [record.sender] if record.sender != self._account else record.recipients
        for account in others:
            if account is not None:
                self._contacts.change(record, account)
        self._own.refused(record)

    def _mail(self, record: CommunicationRecord) -> None:
        self._sessions.sign(record)
        self._own.mail(record)

    def person(self) -> Person | None:
        """All of it; None where no record was about the target."""
        whole, own, sessions = self._whole, self._own, self._sessions
        if whole is None:
            return None
        statuses = sessions.statuses.all()
        now = own.names.now("name")
        return Person(
            account=self._account,
            records=whole.count,
            first=rfc3339(whole.first),
            last=rfc3339(whole.last),
            source={"name": whole.source, "packet": whole.packet},
            name=None if now is None else str(now.values["name"]),
            events=dict(self._events.most_common()),
            sessions=tuple(_lasting(fact) for fact in sessions.all),
            statuses=tuple(_lasting(fact) for fact in statuses),
            status_seconds=_totals(statuses),
            contacts=tuple(self._contacts.all()),
            correspondents=tuple(self._talk.correspondents()),
            conversations=self._talk.conversations,
            limits_reached=tuple(self._limits()),
            **{name: tuple(fact.to_dict() for fact in facts.all()) for name, facts in own.lists().items()},
        )

    def _limits(self) -> list[str]:
        """The lists that are not whole."""
        kept: dict[str, bool] = {
            "sessions": self._sessions.full,
            "statuses": self._sessions.statuses.full,
            "contacts": self._contacts.full,
            "correspondents": self._talk.full,
            "conversations": self._talk.conversations_full,
            **{name: facts.full for name, facts in self._own.lists().items()},
        }
        return sorted(name for name, full in kept.items() if full)


MAX_STATUS = 100
"""Characters; the codes have three."""

Lists = Mapping[str, Facts | Spans]


def _lasting(fact: Fact) -> Entry:
    """With its duration, where that is known."""
    out = fact.to_dict()
    if fact.nanoseconds is not None:
        out["seconds"] = fact.nanoseconds / SECOND
    return out


def _totals(statuses: Iterable[Fact]) -> dict[str, float]:
    """Seconds by status."""
    totals: Counter[str] = Counter()
    for fact in statuses:
        totals[str(fact.values["status"])] += fact.nanoseconds or 0
    return {status: nanoseconds / SECOND for status, nanoseconds in totals.most_common() if nanoseconds}
