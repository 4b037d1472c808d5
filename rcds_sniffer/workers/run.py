"""The parent's side of a run: what the worker found goes to the recorder, in the order in which it was found.

A worker that fails or is killed ends the run: what it had sent by then is recorded, and the outcome says why there
is no more. A fault of this program over one event costs its connection, as in one process.
"""

import logging
import signal
from collections.abc import Callable, Sequence
from typing import Final

from rcds_sniffer.back import Back
from rcds_sniffer.backlog import Sink
from rcds_sniffer.events import ConnectionClosed
from rcds_sniffer.files import Vault
from rcds_sniffer.front import told
from rcds_sniffer.orders import Warrant
from rcds_sniffer.pipeline import Outcome
from rcds_sniffer.workers.outbox import End, Progress
from rcds_sniffer.workers.packing import Packed, Unpacker, from_octets
from rcds_sniffer.workers.worker import Worker

log = logging.getLogger(__name__)

WAIT_SECONDS: Final = 0.1
"""Until signals are served, where the worker has nothing to say."""


class WorkerPipeline:
    """One run over a source that a worker reads; otherwise as :class:`rcds_sniffer.pipeline.Pipeline`."""

    def __init__(
        self, worker: Worker, *, warrant: Warrant, sensor: str, sinks: Sequence[Sink], files: Vault | None = None
    ) -> None:
        self.now = 0  # it is never live
        self._worker = worker
        self._source = worker.elsewhere
        self._back = Back(warrant, sensor, sinks, files=files)
        self._unpacker = Unpacker()
        self._given_up: set[int] = set()
        self._faults = 0
        self._end: End | None = None
        self._outcome = Outcome(worker.elsewhere.counters)

    def run(
        self, stopped: Callable[[], bool] = lambda: False, progress: Callable[[], None] = lambda: None
    ) -> Outcome:
        """Record to the source's end, or until ``stopped()`` or a failure; then flush everything that is known.

        Args:
            stopped: asked between messages.
            progress: called between messages.
        """
        outcome, receiver = self._outcome, self._worker.receiver
        while not receiver.ended:
            for message in receiver.wait(WAIT_SECONDS):
                self._take(from_octets(message))
            progress()
            if self._back.failure is not None:
                self._worker.stop()
            if not outcome.interrupted and stopped():
                outcome.interrupted = True
                self._worker.stop()
        code = self._worker.wait()
        if self._end is None:
            how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            outcome.failure = RuntimeError(f"the process that read and decoded ended too early ({how})")
        elif self._end.failure is not None:
            outcome.failure = RuntimeError(self._end.failure)
        self._back.close()
        return self.outcome()

    @property
    def moment(self) -> int:
        """How far the packets have been recorded, ns since 1970 UTC."""
        return self._back.recorder.clock

    def warrant_changed(self) -> None:
        """Who is recorded was changed just now."""
        self._back.recorder.review(self.moment)

    def outcome(self) -> Outcome:
        """What was done so far; of the worker, the numbers come at its end."""
        outcome, end = self._outcome, self._end
        outcome.source = self._source.counters
        outcome.faults = self._faults
        if end is not None:
            outcome.engine, outcome.decoders = end.engine, end.decoders
            outcome.faults += end.faults
        outcome.recorder = self._back.recorder.counters.to_dict()
        outcome.events = self._back.events
        outcome.failure = outcome.failure or self._back.failure
        return outcome

    def _take(self, message: End | tuple[Progress, list[Packed]]) -> None:
        if isinstance(message, End):
            self._end = message
            self._source.end(message)
            return
        progress, batch = message
        self._source.note(progress)
        unpack, receive = self._unpacker.unpack, self._back.recorder.receive
        for packed in batch:
            event = unpack(packed)
            if event is None or (packed[1] in self._given_up and type(event) is not ConnectionClosed):
                continue
            try:
                receive(event)
            except Exception as fault:
                self._give_up(packed[1], fault)

    def _give_up(self, connection: int, fault: Exception) -> None:
        """As the front does: whoever makes us stumble over one connection must not blind us for the others."""
        self._given_up.add(connection)
        self._faults += 1
        log.error("%s: the connection is followed no longer", told(fault))
