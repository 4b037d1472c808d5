"""Where records go: the store and the writer, as sinks of the pipeline."""

import os
import sys
from collections.abc import Sequence
from typing import IO, Protocol, Self

from rcds_sniffer.cli.errors import UserError
from rcds_sniffer import export
from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.store.store import Store, open_store


class Writer(Protocol):
    """What every format offers."""

    def write(self, records: Sequence[CommunicationRecord]) -> None:
        """Take some records."""

    def close(self) -> None:
        """Write what is held back."""


class StoreSink:
    """The store, counting what was new."""

    def __init__(self, url: str) -> None:
        self._store: Store = open_store(url, create=True)
        self.stored = 0

    def write(self, records: Sequence[CommunicationRecord]) -> None:
        """Store one batch."""
        self.stored += self._store.add(records)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._store.close()


class WriterSink:
    """A format's writer; when the reader of a pipe has had enough, nothing more is written."""

    def __init__(self, writer: Writer) -> None:
        self._writer: Writer | None = writer

    def write(self, records: Sequence[CommunicationRecord]) -> None:
        """Write one batch."""
        if self._writer is not None:
            try:
                self._writer.write(records)
            except BrokenPipeError:
                self._give_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._writer is not None:
            try:
                self._writer.close()
                sys.stdout.flush()
            except BrokenPipeError:
                self._give_up()

    def _give_up(self) -> None:
        self._writer = None
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at its exit


def open_writer(name: str, output: str) -> Writer:
    """The writer of a format, to a file that only its owner may read, or to standard output.

    Raises:
        UserError: the file cannot be written.
    """
    return export.open_writer(name, open_output(output))


def open_output(output: str) -> IO[str]:
    """``-`` is standard output."""
    if output == "-":
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")
        return sys.stdout
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise UserError(f"{output}: cannot be written: {error.strerror}") from error
    return open(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="")
