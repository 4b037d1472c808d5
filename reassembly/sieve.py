"""What libnids is given of a frame: IPv4 datagrams that hold TCP, with sane lengths, or nothing.

libnids was made for hosts whose kernel had looked before it. Takes frames; gives whole datagrams cut out of them, a
fragmented one as all of its pieces (`Pieces`), or the reason why not. Invariant: what is given ends where its
header says, holds a TCP header that fits, and, if it is a piece, comes with the rest of its datagram. Shares no
code with `reassembly.headers`: the two engines are each other's check.
"""

from collections.abc import Sequence
from enum import IntEnum
from struct import Struct
from typing import NamedTuple

from reassembly.pieces import Pieces


class Fate(IntEnum):
    """What became of a frame."""

    TAKEN = 0
    PIECE = 1
    """Of a datagram that is not whole yet, or was refused."""
    UNKNOWN_LINK = 2
    NOT_IPV4 = 3
    NOT_TCP = 4
    MALFORMED = 5
    TRUNCATED = 6
    """The capture holds less of it than there was on the line."""
    BAD_CHECKSUM = 7


class Sifted(NamedTuple):
    """A segment, and the datagrams that carry it."""

    fate: Fate
    datagrams: Sequence[bytes] = ()
    sender: bytes = b""
    """Source address, destination address, source port, destination port, as on the wire."""
    sequence: int = 0
    flags: int = 0
    length: int = 0
    """Octets of payload."""


_TYPED = {1: (14, 12), 113: (16, 14), 276: (20, 0)}  # Ethernet, cooked v1 and v2: octets, where the ethertype is
_PLAIN = {0: 4, 108: 4, 9: 4, 50: 4, 12: 0, 14: 0, 101: 0, 228: 0}  # null, loopback, PPP with HDLC; raw IP
_TAGS = frozenset((0x8100, 0x88A8, 0x9100))

_IP = Struct(
    ">BxHxxHxB"
)  # version and length of the header, total length, flags and offset, protocol (RFC 791 §3.1)
_TCP = Struct(">4sI4xBB")  # ports, sequence number, data offset, flags (RFC 9293 §3.1)


class _Refused(Exception):  # noqa: N818 - a way out, not an error
    def __init__(self, fate: Fate) -> None:
        self.fate = fate


class Sieve:
    """That of one capture."""

    def __init__(self) -> None:
        self.pieces = Pieces()

    def sift(self, time: int, octets: bytes, link_type: int) -> Sifted:
        """What libnids is to see of a frame captured at ``time``, nanoseconds of capture time."""
        try:
            datagram, header, fragmented = _datagram(octets, _network(octets, link_type))
            datagrams: Sequence[bytes] = (datagram,)
            segment = datagram[header:]
            if fragmented:
                datagrams = self.pieces.add(time, datagram, header)
                if not datagrams:
                    return Sifted(Fate.PIECE)
                segment = b"".join([piece[(piece[0] & 0x0F) << 2 :] for piece in datagrams])
            ports, sequence, flags, length = _segment(segment)
        except _Refused as refused:
            return Sifted(refused.fate)
        return Sifted(Fate.TAKEN, datagrams, datagram[12:20] + ports, sequence, flags, length)


def _network(octets: bytes, link_type: int) -> int:
    """Where the network header begins."""
    if link_type in _PLAIN:
        return _PLAIN[link_type]
    if link_type not in _TYPED:
        raise _Refused(Fate.UNKNOWN_LINK)
    at, where = _TYPED[link_type]
    while len(octets) >= at:
        ethertype = octets[where] << 8 | octets[where + 1]
        if ethertype not in _TAGS:
            if ethertype != 0x0800:
                raise _Refused(Fate.NOT_IPV4)
            return at
        where, at = at + 2, at + 4
    raise _Refused(Fate.MALFORMED)


def _datagram(octets: bytes, at: int) -> tuple[bytes, int, bool]:
    """The datagram whose header begins ``at``, the length of its header, and whether it is a piece of one."""
    if len(octets) < at + 20:
        raise _Refused(Fate.MALFORMED)
    first, total, fragment, protocol = _IP.unpack_from(octets, at)
    if first >> 4 != 4:
        raise _Refused(Fate.NOT_IPV4)
    if protocol != 6:
        raise _Refused(Fate.NOT_TCP)
    header = (first & 0x0F) << 2
    if header < 20 or total < header:
        raise _Refused(Fate.MALFORMED)
    if at + total > len(octets):
        raise _Refused(Fate.TRUNCATED)
    return octets[at : at + total], header, bool(fragment & 0x3FFF)  # more fragments, or not the first of them


def _segment(octets: bytes) -> tuple[bytes, int, int, int]:
    """Ports, sequence number, flags and octets of payload."""
    if len(octets) < 20:
        raise _Refused(Fate.MALFORMED)
    ports, sequence, offset, flags = _TCP.unpack_from(octets)
    length = len(octets) - ((offset >> 4) << 2)
    if offset < 0x50 or length < 0:
        raise _Refused(Fate.MALFORMED)
    return ports, sequence, flags, length


def bare_header(piece: bytes) -> bytes:
    """A datagram with the identification, protocol and addresses of ``piece`` and with nothing in it.

    libnids forgets what it holds of a fragmented datagram when a whole one comes in its place.
    """
    header = bytearray(piece[:20])
    header[0] = 0x45
    header[2:4] = (20).to_bytes(2, "big")
    header[6:8] = header[10:12] = bytes(2)
    total = sum(header[i] << 8 | header[i + 1] for i in range(0, 20, 2))  # RFC 1071 §1
    header[10:12] = (0xFFFF - (total % 0xFFFF or 0xFFFF)).to_bytes(2, "big")
    return bytes(header)
