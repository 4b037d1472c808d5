"""Sealed records in, records out: the store of a database of orders.

A record serves one order and is sealed under that order's key, whole (:mod:`~rcds_sniffer.store.sealed_form`).
Beside what is sealed stand the order's reference, the record's *sequence* number among those of its order (1, 2 …)
and its *sealed id*, a pseudonym of ``record_id`` by which a record that comes again is known. All three are part of
what the seal is about, so that no row can stand in another's place.

A batch is one transaction. On SQLite it holds the only lock from its beginning. On a server two writers may take
the same number: the second one finds it taken, is taken back as a whole and is done again on what the first one
left. So numbers have no gap, and a gap that is found at reading is a row that somebody took away.
"""

import random
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from sqlalchemy import Connection, Engine, LargeBinary, cast, func, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.secrecy.errors import SecrecyError
from rcds_sniffer.secrecy.keyring import KeyDestroyed, Keyring
from rcds_sniffer.secrecy.sealing import OrderKey
from rcds_sniffer.store.binding import Binding, bindings
from rcds_sniffer.store.database import open_database
from rcds_sniffer.store.errors import StoreError, explained
from rcds_sniffer.store.filter import RecordFilter
from rcds_sniffer.store.schema import sealed_records
from rcds_sniffer.store.sealed_form import pack, unpack

FETCH: Final = 500
"""Rows that a query holds at a time, and that are asked for at once."""

TRIES: Final = 100
"""How often a batch is tried that another writer came before; then it is given up, and nothing of it is stored."""

LONGEST_WAIT: Final = 0.05
"""Between two tries, seconds, at random up to this."""

AGAIN: Final = frozenset({"40001", "40P01", 1020, 1205, 1213})
"""Another writer was quicker. PostgreSQL: serialization failure, deadlock. MariaDB: the record has changed, lock
wait timeout, deadlock."""

