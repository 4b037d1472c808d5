"""What was read of one interface and waits for its turn among the packets of the others.

Takes packets from a :class:`capture.tap.Tap`; gives those up to a time, and says up to what time the
interface is known: no earlier packet of it is still to come. The kernel hands packets over in blocks, late by at
most HOLD_NANOSECONDS; so where all was read, the interface is known up to so long ago, else up to its last packet.
"""

from collections.abc import Sequence
from typing import Final

from capture.handle import RETIRE_MILLISECONDS
from capture.packet import Packet
from capture.source import BATCH_PACKETS
from capture.tap import Tap

HOLD_NANOSECONDS: Final = (2 * RETIRE_MILLISECONDS + 10) * 1_000_000
"""How late a packet may be handed over, and 10 ms for the kernel's timers and ours."""
HELD_OCTETS: Final = 64 * 1024 * 1024
"""Of packets held of one interface for their turn; at the limit the rest waits in the kernel's buffer."""
PACKET_OCTETS: Final = 300
"""What a held packet costs beside its octets."""


class Line:
    """One interface of several."""

    def __init__(self, tap: Tap) -> None:
        self.tap = tap
        self.known = 0
        """Nanoseconds: no earlier packet of it is still to come."""
        self.held: Sequence[Packet] = ()
        """A list, or a block just as it came."""
        self.held_octets = 0

    @property
    def full(self) -> bool:
        """Nothing more is to be read of it before something is taken."""
        return self.held_octets >= HELD_OCTETS

    def read(self, now: int) -> None:
        """Read on; ``now`` is capture time before it."""
        packets = self.tap.read(BATCH_PACKETS)
        self.held = [*self.held, *packets] if self.held else packets
        self.held_octets += _cost(packets)
        if self.tap.exhausted:
            self.known = now - HOLD_NANOSECONDS
        elif packets:
            self.known = packets[-1].time

    def take(self, count: int) -> Sequence[Packet]:
        """The first ``count`` that are held."""
        taken, self.held = self.held, ()
        if count < len(taken):
            taken, self.held = taken[:count], taken[count:]
        self.held_octets -= _cost(taken)
        return taken

    def take_until(self, horizon: int, now: int) -> Sequence[Packet]:
        """Those in front of the first that is later. A stamp from the future is none to wait for."""
        latest = now + HOLD_NANOSECONDS
        late = (index for index, packet in enumerate(self.held) if horizon < packet.time <= latest)
        return self.take(next(late, len(self.held)))


def _cost(packets: Sequence[Packet]) -> int:
    """Octets of memory."""
    octets: int | None = getattr(packets, "octets", None)  # a block knows them without making its packets
    if octets is None:
        octets = sum(len(packet.octets) for packet in packets)
    return octets + PACKET_OCTETS * len(packets)
