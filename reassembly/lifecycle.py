# cython: annotation_typing=False
"""Beginnings and ends of connections.

Takes segments that open, take over, reset or come after the end; changes the table and has the ends said. Rules
that were chosen, not given:

- A SYN with another number on a live connection is a candidate until what follows confirms it (`confirms`); on one
  that ended it begins a new flow at once.
- After ``fin``, ``rst`` and ``reused`` the connection is remembered, so that its copies are swallowed. Octets
  that go on beyond its end begin a new flow in mid-stream, cut where the old one left off: a forged RST or SYN
  blinds nobody for long.
- Who takes a connection's place ends it ``reused`` if it was silent meanwhile, and if no other lives beside it:
  else its silence means nothing. What goes on talking, goes on.
"""

from reassembly.assembler import Mark
from reassembly.connection import Candidate, Connection, Direction, Stray
from reassembly.counters import Counters
from reassembly.delivery import Delivery
from reassembly.headers import ACK, RST, SYN, Segment
from reassembly.limits import Limits
from reassembly.plausibility import begins, keep_alive, reset_plausible
from reassembly.sequence import MASK, distance
from reassembly.strays import Strays
from reassembly.table import Table


class Lifecycle:
    """How the connections of one engine begin and end."""

    __slots__ = ("_counters", "_delivery", "_limits", "_strays", "_table")

    def __init__(
        self, table: Table, delivery: Delivery, strays: Strays, counters: Counters, limits: Limits
    ) -> None:
        self._table = table
        self._delivery = delivery
        self._strays = strays
        self._counters = counters
        self._limits = limits

    def open(self, segment: Segment, mark: Mark, now: int, ended: Direction | None = None) -> Direction:
        """A new connection, its first packet this one, in place of one that has ended; at a limit the idlest
        goes."""
        if ended is not None:
            self._table.forget(ended.connection)
        while self._counters.flows_now >= self._limits.flows:
            _, idlest = self._table.idlest()
            if idlest is None:
                break
            self._evict(idlest, mark, now)
        beside = self._table.together(segment[0])
        if len(beside) >= self._limits.flows_beside:
            closed = next((connection for connection in beside[1:] if connection.closed), None)
            if closed is not None:
                self._table.forget(closed)
            else:
                self._evict(min(beside[1:], key=_last), mark, now)
        return self._table.open(segment, mark[0], now, ended)

    def _evict(self, connection: Connection, mark: Mark, now: int) -> None:
        self._counters.evicted += 1
        self.end(connection, "evicted", mark, now, remember=False)

    def synchronise(self, direction: Direction, segment: Segment, mark: Mark, now: int) -> bool:
        """A SYN or SYN+ACK on a connection that lives; False: it is not this connection's, or not for sure."""
        _, sequence, acknowledgment, flags, _, _, _, _ = segment
        other = direction.other
        answers = flags & ACK != 0
        connection = direction.connection
        if not begins(direction, segment, self._limits):
            peer_start = acknowledgment if answers else -1
            bare = (*segment[:4], b"", 0, *segment[6:])  # what is kept beyond all limits must not be large
            connection.candidate = Candidate(direction, bare, peer_start, mark, now)
            connection.attention = True
            return False
        if direction.isn < 0:
            direction.isn = sequence
            direction.joined = -1
            direction.assembler.start((sequence + 1) & MASK)
            self._table.tell_sides(connection, other if answers else direction)
            self._delivery.deliver(direction)
        if answers and not other.assembler.running:
            # Nobody acknowledges a SYN that was not sent: where the other side begins is certain.
            other.isn = (acknowledgment - 1) & MASK
            other.joined = -1
            other.assembler.start(acknowledgment)
            self._delivery.deliver(other)
        return True

    def take_over(self, candidate: Candidate, mark: Mark, now: int) -> tuple[Direction, list[Stray]]:
        """The candidate was in earnest: a new connection with both its SYNs, and what came of it too early."""
        old = candidate.direction.connection
        kept = self._strays.take_all(old)
        if old.reset_due:
            self.end(old, "rst", old.reset_mark, now)
        elif candidate.interrupted:
            old.candidate = None
            old.review()
        else:
            self.supersede(old, mark, now)
        opened = self.open(candidate.segment, candidate.mark, now)
        opened.seen = True
        self.synchronise(opened, candidate.segment, candidate.mark, now)
        return opened, kept

    def supersede(self, connection: Connection, mark: Mark, now: int) -> None:
        """A connection that was silent while another took up its addresses and ports; see the module."""
        connection.candidate = None
        connection.review()
        if all(other.closed for other in connection.together if other is not connection):
            self._counters.reused += 1
            self.end(connection, "reused", mark, now)

    def swallowed(self, direction: Direction, segment: Segment) -> bool:
        """A segment of a connection that has ended: True if there is nothing new in it."""
        _, sequence, _, flags, payload, cut, _, _ = segment
        if flags & RST:
            return True
        if flags & SYN:
            return direction.isn == sequence
        if not payload or keep_alive(flags, payload, cut):
            return True
        if not direction.assembler.running:
            return False
        passed = -distance((sequence + len(payload)) & MASK, direction.assembler.after)
        if 0 <= passed <= self._limits.window:
            self._counters.retransmitted += len(payload)
            return True
        return False

    def reset(self, direction: Direction, segment: Segment, mark: Mark, now: int) -> bool:
        """A RST on a connection that lives; False: nothing comes of it."""
        connection = direction.connection
        if not reset_plausible(direction, segment, self._limits):
            self._counters.implausible += 1
            return False
        connection.last = now
        direction.seen = True
        if connection.reset_due:
            return False
        connection.reset_due = now + self._limits.reset_linger
        connection.reset_by = direction
        connection.reset_sequence = segment[1]
        connection.reset_mark = mark
        connection.attention = True
        return True

    def refute_reset(self, direction: Direction, sequence: int) -> None:
        """Octets: who has reset sends nothing more (RFC 9293 §3.5.2), so somebody else sent that RST."""
        connection = direction.connection
        if (
            connection.reset_due
            and direction is connection.reset_by
            and distance(sequence, connection.reset_sequence) >= 0
        ):
            self._counters.implausible += 1
            connection.reset_due = 0
            connection.review()

    def end(self, connection: Connection, reason: str, mark: Mark, now: int, remember: bool = True) -> None:
        """Flush it and say that it is over; remember it, if it said anything."""
        both = (connection.first, connection.second)
        self._strays.take_all(connection)
        self._delivery.flush(connection)
        self._delivery.end(connection, mark, reason)
        if connection.emitted and not all(d.seen or d.acknowledged >= 0 for d in both):
            self._counters.one_direction += 1
        self._table.close(connection)
        if remember and connection.emitted:
            self._table.remember(connection, now + self._limits.time_wait)
        else:
            self._table.forget(connection)


def _last(connection: Connection) -> int:
    return connection.last
