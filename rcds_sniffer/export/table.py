"""A flat table of records: takes records, gives time, event, direction, who to whom, and what was said.

On a terminal the columns fit its width: long cells fold, the date stands on a line of its own when it
changes. Anywhere else every record is one line with the full time, nothing is cut and nothing coloured: for
``grep``, ``less`` and mail. An arrow says which way it went: ``→`` from the target, ``←`` to it.
"""

from collections.abc import Iterable
from datetime import date
from typing import TextIO

from rich.table import Table
from rich.text import Text

from rcds_sniffer.export.phrases import ACCOUNT_LIMIT, DIM, console, marks, moment, person, phrase
from rcds_sniffer.export.safe_text import safe
from rcds_sniffer.records.record import CommunicationRecord, rfc3339

TEXT_LIMIT = 1_000
"""Characters of a text on a terminal; the rest is counted. Elsewhere there is no limit."""
RECIPIENTS_LIMIT = 8
"""The same for recipients."""

ARROWS = {"from-target": "→", "to-target": "←", None: " "}
EVENT_WIDTH = 13  # session-start
FIXED = 8 + EVENT_WIDTH + 1 + 4 * 2  # time, event, arrow, gaps
WIDE = 110
"""From this width on sender and recipients share a line."""
NARROWEST = 60


class TableWriter:
    """Writes records as a table, as they come."""

    def __init__(self, stream: TextIO, *, width: int | None = None, color: bool | None = None) -> None:
        self._console = console(stream, width, color)
        self._fits = width is not None or self._console.is_terminal
        self._width = max(NARROWEST, self._console.width)
        self._started = False
        self._date: date | None = None

    def write(self, records: Iterable[CommunicationRecord]) -> None:
        """Writes a batch."""
        for record in records:
            if self._fits:
                self._row(record)
            else:
                self._line(record)

    def flush(self) -> None:
        """Nothing is held back."""

    def _row(self, record: CommunicationRecord) -> None:
        when = moment(record.time)
        if not self._started:
            self._started = True
            heads = "time UTC", "event", "", "sender → recipients", "text"
            self._print(*(Text(head, style="bold underline") for head in heads))
        if when.date() != self._date:
            self._date = when.date()
            self._console.print(Text(f"{when:%A %Y-%m-%d}", style=DIM), soft_wrap=True)
        between = " " if self._width >= WIDE else "\n"
        self._print(
            Text(f"{when:%H:%M:%S}", style=DIM),
            Text(safe(record.event)),
            Text(ARROWS.get(record.direction, " ")),
            who(record, between, RECIPIENTS_LIMIT),
            what(record, TEXT_LIMIT) + marks(record),
        )

    def _print(self, *cells: Text) -> None:
        grid = Table.grid(padding=(0, 2, 0, 0))
        for width in self._widths():
            grid.add_column(width=width, overflow="fold")
        grid.add_row(*cells)
        self._console.print(grid, width=self._width)

    def _widths(self) -> tuple[int, int, int, int, int]:
        room = self._width - FIXED
        people = room * 2 // 5 if self._width >= WIDE else min(28, room // 2)
        return 8, EVENT_WIDTH, 1, people, room - people

    def _line(self, record: CommunicationRecord) -> None:
        said = (what(record, None) + marks(record)).plain.replace("\n", "\\n")
        cells = (
            f"{rfc3339(record.time):<27}",
            f"{safe(record.event):<{EVENT_WIDTH}}",
            ARROWS.get(record.direction, " "),
            who(record, " ", None).plain,
            said,
        )
        self._console.print(Text("  ".join(cells).rstrip()), soft_wrap=True)


def who(record: CommunicationRecord, between: str, limit: int | None) -> Text:
    """``alice@example.org → bob@example.org``; the target too, where it is neither."""
    out = person(record, record.sender) if record.sender is not None else Text()
    if record.recipients:
        shown = record.recipients if limit is None else record.recipients[:limit]
        more = len(record.recipients) - len(shown)
        out.append(f"{between if out else ''}→ ")
        out.append_text(Text(", ").join(person(record, account) for account in shown))
        out.append(f" and {more} more" if more else "")
    if record.target is not None and record.target not in (record.sender, *record.recipients):
        out.append(f"{between if out else ''}({safe(record.target, limit=ACCOUNT_LIMIT)})", style=DIM)
    return out


def what(record: CommunicationRecord, limit: int | None) -> Text:
    """The text, or for what has none a few words."""
    if record.text is not None:
        return Text(safe(record.text, newlines="keep", limit=limit))
    return phrase(record, subject=False)
