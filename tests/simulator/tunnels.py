"""What a tap or a mirror port wraps around packets: other links, labels, tunnels, fragments of all these.

Takes Ethernet frames; gives frames that carry the same, each wrapped, from the specifications alone and without a
line of the reader that is tested with them. Those that take Ethernet and give Ethernet compose:
``vxlan(gre(frames))``. Those in ``OTHER_LINKS`` give frames of another link type and come last.
"""

import struct
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from random import Random
from zlib import crc32

import dpkt

from .nasties import Frames, in_order
from .packets import TAGS, Frame, read_segment
from .tcp import MICROSECOND

Ends = tuple[bytes, bytes]
Outer = Callable[[int, bytes, int], bytes]
"""An Ethernet frame around a payload of an IP protocol, with an identification."""

NEAR, FAR = bytes([198, 18, 0, 1]), bytes([198, 18, 0, 2])
"""The ends of the tunnel, from the range for benchmarks (RFC 2544)."""
NEAR6, FAR6 = (bytes.fromhex("20010db8ffff") + bytes(9) + bytes([number]) for number in (1, 2))
MACS = bytes.fromhex("00005e005381") + bytes.fromhex("00005e005382")


def unwrapped(octets: bytes) -> tuple[int, bytes]:
    """Ethertype and packet of a frame, without its tags and its padding."""
    return parted(octets)[1:]


def parted(octets: bytes) -> tuple[bytes, int, bytes]:
    """Link header with its tags and its type, ethertype, packet without padding."""
    at = 12
    while (kind := struct.unpack_from("!H", octets, at)[0]) in TAGS:
        at += 4
    link, packet = octets[: at + 2], octets[at + 2 :]
    if kind == 0x0800:
        packet = packet[: struct.unpack_from("!H", packet, 2)[0] or len(packet)]
    elif kind == 0x86DD:
        packet = packet[: 40 + struct.unpack_from("!H", packet, 4)[0]]
    return link, kind, packet


def from_client(frame: Frame) -> bool:
    """Which way it goes: what has no ports to tell counts as the servers'."""
    segment = read_segment(frame.octets)
    return segment is not None and segment.target_port == 1863


def outer4(frame: Frame) -> Outer:
    """IPv4 between the ends of the tunnel, in the frame's direction."""
    source, target = (NEAR, FAR) if from_client(frame) else (FAR, NEAR)

    def wrap(protocol: int, payload: bytes, ident: int) -> bytes:
        length = 20 + len(payload)
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, length, ident, 0, 61, protocol, 0, source, target)
        checksum = struct.pack("!H", dpkt.in_cksum(header))
        return MACS + b"\x08\x00" + header[:10] + checksum + header[12:] + payload

    return wrap


def outer6(frame: Frame) -> Outer:
    """The same over IPv6."""
    source, target = (NEAR6, FAR6) if from_client(frame) else (FAR6, NEAR6)

    def wrap(protocol: int, payload: bytes, _ident: int) -> bytes:
        header = struct.pack("!IHBB", 0x60000000, len(payload), protocol, 61)
        return MACS + b"\x86\xdd" + header + source + target + payload

    return wrap


def _tunnelled(
    frames: Frames, payload: Callable[[Frame, int], tuple[int, bytes]], outer: Callable[[Frame], Outer]
) -> Frames:
    out = []
    for number, frame in enumerate(frames):
        protocol, octets = payload(frame, number)
        out.append(replace(frame, octets=outer(frame)(protocol, octets, (number * 3 + 11) % 65536)))
    return out


def _udp(frame: Frame, port: int, payload: bytes, source: int | None = None) -> tuple[int, bytes]:
    """RFC 768; the checksum 0 says that there is none. Tunnels take the source port from the inner flow."""
    if source is None:
        segment = read_segment(frame.octets)
        source = 49152 + crc32(repr(segment.flow if segment else 0).encode()) % 16384
    return 17, struct.pack("!HHHH", source, port, 8 + len(payload), 0) + payload


# Labels and sessions, on Ethernet.


