"""The log's table: reads its end and its rows, appends to it, and settles who of several writers was first.

A transaction that is to write reads the last number before anything else and appends the next one at its end. On
SQLite it holds the only lock from its beginning. On a server two may read the same end: one of them then finds its
number taken, is taken back as a whole, and is done again on what the other left. So whatever is done under an entry
was decided on what the entry before it left.
"""

import random
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, LargeBinary, cast, func, insert, select
from sqlalchemy.exc import DBAPIError

from rcds_sniffer.register.audit import EMPTY, FIELDS, Head, Row, read_entry
from rcds_sniffer.register.errors import RegisterError
from rcds_sniffer.store.schema import audit_log, records

Result = TypeVar("Result")

TRIES: Final = 100
"""How often a transaction is tried that others came before; then it is given up, and nothing of it was done."""

LONGEST_WAIT: Final = 0.05
"""Between two tries, seconds, at random up to this."""

FETCH: Final = 1_000
"""Rows held at a time."""

AGAIN: Final = {"23505", "40001", "40P01"}
"""PostgreSQL: the number is taken, serialization failure, deadlock."""

AGAIN_MARIADB: Final = {1020, 1062, 1205, 1213}
"""MariaDB: the record has changed, the number is taken, lock wait timeout, deadlock."""


def last(connection: Connection) -> Head:
    """The log's end as it stands.

    Raises:
        RegisterError: its last row is none that we wrote.
    """
    question = select(audit_log.c.number, _octets(connection, "mac")).order_by(audit_log.c.number.desc()).limit(1)
    row = connection.execute(question).first()
    if row is None:
        return EMPTY
    number, mac = row
    text = None if mac is None else bytes(mac).decode("ascii", "replace")
    if not isinstance(number, int) or text is None or len(text) != len(EMPTY.mac):
        raise RegisterError("the log's last entry is damaged: run 'rcds-sniffer audit verify'")
    return Head(number, text)


def latest(connection: Connection) -> int:
    """The log's last number; 0: it is empty."""
    return connection.execute(select(func.max(audit_log.c.number))).scalar() or 0


def put(connection: Connection, number: int, entry: str, mac: str) -> None:
    """Append a row."""
    connection.execute(insert(audit_log), {"number": number, "entry": entry, "mac": mac})


def rows(connection: Connection, since: int | None = None, until: int | None = None) -> Iterator[Row]:
    """The rows as they stand, by number; of those ``since`` and ``until`` these numbers, both included."""
    question = select(audit_log.c.number, _octets(connection, "entry"), _octets(connection, "mac"))
    if since is not None:
        question = question.where(audit_log.c.number >= since)
    if until is not None:
        question = question.where(audit_log.c.number <= until)
    question = question.order_by(audit_log.c.number).execution_options(yield_per=FETCH)
    with connection.execute(question) as found:
        for row in found:
            yield Row(row[0], *(None if value is None else bytes(value) for value in row[1:]))


def first_and_last(connection: Connection) -> list[Row]:
    """The first row, the last but one and the last, as far as there are so many."""
    number = audit_log.c.number
    ends = [select(number).order_by(number).limit(1), select(number).order_by(number.desc()).limit(2)]
    numbers = {found for question in ends for found in connection.execute(question).scalars()}
    return [row for number in sorted(numbers) for row in rows(connection, number, number)]


def entries(connection: Connection, since: int | None = None) -> Iterator[dict[str, Any]]:
    """What the rows say, by number; None for everything but the number where one is no entry."""
    for row in rows(connection, since):
        said = read_entry((row.entry or b"").decode("utf-8", "replace"))
        yield dict.fromkeys(FIELDS) | {"number": row.number} if said is None else said


def refuse_plain_records(connection: Connection, where: str) -> None:
    """Refuse a database of records that serve no order: they would lie open beside sealed ones.

    Raises:
        RegisterError: there is one.
    """
    if connection.execute(select(records.c.record_id).limit(1)).first() is not None:
        raise RegisterError(f"{where}: holds records that serve no order; name a new database for orders")


def _octets(connection: Connection, name: str) -> ColumnElement[bytes]:
    """A text column as octets: SQLite hands out no text that is no UTF-8, which a changed row may be."""
    column = audit_log.c[name]
    if connection.dialect.name == "postgresql":
        return func.convert_to(column, "UTF8", type_=LargeBinary)
    return cast(column, LargeBinary)


def settled(engine: Engine, work: Callable[[Connection], Result], before: Callable[[], None]) -> Result:
    """``work`` in a transaction that may write, again where another one came first; ``before`` each try.

    Raises:
        RegisterError: others came first each time.
    """
    for _ in range(TRIES):
        before()
        try:
            with engine.connect().execution_options(rcds_write=True) as connection, connection.begin():
                return work(connection)
        except DBAPIError as error:
            if not _lost(error):
                raise
        time.sleep(random.uniform(0, LONGEST_WAIT))  # noqa: S311 - no secret
    raise RegisterError("others write to the log all the time; try again")


def _lost(error: DBAPIError) -> bool:
    """True where another writer was quicker, and the same may go well now; SQLite's lock lets none be."""
    said = error.orig
    if getattr(said, "sqlstate", None) in AGAIN:
        return True
    arguments: tuple[object, ...] = getattr(said, "args", ())
    return bool(arguments) and arguments[0] in AGAIN_MARIADB
