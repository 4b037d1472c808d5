"""One error family: takes what a database driver raised, gives one line that a person can act on.

Drivers say the same thing in many ways and put the row that failed into their message. A row is evidence
about people, so only the first line of the driver's own message is ever shown, never SQL or parameters.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

BUSY_SECONDS = 10.0
"""How long a writer waits for another writer of the same SQLite file before it gives up."""

SAFE_SO_FAR = "what was stored before is safe, and storing a capture again stores nothing twice"


class StoreError(Exception):
    """The database cannot do what was asked; the message says why and what mends it."""


_MEANINGS = (
    # what the driver's message holds (lower case), what it means
    ("database is locked", "another program is writing to it and does not finish; wait for that program to end, or "
                           f"store elsewhere ({SAFE_SO_FAR})"),
    ("readonly database", "this user may not write it; give the right to write the file and its folder"),
    ("read-only transaction", "this server or user only allows reading; use another server or user"),
    ("is full", f"no room is left; make room ({SAFE_SO_FAR})"),
    ("no space left", f"no room is left; make room ({SAFE_SO_FAR})"),
    ("disk i/o error", f"the disk failed to read or write; check the disk and its free room ({SAFE_SO_FAR})"),
    ("not a database", "this is no SQLite database, or it is encrypted; name another file"),
    ("malformed", "the file is damaged; restore a copy, or try 'sqlite3 FILE .recover'"),
    ("unable to open database file", "this user may not open it; SQLite needs the right to its folder too"),
    ("connection refused", "no database server answers there; start it, or correct host and port"),
    ("connection timed out", "no database server answers there; correct host and port"),
    ("authentication failed", "the server does not accept this user and password"),
    ("access denied", "the server does not accept this user and password, or not for this database"),
    ("permission denied", "this database user lacks a right; grant it"),
    ("unknown database", "the server has no such database; create it first"),
    ("does not exist", "the server has no such database, user or table; create it first"),
    ("server closed the connection", f"the connection to the server broke; start again ({SAFE_SO_FAR})"),
    ("terminating connection", f"the server ended the connection; start again ({SAFE_SO_FAR})"),
)  # fmt: skip


_OF_THE_SYSTEM = {
    errno.EACCES: "this user may not open or make this file; give the right to it and its folder, or name another",
    errno.EPERM: "this user may not open or make this file; give the right to it and its folder, or name another",
    errno.EROFS: "the disk that it is on can only be read; name a file elsewhere",
    errno.ENAMETOOLONG: "this name is too long; name another file",
}
"""What it means where the file system refuses, not a database."""


def explain(error: BaseException, where: str) -> StoreError:
    """A :class:`StoreError` from ``error``, about the database ``where`` (path, or URL without password)."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    said = next(iter(str(cause).strip().splitlines()), "") or type(cause).__name__
    if isinstance(cause, OSError) and cause.errno in _OF_THE_SYSTEM:
        return StoreError(f"{where}: {_OF_THE_SYSTEM[cause.errno]} [{cause.strerror}]")
    lower = str(cause).lower()
    for needle, meaning in _MEANINGS:
        if needle in lower:
            return StoreError(f"{where}: {meaning} [{said}]")
    return StoreError(f"{where}: the database refused [{said}]")


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Turns whatever a database or its driver raises inside into a :class:`StoreError` about ``where``."""
    try:
        yield
    except (SQLAlchemyError, OSError, UnicodeError) as error:
        raise explain(error, where) from error
