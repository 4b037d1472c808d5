"""Which request an answer belongs to, on one connection.

To the first that has none yet (RFC 9112, 9.3). Where messages were lost, to the last one, since MSN's clients ask
for one thing at a time; and to none that cannot have got it.

A request may come out of the reassembly later than its answer, when a segment of it was late. Then its packet's
time tells that the answer has been here.
"""

from __future__ import annotations

from typing import NamedTuple

from msnp.gateway.asked import Asked
from msnp.gateway.posts import Post
from msnp.gateway.tunnels import Tunnel, Tunnels
from msnp.mark import Mark

MAX_REQUESTS = 64
"""Requests of one connection that wait for their answers. One more: the first is taken to have got none."""
MAX_EARLY = 16
"""Answers that came before their requests. One more: the first is taken to have none."""


class Request(NamedTuple):
    """What of a request its answer needs."""

    method: bytes
    target: bytes = b""
    """Of CONNECT."""
    asked: Asked | None = None
    tunnel: Tunnel | None = None
    post: Post | None = None

    @property
    def opens(self) -> bool:
        """It asked the gateway for a new session."""
        return self.asked is not None and self.asked.opens


class Pairing:
    """The requests that wait, and the answers that came too early."""

    __slots__ = ("_early", "_lossy", "_requests", "_unsure")

    def __init__(self) -> None:
        self._requests: list[Request] = []
        self._early: list[tuple[int, Tunnel | None]] = []
        self._unsure = False  # messages were lost since the last answer, …
        self._lossy = False  # … or ever

    @property
    def waits(self) -> bool:
        """A request was made that no answer has begun to."""
        return bool(self._requests)

    @property
    def waits_for_others(self) -> bool:
        """Requests wait, and none of them is to the gateway."""
        return self.waits and all(request.tunnel is None for request in self._requests)

    @property
    def opening(self) -> Tunnel | None:
        """What the latest request opens, if its answer is not seen yet."""
        if not self._requests or not self._requests[-1].opens:
            return None
        return self._requests[-1].tunnel

    def await_answer(self, request: Request) -> None:
        """Its answer is to come."""
        self._requests.append(request)
        del self._requests[:-MAX_REQUESTS]

    def answered_before(self, mark: Mark) -> tuple[bool, Tunnel | None]:
        """A request was made at ``mark``: has it got an answer, and whose was it?"""
        while self._early:
            time, tunnel = self._early.pop(0)
            if mark.time < time:
                return True, tunnel
        return False, None

    def answer(self, key: bytes | None, client: str, tunnels: Tunnels) -> Request | None:
        """The request that is answered; ``key``: the tunnel that the answer names. None: it is not seen."""
        requests = self._requests
        if self._unsure:
            self._unsure = False
            del requests[:-1]
        while requests:
            request = requests.pop(0)
            if not self._lossy or key is None or _fits(request, key, tunnels.known(client, key)):
                return request
        return None

    def answered_early(self, time: int, tunnel: Tunnel | None) -> None:
        """An answer came for which no request waits."""
        self._early.append((time, tunnel))
        del self._early[:-MAX_EARLY]

    def set_adrift(self) -> None:
        """The answers to these requests will not be seen."""
        for request in self._requests:
            if request.opens and request.tunnel is not None:
                request.tunnel.adrift = True

    def lose(self) -> None:
        """Messages may have been missed."""
        self._unsure = self._lossy = True
        self._early.clear()

    def clear(self) -> None:
        """No more HTTP will come."""
        self._requests.clear()
        self._early.clear()


def _fits(request: Request, key: bytes, known: Tunnel | None) -> bool:
    """After a loss: the request can have got an answer that names this tunnel."""
    if request.asked is None or request.tunnel is None:
        return False
    if request.opens:
        return known is None or known is request.tunnel
    return request.asked.key == key
