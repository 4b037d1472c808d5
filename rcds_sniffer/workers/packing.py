"""Events as flat tuples of plain values: ``marshal`` writes and reads these many times faster than pickle objects.

The sender packs, the receiver unpacks. A connection goes over once, ahead of its first event, and has a number from
then on; what changed on it (its version, or which end is the client) goes over ahead of its next event. The classes
need no code here: each event names its ``FIELDS``.

The receiver's connections are other objects than the sender's and stand for them: told apart by identity, let go
of when they close. A connection of which something is told after its end goes over again.
"""

import marshal
import pickle
from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

from rcds_sniffer import events as shared
from rcds_sniffer.events import Connection, Event, Seen

Packed = tuple[Any, ...]

MARSHAL_VERSION: Final = 4
"""Of its format: what occurs again in a message, as names and types do, is written once."""

OPENED: Final = -1
"""Begins a connection: number, protocol, client, server, started, version."""
CHANGED: Final = -2
"""Of a connection: number, client, server, version."""

CLASSES: Final = tuple(kind for kind in vars(shared).values() if isinstance(kind, type) and issubclass(kind, Event))
"""Every event, in the order of its definition: both processes run the same file, so places are names enough."""

PLACE: Final = {kind: place for place, kind in enumerate(CLASSES)}
COMMON: Final = ("inferred", *(f"seen.{name}" for name in Seen.FIELDS))
OWN_BEGIN: Final = 2 + len(COMMON)
"""Behind the event's place in CLASSES, the connection's number, and what all events have."""

TAKE: Final[dict[type[Event], Callable[[Event], Packed]]] = {
    kind: attrgetter(*COMMON, *kind.FIELDS) for kind in CLASSES
}


class Packer:
    """Events to tuples."""

    def __init__(self) -> None:
        self._known: dict[Connection, list[Any]] = {}  # number, client, version
        self._count = 0

    def pack(self, event: Event, out: list[Packed]) -> None:
        """Add the event to ``out`` as a tuple, behind what must be known of its connection."""
        connection = event.connection
        known = self._known.get(connection)
        if known is None:
            known = self._known[connection] = [self._count, connection.client, connection.version]
            self._count += 1
            out.append((
                OPENED, known[0], connection.protocol, connection.client, connection.server, connection.started,
                connection.version,
            ))  # fmt: skip
        elif known[1] is not connection.client or known[2] is not connection.version:
            known[1:] = connection.client, connection.version
            out.append((CHANGED, known[0], connection.client, connection.server, connection.version))
        kind = type(event)
        out.append((PLACE[kind], known[0], *TAKE[kind](event)))
        if kind is shared.ConnectionClosed:
            del self._known[connection]


class Unpacker:
    """Tuples to events."""

    def __init__(self) -> None:
        self._connections: dict[int, Connection] = {}

    def unpack(self, packed: Packed) -> Event | None:
        """The event; None where something was only told of a connection."""
        place, number = packed[0], packed[1]
        if place == OPENED:
            self._connections[number] = Connection(*packed[2:])
            return None
        connection = self._connections[number]
        if place == CHANGED:
            connection.client, connection.server, connection.version = packed[2], packed[3], packed[4]
            return None
        kind = CLASSES[place]
        if kind is shared.ConnectionClosed:
            del self._connections[number]
        seen = Seen(*packed[3:OWN_BEGIN])
        return kind(connection, seen, packed[2], **dict(zip(kind.FIELDS, packed[OWN_BEGIN:], strict=True)))


def to_octets(value: object) -> bytes:
    """``value`` for :func:`from_octets` of another process of this program; what is no plain value is pickled."""
    try:
        return b"m" + marshal.dumps(value, MARSHAL_VERSION)  # type: ignore[arg-type] # or it raises ValueError
    except ValueError:
        return b"p" + pickle.dumps(value, pickle.HIGHEST_PROTOCOL)


def from_octets(octets: bytes) -> Any:
    """What :func:`to_octets` was given. For octets that this program wrote, and for no others."""
    if octets[:1] == b"m":
        return marshal.loads(memoryview(octets)[1:])  # noqa: S302 - from our own worker
    return pickle.loads(memoryview(octets)[1:])  # noqa: S301 - the same
