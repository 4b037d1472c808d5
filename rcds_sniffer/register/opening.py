"""Opening a database of orders, and telling whether a database is one.

It is one once its log has an entry; no key is needed to see that. Even who only looks writes on the log, so a
database of orders is always opened for writing.
"""

import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import inspect, select

from rcds_sniffer.register.audit import PURPOSE
from rcds_sniffer.register.errors import RegisterError
from rcds_sniffer.register.head import HeadFile
from rcds_sniffer.register.person import current_person
from rcds_sniffer.register.register import Register
from rcds_sniffer.register.session import Session
from rcds_sniffer.secrecy.keyring import Keyring
from rcds_sniffer.secrecy.keys import MasterKey
from rcds_sniffer.secrecy.permissions import check_private
from rcds_sniffer.store.database import files_of, open_database
from rcds_sniffer.store.errors import explained
from rcds_sniffer.store.schema import audit_log


def is_database_of_orders(db: str) -> bool:
    """True where ``db``, a path or URL, is one; False where it is another database of ours, or none yet.

    Raises:
        StoreError: it cannot be looked at, or is somebody else's.
    """
    files = files_of(db)
    if files and not (files[0].exists() and files[0].stat().st_size):
        return False
    engine, where = open_database(db, create=False, empty=True)
    try:
        with explained(where), engine.connect() as connection:
            if not inspect(connection).has_table(audit_log.name):
                return False
            return connection.execute(select(audit_log.c.number).limit(1)).first() is not None
    finally:
        engine.dispose()


def open_register(
    db: str,
    master: MasterKey,
    keyring_folder: Path,
    *,
    create: bool = False,
    person: str | None = None,
    clock: Callable[[], int] = time.time_ns,
) -> Register:
    """The register in the database ``db``, a path or URL, with its orders' keys in ``keyring_folder``.

    Args:
        db: path or URL.
        master: its master key.
        keyring_folder: made where it is missing, and ``create``.
        create: it may be no database of orders yet; :meth:`Register.init` makes it one.
        person: who asks; None: :func:`current_person`. Only tests say somebody else.
        clock: of the log, nanoseconds since 1970 UTC.

    Raises:
        RegisterError: it is no database of orders, or one of another master key.
        SecrecyError: others may read what they must not.
        StoreError: the database cannot be opened.
    """
    if not create and not is_database_of_orders(db):
        raise RegisterError(f"{_named(db)}: is no database of orders; 'rcds-sniffer orders init' makes one")
    for path in files_of(db):
        if path.exists():
            check_private(path, "the database")
    keyring = Keyring(keyring_folder, master, create=create)
    head = HeadFile(keyring_folder)
    engine, where = open_database(db, create=True, durable=True)
    try:
        session = Session(engine, where, master.derive(PURPOSE), person or current_person(), head, clock)
        session.refuse_another_key()
    except BaseException:
        engine.dispose()
        raise
    return Register(session, master, keyring, head)


def _named(db: str) -> str:
    """``db`` for a message: no password in it."""
    return db if "://" not in db else db.partition("://")[0] + " database"
