"""What carries frames and datagrams through IP: GRE, ERSPAN, IP in IP, and the tunnels over UDP.

`LAYERS` says which reader goes on, by IP protocol and by UDP port. See `reassembly.layers` for what a reader does.
A tunnel over UDP is known by its port alone, so a header that contradicts it is counted as malformed.
"""

from collections.abc import Callable

from reassembly.layers import (
    ERSPAN_II,
    ERSPAN_III,
    ETHERNET,
    GRE_KEY,
    IN_ERSPAN,
    IN_GENEVE,
    IN_GRE,
    IN_GTPU,
    IN_IP_IN_IP,
    IN_TZSP,
    IN_VXLAN,
    IP_PROTOCOL,
    IPV4,
    IPV6,
    MALFORMED,
    NOT_IP,
    NOT_TCP,
    RAW_IP,
    TAGS,
    TEID,
    TOO_NESTED,
    UDP_PORT,
    VNI,
    Frame,
    vlan_item,
)

Reader = Callable[[Frame], int]

_MPLS = 0x8847
_PPP = 0x880B
_ERSPAN_1_OR_2, _ERSPAN_3 = 0x88BE, 0x22EB
_CHECKSUM, _ROUTING, _KEY, _SEQUENCE, _ACKNOWLEDGMENT = 0x8000, 0x4000, 0x2000, 0x1000, 0x0080

_MOST_OPTIONS = 32
"""Tags or extension headers in one tunnel's header. More: refused, counted ``too_nested``."""


def _ipv4_in_ip(frame: Frame) -> int:
    """RFC 2003."""
    frame.inside |= IN_IP_IN_IP
    return IPV4


def _ipv6_in_ip(frame: Frame) -> int:
    """RFC 4213, RFC 2473."""
    frame.inside |= IN_IP_IN_IP
    return IPV6


def _mpls_in_ip(_: Frame) -> int:
    """RFC 4023 in IP, RFC 7510 in UDP."""
    return _MPLS


def _gre(frame: Frame) -> int:
    """RFC 2784 with key and sequence number (RFC 2890); version 1 is PPTP's (RFC 2637 §4.1)."""
    octets, at = frame.octets, frame.at
    if not frame.holds(4):
        return MALFORMED
    flags = frame.number(at)
    kind = frame.number(at + 2)
    version = flags & 7
    keyed = 4 if flags & _KEY else 0
    summed = 4 if flags & _CHECKSUM else 0
    numbered = 4 if flags & _SEQUENCE else 0
    acknowledged = 4 if flags & _ACKNOWLEDGMENT and version == 1 else 0
    size = 4 + summed + keyed + numbered + acknowledged
    if version > 1 or flags & _ROUTING or not frame.holds(size):
        return MALFORMED
    frame.at += size
    if version == 1:
        if kind != _PPP or not keyed or summed:
            return MALFORMED
        if not numbered:
            kind = NOT_IP  # an acknowledgment alone
        frame.ends(frame.at + frame.number(at + 4))
        frame.through(GRE_KEY, octets[at + 6 : at + 8])  # the call, of the direction
    elif keyed:
        frame.through(GRE_KEY, octets[at + 4 + summed : at + 8 + summed])
    if kind not in (_ERSPAN_1_OR_2, _ERSPAN_3):
        frame.inside |= IN_GRE
        return kind
    frame.inside |= IN_ERSPAN
    if kind == _ERSPAN_3:
        return ERSPAN_III
    return ERSPAN_II if numbered else ETHERNET  # type I has no header of its own, and no sequence number


def _erspan_2(frame: Frame) -> int:
    """Eight octets (draft-foschiano-erspan §4.2)."""
    return _mirrored(frame, 1, 8)


def _erspan_3(frame: Frame) -> int:
    """Twelve octets (§4.3), and eight of its platform if the last bit says so; the frame may be a bare datagram."""
    if not frame.holds(12):
        return MALFORMED
    last = frame.number(frame.at + 10)
    layer = _mirrored(frame, 2, 20 if last & 1 else 12)
    return RAW_IP if layer == ETHERNET and last >> 10 & 0x1F == 2 else layer


def _mirrored(frame: Frame, version: int, size: int) -> int:
    """An ERSPAN header: version, the VLAN that the mirrored port took the frame from, session."""
    at = frame.at
    if not frame.holds(size) or frame.octets[at] >> 4 != version:
        return MALFORMED
    frame.at += size
    session = frame.number(at + 2) & 0x03FF
    frame.through(GRE_KEY, session.to_bytes(2, "big"))
    if not (frame.holds(14) and frame.number(frame.at + 12) in TAGS):  # else the frame's own tag names the VLAN
        frame.path += vlan_item(frame.octets[at : at + 2])
    return ETHERNET


