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


APPEND_ONLY = ("audit_log", "orders")
"""Rows are added, and none is changed or taken away: not by the program, and not by hand by mistake.

Whoever owns the database can take the triggers away as well; it is the chain of the log that shows it.
"""

REFUSE = "BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
SQLITE = (
    f"CREATE TRIGGER {{table}}_no_update BEFORE UPDATE ON {{table}} {REFUSE}",
    f"CREATE TRIGGER {{table}}_no_delete BEFORE DELETE ON {{table}} {REFUSE}",
    # INSERT OR REPLACE takes a row away without the trigger above.
    f"CREATE TRIGGER {{table}}_no_replace BEFORE INSERT ON {{table}} WHEN EXISTS {{same}} {REFUSE}",
)
POSTGRESQL = (
    "CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION rcds_sniffer_only_grows()",
)
POSTGRESQL_FUNCTION = (
    "CREATE OR REPLACE FUNCTION rcds_sniffer_only_grows() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION '% only grows', TG_TABLE_NAME; END $$"
)
MARIADB = (
    "CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW"
    " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{table} only grows'",
    "CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW"
    " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{table} only grows'",
)
TRIGGERS = {"sqlite": SQLITE, "postgresql": POSTGRESQL, "mysql": MARIADB, "mariadb": MARIADB}
SAME = {
    "audit_log": "(SELECT 1 FROM audit_log WHERE number = NEW.number)",
    "orders": "(SELECT 1 FROM orders WHERE reference = NEW.reference AND version = NEW.version)",
}
"""Which row a new one would take the place of."""


def upgrade() -> None:
    """Makes the tables, their indexes and triggers."""
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
    database = op.get_bind().dialect.name
    if database == "postgresql":
        op.execute(POSTGRESQL_FUNCTION)
    for table in APPEND_ONLY:
        for trigger in TRIGGERS[database]:
            # Words for the driver, not for SQLAlchemy, which would look for parameters in them.
            op.get_bind().exec_driver_sql(trigger.format(table=table, same=SAME[table]))


def downgrade() -> None:
    """Removes the tables, their triggers, and all that is in them."""
    for table in ("staff", "audit_log", "sealed_records", "orders"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION rcds_sniffer_only_grows()")
