"""An order's terms to vary, and an attacker's hands on the tables."""

import sqlalchemy

from rcds_sniffer.orders import Identity, Scope, Terms

DAY = 86_400 * 1_000_000_000
BEGIN = 1_795_305_600 * 1_000_000_000  # 2026-11-22T00:00:00Z


def terms(liid: str = "LI-2026-7", **changed: object) -> Terms:
    """Of an order on Alice, for a century."""
    fields: dict[str, object] = {
        "liid": liid,
        "agency": "警察局",
        "legal_reference": "AZ 7/26",
        "identities": (Identity(account="alice@example.org"),),
        "valid_from": BEGIN,
        "valid_to": BEGIN + 36_500 * DAY,
        "scope": Scope.IRI_CC,
    }
    return Terms(**{**fields, **changed})


def disarm(connection: sqlalchemy.Connection) -> None:
    """Takes the triggers away, as who owns a database can."""
    match connection.dialect.name:
        case "postgresql":
            for table in ("audit_log", "orders"):
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        case "sqlite":
            found = (
                connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
            )
            for name in found:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        case _:
            found = connection.exec_driver_sql("SHOW TRIGGERS").scalars().all()
            for name in found:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