def mpls(frames: Frames, *labels: int) -> Frames:
    """RFC 3032 section 2.1, outermost first; the last has the bottom bit."""
    stack = b"".join(
        struct.pack("!I", label << 12 | (number == len(labels) - 1) << 8 | 63)
        for number, label in enumerate(labels)
    )
    return [replace(f, octets=f.octets[:12] + b"\x88\x47" + stack + unwrapped(f.octets)[1]) for f in frames]


def pppoe(frames: Frames, session: int = 0x1234) -> Frames:
    """RFC 2516 section 4: version and type 1, code 0, session, length; PPP's protocol field (RFC 1661)."""
    out = []
    for frame in frames:
        inner = _ppp(frame)
        header = struct.pack("!BBHH", 0x11, 0, session, len(inner))
        out.append(replace(frame, octets=frame.octets[:12] + b"\x88\x64" + header + inner))
    return out


def _ppp(frame: Frame) -> bytes:
    kind, packet = unwrapped(frame.octets)
    return {0x0800: b"\x00\x21", 0x86DD: b"\x00\x57"}[kind] + packet


# Tunnels.


def gre(
    frames: Frames,
    *,
    key: int | None = None,
    sequence: bool = False,
    checksum: bool = False,
    ethernet: bool = False,
    outer: Callable[[Frame], Outer] = outer4,
) -> Frames:
    """RFC 2784 and RFC 2890; ``ethernet`` carries frames (RFC 7637: protocol 0x6558) instead of packets."""

    def payload(frame: Frame, number: int) -> tuple[int, bytes]:
        kind, inner = (0x6558, frame.octets) if ethernet else unwrapped(frame.octets)
        flags = checksum << 15 | (key is not None) << 13 | sequence << 12
        options = struct.pack("!I", key) if key is not None else b""
        options += struct.pack("!I", number) if sequence else b""
        if not checksum:
            return 47, struct.pack("!HH", flags, kind) + options + inner
        head = struct.pack("!HHI", flags, kind, 0) + options
        total = dpkt.in_cksum(head + inner)
        return 47, head[:4] + struct.pack("!HH", total, 0) + options + inner

    return _tunnelled(frames, payload, outer)


def erspan1(frames: Frames) -> Frames:
    """draft-foschiano-erspan section 4.1: GRE without any field, protocol 0x88BE, and the frame."""
    return _tunnelled(frames, lambda frame, _: (47, b"\x00\x00\x88\xbe" + frame.octets), outer4)


def erspan2(frames: Frames, session: int = 77, *, outer: Callable[[Frame], Outer] = outer4) -> Frames:
    """Section 4.2: GRE with sequence numbers; version 1, VLAN, class, encapsulation, truncated, session; index."""

    def payload(frame: Frame, number: int) -> tuple[int, bytes]:
        header = struct.pack("!HHI", 1 << 12 | 42, 3 << 13 | session, 0x12345)
        return 47, struct.pack("!HHI", 0x1000, 0x88BE, number) + header + frame.octets

    return _tunnelled(frames, payload, outer)


def erspan3(frames: Frames, session: int = 78, *, platform: bool = False) -> Frames:
    """Section 4.3: version 2, a time stamp, group, frame type 0 (Ethernet); the O bit adds eight octets."""

    def payload(frame: Frame, number: int) -> tuple[int, bytes]:
        stamp = frame.time // 100 & 0xFFFFFFFF
        header = struct.pack("!HHIHH", 2 << 12 | 42, session, stamp, 0, 5 << 4 | int(platform))
        header += struct.pack("!II", 3 << 26 | 99, 0xFFFFFFFF) if platform else b""
        return 47, struct.pack("!HHI", 0x1000, 0x22EB, number) + header + frame.octets

    return _tunnelled(frames, payload, outer4)


def ip_in_ip(frames: Frames, *, outer: Callable[[Frame], Outer] = outer4) -> Frames:
    """RFC 2003 (protocol 4), RFC 4213 (41), RFC 2473 over IPv6."""

    def payload(frame: Frame, _: int) -> tuple[int, bytes]:
        kind, inner = unwrapped(frame.octets)
        return {0x0800: 4, 0x86DD: 41}[kind], inner

    return _tunnelled(frames, payload, outer)


