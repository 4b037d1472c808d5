"""A run over a source in which everything is looked at and nothing recorded.

Takes a source; gives what was counted on the way, for `diagnosis`. Engine and decoders are those of any run; there
is no filter, since what is wrong is often in what a filter would refuse, and no recorder: what the decoders
understand goes nowhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from capture.errors import CaptureError
from capture.source import Source
from rcds_sniffer.doctor.observer import Observer
from rcds_sniffer.events import Event
from rcds_sniffer.probing import Probe, Prober
from rcds_sniffer.protocols import Decoder, Protocol
from reassembly.events import Flow, StreamEnd, StreamEvent
from reassembly.native import NativeEngine

OTHER_PORTS = 64
"""Server ports on which something begins like a protocol; on later ones it is not listened for."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a source told."""

    source: Source
    observer: Observer
    engine: dict[str, int]
    """Counters of the reassembly."""
    decoders: list[dict[str, int]]
    """Counters of each protocol's decoder."""
    elsewhere: dict[int, int]
    """Connections that speak one of the protocols on other ports: how many, by server port."""
    ports: tuple[int, ...]
    """TCP ports on which the protocols were looked for."""
    live: bool
    failure: CaptureError | None
    """What broke it off, if anything did."""

    @property
    def seconds(self) -> float:
        """From the first packet to the last."""
        return (self.observer.last - self.observer.first) / 1_000_000_000

    @property
    def dropped(self) -> int:
        """Packets that were lost before they could be read."""
        return (self.source.counters.dropped_kernel or 0) + (self.source.counters.dropped_interface or 0)


def look(
    source: Source,
    protocols: Sequence[tuple[Protocol, frozenset[int]]],
    *,
    live: bool = False,
    stopped: Callable[[], bool] = lambda: False,
    progress: Callable[[], None] = lambda: None,
) -> Look:
    """Read a source to its end, or until ``stopped()`` or a failure.

    Args:
        source: without a filter.
        protocols: each with the ports that its servers listen on.
        live: it is read as it happens.
        stopped: asked between batches of packets.
        progress: called between batches of packets.
    """
    observer, elsewhere = Observer(protocols), Elsewhere([protocol for protocol, _ in protocols])
    decoders: list[Decoder] = []
    by_port: dict[int, Decoder] = {}
    for protocol, ports in protocols:
        decoders.append(protocol.decoder(_forget, ports, looks_again=False))
        by_port.update(dict.fromkeys(ports, decoders[-1]))

    def receive(event: StreamEvent) -> None:
        observer.note(event)
        flow = event.flow
        decoder = by_port.get(flow.server.port) or by_port.get(flow.client.port)
        (decoder or elsewhere).receive(event)

    engine = NativeEngine(receive, server_ports=frozenset(by_port))
    failure = None
    try:
        for packets in source.batches():
            for packet in packets:
                observer.offer(packet)
                engine.feed(packet)
            progress()
            if stopped():
                break
    except CaptureError as error:
        failure = error
    engine.close()
    counters = [dict(decoder.counters) for decoder in decoders]
    return Look(
        source=source,
        observer=observer,
        engine=engine.counters.as_dict(),
        decoders=counters,
        elsewhere=elsewhere.recognised(),
        ports=tuple(sorted(by_port)),
        live=live,
        failure=failure,
    )


class Elsewhere:
    """Listens for the protocols on all other ports: whatever begins as one of them is given to its decoder."""

    def __init__(self, protocols: Sequence[Protocol]) -> None:
        self._protocols = protocols
        self._decoders: dict[tuple[int, str], Decoder] = {}
        self._probes: dict[Flow, Probe] = {}
        self._receivers: dict[Flow, Callable[[StreamEvent], None]] = {}

    def receive(self, event: StreamEvent) -> None:
        """Take a stream event."""
        flow = event.flow
        receive = self._receivers.get(flow)
        if receive is not None:
            receive(event)
        else:
            if flow not in self._probes:
                self._probes[flow] = Probe(self._prober(flow.server.port))
            receive = self._probes[flow].receive(event)
            if receive is not None:
                self._receivers[flow] = receive
                del self._probes[flow]
        if isinstance(event, StreamEnd):
            self._receivers.pop(flow, None)

    def _prober(self, port: int) -> Prober:
        """Each port has its own decoders, so that what they count says which ports to name."""

        def receiver(protocol: Protocol) -> Callable[[StreamEvent], None]:
            def receive(event: StreamEvent) -> None:
                decoder = self._decoder(protocol, port)
                if decoder is not None:
                    decoder.receive(event)

            return receive

        return Prober([(protocol, receiver(protocol)) for protocol in self._protocols])

    def _decoder(self, protocol: Protocol, port: int) -> Decoder | None:
        key = port, protocol.name
        if key not in self._decoders and len(self._decoders) < OTHER_PORTS:
            self._decoders[key] = protocol.decoder(_forget, frozenset({port}), looks_again=False)
        return self._decoders.get(key)

    def recognised(self) -> dict[int, int]:
        """Connections that a decoder understood, by server port."""
        found: dict[int, int] = {}
        for (port, _), decoder in sorted(self._decoders.items()):
            if count := decoder.counters.get("recognised", 0):
                found[port] = found.get(port, 0) + count
        return found


def _forget(event: Event) -> None:
    """What was said is nobody's business here."""
    del event
