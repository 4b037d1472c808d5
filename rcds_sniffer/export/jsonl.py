"""JSON Lines: one record a line, exactly :meth:`CommunicationRecord.to_json`. The contract with other programs.

JSON itself escapes control characters, and what else breaks lines or has no UTF-8 form is escaped too, so that any
stream can take it and a reader gets it back. Readers split lines at LF alone (jsonlines.org).
"""

from collections.abc import Iterable
from typing import TextIO

from rcds_sniffer.records.json_form import json_line
from rcds_sniffer.records.record import CommunicationRecord


class JsonLinesWriter:
    """Writes records as JSON Lines, each batch at once: as octets, where the stream has a ``buffer`` for UTF-8."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._octets = getattr(stream, "buffer", None) if stream.encoding == "utf-8" else None

    def write(self, records: Iterable[CommunicationRecord]) -> None:
        """Writes a batch."""
        lines = [json_line(record) for record in records]
        lines.append(b"")  # the last line has an end too
        octets = b"\n".join(lines)
        if self._octets is None:
            self._stream.write(octets.decode())
        else:
            self._stream.flush()  # what was written as text comes first
            self._octets.write(octets)

    def flush(self) -> None:
        """Nothing is held back."""
