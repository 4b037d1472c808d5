"""What waits while a disk is full or a server away: in order, once, and not without bound."""

import logging
from collections.abc import Sequence

import pytest

from rcds_sniffer import backlog as module
from rcds_sniffer.backlog import RETRY, Backlog
from rcds_sniffer.records.record import CommunicationRecord
from tests.rcds_sniffer.export.export_crafting import make_record


def numbered(count: int, start: int = 0) -> list[CommunicationRecord]:
    one = make_record()
    return [one.changed(record_id=f"{start + i:032x}") for i in range(count)]


class Disk:
    """Takes whole batches while there is room; time passes as the test says."""

    def __init__(self) -> None:
        self.records: list[CommunicationRecord] = []
        self.tries = 0
        self.full = False
        self.now = 100.0

    def write(self, records: Sequence[CommunicationRecord]) -> None:
        self.tries += bool(self.full)
        if self.full:
            raise OSError("no space left")
        self.records += records


def test_what_is_refused_is_written_later_once_and_in_order(caplog: pytest.LogCaptureFixture) -> None:
    disk = Disk()
    backlog = Backlog(disk, lambda: disk.now)
    records = numbered(6)
    backlog.write(records[:1])
    disk.full = True
    with caplog.at_level(logging.WARNING):
        backlog.write(records[1:3])
        backlog.write(records[3:5])
    assert backlog.waiting == 4
    assert disk.tries == 1, "it is not tried again at once"
    disk.full = False
    disk.now += RETRY
    with caplog.at_level(logging.WARNING):
        backlog.write(())
    backlog.write(records[5:])
    assert disk.records == records
    assert (backlog.waiting, backlog.given_up) == (0, 0)
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert "no space left" in caplog.text
    assert "written again" in caplog.text


def test_oldest_are_given_up_at_the_limit_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_RECORDS", 10)
    disk = Disk()
    disk.full = True
    backlog = Backlog(disk, lambda: disk.now)
    for start in range(0, 30, 5):
        backlog.write(numbered(5, start))
    assert (backlog.waiting, backlog.given_up) == (10, 20)
    disk.full = False
    backlog.finish()
    assert disk.records == numbered(10, 20)


def test_long_texts_have_a_limit_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CHARACTERS", 1_000)
    disk = Disk()
    disk.full = True
    backlog = Backlog(disk, lambda: disk.now)
    backlog.write([record.changed(text="x" * 400) for record in numbered(5)])
    assert (backlog.waiting, backlog.given_up) == (2, 3)


def test_what_is_never_written_is_counted_at_the_end() -> None:
    disk = Disk()
    disk.full = True
    backlog = Backlog(disk, lambda: disk.now)
    backlog.write(numbered(3))
    backlog.finish()
    assert (backlog.waiting, backlog.given_up) == (0, 3)
