"""What every engine does: packets in, stream events out by callback, as pynids' ``register_tcp`` has it.

The callback is the ``process_MSNIpacket`` of the paper. An engine that cannot keep a part of this contract says so
in its docstring; the same table of cases in ``tests/reassembly`` runs over each.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from capture.packet import Packet
from reassembly.counters import Counters
from reassembly.events import StreamEvent

EventCallback = Callable[[StreamEvent], None]


class Engine(Protocol):
    """TCP streams from packets. Each octet is delivered once and in order, or is in a gap, or was never seen."""

    counters: Counters

    def feed(self, packet: Packet) -> None:
        """Take one packet; the events it completes are called back before this returns."""

    def feed_all(self, batch: Sequence[Packet]) -> None:
        """Take packets in their order: a list, or a ``capture.block.Block``, which is read as it lies there."""

    def advance(self, time: int) -> None:
        """Capture time has come to ``time`` (nanoseconds since 1970 UTC) without a packet; waits may end."""

    def stepped(self, by: int) -> None:
        """The capture's clock was set by ``by`` nanoseconds, forward positive, between the last packet and the
        next.

        Waits go on as if it had not been; events carry the times that the packets carry.
        """

    def close(self) -> None:
        """End of capture: what is buffered comes out as data and gaps, then every open flow ends, oldest first."""
