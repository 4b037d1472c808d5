# cython: annotation_typing=False
"""One direction of one connection: octets in any order in, octets in sequence order out, each once.

Takes segments (`take`, `add`) and the number at which the direction ends (`finish`); gives what is in order
(`ready`), and on request gives up a hole (`skip`). It decides nothing about time: who waits how long for which hole
is the engine's matter. Every piece keeps the time, number and source of the packet that brought it.

Invariant, with positions counted from the direction's own origin, so that the wrap of sequence numbers ends at the
door:

- octets below ``edge`` were handed out or given up, and never come out again;
- ``pieces`` are sorted, do not overlap, and lie wholly at or above ``edge`` (while ``running``);
- after `ready`, no piece begins at ``edge``: either nothing waits or there is a hole in front of what waits.

First octets win: an octet that is buffered is never replaced. Where two copies at hand differ, that is counted.
While not ``running`` the direction's first number is not known, pieces lie anywhere, and nothing comes out until
`start` tells the first number or `begin` settles for the lowest one seen.
"""

from bisect import bisect_right
from operator import itemgetter

from reassembly.counters import Counters
from reassembly.sequence import MASK, distance

Piece = tuple[int, bytes, int, int, str, int]
"""(position, octets, packet's time, packet's number, packet's source, capture time at which it came)."""

Ready = tuple[int, bytes, int, int, str]
"""(sequence number, octets, packet's time, number, source)."""

Mark = tuple[int, int, str]
"""A packet's (time, number, source)."""

_MASK = MASK
_position = itemgetter(0)
_FAR = 1 << 40  # where positions begin: high, so that lower ones found at a join are positive too
_NEAR = 1 << 20  # octets of which nobody asks whether they are this connection's
_MOST_GAPS = 32  # given-up ranges that are remembered to tell late octets from repeated ones: a count, no more


