"""The way from packets to records, put together: source → engine → decoder → recorder → store and output.

    libpcap loop with a BPF filter  →  stream reassembly  →  analyze_packet and its handlers  →  records by target

Each part hands on its own type and knows nothing of the next; this module alone knows them all.

A fault of this program in what decodes or records costs one connection: it is told, and followed no longer.

Live, records leave two seconds after they happened, which is what the copies of a text get to come in; of a file
they leave in strict order of time. Time is the packets' time. While a live line is idle the source says how much of
it has passed, and where its clock was set, the waits go on as if it had not been.
"""

import logging
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol as Interface

from capture.errors import CaptureError
from capture.packet import Packet
from capture.source import Counters, Source
from rcds_sniffer.backlog import Sink
from rcds_sniffer.orders import Warrant
from rcds_sniffer.protocols import Decoder, Protocol
from rcds_sniffer.records.interest import Follower
from rcds_sniffer.records.ledger import SETTLE
from rcds_sniffer.records.ordering import DELAY, TimeOrder
from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.records.recorder import Recorder
from reassembly.engine import Engine, EventCallback
from reassembly.events import Flow, StreamEnd, StreamEvent

log = logging.getLogger(__name__)

FLUSH_RECORDS = 2_000
"""Records that make a batch for the store; a smaller one goes at the end, and live whenever there is any."""


class PacketSink(Follower, Interface):
    """Where the packets of the targets' conversations go."""

    def offer(self, packet: Packet) -> None:
        """Take a packet before anything is known of it."""

    def stepped(self, by: int) -> None:
        """The capture clock was set by so many nanoseconds, forward positive, before the next packet."""

    def flush(self, clock: int | None = None) -> None:
        """Write what need wait no longer; capture time has come to ``clock``, where that is known."""


