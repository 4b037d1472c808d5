"""Our own engine, the default: made for what a tap sees, not for what a host would accept.

Takes packets in capture order; gives `StreamData`, `StreamGap` and `StreamEnd` (see `Engine` for the contract). It
must take in its stride what a host never meets: joins in mid-stream, one direction only, octets that the tap lost,
strangers with the same addresses. Nothing is ever waited for without a bound in `Limits`, and all waits run on the
engine's clock, which goes on with the packets' times (`Clocks`).

Rules that were chosen, not given, besides those of `lifecycle`:

- A flow without data or gap has no events, its end included.
- A RST, or the last FIN, flushes; a RST lingers first, for what was captured out of order. Octets beyond the RST
  from its own sender refute it.
- One octet without PSH is a keep-alive's garbage, not data, where a direction would be joined with it, and behind a
  hole if the other side has acknowledged just that far.
- A segment that is implausible in its flow begins another at once if it came through networks that none of its
  addresses is known to use, else when enough of them fit one another (`Strays`).
- At the end of the capture a flow that was already ending keeps its reason.
"""

from capture.packet import Packet
from reassembly.agenda import NEVER
from reassembly.assembler import Mark
from reassembly.clocks import Clocks
from reassembly.connection import Candidate, Connection, Direction
from reassembly.copies import Copies
from reassembly.counters import Counters
from reassembly.delivery import Delivery
from reassembly.engine import EventCallback
from reassembly.events import StreamData
from reassembly.headers import ACK, FIN, RST, SYN, HeaderReader, Segment, networks_of
from reassembly.lifecycle import Lifecycle
from reassembly.limits import DEFAULT_LIMITS, Limits
from reassembly.plausibility import confirms, garbage_in_hole, keep_alive, nearness, tells_nothing, whose
from reassembly.sequence import MASK, distance
from reassembly.strays import Strays
from reassembly.table import Table
from reassembly.waits import Waits


