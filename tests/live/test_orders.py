"""Orders on the line: approved, changed, revoked and over while a capture runs, to the packet."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rcds_sniffer.orders.order import Scope
from tests.rcds_sniffer.storekeeper.orders_place import Place, locked, terms

from .sensor import Run, eventually
from .town import ALICE, DAVE, PRIVATE, Talk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .namespaces import Namespace

SECOND = 1_000_000_000
WITHIN = 4.0
"""Seconds within which a change is known to the sensor, on a busy machine; the program needs about 0.2."""
AT_ONCE = 10.0
"""Seconds within which an end counts as prompt."""


class Sensor(Run):
    """``rcds-sniffer capture`` on a database of orders."""

    def __init__(self, sensor: Namespace, folder: Path, place: Place, name: str, *words: object) -> None:
        program = [sys.executable, "-m", "rcds_sniffer", "-v", "capture", "-i", "tap0", "--buffer", 8]
        super().__init__(sensor, folder, *program, "--sensor", "nis-1", *place.options, *words, name=name)

    def listens(self, interfaces: int = 1) -> Sensor:
        eventually(lambda: self.code is not None or "listening on" in self.said, "it reads")
        assert self.code is None, self.said
        return self

    def children(self) -> list[int]:
        """Its storekeeper."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]


