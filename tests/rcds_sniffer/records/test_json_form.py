"""The record's line, put together from pieces, is the line that json makes of the whole record."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rcds_sniffer.records import json_form
from rcds_sniffer.records.json_form import json_line
from rcds_sniffer.records.record import UNSAFE, CommunicationRecord

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=12)
"""Lone surrogates too."""
TEXTS = ANY_TEXT | st.sampled_from(
    ["", "\x7f", "\u2028", "\x85", '"', "\\", "\r\n", "\ud83d\ude00", "a b", "你好 🙂"]
)
MAYBE = st.none() | TEXTS
NUMBERS = st.integers() | st.sampled_from([0, 1, 255, 256, -1])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.floats() | TEXTS | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
NAMES = TEXTS | st.sampled_from(["charset", "delivery"]) | st.none() | st.booleans() | st.integers() | st.floats()
OBJECTS = st.none() | st.dictionaries(NAMES, VALUES, max_size=4)
TIMES = st.integers(-5, 2**63) | st.integers(0, 300_000_000_000_000_000_000) | st.just(10**9 * 1_195_000_000 + 1)

FIELDS: dict[str, st.SearchStrategy[object]] = {
    **dict.fromkeys(("record_id", "protocol", "event", "server", "sensor"), TEXTS),
    **dict.fromkeys(("order_id", "target", "protocol_version", "direction", "conversation_id", "sender"), MAYBE),
    **dict.fromkeys(("sender_name", "text", "content_type", "client"), MAYBE),
    **dict.fromkeys(("format", "file", "details"), OBJECTS),
    "time": TIMES,
    "recipients": st.lists(TEXTS, max_size=3).map(tuple),
    "source": st.fixed_dictionaries({"name": TEXTS, "packet": NUMBERS}) | OBJECTS.filter(lambda o: o is not None),
    "complete": st.booleans(),
    "missing_bytes": st.integers(min_value=0),
}
RECORDS = st.fixed_dictionaries(FIELDS).map(lambda fields: CommunicationRecord(**fields))


def plainly(record: CommunicationRecord) -> str:
    line = json.dumps(record.to_dict(), ensure_ascii=False, separators=(",", ":"), default=str)
    return UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


def a_record(**changed: object) -> CommunicationRecord:
    fields: dict[str, object] = dict.fromkeys(FIELDS)
    fields |= dict.fromkeys(("record_id", "protocol", "event", "server", "sensor"), "x")
    fields |= {
        "time": 0,
        "recipients": (),
        "source": {"name": "x", "packet": 1},
        "complete": True,
        "missing_bytes": 0,
    }
    return CommunicationRecord(**{**fields, **changed})


@given(RECORDS)
def test_line_is_what_json_makes_of_the_record(record: CommunicationRecord) -> None:
    assert json_line(record).decode() == plainly(record)
    assert json_line(record).decode() == plainly(record)  # from what is remembered now
    assert record.to_json() == plainly(record)


@pytest.mark.parametrize("values", [(True, 1, 1.0), (1.0, 1, True), (0, False, -0.0), ("1", 1), (None, "null")])
def test_equal_values_of_other_kinds_are_not_taken_for_each_other(values: tuple[object, ...]) -> None:
    for value in values:
        for details in ({"a": value}, {"a": [value]}, {value: "a"}):
            record = a_record(details=details)
            assert json_line(record).decode() == plainly(record)


def test_every_character_alone() -> None:
    for number in range(0x11000):
        record = a_record(text=chr(number), sender_name=chr(number), details={chr(number): chr(number)})
        assert json_line(record).decode() == plainly(record)


def test_not_a_number_is_what_json_makes_of_it() -> None:
    record = a_record(details={"a": math.nan, "b": math.inf})
    assert json_line(record).decode() == plainly(record)


def test_what_is_remembered_is_bounded() -> None:
    for number in range(json_form.REMEMBERED + 10):
        text = f"{number}@example.org"
        record = a_record(target=text, time=number * 10**9, details={text: text}, format={text: number})
        assert json_line(record).decode() == plainly(record)


def test_a_long_name_is_not_remembered_and_right() -> None:
    record = a_record(sender_name="é" * json_form.LONGEST, details={"a": "é" * json_form.LONGEST})
    assert json_line(record) == json_line(record) == plainly(record).encode()
