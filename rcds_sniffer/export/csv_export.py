"""CSV for spreadsheets: takes records, gives RFC 4180 with a header line, a column for each field.

- Lists and objects are JSON. Null is an empty cell, an empty text is ``""``; every other text is quoted too, so
  that no separator that a spreadsheet may prefer (``;``) splits it.
- A text that begins like a formula (``=`` ``+`` ``-`` ``@``, also full-width, TAB, CR, LF) gets a ``'`` in
  front (OWASP, "CSV Injection"): Excel would run ``=HYPERLINK(…)`` or ``=cmd|…`` that a stranger sent.
- Control and bidi characters are escaped visibly, but for line breaks inside a text, which spreadsheets show.

So CSV is for people and their tools; JSON Lines is exact. There is no byte-order mark, which breaks most
programs but Excel: who wants one opens the stream with ``encoding="utf-8-sig"``. Open files with
``newline=""``.
"""

import json
from collections.abc import Iterable
from typing import TextIO

from rcds_sniffer.export.safe_text import UNSAFE, safe
from rcds_sniffer.records.record import FIELDS, CommunicationRecord

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class CsvWriter:
    """Writes records as CSV; the header comes first, also when there are no records."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._started = False

    def write(self, records: Iterable[CommunicationRecord]) -> None:
        """Writes a batch."""
        self._header()
        self._stream.write("".join([",".join(map(cell, record.to_dict().values())) + "\r\n" for record in records]))

    def flush(self) -> None:
        """Nothing is held back but the header of an empty export."""
        self._header()

    def _header(self) -> None:
        if not self._started:
            self._stream.write(",".join(FIELDS) + "\r\n")
            self._started = True


def cell(value: object) -> str:
    """One value of a record's JSON form as a CSV cell."""
    if value is None:
        return ""
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        text = ("'" if value.startswith(FORMULA) else "") + safe(value, newlines="keep")
    else:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
        text = UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)  # JSON's own escape
    return '"' + text.replace('"', '""') + '"'
