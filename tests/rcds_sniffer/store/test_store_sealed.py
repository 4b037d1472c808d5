"""Sealed records: what is read is what was stored, and the database itself tells nobody anything."""

import multiprocessing
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy
from hypothesis import given, settings
from hypothesis import strategies as st

from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.secrecy.keyring import KeyDestroyed, Keyring
from rcds_sniffer.secrecy.keys import MasterKey
from rcds_sniffer.store import RecordFilter, StoreError, open_store
from rcds_sniffer.store.sealed import Finding, SealedStore, open_sealed_store
from rcds_sniffer.store.sealed_form import pack, unpack

from .store_crafting import NOON, SECOND, make_record

MASTER = bytes(range(32))
A, B = "a" * 32, "b" * 32
REFERENCES = {"LI-1": A, "LI-2": B}


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    made = Keyring(tmp_path / "keys", MasterKey(MASTER), create=True)
    made.create(A)
    made.create(B)
    return made


@pytest.fixture
def store(url: str, keyring: Keyring) -> Iterator[SealedStore]:
    with open_sealed_store(url, keyring, create=True) as opened:
        yield opened


def of(order: str, number: int, **changed: object) -> CommunicationRecord:
    """A record of ``order`` whose id is its number."""
    return make_record(order_id=order, record_id=f"{number:032x}", **changed)


def all_of(store: SealedStore, reference: str = A) -> list[CommunicationRecord]:
    return list(store.query(reference))


def found_in(store: SealedStore, reference: str = A) -> tuple[list[int | None], list[str]]:
    """Numbers of what is read, and what is wrong."""
    wrong: list[Finding] = []
    numbers = [record.sequence for record in store.query(reference, wrong=wrong.append)]
    return numbers, list(map(str, wrong))


# --- what is read is what was stored ------------------------------------------------------------------------

anything = st.text(st.characters(exclude_categories=())) | st.sampled_from(
    ["", "\x00", "\ud83d\ude00", "你好 🎉 مرحبا", "\x1a"]
)
maybe = st.none() | anything
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**200), 2**200) | anything,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(anything, inner, max_size=3),
    max_leaves=6,
)
objects = st.none() | st.dictionaries(anything, values, max_size=4)
any_record = st.builds(
    make_record,
    record_id=anything,
    order_id=st.just("LI-1"),
    time=st.integers(-(2**200), 2**200),
    missing_bytes=st.integers(0, 2**200),
    complete=st.booleans(),
    recipients=st.lists(anything, max_size=4).map(tuple),
    source=st.dictionaries(anything, values, max_size=4),
    **dict.fromkeys(["protocol", "event", "server", "sensor"], anything),
    **dict.fromkeys(["format", "file", "details"], objects),
    **dict.fromkeys(
        [
            "target",
            "protocol_version",
            "direction",
            "conversation_id",
            "sender",
            "sender_name",
            "text",
            "content_type",
            "client",
        ],
        maybe,
    ),
)


@settings(max_examples=300, deadline=None)
@given(any_record)
def test_every_record_comes_back_as_it_was(record: CommunicationRecord) -> None:
    assert unpack(pack(record)) == record


@settings(max_examples=25, deadline=None)
@given(batches=st.lists(st.lists(any_record, max_size=5), max_size=4))
def test_what_is_stored_is_read_in_the_order_in_which_it_came(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[CommunicationRecord]]
) -> None:
    folder = tmp_path_factory.mktemp("sealed")
    ring = Keyring(folder / "keys", MasterKey(MASTER), create=True)
    ring.create(A)
    first: dict[str, CommunicationRecord] = {}
    with open_sealed_store(str(folder / "records.db"), ring, create=True) as store:
        for batch in batches:
            there = len(first)
            for record in batch:
                first.setdefault(record.record_id, record)
            assert store.add(batch, REFERENCES) == len(first) - there
        expected = [record.changed(sequence=number) for number, record in enumerate(first.values(), 1)]
        assert all_of(store) == expected


def test_numbers_go_on_for_each_order_by_itself(store: SealedStore) -> None:
    assert store.add([of("LI-1", 1), of("LI-2", 2), of("LI-1", 3)], REFERENCES) == 3
    assert store.add([of("LI-2", 4), of("LI-1", 5)], REFERENCES) == 2
    assert [(r.sequence, r.record_id[-1]) for r in all_of(store, A)] == [(1, "1"), (2, "3"), (3, "5")]
    assert [(r.sequence, r.record_id[-1]) for r in all_of(store, B)] == [(1, "2"), (2, "4")]
    assert (store.last(A), store.last(B), store.last("c" * 32)) == (3, 2, 0)


