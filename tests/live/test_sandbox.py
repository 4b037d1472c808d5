"""A capture that has given up everything: what it cannot do any more, and what it goes on doing."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from capture.files import open_files
from rcds_sniffer.secrecy.keys import VARIABLE
from tests.rcds_sniffer.sandbox import probes
from tests.rcds_sniffer.sandbox.memory import memory_of

from .namespaces import entered
from .sensor import Capture, Run, catch_up, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .namespaces import Namespace
    from .network import Network


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where every user may write: what is refused there, no file's mode has refused."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


class Confined(Capture):
    """The capture with somebody inside; see ``tests/rcds_sniffer/sandbox/confined.py``."""

    def __init__(
        self, sensor: Namespace, folder: Path, *words: object, folders: str = "", tries: bool = True, user: int = 0,
        interfaces: tuple[str, ...] = ("tap0",), before: tuple[object, ...] = (), buffer: int = 8,
    ) -> None:  # fmt: skip
        self.output = folder / "confined.jsonl"
        self.report, self.attic = folder / "report", folder / "attic"
        self._listens = probes.prepare(self.attic)
        on = [word for interface in interfaces for word in ("-i", interface)]
        program = [*before, sys.executable, "-m", "tests.rcds_sniffer.sandbox.confined"]
        program += [self.report, self.attic if tries else "-", folders, user]
        form = ["--no-db", "--format", "jsonl", "--output", self.output, "--statistics", 0.5, "--buffer", buffer]
        Run.__init__(self, sensor, folder, *program, "-v", "capture", *on, *form, *words, name="confined")
        self._tries = tries

    def kill(self) -> None:
        """If it still runs, no more; nor does anybody listen to it."""
        super().kill()
        self._listens.close()

    def told(self, key: str) -> list[Any]:
        """What the report says about something so far."""
        if not self.report.exists():
            return []
        lines = [json.loads(line) for line in self.report.read_text().split("\n")[:-1]]
        return [line[key] for line in lines if key in line]

    def enters(self) -> Confined:
        """Waits until it is confined, and has tried everything."""
        last = "allowed" if self._tries else "confinement"
        eventually(lambda: self.code is not None or self.told(last), "it is confined, and tries everything")
        assert self.code is None, self.said
        return self

    def status(self) -> dict[str, str]:
        """What the kernel says of the process."""
        lines = Path(f"/proc/{self.pid}/status").read_text().split("\n")
        return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}

    def late(self) -> list[Any]:
        """What Python opened or imported after it was confined."""
        return self.told("late")


@contextlib.contextmanager
def confined(sensor: Namespace, folder: Path, *words: object, **options: Any) -> Iterator[Confined]:
    """It, from its entering on."""
    started = Confined(sensor, folder, *words, **options)
    try:
        yield started.enters()
    finally:
        started.kill()


PCAPS = Path(__file__).parents[1] / "pcaps"
SOURCES = ["libpcap", pytest.param("pypcap", marks=pytest.mark.skipif(sys.version_info > (3, 12), reason="pypcap"))]
ENGINES = ["native", "libnids"]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("engine", ENGINES)
def test_all_that_is_forbidden_is_refused_and_the_capture_goes_on(
    network: Network, folder: Path, source: str, engine: str
) -> None:
    sensor = network.sensor(f"in{source[:4]}{engine[:3]}")
    with confined(sensor, folder, "--all", "--source", source, "--engine", engine) as capture:
        capture.gets(signal.SIGUSR1)
        eventually(lambda: len(capture.told("allowed")) == 2, "it tries everything again")
        plays_one(network, sensor)
        eventually(capture.texts, "a record")
        eventually(lambda: re.search("so far [1-9]", capture.said), "a line of numbers")
        assert capture.ends() < 10
        assert capture.code == 130
        assert "packets" in capture.said
        for refused in capture.told("refused"):
            assert done(refused) == {}
        for allowed in capture.told("allowed"):
            assert set(allowed.values()) == {"done"}
        assert capture.late() == []


def test_the_kernel_says_that_nothing_is_left(span: Namespace, folder: Path) -> None:
    with confined(span, folder, "--all") as capture:
        status = capture.status()
        assert "0" not in status["Uid"].split()
        assert "0" not in status["Gid"].split()
        assert status["Groups"] == ""
        for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(status[kind], 16) == 0, kind
        assert status["NoNewPrivs"] == "1"
        assert status["Seccomp"] == "2"
        assert status["CoreDumping"] == "0"
        assert os.stat(f"/proc/{capture.pid}/mem").st_uid == 0  # not dumpable: not even its own user may look


def done(refused: dict[str, str]) -> dict[str, str]:
    """What was not refused; EPIPE says that a socket is mute, ENOSYS that there is no such call."""
    assert sum(name.startswith("send by") for name in refused) >= 2  # who asks of interfaces, and who stands in
    return {name: how for name, how in refused.items() if how not in ("EPERM", "EACCES", "ENOSYS", "EPIPE")}


REFUSED = re.compile(r"^\d+ +(\w+)\((.*)\) += -1 E(PERM|ACCES)", re.MULTILINE)
EXPECTED = re.compile(r"/sys/class/net/\w+/statistics/|PACKET_RX_RING, {tp_block_size=0,")
"""libpcap counts what the card dropped, as capture/card.py does by descriptors that are open; before it closes the
ring it takes it to pieces, which the kernel does anyway with the last descriptor."""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace looks on")
@pytest.mark.parametrize("engine", ENGINES)
def test_every_kind_of_traffic_is_recorded_as_without_the_sandbox_and_nothing_is_asked_in_vain(
    network: Network, folder: Path, engine: str
) -> None:
    sensor = network.sensor(f"kinds{engine[:3]}")
    trace = folder / "trace"
    look = ("strace", "-D", "-f", "-o", trace)
    words = ("--all", "--engine", engine)
    free = Capture(sensor, folder, *words, "--buffer", 256, name="free")
    with confined(sensor, folder, *words, tries=False, before=look, buffer=256) as capture, ended(free.listens()):
        played = plays(network, sensor)
        assert played > 5_000
        catch_up([capture, free])
        assert capture.ends() < 60
        assert capture.code == 130, capture.said
        free.ends()
        assert "not followed" not in capture.said
        assert capture.late() == []
        for run in (capture, free):  # else they need not agree
            assert "dropped" not in run.said.rpartition("so far")[2].partition("\n")[2], run.said
        assert counts(capture) == counts(free)
        assert len(counts(free)) > 15
        behind = trace.read_text().partition("seccomp(SECCOMP_SET_MODE_FILTER")[2]
        assert "SO_ATTACH_FILTER" in behind  # a filter has grown
        assert [found[0] for found in REFUSED.finditer(behind) if not EXPECTED.search(found[0])] == []


def counts(capture: Capture) -> Counter[tuple[str, str | None]]:
    """What happened, by event and text."""
    return Counter((record["event"], record["text"]) for record in capture.records())


@contextlib.contextmanager
def ended(run: Run) -> Iterator[None]:
    """At the end, at the latest."""
    try:
        yield
    finally:
        run.kill()


def plays(network: Network, sensor: Namespace) -> int:
    """Every capture of ours, one after the other, passes the sensor's interface; how many packets."""
    port, played = network.port(sensor), 0
    with network.switch.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind((port, 0))
        for path in sorted(PCAPS.glob("*.pcap*")):
            with open_files([str(path)]) as source:
                if source.link_types != (1,):
                    continue
                for batch in source.batches():
                    for packet in batch:
                        wire.send(packet.octets)
                        played += 1
                    time.sleep(0.01)
    return played


