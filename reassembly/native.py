# cython: annotation_typing=False
"""Our own engine, the default: made for what a tap sees, not for what a host would accept.

Takes packets in capture order; gives `StreamData`, `StreamGap` and `StreamEnd` (see `Engine` for the contract). It
must take in its stride what a host never meets: joins in mid-stream, one direction only, octets that the tap lost,
strangers with the same addresses. Nothing is ever waited for without a bound in `Limits`, and all waits run on the
engine's clock, which goes on with the packets' times (`Clocks`).

Nearly all segments are in the plain: of a known flow, with the next octets or an acknowledgment, and nothing waits.
They pass here at one stroke; all others are `Copies` of one just seen, or go to `Reception`. Rules that were
chosen, not given, besides those of `reception` and `lifecycle`:

- A flow without data or gap has no events, its end included.
- A RST, or the last FIN, flushes; a RST lingers first, for what was captured out of order. Octets beyond the RST
  from its own sender refute it.
"""

from collections.abc import Sequence
from typing import Any

from capture.packet import Packet
from reassembly.assembler import Mark
from reassembly.clocks import Clocks
from reassembly.connection import Direction
from reassembly.copies import Copies
from reassembly.counters import Counters
from reassembly.delivery import Delivery
from reassembly.engine import EventCallback
from reassembly.events import stream_data
from reassembly.headers import FIN, RST, SYN, HeaderReader, Segment, networks_of
from reassembly.lifecycle import Lifecycle
from reassembly.limits import DEFAULT_LIMITS, Limits
from reassembly.plain import Plain
from reassembly.plausibility import tells_nothing
from reassembly.reception import Reception
from reassembly.strays import Strays
from reassembly.table import Table
from reassembly.timers import Timers
from reassembly.waits import Waits

