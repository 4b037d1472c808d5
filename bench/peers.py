"""The comparison: every program on every capture it is timed on, in turn, several rounds.

In each round every program runs once, so that a slow minute of the machine falls on all of them; what is slow by
itself runs in the first round only. What a program shows is read after its first run, not while it is timed. Then
each that shows texts has one more run on the captures that are hard to read, for its recall.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import measure
from bench.captures import Capture, cache, capture
from bench.outputs import counted
from bench.plans import PLANS, Plan
from bench.programs import Program
from bench.results import Measurement, Results
from bench.truth import Recall, judge, tokens

Told = Callable[[str], None]
"""Is told what is being run."""

TIMED = ("dense", "mixed", "mixed-pcapng")
RECALLED = ("dense-one-server", "lossy", "very-lossy", "mid-stream", "both-ends")
ONCE_IS_ENOUGH = ("1 worker", "2 workers", "savefile", "pypcap", "uncompiled", "SQLite", "scapy")
"""Programs whose recall is known from another: the same records, by another way."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured."""

    rounds: int = 5
    scale: float = 1.0
    """Of the captures but ``dense``."""
    dense: float = 1.0
    """Of ``dense``: the goals are for its million packets."""
    slow: bool = True
    """What is slow by itself runs too."""

    def plan(self, name: str) -> Plan:
        """A capture of the size that this effort allows."""
        return PLANS[name].scaled(self.dense if name == "dense" else self.scale)


QUICK = Effort(rounds=3, scale=0.2, slow=False)
FULL = Effort()


def plans(effort: Effort, table: list[Program]) -> list[Plan]:
    """Every capture that a comparison needs, slices with them."""
    chosen = [effort.plan(name) for name in (*TIMED, *RECALLED)]
    slices = {
        program.slice
        for program in table
        if program.slice != 1 and not program.lacking and (effort.slow or not program.slow)
    }
    return chosen + [effort.plan("dense").scaled(share) for share in sorted(slices)]


def compare(table: list[Program], effort: Effort, results: Results, told: Told) -> None:
    """Fill in the comparison."""
    for name in TIMED:
        for program in table:
            if name in program.captures:
                results.comparison.append(_empty(program, name, _given(program, name, effort)))
    for number in range(effort.rounds):
        for program in table:
            for name in TIMED:
                if not _runs(program, effort) or name not in program.captures or (number and program.slow):
                    continue
                told(f"round {number + 1} of {effort.rounds}: {program.name} on {name}")
                entry = next(m for m in results.on(name) if m.program == program.name)
                _once(program, _given(program, name, effort), entry)
    for name in RECALLED:
        for program in table:
            if program.shows is None or program.target_only or program.name.endswith(ONCE_IS_ENOUGH):
                continue
            given = capture(effort.plan(name))
            entry = _empty(program, name, given)
            results.comparison.append(entry)
            if _runs(program, effort):
                told(f"recall: {program.name} on {name}")
                _once(program, given, entry)


def runs(table: list[Program], effort: Effort) -> int:
    """How many runs a comparison has, at most."""
    timed = sum((1 if p.slow else effort.rounds) * len(p.captures) for p in table if _runs(p, effort))
    shown = [p for p in table if p.shows and not p.target_only and not p.name.endswith(ONCE_IS_ENOUGH)]
    return timed + len(RECALLED) * sum(_runs(p, effort) for p in shown)


def _runs(program: Program, effort: Effort) -> bool:
    return not program.lacking and (effort.slow or not program.slow)


def _given(program: Program, name: str, effort: Effort) -> Capture:
    plan = effort.plan(name)
    return capture(plan.scaled(program.slice))


def _empty(program: Program, name: str, given: Capture) -> Measurement:
    return Measurement(program.name, name, program.about, program.ours is not None, given.truth.packets,
                       lacking=program.lacking)  # fmt: skip


def _once(program: Program, given: Capture, entry: Measurement) -> None:
    """One run; its recall, if it is the first."""
    if entry.lacking:
        return
    with working_folder() as folder:
        for name in program.prepare:
            (folder / name).mkdir()
        output = folder / "standard-output"
        done = measure.run(program.command(given), output=output, folder=folder, environment=program.environment)
        if done.status not in {0, 1}:  # 1 is what ours says of losses
            entry.lacking = f"failed with {done.status}: {done.error}"[:200]
            entry.runs.clear()
            return
        entry.runs.append(done)
        if program.counts and entry.recall is None:
            number, there = counted(output), given.truth.whole_texts
            entry.recall = Recall(min(number, there), there, max(0, number - there))
        if program.shows is not None and entry.recall is None:
            whole = given.truth.of_target() if program.target_only else given.truth.whole
            entry.recall = judge(tokens(program.shows(output, folder)), whole)


@contextmanager
def working_folder() -> Iterator[Path]:
    """An empty folder beside the captures, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=cache()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
