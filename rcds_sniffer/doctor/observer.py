"""Looks at packets for what the engine does not count: ports, networks, lengths, times, checksums.

Takes every packet and every stream event; keeps numbers, and of a flow no more than through which networks it
came.
"""

from collections import Counter
from collections.abc import Sequence
from math import gcd

from capture.bpf import FilterBank
from capture.filters import filter_for_ports
from capture.packet import Packet
from rcds_sniffer.protocols import Protocol
from reassembly.counters import Counters
from reassembly.events import Flow, StreamData, StreamEnd, StreamEvent
from reassembly.headers import HeaderReader, networks_of

CHECKED_PACKETS = 20_000
"""Packets whose checksums are verified, from the first; what offload does shows in a few."""
PORTS = 4_096
"""TCP ports that are counted apart; later ones are counted as none."""
FLOWS = 20_000
"""Directions of which the networks are remembered; later ones are not compared with their other direction."""
NETWORKS = 1_000
"""VLANs, VNIs … of one kind that are told apart."""
COARSE = 1_000_000
"""Nanoseconds: a clock that ticks no oftener than this orders nothing."""

LONG_FRAME = 1_600
"""Octets. Longer than any frame of a line with an MTU of 1,500, tags and a mirror's tunnel around it included."""
JUMBO_FRAME = 9_400
"""Octets. Longer than any jumbo frame: segments that were merged, or not yet cut."""

GATEWAY = b"/gateway/gateway.dll"
"""The path at which clients behind a proxy speak MSNP in HTTP (docs/protocol.md)."""
PATH_OCTETS = 200
"""Of a request, in which the path is looked for."""


class Observer:
    """Numbers of one run."""

    def __init__(self, protocols: Sequence[tuple[Protocol, frozenset[int]]]) -> None:
        self._wanted = frozenset().union(*(ports for _, ports in protocols))
        self._filter = FilterBank(filter_for_ports(self._wanted))
        self._reader = HeaderReader(Counters())
        self.checked = Counters()
        self._checking = HeaderReader(self.checked, verify_checksums=True)
        self._paths: dict[bytes, bytes] = {}
        self._met: set[tuple[Flow, bool]] = set()

        self.packets = 0
        self.by_source: Counter[str] = Counter()
        self.first = 0
        """Time of the earliest packet, nanoseconds since 1970 UTC."""
        self.last = 0
        self.backwards = 0
        """Packets that are earlier than the one before them."""
        self.tick = 0
        """Nanoseconds: what all times are multiples of, as far as it matters (COARSE)."""
        self.cut = 0
        """Packets of which the capture holds not all."""
        self.longest_cut = 0
        """Octets kept of the longest of these."""
        self.long = 0
        """Frames above LONG_FRAME."""
        self.longest = 0
        self.on_ports = 0
        """TCP segments to or from the protocols' ports."""
        self.hidden = 0
        """Of these, what the filter of a live capture without --tunnels refuses."""
        self.ports: Counter[int] = Counter()
        """TCP segments by the lower of their ports."""
        self.networks: dict[int, set[int]] = {}
        """The numbers of VLANs, VNIs …, by the kind of an item of a segment's path."""
        self.tagged_apart = 0
        """Connections of which each direction came through other networks."""
        self.delivered = 0
        """Octets of streams."""
        self.streams = 0
        """Connections that delivered anything."""
        self.gateway = 0
        """Connections that carry MSNP in HTTP."""

    def offer(self, packet: Packet) -> None:
        """Take a packet; never raises."""
        time, octets, wire_length, link_type, _, source = packet
        self.packets += 1
        self.by_source[source] += 1
        self._time(time)
        length = len(octets)
        if wire_length is not None and wire_length > length:
            self.cut += 1
            self.longest_cut = max(self.longest_cut, length)
            length = wire_length
        if length > LONG_FRAME:
            self.long += 1
        self.longest = max(self.longest, length)
        if self.packets <= CHECKED_PACKETS:
            self._checking.read(octets, wire_length, link_type, time)
        segment = self._reader.read(octets, wire_length, link_type, time)
        if segment is not None:
            self._segment(segment[0], segment[6], packet)

    def note(self, event: StreamEvent) -> None:
        """Take a stream event."""
        flow = event.flow
        if isinstance(event, StreamEnd):
            self.streams += 1
            self._met -= {(flow, True), (flow, False)}
        elif isinstance(event, StreamData):
            self.delivered += len(event.octets)
            if (flow, event.from_client) not in self._met:
                self._met.add((flow, event.from_client))
                self._begins(event.octets)

    def _time(self, time: int) -> None:
        if not self.first:
            self.first = self.last = time
        if time < self.last:
            self.backwards += 1
            self.first = min(self.first, time)
        else:
            self.last = time
        if not self.tick or self.tick >= COARSE:
            self.tick = gcd(self.tick, time)

    def _segment(self, key: bytes, path: bytes, packet: Packet) -> None:
        ports = int.from_bytes(key[-4:-2], "big"), int.from_bytes(key[-2:], "big")
        if ports[0] in self._wanted or ports[1] in self._wanted:
            self.on_ports += 1
            program = self._filter.program(packet.link_type)
            if program is None or not program.accepts(packet.octets, packet.wire_length):
                self.hidden += 1
        port = min(ports)
        if port in self.ports or len(self.ports) < PORTS:
            self.ports[port] += 1
        if path:
            self._note_networks(path)
        if key not in self._paths and len(self._paths) < FLOWS:
            self._paths[key] = path
            half = (len(key) - 4) // 2
            other = self._paths.get(key[half:-4] + key[:half] + key[-2:] + key[-4:-2])
            if other is not None and networks_of(other) != networks_of(path):
                self.tagged_apart += 1

    def _note_networks(self, path: bytes) -> None:
        for at in range(0, len(path), 5):
            known = self.networks.setdefault(path[at], set())
            if len(known) < NETWORKS:
                known.add(int.from_bytes(path[at + 1 : at + 5], "big"))

    def _begins(self, octets: bytes) -> None:
        self.gateway += GATEWAY in octets[:PATH_OCTETS]
