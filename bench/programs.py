"""What is measured: a table of programs, ours in its configurations and the peers, and what each needs to run.

The floor is tcpdump, which reads the capture with libpcap's filter and writes what passes to nowhere: a C program
that does nothing with a packet. ``count`` is the lowest that ours can come to, every command framed and every event
made. Ours is measured as it is installed from a wheel, hot modules compiled, and once as its sources run.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path

from bench import outputs
from bench.captures import Capture

FILTER = "tcp port 1863"
TREE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Installation:
    """One way in which our program is installed."""

    python: Path
    path: str = ""
    """Further places of modules (PYTHONPATH)."""

    def command(self, *arguments: str) -> list[str]:
        """Our program with these arguments."""
        return [str(self.python), "-m", "rcds_sniffer", *arguments]

    @property
    def environment(self) -> dict[str, str]:
        """That of this process, the further places instead of its own."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return kept | ({"PYTHONPATH": self.path} if self.path else {})

    def says(self, *arguments: str) -> str:
        """What it answers, or nothing when it fails."""
        return _answer((*self.command(*arguments),), self.path)


SOURCES = Installation(Path(sys.executable), str(TREE))
"""The tree as it stands, nothing compiled but the bindings."""


@dataclass(frozen=True, slots=True)
class Program:
    """One line of the comparison."""

    name: str
    about: str
    command: Callable[[Capture], list[str]]
    """The capture's path is absolute; the working folder is empty and the program's own."""
    shows: outputs.Reader | None = None
    """How the texts are found that it shows; None: it shows none."""
    ours: Installation | None = None
    counts: bool = False
    """It says how many texts there are, and no more."""
    target_only: bool = False
    """It shows only what concerns the capture's target."""
    lacking: str = ""
    """Why it cannot run on this machine; empty: it can."""
    captures: tuple[str, ...] = ("dense", "mixed")
    """Where it is timed. Recall is counted on every capture for those that show texts."""
    slow: bool = False
    """Runs once, where others run several rounds."""
    slice: float = 1.0
    """The share of the capture that it is given, for what would take too long."""
    prepare: tuple[str, ...] = field(default=())
    """Folders to make in the working folder."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What it runs in."""
        return self.ours.environment if self.ours is not None else os.environ


def programs(ours: Installation) -> list[Program]:
    """Everything that is measured, in the order of the table."""
    return [*_floor(), *_ours(ours), *_uncompiled(), *_peers()]


def _floor() -> list[Program]:
    def tcpdump(capture: Capture) -> list[str]:
        return ["tcpdump", "-r", str(capture.path), "-w", os.devnull, FILTER]

    def cat(capture: Capture) -> list[str]:
        return ["cat", str(capture.path)]

    return [
        Program(
            "tcpdump -w",
            "the floor: filter, and write to nowhere",
            tcpdump,
            lacking=_without("tcpdump"),
            captures=("dense", "mixed", "mixed-pcapng"),
        ),
        Program("cat", "only read the file", cat, lacking=_without("cat")),
    ]


def _ours(ours: Installation) -> list[Program]:
    json: dict[str, object] = {"shows": outputs.json_lines}
    database: dict[str, object] = {"shows": outputs.database}
    other = json | {"captures": ("dense",), "slow": True}
    everybody = ["replay", "--all", *_JSON]
    rows: list[tuple[str, str, list[str], dict[str, object]]] = [
        ("count", "events decoded and counted", ["count", "--format", "jsonl"],
         {"captures": ("dense", "mixed", "mixed-pcapng"), "counts": True}),
        ("one target, SQLite", "the records of one account", ["replay", "--target", "TARGET", *_SQLITE],
         database | {"target_only": True}),
        ("--all, JSON Lines", "the records of everybody", everybody, json),
        ("--all, SQLite", "the records of everybody", ["replay", "--all", *_SQLITE], database),
        ("--all, JSON Lines, 1 worker", "in one process", [*everybody, "--workers", "1"], json),
        ("--all, JSON Lines, 2 workers", "in two", [*everybody, "--workers", "2"], json),
        ("--all, JSON Lines, savefile", "our own reader of files", [*everybody, "--source", "savefile"], other),
        ("--all, JSON Lines, pypcap", "read by pypcap", [*everybody, "--source", "pypcap"], other),
        ("--all, JSON Lines, libnids", "the second engine", [*everybody, "--engine", "libnids"], other),
    ]  # fmt: skip
    return [
        Program(name, about, _rcds(ours, arguments), ours=ours, lacking=_unknown(ours, arguments), **rest)  # type: ignore[arg-type]
        for name, about, arguments, rest in rows
    ]


