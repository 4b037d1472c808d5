"""``replay`` on a database of orders, as a user runs it: for whom, what is stored, what is refused."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rcds_sniffer.orders.order import Scope
from rcds_sniffer.store import open_store
from tests.command import replay, run
from tests.conftest import PCAPS
from tests.rcds_sniffer.store.store_crafting import make_record
from tests.rcds_sniffer.storekeeper.orders_place import Place, locked, terms

DEMO = PCAPS / "demo.pcap"
ALICE, BOB, CAROL = "alice@example.org", "bob@example.com", "carol@example.net"
TEXTS = [r["text"] for r in replay("--target", ALICE, DEMO) if r["event"] == "message"]
"""What is recorded of Alice where she is named as a target."""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_each_order_gets_its_own_records_and_numbers(place: Place) -> None:
    place.approved(terms("LI-1", ALICE))
    place.approved(terms("LI-2", ALICE))
    place.approved(terms("LI-3", ALICE, scope=Scope.IRI))
    with place.register("req") as register:
        register.enter(terms("LI-4", ALICE))  # nobody has approved it
    done = run("replay", *place.options, DEMO)
    assert (done.returncode, done.stdout) == (0, "")
    assert place.texts("LI-1") == place.texts("LI-2") == TEXTS
    assert TEXTS
    assert place.texts("LI-3") == [None] * len(TEXTS)
    assert len(place.records("LI-1")) == len(place.records("LI-2")) > len(TEXTS)
    assert place.records("LI-4") == []
    ids = [record.record_id for liid in ("LI-1", "LI-2") for record in place.records(liid)]
    assert len(set(ids)) == len(ids)
    for word in (ALICE, BOB, "LI-1", *TEXTS):
        assert word not in done.stderr
    place.log_is_whole()


def test_a_second_time_nothing_is_stored_twice(place: Place) -> None:
    place.approved(terms("LI-1", ALICE))
    first = run("replay", *place.options, DEMO)
    number = len(place.records("LI-1"))
    assert f"{number} stored\n" in first.stderr
    second = run("replay", *place.options, "--workers", 2, DEMO)
    assert f"0 stored, {number} were there already" in second.stderr
    assert len(place.records("LI-1")) == number


def test_an_order_records_its_period_alone_by_the_clock_of_the_packets(place: Place) -> None:
    place.approved(terms("LI-1", ALICE))
    run("replay", *place.options, DEMO)
    instants = [record.time for record in place.records("LI-1")]
    middle = instants[len(instants) // 2]
    place.approved(terms("LI-2", ALICE, period=(0, middle)))
    place.approved(terms("LI-3", ALICE, period=(middle, middle + 10**18)))
    run("replay", *place.options, DEMO)
    assert sorted(record.time for record in place.records("LI-2")) == sorted(t for t in instants if t < middle)
    assert {record.time for record in place.records("LI-3")} <= {t for t in instants if t >= middle}
    assert place.records("LI-3")


def test_without_an_order_in_force_nothing_is_stored_and_why_is_said(place: Place) -> None:
    place.approved(terms("LI-1", ALICE))
    place.revoke("LI-1")
    done = run("replay", *place.options, DEMO)
    assert done.returncode == 0
    assert "no order was in force" in done.stderr
    assert place.records("LI-1") == []


@pytest.mark.parametrize(
    "words",
    [
        ("--target", ALICE), ("--targets-file", "{folder}/targets"), ("--all",), ("--write", "{folder}/kept"),
        ("--format", "chat"), ("--format", "jsonl"), ("--output", "{folder}/out"), ("--no-db",),
        ("--from", "2009-01-01"), ("--to", "2010-01-01"),
    ],
)  # fmt: skip
def test_what_names_somebody_or_stores_elsewhere_is_refused(
    place: Place, tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "targets").write_text(f"{ALICE}\n")
    place.approved(terms("LI-1", ALICE))
    before, log = sorted(tmp_path.iterdir()), len(place.log())
    done = run("replay", *place.options, *(word.format(folder=tmp_path) for word in words), DEMO)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert ALICE not in done.stderr
    assert sorted(tmp_path.iterdir()) == before
    assert len(place.log()) == log
    assert place.records("LI-1") == []


def test_format_none_says_what_holds_anyway(place: Place) -> None:
    place.approved(terms("LI-1", ALICE))
    assert run("replay", *place.options, "--format", "none", DEMO).returncode == 0
    assert place.texts("LI-1") == TEXTS


def test_files_that_a_daemon_rotates_are_followed(place: Place, tmp_path: Path) -> None:
    place.approved(terms("LI-1", ALICE))
    spool = tmp_path / "spool"
    spool.mkdir()
    (spool / "1.pcap").write_bytes(DEMO.read_bytes())
    with subprocess.Popen(
        [sys.executable, "-m", "rcds_sniffer", "replay", *place.options, "--follow", spool],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as follows:  # fmt: skip
        try:
            deadline = time.monotonic() + 60
            while len(place.texts("LI-1")) < len(TEXTS) and follows.poll() is None:
                assert time.monotonic() < deadline
                time.sleep(0.2)
            follows.terminate()
            shown, said = follows.communicate(timeout=30)
        finally:
            follows.kill()
    assert (follows.returncode, shown) == (130, b""), said
    assert sorted(map(str, place.texts("LI-1"))) == sorted(map(str, TEXTS))


@pytest.mark.parametrize("which", ["key", "keyring", "db"])
def test_what_others_may_read_is_refused_with_what_mends_it(place: Place, which: str) -> None:
    place.approved(terms("LI-1", ALICE))
    path = Path(getattr(place, which))
    path.chmod(path.stat().st_mode | 0o004)
    done = run("replay", *place.options, DEMO)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert f"chmod o-rwx {path}" in done.stderr
    path.chmod(path.stat().st_mode & ~0o004)
    assert place.records("LI-1") == []


def test_without_a_key_nothing_is_read(place: Place) -> None:
    place.approved(terms("LI-1", ALICE))
    done = run("replay", "--db", place.db, "--keyring", place.keyring, DEMO)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("rcds-sniffer: no key")
    assert place.records("LI-1") == []


def test_the_key_comes_from_the_environment_too(place: Place) -> None:
    place.approved(terms("LI-1", ALICE))
    words = ["replay", "--db", place.db, "--keyring", str(place.keyring), str(DEMO)]
    done = subprocess.run(
        [sys.executable, "-m", "rcds_sniffer", *words],
        env={**os.environ, "RCDS_SNIFFER_KEY": place.key.read_text()}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert place.texts("LI-1") == TEXTS


def test_without_the_role_nothing_is_read_and_the_log_has_it(place: Place) -> None:
    place.approved(terms("LI-1", ALICE))
    with place.register("admin") as register:
        register.withdraw(place.me, "operator")
    done = run("replay", *place.options, DEMO)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert (place.log()[-1]["action"], place.log()[-1]["outcome"]) == ("run", "refused")


def test_a_database_that_somebody_has_locked_is_told_of_in_one_line(place: Place) -> None:
    place.approved(terms("LI-1", ALICE))
    with locked(place.db):
        done = run("replay", *place.options, DEMO)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_a_plain_database_is_as_it_was(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "plain.db"), create=True) as plain:
        plain.add([make_record()])
    done = run("replay", "--db", tmp_path / "plain.db", "--target", ALICE, "--format", "jsonl", DEMO)
    assert done.returncode == 0
    assert [r["text"] for r in map(json.loads, done.stdout.splitlines()) if r["event"] == "message"] == TEXTS
