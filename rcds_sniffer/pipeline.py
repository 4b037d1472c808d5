"""The way from packets to records, put together: source → engine → decoder → recorder → store and output.

    libpcap loop with a BPF filter  →  stream reassembly  →  analyze_packet and its handlers  →  records by target

Each part hands on its own type and knows nothing of the next; this module alone knows them all.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol as Interface

from capture.errors import CaptureError
from capture.source import Source
from rcds_sniffer.orders import Warrant
from rcds_sniffer.protocols import Decoder, Protocol
from rcds_sniffer.records.ordering import TimeOrder
from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.records.recorder import Recorder
from reassembly.engine import Engine, EventCallback
from reassembly.events import StreamEvent

FLUSH_RECORDS = 2_000
"""Records that make a batch for the store; a smaller one goes at the end."""


class Sink(Interface):
    """Where records go: a store, a writer."""

    def write(self, records: Sequence[CommunicationRecord]) -> None:
        """Take one batch, in order of time."""


@dataclass(slots=True)
class Outcome:
    """What one run did, in numbers: it names nobody."""

    packets: int = 0
    refused: int = 0
    dropped: int = 0
    interrupted: bool = False
    failure: Exception | None = None
    """What broke the run off, if anything did."""
    engine: dict[str, int] = field(default_factory=dict)
    decoders: dict[str, dict[str, int]] = field(default_factory=dict)
    recorder: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    """Records by their event."""

    @property
    def lost(self) -> bool:
        """True when octets of followed streams, or packets, were lost on the way to the records."""
        losses = ("gap_octets", "evicted", "late_octets", "unknown_link", "bad_checksum")
        return bool(self.dropped or any(self.engine.get(name) for name in losses))


class Pipeline:
    """One run over one source."""

    def __init__(
        self,
        source: Source,
        engine: Callable[[EventCallback], Engine],
        protocols: Iterable[tuple[Protocol, frozenset[int]]],
        *,
        warrant: Warrant,
        sensor: str,
        sinks: Sequence[Sink],
    ) -> None:
        self._source = source
        self._engine = engine(self._on_stream_event)
        self._recorder = Recorder(warrant, self._on_record, sensor)
        self._decoders: dict[str, Decoder] = {}
        self._by_port: dict[int, Decoder] = {}
        for protocol, ports in protocols:
            decoder = self._decoders[protocol.name] = protocol.decoder(self._recorder.receive)
            self._by_port.update(dict.fromkeys(ports, decoder))
        self._sinks = list(sinks)
        self._order = TimeOrder()
        self._batch: list[CommunicationRecord] = []
        self._outcome = Outcome()

    def run(
        self, stopped: Callable[[], bool] = lambda: False, progress: Callable[[], None] = lambda: None
    ) -> Outcome:
        """Read the source to its end, or until ``stopped()`` or a failure; then flush everything that is known.

        What the source or a sink raised is the outcome's ``failure``: what was read before it is recorded and
        counted as in any other run.

        Args:
            stopped: asked between batches of packets.
            progress: called between batches of packets.
        """
        outcome = self._outcome
        try:
            for packets in self._source.batches():
                for packet in packets:
                    self._engine.feed(packet)
                progress()
                outcome.interrupted = stopped()
                if outcome.interrupted or outcome.failure is not None:
                    break
        except CaptureError as error:
            outcome.failure = error
        self._finish()
        return outcome

    def _finish(self) -> None:
        self._engine.close()
        self._recorder.close()
        self._batch += self._order.rest()
        self._flush()
        counters, outcome = self._source.counters, self._outcome
        outcome.packets, outcome.refused = counters.received, counters.refused
        outcome.dropped = (counters.dropped_kernel or 0) + (counters.dropped_interface or 0)
        outcome.engine = self._engine.counters.as_dict()
        outcome.decoders = {name: dict(decoder.counters) for name, decoder in self._decoders.items()}
        outcome.recorder = self._recorder.counters.to_dict()

    def _on_stream_event(self, event: StreamEvent) -> None:
        """The callback of the stream engine: each flow's events go to the decoder of its port."""
        flow = event.flow
        decoder = self._by_port.get(flow.server.port) or self._by_port.get(flow.client.port)
        if decoder is not None:
            decoder.receive(event)

    def _on_record(self, record: CommunicationRecord) -> None:
        events = self._outcome.events
        events[record.event] = events.get(record.event, 0) + 1
        self._order.push(record)
        self._batch += self._order.due(self._recorder.clock)
        if len(self._batch) >= FLUSH_RECORDS:
            self._flush()

    def _flush(self) -> None:
        batch, self._batch = self._batch, []
        for sink in list(self._sinks) if batch else ():
            try:
                sink.write(batch)
            except Exception as failure:
                self._sinks.remove(sink)
                self._outcome.failure = self._outcome.failure or failure
