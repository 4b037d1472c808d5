"""Implausible segments, kept for as long as they may prove to be a new connection's.

Takes the segments of a direction that are too far from where it stands; tells when enough of them lie near one
another, so that a new connection without a SYN is the better explanation. One that is alone, or between plausible
ones, is dropped and was counted. Invariant: what is kept is part of ``Counters.buffered``.
"""

from reassembly.assembler import Mark
from reassembly.connection import Direction
from reassembly.counters import Counters
from reassembly.headers import Segment
from reassembly.limits import Limits
from reassembly.sequence import distance


def keep(direction: Direction, segment: Segment, mark: Mark, counters: Counters, limits: Limits) -> bool:
    """Keep one; True when there are enough."""
    counters.implausible += 1
    _, sequence, _, _, payload, _, _, _ = segment
    if not payload:
        return False
    if direction.former >= 0:
        passed = -distance(sequence + len(payload), direction.former)
        if 0 <= passed <= limits.window:
            counters.retransmitted += len(payload)  # a copy from the connection before on the same ports
            return False
    if direction.strays is not None:
        if abs(distance(sequence, direction.strays[-1][0][1])) > limits.direction_octets:
            drop(direction, counters)  # at yet another place
        elif any(sequence == stray[1] for stray, _ in direction.strays):
            return False
    if counters.buffered + len(payload) > limits.total_octets:
        return False
    strays = direction.strays or []
    strays.append((segment, mark))
    direction.strays = strays
    direction.connection.attention = True
    _count(counters, len(payload), 1)
    return len(strays) >= limits.stray_segments


def drop(direction: Direction, counters: Counters) -> None:
    """Keep none any longer; who still holds the list may use it."""
    for stray, _ in direction.strays or ():
        _count(counters, -len(stray[4]), -1)
    direction.strays = None


def _count(counters: Counters, octets: int, segments: int) -> None:
    counters.buffered += octets
    counters.buffered_segments += segments
    counters.buffered_peak = max(counters.buffered, counters.buffered_peak)
