"""The web gateway: MSNP in the bodies of HTTP requests and answers, for clients behind walls.

Takes a client's connections; gives HTTP over connections to the gateway or to a web proxy, which show the same
commands in the same order. What a client says it posts; what it is told comes in the answer to a post or to a poll.
One request at a time is under way on a connection. The facts stand in the protocol reference, section 7.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING

from .packets import Range
from .roads import Carried
from .tcp import MILLISECOND, SECOND, Connection

if TYPE_CHECKING:
    from .tcp import Write

NAME = "gateway.messenger.example"
GATEWAY, FURTHER, PROXY = ("198.51.100.80", 80), ("198.51.100.81", 80), ("198.51.100.88", 8080)
PATH = "/gateway/gateway.dll"
TOGETHER = 5 * MILLISECOND
"""A gateway waits so long for what a server says to a post."""
BORED = 6 * SECOND
"""A client that is told nothing for so long asks."""
PAGE = b"<html><body>\r\nMSG 9 N 5\r\nhello\r\nX-MSN-Messenger: SessionID=1.2</body></html>\r\n"


@dataclass(frozen=True)
class Gateway:
    """How a client uses it."""

    http: str = "1.1"
    proxied: bool = False
    """Through a web proxy, which is asked for whole addresses."""
    each: bool = False
    """Every request on a connection of its own."""
    shared: bool = False
    """All tunnels, and the rest of the web, on one connection."""
    cut: float = 0.2
    """How often a body ends somewhere in a command."""
    chunked: float = 0.0
    """How often an answer says its length piece by piece."""

    def carries(self, connections: list[Connection], seed: str) -> Carried:
        """See :class:`~tests.simulator.roads.Road`."""
        web = _Web(self, connections, Random(f"gateway/{seed}/{connections[0].number}"))
        web.runs()
        return web.carried()


@dataclass
class _Tunnel:
    """One connection of the client's, seen from inside."""

    inner: Connection
    key: str
    said: list[Write]
    told: list[Write]
    """What has not been carried yet."""
    session: str | None = None
    done: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    """Octets that have been carried."""
    rest: bytes = b""
    """Of what the server said: what was cut from the last answer."""
    last: int = 0
    lane: Connection | None = None


