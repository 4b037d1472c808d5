"""Results as pictures: how many times the floor each program takes, and the growth curves. Needs matplotlib."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from bench.peers import TIMED
from bench.results import Point, Results

OURS, PEERS = "#1b6ca8", "#b0b0b0"


def draw(results: Results, folder: Path) -> list[Path]:
    """``comparison.png``, and ``growth.png`` where there is something in it; their paths."""
    drawn = []
    if any(measurement.runs for measurement in results.comparison):
        drawn.append(_comparison(results, folder / "comparison.png"))
    if results.growth:
        drawn.append(_growth(results, folder / "growth.png"))
    return drawn


def _comparison(results: Results, path: Path) -> Path:
    """Bars, on a logarithmic scale: from an eighth of the floor to hundreds of it."""
    names = [name for name in TIMED if any(measurement.runs for measurement in results.on(name))]
    figure, axes = plt.subplots(1, len(names), figsize=(7 * len(names), 7), squeeze=False)
    for axis, name in zip(axes[0], names, strict=True):
        shown = [(m, ratio) for m in results.on(name) if (ratio := results.ratio(m.program, name)) is not None]
        shown.sort(key=lambda pair: -pair[1])
        labels = [f"{m.program}{_texts(m.recall)}" for m, _ in shown]
        bars = axis.barh(labels, [ratio for _, ratio in shown], color=[OURS if m.ours else PEERS for m, _ in shown])
        axis.bar_label(bars, fmt="%.2f", padding=3, fontsize=8)
        axis.set_xscale("log")
        axis.margins(x=0.15)
        axis.axvline(1, color="black", linewidth=0.8)
        axis.set_xlabel("time of the whole process for a packet, tcpdump = 1")
        axis.set_title(name)
        axis.tick_params(axis="y", labelsize=8)
    figure.suptitle("rcds-sniffer (blue) and its peers; in brackets the share of the whole texts found")
    return _saved(figure, path)


def _texts(recall: object) -> str:
    share = getattr(recall, "share", None)
    return "" if share is None else f" ({int(share * 100)} %)"


def _growth(results: Results, path: Path) -> Path:
    """A column for each curve: time for a packet above, memory below."""
    curves = list(dict.fromkeys(point.curve for point in results.growth))
    figure, axes = plt.subplots(2, len(curves), figsize=(4.5 * len(curves), 7), squeeze=False)
    for column, curve in enumerate(curves):
        points = [point for point in results.growth if point.curve == curve]
        for work in dict.fromkeys(point.work for point in points):
            mine: list[Point] = [point for point in points if point.work == work]
            sizes = [point.size for point in mine]
            axes[0][column].plot(sizes, [p.run.cpu / p.packets * 1e6 for p in mine], marker="o", label=work)
            axes[1][column].plot(sizes, [p.run.anonymous / 1e6 for p in mine], marker="o", label=work)
        for axis, label in zip(
            (axes[0][column], axes[1][column]), ("µs of processor a packet", "anonymous MB"), strict=True
        ):
            axis.set_xscale("log")
            axis.set_ylim(0, axis.get_ylim()[1] * 1.1)
            axis.set_xlabel(curve)
            axis.set_ylabel(label)
            axis.legend(fontsize=7)
    return _saved(figure, path)


def _saved(figure: plt.Figure, path: Path) -> Path:
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)
    return path
