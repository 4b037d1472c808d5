"""The gateway's sessions: each a tunnel, whatever TCP connections its requests and answers take.

A tunnel is named by its client's address and the stable half of its SessionID, and by nothing else. Its requests
move from the gateway's name to the address in ``GW-IP``, through proxies, over kept and new connections and with
them other ports; so neither server nor connection can be part of the name. The client's address is, since two
gateways (two networks behind one tap, say) may well give the same number to two people. Where proxies stand between
client and tap, one that sends from several addresses splits a tunnel: better two halves than two people's in one.

The request that opens a session has no name yet. Its tunnel is there at once, so that nothing waits, and is named
by the answer. Where that is not seen, the first request that quotes an unknown SessionID names it, if exactly one
of this client waits for a name, and its answer must have come by then: no answer to this client is ever seen, or
messages were lost, or the request follows on the same connection. Else the unknown one begins in mid-stream, and
says so by a gap.

A decoder is made when a tunnel's first octets come, not before: polls of nothing cost nothing.

A tunnel ends when the gateway says so (``Session=close``), when it answers with an error, or after long silence;
the oldest is forgotten when there are too many. A session that is asked for again after that begins in mid-stream.
"""

from __future__ import annotations

from collections import OrderedDict

from msnp.gateway.asked import Asked
from msnp.gateway.channel import Channel, Inlet
from msnp.gateway.posts import Budget, Post
from msnp.gateway.streams import Opened, OpenTunnel, Stream
from msnp.limits import SECOND, Recent
from msnp.mark import Mark, mark_at

MAX_TUNNELS = 8192
"""Tunnels followed at a time. One more: the one idle longest is followed no longer."""
MAX_KEPT = 32 * 1024 * 1024
"""Octets that all of them together keep back (bodies that wait, copies of requests). Beyond: bodies that are waited
for are given up, and no more copies are made."""
MAX_CLIENTS = 1024
"""Clients whose opened tunnels wait for their SessionID, or to be asked for again, and clients who are known to get
answers. One more: the oldest is forgotten, and its session falls in two."""
MAX_UNNAMED = 4
"""Such tunnels of one client. One more: the same for its oldest."""
IDLE = 600 * SECOND
"""Capture time without request or answer, after which a tunnel is over; clients poll at least once a minute."""

_Name = tuple[str, bytes]  # the client's address, and the stable half of the SessionID


class Tunnel:
    """One session of the gateway."""

    __slots__ = (
        "_channels",
        "_decoder",
        "_inlet",
        "_latest",
        "_origin",
        "_owner",
        "_post",
        "adrift",
        "client",
        "ended",
        "key",
        "opened",
    )

    def __init__(self, owner: Tunnels, opened: Opened, client: str, origin: object, mark: Mark) -> None:
        self.opened = opened
        self.client = client
        """The address of the one who asks."""
        self.key: bytes | None = None
        """The stable half of its SessionID; None as long as it has none."""
        self.adrift = False
        """The answer that would name it was missed."""
        self.ended = False
        self._owner = owner
        self._origin = origin
        self._latest = mark
        self._decoder: Stream | None = None
        self._post: Post | None = None
        self._inlet: Inlet | None = None
        self._channels: tuple[Channel, ...]
        self._channels = Channel(self, False, owner.budget), Channel(self, True, owner.budget)

    @property
    def time(self) -> int:
        """When something of it was seen last."""
        return self._latest.time

    def touch(self, mark: Mark) -> None:
        """Something of it was seen."""
        self._latest = mark
        self._owner.touch(self)

    def post(self, quoted: bytes, length: int | None, mark: Mark) -> Inlet:
        """The body of a request that quotes ``quoted``; ``length`` None: it is not said beforehand."""
        post = Post(quoted, length or 0, self._post, self._owner.budget)
        if post.missing is not None and self._inlet is not None:
            self._inlet.cut(post.missing)  # who asks again has given up what is still under way
            self._owner.repeated += 1
        self._post = post
        self._inlet = self._channels[True].open(mark, post)
        return self._inlet

    @property
    def last_post(self) -> Post | None:
        """The latest request that had a body."""
        return self._post

    def answer(self, mark: Mark) -> Inlet:
        """The body of an answer."""
        return self._channels[False].open(mark)

    def lose(self, from_client: bool) -> None:
        """Bodies of one direction may have been missed, nobody knows which."""
        if from_client and self._post is not None:
            self._post.supersede()
            self._post = self._inlet = None
        self._channels[from_client].owe(None)

    def end(self, mark: Mark | None = None, *, closed: bool) -> None:
        """Nothing more will come."""
        if self.ended:
            return
        for channel in self._channels:
            channel.close()
        self.ended = True
        if self._post is not None:
            self._post.supersede()
        if self._decoder is not None:
            at = mark or self._latest
            count = self._channels[True].count & 0xFFFFFFFF
            self._decoder.end(mark_at(at.time, count, at.packet, at.source), closed=closed)
        self._channels = ()  # they know the tunnel: none of the three waits for the garbage collector
        self._decoder = self._post = self._inlet = None
        self._owner.forget(self)

    def data(self, from_client: bool, octets: bytes, mark: Mark) -> None:
        """The next octets of one direction."""
        decoder = self._decoder
        if decoder is None:
            decoder = self._decoder = self._owner.open_tunnel(self.opened, mark, self._origin)
        decoder.analyze_packet(from_client, octets, mark)

    def missing(self, from_client: bool, length: int | None, mark: Mark) -> None:
        """A gap in one direction; ``mark`` is that of the octets that follow at once."""
        decoder = self._decoder
        if decoder is None:
            decoder = self._decoder = self._owner.open_tunnel(self.opened, mark, self._origin)
        decoder.gap(from_client, length, mark)