def test_an_interface_that_goes_down_and_up_is_read_again(network: Network, folder: Path) -> None:
    sensor = network.sensor("updown")
    with confined(sensor, folder, "--all") as capture:
        sensor.ip("link set tap0 down")
        eventually(lambda: "tap0: is down" in capture.said, "it is told")
        sensor.ip("link set tap0 up")
        eventually(lambda: "tap0: is back" in capture.said, "it is told")
        plays_one(network, sensor)
        eventually(capture.texts, "a record")
        capture.ends()
        assert capture.code == 130


def plays_one(network: Network, sensor: Namespace, interface: str = "tap0") -> None:
    """One capture passes the sensor's interface."""
    with network.switch.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind((network.port(sensor, interface), 0))
        with open_files([str(PCAPS / "demo.pcap")]) as source:
            for batch in source.batches():
                for packet in batch:
                    wire.send(packet.octets)


def test_an_interface_made_anew_ends_the_capture_with_one_line_once_what_is_there_is_recorded(
    network: Network, folder: Path
) -> None:
    sensor = network.sensor("anew", ("tap0", "tap1"))
    with confined(sensor, folder, "--all", interfaces=("tap0", "tap1")) as capture:
        sensor.ip("link del tap0")
        eventually(lambda: "tap0: is gone" in capture.said, "it is told")
        plays_one(network, sensor, "tap1")
        eventually(capture.texts, "a record")
        assert capture.code is None  # the other one is heard as long as nothing better can be had
        sensor.ip("link add tap0 type veth peer name far", "link set tap0 up")
        eventually(lambda: capture.code is not None, "it ends")
        assert capture.code == 1
        lines = [line for line in capture.said.split("\n") if "made anew" in line]
        assert len(lines) == 1, capture.said
        assert "start this again" in lines[0]
        assert "Traceback" not in capture.said


