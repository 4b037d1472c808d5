"""``roles``: given, taken and shown, as a user does; persons are those who logged in."""

import json
from pathlib import Path

import pytest

from rcds_sniffer.register import ROLES, current_person
from tests.command import run
from tests.rcds_sniffer.cli.audit_crafting import Office, name_of, needs_login_uids


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A database of orders; who runs the tests administrates it."""
    office = Office(tmp_path)
    office.done("orders", "init")
    return office


def listed(office: Office) -> dict[str, list[str]]:
    return json.loads(office.done("roles", "list", "--format", "json"))


def test_roles_are_given_taken_and_shown(office):
    me = current_person()
    done = office.run("roles", "grant", "daemon", "requester")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "daemon: requester\n")
    office.done("roles", "grant", "daemon", "auditor")
    assert listed(office) == {me: ["administrator"], "daemon": ["auditor", "requester"]}
    assert "auditor, requester" in office.done("roles", "list")
    assert office.run("roles", "withdraw", "daemon", "requester").stderr == "daemon: auditor\n"
    assert office.run("roles", "withdraw", "daemon", "auditor").stderr == "daemon: no role\n"
    assert listed(office) == {me: ["administrator"]}


def test_quiet_says_nothing(office):
    done = office.run("roles", "grant", "daemon", "requester", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_name_that_is_no_user_of_this_machine_is_pointed_out(office):
    done = office.run("roles", "grant", "no-such-user", "analyst")
    assert done.returncode == 0
    assert "is no user of this machine" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("grant", "daemon", "king"), "'king' is not one of"),
        (("grant", "a b", "analyst"), "a person is named as the system names its user"),
        (("withdraw", "daemon", "analyst"), "daemon is no analyst"),
        (("withdraw", current_person(), "administrator"), "is the last administrator"),
    ],
)
def test_mistakes(office, arguments, words):
    done = office.run("roles", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_who_logged_in_counts_although_the_process_is_roots(office):
    needs_login_uids()
    office.done("roles", "grant", name_of(1), "auditor")
    done = office.run("roles", "grant", name_of(2), "analyst", uid=1)
    assert done.returncode == 2
    assert done.stderr.startswith(f"rcds-sniffer: {name_of(1)} may not give somebody a role: that takes the role")
    assert name_of(2) not in listed(office)
    entries = map(json.loads, office.done("audit", "show", "--format", "jsonl", uid=1).splitlines())
    refused = [(entry["person"], entry["action"]) for entry in entries if entry["outcome"] == "refused"]
    assert refused == [(name_of(1), "grant")]


def test_nobody_without_a_role_sees_who_has_one(office):
    needs_login_uids()
    assert office.run("roles", "list", uid=3).returncode == 2


def test_help_tells_every_role():
    said = run("roles", "--help").stdout
    assert all(f"\n  {role} " in said for role in ROLES)


def test_database_that_is_none_of_orders(tmp_path):
    key = tmp_path / "key"
    other = Office(tmp_path)
    other.done("orders", "init")
    done = run("roles", "list", "--db", tmp_path / "none.db", "--key-file", key)
    assert done.returncode == 2
    assert "'rcds-sniffer orders init' makes one" in done.stderr
    assert not (tmp_path / "none.db").exists()
