# cython: annotation_typing=False
"""From a frame to its TCP segment, or to a count of why it holds none.

Takes the octets of a frame and its link type; gives a `Segment`, a plain tuple because one is made for every
packet. Invariant: no input raises; whatever gives None is counted once, by its reason, unless it is a piece of a
fragmented datagram. Octets behind the end of the IP datagram are padding; what the datagram has beyond the end of
the capture, or of the tunnel that it came through, was cut off, and is said so.

A link type, an ethertype or a tunnel more is a line in the tables of `reassembly.links` and `reassembly.tunnels`.
"""

from collections.abc import Callable
from struct import Struct

from capture.packet import Packet
from reassembly import extensions, links, tunnels
from reassembly.counters import Counters
from reassembly.fragments import Defragmenter
from reassembly.layers import (
    BAD_CHECKSUM,
    GRE_KEY,
    HELD,
    IP_PROTOCOL,
    IPV4,
    IPV6,
    LLC,
    MALFORMED,
    MOST_LAYERS,
    MOST_TUNNELS,
    MPLS_LABEL,
    NOT_TCP,
    PPPOE_SESSION,
    TEID,
    TOO_NESTED,
    VLAN,
    VNI,
    Frame,
    counted,
    networks_of,
    vlan_item,
)

__all__ = [
    "ACK",
    "FIN",
    "GRE_KEY",
    "MPLS_LABEL",
    "PPPOE_SESSION",
    "PSH",
    "RST",
    "SYN",
    "TEID",
    "VLAN",
    "VNI",
    "HeaderReader",
    "Segment",
    "networks_of",
]

Segment = tuple[bytes, int, int, int, bytes, int, bytes, int]
"""(flow key, sequence number, acknowledgment number, flags, payload, octets cut, path, identification).

The key is source address, destination address, source port, destination port as they stand on the wire in the
innermost headers: 12 octets for IPv4, 36 for IPv6. "Cut" are octets of payload that were on the line and that the
capture does not hold. The path names the networks that the frame was tagged with or tunnelled through, outermost
first, five octets each: a kind and a number of four octets; it is empty for a plain frame. The identification is
the innermost header's, 0 for IPv6."""

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10

_TCP = IP_PROTOCOL + 6
_UDP = IP_PROTOCOL + 17

_IPV4 = Struct(
    ">BxHHHxB"
)  # version and IHL, total length, identification, flags and offset, protocol (RFC 791 §3.1)
_IPV6 = Struct(">HB")  # payload length, next header (RFC 8200 §3), from octet 4
_SEGMENT = Struct(">IIBB")  # sequence, acknowledgment, data offset, flags (RFC 9293 §3.1), from octet 4

# The commonest frames at one stroke: Ethernet, IPv4 without options behind one tag or none, or IPv6 without more
# headers. From the IP header on: total length, identification, flags and offset, protocol; of IPv6 payload length
# and next header; then flow key, sequence, acknowledgment, data offset, flags.
_COMMON_4 = Struct(">2xHHHxBxx12sIIBB").unpack_from
_COMMON_6 = Struct(">4xHBx36sIIBB").unpack_from


def _checksum_good(octets: bytes) -> bool:
    """True if the 16-bit words sum to zero in ones' complement, whatever their byte order (RFC 1071 §2)."""
    if len(octets) & 1:
        octets += b"\0"
    return sum(memoryview(octets).cast("H")) % 0xFFFF == 0


