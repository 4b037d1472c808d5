"""Records in, records out: the store that the pipeline writes and ``rcds-sniffer records`` asks.

A batch is one transaction: all of it is stored or none, and nothing stored before is touched. A record that
is there already (the same ``record_id``) is left as it is, so storing a capture twice stores it once.

Rows go to the driver as plain tuples, by a statement that SQLAlchemy need not compile: Core costs 2.5 times as
much, the ORM's units of work ten times. A statement takes :data:`ROWS` rows, so that SQLite, which lets other
threads run during a statement, does so for a millisecond and not for microseconds, and PostgreSQL answers once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from types import TracebackType
from typing import Self

from sqlalchemy import ColumnElement, Connection, Dialect, Engine, func, literal_column, select

from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.store.codec import decode, encode, unescape
from rcds_sniffer.store.database import open_database
from rcds_sniffer.store.errors import StoreError, explained
from rcds_sniffer.store.filter import RecordFilter, conditions
from rcds_sniffer.store.schema import TABLE, records

FETCH = 1_000
"""Rows that a query holds at a time."""

ROWS = 100
"""Rows of one statement; what is left of a batch goes by the driver's ``executemany``."""

INSERT = {
    # An error takes back the transaction, which add() does anyway; to be able to take back the statement alone,
    # SQLite would copy every page that it touches.
    "sqlite": ("INSERT OR ROLLBACK INTO", "ON CONFLICT DO NOTHING"),
    "postgresql": ("INSERT INTO", "ON CONFLICT DO NOTHING"),
    # Not INSERT IGNORE: that turns every other error into a changed value too.
    "mysql": ("INSERT INTO", "ON DUPLICATE KEY UPDATE record_id = record_id"),
    "mariadb": ("INSERT INTO", "ON DUPLICATE KEY UPDATE record_id = record_id"),
}
"""Each database's own words for "insert, unless it is there already"."""

TELL_WHAT_IS_NEW = ("sqlite", "postgresql")
"""These count the rows that were new; of the others it is asked before, and the driver's ``executemany`` keeps
statements within the size that the server takes."""

EVERYTHING = RecordFilter()


@dataclass(frozen=True, slots=True)
class TargetSummary:
    """What is stored about one target."""

    target: str | None
    records: int
    first: int
    """Nanoseconds since 1970 UTC."""
    last: int


def open_store(url_or_path: str, *, create: bool) -> "Store":
    """The store in a database: a path (SQLite) or an SQLAlchemy URL (``postgresql://``, ``mariadb://`` …).

    With ``create`` for writing, and made or brought up to date where needed; without it for reading, and
    nothing is created or changed. Raises StoreError.
    """
    engine, where = open_database(url_or_path, create=create)
    return Store(engine, where)


class Store:
    """An open database of records. Close it, or use it as a context manager."""

    def __init__(self, engine: Engine, where: str) -> None:
        self.where = where
        """What to call it in messages: the path, or the URL without its password."""
        self._engine = engine
        self._dialect = engine.dialect.name
        self._insert = _insert_or_ignore(engine.dialect, 1)
        self._insert_rows = _insert_or_ignore(engine.dialect, ROWS)

    def add(self, batch: Sequence[CommunicationRecord]) -> int:
        """Stores the records of ``batch`` that are not there yet, in one transaction; returns how many.

        Raises StoreError, and then none of the batch is stored.
        """
        if not batch:
            return 0
        rows = [encode(record) for record in batch]
        engine = self._engine.execution_options(rcds_write=True)
        with explained(self.where), engine.begin() as connection:
            if self._dialect not in TELL_WHAT_IS_NEW:
                known = self._known(connection, batch)
                connection.exec_driver_sql(self._insert, rows)
                return len({record.record_id for record in batch}) - known
            whole = len(rows) - len(rows) % ROWS
            new = 0
            for first in range(0, whole, ROWS):
                values = tuple(chain.from_iterable(rows[first : first + ROWS]))
                new += connection.exec_driver_sql(self._insert_rows, values).rowcount
            if whole < len(rows):
                new += connection.exec_driver_sql(self._insert, rows[whole:]).rowcount
            return new

    def _known(self, connection: Connection, batch: Sequence[CommunicationRecord]) -> int:
        """How many of ``batch`` are there already; another writer at work may skew it."""
        known = select(func.count()).where(records.c.record_id.in_({record.record_id for record in batch}))
        return connection.execute(known).scalar_one()

    def query(self, wanted: RecordFilter = EVERYTHING) -> Iterator[CommunicationRecord]:
        """The records that ``wanted`` describes, in order of time; read as they are asked for.

        It shows the database as it was when the first one was taken. Raises StoreError, also half-way.
        """
        # SQLite knows in which order rows came in, which is the order of what one packet carried.
        order = records.c.time_ns, literal_column("rowid") if self._dialect == "sqlite" else records.c.record_id
        question = select(records).where(*self._where(wanted)).order_by(*order).limit(wanted.limit)
        with explained(self.where), self._engine.connect() as connection:
            for part in connection.execution_options(yield_per=FETCH).execute(question).partitions():
                for row in part:
                    try:
                        record = decode(row)
                    except ValueError:
                        raise StoreError(f"{self.where}: record {row[0]} is damaged; restore a copy") from None
                    yield record

    def count(self, wanted: RecordFilter = EVERYTHING) -> int:
        """How many records :meth:`query` would give. Raises StoreError."""
        some = select(records.c.record_id).where(*self._where(wanted)).limit(wanted.limit)
        question = select(func.count()).select_from(some.subquery())
        with explained(self.where), self._engine.connect() as connection:
            return connection.execute(question).scalar_one()

    def targets(self) -> list[TargetSummary]:
        """Every target with its number of records, first and last time; by account. Raises StoreError."""
        c = records.c
        question = select(c.target, func.count(), func.min(c.time_ns), func.max(c.time_ns)).group_by(c.target)
        with explained(self.where), self._engine.connect() as connection:
            found = [TargetSummary(unescape(row[0]), *row[1:]) for row in connection.execute(question)]
        return sorted(found, key=lambda summary: summary.target or "")

    def _where(self, wanted: RecordFilter) -> list[ColumnElement[bool]]:
        return conditions(wanted, self._dialect)

    def close(self) -> None:
        """Ends the connections; SQLite then folds its ``-wal`` into the file and removes it."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _insert_or_ignore(dialect: Dialect, rows: int) -> str:
    """The statement for so many rows, with a placeholder for each value."""
    if dialect.name not in INSERT:
        raise StoreError(
            f"databases of the kind {dialect.name} are not supported; use SQLite, PostgreSQL or MariaDB"
        )
    insert_into, unless_there = INSERT[dialect.name]
    quote = dialect.identifier_preparer.quote
    columns = records.c.keys()
    row = ", ".join(["?" if dialect.paramstyle == "qmark" else "%s"] * len(columns))
    values = ", ".join([f"({row})"] * rows)
    return f"{insert_into} {quote(TABLE)} ({', '.join(map(quote, columns))}) VALUES {values} {unless_there}"
