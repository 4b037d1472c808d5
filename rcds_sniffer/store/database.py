"""Opening a database: takes a path or URL, gives an SQLAlchemy engine on a schema that this program knows.

SQLite is the default: no server, one file. It runs in WAL mode, so that somebody may query while a capture is
being written, with synchronous=NORMAL: a power cut may lose the last batches, never the database.

Opening for reading creates and changes nothing, also not the ``-wal`` and ``-shm`` files that a read-only
SQLite connection would leave behind. Opening for writing looks first (read-only) whether the file is ours, so
that a wrong path never alters somebody else's database. The file is made for its owner alone (mode 0600;
SQLite gives its companions the same).
"""

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from rcds_sniffer.store.errors import BUSY_SECONDS, StoreError, explain, explained
from rcds_sniffer.store.filter import CONTAINS, contains
from rcds_sniffer.store.schema import REVISIONS, TABLE, VERSION_TABLE

_DRIVERS = {
    # URL scheme without a driver: the driver that is tested, and the extra that installs it
    "postgresql": ("postgresql+psycopg", "postgres"),
    "postgres": ("postgresql+psycopg", "postgres"),
    "mysql": ("mysql+pymysql", "mariadb"),
    "mariadb": ("mariadb+pymysql", "mariadb"),
}

_PATIENCE: dict[str, dict[str, int]] = {
    "postgresql+psycopg": {"connect_timeout": 10, "keepalives_idle": 10, "tcp_user_timeout": 30_000},  # s, s, ms
    "mysql+pymysql": {"connect_timeout": 10, "read_timeout": 60, "write_timeout": 60},  # s
    "mariadb+pymysql": {"connect_timeout": 10, "read_timeout": 60, "write_timeout": 60},  # s
}
"""By driver: how long a server may be silent before it counts as away. A live capture must not hang on it."""

READABLE = ("0001",)
"""Older schemas whose table of records is today's: who only reads records needs no upgrade."""

_MAGIC = b"SQLite format 3\0"
_CACHE_KIB = 32 * 1024
"""Record ids are random, so inserts touch index pages all over: a cache of 32 MiB holds those of a million."""


def files_of(url_or_path: str) -> list[Path]:
    """The files that make up an SQLite database, whether they exist or not; of a database server none."""
    if "://" in url_or_path:
        try:
            url = make_url(url_or_path)
        except ArgumentError:
            return []
        if url.get_backend_name() != "sqlite" or not url.database:
            return []
        url_or_path = url.database
    return [Path(url_or_path + suffix) for suffix in ("", "-wal", "-shm", "-journal")] if url_or_path else []


def open_database(
    url_or_path: str, *, create: bool, durable: bool = False, empty: bool = False
) -> tuple[Engine, str]:
    """An engine on a database, and its name for messages (no password in it).

    Args:
        url_or_path: of the database.
        create: open for writing: make what is missing, bring an older schema up to date. Without it the schema may
            be one of :data:`READABLE`, and nothing is changed.
        durable: what was committed stays so when the power fails a moment later; a commit then waits for the disk.
        empty: it may be without any schema of ours, where it is opened for reading.

    Raises:
        StoreError: it cannot be opened, or is not ours.
    """
    if not url_or_path or "\0" in url_or_path:
        raise StoreError("a database needs a name: a file, or a URL such as postgresql://user@host/name")
    if "://" not in url_or_path:
        return _open_sqlite(Path(url_or_path), create=create, durable=durable, empty=empty), url_or_path
    try:
        url = make_url(url_or_path)
    except ArgumentError:
        raise StoreError("a database URL has the form postgresql://user@host/name") from None
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
            raise StoreError("an SQLite database needs the path of a file, as in sqlite:///records.db")
        return _open_sqlite(Path(url.database), create=create, durable=durable, empty=empty), url.database
    where = url.render_as_string(hide_password=True)
    return _open_server(url, where, create=create, empty=empty), where


def _open_server(url: URL, where: str, *, create: bool, empty: bool) -> Engine:
    driver, extra = _DRIVERS.get(url.drivername, (url.drivername, url.get_backend_name()))
    url = url.set(drivername=driver)
    if url.get_backend_name() in ("mysql", "mariadb"):
        url = url.update_query_dict({"charset": "utf8mb4"})  # its "utf8" holds no emoji
    try:
        patience = _PATIENCE.get(url.drivername, {})
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=patience)
    except (NoSuchModuleError, ModuleNotFoundError):
        hint = f"; pip install '.[{extra}]'" if url.get_backend_name() in _DRIVERS else ""
        raise StoreError(f"{where}: no driver for this kind of database is installed{hint}") from None
    try:
        with explained(where):
            _bring_up_to_date(engine, where, create=create, empty=empty)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _open_sqlite(path: Path, *, create: bool, durable: bool, empty: bool) -> Engine:
    where = str(path)
    with explained(where):
        _check_file(path, create=create)
        reader = _sqlite_engine(path, write=False)
        try:
            if path.exists() and path.stat().st_size:
                with reader.connect() as connection:
                    _refuse_foreign(connection, where)
            if not create:
                _bring_up_to_date(reader, where, create=False, empty=empty)
                return reader
        except BaseException:
            reader.dispose()
            raise
        reader.dispose()
        if not path.exists():
            # Exclusive, so that the mode is ours and no link that somebody put there is followed.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        engine = _sqlite_engine(path, write=True, durable=durable)
        try:
            _bring_up_to_date(engine, where, create=True)
        except BaseException:
            engine.dispose()
            raise
    return engine