def test_files_are_written_to_their_folder_and_nowhere_else(network: Network, folder: Path) -> None:
    sensor = network.sensor("vault")
    vault = folder / "vault"
    vault.mkdir(mode=0o700)
    shutil.chown(vault, "nobody")
    with confined(sensor, folder, "--all", "--files", vault, folders=str(vault)) as capture:
        plays(network, sensor)
        capture.catches_up()
        assert capture.ends() < 60
        assert list(vault.iterdir()) != []
        assert "could not be written" not in capture.said
        for refused in capture.told("refused"):
            assert done(refused) == {}


def test_a_sensor_that_was_never_root_keeps_nothing_but_its_name(network: Network, folder: Path) -> None:
    sensor = network.sensor("ambient")
    with confined(sensor, folder, "--all", user=12345) as capture:
        status = capture.status()
        assert set(status["Uid"].split()) == {"12345"}
        for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            assert int(status[kind], 16) == 0, kind
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
        plays_one(network, sensor)
        eventually(capture.texts, "a record")


def test_what_is_refused_inside_is_not_outside() -> None:
    """Else the tests above would show nothing."""
    assert os.geteuid() == 0
    with tempfile.TemporaryDirectory() as name:
        attic = Path(name, "attic")
        listens = probes.prepare(attic)
        kinds = (probes.speaking(str(attic)), probes.sockets(), probes.files(str(attic)), probes.memory())
        tried = {
            name: probes.outcome(attempt) for kind in kinds for name, attempt in kind if name != "change folder"
        }
        assert {name: how for name, how in tried.items() if how != "done"} == {}
        assert listens.recv(9) == b"said"
        listens.close()
    assert probes.outcome(probes.forked) == "done"


