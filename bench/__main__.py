"""``python -m bench [--quick] [--only PART …]``: runs the benchmark; ``make bench`` sets up what it needs.

Tables go to standard output, progress to standard error; ``results.json``, ``tables.md`` and the plots into the
folder of ``--output``. Parts that are left out keep what an earlier run put into ``results.json``.
"""

import argparse
import json
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import growth, machine, measure, peers, tables
from bench.captures import Capture, cache, capture
from bench.plans import Plan
from bench.programs import Installation, Program, programs
from bench.results import Results
from bench.stages import ROUNDS, STAGES, stages

PARTS = ("peers", "stages", "growth")


def main() -> None:
    """Run the benchmark."""
    arguments = _arguments()
    ours = Installation(Path(arguments.python).absolute(), arguments.path)
    effort = _effort(arguments)
    folder = Path(arguments.output)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "results.json"
    results = Results.load(file) if arguments.only and file.exists() else Results()
    results.machine = machine.facts(ours)
    results.settings = asdict(effort) | {"quick": arguments.quick, "date": f"{datetime.now(UTC):%Y-%m-%d}"}
    parts = arguments.only or list(PARTS[:2] if arguments.quick else PARTS)
    table = programs(ours)
    steps = growth.steps(quick=arguments.quick)
    plans = peers.plans(effort, table) if {"peers", "stages"} & set(parts) else []
    plans += [step.plan for step in steps] if "growth" in parts else []
    if "peers" in parts:
        results.captures.clear()
    measure.descriptors()
    console = Console(stderr=True)
    _make(plans, results, console)
    with _progress(console) as progress:
        total = _total(parts, table, effort, steps)
        task = progress.add_task("", total=total)

        def told(what: str) -> None:
            results.save(file)  # whoever breaks it off keeps what was measured
            progress.update(task, description=what, advance=1)
            if not console.is_terminal:
                console.print(what, highlight=False)

        if "peers" in parts:
            results.comparison.clear()
            peers.compare(table, effort, results, told)
        if "stages" in parts:
            results.stages = [asdict(stage) for stage in stages(ours, capture(effort.plan("dense")), told)]
        if "growth" in parts:
            results.growth.clear()
            growth.grow(ours, steps, results, told)
    if (folder / "live.json").exists():
        results.live = json.loads((folder / "live.json").read_text())
    results.save(file)
    _show(results, folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="The benchmark of the sensor.")
    parser.add_argument(
        "--quick", action="store_true", help="two minutes: fewer rounds, smaller captures, nothing slow"
    )
    parser.add_argument(
        "--scale", type=float, help="all captures smaller; what processes take to begin counts then"
    )
    parser.add_argument("--rounds", type=int, help="in which every program runs once")
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--output", default="bench-results", metavar="FOLDER", help="[default: %(default)s]")
    parser.add_argument("--python", default=sys.executable, metavar="FILE",
                        help="the interpreter that has the compiled program [default: this one]")  # fmt: skip
    parser.add_argument("--path", default="", help="further places of its modules (PYTHONPATH)")
    return parser.parse_args()


def _effort(arguments: argparse.Namespace) -> peers.Effort:
    effort = peers.QUICK if arguments.quick else peers.FULL
    if arguments.scale is not None:
        effort = replace(effort, scale=arguments.scale, dense=arguments.scale)
    return effort if arguments.rounds is None else replace(effort, rounds=arguments.rounds)


def _make(plans: list[Plan], results: Results, console: Console) -> None:
    """The captures, those that are not there yet; says before how large they are."""
    wanted = list({repr(plan): plan for plan in plans}.values())
    octets = sum(plan.expected_octets for plan in wanted)
    if wanted:
        console.print(f"captures: about {octets / 1e9:.1f} GB in {cache()}, made once")
    for plan in wanted:
        made = _made(plan, console)
        results.captures.setdefault(plan.name, {})
        facts = {
            "about": plan.about,
            "packets": made.truth.packets,
            "msn_packets": made.truth.msn_packets,
            "octets": made.truth.octets,
            "texts": made.truth.texts,
            "whole": made.truth.whole_texts,
        }
        if facts["packets"] >= results.captures[plan.name].get("packets", 0) and plan.name != "growth":
            results.captures[plan.name] = facts
    results.captures = {name: facts for name, facts in results.captures.items() if facts}


def _made(plan: Plan, console: Console) -> Capture:
    with _progress(console) as progress:
        task = progress.add_task(f"making {plan.name}", total=plan.expected_packets)

        def told(packets: int) -> None:
            progress.update(task, completed=packets)

        return capture(plan, progress=told)


def _total(parts: list[str], table: list[Program], effort: peers.Effort, steps: list[growth.Step]) -> int:
    counts = {"peers": peers.runs(table, effort), "stages": ROUNDS * len(STAGES), "growth": 2 * len(steps)}
    return sum(counts[part] for part in parts)


def _progress(console: Console) -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    return Progress(*columns, console=console, transient=True)


def _show(results: Results, folder: Path) -> None:
    console = Console(width=None if sys.stdout.isatty() else 160)
    shown = list(tables.all_tables(results))
    for table in reversed(shown):  # the goals last: they stay in view
        console.print(table.rich())
    (folder / "tables.md").write_text("\n\n".join(table.markdown() for table in shown) + "\n")
    written = ["results.json", "tables.md"]
    try:
        from bench import plots  # noqa: PLC0415 - the one thing that needs matplotlib
    except ImportError:
        console.print("no plots: matplotlib is not installed (the extra bench)")
    else:
        written += [path.name for path in plots.draw(results, folder)]
    console.print(f"in {folder}: {', '.join(written)}", highlight=False)


if __name__ == "__main__":
    main()
