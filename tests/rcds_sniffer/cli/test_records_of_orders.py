"""``records`` on a database of orders, asked as a user does: who may look, what the log says, what is shown."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from rcds_sniffer.files import Vault
from rcds_sniffer.orders.order import Identity, Scope, Terms
from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.register import current_person, open_register
from rcds_sniffer.secrecy.keys import load_master_key, make_master_key
from rcds_sniffer.store import open_store
from rcds_sniffer.store.sealed import open_sealed_store
from tests.command import run
from tests.rcds_sniffer.files.carrying import content, key, put_all, said
from tests.rcds_sniffer.store.store_crafting import NOON, SECOND, make_record

YEAR = 365 * 86_400 * SECOND
CONTENT = "the parcel lies beneath the bridge 桥"


def terms(liid: str) -> Terms:
    who = (Identity(account="alice@example.org"),)
    return Terms(liid, "agency", "warrant", who, NOON - YEAR, NOON + YEAR, Scope.IRI_CC)


def some_records(liid: str) -> list[CommunicationRecord]:
    """Five of an order: a login, three texts, a nudge from elsewhere."""
    texts = [
        make_record(order_id=liid, record_id=f"{liid}{n}", text=f"{CONTENT} {liid} {n}", time=NOON + n * SECOND)
        for n in (2, 3, 4)
    ]
    login = make_record(order_id=liid, record_id=f"{liid}1", event="login", text=None, time=NOON + SECOND)
    nudge = make_record(order_id=liid, record_id=f"{liid}5", event="nudge", text=None, time=NOON + 5 * SECOND)
    return [login, *texts, nudge.changed(client="[2001:db8::7]:5190")]


class Place:
    """A database of orders with its keys: LI-1 and LI-2 have five records each, who runs the tests is analyst."""

    def __init__(self, folder: Path) -> None:
        self.db = folder / "orders.sqlite"
        self.key = folder / "key"
        self.keyring = folder / "orders.sqlite.keys"
        self.me = current_person()

    def make(self) -> None:
        make_master_key(str(self.key))
        with self.register("admin", create=True) as register:
            register.init()
            for person, role in (
                ("req", "requester"),
                ("app", "approver"),
                ("aud", "auditor"),
                (self.me, "analyst"),
            ):
                register.grant(person, role)
            register.grant("op", "operator")
        for liid in ("LI-1", "LI-2"):
            with self.register("req") as register:
                register.enter(terms(liid))
            with self.register("app") as register:
                register.approve(liid)
        with self.register("op") as register:
            references = register.references()
            with open_sealed_store(str(self.db), register.keyring, create=True) as store:
                assert store.add([*some_records("LI-1"), *some_records("LI-2")], references) == 10

    def register(self, person: str, *, create: bool = False):  # type: ignore[no-untyped-def]
        return open_register(
            str(self.db), load_master_key(str(self.key)), self.keyring, create=create, person=person
        )

    def reference(self, liid: str) -> str:
        with self.register("op") as register:
            return register.references()[liid]

    def ask(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return run("records", "--db", self.db, "--key-file", self.key, *arguments)

    def said(self, *arguments: object) -> list[dict]:  # type: ignore[type-arg]
        done = self.ask("--format", "jsonl", *arguments)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def log(self) -> list[dict]:  # type: ignore[type-arg]
        """Entries by who runs the tests."""
        with self.register("aud") as register:
            return [entry for entry in register.entries() if entry["person"] == self.me]

    def by_hand(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.db, isolation_level=None)) as hand:
            assert hand.execute(statement, values).rowcount == 1


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("orders")
    Place(folder).make()
    return folder


@pytest.fixture
def place(original: Path, tmp_path: Path) -> Place:
    shutil.copytree(original, tmp_path / "copy")
    return Place(tmp_path / "copy")


def test_records_of_one_order_in_sequence(place: Place) -> None:
    found = place.said("--order", "LI-2")
    assert [(r["order_id"], r["sequence"], r["event"]) for r in found] == [
        ("LI-2", 1, "login"), ("LI-2", 2, "message"), ("LI-2", 3, "message"), ("LI-2", 4, "message"),
        ("LI-2", 5, "nudge"),
    ]  # fmt: skip
    assert found[1]["text"] == f"{CONTENT} LI-2 2"


def test_without_an_order_all_that_one_may_read(place: Place) -> None:
    numbers = [(r["order_id"], r["sequence"]) for r in place.said()]
    assert numbers == [("LI-1", n) for n in range(1, 6)] + [("LI-2", n) for n in range(1, 6)]
    assert [(r["order_id"], r["sequence"]) for r in place.said("--limit", 7)] == numbers[:7]
    assert len(place.said("--event", "message", "--limit", 4)) == 4


@pytest.mark.parametrize("form", ["chat", "table", "csv", "jsonl"])
def test_every_form_shows_them(place: Place, form: str) -> None:
    done = place.ask("--order", "LI-1", "--format", form)
    assert done.returncode == 0
    assert f"{CONTENT} LI-1 3" in done.stdout
    assert not done.stderr


def test_period_event_and_conversation(place: Place) -> None:
    found = place.said("--from", "2026-11-22T12:00:03Z", "--to", "2026-11-22T12:00:05Z", "--order", "LI-1")
    assert [r["sequence"] for r in found] == [3, 4]
    assert [r["sequence"] for r in place.said("--event", "nudge", "--order", "LI-1")] == [5]
    done = place.ask("--conversation", "none", "--order", "LI-1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "no record matches\n")


@pytest.mark.parametrize(
    "option", [("--target", "alice@example.org"), ("--contact", "bob@example.org"), ("--text", "x")]
)
def test_nobody_is_named_on_the_command_line(place: Place, option: tuple[str, str]) -> None:
    before = len(place.log())
    done = place.ask(*option)
    assert done.returncode == 2
    assert done.stderr.startswith(
        "rcds-sniffer: --target, --contact and --text would show in the list of processes"
    )
    assert done.stderr.count("\n") == 1
    assert option[1] not in done.stderr or option[1] == "x"
    assert not done.stdout
    assert len(place.log()) == before


def test_each_look_is_in_the_log(place: Place) -> None:
    before = len(place.log())
    place.said("--order", "LI-1", "--event", "message")
    place.said()
    place.ask("--order", "LI-2", "--identities")
    entries = [(e["action"], e["liid"], e["order"], e["outcome"], e["details"]) for e in place.log()[before:]]
    first, second = place.reference("LI-1"), place.reference("LI-2")
    assert entries == [
        ("read", "LI-1", first, "done", {"what": "records", "records": 3, "upto": 5}),
        ("read", "LI-1", first, "done", {"what": "records", "records": 5, "upto": 5}),
        ("read", "LI-2", second, "done", {"what": "records", "records": 5, "upto": 5}),
        ("read", "LI-2", second, "done", {"what": "identities", "records": 5, "upto": 5}),
    ]


def test_no_log_no_records(place: Place, tmp_path: Path) -> None:
    """Fails closed: what cannot be logged is not shown, and no file is begun."""
    with closing(sqlite3.connect(place.db, isolation_level=None)) as hand:
        hand.execute(
            "CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(FAIL, 'the disk is full'); END"
        )
    output = tmp_path / "out"
    done = place.ask("--order", "LI-1", "--output", output)
    assert done.returncode == 2
    assert done.stdout == ""
    assert CONTENT not in done.stderr
    assert not output.exists()


def test_who_has_no_role_sees_nothing_and_the_log_has_it(place: Place) -> None:
    with place.register("admin") as register:
        register.withdraw(place.me, "analyst")
        register.grant(place.me, "operator")
    done = place.ask("--order", "LI-1")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"rcds-sniffer: {place.me} may not read what was recorded for an order")
    assert (place.log()[-1]["action"], place.log()[-1]["outcome"]) == ("read", "refused")


def test_an_order_that_is_not_there(place: Place) -> None:
    done = place.ask("--order", "LI-3")
    assert done.returncode == 2
    assert done.stderr.startswith("rcds-sniffer: no order has this LIID, or its key is destroyed")


def test_a_destroyed_order_is_gone_and_the_others_are_shown(place: Place) -> None:
    with place.register("app") as register:
        register.revoke("LI-1")
    with place.register("admin") as register:
        register.destroy("LI-1")
    assert {r["order_id"] for r in place.said()} == {"LI-2"}
    assert place.ask("--order", "LI-1").returncode == 2


def test_a_changed_row_is_told_and_the_rest_is_shown(place: Place) -> None:
    reference = place.reference("LI-1")
    place.by_hand("UPDATE sealed_records SET sealed = x'00' WHERE reference = ? AND sequence = 3", reference)
    place.by_hand("DELETE FROM sealed_records WHERE reference = ? AND sequence = 2", reference)
    done = place.ask("--format", "jsonl")
    assert done.returncode == 1
    shown = [json.loads(line) for line in done.stdout.splitlines()]
    assert [r["sequence"] for r in shown] == [1, 4, 5, 1, 2, 3, 4, 5]
    assert done.stderr.splitlines() == [
        f"rcds-sniffer: order {reference}, record 2: is missing",
        f"rcds-sniffer: order {reference}, record 3: was changed, or belongs elsewhere; restore a copy",
        "rcds-sniffer: 2 found wrong in what is stored",
    ]
    assert place.ask("--order", "LI-1", "--identities").returncode == 1


def test_identities_as_table_and_as_lines(place: Place) -> None:
    found = place.said("--order", "LI-1", "--identities")
    assert found == [
        {"order_id": "LI-1", "account": "alice@example.org", "address": "192.0.2.7",
         "first": "2026-11-22T12:00:01.000000Z", "last": "2026-11-22T12:00:04.000000Z",
         "evidence": ["login", "messages"], "records": 4},
        {"order_id": "LI-1", "account": "alice@example.org", "address": "2001:db8::7",
         "first": "2026-11-22T12:00:05.000000Z", "last": "2026-11-22T12:00:05.000000Z",
         "evidence": ["connection"], "records": 1},
    ]  # fmt: skip
    table = place.ask("--identities").stdout.splitlines()
    assert " ".join(table[0].split()) == "LIID account address first seen UTC last seen UTC evidence records"
    assert len(table) == 5
    assert " ".join(table[1].split()) == (
        "LI-1 alice@example.org 192.0.2.7 2026-11-22T12:00:01 2026-11-22T12:00:04 login, messages 4"
    )
    refused = place.ask("--identities", "--format", "chat")
    assert (refused.returncode, refused.stderr) == (
        2,
        "rcds-sniffer: --identities comes as --format table or jsonl\n",
    )


@pytest.fixture
def with_file(place: Place, tmp_path: Path) -> tuple[Place, bytes]:
    """A record of LI-1 with a sealed file, and what is in the file."""
    octets = content(50_000)
    with closing(Vault(tmp_path / "sealed", sealed=True)) as vault:
        put_all(vault, octets, key(1))
        stored = vault.describe(key(1), said(len(octets)))
    record = make_record(order_id="LI-1", event="file", text=None, file=stored, time=NOON + 9 * SECOND)
    with place.register("op") as register, open_sealed_store(str(place.db), register.keyring, create=True) as store:
        store.add([record], register.references())
    with place.register("admin") as register:
        register.grant(place.me, "supervisor")
    return place, octets


def test_files_are_written_in_the_clear_and_the_log_has_it(with_file: tuple[Place, bytes], tmp_path: Path) -> None:
    place, octets = with_file
    done = place.ask("--order", "LI-1", "--extract", tmp_path / "out")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert [path.read_bytes() for path in (tmp_path / "out").iterdir()] == [octets]
    entry = place.log()[-1]
    assert (entry["action"], entry["liid"]) == ("export", "LI-1")
    assert entry["details"] == {"what": "files", "records": 6, "upto": 6}


def test_no_key_of_a_file_is_shown(with_file: tuple[Place, bytes]) -> None:
    place, _ = with_file
    shown = place.said("--order", "LI-1", "--event", "file")
    assert len(shown) == 1
    assert shown[0]["file"]["path"]
    assert "key" not in shown[0]["file"]


def test_a_changed_file_is_not_written(with_file: tuple[Place, bytes], tmp_path: Path) -> None:
    place, _ = with_file
    (sealed,) = (path for path in (tmp_path / "sealed").rglob("*.sealed"))
    sealed.write_bytes(b"x" + sealed.read_bytes()[1:])
    done = place.ask("--order", "LI-1", "--extract", tmp_path / "out")
    assert done.returncode == 1
    assert not list((tmp_path / "out").iterdir())


def test_an_analyst_takes_no_files_out(place: Place, tmp_path: Path) -> None:
    done = place.ask("--order", "LI-1", "--extract", tmp_path / "out")
    assert (done.returncode, done.stdout) == (2, "")
    assert "takes the role supervisor" in done.stderr
    assert not (tmp_path / "out").exists()
    assert (place.log()[-1]["action"], place.log()[-1]["outcome"]) == ("export", "refused")


@pytest.mark.parametrize("more", [(), ("--order", "LI-1", "--identities")])
def test_files_of_one_order_at_a_time(place: Place, tmp_path: Path, more: tuple[str, ...]) -> None:
    done = place.ask("--extract", tmp_path / "out", *more)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--extract writes the files of one order" in done.stderr


def test_what_people_wrote_steers_no_terminal(place: Place) -> None:
    evil = make_record(order_id="LI-1", target="\x1b]0;evil\x07@example.org", text="\x1b[2J", client="192.0.2.1:1")
    with place.register("op") as register, open_sealed_store(str(place.db), register.keyring, create=True) as store:
        store.add([evil], register.references())
    for arguments in ((), ("--identities",)):
        done = place.ask("--order", "LI-1", *arguments)
        assert done.returncode == 0
        assert "\x1b" not in done.stdout


def test_a_key_is_needed_and_the_right_one(place: Place, tmp_path: Path) -> None:
    done = run("records", "--db", place.db)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("rcds-sniffer: no key: name its file with --key-file")
    make_master_key(str(tmp_path / "other"))
    done = run("records", "--db", place.db, "--key-file", tmp_path / "other")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_the_key_from_the_environment(place: Place) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rcds_sniffer", "records", "--db", str(place.db), "--format", "jsonl"],
        env={**os.environ, "RCDS_SNIFFER_KEY": place.key.read_text()},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b"\n") == 10


def test_the_key_is_never_written_over(place: Place) -> None:
    key = place.key.read_text()
    done = place.ask("--output", place.key)
    assert done.returncode == 2
    assert place.key.read_text() == key


@pytest.mark.parametrize("which", ["key", "db", "keyring"])
def test_what_is_open_to_others_is_refused_with_what_mends_it(place: Place, which: str) -> None:
    path: Path = getattr(place, which)
    path.chmod(path.stat().st_mode | 0o004)
    done = place.ask("--order", "LI-1")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"chmod o-rwx {path}" in done.stderr
    assert done.stderr.count("\n") == 1


def test_profile_is_refused(place: Place) -> None:
    done = run("profile", "--db", place.db, "alice@example.org")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "rcds-sniffer: a database of orders has no profiles; see 'rcds-sniffer records --order LIID'\n"
    )


def test_an_order_in_a_plain_database(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "plain.db"), create=True) as plain:
        plain.add([make_record()])
    for arguments in (("--order", "LI-1"), ("--identities",), ("--extract", tmp_path / "out")):
        done = run("records", "--db", tmp_path / "plain.db", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert "this is none" in done.stderr
