"""Where the time goes: the pipeline is run up to each of its stages, and what a stage adds is its cost.

    read → reassemble → events → a recorder without a target → everybody's records → JSON Lines, or SQLite

A profiler would change what it measures, for most of the time goes by in compiled functions that take less than a
microsecond. Stages are run in turn, several rounds, and the least of each counts: what disturbs only adds.
"""

import json
from dataclasses import dataclass

from bench.captures import Capture
from bench.measure import run
from bench.peers import Told, working_folder
from bench.programs import TREE, Installation

STAGES = (
    ("read", "read and filtered", ""),
    ("reassemble", "reassembled: octets in order", "read"),
    ("events", "framed and decoded: events", "reassemble"),
    ("nobody", "recorder, nobody is a target", "events"),
    ("records", "recorder, everybody is: records", "events"),
    ("json", "written as JSON Lines", "records"),
    ("sqlite", "stored in SQLite", "records"),
)
"""Name, what it adds, to which."""
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage costs."""

    about: str
    microseconds: float
    """Of processor time for each packet, together with the stages before it."""
    added: float
    """Without them."""


def stages(ours: Installation, given: Capture, told: Told) -> list[Stage]:
    """Measure every stage; those that fail are left out, with those that build on them."""
    least: dict[str, float] = {}
    for number in range(ROUNDS):
        for name, about, _ in STAGES:
            told(f"stages, round {number + 1} of {ROUNDS}: {about}")
            cost = _cost(ours, name, given)
            if cost is not None:
                least[name] = min(cost, least.get(name, cost))
    return [
        Stage(about, least[name], least[name] - (least[before] if before else 0))
        for name, about, before in STAGES
        if name in least and (not before or before in least)
    ]


def _cost(ours: Installation, name: str, given: Capture) -> float | None:
    """Microseconds for each packet."""
    command = [str(ours.python), str(TREE / "bench" / "stages_child.py"), name, str(given.path)]
    with working_folder() as folder:
        output = folder / "standard-output"
        done = run(command, output=output, folder=folder, environment=ours.environment)
        if done.status:
            return None
        told = json.loads(output.read_text())
    return float(told["cpu"]) / int(told["packets"]) * 1e6
