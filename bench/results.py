"""What was measured, in a form that a machine reads: ``results.json`` beside the table and the plots.

A measurement is one program on one capture; its runs are kept one by one, and everything that is said of it
(medians, ratios) is worked out from them, here and nowhere else.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench.measure import Run
from bench.truth import Recall

FLOOR = "tcpdump -w"
VERSION = 1
"""Of the form of the file."""


@dataclass(slots=True)
class Measurement:
    """One program on one capture."""

    program: str
    capture: str
    about: str = ""
    ours: bool = False
    packets: int = 0
    """In the capture that it was given, which for some is a slice."""
    runs: list[Run] = field(default_factory=list)
    recall: Recall | None = None
    """What it showed in its first run."""
    lacking: str = ""
    """Why it was not run, or what it said when it failed."""

    @property
    def wall(self) -> float:
        """Seconds, the median of the runs."""
        return median(run.wall for run in self.runs)

    @property
    def cpu(self) -> float:
        """Seconds of processor time, the median of the runs."""
        return median(run.cpu for run in self.runs)

    @property
    def resident(self) -> float:
        """Octets, the median of the runs' peaks."""
        return median(run.resident for run in self.runs)

    @property
    def anonymous(self) -> float:
        """Octets, the median of the runs' peaks."""
        return median(run.anonymous for run in self.runs)


@dataclass(slots=True)
class Point:
    """One point of a growth curve."""

    curve: str
    """What grows: ``packets``, ``connections``, ``targets`` or ``hours``."""
    size: int
    work: str
    """Which program of ours."""
    packets: int
    run: Run


@dataclass(slots=True)
class Results:
    """Everything of one run of the benchmark."""

    machine: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    captures: dict[str, dict[str, Any]] = field(default_factory=dict)
    comparison: list[Measurement] = field(default_factory=list)
    growth: list[Point] = field(default_factory=list)
    stages: list[dict[str, Any]] = field(default_factory=list)
    """Where the time goes (``bench/stages.py``)."""
    live: dict[str, Any] = field(default_factory=dict)
    """What ``bench/live.py`` wrote into ``live.json`` beside, if it did."""

    def of(self, program: str, capture: str) -> Measurement | None:
        """The measurement, if there were runs."""
        for measurement in self.comparison:
            if (measurement.program, measurement.capture) == (program, capture) and measurement.runs:
                return measurement
        return None

    def on(self, capture: str) -> Iterator[Measurement]:
        """All programs on one capture."""
        return (measurement for measurement in self.comparison if measurement.capture == capture)

    def ratio(self, program: str, capture: str, to: str = FLOOR, of: str = "wall") -> float | None:
        """How many times as much a program takes for a packet as another: ``wall`` or ``cpu``."""
        one, other = self.of(program, capture), self.of(to, capture)
        if one is None or other is None or not getattr(other, of):
            return None
        return float(getattr(one, of) / one.packets / (getattr(other, of) / other.packets))

    def save(self, path: Path) -> None:
        """Write it."""
        path.write_text(json.dumps({"version": VERSION} | asdict(self), indent=1, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, path: Path) -> "Results":
        """Read what :meth:`save` wrote."""
        values = json.loads(path.read_text())
        if values.pop("version", None) != VERSION:
            raise ValueError("results of another version of the benchmark; run it again")
        values["comparison"] = [_measurement(value) for value in values["comparison"]]
        values["growth"] = [Point(**value | {"run": Run(**value["run"])}) for value in values["growth"]]
        return cls(**values)


def _measurement(value: Mapping[str, Any]) -> Measurement:
    recall = value["recall"]
    return Measurement(**dict(value) | {
        "runs": [Run(**run) for run in value["runs"]],
        "recall": None if recall is None else Recall(**recall),
    })  # fmt: skip
