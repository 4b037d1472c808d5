"""The world: a clock, servers with addresses, accounts with clients, and the list of what happened.

Takes a script (method calls in the order in which things happen); gives a :class:`Capture`. Time is virtual:
every action starts when the one before it has reached everybody, plus a pause, and everything that is random comes
from the seed, so that a script gives the same octets each time it runs.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from random import Random

from .desk import Stranger
from .dialects import DIALECTS, FURTHER, Dialect, full, light
from .packets import Frame, Range
from .people import Account
from .roads import Carried, carried
from .sent import Copies, Moving, Piece, Sent, settled, survived
from .talk import Talk
from .tcp import MILLISECOND, SECOND, Connection, Shape, Write, frames_of
from .truth import Copy, Said, expected_messages

START = 1_152_867_600 * SECOND
"""Friday, 14 July 2006, 09:00 UTC."""
SWITCHBOARDS = ("198.51.100.30", "198.51.100.31", "198.51.100.32")
KEEP_ALIVE = 45 * SECOND


@dataclass(frozen=True, slots=True)
class Capture:
    """What the tap saw, and what was said."""

    frames: list[Frame]
    truth: list[Said]
    connections: list[Connection]
    """The tapped ones, as they are on the wire; ``stream()`` of each is what a reassembly must find."""
    files: list[Sent] = field(default_factory=list)
    """What was sent in files, as far as these frames show it."""


@dataclass(slots=True)
class _Event:
    """A thing said, before its octets have their places."""

    kind: str
    sender: Account | Stranger
    recipients: tuple[str, ...]
    text: str | None
    name: str
    outcome: str | None
    answer: str | None
    conversation: str | None
    version: int
    traces: list[tuple[Account, Connection, list[Write]]]
    details: Mapping[str, object] | None


@dataclass(eq=False)
class World:
    """Servers, accounts and a clock."""

    version: int = 8
    seed: int = 1
    start: int = START
    pace: float = 1.0
    """Stretches the pauses between actions."""
    tap: float = 0.05
    """Where the tap stands between the clients (0) and the servers (1)."""
    resolution: int = 1000
    """Nanoseconds to which stamps are cut."""
    shape: Shape = field(default_factory=Shape)
    revival: bool = False
    """Servers write names as revival servers do, only lightly encoded."""
    reuse_ports: bool = False
    """A client's connection to a server takes the port of an earlier, closed one to the same server."""
    switchboard_port: int = 1863
    accounts: list[Account] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(f"world/{self.seed}")
        self.now = self.start
        self.moves: list[Moving] = []
        self._events: list[_Event] = []
        self._owners: list[Account] = []
        self._straight: set[int] = set()
        self._pinged = self.start

    # The script's view.

    def account(
        self,
        address: str,
        name: str | None = None,
        *,
        tapped: bool = True,
        ip: str | None = None,
        version: int | None = None,
        picture: bool = False,
    ) -> Account:
        """Somebody with an account and a client; two may share an address (NAT)."""
        number = len(self.accounts) + 1
        row = self.row(version or self.version)
        latency = self.random.randrange(8, 90) * MILLISECOND + self.random.randrange(1000) * 1000
        ip = ip or f"192.0.2.{10 * number + 1}"
        account = Account(self, address, name or address, ip=ip, tapped=tapped, row=row, latency=latency)
        account.has_picture = picture
        self.accounts.append(account)
        return account

    def waits(self, seconds: float) -> None:
        """Nothing is said for a while; clients keep their connections alive."""
        until = self.now + int(seconds * SECOND)
        while self._pinged + KEEP_ALIVE < until:
            self._pinged = max(self._pinged + KEEP_ALIVE, self.now)
            for account in self.accounts:
                if account.online:
                    account.pings(at=self._pinged)
        self.now = max(self.now, until)

    @property
    def truth(self) -> list[Said]:
        """What was said so far."""
        return self.capture().truth

    def expected_messages(self, target: str) -> list[Said]:
        """The messages that must be recorded for a target from an undamaged capture."""
        return expected_messages(self.truth, target)

    def frames(self) -> list[Frame]:
        """What the tap saw so far."""
        return self.capture().frames

    def capture(self) -> Capture:
        """What the tap saw so far, and what was said."""
        roads = self._carried()
        tapped = sorted((c for road in roads for c in road.connections), key=lambda c: c.number)
        by_stream = {
            connection.number: frames_of(connection, tap=self.tap, resolution=self.resolution, seed=self.seed)
            for connection in tapped
        }
        frames = sorted((frame for one in by_stream.values() for frame in one), key=lambda frame: frame.time)
        parts = {
            (number, side): [frame for frame in one if frame.carries and frame.carries.from_client is side]
            for number, one in by_stream.items()
            for side in (True, False)
        }
        places = {number: road.places for road in roads for number in road.numbers}

        def placed(
            connection: Connection, write: Write, at: int = 0, length: int | None = None
        ) -> tuple[Range, ...]:
            whole = connection.range_of(write)
            wanted = whole if length is None else replace(whole, offset=whole.offset + at, length=length)
            return places[connection.number](wanted)

        def copies(letter: Copies) -> Iterable[tuple[Range, ...]]:
            for connection, writes in letter:
                if connection.tapped:
                    yield tuple(place for write in writes for place in placed(connection, write))

        files = [settled(moving, _pieces(moving, placed), copies) for moving in self.moves]
        said = [_said(event, parts, placed) for event in self._events]
        return Capture(frames, said, tapped, survived(files, frames))

    def places(self, connection: Connection, write: Write) -> tuple[Range, ...]:
        """Where on the wire a write to a tapped connection stands."""
        road = next(road for road in self._carried() if connection.number in road.numbers)
        return road.places(connection.range_of(write))

    def files(self, frames: Iterable[Frame]) -> list[Sent]:
        """What was sent in files, as far as these frames show it."""
        return survived(self.capture().files, frames)

    def _carried(self) -> list[Carried]:
        """The tapped connections, each account's by its road."""
        groups: dict[Account | None, list[Connection]] = {}
        for connection, owner in zip(self.connections, self._owners, strict=True):
            if connection.tapped:
                connection.settle()
                road = None if connection.number in self._straight or owner.road is None else owner
                groups.setdefault(road, []).append(connection)
        return [carried(group, owner and owner.road, f"{self.seed}") for owner, group in groups.items()]

    # What accounts and chats need of it.

    def step(self) -> int:
        """The time at which the next action starts."""
        self.waits(self.pace * self.random.randrange(400, 3000) / 1000)
        return self.now

    def reached(self, *times: int) -> None:
        """Something was under way until then."""
        self.now = max(self.now, *times)

    def quote(self, name: str) -> str:
        """A name as the servers write it."""
        return light(name) if self.revival else full(name)

    def guid(self) -> str:
        """A GUID in braces."""
        digits = self.random.randbytes(16).hex()
        return "{" + "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]]) + "}"

    def switchboard(self) -> tuple[str, int]:
        """The address of some switchboard."""
        return self.random.choice(SWITCHBOARDS), self.switchboard_port

    def connect(
        self, account: Account, server: tuple[str, int], time: int, *, straight_to: Account | None = None
    ) -> Talk:
        """The account's client opens a connection; ``straight_to``: to that account's client, by no other road."""
        connection = Connection(
            number=len(self.connections),
            client=(account.ip, self._port(account.ip, server, time)),
            server=server,
            latency=account.latency,
            opened=time,
            tapped=account.tapped or (straight_to is not None and straight_to.tapped),
            isn=(self.random.randrange(1 << 32), self.random.randrange(1 << 32)),
            shape=self.shape,
        )
        self.connections.append(connection)
        self._owners.append(account)
        if straight_to is not None:
            self._straight.add(connection.number)
        return Talk(connection, connection.ready)

    def owner_of(self, connection: Connection) -> Account:
        """Who opened a connection."""
        return self._owners[connection.number]

    def _port(self, ip: str, server: tuple[str, int], time: int) -> int:
        before = [c for c in self.connections if c.client[0] == ip]
        if self.reuse_ports:
            for old in reversed([c for c in before if c.server == server]):
                if all(c.closed and c.closed[0] + SECOND < time for c in before if c.client == old.client):
                    return old.client[1]
        return 1025 + 7 * len(before) + self.random.randrange(7)

    def record(
        self,
        kind: str,
        sender: Account | Stranger,
        traces: Iterable[tuple[Account, Talk, list[Write]]],
        *,
        recipients: Iterable[Account | Stranger] = (),
        text: str | None = None,
        outcome: str | None = None,
        answer: str | None = None,
        conversation: str | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        """This happened, and these writes show it."""
        self._events.append(
            _Event(
                kind,
                sender,
                tuple(sorted(account.address for account in recipients)),
                text,
                sender.name,
                outcome,
                answer,
                conversation,
                sender.row.version,
                [(account, talk.connection, writes) for account, talk, writes in traces],
                details,
            )
        )

    def row(self, version: int) -> Dialect:
        """The dialect of a version."""
        return DIALECTS.get(version) or FURTHER[version]


Placed = Callable[..., tuple[Range, ...]]
"""Where on the wire a write stands: a connection, a write, and of a part of it where it begins and its length."""


def _pieces(moving: Moving, placed: Placed) -> Iterable[Piece]:
    for connection, write, at, offset, octets, framed in moving.pieces:
        own = placed(connection, write, at, len(octets))
        yield Piece(placed(connection, write), own, offset, octets, framed)


def _said(event: _Event, parts: dict[tuple[int, bool], list[Frame]], placed: Placed) -> Said:
    copies, own, first = [], None, []
    for account, connection, writes in event.traces:
        ranges = tuple(part for write in writes for part in placed(connection, write)) if connection.tapped else ()
        copies.append(Copy(account.address, connection.tapped, ranges))
        if not ranges:
            continue
        place = ranges[0]
        carriers = parts[place.stream, place.from_client]
        behind = bisect_right(carriers, place.offset, key=lambda frame: frame.carries.offset)
        first.append(carriers[behind - 1].time)
        own = first[-1] if account is event.sender else own
    return Said(
        kind=event.kind,
        sender=event.sender.address,
        recipients=event.recipients,
        text=event.text,
        time=own,
        name=event.name,
        outcome=event.outcome,
        answer=event.answer,
        conversation=event.conversation,
        version=event.version,
        copies=tuple(copies),
        first_seen=min(first, default=None),
        details=event.details,
    )
