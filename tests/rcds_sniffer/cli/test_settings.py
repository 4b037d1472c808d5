"""The settings file."""

import os
from pathlib import Path

import pytest

from tests.command import run
from tests.conftest import PCAPS

DEMO = PCAPS / "demo.pcap"
ALICE, BOB = "alice@example.org", "bob@example.com"
JSON = ("--no-db", "--format", "jsonl")


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return tmp_path / "rcds.toml"


def targets(settings: Path, text: str, *arguments: str) -> set[str]:
    settings.write_text(text)
    done = run("--config", settings, "replay", *JSON, *arguments, DEMO)
    assert done.returncode == 0, done.stderr
    return {line.split('"target":"')[1].split('"')[0] for line in done.stdout.splitlines()}


@pytest.mark.parametrize("text", ["all = true", f'target = ["{BOB}"]', 'targets-file = "nowhere"'])
def test_whom_the_command_line_names_replaces_whom_the_settings_name(settings: Path, text: str) -> None:
    assert targets(settings, text, "--target", ALICE) == {ALICE}


def test_all_on_the_command_line_replaces_a_target_of_the_settings(settings: Path) -> None:
    assert len(targets(settings, f'target = "{ALICE}"', "--all")) > 1


def test_one_target_needs_no_list(settings: Path) -> None:
    assert targets(settings, f'[replay]\ntarget = "{ALICE}"') == {ALICE}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ports = true", "ports must be a port"),
        ("ports = 1863.5", "ports must be a port"),
        ("ports = [true]", "ports must be a port"),
        ("from = 2005.5", "from must be a date"),
        ("to = true", "to must be a date"),
        ("db = 17", "db must be a string"),
        ("target = [17]", "target must be a string"),
        ('all = "yes"', "all must be true or false"),
        ("limit = true", "limit must be a whole number"),
        ('fyles = "x"', "no command has an option 'fyles'"),
        ('files = ["x"]', "files must be a string"),
        ('[completion]\nshell = "bash"', "completion has no option 'shell'"),
        ('db = "a\\u0000"', "db holds a character"),
    ],
)
def test_wrong_value_names_file_and_key(settings: Path, text: str, message: str) -> None:
    settings.write_text(text)
    done = run("--config", settings, "replay", "--target", ALICE, DEMO)
    assert done.returncode == 2
    assert f"{settings}: " in done.stderr
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_toml_dates_and_ports_are_taken(settings: Path) -> None:
    assert targets(settings, "ports = 1863\nfrom = 2005-01-01\nto = 2010-01-01T00:00:00Z\nall = true")


def test_home_in_the_name_of_the_file(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(settings.parent))
    settings.write_text('all = true\noutput = "~/out"')
    assert run("--config", "~/rcds.toml", "replay", *JSON, DEMO).returncode == 0
    assert (settings.parent / "out").read_text()


def test_broken_settings_do_not_stand_in_the_way_of_help() -> None:
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "rcds-sniffer"
    folder.mkdir()
    (folder / "config.toml").write_text("a =")
    for arguments in (["--help"], ["replay", "--help"], ["records", "--help"], ["completion", "bash"]):
        assert run(*arguments).returncode == 0
    assert run("replay", "--all", "--no-db", DEMO).returncode == 2


def test_shell_completes_names_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_RCDS_SNIFFER_COMPLETE", "bash_complete")
    for words in ("replay ", "replay --targets-file ", "replay --output ", "records --db ", "--config "):
        line = f"rcds-sniffer {words}"
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split())))
        assert run().stdout.startswith("file,"), words


def test_settings_reach_the_commands_of_a_group(settings: Path, tmp_path: Path) -> None:
    settings.write_text(f'db = "{tmp_path}/orders.sqlite"\nkey-file = "{tmp_path}/key"\n[roles]\nfiles = "x"\n')
    refused = run("--config", settings, "roles", "list")
    assert "roles has no option 'files'" in refused.stderr
    settings.write_text(f'db = "{tmp_path}/orders.sqlite"\n[orders]\nkey-file = "{tmp_path}/key"\n')
    made = run("--config", settings, "orders", "init")
    assert made.returncode == 0, made.stderr
    assert {"orders.sqlite", "key", "orders.sqlite.keys"} <= {path.name for path in tmp_path.iterdir()}
