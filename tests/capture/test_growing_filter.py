"""A filter that is changed while a line is read: nothing is lost that was let pass before, on real interfaces."""

import contextlib
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from capture import swap
from capture.errors import BadFilter
from capture.filters import (
    MOST_PORTS_LIVE,
    filter_by_expression,
    filter_for_ports,
    growing_filter_for_ports,
)
from capture.live import LiveSource, open_interfaces
from tests.capture.crafting import LIVE_READERS, ethernet, tcp
from tests.capture.namespace import Reader, Sender, make_pair, namespace

MARK = b"numbered"
CHANGES = 50
OLDER_ROOM = 20_480  # octets; net.core.optmem_max before Linux 6.7

PUMP = """
import socket, struct, sys, time
end, octets, count = sys.argv[1], bytearray.fromhex(sys.argv[2]), int(sys.argv[3])
line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
line.bind((end, 0))
for number in range(count):
    struct.pack_into(">I", octets, len(octets) - 4, number)
    line.send(octets)
    if number % 2000 == 1999:
        time.sleep(0.01)
"""


def numbered(number: int, port: int = 1863) -> bytes:
    return ethernet(tcp(port, payload=MARK + struct.pack(">I", number)))


def numbers(reader: Reader, port: int = 1863) -> list[int]:
    """Of the packets to this port, as they came."""
    wanted = struct.pack(">H", port)
    return [struct.unpack(">I", p.octets[-4:])[0] for p in reader.packets if p.octets[36:38] == wanted]


@contextlib.contextmanager
def pumping(end: str, count: int) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that sends numbered packets on the cable."""
    with subprocess.Popen([sys.executable, "-c", PUMP, end, numbered(0).hex(), str(count)]) as pump:
        yield pump


@pytest.fixture(params=LIVE_READERS)
def binding(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def net() -> Iterator[None]:
    with namespace():
        make_pair("tap0", "end0")
        make_pair("tap1", "end1")
        yield


@pytest.fixture
def older_kernel(net: None) -> None:
    """As little room for filters as kernels before 6.7 gave."""
    with contextlib.suppress(OSError):
        Path("/proc/sys/net/core/optmem_max").write_text(str(OLDER_ROOM))


def in_kernel(source: LiveSource) -> int:
    """Instructions of the filter that the kernel runs; 0 if it runs none."""
    descriptor = source._lines[0].tap.descriptor
    assert descriptor is not None
    instructions = swap._filter_of(descriptor)
    assert instructions is not None
    return len(instructions) // 8


def test_nothing_is_lost_while_the_filter_grows(net: None, binding: str) -> None:
    """libpcap's own way lost some 60 packets with each change."""
    count = 150_000
    with open_interfaces(["tap0", "tap1"], source=binding) as source:
        source.set_filter(filter_for_ports([1863]))
        reader, sender = Reader(source), Sender("end1")
        with pumping("end0", count) as first, pumping("end1", count) as second:
            reader.packet_count(1000)
            for change in range(CHANGES):
                reader.run(0.005)
                port = 5000 + min(change, 15)
                source.set_filter(filter_for_ports([1863, *range(5000, port + 1), 6000 + change]))
                sender.send(numbered(change, port))
            reader.until(lambda: None not in {first.poll(), second.poll()}, 60)
        with contextlib.suppress(AssertionError):  # told below, with what is missing
            reader.packet_count(2 * count + CHANGES, 20)
        reader.run(1.2)
        assert source.counters.dropped_kernel == 0
    got = {name: [p for p in reader.packets if p.source == name] for name in ("tap0", "tap1")}
    assert len(got["tap0"]) == count
    assert len(got["tap1"]) == count + CHANGES
    assert sorted(numbers(reader)) == sorted([*range(count), *range(count)])
    for port in range(5000, 5015):
        assert numbers(reader, port) == [port - 5000]
    assert numbers(reader, 5015) == list(range(15, CHANGES))


def test_what_the_new_filter_lets_pass_comes_from_then_on_and_the_rest_does_not(net: None, binding: str) -> None:
    with open_interfaces(["tap0"], source=binding) as source:
        reader, sender = Reader(source), Sender("end0")
        source.set_filter(filter_for_ports([1863]))
        for port in (1863, 5000, 6000):
            sender.send(numbered(1, port))
        source.set_filter(filter_for_ports([1863, 5000]))  # nothing was read yet
        for port in (1863, 5000, 6000):
            sender.send(numbered(2, port))
        reader.run(0.3)
        source.set_filter(filter_for_ports([6000]))
        for port in (1863, 5000, 6000):
            sender.send(numbered(3, port))
        reader.run(0.3)
        assert (source.counters.received, source.counters.refused) == (4, 0)
    assert [numbers(reader, port) for port in (1863, 5000, 6000)] == [[1, 2], [2], [3]]