def mpls_in_ip(frames: Frames, label: int = 2001) -> Frames:
    """RFC 4023 section 3: protocol 137."""
    stack = struct.pack("!I", label << 12 | 0x13F)
    return _tunnelled(frames, lambda frame, _: (137, stack + unwrapped(frame.octets)[1]), outer4)


def vxlan(frames: Frames, vni: int = 5001, *, port: int = 4789, outer: Callable[[Frame], Outer] = outer4) -> Frames:
    """RFC 7348 section 5: the I flag, the network identifier in the upper three octets."""
    header = struct.pack("!II", 0x08000000, vni << 8)
    return _tunnelled(frames, lambda frame, _: _udp(frame, port, header + frame.octets), outer)


def geneve(frames: Frames, vni: int = 5002, *, options: int = 0, ethernet: bool = True) -> Frames:
    """RFC 8926 section 3.4: version and length of the options in units of 4 octets, protocol, identifier."""

    def payload(frame: Frame, _: int) -> tuple[int, bytes]:
        kind, inner = (0x6558, frame.octets) if ethernet else unwrapped(frame.octets)
        option = struct.pack("!HBBI", 0x0102, 3, 1, 0xC0FFEE)
        header = struct.pack("!BBHI", 2 * options, 0, kind, vni << 8) + option * options
        return _udp(frame, 6081, header + inner)

    return _tunnelled(frames, payload, outer4)


def gtpu(frames: Frames, teid: int = 0x00A1B2C3, *, sequence: bool = False, extension: bool = False) -> Frames:
    """3GPP TS 29.281 section 5.1: G-PDU, another tunnel endpoint in each direction.

    An extension header (5.2.1: length in units of 4 octets, contents, next type) is the PDU session container.
    """

    def payload(frame: Frame, number: int) -> tuple[int, bytes]:
        inner = unwrapped(frame.octets)[1]
        optional = b""
        if sequence or extension:
            optional = struct.pack("!HBB", number % 65536 * sequence, 0, 0x85 if extension else 0)
        if extension:
            optional += bytes([1, 0x10, 0x09, 0])
        flags = 0x30 | extension << 2 | sequence << 1
        there = teid + (0 if from_client(frame) else 1)
        header = struct.pack("!BBHI", flags, 0xFF, len(optional) + len(inner), there)
        return _udp(frame, 2152, header + optional + inner, source=2152)

    return _tunnelled(frames, payload, outer4)


def tzsp(frames: Frames) -> Frames:
    """TaZmen: version 1, received, encapsulation 1 (Ethernet), tags up to the end tag."""
    head = struct.pack("!BBH", 1, 0, 1) + b"\x0a\x01\xd3" + b"\x00" + b"\x28\x04\x00\x00\x00\x07" + b"\x01"
    return _tunnelled(frames, lambda frame, _: _udp(frame, 37008, head + frame.octets, source=37008), outer4)


# Fragments, of whatever the frame's IP packet is.


