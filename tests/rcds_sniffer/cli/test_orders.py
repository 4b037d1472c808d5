"""``rcds-sniffer orders`` as people use it: several persons, real files, the real command."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.command import run

ORDER: dict[str, Any] = {
    "liid": "L-1",
    "agency": "Police \u202e\x1b[31m 警察",
    "legal_reference": "court 17/26",
    "targets": [{"account": "alice@example.org"}],
    "valid_from": "2009-01-01T00:00:00Z",
    "valid_to": "2037-01-01T00:00:00Z",
    "scope": "iri+cc",
}

PERSONS = {"requester": 61_001, "approver": 61_002, "operator": 61_003, "analyst": 61_004}
LOGIN_UID = Path("/proc/self/loginuid")

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not LOGIN_UID.exists(),
    reason="to be several persons takes root and a login uid",
)


class Office:
    """A database of orders, and those who work with it; each is known by the login uid."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.db = folder / "orders.sqlite"
        self.key = folder / "key"
        self.where = ("--db", str(self.db), "--key-file", str(self.key))

    def does(self, person: str, *words: object, said: str | None = None) -> subprocess.CompletedProcess[str]:
        number = PERSONS.get(person, 61_000)
        command = [sys.executable, "-m", "rcds_sniffer", *map(str, words), *self.where]
        as_person = ["sh", "-c", 'echo "$0" > /proc/self/loginuid && exec "$@"', str(number), *command]
        return subprocess.run(as_person, input=said, capture_output=True, text=True, check=False, timeout=120)

    def done(self, person: str, *words: object, said: str | None = None) -> str:
        done = self.does(person, *words, said=said)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, person: str, *words: object, said: str | None = None) -> str:
        done = self.does(person, *words, said=said)
        assert done.returncode == 2, (done.returncode, done.stderr)
        assert done.stderr.count("\n") == 1
        return done.stderr

    def standing(self) -> dict[str, str]:
        lines = self.done("requester", "orders", "list", "--format", "json").splitlines()
        return {order["liid"]: order["standing"] for order in map(json.loads, lines)}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    made = Office(tmp_path_factory.mktemp("office"))
    made.done("administrator", "orders", "init")
    for role, number in PERSONS.items():
        made.done("administrator", "roles", "grant", f"uid-{number}", role)
    return made


def entered(office: Office, liid: str, **changes: Any) -> None:
    office.done("requester", "orders", "new", "-", said=json.dumps({**ORDER, "liid": liid, **changes}))


def test_init_makes_what_only_its_owner_may_read(office: Office) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in office.folder.iterdir()}
    assert modes.pop("orders.sqlite.keys") == 0o700
    assert set(modes.values()) == {0o600}
    assert "database of orders already" in office.refused("administrator", "orders", "init")


def test_order_waits_for_a_second_person(office: Office) -> None:
    entered(office, "wait-1")
    assert office.standing()["wait-1"] == "waits for approval"
    assert "may not approve" in office.refused("requester", "orders", "approve", "wait-1")
    office.done("approver", "orders", "approve", "wait-1")
    assert office.standing()["wait-1"] == "in force"
    assert "nothing that waits" in office.refused("approver", "orders", "approve", "wait-1")


def test_table_shows_words_that_cannot_steer_the_terminal(office: Office) -> None:
    entered(office, "show-1")
    for words in (("list",), ("show", "show-1")):
        shown = office.done("requester", "orders", *words)
        assert "show-1" in shown
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    assert "alice@example.org" in shown
    assert "alice@example.org" not in office.done("requester", "orders", "list")


def test_changes_are_shown_and_wait(office: Office) -> None:
    entered(office, "modify-1")
    office.done("approver", "orders", "approve", "modify-1")
    change = {**ORDER, "liid": "modify-1", "targets": [{"domain": "example.net"}]}
    office.done("requester", "orders", "modify", "modify-1", "-", said=json.dumps(change))
    assert office.standing()["modify-1"] == "in force; changes wait for approval"
    shown = office.done("requester", "orders", "show", "modify-1")
    assert "alice@example.org" in shown
    assert "→ everybody at example.net" in shown
    office.done("approver", "orders", "approve", "modify-1")
    exported = json.loads(office.done("requester", "orders", "show", "modify-1", "--format", "json"))
    assert exported["targets"] == [{"domain": "example.net"}]
    assert [step["action"] for step in exported["history"]] == ["enter", "approve", "modify", "approve"]
    other = json.dumps({**change, "liid": "modify-2"})
    assert "keeps its LIID" in office.refused("requester", "orders", "modify", "modify-1", "-", said=other)


