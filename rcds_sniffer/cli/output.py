"""Where records go: the store and the writer, as sinks of the pipeline; and where they must not go."""

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self, TextIO

from rcds_sniffer.cli.errors import RunError, UserError
from rcds_sniffer.export import Writer, open_writer
from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.store.database import files_of
from rcds_sniffer.store.errors import StoreError
from rcds_sniffer.store.store import open_store


class StoreSink:
    """The store, counting what was new. Raises UserError where it cannot be opened, StoreError later."""

    def __init__(self, url: str) -> None:
        try:
            self._store = open_store(url, create=True)
        except StoreError as error:
            raise UserError(str(error)) from error
        self.stored = 0

    def write(self, records: Sequence[CommunicationRecord]) -> None:
        """Store one batch."""
        self.stored += self._store.add(records)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._store.close()


class WriterSink:
    """A format's writer, to standard output or a file that only its owner may read.

    When the reader of a pipe has had enough, nothing more is written. Raises UserError where the file cannot be
    opened, RunError where it can be written no longer.
    """

    def __init__(self, form: str, output: str) -> None:
        self._output = output
        self.gone = False
        """True when the reader of the pipe has had enough."""
        self._stream = open_output(output)
        self._writer: Writer | None = open_writer(form, self._stream)

    def write(self, records: Sequence[CommunicationRecord]) -> None:
        """Write one batch."""
        if self._writer is not None:
            try:
                self._writer.write(records)
            except OSError as error:
                self._give_up(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._writer is not None:
            try:
                self._writer.close()
                self._stream.flush()
            except OSError as failure:
                self._give_up(failure)
        if self._stream is not sys.stdout:
            self._stream.close()

    def _give_up(self, error: OSError) -> None:
        self._writer = None
        # What could not be written must not be tried again when the stream is closed, by us or by Python.
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
        self.gone = isinstance(error, BrokenPipeError)
        if not self.gone:
            raise RunError(f"{self._output}: cannot be written any further: {error.strerror}") from error


def open_output(output: str) -> TextIO:
    """``-`` is standard output."""
    if not output:
        raise UserError("--output: the name is empty; - is standard output")
    if output == "-":
        if sys.stdout is None:
            raise UserError("standard output is closed; name a file with --output")
        stream: TextIO = sys.stdout
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")
        return stream
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise UserError(f"{output}: cannot be written: {error.strerror}") from error
    return os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="")


def refuse_overwriting(output: str, inputs: Iterable[str | Path | None], db: str | None) -> None:
    """What is read must not be written over: captures are evidence.

    Args:
        output: as the user named it.
        inputs: files that are read, by whatever name; ``-`` is standard input.
        db: the database, which is more than one file; None where none is used.

    Raises:
        UserError: the output is one of them.
    """
    databases = [] if db is None else files_of(db)
    if output != "-" and any(_same(output, name) for name in (*inputs, *databases) if name):
        raise UserError(f"{output}: is also read here; name another output")


def _same(output: str, name: str | Path) -> bool:
    """Links count, and names of what does not exist yet."""
    try:
        return os.path.samefile(output, 0 if name == "-" else name)
    except OSError:
        return name != "-" and os.path.realpath(output) == os.path.realpath(name)
