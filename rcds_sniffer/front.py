# cython: annotation_typing=False
"""The front of the pipeline: packets → stream engine → decoders → what happened, in the shared vocabulary.

It knows no target and makes no record. What it finds goes to one callback, which in one process is the recorder's
and in a worker process (:mod:`rcds_sniffer.workers`) the outbox's.

A fault of this program in what decodes or records costs one connection: it is told, and followed no longer.
"""

import logging
import traceback
from collections.abc import Callable, Iterable, Sequence

from capture.packet import Packet
from rcds_sniffer.events import Event
from rcds_sniffer.probing import Probe, Prober, pass_over
from rcds_sniffer.protocols import Decoder, Protocol
from reassembly.engine import Engine, EventCallback
from reassembly.events import Flow, StreamData, StreamEnd, StreamEvent, StreamGap

log = logging.getLogger(__name__)

Protocols = Iterable[tuple[Protocol, frozenset[int]]]
"""Protocols, and the ports on which each is looked for."""

MAX_LEARNT = 64
"""Ports that the traffic named and that are looked at too; beyond, the first is forgotten."""
MOST_PORTS = 65_535
"""The same where the capture will be read again: there are no more ports."""


class Front:
    """Packets in, events out to ``emit``.

    ``any_port``: flows on other ports are looked into as well, until it is known whose they are. ``looks_again``:
    at its end the capture will be read once more, for ports that it named.
    """

    __slots__ = ("_again", "_by_port", "_decoders", "_gap_octets", "_gaps", "_make", "_most", "_prober",
                 "_probes", "_receivers", "_totals", "engine", "faults", "learnt")  # fmt: skip

    def __init__(
        self,
        engine: Callable[[EventCallback], Engine],
        protocols: Protocols,
        emit: Callable[[Event], None],
        *,
        any_port: bool = False,
        looks_again: bool = False,
    ) -> None:
        self._make = engine
        self.engine = engine(self._on_stream_event)
        self.faults = 0
        """Connections that a fault of this program made us give up."""
        self.learnt: dict[int, Decoder] = {}
        """Ports outside of the protocols' own that the traffic named, in order; on a line the latest
        :data:`MAX_LEARNT`, of what is read again all."""
        self._most = MOST_PORTS if looks_again else MAX_LEARNT
        self._again = False
        self._gaps = self._gap_octets = 0  # of what is nobody's
        self._totals: dict[str, int] = {}  # of engines before this one
        self._decoders: dict[str, Decoder] = {}
        self._by_port: dict[int, Decoder] = {}
        asked: list[tuple[Protocol, Callable[[StreamEvent], None]]] = []
        for protocol, ports in protocols:
            decoder = self._decoders[protocol.name] = protocol.decoder(emit, ports, looks_again=looks_again)
            self._by_port.update(dict.fromkeys(ports, decoder))
            asked.append((protocol, decoder.receive))
        self._prober = Prober(asked) if any_port else None
        self._probes: dict[Flow, Probe] = {}
        self._receivers: dict[Flow, Callable[[StreamEvent], None]] = {}
        """Who takes the events of a flow, from the first one on until it ends."""

    def feed_all(self, packets: Sequence[Packet]) -> None:
        """Take one batch."""
        self.engine.feed_all(packets)

    def follow(self) -> bool:
        """See which ports the traffic named since; True where there is a new one among :attr:`learnt`."""
        new = False
        for decoder in self._decoders.values():
            for port in decoder.wanted:
                if port not in self._by_port and port not in self.learnt:
                    new = True
                    self.learnt[port] = decoder
                    if len(self.learnt) > self._most:
                        del self.learnt[next(iter(self.learnt))]
        return new

    def look_again(self) -> None:
        """What comes now is from the beginning of the same capture, and on the ports that were learnt alone."""
        self.engine.close()
        self._again = True
        self._totals = self.engine.counters.as_dict()
        self.engine = self._make(self._on_stream_event)

    def close(self) -> None:
        """The capture is over."""
        self.engine.close()
        for decoder in self._decoders.values():
            decoder.close()

    def counted(self) -> dict[str, int]:
        """What the engine counted, but for what was lost of connections that are nobody's."""
        counted = self.engine.counters.as_dict()
        counted = {name: number + self._totals.get(name, 0) for name, number in counted.items()}
        for name, lost, passed in (
            ("gaps", "foreign_gaps", self._gaps),
            ("gap_octets", "foreign_gap_octets", self._gap_octets),
        ):
            if name in counted:
                counted[name] -= passed + sum(decoder.counters.get(lost, 0) for decoder in self._decoders.values())
        return counted

    def decoded(self) -> dict[str, dict[str, int]]:
        """What each decoder counted."""
        return {name: dict(decoder.counters) for name, decoder in self._decoders.items()}

    def _on_stream_event(self, event: StreamEvent) -> None:
        """The callback of the stream engine: each flow's events go to the decoder of its port."""
        if isinstance(event, StreamData):
            data = event  # the same, whose flow the compiler knows where to find
            flow = data.flow
        else:
            flow = event.flow
        receive = self._receivers.get(flow)
        if receive is None:
            receive = self._receivers[flow] = self._receiver(flow)
            flow.ignored = receive is pass_over
        if isinstance(event, StreamEnd):
            del self._receivers[flow]
            if receive is pass_over:  # also of one that was given up, for the decoder to forget it
                receive = self._receiver(flow)
        if receive is pass_over and isinstance(event, StreamGap):
            self._gaps += 1
            self._gap_octets += event.length or 0
        try:
            receive(event)
        except Exception as fault:
            self._give_up(flow, fault)

    def _receiver(self, flow: Flow) -> Callable[[StreamEvent], None]:
        """Its port's; or, where that is nobody's, who finds out whose it is."""
        ends = flow.server.port, flow.client.port
        for port in ends:
            if port in self._by_port:
                return pass_over if self._again else self._by_port[port].receive
        for port in ends:
            if port in self.learnt:
                return self.learnt[port].receive
        for decoder in self._decoders.values():
            if not decoder.wanted.isdisjoint(ends):
                return decoder.receive
        return pass_over if self._prober is None else self._probe

    def _probe(self, event: StreamEvent) -> None:
        """An event of a flow of which nobody knows yet whose it is."""
        flow, prober = event.flow, self._prober
        if prober is None:
            return
        probe = self._probes.get(flow)
        if probe is None:
            probe = self._probes[flow] = Probe(prober)
        receive = probe.receive(event)
        if receive is not None:
            del self._probes[flow]
            flow.ignored = receive is pass_over
            if flow.ignored:
                self._gaps += probe.gaps
                self._gap_octets += probe.gap_octets
            if flow in self._receivers:
                self._receivers[flow] = receive

    def _give_up(self, flow: Flow, fault: Exception) -> None:
        """Whoever can make us stumble over one connection must not blind us for all others."""
        if flow in self._receivers:
            self._receivers[flow] = pass_over
            flow.ignored = True
        self.faults += 1
        log.error("%s: the connection is followed no longer", told(fault))


def told(fault: Exception) -> str:
    """What and where, without its message, which may hold a name; the way there is for the log of who debugs."""
    log.debug("%s", "".join(traceback.format_tb(fault.__traceback__)))
    place = traceback.extract_tb(fault.__traceback__)[-1]
    return f"a fault of this program ({type(fault).__name__} in {place.name}, line {place.lineno})"