@contextlib.contextmanager
def capturing(span: Namespace, place: Place, folder: Path, *words: object) -> Iterator[Sensor]:
    sensor = Sensor(span, folder, place, "capture", *words)
    try:
        yield sensor.listens()
    finally:
        sensor.kill()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A database of orders, without any."""
    return Place(tmp_path)


def has(place: Place, liid: str, texts: list[str]) -> bool:
    return set(texts) <= set(place.texts(liid))


def now_to(seconds: float) -> tuple[int, int]:
    """From an hour ago until in so many seconds."""
    now = time.time_ns()
    return now - 3600 * SECOND, now + int(seconds * SECOND)


def test_orders_change_while_it_listens(span: Namespace, talk: Talk, place: Place, tmp_path: Path) -> None:
    with capturing(span, place, tmp_path) as sensor:
        talk.others_say()
        before = talk.says()
        sensor.catches_up()
        place.approved(terms("LI-1", ALICE))
        time.sleep(WITHIN)
        first = talk.says()
        eventually(lambda: has(place, "LI-1", first), "records of the first order")

        place.approved(terms("LI-2", ALICE, scope=Scope.IRI))
        place.approved(terms("LI-3", domain="example.org"))
        time.sleep(WITHIN)
        second = talk.says()
        theirs = talk.others_say()
        eventually(lambda: has(place, "LI-3", [*second, theirs]), "records of the domain")
        eventually(lambda: has(place, "LI-1", second), "records of the first order still")

        place.modify(terms("LI-1", DAVE))
        time.sleep(WITHIN)
        third = talk.says()
        more = talk.others_say()
        eventually(lambda: has(place, "LI-1", [more]), "records of whom it names now")

        place.revoke("LI-3")  # what was said just now is recorded still
        time.sleep(WITHIN)
        fourth = talk.says()
        last = talk.others_say()
        eventually(lambda: has(place, "LI-1", [last]), "the last record")
        sensor.catches_up()
        assert sensor.ends() < AT_ONCE
        assert sensor.code == 130, sensor.said
    own, domain = place.texts("LI-1"), place.texts("LI-3")
    assert not {*before, *third, *fourth} & set(own)
    assert Counter(text for text in own if text in {*first, *second}) == Counter([*first, *second])  # each once
    assert not {*before, *first, *fourth, last} & set(domain)
    assert {*second, *third, theirs, more} <= set(domain)
    signs = [record for record in place.records("LI-2") if record.event == "message"]
    assert len(signs) == len(second) + len(third) + len(fourth)
    assert {record.text for record in signs} == {None}
    assert "LOST" not in sensor.said
    for word in (ALICE, DAVE, "example.org", PRIVATE, "text 1"):
        assert word not in sensor.said
    assert sensor.written == ""
    assert [entry["action"] for entry in place.log() if entry["action"] in {"start", "stop"}] == ["start", "stop"]
    place.log_is_whole()


def test_what_passed_before_the_revocation_is_kept_and_what_passes_after_is_not(
    span: Namespace, talk: Talk, place: Place, tmp_path: Path
) -> None:
    place.approved(terms("LI-1", ALICE))
    with capturing(span, place, tmp_path) as sensor:
        before = talk.says(6)
        revoked = place.revoke("LI-1")
        said: list[tuple[int, list[str]]] = []
        while time.time_ns() < revoked + (WITHIN + 2) * SECOND:
            said.append((time.time_ns(), talk.says(1)))
        sensor.catches_up()
        sensor.ends()
    kept = place.texts("LI-1")
    assert set(before) <= set(kept)
    after = {text for begun, texts in said if begun > revoked + WITHIN * SECOND for text in texts}
    assert after
    assert not after & set(kept)
    later = [record.time for record in place.records("LI-1") if record.time > revoked]
    assert all(instant < revoked + WITHIN * SECOND for instant in later)


def test_an_order_ends_by_itself_while_its_database_is_away_and_records_come_later(
    span: Namespace, talk: Talk, place: Place, tmp_path: Path
) -> None:
    talk.says()
    period = now_to(12)
    place.approved(terms("LI-1", ALICE, period=period))
    place.approved(terms("LI-2", ALICE))
    with capturing(span, place, tmp_path) as sensor:
        first = talk.says()
        eventually(lambda: has(place, "LI-1", first), "first records")
        with locked(place.db):
            second = talk.says()
            assert time.time_ns() < period[1], "the machine is too busy for this test"
            time.sleep((period[1] - time.time_ns()) / SECOND + 1)
            third = talk.says()
            eventually(lambda: "wait in memory" in sensor.said, "it tells that records wait")
            assert sensor.code is None
        eventually(lambda: has(place, "LI-2", first + second + third), "what waited is stored")
        sensor.catches_up()
        sensor.ends()
        assert sensor.code == 130, sensor.said
    assert has(place, "LI-1", first + second)
    assert not set(third) & set(place.texts("LI-1"))
    assert all(record.time < period[1] for record in place.records("LI-1"))
    assert ALICE not in sensor.said


def test_an_order_ends_by_itself_while_the_storekeeper_hangs(
    span: Namespace, talk: Talk, place: Place, tmp_path: Path
) -> None:
    period = now_to(10)
    place.approved(terms("LI-1", ALICE, period=period))
    with capturing(span, place, tmp_path) as sensor:
        first = talk.says()
        eventually(lambda: has(place, "LI-1", first), "first records")
        (storekeeper,) = sensor.children()
        os.kill(storekeeper, signal.SIGSTOP)
        try:
            second = talk.says()
            assert time.time_ns() < period[1], "the machine is too busy for this test"
            time.sleep((period[1] - time.time_ns()) / SECOND + 1)
            third = talk.says()
            sensor.catches_up()
        finally:
            os.kill(storekeeper, signal.SIGCONT)
        eventually(lambda: has(place, "LI-1", second), "what waited is stored")
        sensor.ends()
        assert sensor.code == 130, sensor.said
    assert not set(third) & set(place.texts("LI-1"))


def test_without_its_storekeeper_it_ends_and_says_so(
    span: Namespace, talk: Talk, place: Place, tmp_path: Path
) -> None:
    place.approved(terms("LI-1", ALICE))
    with capturing(span, place, tmp_path) as sensor:
        said = talk.says()
        eventually(lambda: has(place, "LI-1", said), "records")
        (storekeeper,) = sensor.children()
        os.kill(storekeeper, signal.SIGKILL)
        eventually(lambda: sensor.code is not None, "it ends", AT_ONCE)
        assert sensor.code == 1
        told = [line for line in sensor.said.splitlines() if "the storekeeper is gone" in line]
        assert sensor.said.splitlines()[-1].startswith("rcds-sniffer: the storekeeper is gone")
        assert told
        assert "Traceback" not in sensor.said


def test_a_sensor_that_is_killed_is_on_the_log_and_its_records_are_there(
    span: Namespace, talk: Talk, place: Place, tmp_path: Path
) -> None:
    place.approved(terms("LI-1", ALICE))
    with capturing(span, place, tmp_path) as sensor:
        said = talk.says()
        eventually(lambda: has(place, "LI-1", said), "records")
        (storekeeper,) = sensor.children()
        sensor.ends(signal.SIGKILL)
        eventually(lambda: not Path(f"/proc/{storekeeper}").exists(), "the storekeeper ends too")
    assert place.log()[-1]["action"] == "lost"
    assert has(place, "LI-1", said)
    with contextlib.closing(sqlite3.connect(place.db)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_sensor_has_neither_key_nor_database(span: Namespace, talk: Talk, place: Place, tmp_path: Path) -> None:
    place.approved(terms("LI-1", ALICE))
    with capturing(span, place, tmp_path) as sensor:
        said = talk.says()
        eventually(lambda: has(place, "LI-1", said), "records")
        opened = [os.readlink(entry) for entry in Path(f"/proc/{sensor.pid}/fd").iterdir()]
        assert not [name for name in opened if "orders.sqlite" in name or "key" in name]
        assert any("socket:" in name for name in opened)
        assert ALICE.encode() not in Path(f"/proc/{sensor.pid}/cmdline").read_bytes()
        sensor.ends()
        assert sensor.code == 130
