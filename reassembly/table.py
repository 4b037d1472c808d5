# cython: annotation_typing=False
"""Which connections there are: the open ones by flow key and by idleness, and the closed ones still remembered.

Takes connections and capture times; gives them back by key, by longest silence, by age. Says nothing to anybody:
the events of a connection are said before it goes. Invariant: every open connection stands in ``directions`` under
both its keys and once in the agenda of the idle, and where several have the same key, the eldest stands for all
that are `Connection.beside` it; a closed one may stand there until its time is up or another takes its place.
"""

from collections import deque
from collections.abc import Sequence
from struct import Struct

from reassembly.agenda import NEVER, Agenda
from reassembly.connection import Connection, Direction, endpoints, reverse, sender_is_client
from reassembly.counters import Counters
from reassembly.events import Flow
from reassembly.headers import ACK, SYN, Segment
from reassembly.limits import Limits
from reassembly.sequence import MASK

_KEY = Struct(">III").pack
_FEW = 1 << 10
_FIRST, _SECOND, _THIRD, _MASK = 0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35, MASK


class Table:
    """The connections of one engine."""

    __slots__ = (
        "_closed",
        "_counters",
        "_idle",
        "_limits",
        "_most",
        "_recent",
        "_serial",
        "_server_ports",
        "directions",
    )

    def __init__(self, counters: Counters, limits: Limits, server_ports: frozenset[int]) -> None:
        self.directions: dict[bytes, Direction] = {}
        self._counters = counters
        self._limits = limits
        self._server_ports = server_ports
        self._idle: Agenda[Connection] = Agenda()  # by Connection.last as it was when added: never too late
        self._closed: deque[tuple[int, Connection]] = deque()  # with the time at which each may be forgotten
        self._serial = 0
        self._most = _FEW - 1
        self._recent: list[Direction | None] = [None] * _FEW

    def find(self, source: int, target: int, ports: int) -> Direction | None:
        """The direction of an IPv4 key, given as `Direction` has it, sooner than by ``directions``.

        In ``_recent`` each has one of two places beside each other; what stands there is what ``directions`` holds,
        or nothing.
        """
        recent = self._recent
        place = _place(source, target, ports) & self._most
        found = recent[place]
        if found is not None and found.source == source and found.target == target and found.ports == ports:
            return found
        found = recent[place ^ 1]
        if found is not None and found.source == source and found.target == target and found.ports == ports:
            return found
        found = self.directions.get(_KEY(source, target, ports))
        if found is not None:
            if recent[place] is not None:
                recent[place ^ 1] = recent[place]
            recent[place] = found
        return found

    def _changed(self, direction: Direction) -> None:
        """What ``directions`` holds for its key is another, or none."""
        if len(self.directions) > self._most:
            self._most = 4 * self._most + 3
            self._recent = [None] * (self._most + 1)
        place = _place(direction.source, direction.target, direction.ports) & self._most
        self._recent[place] = self._recent[place ^ 1] = None

    def open(self, segment: Segment, time: int, now: int, former: Direction | None) -> Direction:
        """A new connection, its first packet this segment; gives the direction of that.

        It stands beside those with the same addresses and ports. ``former`` is the direction of an ended connection
        that it takes the place of, already forgotten.
        """
        key, _, _, flags, _, _, path, _ = segment
        sender, receiver = endpoints(key)
        back = reverse(key)
        eldest = self.directions.get(key)
        before = former or eldest
        opened = flags & SYN != 0
        if opened:
            sends_first = not flags & ACK
        elif before is not None:
            sends_first = before.from_client  # whoever was client on these ports a moment ago
        else:
            sends_first = sender_is_client(sender, receiver, self._server_ports)
        flow = Flow(
            client=sender if sends_first else receiver,
            server=receiver if sends_first else sender,
            opened=opened,
            started=time,
        )
        first = Direction(key, path, sends_first, self._counters)
        second = Direction(back, path, not sends_first, self._counters)
        if former is not None:
            for direction, ended in ((first, former), (second, former.other)):
                if ended.assembler.running:
                    direction.former = ended.assembler.after
        self._serial += 1
        connection = Connection(flow, first, second, self._serial, now)
        if eldest is not None:
            self._join(connection, eldest.connection)
        else:
            self.directions[back] = second
            self.directions[key] = first  # last, should both ends be one and the same
            self._changed(first)
            self._changed(second)
        self._idle.add(now, connection)
        self._idle.sweep(lambda _, subject: not subject.closed)
        counters = self._counters
        counters.flows += 1
        counters.flows_now += 1
        counters.flows_peak = max(counters.flows_now, counters.flows_peak)
        return first

    def tell_sides(self, connection: Connection, client: Direction) -> None:
        """A SYN or SYN+ACK says who is client. What was said in events stays as it was said."""
        flow = connection.flow
        if not flow.opened:
            if client.from_client:
                flow.opened = True
            elif not connection.emitted:
                flow.opened = True
                self._swap(connection)
            return
        # A second SYN, from the other side: simultaneous open (RFC 9293 §3.5). The first one's sender is the
        # client, unless the ports say otherwise.
        if not client.from_client and not connection.emitted:
            ports = self._server_ports
            if flow.client.port in ports and flow.server.port not in ports:
                self._swap(connection)

    @staticmethod
    def _swap(connection: Connection) -> None:
        flow = connection.flow
        flow.client, flow.server = flow.server, flow.client
        for direction in (connection.first, connection.second):
            direction.from_client = not direction.from_client

    def close(self, connection: Connection) -> None:
        """It is over; whether it is remembered is the caller's next word."""
        connection.closed = connection.attention = True
        connection.timer = 0
        self._counters.flows_now -= 1

    def _join(self, connection: Connection, eldest: Connection) -> None:
        """The connection has the same addresses and ports as another."""
        beside = eldest.beside or [eldest]
        if any(not other.closed for other in beside):
            self._counters.overlapping += 1
        beside.append(connection)
        for member in (eldest, connection):
            member.beside = beside
            member.attention = True

    def forget(self, connection: Connection) -> None:
        """Take it out; the eldest beside it, if any, stands for the others now."""
        heir: Connection | None = None
        if connection.beside is not None:
            beside = connection.beside
            beside.remove(connection)
            connection.beside = None
            heir = beside[0]
            if len(beside) == 1:
                heir.beside = None
                heir.review()
        for direction in (connection.first, connection.second):
            if self.directions.get(direction.key) is direction:
                if heir is None:
                    del self.directions[direction.key]
                else:
                    self.directions[direction.key] = heir.towards(direction.key)
                self._changed(direction)

    def together(self, key: bytes) -> Sequence[Connection]:
        """All connections with these addresses and ports, the eldest first."""
        eldest = self.directions.get(key)
        return () if eldest is None else eldest.connection.together

    def remember(self, connection: Connection, until: int) -> None:
        """Keep a closed one in place for a while, and not more of them than the limit says."""
        self._closed.append((until, connection))
        if len(self._closed) > self._limits.closed_flows:
            self.forget(self._closed.popleft()[1])

    def forget_closed(self, now: int) -> None:
        """Forget those whose time is up."""
        while self._closed and self._closed[0][0] <= now:
            self.forget(self._closed.popleft()[1])

    def idlest(self) -> tuple[int, Connection | None]:
        """The open connection that is silent longest, and since when; it stays where it is."""
        idle = self._idle
        while idle.next_time() != NEVER:
            since, connection = idle.first()
            if connection.closed:
                idle.pop()
            elif connection.last != since:
                idle.pop()
                idle.add(connection.last, connection)
            else:
                return since, connection
        return NEVER, None

    def next_idle(self) -> int:
        """Before this capture time none was silent for too long."""
        idle = self._idle.next_time()
        return NEVER if idle == NEVER else idle + self._limits.idle_time

    def next_time(self) -> int:
        """Before this capture time nothing here is due."""
        due = self.next_idle()
        return min(due, self._closed[0][0]) if self._closed else due

    def open_ones(self) -> list[Connection]:
        """All open connections, oldest first."""
        found = {
            connection.serial: connection
            for direction in self.directions.values()
            for connection in direction.connection.together
            if not connection.closed
        }
        return [found[serial] for serial in sorted(found)]

    def clear(self) -> None:
        """Forget all."""
        self.directions.clear()
        self._recent = [None] * len(self._recent)
        self._idle.clear()
        self._closed.clear()


def _place(source: int, target: int, ports: int) -> int:
    """A number of 32 bits in whose lower ones all of the key takes part; the factors are odd."""
    mixed = (source * _FIRST ^ target * _SECOND ^ ports * _THIRD) & _MASK
    mixed = (mixed ^ mixed >> 15) * _SECOND & _MASK
    return mixed ^ mixed >> 13
