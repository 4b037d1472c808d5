"""Fragmented datagrams made whole, whatever order their pieces come in.

Takes pieces with the key of their datagram and the time at which they were captured; gives the datagram with the
piece that completes it. Where pieces overlap, the first octets win in IPv4, and nobody can make us forget them; in
IPv6 the datagram is refused (RFC 5722 §4). A piece that a mirror shows twice is swallowed, also when its datagram
has been whole already, so that the copy waits for nothing and mixes with no later datagram of the same number.

Invariant: what is held stays within `FragmentLimits`, whatever comes; pieces of one datagram do not overlap.
"""

from bisect import bisect_left
from collections import OrderedDict
from dataclasses import dataclass

from capture.packet import Packet
from reassembly.counters import Counters

SECOND = 1_000_000_000
MOST_OCTETS = 65_535
"""Octets that the pieces of a datagram may span (RFC 791 §3.1, RFC 8200 §4.5)."""
PIECE_COST = 128
"""Octets that a piece counts for beyond its own, so that tiny ones are bounded too."""

DatagramKey = tuple[bytes, bytes, int]
"""(path, addresses, identification and, in IPv4, protocol): pieces with one key are one datagram's."""
Piece = tuple[int, int, bytes]
"""(begin, end, what was captured of the octets between, from the begin on)."""
Whole = tuple[bytes, int, int]
"""(octets up to the first that the capture does not hold, length on the line, what the first piece begins with: the
IP protocol)."""


@dataclass(frozen=True, slots=True)
class FragmentLimits:
    """Bounds of one defragmenter; times are nanoseconds of capture time."""

    datagrams: int = 4_096
    """Datagrams not whole. One more: the oldest is dropped."""
    octets: int = 16 << 20
    """Octets in their pieces, `PIECE_COST` for each piece included. Above: the same."""
    pieces: int = 256
    """Pieces of one datagram. One more: that datagram is dropped."""
    wait: int = 30 * SECOND
    """How long a datagram waits from its first piece. A host waits up to 60 s (RFC 1122 §3.3.2, RFC 8200 §4.5); a
    tap sees pieces within moments, and the longer it waits the likelier two datagrams with one number are mixed."""
    copies: int = 512
    """Datagrams whose pieces are remembered after they were whole. One more: the oldest is forgotten."""
    copy_wait: int = 2 * SECOND
    """How long they are."""


DEFAULT_FRAGMENT_LIMITS = FragmentLimits()


class _Datagram:
    """One that is not whole yet."""

    __slots__ = ("covered", "header", "length", "packets", "pieces", "refused", "since", "unwanted")

    def __init__(self, since: int) -> None:
        self.since = since
        self.pieces: list[Piece] = []
        """By begin."""
        self.packets: list[Packet] = []
        """See `Defragmenter.attach`."""
        self.covered = 0
        """Octets between their begins and ends."""
        self.length = -1
        """Of the whole, as the last piece says; -1: not known."""
        self.header = 0
        self.refused = False
        """It overlaps itself, or has too many pieces: what comes of it is dropped."""
        self.unwanted = False
        """It holds nothing that we look for."""


