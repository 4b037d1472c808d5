"""The schema that the migrations make is the schema that the program expects, also from an installed wheel."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from rcds_sniffer.store import StoreError, open_store
from rcds_sniffer.store.database import open_database
from rcds_sniffer.store.migrate import configuration
from rcds_sniffer.store.schema import REVISIONS, VERSION_TABLE, metadata

from .store_crafting import make_record


def test_known_revisions_are_those_of_the_scripts():
    scripts = ScriptDirectory.from_config(configuration())
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == REVISIONS


def test_migrated_schema_is_the_programs(url):
    with open_store(url, create=True) as store, store._engine.connect() as connection:
        options = {"compare_type": True, "version_table": VERSION_TABLE}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    # Alembic does not ask an index which databases it is for.
    elsewhere = "target_time" if url.startswith("postgresql") else "target"
    assert [(kind, thing.name) for kind, thing in differences] == [
        ("add_index", f"ix_communication_records_{elsewhere}")
    ]


def test_opening_what_is_up_to_date_loads_no_alembic(tmp_path):
    open_store(str(tmp_path / "a.db"), create=True).close()
    program = (
        "import sys\n"
        "from rcds_sniffer.store import open_store\n"
        "open_store(sys.argv[1], create=True).close()\n"
        "open_store(sys.argv[1], create=False).close()\n"
        "sys.exit('alembic' in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "a.db")], check=True)


def test_processes_that_start_together_make_one_database(tmp_path):
    program = (
        "import sys\nfrom rcds_sniffer.store import open_store\nopen_store(sys.argv[1], create=True).close()\n"
    )
    path = str(tmp_path / "a.db")
    running = [subprocess.Popen([sys.executable, "-c", program, path]) for _ in range(4)]
    assert [process.wait() for process in running] == [0, 0, 0, 0]


def at_revision(path: Path, revision: str) -> str:
    """A database as the program of then made it, with a record; its path."""
    engine, _ = open_database(str(path), create=True)
    with engine.connect().execution_options(rcds_write=True) as connection, connection.begin():
        script = configuration()
        script.attributes["connection"] = connection
        command.downgrade(script, revision)
    engine.dispose()
    assert revision_of(path) == revision
    return str(path)


def revision_of(path: Path) -> str:
    engine, _ = open_database(str(path), create=False)
    try:
        with engine.connect() as connection:
            question = f"SELECT version_num FROM {VERSION_TABLE}"  # noqa: S608 - ours
            return connection.exec_driver_sql(question).scalar_one()
    finally:
        engine.dispose()


def test_older_schema_is_read_without_an_upgrade(tmp_path):
    record = make_record()
    with open_store(str(tmp_path / "a.db"), create=True) as store:
        store.add([record])
    path = at_revision(tmp_path / "a.db", "0001")
    before = (tmp_path / "a.db").read_bytes()
    with open_store(path, create=False) as store:
        assert [found.record_id for found in store.query()] == [record.record_id]
        assert store.targets()[0].target == record.target
    assert (tmp_path / "a.db").read_bytes() == before
    assert revision_of(tmp_path / "a.db") == "0001"


def test_older_schema_is_upgraded_where_it_is_opened_for_writing(tmp_path):
    record = make_record()
    with open_store(str(tmp_path / "a.db"), create=True) as store:
        store.add([record])
    path = at_revision(tmp_path / "a.db", "0001")
    with open_store(path, create=True) as store:
        assert store.count() == 1
        store.add([make_record()])
    assert revision_of(tmp_path / "a.db") == REVISIONS[-1]
    with open_store(path, create=False) as store:
        assert store.count() == 2


def test_newer_schema_is_neither_read_nor_written(tmp_path):
    path = str(tmp_path / "a.db")
    open_store(path, create=True).close()
    engine, _ = open_database(path, create=True)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")  # noqa: S608 - ours
    engine.dispose()
    for create in (True, False):
        with pytest.raises(StoreError, match="made by a newer version"):
            open_store(path, create=create)


def test_migrations_go_back_and_forth(url):
    engine, _ = open_database(url, create=True)
    with engine.connect().execution_options(rcds_write=True) as connection, connection.begin():
        script = configuration()
        script.attributes["connection"] = connection
        command.downgrade(script, "0001")
        command.upgrade(script, "head")
    engine.dispose()
    open_store(url, create=True).close()
