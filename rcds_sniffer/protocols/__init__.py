"""The doors: what a protocol must offer to be listened to, and where those that are installed are found.

A second protocol is one new module or package here and an entry point in the group ``rcds_sniffer.protocols``;
nothing else changes. The pipeline asks each for its ports (they make the BPF filter), opens one
:class:`Decoder` per run and hands it the stream events of its ports' flows, of the flows on ports that the traffic
itself has named, and, where any port is asked for, of those whose first octets are the protocol's.
"""

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Protocol as Interface

from rcds_sniffer.events import Event
from reassembly.events import StreamEvent

GROUP = "rcds_sniffer.protocols"


class Decoder(Interface):
    """Follows all connections of one protocol in one run."""

    def receive(self, event: StreamEvent) -> None:
        """Take one stream event; what follows from it goes to the decoder's ``emit``. Never raises on octets."""

    @property
    def counters(self) -> dict[str, int]:
        """What was counted, by name: ``recognised`` connections, ``undecoded`` octets …"""

    @property
    def wanted(self) -> frozenset[int]:
        """TCP ports that the traffic itself named lately, as those where a file will go; few, and soon
        forgotten."""

    def close(self) -> None:
        """The capture is over: tell what no connection's end tells."""


class Protocol(Interface):
    """One instant-messaging protocol."""

    @property
    def name(self) -> str:
        """As in the field ``protocol`` of a record."""

    @property
    def ports(self) -> tuple[int, ...]:
        """TCP ports of its servers, by default."""

    @property
    def transfer_ports(self) -> tuple[int, ...]:
        """TCP ports where it exchanges files from peer to peer, unless its traffic names others."""

    @property
    def gateway_ports(self) -> tuple[int, ...]:
        """TCP ports of gateways and proxies behind which it hides; what else is there, it passes over."""

    def probe(self, client: bytes, server: bytes, *, begun: bool) -> bool | None:
        """Whether a flow on no particular port is this protocol's, by the first octets of both sides.

        ``begun``: they are its very first, for it was seen from its SYN and nothing is missing.
        True on certain evidence alone; None where more octets are needed, which is never for long.
        """

    def decoder(self, emit: Callable[[Event], None], ports: frozenset[int], *, looks_again: bool) -> Decoder:
        """A decoder for one run; ``ports`` are those of servers, in place of the usual ones.

        ``looks_again``: at its end the capture will be read once more, for the ports that were
        :attr:`Decoder.wanted`.
        """


def installed() -> dict[str, Protocol]:
    """The protocols whose entry points are installed, by name, in the order of their names."""
    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    return {entry.name: entry.load() for entry in found}
