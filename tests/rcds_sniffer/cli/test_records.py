"""Questions to the store."""

import json
from pathlib import Path

import pytest

from tests.command import run
from tests.conftest import PCAPS

ALICE, BOB, CAROL = "alice@example.org", "bob@example.com", "carol@example.net"


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "records.sqlite"
    done = run("replay", "-q", "--all", "--db", path, "--format", "jsonl", PCAPS / "demo.pcap")
    assert done.returncode == 0, done.stderr
    return path


def ask(db: Path, *arguments: str) -> list[dict]:  # type: ignore[type-arg]
    done = run("records", "--db", db, "--format", "jsonl", *arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def test_by_target(db: Path) -> None:
    found = ask(db, "--target", ALICE.upper())
    assert {record["target"] for record in found} == {ALICE}
    assert [record["time"] for record in found] == sorted(record["time"] for record in found)


def test_by_contact(db: Path) -> None:
    found = ask(db, "--target", ALICE, "--contact", CAROL)
    assert found
    assert all(CAROL in (record["sender"], *record["recipients"]) for record in found)


def test_by_text_in_any_case(db: Path) -> None:
    assert {record["text"] for record in ask(db, "--text", "SATURDAY", "--event", "message")} >= {
        "shall we ask Carol along on Saturday?"
    }


def test_by_event_and_limit(db: Path) -> None:
    assert [record["event"] for record in ask(db, "--event", "nudge", "--limit", "1")] == ["nudge"]


def test_by_conversation_and_time(db: Path) -> None:
    first = ask(db, "--target", ALICE, "--event", "session-start")[0]
    found = ask(db, "--conversation", first["conversation_id"], "--target", ALICE, "--to", first["time"][:10])
    assert {record["conversation_id"] for record in found} == {first["conversation_id"]}
    assert len(found) > 20


def test_missing_database_is_named_and_not_made(tmp_path: Path) -> None:
    path = tmp_path / "none.sqlite"
    done = run("records", "--db", path)
    assert done.returncode == 2
    assert str(path) in done.stderr
    assert not path.exists()


def test_table_escapes_what_a_terminal_would_obey(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    run("replay", "-q", "--all", "--db", path, PCAPS / "hostile-names.pcap")
    for form in ("table", "chat", "csv"):
        shown = run("records", "--db", path, "--format", form).stdout
        assert "\x1b" not in shown
        assert "\u202e" not in shown
