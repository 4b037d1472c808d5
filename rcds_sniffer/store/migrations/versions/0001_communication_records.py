"""The first schema: communication records.

Imports nothing of the program: a migration must make tomorrow what it makes today.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLE = "communication_records"
TEXT = sa.Text().with_variant(mysql.LONGTEXT(collation="utf8mb4_bin"), "mysql", "mariadb")
ID = (
    sa.String(128)
    .with_variant(mysql.VARCHAR(128, collation="utf8mb4_bin"), "mysql", "mariadb")
    .with_variant(sa.String(128, collation="C"), "postgresql")
)


def upgrade() -> None:
    """Makes the table and its indexes."""
    op.create_table(
        TABLE,
        sa.Column("record_id", ID, primary_key=True),
        sa.Column("order_id", TEXT),
        sa.Column("target", TEXT),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
        sa.Column("protocol", TEXT, nullable=False),
        sa.Column("protocol_version", TEXT),
        sa.Column("event", TEXT, nullable=False),
        sa.Column("direction", TEXT),
        sa.Column("conversation_id", TEXT),
        sa.Column("sender", TEXT),
        sa.Column("sender_name", TEXT),
        sa.Column("recipients", TEXT, nullable=False),
        sa.Column("text", TEXT),
        sa.Column("content_type", TEXT),
        sa.Column("format", TEXT),
        sa.Column("file", TEXT),
        sa.Column("client", TEXT),
        sa.Column("server", TEXT, nullable=False),
        sa.Column("sensor", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("missing_bytes", sa.BigInteger, nullable=False),
        sa.Column("details", TEXT),
    )
    op.create_index(f"ix_{TABLE}_time", TABLE, ["time_ns"])
    op.create_index(
        f"ix_{TABLE}_conversation",
        TABLE,
        ["conversation_id"],
        mysql_length=190,
        mariadb_length=190,
        postgresql_using="hash",
    )
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(f"ix_{TABLE}_target", TABLE, ["target"], postgresql_using="hash")
    else:
        op.create_index(
            f"ix_{TABLE}_target_time",
            TABLE,
            ["target", "time_ns"],
            mysql_length={"target": 190},
            mariadb_length={"target": 190},
        )


def downgrade() -> None:
    """Removes the table and all records in it."""
    op.drop_table(TABLE)
