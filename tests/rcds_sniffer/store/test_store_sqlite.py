"""The default database: one SQLite file, which may be missing, foreign, busy, full or somebody else's."""

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rcds_sniffer.store import StoreError, open_store
from rcds_sniffer.store import database as database_module


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is to be."""
    return tmp_path / "records.db"


@pytest.fixture
def filled(path: Path, record) -> Path:
    """A closed database with one record."""
    with open_store(str(path), create=True) as store:
        store.add([record(record_id="first")])
    return path


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_files_are_for_their_owner_alone(path, record, umask):
    before = os.umask(umask)
    try:
        with open_store(str(path), create=True) as store:
            store.add([record()])
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(["records.db", "records.db-wal", "records.db-shm"], 0o600)


def test_url_and_path_name_the_same_file(filled):
    with open_store(f"sqlite:///{filled}", create=False) as store:
        assert store.count() == 1


@pytest.mark.parametrize("name", ["100% sure?.db", "a#b&mode=memory.db", "数据 库.db"])
def test_any_file_name_will_do(tmp_path, record, name):
    with open_store(str(tmp_path / name), create=True) as store:
        store.add([record()])
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_relative_path(tmp_path, monkeypatch, record):
    monkeypatch.chdir(tmp_path)
    with open_store("records.db", create=True) as store:
        assert store.add([record()]) == 1
    assert (tmp_path / "records.db").exists()


def test_it_runs_in_wal_mode(filled):
    connection = sqlite3.connect(filled)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_reading_creates_and_changes_nothing(filled):
    before = filled.read_bytes(), filled.stat().st_mtime_ns
    with open_store(str(filled), create=False) as store:
        assert store.count() == 1
        assert len(list(store.query())) == 1
    assert (filled.read_bytes(), filled.stat().st_mtime_ns) == before
    assert [file.name for file in filled.parent.iterdir()] == ["records.db"]


def test_who_opens_for_reading_cannot_write(filled, record):
    with open_store(str(filled), create=False) as store, pytest.raises(StoreError, match="may not write"):
        store.add([record()])


def test_a_medium_that_cannot_be_written_can_be_read(filled, monkeypatch):
    monkeypatch.setattr(database_module.os, "access", lambda _path, _mode: False)
    with open_store(str(filled), create=False) as store:
        assert store.count() == 1
    assert [file.name for file in filled.parent.iterdir()] == ["records.db"]


READER = """
import sys
from rcds_sniffer.store import open_store
with open_store(sys.argv[1], create=False) as store:
    print(store.count())
"""


def test_another_process_reads_while_one_writes(path, record):
    with open_store(str(path), create=True) as store:
        for batch in range(1, 4):
            store.add([record() for _ in range(100)])
            seen = subprocess.run(
                [sys.executable, "-c", READER, str(path)], capture_output=True, text=True, check=True
            )
            assert seen.stdout == f"{batch * 100}\n"


def test_a_reader_in_mid_query_does_not_stop_the_writer(filled, record):
    with open_store(str(filled), create=True) as writer, open_store(str(filled), create=False) as reader:
        writer.add([record() for _ in range(5_000)])
        found = reader.query()
        next(found)
        assert writer.add([record()]) == 1
        assert sum(1 for _ in found) == 5_000  # as it was when the query began


def test_what_a_killed_program_stored_is_there(path):
    writer = (
        "import os, sys\n"
        "sys.path.insert(0, sys.argv[2])\n"
        "from rcds_sniffer.store import open_store\n"
        "from store_crafting import make_record\n"
        "store = open_store(sys.argv[1], create=True)\n"
        "store.add([make_record() for _ in range(50)])\n"
        "os._exit(1)\n"
    )
    here = str(Path(__file__).parent)
    subprocess.run([sys.executable, "-c", writer, str(path), here], check=False)
    assert Path(f"{path}-wal").exists()
    with open_store(str(path), create=False) as store:
        assert store.count() == 50
    with open_store(str(path), create=True) as store:
        assert store.count() == 50


# --- what can be wrong --------------------------------------------------------------------------------------


def refused(path: Path | str, *, create: bool) -> str:
    with pytest.raises(StoreError) as raised:
        open_store(str(path), create=create)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_missing_database_is_not_made_by_reading(path):
    assert "no such database" in refused(path, create=False)
    assert not path.exists()


def test_missing_folder_is_named(tmp_path):
    assert f"folder {tmp_path / 'no'} does not exist" in refused(tmp_path / "no" / "records.db", create=True)


def test_a_folder_is_no_database(tmp_path):
    assert "folder" in refused(tmp_path, create=True)


@pytest.mark.parametrize("create", [True, False])
def test_a_file_that_is_no_database_is_left_alone(path, create):
    path.write_bytes(b"\xd4\xc3\xb2\xa1 a capture")
    assert "no SQLite database" in refused(path, create=create)
    assert path.read_bytes() == b"\xd4\xc3\xb2\xa1 a capture"


@pytest.mark.parametrize("create", [True, False])
def test_somebody_elses_database_is_left_alone(path, create):
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE bookmarks (url TEXT)")
    other.close()
    before = path.read_bytes()
    assert "another program" in refused(path, create=create)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["records.db"]


def test_an_empty_file_is_filled_by_writing_only(path, record):
    path.touch()
    assert "empty" in refused(path, create=False)
    with open_store(str(path), create=True) as store:
        assert store.add([record()]) == 1


def test_a_truncated_database_is_called_damaged(filled):
    filled.write_bytes(filled.read_bytes()[:5_000])
    assert "damaged" in refused(filled, create=True)


@pytest.mark.parametrize("create", [True, False])
def test_a_newer_database_asks_for_a_newer_program(filled, create):
    connection = sqlite3.connect(filled)
    connection.execute("UPDATE rcds_sniffer_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    assert "newer version (schema 9999); update the program" in refused(filled, create=create)


def test_a_busy_database_says_so(filled, record, monkeypatch):
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.05)
    other = sqlite3.connect(filled, isolation_level=None)
    with open_store(str(filled), create=True) as store:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program is writing to it"):
            store.add([record()])
        other.execute("ROLLBACK")
        assert store.add([record()]) == 1
    other.close()


def test_a_full_disk_says_so_and_loses_nothing_stored(filled, record):
    with open_store(str(filled), create=True) as store:
        with store._engine.connect() as connection:  # the pool hands the same connection out again
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 5}")
        with pytest.raises(StoreError, match="no room is left; make room") as raised:
            store.add([record(text="x" * 1_000) for _ in range(1_000)])
        assert "stored before is safe" in str(raised.value)
        assert store.count() == 1


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?uri=true"])
def test_sqlite_without_a_file_is_refused(url):
    assert "path of a file" in refused(url, create=True)


def test_a_url_that_is_none_is_refused():
    assert "has the form" in refused("://x", create=True)


def test_an_unknown_kind_of_database_is_refused():
    assert "no driver" in refused("nosuch://user:secret@host/db", create=True)


def test_no_password_in_a_message():
    assert "secret" not in refused("postgresql://user:secret@127.0.0.1:1/db?connect_timeout=2", create=True)
