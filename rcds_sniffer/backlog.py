"""A sink that is away for a while: records wait in memory until it takes them again.

A capture must not end because a disk is full or a database server restarts: packets that pass meanwhile come once.
Takes batches of records for a sink that raises where it takes none of a batch; hands them on in order, later where
it must be. Bounded: beyond :data:`MAX_RECORDS` and :data:`MAX_CHARACTERS` the oldest are given up and counted.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from rcds_sniffer.records.record import CommunicationRecord

log = logging.getLogger(__name__)

MAX_RECORDS = 200_000
"""Records that wait; beyond, the oldest are given up."""

MAX_CHARACTERS = 256 << 20
"""Characters of text in them; beyond, the same."""

BATCH = 2_000
"""Records that the sink gets at a time once it is back."""

RETRY = 5.0
"""Seconds of the monotonic clock between two tries: a capture goes on while its disk does not."""


class Sink(Protocol):
    """Where records go: a store, a writer, a backlog before either."""

    def write(self, records: Sequence[CommunicationRecord]) -> None:
        """Take one batch, in order of time, or raise and take none of it.

        Without records, write what is left of an earlier one.
        """


class Backlog:
    """Stands before one sink."""

    def __init__(self, sink: Sink, clock: Callable[[], float] = time.monotonic) -> None:
        self._sink = sink
        self._clock = clock
        self._waiting: deque[CommunicationRecord] = deque()
        self._characters = 0
        self._retry_at: float | None = None
        self.given_up = 0
        """Records that will not be written, because too many waited."""

    @property
    def waiting(self) -> int:
        """Records that the sink did not take yet."""
        return len(self._waiting)

    def write(self, records: Sequence[CommunicationRecord]) -> None:
        """Take one batch, and try to hand on all that waits. Never raises."""
        for record in records:
            self._waiting.append(record)
            self._characters += len(record.text or "")
        if self._retry_at is None or self._clock() >= self._retry_at:
            self._hand_on()
        while len(self._waiting) > MAX_RECORDS or self._characters > MAX_CHARACTERS:
            self._drop_first()
            self.given_up += 1

    def finish(self) -> None:
        """One last try; what the sink does not take is given up."""
        self._hand_on()
        self.given_up += len(self._waiting)
        self._waiting.clear()

    def _hand_on(self) -> None:
        try:
            self._sink.write(())  # it may have something left of an earlier batch
            while self._waiting:
                batch = [self._waiting[i] for i in range(min(BATCH, len(self._waiting)))]
                self._sink.write(batch)
                for _ in batch:
                    self._drop_first()
        except Exception as error:
            if self._retry_at is None:
                log.warning("%s; the capture goes on, and records wait in memory until that is mended", error)
            self._retry_at = self._clock() + RETRY
            return
        if self._retry_at is not None:
            self._retry_at = None
            log.warning("records are written again; none of those that waited is lost" + self._lost())

    def _drop_first(self) -> None:
        self._characters -= len(self._waiting.popleft().text or "")

    def _lost(self) -> str:
        return f" but {self.given_up:,}, for which there was no room" if self.given_up else ""
