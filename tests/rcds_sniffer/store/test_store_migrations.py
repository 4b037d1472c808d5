"""The schema that the migrations make is the schema that the program expects, also from an installed wheel."""

import subprocess
import sys

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from rcds_sniffer.store import open_store
from rcds_sniffer.store.migrate import configuration
from rcds_sniffer.store.schema import REVISIONS, VERSION_TABLE, metadata


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