def test_the_command_enters_by_itself_and_writes_all_that_it_is_asked_for(network: Network, folder: Path) -> None:
    sensor = network.sensor("command")
    vault, database, kept = folder / "vault", folder / "records.sqlite", folder / "kept.pcapng"
    vault.mkdir(mode=0o700)
    shutil.chown(vault, "nobody")
    words = ("--all", "--sandbox", "--user", "nobody", "--db", database, "--files", vault, "--write", kept)
    capture = Capture(sensor, folder, *words, "--metrics", 9108, "--statistics", 0.5, "--buffer", 8, store=True)
    with ended(capture.listens()):
        status = Path(f"/proc/{capture.pid}/status").read_text()
        assert re.search(r"CapEff:\t0+\n", status)
        assert re.search(r"CapBnd:\t0+\n", status)
        assert "Seccomp:\t2" in status
        assert "Uid:\t0" not in status
        assert "confined: user nobody" in capture.said
        plays(network, sensor)
        capture.catches_up()
        with entered(sensor.name), urllib.request.urlopen("http://127.0.0.1:9108/metrics") as answer:
            assert b"rcds_records_total" in answer.read()
        capture.gets(signal.SIGHUP)
        assert capture.ends() < 60
        assert capture.code in (1, 130), capture.said  # our captures have gaps
        assert "could not be written" not in capture.said
        assert "Traceback" not in capture.said
        assert list(vault.iterdir()) != []
        assert kept.stat().st_size > 100_000
    with contextlib.closing(sqlite3.connect(database)) as opened:
        (stored,) = opened.execute("SELECT count(*) FROM communication_records").fetchone()
    assert stored == len(capture.records()) > 100


def test_under_orders_the_sensor_is_confined_and_has_no_key(network: Network, folder: Path) -> None:
    sensor = network.sensor("orders")
    key = base64.b64encode(os.urandom(32))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), VARIABLE: key.decode()}
    program = [sys.executable, "-m", "rcds_sniffer"]
    for words in (("orders", "init"), ("roles", "grant", "root", "operator")):
        subprocess.run([*program, *words, "--db", "orders"], check=True, cwd=folder, env=environment)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, key.decode())
        words = ("-v", "capture", "-i", "tap0", "--db", "orders", "--buffer", 8)
        capture = Run(sensor, folder, *program, *words)
    with ended(capture.listens()):
        eventually(lambda: "reading by" in capture.said, "it reads")
        assert "confined: user" in capture.said
        (keeper,) = Path(f"/proc/{capture.pid}/task/{capture.pid}/children").read_text().split()
        for secret in (key, base64.b64decode(key)):
            assert secret not in memory_of(capture.pid)
        assert base64.b64decode(key) in memory_of(int(keeper))
        capture.ends()
        assert capture.code == 130


def test_a_targets_file_that_cannot_be_read_again_leaves_the_targets_as_they_were(
    network: Network, folder: Path
) -> None:
    sensor = network.sensor("hup")
    targets = folder / "targets"
    targets.write_text("alice@example.org\n")
    with confined(sensor, folder, "--targets-file", targets) as capture:
        capture.gets(signal.SIGHUP)
        eventually(lambda: "the targets stay as they were" in capture.said, "it is told")
        plays_one(network, sensor)
        eventually(capture.texts, "a record")
        capture.ends()
        assert capture.code == 130


def test_all_interfaces_at_once_are_heard_inside(network: Network, folder: Path) -> None:
    sensor = network.sensor("any", ("tap0", "tap1"))
    with confined(sensor, folder, "--all", interfaces=("any",)) as capture:
        plays_one(network, sensor, "tap1")
        eventually(capture.texts, "a record")


def test_what_the_card_drops_is_counted_without_opening_anything(network: Network) -> None:
    sensor = network.sensor("card")
    words = [sys.executable, "-c", CARD]
    inside = subprocess.run(
        ["ip", "netns", "exec", sensor.name, *words], capture_output=True, text=True, check=True, cwd=Path.cwd(),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert inside.stdout.split() == ["0", "None", "None", "None"]


CARD = """
import subprocess
from capture.card import Card
card = Card("tap0")
print(card.dropped())
subprocess.run(["ip", "link", "del", "tap0"], check=True)
print(card.dropped(), Card("any").dropped(), Card("no\\0name").dropped())
"""