class NativeEngine:
    """An `Engine` in Python, compiled where a compiler is at hand.

    ``separate_vlans`` makes the networks of a packet (VLAN, VNI) part of what tells its flow: no number can mix
    what these keep apart, but a tap that tags the directions of a connection differently shows two flows of one
    side each.
    """

    __slots__ = (
        "_callback",
        "_clock",
        "_clocks",
        "_copies",
        "_delivery",
        "_directions",
        "_due",
        "_latest",
        "_lifecycle",
        "_limits",
        "_mark",
        "_read",
        "_reader",
        "_remember",
        "_step",
        "_strays",
        "_table",
        "_waits",
        "_watching",
        "counters",
    )

    def __init__(
        self,
        callback: EventCallback,
        limits: Limits = DEFAULT_LIMITS,
        server_ports: frozenset[int] = frozenset(),
        verify_checksums: bool = False,
        separate_vlans: bool = False,
    ) -> None:
        self.counters = Counters()
        self._callback = callback
        self._limits = limits
        self._reader = HeaderReader(self.counters, verify_checksums)
        self._read = self._read_separately if separate_vlans else self._reader.read
        self._delivery = Delivery(callback, self.counters, limits)
        self._table = Table(self.counters, limits, server_ports)
        self._directions = self._table.directions
        self._strays = Strays(self.counters, limits)
        self._lifecycle = Lifecycle(self._table, self._delivery, self._strays, self.counters, limits)
        self._waits = Waits(limits, self.counters)
        self._copies = Copies(limits)
        self._remember = self._copies.remember
        self._watching = (
            0  # until this packet even what comes in the plain is remembered, to know its copies; 0: not
        )
        self._clocks = Clocks(self.counters, limits)
        self._step = limits.clock_step
        self._latest = 0  # the latest packet time, on the clock of the packets that come now
        self._clock = 0  # the engine's own, which never goes back
        self._due = NEVER  # before this time of the engine's clock nothing can be due
        self._mark: Mark = (0, 0, "")

    def feed(self, packet: Packet) -> None:
        """Take one packet; the events it completes are called back before this returns."""
        time, octets, wire_length, link_type, number, source = packet
        ahead = time - self._latest
        if 0 < ahead <= self._step:
            self._latest = time
            self._clock += ahead
            if self._clock >= self._due:
                self._run_due()
        elif ahead > self._step or ahead < -self._step:
            self._latest, self._clock = self._clocks.jump(time, self._latest, self._clock)
            self._run_due()
        self._mark = (time, number, source)
        segment = self._read(octets, wire_length, link_type, self._clock)
        if segment is None:
            return
        key, sequence, acknowledgment, flags, payload, cut, path, _ = segment
        direction = self._directions.get(key)
        if direction is None:
            if not tells_nothing(segment):
                self._remember((self._clock, segment))
                self._take(self._open(segment), segment)
            return
        connection = direction.connection
        if flags & (FIN | SYN | RST | ACK) != ACK or cut or connection.attention or path != direction.path:
            self._segment(direction, segment)
            return
        # From here the plain sailing of nearly every packet: an acknowledgment, or octets that are the next ones.
        if payload:
            if not direction.assembler.take(sequence, len(payload)):
                self._segment(direction, segment)
                return
            if self._watching:
                self._remember((self._clock, segment))
            connection.emitted = True
            self._callback(
                StreamData(connection.flow, direction.from_client, time, sequence, number, source, payload)
            )
        elif sequence != direction.assembler.sequence:
            self._segment(direction, segment)
            return
        connection.last = self._clock
        direction.acknowledged = acknowledgment
        if direction.other.waits:
            self._waits.note_acknowledged(direction.other, self._clock)
            self._plan(connection)

    def advance(self, time: int) -> None:
        """Capture time has come to ``time`` (nanoseconds since 1970 UTC) without a packet; waits may end."""
        ahead = time - self._latest
        if ahead > 0:
            self._latest = time
            self._clock += ahead
            if self._clock >= self._due:
                self._run_due()

    def stepped(self, by: int) -> None:
        """The capture's clock was set by ``by`` nanoseconds, forward positive, between the last packet and the
        next.

        Waits go on as if it had not been; events carry the times that the packets carry.
        """
        self._latest += by
        self._clocks.step(by)

    def close(self) -> None:
        """End of capture: what is buffered comes out as data and gaps, then every open flow ends, oldest first."""
        self._reader.close()
        for connection in self._table.open_ones():
            self._delivery.begin_joined(connection)
            if connection.reset_due:
                reason, mark = "rst", connection.reset_mark
            elif connection.first.assembler.finished or connection.second.assembler.finished:
                reason, mark = "fin", connection.fin_mark
            else:
                reason, mark = "capture-end", self._now()
            self._lifecycle.end(connection, reason, mark, self._clock, remember=False)
        self._table.clear()
        self._waits.clear()
        self._due = NEVER

    # Segments out of the plain.

    def _read_separately(self, octets: bytes, wire_length: int | None, link_type: int, time: int) -> Segment | None:
        segment = self._reader.read(octets, wire_length, link_type, time)
        if segment is None or not segment[6]:
            return segment
        return (segment[0] + networks_of(segment[6]), *segment[1:])

    def _segment(self, direction: Direction, segment: Segment) -> None:
        """A segment of addresses and ports that are known, if it is not a copy that the tap made."""
        packets = self.counters.packets
        if segment[3] & (FIN | SYN | RST) or segment[4]:
            self._watching = packets + self._limits.duplicate_watch
            if self._copies.holds(segment, self._clock):
                self.counters.duplicates += 1
                return
            self._remember((self._clock, segment))
        elif packets > self._watching:
            self._watching = 0
        self._sort(direction, segment)

    def _sort(self, direction: Direction, segment: Segment) -> None:
        """Give a segment to the connection, of those with its addresses and ports, to which it belongs."""
        path = segment[6]
        connection = direction.connection
        if connection.beside is not None or path != direction.path:
            owner = whose(connection, segment, self._limits)
            if owner is not None:
                direction = owner
                direction.connection.came_by(direction, path, self._limits.flow_paths)
            elif tells_nothing(segment):
                self.counters.implausible += 1
                return
            else:
                direction = self._open(segment)
        self._take(direction, segment)

    def _take(self, direction: Direction, segment: Segment) -> None:
        """A segment of this connection, or of the one that takes its place, or of none that is known."""
        successor = self._successor(direction, segment)
        if successor is None:
            return
        direction = successor
        _, sequence, acknowledgment, flags, payload, cut, _, _ = segment
        if flags & RST:
            if self._lifecycle.reset(direction, segment, self._mark, self._clock):
                self._plan(direction.connection)
            return
        if flags & SYN:
            if not self._lifecycle.synchronise(direction, segment, self._mark, self._clock):
                return
            sequence = (sequence + 1) & MASK  # the SYN counts as one (RFC 9293 §3.4)
        elif nearness(direction, segment, self._limits) < 0:
            self._implausible(direction, segment)
            return
        self._hear(direction)
        if flags & ACK:
            direction.acknowledged = acknowledgment
        if payload:
            self._lifecycle.refute_reset(direction, sequence)
        if payload or cut or flags & FIN:
            self._accept(direction, sequence, flags, payload, cut)
        connection = direction.connection
        if not connection.closed:
            self._waits.note_acknowledged(direction.other, self._clock)
            self._settle(connection)

    def _successor(self, direction: Direction, segment: Segment) -> Direction | None:
        """Whose the segment is where the connection has ended or is taken over; None: nobody needs it."""
        connection = direction.connection
        candidate = connection.candidate
        if connection.closed:
            return None if self._lifecycle.swallowed(direction, segment) else self._open(segment, direction)
        if candidate is not None:
            if confirms(candidate, direction, segment, self._limits):
                return self._take_over(candidate, segment)
            if self._clock - candidate.since > self._limits.hole_wait:
                connection.candidate = None  # nobody took it up
                connection.review()
        return direction

    def _hear(self, direction: Direction) -> None:
        """The connection lives, whatever else claims its addresses and ports."""
        connection = direction.connection
        connection.last = self._clock
        direction.seen = True
        if connection.strangers is not None:
            self._strays.heard(connection, self._clock)
        if connection.candidate is not None:
            connection.candidate.interrupted = True

    def _accept(self, direction: Direction, sequence: int, flags: int, payload: bytes, cut: int) -> None:
        assembler = direction.assembler
        if not assembler.running:
            if direction.former >= 0:
                # Where the connection before left off: what lies below came out of that one already.
                below = -distance(sequence, direction.former)
                below = min(below, len(payload)) if 0 < below <= self._limits.window else 0
                self.counters.retransmitted += below
                sequence = (sequence + below) & MASK
                payload = payload[below:]
            if not (payload or flags & FIN) or (direction.joined < 0 and keep_alive(flags, payload, cut)):
                return
            if direction.joined < 0:
                direction.joined = self._clock
        elif keep_alive(flags, payload, cut) and garbage_in_hole(direction, sequence, payload):
            self.counters.implausible += 1
            return
        mark = self._mark
        if payload or cut:
            assembler.add(sequence, payload, mark, self._clock, cut)
        if flags & FIN:
            assembler.finish((sequence + len(payload) + cut) & MASK, mark, self._clock)
        if direction.joined >= 0 and len(assembler.pieces) >= self._limits.join_segments:
            self._delivery.begin(direction)
        else:
            self._delivery.deliver(direction)
        for changed in self._delivery.bound(direction):
            if not changed.closed:
                self._settle(changed)

    def _implausible(self, direction: Direction, segment: Segment) -> None:
        """A segment that may be a stranger's; enough of them that fit one another are a connection of strangers."""
        stranger = self._strays.keep(direction, segment, self._mark, self._clock)
        if stranger is None:
            return
        if not stranger.interrupted:
            self._lifecycle.supersede(direction.connection, self._mark, self._clock)
        now = self._mark
        first, self._mark = stranger.segments[0]
        opened = self._open(first)
        for kept, self._mark in stranger.segments:
            self._take(opened.connection.towards(kept[0]), kept)
        self._mark = now

    def _take_over(self, candidate: Candidate, segment: Segment) -> Direction:
        """The candidate was in earnest; gives the new connection's direction of the segment."""
        opened, kept = self._lifecycle.take_over(candidate, self._mark, self._clock)
        self._due = min(self._due, self._table.next_time())
        now = self._mark
        for stray, self._mark in kept:
            self._sort(self._directions[stray[0]], stray)
        self._mark = now
        return opened.connection.towards(segment[0])

    def _open(self, segment: Segment, ended: Direction | None = None) -> Direction:
        opened = self._lifecycle.open(segment, self._mark, self._clock, ended)
        self._due = min(self._due, self._table.next_time())
        return opened

    # Time.

    def _now(self) -> Mark:
        """The capture time at which something is given up, and the packet that brought it there."""
        return self._latest, self._mark[1], self._mark[2]

    def _settle(self, connection: Connection) -> None:
        """End it if both sides have finished, else look at it again when something is due."""
        if connection.first.assembler.finished and connection.second.assembler.finished:
            self._end(connection, "fin", self._mark)
        else:
            self._plan(connection)

    def _end(self, connection: Connection, reason: str, mark: Mark, remember: bool = True) -> None:
        self._lifecycle.end(connection, reason, mark, self._clock, remember)
        self._due = min(self._due, self._table.next_time())

    def _plan(self, connection: Connection) -> None:
        self._due = min(self._due, self._waits.plan(connection, self._clock))

    def _run_due(self) -> None:
        """Do all that is due by now, in the order of its time."""
        now = self._clock
        while (connection := self._waits.due(now)) is not None:
            self._attend(connection)
        while True:
            since, idlest = self._table.idlest()
            if idlest is None or since + self._limits.idle_time > now:
                break
            self.counters.idle += 1
            self._end(idlest, "idle", self._now(), remember=False)
        self._table.forget_closed(now)
        self._due = min(self._waits.next_time(), self._table.next_time())

    def _attend(self, connection: Connection) -> None:
        """A connection of which something was due, if it still is."""
        now = self._clock
        if connection.reset_due and connection.reset_due <= now:
            self._end(connection, "rst", connection.reset_mark)
            return
        for direction in (connection.first, connection.second):
            while self._waits.direction_due(direction, now) <= now:
                self._delivery.give_up(direction)
            self._waits.note_acknowledged(direction, now)
        finished = connection.first.assembler.finished + connection.second.assembler.finished
        if finished == 2 or (finished and self._waits.fin_due(connection) <= now):
            self._end(connection, "fin", connection.fin_mark)
        else:
            self._plan(connection)
