"""What lies between the line and IP: link types, ethertypes, PPP.

`LINKS` says which reader begins a frame, by the link type of its capture (tcpdump.org's registry); `LAYERS` which
one goes on, by ethertype. See `reassembly.layers` for what a reader does.
"""

from collections.abc import Callable

from reassembly.layers import (
    ETHERNET,
    IN_MPLS,
    IN_PPPOE,
    IN_STACKED_VLANS,
    IN_VLAN,
    IPV4,
    IPV6,
    LLC,
    MALFORMED,
    MPLS_LABEL,
    NOT_IP,
    PPPOE_SESSION,
    RAW_IP,
    TAGS,
    Frame,
    vlan_item,
)

Reader = Callable[[Frame], int]

_MPLS, _MPLS_UPSTREAM = 0x8847, 0x8848
_PPPOE, _PPP = 0x8864, 0x880B


def _typed(frame: Frame, size: int) -> int:
    """A header whose last two of ``size`` octets are an ethertype, or a length (IEEE 802.3 §3.2.6): then LLC."""
    at = frame.at + size
    if at > frame.stop:
        return MALFORMED
    frame.at = at
    ethertype = frame.octets[at - 2] << 8 | frame.octets[at - 1]
    if ethertype >= 0x0600:
        return ethertype
    frame.ends(at + ethertype)
    return LLC


def _ethernet(frame: Frame) -> int:
    return _typed(frame, 14)


def _tag(frame: Frame) -> int:
    """One VLAN tag (IEEE 802.1Q §9)."""
    at = frame.at
    ethertype = _typed(frame, 4)
    if ethertype != MALFORMED:
        frame.inside |= IN_VLAN | IN_STACKED_VLANS if ethertype in TAGS else IN_VLAN
        frame.path += vlan_item(frame.octets[at : at + 2])
    return ethertype


def _llc(frame: Frame) -> int:
    """SNAP with an ethertype (RFC 1042; 00-00-F8 is IEEE 802.1H's), or IP's own service access point."""
    octets, at = frame.octets, frame.at
    if frame.holds(8) and octets[at : at + 6] in (b"\xaa\xaa\x03\0\0\0", b"\xaa\xaa\x03\0\0\xf8"):
        frame.at += 8
        return frame.number(at + 6)
    if frame.holds(3) and octets[at : at + 3] == b"\x06\x06\x03":
        frame.at += 3
        return IPV4
    return NOT_IP


def _cooked(frame: Frame) -> int:
    """LINKTYPE_LINUX_SLL: an ethertype at its end, or a small number of Linux' own, of which 4 is LLC."""
    if not frame.holds(16):
        return MALFORMED
    frame.at += 16
    protocol = frame.number(14)
    return LLC if protocol == 4 else protocol


def _cooked_2(frame: Frame) -> int:
    """LINKTYPE_LINUX_SLL2: the same at its beginning."""
    if not frame.holds(20):
        return MALFORMED
    frame.at += 20
    protocol = frame.number(0)
    return LLC if protocol == 4 else protocol


_FAMILIES = {2: IPV4, 10: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}
"""AF_INET is 2 everywhere; AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, macOS."""


def _loopback(frame: Frame) -> int:
    """LINKTYPE_NULL, in the byte order of a host that we do not know, and LINKTYPE_LOOP, in the network's."""
    if not frame.holds(4):
        return MALFORMED
    frame.at += 4
    family = frame.number(0) << 16 | frame.number(2)
    if family > 0xFFFF:
        family = int.from_bytes(frame.octets[:4], "little")
    return _FAMILIES.get(family, NOT_IP)


_PPP_PROTOCOLS = {0x0021: IPV4, 0x0057: IPV6, 0x0281: _MPLS, 0x0283: _MPLS_UPSTREAM}


def _ppp(frame: Frame) -> int:
    """RFC 1661, with HDLC's address and control or without (RFC 1662 §3.2), protocol in one octet or two (§6.5)."""
    if frame.holds(2) and frame.octets[frame.at : frame.at + 2] == b"\xff\x03":
        frame.at += 2
    if not frame.holds(2):
        return MALFORMED
    if frame.octets[frame.at] & 1:  # the last octet of a protocol number is odd, no other is
        frame.at += 1
        return _PPP_PROTOCOLS.get(frame.octets[frame.at - 1], NOT_IP)
    frame.at += 2
    return _PPP_PROTOCOLS.get(frame.number(frame.at - 2), NOT_IP)


