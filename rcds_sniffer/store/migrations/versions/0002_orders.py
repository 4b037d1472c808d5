"""Interception orders: what is sealed, and the log of who did what.

Imports nothing of the program: a migration must make tomorrow what it makes today.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(mysql.LONGTEXT(collation="utf8mb4_bin"), "mysql", "mariadb")
SEALED = sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
ID = (
    sa.String(128)
    .with_variant(mysql.VARCHAR(128, collation="utf8mb4_bin"), "mysql", "mariadb")
    .with_variant(sa.String(128, collation="C"), "postgresql")
)


def upgrade() -> None:
    """Makes the tables and their indexes."""
    op.create_table(
        "orders",
        sa.Column("reference", ID, primary_key=True),
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("sealed", SEALED, nullable=False),
    )
    op.create_table(
        "sealed_records",
        sa.Column("sealed_id", ID, primary_key=True),
        sa.Column("reference", ID, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("sealed", SEALED, nullable=False),
    )
    op.create_index("ix_sealed_records_sequence", "sealed_records", ["reference", "sequence"], unique=True)
    op.create_table(
        "audit_log",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("entry", TEXT, nullable=False),
        sa.Column("mac", ID, nullable=False),
    )
    op.create_table(
        "staff",
        sa.Column("person", ID, primary_key=True),
        sa.Column("sealed", SEALED, nullable=False),
    )


def downgrade() -> None:
    """Removes the tables and all that is in them."""
    for table in ("staff", "audit_log", "sealed_records", "orders"):
        op.drop_table(table)