EVERYTHING: Final = RecordFilter()


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a row, or with rows that are not there."""

    reference: str
    """Of the order."""
    sequence: object
    """Number of the first record that is concerned: as it stands there, whatever it is."""
    what: str

    def __str__(self) -> str:
        """One line."""
        return f"order {self.reference}, record {self.sequence!r:.40}: {self.what}"


def open_sealed_store(url_or_path: str, keyring: Keyring, *, create: bool) -> "SealedStore":
    """The sealed records of a database, a path or URL; with ``create`` for writing. Raises StoreError."""
    engine, where = open_database(url_or_path, create=create)
    return SealedStore(engine, where, keyring)


class SealedStore:
    """The sealed records of an open database. Close it, or use it as a context manager."""

    def __init__(self, engine: Engine, where: str, keyring: Keyring) -> None:
        self.where = where
        """What to call the database in messages."""
        self.without_key = 0
        """Records that were given and not stored, since their order is not known or its key is destroyed."""
        self._engine = engine
        self._keyring = keyring

    def add(self, records: Sequence[CommunicationRecord], references: Mapping[str, str]) -> int:
        """Stores those of ``records`` that are not there yet, in one transaction; returns how many.

        Args:
            records: each serves the order ``order_id``.
            references: of the orders, by LIID.

        Raises:
            SecrecyError: a key is there and cannot be used.
            StoreError: the database fails. None of the records is stored then either.
        """
        keys: dict[str | None, tuple[str, OrderKey] | None] = {}
        batch: dict[str, tuple[str, OrderKey, CommunicationRecord]] = {}
        without_key = 0
        for record in records:
            if record.order_id not in keys:
                keys[record.order_id] = self._key(references.get(record.order_id or ""))
            found = keys[record.order_id]
            if found is None:
                without_key += 1
                continue
            reference, key = found
            sealed_id = key.pseudonym(record.record_id)
            if sealed_id not in batch:
                batch[sealed_id] = reference, key, record
        new = self._settled(batch) if batch else 0
        self.without_key += without_key
        return new

    def _key(self, reference: str | None) -> tuple[str, OrderKey] | None:
        try:
            return None if reference is None else (reference, self._keyring.key(reference))
        except KeyDestroyed:
            return None

    def _settled(self, batch: Mapping[str, tuple[str, OrderKey, CommunicationRecord]]) -> int:
        engine = self._engine.execution_options(rcds_write=True)
        with explained(self.where):
            for _ in range(TRIES):
                try:
                    with engine.begin() as connection:
                        return _store(connection, batch)
                except DBAPIError as error:
                    if not _lost(error):
                        raise
                time.sleep(random.uniform(0, LONGEST_WAIT))  # noqa: S311 - no secret
        raise StoreError(f"{self.where}: others write to it all the time; try again")

    def query(
        self,
        reference: str,
        wanted: RecordFilter = EVERYTHING,
        *,
        wrong: Callable[[Finding], None] | None = None,
        upto: int | None = None,
    ) -> Generator[CommunicationRecord, None, None]:
        """The records of an order that ``wanted`` describes, by their sequence, which each has; read as asked for.

        It shows the database as it was when the first one was taken.

        Args:
            reference: of the order.
            wanted: its ``limit`` is the number of records, the first ones.
            wrong: takes what is wrong with rows, and the others are given; None: it is raised.
            upto: sequence number of the last one that is looked at.

        Raises:
            KeyDestroyed: the order's records can be read by nobody any more.
            SecrecyError: its key cannot be used.
            StoreError: the database fails, also half-way, or a row is wrong and nobody takes that.
        """
        key = self._keyring.key(reference)
        given = 0
        with closing(self._opened(reference, key, wrong or self._refuse, upto)) as opened:
            for record in opened:
                if wanted.matches(record):
                    yield record
                    given += 1
                    if given == wanted.limit:
                        return

    def _opened(
        self, reference: str, key: OrderKey, wrong: Callable[[Finding], None], upto: int | None
    ) -> Generator[CommunicationRecord, None, None]:
        last = 0
        with (
            explained(self.where),
            self._engine.connect() as connection,
            _rows(connection, reference, upto) as rows,
        ):
            for number, sealed_id, sealed in rows:
                if not isinstance(number, int) or number <= last:
                    wrong(Finding(reference, number, "was put in"))
                    continue
                if number > last + 1:
                    wrong(Finding(reference, last + 1, "is missing" + _up_to(last + 1, number - 1)))
                last = number
                try:
                    record = unpack(key.open(sealed, _about(reference, number, sealed_id)))
                except SecrecyError:
                    wrong(Finding(reference, number, "was changed, or belongs elsewhere; restore a copy"))
                except ValueError as error:
                    wrong(Finding(reference, number, str(error)))
                else:
                    record.sequence = number
                    yield record
            if upto is not None and last < upto:
                wrong(Finding(reference, last + 1, "is missing" + _up_to(last + 1, upto)))

    def _refuse(self, finding: Finding) -> None:
        raise StoreError(f"{self.where}: {finding}")

    def last(self, reference: str) -> int:
        """The number of the order's last record; 0: it has none. Raises StoreError."""
        with explained(self.where), self._engine.connect() as connection:
            return _last(connection, reference)

    def count(self, reference: str, wanted: RecordFilter = EVERYTHING, *, upto: int | None = None) -> int:
        """How many records :meth:`query` would give. Those that are wrong are told nobody; where all are wanted,
        they are counted too, and none is opened."""
        if wanted != EVERYTHING:
            return sum(1 for _ in self.query(reference, wanted, wrong=_nothing, upto=upto))
        c = sealed_records.c
        question = select(func.count()).where(c.reference == reference)
        if upto is not None:
            question = question.where(c.sequence <= upto)
        with explained(self.where), self._engine.connect() as connection:
            return connection.execute(question).scalar_one()

    def bindings(
        self,
        reference: str,
        wanted: RecordFilter = EVERYTHING,
        *,
        wrong: Callable[[Finding], None] | None = None,
        upto: int | None = None,
    ) -> list[Binding]:
        """Which account was seen at which address, by the records that :meth:`query` gives; the earliest first."""
        with closing(self.query(reference, wanted, wrong=wrong, upto=upto)) as records:
            return bindings(records)

    def close(self) -> None:
        """Ends the connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _store(connection: Connection, batch: Mapping[str, tuple[str, OrderKey, CommunicationRecord]]) -> int:
    """What is not there yet, sealed under the next numbers of its order."""
    ids, known = list(batch), set[str]()
    for first in range(0, len(ids), FETCH):
        some = sealed_records.c.sealed_id.in_(ids[first : first + FETCH])
        known.update(connection.execute(select(sealed_records.c.sealed_id).where(some)).scalars())
    last: dict[str, int] = {}
    rows = []
    for sealed_id, (reference, key, record) in batch.items():
        if sealed_id in known:
            continue
        if reference not in last:
            last[reference] = _last(connection, reference)
        number = last[reference] = last[reference] + 1
        sealed = key.seal(pack(record), _about(reference, number, sealed_id))
        rows.append({"sealed_id": sealed_id, "reference": reference, "sequence": number, "sealed": sealed})
    if rows:
        connection.execute(insert(sealed_records), rows)
    return len(rows)


def _last(connection: Connection, reference: str) -> int:
    c = sealed_records.c
    return connection.execute(select(func.max(c.sequence)).where(c.reference == reference)).scalar() or 0


@contextmanager
def _rows(
    connection: Connection, reference: str, upto: int | None
) -> Iterator[Iterator[tuple[object, str, bytes]]]:
    """Number, sealed id and what is sealed, as they stand there: whoever wrote them."""
    c = sealed_records.c
    columns = [c.sequence, c.sealed_id, c.sealed]
    if connection.dialect.name == "sqlite":  # where any column holds anything, also text that is none
        columns[1:] = [cast(column, LargeBinary) for column in columns[1:]]  # type: ignore[misc]
    question = select(*columns).where(c.reference == reference).order_by(c.sequence)
    if upto is not None:
        question = question.where(c.sequence <= upto)
    with connection.execution_options(yield_per=FETCH).execute(question) as result:
        yield ((number, _text(sealed_id), bytes(sealed or b"")) for number, sealed_id, sealed in result)


def _text(sealed_id: str | bytes) -> str:
    return sealed_id.decode("ascii", "backslashreplace") if isinstance(sealed_id, bytes) else sealed_id


def _about(reference: str, number: int, sealed_id: str) -> str:
    return f"sealed_records/{reference}/{number}/{sealed_id}"


def _lost(error: DBAPIError) -> bool:
    """True where another writer was quicker, and the same may go well now."""
    said: Any = error.orig
    arguments = getattr(said, "args", None) or (None,)
    return isinstance(error, IntegrityError) or bool({getattr(said, "sqlstate", None), arguments[0]} & AGAIN)


def _up_to(first: int, last: int) -> str:
    return "" if first == last else f", and all up to {last}"


def _nothing(finding: Finding) -> None:
    del finding
