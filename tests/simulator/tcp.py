"""A connection as frames: two TCP endpoints and a tap between them.

Takes what both sides wrote and when; gives the frames that pass the tap. Nothing is lost here and both ends behave:
what taps and networks do to frames is the business of ``nasties``. The tap stands somewhere on the line
(``tap`` 0.0 at the client, 1.0 at the server), so each side's frames come at the time they pass that point, and an
acknowledgement never precedes its data.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import count
from random import Random

from .packets import ACK, FIN, PSH, RST, SEQUENCE_SPACE, SYN, Frame, Range, Segment, address, link_header

MICROSECOND = 1_000
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
DELAYED_ACK = 40 * MILLISECOND
SERIALISATION = 12 * MICROSECOND


@dataclass(frozen=True, slots=True)
class Shape:
    """How the endpoints cut their streams into segments."""

    mss: int = 1460
    coalesce: int = 2 * MILLISECOND
    """Writes of one side that follow within this time share a segment, as Nagle's rule and busy servers do."""
    shred: tuple[int, int] | None = None
    """Cut everything into pieces of so many octets at least and at most."""


@dataclass(eq=False, slots=True)
class Write:
    """Octets that one side handed to its TCP at once: here always one whole command."""

    time: int
    from_client: bool
    octets: bytes
    arrival: int
    """When its last octet reaches the other side."""
    offset: int = -1
    """Its place in the stream, known when the connection is settled."""


@dataclass(eq=False, slots=True)
class Connection:
    """One TCP connection: who, when, and what both sides wrote."""

    number: int
    client: tuple[str, int]
    server: tuple[str, int]
    latency: int
    """One way, client to server or back."""
    opened: int
    tapped: bool
    isn: tuple[int, int] = (0, 0)
    shape: Shape = Shape()
    writes: list[Write] = field(default_factory=list)
    closed: tuple[int, bool, int] | None = None
    """When, by the client or not, and FIN or RST; None while it outlives the capture."""

    @property
    def ready(self) -> int:
        """When the client may write."""
        return self.opened + 2 * self.latency + 100 * MICROSECOND

    def from_client(self, time: int, octets: bytes) -> Write:
        """The client writes."""
        return self._write(time, True, octets)

    def from_server(self, time: int, octets: bytes) -> Write:
        """The server writes."""
        return self._write(time, False, octets)

    def _write(self, time: int, from_client: bool, octets: bytes) -> Write:
        pieces = len(octets) // (self.shape.shred[0] if self.shape.shred else self.shape.mss)
        arrival = time + self.latency + pieces * SERIALISATION
        write = Write(time, from_client, octets, arrival)
        self.writes.append(write)
        return write

    def close(self, time: int, *, by_client: bool, how: int = FIN) -> None:
        """One side ends it."""
        self.closed = (time, by_client, how)

    def settle(self) -> None:
        """Give every write its place in its stream."""
        for side in (True, False):
            offset = 0
            for write in self.written_by(side):
                write.offset = offset
                offset += len(write.octets)

    def written_by(self, client: bool) -> list[Write]:
        """The writes of one side in the order of the stream."""
        return sorted((write for write in self.writes if write.from_client is client), key=lambda write: write.time)

    def stream(self, client: bool) -> bytes:
        """Everything that one side sent."""
        return b"".join(write.octets for write in self.written_by(client))

    def range_of(self, write: Write) -> Range:
        """Where a write stands."""
        return Range(self.number, write.from_client, write.offset, len(write.octets))


@dataclass(slots=True)
class _Sent:
    """A segment as it leaves an endpoint."""

    time: int
    client: bool
    flags: int
    offset: int = 0
    payload: bytes = b""
    opening: bool = False


def frames_of(connection: Connection, *, tap: float, resolution: int, seed: object) -> list[Frame]:
    """The frames of a connection as they pass the tap, in order."""
    connection.settle()
    random = Random(f"{seed}/{connection.number}")
    sent = _handshake(connection)
    for side in (True, False):
        sent += _cut(connection, side, random)
    sent += _ending(connection, sent)
    sent += _bare_acks(connection, sent)
    sent.sort(key=lambda segment: segment.time)
    frames = _frames(connection, sent, tap, resolution, random)
    return sorted(frames, key=lambda frame: frame.time)


def _handshake(connection: Connection) -> list[_Sent]:
    answered = connection.opened + connection.latency
    done = answered + connection.latency
    return [
        _Sent(connection.opened, True, SYN, opening=True),
        _Sent(answered, False, SYN | ACK, opening=True),
        _Sent(done + MICROSECOND, True, ACK),
    ]


