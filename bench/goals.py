"""What the sensor is to reach, and how far it is from it: the goals of the benchmark as a table.

Goals are ratios of whole processes, measured in the same run; they hold for a million packets, where what a process
takes to begin no longer counts for much. A goal whose programs did not run is not judged.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bench.results import FLOOR, Results

Measure = Callable[[Results, str], float | None]
"""Takes what counts as time: ``wall`` or ``cpu``."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal."""

    work: str
    bound: float
    measure: Measure
    at_least: bool = False
    """The more the better; otherwise the less."""
    form: str = "{:.2f} × floor"

    def judge(self, results: Results) -> "Verdict":
        """Measured against its bound."""
        return Verdict(self, self.measure(results, "wall"), self.measure(results, "cpu"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """A goal, and what was measured; None: nothing."""

    goal: Goal
    measured: float | None
    """By the clock, which decides."""
    by_cpu: float | None = None
    """By processor time, which says more where the machine has other work; the same where no time is measured."""

    @property
    def met(self) -> bool | None:
        """None where nothing was measured."""
        if self.measured is None:
            return None
        return self.measured >= self.goal.bound if self.goal.at_least else self.measured <= self.goal.bound

    @property
    def asked(self) -> str:
        """The goal in words."""
        return ("≥ " if self.goal.at_least else "≤ ") + self.goal.form.format(self.goal.bound)

    @property
    def came_out(self) -> str:
        """The measured value in words."""
        return "not measured" if self.measured is None else self.goal.form.format(self.measured)

    @property
    def came_out_by_cpu(self) -> str:
        """The same by processor time, where that is another number."""
        return "" if self.by_cpu in {None, self.measured} else self.goal.form.format(self.by_cpu)

    @property
    def verdict(self) -> str:
        """Met, or missed and by how much of the goal."""
        if self.measured is None:
            return "–"
        if self.met:
            return "met"
        share = self.goal.bound / self.measured if self.goal.at_least else self.measured / self.goal.bound
        return f"missed by {(share - 1) * 100:.0f} %" if self.measured else "missed"


def goals() -> list[Goal]:
    """All of them."""
    json, sqlite, one, events = "--all, JSON Lines", "--all, SQLite", "one target, SQLite", "count"
    times = "{:.1f} × faster"
    return [
        Goal("dense, events counted", 2.0, _ratio(events, "dense")),
        Goal("dense, events counted, against msgsnarf", 1.0, _faster("msgsnarf", events, "dense"), True, times),
        Goal("dense, one target in SQLite", 2.5, _ratio(one, "dense")),
        Goal("dense, --all as JSON Lines", 6.0, _ratio(json, "dense")),
        Goal("dense, --all as JSON Lines, against tshark", 25.0, _faster("tshark", json, "dense"), True, times),
        Goal("dense, --all in SQLite", 10.0, _ratio(sqlite, "dense")),
        Goal("mixed, events counted, by mmap", 0.55, _ratio(events, "mixed")),
        Goal("mixed, events counted, by libpcap", 1.0, _ratio(events, "mixed-pcapng")),
        Goal("mixed, events counted, against tshark", 100.0, _faster("tshark", events, "mixed"), True, times),
        Goal("two workers against one, dense --all JSON Lines", 1.7,
             _faster("--all, JSON Lines, 1 worker", "--all, JSON Lines, 2 workers", "dense"), True, times),
        Goal("anonymous memory, dense --all JSON Lines", 64, _anonymous(json), form="{:.0f} MB"),
        Goal("anonymous memory, dense --all SQLite", 100, _anonymous(sqlite), form="{:.0f} MB"),
        *(Goal(f"whole texts found, {name}", 100, _recall(json, name), True, "{:.3f} %")
          for name in ("dense", "dense-one-server", "mixed", "lossy", "very-lossy", "mid-stream", "both-ends")),
        Goal("live, packets of a burst of 300,000 that are lost", 0, _live(("burst", "dropped")), form="{:.0f}"),
        Goal("live, SIGTERM served", 200, _live(("sigterm", "idle_ms"), ("sigterm", "busy_ms")), form="{:.0f} ms"),
        Goal("live, packet to record, 99th percentile, no wait counted", 250, _latency, form="{:.0f} ms"),
    ]  # fmt: skip


def _ratio(program: str, capture: str) -> Measure:
    return lambda results, of: results.ratio(program, capture, of=of)


def _faster(slow: str, quick: str, capture: str) -> Measure:
    return lambda results, of: results.ratio(slow, capture, to=quick, of=of)


def _anonymous(program: str) -> Measure:
    def measure(results: Results, _: str) -> float | None:
        found = results.of(program, "dense")
        return None if found is None else found.anonymous / 1e6

    return measure


def _recall(program: str, capture: str) -> Measure:
    """The share of the whole texts that was found, in percent; 0 when one was shown that is not whole."""

    def measure(results: Results, _: str) -> float | None:
        found = results.of(program, capture)
        if found is None or found.recall is None:
            return None
        return 0.0 if found.recall.beyond else found.recall.share * 100

    return measure


def _live(*places: tuple[str, str]) -> Measure:
    """The worst of some numbers of ``bench/live.py``, over our programs."""

    def measure(results: Results, _: str) -> float | None:
        found = [
            float(values[part][name])
            for program, values in results.live.items()
            if isinstance(values, dict) and program != FLOOR
            for part, name in places
            if name in values.get(part, ())
        ]
        return max(found, default=None)

    return measure


def _latency(results: Results, _: str) -> float | None:
    """The worse of the two kinds of records: those that wait for a copy, beyond that wait, and the others."""
    kinds = results.live.get("latency", {})
    found = [
        values["p99_ms"] for name in ("no wait", "beyond the wait") if "p99_ms" in (values := kinds.get(name, {}))
    ]
    return max(found, default=None)