def test_users_own_filter_may_name_tags(net: None, binding: str) -> None:
    """The kernel takes a tag off before it filters; libpcap knows, and its filter is the one that is taken over."""
    with open_interfaces(["tap0"], source=binding) as source:
        reader, sender = Reader(source), Sender("end0")
        for expression in ("tcp port 5000", "vlan and tcp port 1863"):
            source.set_filter(filter_by_expression(expression))
        sender.send(numbered(1), ethernet(tcp(payload=MARK + b"\0\0\0\2"), 0x8100))
        reader.run(0.3)
    assert [packet.octets[12:14] for packet in reader.packets] == [b"\x81\x00"]


def test_filter_that_is_none_leaves_the_old_one(net: None, binding: str) -> None:
    with open_interfaces(["tap0"], source=binding) as source:
        source.set_filter(filter_for_ports([1863]))
        with pytest.raises(BadFilter, match="syntax error"):
            source.set_filter(filter_by_expression("tcp prot 1863"))
        reader = Reader(source)
        Sender("end0").send(numbered(1, 80), numbered(2))
        reader.run(0.2)
    assert len(reader.packets) == 1


def test_where_the_kernel_does_not_tell_its_filter_libpcap_changes_it(
    net: None, binding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(swap, "_filter_of", lambda _descriptor: None)
    with open_interfaces(["tap0"], source=binding) as source:
        source.set_filter(filter_for_ports([1863]))
        source.set_filter(filter_for_ports([1863, 5000]))
        reader = Reader(source)
        Sender("end0").send(numbered(1), numbered(2, 5000), numbered(3, 80))
        reader.run(0.2)
    assert len(reader.packets) == 2


def test_nothing_is_lost_where_the_kernel_has_little_room(older_kernel: None, binding: str) -> None:
    """For one of two filters only, and then for neither; and at last for both."""
    count = 60_000
    many = [1863, *range(20_000, 20_400, 7)]
    steps = [filter_for_ports([1863, 5000]), filter_for_ports(many), filter_for_ports([], every_port=True)]
    with open_interfaces(["tap0"], source=binding) as source:
        source.set_filter(filter_for_ports([1863]))
        reader, sender = Reader(source), Sender("end0")
        with pumping("end0", count) as pump:
            reader.packet_count(1000)
            for step in range(12):
                source.set_filter(steps[step % 3])
                assert bool(in_kernel(source)) == (step % 3 != 1)
                reader.run(0.02)
            reader.until(lambda: pump.poll() is not None, 60)
        sender.send(numbered(1, 80))
        source.set_filter(filter_for_ports(many))
        sender.send(numbered(2, 80), numbered(3, 20_007))
        with contextlib.suppress(AssertionError):
            reader.packet_count(count + 1, 20)
        reader.run(1.2)
        assert source.counters.dropped_kernel == 0
    assert numbers(reader) == list(range(count))
    assert (numbers(reader, 80), numbers(reader, 20_007)) == ([], [3])


def test_older_kernels_have_room_for_a_filter_that_has_grown(older_kernel: None) -> None:
    with open_interfaces(["tap0"]) as source:
        for ports in (
            [1863],
            [80, 1080, 1863, 8080, *range(6891, 6901)],
            range(1863, 1863 + 7 * MOST_PORTS_LIVE, 7),
        ):
            source.set_filter(growing_filter_for_ports(ports))
            assert in_kernel(source) > 200  # not that which lets all TCP pass
        source.set_filter(growing_filter_for_ports(range(1863, 1863 + 7 * MOST_PORTS_LIVE + 1, 7)))
        assert 0 < in_kernel(source) < 200


def test_signal_handler_may_close_the_source_while_its_filter_changes(net: None, binding: str) -> None:
    before = len(os.listdir("/proc/self/fd"))
    source = open_interfaces(["tap0"], source=binding)
    old = signal.signal(signal.SIGALRM, lambda *_: source.close())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.15)
        for change in range(1000):
            source.set_filter(filter_for_ports([1863, 5000 + change % 9]))
            if source._closed:
                break
    finally:
        signal.signal(signal.SIGALRM, old)
    assert source._closed
    assert len(os.listdir("/proc/self/fd")) == before
