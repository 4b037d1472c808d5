"""The two capture file formats, pcap and pcapng, without any IO.

Takes octets as they come, in chunks of any size; gives the frames that are complete. Written in Python so that no
library decides what a capture may hold: libpcap refuses a pcapng file with interfaces of two link types, and no
compiled module is there on every machine. Both formats: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap
and -pcapng.

Lengths in a file are hostile until checked: nothing is reserved or waited for because of a length above its
limit, and the first one that makes no sense ends the capture there, since nothing behind it can be found again.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from capture.bpf import MAXIMUM_SNAPLEN
from capture.errors import Unsupported
from capture.streams import Cut

Frame = tuple[int, bytes, int, int]
"""Time in nanoseconds since 1970, octets, octets on the wire, LINKTYPE_ number."""

MAXIMUM_BLOCK: Final = 16 * 1024 * 1024
"""Octets of a pcapng block that is held (libpcap's limit too); a longer one is skipped unread, or damage."""
MAXIMUM_INTERFACES: Final = 65_536
"""Per section; the old packet block numbers them with 16 bits."""
LATEST: Final = 2**63 - 1
"""Nanoseconds: the year 2262. A later time is damage, and would not fit into a database either."""

# Files hold LINKTYPE_ numbers; some writers put the DLT_ number of raw IP instead (12 Linux, 14 OpenBSD).
_LINKTYPE_OF: Final = {12: 101, 14: 101}
_SECOND: Final = 1_000_000_000


def too_long(captured: int) -> str:
    """What is wrong with a packet of more than MAXIMUM_SNAPLEN octets."""
    return f"a packet of {captured} octets, more than {MAXIMUM_SNAPLEN}"


class Parser:
    """What both formats share: octets that are held back until an element is whole."""

    inside = "file header"

    def __init__(self, name: str) -> None:
        self.name = name
        self.link_types: list[int] = []
        self.clock_resolution: int | None = None
        self.damage: Cut | None = None
        self.started = False
        """The file header was understood."""
        self._offset = 0  # of the first octet held
        self._pieces: list[bytes] = []
        self._held = 0
        self._needed = 1  # octets of the element that is being waited for
        self._skip = 0  # octets still to be dropped of an element that begins at _offset …
        self._resume = 0  # … and ends here
        self._element = 0  # where in the buffer an element begins that is to be skipped

    def feed(self, octets: bytes) -> list[Frame]:
        """The frames that these octets complete.

        Raises:
            Unsupported: a version of the format that nobody knows.
        """
        if self.damage:
            return []
        if self._skip:
            taken = min(self._skip, len(octets))
            octets = octets[taken:]
            self._skip -= taken
            if self._skip:
                return []
            self._offset = self._resume
        self._pieces.append(octets)
        self._held += len(octets)
        if self._held < self._needed:
            return []  # joined once when it is whole, not at every chunk
        buffer = b"".join(self._pieces)
        frames: list[Frame] = []
        used = self._parse(buffer, frames)
        if used > len(buffer):
            self._skip, self._resume = used - len(buffer), self._offset + used
            self._offset += self._element
            self._pieces, self._held, self._needed = [], 0, 1
        else:
            self._offset += used
            self._pieces, self._held = [buffer[used:]], len(buffer) - used
        return frames

    def end(self) -> Cut | None:
        """Where the capture is cut off or damaged, now that no octets follow; None at a clean end."""
        if self.damage:
            return self.damage
        if self._held or self._skip:
            return Cut(self._offset, self.inside)
        return None

    def _parse(self, buffer: bytes, frames: list[Frame]) -> int:
        """Append what is whole; give the octets used: more than there are to skip the last element."""
        raise NotImplementedError

    def _damaged(self, at: int, what: str) -> int:
        self.damage = Cut(self._offset + at, self.inside, what)
        return at

    def _add_link_type(self, number: int) -> int:
        link_type = _LINKTYPE_OF.get(number, number)
        if link_type not in self.link_types:
            self.link_types.append(link_type)
        return link_type


class PcapParser(Parser):
    """Classic pcap: a header of 24 octets, then records."""

    HEADER: Final = 24
    """Octets in front of the first record."""

    # Magic number in file order -> struct byte order, nanoseconds per tick, record header.
    # a1b2cd34 is Kuznetzov's variant (Red Hat 6, some embedded systems): 8 more octets per record.
    magics: Final = {
        bytes.fromhex("d4c3b2a1"): ("<", 1000, "IIII"),
        bytes.fromhex("a1b2c3d4"): (">", 1000, "IIII"),
        bytes.fromhex("4d3cb2a1"): ("<", 1, "IIII"),
        bytes.fromhex("a1b23c4d"): (">", 1, "IIII"),
        bytes.fromhex("34cdb2a1"): ("<", 1000, "IIII8x"),
        bytes.fromhex("a1b2cd34"): (">", 1000, "IIII8x"),
    }

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._needed = self.HEADER
        self.tick = 1000
        """Nanoseconds of the unit of a time's fraction."""
        self.lengths_may_be_swapped = False
        self.record = struct.Struct("<IIII")
        """The header of a record: seconds, fraction, octets captured, octets on the line."""
        self._link_type = 0

    def _header(self, buffer: bytes) -> None:
        order, self.tick, record = self.magics[buffer[:4]]
        self.record = struct.Struct(order + record)
        major, minor, link = struct.unpack_from(order + "HH12xI", buffer, 4)
        if major != 543 and not (2, 0) <= (major, minor) <= (2, 4):
            what = f"is a pcap file of version {major}.{minor}, which nobody has described"
            raise Unsupported(f"{self.name}: {what}")
        # Up to 2.3, and in DG/UX's 543.0, the two lengths of a record stood the other way round.
        self.lengths_may_be_swapped = (major, minor) != (2, 4)
        self._link_type = self._add_link_type(link & 0xFFFF)  # the upper bits tell of a frame check sequence
        self.clock_resolution = self.tick
        self.started = True
        self.inside = "packet record"

    def _parse(self, buffer: bytes, frames: list[Frame]) -> int:
        at = 0
        if not self.started:
            self._header(buffer)
            at = self.HEADER
        unpack, head = self.record.unpack_from, self.record.size
        tick, link_type, append, end = self.tick, self._link_type, frames.append, len(buffer)
        self._needed = head
        while end - at >= head:
            seconds, fraction, captured, wire = unpack(buffer, at)
            if captured > wire and self.lengths_may_be_swapped:
                captured, wire = wire, captured
            if captured > MAXIMUM_SNAPLEN:
                return self._damaged(at, too_long(captured))
            stop = at + head + captured
            if stop > end:
                self._needed = head + captured
                break
            append((seconds * _SECOND + fraction * tick, buffer[at + head : stop], wire, link_type))
            at = stop
        return at


@dataclass(slots=True)
class _Interface:
    """What an interface description block says."""

    link_type: int
    snaplen: int
    per_second: int = 1_000_000
    """Ticks of its clock."""
    offset: int = 0
    """Nanoseconds to add."""

    def time(self, ticks: int) -> int:
        """Nanoseconds since 1970, within what fits."""
        return max(0, min(ticks * _SECOND // self.per_second + self.offset, LATEST))


_Reader = Callable[[bytes, int, int], Frame | str | None]
"""Takes octets, where in them the block begins, its length; gives a frame, nothing, or what is wrong with
it."""


class PcapngParser(Parser):
    """pcapng: sections of blocks, each with its own byte order, interfaces and clocks."""

    magic: Final = bytes.fromhex("0a0d0d0a")
    _orders: Final = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._needed = 28
        self._use_order("<")
        self._interfaces: list[_Interface] = []
        self._last_time = 0
        # Block type -> shortest length, and its reader. All other blocks are skipped: names, statistics, keys.
        self._readers: dict[int, tuple[int, _Reader]] = {
            0x0A0D0D0A: (28, self._section),
            1: (20, self._interface),
            2: (32, self._old_packet),
            3: (16, self._simple_packet),
            6: (32, self._enhanced_packet),
        }

    def _parse(self, buffer: bytes, frames: list[Frame]) -> int:
        at, end = 0, len(buffer)
        while end - at >= 12:
            length, reader = self._block(buffer, at)
            if isinstance(reader, str):
                return self._damaged(at, reader)
            stop = at + length
            if stop > end:
                if length <= MAXIMUM_BLOCK:
                    self._needed = length
                    return at
                self._element = at
                return stop
            if length <= MAXIMUM_BLOCK and self._word(buffer, stop - 4)[0] != length:
                return self._damaged(at, "a block whose two lengths differ")
            found = reader(buffer, at, length) if reader else None
            if isinstance(found, str):
                return self._damaged(at, found)
            if found:
                frames.append(found)
            at = stop
        self._needed = 12
        return at

    def _block(self, buffer: bytes, at: int) -> tuple[int, _Reader | str | None]:
        """The length of a block and what reads it: nothing if it is to be skipped, or what is wrong with it."""
        if buffer[at : at + 4] == self.magic:  # its byte order stands behind its length
            order = self._orders.get(buffer[at + 8 : at + 12])
            if order is None:
                return 0, "a section without byte order"
            self._use_order(order)
        kind, length = self._pair(buffer, at)
        shortest, reader = self._readers.get(kind, (12, None))
        if length < shortest or length % 4 or (reader and length > MAXIMUM_BLOCK):
            return 0, f"a block of type {kind} and {length} octets"
        return length, reader

    def _use_order(self, order: str) -> None:
        self._order = order
        self._word = struct.Struct(order + "I").unpack_from
        self._pair = struct.Struct(order + "II").unpack_from
        self._packet_words = struct.Struct(order + "8x5I").unpack_from
        self._old_packet_words = struct.Struct(order + "8xHH4I").unpack_from

    def _section(self, buffer: bytes, at: int, _length: int) -> str | None:
        major, minor = struct.unpack_from(self._order + "HH", buffer, at + 12)
        if major != 1:
            if not self.started:
                what = f"is a pcapng file of version {major}.{minor}, which nobody has described"
                raise Unsupported(f"{self.name}: {what}")
            return f"a section of version {major}.{minor}"
        self._interfaces = []
        self.started = True
        self.inside = "pcapng block"
        return None

    def _interface(self, buffer: bytes, at: int, length: int) -> str | None:
        if len(self._interfaces) >= MAXIMUM_INTERFACES:
            return f"more than {MAXIMUM_INTERFACES} interfaces"
        link, snaplen = struct.unpack_from(self._order + "8xHxxI", buffer, at)
        interface = _Interface(self._add_link_type(link), snaplen)
        option, stop = at + 16, at + length - 4
        while stop - option >= 4:
            code, size = struct.unpack_from(self._order + "HH", buffer, option)
            value = option + 4
            if code == 0 or value + size > stop:
                break  # a broken option costs no packets
            if code == 9 and size >= 1:  # if_tsresol: the top bit chooses between powers of 2 and of 10
                base, exponent = (2, buffer[value] & 0x7F) if buffer[value] & 0x80 else (10, buffer[value])
                interface.per_second = base**exponent
            elif code == 14 and size == 8:  # if_tsoffset: signed seconds
                interface.offset = struct.unpack_from(self._order + "q", buffer, value)[0] * _SECOND
            option = value + (size + 3) // 4 * 4
        self._interfaces.append(interface)
        tick = max(1, _SECOND // interface.per_second)
        self.clock_resolution = max(tick, self.clock_resolution or 0)
        return None

    def _enhanced_packet(self, buffer: bytes, at: int, length: int) -> Frame | str:
        return self._packet(buffer, at, length, self._packet_words(buffer, at))

    def _old_packet(self, buffer: bytes, at: int, length: int) -> Frame | str:
        interface, _drops, high, low, captured, wire = self._old_packet_words(buffer, at)
        return self._packet(buffer, at, length, (interface, high, low, captured, wire))

    def _packet(self, buffer: bytes, at: int, length: int, fields: tuple[int, ...]) -> Frame | str:
        interface, high, low, captured, wire = fields
        if interface >= len(self._interfaces):
            return f"a packet of interface {interface}, which is not described"
        if captured > length - 32 or captured > MAXIMUM_SNAPLEN:
            return f"a packet of {captured} octets in a block of {length}"
        described = self._interfaces[interface]
        self._last_time = described.time(high << 32 | low)
        return self._last_time, buffer[at + 28 : at + 28 + captured], wire, described.link_type

    def _simple_packet(self, buffer: bytes, at: int, length: int) -> Frame | str:
        """It has no time, so it gets that of the packet in front of it: the order in the file is all there is."""
        if not self._interfaces:
            return "a packet before any interface is described"
        first = self._interfaces[0]
        wire = self._word(buffer, at + 8)[0]
        captured = min(wire, first.snaplen or wire, length - 16)
        if captured > MAXIMUM_SNAPLEN:
            return too_long(captured)
        return self._last_time, buffer[at + 12 : at + 12 + captured], wire, first.link_type


def parser_for(head: bytes, name: str) -> Parser | None:
    """The parser for the file that begins with ``head`` (4 octets are enough); None if it is no capture."""
    if head[:4] in PcapParser.magics:
        return PcapParser(name)
    if head[:4] == PcapngParser.magic:
        return PcapngParser(name)
    return None
