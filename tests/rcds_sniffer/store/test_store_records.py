"""What goes in comes out: once, exactly, in order."""

from pathlib import Path

import pytest

from rcds_sniffer.store import StoreError, TargetSummary, codec, open_store
from rcds_sniffer.store.store import ROWS

from .store_crafting import NOON, SECOND

TEXTS = {
    "empty": "",
    "white space": "  \t leading and trailing \r\n\r\n",
    "lines": "one\r\ntwo\nthree\rfour\u2028five\x85six",
    "NUL": "\0before\0after\0",
    "escape character": "\x1a \x1a0000 \x1a\x1a",
    "controls": "".join(map(chr, range(32))) + "\x7f\x9b31m",
    "chinese": "你好,今天下午三点在老地方见。",
    "japanese": "今日は雨です。カサを忘れないで(^_^)",
    "arabic": "مرحبا، كيف حالك؟ \u202eabc\u202c",
    "emoji": "👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿 👍🏽",
    "lone surrogates": "a\ud83d b\ude00 \ude00\ud83d",
    "looks like SQL": "'; DROP TABLE communication_records; -- %s ? :x",
    "long": "0123456789" * 100_000,
    "beyond unicode's plane 0": "\U0010ffff\ufffe\uffff\ufeff",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_is_read_back_exactly(url, record, text):
    kept = record(
        text=text,
        sender_name=text[:1000],
        sensor=text[:1000],
        recipients=(text[:1000], "bob@example.org"),
        details={"name": text[:1000]},
    )
    with open_store(url, create=True) as store:
        assert store.add([kept]) == 1
        assert list(store.query()) == [kept]


def test_every_field_is_read_back(url, record):
    full = record(
        order_id="LIID-1",
        time=NOON + 123_456_789,
        file={"name": "a.txt", "size": 2**40, "sha256": "0" * 64, "mime": None, "path": None, "complete": False},
        complete=False,
        missing_bytes=1460,
        details={"delivery": None, "list": [1, 2.5, True, None], "nested": {"爱": "愛"}},
    )
    empty = record(
        target=None,
        protocol_version=None,
        direction=None,
        conversation_id=None,
        sender=None,
        sender_name=None,
        recipients=(),
        text=None,
        content_type=None,
        format=None,
        client=None,
        source={},
        time=NOON + 2 * SECOND,
        details={},
    )
    with open_store(url, create=True) as store:
        assert store.add([full, empty]) == 2
        assert list(store.query()) == [full, empty]


def test_storing_twice_stores_once(url, record):
    records = [record(record_id=f"id-{number}") for number in range(20)]
    with open_store(url, create=True) as store:
        assert store.add(records[:10]) == 10
        assert store.add(records) == 10
        assert store.add([*records, *records]) == 0
        assert store.add([record(record_id="new"), record(record_id="new")]) == 1
        assert store.count() == 21


def test_nothing_to_store_stores_nothing(url):
    with open_store(url, create=True) as store:
        assert store.add([]) == 0
        assert list(store.query()) == []


def test_records_come_in_order_of_time_and_then_id(url, record):
    times = [("b", 3), ("a", 3), ("B", 3), ("c", 1), ("d", -1)]
    with open_store(url, create=True) as store:
        store.add([record(record_id=name, time=time) for name, time in times])
        # SQLite knows the order of arrival; servers are asked for the order of ids.
        same_time = ["b", "a", "B"] if "sqlite" in url or "://" not in url else ["B", "a", "b"]
        assert [found.record_id for found in store.query()] == ["d", "c", *same_time]


def test_times_that_no_bigint_holds_are_clamped(url, record):
    with open_store(url, create=True) as store:
        store.add([record(time=2**70)])
        assert [found.time for found in store.query()] == [2**63 - 1]


def test_a_failing_batch_leaves_nothing_of_itself_and_all_from_before(url, record):
    with open_store(url, create=True) as store:
        store.add([record(record_id="before")])
        with pytest.raises(StoreError):
            store.add([record(record_id="good"), record(record_id="bad", event=None)])
        assert [found.record_id for found in store.query()] == ["before"]
        assert store.add([record(record_id="after")]) == 1


def test_a_hostile_account_is_stored_whatever_its_length(url, record):
    account = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(20_000))
    with open_store(url, create=True) as store:
        assert store.add([record(target=account, sender=account, conversation_id=account)]) == 1
        assert next(store.query()).target == account


def test_targets_are_summed_up(url, record):
    with open_store(url, create=True) as store:
        store.add(
            [
                record(target="b@example.org", time=5),
                record(target="b@example.org", time=2),
                record(target=None, time=9),
            ]
        )
        assert store.targets() == [TargetSummary(None, 1, 9, 9), TargetSummary("b@example.org", 2, 2, 5)]


def test_a_query_streams_beside_a_writer_in_the_same_program(url, record):
    with open_store(url, create=True) as store:
        store.add([record(record_id=f"{number:05}") for number in range(3_000)])
        found = store.query()
        first = next(found)
        store.add([record(record_id="later")])
        assert len([first, *found]) in (3_000, 3_001)


def test_messages_hold_no_record(tmp_path: Path, record):
    with open_store(str(tmp_path / "a.db"), create=True) as store, pytest.raises(StoreError) as raised:
        store.add([record(event=None, text="secret")])
    assert "secret" not in str(raised.value)
    assert "secret" not in str(raised.value.__cause__)


def test_a_batch_of_many_statements_is_stored_once_and_counted(url, record):
    records = [record(text=f"text {number}") for number in range(2 * ROWS + 7)]
    with open_store(url, create=True) as store:
        assert store.add(records[: ROWS + 3]) == ROWS + 3
        assert store.add([*records, *records[:5]]) == ROWS + 4
        assert sorted(r.text for r in store.query()) == sorted(r.text for r in records)


def test_what_is_remembered_of_a_conversation_is_bounded_and_right(tmp_path, record):
    names = [f"{number}\0" for number in range(codec.REMEMBERED + 5)] + ["é\x1a" * codec.LONGEST] * 2
    records = [record(sender_name=name, recipients=(name,)) for name in names]
    assert [codec.decode(codec.encode(one)) for one in records] == records