def test_import_is_all_or_nothing(office: Office) -> None:
    lines = [json.dumps({**ORDER, "liid": liid}) for liid in ("import-1", "import-2")]
    office.done("requester", "orders", "import", "-", said="\n".join(lines))
    taken = [json.dumps({**ORDER, "liid": liid}) for liid in ("import-3", "import-1")]
    assert "import-1 already" in office.refused("requester", "orders", "import", "-", said="\n".join(taken))
    assert {"import-1", "import-2"} <= set(office.standing())
    assert "import-3" not in office.standing()


def test_mistake_in_a_form_names_nobody(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    file.write_text(json.dumps({**ORDER, "targets": [{"account": "secret person"}]}))
    said = office.refused("requester", "orders", "new", file)
    assert "targets[0].account: looks like" in said
    assert "secret" not in said


def test_destroyed_order_and_its_liid(office: Office) -> None:
    entered(office, "end-1")
    office.done("approver", "orders", "approve", "end-1")
    assert "revoke it first" in office.refused("administrator", "orders", "destroy", "--yes", "end-1")
    office.done("approver", "orders", "revoke", "end-1")
    keys = len(list(office.folder.glob("orders.sqlite.keys/*.key")))
    office.done("administrator", "orders", "destroy", "--yes", "end-1")
    assert len(list(office.folder.glob("orders.sqlite.keys/*.key"))) == keys - 1
    assert office.standing()["end-1"] == "destroyed"
    assert "alice" not in office.done("requester", "orders", "show", "end-1", "--format", "json")
    entered(office, "end-1")
    assert office.standing()["end-1"] == "waits for approval"


def test_questions_on_a_terminal_make_an_order(office: Office) -> None:
    answers = ["ask-1", "Police", "court", "alice@example.org", "192.0.2.7", "n", "2026-01-01T00:00:00Z",
               "2037-01-01T00:00:00Z", "iri"]  # fmt: skip
    script = f"""
import os, pty, sys
def read(fd):
    return os.read(fd, 1024)
answers = {answers!r}
def stdin_read(fd):
    return (answers.pop(0) + "\\n").encode() if answers else b""
code = pty.spawn({[sys.executable, "-m", "rcds_sniffer", "orders", "new", *office.where]!r}, read, stdin_read)
sys.exit(os.waitstatus_to_exitcode(code))
"""
    as_person = ["sh", "-c", 'echo "$0" > /proc/self/loginuid && exec "$@"', str(PERSONS["requester"])]
    done = subprocess.run(
        [*as_person, sys.executable, "-c", script], input="\n" * 99, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(office.done("requester", "orders", "show", "ask-1", "--format", "json"))
    assert found["targets"] == [{"account": "alice@example.org", "address": "192.0.2.7"}]
    assert found["scope"] == "iri"


def test_database_with_other_records_becomes_none_of_orders(tmp_path: Path) -> None:
    db = tmp_path / "plain.sqlite"
    capture = Path(__file__).parents[2] / "pcaps" / "demo.pcap"
    stored = run("replay", "--target", "alice@example.org", "--db", db, "--format", "none", capture)
    assert stored.returncode == 0, stored.stderr
    done = run("orders", "init", "--db", db, "--key-file", tmp_path / "key")
    assert done.returncode == 2
    assert "holds records that serve no order" in done.stderr


def test_without_a_key_nothing_is_opened(office: Office, tmp_path: Path) -> None:
    for words, message in (
        (("orders", "list", "--db", office.db), "no key"),
        (("orders", "list", "--db", office.db, "--key-file", tmp_path / "none"), "there is no such key"),
        (("orders", "list", "--db", tmp_path / "none", "--key-file", office.key), "is no database of orders"),
    ):
        done = run(*words)
        assert done.returncode == 2
        assert message in done.stderr
        assert done.stderr.count("\n") == 1
    os.chmod(office.key, 0o644)
    try:
        done = run("orders", "list", *office.where)
        assert f"chmod o-rwx {office.key}" in done.stderr
    finally:
        os.chmod(office.key, 0o600)