class Tunnels:
    """All tunnels of a run."""

    def __init__(self, open_tunnel: OpenTunnel, most: int = MAX_TUNNELS) -> None:
        """``most``: tunnels followed at a time."""
        self.open_tunnel = open_tunnel
        self.budget = Budget(MAX_KEPT)
        self.begun = 0
        """Tunnels so far."""
        self.forgotten = 0
        """Of these, the ones given up because there were too many."""
        self.repeated = 0
        """Requests that came again, or may have."""
        self._most = most
        self._named: dict[_Name, Tunnel] = {}
        self._all: OrderedDict[Tunnel, None] = OrderedDict()  # the one idle longest first
        self._unnamed: Recent[str, list[Tunnel]] = Recent(MAX_CLIENTS)  # by client
        self._answered: Recent[str, None] = Recent(MAX_CLIENTS)
        self._refused: Recent[tuple[str, str | None, str | None], Tunnel] = Recent(MAX_CLIENTS)

    def __len__(self) -> int:
        return len(self._all)

    # --- requests -------------------------------------------------------------------------------------------

    def asked(self, asked: Asked, client: str, origin: object, mark: Mark, opening: Tunnel | None = None) -> Tunnel:
        """The tunnel that a request is for; ``opening``: what the request before it on its connection opens."""
        self.settle(mark.time)
        key = asked.key
        if key is None:
            again = self._refused.pop((client, asked.kind, asked.server), None)
            if again is not None and not again.ended and again.key is None:
                again.touch(mark)
                return again
            tunnel = self._begin(Opened(asked.kind, asked.server, "gateway"), client, origin, mark)
            waiting = self._unnamed.get(client, [])[1 - MAX_UNNAMED :]
            self._unnamed.remember(client, [*waiting, tunnel])
            return tunnel
        known = self._named.get((client, key))
        if known is None:
            waiting = self._unnamed.get(client, [])
            if len(waiting) == 1 and (waiting[0].adrift or waiting[0] is opening or client not in self._answered):
                known = self._name(waiting[0], key)
        if known is None:
            return self._joined(client, key, origin, mark)
        known.touch(mark)
        return known

    # --- answers --------------------------------------------------------------------------------------------

    def named(self, tunnel: Tunnel, key: bytes, mark: Mark) -> None:
        """The answer to the request that opened ``tunnel`` tells its name."""
        self._answered.remember(tunnel.client, None)
        if tunnel.ended or tunnel.key is not None:
            return
        other = self._named.get((tunnel.client, key))
        if other is not None:
            other.end(mark, closed=True)  # the gateway uses a name again only when it is free
        self._name(tunnel, key).touch(mark)

    def known(self, client: str, key: bytes) -> Tunnel | None:
        """The tunnel of that name, if it is followed."""
        return self._named.get((client, key))

    def answering(self, client: str, key: bytes, origin: object, mark: Mark) -> Tunnel:
        """The tunnel that an answer names, whatever was asked."""
        self._answered.remember(client, None)
        self.settle(mark.time)
        known = self._named.get((client, key))
        if known is None:
            return self._joined(client, key, origin, mark)
        known.touch(mark)
        return known

    def refused(self, tunnel: Tunnel) -> None:
        """The request that opened it has not come to the gateway: it will be sent once more."""
        if not tunnel.ended and tunnel.key is None:
            self._refused.remember((tunnel.client, tunnel.opened.kind, tunnel.opened.server), tunnel)

    # --- time and end ---------------------------------------------------------------------------------------

    def settle(self, time: int) -> None:
        """Capture time has come to ``time``: what was silent for too long is over."""
        while self._all:
            oldest = next(iter(self._all))
            if time - oldest.time <= IDLE:
                return
            oldest.end(closed=True)

    def close(self, mark: Mark) -> None:
        """The run is over; the sessions may go on."""
        for tunnel in list(self._all):
            tunnel.end(mark, closed=False)

    # --- for the tunnels ------------------------------------------------------------------------------------

    def touch(self, tunnel: Tunnel) -> None:
        """It is the one used last."""
        if tunnel in self._all:
            self._all.move_to_end(tunnel)

    def forget(self, tunnel: Tunnel) -> None:
        """It is over."""
        self._all.pop(tunnel, None)
        self._settle_name(tunnel)
        if tunnel.key is not None:
            name = tunnel.client, tunnel.key
            if self._named.get(name) is tunnel:
                del self._named[name]

    def _begin(self, opened: Opened, client: str, origin: object, mark: Mark) -> Tunnel:
        while len(self._all) >= self._most:
            self.forgotten += 1
            next(iter(self._all)).end(closed=False)
        self.begun += 1
        tunnel = Tunnel(self, opened, client, origin, mark)
        self._all[tunnel] = None
        return tunnel

    def _joined(self, client: str, key: bytes, origin: object, mark: Mark) -> Tunnel:
        """A session whose beginning was not seen."""
        tunnel = self._begin(Opened(None, None, "gateway"), client, origin, mark)
        tunnel.lose(True)
        tunnel.lose(False)
        return self._name(tunnel, key)

    def _name(self, tunnel: Tunnel, key: bytes) -> Tunnel:
        self._settle_name(tunnel)
        tunnel.key = key
        self._named[tunnel.client, key] = tunnel
        return tunnel

    def _settle_name(self, tunnel: Tunnel) -> None:
        """It waits for a name no longer."""
        waiting = self._unnamed.get(tunnel.client)
        if waiting is not None and tunnel in waiting:
            waiting.remove(tunnel)
            if not waiting:
                del self._unnamed[tunnel.client]