@dataclass
class _Web:
    """Everything that one client does."""

    way: Gateway
    inner: list[Connection]
    random: Random
    lanes: list[Connection] = field(default_factory=list)
    free: dict[int, int] = field(default_factory=dict)
    """When the answer to the last request on a connection has come."""
    now: int = 0
    """The client does one thing after the other."""
    shown: dict[tuple[int, bool], list[tuple[int, int, Connection, Write, int]]] = field(default_factory=dict)

    def runs(self) -> None:
        """All events, in the order in which the client sees them."""
        tunnels = []
        for inner in self.inner:
            key = str(self.random.randrange(10**8, 2 * 10**9))
            said, told = inner.written_by(True), inner.written_by(False)
            tunnels.append(_Tunnel(inner, key, said, told, last=inner.ready))
        while True:
            due = [(self._next(tunnel), number) for number, tunnel in enumerate(tunnels) if self._next(tunnel)]
            if not due:
                return
            time, number = min(due)
            self._step(tunnels[number], time)

    def _next(self, tunnel: _Tunnel) -> int:
        """When the client does or hears something next; 0: never."""
        if tunnel.rest:
            return tunnel.last + MILLISECOND
        times = [write.time for write in tunnel.said[:1]] + [write.arrival for write in tunnel.told[:1]]
        closed = tunnel.inner.closed
        if not times and closed and tunnel.session != "":
            times = [max(closed[0], tunnel.last) + MILLISECOND]
        return min(times, default=0)

    def _step(self, tunnel: _Tunnel, time: int) -> None:
        if tunnel.session is not None and time - tunnel.last > BORED and tunnel.inner.latency * 4 < BORED:
            self._asks(tunnel, tunnel.last + BORED // 2, b"")
            return
        if tunnel.said and tunnel.said[0].time == time and not tunnel.rest:
            first = tunnel.said.pop(0)
            body = first.octets
            while tunnel.said and tunnel.said[0].time - time < MILLISECOND:
                body += tunnel.said.pop(0).octets
            at = self._cut(body)
            if at < len(body):
                time = self._asks(tunnel, time, body[:at], until=first.arrival)
            self._asks(tunnel, time, body[at:] if at < len(body) else body)
            return
        at = time if tunnel.rest or not tunnel.told else tunnel.told[0].time - tunnel.inner.latency - MILLISECOND
        self._asks(tunnel, max(at, tunnel.last), b"")

    def _cut(self, body: bytes) -> int:
        if len(body) > 1 and self.random.random() < self.way.cut:
            return self.random.randrange(1, len(body))
        return len(body)

    def _unasked(self, tunnel: _Tunnel) -> int:
        """When what has not been posted yet reached the server: from then on it may answer that."""
        return tunnel.said[0].arrival if tunnel.said else 1 << 62

    # One request and its answer.

    def _asks(self, tunnel: _Tunnel, time: int, body: bytes, *, until: int = 0) -> int:
        """A post, or without a body a poll; gives when the answer has come.

        ``until``: the body is not all of what the client says; it is told nothing that the server says later.
        """
        lane = self._lane(tunnel, time)
        time = max(time, self.free.get(lane.number, lane.ready), self.now)
        if self.way.shared and self.random.random() < 0.2:
            time = self._surfs(lane, time)
        head = self._request(tunnel, body)
        request = lane.from_client(time, head + body)
        self._shows(tunnel, True, [(lane, request, len(head), len(body))])
        answered = request.arrival + MILLISECOND
        if tunnel.told and tunnel.told[0].time <= (until or self._unasked(tunnel)):
            answered = max(answered, min(tunnel.told[0].time, answered + TOGETHER))
        words, tunnel.rest = tunnel.rest, b""
        while tunnel.told and tunnel.told[0].time <= min(answered + TOGETHER, until or self._unasked(tunnel)):
            write = tunnel.told.pop(0)
            answered = max(answered, write.time)
            words += write.octets
        at = self._cut(words)
        words, tunnel.rest = words[:at], words[at:]
        ends = not (until or tunnel.said or tunnel.told or tunnel.rest) and tunnel.inner.closed is not None
        if self.way.http == "1.1" and body and self.random.random() < 0.1:
            lane.from_server(request.arrival + MILLISECOND // 2, b"HTTP/1.1 100 Continue\r\n\r\n")
        octets, pieces = self._answer(tunnel, words, ends=ends)
        answer = lane.from_server(answered, octets)
        self._shows(tunnel, False, [(lane, answer, begin, length) for begin, length in pieces])
        tunnel.last = self.free[lane.number] = self.now = answer.arrival + MILLISECOND
        if self.way.each:
            lane.close(answered + MILLISECOND, by_client=False)
        if ends:
            tunnel.session = ""
            if not self.way.shared and not self.way.each:
                lane.close(tunnel.last, by_client=True)
        return tunnel.last

    def _request(self, tunnel: _Tunnel, body: bytes) -> bytes:
        if tunnel.session is None:
            kind = "NS" if body.startswith(b"VER") else "SB"
            query, host = f"Action=open&Server={kind}&IP={tunnel.inner.server[0]}", NAME
        else:
            query, host = f"SessionID={tunnel.session}", FURTHER[0]
            if not body:
                query = f"Action=poll&Lifespan=60&{query}" if self.random.random() < 0.3 else f"Action=poll&{query}"
        where = f"http://{host}{PATH}" if self.way.proxied else PATH
        stays = "Proxy-Connection" if self.way.proxied else "Connection"
        lines = [
            f"POST {where}?{query} HTTP/{self.way.http}",
            "Accept: */*",
            "Accept-Language: en-us",
            "User-Agent: MSMSGS",
            f"Host: {host}",
            f"{stays}: {'close' if self.way.each else 'Keep-Alive'}",
            "Pragma: no-cache",
            "Content-Type: application/x-msn-messenger",
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join([*lines, "", ""]).encode()

    def _answer(self, tunnel: _Tunnel, body: bytes, *, ends: bool) -> tuple[bytes, list[tuple[int, int]]]:
        """The octets, and where in them those of the body stand, with how many they are."""
        tunnel.session = f"{tunnel.key}.{self.random.randrange(1, 1 << 30)}"
        known = f"SessionID={tunnel.session}; GW-IP={FURTHER[0]}" + ("; Session=close" if ends else "")
        lines = [
            f"HTTP/{self.way.http} 200 OK",
            "Server: Microsoft-IIS/5.0",
            f"X-MSN-Messenger: {known}",
            "X-MSN-Host: gateway.example",
            "Content-Type: application/x-msn-messenger",
        ]
        if self.way.http == "1.0" or self.random.random() >= self.way.chunked:
            head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode()
            return head + body, [(len(head), len(body))]
        octets, pieces = "\r\n".join([*lines, "Transfer-Encoding: chunked", "", ""]).encode(), []
        while body:
            size = self.random.randrange(1, len(body) + 1)
            octets += f"{size:x}\r\n".encode()
            pieces.append((len(octets), size))
            octets, body = octets + body[:size] + b"\r\n", body[size:]
        return octets + b"0\r\n\r\n", pieces

    def _surfs(self, lane: Connection, time: int) -> int:
        """Something else of the web, on the same connection."""
        asked = f"GET http://www.example/page{self.random.randrange(100)} HTTP/1.1\r\nHost: www.example\r\n\r\n"
        request = lane.from_client(time, asked.encode())
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(PAGE)}\r\n\r\n"
        return lane.from_server(request.arrival + MILLISECOND, head.encode() + PAGE).arrival + MILLISECOND

    # Connections.

    def _lane(self, tunnel: _Tunnel, time: int) -> Connection:
        """The connection for the next request."""
        if self.way.shared and self.lanes:
            return self.lanes[0]
        old = tunnel.lane
        if old is not None and not self.way.each:
            if tunnel.session is None or old.server != GATEWAY:
                return old
            old.close(tunnel.last, by_client=True)  # the gateway named another of its machines
        server = PROXY if self.way.proxied else (GATEWAY if tunnel.session is None else FURTHER)
        inner, number = tunnel.inner, len(self.lanes)
        opened = max(inner.opened, time - 2 * inner.latency - MILLISECOND)
        lane = replace(
            inner,
            number=100_000 + 1000 * self.inner[0].number + number,
            client=(inner.client[0], 20_000 + 3 * number + self.random.randrange(3)),
            server=server,
            opened=opened,
            writes=[],
            closed=None,
            isn=(self.random.randrange(1 << 32), self.random.randrange(1 << 32)),
        )
        self.lanes.append(lane)
        tunnel.lane = lane
        return lane

    # Places.

    def _shows(self, tunnel: _Tunnel, side: bool, pieces: list[tuple[Connection, Write, int, int]]) -> None:
        for lane, write, at, length in pieces:
            begin = tunnel.done[side]
            tunnel.done[side] = end = begin + length
            self.shown.setdefault((tunnel.inner.number, side), []).append((begin, end, lane, write, at))

    def carried(self) -> Carried:
        """What came of it."""
        for lane in self.lanes:
            lane.settle()
        return Carried(frozenset(inner.number for inner in self.inner), self.lanes, self._places)

    def _places(self, place: Range) -> tuple[Range, ...]:
        out = []
        for begin, end, lane, write, at in self.shown[place.stream, place.from_client]:
            first, last = max(begin, place.offset), min(end, place.end)
            if first < last:
                offset = write.offset + at + first - begin
                out.append(Range(lane.number, place.from_client, offset, last - first))
        return tuple(out)
