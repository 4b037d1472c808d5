"""The way from packets to records, put together: source → engine → decoder → recorder → store and output.

    libpcap loop with a BPF filter  →  stream reassembly  →  analyze_packet and its handlers  →  records by target

Each part hands on its own type and knows nothing of the next. The front (:mod:`rcds_sniffer.front`) ends with the
decoders' events, the back (:mod:`rcds_sniffer.back`) begins with them; here both are in one process, and the one
calls the other.

Time is the packets' time. While a live line is idle the source says how much of it has passed, and where its clock
was set, the waits go on as if it had not been.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol as Interface

from capture.errors import CaptureError
from capture.packet import Packet
from capture.source import Counters, Source
from rcds_sniffer.back import Back
from rcds_sniffer.backlog import Sink
from rcds_sniffer.files import Vault
from rcds_sniffer.front import Front, Protocols, told
from rcds_sniffer.new_ports import NO_NEW_PORTS, NewPorts
from rcds_sniffer.orders import Warrant
from rcds_sniffer.records.interest import Follower
from reassembly.engine import Engine, EventCallback


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
        protocols: Protocols,
        *,
        warrant: Warrant,
        sensor: str,
        sinks: Sequence[Sink],
        keeper: PacketSink | None = None,
        live: bool = False,
        any_port: bool = False,
        ports: NewPorts = NO_NEW_PORTS,
        files: Vault | None = None,
    ) -> None:
        self._source = source
        self._back = Back(warrant, sensor, sinks, follower=keeper, files=files, live=live)
        self._front = Front(
            engine, protocols, self._back.recorder.receive, any_port=any_port, looks_again=ports.looks_again
        )
        self._ports = ports
        self._keeper = keeper
        self._live = live
        self._stepped = 0
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
        outcome, front = self._outcome, self._front

        def read(source: Source) -> bool:
            """To its end; False: nothing more is to be read."""
            for packets in source.batches():
                self._take(packets)
                progress()
                if self._back.failure is not None:
                    return False
                if not outcome.interrupted and stopped():
                    outcome.interrupted = True
                    source.stop()  # a live line hands on what has passed by now
                if front.follow():
                    self._ports.widen(frozenset(front.learnt))
            return not outcome.interrupted

        try:
            if read(self._source):
                with self._ports.again(front) as source:
                    if source is not None:
                        read(source)
        except CaptureError as error:
            outcome.failure = error
        except Exception as fault:  # outside of any connection: what is known already is recorded all the same
            outcome.failure = RuntimeError(told(fault))
        front.close()
        self._back.close()
        return self.outcome()

    @property
    def now(self) -> int:
        """Live: capture time, ns since 1970 UTC; 0 before the first packet."""
        return self._back.now

    @property
    def moment(self) -> int:
        """The same, of a file too: how far its packets have been read."""
        return self.now or self._back.recorder.clock

    def warrant_changed(self) -> None:
        """Who is recorded was changed just now: nothing more is kept of whom it left out."""
        self._back.recorder.review(self.moment)

    def outcome(self) -> Outcome:
        """What was done so far; may be asked at any time."""
        outcome = self._outcome
        outcome.faults = self._front.faults
        outcome.engine = self._front.counted()
        outcome.decoders = self._front.decoded()
        outcome.recorder = self._back.recorder.counters.to_dict()
        outcome.events = self._back.events
        outcome.failure = outcome.failure or self._back.failure
        return outcome

    def _take(self, packets: Sequence[Packet]) -> None:
        if self._live:
            self._follow_steps()
            self._back.set_now(packets[-1].time if packets else self._source.clock or self.now)
        if self._keeper is None:
            self._front.feed_all(packets)
        else:
            feed, offer = self._front.engine.feed, self._keeper.offer
            for packet in packets:
                offer(packet)
                feed(packet)
            self._keeper.flush(self.now or None)
        if self._live:
            self._front.engine.advance(self.now)
            self._back.let_go(self.now - self._stepped)

    def _follow_steps(self) -> None:
        """The clock that stamps the packets was set, ahead of the next one."""
        by = self._source.counters.clock_stepped - self._stepped
        if by:
            self._stepped += by
            self._front.engine.stepped(by)
            self._back.recorder.stepped(by)
            if self._keeper is not None:
                self._keeper.stepped(by)