class Assembler:
    """One direction; see the module for the invariant."""

    __slots__ = (
        "_counters",
        "_gaps",
        "_known",
        "_known_mark",
        "_origin",
        "anchored",
        "buffered",
        "edge",
        "fin",
        "fin_arrived",
        "fin_mark",
        "pieces",
        "running",
        "sequence",
    )

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self.running = False
        """Octets may be handed out: the first number is known or settled for."""
        self.anchored = False
        """Something was seen, so that ``sequence`` and ``edge`` belong together."""
        self.sequence = 0
        """Sequence number of the octet at ``edge``."""
        self.edge = _FAR
        """Position of the next octet to hand out."""
        self.pieces: list[Piece] = []
        self.buffered = 0
        """Octets in ``pieces``."""
        self.fin = -1
        """Position of the FIN, which is where the octets end; -1: none seen."""
        self.fin_mark: Mark = (0, 0, "")
        self.fin_arrived = 0
        self._origin = _FAR
        self._gaps: list[tuple[int, int]] | None = None
        self._known = 0  # octets up to this position were on the line, though the capture may have cut them off
        self._known_mark: Mark = (0, 0, "")

    @property
    def finished(self) -> bool:
        """All octets up to the FIN were handed out or given up."""
        return self.running and 0 <= self.fin <= self.edge

    @property
    def after(self) -> int:
        """Sequence number behind all that was handed out or given up, the FIN's own included."""
        return (self.sequence + 1) & MASK if self.finished else self.sequence

    @property
    def waiting(self) -> bool:
        """There is a hole in front of a piece or of the FIN (or, while not running, something to begin with)."""
        return bool(self.pieces) or (self.fin >= 0 and not self.finished)

    def start(self, sequence: int) -> None:
        """The first octet has this number, by the SYN or by what acknowledges it."""
        if self.anchored:
            self.edge += distance(sequence, self.sequence)
        self.anchored = self.running = True
        self.sequence = sequence
        self._origin = self.edge
        while self.pieces and self.pieces[0][0] < self.edge:
            # The caller asks only where nothing lies below; if something does, it is of another connection.
            self._counters.late_octets += len(self._drop_first()[1])

    def begin(self) -> None:
        """Settle for the lowest number seen as the first."""
        if self.pieces:
            self._move(self.pieces[0][0])
        elif self.fin >= 0:
            self._move(self.fin)
        self._origin = self.edge
        self.running = True

    def take(self, sequence: int, length: int) -> bool:
        """True if these octets are the next ones and nothing waits: the caller hands them out as they are."""
        if sequence != self.sequence or self.pieces or not self.running or self.fin >= 0:
            return False
        self.sequence = (sequence + length) & _MASK
        self.edge += length
        return True

    def pass_by(self, sequence: int, length: int) -> bool:
        """True if these octets, which nobody wants, could be counted as handed out, with all in front of them.

        Not where something waits or is about to end, nor far from where this direction stands.
        """
        if self.pieces or not self.running or self.fin >= 0:
            return False
        ahead = distance(sequence, self.sequence)
        if not -_NEAR < ahead < _NEAR:
            return False
        if ahead + length > 0:
            self.sequence = (sequence + length) & _MASK
            self.edge += ahead + length
        return True

    def add(self, sequence: int, octets: bytes, mark: Mark, arrived: int, cut: int = 0) -> None:
        """Keep what is new of a segment; ``cut`` octets behind it were on the line and are not in the capture."""
        if not self.anchored:
            self.anchored = True
            self.sequence = sequence
        start = self.edge + distance(sequence, self.sequence)
        end = start + len(octets)
        if self.fin >= 0 and end > self.fin:
            if start == self.fin and end == start + 1:
                return  # a keep-alive: one octet of nothing in the place of the FIN (RFC 9293 §3.8.4)
            self.fin = -1  # octets go on where it said they end: it was none of this connection's
        if cut and end + cut > self._known:
            self._known = end + cut
            self._known_mark = mark
        if self.running and start < self.edge:
            below = min(end, self.edge) - start
            self._count_below(start, start + below)
            if end <= self.edge:
                return
            octets = octets[below:]
            start = self.edge
        self._insert(start, octets, mark, arrived)

    def _insert(self, start: int, octets: bytes, mark: Mark, arrived: int) -> None:
        """Fill the free places between the pieces with the octets from position ``start``."""
        pieces = self.pieces
        end = start + len(octets)
        at = start
        index = max(bisect_right(pieces, start, key=_position) - 1, 0)
        while at < end:
            while index < len(pieces) and pieces[index][0] + len(pieces[index][1]) <= at:
                index += 1
            free = end if index == len(pieces) else min(end, pieces[index][0])
            if at < free:
                part = octets if free - at == len(octets) else octets[at - start : free - start]
                pieces.insert(index, (at, part, mark[0], mark[1], mark[2], arrived))
                self._count_buffered(len(part), 1)
                at = free
            else:
                first, old = pieces[index][0], pieces[index][1]
                stop = min(end, first + len(old))
                if old[at - first : stop - first] != octets[at - start : stop - start]:
                    self._counters.overlaps_conflicting += 1
                self._counters.retransmitted += stop - at
                at = stop

    def finish(self, sequence: int, mark: Mark, arrived: int) -> None:
        """A FIN has this number: the octets end before it. The first plausible FIN is believed."""
        if not self.anchored:
            self.anchored = True
            self.sequence = sequence
        position = self.edge + distance(sequence, self.sequence)
        last = self.pieces[-1][0] + len(self.pieces[-1][1]) if self.pieces else position
        if self.fin >= 0 or position < last or (self.running and position < self.edge):
            return
        self.fin = position
        self.fin_mark = mark
        self.fin_arrived = arrived

    def ready(self) -> list[Ready]:
        """Take out what is in order now."""
        out: list[Ready] = []
        if not self.running:
            return out
        while self.pieces and self.pieces[0][0] == self.edge:
            piece = self._drop_first()
            out.append((self.sequence, *piece[1:5]))
            self._move(self.edge + len(piece[1]))
        return out

    def skip(self, acknowledged: int) -> tuple[int, Mark]:
        """Give up the first hole: its length, and the packet behind it. Length 0: there is none.

        ``acknowledged`` is how far the other side has the octets, -1 if that was not seen.
        """
        mark: Mark
        if self.pieces:
            target = self.pieces[0][0]
            mark = self.pieces[0][2:5]
        elif self.fin > self.edge:
            target = self.fin
            mark = self.fin_mark
        else:
            target = self.edge if self.finished else max(self._known, self.edge)
            mark = self._known_mark
        length = target - self.edge
        if length > 0:
            if self._gaps is None:
                self._gaps = []
            self._gaps.append((self.edge, target))
            del self._gaps[:-_MOST_GAPS]
            self._counters.gaps += 1
            self._counters.gap_octets += length
            if acknowledged >= 0:
                unseen = min(self.edge + distance(acknowledged, self.sequence), target) - max(
                    self.edge, self._known
                )
                self._counters.unseen_acknowledged += max(unseen, 0)
            self._move(target)
        return length, mark

    def hole_since(self) -> int:
        """Capture time since which the first hole is known."""
        return self.pieces[0][5] if self.pieces else self.fin_arrived

    def hole_end(self) -> int:
        """Position behind the first hole."""
        return self.pieces[0][0] if self.pieces else self.fin

    def covered(self, sequence: int) -> int:
        """Position up to which an acknowledgment number tells of holes: not beyond the last one that is known."""
        last = max(self.pieces[-1][0], self.fin) if self.pieces else self.fin
        return min(self.edge + distance(sequence, self.sequence), last)

    def _move(self, position: int) -> None:
        self.sequence = (self.sequence + position - self.edge) & _MASK
        self.edge = position

    def _drop_first(self) -> Piece:
        piece = self.pieces.pop(0)
        self._count_buffered(-len(piece[1]), -1)
        return piece

    def _count_buffered(self, octets: int, segments: int) -> None:
        counters = self._counters
        self.buffered += octets
        counters.buffered += octets
        counters.buffered_segments += segments
        counters.buffered_peak = max(counters.buffered, counters.buffered_peak)

    def _count_below(self, start: int, end: int) -> None:
        """Octets below the edge: late where they were given up or lie ahead of the origin, else repeated."""
        late = max(0, min(end, self._origin) - start)
        for first, last in self._gaps or ():
            late += max(0, min(end, last) - max(start, first))
        self._counters.late_octets += late
        self._counters.retransmitted += end - start - late
