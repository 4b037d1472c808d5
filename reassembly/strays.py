# cython: annotation_typing=False
"""Implausible segments, kept for as long as they may prove to be a connection of strangers.

Behind different networks live hosts with the same private addresses, and a tap that loses the tags shows their
connections as one. Takes the segments of a connection that are too far from where it stands; gathers those that fit
one another, and tells when they are enough to be a connection of their own. Invariant: what is kept is part of
``Counters.buffered`` and at most `Limits.stray_octets`.
"""

from reassembly.assembler import Mark
from reassembly.connection import Connection, Direction, Stranger, Stray
from reassembly.counters import Counters
from reassembly.headers import ACK, Segment
from reassembly.limits import Limits
from reassembly.sequence import distance

_COST = 256
"""Octets that one counts for beyond its own: tiny ones must not take the room of what waits to be put in order."""


class Strays:
    """The implausible segments of all connections."""

    __slots__ = ("_counters", "_limits", "_octets")

    def __init__(self, counters: Counters, limits: Limits) -> None:
        self._counters = counters
        self._limits = limits
        self._octets = 0

    def keep(self, direction: Direction, segment: Segment, mark: Mark, now: int) -> Stranger | None:
        """Keep one; gives those that it fits, taken from the connection, if they are enough now."""
        counters, limits = self._counters, self._limits
        counters.implausible += 1
        key, sequence, _, _, payload, _, _, _ = segment
        if not payload:
            return None
        if direction.former >= 0:
            passed = -distance(sequence + len(payload), direction.former)
            if 0 <= passed <= limits.window:
                counters.retransmitted += len(payload)  # a copy from the connection before on the same ports
                return None
        connection = direction.connection
        places = connection.strangers or []
        stranger = next((place for place in places if self._fits(segment, place)), None)
        if stranger is not None and any(key == stray[0] and sequence == stray[1] for stray, _ in stranger.segments):
            return None
        if not self._room(segment):
            return None
        if stranger is None:
            stranger = Stranger(now)
            places.append(stranger)
            if len(places) > limits.stray_places:
                self._drop(min(places, key=_last), places)
            connection.strangers = places
            connection.attention = True
        stranger.segments.append((segment, mark))
        stranger.last = now
        self._count(segment, 1)
        if len(stranger.segments) < limits.stray_segments:
            return None
        self._drop(stranger, places)
        self._review(connection)
        return stranger

    def heard(self, connection: Connection, now: int) -> None:
        """The connection itself was heard."""
        places = connection.strangers or []
        for stranger in list(places):
            stranger.interrupted = True
            if now - stranger.last > self._limits.stray_wait:
                self._drop(stranger, places)
        self._review(connection)

    def take_all(self, connection: Connection) -> list[Stray]:
        """Keep none any longer; gives what was kept, in the order in which it came to each place."""
        places = connection.strangers or []
        kept = [stray for stranger in places for stray in stranger.segments]
        for stranger in list(places):
            self._drop(stranger, places)
        self._review(connection)
        return kept

    def _fits(self, segment: Segment, stranger: Stranger) -> bool:
        """In the same direction the numbers lie near one another, in the other each acknowledges the other's."""
        near = self._limits.direction_octets
        key, sequence, acknowledgment, flags, _, _, _, _ = segment
        for other, _ in stranger.segments:
            acknowledge = flags & other[3] & ACK
            if key == other[0]:
                if abs(distance(sequence, other[1])) <= near and (
                    not acknowledge or abs(distance(acknowledgment, other[2])) <= near
                ):
                    return True
            elif (
                acknowledge
                and abs(distance(sequence, other[2])) <= near
                and abs(distance(acknowledgment, other[1])) <= near
            ):
                return True
        return False

    def _room(self, segment: Segment) -> bool:
        counters, limits = self._counters, self._limits
        octets = len(segment[4])
        return (
            self._octets + octets + _COST <= limits.stray_octets
            and counters.buffered + octets <= limits.total_octets
            and counters.buffered_segments < limits.total_segments
        )

    def _drop(self, stranger: Stranger, places: list[Stranger]) -> None:
        places.remove(stranger)
        for segment, _ in stranger.segments:
            self._count(segment, -1)

    @staticmethod
    def _review(connection: Connection) -> None:
        if not connection.strangers:
            connection.strangers = None
            connection.review()

    def _count(self, segment: Segment, times: int) -> None:
        """One more, or one less (-1)."""
        counters = self._counters
        octets = len(segment[4])
        self._octets += times * (octets + _COST)
        counters.buffered += times * octets
        counters.buffered_segments += times
        counters.buffered_peak = max(counters.buffered, counters.buffered_peak)


def _last(stranger: Stranger) -> int:
    return stranger.last
