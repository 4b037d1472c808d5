# cython: annotation_typing=False
"""The headers of nearly all frames, read at one stroke where they lie.

Takes octets that are no Python object yet (a ``capture.block.Block``'s; any bytes will do); gives, without making
one, where things stand in them and what they say. A plain frame has Ethernet with one VLAN tag or none, Linux'
cooked header or none at all; IPv4 without options that is no fragment, or IPv6 without extension headers; TCP; and
no octet was cut off. Whatever is not plain is `headers.HeaderReader`'s, which says the same of the plain ones.

Invariant: no octet from ``length`` on is looked at.
"""

from reassembly.headers import Segment
from reassembly.layers import vlan_item


class Plain:
    """What the latest plain frame says. Positions are indices into its octets."""

    __slots__ = (
        "acknowledgment",
        "at",
        "end",
        "flags",
        "ident",
        "payload",
        "ports",
        "sequence",
        "size",
        "source",
        "tag",
        "target",
        "vlan",
    )

    def __init__(self) -> None:
        self.at = 0
        """Of the flow key (`headers.Segment`), all of which lies in one piece."""
        self.size = 0
        """Octets of an address: 4 or 16."""
        self.source = 0
        """In IPv4, source and destination address and the two ports as numbers: the flow key in three."""
        self.target = 0
        self.ports = 0
        self.sequence = 0
        self.acknowledgment = 0
        self.flags = 0
        self.payload = 0
        self.end = 0
        """Where the payload ends; what lies behind is padding."""
        self.ident = 0
        self.tag = 0
        """Of the VLAN tag's two octets of control; 0: there is no tag."""
        self.vlan = 0
        """Its VID; 0: none."""

    def read(self, octets: bytes, length: int, link_type: int) -> bool:
        """True if this is a plain frame: then all of the above is about it."""
        if link_type == 1:
            at, where = 14, 12
        elif link_type == 113:
            at, where = 16, 14
        elif link_type == 276:
            at, where = 20, 0
        elif link_type in (12, 14, 101, 228, 229):
            at, where = 0, -1
        else:
            return False
        if length < at + 40:
            return False
        self.tag = self.vlan = 0
        if where >= 0:
            kind = octets[where] << 8 | octets[where + 1]
        elif link_type == 229 or (link_type != 228 and octets[0] >> 4 == 6):
            kind = 0x86DD
        else:
            kind = 0x0800
        if kind == 0x8100 and link_type == 1:
            kind = octets[16] << 8 | octets[17]
            at = 18
            self.tag = 14
            self.vlan = (octets[14] & 0x0F) << 8 | octets[15]
        return (
            self._ipv4(octets, at, length) if kind == 0x0800 else kind == 0x86DD and self._ipv6(octets, at, length)
        )

    def _ipv4(self, octets: bytes, at: int, length: int) -> bool:
        """RFC 791 §3.1."""
        if length < at + 40 or octets[at] != 0x45 or octets[at + 9] != 6:
            return False
        if octets[at + 6] & 0x3F or octets[at + 7]:  # more fragments, or not the first of them
            return False
        self.ident = octets[at + 4] << 8 | octets[at + 5]
        self.at = at + 12
        self.size = 4
        self.source = _number(octets, at + 12)
        self.target = _number(octets, at + 16)
        self.ports = _number(octets, at + 20)
        return self._tcp(octets, at + 20, at + (octets[at + 2] << 8 | octets[at + 3]), length)

    def _ipv6(self, octets: bytes, at: int, length: int) -> bool:
        """RFC 8200 §3."""
        if length < at + 60 or octets[at] >> 4 != 6 or octets[at + 6] != 6:
            return False
        self.ident = 0
        self.at = at + 8
        self.size = 16
        return self._tcp(octets, at + 40, at + 40 + (octets[at + 4] << 8 | octets[at + 5]), length)

    def _tcp(self, octets: bytes, at: int, end: int, length: int) -> bool:
        """RFC 9293 §3.1. The caller has looked that its first 20 octets are there."""
        payload = at + ((octets[at + 12] & 0xF0) >> 2)
        if not at + 20 <= payload <= end <= length:
            return False
        self.sequence = _number(octets, at + 4)
        self.acknowledgment = _number(octets, at + 8)
        self.flags = octets[at + 13]
        self.payload = payload
        self.end = end
        return True

    def key(self, octets: bytes) -> bytes:
        """The flow key."""
        return octets[self.at : self.at + 2 * self.size + 4]

    def segment(self, octets: bytes, payload: bytes) -> Segment:
        """The whole, for whoever needs more than the plain sailing."""
        path = vlan_item(octets[self.tag : self.tag + 2]) if self.tag else b""
        return (self.key(octets), self.sequence, self.acknowledgment, self.flags, payload, 0, path, self.ident)


def _number(octets: bytes, at: int) -> int:
    """The four octets there, big-endian."""
    return octets[at] << 24 | octets[at + 1] << 16 | octets[at + 2] << 8 | octets[at + 3]
