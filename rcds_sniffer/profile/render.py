"""Shows what is known of a target to people: takes a :class:`~rcds_sniffer.profile.person.Person`, writes tables.

A column that would be empty is left out, as is a table without facts. Of long lists the latest
:data:`SHOWN` are shown. On a terminal the columns fit its width; elsewhere every fact is one line.
"""

import io
from collections.abc import Iterable, Sequence
from typing import TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rcds_sniffer.export.phrases import DIM, STATUSES, TARGET_STYLE, WARNING_STYLE, console
from rcds_sniffer.export.safe_text import safe
from rcds_sniffer.profile.person import Person
from rcds_sniffer.profile.tables import TABLES, Column, Row, duration, moment_of, source_of

SHOWN = 100
"""Facts of one list; the JSON form has them all."""
CELL = 200
"""Characters of a cell."""
TIGHT = 150
"""Below this width columns stand beneath others."""
ANY_WIDTH = 4_000
"""Cells of a line where nothing says how wide it may be."""

RANKED = frozenset({"correspondents"})
"""Lists whose first entries matter most; of others the latest do."""


def render(person: Person, stream: TextIO, *, width: int | None = None, color: bool | None = None) -> None:
    """Writes all tables to ``stream``; ``width`` and ``color`` as of :func:`rcds_sniffer.export.open_writer`."""
    known = person.to_dict()
    screen = console(stream, width, color)
    fits = width is not None or screen.is_terminal
    for line in _head(person):
        _print(screen, line, stream, fits)
    for key, title, columns in TABLES:
        rows = known.get(key)
        if isinstance(rows, list):
            ranked = key in RANKED
            heading = _title(title, len(rows), key not in set(person.limits_reached), ranked)
            table = _table(shown_rows(rows, ranked), columns, fits and screen.width < TIGHT)
            for part in (Text(""), heading, table):
                _print(screen, part, stream, fits)


def _head(person: Person) -> Iterable[Text]:
    yield Text.assemble(
        (safe(person.account, limit=CELL), TARGET_STYLE),
        f"  {safe(person.name, limit=CELL)}" if person.name is not None else "",
    )
    first, last = (moment_of("of")({"of": moment}) for moment in (person.first, person.last))
    since = safe(source_of({"source": person.source}), limit=CELL)
    conversations = f"; {person.conversations:,} conversations" if person.conversations else ""
    yield Text(f"{person.records:,} records, {first} to {last} UTC, since {since}{conversations}")
    events = ", ".join(f"{safe(event)} {count:,}" for event, count in person.events.items())
    yield Text(events, style=DIM)
    if person.status_seconds:
        spent = ", ".join(
            f"{safe(STATUSES.get(status, status))} {duration(s)}" for status, s in person.status_seconds.items()
        )
        yield Text(f"time by status: {spent}")


def _title(title: str, rows: int, whole: bool, ranked: bool) -> Text:
    out = Text(title, style="bold")
    if rows > SHOWN:
        out.append(f"  the {'first' if ranked else 'latest'} {SHOWN} of {rows:,}; --format json has all", style=DIM)
    if not whole:
        out.append(
            "  there were more than the program keeps; narrow the period with --from and --to", style=WARNING_STYLE
        )
    return out


def shown_rows(rows: Sequence[Row], ranked: bool) -> Sequence[Row]:
    """Those that are shown, in their order."""
    if len(rows) <= SHOWN:
        return rows
    if ranked:
        return rows[:SHOWN]
    latest = sorted(range(len(rows)), key=lambda at: str(rows[at].get("last", "")))[-SHOWN:]
    return [rows[at] for at in sorted(latest)]


def _table(rows: Sequence[Row], columns: Iterable[Column], tight: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
    stacks: list[list[tuple[Column, list[str]]]] = []
    for column in columns:
        cells = [safe(column.cell(row), limit=CELL) for row in rows]
        if any(cells) and column.under and tight and stacks:
            stacks[-1].append((column, cells))
        elif any(cells):
            stacks.append([(column, cells)])
    for stack in stacks:
        first = stack[0][0]
        table.add_column(
            Text("\n".join(column.head for column, _ in stack), style=DIM),
            justify="right" if first.right else "left",
            no_wrap=all(column.narrow for column, _ in stack),
            overflow="fold",
        )
    for at in range(len(rows)):
        table.add_row(*(Text(_stacked([cells[at] for _, cells in stack])) for stack in stacks))
    return table


def _stacked(cells: Sequence[str]) -> str:
    """One beneath the other; what is absent above something is a dash, so that each stays in its place."""
    return "\n".join(cell or "–" for cell in cells) if cells[-1] else _stacked(cells[:-1]) if cells[1:] else ""


def _print(screen: Console, what: Text | Table, stream: TextIO, fits: bool) -> None:
    """On a terminal as it fits; elsewhere one line a row, without the blanks at its end."""
    if fits:
        screen.print(what)
        return
    held = io.StringIO()
    console(held, ANY_WIDTH, False).print(what)
    stream.writelines(f"{line.rstrip()}\n" for line in held.getvalue().split("\n")[:-1])
