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
from rcds_sniffer.protocols import Decoder, Protocol
from reassembly.engine import Engine, EventCallback
from reassembly.events import Flow, StreamData, StreamEnd, StreamEvent

log = logging.getLogger(__name__)

Protocols = Iterable[tuple[Protocol, frozenset[int]]]
"""Protocols, and the ports on which each is looked for."""


class Front:
    """Packets in, events out to ``emit``."""

    __slots__ = ("_by_port", "_decoders", "_receivers", "engine", "faults")

    def __init__(
        self, engine: Callable[[EventCallback], Engine], protocols: Protocols, emit: Callable[[Event], None]
    ) -> None:
        self.engine = engine(self._on_stream_event)
        self.faults = 0
        """Connections that a fault of this program made us give up."""
        self._decoders: dict[str, Decoder] = {}
        self._by_port: dict[int, Decoder] = {}
        for protocol, ports in protocols:
            decoder = self._decoders[protocol.name] = protocol.decoder(emit)
            self._by_port.update(dict.fromkeys(ports, decoder))
        self._receivers: dict[Flow, Callable[[StreamEvent], None]] = {}
        """Who takes the events of a flow, from the first one on until it ends."""

    def feed_all(self, packets: Sequence[Packet]) -> None:
        """Take one batch."""
        self.engine.feed_all(packets)

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
        if isinstance(event, StreamEnd):
            del self._receivers[flow]
            receive = self._receiver(flow)  # also of one that was given up, for the decoder to forget it
        try:
            receive(event)
        except Exception as fault:
            self._give_up(flow, fault)

    def _receiver(self, flow: Flow) -> Callable[[StreamEvent], None]:
        """Its port's."""
        decoder = self._by_port.get(flow.server.port) or self._by_port.get(flow.client.port)
        return _pass_over if decoder is None else decoder.receive

    def _give_up(self, flow: Flow, fault: Exception) -> None:
        """Whoever can make us stumble over one connection must not blind us for all others."""
        if flow in self._receivers:
            self._receivers[flow] = _pass_over
        self.faults += 1
        log.error("%s: the connection is followed no longer", told(fault))


def _pass_over(event: StreamEvent) -> None:
    """Nobody's, or a connection's that was given up."""


def told(fault: Exception) -> str:
    """What and where, without its message, which may hold a name; the way there is for the log of who debugs."""
    log.debug("%s", "".join(traceback.format_tb(fault.__traceback__)))
    place = traceback.extract_tb(fault.__traceback__)[-1]
    return f"a fault of this program ({type(fault).__name__} in {place.name}, line {place.lineno})"