def fragments(
    frames: Frames, size: int, *, shuffled: bool = False, doubled: bool = False, seed: int = 1, ident: int = 1
) -> Frames:
    """Cut IP packets (IPv4: RFC 791 section 3.2; IPv6: RFC 8200 section 4.5) into pieces of ``size`` octets, a
    multiple of 8, also out of order and each twice. ``witnessed`` counts a packet from its last piece on."""
    random, out, numbers = Random(f"fragments/{seed}"), [], count(ident)
    for frame in frames:
        link, kind, packet = parted(frame.octets)
        pieces = {0x0800: _fragments4, 0x86DD: _fragments6}[kind](packet, size, next(numbers))
        if len(pieces) == 1:
            out.append(frame)
            continue
        if doubled:
            pieces = [piece for piece in pieces for _ in range(2)]
        if shuffled:
            random.shuffle(pieces)
        last = max(pieces.index(piece) for piece in pieces)
        for number, piece in enumerate(pieces):
            carries = frame.carries if number == last else None
            out.append(Frame(frame.time + number * MICROSECOND // 8, link + piece, carries))
    return in_order(out)


def _fragments4(packet: bytes, size: int, ident: int) -> list[bytes]:
    header = (packet[0] & 0x0F) * 4
    body, out = packet[header:], []
    for at in range(0, len(body), size):
        piece = body[at : at + size]
        more = at + size < len(body)
        head = bytearray(packet[:header])
        struct.pack_into("!HHH", head, 2, header + len(piece), ident % 65536, more << 13 | at // 8)
        head[10:12] = b"\0\0"
        struct.pack_into("!H", head, 10, dpkt.in_cksum(bytes(head)))
        out.append(bytes(head) + piece)
    return out if len(out) > 1 else [packet]


def _fragments6(packet: bytes, size: int, ident: int) -> list[bytes]:
    body, out = packet[40:], []
    if len(body) <= size:
        return [packet]
    for at in range(0, len(body), size):
        piece = body[at : at + size]
        more = at + size < len(body)
        head = packet[:4] + struct.pack("!HB", 8 + len(piece), 44) + packet[7:40]
        out.append(head + struct.pack("!BBHI", packet[6], 0, at | more, ident) + piece)
    return out


# Copies and neighbours.


def seen_twice(frames: Frames, other: Callable[[Frames], Frames], *, after: int = 15 * MICROSECOND) -> Frames:
    """Every frame a second time, one hop on and wrapped otherwise, as two mirrored ports show it."""
    copies = []
    for frame in frames:
        segment = read_segment(frame.octets)
        octets = frame.octets
        if segment is not None:
            segment.ttl -= 1
            octets = segment.octets()
        copies.append(replace(frame, time=frame.time + after, octets=octets))
    return in_order(frames + other(copies))


def same_addresses(frames: Frames, others: Frames) -> Frames:
    """``others``, with the addresses and ports of ``frames``: the connections of one private network over those of
    another, the first of these over the first of those, and so on."""
    places: dict[frozenset[tuple[bytes, int]], tuple[tuple[bytes, int], tuple[bytes, int]]] = {}
    taken = iter(_connections(frames))
    out = []
    for frame in others:
        segment = read_segment(frame.octets)
        if segment is not None:
            ends = ((segment.source, segment.source_port), (segment.target, segment.target_port))
            towards_server = segment.target_port == 1863
            pair = frozenset(ends)
            if pair not in places:
                places[pair] = next(taken, ends if towards_server else ends[::-1])
            client, server = places[pair]
            here, there = (client, server) if towards_server else (server, client)
            (segment.source, segment.source_port), (segment.target, segment.target_port) = here, there
            frame = replace(frame, octets=segment.octets())  # noqa: PLW2901 — the same frame, from elsewhere
        out.append(frame)
    return out


def _connections(frames: Frames) -> list[tuple[tuple[bytes, int], tuple[bytes, int]]]:
    """Client and server of each connection, in order of appearance, each pair once."""
    out = {}
    for frame in frames:
        segment = read_segment(frame.octets)
        if segment is not None and segment.target_port == 1863:
            out[(segment.source, segment.source_port), (segment.target, segment.target_port)] = None
    return list(out)


Wrap = Callable[[Frames], Frames]
TUNNELS: dict[str, Wrap] = {
    "MPLS": lambda frames: mpls(frames, 1001),
    "MPLS, two labels": lambda frames: mpls(frames, 1001, 24),
    "PPPoE": pppoe,
    "GRE": gre,
    "GRE with key": lambda frames: gre(frames, key=0xBEEF),
    "GRE with key, sequence and checksum": lambda frames: gre(frames, key=7, sequence=True, checksum=True),
    "GRE over IPv6": lambda frames: gre(frames, sequence=True, outer=outer6),
    "frames in GRE": lambda frames: gre(frames, key=0x00ABCD01, ethernet=True),
    "ERSPAN I": erspan1,
    "ERSPAN II": erspan2,
    "ERSPAN II over IPv6": lambda frames: erspan2(frames, outer=outer6),
    "ERSPAN III": erspan3,
    "ERSPAN III with subheader": lambda frames: erspan3(frames, platform=True),
    "IP in IP": ip_in_ip,
    "IPv4 in IPv6": lambda frames: ip_in_ip(frames, outer=outer6),
    "MPLS in IP": mpls_in_ip,
    "VXLAN": vxlan,
    "VXLAN over IPv6": lambda frames: vxlan(frames, outer=outer6),
    "VXLAN on Linux' port": lambda frames: vxlan(frames, port=8472),
    "Geneve": geneve,
    "Geneve with options": lambda frames: geneve(frames, options=3),
    "packets in Geneve": lambda frames: geneve(frames, options=1, ethernet=False),
    "GTP-U": gtpu,
    "GTP-U with sequence": lambda frames: gtpu(frames, sequence=True),
    "GTP-U with extension header": lambda frames: gtpu(frames, extension=True),
    "TZSP": tzsp,
    "VXLAN in GRE": lambda frames: gre(vxlan(frames), key=1),
    "GRE in VXLAN in ERSPAN": lambda frames: erspan2(vxlan(gre(frames))),
    "IP in IP in GTP-U": lambda frames: gtpu(ip_in_ip(frames)),
    "VXLAN cut into fragments": lambda frames: fragments(vxlan(frames), 256, shuffled=True),
    "GRE cut into fragments": lambda frames: fragments(gre(frames), 64),
    "fragments in GRE": lambda frames: gre(fragments(frames, 64, shuffled=True)),
    "tiny fragments": lambda frames: fragments(frames, 8),
    "tiny fragments, shuffled and doubled": lambda frames: fragments(frames, 8, shuffled=True, doubled=True),
    "fragments over the wrap of their number": lambda frames: fragments(frames, 24, shuffled=True, ident=65500),
}
"""Everything that a frame may be wrapped into and stay on Ethernet."""


# Other links.


def _sll(frame: Frame) -> bytes:
    kind, _ = unwrapped(frame.octets)
    mine = from_client(frame)
    return struct.pack("!HHH6sxx", 4 if mine else 0, 1, 6, frame.octets[6:12]) + struct.pack("!H", kind)


def _sll2(frame: Frame, kind: int) -> bytes:
    return struct.pack("!HHIHBB6sxx", kind, 0, 3, 1, 4 if from_client(frame) else 0, 6, frame.octets[6:12])


def _family(order: str, six: int) -> Callable[[Frame], bytes]:
    def wrap(frame: Frame) -> bytes:
        kind, packet = unwrapped(frame.octets)
        return struct.pack(f"{order}I", 2 if kind == 0x0800 else six) + packet

    return wrap


def _kind(frame: Frame) -> bytes:
    return struct.pack("!H", unwrapped(frame.octets)[0])


def _packet(frame: Frame) -> bytes:
    return unwrapped(frame.octets)[1]


def _session(frame: Frame) -> bytes:
    return struct.pack("!BBHH", 0x11, 0, 9, len(_ppp(frame))) + _ppp(frame)


OTHER_LINKS: dict[str, tuple[int, Callable[[Frame], bytes]]] = {
    "cooked": (113, lambda frame: _sll(frame) + _packet(frame)),
    "cooked, tagged": (
        113,
        lambda frame: _sll(frame)[:14] + b"\x81\x00\x00\x2a" + _kind(frame) + _packet(frame),
    ),
    "cooked 2": (276, lambda frame: _sll2(frame, unwrapped(frame.octets)[0]) + _packet(frame)),
    "cooked 2, tagged": (
        276,
        lambda frame: _sll2(frame, 0x8100) + b"\x00\x2a" + _kind(frame) + _packet(frame),
    ),
    "raw": (101, _packet),
    "raw IPv4": (228, _packet),
    "null of a Mac": (0, _family("<", 30)),
    "null, big-endian": (0, _family(">", 24)),
    "null of Linux": (0, _family("<", 10)),
    "loop of OpenBSD": (108, _family(">", 24)),
    "PPP": (9, lambda frame: b"\xff\x03" + _ppp(frame)),
    "PPP, compressed address": (9, _ppp),
    "PPP in HDLC": (50, lambda frame: b"\xff\x03" + _ppp(frame)),
    "PPPoE without Ethernet": (51, _session),
}
"""Link type and the frame on it; LINKTYPE_ numbers and layouts as tcpdump.org's registry has them."""


def on_link(frames: Frames, name: str) -> Frames:
    """The same packets on one of ``OTHER_LINKS``."""
    wrap = OTHER_LINKS[name][1]
    return [replace(frame, octets=wrap(frame)) for frame in frames]