def _hdlc(frame: Frame) -> int:
    """LINKTYPE_PPP_HDLC: PPP, or Cisco's HDLC (RFC 1547 §4.3.1), as the address octet says."""
    if frame.holds(4) and frame.octets[0] in (0x0F, 0x8F):
        frame.at += 4
        return frame.number(2)
    return _ppp(frame)


def _ppp_with_direction(frame: Frame) -> int:
    """LINKTYPE_PPP_WITH_DIR: an octet more."""
    frame.at += 1
    return _ppp(frame)


def _pppoe(frame: Frame) -> int:
    """A session's frame (RFC 2516 §4, §6): version and type, code, session, length."""
    octets, at = frame.octets, frame.at
    if not frame.holds(6) or octets[at] != 0x11:
        return MALFORMED
    if octets[at + 1]:
        return NOT_IP  # of the discovery
    frame.at += 6
    frame.ends(frame.at + frame.number(at + 4))
    frame.inside |= IN_PPPOE
    frame.through(PPPOE_SESSION, octets[at + 2 : at + 4])
    return _ppp(frame)


def _mpls(frame: Frame) -> int:
    """One label (RFC 3032 §2.1): 20 bits, the last of the stack marked by bit 8; below 16 they name no path."""
    octets, at = frame.octets, frame.at
    if not frame.holds(4):
        return MALFORMED
    label = frame.number(at) << 4 | octets[at + 2] >> 4
    if label > 15:
        frame.through(MPLS_LABEL, label.to_bytes(3, "big"))
    frame.inside |= IN_MPLS
    frame.at += 4
    return _behind_labels(frame) if octets[at + 2] & 1 else _MPLS


def _behind_labels(frame: Frame) -> int:
    """Nothing says what labels lead to: IP begins with its version, else it may be an Ethernet pseudowire, with a
    control word (RFC 4385 §3) or without, if an ethertype that we know stands where one would be."""
    network = frame.by_version()
    if network != NOT_IP:
        return network
    at = frame.at
    for word in (4, 0) if frame.octets[at] >> 4 == 0 else (0,):
        if frame.holds(word + 14) and frame.number(at + word + 12) in _BRIDGED:
            frame.at += word
            return ETHERNET
    return NOT_IP


def _ipv4(_: Frame) -> int:
    return IPV4


def _ipv6(_: Frame) -> int:
    return IPV6


LINKS: dict[int, Reader] = {
    0: _loopback,  # LINKTYPE_NULL
    1: _ethernet,  # LINKTYPE_ETHERNET
    9: _ppp,  # LINKTYPE_PPP
    12: Frame.by_version,  # DLT_RAW of most systems, which is written by mistake
    14: Frame.by_version,  # and of OpenBSD
    50: _hdlc,  # LINKTYPE_PPP_HDLC
    51: _pppoe,  # LINKTYPE_PPP_ETHER
    101: Frame.by_version,  # LINKTYPE_RAW
    104: _hdlc,  # LINKTYPE_C_HDLC
    108: _loopback,  # LINKTYPE_LOOP
    113: _cooked,  # LINKTYPE_LINUX_SLL
    204: _ppp_with_direction,  # LINKTYPE_PPP_WITH_DIR
    228: _ipv4,  # LINKTYPE_IPV4
    229: _ipv6,  # LINKTYPE_IPV6
    276: _cooked_2,  # LINKTYPE_LINUX_SLL2
}
"""How a frame begins, by link type."""

LAYERS: dict[int, Reader] = {
    **dict.fromkeys(TAGS, _tag),
    LLC: _llc,
    RAW_IP: Frame.by_version,
    ETHERNET: _ethernet,
    _MPLS: _mpls,
    _MPLS_UPSTREAM: _mpls,
    _PPPOE: _pppoe,
    _PPP: _ppp,
}
"""What stands between a link and IP, by ethertype. IPv4 and IPv6 are `headers.HeaderReader`'s."""

_BRIDGED = frozenset((IPV4, IPV6, *LAYERS))
