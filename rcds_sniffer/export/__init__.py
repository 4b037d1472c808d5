"""Records in the forms in which they leave the program: takes records, gives text on a stream.

``open_writer("chat", sys.stdout)`` gives a :class:`Writer`. For programs there are ``jsonl``, which is exact,
and ``csv``, which is made safe for spreadsheets; for people ``table`` and ``chat``. The modules load when
asked for: those for people need rich, which costs a tenth of a second that JSON Lines should not pay.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Protocol, TextIO, cast

from rcds_sniffer.records.record import CommunicationRecord


class Writer(Protocol):
    """Writes records to the stream that it was made for."""

    def write(self, records: Iterable[CommunicationRecord]) -> None:
        """Writes a batch; may hold back part of it until :meth:`flush`."""

    def flush(self) -> None:
        """Writes what was held back; more may come. The stream stays open; it is the caller's."""


@dataclass(frozen=True, slots=True)
class Format:
    """A form to export in."""

    writer: str
    """``module:class``."""
    for_people: bool
    """True where the writer takes ``width`` and ``color`` and escapes what could harm a terminal."""
    summary: str


FORMATS = {
    "table": Format("rcds_sniffer.export.table:TableWriter", True, "a line for each record"),
    "chat": Format("rcds_sniffer.export.chat:ChatWriter", True, "conversations, as one reads them"),
    "jsonl": Format("rcds_sniffer.export.jsonl:JsonLinesWriter", False, "JSON, a record a line; exact"),
    "csv": Format("rcds_sniffer.export.csv_export:CsvWriter", False, "for spreadsheets; formulas disarmed"),
}


def open_writer(name: str, stream: TextIO, *, width: int | None = None, color: bool | None = None) -> Writer:
    """The writer of the format ``name`` on a text stream.

    ``width`` in terminal cells and ``color`` are for people's formats; None asks the stream: a terminal has a
    width and colours, anything else has neither and gets lines of any length. Raises KeyError for an unknown
    name.
    """
    form = FORMATS[name]
    writer = resolve_name(form.writer)
    return cast(Writer, writer(stream, width=width, color=color) if form.for_people else writer(stream))
