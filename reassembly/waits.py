# cython: annotation_typing=False
"""How long a connection waits for what it waits for.

Takes connections and capture times; gives the time at which each must be looked at, and those whose time has come.
Decides nothing but when: what is then given up or ended is the engine's matter. Invariant: while a connection waits
for anything, ``Connection.timer`` is set, and an agenda entry of that time exists.
"""

from reassembly.agenda import NEVER, Agenda
from reassembly.connection import Connection, Direction
from reassembly.counters import Counters
from reassembly.limits import Limits

_MOST_ACKNOWLEDGMENTS = 32  # that one direction remembers apart; of more, the latest ones count as the last of them


class Waits:
    """The waits of one engine, none longer than its limit."""

    __slots__ = ("_agenda", "_counters", "_limits")

    def __init__(self, limits: Limits, counters: Counters) -> None:
        self._counters = counters
        self._limits = limits
        self._agenda: Agenda[Connection] = Agenda()

    def note_acknowledged(self, direction: Direction, now: int) -> None:
        """See whether the other side has what this direction waits for, in whichever of its holes."""
        assembler = direction.assembler
        acknowledged = direction.other.acknowledged
        if not direction.waits or acknowledged < 0 or not assembler.running:
            return
        position = assembler.covered(acknowledged)
        if position < assembler.hole_end():
            return
        known = direction.acknowledgments
        if known is None:
            known = direction.acknowledgments = []
        if known and position <= known[-1][0]:
            return
        if len(known) >= _MOST_ACKNOWLEDGMENTS:
            known.pop()
        known.append((position, now, self._counters.packets))

    def direction_due(self, direction: Direction, now: int) -> int:
        """When this direction stops waiting for lower numbers, or for the octets in its first hole."""
        limits = self._limits
        if direction.joined >= 0:
            return direction.joined + limits.join_wait
        if not direction.waits:
            return NEVER
        since = direction.hole_since
        due = since + limits.hole_wait
        if not direction.other.seen:
            # Nobody is heard who might acknowledge.
            due = self._patient(since, limits.unheard_wait, limits.patience_wait, direction.packets, now)
        if direction.acknowledgments:
            end = direction.assembler.hole_end()
            for position, since, packets in direction.acknowledgments:
                if position >= end:
                    due = self._patient(since, limits.acknowledged_wait, limits.patience_wait, packets, now)
                    break
        return due

    def _patient(self, since: int, wait: int, patience: int, packets: int, now: int) -> int:
        """When a wait of this time ends that waits for packets as well, though not beyond its patience.

        While only packets are missing, that is as soon as the clock moves: few can be in that state at a time, for
        each got there by one of the last `Limits.patience_packets`.
        """
        due = since + wait
        if self._counters.packets - packets < self._limits.patience_packets:
            due = min(max(due, now + 1), since + patience)
        return due

    def plan(self, connection: Connection, now: int) -> int:
        """See to it that the connection is looked at in time; gives that time, or `NEVER`."""
        first, second = connection.first, connection.second
        due = min(self.direction_due(first, now), self.direction_due(second, now))
        if connection.reset_due:
            due = min(due, connection.reset_due)
        if first.assembler.finished != second.assembler.finished:
            due = min(due, self.fin_due(connection))
        if due != NEVER and (connection.timer == 0 or due < connection.timer):
            connection.timer = due
            self._agenda.add(due, connection)
            self._agenda.sweep(_stands)
        return due

    def fin_due(self, connection: Connection) -> int:
        """When a connection of which one side has finished ends, if nothing more comes."""
        alone = not (connection.first.seen and connection.second.seen)
        return connection.last + (self._limits.lone_fin_linger if alone else self._limits.fin_wait)

    def next_time(self) -> int:
        """Before this capture time there is nothing to look at."""
        return self._agenda.next_time()

    def due(self, now: int) -> Connection | None:
        """A connection whose time has come, the earliest first; None: no more."""
        while self._agenda.next_time() <= now:
            time, connection = self._agenda.pop()
            if _stands(time, connection):
                connection.timer = 0
                return connection
        return None

    def clear(self) -> None:
        """Wait for nothing."""
        self._agenda.clear()


def _stands(due: int, connection: Connection) -> bool:
    return connection.timer == due and not connection.closed
