"""The doors: what a protocol must offer to be listened to, and where those that are installed are found.

A second protocol is one new module or package here and an entry point in the group ``rcds_sniffer.protocols``;
nothing else changes. The pipeline asks each for its ports (they make the BPF filter), opens one
:class:`Decoder` per run and hands it the stream events of its ports' flows.
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


class Protocol(Interface):
    """One instant-messaging protocol."""

    @property
    def name(self) -> str:
        """As in the field ``protocol`` of a record."""

    @property
    def ports(self) -> tuple[int, ...]:
        """TCP ports of its servers, by default."""

    def probe(self, octets: bytes) -> bool:
        """True when the first octets of a stream could be this protocol's."""

    def decoder(self, emit: Callable[[Event], None]) -> Decoder:
        """A decoder for one run."""


def installed() -> dict[str, Protocol]:
    """The protocols whose entry points are installed, by name, in the order of their names."""
    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    return {entry.name: entry.load() for entry in found}