def _check_file(path: Path, *, create: bool) -> None:
    """What SQLite would say in fewer words, or not at all."""
    if path.is_dir():
        raise StoreError(f"{path}: this is a folder; name a file in it, as in {path / 'records.db'}")
    if not path.exists():
        if not create:
            raise StoreError(f"{path}: there is no such database; 'replay' makes one")
        if not path.parent.is_dir():
            raise StoreError(f"{path}: the folder {path.parent} does not exist; make it first")
        return
    try:
        head = _head(path)
    except OSError as error:
        raise explain(error, str(path)) from None
    if head != _MAGIC and (head or not create):
        what = "this is no SQLite database" if head else "the file is empty"
        raise StoreError(f"{path}: {what}; name another file")


_looked_at: dict[tuple[int, int], int] = {}
"""By device and inode: a descriptor that stays open. To close one that stands for a file ends all locks that this
process has on it (POSIX), also SQLite's of a database that it has open already."""


def _head(path: Path) -> bytes:
    """The first octets of a file, which may be a database that is open. Raises OSError."""
    status = os.stat(path)
    known = _looked_at.get((status.st_dev, status.st_ino))
    if known is None:
        known = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        status = os.fstat(known)
        _looked_at[status.st_dev, status.st_ino] = known
    return os.pread(known, len(_MAGIC), 0)


def let_go() -> None:
    """Close what was looked at; for a process that has no database open, and will open none."""
    while _looked_at:
        os.close(_looked_at.popitem()[1])


def _sqlite_engine(path: Path, *, write: bool, durable: bool = False) -> Engine:
    def connect() -> sqlite3.Connection:
        options = "mode=rw" if write else _reading(path)
        connection = sqlite3.connect(
            f"file:{quote(os.fsencode(path.absolute()))}?{options}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,  # transactions begin where SQLAlchemy says, also around DDL
            check_same_thread=False,  # the pool hands a connection to one thread at a time
        )
        connection.execute("PRAGMA trusted_schema=OFF")  # the file may come from anybody
        connection.create_function(CONTAINS, 2, contains, deterministic=True)
        if write:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        else:
            connection.execute("PRAGMA query_only=ON")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes the lock at once: one that begins as a reader cannot wait for it.
        write = connection.get_execution_options().get("rcds_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _reading(path: Path) -> str:
    """How to open for reading so that nothing is left behind.

    A read-only connection makes ``-wal`` and ``-shm`` where there are none and cannot remove them; a
    connection that may write removes them again, but folds in a ``-wal`` that a crashed program left. On a
    medium that cannot be written, and where nobody has the file open, the file is taken as it is.
    """
    if Path(f"{path}-wal").exists():
        return "mode=ro"
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        return "mode=rw"
    return "mode=ro&immutable=1"


def _refuse_foreign(connection: Connection, where: str) -> None:
    names = set(inspect(connection).get_table_names())
    if names and VERSION_TABLE not in names:
        raise StoreError(f"{where}: this SQLite database belongs to another program; name another file")


def _bring_up_to_date(engine: Engine, where: str, *, create: bool, empty: bool = False) -> None:
    """Checks the schema's version, cheaply; loads Alembic only if there is something to do."""
    with engine.connect() as connection:
        revision = _revision(connection, where)
    if revision == REVISIONS[-1]:
        return
    if revision is not None and revision not in REVISIONS:
        raise StoreError(f"{where}: made by a newer version (schema {revision}); update the program")
    if not create:
        if revision in READABLE or (revision is None and empty):
            return
        if revision is None:
            raise StoreError(f"{where}: this database holds no records; 'replay' stores them")
        raise StoreError(f"{where}: made by an older version (schema {revision}); 'replay' updates it")
    from rcds_sniffer.store.migrate import upgrade  # noqa: PLC0415  Alembic costs a tenth of a second to import

    with engine.connect().execution_options(rcds_write=True) as connection, connection.begin():
        if _revision(connection, where) != REVISIONS[-1]:  # another process may have been quicker
            upgrade(connection)


def _revision(connection: Connection, where: str) -> str | None:
    tables = inspect(connection)
    if not tables.has_table(VERSION_TABLE):
        if tables.has_table(TABLE):
            raise StoreError(f"{where}: its table {TABLE} is not ours; use another database")
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608  ours
    return None if found is None else str(found)
