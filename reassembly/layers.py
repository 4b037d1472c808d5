# cython: annotation_typing=False
"""The walk from a frame's first octet to its TCP header: where it stands, and what may come next.

A layer's reader takes a `Frame`, moves it behind one header, and gives the number of the next layer, or of the
reason why there is none. All that may come next stands in one number space: an ethertype is itself, the other
registries lie above it. So a protocol more is one line in a table (`links.LINKS`, `links.LAYERS`,
`tunnels.LAYERS`), whatever it stands behind.

Invariant: every reader moves ``at`` forward or refuses, and reads nothing from ``stop`` on.
"""

from functools import cache

IP_PROTOCOL = 1 << 16
"""IANA's protocol numbers begin here: IP_PROTOCOL + 6 is TCP."""
UDP_PORT = 2 << 16
"""UDP ports begin here, those that a tunnel has."""
LLC = 3 << 16
"""An IEEE 802.2 header."""
RAW_IP = LLC + 1
"""IPv4 or IPv6, as its first four bits say."""
ERSPAN_II = LLC + 2
ERSPAN_III = LLC + 3

IPV4 = 0x0800
IPV6 = 0x86DD
ETHERNET = 0x6558
"""Transparent Ethernet bridging (RFC 1701): what follows is a frame from its destination address on."""
TAGS = frozenset((0x8100, 0x88A8, 0x9100, 0x9200))
"""802.1Q, 802.1ad, and what was used for the outer tag before there was 802.1ad."""

# Why a frame leads to no segment.
MALFORMED, NOT_IP, NOT_TCP, TOO_NESTED, BAD_CHECKSUM, HELD = -1, -2, -3, -4, -5, -6
"""HELD: a piece of a datagram that is not whole yet."""

MOST_LAYERS = 32
"""Headers in one frame: tags, labels, extension headers, each counts. More: refused, counted ``too_nested``."""
MOST_TUNNELS = 4
"""Tunnels in one frame, that is, IP headers before the last one. More: the same."""

# What a path is made of. VXLAN and Geneve have a VNI, GTP-U a TEID; ERSPAN's session counts as a GRE key.
VLAN, VNI, TEID, GRE_KEY, MPLS_LABEL, PPPOE_SESSION = 1, 2, 3, 4, 5, 6

# What a frame was seen to be wrapped in: bits, one for each counter.
_COUNTED = (
    "in_vlan",
    "in_stacked_vlans",
    "in_mpls",
    "in_pppoe",
    "in_gre",
    "in_erspan",
    "in_ip_in_ip",
    "in_vxlan",
    "in_geneve",
    "in_gtpu",
    "in_tzsp",
)
IN_VLAN, IN_STACKED_VLANS, IN_MPLS, IN_PPPOE, IN_GRE, IN_ERSPAN = 1, 2, 4, 8, 16, 32
IN_IP_IN_IP, IN_VXLAN, IN_GENEVE, IN_GTPU, IN_TZSP = 64, 128, 256, 512, 1024


@cache
def counted(inside: int) -> tuple[str, ...]:
    """The counters that a frame belongs to."""
    return tuple(name for bit, name in enumerate(_COUNTED) if inside >> bit & 1)


@cache
def vlan_item(tag: bytes) -> bytes:
    """What a tag's two octets of control add to a path; VID 0 tells a priority and no VLAN (IEEE 802.1Q §9.6)."""
    vid = (tag[0] & 0x0F) << 8 | tag[1]
    return bytes((VLAN, 0, 0, vid >> 8, vid & 0xFF)) if vid else b""


class Frame:
    """Where the walk stands. Positions are indices into ``octets``."""

    __slots__ = ("addresses", "at", "end", "ident", "inside", "octets", "path", "stop", "time", "tunnels", "verify")

    def __init__(self, octets: bytes, wire_length: int | None, time: int) -> None:
        captured = len(octets)
        self.octets = octets
        self.at = 0
        """The next header begins here."""
        self.stop = captured
        """What belongs to this layer and was captured ends here."""
        self.end = max(captured, wire_length or 0)
        """What belongs to this layer ends here: behind ``stop`` if the capture or a mirror cut it off."""
        self.path = b""
        """See `headers.Segment`."""
        self.inside = 0
        """What it was wrapped in so far: bits."""
        self.tunnels = -1
        """Networks that were tunnelled through: IP headers so far, less the one at the bottom."""
        self.addresses = b""
        """Source and destination of the last IP header."""
        self.ident = 0
        """Identification of the last IPv4 header; 0: it was IPv6."""
        self.verify = False
        """A checksum over these addresses can be right."""
        self.time = time
        """Capture time, nanoseconds since 1970 UTC."""

    def holds(self, size: int) -> bool:
        """That many octets from here on were captured and are this layer's."""
        return self.at + size <= self.stop

    def number(self, at: int) -> int:
        """The two octets there, big-endian."""
        return self.octets[at] << 8 | self.octets[at + 1]

    def ends(self, end: int) -> None:
        """What a header holds ends there, behind that is padding; it is no more than the header's own layer has."""
        self.end = min(end, self.end)
        self.stop = min(end, self.stop)

    def through(self, kind: int, octets: bytes) -> None:
        """It came through this network."""
        self.path += bytes((kind,)) + octets.rjust(4, b"\0")

    def by_version(self) -> int:
        """IPv4 or IPv6, by the first four bits."""
        if not self.holds(1):
            return MALFORMED
        version = self.octets[self.at] >> 4
        return IPV4 if version == 4 else IPV6 if version == 6 else NOT_IP


def networks_of(path: bytes) -> bytes:
    """The VLAN and VNI items of a path: what tells networks with equal private addresses apart, and is the same in
    both directions (a TEID or an MPLS label is not)."""
    return b"".join([path[at : at + 5] for at in range(0, len(path), 5) if path[at] in (VLAN, VNI)])
