"""Several processes share what an interface hears.

Linux divides the packets of an interface among the sockets of a group (packet(7), PACKET_FANOUT). By the hash of
addresses and ports both directions of a connection come to the same socket, and its fragments are put together
first.
"""

import os
import socket
import struct
from dataclasses import dataclass
from typing import Final

_SOL_PACKET: Final = 263  # linux/socket.h
_PACKET_FANOUT: Final = 18  # linux/if_packet.h
_FANOUT_HASH: Final = 0
_DEFRAGMENT: Final = 0x8000


@dataclass(frozen=True, slots=True)
class Fanout:
    """A group of sockets that share an interface, each getting some of its connections."""

    group: int
    """From 0 to 65535, the same for all, and for no other group in the network namespace."""
    mode: int = _FANOUT_HASH
    """How the kernel chooses the socket: PACKET_FANOUT_HASH and so on, as linux/if_packet.h numbers them."""
    defragment: bool = True
    """Put IP fragments together before: only the first of a datagram has its ports."""

    def join(self, descriptor: int) -> None:
        """Make the packet socket a member; OSError if the kernel refuses."""
        mode = self.mode | (_DEFRAGMENT if self.defragment else 0)
        with socket.socket(fileno=os.dup(descriptor)) as shared:
            shared.setsockopt(_SOL_PACKET, _PACKET_FANOUT, struct.pack("=I", self.group | mode << 16))
