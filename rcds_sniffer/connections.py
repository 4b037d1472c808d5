"""Which connection a packet belongs to, where its addresses and ports do not say enough.

They are used again, and behind another VLAN by somebody else. Takes segments; gives for each the connection whose
sequence numbers it continues, or a new one. A new SYN begins a new connection. Packets that wait until it is known
whose they are wait at their connection.

The engine asks the same question for another purpose: there a wrong answer spoils a text, here it would put a
stranger's packets into a file. So here both numbers of a segment must fit, and what does not fit is a stranger's.
"""

import socket
from collections import deque
from typing import Final, NamedTuple

from capture.packet import Packet
from rcds_sniffer.events import Seen
from reassembly.headers import ACK, FIN, RST, SYN, Segment, networks_of
from reassembly.sequence import MASK, distance

SECOND: Final = 1_000_000_000

BESIDE: Final = 8
"""Connections with the same addresses and ports; beyond, one that is not followed is forgotten."""
NETWORKS: Final = 16
"""Networks in which a connection was heard; further ones are not remembered."""
ENDED_TIME: Final = 120 * SECOND
"""After a FIN or RST and so long a silence, packets with its addresses and ports belong to another connection."""
WINDOW: Final = 16 << 20
"""Octets between a packet and where its connection stands; beyond, it belongs to another connection."""
LATE_SYN: Final = 1 << 16
"""Octets that a connection may have got ahead of its SYN, where that was captured behind them."""
PACKET_COST: Final = 400
"""Octets that a packet in memory costs beyond its own: small ones would else be free."""


class Held(NamedTuple):
    """A segment's packets: one, or the fragments that it came in."""

    packets: tuple[Packet, ...]
    time: int
    """When the last of them was captured, as the keeper counts time."""
    side: int
    end: int
    """Sequence number behind its last octet."""
    cost: int
    """Octets of memory."""


class TappedConnection:
    """One of the connections with certain addresses and ports. Side 0 is the end that sorts first."""

    __slots__ = ("edges", "ended", "ends", "followed", "last", "networks", "octets", "openings", "over", "since",
                 "waiting")  # fmt: skip

    def __init__(self, ends: bytes) -> None:
        self.ends = ends
        self.edges: list[int | None] = [None, None]
        """The sequence number that each side comes to next, as far as it was seen or acknowledged."""
        self.openings: list[int | None] = [None, None]
        """The sequence number of each side's SYN."""
        self.networks: set[tuple[int, bytes]] = set()
        """Where each side was heard: a mirror may show one packet in two VLANs."""
        self.waiting: deque[Held] = deque()
        """Its segments, as long as nobody knows whose they are."""
        self.octets = 0
        """What they cost."""
        self.last = 0
        """When it was heard last."""
        self.followed = False
        """Its packets are kept."""
        self.since: tuple[int, int] | None = None
        """A side, and the sequence number before which nothing of that side is kept."""
        self.ended = False
        """It had a FIN or RST."""
        self.over = False
        """Another one has its addresses and ports now; what waits may still prove to be a target's."""

    def continued_by(self, side: int, sequence: int, acknowledgment: int | None, flags: int) -> bool:
        """Whether a segment is one of this connection; an acknowledgment of None says nothing."""
        opening, edge, other = self.openings[side], self.edges[side], self.edges[1 - side]
        if flags & SYN and opening is not None:
            return opening == sequence
        if flags & (SYN | ACK) == SYN:
            return edge is not None and 0 <= distance(edge, sequence) <= LATE_SYN
        return _near(sequence, edge) and _near(acknowledgment, other)

    def take(self, side: int, sequence: int, end: int, acknowledgment: int | None, flags: int) -> None:
        """Note what a segment of it says."""
        if flags & SYN:
            self.openings[side] = sequence
        self.ended |= flags & (FIN | RST) != 0
        for which, reached in ((side, end), (1 - side, acknowledgment)):
            edge = self.edges[which]
            if reached is not None and (edge is None or distance(reached, edge) > 0):
                self.edges[which] = reached

    def place_of(self, seen: Seen) -> int | None:
        """Where among its waiting segments the one stands that brought an event; None: it does not wait here."""
        for place, held in enumerate(self.waiting):
            if any(packet.number == seen.packet and packet.source == seen.source for packet in held.packets):
                return place
        return None

    def keeps(self, held: Held) -> bool:
        """Whether one of its segments, now that it is followed, is not from before that."""
        if self.since is None or self.since[0] != held.side:
            return True
        return distance(held.end, self.since[1]) > 0


