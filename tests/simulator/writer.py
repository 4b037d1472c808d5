"""Frames into files: pcap in every form, pcapng, gzip, rotation.

Takes frames; writes exactly the octets that the format's description demands, built here by hand so that a reader
is not judged by its own library (draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng).
"""

import gzip
import struct
from collections.abc import Iterable
from pathlib import Path

from .packets import Frame

ETHERNET = 1
SNAPLEN = 262144
MICROSECONDS, NANOSECONDS = 0xA1B2C3D4, 0xA1B23C4D


def pcap(
    frames: Iterable[Frame], *, nano: bool = False, big_endian: bool = False, link_type: int = ETHERNET
) -> bytes:
    """A classic capture file."""
    order = ">" if big_endian else "<"
    out = [struct.pack(f"{order}IHHiIII", NANOSECONDS if nano else MICROSECONDS, 2, 4, 0, 0, SNAPLEN, link_type)]
    for frame in frames:
        seconds, fraction = divmod(frame.time, 1_000_000_000)
        header = (seconds, fraction if nano else fraction // 1000, len(frame.octets), frame.wire_length)
        out.append(struct.pack(f"{order}IIII", *header) + frame.octets)
    return b"".join(out)


def pcapng(frames: Iterable[Frame], *, big_endian: bool = False) -> bytes:
    """A capture with two interfaces of different resolutions, used in turn, comments and an unknown block."""
    order = ">" if big_endian else "<"
    section = struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1) + _options(order, (1, b"simulated"))
    out = [_block(order, 0x0A0D0D0A, section)]
    for name, resolution in ((b"eth0", 6), (b"eth1", 9)):
        body = struct.pack(f"{order}HHI", ETHERNET, 0, SNAPLEN)
        out.append(_block(order, 1, body + _options(order, (2, name), (9, bytes([resolution])))))
    out.append(_block(order, 0x80000BAD, b"a block for local use, to be stepped over"))
    for number, frame in enumerate(frames):
        # Stamps that microseconds cannot hold belong to the interface with nanoseconds.
        interface = 1 if number % 2 or frame.time % 1000 else 0
        ticks = frame.time // (1, 1000)[interface == 0]
        length = len(frame.octets)
        body = struct.pack(f"{order}IIIII", interface, ticks >> 32, ticks & 0xFFFFFFFF, length, frame.wire_length)
        body += frame.octets + bytes(-length % 4)
        comment = _options(order, (1, "注释 a comment".encode())) if number % 10 == 0 else b""
        out.append(_block(order, 6, body + comment))
    return b"".join(out)


def _block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + length + body + length


def _options(order: str, *options: tuple[int, bytes]) -> bytes:
    out = b"".join(
        struct.pack(f"{order}HH", code, len(value)) + value + bytes(-len(value) % 4) for code, value in options
    )
    return out + struct.pack(f"{order}HH", 0, 0)


def gzipped(octets: bytes) -> bytes:
    """Compressed, without name and time, so that the same capture gives the same file."""
    return gzip.compress(octets, mtime=0)


def rotated(frames: list[Frame], number: int) -> list[bytes]:
    """The capture in so many files, as a daemon that rotates writes them."""
    size = -(-len(frames) // number)
    return [pcap(frames[at : at + size]) for at in range(0, size * number, size)]


def write(path: Path, frames: Iterable[Frame]) -> Path:
    """A capture in the form that the name's ending asks for: ``.pcap``, ``.pcapng``, either with ``.gz``."""
    octets = pcapng(frames) if ".pcapng" in path.name else pcap(frames)
    path.write_bytes(gzipped(octets) if path.suffix == ".gz" else octets)
    return path
