"""The doctor at real interfaces: veth pairs in a network namespace, traffic of the simulator on them."""

import contextlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rcds_sniffer.doctor.finding import Severity
from rcds_sniffer.doctor.interface import State, compare, examine, state_of
from tests.capture import namespace
from tests.command import run
from tests.rcds_sniffer.doctor.test_diagnosis import talk
from tests.simulator import nasties, tunnels

SILENT = State(
    name="tap0",
    up=True,
    carrier=True,
    ethernet=True,
    loopback=False,
    wireless=False,
    arp=False,
    multicast=False,
    ipv6=False,
    mtu=9000,
    master=None,
    addresses=(),
    gro=False,
    lro=False,
    rx_vlan=False,
    counters={"tx_packets": 5, "rx_missed_errors": 0, "rx_length_errors": 7},
)

Told = dict[str, tuple[str, str | None]]
"""Severity and remedy of each check that did not find all well."""


@pytest.fixture
def line() -> Iterator[None]:
    """A namespace in which ``tap0`` hears what ``end0`` sends; both silent."""
    with namespace.namespace():
        namespace.make_pair("tap0", "end0")
        for command in ("link set tap0 mtu 9000 multicast off", "link set end0 mtu 9000 multicast off"):
            namespace.run(f"ip {command}")
        yield


def examined(*interfaces: str, seconds: float = 1.5, code: int | None = None) -> Told:
    options = [part for name in interfaces for part in ("-i", name)]
    done = run("doctor", *options, "--seconds", seconds, "--format", "jsonl")
    assert code is None or done.returncode == code, done.stdout + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["check"]: (line["severity"], line["mend"]) for line in lines if line["severity"] != "fine"}


def while_talking(end: str, ail: Callable[[list], list], look: Callable[[], Told]) -> Told:  # type: ignore[type-arg]
    """The findings of a look while people talk on a line; the interpreter needs a while to start."""
    frames, over = [frame.octets for frame in ail(talk())], threading.Event()

    def send() -> None:
        sender = namespace.Sender(end)
        while not over.wait(0.15):  # sooner, the same again would be copies that the tap made
            sender.send(*frames)

    sending = threading.Thread(target=send)
    sending.start()
    try:
        return look()
    finally:
        over.set()
        sending.join()


def test_silent_interface_with_a_good_tap_is_in_order(line: None) -> None:
    before = namespace.sent_on("tap0")
    told = while_talking("end0", list, lambda: examined("tap0", code=0))
    assert {check for check, (severity, _) in told.items() if severity != "hint"} == set()
    assert namespace.sent_on("tap0") == before


def test_one_direction_on_the_line(line: None) -> None:
    told = while_talking("end0", nasties.client_side_only, lambda: examined("tap0", code=1))
    assert told["directions"][0] == "warning"


def test_tunnels_that_a_live_capture_leaves(line: None) -> None:
    told = while_talking("end0", tunnels.vxlan, lambda: examined("tap0", code=1))
    assert told["hidden"] == ("warning", "give --tunnels to capture")


def test_one_line_of_two_is_silent(line: None) -> None:
    namespace.make_pair("tap1", "end1")
    told = while_talking("end0", list, lambda: examined("tap0", "tap1", code=1))
    assert told["silent"][0] == "warning"


def test_nothing_comes(line: None) -> None:
    assert examined("tap0", code=1)["packets"][0] == "error"


def test_interface_as_it_comes_gives_itself_away() -> None:
    with namespace.namespace():
        namespace.run("ip link add tap0 type veth peer name end0")
        namespace.run("ip address add 198.18.0.1/24 dev tap0")
        namespace.run("ip link set end0 up")
        namespace.run("ip link set tap0 up")
        with asking_for(bytes([198, 18, 0, 1]), "end0"):
            told = examined("tap0", seconds=3, code=1)
        assert {told[check][0] for check in ("addresses", "arp", "ipv6", "sends")} == {"warning"}
        for check in ("addresses", "arp", "ipv6"):
            command = (told[check][1] or "").removeprefix("if nothing else uses it: ")
            namespace.run(command if command.startswith("ip ") or shutil.which("sysctl") else _written(command))
        told = examined("tap0", seconds=1)
        assert not {"addresses", "arp", "ipv6", "sends"} & set(told)