def test_storing_again_stores_nothing_twice_and_leaves_no_gap(store: SealedStore) -> None:
    assert store.add([of("LI-1", n) for n in range(10)], REFERENCES) == 10
    assert store.add([of("LI-1", n) for n in range(10)], REFERENCES) == 0
    assert store.add([of("LI-1", n) for n in (10, 3, 10, 11)], REFERENCES) == 2
    assert [r.sequence for r in all_of(store)] == list(range(1, 13))


def test_more_records_than_are_asked_for_at_once(store: SealedStore) -> None:
    batch = [of("LI-1", n) for n in range(1_203)]
    assert store.add(batch, REFERENCES) == 1_203
    assert store.add([*batch, of("LI-1", 1_203)], REFERENCES) == 1
    assert [int(r.record_id, 16) for r in all_of(store)] == list(range(1_204))


def test_the_same_record_of_two_orders_is_stored_for_each(store: SealedStore) -> None:
    assert store.add([of("LI-1", 1), of("LI-2", 1)], REFERENCES) == 2
    with store._engine.connect() as connection:
        ids = connection.execute(sqlalchemy.text("SELECT sealed_id FROM sealed_records")).scalars().all()
    assert len(set(ids)) == 2


def test_records_without_order_or_key_are_counted_and_not_stored(store: SealedStore, keyring: Keyring) -> None:
    keyring.destroy(B)
    batch = [of("LI-1", 1), of("LI-2", 2), of("LI-3", 3), make_record()]
    assert store.add(batch, REFERENCES) == 1
    assert store.without_key == 3
    assert [r.sequence for r in all_of(store)] == [1]


def test_a_destroyed_order_is_readable_by_nobody(store: SealedStore, keyring: Keyring, tmp_path: Path) -> None:
    store.add([of("LI-1", 1)], REFERENCES)
    keyring.destroy(A)
    with pytest.raises(KeyDestroyed):
        all_of(store)
    keyring.create(A)  # another one of the same name opens nothing
    assert found_in(store) == ([], [f"order {A}, record 1: was changed, or belongs elsewhere; restore a copy"])


def _write(url: str, keys: str, first: int, batches: int) -> None:
    with open_sealed_store(url, Keyring(Path(keys), MasterKey(MASTER)), create=True) as store:
        for batch in range(batches):
            numbers = range(first + batch * 7, first + batch * 7 + 10)  # three of ten come again
            store.add([of("LI-1", n) for n in numbers] + [of("LI-2", n) for n in numbers[::3]], REFERENCES)


def test_two_writers_at_once_leave_no_gap(store: SealedStore, url: str, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(url, str(tmp_path / "keys"), first, 30)) for first in (0, 100)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
        assert writer.exitcode == 0
    found = all_of(store)
    assert [r.sequence for r in found] == list(range(1, len(found) + 1))
    assert {int(r.record_id, 16) for r in found} == set(range(313))
    others = all_of(store, B)
    assert [r.sequence for r in others] == list(range(1, len(others) + 1))


# --- what is asked for --------------------------------------------------------------------------------------

QUESTIONS = [
    RecordFilter(),
    RecordFilter(targets=(" Alice@example.org ",)),
    RecordFilter(targets=("nobody@example.org", "bob@example.org")),
    RecordFilter(contact="bob@example.org"),
    RecordFilter(contact="alice@example.org"),
    RecordFilter(since=NOON + 2 * SECOND, until=NOON + 5 * SECOND),
    RecordFilter(since=2**80),
    RecordFilter(until=2**80),
    RecordFilter(text="HELLO"),
    RecordFilter(text="Straße"),
    RecordFilter(text="100%_"),
    RecordFilter(text="a\x00b"),
    RecordFilter(events=("message", "nudge")),
    RecordFilter(conversation_id="c2"),
    RecordFilter(contact="bob@example.org", text="l", events=("message",), limit=2),
]


