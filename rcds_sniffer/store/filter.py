"""Which records a question is about: takes what a person asks, gives SQL conditions.

Every value travels as a bound parameter; ``%`` and ``_`` in it mean themselves. Of sealed records a database can
say nothing: there :meth:`RecordFilter.matches` asks each record the same once it is opened.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_

from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.store.codec import MAX_INTEGER, escape, to_json
from rcds_sniffer.store.schema import records

CONTAINS = "rcds_contains"
"""Name of the Python function that SQLite connections are given, :func:`contains`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFilter:
    """What to look for. All that is given must hold; nothing given is every record."""

    targets: tuple[str, ...] = ()
    """Accounts; any of them."""
    contact: str | None = None
    """An account other than the target that sent the record's event or was there to receive it."""
    since: int | None = None
    """Nanoseconds since 1970 UTC, inclusive."""
    until: int | None = None
    """Nanoseconds since 1970 UTC, exclusive: the next period's ``since``."""
    text: str | None = None
    """Found anywhere in the record's text, whatever its case."""
    events: tuple[str, ...] = ()
    """Any of them."""
    conversation_id: str | None = None
    limit: int | None = None
    """At most so many, the earliest."""

    def matches(self, record: CommunicationRecord) -> bool:
        """True for a record that this is about; ``limit`` is for who counts them."""
        time = _stored(record.time)
        return (
            (self.since is None or time >= _stored(self.since))
            and (self.until is None or time < _stored(self.until))
            and (not self.events or record.event in self.events)
            and (self.conversation_id is None or record.conversation_id == self.conversation_id)
            and (not self.targets or record.target in {_account(target) for target in self.targets})
            and (self.contact is None or _is_contact(record, _account(self.contact)))
            and (self.text is None or contains(record.text, self.text.casefold()))
        )


def conditions(wanted: RecordFilter, dialect: str) -> list[ColumnElement[bool]]:
    """The conditions of ``wanted`` for a database of ``dialect`` (``sqlite``, ``postgresql`` …)."""
    c = records.c
    out: list[ColumnElement[bool]] = []
    if wanted.targets:
        out.append(c.target.in_([escape(_account(target)) for target in wanted.targets]))
    if wanted.contact is not None:
        contact = _account(wanted.contact)
        out.append(or_(c.sender == escape(contact), c.recipients.contains(to_json(contact), autoescape=True)))
        out.append(or_(c.target.is_(None), c.target != escape(contact)))
    if wanted.since is not None:
        out.append(c.time_ns >= _stored(wanted.since))
    if wanted.until is not None:
        out.append(c.time_ns < _stored(wanted.until))
    if wanted.events:
        out.append(c.event.in_(wanted.events))
    if wanted.conversation_id is not None:
        out.append(c.conversation_id == escape(wanted.conversation_id))
    if wanted.text is not None:
        needle = escape(wanted.text) or ""
        if dialect == "sqlite":  # its LIKE and lower() fold ASCII only
            out.append(func.rcds_contains(c.text, needle.casefold(), type_=records.c.complete.type) == 1)
        else:
            out.append(c.text.icontains(needle, autoescape=True))
    return out


def contains(text: str | None, folded: str) -> bool:
    """Whether ``text`` holds ``folded``, which is case-folded already; SQLite calls this for each row."""
    return text is not None and folded in text.casefold()


def _is_contact(record: CommunicationRecord, account: str) -> bool:
    return record.target != account and (record.sender == account or account in record.recipients)


def _account(typed: str) -> str:
    """An account as a person types it, in the form that records use: lower case, no white space around it."""
    return typed.strip().lower()


def _stored(time: int) -> int:
    """A time as a database holds it."""
    return max(-MAX_INTEGER, min(time, MAX_INTEGER))
