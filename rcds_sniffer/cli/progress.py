"""A progress bar on standard error, while it is a terminal and nobody asked for quiet."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from capture.source import Source

INTERVAL = 0.1
"""Seconds between two looks at the source; drawing is for people, not for the hot path."""


@contextmanager
def progress_bar(source: Source, quiet: bool) -> Iterator[Callable[[], None]]:
    """Gives what the pipeline calls between batches."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415 - slow to import, and only for a terminal
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - the same

    columns = (
        TextColumn("replaying"),
        BarColumn(),
        TextColumn("{task.fields[packets]:,} packets"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=source.size, packets=0)
        due = 0.0

        def update() -> None:
            nonlocal due
            now = time.monotonic()
            if now >= due:
                due = now + INTERVAL
                bar.update(task, completed=source.position or 0, packets=source.counters.received)

        yield update
