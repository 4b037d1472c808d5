"""Our own engine, the default: made for what a tap sees, not for what a host would accept.

Takes packets in capture order; gives `StreamData`, `StreamGap` and `StreamEnd` (see `Engine` for the contract). It
must take in its stride what a host never meets: joins in mid-stream, one direction only, octets that the tap lost.
Nothing is ever waited for without a bound in `Limits`, and all waits run on capture time.

Rules that were chosen, not given:

- A flow without data or gap has no events, its end included.
- A SYN with another number on a live connection is a candidate until what follows confirms it (`confirms`); on one
  that ended it begins a new flow at once.
- After ``fin`` and ``rst`` the connection is remembered, so that its copies are swallowed. Octets that go on beyond
  its end begin a new flow in mid-stream, cut where the old one left off: a forged RST blinds nobody for long.
- A RST, or the last FIN, flushes; a RST lingers first, for what was captured out of order. Octets beyond the RST
  from its own sender refute it.
- One octet without PSH is a keep-alive's garbage, not data, where a direction would be joined with it, and behind a
  hole if the other side has acknowledged just that far.
- At the end of the capture a flow that was already ending keeps its reason.
"""

from capture.packet import Packet
from reassembly import strays
from reassembly.agenda import NEVER
from reassembly.assembler import Mark
from reassembly.connection import (
    Candidate,
    Connection,
    Direction,
    Stray,
    confirms,
    garbage_in_hole,
    may_be_acknowledged,
    may_start,
    reset_plausible,
)
from reassembly.counters import Counters
from reassembly.delivery import Delivery
from reassembly.engine import EventCallback
from reassembly.events import StreamData
from reassembly.headers import ACK, FIN, PSH, RST, SYN, HeaderReader, Segment
from reassembly.limits import DEFAULT_LIMITS, Limits
from reassembly.sequence import MASK, distance
from reassembly.table import Table
from reassembly.waits import Waits

_FORGET, _REMEMBER, _REPLACE = 0, 1, 2
"""What becomes of an ended connection: out of the table, kept for `Limits.time_wait`, or overwritten at once."""


