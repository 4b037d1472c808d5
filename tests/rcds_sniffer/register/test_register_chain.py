"""The log's chain: any one edit of the table is found, and at the entry where it was made."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rcds_sniffer.register.audit import (
    EMPTY,
    MAX_ENTRY,
    Check,
    Finding,
    Head,
    Row,
    check_head,
    mac_of,
    stamp,
    write_entry,
)
from rcds_sniffer.register.head import parse_head

KEY = bytes(range(32))


def entry(number: int, **changed: object) -> str:
    fields = {
        "number": number, "time": stamp(number), "person": "李雷", "action": "read", "order": "0" * 32,
        "liid": "LI-7", "outcome": "done", "details": {"records": number * 7},
    }  # fmt: skip
    return write_entry({**fields, **changed})


def chain(length: int) -> list[list[object]]:
    """A log as it was written: number, entry, mac."""
    out: list[list[object]] = []
    before = EMPTY.mac
    for number in range(1, length + 1):
        text = entry(number)
        before = mac_of(KEY, before, text)
        out.append([number, text.encode(), before.encode()])
    return out


def head_of(log: list[list[object]]) -> Head:
    return Head(log[-1][0], log[-1][2].decode()) if log else EMPTY  # type: ignore[arg-type, attr-defined]


def findings(log: list[list[object]], head: Head = EMPTY) -> list[Finding]:
    check = Check(KEY, frozenset({head.number}))
    out = []
    for number, text, mac in sorted(log, key=lambda row: (isinstance(row[0], str), row[0])):
        out += check.row(Row(number, text, mac))  # type: ignore[arg-type]
    out += check.end()
    out += check_head(check, head, "the head")
    return out


def numbers(found: list[Finding]) -> set[int | None]:
    return {finding.number for finding in found}


def texts(found: list[Finding]) -> list[str]:
    return [str(finding) for finding in found]


LOGS = st.integers(1, 12).map(chain)


@given(LOGS)
def test_log_as_it_was_written_has_no_finding(log):
    assert findings(log, head_of(log)) == []
    for row in log:
        assert findings(log, Head(row[0], row[2].decode())) == []


@given(LOGS, st.data())
def test_flipped_bit_of_an_entry_or_a_mac_is_found_at_its_number(log, data):
    row = data.draw(st.integers(0, len(log) - 1))
    column = data.draw(st.sampled_from([1, 2]))
    bit = data.draw(st.integers(0, 8 * len(log[row][column]) - 1))
    changed = copy.deepcopy(log)
    octets = bytearray(changed[row][column])
    octets[bit // 8] ^= 1 << bit % 8
    changed[row][column] = bytes(octets)
    assert numbers(findings(changed)) == {row + 1}
    assert numbers(findings(changed, head_of(log))) == {row + 1}


@given(LOGS, st.data())
def test_changed_field_of_an_entry_is_found_at_its_number(log, data):
    row = data.draw(st.integers(0, len(log) - 1))
    changes = data.draw(
        st.sampled_from([{"person": "mallory"}, {"liid": "LI-8"}, {"outcome": "refused"}, {"details": {}}])
    )
    changed = copy.deepcopy(log)
    changed[row][1] = entry(row + 1, **changes).encode()
    assert numbers(findings(changed)) == {row + 1}


@given(LOGS, st.data())
def test_entry_and_mac_that_an_attacker_without_the_key_makes_are_found(log, data):
    row = data.draw(st.integers(0, len(log) - 1))
    text = entry(row + 1, person="mallory")
    before = EMPTY.mac if row == 0 else log[row - 1][2].decode()
    changed = copy.deepcopy(log)
    changed[row][1:] = [text.encode(), mac_of(b"another key", before, text).encode()]
    assert row + 1 in numbers(findings(changed))


@given(LOGS, st.data())
def test_deleted_row_is_found_at_its_number(log, data):
    row = data.draw(st.integers(0, len(log) - 1))
    changed = log[:row] + log[row + 1 :]
    found = findings(changed, head_of(log))
    assert found[0].number == row + 1
    assert found[0].what.startswith(("missing", "cut off"))
    assert numbers(found) <= {row + 1, row + 2}


@given(LOGS, st.data())
def test_rows_cut_off_are_found_at_the_first_of_them(log, data):
    left = data.draw(st.integers(0, len(log) - 1))
    found = findings(log[:left], head_of(log))
    assert numbers(found) == {left + 1}
    assert found[0].what.startswith("cut off")


@given(st.integers(2, 12).map(chain), st.data())
def test_swapped_rows_are_found_at_both_numbers(log, data):
    one, two = sorted(data.draw(st.lists(st.integers(0, len(log) - 1), min_size=2, max_size=2, unique=True)))
    changed = copy.deepcopy(log)
    changed[one][1:], changed[two][1:] = changed[two][1:], changed[one][1:]
    found = findings(changed, head_of(log))
    assert {one + 1, two + 1} <= numbers(found) <= {one + 1, one + 2, two + 1, two + 2}
    moved = {finding.number for finding in found if finding.what.startswith("moved")}
    assert moved == {one + 1, two + 1}


@given(LOGS, st.data())
def test_row_that_stands_there_twice_is_found(log, data):
    row = data.draw(st.integers(0, len(log) - 1))
    number = data.draw(st.integers(-1, len(log) + 3).filter(lambda number: number != row + 1))
    changed = [*copy.deepcopy(log), [number, *log[row][1:]]]
    found = findings(changed, head_of(log))
    assert found
    assert numbers(found) & {None, number, len(log) + 1}


@given(LOGS, st.sampled_from(["middle", "end"]))
def test_row_that_was_put_in_is_found_where_it_stands(log, where):
    number = len(log) + 1
    text = entry(number)
    mac = mac_of(b"another key", log[-1][2].decode(), text)
    if where == "end":
        assert numbers(findings([*log, [number, text.encode(), mac.encode()]], head_of(log))) == {number}
        return
    # Room is made for it: every row behind it moves on by one.
    at = len(log) // 2
    put = [at + 1, entry(at + 1, person="mallory").encode(), mac.encode()]
    later = [[row[0] + 1, *row[1:]] for row in log[at:]]
    found = findings([*log[:at], put, *later], head_of(log))
    assert min(number for number in numbers(found) if number) == at + 1
    assert set(range(at + 1, len(log) + 2)) <= numbers(found)


@given(LOGS)
def test_second_log_of_the_same_key_in_its_place_is_found_by_the_head(log):
    other: list[list[object]] = []
    before = EMPTY.mac
    for row in log:
        text = entry(row[0], person="mallory")
        before = mac_of(KEY, before, text)
        other.append([row[0], text.encode(), before.encode()])
    assert findings(other) == []  # who has the key can write another log ...
    (finding,) = findings(other, head_of(log))  # ... but not the head that was noted
    assert finding.number == len(log)


@given(
    LOGS, st.sampled_from([None, b"", b"\xff\xfe", b"[]", b"{}", b"null", b"[" * 100_000]), st.sampled_from([1, 2])
)
def test_what_is_no_entry_or_no_mac_is_a_finding_and_no_crash(log, put, column):
    row = len(log) // 2
    changed = copy.deepcopy(log)
    changed[row][column] = put
    assert numbers(findings(changed, head_of(log))) == {row + 1}


def test_row_whose_number_is_no_number_is_a_finding():
    log = chain(3)
    assert "put in" in texts(findings([*log, ["seven", *log[0][1:]]]))[0]


def test_log_that_goes_on_behind_the_head_is_as_it_should_be():
    log = chain(5)
    assert findings(log, head_of(log[:3])) == []


def test_each_of_several_changes_is_found():
    log = chain(9)
    for row in (2, 6):
        log[row][1] = entry(row + 1, person="mallory").encode()
    assert numbers(findings(log)) == {3, 7}


def test_words_say_what_was_done():
    log = chain(6)
    log[1][1] = entry(2, person="mallory").encode()
    log[3][2] = b"0" * 64
    del log[4]
    assert texts(findings(log, head_of(chain(8)))) == [
        "entry 2: changed: it is not what was written",
        "entry 4: changed or put in: it does not fit the one before it",
        "entry 5: missing",
        "entry 6: cannot be checked, since the one before it is not there",
        "entry 7: cut off, and all up to entry 8: the head knows of it",
    ]


def test_entry_is_one_line_of_ascii():
    text = entry(1, person="李雷\n\u202e\ud800")
    assert text.isascii()
    assert "\n" not in text


def test_entry_that_is_too_long_or_no_json_is_refused():
    with pytest.raises(ValueError, match="16,384"):
        entry(1, details={"x": "x" * MAX_ENTRY})
    with pytest.raises(ValueError, match="JSON"):
        entry(1, details={"x": float("nan")})


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (0, "1970-01-01T00:00:00.000000000Z"),
        (1_795_348_800_123_456_789, "2026-11-22T12:00:00.123456789Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
    ],
)
def test_time_has_all_its_digits(time, text):
    assert stamp(time) == text


def test_head_is_read_as_it_is_printed():
    head = Head(7, "0a" * 32)
    assert parse_head(str(head)) == head
    for text in ("", "7", "7:", "7:xyz", f"-1:{head.mac}", f"7:{head.mac}0", f"７:{head.mac}"):
        assert parse_head(text) is None
