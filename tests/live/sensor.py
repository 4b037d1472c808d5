"""Programs that run on a sensor, started and ended as a user would.

Takes a namespace and a command line; gives what the program wrote, how it ended and how long that took. Nothing
here waits for a fixed time: a program listens when the kernel shows its packet socket, it has caught up when
neither its interface nor its processor time moves any more.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from .namespaces import Namespace

PATIENCE = 60.0
"""Seconds after which something that should happen is said not to; the machine may be busy."""
QUIET = 1.3
"""Seconds without a packet and without work, after which a program has caught up: tcpdump reads once a second."""

Value = TypeVar("Value")


def eventually(look: Callable[[], Value], what: str, patience: float = PATIENCE) -> Value:
    """What ``look`` gives as soon as it is true.

    Raises:
        AssertionError: it never is.
    """
    deadline = time.monotonic() + patience
    while not (value := look()):
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.02)
    return value


def packet_sockets(pid: int) -> int:
    """How many packet sockets of a process receive."""
    try:
        table = Path(f"/proc/{pid}/net/packet").read_text().split("\n")[1:]
        names = [os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return 0
    rows = [row.split() for row in table if row]
    return sum(row[5] == "1" and f"socket:[{row[8]}]" in names for row in rows)


class Run:
    """One program on a sensor."""

    def __init__(self, sensor: Namespace, folder: Path, *words: object, name: str = "run") -> None:
        self.sensor = sensor
        self._out, self._err = folder / f"{name}.out", folder / f"{name}.err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(
                ["ip", "netns", "exec", sensor.name, *map(str, words)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=folder,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},  # what is tested here is run there
            )

    @property
    def pid(self) -> int:
        """Of the program itself."""
        return self._process.pid

    @property
    def said(self) -> str:
        """What it wrote to standard error so far."""
        return self._err.read_text()

    @property
    def written(self) -> str:
        """What it wrote to standard output so far."""
        return self._out.read_text()

    def listens(self, interfaces: int = 1) -> "Run":
        """Waits until its packet sockets receive."""
        eventually(lambda: self._receives_on() >= interfaces, "a packet socket")
        return self

    def _receives_on(self) -> int:
        assert self._process.poll() is None, f"ended with {self._process.returncode}: {self.said}"
        return packet_sockets(self.pid)

    def catches_up(self) -> "Run":
        """Waits until the line is idle and the program has nothing to do."""
        catch_up([self])
        return self

    def work(self) -> tuple[int, int]:
        """Packets that its interfaces have received, and its processor time in ticks."""
        devices = Path(f"/proc/{self.pid}/net/dev").read_text().split("\n")[2:]
        packets = sum(int(row.split(":")[1].split()[1]) for row in devices if ":" in row)
        ticks = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return packets, int(ticks[11]) + int(ticks[12])

    def gets(self, number: int) -> None:
        """A signal, without waiting for what it does."""
        self._process.send_signal(number)

    def ends(self, number: int = signal.SIGTERM) -> float:
        """A signal, and the end; seconds between them."""
        begin = time.monotonic()
        self._process.send_signal(number)
        self._process.wait(PATIENCE)
        return time.monotonic() - begin

    @property
    def code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        """If it still runs, no more."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


def catch_up(runs: Sequence[Run]) -> None:
    """Waits until the lines are idle and none of the programs has anything to do."""
    before, since = [run.work() for run in runs], time.monotonic()
    deadline = since + PATIENCE
    while time.monotonic() - since < QUIET:
        assert time.monotonic() < deadline, "they never rest"
        time.sleep(0.1)
        now = [run.work() for run in runs]
        moved = any(p != q or abs(t - u) > 2 for (p, t), (q, u) in zip(before, now, strict=True))
        if moved:
            before, since = now, time.monotonic()


class Capture(Run):
    """``rcds-sniffer capture`` with JSON Lines as output."""

    def __init__(
        self, sensor: Namespace, folder: Path, *words: object, interfaces: tuple[str, ...] = ("tap0",),
        name: str = "capture", command: str = "capture", store: bool = False,
    ) -> None:  # fmt: skip
        self.output = folder / f"{name}.jsonl"
        on = [word for interface in interfaces for word in ("-i", interface)] if command == "capture" else []
        kept = [] if store else ["--no-db"]
        form = ["--format", "jsonl", "--output", self.output, "--sensor", "nis-1"]
        program = [sys.executable, "-m", "rcds_sniffer", "-v", command]
        super().__init__(sensor, folder, *program, *on, *kept, *form, *words, name=name)

    def listens(self, interfaces: int = 0) -> "Capture":
        """Waits until it reads: its filter is in place then, which it is not yet when its sockets are there."""
        eventually(lambda: self.code is not None or "reading by" in self.said, "it reads")
        super().listens(interfaces)
        return self

    def records(self) -> list[dict[str, Any]]:
        """Those written so far, whole lines only."""
        text = self.output.read_text() if self.output.exists() else ""
        return [json.loads(line) for line in text.split("\n")[:-1]]

    def texts(self) -> list[str | None]:
        """The texts of the messages recorded so far."""
        return [record["text"] for record in self.records() if record["event"] == "message"]


def tcpdump(sensor: Namespace, folder: Path, *words: object, name: str = "tcpdump") -> Run:
    """tcpdump on the sensor's interface, as root all the way, and receiving already."""
    return Run(sensor, folder, "tcpdump", "-i", "tap0", "-n", "-Z", "root", *words, name=name).listens()


def transmitted(sensor: Namespace) -> dict[str, int]:
    """Packets that each interface of a sensor, loopback aside, has ever sent."""
    words = ["ip", "-n", sensor.name, "-s", "-j", "link"]
    links = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    return {link["ifname"]: link["stats64"]["tx"]["packets"] for link in links if link["ifname"] != "lo"}
