"""Events cross from one process to another as they were."""

import os
from typing import Any

import pytest

from rcds_sniffer import events as shared
from rcds_sniffer.events import Connection, Event, FileOctets, Seen
from rcds_sniffer.workers.outbox import Outbox, Progress
from rcds_sniffer.workers.packing import CLASSES, Packed, Packer, Unpacker, from_octets, to_octets

VALUES: dict[str, Any] = {
    "complete": False,
    "delivered": True,
    "details": {"error": 911, "nested": {"of": [1, 2.5, None, "é"]}},
    "format": {"font": "MS Shell Dlg", "effects": ["bold"]},
    "known": ((0, b"\0\xff"), (1 << 40, b"")),
    "length": 17,
    "missing": 1 << 33,
    "octets": 5,
    "text": "你好 😢 \ud83d \0",
    "transaction": 4_294_967_295,
}
"""Of fields that are no mere text."""


def a_connection() -> Connection:
    return Connection("msnp", "192.0.2.1:1025", "[2001:db8::1]:1863", -5, None, "messenger")


def an_event(kind: type[Event], connection: Connection) -> Event:
    seen = Seen(1_700_000_000_123_456_789, 0xFFFF_FFFF, 7, "eth0 é", True, 2)
    values = VALUES | ({"octets": b"\0\xff", "offset": 1 << 33} if kind is FileOctets else {})
    return kind(connection, seen, True, **{name: values.get(name, f"the {name}") for name in kind.FIELDS})


def crossed(packer: Packer, unpacker: Unpacker, *events: Event) -> list[Event]:
    packed: list[Packed] = []
    for event in events:
        packer.pack(event, packed)
    return [found for one in from_octets(to_octets(packed)) if (found := unpacker.unpack(one)) is not None]


def same(one: Event, other: Event) -> bool:
    names = ("seen", "inferred", *one.FIELDS)
    return type(one) is type(other) and all(getattr(one, name) == getattr(other, name) for name in names)


@pytest.mark.parametrize("kind", CLASSES)
def test_event_arrives_as_it_was(kind: type[Event]) -> None:
    event = an_event(kind, a_connection())
    (arrived,) = crossed(Packer(), Unpacker(), event)
    assert same(event, arrived)
    for name in ("protocol", "client", "server", "started", "version", "realm"):
        assert getattr(arrived.connection, name) == getattr(event.connection, name)


def test_every_event_of_the_vocabulary_is_known() -> None:
    assert {shared.Message, shared.ConnectionClosed, shared.Invited, shared.Delivery} < set(CLASSES)


def test_absent_is_not_empty() -> None:
    event = shared.Message(a_connection(), Seen(1, 2, 3, "", False), sender=None, text="")
    (arrived,) = crossed(Packer(), Unpacker(), event)
    assert same(event, arrived)


def test_connections_stay_themselves() -> None:
    packer, unpacker = Packer(), Unpacker()
    one, other = a_connection(), a_connection()
    first = crossed(packer, unpacker, an_event(shared.Entered, one), an_event(shared.Entered, other))
    again = crossed(packer, unpacker, an_event(shared.Entered, one), an_event(shared.Entered, other))
    assert [event.connection for event in first] == [event.connection for event in again]
    assert first[0].connection is not first[1].connection


def test_what_changes_on_a_connection_is_told_with_its_next_event() -> None:
    packer, unpacker = Packer(), Unpacker()
    connection = a_connection()
    (before,) = crossed(packer, unpacker, an_event(shared.Entered, connection))
    connection.version = "MSNP15"
    connection.client, connection.server = connection.server, connection.client
    crossed(packer, unpacker, an_event(shared.Entered, connection))
    assert (before.connection.version, before.connection.server) == ("MSNP15", "192.0.2.1:1025")


def test_closed_connections_are_forgotten_on_both_sides() -> None:
    packer, unpacker = Packer(), Unpacker()
    connection = a_connection()
    crossed(packer, unpacker, an_event(shared.Entered, connection), an_event(shared.ConnectionClosed, connection))
    assert not packer._known
    assert not unpacker._connections


def test_what_is_told_of_a_closed_connection_still_arrives() -> None:
    packer, unpacker = Packer(), Unpacker()
    connection = a_connection()
    crossed(packer, unpacker, an_event(shared.ConnectionClosed, connection))
    (late,) = crossed(packer, unpacker, an_event(shared.AccountKnown, connection))
    assert late.connection.server == connection.server


def test_details_that_are_no_plain_values_arrive_too() -> None:
    path = os.stat_result(range(10))
    event = shared.Logout(a_connection(), Seen(1, 2, 3, "", False), details={"status": path})
    (arrived,) = crossed(Packer(), Unpacker(), event)
    assert same(event, arrived)


def test_event_that_cannot_cross_costs_no_other() -> None:
    sent: list[bytes] = []
    outbox = Outbox(sent.append, lambda: Progress(1, 0, None))
    connection = a_connection()
    for name in ("first", lambda: None, "last"):
        outbox.receive(shared.Logout(connection, Seen(1, 2, 3, "", False), details={"name": name}))
    outbox.report()
    _, packed = from_octets(*sent)
    unpacker = Unpacker()
    arrived = [event for one in packed if (event := unpacker.unpack(one)) is not None]
    assert [event.details["name"] for event in arrived] == ["first", "last"]  # type: ignore[attr-defined]
    assert outbox.faults == 1