@pytest.mark.parametrize("wanted", QUESTIONS)
def test_a_question_finds_what_it_finds_in_the_plain_store(
    tmp_path: Path, keyring: Keyring, wanted: RecordFilter
) -> None:
    texts = ["hello", "STRASSE", "100%_ sure", "a\x00b", None, "Hello, 你好", "", "l"]
    targets = ["alice@example.org", "bob@example.org", None]
    records = [
        of("LI-1", n, text=texts[n % 8], target=targets[n % 3], time=NOON + n * SECOND if n < 23 else 2**90,
           event=("message", "nudge", "typing")[n % 3], conversation_id=(None, "c1", "c2")[n % 3],
           sender=(None, "alice@example.org", "bob@example.org")[n % 3],
           recipients=((), ("bob@example.org", "carol@example.org"))[n % 2])
        for n in range(24)
    ]  # fmt: skip
    with (
        open_store(str(tmp_path / "plain.db"), create=True) as plain,
        open_sealed_store(str(tmp_path / "sealed.db"), keyring, create=True) as sealed,
    ):
        plain.add(records)
        sealed.add(records, REFERENCES)
        expected = [record.record_id for record in plain.query(wanted)]
        assert [record.record_id for record in sealed.query(A, wanted)] == expected
        assert sealed.count(A, wanted) == len(expected)


def test_a_question_ends_at_a_number(store: SealedStore) -> None:
    store.add([of("LI-1", n) for n in range(9)], REFERENCES)
    assert [r.sequence for r in store.query(A, RecordFilter(), upto=4)] == [1, 2, 3, 4]
    assert store.count(A, RecordFilter(limit=3), upto=4) == 3


def test_bindings_tell_who_was_where_and_how_it_is_known(store: SealedStore) -> None:
    here, there = "192.0.2.7:1042", "[2001:db8::7]:99"
    store.add(
        [
            of("LI-1", 1, event="login", client=here, time=NOON + 5),
            of("LI-1", 2, client=here, time=NOON + 1),
            of("LI-1", 3, client=there, event="presence", time=NOON + 9),
            of("LI-1", 4, client=None),
            of("LI-1", 5, client=there, event="login", details={"error": 911}, time=NOON + 10),
            of("LI-1", 6, client="192.0.2.7:2000", target="carol@example.org", event="nudge", time=NOON + 2),
        ],
        REFERENCES,
    )
    found = [
        (b.account, b.address, b.first - NOON, b.last - NOON, b.records, b.login, b.messages)
        for b in store.bindings(A)
    ]
    assert found == [
        ("alice@example.org", "192.0.2.7", 1, 5, 2, True, True),
        ("carol@example.org", "192.0.2.7", 2, 2, 1, False, False),
        ("alice@example.org", "2001:db8::7", 9, 10, 2, False, False),
    ]


# --- what somebody's hand did -------------------------------------------------------------------------------


@pytest.fixture
def three(tmp_path: Path, keyring: Keyring) -> Iterator[tuple[SealedStore, sqlite3.Connection]]:
    """Three records of each order in an SQLite file, and a hand in it."""
    path = tmp_path / "records.db"
    with open_sealed_store(str(path), keyring, create=True) as opened:
        opened.add([of(order, n) for n in (1, 2, 3) for order in REFERENCES], REFERENCES)
        with closing(sqlite3.connect(path, isolation_level=None)) as hand:
            yield opened, hand


