"""A sink in a thread of its own: storing goes on beside decoding.

Takes batches of records, hands them in order to a sink that is opened, used and closed in the thread alone, as
databases like it. It pays for a database, whose driver lets other threads run while it works; what is made of
Python's objects, as JSON is, would only take turns.

Bounded: who brings more than :data:`RECORDS` or :data:`CHARACTERS` waits, so that a slow disk slows the reader; or,
on a live line, is refused, and keeps them (:class:`~rcds_sniffer.backlog.Backlog`). What the sink raises is raised
where the next batch is brought. A live line's batch is kept meanwhile and then tried again; of a file nothing more
is written.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Generic, Self, TypeVar

from rcds_sniffer.backlog import Sink
from rcds_sniffer.records.record import CommunicationRecord

RECORDS = 10_000
"""Records under way, but for one batch more."""

CHARACTERS = 16 << 20
"""Characters of text in them, with the same exception."""

GATHERED = 10_000
"""Records that the sink gets at a time, where so many are there: the more, the less often a page is written."""

S = TypeVar("S", bound=Sink)


class BehindError(Exception):
    """The sink is slower than the line."""


class Beside(Generic[S]):
    """Stands before one sink. To be entered, which opens the sink and raises what that raises; then finished."""

    def __init__(self, opened: Callable[[], AbstractContextManager[S]], *, live: bool = False) -> None:
        self._opened = opened
        self._live = live
        self._changed = threading.Condition()
        self._batches: deque[tuple[float, Sequence[CommunicationRecord]]] = deque()
        self._failure: Exception | None = None
        self._ends = False
        self._thread = threading.Thread(target=self._work, name="storing", daemon=True)
        self.refuses = live
        """Whether too much is refused, or waited for; before the end there is time to wait."""
        self.sink: S | None = None
        """Once it is open; not to be used while the thread does."""
        self.waiting = 0
        """Records that are not written yet."""
        self._characters = 0

    @property
    def behind(self) -> float:
        """Seconds since the oldest of them was brought; 0 where none waits."""
        with self._changed:
            return time.monotonic() - self._batches[0][0] if self._batches else 0.0

    def write(self, records: Sequence[CommunicationRecord]) -> None:
        """Take one batch.

        Raises:
            BehindError: live, and too much is under way.
            Exception: what the sink raised over an earlier one.
        """
        with self._changed:
            self._tell()
            while records and (self.waiting >= RECORDS or self._characters >= CHARACTERS):
                if self.refuses:
                    raise BehindError("storing is slower than the line")
                self._changed.wait()
                self._tell()
            if records:
                self._batches.append((time.monotonic(), records))
                self._count(records, 1)
                self._changed.notify_all()

    def finish(self) -> Exception | None:
        """Wait until all is written, and close the sink. Gives what stood in the way; the rest is still waiting."""
        with self._changed:
            self._ends = True
            self._changed.notify_all()
        self._thread.join()
        return self._failure

    def __enter__(self) -> Self:
        self._thread.start()
        with self._changed:
            self._changed.wait_for(lambda: self.sink is not None or self._failure is not None)
            self._tell()
        return self

    def __exit__(self, *error: object) -> None:
        self.finish()

    def _tell(self) -> None:
        """Raise what the sink raised; live it tries again from then on."""
        failure = self._failure
        if failure is not None:
            if self._live and self.sink is not None:
                self._failure = None
                self._changed.notify_all()
            raise failure

    def _count(self, records: Sequence[CommunicationRecord], sign: int) -> None:
        self.waiting += sign * len(records)
        self._characters += sign * sum([len(record.text) for record in records if record.text])

    # --- the thread ----------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            with self._opened() as sink:
                with self._changed:
                    self.sink = sink
                    self._changed.notify_all()
                while batches := self._next():
                    self._write(sink, batches)
        except Exception as failure:
            with self._changed:
                self._failure = failure
                self._changed.notify_all()

    def _next(self) -> list[Sequence[CommunicationRecord]]:
        """The oldest batches, which stay where they are until they are written; none where the end has come."""
        with self._changed:
            self._changed.wait_for(lambda: self._ends or (self._batches and self._failure is None))
            gathered: list[Sequence[CommunicationRecord]] = []
            count = 0
            for _, records in self._batches:
                count += len(records)
                if gathered and count > GATHERED:
                    break
                gathered.append(records)
            return gathered

    def _write(self, sink: S, batches: list[Sequence[CommunicationRecord]]) -> None:
        try:
            sink.write([record for records in batches for record in records] if len(batches) > 1 else batches[0])
        except Exception as failure:
            if not self._live or self._ends:
                raise
            with self._changed:
                self._failure = failure
                self._changed.notify_all()
            return
        with self._changed:
            self._failure = None
            for records in batches:
                self._batches.popleft()
                self._count(records, -1)
            self._changed.notify_all()
