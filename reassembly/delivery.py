# cython: annotation_typing=False
"""From assemblers to events: what is said, when a hole is given up, and what the buffers may hold.

Takes directions that may have something ready; gives stream events to the callback. Invariant: of each
direction, the events' octets and gap lengths lie end to end in sequence order, and the first event of a direction
without SYN is a `StreamGap` of unknown length. `waiting` holds exactly the directions that buffer something or
wait for octets before a FIN, the one that waits longest first.
"""

from collections import OrderedDict

from reassembly.assembler import Mark
from reassembly.connection import Connection, Direction
from reassembly.counters import Counters
from reassembly.engine import EventCallback
from reassembly.events import StreamEnd, StreamGap, stream_data
from reassembly.limits import Limits


class Delivery:
    """The mouth of the engine."""

    __slots__ = ("_callback", "_counters", "_limits", "waiting")

    def __init__(self, callback: EventCallback, counters: Counters, limits: Limits) -> None:
        self._callback = callback
        self._counters = counters
        self._limits = limits
        self.waiting: OrderedDict[Direction, None] = OrderedDict()

    def begin(self, direction: Direction) -> None:
        """The wait at a join is over: the lowest octet seen is the first."""
        direction.joined = -1
        direction.unknown_start = True
        direction.assembler.begin()
        self.deliver(direction)

    def deliver(self, direction: Direction) -> None:
        """Say what is in order, and note what waits."""
        connection = direction.connection
        assembler = direction.assembler
        for sequence, octets, time, packet, source in assembler.ready():
            if direction.unknown_start:
                self._say_joined(direction, sequence, (time, packet, source))
            connection.emitted = True
            self._callback(
                stream_data(connection.flow, direction.from_client, time, sequence, packet, source, octets)
            )
        direction.waits = assembler.waiting
        if not direction.waits:
            direction.acknowledgments = None
            self.waiting.pop(direction, None)
            return
        self.waiting.setdefault(direction)
        if assembler.running and direction.hole_edge != assembler.edge:
            direction.hole_edge = assembler.edge
            direction.hole_since = assembler.hole_since()
            direction.packets = self._counters.packets
            known = direction.acknowledgments
            while known and known[0][0] <= assembler.edge:
                del known[0]

    def give_up(self, direction: Direction) -> None:
        """Go on behind the first hole, or where nothing has begun yet, begin."""
        assembler = direction.assembler
        if not assembler.running:
            self.begin(direction)
            return
        length, mark = assembler.skip(direction.other.acknowledged)
        if length:
            if direction.unknown_start:
                self._say_joined(direction, assembler.sequence, mark)
            else:
                self._say_gap(direction, assembler.sequence, mark, length)
        self.deliver(direction)

    def bound(self, direction: Direction) -> list[Connection]:
        """Keep to the limits of one direction and of all; gives the other connections that were changed by it."""
        limits = self._limits
        counters = self._counters
        assembler = direction.assembler
        while assembler.buffered > limits.direction_octets or len(assembler.pieces) > limits.direction_segments:
            self.give_up(direction)
        changed: list[Connection] = []
        while (
            counters.buffered > limits.total_octets or counters.buffered_segments > limits.total_segments
        ) and self.waiting:
            longest = next(iter(self.waiting))
            self.give_up(longest)
            if longest is not direction:
                changed.append(longest.connection)
        return changed

    def begin_joined(self, connection: Connection) -> None:
        """End the waits at the join of both directions."""
        for direction in (connection.first, connection.second):
            if direction.joined >= 0:
                self.begin(direction)

    def flush(self, connection: Connection) -> None:
        """Say all that is buffered, both directions in the order in which it came."""
        both = (connection.first, connection.second)
        self.begin_joined(connection)
        while waiting := [direction for direction in both if direction.assembler.waiting]:
            self.give_up(min(waiting, key=_hole_since))
        for direction in both:
            if direction.assembler.running:
                self.give_up(direction)  # what the capture cut off behind the last octet

    def end(self, connection: Connection, mark: Mark, reason: str) -> None:
        """Say that it is over; of a connection that said nothing there is nothing to say."""
        if connection.emitted:
            self._callback(StreamEnd(connection.flow, *mark, reason))

    def _say_joined(self, direction: Direction, sequence: int, mark: Mark) -> None:
        direction.unknown_start = False
        if not direction.connection.mid_stream:
            direction.connection.mid_stream = True
            self._counters.mid_stream += 1
        self._say_gap(direction, sequence, mark, None)

    def _say_gap(self, direction: Direction, sequence: int, mark: Mark, length: int | None) -> None:
        connection = direction.connection
        connection.emitted = True
        if connection.flow.ignored:
            return
        time, packet, source = mark
        self._callback(StreamGap(connection.flow, direction.from_client, time, sequence, packet, source, length))


def _hole_since(direction: Direction) -> int:
    return direction.assembler.hole_since()
