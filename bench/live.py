"""``make bench-live``, as root: the program on a line of its own, beside tcpdump.

The line is a veth pair in a network namespace that is made and removed here. ``bench/sender`` sends on one end,
at the other listens the program, or tcpdump, never both. Four questions:

* the highest **rate** at which the kernel drops nothing: by halving, with a small buffer so that a rate that cannot
  be kept up shows within seconds;
* the **burst** that is borne while the program is stopped and does not read: 300,000 packets, the usual buffer;
* the **latency** from the packet's time, which the kernel stamps, to the record's line in our hands;
* the time from **SIGTERM** to the exit, idle and at work.
"""

import argparse
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

from rich.console import Console
from rich.table import Table

from bench.captures import capture
from bench.plans import PLANS
from bench.programs import Installation
from bench.sender import Frames, Sender
from tests.live.namespaces import Namespace, remove_leftovers

BURST = 300_000
"""Packets that are sent while nobody reads."""
SECONDS = 4.0
"""How long a rate is held before it counts as kept up."""
SMALL, USUAL = 16, 256
"""MiB of the kernel's buffer: to find the rate, and as the program has it."""
FINEST = 1.05
"""Ratio of two rates at which the halving ends."""
CALM = 2_000
"""Packets a second at which the latency is measured."""
SETTLE = 2.0
"""Seconds that a record waits for other copies of itself, at most once."""
WAITED = SETTLE - 0.25
"""Seconds from which on a record is one that waited: the wait counts from the batch before its packet."""
PATIENCE = 600.0
"""Seconds after which a program is said to hang; at its end it reads what the kernel still holds."""
TARGET = "user16@example.org"
"""One of the dense capture's accounts."""
EVERYBODY = "--all", "--no-db", "--format", "jsonl", "--output", "records.jsonl"
ONE = "--target", TARGET, "--db", "records.sqlite"


@dataclass(slots=True)
class Ended:
    """How a program ended, and what it said."""

    seconds: float
    said: str

    def number(self, pattern: str) -> int:
        """The number before some words, 0 if they were not said."""
        found = re.search(rf"([\d,]+) packets? {pattern}", self.said)
        return int(found[1].replace(",", "")) if found else 0


class Line:
    """A veth pair; ``tap0`` is listened on."""

    def __init__(self) -> None:
        remove_leftovers()
        self.space = Namespace("bench")
        self.space.set(ipv6__conf__default__disable_ipv6=1)
        self.space.ip(
            "link add tap0 type veth peer name end0",
            "link set tap0 up arp off multicast off",
            "link set end0 up arp off multicast off",
        )
        self.sender = Sender(self.space.socket(socket.AF_PACKET, socket.SOCK_RAW), "end0")

    @contextlib.contextmanager
    def listener(
        self, command: list[str], environment: dict[str, str], output: int = subprocess.DEVNULL
    ) -> Iterator["Listener"]:
        """A program at the other end, from when it listens."""
        with tempfile.TemporaryDirectory() as folder:
            listener = Listener(
                ["ip", "netns", "exec", self.space.name, *command], environment, Path(folder), output
            )
            try:
                listener.listens()
                yield listener
            finally:
                listener.kill()


class Listener:
    """One program, ours or tcpdump."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path, output: int) -> None:
        self._errors = folder / "errors"
        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen(  # noqa: S603 - the programs of this file
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, cwd=folder, env=environment
            )

    def listens(self) -> None:
        """Wait until it says so."""
        self._until(lambda: "listening on" in self._errors.read_text(), "it listens")
        time.sleep(0.2)

    def _until(self, done, what: str) -> None:  # type: ignore[no-untyped-def]
        limit = time.monotonic() + PATIENCE
        while not done():
            if self.process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"never happened: {what}: {self._errors.read_text()}")
            time.sleep(0.01)

    def busy(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rests(self, quiet: float = 1.0) -> float:
        """Wait until it has nothing to do; seconds until then."""
        begin, since, before = time.monotonic(), time.monotonic(), self.busy()
        while time.monotonic() - since < quiet and time.monotonic() - begin < PATIENCE:
            time.sleep(0.05)
            now = self.busy()
            if now - before > 0.015:
                before, since = now, time.monotonic()
        return since - begin

    def ends(self) -> Ended:
        """SIGTERM, and how long until it is gone."""
        begin = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)
        return Ended(time.monotonic() - begin, self._errors.read_text())

    def kill(self) -> None:
        """If it is still there."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@dataclass(slots=True)
class Program:
    """A command line with a place for the size of its buffer."""

    name: str
    command: list[str]
    environment: dict[str, str]
    kernel: str
    """How it tells of the kernel's drops."""
    unit: int
    """Of its buffer, in MiB or KiB."""

    def words(self, buffer: int) -> list[str]:
        """The command with a buffer of so many MiB."""
        return [word.replace("BUFFER", str(buffer * self.unit)) for word in self.command]


def programs(ours: Installation) -> list[Program]:
    """Ours in two uses, and tcpdump."""
    common = ["capture", "-i", "tap0", "--buffer", "BUFFER"]
    floor = ["tcpdump", "-i", "tap0", "-n", "-Z", "root", "-B", "BUFFER", "-w", "/dev/null", "tcp port 1863"]
    return [
        Program("one target, SQLite", ours.command(*common, *ONE), ours.environment, "dropped by the kernel", 1),
        Program(
            "--all, JSON Lines", ours.command(*common, *EVERYBODY), ours.environment, "dropped by the kernel", 1
        ),
        Program("tcpdump -w", floor, dict(os.environ), "dropped by kernel", 1024),
    ]


