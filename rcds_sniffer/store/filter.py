"""Which records a question is about: takes what a person asks, gives SQL conditions.

Every value travels as a bound parameter; ``%`` and ``_`` in it mean themselves.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_

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
        out.append(c.time_ns >= max(-MAX_INTEGER, min(wanted.since, MAX_INTEGER)))
    if wanted.until is not None:
        out.append(c.time_ns < max(-MAX_INTEGER, min(wanted.until, MAX_INTEGER)))
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


def _account(typed: str) -> str:
    """An account as a person types it, in the form that records use: lower case, no white space around it."""
    return typed.strip().lower()
