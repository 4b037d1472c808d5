"""What is remembered of a connection, and what is plausible in it.

`Connection` holds two `Direction`s, one for each end's octets. The functions below are the judgements that need
both: they look and answer, and change nothing. Only what is certain is used: a direction's first number is known
from its own SYN, or from the SYN+ACK that acknowledges it (RFC 9293 §3.5), and from nothing else. In particular
an acknowledgment alone says neither where a direction began nor that octets are lost: a mirror port may show it
first.
"""

from reassembly.assembler import Assembler, Mark
from reassembly.counters import Counters
from reassembly.events import Endpoint, Flow
from reassembly.headers import ACK, Segment
from reassembly.limits import Limits
from reassembly.sequence import MASK, distance

Stray = tuple[Segment, Mark]

_MOST_SYN_DATA = 1 << 16


class Direction:
    """The octets of one end of a connection, and what that end says of the other's."""

    __slots__ = (
        "acknowledged",
        "acknowledgments",
        "assembler",
        "connection",
        "former",
        "from_client",
        "hole_edge",
        "hole_since",
        "isn",
        "joined",
        "key",
        "other",
        "seen",
        "strays",
        "unknown_start",
        "waits",
    )

    connection: "Connection"
    other: "Direction"

    def __init__(self, key: bytes, from_client: bool, counters: Counters) -> None:
        self.key = key
        self.from_client = from_client
        self.assembler = Assembler(counters)
        self.seen = False
        """This end has sent something, be it without octets."""
        self.acknowledged = -1
        """The last acknowledgment number this end sent; -1: none seen."""
        self.isn = -1
        """Initial sequence number, of the SYN; -1: not known."""
        self.unknown_start = False
        """Joined in mid-stream, and the gap that says so is still to come."""
        self.joined = -1
        """Capture time at which the wait for lower numbers began; -1: there is none."""
        self.waits = False
        """Something is buffered, or a FIN waits for octets before it."""
        self.hole_edge = -1
        """Position of the hole to which the next belongs."""
        self.hole_since = 0
        """Capture time since which that hole is known."""
        self.acknowledgments: list[tuple[int, int, int]] | None = None
        """While it waits: up to which position the other end has acknowledged what lies in holes, since which
        capture time that is known, and since which packet of the capture; all rising. A hole behind others has its
        own time here, not theirs."""
        self.former = -1
        """Where the connection before this one, on the same addresses and ports, left off; -1: there was none."""
        self.strays: list[Stray] | None = None
        """Implausible segments that follow one another; they may be a new connection's."""


class Connection:
    """One TCP connection, from its first packet until it is forgotten."""

    __slots__ = (
        "attention",
        "candidate",
        "closed",
        "emitted",
        "first",
        "flow",
        "last",
        "mid_stream",
        "reset_by",
        "reset_due",
        "reset_mark",
        "reset_sequence",
        "second",
        "serial",
        "timer",
    )

    def __init__(self, flow: Flow, first: Direction, second: Direction, serial: int, now: int) -> None:
        self.flow = flow
        self.first = first
        """The direction of its first packet."""
        self.second = second
        self.serial = serial
        """Position among all connections of the engine: the older the lower."""
        self.last = now
        """Capture time of its last packet."""
        self.timer = 0
        """When the engine will look at it next; 0: not planned."""
        self.emitted = False
        """Something was said of it, so that its end must be said too."""
        self.mid_stream = False
        self.closed = False
        """It has ended, and is remembered to swallow what comes again."""
        self.attention = False
        """It is not in plain sailing: closed, or one of the next, or strays in a direction."""
        self.candidate: Candidate | None = None
        self.reset_due = 0
        """When it ends for a RST that was seen; 0: none was."""
        self.reset_by = first
        self.reset_sequence = 0
        self.reset_mark: Mark = (0, 0, "")
        first.connection = second.connection = self
        first.other = second
        second.other = first

    @property
    def fin_mark(self) -> Mark:
        """Of its last FIN: it ended then, not when the capture's clock came far enough to be sure of it."""
        return max(self.first.assembler.fin_mark, self.second.assembler.fin_mark)

    def review(self) -> None:
        """Tell anew whether it needs attention."""
        self.attention = (
            self.closed
            or self.candidate is not None
            or self.reset_due != 0
            or self.first.strays is not None
            or self.second.strays is not None
        )


class Candidate:
    """A SYN on a connection that lives: a new connection, if what follows confirms it."""

    __slots__ = ("direction", "flags", "isn", "peer_start", "time")

    def __init__(self, direction: Direction, isn: int, peer_start: int, flags: int, time: int) -> None:
        self.direction = direction
        self.isn = isn
        self.peer_start = peer_start
        """What a SYN+ACK acknowledges; -1: it was a SYN alone."""
        self.flags = flags
        self.time = time


