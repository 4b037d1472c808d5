"""A command imports what it needs: the heavy libraries only where they are used."""

import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "pcaps" / "demo.pcap"
DATABASE = {"sqlalchemy", "alembic", "sqlite3", "rcds_sniffer.store"}
SCREEN = {"rich"}
METRICS = {"prometheus_client", "wsgiref", "socketserver"}
CAPTURE = {"dpkt", "zstandard"}
COMMANDS = {
    f"rcds_sniffer.cli.{name}"
    for name in ("capture", "doctor", "replay", "records", "profile", "count", "completion")
}
ENGINE = {"reassembly.native", "msnp.session", "rcds_sniffer.records.recorder"}

PROGRAM = """
import sys
from rcds_sniffer.cli import cli
try:
    cli(prog_name="rcds-sniffer")
finally:
    sys.stderr.write("\\n" + " ".join(sorted(sys.modules)))
"""


def imported(*arguments: object, home: Path) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        capture_output=True, text=True, check=False, cwd=home, env={"PATH": "", "XDG_CONFIG_HOME": str(home)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(done.stderr.rsplit("\n", 1)[1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["completion", "bash"]], ids=" ".join)
def test_help_version_and_completion_import_no_part_of_the_sniffer(arguments: list[str], tmp_path: Path) -> None:
    heavy = DATABASE | SCREEN | METRICS | CAPTURE | ENGINE | COMMANDS - {"rcds_sniffer.cli.completion"}
    assert not imported(*arguments, home=tmp_path) & heavy


def test_replay_without_a_database_imports_none(tmp_path: Path) -> None:
    replay = ["replay", "-q", "--no-db", "--format", "jsonl", "--output", tmp_path / "out", "--all", DEMO]
    assert not imported(*replay, home=tmp_path) & (DATABASE | SCREEN | METRICS | CAPTURE)


def test_count_imports_what_reads_and_decodes(tmp_path: Path) -> None:
    heavy = DATABASE | SCREEN | METRICS | CAPTURE
    assert not imported("count", "-q", DEMO, home=tmp_path) & heavy


def test_questions_to_the_store_import_no_engine(tmp_path: Path) -> None:
    imported("replay", "-q", "--format", "jsonl", "--all", DEMO, home=tmp_path)
    found = imported("records", "--format", "jsonl", home=tmp_path)
    assert not found & (SCREEN | METRICS | CAPTURE | ENGINE | {"alembic"})


def test_settings_import_no_other_command(tmp_path: Path) -> None:
    (tmp_path / "rcds-sniffer").mkdir()
    (tmp_path / "rcds-sniffer" / "config.toml").write_text('ports = [1863]\n[count]\nformat = "jsonl"\n')
    found = imported("count", DEMO, home=tmp_path)
    assert found & COMMANDS == {"rcds_sniffer.cli.count"}
