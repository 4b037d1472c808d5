"""The door to :mod:`msnp`: MSN's events in the shared vocabulary, one session a flow.

``decoder`` is the callback of the stream engine; ``line`` is one connection to a messenger server; ``roads`` finds
these in tunnels, and files from peer to peer; ``translation`` is MSN's events in the shared words, one by one.
"""

from collections.abc import Callable

from msnp.openings import Opening, opening
from rcds_sniffer.events import Event
from rcds_sniffer.protocols.msn.decoder import MsnDecoder
from rcds_sniffer.protocols.msn.roads import GATEWAY_PORTS, PORTS, TRANSFER_PORTS

__all__ = ["PROTOCOL", "MsnDecoder", "MsnProtocol"]


class MsnProtocol:
    """MSN Messenger, MSNP2 to MSNP21."""

    name = "msnp"
    ports = PORTS
    transfer_ports = TRANSFER_PORTS
    gateway_ports = GATEWAY_PORTS

    def probe(self, client: bytes, server: bytes, *, begun: bool) -> bool | None:
        """Whether a flow on no particular port is MSN's, by its first octets; None: more are needed."""
        found = opening(client, server, ports_say=False, begun=begun)
        return None if found is None else found is not Opening.FOREIGN

    def decoder(
        self, emit: Callable[[Event], None], ports: frozenset[int] = frozenset(PORTS), *, looks_again: bool = False
    ) -> MsnDecoder:
        """A decoder for one run; what it learns goes to ``emit``. ``ports`` are those of messenger servers."""
        return MsnDecoder(emit, ports, looks_again=looks_again)


PROTOCOL = MsnProtocol()
