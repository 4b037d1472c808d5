"""TCP connections on the wire: Ethernet, IPv4 and TCP headers with right checksums, as records of a pcap file.

A million packets have to be made in seconds, so a frame is three pieces joined: the record's header, the Ethernet
header, and IPv4 with TCP in one stroke; and the checksums rest on arithmetic instead of loops. The Internet
checksum (RFC 1071) is a sum in ones' complement, that is, modulo 65535; a big-endian number modulo 65535 *is* the
sum of its 16-bit words, since 65536 = 1 modulo 65535.
"""

import struct

MICROSECONDS = b"\xd4\xc3\xb2\xa1"
FILE_HEADER = MICROSECONDS + struct.pack("<HHiIII", 2, 4, 0, 0, 262144, 1)
"""Classic pcap, little-endian, microseconds, Ethernet."""

PCAPNG_HEADER = (
    struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    + struct.pack("<IIHHII", 1, 20, 1, 0, 262144, 20)
)  # fmt: skip
"""A section and an interface of pcapng: little-endian, microseconds, Ethernet."""

EPOCH = 1_180_000_000
"""Captures begin then: 2007-05-24 09:46:40 UTC."""

FIN, SYN, PUSH, ACK = 0x01, 0x02, 0x08, 0x10
OPTIONS = b"\x02\x04\x05\xb4\x01\x01\x04\x02"  # maximum segment size 1460, selective acknowledgment
SEGMENT = 1460
"""The most octets that a segment carries."""

_RECORD = struct.Struct("<IIII")
_HEADERS = struct.Struct(">BBHHHBBHIIHHIIBBHHH")
_UDP = struct.Struct(">BBHHHBBHIIHHHH")
_ETHERNET = bytes.fromhex("0200000000010200000000020800"), bytes.fromhex("0200000000020200000000010800")
_WINDOW = 64240


def checksum(octets: bytes) -> int:
    """The sum of the 16-bit words, modulo 65535; an odd octet is followed by a zero (RFC 1071)."""
    return int.from_bytes(octets + b"\0" if len(octets) & 1 else octets) % 65535


def _halves(number: int) -> int:
    return (number >> 16) + (number & 0xFFFF)


def address(a: int, b: int, c: int, d: int) -> int:
    """An IPv4 address as a number."""
    return a << 24 | b << 16 | c << 8 | d


class Flow:
    """One TCP connection; sequence numbers advance with what is sent."""

    __slots__ = ("_client", "_client_port", "_identification", "_server", "_server_port", "_sum", "next")

    def __init__(self, client: tuple[int, int], server: tuple[int, int], first: tuple[int, int]) -> None:
        """Args:
        client, server: address and port.
        first: the first sequence numbers of the server's side and of the client's.
        """
        self._client, self._client_port = client
        self._server, self._server_port = server
        self.next = list(first)
        """The next sequence number of the server's side and of the client's."""
        self._identification = first[0] & 0xFFFF
        self._sum = _halves(self._client) + _halves(self._server)

    def record(
        self, time: int, up: bool, flags: int, octets: bytes = b"", sequence: int | None = None, *, total: int = -1
    ) -> bytes:
        """One packet; ``time`` in microseconds since the epoch of the captures, ``up`` from the client.

        Args:
            sequence: of a segment that is sent again or out of turn; otherwise the next one.
            total: the checksum of the octets, where the caller knows it.
        """
        if up:
            source, target, port, other = self._client, self._server, self._client_port, self._server_port
        else:
            source, target, port, other = self._server, self._client, self._server_port, self._client_port
        if sequence is None:
            sequence = self.next[up]
        seen = self.next[not up] if flags & ACK else 0
        options = OPTIONS if flags & SYN else b""
        size = 20 + len(options)
        length = size + len(octets)
        size_and_flags = size << 10 | flags
        words = self._sum + 6 + length + port + other + _halves(sequence) + _halves(seen) + size_and_flags + _WINDOW
        words += checksum(octets) if total < 0 else total
        if options:
            words += checksum(options)
        self._identification = identification = (self._identification + 1) & 0xFFFF
        whole = 20 + length
        head = 0x4500 + whole + identification + 0x4000 + 0x4006 + self._sum
        headers = _HEADERS.pack(
            0x45, 0, whole, identification, 0x4000, 64, 6, 0xFFFF - head % 65535, source, target,
            port, other, sequence, seen, size << 2, flags, _WINDOW, 0xFFFF - words % 65535, 0,
        )  # fmt: skip
        captured = _RECORD.pack(EPOCH + time // 1_000_000, time % 1_000_000, 14 + whole, 14 + whole)
        return b"".join((captured, _ETHERNET[up], headers, options, octets))

    def advance(self, up: bool, octets: int) -> int:
        """So many octets are sent from that side; gives the sequence number of the first."""
        first = self.next[up]
        self.next[up] = (first + octets) & 0xFFFFFFFF
        return first

    def opening(self, time: int, pace: int = 20_000) -> list[tuple[int, bytes]]:
        """The handshake, ``pace`` microseconds between its packets."""
        out = [(time, self.record(time, True, SYN))]
        self.advance(True, 1)
        out.append((time + pace, self.record(time + pace, False, SYN | ACK)))
        self.advance(False, 1)
        out.append((time + 2 * pace, self.record(time + 2 * pace, True, ACK)))
        return out

    def closing(self, time: int, pace: int = 20_000) -> list[tuple[int, bytes]]:
        """Both ends say FIN, ``pace`` microseconds between."""
        out = [(time, self.record(time, True, FIN | ACK))]
        self.advance(True, 1)
        out.append((time + pace, self.record(time + pace, False, FIN | ACK)))
        self.advance(False, 1)
        out.append((time + 2 * pace, self.record(time + 2 * pace, True, ACK)))
        return out


def enhanced(record: bytes) -> bytes:
    """A record of a pcap file as the enhanced packet block of a pcapng file."""
    seconds, microseconds, captured, wire = _RECORD.unpack_from(record)
    padding = -captured % 4
    length = 32 + captured + padding
    time = seconds * 1_000_000 + microseconds
    head = struct.pack("<IIIIIII", 6, length, 0, time >> 32, time & 0xFFFFFFFF, captured, wire)
    return b"".join((head, record[16:], bytes(padding), struct.pack("<I", length)))


def datagram(time: int, source: tuple[int, int], target: tuple[int, int], octets: bytes) -> bytes:
    """One UDP packet; without a UDP checksum, as IPv4 allows (RFC 768)."""
    length = 8 + len(octets)
    whole = 20 + length
    head = 0x4500 + whole + 0x4000 + 0x4011 + _halves(source[0]) + _halves(target[0])
    return b"".join((
        _RECORD.pack(EPOCH + time // 1_000_000, time % 1_000_000, 14 + whole, 14 + whole),
        _ETHERNET[1],
        _UDP.pack(0x45, 0, whole, 0, 0x4000, 64, 17, 0xFFFF - head % 65535, source[0], target[0], source[1],
                  target[1], length, 0),
        octets,
    ))  # fmt: skip
