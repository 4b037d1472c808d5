# cython: annotation_typing=False
"""What is due by now, done: holes given up, connections ended.

Takes connections of which something changed, and capture times; sees to it that each is looked at when `Waits` says
so, and does then what is due. Invariant: before ``due`` nothing is, so that a packet need look at nothing else.
"""

from reassembly.agenda import NEVER
from reassembly.assembler import Mark
from reassembly.connection import Connection
from reassembly.counters import Counters
from reassembly.delivery import Delivery
from reassembly.lifecycle import Lifecycle
from reassembly.limits import Limits
from reassembly.table import Table
from reassembly.waits import Waits


class Timers:
    """Those of one engine. ``now`` is its own clock's time everywhere, which never goes back."""

    __slots__ = ("_counters", "_delivery", "_lifecycle", "_limits", "_table", "_waits", "due")

    def __init__(
        self,
        *,
        table: Table,
        delivery: Delivery,
        lifecycle: Lifecycle,
        waits: Waits,
        counters: Counters,
        limits: Limits,
    ) -> None:
        self.due = NEVER
        self._table = table
        self._delivery = delivery
        self._lifecycle = lifecycle
        self._waits = waits
        self._counters = counters
        self._limits = limits

    def plan(self, connection: Connection, now: int) -> None:
        """It waits for something, perhaps."""
        self.due = min(self.due, self._waits.plan(connection, now))

    def note_table(self) -> None:
        """A connection was opened or ended."""
        self.due = min(self.due, self._table.next_time())

    def settle(self, connection: Connection, mark: Mark, now: int) -> None:
        """End it if both sides have finished, else look at it again when something is due."""
        if connection.first.assembler.finished and connection.second.assembler.finished:
            self._end(connection, "fin", mark, now)
        else:
            self.plan(connection, now)

    def run(self, mark: Mark, now: int) -> None:
        """Do all that is due by now, in the order of its time; ``mark`` is what brought the time there."""
        while (connection := self._waits.due(now)) is not None:
            self._attend(connection, now)
        while self._table.next_idle() <= now:  # to ask for the idlest sorts in all that were heard since
            since, idlest = self._table.idlest()
            if idlest is None or since + self._limits.idle_time > now:
                break
            self._counters.idle += 1
            self._end(idlest, "idle", mark, now, remember=False)
        self._table.forget_closed(now)
        self.due = min(self._waits.next_time(), self._table.next_time())

    def close(self, mark: Mark, now: int) -> None:
        """End of capture: what is buffered comes out as data and gaps, then every open flow ends, oldest first.

        One that was already ending keeps its reason.
        """
        for connection in self._table.open_ones():
            self._delivery.begin_joined(connection)
            reason, last = "capture-end", mark
            if connection.reset_due:
                reason, last = "rst", connection.reset_mark
            elif connection.first.assembler.finished or connection.second.assembler.finished:
                reason, last = "fin", connection.fin_mark
            self._lifecycle.end(connection, reason, last, now, remember=False)
        self._table.clear()
        self._waits.clear()
        self.due = NEVER

    def _end(self, connection: Connection, reason: str, mark: Mark, now: int, remember: bool = True) -> None:
        self._lifecycle.end(connection, reason, mark, now, remember)
        self.note_table()

    def _attend(self, connection: Connection, now: int) -> None:
        """A connection of which something was due, if it still is."""
        if connection.reset_due and connection.reset_due <= now:
            self._end(connection, "rst", connection.reset_mark, now)
            return
        for direction in (connection.first, connection.second):
            while self._waits.direction_due(direction, now) <= now:
                self._delivery.give_up(direction)
            self._waits.note_acknowledged(direction, now)
        finished = connection.first.assembler.finished + connection.second.assembler.finished
        if finished == 2 or (finished and self._waits.fin_due(connection) <= now):
            self._end(connection, "fin", connection.fin_mark, now)
        else:
            self.plan(connection, now)
