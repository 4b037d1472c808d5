"""A tiny two-sided TCP talker: makes the frames of a dialogue, for tests to drop, double, swap and cut.

`Talk` knows one connection; positions are octets of a direction from its first (the SYN stands at -1), whatever the
sequence numbers. Its methods give steps; `lined_up` turns steps, and `pause`s between them, into packets.
"""

import socket
import struct
from dataclasses import dataclass, field

import dpkt

from capture.packet import Packet
from reassembly.events import StreamData, StreamEnd, StreamEvent, StreamGap

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
START = 1_100_000_000 * SECOND
MASK = 0xFFFFFFFF

Step = bytes | int
"""A frame, or nanoseconds of silence before the next one."""


def pause(seconds: float) -> int:
    return int(seconds * SECOND)


def ethernet(ip: bytes, ethertype: int, tags: tuple[int, ...] = ()) -> bytes:
    # A tag is its type and two octets of control; what it tags begins with the next type.
    types = b"".join(struct.pack(">HH", tag, 100 + i) for i, tag in enumerate(tags))
    return b"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb" + types + struct.pack(">H", ethertype) + ip


@dataclass
class Talk:
    """One connection."""

    client: tuple[str, int] = ("10.0.0.1", 40000)
    server: tuple[str, int] = ("192.0.2.1", 1863)
    client_isn: int = 1000
    server_isn: int = 500_000
    tags: tuple[int, ...] = ()
    ipv4_options: bytes = b""
    sent: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    """Octets that each side has said in sequence so far."""

    def frame(
        self, from_client: bool, at: int, octets: bytes = b"", flags: int = ACK, ack: int | None = None
    ) -> bytes:
        """A segment whose first octet is at a position; ``ack`` is a position of the other side."""
        source, target = (self.client, self.server) if from_client else (self.server, self.client)
        isn, other = (self.client_isn, self.server_isn) if from_client else (self.server_isn, self.client_isn)
        tcp = dpkt.tcp.TCP(
            sport=source[1],
            dport=target[1],
            seq=(isn + 1 + at) & MASK,
            ack=(other + 1 + (self.sent[not from_client] if ack is None else ack)) & MASK if flags & ACK else 0,
            flags=flags,
            data=octets,
        )
        return self.datagram(tcp, source[0], target[0])

    def datagram(self, tcp: dpkt.tcp.TCP, source: str, target: str) -> bytes:
        if ":" in source:
            a, b = (socket.inet_pton(socket.AF_INET6, x) for x in (source, target))
            length = len(bytes(tcp))
            tcp.sum = dpkt.in_cksum(a + b + struct.pack(">IxxxB", length, 6) + bytes(tcp))
            ip = struct.pack(">IHBB", 6 << 28, length, 6, 64) + a + b + bytes(tcp)
            return ethernet(ip, 0x86DD, self.tags)
        packet = dpkt.ip.IP(
            src=socket.inet_aton(source), dst=socket.inet_aton(target), p=6, data=tcp, opts=self.ipv4_options
        )
        packet.hl = 5 + len(self.ipv4_options) // 4
        packet.len = len(packet)
        return ethernet(bytes(packet), 0x0800, self.tags)

    def syn(self) -> bytes:
        return self.frame(True, -1, flags=SYN)

    def syn_ack(self) -> bytes:
        return self.frame(False, -1, flags=SYN | ACK, ack=0)

    def handshake(self) -> list[Step]:
        return [self.syn(), self.syn_ack(), self.frame(True, 0, ack=0)]

    def says(self, from_client: bool, octets: bytes, flags: int = PSH | ACK) -> bytes:
        """The next octets of a side."""
        frame = self.frame(from_client, self.sent[from_client], octets, flags)
        self.sent[from_client] += len(octets)
        return frame

    def c(self, octets: bytes) -> bytes:
        return self.says(True, octets)

    def s(self, octets: bytes) -> bytes:
        return self.says(False, octets)

    def ack(self, from_client: bool) -> bytes:
        return self.frame(from_client, self.sent[from_client])

    def fin(self, from_client: bool) -> bytes:
        return self.frame(from_client, self.sent[from_client], flags=FIN | ACK)

    def rst(self, from_client: bool) -> bytes:
        return self.frame(from_client, self.sent[from_client], flags=RST)

    def goodbye(self) -> list[Step]:
        return [self.fin(True), self.fin(False)]


def lined_up(steps: list[Step], source: str = "test", link_type: int = 1, start: int = START) -> list[Packet]:
    """Packets a millisecond apart, numbered from 1."""
    packets = []
    time = start
    for step in steps:
        if isinstance(step, int):
            time += step
            continue
        time += MILLISECOND
        packets.append(Packet(time, step, len(step), link_type, len(packets) + 1, source))
    return packets


def brief(event: StreamEvent) -> tuple[str, bytes | int | str | None]:
    """An event without its provenance: ("c", octets), ("s gap", length), ("end", reason)."""
    if isinstance(event, StreamEnd):
        return "end", event.reason
    side = "c" if event.from_client else "s"
    if isinstance(event, StreamGap):
        return f"{side} gap", event.length
    return side, event.octets


def joined(events: list[StreamEvent], from_client: bool) -> bytes:
    """All octets of one side."""
    return b"".join(e.octets for e in events if isinstance(e, StreamData) and e.from_client is from_client)


def write_pcap(path: str, packets: list[Packet]) -> None:
    """A little-endian file with nanoseconds."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, packets[0].link_type))
        for packet in packets:
            seconds, rest = divmod(packet.time, SECOND)
            length = packet.wire_length or len(packet.octets)
            file.write(struct.pack("<IIII", seconds, rest, len(packet.octets), length) + packet.octets)


def read_pcap(path: str) -> list[Packet]:
    """Classic pcap files only; enough for our own and the shared ones."""
    with open(path, "rb") as file:
        data = file.read()
    magic = data[:4]
    order = "<" if magic in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    fraction = 1 if magic in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 1000
    link_type = struct.unpack_from(order + "I", data, 20)[0]
    packets = []
    at = 24
    while at + 16 <= len(data):
        seconds, rest, captured, length = struct.unpack_from(order + "IIII", data, at)
        octets = data[at + 16 : at + 16 + captured]
        time = seconds * SECOND + rest * fraction
        packets.append(Packet(time, octets, length, link_type, len(packets) + 1, path))
        at += 16 + captured
    return packets
