"""The roads on which a client reaches the servers: straight, or through something that carries its connections.

Takes the connections as client and server see them; gives those that are on the wire, and for every octet of the
former its place on the latter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .packets import Range
from .tcp import Connection


@dataclass(frozen=True)
class Carried:
    """Connections, and what carries them."""

    numbers: frozenset[int]
    """Of those that are carried."""
    connections: list[Connection]
    """On the wire."""
    places: Callable[[Range], tuple[Range, ...]]


class Road(Protocol):
    """One of them."""

    def carries(self, connections: list[Connection], seed: str) -> Carried:
        """An account's connections, in the order in which they were opened, their writes settled."""


def carried(connections: list[Connection], road: Road | None, seed: str) -> Carried:
    """By that road, or straight."""
    if road is not None:
        return road.carries(connections, seed)
    return Carried(frozenset(c.number for c in connections), connections, lambda place: (place,))