class Defragmenter:
    """The datagrams of one capture that are not whole yet."""

    __slots__ = ("_copies", "_counters", "_datagrams", "_held", "_last", "_limits", "_packets", "_time")

    def __init__(self, counters: Counters, limits: FragmentLimits = DEFAULT_FRAGMENT_LIMITS) -> None:
        self._counters = counters
        self._limits = limits
        self._datagrams: OrderedDict[DatagramKey, _Datagram] = OrderedDict()
        self._copies: OrderedDict[DatagramKey, tuple[int, frozenset[tuple[int, int, int]]]] = OrderedDict()
        self._held = 0
        self._time = 0
        self._last: _Datagram | None = None
        """Where the last piece went to; None: it was of no use."""
        self._packets: list[Packet] = []
        """Those attached to it until then."""

    @property
    def held(self) -> int:
        """Octets that wait, as `FragmentLimits.octets` counts them, those of attached packets included."""
        return self._held

    def advance(self, time: int) -> None:
        """Capture time has come to ``time``: drop what has waited long enough.

        Where the capture's clock was set back by more than that, waits end as well.
        """
        self._time = time
        while self._datagrams:
            key = next(iter(self._datagrams))
            if abs(time - self._datagrams[key].since) <= self._limits.wait:
                break
            self._drop(self._datagrams.pop(key))
        while self._copies:
            key = next(iter(self._copies))
            if abs(time - self._copies[key][0]) <= self._limits.copy_wait:
                break
            del self._copies[key]

    def refuse(self, key: DatagramKey) -> None:
        """Want no piece of this datagram, neither those that are here nor those that come."""
        datagram = self._datagrams.get(key) or self._begin(key)
        self._empty(datagram)
        datagram.unwanted = True

    def wants(self, key: DatagramKey) -> bool:
        """The datagram was not refused so."""
        datagram = self._datagrams.get(key)
        return datagram is None or not datagram.unwanted

    def add(self, key: DatagramKey, piece: Piece, more: bool, header: int) -> Whole | None:
        """Take one piece; gives the datagram if that makes it whole.

        ``more``: it is not the last one. ``header``: the IP protocol that the datagram holds, as this piece says.
        """
        counters = self._counters
        counters.fragments += 1
        self._last = None
        begin, end, octets = piece
        version_6 = len(key[1]) > 8
        if more and not version_6:
            end -= (end - begin) & 7  # as hosts do: the next one can only begin there
        if not begin < end <= MOST_OCTETS or (more and (end - begin) & 7):
            counters.fragments_dropped += 1
            return None
        piece = begin, end, octets[: end - begin]
        if self._is_copy(key, piece):
            return None
        datagram = self._datagrams.get(key) or self._begin(key)
        if version_6 and _overlaps(datagram, piece):
            self._drop(datagram)
            datagram.refused = True
        last = datagram.pieces[-1][1] if datagram.pieces else 0
        beyond = end > datagram.length if datagram.length >= 0 else not more and end < last
        if datagram.refused or beyond:
            counters.fragments_dropped += 1
            return None
        if not more and datagram.length < 0:
            datagram.length = end
        if begin == 0 and not (datagram.pieces and datagram.pieces[0][0] == 0):
            datagram.header = header
        before = datagram.covered
        self._fill(datagram, piece)
        if datagram.covered > before:
            self._last = datagram
            self._packets = datagram.packets
        if datagram.covered == datagram.length:
            return self._complete(key, datagram)
        self._bound(datagram)
        return None

    def attach(self, packet: Packet) -> tuple[Packet, ...]:
        """For who keeps packets: the last piece came in this one; gives those that its datagram came in so far.

        What is attached waits, and is forgotten, with the datagram. A piece that was of no use comes alone.
        """
        datagram = self._last
        if datagram is None:
            return (packet,)
        packets = (*self._packets, packet)
        if datagram.pieces:  # it waits still
            datagram.packets.append(packet)
            self._held += len(packet.octets)
            self._bound(datagram)
        return packets

    def close(self) -> None:
        """End of capture: what is not whole will not be."""
        for datagram in self._datagrams.values():
            self._drop(datagram)
        self._datagrams.clear()
        self._copies.clear()

    def _begin(self, key: DatagramKey) -> _Datagram:
        datagram = self._datagrams[key] = _Datagram(self._time)
        if len(self._datagrams) > self._limits.datagrams:
            self._drop(self._datagrams.popitem(last=False)[1])
        return datagram

    def _fill(self, datagram: _Datagram, piece: Piece) -> None:
        """Put in what no piece before has."""
        begin, end, octets = piece
        pieces = datagram.pieces
        at = begin
        index = bisect_left(pieces, (begin, 0, b""))
        if index and pieces[index - 1][1] > at:
            at = pieces[index - 1][1]
        while at < end:
            stop = end if index == len(pieces) else min(end, pieces[index][0])
            if at < stop:
                part = octets[at - begin : stop - begin]
                pieces.insert(index, (at, stop, part))
                datagram.covered += stop - at
                self._held += len(part) + PIECE_COST
                index += 1
            if stop == end:
                break
            at = pieces[index][1]
            index += 1

    def _complete(self, key: DatagramKey, datagram: _Datagram) -> Whole:
        self._counters.datagrams_joined += 1
        pieces = datagram.pieces
        captured = []
        for begin, end, octets in pieces:
            captured.append(octets)
            if len(octets) < end - begin:
                break  # cut off by the capture: what lies behind has no place in a segment
        self._copies[key] = self._time, frozenset((begin, end, hash(octets)) for begin, end, octets in pieces)
        if len(self._copies) > self._limits.copies:
            self._copies.popitem(last=False)
        self._empty(datagram)
        del self._datagrams[key]
        return b"".join(captured), datagram.length, datagram.header

    def _is_copy(self, key: DatagramKey, piece: Piece) -> bool:
        """It was part of a datagram that has been whole; if it was not, that number has begun anew."""
        remembered = self._copies.get(key)
        if remembered is None:
            return False
        begin, end, octets = piece
        if (begin, end, hash(octets)) in remembered[1]:
            return True
        del self._copies[key]
        return False

    def _bound(self, datagram: _Datagram) -> None:
        if len(datagram.pieces) > self._limits.pieces:
            self._drop(datagram)
            datagram.refused = True
        while self._held > self._limits.octets:
            self._drop(self._datagrams.popitem(last=False)[1])

    def _drop(self, datagram: _Datagram) -> None:
        self._counters.fragments_dropped += len(datagram.pieces)
        self._empty(datagram)

    def _empty(self, datagram: _Datagram) -> None:
        for _, _, octets in datagram.pieces:
            self._held -= len(octets) + PIECE_COST
        datagram.pieces = []
        self._held -= sum([len(packet.octets) for packet in datagram.packets])
        datagram.packets = []
        datagram.covered = 0


def _overlaps(datagram: _Datagram, piece: Piece) -> bool:
    """It covers octets that another one has, and is no copy of it."""
    pieces = datagram.pieces
    index = bisect_left(pieces, (piece[0], 0, b""))
    if index < len(pieces) and pieces[index] == piece:
        return False
    before = index > 0 and pieces[index - 1][1] > piece[0]
    return before or (index < len(pieces) and pieces[index][0] < piece[1])
