"""The pieces of fragmented IPv4 datagrams, kept until a datagram is whole, then given out at once (RFC 791 §2.3).

Takes pieces in any order; gives those of a whole datagram in the order of their octets, as they came. Invariant:
what is given out lies end to end from octet 0, overlaps nowhere, and fits a datagram, so that whoever glues it,
libnids, cannot go wrong. Pieces that overlap without being copies are nobody's honest work (RFC 5722 says why):
their datagram is given up. Time is capture time.
"""

from dataclasses import dataclass, field

DATAGRAMS = 1_024
"""Datagrams that are waited for. One more: the one that began first is given up."""
PIECES = 512
"""Pieces of one datagram; libnids throws away what needs many more. One more: the datagram is given up."""
OCTETS = 8 << 20
"""Octets that wait in all. Above: the datagrams that began first are given up."""
WAIT = 30_000_000_000
"""Nanoseconds from a datagram's first piece until it is given up."""

_MORE = 0x2000
_MOST = 65_535


@dataclass(slots=True)
class _Datagram:
    since: int
    pieces: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    """By the position of its first octet: (position behind its last octet, the piece with its header)."""
    end: int | None = None
    """Octets of the whole; None until the last piece has come."""
    octets: int = 0


class Pieces:
    """Those of one capture."""

    def __init__(self) -> None:
        self.seen = 0
        self.joined = 0
        """Datagrams given out."""
        self.dropped = 0
        """Pieces that were refused, or whose datagram was given up."""
        self._waiting: dict[bytes, _Datagram] = {}
        self._octets = 0

    def add(self, time: int, piece: bytes, header: int) -> list[bytes]:
        """Take a piece.

        Args:
            time: nanoseconds of capture time.
            piece: an IPv4 datagram with "more fragments" set or an offset, its header the length it says.
            header: octets of its header.

        Returns:
            All pieces of its datagram if they are there now, else none.
        """
        self.seen += 1
        self._expire(time)
        word = piece[6] << 8 | piece[7]
        start = (word & 0x1FFF) << 3
        end = start + len(piece) - header
        more = bool(word & _MORE)
        if end == start or (more and (end - start) & 7) or end + header > _MOST:
            self.dropped += 1
            return []
        key = piece[4:6] + piece[9:10] + piece[12:20]  # identification, protocol, addresses
        datagram = self._waiting.get(key)
        if datagram is None:
            datagram = self._waiting[key] = _Datagram(time)
        elif datagram.pieces.get(start, (0, b""))[0] == end:
            return []  # a copy
        last = datagram.end if more else end
        if (
            datagram.end not in (None, last)
            or len(datagram.pieces) == PIECES
            or any(start < other_end and other < end for other, (other_end, _) in datagram.pieces.items())
            or (last is not None and max((end, *(e for e, _ in datagram.pieces.values()))) > last)
        ):
            self.dropped += 1
            self._give_up(key)
            return []
        datagram.pieces[start] = (end, piece)
        datagram.end = last
        datagram.octets += end - start
        self._octets += len(piece)
        if datagram.octets == last:
            self._forget(key)
            self.joined += 1
            return [piece for _, (_, piece) in sorted(datagram.pieces.items())]
        while self._octets > OCTETS or len(self._waiting) > DATAGRAMS:
            self._give_up(next(iter(self._waiting)))
        return []

    def close(self) -> None:
        """End of capture: nothing becomes whole any more."""
        for key in list(self._waiting):
            self._give_up(key)

    def _expire(self, time: int) -> None:
        while self._waiting:
            key, first = next(iter(self._waiting.items()))
            if first.since + WAIT > time:
                break
            self._give_up(key)

    def _give_up(self, key: bytes) -> None:
        self.dropped += len(self._forget(key).pieces)

    def _forget(self, key: bytes) -> _Datagram:
        datagram = self._waiting.pop(key)
        self._octets -= sum(len(piece) for _, piece in datagram.pieces.values())
        return datagram
