"""A fact and where it is known from; and facts in two orders: as a set, and as what follows what.

Every fact says when it was first and last seen, how often, and in which packet of which source it was first. A text
longer than :data:`MAX_TEXT` is cut, and ends with an ellipsis: a stranger's name fills no memory. Where a limit is
reached the earliest facts are kept, ``full`` says so, and what is kept goes on being counted.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterable, Mapping

from rcds_sniffer.records.record import CommunicationRecord, rfc3339

MAX_TEXT = 500
"""Characters of one value."""

ANSWER = 60 * 1_000_000_000
"""How long after a command its refusal may come, ns."""

Entry = dict[str, object]
"""The JSON form of a fact."""


class Fact:
    """One thing that is known."""

    __slots__ = ("before", "count", "first", "inferred", "last", "packet", "source", "until", "values")

    def __init__(self, record: CommunicationRecord, values: dict[str, object]) -> None:
        self.values = values
        """What is known, JSON-able, by the names of the JSON form."""
        self.first = self.last = record.time
        """Nanoseconds since 1970 UTC, as ``until``."""
        self.until: int | None = None
        """When something else took its place, or it was taken back; None while neither was seen."""
        self.before: tuple[Hashable, Fact] | None = None
        """What was so of the same subject, and the key of it, until this took its place."""
        self.count = 1
        """Records that say so."""
        self.inferred = _is_inferred(record)
        """Every record of it follows from other traffic."""
        self.source = sys.intern(str(record.source.get("name", "")))
        self.packet = record.source.get("packet")

    def seen(self, record: CommunicationRecord) -> None:
        """Another record says so."""
        self.last = max(self.last, record.time)
        self.count += 1
        if self.inferred and not _is_inferred(record):
            self.inferred = False

    def end(self, time: int) -> None:
        """It holds no longer."""
        if self.until is None:
            self.until = max(time, self.first)

    @property
    def nanoseconds(self) -> int | None:
        """How long it held; None where its end was not seen."""
        return None if self.until is None else self.until - self.first

    def to_dict(self) -> Entry:
        """Its JSON form."""
        out: Entry = {**self.values, "first": rfc3339(self.first), "last": rfc3339(self.last)}
        if self.until is not None:
            out["until"] = rfc3339(self.until)
        if self.inferred:
            out["inferred"] = True
        return out | {"count": self.count, "source": {"name": self.source, "packet": self.packet}}


def _is_inferred(record: CommunicationRecord) -> bool:
    return record.details is not None and record.details.get("inferred") is True


class Facts:
    """Different facts of one kind, in the order in which they were first seen."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known: dict[Hashable, Fact] = {}
        self.full = False
        """There were more of them than ``limit``."""

    def note(self, record: CommunicationRecord, key: Hashable, values: Mapping[str, object]) -> Fact | None:
        """``record`` says what ``key`` stands for; the fact, or None beyond the limit."""
        fact = self._known.get(key)
        if fact is not None:
            fact.seen(record)
        elif len(self._known) >= self._limit:
            self.full = True
        else:
            fact = self._known[key] = Fact(record, dict(values))
        return fact

    def all(self) -> list[Fact]:
        """Those that are kept."""
        return list(self._known.values())

    def items(self) -> Iterable[tuple[Hashable, Fact]]:
        """Those that are kept, each with its key."""
        return self._known.items()


class Spans:
    """What was so from when to when: of each subject one value at a time, in order of time.

    A subject may be a name's bearer, a setting, a contact and one of its lists.
    """

    def __init__(self, limit: int, *, recalls: bool = False) -> None:
        """``recalls``: it knows a value again that was so once, which ``hearsay`` needs."""
        self._limit = limit
        self._recalls = recalls
        self._kept: list[tuple[Hashable, Fact]] = []
        self._now: dict[Hashable, tuple[Hashable, Fact]] = {}
        self._latest: dict[tuple[Hashable, Hashable], Fact] = {}
        self.full = False
        """There were more spans than ``limit``."""

    def say(
        self,
        record: CommunicationRecord,
        subject: Hashable,
        values: Mapping[str, object],
        *,
        hearsay: bool = False,
    ) -> None:
        """From ``record`` on this is so.

        ``hearsay``: it may be older than it looks, as the name that a conversation goes on showing after somebody
        took another; it begins a span only where its value was not known.
        """
        key = repr(values) if any(isinstance(v, list | dict) for v in values.values()) else tuple(values.items())
        now = self._now.get(subject)
        if now is not None and now[0] == key and now[1].until is None:
            now[1].seen(record)
            return
        if hearsay and (known := self._latest.get((subject, key))) is not None:
            known.seen(record)
            return
        if now is None and len(self._now) >= self._limit:
            self.full = True
            return
        fact = Fact(record, dict(values))
        if now is not None:
            fact.before = now if now[1].until is None else None
            now[1].end(record.time)
            now[1].before = None
        self._now[subject] = key, fact
        if len(self._kept) < self._limit:
            self._kept.append((subject, fact))
            if self._recalls:
                self._latest[subject, key] = fact
        else:
            self.full = True

    def end(self, subject: Hashable, time: int) -> None:
        """What was so of ``subject`` is so no longer."""
        now = self._now.get(subject)
        if now is not None:
            now[1].end(time)

    def refuse(self, subject: Hashable, time: int) -> None:
        """The server refused what was just said of ``subject``: what was so before is so still."""
        now = self._now.get(subject)
        if now is None or now[1].until is not None or now[1].count > 1 or time - now[1].first > ANSWER:
            return
        fact = now[1]
        fact.end(time)
        fact.values["refused"] = True
        if fact.before is not None:
            self._now[subject] = fact.before
            fact.before[1].until = None

    def resume(self, subject: Hashable, time: int) -> None:
        """The server refused to end what was so of ``subject``."""
        now = self._now.get(subject)
        if now is not None and now[1].until is not None and time - now[1].until <= ANSWER:
            now[1].until = None

    def now(self, subject: Hashable) -> Fact | None:
        """What is so of ``subject`` at the end."""
        now = self._now.get(subject)
        return None if now is None or now[1].until is not None else now[1]

    def all(self) -> list[Fact]:
        """Those that are kept."""
        return [fact for _, fact in self._kept]

    def items(self) -> Iterable[tuple[Hashable, Fact]]:
        """Those that are kept, each with its subject."""
        return self._kept


def word(value: object) -> str | None:
    """A text that says something, within :data:`MAX_TEXT`; None for anything else."""
    if not isinstance(value, str) or not value:
        return None
    return value if len(value) <= MAX_TEXT else value[: MAX_TEXT - 1] + "…"


def scalar(value: object) -> object:
    """A text as :func:`word` gives it, a number or a truth value as it is; None for anything else."""
    return value if isinstance(value, bool | int | float) else word(value)


def chosen(details: Mapping[str, object], *names: str) -> dict[str, object]:
    """Of ``details`` what ``names`` call for and is known."""
    return {name: value for name in names if (value := scalar(details.get(name))) is not None}


def words(value: object, limit: int) -> list[str]:
    """The texts of a list, at most so many."""
    if not isinstance(value, list | tuple):
        return []
    return [text for item in value[:limit] if (text := word(item)) is not None]


def objects(value: object, limit: int) -> list[Mapping[str, object]]:
    """The objects of a list, at most so many."""
    return [item for item in value[:limit] if isinstance(item, Mapping)] if isinstance(value, list | tuple) else []
