"""What the store knows of a target, asked as a user does."""

import json
import os
from pathlib import Path

import pytest

from tests.command import run
from tests.conftest import PCAPS

ALICE, BOB, CAROL = "alice@example.org", "bob@example.com", "carol@example.net"


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "records.sqlite"
    done = run("replay", "-q", "--all", "--db", path, "--format", "none", PCAPS / "demo.pcap")
    assert done.returncode == 0, done.stderr
    return path


def ask(db: Path, *arguments: object) -> dict:  # type: ignore[type-arg]
    done = run("profile", "--db", db, "--format", "json", *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    out: dict = json.loads(done.stdout)  # type: ignore[type-arg]
    return out


def test_demo_tells_alice(db: Path) -> None:
    person = ask(db, "alice@example.org")
    assert person["account"] == ALICE
    assert [name["name"] for name in person["names"]] == ["Alice", "Alice ✈ Saturday!"]
    assert person["clients"][0]["client_version"] == "8.5.1302"
    assert person["addresses"][0]["address"] == "192.0.2.11"
    assert [status["status"] for status in person["statuses"]] == ["NLN", "AWY"]
    assert {other["account"] for other in person["correspondents"]} == {BOB, CAROL}
    assert {BOB, CAROL} <= {contact["account"] for contact in person["contacts"]}
    assert person["sessions"][0]["login"] is True
    assert person["names"][1]["source"]["packet"] > person["names"][0]["source"]["packet"] > 0


def test_spelling_does_not_matter(db: Path) -> None:
    assert ask(db, "  Alice@EXAMPLE.org ") == ask(db, ALICE)


def test_period(db: Path) -> None:
    person = ask(db, ALICE, "--from", "2009-05-10T20:02:00Z", "--to", "2009-05-10T20:02:40Z")
    assert person["first"] >= "2009-05-10T20:02:00"
    assert person["last"] < "2009-05-10T20:02:40"


def test_tables(db: Path) -> None:
    done = run("profile", "--db", db, ALICE)
    assert done.returncode == 0
    assert done.stdout.startswith("alice@example.org  Alice ✈ Saturday!\n")
    for title in ("Display names", "Clients and systems", "Addresses", "Sessions", "Most frequent correspondents"):
        assert f"\n{title}\n" in done.stdout
    assert not done.stderr


def test_output_to_a_file_of_its_own(db: Path, tmp_path: Path) -> None:
    path = tmp_path / "alice.json"
    assert run("profile", "--db", db, "--format", "json", "--output", path, ALICE).stdout == ""
    assert json.loads(path.read_text())["account"] == ALICE
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nobody@example.org"], "this account is no target here"),
        ([ALICE, "--from", "2020-01-01"], "nothing of this account falls into this period"),
        ([ALICE, "--from", "2020-01-01", "--to", "2019-01-01"], "--from is not before --to"),
        (["*@example.org"], "ACCOUNT: one account at a time"),
        (["alice"], "ACCOUNT: an account looks like"),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], message: str, db: Path) -> None:
    done = run("profile", "--db", db, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not done.stdout
    assert "nobody" not in done.stderr


def test_database_that_is_not_there_is_named_and_not_made(tmp_path: Path) -> None:
    path = tmp_path / "none.sqlite"
    done = run("profile", "--db", path, ALICE)
    assert done.returncode == 2
    assert str(path) in done.stderr
    assert not path.exists()


def test_database_is_not_written_over(db: Path) -> None:
    before = db.read_bytes()
    done = run("profile", "--db", db, "--output", db, ALICE)
    assert done.returncode == 2
    assert "is also read here" in done.stderr
    assert db.read_bytes() == before


def test_full_disk_is_told(db: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    done = run("profile", "--db", db, "--output", "/dev/full", ALICE)
    assert done.returncode == 1
    assert "cannot be written" in done.stderr


def test_hostile_names_reach_no_terminal(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    run("replay", "-q", "--all", "--db", path, "--format", "none", PCAPS / "hostile-names.pcap")
    records = run("records", "--db", path, "--format", "jsonl").stdout
    targets = {json.loads(line)["target"] for line in records.split("\n") if line} - {None}
    assert targets
    for target in targets:
        for form in ("table", "json"):
            done = run("profile", "--db", path, "--format", form, target)
            assert done.returncode == 0, done.stderr
            assert "\x1b" not in done.stdout
            assert "\u202e" not in done.stdout


def test_json_needs_neither_tables_nor_an_engine(db: Path, tmp_path: Path) -> None:
    from tests.rcds_sniffer.cli.test_start import CAPTURE, ENGINE, METRICS, SCREEN, imported  # noqa: PLC0415

    found = imported("profile", "--db", db, "--format", "json", ALICE, home=tmp_path)
    assert not found & (SCREEN | METRICS | CAPTURE | ENGINE | {"alembic"})
