# cython: annotation_typing=False
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


class Flow:
    """One TCP connection as the tap saw it; compared by identity, since port pairs are used again."""

    __slots__ = ("client", "ignored", "opened", "server", "started")

    def __init__(self, client: Endpoint, server: Endpoint, opened: bool, started: int) -> None:
        self.client = client
        self.server = server
        self.opened = opened
        """True when a SYN told who is the client; False when the ports had to tell."""
        self.started = started
        """Time of its first packet, nanoseconds since 1970 UTC."""
        self.ignored = False
        """Set by whoever takes the events: nothing of it is wanted but its end. An engine may tell more."""

    def __repr__(self) -> str:
        return f"Flow({self.client!r}, {self.server!r}, opened={self.opened}, started={self.started})"


class StreamData:
    """Octets of one direction, in order, each delivered once.

    No dataclass as its siblings are: one is made for almost every packet, and a frozen dataclass takes five times
    as long to make (2.4 against 0.5 µs). Nobody changes it all the same.
    """

    __slots__ = ("flow", "from_client", "octets", "packet", "sequence", "source", "time")

    def __init__(  # noqa: PLR0917 - as the tuple that it was
        self, flow: Flow, from_client: bool, time: int, sequence: int, packet: int, source: str, octets: bytes
    ) -> None:
        self.flow = flow
        self.from_client = from_client
        self.time = time
        """Of the packet that brought these octets, nanoseconds since 1970 UTC."""
        self.sequence = sequence
        """TCP sequence number of the first octet."""
        self.packet = packet
        """Number of that packet in its source, from 1."""
        self.source = source
        self.octets = octets

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StreamData) and self._fields() == other._fields()

    __hash__ = None  # type: ignore[assignment]  # as any value that can be changed

    def __repr__(self) -> str:
        return f"StreamData{self._fields()!r}"

    def _fields(self) -> tuple[Flow, bool, int, int, int, str, bytes]:
        return self.flow, self.from_client, self.time, self.sequence, self.packet, self.source, self.octets


def stream_data(  # noqa: PLR0917 - the same
    flow: Flow, from_client: bool, time: int, sequence: int, packet: int, source: str, octets: bytes
) -> StreamData:
    """A `StreamData`, the shorter way: compiled, its numbers never become objects unless somebody asks for them."""
    data = StreamData.__new__(StreamData)
    data.flow = flow
    data.from_client = from_client
    data.time = time
    data.sequence = sequence
    data.packet = packet
    data.source = source
    data.octets = octets
    return data


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
