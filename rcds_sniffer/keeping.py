"""Which packets are kept in a file: those of the targets' conversations, and of nobody else.

Whose a connection is turns out some packets after its first. So every packet is offered here before the engine gets
it and waits, in memory only and bounded, with the others of its connection; the recorder then says which
connections to follow. Of a target's own connection all that waited is kept, and all that comes; of a contact's
connection what comes from the moment at which the target joined, until it leaves. What waits for others is
forgotten.

The file is in the order of time, as far as two seconds of waiting allow; what comes to be kept later than that
stands behind. All waits run on the time of the packets; only how often a full disk is tried again does not.
"""

import heapq
import logging
import time
from collections import OrderedDict
from dataclasses import dataclass, fields
from typing import Final

from capture.packet import Packet
from capture.writer import PacketWriter
from rcds_sniffer.connections import PACKET_COST, ConnectionTable, Held, TappedConnection, said_by
from rcds_sniffer.events import Seen
from rcds_sniffer.orders import Period
from reassembly.counters import Counters as HeaderCounters
from reassembly.headers import HeaderReader

log = logging.getLogger(__name__)

SECOND: Final = 1_000_000_000

CONNECTION_OCTETS: Final = 256 << 10
"""Octets that wait for one connection; beyond, its oldest packets are forgotten and counted."""
TOTAL_OCTETS: Final = 64 << 20
"""Octets that wait in all; beyond, the connection that is idle longest is forgotten, its packets counted."""
CONNECTIONS: Final = 100_000
"""Connections that wait, and as many that are followed; beyond, the one idle longest is forgotten."""
IDLE_TIME: Final = 7_200 * SECOND
"""A connection without packets for so long is forgotten. Messenger clients may be silent for very long."""
IDLE_GRAIN: Final = 60 * SECOND
"""How late it may be forgotten."""
ORDER_TIME: Final = 2 * SECOND
"""How long a packet to be kept waits for earlier ones."""
ORDER_OCTETS: Final = 8 << 20
"""Octets that wait so; beyond, the earliest packet waits no longer."""
RETRY: Final = 5.0
"""Seconds of the monotonic clock between two attempts to write to a file that could not be written."""