@dataclass(slots=True)
class Outcome:
    """What one run did so far, in numbers: it names nobody."""

    source: Counters = field(default_factory=Counters)
    interrupted: bool = False
    failure: Exception | None = None
    """What broke the run off, if anything did."""
    faults: int = 0
    """Connections that a fault of this program made us give up."""
    engine: dict[str, int] = field(default_factory=dict)
    decoders: dict[str, dict[str, int]] = field(default_factory=dict)
    recorder: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    """Records by their event."""

    @property
    def packets(self) -> int:
        """Packets read, refused ones included."""
        return self.source.received

    @property
    def refused(self) -> int:
        """Of these, by the filter."""
        return self.source.refused

    @property
    def dropped(self) -> int:
        """Packets that were lost before they could be read."""
        return (self.source.dropped_kernel or 0) + (self.source.dropped_interface or 0)

    @property
    def lost(self) -> bool:
        """True when octets of followed streams, or packets, were lost on the way to the records."""
        losses = ("gap_octets", "evicted", "late_octets", "unknown_link", "bad_checksum", "fragments_dropped",
                  "too_nested")  # fmt: skip
        return bool(self.dropped or self.faults or any(self.engine.get(name) for name in losses))


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
        keeper: PacketSink | None = None,
        live: bool = False,
    ) -> None:
        self._source = source
        self._engine = engine(self._on_stream_event)
        self._recorder = Recorder(warrant, self._on_record, sensor, follower=keeper, paced=live)
        self._decoders: dict[str, Decoder] = {}
        self._by_port: dict[int, Decoder] = {}
        for protocol, ports in protocols:
            decoder = self._decoders[protocol.name] = protocol.decoder(self._recorder.receive)
            self._by_port.update(dict.fromkeys(ports, decoder))
        self._sinks = list(sinks)
        self._keeper = keeper
        self._live = live
        self._order = TimeOrder(SETTLE if live else DELAY)
        self._batch: list[CommunicationRecord] = []
        self._now = 0  # live: capture time, as the packets have it
        self._stepped = 0
        self._given_up: set[Flow] = set()
        self._outcome = Outcome(source.counters)

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
                self._take(packets)
                progress()
                if outcome.failure is not None:
                    break
                if not outcome.interrupted and stopped():
                    outcome.interrupted = True
                    self._source.stop()  # a live line hands on what has passed by now
        except CaptureError as error:
            outcome.failure = error
        except Exception as fault:  # outside of any connection: what is known already is recorded all the same
            outcome.failure = RuntimeError(_told(fault))
        self._engine.close()
        self._recorder.close()
        self._batch += self._order.rest()
        self._flush()
        return self.outcome()

    @property
    def now(self) -> int:
        """Live: capture time, ns since 1970 UTC; 0 before the first packet."""
        return self._now

    def warrant_changed(self) -> None:
        """Who is recorded was changed just now: nothing more is kept of whom it left out."""
        self._recorder.review(self._now)

    def outcome(self) -> Outcome:
        """What was done so far; may be asked at any time."""
        outcome = self._outcome
        outcome.engine = self._engine.counters.as_dict()
        outcome.decoders = {name: dict(decoder.counters) for name, decoder in self._decoders.items()}
        outcome.recorder = self._recorder.counters.to_dict()
        return outcome

    def _take(self, packets: list[Packet]) -> None:
        if self._live:
            self._follow_steps()
            now = packets[-1].time if packets else self._source.clock or self._now
            if now < self._now - SETTLE:  # what waits for its turn would wait until that time comes again
                self._batch += self._order.rest()
            self._now = now
        feed = self._engine.feed
        if self._keeper is None:
            for packet in packets:
                feed(packet)
        else:
            offer = self._keeper.offer
            for packet in packets:
                offer(packet)
                feed(packet)
            self._keeper.flush(self._now or None)
        if self._live:
            self._let_go()

    # --- live --------------------------------------------------------------------------------------------------

    def _follow_steps(self) -> None:
        """The clock that stamps the packets was set, ahead of the next one."""
        by = self._source.counters.clock_stepped - self._stepped
        if by:
            self._stepped += by
            self._engine.stepped(by)
            self._recorder.stepped(by)
            if self._keeper is not None:
                self._keeper.stepped(by)

    def _let_go(self) -> None:
        """Time has passed, with or without a packet: what has waited long enough goes out."""
        self._engine.advance(self._now)
        self._recorder.advance(self._now - self._stepped)
        self._batch += self._order.due(self._now)
        self._flush()

    # --- from part to part --------------------------------------------------------------------------------------

    def _on_stream_event(self, event: StreamEvent) -> None:
        """The callback of the stream engine: each flow's events go to the decoder of its port."""
        flow = event.flow
        decoder = self._by_port.get(flow.server.port) or self._by_port.get(flow.client.port)
        ends = isinstance(event, StreamEnd)
        if decoder is None or (flow in self._given_up and not ends):
            return
        try:
            decoder.receive(event)
        except Exception as fault:
            self._give_up(flow, fault)
        if ends:
            self._given_up.discard(flow)

    def _give_up(self, flow: Flow, fault: Exception) -> None:
        """Whoever can make us stumble over one connection must not blind us for all others."""
        self._given_up.add(flow)
        self._outcome.faults += 1
        log.error("%s: the connection is followed no longer", _told(fault))

    def _on_record(self, record: CommunicationRecord) -> None:
        events = self._outcome.events
        events[record.event] = events.get(record.event, 0) + 1
        if self._live and record.time > self._now:  # from before the clock was set back
            self._batch.append(record)
        else:
            self._order.push(record)
        if not self._live:
            self._batch += self._order.due(self._recorder.clock)
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
                self._outcome.failure = self._outcome.failure or failure


def _told(fault: Exception) -> str:
    """What and where, without its message, which may hold a name; the way there is for the log of who debugs."""
    log.debug("%s", "".join(traceback.format_tb(fault.__traceback__)))
    place = traceback.extract_tb(fault.__traceback__)[-1]
    return f"a fault of this program ({type(fault).__name__} in {place.name}, line {place.lineno})"
