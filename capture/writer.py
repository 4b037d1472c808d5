"""Packets into a capture file that tcpdump, tshark and our own reader read back as they were.

Takes packets; gives a pcapng file (draft-ietf-opsawg-pcapng) with times in nanoseconds and one interface for each
source and link type, described when its first packet comes. Octets leave in whole blocks: what a full disk cut off
is taken back and kept in memory, so that the file is readable at any time and nothing is lost while the memory
lasts; it is written when there is room again.

The blocks are built here: dpkt's write the captured length in place of the length on the line.
"""

import contextlib
import errno
import os
import stat
import struct
from typing import Final

from capture.bpf import MAXIMUM_SNAPLEN
from capture.closing import Closing
from capture.errors import NotWritable
from capture.packet import Packet

BUFFER_OCTETS: Final = 1 << 20
"""Octets of blocks that wait to be written. Beyond, they are written first; where that fails, nothing is taken."""
INTERFACES: Final = 1_000
"""Described in one section of the file; one more begins a new section, so that readers need not hold them all."""

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6  # block types (§4.1, §4.2, §4.3)
_IF_NAME, _IF_TSRESOL = 2, 9  # options of an interface (§4.2)
_ETHERNET = 1
_NANOSECONDS = b"\x09"  # 10 to the power of -9

_SECTION_BODY = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)  # byte order, version 1.0, length of the section unknown
_HEAD = struct.Struct("<II")
_PACKET_HEAD = struct.Struct(
    "<7I"
)  # type, length, interface, time (high, low), octets captured, octets on the line
_LENGTH = struct.Struct("<I")


class PacketWriter(Closing):
    """One capture file, open for writing, readable by its owner alone. Nothing that it holds is ever written over.

    Args:
        name: of the file; ``-`` and what is no regular file are refused, as what a full disk cut off could not be
            taken back.
        append: go on behind what another writer, perhaps killed, has left in it, in a new section.

    Raises:
        NotWritable: it cannot be opened, holds something that cannot be gone on with, or has no room for its head.
    """

    def __init__(self, name: str, *, append: bool = False) -> None:
        self.name = name
        self.packets = 0
        """Packets that stand in the file …"""
        self.octets = 0
        """… and the octets that were captured of them."""
        self.pending = 0
        """Packets that were taken and do not stand in the file yet."""
        self._interfaces: dict[tuple[str, int], int] = {}
        self._buffer = bytearray(_block(_SECTION, _SECTION_BODY))
        self._descriptor = _open(name)
        try:
            self._written = _whole_blocks(name, self._descriptor, append)  # octets
            os.ftruncate(self._descriptor, self._written)
            self.flush()
        except NotWritable:
            os.close(self._descriptor)
            raise
        except OSError as error:
            os.close(self._descriptor)
            raise NotWritable(f"{name}: cannot be written: {error.strerror}") from error

    def has_room(self, packet: Packet) -> bool:
        """Whether ``write`` takes the packet without having to write to the file."""
        return len(self._buffer) + self._cost(packet) <= BUFFER_OCTETS

    def write(self, packet: Packet) -> None:
        """Take a packet; it stands in the file after ``flush``, or when the buffer is full.

        Raises:
            OSError: the buffer is full and cannot be written; the packet was not taken, and may be offered again.
        """
        if not self.has_room(packet):
            self.flush()
        number = self._interfaces.get((packet.source, packet.link_type))
        if number is None:
            number = self._describe(packet.source, packet.link_type)
        octets = packet.octets
        captured = len(octets)
        length = 32 + captured + -captured % 4
        wire = captured if packet.wire_length is None else packet.wire_length
        high, low = packet.time >> 32, packet.time & 0xFFFFFFFF
        self._buffer += _PACKET_HEAD.pack(_PACKET, length, number, high, low, captured, wire)
        self._buffer += octets + bytes(-captured % 4)
        self._buffer += _LENGTH.pack(length)
        self.pending += 1

    def flush(self) -> None:
        """Write all that was taken.

        Raises:
            OSError: not all of it could be written. The file ends with a whole block; the rest is still held and
                goes out next time.
        """
        done = 0
        try:
            while done < len(self._buffer):
                with memoryview(self._buffer) as octets, octets[done:] as rest:
                    done += os.pwrite(self._descriptor, rest, self._written + done)
        finally:
            done = self._take_out(done)
            self._written += done
            if self._buffer:
                with contextlib.suppress(OSError):  # what is cut off there is written over next time
                    os.ftruncate(self._descriptor, self._written)

    def close(self) -> None:
        """Flush, and give back the descriptor. May be called again.

        Raises:
            OSError: the last packets (``pending``) could not be written.
        """
        if self._descriptor < 0:
            return
        if not self._interfaces:  # tcpdump reads no file without an interface
            self._describe("none", _ETHERNET)
        try:
            self.flush()
        finally:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def _describe(self, source: str, link_type: int) -> int:
        """A new interface, in a new section if this one has enough."""
        if len(self._interfaces) >= INTERFACES:
            self._interfaces.clear()
            self._buffer += _block(_SECTION, _SECTION_BODY)
        number = self._interfaces[source, link_type] = len(self._interfaces)
        self._buffer += _interface(source, link_type)
        return number

    def _cost(self, packet: Packet) -> int:
        """Octets that a packet takes in the file, at most."""
        known = (packet.source, packet.link_type) in self._interfaces
        described = 0 if known else 12 + len(_SECTION_BODY) + len(_interface(packet.source, packet.link_type))
        return 36 + len(packet.octets) + described

    def _take_out(self, limit: int) -> int:
        """Drop from the buffer the blocks that lie within its first ``limit`` octets; gives their octets."""
        at = 0
        while at < limit:
            kind, length = _HEAD.unpack_from(self._buffer, at)
            if at + length > limit:
                break
            if kind == _PACKET:
                self.pending -= 1
                self.packets += 1
                self.octets += _LENGTH.unpack_from(self._buffer, at + 20)[0]
            at += length
        del self._buffer[:at]
        return at


