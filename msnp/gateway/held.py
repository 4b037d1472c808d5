"""Octets that a client sent behind a preamble before anybody said that the way is open."""

from __future__ import annotations

from itertools import takewhile

from msnp.gateway.streams import Stream
from msnp.mark import Mark

MAX_HELD = 64 * 1024
"""Octets held for one connection. Above: whoever holds them decides without an answer."""
PIECE = 64
"""Octets that each piece weighs besides its own."""


class Held:
    """Keeps the client's octets and gaps in their order."""

    __slots__ = ("_pieces", "_weight")

    def __init__(self) -> None:
        self._pieces: list[tuple[bytes | None, int | None, Mark]] = []
        self._weight = 0

    @property
    def full(self) -> bool:
        """It has waited long enough."""
        return self._weight > MAX_HELD

    @property
    def first(self) -> bytes:
        """What begins it, up to a gap."""
        return b"".join(
            octets or b"" for octets, _, _ in takewhile(lambda piece: piece[0] is not None, self._pieces)
        )

    def add(self, octets: bytes | None, length: int | None, mark: Mark) -> None:
        """Octets, or None and the length of a gap."""
        self._pieces.append((octets, length, mark))
        self._weight += PIECE + len(octets or b"")

    def take(self) -> list[tuple[bytes | None, int | None, Mark]]:
        """Hold it no longer."""
        pieces, self._pieces = self._pieces, []
        self._weight = 0
        return pieces

    def put(self, pieces: list[tuple[bytes | None, int | None, Mark]]) -> None:
        """Hold these too, which had been taken."""
        self._pieces += pieces
        self._weight += sum(PIECE + len(octets or b"") for octets, _, _ in pieces)

    def release(self, stream: Stream) -> None:
        """The way is open."""
        for octets, length, mark in self.take():
            if octets is None:
                stream.gap(True, length, mark)
            else:
                stream.analyze_packet(True, octets, mark)
