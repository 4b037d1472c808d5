"""The channel between the two processes: whole values or none, whatever the other side sends, and no waiting."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from rcds_sniffer.storekeeper.channel import MAX_OCTETS, Channel, ChannelError, channels
from rcds_sniffer.storekeeper.letters import pack, unpack
from tests.rcds_sniffer.store.store_crafting import make_record

Ends = Callable[[], tuple[socket.socket, Channel]]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Makes a raw end, and a channel at the other."""
    with contextlib.ExitStack() as stack:

        def make() -> tuple[socket.socket, Channel]:
            raw, other = socket.socketpair()
            stack.enter_context(raw)
            stack.enter_context(other)
            return raw, Channel(other)

        yield make


@pytest.fixture
def both() -> Iterator[tuple[Channel, Channel]]:
    """Two ends of a channel."""
    here, there = channels()
    yield here, there
    here.close()
    there.close()


def test_values_arrive_as_they_were_sent(both: tuple[Channel, Channel]) -> None:
    here, there = both
    for value in ({"text": "你好 مرحبا 👩‍👧", "n": [1, None, True]}, {"x": "y" * 3_000_000}):
        sending = threading.Thread(target=here.send, args=(value,))
        sending.start()
        assert there.receive() == value
        sending.join()
    here.close()
    assert there.receive() is None


def test_what_arrived_half_is_waited_for_by_nobody(ends: Ends) -> None:
    raw, channel = ends()
    assert channel.arrived() == []
    raw.sendall(b"\0\0\0\x02[]\0\0\0\x03[")
    assert channel.arrived() == [[]]
    assert channel.arrived() == []
    raw.sendall(b"1]")
    raw.close()
    assert channel.arrived() == [[1]]
    assert channel.ended


def test_an_end_amid_a_message_is_the_end(ends: Ends) -> None:
    for octets in (b"\0\0", b"\0\0\0\x09[1"):
        raw, channel = ends()
        raw.sendall(octets)
        raw.close()
        assert channel.receive() is None


def _until_it_fails(take: Callable[[Channel], object], channel: Channel) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        take(channel)


@pytest.mark.parametrize(
    "octets",
    [
        (MAX_OCTETS + 1).to_bytes(4, "big"),
        b"\xff\xff\xff\xff",
        b"\0\0\0\x03{]}",
        b"\0\0\0\x02\xff\xfe",
        (200_000).to_bytes(4, "big") + b"[" * 200_000,
        b"\0\0\0\0",
    ],
)
def test_what_is_no_message_ends_the_channel(ends: Ends, octets: bytes) -> None:
    for take in (Channel.receive, Channel.arrived):
        raw, channel = ends()
        sending = threading.Thread(target=raw.sendall, args=(octets,))
        sending.start()
        with pytest.raises(ChannelError):
            _until_it_fails(take, channel)
        channel.shut()
        sending.join()


def test_who_waits_to_send_is_freed(ends: Ends) -> None:
    raw, channel = ends()
    failed = []

    def send() -> None:
        try:
            channel.send("x" * 50_000_000)
        except OSError as error:
            failed.append(error)

    waiting = threading.Thread(target=send)
    waiting.start()
    assert raw.recv(1000)  # it is at it
    channel.shut()
    waiting.join(10)
    assert not waiting.is_alive()
    assert failed


def test_a_record_comes_as_it_went(both: tuple[Channel, Channel]) -> None:
    record = make_record(order_id="LI-1", text="桥 \U0001f468‍\U0001f469", details={"a": [1, {"b": None}]})
    here, there = both
    here.send(pack(record))
    assert unpack(there.receive()) == record


GOOD = pack(make_record(order_id="LI-1"))


@pytest.mark.parametrize(
    "change",
    [
        {"time": "now"}, {"time": True}, {"time": 1.5}, {"event": "no event"}, {"recipients": "bob"},
        {"recipients": [1]}, {"text": 5}, {"text": ["x"]}, {"more": 1}, {"source": None}, {"details": []},
        {"record_id": None}, {"complete": 1}, {"missing_bytes": None},
    ],
)  # fmt: skip
def test_what_is_no_record_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ChannelError):
        unpack({**GOOD, **change})


@pytest.mark.parametrize("said", [None, [], "record", 7, {}, {k: v for k, v in GOOD.items() if k != "text"}])
def test_what_has_not_the_fields_of_a_record_is_refused(said: object) -> None:
    with pytest.raises(ChannelError):
        unpack(said)