_JSON = ["--no-db", "--format", "jsonl", "--output", "records.jsonl"]
_SQLITE = ["--db", "records.sqlite"]


def _uncompiled() -> list[Program]:
    arguments = ["replay", "--all", *_JSON]
    return [
        Program("--all, JSON Lines, uncompiled", "the sources as they are, a tenth of the capture",
                _rcds(SOURCES, arguments), ours=SOURCES, lacking=_unknown(SOURCES, arguments), slow=True, slice=0.1,
                shows=outputs.json_lines, captures=("dense",)),
    ]  # fmt: skip


def _rcds(installation: Installation, arguments: list[str]) -> Callable[[Capture], list[str]]:
    def command(capture: Capture) -> list[str]:
        name, *rest = [capture.truth.target if word == "TARGET" else word for word in arguments]
        silent = [] if name == "count" else _without_output(installation, rest)
        return installation.command("-q", name, *rest, *silent, str(capture.path))

    return command


def _without_output(installation: Installation, arguments: list[str]) -> list[str]:
    """Records for the database alone: where no output can be had there is one that costs little."""
    if "--output" in arguments:
        return []
    if "none" in _option(installation, "--format"):
        return ["--format", "none"]
    return ["--format", "jsonl", "--output", os.devnull]


def _unknown(installation: Installation, arguments: list[str]) -> str:
    """Which of our options this installation does not know."""
    if not installation.python.exists():
        return "not installed: make bench does"
    command, *options = arguments
    told = installation.says(command, "--help")
    if not told:
        return f"has no {command}"
    wanting = [word for word in options if word.startswith("--") and word not in told]
    if wanting:
        return f"{command} has no {', '.join(wanting)}"
    for option, value in pairwise(options):
        if option in {"--source", "--engine"} and value not in _option(installation, option, command):
            return f"has no {option} {value}"
    return ""


def _option(installation: Installation, option: str, command: str = "replay") -> str:
    """The choices of an option, as help says them."""
    told = installation.says(command, "--help")
    return told.partition(f"{option} [")[2].partition("]")[0]


def _peers() -> list[Program]:
    def tshark(capture: Capture) -> list[str]:
        return ["tshark", "-n", "-r", str(capture.path), "-Y", "msnms", "-T", "fields", "-e", "tcp.payload"]

    def tcpflow(capture: Capture) -> list[str]:
        return ["tcpflow", "-q", "-r", str(capture.path), "-o", "streams", FILTER]

    def msgsnarf(capture: Capture) -> list[str]:
        return ["msgsnarf", "-p", str(capture.path)]

    def tcpick(capture: Capture) -> list[str]:
        return ["tcpick", "-r", str(capture.path), "-yU", FILTER]

    def scapy(capture: Capture) -> list[str]:
        return [sys.executable, str(TREE / "bench" / "scapy_peer.py"), str(capture.path)]

    return [
        Program("msgsnarf", "dsniff's, in C on libnids: texts", msgsnarf, outputs.plain,
                lacking=_without("msgsnarf")),
        Program("tcpflow", "streams into files, not decoded", tcpflow, outputs.files, lacking=_without("tcpflow"),
                captures=("dense",), prepare=("streams",)),
        Program("tcpick", "streams in order to standard output, not decoded", tcpick, outputs.plain,
                lacking=_without("tcpick"), captures=("dense",), slow=True),
        Program("tshark", "dissected; payload of packets with MSN in them", tshark, outputs.hexadecimal,
                lacking=_without("tshark"), slow=True),
        Program("scapy", "payloads in order of arrival, a tenth of the capture", scapy, outputs.hexadecimal,
                slow=True, slice=0.1, lacking=_without_module("scapy"), captures=("dense",)),
    ]  # fmt: skip


def _without(name: str) -> str:
    return "" if shutil.which(name) else f"{name} is not installed: tools/install-bench-packages"


def _without_module(name: str) -> str:
    known = subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True, check=False)  # noqa: S603
    return "" if known.returncode == 0 else f"{name} is not installed: the extra bench"


@cache
def _answer(command: tuple[str, ...], path: str) -> str:
    environment = os.environ | {"PYTHONPATH": path, "COLUMNS": "200"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env=environment)  # noqa: S603
    return done.stdout if done.returncode == 0 else ""
