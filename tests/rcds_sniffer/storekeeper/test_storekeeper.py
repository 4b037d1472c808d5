"""The storekeeper as a process of its own, with a real database, real keys and real orders."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.storekeeper import Storekeeper, StorekeeperError, started
from rcds_sniffer.storekeeper.keeping import Keeping, open_keeping
from tests.rcds_sniffer.store.store_crafting import make_record

from .orders_place import Place, locked, terms

ALICE, BOB = "alice@example.org", "bob@example.com"
Value = TypeVar("Value")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.approved(terms("LI-1", ALICE))
    return made


@contextmanager
def serving(place: Place) -> Iterator[Storekeeper]:
    """A storekeeper of the place, and what a sensor has of it."""

    def opened() -> AbstractContextManager[Keeping]:
        return open_keeping(place.db, str(place.key), place.keyring)

    with started(opened, {"what": "capture", "of": ["eth0"], "sensor": "nis-1"}) as storekeeper:
        yield storekeeper


def soon(look: Callable[[], Value], seconds: float = 10.0) -> Value:
    """What ``look`` gives as soon as it is true; waits no longer than so."""
    deadline = time.monotonic() + seconds
    while not (value := look()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)
    return value


def some(number: int, liid: str = "LI-1", first: int = 0) -> list[CommunicationRecord]:
    return [
        make_record(order_id=liid, record_id=f"{liid}-{n}", text=f"桥 {n}") for n in range(first, first + number)
    ]


def notes(place: Place) -> list[str]:
    return [entry["action"] for entry in place.log()]


def test_records_are_sealed_stored_and_numbered_and_once_only(place: Place) -> None:
    with serving(place) as storekeeper:
        assert [(one.order_id, one.content) for one in storekeeper.acting] == [("LI-1", True)]
        storekeeper.write(some(3))
        storekeeper.write(())
        storekeeper.write(some(3, first=2))
        assert storekeeper.outcome == (5, 1)
        storekeeper.end({"packets": 7, "records": 6})
    assert place.texts("LI-1") == [f"桥 {n}" for n in range(5)]
    for file in Path(place.db).parent.glob("orders.sqlite*"):
        if file.is_file():
            assert "桥".encode() not in file.read_bytes()
            assert ALICE.encode() not in file.read_bytes()


def test_begin_and_end_are_on_the_log_with_numbers_and_the_clock(place: Place) -> None:
    with serving(place) as storekeeper:
        storekeeper.write(some(2))
        storekeeper.end({"packets": 7, "records": 2, "dropped": 0})
    begin, end = place.log()[-2:]
    assert (begin["action"], end["action"]) == ("start", "stop")
    assert begin["details"]["of"] == ["eth0"]
    assert begin["details"]["orders"] == 1
    assert {key: end["details"][key] for key in ("packets", "records", "dropped", "stored")} == {
        "packets": 7, "records": 2, "dropped": 0, "stored": 2,
    }  # fmt: skip
    assert begin["details"]["clock"]["synchronised"] in {True, False, None}
    assert not place.says_of_log(ALICE)
    place.log_is_whole()


def test_changes_come_within_a_second_and_only_changes(place: Place) -> None:
    with serving(place) as storekeeper:
        assert storekeeper.changes() is None
        began = time.monotonic()
        place.approved(terms("LI-2", BOB))
        told = soon(storekeeper.changes)
        assert time.monotonic() - began < 5  # on a busy machine; what it takes is measured on the line
        assert [one.order_id for one in told or ()] == ["LI-1", "LI-2"]
        storekeeper.write(some(1, "LI-2"))
        place.log()  # it grows by somebody's look
        time.sleep(1)
        assert storekeeper.changes() is None
        place.revoke("LI-1")
        assert [one.order_id for one in soon(storekeeper.changes) or ()] == ["LI-2"]
        storekeeper.write(some(1))  # of before it was revoked
        place.revoke("LI-2")
        deadline = time.monotonic() + 10
        while (none := storekeeper.changes()) is None:
            assert time.monotonic() < deadline
        assert none == []
        storekeeper.end({})
    assert place.texts("LI-1") == place.texts("LI-2") == ["桥 0"]


def test_a_database_that_is_away_refuses_records_and_takes_them_later(place: Place) -> None:
    with serving(place) as storekeeper:
        with locked(place.db), pytest.raises(StorekeeperError) as refused:
            storekeeper.write(some(2))
        assert "\n" not in str(refused.value)
        assert ALICE not in str(refused.value)
        assert not storekeeper.gone
        storekeeper.write(some(2))
        assert storekeeper.outcome == (2, 0)
        storekeeper.end({})
    assert place.texts("LI-1") == ["桥 0", "桥 1"]


def test_records_of_an_order_that_is_destroyed_are_counted_and_not_stored(place: Place) -> None:
    with serving(place) as storekeeper:
        storekeeper.write(some(1))
        place.revoke("LI-1")
        with place.register("admin") as register:
            register.grant("adm", "administrator")
        with place.register("adm") as register:
            register.destroy("LI-1")
        soon(lambda: storekeeper.changes() == [])
        storekeeper.write([*some(1, first=1), *some(1, "LI-9")])
        assert storekeeper.outcome == (1, 0)
        storekeeper.end({})
    assert place.log()[-1]["details"]["without_key"] == 2


def test_a_sensor_that_dies_is_on_the_log_and_what_it_sent_is_stored(place: Place) -> None:
    with serving(place) as storekeeper:
        storekeeper.write(some(2))
    assert notes(place)[-2:] == ["start", "lost"]
    assert place.log()[-1]["details"]["stored"] == 2
    assert len(place.records("LI-1")) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_ends_a_sensor_does_not_end_it(place: Place, number: signal.Signals) -> None:
    with serving(place) as storekeeper:
        os.kill(storekeeper._pid, number)
        storekeeper.write(some(1))
        storekeeper.end({})
    assert notes(place)[-1] == "stop"


def test_a_storekeeper_that_dies_is_told_of_in_one_line(place: Place) -> None:
    with serving(place) as storekeeper:
        os.kill(storekeeper._pid, signal.SIGKILL)
        assert soon(lambda: storekeeper.changes() or storekeeper.gone)
        for act in (lambda: storekeeper.write(some(1)), lambda: storekeeper.end({})):
            with pytest.raises(StorekeeperError, match="the storekeeper is gone"):
                act()


@pytest.mark.parametrize(
    "said",
    [
        {"records": [{"text": "half a record"}]},
        {"records": "all"},
        {"delete": "everything"},
        ["records"],
        {"records": [*[{}] * 2]},
    ],
)
def test_of_a_sensor_that_was_taken_over_nothing_is_stored_and_the_log_has_it(place: Place, said: object) -> None:
    with serving(place) as storekeeper:
        storekeeper.write(some(1))
        storekeeper._records.send(said)
        assert soon(lambda: storekeeper.changes() or storekeeper.gone)
        with pytest.raises(StorekeeperError):
            storekeeper.write(some(1, first=1))
    assert notes(place)[-3:] == ["start", "refuse", "lost"]
    assert len(place.records("LI-1")) == 1
    place.log_is_whole()


def test_one_bad_record_spoils_its_batch(place: Place) -> None:
    with serving(place) as storekeeper, pytest.raises(StorekeeperError):
        storekeeper.write([*some(2), make_record(order_id="LI-1", time="now")])
    assert place.records("LI-1") == []


def test_changes_that_nobody_reads_do_not_keep_it_from_its_end(place: Place) -> None:
    many = [f"somebody{n}@example.org" for n in range(4000)]
    with serving(place) as storekeeper:
        for n in range(4):
            place.approved(terms(f"LI-{n + 2}", *many))
            time.sleep(0.5)
        began = time.monotonic()
        storekeeper.end({})
        assert time.monotonic() - began < 10
    assert notes(place)[-1] == "stop"


def test_who_may_not_run_a_sensor_is_refused(place: Place) -> None:
    with place.register("admin") as register:
        register.withdraw(place.me, "operator")
    with pytest.raises(StorekeeperError, match="operator"), serving(place):
        pytest.fail("it serves")
    assert (place.log()[-1]["action"], place.log()[-1]["outcome"]) == ("run", "refused")


def test_without_its_key_it_refuses(place: Place) -> None:
    place.key.unlink()
    with pytest.raises(StorekeeperError, match="there is no such key"), serving(place):
        pytest.fail("it serves")
