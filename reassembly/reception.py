# cython: annotation_typing=False
"""Segments out of the plain: whose they are, and what they do there.

Takes a segment, the packet that it came in and the engine's time; finds the connection, of those with its addresses
and ports, to which it belongs, or begins one; has its octets put in order, and its connection looked at in time.
What begins and ends a connection is `lifecycle`'s matter, what is plausible in it `plausibility`'s. Rules that were
chosen, not given:

- One octet without PSH is a keep-alive's garbage, not data, where a direction would be joined with it, and behind a
  hole if the other side has acknowledged just that far.
- A segment that is implausible in its flow begins another at once if it came through networks that none of its
  addresses is known to use, else when enough of them fit one another (`Strays`).
"""

from reassembly.assembler import Mark
from reassembly.connection import Candidate, Connection, Direction
from reassembly.counters import Counters
from reassembly.delivery import Delivery
from reassembly.headers import ACK, FIN, RST, SYN, Segment
from reassembly.lifecycle import Lifecycle
from reassembly.limits import Limits
from reassembly.plausibility import confirms, garbage_in_hole, keep_alive, nearness, tells_nothing, whose
from reassembly.sequence import MASK, distance
from reassembly.strays import Strays
from reassembly.table import Table
from reassembly.timers import Timers
from reassembly.waits import Waits


class Reception:
    """That of one engine. ``now`` is its own clock's time everywhere, which never goes back."""

    __slots__ = (
        "_counters",
        "_delivery",
        "_directions",
        "_lifecycle",
        "_limits",
        "_strays",
        "_timers",
        "_waits",
    )

    def __init__(
        self,
        *,
        table: Table,
        delivery: Delivery,
        strays: Strays,
        lifecycle: Lifecycle,
        waits: Waits,
        timers: Timers,
        counters: Counters,
        limits: Limits,
    ) -> None:
        self._directions = table.directions
        self._delivery = delivery
        self._strays = strays
        self._lifecycle = lifecycle
        self._waits = waits
        self._timers = timers
        self._counters = counters
        self._limits = limits

    def begin(self, segment: Segment, mark: Mark, now: int) -> None:
        """The first segment of its addresses and ports."""
        self._take(self._open(segment, mark, now), segment, mark, now)

    def sort(self, direction: Direction, segment: Segment, mark: Mark, now: int) -> None:
        """Give a segment to the connection, of those with its addresses and ports, to which it belongs."""
        path = segment[6]
        connection = direction.connection
        if connection.beside is not None or path != direction.path:
            owner = whose(connection, segment, self._limits)
            if owner is not None:
                direction = owner
                direction.connection.came_by(direction, path, self._limits.flow_paths)
            elif tells_nothing(segment):
                self._counters.implausible += 1
                return
            else:
                direction = self._open(segment, mark, now)
        self._take(direction, segment, mark, now)

    def _take(self, direction: Direction, segment: Segment, mark: Mark, now: int) -> None:
        """A segment of this connection, or of the one that takes its place, or of none that is known."""
        successor = self._successor(direction, segment, mark, now)
        if successor is None:
            return
        direction = successor
        _, sequence, acknowledgment, flags, payload, cut, _, _ = segment
        if flags & RST:
            if self._lifecycle.reset(direction, segment, mark, now):
                self._timers.plan(direction.connection, now)
            return
        if flags & SYN:
            if not self._lifecycle.synchronise(direction, segment, mark, now):
                return
            sequence = (sequence + 1) & MASK  # the SYN counts as one (RFC 9293 §3.4)
        elif nearness(direction, segment, self._limits) < 0:
            self._implausible(direction, segment, mark, now)
            return
        self._hear(direction, now)
        if flags & ACK:
            direction.acknowledged = acknowledgment
        if payload:
            self._lifecycle.refute_reset(direction, sequence)
        if payload or cut or flags & FIN:
            self._accept(direction, segment, sequence, mark, now)
        connection = direction.connection
        if not connection.closed:
            self._waits.note_acknowledged(direction.other, now)
            self._timers.settle(connection, mark, now)

    def _successor(self, direction: Direction, segment: Segment, mark: Mark, now: int) -> Direction | None:
        """Whose the segment is where the connection has ended or is taken over; None: nobody needs it."""
        connection = direction.connection
        candidate = connection.candidate
        if connection.closed:
            swallowed = self._lifecycle.swallowed(direction, segment)
            return None if swallowed else self._open(segment, mark, now, direction)
        if candidate is not None:
            if confirms(candidate, direction, segment, self._limits):
                return self._take_over(candidate, segment, mark, now)
            if now - candidate.since > self._limits.hole_wait:
                connection.candidate = None  # nobody took it up
                connection.review()
        return direction

    def _hear(self, direction: Direction, now: int) -> None:
        """The connection lives, whatever else claims its addresses and ports."""
        connection = direction.connection
        connection.last = now
        direction.seen = True
        if connection.strangers is not None:
            self._strays.heard(connection, now)
        if connection.candidate is not None:
            connection.candidate.interrupted = True

    def _accept(self, direction: Direction, segment: Segment, sequence: int, mark: Mark, now: int) -> None:
        """Its octets begin at ``sequence``."""
        _, _, _, flags, payload, cut, _, _ = segment
        assembler = direction.assembler
        if not assembler.running:
            if direction.former >= 0:
                # Where the connection before left off: what lies below came out of that one already.
                below = -distance(sequence, direction.former)
                below = min(below, len(payload)) if 0 < below <= self._limits.window else 0
                self._counters.retransmitted += below
                sequence = (sequence + below) & MASK
                payload = payload[below:]
            if not (payload or flags & FIN) or (direction.joined < 0 and keep_alive(flags, payload, cut)):
                return
            if direction.joined < 0:
                direction.joined = now
        elif keep_alive(flags, payload, cut) and garbage_in_hole(direction, sequence, payload):
            self._counters.implausible += 1
            return
        if payload or cut:
            assembler.add(sequence, payload, mark, now, cut)
        if flags & FIN:
            assembler.finish((sequence + len(payload) + cut) & MASK, mark, now)
        if direction.joined >= 0 and len(assembler.pieces) >= self._limits.join_segments:
            self._delivery.begin(direction)
        else:
            self._delivery.deliver(direction)
        for changed in self._delivery.bound(direction):
            if not changed.closed:
                self._timers.settle(changed, mark, now)

    def _implausible(self, direction: Direction, segment: Segment, mark: Mark, now: int) -> None:
        """A segment that may be a stranger's; enough of them that fit one another are a connection of strangers."""
        stranger = self._strays.keep(direction, segment, mark, now)
        if stranger is None:
            return
        if not stranger.interrupted:
            self._lifecycle.supersede(direction.connection, mark, now)
        first, its_mark = stranger.segments[0]
        connection: Connection = self._open(first, its_mark, now).connection
        for kept, its_mark in stranger.segments:
            self._take(connection.towards(kept[0]), kept, its_mark, now)

    def _take_over(self, candidate: Candidate, segment: Segment, mark: Mark, now: int) -> Direction:
        """The candidate was in earnest; gives the new connection's direction of the segment."""
        opened, kept = self._lifecycle.take_over(candidate, mark, now)
        self._timers.note_table()
        for stray, its_mark in kept:
            self.sort(self._directions[stray[0]], stray, its_mark, now)
        return opened.connection.towards(segment[0])

    def _open(self, segment: Segment, mark: Mark, now: int, ended: Direction | None = None) -> Direction:
        opened = self._lifecycle.open(segment, mark, now, ended)
        self._timers.note_table()
        return opened
