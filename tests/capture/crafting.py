"""Captures written by hand for the tests of ``capture``: frames, pcap and pcapng with every field settable."""

import struct
from collections.abc import Sequence
from pathlib import Path

import pytest

from capture import compiled, pypcap_source
from capture.packet import Packet
from capture.source import Source

SECOND = 1_000_000_000
START = 1_142_000_000 * SECOND + 123_456_789  # March 2006

_not_compiled = pytest.mark.skipif(not compiled.LIBPCAP, reason="libpcap's binding is not compiled")
_not_installed = pytest.mark.skipif(not pypcap_source.AVAILABLE, reason="pypcap is not installed")
LIVE_READERS = [pytest.param("libpcap", marks=_not_compiled), pytest.param("pypcap", marks=_not_installed)]
FILE_READERS = [*LIVE_READERS, "savefile"]

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "pcaps"
"""Captures that lie beside the repository on some machines."""


def tcp(port: int = 1863, *, fragment_offset: int = 0, payload: bytes = b"VER 1 MSNP15 CVR0\r\n") -> bytes:
    """An IPv4 packet from port 40000 to ``port``; a later fragment if the offset (8 octets each) is not 0."""
    segment = struct.pack(">HHIIBBHHH", 40_000, port, 1, 1, 0x50, 0x18, 8192, 0, 0) + payload
    if fragment_offset:
        segment = b"\xff" * len(segment)  # no ports in it
    total = 20 + len(segment)
    header = struct.pack(">BBHHHBBH", 0x45, 0, total, 7, fragment_offset, 64, 6, 0)
    return header + bytes([192, 0, 2, 1, 192, 0, 2, 2]) + segment


def tcp6(port: int = 1863, *, hop_by_hop: bool = False) -> bytes:
    """The same over IPv6, behind a hop-by-hop options header if wanted."""
    segment = struct.pack(">HHIIBBHHH", 40_000, port, 1, 1, 0x50, 0x18, 8192, 0, 0) + b"OUT\r\n"
    extension = bytes([6, 0, 1, 4, 0, 0, 0, 0]) if hop_by_hop else b""
    first = 0 if hop_by_hop else 6
    header = struct.pack(">IHBB", 0x60000000, len(extension) + len(segment), first, 64)
    address = bytes.fromhex("20010db8000000000000000000000001")
    return header + address + address + extension + segment


def ethernet(packet: bytes, *tags: int) -> bytes:
    """Behind Ethernet and these tag protocols, outermost first."""
    protocol = 0x86DD if packet[0] >> 4 == 6 else 0x0800
    head = bytes.fromhex("020000000001020000000002")
    for tag in tags:
        head += struct.pack(">HH", tag, 5)
    return head + struct.pack(">H", protocol) + packet


LINKS = {
    1: ethernet,
    0: lambda p: struct.pack("=I", 10 if p[0] >> 4 == 6 else 2) + p,  # Linux: AF_INET6 is 10
    9: lambda p: bytes.fromhex("ff03") + struct.pack(">H", 0x57 if p[0] >> 4 == 6 else 0x21) + p,
    101: lambda p: p,
    108: lambda p: struct.pack(">I", 10 if p[0] >> 4 == 6 else 2) + p,
    113: lambda p: struct.pack(">HHH8sH", 0, 1, 6, b"", 0x86DD if p[0] >> 4 == 6 else 0x0800) + p,
    276: lambda p: struct.pack(">HHIHBB8s", 0x86DD if p[0] >> 4 == 6 else 0x0800, 0, 1, 1, 0, 6, b"") + p,
}
"""Link type -> an IP packet behind that link header."""


def record(
    octets: bytes, time: int = START, *, order: str = "<", tick: int = 1000, wire: int | None = None
) -> bytes:
    """A packet record of classic pcap."""
    wire = len(octets) if wire is None else wire
    return struct.pack(order + "IIII", time // SECOND, time % SECOND // tick, len(octets), wire) + octets


def pcap_header(
    link_type: int = 1, *, order: str = "<", magic: int = 0xA1B2C3D4, snaplen: int = 262_144, minor: int = 4
) -> bytes:
    """The file header of classic pcap."""
    return struct.pack(order + "IHHiIII", magic, 2, minor, 0, 0, snaplen, link_type)


def pcap(
    frames: Sequence[bytes], link_type: int = 1, *, order: str = "<", tick: int = 1000, start: int = START
) -> bytes:
    """A classic pcap file, one packet a millisecond."""
    magic = 0xA1B2C3D4 if tick == 1000 else 0xA1B23C4D
    records = (
        record(frame, start + index * 1_000_000, order=order, tick=tick) for index, frame in enumerate(frames)
    )
    return pcap_header(link_type, order=order, magic=magic) + b"".join(records)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A pcapng block, padded."""
    body += b"\0" * (-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def section(order: str = "<") -> bytes:
    """A section header block."""
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    """A pcapng option, padded."""
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def interface(link_type: int = 1, *options: bytes, order: str = "<", snaplen: int = 0) -> bytes:
    """An interface description block."""
    end = option(0, b"", order) if options else b""
    return block(1, struct.pack(order + "HHI", link_type, 0, snaplen) + b"".join(options) + end, order)


def enhanced(octets: bytes, ticks: int, number: int = 0, *, order: str = "<", wire: int | None = None) -> bytes:
    """An enhanced packet block."""
    wire = len(octets) if wire is None else wire
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(octets), wire)
    padded = octets + b"\0" * (-len(octets) % 4)
    return block(6, head + padded + option(1, b"a comment", order) + option(0, b"", order), order)


def pcapng(frames: Sequence[bytes], link_type: int = 1) -> bytes:
    """A pcapng file in microseconds, one packet a millisecond."""
    packets = (enhanced(frame, START // 1000 + index * 1000) for index, frame in enumerate(frames))
    return section() + interface(link_type) + b"".join(packets)


def read(source: Source) -> list[Packet]:
    """All packets of a source."""
    return [packet for batch in source.batches() for packet in batch]