class ConnectionTable:
    """The connections that are remembered, by addresses and ports."""

    def __init__(self) -> None:
        self._by_ends: dict[bytes, list[TappedConnection]] = {}  # of equal ends the newest stands last

    def find(self, segment: Segment, packets: tuple[Packet, ...], time: int) -> tuple[TappedConnection, Held]:
        """The connection of a segment, made if need be, and the segment as it waits there."""
        key, sequence, acknowledgment, flags, payload, cut, path, _ = segment
        side, ends = _sides(key)
        heard = side, networks_of(path) if path else b""
        acknowledged = acknowledgment if flags & (ACK | RST) == ACK else None
        found: TappedConnection | None = None
        for connection in reversed(self._by_ends.get(ends, ())):
            if connection.ended and time - connection.last > ENDED_TIME:
                connection.over = True
            if connection.over:
                continue
            if connection.continued_by(side, sequence, acknowledged, flags):
                found = found or connection
                if heard in connection.networks:
                    found = connection
                    break
            elif flags & (SYN | ACK) == SYN and heard in connection.networks:
                connection.over = True
        if found is None:
            found = TappedConnection(ends)
            self._by_ends.setdefault(ends, []).append(found)
        end = (sequence + len(payload) + cut + bool(flags & SYN) + bool(flags & FIN)) & MASK
        found.take(side, sequence, end, acknowledged, flags)
        if len(found.networks) < NETWORKS:
            found.networks.add(heard)
        found.last = time
        cost = len(packets) * PACKET_COST + sum([len(packet.octets) for packet in packets])
        return found, Held(packets, time, side, end, cost)

    def named(self, client: str, server: str) -> list[TappedConnection]:
        """All with these ends."""
        return list(self._by_ends.get(ends_of(client, server)[1], ()))

    def surplus(self, connection: TappedConnection) -> TappedConnection | None:
        """The one to forget, if there are too many beside this one, which is not followed."""
        beside = self._by_ends[connection.ends]
        return next(c for c in beside if not c.followed) if len(beside) > BESIDE else None

    def forget(self, connection: TappedConnection) -> None:
        """Take it out."""
        beside = self._by_ends[connection.ends]
        beside.remove(connection)
        if not beside:
            del self._by_ends[connection.ends]


def _near(number: int | None, edge: int | None) -> bool:
    return number is None or edge is None or abs(distance(number, edge)) < WINDOW


def _sides(key: bytes) -> tuple[int, bytes]:
    """Which side sent a segment, and the ends of its connection, which are the same for both sides.

    ``key`` is source address, destination address, source port, destination port.
    """
    size = (len(key) - 4) // 2
    source, target = key[:size] + key[-4:-2], key[size : 2 * size] + key[-2:]
    return (0, source + target) if source <= target else (1, target + source)


def ends_of(client: str, server: str) -> tuple[int, bytes]:
    """Which side is the client, and the ends, by their names: ``ip:port``, IPv6 in brackets."""
    addresses = ports = b""
    for end in (client, server):
        host, _, port = end.rpartition(":")
        family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
        addresses += socket.inet_pton(family, host.strip("[]"))
        ports += int(port).to_bytes(2)
    return _sides(addresses + ports)


def said_by(seen: Seen, client: str, server: str) -> int:
    """The side that sent the octets of an event."""
    side = ends_of(client, server)[0]
    return side if seen.from_client else 1 - side
