"""Live capture on real interfaces: veth pairs in a network namespace of the tests' own."""

import contextlib
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from capture import compiled, live, pypcap_source
from capture.bpf import Program
from capture.clock import CaptureClock
from capture.errors import (
    BadFilter,
    CaptureError,
    Closed,
    GivenTwice,
    NoSuchInterface,
    NotPermitted,
    NotUp,
    Unsupported,
)
from capture.fanout import Fanout
from capture.filters import filter_by_expression, filter_for_ports
from capture.line import HOLD_NANOSECONDS
from capture.packet import Packet
from capture.tap import Tap
from tests.capture.crafting import LIVE_READERS, SECOND, ethernet, pcap, tcp
from tests.capture.namespace import Reader, Sender, make_pair, namespace, run, sent_on

open_interfaces = live.open_interfaces

MIB = 1024 * 1024
SMALL = 4 * MIB


def frame(number: int, port: int = 1863) -> bytes:
    return ethernet(tcp(port, payload=b"MSG %d" % number))


def frames(count: int) -> list[bytes]:
    return [frame(number) for number in range(count)]


@pytest.fixture(params=LIVE_READERS, autouse=True)
def binding(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The binding of libpcap, which every ``open_interfaces`` here takes."""
    monkeypatch.setitem(globals(), "open_interfaces", partial(live.open_interfaces, source=request.param))
    return str(request.param)


@pytest.fixture
def net() -> Iterator[None]:
    """A namespace with the cable tap0–end0."""
    with namespace():
        make_pair("tap0", "end0")
        yield


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What is told to the user as it happens."""
    caplog.set_level(logging.WARNING, "capture")

    class Messages(list[str]):
        def __contains__(self, text: object) -> bool:
            return any(str(text) in message for message in caplog.messages)

    return Messages()


def test_what_is_sent_before_the_first_read_is_not_lost(net: None, binding: str) -> None:
    with open_interfaces(["tap0"]) as source:
        source.set_filter(filter_for_ports([1863]))
        before = time.time_ns()
        Sender("end0").send(*frames(20_000))
        after = time.time_ns()
        reader = Reader(source)
        packets = reader.packet_count(20_000)
        reader.run(1.2)
        assert source.counters.dropped_kernel == 0
        assert source.counters.received == 20_000
    assert [packet.octets for packet in packets] == frames(20_000)
    assert [packet.number for packet in packets] == list(range(1, 20_001))
    assert {(packet.source, packet.link_type) for packet in packets} == {("tap0", 1)}
    assert all(packet.wire_length == (None if binding == "pypcap" else len(packet.octets)) for packet in packets)
    assert before <= packets[0].time <= packets[-1].time <= after
    assert any(packet.time % 1000 for packet in packets), "stamps have nanoseconds"


def test_what_a_source_says_of_itself(net: None, binding: str) -> None:
    with open_interfaces(["tap0"], buffer_octets=SMALL) as source:
        assert (source.name, source.reader) == ("tap0", binding)
        assert source.link_types == (1,)
        assert source.clock_resolution == 1
        assert (source.size, source.position, source.truncated, source.truncations) == (None, None, None, ())
        assert source.refused_sample == []


def test_idle_line_gives_empty_batches_and_the_clock_goes_on(net: None) -> None:
    with open_interfaces(["tap0"], buffer_octets=SMALL) as source:
        reader = Reader(source)
        reader.run(0.3)
        assert source.clock is None
        Sender("end0").send(frame(1))
        (packet,) = reader.packet_count(1)
        assert source.clock is not None
        assert source.clock == packet.time
        clock = source.clock
        for _ in range(10):
            reader.run(0.05)
            assert clock <= source.clock <= time.time_ns() - HOLD_NANOSECONDS
            clock = source.clock
        assert clock > packet.time + SECOND // 5
        assert reader.longest < 0.2


def test_nothing_is_sent_on_the_interface(net: None) -> None:
    with open_interfaces(["tap0"], buffer_octets=SMALL) as source:
        Sender("end0").send(*frames(10))
        Reader(source).packet_count(10)
    assert sent_on("tap0") == 0
    assert sent_on("end0") == 10


def test_kernel_filters_and_what_came_before_the_filter_is_sifted(net: None) -> None:
    sender = Sender("end0")
    with open_interfaces(["tap0"], buffer_octets=SMALL) as source:
        sender.send(*(frame(number, port) for number in range(500) for port in (80, 1863)))
        time.sleep(0.3)
        source.set_filter(filter_for_ports([1863]))
        sender.send(*(frame(number, port) for number in range(500, 700) for port in (80, 1863)))
        reader = Reader(source)
        reader.packet_count(700)
        packets = reader.run(0.3)
        assert source.counters.received == 700
        assert source.counters.refused == 0
    assert [packet.octets for packet in packets] == frames(700)
    assert [packet.number for packet in packets] == list(range(1, 701))


def test_filter_for_which_the_kernel_has_no_room(net: None) -> None:
    room = Path("/proc/sys/net/core/optmem_max")  # of older kernels: 20,480, and the same for all namespaces
    with contextlib.suppress(OSError):
        room.write_text("20480")
    with open_interfaces(["tap0"], buffer_octets=SMALL) as source:
        many = "".join(f" or link[{octet}:2] = 5" for octet in range(60, 360))  # 796 instructions
        source.set_filter(filter_by_expression("tcp port 1863" + many))
        Sender("end0").send(*(frame(number, port) for number in range(1500) for port in (80, 1863)))
        packets = Reader(source).packet_count(1500)
        assert source.counters.received == 1500
    assert [packet.octets for packet in packets] == frames(1500)


def test_tagged_frames_pass_the_filter(net: None) -> None:
    tagged = ethernet(tcp(), 0x8100)
    with open_interfaces(["tap0"], buffer_octets=SMALL) as source:
        source.set_filter(filter_for_ports([1863]))
        Sender("end0").send(ethernet(tcp(80), 0x8100), tagged, ethernet(tcp(), 0x88A8, 0x8100), frame(0))
        packets = Reader(source).packet_count(3)
    assert [len(packet.octets) - len(tagged) for packet in packets[:2]] == [0, 4]
    assert packets[0].octets == tagged


def test_bad_filter_says_libpcaps_reason(net: None) -> None:
    with (
        open_interfaces(["tap0"], buffer_octets=SMALL) as source,
        pytest.raises(BadFilter, match=r"tcp prot 1863.*syntax error"),
    ):
        source.set_filter(filter_by_expression("tcp prot 1863"))


def test_filter_that_one_of_the_link_types_does_not_have(net: None, warnings: list[str]) -> None:
    run("ip tuntap add mode tun name raw0")
    run("ip link set raw0 up")
    with open_interfaces(["tap0", "raw0"], buffer_octets=SMALL) as source:
        assert source.link_types == (1, 101)
        source.set_filter(filter_by_expression("vlan"))
        assert "raw0: the filter is none for its link type 101" in warnings
        Sender("end0").send(frame(0), ethernet(tcp(), 0x8100))
        Reader(source).packet_count(1)


def test_any_gives_cooked_packets_of_all_interfaces(net: None) -> None:
    make_pair("tap1", "end1")
    with open_interfaces(["any"], buffer_octets=SMALL) as source:
        assert source.link_types == (113,)
        source.set_filter(filter_for_ports([1863]))
        Sender("end0").send(frame(0), frame(1, port=80))
        Sender("end1").send(frame(2))
        packets = Reader(source).packet_count(4)  # at both ends of each cable
        assert (source.counters.received, source.counters.refused) == (6, 2)
    assert all(Program("tcp port 1863", 113).accepts(packet.octets) for packet in packets)


def test_two_interfaces_in_time_order(net: None) -> None:
    """Two threads send on two cables, one of them in bursts; the packets come in the order of their stamps."""
    make_pair("tap1", "end1")
    count = 3000

    def send(end: str, pause: float) -> None:
        sender = Sender(end)
        for number in range(count):
            sender.send(frame(number))
            if number % 100 == 0:
                time.sleep(pause)

    with open_interfaces(["tap0", "tap1"], buffer_octets=SMALL) as source:
        source.set_filter(filter_for_ports([1863]))
        threads = [threading.Thread(target=send, args=args) for args in (("end0", 0.02), ("end1", 0.03))]
        for thread in threads:
            thread.start()
        packets = Reader(source).packet_count(2 * count, seconds=20)
        for thread in threads:
            thread.join()
        assert source.counters.dropped_kernel in (0, None)
    times = [packet.time for packet in packets]
    assert times == sorted(times)
    for name in ("tap0", "tap1"):
        own = [packet for packet in packets if packet.source == name]
        assert [packet.octets for packet in own] == frames(count)
        assert [packet.number for packet in own] == list(range(1, count + 1))
    turns = sum(one.source != two.source for one, two in pairwise(packets))
    assert turns > 5, "the interfaces were merged, not read one after the other"


def test_idle_interface_delays_the_other_by_no_more_than_the_hold(net: None) -> None:
    make_pair("tap1", "end1")
    sender = Sender("end0")
    with open_interfaces(["tap0", "tap1"], buffer_octets=SMALL) as source:
        reader = Reader(source)
        for number in range(1, 6):
            sender.send(frame(number))
            sent = time.monotonic_ns()
            reader.packet_count(number)
            assert time.monotonic_ns() - sent < 2 * HOLD_NANOSECONDS + SECOND // 10


def test_backlog_of_one_interface_does_not_pass_the_other(net: None) -> None:
    make_pair("tap1", "end1")
    early, late = Sender("end0"), Sender("end1")
    with open_interfaces(["tap1", "tap0"], buffer_octets=SMALL) as source:
        early.send(*frames(5000))
        late.send(frame(5000))
        packets = Reader(source).packet_count(5001)
    assert [packet.octets for packet in packets] == frames(5001)


def test_interface_that_goes_down_and_comes_up(net: None, warnings: list[str]) -> None:
    make_pair("tap1", "end1")
    other, sender = Sender("end1"), Sender("end0")
    with open_interfaces(["tap0", "tap1"], buffer_octets=SMALL) as source:
        source.set_filter(filter_for_ports([1863]))
        reader = Reader(source)
        sender.send(frame(0))
        reader.packet_count(1)
        run("ip link set tap0 down")
        reader.until(lambda: source.counters.interruptions == 1)
        assert "tap0: is down; waiting for it" in warnings
        other.send(frame(1))
        reader.packet_count(2)
        assert reader.longest < 0.3
        run("ip link set tap0 up")
        reader.until(lambda: "tap0: is back" in warnings)
        sender.send(frame(0, port=80), frame(2))
        packets = reader.packet_count(3)
        assert source.counters.interruptions == 1
    assert [packet.octets for packet in packets] == frames(3)
    assert [packet.number for packet in packets if packet.source == "tap0"] == [1, 2]


def test_interface_down_for_a_moment_is_told(net: None, warnings: list[str]) -> None:
    with open_interfaces(["tap0"], buffer_octets=SMALL) as source:
        reader = Reader(source)
        reader.run(0.1)
        run("ip link set tap0 down")
        run("ip link set tap0 up")
        reader.until(lambda: "tap0: is back" in warnings)
        assert "tap0: is down" in warnings
        assert source.counters.interruptions == 1
        Sender("end0").send(frame(0))
        reader.packet_count(1)


def test_interface_that_is_taken_out_and_made_again(net: None, warnings: list[str]) -> None:
    with open_interfaces(["tap0"], buffer_octets=SMALL) as source:
        source.set_filter(filter_for_ports([1863]))
        reader = Reader(source)
        Sender("end0").send(*frames(10))
        reader.packet_count(10)
        run("ip link del tap0")
        reader.until(lambda: source.counters.interruptions == 1)
        assert "tap0: is gone; waiting for it" in warnings
        assert source.counters.dropped_kernel == 0
        reader.run(0.3)
        make_pair("tap0", "end0")
        reader.until(lambda: "tap0: is back" in warnings)
        Sender("end0").send(frame(0, port=80), *frames(20)[10:])
        packets = reader.packet_count(20)
        assert reader.longest < 0.5
        assert source.counters.interruptions == 1
        assert source.link_types == (1,)
    assert [packet.octets for packet in packets] == frames(20)
    assert [packet.number for packet in packets] == list(range(1, 21))


def test_interface_that_is_taken_out_while_down_and_comes_back_down(net: None, warnings: list[str]) -> None:
    with open_interfaces(["tap0"], buffer_octets=SMALL) as source:
        reader = Reader(source)
        reader.run(0.1)
        run("ip link set tap0 down")
        reader.until(lambda: source.counters.interruptions == 1)
        run("ip link del tap0")
        reader.run(0.3)
        make_pair("tap0", "end0", up=False)
        reader.run(1.3)
        assert "tap0: is back" not in warnings
        run("ip link set tap0 up")
        run("ip link set end0 up")
        reader.until(lambda: "tap0: is back" in warnings)
        Sender("end0").send(frame(0))
        reader.packet_count(1)
        assert source.counters.interruptions == 1


def test_drops_of_the_kernel_are_counted_once(net: None) -> None:
    with open_interfaces(["tap0"], buffer_octets=1) as source:
        sender = Sender("end0")
        reader = Reader(source)
        for _ in range(2):
            sender.send(*frames(10_000))
            reader.run(1.2)
        dropped, received = source.counters.dropped_kernel, source.counters.received
        assert dropped is not None
        assert dropped > 1000
        assert dropped + received == 20_000
        run("ip link del tap0")
        reader.until(lambda: source.counters.interruptions == 1)
        make_pair("tap0", "end0")
        reader.run(1.5)
        Sender("end0").send(*frames(10_000))
        reader.run(1.2)
        assert source.counters.dropped_kernel is not None
        assert source.counters.dropped_kernel + source.counters.received == 30_000
        assert source.counters.dropped_interface == 0


def test_file_named_like_the_interface_is_not_opened(
    net: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tap0").write_bytes(pcap([frame(99)]))
    monkeypatch.chdir(tmp_path)
    with open_interfaces(["tap0"], buffer_octets=SMALL) as source:
        Sender("end0").send(frame(0))
        assert [packet.octets for packet in Reader(source).packet_count(1)] == [frame(0)]
    assert Path.cwd() == tmp_path


def test_file_named_like_the_interface_where_threads_may_have_no_directory_of_their_own(
    net: None, binding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in some containers."""
    if binding != "pypcap":
        pytest.skip("libpcap itself opens no file in place of an interface")
    monkeypatch.setattr("capture.pypcap_handle._CLONE_FS", 1)  # which the kernel refuses
    monkeypatch.chdir(tmp_path)
    open_interfaces(["tap0"], buffer_octets=SMALL).close()
    (tmp_path / "tap0").write_bytes(pcap([frame(99)]))
    with pytest.raises(CaptureError, match="start elsewhere"):
        open_interfaces(["tap0"], buffer_octets=SMALL)


def test_unknown_interface_is_told_with_those_that_there_are(net: None) -> None:
    for name in ("tap9", "-", "", "x" * 99, "tap0\0", "/dev/null", "ünï"):
        with pytest.raises(NoSuchInterface, match=r"up: end0, tap0; down: .*lo$"):
            open_interfaces([name])


def test_interface_that_is_down_at_the_start(net: None) -> None:
    run("ip link set tap0 down")
    with pytest.raises(NotUp, match=r"ip link set tap0 up$"):
        open_interfaces(["tap0"])


def test_names_that_make_no_sense(net: None) -> None:
    with pytest.raises(GivenTwice):
        open_interfaces(["tap0", "end0", "tap0"])
    with pytest.raises(GivenTwice):
        open_interfaces(["tap0", "any"])
    with pytest.raises(CaptureError, match="no network interface is named"):
        open_interfaces([])
    for octets in (0, -1, 2**31):
        with pytest.raises(CaptureError, match="buffer"):
            open_interfaces(["tap0"], buffer_octets=octets)


def test_without_the_binding(net: None, binding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "LIBPCAP", False)
    monkeypatch.setattr(pypcap_source, "AVAILABLE", False)
    for source in (binding, None):
        with pytest.raises(Unsupported, match="not compiled" if binding == "libpcap" else "not installed"):
            live.open_interfaces(["tap0"], source)
    with pytest.raises(Unsupported, match="take one of libpcap, pypcap"):
        live.open_interfaces(["tap0"], "savefile")


def in_a_process(code: str, *wrapper: str) -> subprocess.CompletedProcess[str]:
    """Run this Python in a process of its own, in the test's namespace."""
    here = Path(__file__).parents[2]
    command = [*wrapper, sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, cwd=here, timeout=30, check=False)


def test_without_permission_the_mending_line_is_told(net: None, binding: str) -> None:
    code = (
        "from capture.live import open_interfaces\n"
        "from capture.errors import NotPermitted\n"
        f"try: open_interfaces(['tap0'], {binding!r})\n"
        "except NotPermitted as error: print(error)"
    )
    done = in_a_process(code, "setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw")
    assert done.stderr == ""
    python = Path(sys.executable).resolve()
    assert done.stdout.endswith(f": setcap cap_net_raw=eip {python}\n")
    assert done.stdout.count("\n") == 1
    assert done.stdout.startswith("tap0: ")
    assert issubclass(NotPermitted, CaptureError)


def test_less_memory_than_wanted_is_taken_and_told(net: None, binding: str) -> None:
    code = (
        "import logging, resource\n"
        "logging.basicConfig(format='%(message)s')\n"
        "from capture.live import open_interfaces\n"
        "resource.setrlimit(resource.RLIMIT_AS, (200 << 20, 200 << 20))\n"
        f"with open_interfaces(['tap0'], {binding!r}) as source: next(source.batches())\n"
    )
    done = in_a_process(code)
    assert done.returncode == 0, done.stderr
    told = re.fullmatch(r"tap0: of 256 MiB of kernel buffer there was memory for (\d+) MiB\n", done.stderr)
    assert told is not None, done.stderr
    assert 2 <= int(told[1]) <= 128


def test_stop_hands_on_what_the_kernel_holds_and_ends_soon(net: None) -> None:
    make_pair("tap1", "end1")
    with open_interfaces(["tap0", "tap1"], buffer_octets=SMALL) as source:
        Reader(source)
        batches = source.batches()
        next(batches)
        Sender("end0").send(*frames(3000))
        source.stop()
        begun = time.monotonic()
        packets = [packet for batch in batches for packet in batch]
        assert time.monotonic() - begun < 1
    assert [packet.octets for packet in packets] == frames(3000)


def test_signal_is_served_while_the_line_is_idle(net: None) -> None:
    served: list[float] = []
    old = signal.signal(signal.SIGALRM, lambda *_: served.append(time.monotonic()))
    try:
        with open_interfaces(["tap0"], buffer_octets=SMALL) as source:
            reader = Reader(source)
            due = time.monotonic() + 0.25
            signal.setitimer(signal.ITIMER_REAL, 0.25)
            reader.until(lambda: bool(served))
            assert time.monotonic() - due < 0.2
    finally:
        signal.signal(signal.SIGALRM, old)


def test_close_ends_the_batches_and_may_come_at_any_time(net: None) -> None:
    source = open_interfaces(["tap0"], buffer_octets=SMALL)
    batches = source.batches()
    next(batches)
    source.close()
    source.close()
    assert list(batches) == []
    with pytest.raises(Closed):
        source.batches()


def test_close_from_a_signal_handler_in_the_middle_of_reading(net: None) -> None:
    """libpcap crashes the process if it is closed while it hands over."""
    source = open_interfaces(["tap0"])
    source.counters.received = 0
    sender = Sender("end0")
    old = signal.signal(signal.SIGALRM, lambda *_: source.close())
    try:
        batches = source.batches()
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        for batch in batches:
            assert batch is not None
            sender.send(*frames(1000))
    finally:
        signal.signal(signal.SIGALRM, old)
    assert source.counters.received > 0


class SetClock:
    """The time of day as the test sets it, beside the real one."""

    def __init__(self) -> None:
        self.by = 0

    def __call__(self) -> int:
        return time.time_ns() + self.by


@pytest.mark.parametrize("by", [10 * SECOND, -3600 * SECOND])
def test_step_of_the_clock_is_told_between_two_batches(net: None, warnings: list[str], by: int) -> None:
    """The kernel's stamps are real here, so the test shifts the clock only in what the source is told."""
    make_pair("tap1", "end1")
    clock = SetClock()
    with open_interfaces(["tap0", "tap1"], buffer_octets=SMALL, clock=CaptureClock(clock)) as source:
        reader = Reader(source)
        sender = Sender("end0")
        sender.send(frame(0))
        reader.packet_count(1)
        sender.send(frame(1))
        clock.by = by
        reader.until(lambda: source.counters.clock_steps == 1)
        assert abs(source.counters.clock_stepped - by) < SECOND // 100
        assert "the clock that stamps the packets was set" in warnings
        assert len(reader.packets) == 2
        assert reader.longest < 0.2
        sender.send(frame(2))
        reader.packet_count(3)
        reader.run(0.3)
        assert source.counters.clock_steps == 1


@pytest.mark.parametrize("by", [10 * SECOND, -10 * SECOND])
def test_packets_on_either_side_of_a_step(net: None, monkeypatch: pytest.MonkeyPatch, by: int) -> None:
    """The stamps are shifted by the test where they come from libpcap, the rest is the source's."""
    make_pair("tap1", "end1")
    clock = SetClock()
    read = Tap.read

    def stamped(tap: Tap, limit: int) -> list[Packet]:
        return [packet._replace(time=packet.time + clock.by) for packet in read(tap, limit)]

    def send(first: int, end: int) -> None:
        for number in range(first, end):
            Sender(f"end{number % 2}").send(frame(number))

    monkeypatch.setattr(Tap, "read", stamped)
    for module in ("line", "live"):  # long enough for a machine that is busy
        monkeypatch.setattr(f"capture.{module}.HOLD_NANOSECONDS", SECOND)
    with open_interfaces(["tap0", "tap1"], buffer_octets=SMALL, clock=CaptureClock(clock)) as source:
        reader = Reader(source)
        send(0, 4)
        reader.packet_count(4)
        send(4, 8)
        reader.run(0.2)  # read by now, and held for its turn
        assert len(reader.packets) == 4
        clock.by = by
        send(8, 12)
        told_at = 0
        for batch in source.batches():
            reader.packets += batch
            if not source.counters.clock_steps:
                told_at = len(reader.packets)
            if len(reader.packets) == 12:
                break
        assert told_at == 8
        assert source.counters.clock_steps == 1
        assert source.clock is not None
        assert abs(source.clock - clock()) < 3 * SECOND
    assert [packet.octets for packet in reader.packets] == frames(12)


def test_process_that_is_halted_sees_no_step_and_loses_nothing(net: None, binding: str) -> None:
    code = (
        "from capture.live import open_interfaces\n"
        f"source = open_interfaces(['tap0'], {binding!r}, buffer_octets=4 << 20)\n"
        "print('ready', flush=True)\n"
        "got = 0\n"
        "for batch in source.batches():\n"
        "    got += len(batch)\n"
        "    if got == 200: break\n"
        "print(got, source.counters.clock_steps, flush=True)\n"
    )
    here = Path(__file__).parents[2]
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=here) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            sender = Sender("end0")
            sender.send(*frames(100))
            time.sleep(0.2)
            os.kill(process.pid, signal.SIGSTOP)
            sender.send(*frames(100)[:50])
            time.sleep(3)
            sender.send(*frames(100)[50:])
            os.kill(process.pid, signal.SIGCONT)
            assert process.stdout.readline() == "200 0\n"
        finally:
            process.kill()


def test_members_of_a_group_share_the_packets_by_connection(net: None, binding: str) -> None:
    if binding != "libpcap":
        with pytest.raises(Unsupported, match="cannot share"):
            open_interfaces(["tap0"], buffer_octets=SMALL, fanout=Fanout(7))
        return
    sent = [ethernet(tcp(port, payload=b"%d" % number)) for number in range(10) for port in range(1000, 1064)]
    with contextlib.ExitStack() as stack:
        readers = [
            Reader(stack.enter_context(open_interfaces(["tap0"], buffer_octets=SMALL, fanout=Fanout(7))))
            for _ in range(2)
        ]
        Sender("end0").send(*sent)
        shares = [[packet.octets for packet in reader.run(0.5)] for reader in readers]
    assert sorted(shares[0] + shares[1]) == sorted(sent)
    assert all(shares)
    for share in shares:  # in the order in which they came
        assert share == [octets for octets in sent if octets in set(share)]
    ports = [{octets[36:38] for octets in share} for share in shares]
    assert not ports[0] & ports[1]
