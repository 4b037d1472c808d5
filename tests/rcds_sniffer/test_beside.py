"""Storing in a thread of its own: in order, once, bounded, and nothing that went wrong is forgotten."""

import threading
import time
from collections.abc import Sequence
from typing import Self

import pytest

from rcds_sniffer import beside as module
from rcds_sniffer.beside import BehindError, Beside
from rcds_sniffer.records.record import CommunicationRecord
from tests.rcds_sniffer.test_backlog import numbered

SECONDS = 30
"""A loaded machine takes its time."""


class Disk:
    """Takes whole batches, as fast as the test lets it."""

    def __init__(self) -> None:
        self.records: list[CommunicationRecord] = []
        self.full = False
        self.turns = threading.Event()
        self.turns.set()
        self.threads: set[int] = set()
        self.closed = False

    def write(self, records: Sequence[CommunicationRecord]) -> None:
        self.threads.add(threading.get_ident())
        assert self.turns.wait(SECONDS)
        if self.full:
            raise OSError("no space left")
        self.records += records

    def __enter__(self) -> Self:
        self.threads.add(threading.get_ident())
        return self

    def __exit__(self, *error: object) -> None:
        self.closed = True


def until(condition: object) -> None:
    end = time.monotonic() + SECONDS
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.001)


def test_all_is_written_in_order_in_one_other_thread() -> None:
    disk, records = Disk(), numbered(1_000)
    with Beside(lambda: disk) as beside:
        for first in range(0, 1_000, 7):
            beside.write(records[first : first + 7])
        assert beside.finish() is None
    assert disk.records == records
    assert (beside.waiting, beside.behind, disk.closed) == (0, 0.0, True)
    assert len(disk.threads) == 1
    assert threading.get_ident() not in disk.threads


def test_slow_disk_slows_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RECORDS", 10)
    disk = Disk()
    disk.turns.clear()
    with Beside(lambda: disk) as beside:
        reader = threading.Thread(target=lambda: [beside.write(numbered(5)) for _ in range(6)], daemon=True)
        reader.start()
        until(lambda: beside.waiting == 10)
        assert beside.behind >= 0
        reader.join(0.05)
        assert reader.is_alive()
        disk.turns.set()
        reader.join(SECONDS)
    assert len(disk.records) == 30


def test_failure_is_raised_with_the_next_batch_and_nothing_more_is_written() -> None:
    disk = Disk()
    with Beside(lambda: disk) as beside:
        beside.write(numbered(3))
        until(lambda: not beside.waiting)
        disk.full = True
        beside.write(numbered(3, 3))
        until(lambda: disk.closed)
        with pytest.raises(OSError, match="no space left"):
            beside.write(numbered(3, 6))
        assert isinstance(beside.finish(), OSError)
    assert disk.records == numbered(3)


def test_failure_of_the_last_batch_is_told_at_the_end() -> None:
    disk = Disk()
    disk.full = True
    with Beside(lambda: disk) as beside:
        beside.write(numbered(3))
        assert isinstance(beside.finish(), OSError)
    assert beside.waiting == 3


def test_what_cannot_be_opened_raises_at_the_beginning() -> None:
    def opened() -> Disk:
        raise OSError("no such folder")

    with pytest.raises(OSError, match="no such folder"), Beside(opened):
        raise AssertionError("it was not opened")


def test_live_line_is_never_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RECORDS", 10)
    disk = Disk()
    disk.turns.clear()
    with Beside(lambda: disk, live=True) as beside:
        beside.write(numbered(10))
        with pytest.raises(BehindError):
            beside.write(numbered(1, 10))
        disk.turns.set()
        assert beside.finish() is None
    assert disk.records == numbered(10)


def test_live_batch_that_was_refused_is_tried_again() -> None:
    disk = Disk()
    disk.full = True
    with Beside(lambda: disk, live=True) as beside:
        beside.write(numbered(3))

        def told() -> bool:
            try:
                beside.write(())
            except OSError:
                return True
            return False

        until(told)
        disk.full = False
        until(lambda: told() or not beside.waiting)
        until(lambda: not beside.waiting or told())
        assert beside.finish() is None
    assert disk.records == numbered(3)
