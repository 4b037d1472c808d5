"""One direction of a tunnel: bodies of HTTP messages, laid end to end.

Each message gives an `Inlet` for its body, and its octets go on at once as long as no earlier body is under way. A
body that begins meanwhile, on another connection, waits its turn, in bounded memory and for a bounded time; whoever
blocks it for longer is given up, with a gap. So the order is that in which the bodies began on the wire, which is
the order of HTTP for clients that ask for one thing at a time, as the official one does.

A body that breaks off owes the rest. The debt is told as a gap before the next octets, unless those are the same
request once more (:mod:`msnp.gateway.posts`), which then pays it.

The marks that go on have the time, packet and source of what carried the octets, and count the tunnel's own octets
in place of TCP's, so that what is made of them does not depend on how HTTP was cut.
"""

from __future__ import annotations

from typing import Protocol

from msnp.gateway.posts import Budget, Post
from msnp.limits import SECOND
from msnp.mark import Mark, mark_at

MAX_WAITING = 256 * 1024
"""Octets of one direction that wait for an earlier body. One more: that body is given up."""
MAX_INLETS = 16
"""Bodies of one direction at a time. One more: the first in the row is given up."""
PATIENCE = 60 * SECOND
"""Capture time for which a body under way may be silent while others wait. One message is never sent so slowly."""
PIECE = 64
"""Octets that a waiting piece weighs besides its own."""


class Tunnelled(Protocol):
    """Takes the two streams of a tunnel."""

    def data(self, from_client: bool, octets: bytes, mark: Mark) -> None:
        """The next octets of one direction."""

    def missing(self, from_client: bool, length: int | None, mark: Mark) -> None:
        """A gap in one direction; ``mark`` is that of the octets that follow at once."""


class Channel:
    """Takes bodies, gives one stream of octets and gaps."""

    __slots__ = ("_budget", "_from_client", "_owed", "_row", "_tunnel", "_waiting", "count")

    def __init__(self, tunnel: Tunnelled, from_client: bool, budget: Budget) -> None:
        self.count = 0
        """Octets of the stream so far, known gaps included."""
        self._tunnel = tunnel
        self._from_client = from_client
        self._budget = budget
        self._owed: int | None = 0  # octets that are missing before the next ones; None: nobody knows how many
        self._row: list[Inlet] = []  # the first is under way, the others wait
        self._waiting = 0

    def open(self, mark: Mark, post: Post | None = None) -> Inlet:
        """The body of a message whose head came at ``mark``."""
        inlet = Inlet(self, mark.time, post)
        self._row.append(inlet)
        while len(self._row) > MAX_INLETS:
            self._give_up()
        return inlet

    def owe(self, length: int | None) -> None:
        """Octets are missing here, None: nobody knows how many."""
        self._owed = None if length is None or self._owed is None else self._owed + length

    def pay(self, length: int) -> None:
        """What was missing comes after all, if nothing else is."""
        if self._owed == length:
            self._owed = 0

    def pass_on(self, octets: bytes, mark: Mark) -> None:
        """The next octets of the stream."""
        owed = self._owed
        if owed != 0:
            self._owed = 0
            self.count += owed or 0
            self._tunnel.missing(self._from_client, owed, self._here(mark))
        here = self._here(mark)
        self.count += len(octets)
        self._tunnel.data(self._from_client, octets, here)

    def _here(self, mark: Mark) -> Mark:
        return mark_at(mark.time, self.count & 0xFFFFFFFF, mark.packet, mark.source)

    def close(self) -> None:
        """Nobody is waited for any longer."""
        while self._row:
            self._give_up()

    # --- the row, for its inlets ----------------------------------------------------------------------------

    def is_first(self, inlet: Inlet) -> bool:
        """It is its turn."""
        return bool(self._row) and self._row[0] is inlet

    def weigh(self, octets: int) -> None:
        """So many more wait, or fewer."""
        self._waiting += octets
        self._budget.used += octets

    def press(self, time: int) -> None:
        """Somebody waits: whoever is in the way for too long, or for too many octets, loses its turn."""
        while len(self._row) > 1 and (
            self._waiting > MAX_WAITING or self._budget.full or time - self._row[0].latest > PATIENCE
        ):
            self._give_up()

    def step(self) -> None:
        """The first is over: those that waited go on, up to one that is still under way."""
        while self._row and self._row[0].over:
            self._row.pop(0)
            if self._row:
                self._row[0].flow()

    def _give_up(self) -> None:
        first = self._row[0]
        first.drop()
        self.owe(None)
        self.step()


class Inlet:
    """Takes the body of one message. After `finish` or `cut`, or once it has lost its turn, it takes nothing."""

    __slots__ = ("_channel", "_missing", "_pieces", "_post", "latest", "over")

    def __init__(self, channel: Channel, time: int, post: Post | None) -> None:
        self.latest = time
        """When something of it came last."""
        self.over = False
        self._channel = channel
        self._post = post
        self._pieces: list[tuple[bytes | None, int | None, Mark]] = []
        self._missing: int | None = 0

    def feed(self, octets: bytes, mark: Mark) -> None:
        """The next octets of the body."""
        self._take(octets, None, mark)

    def gap(self, length: int | None, mark: Mark) -> None:
        """Octets of the body are missing, None: nobody knows how many."""
        self._take(None, length, mark)

    def finish(self) -> None:
        """The body is complete."""
        self.cut(0)

    def cut(self, missing: int | None) -> None:
        """It ends here, though so many octets are missing, None: nobody knows how many."""
        if self.over:
            return
        self._missing = missing
        self.over = True
        if self._channel.is_first(self):
            self._end()
            self._channel.step()

    def _take(self, octets: bytes | None, length: int | None, mark: Mark) -> None:
        if self.over:
            return
        self.latest = mark.time
        channel = self._channel
        if channel.is_first(self):
            self._go(octets, length, mark)
        else:
            self._pieces.append((octets, length, mark))
            channel.weigh(_weight(octets))
            channel.press(mark.time)

    def _go(self, octets: bytes | None, length: int | None, mark: Mark) -> None:
        channel, post = self._channel, self._post
        if octets is None:
            if post is None or not post.skip(length):
                channel.owe(length)
            return
        if post is not None:
            octets, paid = post.sift(octets)
            if paid:
                channel.pay(paid)
        if octets:
            channel.pass_on(octets, mark)

    def _end(self) -> None:
        post = self._post
        if self._missing != 0 and (post is None or not post.break_off()):
            self._channel.owe(self._missing)
        if post is not None:
            post.abandon()

    def flow(self) -> None:
        """It is its turn: what waited goes on."""
        pieces, self._pieces = self._pieces, []
        for octets, length, mark in pieces:
            self._channel.weigh(-_weight(octets))
            self._go(octets, length, mark)
        if self.over:
            self._end()

    def drop(self) -> None:
        """It loses its turn, and what it keeps."""
        self.over = True
        if self._post is not None:
            self._post.abandon()
        self._channel.weigh(-sum(_weight(octets) for octets, _, _ in self._pieces))
        self._pieces.clear()


def _weight(octets: bytes | None) -> int:
    return PIECE if octets is None else PIECE + len(octets)
