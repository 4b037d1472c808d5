"""Growth: how time and memory go on when one thing grows and the rest stays.

Each curve changes one value: the packets of the same connections, the connections that are open at once, the
accounts that are targets, the hours that a capture lasts. A reader whose memory grows with the packets, or whose
packets take longer the more connections there are, shows it here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bench import measure
from bench.captures import capture
from bench.peers import Told, working_folder
from bench.plans import HOUR, Plan
from bench.programs import Installation
from bench.results import Point, Results

BASE = Plan("growth", "", chats=400, acts=200, presences=40)
"""Some 200,000 packets; what does not grow."""


@dataclass(frozen=True, slots=True)
class Step:
    """One point of a curve, before it is measured."""

    curve: str
    size: int
    plan: Plan
    targets: int = 0
    """Accounts in the file of targets; 0: everybody."""


def steps(*, quick: bool = False) -> list[Step]:
    """All points; those of a quick run end earlier."""
    many = replace(BASE, chats=2000, presences=200)
    packets = [20, 60, 200] + ([] if quick else [600, 2000])
    connections = [1_000, 4_000, 16_000] + ([] if quick else [64_000, 200_000])
    targets = [1, 100, 10_000, 100_000]
    hours = [1, 10] + ([] if quick else [100, 1000])
    return [
        *(Step("packets", replace(many, acts=acts).expected_packets, replace(many, acts=acts)) for acts in packets),
        *(Step("connections", size, replace(BASE, chats=size, acts=6, presences=0)) for size in connections),
        *(Step("targets", size, BASE, size) for size in targets),
        *(Step("hours", size, replace(BASE, presences=0, seconds=size * HOUR)) for size in hours),
    ]


def works(ours: Installation) -> dict[str, list[str]]:
    """What is measured on each point: the least that we do, and the most."""
    replay = ["replay", "--no-db", "--format", "jsonl", "--output", "records.jsonl"]
    known = {"--all, JSON Lines": replay}
    return known | ({"count": ["count"]} if ours.says("count", "--help") else {})


def grow(ours: Installation, chosen: list[Step], results: Results, told: Told) -> None:
    """Measure the points, each once."""
    for step in chosen:
        for work, arguments in works(ours).items():
            if step.targets and work == "count":
                continue
            told(f"growth: {step.curve}, {step.size:,}: {work}")
            point = _point(ours, step, work, arguments)
            if point.run.status in {0, 1}:
                results.growth.append(point)


def _point(ours: Installation, step: Step, work: str, arguments: list[str]) -> Point:
    given = capture(step.plan)
    with working_folder() as folder:
        whom = _whom(folder, step, given.truth.target) if arguments[0] == "replay" else []
        command = ours.command("-q", *arguments, *whom, str(given.path))
        done = measure.run(command, output=folder / "standard-output", folder=folder, environment=ours.environment)
    name = "one of many targets, JSON Lines" if step.targets else work
    return Point(step.curve, step.size, name, given.truth.packets, done)


def _whom(folder: Path, step: Step, account: str) -> list[str]:
    """One account that is in the capture, and as many as are asked for that are not."""
    if not step.targets:
        return ["--all"]
    names = folder / "targets.txt"
    names.write_text("\n".join(_targets(account, step.targets)) + "\n")
    return ["--targets-file", str(names)]


def _targets(account: str, size: int) -> Iterator[str]:
    yield account
    for number in range(size - 1):
        yield f"suspect{number}@example.net"