@contextlib.contextmanager
def asking_for(address: bytes, interface: str) -> Iterator[None]:
    """Somebody on the line asks who has ``address`` (ARP, RFC 826): a kernel that may will answer."""
    own = bytes.fromhex("020000000009")
    asker = bytes([198, 18, 0, 9])
    request = struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + own + asker + bytes(6) + address
    over = threading.Event()

    def ask() -> None:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as line:
            line.bind((interface, 0))
            while not over.wait(0.1):
                line.send(b"\xff" * 6 + own + b"\x08\x06" + request)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _written(command: str) -> str:
    """``sysctl -w`` where it is not installed."""
    key, _, value = command.removeprefix("sysctl -w ").partition("=")
    Path("/proc/sys", *key.split(".")).write_text(value)
    return "true"


def test_interface_that_is_down_and_one_that_is_not_there(line: None) -> None:
    namespace.run("ip link set tap0 down")
    assert examined("tap0", code=1)["up"] == ("error", "ip link set dev tap0 up")
    done = run("doctor", "-i", "nowhere0")
    assert done.returncode == 2
    assert "nowhere0: there is no such interface" in done.stderr
    assert "tap0" in done.stderr


def test_cable_without_its_other_end(line: None) -> None:
    namespace.run("ip link set end0 down")
    assert examined("tap0", code=1)["up"][0] == "error"


def test_member_of_a_bridge(line: None) -> None:
    namespace.run("ip link add br0 type bridge")
    namespace.run("ip link set tap0 master br0")
    assert state_of("tap0").master == "bridge br0"
    assert examined("tap0")["master"] == ("warning", "ip link set dev tap0 nomaster")


def test_a_signal_ends_the_look_at_once(line: None) -> None:
    command = [sys.executable, "-m", "rcds_sniffer", "doctor", "-i", "tap0", "--seconds", "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        running.stdout.readline()  # the interface is told before the look begins
        time.sleep(1)
        began = time.monotonic()
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=10)
        assert time.monotonic() - began < 2
        assert running.returncode == 130


def severities(state: State) -> dict[str, Severity]:
    return {finding.check: finding.severity for finding in examine(state) if finding.severity}


DISEASES: dict[str, tuple[dict[str, object], dict[str, Severity]]] = {
    "none": ({}, {}),
    "Wi-Fi": ({"wireless": True}, {"promiscuous": Severity.WARNING}),
    "plain MTU": ({"mtu": 1500}, {"mtu": Severity.HINT}),
    "small MTU": ({"mtu": 1400}, {"mtu": Severity.WARNING}),
    "GRO": ({"gro": True}, {"offloads": Severity.HINT}),
    "LRO": ({"lro": True}, {"offloads": Severity.WARNING}),
    "VLAN offload": ({"rx_vlan": True}, {"offloads": Severity.HINT}),
    "multicast": ({"multicast": True}, {"multicast": Severity.HINT}),
    "the driver does not tell": ({"gro": None, "lro": None, "rx_vlan": None}, {}),
}


@pytest.mark.parametrize("disease", DISEASES)
def test_one_setting_one_finding(disease: str) -> None:
    changes, expected = DISEASES[disease]
    assert severities(replace(SILENT, **changes)) == expected  # type: ignore[arg-type]


def test_offloads_are_switched_off_by_one_command() -> None:
    found = {f.check: f for f in examine(replace(SILENT, gro=True, lro=True, rx_vlan=True))}
    assert found["offloads"].mend == "ethtool -K tap0 gro off lro off rxvlan off"


def test_sysctl_takes_an_interface_with_a_dot_in_its_name() -> None:
    found = {f.check: f for f in examine(replace(SILENT, name="eth0.42", ipv6=True))}
    assert found["ipv6"].mend == "sysctl -w net.ipv6.conf.eth0/42.disable_ipv6=1"


def test_only_what_was_lost_meanwhile_counts() -> None:
    after = replace(SILENT, counters={"tx_packets": 5, "rx_missed_errors": 3, "rx_length_errors": 7})
    found = {f.check: f for f in compare(SILENT, after, 10)}
    assert found["sends"].severity is Severity.FINE
    assert found["card"].severity is Severity.WARNING
    assert found["card"].seen == "frames were lost in the card: 3 the card had no room for"


def test_state_is_what_the_system_says() -> None:
    state = state_of("lo")
    assert state.loopback
    assert not state.ethernet
    if os.environ.get("CI") == "true":
        assert shutil.which("ip"), "ip is missing, and in CI it must not be"
    if shutil.which("ip"):
        (told,) = json.loads(namespace.run("ip -j link show dev lo"))
        assert state.mtu == told["mtu"]
        assert state.up == ("UP" in told["flags"])