def endpoints(key: bytes) -> tuple[Endpoint, Endpoint]:
    """Source and destination of a flow key."""
    size = (len(key) - 4) >> 1
    ports = 2 * size
    return (
        Endpoint(key[:size], int.from_bytes(key[ports : ports + 2], "big")),
        Endpoint(key[size:ports], int.from_bytes(key[ports + 2 :], "big")),
    )


def reverse(key: bytes) -> bytes:
    """The key of the other direction."""
    size = (len(key) - 4) >> 1
    ports = 2 * size
    return key[size:ports] + key[:size] + key[ports + 2 :] + key[ports : ports + 2]


def sender_is_client(sender: Endpoint, receiver: Endpoint, server_ports: frozenset[int]) -> bool:
    """The guess where no SYN tells: a known port is the server's, else the lower one, else the receiver's."""
    if (sender.port in server_ports) != (receiver.port in server_ports):
        return receiver.port in server_ports
    return sender.port >= receiver.port


def behind(direction: Direction, sequence: int, limits: Limits) -> bool:
    """The number is one that the direction has passed, not long ago."""
    assembler = direction.assembler
    return assembler.running and -limits.window <= distance(sequence, assembler.sequence) <= 0


def may_start(direction: Direction, start: int, limits: Limits) -> bool:
    """A SYN may be this connection's: the direction has begun nowhere yet, and all that is known lies behind it."""
    assembler = direction.assembler
    if assembler.running or direction.isn >= 0:
        return False
    known = direction.other.acknowledged
    if known >= 0 and not 0 <= distance(known, start) <= limits.window:
        return False
    return not assembler.waiting or 0 <= distance(_lowest(assembler), start) <= limits.window


def may_be_acknowledged(direction: Direction, start: int, limits: Limits) -> bool:
    """A SYN+ACK of the other end may answer this direction's SYN: ``start`` is where its octets begin."""
    if direction.isn >= 0:
        # Equal, or further by the data that the SYN brought (RFC 7413).
        return (start - direction.isn - 1) & MASK <= _MOST_SYN_DATA
    if direction.assembler.running:
        return behind(direction, start, limits)
    return may_start(direction, start, limits)


def _lowest(assembler: Assembler) -> int:
    position = assembler.pieces[0][0] if assembler.pieces else assembler.fin
    return (assembler.sequence + position - assembler.edge) & MASK


def confirms(candidate: Candidate, direction: Direction, segment: Segment, limits: Limits) -> bool:
    """A segment shows that the candidate's SYN was in earnest.

    That is: the SYN+ACK that answers it, or the next segment of the same end, or the ACK that completes a
    handshake of which only the SYN+ACK was seen. A late copy of an old SYN gets none of these: a live peer answers
    it with the acknowledgment it had anyway (RFC 9293 §3.10.7.4), and the old connection goes on.
    """
    _, sequence, acknowledgment, flags, _, _, _, _ = segment
    start = (candidate.isn + 1) & MASK
    if direction is candidate.direction:
        return not flags & 0x06 and sequence == start and not behind(direction, start, limits)
    if not flags & ACK or acknowledgment != start:
        return False
    if candidate.peer_start >= 0:
        return sequence == candidate.peer_start
    if not flags & 0x02:
        return False
    # Without the connection's own SYN, a SYN where it may well have begun is its own, captured late.
    late = behind(candidate.direction, start, limits) and behind(direction, (sequence + 1) & MASK, limits)
    return candidate.direction.isn >= 0 or not late


def garbage_in_hole(direction: Direction, sequence: int, payload: bytes) -> bool:
    """A keep-alive's octet stands behind a hole, in the place of an octet that was lost.

    A keep-alive repeats the last number of a side that has been acknowledged wholly (RFC 9293 §3.8.4). Octets that
    are in earnest are acknowledged after they are seen; where no acknowledgment is ever seen, the usual zero tells.
    """
    if distance(sequence, direction.assembler.sequence) <= 0:
        return False
    acknowledged = direction.other.acknowledged
    return acknowledged == (sequence + 1) & MASK or (acknowledged < 0 and payload == b"\0")


def reset_plausible(direction: Direction, segment: Segment, limits: Limits) -> bool:
    """A RST is where its sender stands, or where the other end says (RFC 9293 §3.5.2), not blind (RFC 5961 §3)."""
    _, sequence, acknowledgment, flags, _, _, _, _ = segment
    other = direction.other
    expected = other.acknowledged
    if expected >= 0 and sequence in (expected, (expected + 1) & MASK):
        return True
    if direction.assembler.running:
        return 0 <= distance(sequence, direction.assembler.sequence) <= limits.reset_window
    if expected >= 0:
        return abs(distance(sequence, expected)) <= limits.reset_window
    if flags & ACK and other.assembler.running:
        return abs(distance(acknowledgment, other.assembler.sequence)) <= limits.reset_window
    return True
