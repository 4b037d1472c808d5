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
from reassembly.events import Flow, StreamEnd, StreamEvent

log = logging.getLogger(__name__)

Protocols = Iterable[tuple[Protocol, frozenset[int]]]
"""Protocols, and the ports on which each is looked for."""


class Front:
    """Packets in, events out to ``emit``."""

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
        self._given_up: set[Flow] = set()

    def feed_all(self, packets: Sequence[Packet]) -> None:
        """Take one batch."""
        self.engine.feed_all(packets)

    def decoded(self) -> dict[str, dict[str, int]]:
        """What each decoder counted."""
        return {name: dict(decoder.counters) for name, decoder in self._decoders.items()}

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
        self.faults += 1
        log.error("%s: the connection is followed no longer", told(fault))


def told(fault: Exception) -> str:
    """What and where, without its message, which may hold a name; the way there is for the log of who debugs."""
    log.debug("%s", "".join(traceback.format_tb(fault.__traceback__)))
    place = traceback.extract_tb(fault.__traceback__)[-1]
    return f"a fault of this program ({type(fault).__name__} in {place.name}, line {place.lineno})"
