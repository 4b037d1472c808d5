"""``audit``: the log is shown and verified, as an auditor does; exit codes and words for what was changed."""

import json
import sqlite3
from pathlib import Path

import pytest

from rcds_sniffer.register import current_person
from tests.rcds_sniffer.cli.audit_crafting import Office, needs_login_uids


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A database of orders; who runs the tests administrates and audits it."""
    office = Office(tmp_path)
    office.done("orders", "init")
    office.done("roles", "grant", current_person(), "auditor")
    return office


def change(office: Office, *statements: str) -> None:
    connection = sqlite3.connect(office.db)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_log_that_is_whole(office):
    done = office.run("audit", "verify")
    assert done.returncode == 0
    number, _, mac = done.stdout.strip().partition(":")
    assert (number, len(mac)) == ("2", 64)
    assert done.stderr == "2 entries, all as they were written\n"
    assert office.run("audit", "verify", "-q").stderr == ""


def test_log_goes_on_behind_a_head_that_was_noted(office):
    head = office.done("audit", "verify").strip()
    office.done("roles", "grant", "daemon", "analyst")
    assert office.run("audit", "verify", "--head", head).returncode == 0


def test_log_that_is_another_than_the_one_that_was_noted(office):
    done = office.run("audit", "verify", "--head", "2:" + "0" * 64)
    assert done.returncode == 1
    assert "entry 2: is not the one that the head that you noted knows of" in done.stderr


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE audit_log SET entry = replace(entry, 'auditor', 'analyst') WHERE number = 2", "entry 2: changed"),
        ("DELETE FROM audit_log WHERE number = 2", "entry 2: missing"),
        ("DELETE FROM audit_log WHERE number >= 3", "entry 3: cut off, and all up to entry 4"),
        (
            "UPDATE audit_log SET number = 9 WHERE number = 4",
            "entry 9: moved or put in: it says that it is",
        ),
        ("DELETE FROM staff WHERE person = 'daemon'", "entry 3: the roles of daemon are not there any more"),
    ],
)
def test_what_was_changed_is_told_in_a_line_with_its_number(office, statement, words):
    office.done("roles", "grant", "daemon", "analyst")
    office.done("audit", "verify")
    change(office, statement)
    done = office.run("audit", "verify")
    assert done.returncode == 1
    assert f"rcds-sniffer: {words}" in done.stderr
    assert "Traceback" not in done.stderr


def test_log_is_shown_for_people_and_for_programs(office):
    shown = office.done("audit", "show")
    assert "init" in shown
    assert current_person() in shown
    entries = [json.loads(line) for line in office.done("audit", "show", "--format", "jsonl").splitlines()]
    assert [entry["number"] for entry in entries] == [1, 2, 3]
    assert [entry["action"] for entry in entries] == ["init", "grant", "audit"]
    (last,) = [json.loads(line) for line in office.done("audit", "show", "--since", 4, "-f", "jsonl").splitlines()]
    assert last["number"] == 4


def test_row_that_is_no_entry_is_shown_as_damaged(office):
    change(office, "UPDATE audit_log SET entry = X'ff1b5b324a' WHERE number = 2")
    shown = office.done("audit", "show")
    assert "damaged" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize("head", ["", "7", "7:abc", "x:" + "0" * 64])
def test_head_that_is_none(office, head):
    done = office.run("audit", "verify", "--head", head)
    assert done.returncode == 2
    assert "--head: a head looks like" in done.stderr


def test_log_is_for_auditors_alone(office):
    needs_login_uids()
    for command in ("show", "verify"):
        done = office.run("audit", command, uid=1)
        assert done.returncode == 2
        assert not done.stdout
    refused = office.done("audit", "show", "--format", "jsonl").splitlines()[-2:]
    assert [json.loads(line)["outcome"] for line in refused] == ["refused", "refused"]
