"""JSON Lines: one record a line, exactly :meth:`CommunicationRecord.to_json`. The contract with other programs.

JSON itself escapes control characters. A lone surrogate, which has no UTF-8 form, becomes its JSON escape, so
that any stream can take it and a reader gets it back. U+2028 and its like are legal in JSON and stay; readers
split lines at LF alone (jsonlines.org).
"""

import re
from collections.abc import Iterable
from typing import TextIO

from rcds_sniffer.records.record import CommunicationRecord

_SURROGATE = re.compile("[\ud800-\udfff]")


class JsonLinesWriter:
    """Writes records as JSON Lines."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, records: Iterable[CommunicationRecord]) -> None:
        """Writes a batch."""
        for record in records:
            line = record.to_json()
            if not line.isascii():  # outside ASCII only strings can be
                line = _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", line)
            self._stream.write(line + "\n")

    def flush(self) -> None:
        """Nothing is held back."""
