"""One evening of real conversations, heard by many sensors at once: records out equal what was said.

Each sensor stands behind another kind of tap; all of them hear the same evening, so it is played once.
"""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.command import replay
from tests.conftest import BINDING, ROOT
from tests.simulator.truth import Said, witnessed

from .mirror import Copy, Mirror, erspan, tagged
from .msn_client import Wire
from .namespaces import KEPT_IN, Namespace, remove_leftovers
from .network import HOSTS, Network
from .sensor import Capture, catch_up, eventually, tcpdump, transmitted
from .town import ALICE, GINA, PRIVATE, Evening, Town
from .witness import (
    Record,
    assert_all_was_recorded,
    assert_nothing_was_invented,
    expected,
    frames,
    missing_texts,
    recorded,
)

BOTH = ("--target", ALICE, "--target", GINA)
SMALL = ("--buffer", 8)
"""Many sensors share the memory of one machine."""
SPOILED = {
    "loss1": {"lose": 0.01, "seed": 1},
    "loss5": {"lose": 0.05, "seed": 5},
    "shuffled": {"overtaken": 0.1, "double": 0.05, "delay": (0.0, 0.008)},
    "stacked": {"wrap": tagged((0x88A8, 100), (0x8100, 42))},
    "erspan2": {"wrap": erspan(2)},
    "erspan3": {"wrap": erspan(3)},
}
"""Sensors behind the tests' own mirror, and what it does to their copies."""
UNHARMED = ("span", "twice", "hub", "tap", "vxlan", "shuffled", "stacked", "erspan2", "erspan3")
LOSSY = ("loss1", "loss5")
TUNNELLED = ("vxlan", "erspan2", "erspan3")


@dataclass
class Heard:
    """What the sensors made of the evening."""

    folder: Path
    truth: list[Said] = field(default_factory=list)
    late_from: int = 0
    """How much had been said when the late sensor began to listen."""
    runs: dict[str, Capture] = field(default_factory=dict)
    sensors: dict[str, Namespace] = field(default_factory=dict)
    wires: list[Wire] = field(default_factory=list)
    sent: dict[str, dict[str, int]] = field(default_factory=dict)
    """Packets that the interfaces of each sensor sent."""
    lost: dict[str, int] = field(default_factory=dict)
    """Frames that the mirror lost for each sensor."""

    def records(self, name: str) -> list[Record]:
        return self.runs[name].records()


@pytest.fixture(scope="module")
def heard(network: Network, span: Namespace, town: Town, folder: Path) -> Iterator[Heard]:
    """Set up the taps, start every sensor, play the evening, end the sensors with SIGTERM."""
    heard, begin = Heard(folder), len(town.truth)
    with contextlib.ExitStack() as stack:
        copies = _set_up(network, span, heard, stack)
        beside = [
            tcpdump(heard.sensors[name], folder, "-w", folder / f"{name}.pcap", name=f"tcpdump-{name}")
            for name in LOSSY
        ]
        beside.append(tcpdump(span, folder, "-Q", "out", "-w", folder / "out.pcap", name="tcpdump-out"))
        for run in beside:
            stack.callback(run.kill)
        _start(heard, stack)
        evening = Evening(town)
        evening.first_act()
        heard.late_from = len(town.truth) - begin
        _starts(heard, stack, "late", "span", "--target", ALICE)
        heard.runs["late"].listens()
        evening.second_act()
        heard.wires, heard.truth = town.truth.wires, town.truth.all(begin)
        everything = [*heard.runs.values(), *beside]
        catch_up(everything)
        heard.sent = {name: transmitted(sensor) for name, sensor in heard.sensors.items()}
        for run in everything:
            run.gets(signal.SIGTERM)
        for run in everything:
            eventually(lambda run=run: run.code is not None, "the end of a sensor")  # type: ignore[misc]
        heard.lost = {copy.port: copy.lost for copy in copies}
        yield heard


def _set_up(network: Network, span: Namespace, heard: Heard, stack: contextlib.ExitStack) -> list[Copy]:
    sensors = heard.sensors
    sensors["span"] = span
    for name in ("twice", "hub", "vxlan", *SPOILED):
        sensors[name] = network.sensor(name)
    sensors["tap"] = network.sensor("tap", ("tap0", "tap1"))
    for name, sensor in sensors.items():
        if name != "span":
            stack.callback(sensor.remove)
    network.mirrors(network.port(sensors["twice"]))
    for host in HOSTS:
        network.mirrors(network.port(sensors["twice"]), source=host)
    network.plugs_into_hub(network.port(sensors["hub"]))
    for interface, way in (("tap0", "ingress"), ("tap1", "egress")):
        network.mirrors(network.port(sensors["tap"], interface), ways=(way,))
    network.mirrors(network.carries_in_vxlan(sensors["vxlan"]))
    copies = [Copy(network.port(sensors[name]), **settings) for name, settings in SPOILED.items()]
    end = network.inner_port("copies")
    stack.enter_context(Mirror(network.switch, end, copies))
    network.mirrors("copies")
    return copies


