"""What lies around a datagram on real lines, made octet by octet: links, tags, tunnels, fragments.

Each function takes what is carried and gives what carries it. `SAMPLES` has each encapsulation that we read once,
as it stands on the line, with the path and the counters that it must give.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from socket import AF_INET6, inet_aton, inet_pton

import dpkt

from reassembly.layers import GRE_KEY, MPLS_LABEL, PPPOE_SESSION, TEID, VLAN, VNI
from tests.reassembly.crafting import Talk, ethernet

MIRROR, SENSOR = "198.51.100.1", "198.51.100.2"
MIRROR_6, SENSOR_6 = "2001:db8:ffff::1", "2001:db8:ffff::2"


def item(kind: int, number: int) -> bytes:
    return struct.pack(">BI", kind, number)


def ipv4(
    protocol: int, data: bytes, *, ident: int = 7, source: str = MIRROR, target: str = SENSOR, options: bytes = b""
) -> bytes:
    header = bytearray(
        struct.pack(
            ">BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(data), ident, 0, 64, protocol, 0
        )
    )
    header += inet_aton(source) + inet_aton(target) + options
    header[10:12] = struct.pack(">H", dpkt.in_cksum(bytes(header)))
    return bytes(header) + data


def ipv6(following: int, data: bytes, source: str = MIRROR_6, target: str = SENSOR_6) -> bytes:
    header = struct.pack(">IHBB", 6 << 28, len(data), following, 64)
    return header + inet_pton(AF_INET6, source) + inet_pton(AF_INET6, target) + data


def udp(port: int, data: bytes, source: int = 50000) -> bytes:
    return struct.pack(">HHHH", source, port, 8 + len(data), 0) + data


def over_udp(port: int, data: bytes) -> bytes:
    return ethernet(ipv4(17, udp(port, data)), 0x0800)


def gre(kind: int, data: bytes, flags: int = 0, fields: bytes = b"") -> bytes:
    return ethernet(ipv4(47, struct.pack(">HH", flags, kind) + fields + data), 0x0800)


def erspan_2(frame: bytes, vid: int = 0, session: int = 5) -> bytes:
    return gre(0x88BE, struct.pack(">HHI", 0x1000 | vid, session, 3) + frame, 0x1000, b"\0\0\0\1")


def erspan_3(frame: bytes, vid: int = 0, session: int = 5, subheader: bytes = b"", kind: int = 0) -> bytes:
    last = kind << 10 | 0x8000 * (kind == 0) | bool(subheader)
    header = struct.pack(">HHIHH", 0x2000 | vid, session, 123456, 0, last) + subheader
    return gre(0x22EB, header + frame, 0x1000, b"\0\0\0\1")


def vxlan(frame: bytes, vni: int = 4711, flags: int = 8, following: int = 0) -> bytes:
    return struct.pack(">BxxBI", flags, following, vni << 8) + frame


def geneve(kind: int, data: bytes, vni: int = 4711, options: bytes = b"") -> bytes:
    return struct.pack(">BBHI", len(options) // 4, 0, kind, vni << 8) + options + data


def gtp_u(data: bytes, teid: int = 0xABCDEF01, flags: int = 0, optional: bytes = b"") -> bytes:
    return struct.pack(">BBHI", 0x30 | flags, 0xFF, len(optional + data), teid) + optional + data


def tzsp(frame: bytes, tags: bytes = b"\1", kind: int = 0, protocol: int = 1) -> bytes:
    return struct.pack(">BBH", 1, kind, protocol) + tags + frame


def mpls(data: bytes, *labels: int) -> bytes:
    stack = b"".join(
        struct.pack(">I", label << 12 | (at == len(labels)) << 8 | 64) for at, label in enumerate(labels, 1)
    )
    return stack + data


def pppoe(data: bytes, session: int = 77) -> bytes:
    return struct.pack(">BBHH", 0x11, 0, session, len(data)) + data


def snap(ip: bytes) -> bytes:
    content = b"\xaa\xaa\x03\0\0\0\x08\0" + ip
    return ethernet(content, len(content))


def cooked(kind: int, data: bytes) -> bytes:
    return struct.pack(">HHH8sH", 0, 1, 6, bytes(range(8)), kind) + data


def cooked_2(kind: int, data: bytes) -> bytes:
    return struct.pack(">HxxIHBB8s", kind, 2, 1, 0, 6, bytes(range(8))) + data


def fragments(datagram: bytes, size: int) -> list[bytes]:
    """Pieces of an IPv4 or IPv6 datagram without options or extensions; ``size`` is a multiple of 8."""
    pieces = []
    header = 20 if datagram[0] >> 4 == 4 else 40
    data = datagram[header:]
    for at in range(0, len(data), size):
        piece, more = data[at : at + size], at + size < len(data)
        if header == 20:
            made = bytearray(datagram[:20])
            made[2:4] = struct.pack(">H", 20 + len(piece))
            made[6:8] = struct.pack(">H", more << 13 | at >> 3)
            made[10:12] = b"\0\0"
            made[10:12] = struct.pack(">H", dpkt.in_cksum(bytes(made)))
            pieces.append(bytes(made) + piece)
        else:
            extension = struct.pack(">BxHI", datagram[6], at | more, 99)
            pieces.append(
                datagram[:4] + struct.pack(">HB", 8 + len(piece), 44) + datagram[7:40] + extension + piece
            )
    return pieces


Wrap = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Sample:
    """One encapsulation."""

    name: str
    wrap: Wrap
    """From a plain Ethernet frame to what is on the line."""
    path: bytes = b""
    counters: set[str] = field(default_factory=set)
    link_type: int = 1
    version: int = 4
    """Of the frame's IP."""