CHANGED = "was changed, or belongs elsewhere; restore a copy"
HANDS: dict[str, tuple[str, list[int] | None, list[str]]] = {
    # what was done: how (the 2nd is the second record of A), what is still read, what is wrong
    "a bit turned": (
        "UPDATE sealed_records SET sealed = CAST(substr(sealed, 1, 30) || char(1) || substr(sealed, 32) AS BLOB)"
        " WHERE THE 2nd",
        [1, 3], [f"record 2: {CHANGED}"],
    ),
    "cut short": ("UPDATE sealed_records SET sealed = x'00' WHERE THE 2nd", [1, 3], [f"record 2: {CHANGED}"]),
    "emptied": ("UPDATE sealed_records SET sealed = x'' WHERE THE 2nd", [1, 3], [f"record 2: {CHANGED}"]),
    "text instead": (
        "UPDATE sealed_records SET sealed = 'text', sealed_id = CAST(x'ff00' AS TEXT) WHERE THE 2nd",
        [1, 3], [f"record 2: {CHANGED}"],
    ),
    "two swapped": (
        "CREATE TEMP TABLE old AS SELECT * FROM sealed_records; UPDATE sealed_records SET sealed ="
        " (SELECT sealed FROM old WHERE old.reference = A AND old.sequence = 5 - sealed_records.sequence)"
        " WHERE reference = A AND sequence IN (2, 3)",
        [1], [f"record 2: {CHANGED}", f"record 3: {CHANGED}"],
    ),
    "two swapped with their names": (
        "UPDATE sealed_records SET sequence = -1 WHERE THE 2nd;"
        "UPDATE sealed_records SET sequence = 2 WHERE reference = A AND sequence = 3;"
        "UPDATE sealed_records SET sequence = 3 WHERE sequence = -1",
        [1], [f"record 2: {CHANGED}", f"record 3: {CHANGED}"],
    ),
    "an old one again": (
        "INSERT INTO sealed_records SELECT 'ffff', reference, 4, sealed FROM sealed_records WHERE THE 2nd",
        [1, 2, 3], [f"record 4: {CHANGED}"],
    ),
    "of another order": (
        "UPDATE sealed_records SET sequence = 4, reference = A WHERE reference = B AND sequence = 3",
        [1, 2, 3], [f"record 4: {CHANGED}"],
    ),
    "one taken away": ("DELETE FROM sealed_records WHERE THE 2nd", [1, 3], ["record 2: is missing"]),
    "the first ones taken away": (
        "DELETE FROM sealed_records WHERE reference = A AND sequence < 3",
        [3], ["record 1: is missing, and all up to 2"],
    ),
    "moved on": (
        "UPDATE sealed_records SET sequence = 7 WHERE reference = A AND sequence = 3",
        [1, 2], ["record 3: is missing, and all up to 6", f"record 7: {CHANGED}"],
    ),
    "no number": (
        "UPDATE sealed_records SET sequence = 'x' WHERE reference = A AND sequence = 3",
        [1, 2], ["record 'x': was put in"],
    ),
    "twice, without the index": (
        "DROP INDEX ix_sealed_records_sequence;"
        "INSERT INTO sealed_records SELECT 'x', reference, 2, sealed FROM sealed_records WHERE THE 2nd",
        None, ["record 2: was put in"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("hand", HANDS)
def test_what_was_done_by_hand_is_found_and_the_rest_is_read(
    three: tuple[SealedStore, sqlite3.Connection], hand: str
) -> None:
    store, connection = three
    script, numbers, wrong = HANDS[hand]
    script = script.replace("THE 2nd", "reference = A AND sequence = 2")
    connection.executescript(script.replace("= A", f"= '{A}'").replace("= B", f"= '{B}'"))
    wrong = [f"order {A}, {what}" for what in wrong]
    read, found = found_in(store)
    if numbers is None:  # which of the two comes first is the database's to say
        assert set(read) <= {1, 2, 3}
        assert set(wrong) <= set(found)
    else:
        assert (read, found) == (numbers, wrong)
    with pytest.raises(StoreError, match=f"order {A}, record"):
        all_of(store)


def test_rows_cut_off_while_they_are_read_are_missing(three: tuple[SealedStore, sqlite3.Connection]) -> None:
    store, connection = three
    upto = store.last(A)
    connection.execute("DELETE FROM sealed_records WHERE sequence >= 2")
    wrong: list[Finding] = []
    assert [r.sequence for r in store.query(A, wrong=wrong.append, upto=upto)] == [1]
    assert [str(finding) for finding in wrong] == [f"order {A}, record 2: is missing, and all up to 3"]


def test_a_record_of_a_newer_version_is_told(
    three: tuple[SealedStore, sqlite3.Connection], keyring: Keyring
) -> None:
    store, connection = three
    row = "reference = ? AND sequence = 2"
    sealed_id = connection.execute(f"SELECT sealed_id FROM sealed_records WHERE {row}", (A,)).fetchone()[0]  # noqa: S608
    newer = keyring.key(A).seal(b"\x02whatever", f"sealed_records/{A}/2/{sealed_id}")
    connection.execute(f"UPDATE sealed_records SET sealed = ? WHERE {row}", (newer, A))  # noqa: S608
    numbers, wrong = found_in(store)
    assert numbers == [1, 3]
    assert wrong == [f"order {A}, record 2: a newer version of the program stored it; update this one"]


def test_a_row_has_nothing_else(store: SealedStore) -> None:
    store.add([of("LI-1", 1)], REFERENCES)
    with store._engine.connect() as connection:
        row = connection.execute(sqlalchemy.text("SELECT * FROM sealed_records")).mappings().one()
    assert set(row) == {"sealed_id", "reference", "sequence", "sealed"}
    assert (row["reference"], row["sequence"], len(row["sealed_id"])) == (A, 1, 32)
    assert row["sealed_id"] != f"{1:032x}"
