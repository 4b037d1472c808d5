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
