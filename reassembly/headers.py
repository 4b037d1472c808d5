"""From a frame to its TCP segment, or to a count of why it holds none.

Takes the octets of a frame and its link type; gives a `Segment`, a plain tuple because one is made for every
packet. Invariant: no input raises; whatever gives None is counted once, by its reason. Octets behind the end of
the IP datagram are padding; what the datagram has beyond the end of the capture was cut off, and is said so.

A link type, an ethertype or an extension header more is a line in one of the tables below.
"""

from collections.abc import Callable
from struct import Struct

from reassembly.counters import Counters

Segment = tuple[bytes, int, int, int, bytes, int, bytes, int]
"""(flow key, sequence number, acknowledgment number, flags, payload, octets cut, path, identification).

The key is source address, destination address, source port, destination port as they stand on the wire: 12 octets
for IPv4, 36 for IPv6. "Cut" are octets of payload that were on the line and that the capture does not hold. The
path names the networks that the frame was tagged with or tunnelled through, outermost first, five octets each: a
kind and a number of four octets; it is empty for a plain frame. The identification is IPv4's, 0 for IPv6."""

VLAN, VNI, TEID, GRE_KEY, MPLS_LABEL, PPPOE_SESSION = 1, 2, 3, 4, 5, 6
"""Kinds of items in a path. VXLAN and Geneve have a VNI, GTP-U a TEID, ERSPAN's session counts as a GRE key."""

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10

Link = tuple[int, int, bytes]
"""(ethertype, where the network header begins, path); ethertype -1: the frame is too short to tell."""

_TAGS = frozenset((0x8100, 0x88A8, 0x9100))
_MOST_TAGS = 8
_MOST_EXTENSIONS = 8

_IPV4 = Struct(
    ">BxHHHxB"
)  # version and IHL, total length, identification, flags and offset, protocol (RFC 791 §3.1)
_IPV6 = Struct(">HB")  # payload length, next header (RFC 8200 §3), from octet 4
_TCP = Struct(">IIBB")  # sequence, acknowledgment, data offset, flags (RFC 9293 §3.1), from octet 4

# The commonest frame at one stroke: Ethernet, untagged, IPv4 without options. Total length, identification, flags
# and offset, protocol, flow key, sequence, acknowledgment, data offset, flags.
_COMMON = Struct(">16xHHHxBxx12sIIBB")

_NO_LINK: Link = (-1, 0, b"")


def networks_of(path: bytes) -> bytes:
    """The VLAN and VNI items of a path: what tells networks with equal private addresses apart, and is the same in
    both directions (a TEID or an MPLS label is not)."""
    return b"".join(path[at : at + 5] for at in range(0, len(path), 5) if path[at] in (VLAN, VNI))


def _ethernet(octets: bytes) -> Link:
    """IEEE 802.3 with any 802.1Q, 802.1ad or older 0x9100 tags."""
    at = 14
    if len(octets) < at:
        return _NO_LINK
    ethertype = (octets[12] << 8) | octets[13]
    tags = 0
    path = b""
    while ethertype in _TAGS:
        if len(octets) < at + 4 or tags == _MOST_TAGS:
            return _NO_LINK
        vid = (octets[at] & 0x0F) << 8 | octets[at + 1]
        if vid:  # else it tells a priority and no VLAN (IEEE 802.1Q §9.6)
            path += bytes((VLAN, 0, 0, vid >> 8, vid & 0xFF))
        ethertype = (octets[at + 2] << 8) | octets[at + 3]
        at += 4
        tags += 1
    return ethertype, at, path


LINKS: dict[int, Callable[[bytes], Link]] = {
    1: _ethernet,  # LINKTYPE_ETHERNET
}

# Extension headers that are walked over (RFC 8200 §4): the unit of their length octet, and how many come before
# it counts. 44, the fragment header, is not among them: see `_ipv6`.
_EXTENSIONS: dict[int, tuple[int, int]] = {
    0: (8, 1),  # hop-by-hop options
    43: (8, 1),  # routing
    60: (8, 1),  # destination options
    51: (4, 2),  # authentication (RFC 4302 §2.2)
}


def _checksum_good(octets: bytes) -> bool:
    """True if the 16-bit words sum to zero in ones' complement, whatever their byte order (RFC 1071 §2)."""
    if len(octets) & 1:
        octets += b"\0"
    return sum(memoryview(octets).cast("H")) % 0xFFFF == 0


