"""The chain of the log: what an entry says, how each is bound to all before it, and how a break is found.

An entry is canonical JSON, one line of ASCII. Its *mac* is HMAC-SHA256, under a key made from the master key, over
the mac before it and the entry. Who has the database and not the key can therefore change, drop or add nothing
without its showing. One thing a chain cannot show by itself: that its end was cut off. The *head*, the last number
and its mac, is kept elsewhere for that.

:class:`Check` takes the rows as they stand and says what is wrong at which number. After a bad row it goes on from
the mac that stands there, so that one change is one finding and hides no other behind it.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

FIELDS: Final = ("number", "time", "person", "action", "order", "liid", "outcome", "details")
"""Of an entry. ``order`` is the reference."""

DONE: Final = "done"
REFUSED: Final = "refused"

MAX_ENTRY: Final = 16_384
"""Characters of an entry; a longer one is not written, and what it would speak of is not done."""

PURPOSE: Final = "audit log"
"""For what the master key makes the chain's key."""

START: Final = bytes(32)
"""Stands for the mac before the first."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a log: who knows it can tell that no end was cut off."""

    number: int
    """0: the log is empty."""
    mac: str
    """64 hexadecimal digits; of an empty log zeros."""

    def __str__(self) -> str:
        """As it is printed: ``NUMBER:MAC``."""
        return f"{self.number}:{self.mac}"


EMPTY: Final = Head(0, START.hex())


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a log, or with what it speaks of."""

    number: int | None
    """The entry at which it shows; None: at none in particular."""
    what: str

    def __str__(self) -> str:
        """As it is printed."""
        return self.what if self.number is None else f"entry {self.number}: {self.what}"


def stamp(time: int) -> str:
    """``time``, nanoseconds since 1970 UTC, as RFC 3339 has it, with all its digits."""
    seconds, rest = divmod(time, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09}Z"


def write_entry(fields: Mapping[str, Any]) -> str:
    """An entry's line, from all of :data:`FIELDS`.

    Raises:
        ValueError: it is too long, or a detail is no JSON.
    """
    said = {name: fields[name] for name in FIELDS}
    entry = json.dumps(said, sort_keys=True, separators=(",", ":"), allow_nan=False)
    if len(entry) > MAX_ENTRY:
        raise ValueError(f"an entry of the log holds {MAX_ENTRY:,} characters at most")
    return entry


def read_entry(entry: str) -> dict[str, Any] | None:
    """What a line says; None where it is no entry."""
    try:
        said = json.loads(entry)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) and set(said) == set(FIELDS) else None


def mac_of(key: bytes, before: str, entry: str) -> str:
    """The mac of ``entry`` behind the mac ``before``, 64 hexadecimal digits."""
    return hmac.new(key, _octets(before) + entry.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _octets(mac: str) -> bytes:
    """A mac's 32 octets; of what is no mac, some that fit none."""
    if len(mac) == 2 * len(START) and set(mac) <= set("0123456789abcdef"):
        return bytes.fromhex(mac)
    return hashlib.sha256(b"no mac: " + mac.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table, as it stands there: whoever wrote it."""

    number: object
    entry: bytes | None
    """None: it is no text."""
    mac: bytes | None


class Check:
    """Goes through a log's rows in the order of their numbers."""

    def __init__(self, key: bytes, wanted: frozenset[int] = frozenset()) -> None:
        self._key = key
        self._wanted = wanted
        self.known: dict[int, str] = {}
        """The macs of the ``wanted`` numbers, as they stand there."""
        self.number = 0
        """The last number seen."""
        self._before: tuple[str, ...] = (EMPTY.mac,)
        """What the mac before may be: the one that stands there, and those that would be right."""
        self._moved: dict[int, str] = {}
        """Macs that stand at a wrong number, by the number that their entry says; :data:`MAX_MOVED` of them."""
        self._unsure: int | None = None
        """The row before, where its entry and its mac do not fit and this row may tell which is wrong."""
        self._cut = False
        """What the row before was is not known: it is missing, or another stands there."""

    @property
    def head(self) -> Head:
        """The log's end as it stands."""
        return Head(self.number, self._before[0])

    def row(self, row: Row) -> Iterator[Finding]:
        """What is wrong with the next row."""
        number = row.number
        if not isinstance(number, int) or number <= self.number:
            yield Finding(None, f"put in: a row with the number {number!r:.40}")
            return
        if number > self.number + 1:
            yield from self.end()
            yield Finding(self.number + 1, f"missing{_up_to(self.number + 1, number - 1)}")
            self._cut = True
        entry, mac = _text(row.entry), _text(row.mac)
        befores = [] if number > self.number + 1 else [*self._before]
        if number - 1 in self._moved:
            befores.append(self._moved[number - 1])
        right = [mac_of(self._key, before, entry) for before in befores]
        fits = right.index(mac) if mac in right else None
        yield from self._settled(fits)
        said = read_entry(entry)
        moved = False
        if said is None:
            yield Finding(number, "changed: this is no entry")
        elif said["number"] != number:
            yield Finding(number, f"moved or put in: it says that it is entry {said['number']!r:.40}")
            moved = True
            if isinstance(said["number"], int) and len(self._moved) < MAX_MOVED:
                self._moved[said["number"]] = mac
        elif fits is None and self._cut:
            yield Finding(number, "cannot be checked, since the one before it is not there")
        elif fits is None:
            self._unsure = number
        if number in self._wanted:
            self.known[number] = mac
        self._cut = moved
        self.number = number
        self._before = (mac,) if fits is not None else (mac, *right[:MAX_RIGHT])

    def end(self) -> Iterator[Finding]:
        """What is wrong with the last row."""
        yield from self._settled(None)

    def _settled(self, fits: int | None) -> Iterator[Finding]:
        """The finding about the row before, once the row behind it shows which of its two parts is wrong."""
        if self._unsure is not None:
            if fits is None:
                what = "changed or put in: it does not fit the one before it"
            elif fits == 0:
                what = "changed: it is not what was written"
            else:
                what = "changed: its mac is not the one that was written"
            yield Finding(self._unsure, what)
            self._unsure = None


MAX_MOVED: Final = 1_000
"""Macs at wrong numbers that are kept; beyond, the entries behind them are said to fit nothing."""

MAX_RIGHT: Final = 2
"""Macs that would be right which are tried on the next row; where several rows in a row are wrong, all are told."""


def _up_to(first: int, last: int) -> str:
    return "" if first == last else f", and all up to entry {last}"


def _text(octets: bytes | None) -> str:
    """Octets that are no UTF-8 stay what they are; nothing at all is no text either."""
    return "\udcff" if octets is None else octets.decode("utf-8", "surrogateescape")


def check_head(check: Check, head: Head, where: str) -> Iterator[Finding]:
    """What is wrong with the end of a log that was gone through, by a head that was noted earlier.

    ``check`` had ``head.number`` among its wanted ones. ``where`` says where the head was noted. A log that goes on
    behind the head is as it should be.
    """
    if head.number > check.number:
        first = check.number + 1
        yield Finding(first, f"cut off{_up_to(first, head.number)}: {where} knows of it")
    elif head.number and check.known.get(head.number) not in {None, head.mac}:
        yield Finding(head.number, f"is not the one that {where} knows of")
