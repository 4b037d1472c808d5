# cython: annotation_typing=False
"""What is remembered of a connection.

`Connection` holds two `Direction`s, one for each end's octets, and knows the connections `beside` it: those with
the same addresses and ports. Nothing here decides anything; `plausibility` judges, `lifecycle` begins and ends.
"""

from collections.abc import Sequence
from struct import Struct

from reassembly.assembler import Assembler, Mark
from reassembly.counters import Counters
from reassembly.events import Endpoint, Flow
from reassembly.headers import Segment
from reassembly.layers import VLAN

_THREE = Struct(">III").unpack

Stray = tuple[Segment, Mark]


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
        "packets",
        "path",
        "ports",
        "seen",
        "source",
        "target",
        "unknown_start",
        "vlan",
        "waits",
    )

    connection: "Connection"
    other: "Direction"

    def __init__(self, key: bytes, path: bytes, from_client: bool, counters: Counters) -> None:
        self.key = key
        self.source, self.target, self.ports = numbers(key)
        """The key in three (`plain.Plain`); of one that is not IPv4's alone, zeros."""
        self.path = path
        """By which its last segment came."""
        self.vlan = vlan_of(path)
        """The VLAN that this path is, 0: an empty path; -1: it is another."""
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
        self.packets = 0
        """Packets of the capture that were counted when the wait for that hole began."""
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


class Connection:
    """One TCP connection, from its first packet until it is forgotten."""

    __slots__ = (
        "attention",
        "beside",
        "candidate",
        "closed",
        "emitted",
        "first",
        "flow",
        "last",
        "mid_stream",
        "paths",
        "reset_by",
        "reset_due",
        "reset_mark",
        "reset_sequence",
        "second",
        "serial",
        "strangers",
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
        """It is not in plain sailing: closed, or one of the next."""
        self.beside: list[Connection] | None = None
        """All connections with these addresses and ports, this one too, the eldest first; None: it is alone."""
        self.paths: tuple[bytes, ...] = (first.path,)
        """The networks through which its segments came, either direction's: the two may be tagged differently."""
        self.strangers: list[Stranger] | None = None
        """Implausible segments that may be another connection's; never an empty list."""
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

    @property
    def together(self) -> Sequence["Connection"]:
        """All connections with these addresses and ports, the eldest first."""
        return self.beside or (self,)

    def towards(self, key: bytes) -> Direction:
        """Its direction with this key."""
        return self.first if self.first.key == key else self.second

    def came_by(self, direction: Direction, path: bytes, most: int) -> None:
        """A segment of it came by this path; remember not more than ``most``."""
        if direction.path != path:
            direction.path = path
            direction.vlan = vlan_of(path)
        if path not in self.paths and len(self.paths) < most:
            self.paths += (path,)

    def review(self) -> None:
        """Tell anew whether it needs attention."""
        self.attention = (
            self.closed
            or self.beside is not None
            or self.candidate is not None
            or self.strangers is not None
            or self.reset_due != 0
        )


class Candidate:
    """A SYN on a connection that lives: a new connection, if what follows confirms it."""

    __slots__ = ("direction", "interrupted", "mark", "peer_start", "segment", "since")

    def __init__(self, direction: Direction, segment: Segment, peer_start: int, mark: Mark, since: int) -> None:
        self.direction = direction
        self.segment = segment
        self.peer_start = peer_start
        """What a SYN+ACK acknowledges; -1: it was a SYN alone."""
        self.mark = mark
        self.since = since
        """Capture time at which it came."""
        self.interrupted = False
        """The connection itself was heard since: it goes on living."""


class Stranger:
    """Implausible segments that fit one another: another connection with the same addresses and ports, perhaps."""

    __slots__ = ("interrupted", "last", "segments")

    def __init__(self, now: int) -> None:
        self.segments: list[Stray] = []
        self.last = now
        """Capture time of the last of them."""
        self.interrupted = False
        """The connection among whose segments they came was heard since the first of them."""


def numbers(key: bytes) -> tuple[int, int, int]:
    """See `Direction.source`."""
    return _THREE(key) if len(key) == 12 else (0, 0, 0)


def vlan_of(path: bytes) -> int:
    """See `Direction.vlan`."""
    if not path:
        return 0
    return path[3] << 8 | path[4] if len(path) == 5 and path[0] == VLAN else -1


def address_size(key: bytes) -> int:
    """4 or 16: a key is 12 or 36 octets, and any number of networks, five octets each, behind them."""
    return 4 if len(key) % 5 == 2 else 16


def endpoints(key: bytes) -> tuple[Endpoint, Endpoint]:
    """Source and destination of a flow key."""
    size = address_size(key)
    ports = 2 * size
    return (
        Endpoint(key[:size], int.from_bytes(key[ports : ports + 2], "big")),
        Endpoint(key[size:ports], int.from_bytes(key[ports + 2 : ports + 4], "big")),
    )


def reverse(key: bytes) -> bytes:
    """The key of the other direction."""
    size = address_size(key)
    ports = 2 * size
    return key[size:ports] + key[:size] + key[ports + 2 : ports + 4] + key[ports : ports + 2] + key[ports + 4 :]


def sender_is_client(sender: Endpoint, receiver: Endpoint, server_ports: frozenset[int]) -> bool:
    """The guess where no SYN tells: a known port is the server's, else the lower one, else the receiver's."""
    if (sender.port in server_ports) != (receiver.port in server_ports):
        return receiver.port in server_ports
    return sender.port >= receiver.port
