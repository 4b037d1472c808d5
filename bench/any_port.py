"""``python -m bench.any_port``: what ``--any-port`` costs, and what it finds.

Whole processes, each kind once in a round and in turn, on the mixed capture, of which 1 % is MSN on its usual port:
on MSN's ports alone, with the gateways' ports too, as captures are replayed, and on all ports. The ratios are those
of one round, and their median counts, so a slow minute of the machine falls on all. Then the same capture with MSN
on a port that nobody names, where nothing but ``--any-port`` can find it: recall. And the probe alone: how many
beginnings a second it tells, by kind.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from rich.console import Console

from bench import machine
from bench.captures import Capture, capture
from bench.measure import Run, run
from bench.outputs import json_lines
from bench.peers import working_folder
from bench.plans import PLANS
from bench.programs import Installation
from bench.tables import Table
from bench.truth import judge, tokens
from msnp.openings import MOST_OCTETS, opening

REPLAY = "-q", "replay", "--all", "--no-db", "--format", "jsonl", "--output", "records.jsonl"
LOOKS = {
    "MSN's ports": ("--no-gateways",),
    "and the gateways'": (),
    "all ports": ("--any-port",),
}
"""Where it is looked, and the options for it; the first is what the others are compared with."""
PROBED = 0.3
"""Seconds for which each kind of beginning is told."""


@dataclass(frozen=True, slots=True)
class Look:
    """One kind of looking on one capture."""

    where: str
    capture: str
    wall: float
    """Seconds, the median."""
    cpu: float
    wall_ratio: float
    """To the first kind, the median of the rounds' ratios."""
    cpu_ratio: float
    microseconds: float
    """Of processor time for each packet of the capture."""
    resident: int
    """Octets."""
    found: int
    """Whole texts."""
    texts: int
    """Whole texts that there are."""


def main() -> None:
    """Measure, and show it."""
    arguments = _arguments()
    ours = Installation(Path(arguments.python).absolute(), arguments.path)
    told = ours.says("replay", "--help")
    lacking = [option for options in LOOKS.values() for option in options if option not in told.replace("/", " ")]
    if lacking:
        sys.exit(f"replay has no {', '.join(lacking)}")
    console = Console(stderr=True)
    scale = arguments.scale or (0.2 if arguments.quick else 1.0)
    rounds = arguments.rounds or (3 if arguments.quick else 5)
    looks = []
    for name in ("mixed", "mixed-elsewhere"):
        console.print(f"{name}: making it, if it is not there")
        looks += _compared(ours, capture(PLANS[name].scaled(scale)), rounds, console)
    probes = _probes()
    results = {"machine": machine.facts(ours), "scale": scale, "rounds": rounds, "probes": probes}
    results["looks"] = [asdict(look) for look in looks]
    folder = Path(arguments.output)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "any-port.json").write_text(json.dumps(results, indent=1, default=str) + "\n")
    shown = [_looks_table(looks), _probes_table(probes)]
    for table in shown:
        Console(width=None if sys.stdout.isatty() else 160).print(table.rich())
    (folder / "any-port.md").write_text("\n\n".join(table.markdown() for table in shown) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.any_port", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="three rounds on a fifth of the captures")
    parser.add_argument("--scale", type=float, help="of the captures")
    parser.add_argument("--rounds", type=int, help="in which each kind runs once")
    parser.add_argument("--output", default="bench-results", metavar="FOLDER", help="[default: %(default)s]")
    parser.add_argument(
        "--python", default=sys.executable, metavar="FILE", help="the interpreter that has the program"
    )
    parser.add_argument("--path", default="", help="further places of its modules (PYTHONPATH)")
    return parser.parse_args()


# --- whole processes


def _compared(ours: Installation, given: Capture, rounds: int, console: Console) -> list[Look]:
    runs: dict[str, list[Run]] = {where: [] for where in LOOKS}
    found: dict[str, int] = {}
    for number in range(rounds):
        for where, options in LOOKS.items():
            console.print(f"{given.plan.name}, round {number + 1} of {rounds}: {where}", highlight=False)
            with working_folder() as folder:
                output = folder / "standard-output"
                command = ours.command(*REPLAY, *options, str(given.path))
                done = run(command, output=output, folder=folder, environment=ours.environment)
                if done.status not in {0, 1}:  # 1 is what it says of losses
                    sys.exit(f"{where}: failed with {done.status}: {done.error}")
                if not number:
                    found[where] = judge(tokens(json_lines(output, folder)), given.truth.whole).found
            runs[where].append(done)
    first = next(iter(runs.values()))
    return [
        Look(
            where,
            given.plan.name,
            median(one.wall for one in done),
            median(one.cpu for one in done),
            median(one.wall / other.wall for one, other in zip(done, first, strict=True)),
            median(one.cpu / other.cpu for one, other in zip(done, first, strict=True)),
            median(one.cpu for one in done) / given.truth.packets * 1e6,
            max(one.resident for one in done),
            found[where],
            given.truth.whole_texts,
        )
        for where, done in runs.items()
    ]


def _looks_table(looks: list[Look]) -> Table:
    columns = ["looked at", "wall s", "×", "CPU s", "×", "µs a packet", "resident MB", "texts"]
    rows = [
        [
            f"{look.capture}: {look.where}",
            f"{look.wall:.2f}",
            f"{look.wall_ratio:.2f}",
            f"{look.cpu:.2f}",
            f"{look.cpu_ratio:.2f}",
            f"{look.microseconds:.2f}",
            f"{look.resident / 1e6:.0f}",
            f"{look.found:,} of {look.texts:,}",
        ]
        for look in looks
    ]
    return Table("What looking at all ports costs and finds", columns, rows)


# --- the probe alone


def _probes() -> dict[str, dict[str, float]]:
    """Beginnings a second, each kind as it comes from a SYN and as it is joined later."""
    return {kind: {"begun": _rate(sides, True), "joined": _rate(sides, False)} for kind, sides in _sides().items()}


def _sides() -> dict[str, tuple[bytes, bytes]]:
    chance = random.Random(1)  # noqa: S311 - repeatable, not secret
    noise = chance.randbytes(MOST_OCTETS)
    head = b"MSG kim@b.example Kim 60\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"
    return {
        "MSNP": (b"VER 1 MSNP12 MSNP11 CVR0\r\n", b""),
        "a message": (b"", head + b"hello"),
        "HTTP": (b"GET /page HTTP/1.1\r\nHost: www.example.com\r\nAccept: */*\r\n\r\n", b""),
        "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + noise[:500], b""),
        "SMTP": (b"", b"220 mail.example.com ESMTP\r\n"),
        "random, 100 octets": (noise[:100], b""),
        f"random, {MOST_OCTETS:,} octets": (b"", noise),
        f"text, {MOST_OCTETS:,} octets": (b"", (b"What was said of MSG and NOT and others. " * 200)[:MOST_OCTETS]),
    }


def _rate(sides: tuple[bytes, bytes], begun: bool) -> float:
    def tell() -> None:
        opening(*sides, ports_say=False, begun=begun)

    return _a_second(tell)


def _a_second(work: Callable[[], None]) -> float:
    done, start = 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < PROBED:
        for _ in range(50):
            work()
        done += 50
    return done / passed


def _probes_table(probes: dict[str, dict[str, float]]) -> Table:
    rows = [[kind, f"{rates['begun']:,.0f}", f"{rates['joined']:,.0f}"] for kind, rates in probes.items()]
    return Table("The probe alone, answers a second", ["it begins with", "seen from its SYN", "joined later"], rows)


if __name__ == "__main__":
    main()
