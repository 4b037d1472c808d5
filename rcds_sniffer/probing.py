# cython: annotation_typing=False
"""Flows on ports that nobody claims: whose they are is asked of the protocols, by what they begin with.

Takes the stream events of a flow until one protocol knows it for its own, or none does. What came until then is
held, bounded, and handed to its decoder in order; a flow that is nobody's costs no more than its own passing by.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from reassembly.events import StreamData, StreamEnd, StreamEvent

MAX_EVENTS: Final = 64
"""Runs of octets and gaps of one flow that are held; a flow that says nothing in so many is nobody's."""
MAX_OCTETS: Final = 64 << 20
"""Octets of all flows that are held; beyond, a flow is nobody's at once."""

Receive = Callable[[StreamEvent], None]


class Asked(Protocol):
    """Who is asked: a protocol."""

    def probe(self, client: bytes, server: bytes, *, begun: bool) -> bool | None:
        """Whether it is this one's; None: more octets are needed. ``begun``: these are its very first."""


class Prober:
    """All such flows of a run. ``refused`` and ``found`` count them."""

    def __init__(self, protocols: Sequence[tuple[Asked, Receive]]) -> None:
        self.protocols = protocols
        self.held = 0
        """Octets, of all flows."""
        self.found = 0
        self.refused = 0


class Probe:
    """One of them. :meth:`receive` gives who takes its events from now on: a decoder, or nobody."""

    def __init__(self, prober: Prober) -> None:
        self._prober = prober
        self._undecided = list(prober.protocols)
        self._events: list[StreamEvent] = []
        self._octets = [b"", b""]
        self._begun = True
        self.gaps = self.gap_octets = 0
        """What was lost of it so far."""

    def receive(self, event: StreamEvent) -> Receive | None:
        """Take one event; None while nobody knows."""
        prober = self._prober
        if isinstance(event, StreamEnd):
            prober.refused += 1
            self._forget()
            return pass_over
        self._events.append(event)
        if isinstance(event, StreamData):
            self._octets[event.from_client] += event.octets
            prober.held += len(event.octets)
            server, client = self._octets
            begun = self._begun and event.flow.opened
            for candidate in list(self._undecided):
                protocol, receive = candidate
                found = protocol.probe(client, server, begun=begun)
                if found:
                    prober.found += 1
                    events = self._forget()
                    for earlier in events:
                        receive(earlier)
                    return receive
                if found is False:
                    self._undecided.remove(candidate)
        else:
            self._begun = False
            self.gaps += 1
            self.gap_octets += event.length or 0
        if not self._undecided or len(self._events) >= MAX_EVENTS or prober.held > MAX_OCTETS:
            prober.refused += 1
            self._forget()
            return pass_over
        return None

    def _forget(self) -> list[StreamEvent]:
        events, self._events = self._events, []
        self._prober.held -= sum(map(len, self._octets))
        self._octets = [b"", b""]
        return events


def pass_over(event: StreamEvent) -> None:
    """Nobody's, or a connection's that was given up."""