def highest_rate(line: Line, program: Program, frames: Frames) -> float:
    """Packets a second at which nothing is dropped; halves the distance between kept up and not."""
    kept, lost, rate = 0.0, 0.0, 100_000.0
    while not lost or lost / max(kept, 1) > FINEST:
        with line.listener(program.words(SMALL), program.environment) as listener:
            reached = line.sender.send(frames, rate, limit=min(frames.count, int(rate * SECONDS)))
            listener.rests(0.3)
            dropped = listener.ends().number(program.kernel)
        if dropped:
            lost = rate
        elif reached < rate * 0.97:  # the sender is the slower one
            return max(kept, reached)
        else:
            kept = rate
        rate = (kept * lost) ** 0.5 if kept and lost else kept * 2 if kept else lost / 2
    return kept


def burst(line: Line, program: Program, frames: Frames) -> dict[str, float]:
    """What is dropped of a burst that comes while the program is stopped, and how long it then works."""
    with line.listener(program.words(USUAL), program.environment) as listener:
        listener.process.send_signal(signal.SIGSTOP)
        rate = line.sender.send(frames)
        listener.process.send_signal(signal.SIGCONT)
        working = listener.rests()
        ended = listener.ends()
    return {"packets": frames.count, "octets": round(frames.mean), "rate": round(rate),
            "dropped": ended.number(program.kernel), "seconds": round(working, 2)}  # fmt: skip


def latency(line: Line, ours: Installation, frames: Frames) -> dict[str, object]:
    """From the packet to the line of its record; those that wait for a copy told apart."""
    words = ["capture", "-i", "tap0", "--all", "--no-db", "--format", "jsonl", "--output", "-"]
    waits: list[float] = []
    with line.listener(ours.command(*words), ours.environment, subprocess.PIPE) as listener:

        def read() -> None:
            for text in listener.process.stdout or ():
                now = time.time()
                happened = datetime.fromisoformat(json.loads(text)["time"]).timestamp()
                waits.append(now - happened)

        reader = threading.Thread(target=read)
        reader.start()
        line.sender.send(frames, CALM)
        time.sleep(4)
        counted = len(waits)
        listener.ends()  # what still waited leaves early: not counted
        reader.join()
    waits = waits[:counted]
    settled = [max(0.0, wait - SETTLE) for wait in waits if wait >= WAITED]
    told = {"all": waits, "no wait": [wait for wait in waits if wait < WAITED], "beyond the wait": settled}
    return {"packets_a_second": CALM, **{name: _spread(some) for name, some in told.items()}}


def _spread(seconds: list[float]) -> dict[str, float]:
    if len(seconds) < 2:
        return {"records": len(seconds)}
    shown = {"median": median(seconds), "p99": quantiles(seconds, n=100)[98], "most": max(seconds)}
    return {"records": len(seconds), **{f"{name}_ms": round(value * 1e3, 1) for name, value in shown.items()}}


def endings(line: Line, program: Program, frames: Frames) -> dict[str, float]:
    """Milliseconds from SIGTERM to the exit: with nothing to do, and amid packets."""
    found = {}
    with line.listener(program.words(USUAL), program.environment) as listener:
        found["idle_ms"] = round(listener.ends().seconds * 1e3, 1)
    with line.listener(program.words(USUAL), program.environment) as listener:
        sending = threading.Thread(target=line.sender.send, args=(frames, CALM, CALM * 4))
        sending.start()
        time.sleep(2.5)
        found["busy_ms"] = round(listener.ends().seconds * 1e3, 1)
        sending.join()
    return found


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__.partition("\n")[0])
    parser.add_argument("--python", default=sys.executable, metavar="FILE", help="that has the compiled program")
    parser.add_argument("--path", default="", help="further places of its modules (PYTHONPATH)")
    parser.add_argument("--capture", type=Path, help="classic pcap, Ethernet [default: the dense one]")
    parser.add_argument("--output", type=Path, default=Path("bench-results"), metavar="FOLDER")
    given = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("needs root: it makes a network namespace")
    ours = Installation(Path(given.python).absolute(), given.path)
    path = given.capture or capture(PLANS["dense"]).path
    frames, carrying = Frames(path, 1_000_000), Frames(path, BURST, carrying=True)
    results: dict[str, object] = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "octets": round(frames.mean)}
    line = Line()
    try:
        for program in programs(ours):
            found: dict[str, object] = {"burst": burst(line, program, carrying)}
            found["rate"] = round(highest_rate(line, program, frames))
            found["sigterm"] = endings(line, program, frames)
            results[program.name] = found
            print(program.name, json.dumps(found), file=sys.stderr)
        results["latency"] = latency(line, ours, Frames(path, CALM * 10))
    finally:
        line.space.remove()
    given.output.mkdir(parents=True, exist_ok=True)
    (given.output / "live.json").write_text(json.dumps(results, indent=1) + "\n")
    _show(results)


def _show(results: dict) -> None:  # type: ignore[type-arg]
    table = Table("", "rate without a drop", "burst: dropped of", "then at work", "SIGTERM idle, busy")
    for name, found in results.items():
        if isinstance(found, dict) and "rate" in found:
            met = found["burst"]
            table.add_row(
                name, f"{found['rate']:,}/s", f"{met['dropped']:,} of {met['packets']:,} ({met['octets']} octets)",
                f"{met['seconds']} s", f"{found['sigterm']['idle_ms']}, {found['sigterm']['busy_ms']} ms",
            )  # fmt: skip
    Console().print(table)
    print(json.dumps(results["latency"]))


if __name__ == "__main__":
    main()
