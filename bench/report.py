"""``python -m bench.report``: puts the tables of ``bench-results/results.json`` into ``docs/performance.md``.

What stands between the document's two marks is made from the results and nothing else; all else in it is written by
hand. So whoever changes something that matters runs the benchmark, then this, and the document is right again.
"""

import argparse
from pathlib import Path

from bench.programs import TREE
from bench.results import Results
from bench.tables import all_tables

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
DOCUMENT = TREE / "docs" / "performance.md"


def rendered(results: Results) -> str:
    """The machine, then every table."""
    return "\n\n".join([_machine(results), *(table.markdown() for table in all_tables(results))])


def replaced(document: str, results: Results) -> str:
    """The document with the results in their place.

    Raises:
        ValueError: a mark is missing.
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{BEGIN} and {END} must stand in the document")
    return f"{before}{BEGIN}\n{rendered(results)}\n{END}{after}"


def _machine(results: Results) -> str:
    machine, settings = results.machine, results.settings
    ours = machine.get("ours") or {}
    peers = ", ".join(f"{name} {version}" for name, version in machine.get("peers", {}).items())
    quick = "quick run, " if settings.get("quick") else ""
    size = settings.get("dense", 1)
    small = "" if size == 1 else f"**captures at {size:.0%} of their size, so start-up counts much**, "
    rounds = settings.get("rounds", 1)
    return (
        f"Measured {settings.get('date', '')} on {machine.get('cores')} cores ({machine.get('processor')}), "
        f"{machine.get('memory_gb')} GB, {machine.get('system')}, Linux {machine.get('kernel')}, "
        f"Python {ours.get('python')}, {ours.get('compiled_modules')} modules compiled; load average "
        f"{machine.get('load')} at the beginning; {quick}{small}medians of {rounds} "
        f"rounds. Peers: {peers}."
    )


def main() -> None:
    """Write the document anew."""
    parser = argparse.ArgumentParser(prog="python -m bench.report", description="Results into docs/performance.md")
    parser.add_argument("results", nargs="?", default="bench-results/results.json", help="[default: %(default)s]")
    results = Results.load(Path(parser.parse_args().results))
    DOCUMENT.write_text(replaced(DOCUMENT.read_text(), results))


if __name__ == "__main__":
    main()
