"""Where records go: the store and the writer, as sinks of the pipeline; and where they must not go."""

import contextlib
import errno
import io
import os
import select
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Self, TextIO, cast

from rcds_sniffer.cli.errors import RunError, UserError
from rcds_sniffer.export import Writer, open_writer
from rcds_sniffer.records.record import CommunicationRecord

STANDARD_OUTPUT: Final = 1
"""Its descriptor."""
READER_SECONDS: Final = 0.1
"""How long a live capture waits for the reader of its output, who may have paused it."""


class StoreSink:
    """The store, counting what was new. Raises UserError where it cannot be opened, StoreError later."""

    def __init__(self, url: str) -> None:
        from rcds_sniffer.store import StoreError, open_store  # noqa: PLC0415 - SQLAlchemy takes longest of all

        try:
            self._store = open_store(url, create=True)
        except StoreError as error:
            raise UserError(str(error)) from error
        self.stored = 0
        self.there_already = 0

    @property
    def outcome(self) -> tuple[int, int]:
        """Records that were stored, and those that were there already."""
        return self.stored, self.there_already

    def write(self, records: Sequence[CommunicationRecord]) -> None:
        """Store one batch."""
        new = self._store.add(records)
        self.stored += new
        self.there_already += len(records) - new

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._store.close()


class WriterSink:
    """A format's writer, to standard output or a file that only its owner may read.

    A batch is written whole or not at all: what a full disk cut off is taken back, so that it can be written again.
    When the reader of a pipe has had enough, nothing more is written. ``live`` shows every batch at once, and waits
    for no reader who pauses. Raises UserError where the file cannot be opened, RunError where it can be written no
    longer.
    """

    def __init__(self, form: str, output: str, *, live: bool = False) -> None:
        self._form = form
        self._live = live
        self.gone = False
        """True when the reader of the pipe has had enough."""
        self._outlet = Outlet(output, waits=not live)
        self._writer: Writer = open_writer(form, cast(TextIO, self._outlet))

    def write(self, records: Sequence[CommunicationRecord]) -> None:
        """Write one batch; without records, what is left of an earlier one."""
        if self.gone:
            return
        self._commit()
        if records:
            self._writer.write(records)
            if self._live:
                self._writer.flush()
            self._commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        try:
            if not self.gone:
                self._writer.flush()
                self._commit()
                self._commit()  # of what somebody was slow to read, no more is waited for
        finally:
            self._outlet.close()

    def _commit(self) -> None:
        try:
            self._outlet.commit()
        except BrokenPipeError:
            self.gone = True
        except OSError as error:
            if not self._outlet.written:  # what stands at the head of the output has to be written again too
                self._writer = open_writer(self._form, cast(TextIO, self._outlet))
            raise RunError(f"{self._outlet.name}: cannot be written any further: {error.strerror}") from error


class Outlet(io.TextIOBase):
    """Text to a file, or to standard output, held until it is committed: all of it is written then, or nothing.

    Unless it ``waits``, who reads a pipe or a terminal gets :data:`READER_SECONDS` to go on; else the rest of what
    was begun is owed, and paid before anything new is. Writers may flush as they like: that does nothing, since it
    would write half of a batch.
    """

    def __init__(self, output: str, *, waits: bool = True) -> None:
        self.name = "standard output" if output == "-" else output
        self.written = 0
        """Octets that stand in the output."""
        self.buffer = io.BytesIO()
        """What is held, in UTF-8; who has octets writes them here."""
        self._owed = b""
        self._waits = waits
        self._descriptor = -1  # it is closed too where it cannot be opened
        self._descriptor = open_output(output)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Of every output, whatever the terminal says."""
        return "utf-8"

    def isatty(self) -> bool:
        """True on a terminal."""
        return os.isatty(self._descriptor)

    def fileno(self) -> int:
        """The descriptor that is written to."""
        return self._descriptor

    def write(self, text: str) -> int:
        """Hold ``text`` until it is committed."""
        self.buffer.write(text.encode("utf-8", "backslashreplace"))
        return len(text)

    def commit(self) -> None:
        """Write what is owed, and then what is held.

        Raises:
            BlockingIOError: what is owed could not be paid, as nobody reads it.
            OSError: not all could be written; a file is as it was before, and nothing is held any more.
        """
        if self._owed:
            self._owed = self._owed[self._write(self._owed) :]
            if self._owed:
                raise BlockingIOError(errno.EAGAIN, "nobody reads it")
        octets = self.buffer.getvalue()
        self.buffer.seek(0)
        self.buffer.truncate()
        self._owed = octets[self._write(octets) :]

    def _write(self, octets: bytes) -> int:
        """Write, and give how many octets somebody took."""
        view, done = memoryview(octets), 0
        try:
            while done < len(view) and (self._waits or self._is_read()):
                end = (
                    len(view) if self._waits else done + select.PIPE_BUF
                )  # so many never block where poll() says so
                done += os.write(self._descriptor, view[done:end])
        except OSError:
            with contextlib.suppress(OSError):  # a pipe or a terminal takes nothing back
                self._take_back(done)
            raise
        self.written += done
        return done

    def _is_read(self) -> bool:
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        return bool(poll.poll(READER_SECONDS * 1000))

    def _take_back(self, octets: int) -> None:
        """Cut the last ``octets`` off a file again. It may have begun before us: standard output is appended to."""
        end = os.lseek(self._descriptor, 0, os.SEEK_CUR)
        if octets and end == os.fstat(self._descriptor).st_size:  # else somebody else has written behind them
            os.ftruncate(self._descriptor, end - octets)
            os.lseek(self._descriptor, end - octets, os.SEEK_SET)

    def close(self) -> None:
        """Give back the descriptor; what is held and was not committed is forgotten."""
        if not self.closed and self._descriptor > STANDARD_OUTPUT:
            os.close(self._descriptor)
        self.buffer.close()
        super().close()


def open_output(output: str) -> int:
    """A descriptor to write to; ``-`` is standard output.

    Raises:
        UserError: it cannot be opened.
    """
    if not output:
        raise UserError("--output: the name is empty; - is standard output")
    if output == "-":
        if sys.stdout is None:
            raise UserError("standard output is closed; name a file with --output")
        return STANDARD_OUTPUT
    try:
        return os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise UserError(f"{output}: cannot be written: {error.strerror}") from error


def refuse_overwriting(output: str, inputs: Iterable[str | Path | None], db: str | None) -> None:
    """What is read must not be written over: captures are evidence.

    Args:
        output: as the user named it.
        inputs: files that are read, by whatever name; ``-`` is standard input.
        db: the database, which is more than one file; None where none is used.

    Raises:
        UserError: the output is one of them.
    """
    databases: list[Path] = []
    if db is not None:
        from rcds_sniffer.store.database import files_of  # noqa: PLC0415 - the same

        databases = files_of(db)
    if output != "-" and any(_same(output, name) for name in (*inputs, *databases) if name):
        raise UserError(f"{output}: is also read here; name another output")


def _same(output: str, name: str | Path) -> bool:
    """Links count, and names of what does not exist yet."""
    try:
        return os.path.samefile(output, 0 if name == "-" else name)
    except OSError:
        return name != "-" and os.path.realpath(output) == os.path.realpath(name)
