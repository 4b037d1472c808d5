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
import signal, socket, struct, sys, time
end, octets, going, number = sys.argv[1], bytearray.fromhex(sys.argv[2]), [True], 0
signal.signal(signal.SIGTERM, lambda *_: going.clear())
line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
line.bind((end, 0))
while going:
    for _ in range(200):
        struct.pack_into(">I", octets, len(octets) - 4, number)
        line.send(octets)
        number += 1
    time.sleep(0.004)
print(number)
"""
"""Sends numbered packets, some 40,000 a second, until it is ended; tells how many."""


def numbered(number: int, port: int = 1863) -> bytes:
    return ethernet(tcp(port, payload=MARK + struct.pack(">I", number)))


def numbers(reader: Reader, port: int = 1863) -> list[int]:
    """Of the packets to this port, as they came."""
    wanted = struct.pack(">H", port)
    return [struct.unpack(">I", p.octets[-4:])[0] for p in reader.packets if p.octets[36:38] == wanted]


class Pump:
    """Another process that sends numbered packets on the cable."""

    def __init__(self, end: str) -> None:
        command = [sys.executable, "-c", PUMP, end, numbered(0).hex()]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)

    def stop(self) -> int:
        """How many packets it has sent."""
        self._process.terminate()
        told, _ = self._process.communicate(timeout=20)
        return int(told)


def finish(reader: Reader, count: int) -> None:
    """Read what is still to come, and until the drops are counted."""
    with contextlib.suppress(AssertionError):  # told by the test, with what is missing
        reader.packet_count(count, 20)
    reader.run(1.2)


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
    """libpcap's own way lost some 60 packets with each change, at 300,000 a second."""
    with open_interfaces(["tap0", "tap1"], source=binding) as source:
        source.set_filter(filter_for_ports([1863]))
        reader, sender = Reader(source), Sender("end1")
        pumps = [Pump("end0"), Pump("end1")]
        reader.packet_count(1000)
        for change in range(CHANGES):
            reader.run(0.005)
            port = 5000 + min(change, 3)
            source.set_filter(filter_for_ports([1863, *range(5000, port + 1), 6000 + change]))
            sender.send(numbered(change, port))
        counts = [pump.stop() for pump in pumps]
        finish(reader, sum(counts) + CHANGES)
        assert source.counters.dropped_kernel == 0
    for name, count in zip(("tap0", "tap1"), counts, strict=True):
        got = [p for p in reader.packets if p.source == name and p.octets[36:38] == numbered(0)[36:38]]
        assert [struct.unpack(">I", p.octets[-4:])[0] for p in got] == list(range(count))
    assert [numbers(reader, port) for port in range(5000, 5003)] == [[0], [1], [2]]
    assert numbers(reader, 5003) == list(range(3, CHANGES))


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


def test_where_no_stand_in_can_be_had_libpcap_changes_the_filter(
    net: None, binding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object) -> None:
        raise OSError("forbidden")

    with open_interfaces(["tap0"], source=binding) as source:
        source.set_filter(filter_for_ports([1863]))
        reader, sender = Reader(source), Sender("end0")
        with monkeypatch.context() as patched:
            patched.setattr("capture.swap.socket.socket", forbidden)
            source.set_filter(filter_for_ports([1863, 5000]))
        sender.send(numbered(1), numbered(2, 5000), numbered(3, 80))
        reader.run(0.2)
        assert in_kernel(source)
    assert len(reader.packets) == 2


def test_nothing_is_lost_where_the_kernel_has_little_room(older_kernel: None, binding: str) -> None:
    """For one of two filters only, and then for neither; and at last for both."""
    many = [1863, *range(20_000, 20_400, 7)]
    steps = [filter_for_ports([1863, 5000]), filter_for_ports(many), filter_for_ports([], every_port=True)]
    with open_interfaces(["tap0"], source=binding) as source:
        source.set_filter(filter_for_ports([1863]))
        reader, sender = Reader(source), Sender("end0")
        pump = Pump("end0")
        reader.packet_count(1000)
        for step in range(9):
            source.set_filter(steps[step % 3])
            assert bool(in_kernel(source)) == (step % 3 != 1)
            reader.run(0.02)
        count = pump.stop()
        sender.send(numbered(1, 80))
        source.set_filter(filter_for_ports(many))
        sender.send(numbered(2, 80), numbered(3, 20_007))
        finish(reader, count + 1)
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
