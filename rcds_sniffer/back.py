# cython: annotation_typing=False
"""The back of the pipeline: what happened → recorder → order of time → store and output.

It sees no packet. What it takes comes from one :class:`~rcds_sniffer.front.Front` in the same process, or from
those of several worker processes, merged into the order that one would have given.

Live, records leave as soon as nothing can better them, at the latest two seconds after they happened, which is what
the copies of a text and the server's answer get to come in; of a file they leave in strict order of time.
"""

from collections.abc import Sequence

from rcds_sniffer.backlog import Sink
from rcds_sniffer.files import Vault
from rcds_sniffer.orders import Warrant
from rcds_sniffer.records.interest import Follower
from rcds_sniffer.records.ledger import SETTLE
from rcds_sniffer.records.ordering import DELAY, TimeOrder
from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.records.recorder import Recorder

FLUSH_RECORDS = 2_000
"""Records that make a batch for the store; a smaller one goes at the end, and live whenever there is any."""

LIVE_ORDER = 50_000_000
"""How long a record waits live for earlier ones, ns: several interfaces are not read at the same instant."""


class Back:
    """Events in (``recorder.receive``), records out to the sinks."""

    def __init__(
        self,
        warrant: Warrant,
        sensor: str,
        sinks: Sequence[Sink],
        *,
        follower: Follower | None = None,
        files: Vault | None = None,
        live: bool = False,
    ) -> None:
        self.recorder = Recorder(warrant, self._on_record, sensor, follower=follower, files=files, paced=live)
        self.events: dict[str, int] = {}
        """Records by their event."""
        self.failure: Exception | None = None
        """What a sink raised; it gets no more."""
        self.now = 0
        """Live: capture time, as the packets have it."""
        self._sinks = list(sinks)
        self._live = live
        self._order = TimeOrder(LIVE_ORDER if live else DELAY)
        self._batch: list[CommunicationRecord] = []

    def set_now(self, now: int) -> None:
        """Live: capture time has come to ``now``, ahead of the next batch."""
        if now < self.now - SETTLE:  # what waits for its turn would wait until that time comes again
            self._batch += self._order.rest()
        self.now = now

    def let_go(self, clock: int) -> None:
        """Live: time has passed, with or without a packet; what has waited long enough goes out.

        ``clock`` is capture time as the recorder counts it, on a clock that nobody set.
        """
        self.recorder.advance(clock)
        self._batch += self._order.due(self.now)
        self._flush()

    def close(self) -> None:
        """The capture is over: conclude everything, and hand it on."""
        self.recorder.close()
        self._batch += self._order.rest()
        self._flush()

    def _on_record(self, record: CommunicationRecord) -> None:
        self.events[record.event] = self.events.get(record.event, 0) + 1
        if self._live and record.time > self.now:  # from before the clock was set back
            self._batch.append(record)
        else:
            self._order.push(record)
        if not self._live:
            self._batch += self._order.due(self.recorder.clock)
        if len(self._batch) >= FLUSH_RECORDS:
            self._flush()

    def _flush(self) -> None:
        """Hand on the batch; live also nothing at all, for what a sink could not write before."""
        batch, self._batch = self._batch, []
        for sink in list(self._sinks) if batch or self._live else ():
            try:
                sink.write(batch)
            except Exception as failure:
                self._sinks.remove(sink)
                self.failure = self.failure or failure