class NativeEngine:
    """An `Engine` in Python, compiled where a compiler is at hand."""

    __slots__ = (
        "_callback",
        "_clock",
        "_delivery",
        "_directions",
        "_due",
        "_limits",
        "_mark",
        "_reader",
        "_table",
        "_waits",
        "counters",
    )

    def __init__(
        self,
        callback: EventCallback,
        limits: Limits = DEFAULT_LIMITS,
        server_ports: frozenset[int] = frozenset(),
        verify_checksums: bool = False,
    ) -> None:
        self.counters = Counters()
        self._callback = callback
        self._limits = limits
        self._reader = HeaderReader(self.counters, verify_checksums)
        self._delivery = Delivery(callback, self.counters, limits)
        self._table = Table(self.counters, limits, server_ports)
        self._directions = self._table.directions
        self._waits = Waits(limits, self.counters)
        self._clock = 0
        self._due = NEVER  # before this capture time nothing can be due
        self._mark: Mark = (0, 0, "")

    def feed(self, packet: Packet) -> None:
        """Take one packet; the events it completes are called back before this returns."""
        time, octets, wire_length, link_type, number, source = packet
        if time > self._clock:
            self._clock = time
            if time >= self._due:
                self._run_due()
        self._mark = (time, number, source)
        segment = self._reader.read(octets, wire_length, link_type, time)
        if segment is None:
            return
        key, sequence, acknowledgment, flags, payload, cut, _, _ = segment
        direction = self._directions.get(key)
        if direction is None:
            self._unknown(segment)
            return
        connection = direction.connection
        connection.last = self._clock
        if flags & (FIN | SYN | RST | ACK) != ACK or cut or connection.attention:
            self._segment(direction, segment)
            return
        # From here the plain sailing of nearly every packet: an acknowledgment, or octets that are the next ones.
        direction.acknowledged = acknowledgment
        if payload:
            if not direction.assembler.take(sequence, len(payload)):
                self._segment(direction, segment)
                return
            connection.emitted = True
            self._callback(
                StreamData(connection.flow, direction.from_client, time, sequence, number, source, payload)
            )
        if direction.other.waits:
            self._waits.note_acknowledged(direction.other, self._clock)
            self._plan(connection)

    def advance(self, time: int) -> None:
        """Capture time has come to ``time`` (nanoseconds since 1970 UTC) without a packet; waits may end."""
        if time > self._clock:
            self._clock = time
            if time >= self._due:
                self._run_due()

    def close(self) -> None:
        """End of capture: what is buffered comes out as data and gaps, then every open flow ends, oldest first."""
        self._reader.close()
        for connection in self._table.open_ones():
            if connection.reset_due:
                self._end(connection, "rst", _FORGET, connection.reset_mark)
            elif connection.first.assembler.finished or connection.second.assembler.finished:
                self._end(connection, "fin", _FORGET, connection.fin_mark)
            else:
                self._end(connection, "capture-end", _FORGET, self._now())
        self._table.clear()
        self._waits.clear()
        self._due = NEVER

    # Segments out of the plain.

    def _unknown(self, segment: Segment) -> None:
        """A segment of no connection that is known. Without octets or SYN it tells nothing that will be needed."""
        _, _, _, flags, payload, cut, _, _ = segment
        if flags & RST or not (flags & SYN or payload) or _keep_alive(flags, payload, cut):
            return
        self._segment(self._open(segment), segment)

    def _segment(self, direction: Direction, segment: Segment) -> None:
        """A segment of a known connection, whatever it is."""
        _, sequence, acknowledgment, flags, payload, cut, _, _ = segment
        connection = direction.connection
        if connection.closed:
            if self._swallowed(direction, segment):
                return
            direction = self._open(segment)
        elif connection.candidate is not None:
            if confirms(connection.candidate, direction, segment, self._limits):
                direction = self._take_over(connection.candidate, segment)
            elif self._mark[0] - connection.candidate.time > self._limits.hole_wait:
                connection.candidate = None  # nobody took it up
                connection.review()
        connection = direction.connection
        direction.seen = True
        if flags & RST:
            self._reset(direction, segment)
            return
        if flags & SYN:
            if not self._synchronise(direction, segment):
                return
            sequence = (sequence + 1) & MASK  # the SYN counts as one (RFC 9293 §3.4)
        if flags & ACK:
            direction.acknowledged = acknowledgment
        if (payload or cut or flags & FIN) and self._plausible(direction, segment, sequence):
            self._accept(direction, sequence, flags, payload, cut)
        if not connection.closed:
            self._waits.note_acknowledged(direction.other, self._clock)
            self._settle(connection)

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
            if not (payload or flags & FIN) or (direction.joined < 0 and _keep_alive(flags, payload, cut)):
                return
            if direction.joined < 0:
                direction.joined = self._clock
        elif _keep_alive(flags, payload, cut) and garbage_in_hole(direction, sequence, payload):
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

    def _plausible(self, direction: Direction, segment: Segment, sequence: int) -> bool:
        """Octets or a FIN that may belong to the connection; from others a new one may be told."""
        payload = segment[4]
        assembler = direction.assembler
        connection = direction.connection
        if assembler.anchored:
            ahead = distance(sequence, assembler.sequence)
            window = self._limits.window
            if abs(ahead) > window or (assembler.finished and ahead > 0):
                self._stray(direction, segment)
                return False
            if ahead + len(payload) <= 0:
                return True
        if direction.strays is not None:
            strays.drop(direction, self.counters)
            connection.review()
        if (
            connection.reset_due
            and direction is connection.reset_by
            and payload
            and distance(sequence, connection.reset_sequence) >= 0
        ):
            # Who has reset sends nothing more (RFC 9293 §3.5.2): somebody else sent that RST.
            self.counters.implausible += 1
            connection.reset_due = 0
            connection.review()
        return True

    def _stray(self, direction: Direction, segment: Segment) -> None:
        """An implausible segment; enough of them in a row are a new connection whose SYN was not seen."""
        if strays.keep(direction, segment, self._mark, self.counters, self._limits):
            kept = direction.strays or []
            self._end(direction.connection, "reused", _REPLACE, self._mark)
            self._open(kept[0][0])
            self._replay(kept)

    def _replay(self, kept: list[Stray]) -> None:
        """Segments that came too early, each under its own packet's name."""
        now = self._mark
        for segment, self._mark in kept:
            self._segment(self._directions[segment[0]], segment)
        self._mark = now

    # Beginnings and ends.

    def _open(self, segment: Segment) -> Direction:
        """A new connection, its first packet this one; at the limit the idlest makes room."""
        while self.counters.flows_now >= self._limits.flows:
            _, idlest = self._table.idlest()
            if idlest is None:
                break
            self.counters.evicted += 1
            self._end(idlest, "evicted", _FORGET, self._now())
        direction = self._table.open(segment[0], segment[3], self._mark[0], self._clock)
        self._due = min(self._due, self._table.next_time())
        return direction

    def _synchronise(self, direction: Direction, segment: Segment) -> bool:
        """A SYN or SYN+ACK on a connection that lives; False: it is not this connection's, or not for sure."""
        _, sequence, acknowledgment, flags, _, _, _, _ = segment
        limits = self._limits
        other = direction.other
        start = (sequence + 1) & MASK
        answers = flags & ACK != 0
        if answers and not may_be_acknowledged(other, acknowledgment, limits):
            mine = False
        else:
            mine = direction.isn == sequence or may_start(direction, start, limits)
        connection = direction.connection
        if not mine:
            peer_start = acknowledgment if answers else -1
            connection.candidate = Candidate(direction, sequence, peer_start, flags, self._mark[0])
            connection.attention = True
            return False
        if direction.isn < 0:
            direction.isn = sequence
            direction.joined = -1
            direction.assembler.start(start)
            self._table.tell_sides(connection, other if answers else direction)
            self._delivery.deliver(direction)
        if answers and not other.assembler.running:
            # Nobody acknowledges a SYN that was not sent: where the other side begins is certain.
            other.isn = (acknowledgment - 1) & MASK
            other.joined = -1
            other.assembler.start(acknowledgment)
            self._delivery.deliver(other)
        return True

    def _take_over(self, candidate: Candidate, segment: Segment) -> Direction:
        """The candidate was in earnest: the old connection is over, and the new one begins with both its SYNs."""
        first = candidate.direction
        old = first.connection
        kept = [*(old.first.strays or ()), *(old.second.strays or ())]
        if old.reset_due:
            self._end(old, "rst", _REPLACE, old.reset_mark)
        else:
            self._end(old, "reused", _REPLACE, self._mark)
        syn: Segment = (first.key, candidate.isn, candidate.peer_start & MASK, candidate.flags, b"", 0, b"", 0)
        opened = self._open(syn)
        opened.connection.flow.started = candidate.time
        opened.seen = True
        self._synchronise(opened, syn)
        self._replay(kept)
        return self._directions[segment[0]]

    def _swallowed(self, direction: Direction, segment: Segment) -> bool:
        """A segment of a connection that has ended: True if there is nothing new in it."""
        _, sequence, _, flags, payload, cut, _, _ = segment
        if flags & RST:
            return True
        if flags & SYN:
            return direction.isn == sequence
        if not payload or _keep_alive(flags, payload, cut):
            return True
        if not direction.assembler.running:
            return False
        passed = -distance((sequence + len(payload)) & MASK, direction.assembler.after)
        if 0 <= passed <= self._limits.window:
            self.counters.retransmitted += len(payload)
            return True
        return False

    def _reset(self, direction: Direction, segment: Segment) -> None:
        connection = direction.connection
        if not reset_plausible(direction, segment, self._limits):
            self.counters.implausible += 1
            return
        if not connection.reset_due:
            connection.reset_due = self._clock + self._limits.reset_linger
            connection.reset_by = direction
            connection.reset_sequence = segment[1]
            connection.reset_mark = self._mark
            connection.attention = True
            self._plan(connection)

    def _settle(self, connection: Connection) -> None:
        """End it if both sides have finished, else look at it again when something is due."""
        if connection.first.assembler.finished and connection.second.assembler.finished:
            self._end(connection, "fin", _REMEMBER, self._mark)
        else:
            self._plan(connection)

    def _end(self, connection: Connection, reason: str, then: int, mark: Mark) -> None:
        """Flush it and say that it is over."""
        both = (connection.first, connection.second)
        for direction in both:
            if direction.strays is not None:
                strays.drop(direction, self.counters)
        self._delivery.flush(connection)
        self._delivery.end(connection, mark, reason)
        if reason == "reused":
            self.counters.reused += 1
        if connection.emitted and not all(d.seen or d.acknowledged >= 0 for d in both):
            self.counters.one_direction += 1
        self._table.close(connection)
        if then == _REMEMBER and connection.emitted:
            until = self._clock + self._limits.time_wait
            self._table.remember(connection, until)
            self._due = min(self._due, until)
        elif then != _REPLACE:
            self._table.forget(connection)

    # Time.

    def _now(self) -> Mark:
        """The capture time at which something is given up, and the packet that brought it there."""
        return self._clock, self._mark[1], self._mark[2]

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
            self._end(idlest, "idle", _FORGET, self._now())
        self._table.forget_closed(now)
        self._due = min(self._waits.next_time(), self._table.next_time())

    def _attend(self, connection: Connection) -> None:
        """A connection of which something was due, if it still is."""
        now = self._clock
        if connection.reset_due and connection.reset_due <= now:
            self._end(connection, "rst", _REMEMBER, connection.reset_mark)
            return
        for direction in (connection.first, connection.second):
            while self._waits.direction_due(direction, now) <= now:
                self._delivery.give_up(direction)
            self._waits.note_acknowledged(direction, now)
        finished = connection.first.assembler.finished + connection.second.assembler.finished
        if finished == 2 or (finished and self._waits.fin_due(connection) <= now):
            self._end(connection, "fin", _REMEMBER, connection.fin_mark)
        else:
            self._plan(connection)


def _keep_alive(flags: int, payload: bytes, cut: int) -> bool:
    """One octet without PSH: it looks like a keep-alive with its octet of garbage (RFC 9293 §3.8.4)."""
    return len(payload) + cut == 1 and not flags & (PSH | FIN)