def _udp(frame: Frame) -> int:
    """RFC 768; a length of 0 is left by segmentation offload."""
    if not frame.holds(8):
        return MALFORMED
    at = frame.at
    length = frame.number(at + 4)
    frame.at += 8
    if 0 < length < 8:
        return MALFORMED
    if length:
        frame.ends(at + length)
    return tunnel_over(frame.number(at), frame.number(at + 2))


def tunnel_over(source: int, destination: int) -> int:
    """The layer behind a UDP header with these ports."""
    for port in (destination, source):
        if UDP_PORT + port in LAYERS:
            return UDP_PORT + port
    return NOT_TCP


def _vxlan(frame: Frame) -> int:
    """RFC 7348 §5: flags of which the fourth last says that a VNI is there, VNI."""
    octets, at = frame.octets, frame.at
    if not frame.holds(8) or not octets[at] & 0x08:
        return MALFORMED
    frame.at += 8
    frame.inside |= IN_VXLAN
    frame.through(VNI, octets[at + 4 : at + 7])
    return ETHERNET


_GPE = {1: IPV4, 2: IPV6, 3: ETHERNET}


def _vxlan_gpe(frame: Frame) -> int:
    """draft-ietf-nvo3-vxlan-gpe §3.1: the P flag says that the fourth octet tells what follows."""
    at = frame.at
    layer = _vxlan(frame)
    if layer == ETHERNET and frame.octets[at] & 0x04:
        return _GPE.get(frame.octets[at + 3], NOT_IP)
    return layer


def _geneve(frame: Frame) -> int:
    """RFC 8926 §3.4: version and length of the options in fours, flags, ethertype, VNI."""
    octets, at = frame.octets, frame.at
    if not frame.holds(8) or octets[at] >> 6:
        return MALFORMED
    frame.at += 8 + ((octets[at] & 0x3F) << 2)
    if not frame.holds(0):
        return MALFORMED
    frame.inside |= IN_GENEVE
    frame.through(VNI, octets[at + 4 : at + 7])
    return frame.number(at + 2)


def _gtp_u(frame: Frame) -> int:
    """3GPP TS 29.281 §5: version 1 and flags, message type, length, TEID; if any flag is set, sequence number,
    N-PDU number and the type of an extension header, which begins with its length in fours and ends with the next's
    type."""
    octets, at = frame.octets, frame.at
    if not frame.holds(8) or octets[at] & 0xF0 != 0x30:
        return MALFORMED
    if octets[at + 1] != 0xFF:
        return NOT_TCP  # no user's datagram but a message of the protocol's own
    frame.at += 8
    frame.ends(frame.at + frame.number(at + 2))
    if octets[at] & 0x07:
        frame.at += 4
        extended = octets[at] & 0x04
        for _ in range(_MOST_OPTIONS):
            if not frame.holds(0):
                return MALFORMED
            if not extended or not octets[frame.at - 1]:
                break
            if not frame.holds(1) or not octets[frame.at]:
                return MALFORMED
            frame.at += octets[frame.at] << 2
        else:
            return TOO_NESTED
    frame.inside |= IN_GTPU
    frame.through(TEID, octets[at + 4 : at + 8])
    return RAW_IP


def _tzsp(frame: Frame) -> int:
    """TaZmen's protocol, as routers mirror by it: version 1, type (0 and 1 are packets), what is inside (1 is
    Ethernet), then tags: 0 is padding, 1 the end, any other has a length."""
    octets, at = frame.octets, frame.at
    if not frame.holds(4) or octets[at] != 1:
        return MALFORMED
    if octets[at + 1] > 1:
        return NOT_TCP  # keep-alives and the like
    frame.at += 4
    for _ in range(_MOST_OPTIONS):
        if not frame.holds(1):
            return MALFORMED
        tag = octets[frame.at]
        frame.at += 1
        if tag == 1:
            break
        if tag:
            if not frame.holds(1):
                return MALFORMED
            frame.at += 1 + octets[frame.at]
    else:
        return TOO_NESTED
    frame.inside |= IN_TZSP
    return ETHERNET if frame.number(at + 2) == 1 else NOT_IP


LAYERS: dict[int, Reader] = {
    IP_PROTOCOL + 4: _ipv4_in_ip,
    IP_PROTOCOL + 17: _udp,
    IP_PROTOCOL + 41: _ipv6_in_ip,
    IP_PROTOCOL + 47: _gre,
    IP_PROTOCOL + 137: _mpls_in_ip,
    ERSPAN_II: _erspan_2,
    ERSPAN_III: _erspan_3,
    UDP_PORT + 2152: _gtp_u,
    UDP_PORT + 4789: _vxlan,
    UDP_PORT + 4790: _vxlan_gpe,
    UDP_PORT + 6081: _geneve,
    UDP_PORT + 6635: _mpls_in_ip,
    UDP_PORT + 8472: _vxlan,  # Linux' own before there was the number
    UDP_PORT + 37008: _tzsp,
}
"""What carries frames and datagrams, by IP protocol and by UDP port."""
