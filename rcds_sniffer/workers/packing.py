# cython: annotation_typing=False
"""Events as flat tuples of plain values: ``marshal`` writes and reads these many times faster than pickle objects.

The sender packs, the receiver unpacks. A connection goes over once, ahead of its first event, and has a number from
then on; what changed on it (its version, or which end is the client) goes over ahead of its next event. The classes
need no code here: each event names its ``FIELDS``. Only what comes for every text on the line, :class:`Message`,
:class:`Typing` and :class:`Delivery`, is spelt out, field by field in that order: compiled (``packing.pxd``), these
are then C structures, read and filled in place.

The receiver's connections are other objects than the sender's and stand for them: told apart by identity, let go
of when they close. A connection of which something is told after its end goes over again.
"""

import marshal
import pickle
from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

from rcds_sniffer import events as shared
from rcds_sniffer.events import Connection, Delivery, Event, Message, Seen, Typing

Packed = tuple[Any, ...]

MARSHAL_VERSION: Final = 4
"""Of its format: what occurs again in a message, as names and types do, is written once."""

OPENED: Final = -1
"""Begins a connection: number, protocol, client, server, started, version, realm, shared."""
CHANGED: Final = -2
"""Of a connection: number, client, server, version."""

CLASSES: Final = tuple(kind for kind in vars(shared).values() if isinstance(kind, type) and issubclass(kind, Event))
"""Every event, in the order of its definition: both processes run the same file, so places are names enough."""

PLACE: Final = {kind: place for place, kind in enumerate(CLASSES)}
MESSAGE, TYPING, DELIVERY = PLACE[Message], PLACE[Typing], PLACE[Delivery]
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
                connection.version, connection.realm, connection.shared,
            ))  # fmt: skip
        elif known[1] is not connection.client or known[2] is not connection.version:
            known[1:] = connection.client, connection.version
            out.append((CHANGED, known[0], connection.client, connection.server, connection.version))
        out.append(_packed(event, known[0]))
        if type(event) is shared.ConnectionClosed:
            del self._known[connection]


def _packed(event: Event, number: int) -> Packed:
    """The event's tuple."""
    kind = type(event)
    seen = event.seen
    if type(event) is Message:
        message = event
        return (
            MESSAGE, number, message.inferred, seen.time, seen.sequence, seen.packet, seen.source, seen.from_client,
            seen.ordinal, message.sender, message.sender_name, message.content_type, message.transaction,
            message.details, message.text, message.format, message.message_id, message.missing, message.complete,
            message.known, message.length,
        )  # fmt: skip
    if type(event) is Typing:
        typing = event
        return (
            TYPING, number, typing.inferred, seen.time, seen.sequence, seen.packet, seen.source, seen.from_client,
            seen.ordinal, typing.sender, typing.sender_name, typing.content_type, typing.transaction,
            typing.details,
        )  # fmt: skip
    if type(event) is Delivery:
        delivery = event
        return (
            DELIVERY, number, delivery.inferred, seen.time, seen.sequence, seen.packet, seen.source,
            seen.from_client, seen.ordinal, delivery.transaction, delivery.delivered,
        )  # fmt: skip
    return (PLACE[kind], number, *TAKE[kind](event))


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
        if place == MESSAGE:
            return _message(packed, connection)
        if place == TYPING:
            return _typing(packed, connection)
        if place == DELIVERY:
            return _delivery(packed, connection)
        kind = CLASSES[place]
        if kind is shared.ConnectionClosed:
            del self._connections[number]
        own = dict(zip(kind.FIELDS, packed[OWN_BEGIN:], strict=True))
        return kind(connection, _seen(packed), packed[2], **own)


def _seen(packed: Packed) -> Seen:
    seen = Seen.__new__(Seen)
    seen.time, seen.sequence, seen.packet = packed[3], packed[4], packed[5]
    seen.source, seen.from_client, seen.ordinal = packed[6], packed[7], packed[8]
    seen.until = 0
    return seen


def _message(packed: Packed, connection: Connection) -> Message:
    message = Message.__new__(Message)
    message.connection, message.seen, message.inferred = connection, _seen(packed), packed[2]
    message.sender, message.sender_name, message.content_type = packed[9], packed[10], packed[11]
    message.transaction, message.details = packed[12], packed[13]
    message.text, message.format, message.message_id = packed[14], packed[15], packed[16]
    message.missing, message.complete, message.known, message.length = (
        packed[17],
        packed[18],
        packed[19],
        packed[20],
    )
    return message


def _typing(packed: Packed, connection: Connection) -> Typing:
    typing = Typing.__new__(Typing)
    typing.connection, typing.seen, typing.inferred = connection, _seen(packed), packed[2]
    typing.sender, typing.sender_name, typing.content_type = packed[9], packed[10], packed[11]
    typing.transaction, typing.details = packed[12], packed[13]
    return typing


def _delivery(packed: Packed, connection: Connection) -> Delivery:
    delivery = Delivery.__new__(Delivery)
    delivery.connection, delivery.seen, delivery.inferred = connection, _seen(packed), packed[2]
    delivery.transaction, delivery.delivered = packed[9], packed[10]
    return delivery


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