def _cut(connection: Connection, client: bool, random: Random) -> list[_Sent]:
    shape, groups = connection.shape, []
    for write in connection.written_by(client):
        if groups and write.time - groups[-1][0] <= shape.coalesce:
            groups[-1][2].extend(write.octets)
        else:
            groups.append((write.time, write.offset, bytearray(write.octets)))
    out: list[_Sent] = []
    for time, offset, octets in groups:
        begin = 0
        while begin < len(octets):
            room = random.randint(*shape.shred) if shape.shred else shape.mss
            piece = bytes(octets[begin : begin + room])
            begin += len(piece)
            flags = ACK | PSH if begin == len(octets) else ACK
            when = max(time, out[-1].time + SERIALISATION) if out else time
            out.append(_Sent(when, client, flags, offset + begin - len(piece), piece))
    return out


def _bare_acks(connection: Connection, sent: list[_Sent]) -> list[_Sent]:
    """Acknowledgements that found no data to ride on (RFC 1122 section 4.2.3.2)."""
    out = []
    for side in (True, False):
        arrivals = sorted(s.time + connection.latency for s in sent if s.payload and s.client is not side)
        own = sorted(s.time for s in sent if (s.payload or s.flags & (FIN | RST)) and s.client is side)
        for arrival, following in zip(arrivals, [*arrivals[1:], 1 << 62], strict=True):
            due = arrival + DELAYED_ACK
            riding = bisect_left(own, arrival)
            if following > due and (riding == len(own) or own[riding] > due):
                out.append(_Sent(due, side, ACK))
    return out


def _ending(connection: Connection, sent: list[_Sent]) -> list[_Sent]:
    if connection.closed is None:
        return []
    time, by_client, how = connection.closed
    last = max((s.time for s in sent if s.payload and s.client is by_client), default=time)
    time = max(time, last + SERIALISATION)
    if how == RST:
        return [_Sent(time, by_client, RST | ACK, 1 << 62)]
    answer = time + connection.latency + MICROSECOND
    answer = max(answer, *(s.time + SERIALISATION for s in sent if s.client is not by_client))
    return [
        _Sent(time, by_client, FIN | ACK, 1 << 62),
        _Sent(answer, not by_client, FIN | ACK, 1 << 62),
        _Sent(answer + connection.latency + MICROSECOND, by_client, ACK, 1 << 62),
    ]


def _frames(connection: Connection, sent: list[_Sent], tap: float, resolution: int, random: Random) -> list[Frame]:
    """Number, acknowledge and time each segment."""
    ends = {True: connection.client, False: connection.server}
    isn = {True: connection.isn[0], False: connection.isn[1]}
    reached = {True: 0, False: 0}
    arrived: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    ident = {True: random.randrange(1 << 16), False: random.randrange(1 << 16)}
    links, steps = {}, count()
    options = b"\x02\x04" + min(connection.shape.mss, 65535).to_bytes(2) + b"\x01\x01\x04\x02"
    for side, (ip, _) in ends.items():
        links[side] = link_header(address(ip), address(ends[not side][0]))
    out = []
    for segment in sent:
        side, step = segment.client, next(steps)
        sequence = isn[side] + (segment.offset + 1 if segment.payload else reached[side])
        until = bisect_right(arrived[not side], (segment.time, SEQUENCE_SPACE))
        acknowledged = arrived[not side][until - 1][1] if until else 0
        fields = Segment(
            links[side],
            address(ends[side][0]),
            address(ends[not side][0]),
            ends[side][1],
            ends[not side][1],
            sequence % SEQUENCE_SPACE,
            (isn[not side] + acknowledged) % SEQUENCE_SPACE if segment.flags & ACK else 0,
            segment.flags,
            segment.payload,
            options=options if segment.opening else b"",
            ttl=128 if side else 113,
            ident=(ident[side] + step) % (1 << 16),
        )
        used = len(segment.payload) + bool(segment.flags & SYN) + bool(segment.flags & FIN)
        reached[side] = max(reached[side], sequence - isn[side] + used)
        arrived[side].append((segment.time + connection.latency, reached[side]))
        way = tap if side else 1.0 - tap
        time = segment.time + int(connection.latency * way)
        carries = None
        if segment.payload:
            carries = Range(connection.number, side, segment.offset, len(segment.payload))
        out.append(Frame(time // resolution * resolution, fields.octets(), carries))
    return out
