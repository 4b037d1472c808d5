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

    def stepped(self, by: int) -> None:
        """The packets' clock was set by so many nanoseconds, forward positive."""
        self._offsets.append(self._offsets[-1] - by)

    def of(self, time: int, now: int) -> int:
        """The steady time of something that was seen at ``time`` and is told ``now`` (steady).

        It may have been seen before the last step and told behind it: it is taken to be of when it is nearest.
        """
        offsets = self._offsets
        if len(offsets) == 1:
            return time
        return time + min(reversed(offsets), key=lambda offset: abs(time + offset - now))
