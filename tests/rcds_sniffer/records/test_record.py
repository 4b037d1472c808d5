"""The record's JSON form, which other programs rely on."""

import json

from hypothesis import given
from hypothesis import strategies as st

from rcds_sniffer.records.ordering import DELAY, MAX_RECORDS, TimeOrder
from rcds_sniffer.records.record import FIELDS, CommunicationRecord, rfc3339
from tests.rcds_sniffer.records.stage import ALICE, BOB, Stage


def a_record() -> CommunicationRecord:
    stage = Stage(ALICE)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    alice.says("hi")
    stage.end()
    return next(r for r in stage.records if r.event == "message")


RECORD = a_record()


@given(st.text())
def test_text_survives_exactly_and_stays_on_one_line(text: str) -> None:
    line = RECORD.changed(text=text).to_json()
    assert json.loads(line)["text"] == text
    assert len(line.splitlines()) == 1


def test_fields_stand_in_the_order_of_the_contract() -> None:
    assert list(json.loads(RECORD.to_json())) == list(FIELDS)


def test_time_has_six_digits_or_nine() -> None:
    assert rfc3339(1_056_991_897_498_764_000) == "2003-06-30T16:51:37.498764Z"
    assert rfc3339(1_056_991_897_498_764_001) == "2003-06-30T16:51:37.498764001Z"
    assert rfc3339(0) == "1970-01-01T00:00:00.000000Z"


def test_time_that_no_calendar_holds_is_clamped() -> None:
    assert rfc3339(-5) == "1970-01-01T00:00:00.000000Z"
    assert rfc3339(1 << 70).startswith("9999-12-31T23:59:59")


def test_records_come_out_in_order_of_time() -> None:
    order = TimeOrder()
    for time in (5, 3, 4):
        order.push(RECORD.changed(time=time))
    assert [r.time for r in order.due(DELAY + 5)] == [3, 4]
    assert [r.time for r in order.rest()] == [5]


def test_order_is_bounded() -> None:
    order = TimeOrder()
    for time in range(MAX_RECORDS + 3):
        order.push(RECORD.changed(time=time))
    assert [r.time for r in order.due(0)] == [0, 1, 2]


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 3)), max_size=1500))
def test_records_of_one_time_come_out_as_they_came(steps: list[tuple[int, int]]) -> None:
    """Against the plain rule: of those that wait, always the earliest, and of equal ones the first to come."""
    order, waiting, clock, delay = TimeOrder(100), [], 0, 100
    for number, (back, step) in enumerate(steps):
        clock += step
        record = RECORD.changed(time=clock - back, missing_bytes=number)
        order.push(record)
        waiting.append((record.time, number))
        leaving = sorted(entry for entry in waiting if entry[0] < clock - delay)
        assert [(r.time, r.missing_bytes) for r in order.due(clock)] == leaving
        waiting = [entry for entry in waiting if entry not in leaving]
    assert [(r.time, r.missing_bytes) for r in order.rest()] == sorted(waiting)
