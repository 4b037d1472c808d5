"""What a question finds."""

import pytest

from rcds_sniffer.store import RecordFilter, open_store

from .store_crafting import NOON, SECOND


@pytest.fixture
def store(url, record):
    """A small evening with Alice and Carl as targets."""
    with open_store(url, create=True) as store:
        store.add(
            [
                record(record_id="1", time=NOON, event="login", conversation_id=None, recipients=(), text=None),
                record(record_id="2", time=NOON + SECOND, text="100% sure_thing, ÄRGER in ΑΘΉΝΑ"),
                record(
                    record_id="3",
                    time=NOON + 2 * SECOND,
                    sender="bob@example.org",
                    recipients=("alice@example.org", "d_e@example.org"),
                    text="1000 surely thing",
                ),
                record(
                    record_id="4",
                    time=NOON + 3 * SECOND,
                    target="carl@example.org",
                    sender="carl@example.org",
                    recipients=("alice@example.org", "dxe@example.org", 'q"\\@example.org'),
                    conversation_id="c2",
                    text="back\\slash\0nul",
                ),
                record(record_id="5", time=NOON + 4 * SECOND, target=None, sender=None, text="🙂"),
            ]
        )
        yield store


CASES = [
    (RecordFilter(), "12345"),
    (RecordFilter(targets=("alice@example.org",)), "123"),
    (RecordFilter(targets=(" Alice@Example.ORG", "carl@example.org")), "1234"),
    (RecordFilter(targets=("nobody@example.org",)), ""),
    (RecordFilter(contact="bob@example.org"), "235"),
    (RecordFilter(contact="Bob@example.org", targets=("alice@example.org",)), "23"),
    (RecordFilter(contact="alice@example.org"), "4"),  # not where she is the target
    (RecordFilter(contact="d_e@example.org"), "3"),  # the underscore is itself
    (RecordFilter(contact='q"\\@example.org'), "4"),
    (RecordFilter(contact="ob@example.org"), ""),  # whole accounts only
    (RecordFilter(since=NOON + SECOND, until=NOON + 3 * SECOND), "23"),
    (RecordFilter(since=2**80), ""),
    (RecordFilter(events=("login",)), "1"),
    (RecordFilter(events=("login", "message"), targets=("alice@example.org",)), "123"),
    (RecordFilter(conversation_id="c2"), "4"),
    (RecordFilter(text="SURE"), "23"),
    (RecordFilter(text="ärger"), "2"),
    (RecordFilter(text="αθήνα"), "2"),
    (RecordFilter(text="100%"), "2"),
    (RecordFilter(text="e_t"), "2"),
    (RecordFilter(text="back\\slash"), "4"),
    (RecordFilter(text="h\0N"), "4"),
    (RecordFilter(text="🙂"), "5"),
    (RecordFilter(text=""), "2345"),
    (RecordFilter(limit=2), "12"),
    (RecordFilter(limit=0), ""),
]


@pytest.mark.parametrize(("wanted", "found"), CASES, ids=[repr(wanted) for wanted, _ in CASES])
def test_filter_finds(store, wanted, found):
    assert "".join(record.record_id for record in store.query(wanted)) == found
    assert store.count(wanted) == len(found)