@dataclass(frozen=True, slots=True)
class Counters:
    """What was done; numbers only, so that a summary names nobody."""

    kept: int
    """Packets that stand in the file …"""
    kept_octets: int
    """… and their octets."""
    forgotten: int
    """Packets given up at a limit before it was known whose they are."""
    unwritten: int
    """Packets of the targets that the file did not take."""

    def to_dict(self) -> dict[str, int]:
        """By name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


class PacketKeeper:
    """Keeps the packets of the connections that it is told to follow, in one capture file.

    Args:
        name: of the file; for this and ``append`` see :class:`capture.writer.PacketWriter`.
        period: nothing from outside of it is kept, even where no event has said yet that it is over.

    Raises:
        NotWritable: it cannot be opened. Later, what cannot be written is counted, logged and tried again, and
            nothing is raised.
    """

    def __init__(self, name: str, period: Period | None = None, *, append: bool = False) -> None:
        self._file = _OrderedFile(name, append)
        self._period = period or Period()
        self._forgotten = 0
        self._headers = HeaderCounters()
        self._reader = HeaderReader(self._headers)
        self._table = ConnectionTable()
        self._waiting: OrderedDict[TappedConnection, None] = OrderedDict()  # the one idle longest comes first …
        self._followed: OrderedDict[TappedConnection, None] = OrderedDict()  # … in both
        self._octets = 0
        self._now = 0
        self._sweep = 0
        self._stepped = 0

    @property
    def counters(self) -> Counters:
        """What was done so far."""
        file = self._file
        return Counters(file.writer.packets, file.writer.octets, self._forgotten, file.unwritten)

    def offer(self, packet: Packet) -> None:
        """Take a packet before the engine does, so that it waits here when the recorder speaks of it."""
        now = packet.time - self._stepped
        self._advance(now)
        fragments = self._headers.fragments
        segment = self._reader.read(packet.octets, packet.wire_length, packet.link_type, packet.time)
        packets: tuple[Packet, ...] = (packet,)
        if self._headers.fragments > fragments:
            packets = self._reader.attach(packet)
        if segment is None:
            return
        connection, held = self._table.find(segment, packets, now)
        home = self._followed if connection.followed else self._waiting
        home[connection] = None
        home.move_to_end(connection)
        if connection.followed:
            self._keep(connection, held)
        else:
            self._hold(connection, held)

    def follow(self, client: str, server: str, *, whole: bool, seen: Seen) -> None:
        """Keep the packets of a connection from now on; with ``whole`` also those that came before.

        Args:
            client: ``ip:port``, IPv6 in brackets.
            server: the same; where it is not known which is which, either way round.
            whole: it is a target's own. Else a target has just come into it, and what was heard before is others'.
            seen: where the event stands that says so. It tells connections with the same addresses and ports apart,
                and where in a contact's connection to begin.
        """
        side = said_by(seen, client, server)
        beside = [c for c in self._table.named(client, server) if c.continued_by(side, seen.sequence, None, 0)]
        if not beside:
            return
        connection = next((c for c in beside if c.place_of(seen) is not None), beside[-1])
        if connection.followed:
            return
        waiting = list(connection.waiting)
        if not whole:
            place = connection.place_of(seen)
            waiting = waiting[place:] if place is not None else []
            connection.since = side, seen.sequence
        self._move(connection, followed=True)
        for held in waiting:
            self._keep(connection, held)

    def unfollow(self, client: str, server: str) -> None:
        """Keep nothing more of the connection: no target takes part in it any longer."""
        for connection in self._table.named(client, server):
            if connection.followed:
                connection.since = None
                self._move(connection, followed=False)

    def stepped(self, by: int) -> None:
        """The capture clock was set by so many nanoseconds, forward positive, before the next packet."""
        self._stepped += by

    def flush(self, clock: int | None = None) -> None:
        """Write what need wait no longer. To be called between batches, with capture time where it is known."""
        if clock is not None:
            self._advance(clock - self._stepped)
        self._file.release(self._now - ORDER_TIME)
        self._file.write_out()

    def close(self) -> None:
        """Write what is left, and close the file."""
        self._file.close()

    # --- what waits --------------------------------------------------------------------------------------------

    def _hold(self, connection: TappedConnection, held: Held) -> None:
        """Let a segment wait until it is known whose it is."""
        connection.waiting.append(held)
        connection.octets += held.cost
        self._octets += held.cost
        while connection.octets > CONNECTION_OCTETS and len(connection.waiting) > 1:
            oldest = connection.waiting.popleft()
            connection.octets -= oldest.cost
            self._octets -= oldest.cost
            self._forgotten += len(oldest.packets)
        if len(connection.waiting) == 1 and (surplus := self._table.surplus(connection)) is not None:
            self._give_up(surplus)
        while (self._octets > TOTAL_OCTETS or len(self._waiting) > CONNECTIONS) and len(self._waiting) > 1:
            self._give_up(next(iter(self._waiting)))

    def _move(self, connection: TappedConnection, *, followed: bool) -> None:
        """From those that wait to those that are followed, or back; what waited waits no longer."""
        self._octets -= connection.octets
        connection.octets = 0
        connection.waiting.clear()
        del (self._followed if connection.followed else self._waiting)[connection]
        (self._followed if followed else self._waiting)[connection] = None
        connection.followed = followed
        if len(self._followed) > CONNECTIONS:
            self._forget(next(iter(self._followed)))

    def _give_up(self, connection: TappedConnection) -> None:
        self._forgotten += sum(len(held.packets) for held in connection.waiting)
        self._forget(connection)

    def _forget(self, connection: TappedConnection) -> None:
        self._octets -= connection.octets
        del (self._followed if connection.followed else self._waiting)[connection]
        self._table.forget(connection)

    def _advance(self, now: int) -> None:
        """Capture time has come to ``now``."""
        self._now = max(self._now, now)
        if self._now < self._sweep:
            return
        self._sweep = self._now + IDLE_GRAIN
        for home in (self._waiting, self._followed):
            while home and (idlest := next(iter(home))).last + IDLE_TIME < self._now:
                self._forget(idlest)

    def _keep(self, connection: TappedConnection, held: Held) -> None:
        if connection.keeps(held):
            for packet in held.packets:
                if self._period.holds(packet.time):
                    self._file.add(packet, held.time)
            self._file.release(self._now - ORDER_TIME)


class _OrderedFile:
    """The file, and before it the packets that wait for earlier ones. Once it is open, nothing here raises."""

    def __init__(self, name: str, append: bool) -> None:
        self.writer = PacketWriter(name, append=append)
        self.unwritten = 0
        self._heap: list[tuple[int, int, Packet]] = []
        self._octets = 0
        self._added = 0
        self._retry: float | None = None
        """On the monotonic clock; None while all goes well."""

    def add(self, packet: Packet, time: int) -> None:
        """Take a packet; of equal times, the one added first comes first."""
        self._added += 1
        self._octets += len(packet.octets) + PACKET_COST
        heapq.heappush(self._heap, (time, self._added, packet))

    def release(self, until: int | None) -> None:
        """Let go of the packets from before ``until``, or of all."""
        heap = self._heap
        while heap and (until is None or heap[0][0] < until or self._octets > ORDER_OCTETS):
            packet = heapq.heappop(heap)[2]
            self._octets -= len(packet.octets) + PACKET_COST
            if not self.writer.has_room(packet):
                self.write_out()
            if self.writer.has_room(packet):
                self.writer.write(packet)
            else:
                self.unwritten += 1

    def write_out(self) -> None:
        """Hand the file what its writer holds, as far as it takes it now."""
        if self._retry is not None and time.monotonic() < self._retry:
            return
        name, failed_before = self.writer.name, self._retry is not None
        try:
            self.writer.flush()
        except OSError as error:
            self._retry = time.monotonic() + RETRY
            if not failed_before:
                reason = error.strerror
                log.warning("%s: cannot be written: %s; it is tried again every %.0f s", name, reason, RETRY)
            return
        self._retry = None
        if failed_before:
            log.warning("%s: is written again; it lacks %d packets", name, self.unwritten)

    def close(self) -> None:
        """Write all that is left, as far as that can be done."""
        self._retry = None
        self.release(None)
        try:
            self.writer.close()
        except OSError as error:
            self.unwritten += self.writer.pending
            log.warning("%s: its last packets cannot be written: %s", self.writer.name, error.strerror)