def frame_of(version: int, octets: bytes = b"octets of the connection", port: int = 40000) -> bytes:
    if version == 4:
        return Talk(client=("10.0.0.1", port)).c(octets)
    return Talk(client=("2001:db8::1", port), server=("2001:db8::2", 1863)).c(octets)


def _tagged(frame: bytes, *tags: tuple[int, int]) -> bytes:
    return frame[:12] + b"".join(struct.pack(">HH", *tag) for tag in tags) + frame[12:]


_KEY = struct.pack(">I", 42)
_PPP_4, _PPP_6 = b"\x00\x21", b"\x00\x57"
_VNI = item(VNI, 4711)
_TEID = item(TEID, 0xABCDEF01)
_SESSION = item(GRE_KEY, 5)
_SIXES = ((10, "little"), (24, "big"), (28, "little"), (30, "big"))

SAMPLES = [
    # Links.
    Sample("plain", lambda f: f),
    Sample("SNAP", lambda f: snap(f[14:])),
    Sample("cooked", lambda f: cooked(0x0800, f[14:]), link_type=113),
    Sample("cooked, IPv6", lambda f: cooked(0x86DD, f[14:]), link_type=113, version=6),
    Sample(
        "cooked, tagged",
        lambda f: cooked(0x8100, b"\x00\x64" + f[12:]),
        item(VLAN, 100),
        {"in_vlan"},
        link_type=113,
    ),
    Sample("cooked 2", lambda f: cooked_2(0x0800, f[14:]), link_type=276),
    Sample("cooked 2, IPv6", lambda f: cooked_2(0x86DD, f[14:]), link_type=276, version=6),
    Sample("raw", lambda f: f[14:], link_type=101),
    Sample("raw, IPv6", lambda f: f[14:], link_type=101, version=6),
    Sample("raw IPv4", lambda f: f[14:], link_type=228),
    Sample("raw IPv6", lambda f: f[14:], link_type=229, version=6),
    Sample("null, little-endian", lambda f: b"\2\0\0\0" + f[14:], link_type=0),
    Sample("null, big-endian", lambda f: b"\0\0\0\2" + f[14:], link_type=0),
    *(
        Sample(
            f"null, IPv6 as {family} {order}",
            lambda f, family=family, order=order: family.to_bytes(4, order) + f[14:],  # type: ignore[misc]
            link_type=0,
            version=6,
        )
        for family, order in _SIXES
    ),
    Sample("loop", lambda f: b"\0\0\0\2" + f[14:], link_type=108),
    Sample("PPP", lambda f: _PPP_4 + f[14:], link_type=9),
    Sample("PPP, framed", lambda f: b"\xff\x03" + _PPP_6 + f[14:], link_type=9, version=6),
    Sample("PPP, compressed", lambda f: b"\x21" + f[14:], link_type=9),
    Sample("PPP in HDLC", lambda f: b"\xff\x03" + _PPP_4 + f[14:], link_type=50),
    Sample("Cisco HDLC", lambda f: b"\x0f\x00\x08\x00" + f[14:], link_type=104),
    Sample("PPP with direction", lambda f: b"\x01\xff\x03" + _PPP_4 + f[14:], link_type=204),
    Sample(
        "PPPoE link",
        lambda f: pppoe(_PPP_4 + f[14:]),
        item(PPPOE_SESSION, 77),
        {"in_pppoe"},
        link_type=51,
    ),
    # Behind an ethertype.
    Sample("tag", lambda f: _tagged(f, (0x8100, 100)), item(VLAN, 100), {"in_vlan"}),
    Sample("priority tag", lambda f: _tagged(f, (0x8100, 0xE000)), b"", {"in_vlan"}),
    Sample("tag, IPv6", lambda f: _tagged(f, (0x8100, 0x2FFF)), item(VLAN, 4095), {"in_vlan"}, version=6),
    Sample(
        "stacked tags",
        lambda f: _tagged(f, (0x88A8, 1000), (0x8100, 100)),
        item(VLAN, 1000) + item(VLAN, 100),
        {"in_vlan", "in_stacked_vlans"},
    ),
    Sample(
        "older stacked tags",
        lambda f: _tagged(f, (0x9100, 1000), (0x9100, 2), (0x8100, 100)),
        item(VLAN, 1000) + item(VLAN, 2) + item(VLAN, 100),
        {"in_vlan", "in_stacked_vlans"},
    ),
    Sample("MPLS", lambda f: ethernet(mpls(f[14:], 1000), 0x8847), item(MPLS_LABEL, 1000), {"in_mpls"}),
    Sample(
        "MPLS stack",
        lambda f: ethernet(mpls(f[14:], 0xFFFFF, 3000, 2), 0x8848),
        item(MPLS_LABEL, 0xFFFFF) + item(MPLS_LABEL, 3000),
        {"in_mpls"},
        version=6,
    ),
    Sample(
        "MPLS pseudowire with control word",
        lambda f: ethernet(mpls(bytes(4) + f, 1000), 0x8847),
        item(MPLS_LABEL, 1000),
        {"in_mpls"},
    ),
    Sample(
        "MPLS pseudowire",
        lambda f: ethernet(mpls(f, 1001), 0x8847),
        item(MPLS_LABEL, 1001),
        {"in_mpls"},
    ),
    Sample("PPPoE", lambda f: ethernet(pppoe(_PPP_4 + f[14:]), 0x8864), item(PPPOE_SESSION, 77), {"in_pppoe"}),
    Sample(
        "PPPoE, IPv6, tagged",
        lambda f: ethernet(pppoe(_PPP_6 + f[14:]), 0x8864, (0x8100,)),
        item(VLAN, 100) + item(PPPOE_SESSION, 77),
        {"in_pppoe", "in_vlan"},
        version=6,
    ),
    # IP and GRE.
    Sample("IP in IP", lambda f: ethernet(ipv4(4, f[14:]), 0x0800), b"", {"in_ip_in_ip"}),
    Sample("IPv6 in IP", lambda f: ethernet(ipv4(41, f[14:]), 0x0800), b"", {"in_ip_in_ip"}, version=6),
    Sample("IP in IPv6", lambda f: ethernet(ipv6(4, f[14:]), 0x86DD), b"", {"in_ip_in_ip"}),
    Sample("IPv6 in IPv6", lambda f: ethernet(ipv6(41, f[14:]), 0x86DD), b"", {"in_ip_in_ip"}, version=6),
    Sample(
        "MPLS in IP",
        lambda f: ethernet(ipv4(137, mpls(f[14:], 1000)), 0x0800),
        item(MPLS_LABEL, 1000),
        {"in_mpls"},
    ),
    Sample("MPLS in UDP", lambda f: over_udp(6635, mpls(f[14:], 1000)), item(MPLS_LABEL, 1000), {"in_mpls"}),
    Sample("GRE", lambda f: gre(0x0800, f[14:]), b"", {"in_gre"}),
    Sample("GRE, IPv6", lambda f: gre(0x86DD, f[14:]), b"", {"in_gre"}, version=6),
    Sample(
        "GRE over IPv6",
        lambda f: ethernet(ipv6(47, b"\0\0\x08\0" + f[14:]), 0x86DD),
        b"",
        {"in_gre"},
    ),
    Sample("GRE with checksum", lambda f: gre(0x0800, f[14:], 0x8000, bytes(4)), b"", {"in_gre"}),
    Sample("GRE with key", lambda f: gre(0x0800, f[14:], 0x2000, _KEY), item(GRE_KEY, 42), {"in_gre"}),
    Sample(
        "GRE with all",
        lambda f: gre(0x0800, f[14:], 0xB000, bytes(4) + _KEY + bytes(4)),
        item(GRE_KEY, 42),
        {"in_gre"},
    ),
    Sample("GRE, bridged", lambda f: gre(0x6558, f, 0x2000, _KEY), item(GRE_KEY, 42), {"in_gre"}),
    Sample(
        "GRE, MPLS",
        lambda f: gre(0x8847, mpls(f[14:], 1000)),
        item(MPLS_LABEL, 1000),
        {"in_gre", "in_mpls"},
    ),
    Sample(
        "PPTP",
        lambda f: gre(0x880B, b"\xff\x03" + _PPP_4 + f[14:], 0x3081, struct.pack(">HHII", len(f) - 10, 9, 1, 1)),
        item(GRE_KEY, 9),
        {"in_gre"},
    ),
    Sample("ERSPAN I", lambda f: gre(0x88BE, f), b"", {"in_erspan"}),
    Sample("ERSPAN II", erspan_2, _SESSION, {"in_erspan"}),
    Sample("ERSPAN II, VLAN", lambda f: erspan_2(f, 30, 1023), item(GRE_KEY, 1023) + item(VLAN, 30), {"in_erspan"}),
    Sample(
        "ERSPAN II, VLAN and tag",
        lambda f: erspan_2(_tagged(f, (0x8100, 100)), 100),
        _SESSION + item(VLAN, 100),
        {"in_erspan", "in_vlan"},
    ),
    Sample("ERSPAN III", lambda f: erspan_3(f, 30), _SESSION + item(VLAN, 30), {"in_erspan"}, version=6),
    Sample(
        "ERSPAN III with subheader", lambda f: erspan_3(f, subheader=b"\x0c" + bytes(7)), _SESSION, {"in_erspan"}
    ),
    # UDP.
    Sample("VXLAN", lambda f: over_udp(4789, vxlan(f)), _VNI, {"in_vxlan"}),
    Sample("VXLAN of Linux", lambda f: over_udp(8472, vxlan(f)), _VNI, {"in_vxlan"}, version=6),
    Sample("VXLAN over IPv6", lambda f: ethernet(ipv6(17, udp(4789, vxlan(f))), 0x86DD), _VNI, {"in_vxlan"}),
    Sample("VXLAN-GPE", lambda f: over_udp(4790, vxlan(f[14:], flags=12, following=1)), _VNI, {"in_vxlan"}),
    Sample("Geneve", lambda f: over_udp(6081, geneve(0x6558, f)), _VNI, {"in_geneve"}),
    Sample(
        "Geneve with options",
        lambda f: over_udp(6081, geneve(0x86DD, f[14:], options=b"\1\2\3\1\0\0\0\0")),
        _VNI,
        {"in_geneve"},
        version=6,
    ),
    Sample("GTP-U", lambda f: over_udp(2152, gtp_u(f[14:])), _TEID, {"in_gtpu"}),
    Sample(
        "GTP-U with sequence number",
        lambda f: over_udp(2152, gtp_u(f[14:], flags=2, optional=b"\0\1\0\0")),
        _TEID,
        {"in_gtpu"},
        version=6,
    ),
    Sample(
        "GTP-U with extension header",
        lambda f: over_udp(2152, gtp_u(f[14:], flags=4, optional=b"\0\0\0\x85\1\0\0\0")),
        _TEID,
        {"in_gtpu"},
    ),
    Sample("TZSP", lambda f: over_udp(37008, tzsp(f)), b"", {"in_tzsp"}),
    Sample("TZSP with tags", lambda f: over_udp(37008, tzsp(f, b"\0\x0a\1\x55\0\1")), b"", {"in_tzsp"}, version=6),
    # Nested.
    Sample(
        "VXLAN in ERSPAN",
        lambda f: erspan_2(over_udp(4789, vxlan(_tagged(f, (0x8100, 7)))), 30),
        _SESSION + item(VLAN, 30) + _VNI + item(VLAN, 7),
        {"in_erspan", "in_vxlan", "in_vlan"},
    ),
]