def _starts(heard: Heard, stack: contextlib.ExitStack, name: str, where: str, *words: object) -> None:
    interfaces = ("tap0", "tap1") if where == "tap" else ("tap0",)
    run = Capture(heard.sensors[where], heard.folder, *words, *SMALL, interfaces=interfaces, name=name)
    heard.runs[name] = run
    stack.callback(run.kill)


def _start(heard: Heard, stack: contextlib.ExitStack) -> None:
    file = heard.folder / "targets.txt"
    file.write_text(f"{ALICE}\n{GINA}  # on IPv6\n")
    for name in (*UNHARMED, *LOSSY):
        whom = ("--targets-file", file) if name == "hub" else BOTH
        _starts(heard, stack, name, name, *whom, *(["--tunnels"] if name in TUNNELLED else []))
    _starts(heard, stack, "everybody", "span", "--all")
    _starts(heard, stack, "libnids", "span", "--target", ALICE, "--source", BINDING, "--engine", "libnids")
    _starts(heard, stack, "kept", "span", "--target", ALICE, "--write", heard.folder / "kept.pcapng")
    for run in heard.runs.values():
        run.listens()


@pytest.mark.parametrize("name", UNHARMED)
def test_records_equal_what_was_said(heard: Heard, name: str) -> None:
    assert_all_was_recorded(heard.records(name), heard.truth, ALICE, GINA)


def test_with_all_everybody_is_recorded(heard: Heard) -> None:
    people = {said.sender for said in heard.truth}
    assert_all_was_recorded(heard.records("everybody"), heard.truth, *people)


def test_pypcap_and_libnids_record_what_was_said_on_ipv4(heard: Heard) -> None:
    assert_all_was_recorded(heard.records("libnids"), heard.truth, ALICE)


@pytest.mark.parametrize("name", LOSSY)
def test_what_is_whole_on_some_connection_is_found(heard: Heard, network: Network, name: str) -> None:
    assert heard.lost[network.port(heard.sensors[name])] > 0
    seen = witnessed(heard.truth, frames(heard.folder / f"{name}.pcap", heard.wires))
    for target in (ALICE, GINA):
        assert not missing_texts(heard.records(name), seen, target)


@pytest.mark.parametrize("name", LOSSY)
def test_nothing_is_invented_where_packets_are_lost(heard: Heard, name: str) -> None:
    for target in (ALICE, GINA):
        records = [record for record in heard.records(name) if record["target"] == target]
        assert_nothing_was_invented(records, heard.truth, target)


def test_lost_packets_are_told(heard: Heard) -> None:
    assert "never passed the tap" in heard.runs["loss5"].said
    assert "LOST" not in heard.runs["span"].said


def test_a_sensor_that_comes_late_records_from_then_on(heard: Heard) -> None:
    rest, records = heard.truth[heard.late_from :], heard.records("late")
    assert not missing_texts(records, rest, ALICE)
    assert_nothing_was_invented(records, rest, ALICE)


@pytest.mark.parametrize("name", [*UNHARMED, *LOSSY, "late", "libnids", "kept"])
def test_nothing_between_others_is_written_anywhere(heard: Heard, name: str) -> None:
    run = heard.runs[name]
    assert PRIVATE not in run.output.read_text() + run.said + run.written


def test_sigterm_ends_every_sensor_in_order(heard: Heard) -> None:
    assert {name: run.code for name, run in heard.runs.items()} == dict.fromkeys(heard.runs, 130)
    assert not [name for name, run in heard.runs.items() if "Traceback" in run.said]


def test_sensors_send_nothing(heard: Heard) -> None:
    sent = {name: sum(interfaces.values()) for name, interfaces in heard.sent.items()}
    assert sent == dict.fromkeys(heard.sensors, 0)
    said = (heard.folder / "tcpdump-out.err").read_text()
    assert "\n0 packets captured" in said


def test_an_interface_that_was_not_silenced_would_be_noticed(network: Network) -> None:
    network.switch.ip("link add loud up type veth peer name tap0 netns " + (noisy := Namespace("loud")).name)
    try:
        noisy.ip("link set tap0 up")
        eventually(lambda: sum(transmitted(noisy).values()) > 0, "the kernel speaks on a fresh interface")
    finally:
        noisy.remove()


def test_write_keeps_the_targets_conversations_and_no_others(heard: Heard) -> None:
    kept = heard.folder / "kept.pcapng"
    assert PRIVATE.encode() not in kept.read_bytes()
    records = replay("--target", ALICE, kept)
    assert recorded(records, ALICE) == expected(heard.truth, ALICE)
    assert recorded(replay("--target", GINA, kept), GINA) == {}


def test_what_a_killed_run_left_behind_is_removed(network: Network) -> None:
    program = (
        "import os; from tests.live.namespaces import Namespace; "
        "os.write(1, Namespace('left').name.encode()); os.abort()"
    )
    died = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)
    left = KEPT_IN / died.stdout.strip()
    assert left.exists()
    remove_leftovers()
    assert not left.exists()
    assert (KEPT_IN / network.switch.name).exists()
