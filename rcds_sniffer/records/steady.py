# cython: annotation_typing=False
"""Time that nobody sets: what packets say of it, less the steps that their clock took.

A live capture's clock may be set while it runs, an hour back or from 1970 to today. Records keep the time that the
packets had; what is measured between two of them (how long something waited, whether two copies fit) is measured on
this clock. Without a step the two are one.
"""

from collections import deque
from typing import Final

STEPS: Final = 8
"""Steps that are remembered; what was seen before more of them is taken to be seen before the oldest of these."""


class SteadyClock:
    """Turns the packets' times into its own, in nanoseconds."""

    def __init__(self) -> None:
        self._offsets: deque[int] = deque([0], STEPS + 1)
        self._stepped = False

    def stepped(self, by: int) -> None:
        """The packets' clock was set by so many nanoseconds, forward positive."""
        self._stepped = True
        self._offsets.append(self._offsets[-1] - by)

    def of(self, time: int, now: int) -> int:
        """The steady time of something that was seen at ``time`` and is told ``now`` (steady).

        It may have been seen before the last step and told behind it: it is taken to be of when it is nearest.
        """
        if not self._stepped:
            return time
        steady = [time + offset for offset in reversed(self._offsets)]
        apart = [abs(then - now) for then in steady]
        return steady[apart.index(min(apart))]
