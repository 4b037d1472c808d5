"""One person's writing on the log: each transaction goes on where the log ends, and ends with what it wrote there.

The head that is kept beside the keys is read before a transaction begins, so that the log can only be further than
it. A log that is not was cut off, or another one was put in its place: nothing is written on it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine

from rcds_sniffer.orders.states import NotPossible
from rcds_sniffer.register import log
from rcds_sniffer.register.audit import DONE, EMPTY, REFUSED, Head, mac_of, stamp, write_entry
from rcds_sniffer.register.errors import NotPermitted, RegisterError
from rcds_sniffer.register.head import HeadFile
from rcds_sniffer.store.errors import explained

Result = TypeVar("Result")

MAX_SAID: Final = 128
"""Characters kept of an LIID or action that was refused: it may be anything."""


WHY: Final = {NotPermitted: "role", NotPossible: "state"}
"""What kept a person from something, in the word of the log; ``request`` for all else."""


class Scribe:
    """Writes the entries of one transaction."""

    def __init__(self, connection: Connection, key: bytes, person: str, time: int, end: Head) -> None:
        self.time = time
        """Of all that the transaction does, nanoseconds since 1970 UTC."""
        self.end = end
        self._connection = connection
        self._key = key
        self._person = person

    def write(
        self,
        action: str,
        order: str | None = None,
        liid: str | None = None,
        details: Mapping[str, Any] | None = None,
        outcome: str = DONE,
    ) -> int:
        """Appends an entry; gives its number.

        Raises:
            ValueError: it is too long, or a detail is no JSON.
        """
        number = self.end.number + 1
        entry = write_entry({
            "number": number, "time": stamp(self.time), "person": self._person, "action": action, "order": order,
            "liid": liid, "outcome": outcome, "details": dict(details or {}),
        })  # fmt: skip
        mac = mac_of(self._key, self.end.mac, entry)
        log.put(self._connection, number, entry, mac)
        self.end = Head(number, mac)
        return number


class Session:
    """An open database with the key of its log, and who writes on it."""

    def __init__(  # noqa: PLR0917 - made in one place
        self, engine: Engine, where: str, key: bytes, person: str, head: HeadFile, clock: Callable[[], int]
    ) -> None:
        self.where = where
        self.key = key
        self.person = person
        self._engine = engine
        self._head = head
        self._clock = clock
        self._kept: Head = EMPTY

    def write(self, work: Callable[[Connection, Scribe], Result]) -> Result:
        """``work`` in one transaction, which writes at least one entry."""
        written: list[Head] = []

        def once(connection: Connection) -> Result:
            end = log.last(connection)
            self._refuse_another(end)
            scribe = Scribe(connection, self.key, self.person, self._clock(), end)
            out = work(connection, scribe)
            if scribe.end == end:
                raise RuntimeError("something was to be done that the log says nothing of")
            written[:] = [scribe.end]
            return out

        with explained(self.where):
            out = log.settled(self._engine, once, self._look_at_head)
        self._head.advance(*written)
        return out

    def refused(self, action: str, error: Exception, liid: str | None = None) -> None:
        """Writes that ``error`` kept the person from ``action``."""
        why = next((word for kind, word in WHY.items() if isinstance(error, kind)), "request")
        said = None if liid is None else liid[:MAX_SAID]
        self.write(lambda _, scribe: scribe.write(action[:MAX_SAID], None, said, {"why": why}, REFUSED))

    @contextmanager
    def reading(self, *, repeatable: bool = False) -> Iterator[Connection]:
        """A transaction that writes nothing; ``repeatable``: it sees one moment, however long it takes."""
        with self._engine.connect() as connection:
            if repeatable and connection.dialect.name != "sqlite":
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    def refuse_another_key(self) -> None:
        """Refuse a master key that did not write this log, before anything is written with it.

        Raises:
            RegisterError: neither its first entry nor its last one fits.
        """
        with explained(self.where), self.reading() as connection:
            ends = log.first_and_last(connection)
        macs = [(row.mac or b"").decode("ascii", "replace") for row in ends]
        entries = [(row.entry or b"").decode("utf-8", "replace") for row in ends]
        pairs = [(EMPTY.mac, 0), *((macs[i - 1], i) for i in range(1, len(ends)))]
        if ends and not any(mac_of(self.key, before, entries[i]) == macs[i] for before, i in pairs):
            raise RegisterError(f"{self.where}: belongs to another master key; name that one")

    def _look_at_head(self) -> None:
        self._kept = self._head.read() or EMPTY

    def _refuse_another(self, end: Head) -> None:
        kept = self._kept
        if end.number < kept.number or (end.number == kept.number and end.mac != kept.mac):
            raise RegisterError(
                f"{self.where}: the end of the log was cut off or changed; see 'rcds-sniffer audit verify', and put"
                " back a copy of the database"
            )

    def close(self) -> None:
        """Ends the connections."""
        self._engine.dispose()