class HeaderReader:
    """Reads the headers of one capture; keeps nothing between packets but its counts."""

    __slots__ = ("_counters", "_networks", "_verify")

    def __init__(self, counters: Counters, verify_checksums: bool = False) -> None:
        self._counters = counters
        # Unfinished checksums are everywhere in captures from the sending host itself, so they count as good
        # unless somebody wants them verified.
        self._verify = verify_checksums
        self._networks: dict[int, Callable[[bytes, int, int | None, bytes], Segment | None]] = {
            0x0800: self._ipv4,
            0x86DD: self._ipv6,
        }

    def read(self, octets: bytes, wire_length: int | None, link_type: int, time: int) -> Segment | None:
        """The TCP segment of a frame captured at ``time`` (nanoseconds since 1970 UTC), or None."""
        counters = self._counters
        counters.packets += 1
        if link_type == 1 and octets[12:15] == b"\x08\x00\x45" and len(octets) >= 54 and not self._verify:
            # What the long way below says of such a frame, sooner. Whatever is not plain goes the long way.
            (total, ident, fragment, protocol, key, sequence, acknowledgment, offset, flags) = _COMMON.unpack_from(
                octets
            )
            end = total + 14
            payload = ((offset & 0xF0) >> 2) + 34
            if protocol == 6 and not fragment & 0x3FFF and 54 <= payload <= end <= len(octets):
                counters.tcp_segments += 1
                return key, sequence, acknowledgment, flags, octets[payload:end], 0, b"", ident
        link = LINKS.get(link_type)
        if link is None:
            counters.unknown_link += 1
            return None
        ethertype, at, path = link(octets)
        network = self._networks.get(ethertype)
        if network is None:
            if ethertype < 0:
                counters.malformed += 1
            else:
                counters.not_ip += 1
            return None
        return network(octets, at, wire_length, path)

    def _ipv4(self, octets: bytes, at: int, wire_length: int | None, path: bytes) -> Segment | None:
        counters = self._counters
        captured = len(octets)
        if captured < at + 20:
            counters.malformed += 1
            return None
        first, total, ident, fragment, protocol = _IPV4.unpack_from(octets, at)
        tcp = at + ((first & 0x0F) << 2)
        if first >> 4 != 4 or tcp < at + 20:
            counters.malformed += 1
            return None
        if protocol != 6:
            counters.not_tcp += 1
            return None
        if fragment & 0x3FFF:  # more fragments, or not the first of them
            counters.fragments += 1
            return None
        # Total length 0: segmentation offload, captured before the card filled it in. All there is, then.
        end = at + total if total else max(captured, wire_length or 0)
        if self._verify and (captured < tcp or not _checksum_good(octets[at:tcp])):
            counters.bad_checksum += 1
            return None
        return self._tcp(octets, tcp, end, octets[at + 12 : at + 20], self._verify, path, ident)

    def _ipv6(self, octets: bytes, at: int, wire_length: int | None, path: bytes) -> Segment | None:
        counters = self._counters
        captured = len(octets)
        if captured < at + 40 or octets[at] >> 4 != 6:
            counters.malformed += 1
            return None
        length, header = _IPV6.unpack_from(octets, at + 4)
        tcp = at + 40
        # Payload length 0: a jumbogram (RFC 2675 §3) or segmentation offload.
        end = tcp + length if length else max(captured, wire_length or 0)
        extensions = 0
        verify = self._verify
        while header != 6:
            if captured < tcp + 8 or extensions == _MOST_EXTENSIONS:
                if header in _EXTENSIONS or header == 44:
                    counters.malformed += 1
                else:
                    counters.not_tcp += 1
                return None
            if header == 44:
                if (octets[tcp + 2] << 8 | octets[tcp + 3]) & 0xFFF9:
                    counters.fragments += 1
                    return None
                skip = 8  # whole in spite of its fragment header (an atomic fragment, RFC 6946)
            elif header in _EXTENSIONS:
                unit, before = _EXTENSIONS[header]
                skip = (octets[tcp + 1] + before) * unit
                if header == 43 and octets[tcp + 3]:
                    verify = False  # summed over the last stop of its route, which is another (RFC 8200 §8.1)
            else:
                counters.not_tcp += 1
                return None
            header = octets[tcp]
            tcp += skip
            extensions += 1
        return self._tcp(octets, tcp, end, octets[at + 8 : at + 40], verify, path, 0)

    def _tcp(
        self, octets: bytes, at: int, end: int, addresses: bytes, verify: bool, path: bytes, ident: int
    ) -> Segment | None:
        """The segment whose header begins ``at`` and whose datagram ends at ``end``, captured or not."""
        counters = self._counters
        captured = len(octets)
        if captured < at + 20:
            counters.malformed += 1
            return None
        sequence, acknowledgment, offset, flags = _TCP.unpack_from(octets, at + 4)
        payload = at + ((offset >> 4) << 2)
        if payload < at + 20 or payload > end:
            counters.malformed += 1
            return None
        cut = 0
        if end > captured:
            cut = end - (captured if captured > payload else payload)
            counters.truncated += 1
        elif verify:
            # Pseudo-header (RFC 9293 §3.1, RFC 8200 §8.1): addresses, protocol, length; the order is free.
            length = end - at
            if not _checksum_good(addresses + b"\0\x06" + length.to_bytes(4, "big") + octets[at:end]):
                counters.bad_checksum += 1
                return None
        counters.tcp_segments += 1
        return (
            addresses + octets[at : at + 4],
            sequence,
            acknowledgment,
            flags,
            octets[payload:end],
            cut,
            path,
            ident,
        )