class HeaderReader:
    """Reads the headers of one capture; keeps its counts, and the pieces of datagrams that are not whole yet."""

    __slots__ = ("_counters", "_fragments", "_layers", "_verify")

    def __init__(self, counters: Counters, verify_checksums: bool = False) -> None:
        self._counters = counters
        # Unfinished checksums are everywhere in captures from the sending host itself, so they count as good
        # unless somebody wants them verified.
        self._verify = verify_checksums
        self._fragments = Defragmenter(counters)
        self._layers: dict[int, Callable[[Frame], int]] = {
            **links.LAYERS,
            **tunnels.LAYERS,
            **extensions.LAYERS,
            IPV4: self._ipv4,
            IPV6: self._ipv6,
            IP_PROTOCOL + 44: self._fragment,
        }

    def read(self, octets: bytes, wire_length: int | None, link_type: int, time: int) -> Segment | None:
        """The TCP segment of a frame, or None.

        ``time``: capture time in nanoseconds, by which pieces wait for the rest of their datagram. A segment that
        was fragmented comes with the packet that completes its datagram.
        """
        counters = self._counters
        counters.packets += 1
        if link_type == 1 and not self._verify:
            # What the long way says of the commonest frames, sooner. Whatever is not plain goes the long way.
            kind = octets[12:15]
            at = 0
            if kind == b"\x08\x00\x45":
                at = 14
            elif kind == b"\x86\xdd\x60":
                if len(octets) >= 74:
                    total, protocol, key, sequence, acknowledgment, offset, flags = _COMMON_6(octets, 14)
                    end = total + 54
                    payload = ((offset & 0xF0) >> 2) + 54
                    if protocol == 6 and 74 <= payload <= end <= len(octets):
                        counters.tcp_segments += 1
                        return key, sequence, acknowledgment, flags, octets[payload:end], 0, b"", 0
            elif kind[:2] == b"\x81\x00" and octets[16:19] == b"\x08\x00\x45":
                at = 18
            if at and len(octets) >= at + 40:
                total, ident, fragment, protocol, key, sequence, acknowledgment, offset, flags = _COMMON_4(
                    octets, at
                )
                end = total + at
                payload = ((offset & 0xF0) >> 2) + at + 20
                if protocol == 6 and not fragment & 0x3FFF and at + 40 <= payload <= end <= len(octets):
                    counters.tcp_segments += 1
                    path = b""
                    if at == 18:
                        counters.in_vlan += 1
                        path = vlan_item(octets[14:16])
                    return key, sequence, acknowledgment, flags, octets[payload:end], 0, path, ident
        link = links.LINKS.get(link_type)
        if link is None:
            counters.unknown_link += 1
            return None
        return self._walk(link, Frame(octets, wire_length, time))

    def _walk(self, link: Callable[[Frame], int], frame: Frame) -> Segment | None:
        """From header to header until TCP's, or one that nobody reads."""
        layer = link(frame)
        layers = self._layers
        walked = 0
        while (reader := layers.get(layer)) is not None:
            walked += 1
            layer = TOO_NESTED if walked > MOST_LAYERS else reader(frame)
        if frame.inside:
            for name in counted(frame.inside):
                setattr(self._counters, name, getattr(self._counters, name) + 1)
        if layer == _TCP:
            return self._segment(frame)
        self._refuse(layer)
        return None

    def attach(self, packet: Packet) -> tuple[Packet, ...]:
        """See `Defragmenter.attach`: for a packet that has just been read and that counted as a fragment."""
        return self._fragments.attach(packet)

    def close(self) -> None:
        """End of capture: pieces of datagrams that never became whole are dropped, and counted so."""
        self._fragments.close()

    def _refuse(self, layer: int) -> None:
        """Count why there is no segment: the reason, or the registry of the layer that nobody reads."""
        counters = self._counters
        if layer == HELD:
            return
        if layer == MALFORMED:
            counters.malformed += 1
        elif layer == BAD_CHECKSUM:
            counters.bad_checksum += 1
        elif layer == TOO_NESTED:
            counters.too_nested += 1
        elif layer == NOT_TCP or IP_PROTOCOL <= layer < LLC:
            counters.not_tcp += 1
        else:
            counters.not_ip += 1

    def _ipv4(self, frame: Frame) -> int:
        octets, at = frame.octets, frame.at
        if at + 20 > frame.stop:
            return MALFORMED
        first: int
        protocol: int
        first, total, ident, fragment, protocol = _IPV4.unpack_from(octets, at)
        payload = at + ((first & 0x0F) << 2)
        # Total length 0: segmentation offload, captured before the card filled it in. All there is, then.
        end = at + total if total else frame.end
        if first >> 4 != 4 or not at + 20 <= payload <= end:
            return MALFORMED
        if self._verify and (frame.stop < payload or not _checksum_good(octets[at:payload])):
            return BAD_CHECKSUM
        if frame.tunnels == MOST_TUNNELS:
            return TOO_NESTED
        frame.tunnels += 1
        frame.at = payload
        frame.end = end
        frame.stop = min(end, frame.stop)
        frame.addresses = octets[at + 12 : at + 20]
        frame.ident = ident
        frame.verify = self._verify
        if fragment & 0x3FFF:  # more fragments, or not the first of them
            return self._piece(frame, fragment << 3 & 0xFFFF, fragment & 0x2000, protocol, ident)
        return IP_PROTOCOL + protocol

    def _ipv6(self, frame: Frame) -> int:
        octets, at = frame.octets, frame.at
        if at + 40 > frame.stop or octets[at] >> 4 != 6:
            return MALFORMED
        if frame.tunnels == MOST_TUNNELS:
            return TOO_NESTED
        header: int
        length, header = _IPV6.unpack_from(octets, at + 4)
        frame.tunnels += 1
        frame.at = at + 40
        if length:  # 0: a jumbogram (RFC 2675 §3) or segmentation offload
            frame.end = at + 40 + length
            frame.stop = min(frame.end, frame.stop)
        frame.addresses = octets[at + 8 : at + 40]
        frame.ident = 0
        frame.verify = self._verify
        return IP_PROTOCOL + header

    def _fragment(self, frame: Frame) -> int:
        """IPv6's fragment header (RFC 8200 §4.5); one that says "whole" is passed over (RFC 6946)."""
        if not frame.holds(8):
            return MALFORMED
        octets, at = frame.octets, frame.at
        frame.at += 8
        fragment = frame.number(at + 2)
        if not fragment & 0xFFF9:
            return IP_PROTOCOL + octets[at]
        ident = int.from_bytes(octets[at + 4 : at + 8], "big")
        return self._piece(frame, fragment & 0xFFF8, fragment & 1, octets[at], ident)

    def _piece(self, frame: Frame, offset: int, more: int, protocol: int, ident: int) -> int:
        """A piece of a datagram: held, or exchanged for the datagram that it completes."""
        if IP_PROTOCOL + protocol != _TCP and IP_PROTOCOL + protocol not in self._layers:
            return NOT_TCP
        number = protocol << 16 | ident if len(frame.addresses) == 8 else ident
        key = (frame.path, frame.addresses, number)
        fragments = self._fragments
        fragments.advance(frame.time)
        if protocol == 17 and not offset and frame.holds(4):
            ports = frame.number(frame.at), frame.number(frame.at + 2)
            if tunnels.tunnel_over(*ports) == NOT_TCP:
                fragments.refuse(key)
        if not fragments.wants(key):
            return NOT_TCP
        piece = (offset, offset + frame.end - frame.at, frame.octets[frame.at : frame.stop])
        whole = fragments.add(key, piece, bool(more), protocol)
        if whole is None:
            return HELD
        frame.octets, frame.end, header = whole
        frame.at = 0
        frame.stop = len(frame.octets)
        return IP_PROTOCOL + header

    def _segment(self, frame: Frame) -> Segment | None:
        counters = self._counters
        octets, at, stop, end = frame.octets, frame.at, frame.stop, frame.end
        if at + 20 > stop:
            counters.malformed += 1
            return None
        sequence, acknowledgment, offset, flags = _SEGMENT.unpack_from(octets, at + 4)
        payload = at + ((offset >> 4) << 2)
        if not at + 20 <= payload <= end:
            counters.malformed += 1
            return None
        cut = 0
        if end > stop:
            cut = end - max(stop, payload)
            counters.truncated += 1
        elif frame.verify:
            # Pseudo-header (RFC 9293 §3.1, RFC 8200 §8.1): addresses, protocol, length; the order is free.
            length = end - at
            if not _checksum_good(frame.addresses + b"\0\x06" + length.to_bytes(4, "big") + octets[at:end]):
                counters.bad_checksum += 1
                return None
        counters.tcp_segments += 1
        key = frame.addresses + octets[at : at + 4]
        return key, sequence, acknowledgment, flags, octets[payload:stop], cut, frame.path, frame.ident
