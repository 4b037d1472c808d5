"""One frame: its octets, and which octets of which stream it carries.

Takes the fields of a TCP segment; gives an Ethernet frame, and reads such frames back so that a nasty can change
them. Every frame remembers what it carries (:class:`Range`), counted in the stream and not in sequence numbers:
a nasty may move sequence numbers, addresses and ports, and the judge still knows what a lost frame took with it.
"""

import socket
import struct
from dataclasses import dataclass, replace

import dpkt

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
ETHERNET_IP4, ETHERNET_IP6 = 0x0800, 0x86DD
TAGS = (0x8100, 0x88A8, 0x9100)
SEQUENCE_SPACE = 1 << 32


@dataclass(frozen=True, slots=True)
class Range:
    """Octets of one direction of one connection, by their place in the stream."""

    stream: int
    from_client: bool
    offset: int
    length: int

    @property
    def end(self) -> int:
        """The offset after the last octet."""
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class Frame:
    """What a tap writes down for one frame."""

    time: int
    """Nanoseconds since 1970 UTC."""
    octets: bytes
    carries: Range | None = None
    """None for frames without stream octets, and for octets that no endpoint sent."""
    cut: int = 0
    """How many octets the tap cut off the end (snaplen)."""

    @property
    def wire_length(self) -> int:
        """How long the frame was on the line."""
        return len(self.octets) + self.cut

    def at(self, time: int) -> "Frame":
        """The same frame seen at another time."""
        return replace(self, time=time)


def address(text: str) -> bytes:
    """An address of either IP version as octets."""
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def mac_of(ip: bytes) -> bytes:
    """A MAC address for a client, from the range for documentation (RFC 7042 section 2.1.2)."""
    return b"\x00\x00\x5e\x00\x53" + ip[-1:]


GATEWAY_MAC = b"\x00\x00\x5e\x00\x53\xfe"


def link_header(source: bytes, target: bytes) -> bytes:
    """The Ethernet header between a client and the gateway behind which all servers stand."""
    kind = ETHERNET_IP4 if len(source) == 4 else ETHERNET_IP6
    servers = socket.inet_pton(socket.AF_INET, "198.51.100.0")[:3]
    ends = [GATEWAY_MAC if end[:3] == servers else mac_of(end) for end in (target, source)]
    return b"".join(ends) + struct.pack("!H", kind)


@dataclass(slots=True)
class Segment:
    """The fields of a TCP segment in its frame, open for change."""

    link: bytes
    """The Ethernet header with its tags and its type."""
    source: bytes
    target: bytes
    source_port: int
    target_port: int
    sequence: int
    acknowledged: int
    flags: int
    payload: bytes = b""
    options: bytes = b""
    window: int = 65535
    ttl: int = 128
    ident: int = 0

    @property
    def flow(self) -> tuple[bytes, int, bytes, int]:
        """The direction of a connection that this segment belongs to."""
        return self.source, self.source_port, self.target, self.target_port

    @property
    def reverse_flow(self) -> tuple[bytes, int, bytes, int]:
        """The other direction of the same connection."""
        return self.target, self.target_port, self.source, self.source_port

    @property
    def next_sequence(self) -> int:
        """The sequence number after this segment."""
        used = len(self.payload) + bool(self.flags & SYN) + bool(self.flags & FIN)
        return (self.sequence + used) % SEQUENCE_SPACE

    def octets(self) -> bytes:
        """The frame, its lengths and checksums right."""
        tcp = dpkt.tcp.TCP(
            sport=self.source_port,
            dport=self.target_port,
            seq=self.sequence % SEQUENCE_SPACE,
            ack=self.acknowledged % SEQUENCE_SPACE,
            flags=self.flags,
            win=self.window,
            opts=self.options,
            data=self.payload,
        )
        tcp.off = (20 + len(self.options)) // 4
        if len(self.source) == 16:
            ip = dpkt.ip6.IP6(src=self.source, dst=self.target, nxt=6, hlim=self.ttl, data=tcp)
            ip.plen, ip.extension_hdrs, ip.p = len(tcp), {}, 6
            return self.link + bytes(ip)
        ip = dpkt.ip.IP(src=self.source, dst=self.target, p=6, ttl=self.ttl, id=self.ident, data=tcp)
        ip.df = 1
        return self.link + bytes(ip)


def read_segment(octets: bytes) -> Segment | None:
    """The TCP segment in a frame; None when there is none or the frame is cut, fragmented or extended."""
    start = 12
    while octets[start : start + 2] and struct.unpack_from("!H", octets, start)[0] in TAGS:
        start += 4
    link, body = octets[: start + 2], octets[start + 2 :]
    kind = struct.unpack_from("!H", link, start)[0]
    if kind == ETHERNET_IP4 and body[9] == 6 and not struct.unpack_from("!H", body, 6)[0] & 0x3FFF:
        header, length = (body[0] & 0x0F) * 4, struct.unpack_from("!H", body, 2)[0] or len(body)
        ends, ttl, ident = (body[12:16], body[16:20]), body[8], struct.unpack_from("!H", body, 4)[0]
    elif kind == ETHERNET_IP6 and body[6] == 6:
        header, length = 40, 40 + struct.unpack_from("!H", body, 4)[0]
        ends, ttl, ident = (body[8:24], body[24:40]), body[7], 0
    else:
        return None
    tcp = body[header:length]
    if len(body) < length or len(tcp) < 20:
        return None
    ports_and_numbers = struct.unpack_from("!HHII", tcp)
    data = (tcp[12] >> 4) * 4
    window = struct.unpack_from("!H", tcp, 14)[0]
    return Segment(
        link, *ends, *ports_and_numbers, tcp[13], tcp[data:], tcp[20:data], window=window, ttl=ttl, ident=ident
    )
