"""The one table, as the program of today sees it. The migrations make it; a test holds the two together.

One column per field of the record, in the record's order. ``time`` is ``time_ns``, whole nanoseconds: text or
a float would sort or round wrongly. Lists and objects are JSON in text columns, not in the databases' JSON
types, which reorder keys, drop or refuse characters (jsonb refuses U+0000) and differ from each other.

**Recipients** are such a JSON array, and a contact is found by its quoted account (``"bob@example.org"``). A
side table with a row per recipient would make that look-up indexed, at the price of doubling the rows that
every insert writes and of keeping two tables in step when the same capture is stored again. A question about
a contact nearly always names a target or a time as well, which are indexed; without them it is one pass over
the table.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, MetaData, String, Table, Text
from sqlalchemy.dialects import mysql

from rcds_sniffer.records.record import FIELDS

REVISIONS = ("0001",)
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
