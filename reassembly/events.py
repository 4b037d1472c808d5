"""Stream events: what this package hands on.

Each direction of a connection is a run of :class:`StreamData` and :class:`StreamGap` in sequence order; a
:class:`StreamEnd` closes both. Loss is said at the type: what is not in a StreamData was not seen.
"""

import socket
from dataclasses import dataclass
from typing import NamedTuple


class Endpoint(NamedTuple):
    """One end of a connection."""

    address: bytes
    """4 octets of IPv4 or 16 of IPv6, in network order."""
    port: int

    def __str__(self) -> str:
        """``192.0.2.1:1863``, IPv6 in brackets."""
        if len(self.address) == 4:
            return f"{socket.inet_ntop(socket.AF_INET, self.address)}:{self.port}"
        return f"[{socket.inet_ntop(socket.AF_INET6, self.address)}]:{self.port}"


@dataclass(slots=True, eq=False)
class Flow:
    """One TCP connection as the tap saw it; compared by identity, since port pairs are used again."""

    client: Endpoint
    server: Endpoint
    opened: bool
    """True when a SYN told who is the client; False when the ports had to tell."""
    started: int
    """Time of its first packet, nanoseconds since 1970 UTC."""


class StreamData(NamedTuple):
    """Octets of one direction, in order, each delivered once.

    A tuple where its siblings are dataclasses: one is made for almost every packet, and a frozen dataclass takes
    five times as long to make (2.4 against 0.5 µs).
    """

    flow: Flow
    from_client: bool
    time: int
    """Of the packet that brought these octets, nanoseconds since 1970 UTC."""
    sequence: int
    """TCP sequence number of the first octet."""
    packet: int
    """Number of that packet in its source, from 1."""
    source: str
    octets: bytes


@dataclass(frozen=True, slots=True)
class StreamGap:
    """Octets of one direction that the tap did not see."""

    flow: Flow
    from_client: bool
    time: int
    """Of the packet behind the gap, nanoseconds since 1970 UTC."""
    sequence: int
    """TCP sequence number of the first octet behind the gap."""
    packet: int
    source: str
    length: int | None
    """Octets missing; None where the direction was joined in mid-stream, so nobody can know."""


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """The connection is over, or will be followed no longer."""

    flow: Flow
    time: int
    """Of the packet that ended it, or the capture time at which it was given up."""
    packet: int
    source: str
    reason: str
    """``fin`` ``rst`` ``reused`` ``idle`` ``evicted`` ``capture-end``"""


StreamEvent = StreamData | StreamGap | StreamEnd