_COMPILED = not __file__.endswith(".py")


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
        "_directions",
        "_latest",
        "_long_way",
        "_number",
        "_plain",
        "_read",
        "_reader",
        "_reception",
        "_separate",
        "_source",
        "_step",
        "_table",
        "_time",
        "_timers",
        "_waits",
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
        self._reader = HeaderReader(self.counters, verify_checksums)
        self._read = self._read_separately if separate_vlans else self._reader.read
        self._plain = Plain()
        self._long_way = verify_checksums
        self._separate = separate_vlans
        table = self._table = Table(self.counters, limits, server_ports)
        self._directions = table.directions
        self._waits = Waits(limits, self.counters)
        delivery = Delivery(callback, self.counters, limits)
        strays = Strays(self.counters, limits)
        lifecycle = Lifecycle(table, delivery, strays, self.counters, limits)
        self._timers = Timers(
            table=table,
            delivery=delivery,
            lifecycle=lifecycle,
            waits=self._waits,
            counters=self.counters,
            limits=limits,
        )
        self._reception = Reception(
            table=table,
            delivery=delivery,
            strays=strays,
            lifecycle=lifecycle,
            waits=self._waits,
            timers=self._timers,
            counters=self.counters,
            limits=limits,
        )
        self._copies = Copies(limits, self.counters)
        self._clocks = Clocks(self.counters, limits)
        self._step = limits.clock_step
        self._latest = 0  # the latest packet time, on the clock of the packets that come now
        self._clock = 0  # the engine's own, which never goes back
        self._time = 0  # of the latest packet, with its number and source
        self._number = 0
        self._source = ""

    def feed(self, packet: Packet) -> None:
        """Take one packet; the events it completes are called back before this returns."""
        time, octets, wire_length, link_type, number, source = packet
        self._come_to(time)
        self._time, self._number, self._source = time, number, source
        segment = self._read(octets, wire_length, link_type, self._clock)
        if segment is None:
            return
        key, sequence, acknowledgment, flags, payload, cut, path, ident = segment
        direction = self._directions.get(key)
        if direction is None:
            self._begin(segment)
        elif direction.connection.flow.ignored and self._pass_by(direction, sequence, flags, len(payload) + cut):
            return
        elif (
            cut
            or path != direction.path
            or not self._sail(direction, sequence, acknowledgment, flags, payload, ident)
        ):
            self._segment(direction, segment)

    def feed_all(self, batch: Sequence[Packet]) -> None:
        """Take packets in their order: a list, or a ``capture.block.Block``, which is read as it lies there."""
        if _COMPILED and hasattr(batch, "link_type"):  # a Block says it once for all
            self._feed_block(batch)
            return
        for packet in batch:
            self.feed(packet)

    def _feed_block(self, block: Any) -> None:
        """The same as `feed` for each, but of what is plain nothing becomes an object that nobody needs."""
        plain, counters, entries = self._plain, self.counters, block.entries
        for at in range(block.count):
            octets = entries[at].octets
            if self._long_way or not plain.read(octets, entries[at].length, block.link_type):
                self.feed(block[at])
                continue
            if plain.vlan and self._separate:
                self.feed(block[at])
                continue
            self._come_to(entries[at].time)
            self._time, self._number, self._source = entries[at].time, entries[at].number, block.source
            counters.packets += 1
            counters.tcp_segments += 1
            if plain.tag:
                counters.in_vlan += 1
            if plain.size == 4:
                direction = self._table.find(plain.source, plain.target, plain.ports)
            else:
                direction = self._directions.get(plain.key(octets))
            if direction is None:
                self._begin(plain.segment(octets, octets[plain.payload : plain.end]))
                continue
            if direction.connection.flow.ignored and self._pass_by(
                direction, plain.sequence, plain.flags, plain.end - plain.payload
            ):
                continue
            payload = octets[plain.payload : plain.end]
            if plain.vlan != direction.vlan or not self._sail(
                direction, plain.sequence, plain.acknowledgment, plain.flags, payload, plain.ident
            ):
                self._segment(direction, plain.segment(octets, payload))

    def _come_to(self, time: int) -> None:
        """The time of the next packet: the clock goes on, and what is due by now is done."""
        ahead = time - self._latest
        if 0 < ahead <= self._step:
            self._latest = time
            self._clock += ahead
            if self._clock >= self._timers.due:
                self._timers.run(self._now(), self._clock)
        elif ahead > self._step or ahead < -self._step:
            self._latest, self._clock = self._clocks.jump(time, self._latest, self._clock)
            self._timers.run(self._now(), self._clock)

    def _sail(  # noqa: PLR0917 - for every packet: each in its place costs nothing
        self,
        direction: Direction,
        sequence: int,
        acknowledgment: int,
        flags: int,
        payload: bytes,
        ident: int,
    ) -> bool:
        """The plain sailing of nearly every packet: an acknowledgment, or octets that are the next ones.

        False: it is not that, and nothing was done.
        """
        connection = direction.connection
        if flags & 0x17 != 0x10 or connection.attention:  # ACK, and neither FIN, SYN nor RST
            return False
        if payload:
            if not direction.assembler.take(sequence, len(payload)):
                return False
            self._copies.remember(direction.key, sequence, acknowledgment, flags, payload, 0, ident, self._clock)
            connection.emitted = True
            self._callback(
                stream_data(
                    connection.flow,
                    direction.from_client,
                    self._time,
                    sequence,
                    self._number,
                    self._source,
                    payload,
                )
            )
        elif sequence != direction.assembler.sequence:
            return False
        connection.last = self._clock
        direction.acknowledged = acknowledgment
        if direction.other.waits:
            self._waits.note_acknowledged(direction.other, self._clock)
            self._timers.plan(connection, self._clock)
        return True

    def _pass_by(self, direction: Direction, sequence: int, flags: int, length: int) -> bool:
        """A segment of a flow that is ignored; False: it opens or ends something, or something waits there."""
        connection = direction.connection
        if flags & 0x17 != 0x10 or connection.attention:
            return False
        if length and not direction.assembler.pass_by(sequence, length):
            return False
        connection.last = self._clock
        return True

    def advance(self, time: int) -> None:
        """Capture time has come to ``time`` (nanoseconds since 1970 UTC) without a packet; waits may end."""
        ahead = time - self._latest
        if ahead > 0:
            self._latest = time
            self._clock += ahead
            if self._clock >= self._timers.due:
                self._timers.run(self._now(), self._clock)

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
        self._timers.close(self._now(), self._clock)

    def _now(self) -> Mark:
        """The capture time at which something is given up, and the packet that brought it there."""
        return self._latest, self._number, self._source

    def _read_separately(self, octets: bytes, wire_length: int | None, link_type: int, time: int) -> Segment | None:
        segment = self._reader.read(octets, wire_length, link_type, time)
        if segment is None or not segment[6]:
            return segment
        return (segment[0] + networks_of(segment[6]), *segment[1:])

    def _begin(self, segment: Segment) -> None:
        """A segment of addresses and ports of which nothing is known."""
        if not tells_nothing(segment):
            key, sequence, acknowledgment, flags, payload, cut, _, ident = segment
            self._copies.remember(key, sequence, acknowledgment, flags, payload, cut, ident, self._clock)
            self._reception.begin(segment, (self._time, self._number, self._source), self._clock)

    def _segment(self, direction: Direction, segment: Segment) -> None:
        """A segment of addresses and ports that are known, if it is not a copy that the tap made."""
        key, sequence, acknowledgment, flags, payload, cut, _, ident = segment
        if flags & (FIN | SYN | RST) or payload:
            if self._copies.holds(segment, self._clock):
                self.counters.duplicates += 1
                return
            self._copies.remember(key, sequence, acknowledgment, flags, payload, cut, ident, self._clock)
        self._reception.sort(direction, segment, (self._time, self._number, self._source), self._clock)
