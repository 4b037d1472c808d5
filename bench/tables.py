"""Results as tables: on the terminal with rich, and as Markdown for ``docs/performance.md``. Both from the same
rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.table import Table as RichTable

from bench.goals import goals
from bench.peers import TIMED
from bench.results import Measurement, Results


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a title."""

    title: str
    columns: Sequence[str]
    """The first is text, the others are numbers."""
    rows: Sequence[Sequence[str]]

    def rich(self) -> RichTable:
        """For the terminal."""
        table = RichTable(title=self.title, title_justify="left", title_style="bold")
        for number, column in enumerate(self.columns):
            table.add_column(column, justify="right" if number else "left", overflow="fold")
        for row in self.rows:
            table.add_row(*row)
        return table

    def markdown(self) -> str:
        """For a document."""
        rule = "|".join(["---", *["---:"] * (len(self.columns) - 1)])
        head = f"| {' | '.join(self.columns)} |"
        return "\n".join(
            [f"**{self.title}**", "", head, f"|{rule}|", *(f"| {' | '.join(row)} |" for row in self.rows)]
        )


def all_tables(results: Results) -> Iterable[Table]:
    """Everything that was measured, in the order in which one reads it."""
    if results.comparison or results.live:
        yield goals_table(results)
    for name in TIMED:
        if any(measurement.runs for measurement in results.on(name)):
            yield comparison_table(results, name)
    if any(measurement.recall for measurement in results.comparison):
        yield recall_table(results)
    if results.stages:
        yield stages_table(results)
    yield from growth_tables(results)


def goals_table(results: Results) -> Table:
    """Each goal, what came out, met or missed by how much."""
    verdicts = [goal.judge(results) for goal in goals()]
    rows = [[v.goal.work, v.asked, v.came_out, v.came_out_by_cpu, v.verdict] for v in verdicts]
    return Table("Goals", ["work", "goal", "measured", "by processor time", ""], rows)


def comparison_table(results: Results, name: str) -> Table:
    """Every program on one capture."""
    facts = results.captures[name]
    title = f"{name}: {facts['about']}; {facts['packets']:,} packets, {facts['octets'] / 1e6:,.0f} MB"
    columns = ["program", "wall s", "× floor", "CPU s", "× floor", "µs a packet", "resident MB", "anonymous MB",
               "texts", "runs"]  # fmt: skip
    return Table(title, columns, [_compared(results, name, measurement) for measurement in results.on(name)])


def _compared(results: Results, name: str, measurement: Measurement) -> list[str]:
    label = f"{'rcds-sniffer: ' if measurement.ours else ''}{measurement.program}"
    if not measurement.runs:
        return [label, measurement.lacking or "left out", *[""] * 8]
    ratios = [results.ratio(measurement.program, name, of=of) for of in ("wall", "cpu")]
    wall, cpu = ("" if ratio is None else f"{ratio:.2f}" for ratio in ratios)
    return [
        label,
        f"{measurement.wall:.2f}",
        wall,
        f"{measurement.cpu:.2f}",
        cpu,
        f"{measurement.cpu / measurement.packets * 1e6:.2f}",
        f"{measurement.resident / 1e6:.0f}",
        f"{measurement.anonymous / 1e6:.0f}",
        _found(measurement),
        str(len(measurement.runs)),
    ]


def recall_table(results: Results) -> Table:
    """Whole texts that each program shows, on each capture."""
    judged = [m for m in results.comparison if m.recall is not None]
    captures = [name for name in results.captures if any(m.capture == name for m in judged)]
    names = list(
        dict.fromkeys(m.program for m in judged if len({n.capture for n in judged if n.program == m.program}) > 2)
    )
    ours = {m.program for m in judged if m.ours}
    rows = []
    for name in names:
        entries = {m.capture: m for m in judged if m.program == name}
        rows.append([
            f"{'rcds-sniffer: ' if name in ours else ''}{name}",
            *(_found(entries[capture]) if capture in entries else "" for capture in captures),
        ])  # fmt: skip
    whole = [f"{results.captures[name]['whole']:,}" for name in captures]
    return Table("Whole texts found", ["program", *captures], [["there are", *whole], *rows])


def _found(measurement: Measurement) -> str:
    recall = measurement.recall
    if recall is None:
        return "–"
    beyond = f", +{recall.beyond:,} cut" if recall.beyond else ""
    share = int(recall.share * 1000) / 10  # downwards: all but one is not 100 %
    return f"{recall.found:,} ({share:.1f} %{beyond})"


def stages_table(results: Results) -> Table:
    """Where the time goes."""
    rows = [[stage["about"], f"{stage['added']:.2f}", f"{stage['microseconds']:.2f}"] for stage in results.stages]
    return Table(
        "Where the time goes, µs of processor for each packet of dense", ["stage", "adds", "comes to"], rows
    )


def growth_tables(results: Results) -> Iterable[Table]:
    """A table for each curve."""
    for curve, points in groupby(results.growth, key=lambda point: point.curve):
        rows = [
            [f"{point.size:,}", point.work, f"{point.packets:,}", f"{point.run.cpu:.2f}",
             f"{point.run.cpu / point.packets * 1e6:.2f}", f"{point.run.resident / 1e6:.0f}",
             f"{point.run.anonymous / 1e6:.0f}"]
            for point in points
        ]  # fmt: skip
        columns = [curve, "work", "packets", "CPU s", "µs a packet", "resident MB", "anonymous MB"]
        yield Table(f"Growth: {curve}", columns, rows)