def _block(kind: int, body: bytes) -> bytes:
    """A block (§3.1); ``body`` is a multiple of 4 octets."""
    length = _LENGTH.pack(len(body) + 12)
    return _LENGTH.pack(kind) + length + body + length


def _interface(source: str, link_type: int) -> bytes:
    """The description of an interface (§4.2): link type, snapshot length, name, resolution of its clock.

    libpcap wants the same snapshot length of all.
    """
    name = source.encode("utf-8", "backslashreplace")
    body = struct.pack("<HxxI", link_type, MAXIMUM_SNAPLEN)
    for code, value in ((_IF_NAME, name), (_IF_TSRESOL, _NANOSECONDS), (0, b"")):  # 0 ends the options
        body += struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)
    return _block(_INTERFACE, body)


def _open(name: str) -> int:
    """A descriptor that writes to the file ``name``. A link may lead anywhere, so none is followed."""
    if name == "-":
        raise NotWritable("packets are written to a file only, not to standard output: name one")
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe would block
        descriptor = os.open(name, flags, 0o600)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "is not a regular file")
        except BaseException:
            os.close(descriptor)
            raise
    except OSError as error:
        what = "is a symbolic link: name the file itself" if error.errno == errno.ELOOP else error.strerror
        raise NotWritable(f"{name}: cannot be written: {what}") from error
    except ValueError as error:  # a NUL, or characters that no file name can hold
        raise NotWritable(f"{name!r}: is not a file name") from error
    return descriptor


def _whole_blocks(name: str, descriptor: int, append: bool) -> int:
    """Octets of the whole blocks at the beginning of a file of this writer's kind; none in an empty file."""
    size, at = os.fstat(descriptor).st_size, 0
    if size and not append:
        raise NotWritable(f"{name}: is there already, and nothing is written over: name another file")
    if size and os.pread(descriptor, 12, 0) != _block(_SECTION, _SECTION_BODY)[:12]:
        raise NotWritable(f"{name}: is there already, and is no file that can be gone on with: name another")
    while len(head := os.pread(descriptor, _HEAD.size, at)) == _HEAD.size:
        length = _HEAD.unpack(head)[1]
        if length < 12 or os.pread(descriptor, 4, at + length - 4) != _LENGTH.pack(length):
            break
        at += length
    return at
