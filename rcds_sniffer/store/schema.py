"""The tables, as the program of today sees them. The migrations make them; a test holds the two together.

Records that serve no order stand in one table, open to queries:

One column per field of the record, in the record's order. ``time`` is ``time_ns``, whole nanoseconds: text or
a float would sort or round wrongly. Lists and objects are JSON in text columns, not in the databases' JSON
types, which reorder keys, drop or refuse characters (jsonb refuses U+0000) and differ from each other.

**Recipients** are such a JSON array, and a contact is found by its quoted account (``"bob@example.org"``). A
side table with a row per recipient would make that look-up indexed, at the price of doubling the rows that
every insert writes and of keeping two tables in step when the same capture is stored again. A question about
a contact nearly always names a target or a time as well, which are indexed; without them it is one pass over
the table.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.dialects import mysql

from rcds_sniffer.records.record import FIELDS

REVISIONS = ("0001", "0002")
"""Every schema this program knows, oldest first; the last is its own. A test compares with the migrations."""

VERSION_TABLE = "rcds_sniffer_version"
"""Alembic's version table, under a name of our own: a server's database may serve other programs too."""

TABLE = "communication_records"

NULLABLE = frozenset({
    "order_id", "target", "protocol_version", "direction", "conversation_id", "sender", "sender_name", "text",
    "content_type", "format", "file", "client", "details",
})  # fmt: skip

# MariaDB's TEXT ends at 64 KiB and its collations ignore case; PostgreSQL's order depends on the server's
# language.
_TEXT = Text().with_variant(mysql.LONGTEXT(collation="utf8mb4_bin"), "mysql", "mariadb")
_ID = (
    String(128)
    .with_variant(mysql.VARCHAR(128, collation="utf8mb4_bin"), "mysql", "mariadb")
    .with_variant(String(128, collation="C"), "postgresql")
)


def _column(field: str) -> Column[object]:
    match field:
        case "record_id":
            return Column(field, _ID, primary_key=True)
        case "time":
            return Column("time_ns", BigInteger, nullable=False)
        case "missing_bytes":
            return Column(field, BigInteger, nullable=False)
        case "complete":
            return Column(field, Boolean, nullable=False)
        case _:
            return Column(field, _TEXT, nullable=field in NULLABLE)


metadata = MetaData()
records = Table(TABLE, metadata, *map(_column, FIELDS))

# A hostile account may be longer than a B-tree entry: PostgreSQL hashes, MariaDB indexes what stands in
# front.
Index("ix_communication_records_time", records.c.time_ns)
Index(
    "ix_communication_records_conversation",
    records.c.conversation_id,
    mysql_length=190,
    mariadb_length=190,
    postgresql_using="hash",
)
Index("ix_communication_records_target", records.c.target, postgresql_using="hash").ddl_if(dialect="postgresql")
Index(
    "ix_communication_records_target_time",
    records.c.target,
    records.c.time_ns,
    mysql_length={"target": 190},
    mariadb_length={"target": 190},
).ddl_if(dialect=("sqlite", "mysql", "mariadb"))  # type: ignore[arg-type]  # a tuple is documented, not typed

# --- a database of orders -----------------------------------------------------------------------------------------
#
# What is sealed can be read with the keys alone, which are elsewhere. In the clear stand: how many orders, versions
# and records there are, how long they are, and in which order they came; and the log, which names no target.

_SEALED = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")

orders = Table(
    "orders",
    metadata,
    Column("reference", _ID, primary_key=True),  # random, and says nothing
    Column("version", BigInteger, primary_key=True, autoincrement=False),  # from 1; the highest one holds
    Column("sealed", _SEALED, nullable=False),
)

sealed_records = Table(
    "sealed_records",
    metadata,
    Column("sealed_id", _ID, primary_key=True),  # the record's own, under the order's key
    Column("reference", _ID, nullable=False),
    Column("sequence", BigInteger, nullable=False),  # of this order's records, from 1, without a gap
    Column("sealed", _SEALED, nullable=False),
)
Index("ix_sealed_records_sequence", sealed_records.c.reference, sealed_records.c.sequence, unique=True)

audit_log = Table(
    "audit_log",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # from 1, without a gap
    Column("entry", _TEXT, nullable=False),  # JSON
    Column("mac", _ID, nullable=False),  # over the entry and the mac before it
)

staff = Table(
    "staff",
    metadata,
    Column("person", _ID, primary_key=True),
    Column("sealed", _SEALED, nullable=False),  # their roles
)
