"""Both headers of a packet, read into one form (reference 6.2 and 6.3).

Version 1 is 48 octets, little-endian: every piece says where in its message it belongs, how long it is, and how
long the whole. Version 2 is big-endian and of any length: a header of transport with a sequence number, and if
something is carried, a header of data that says how much of the message is still to come.
"""

from struct import Struct
from typing import NamedTuple

from msnp.frames import MalformedError

V1_OCTETS = 48
V2_LEAST, V2_MOST = 8, 252
"""Octets of version 2's header of transport."""
MAX_HEADERS = 2 * V2_MOST + 8
"""Octets in which both headers of version 2 stand."""
FOOTER_OCTETS = 4

NAK, ACK, ERROR, FILE, DATA = 0x01, 0x02, 0x08, 0x10, 0x20
CLOSE, FAILED, HANDSHAKE = 0x40, 0x80, 0x100
"""Flags of version 1; with one of :data:`CONTROL`, what follows the header is no piece of a message."""
CONTROL = NAK | ACK | ERROR | CLOSE | FAILED | HANDSHAKE
_KNOWN = 0x010001FF
_V2_FIRST, _V2_OBJECT, _V2_FILE = 0x01, 0x04, 0x02

_V1 = Struct("<IIQQIIIIQ")
_V2 = Struct(">BBHI")
_V2_DATA = Struct(">BBHI")


class Packet(NamedTuple):
    """The header of one packet."""

    version: int
    """1 or 2."""
    session: int
    """0: text."""
    message: int
    """The same for all pieces of a message: version 1's identifier, version 2's package number."""
    start: int
    """Where the piece begins, in octets from the packet's first."""
    length: int
    """Of the piece, in octets, as the header says."""
    flags: int = 0
    """Version 1's; of version 2 those that mean the same (:data:`FILE`, :data:`DATA`)."""
    offset: int = 0
    """Version 1: of the piece in its message."""
    total: int = 0
    """Version 1: octets of the message. Of an ACK: of the message that came."""
    first: bool = False
    """Version 2: the piece begins its message."""
    remaining: int = 0
    """Version 2: octets of the message behind the piece."""
    sequence: int = 0
    """Version 2: of the packet."""
    acknowledged: int = 0
    """Version 1, of an ACK: which message."""


def read_v1(octets: bytes) -> Packet:
    """Version 1; raises MalformedError where there are not enough octets."""
    if len(octets) < V1_OCTETS:
        raise MalformedError("P2P header cut")
    session, message, offset, total, length, flags, first, _, size = _V1.unpack_from(octets)
    if flags & ACK:
        return Packet(1, session, message, V1_OCTETS, 0, flags, 0, size, acknowledged=first)
    return Packet(1, session, message, V1_OCTETS, length, flags, offset, total, acknowledged=first)


def read_v2(octets: bytes) -> Packet:
    """Version 2; raises MalformedError where it is none."""
    if len(octets) < V2_LEAST:
        raise MalformedError("P2P header cut")
    size, _, payload, sequence = _V2.unpack_from(octets)
    if not V2_LEAST <= size <= V2_MOST:
        raise MalformedError("P2P header of an impossible length")
    if not payload:
        return Packet(2, 0, 0, size, 0, ACK, sequence=sequence)
    if len(octets) < size + V2_LEAST:
        raise MalformedError("P2P header cut")
    inner, kind, message, session = _V2_DATA.unpack_from(octets, size)
    start = size + inner
    if inner < V2_LEAST or inner > payload or start > len(octets):
        raise MalformedError("P2P header cut" if start > len(octets) else "P2P header of an impossible length")
    remaining = _remaining(octets, size + V2_LEAST, start)
    flags = (DATA if kind & _V2_OBJECT else 0) | (FILE if kind & _V2_OBJECT and kind & _V2_FILE else 0)
    first = bool(kind & _V2_FIRST)
    return Packet(
        2, session, message, start, payload - inner, flags, first=first, remaining=remaining, sequence=sequence
    )


def _remaining(octets: bytes, at: int, stop: int) -> int:
    """From the values behind the header of data: type 1 of eight octets; 0 where there is none."""
    while at + 1 < stop:
        kind = octets[at]
        if not kind:  # padding
            at += 1
            continue
        size = octets[at + 1]
        if kind == 1 and size == 8 and at + 10 <= stop:
            return int.from_bytes(octets[at + 2 : at + 10], "big")
        at += 2 + size
    return 0


def read_either(octets: bytes, length: int, sessions: frozenset[int]) -> Packet | None:
    """A packet of ``length`` octets without a footer, of a version that nothing says; None where it is neither.

    ``octets`` are its first, ``sessions`` those that are going on.
    """
    found = [packet for read in (_likely_v1, _likely_v2) if (packet := read(octets, length)) is not None]
    known = [packet for packet in found if packet.session in sessions]
    return next(iter(known or found), None)


def _likely_v1(octets: bytes, length: int) -> Packet | None:
    if length < V1_OCTETS or len(octets) < V1_OCTETS:
        return None
    packet = read_v1(octets)
    if packet.flags & ~_KNOWN or (packet.flags & CONTROL and length > V1_OCTETS):
        return None
    return packet if packet.offset <= packet.total or packet.flags & CONTROL else None


def _likely_v2(octets: bytes, length: int) -> Packet | None:
    try:
        packet = read_v2(octets)
    except MalformedError:
        return None
    return packet if octets[0] % 4 == 0 and octets[1] <= 3 and packet.start + packet.length == length else None
