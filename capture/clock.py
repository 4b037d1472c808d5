"""The clock that stamps packets, watched against one that nobody sets.

The kernel stamps with the time of day, which an administrator or NTP may set while packets come. Whatever waits for
capture time would then wait an hour, or not at all. Takes readings of both clocks; gives the time of day and how
far it was set since the last look: both clocks run alike, so a change of their difference is a step, exactly and
whatever the packets do, while comparing packets with a clock would call a busy or halted reader a step.
"""

import time
from collections.abc import Callable
from typing import Final

STEP_NANOSECONDS: Final = 500_000_000
"""A smaller change is slewing, or a leap second's smear: nothing that waits would notice it."""
GLANCE_NANOSECONDS: Final = 5_000_000
"""If reading both clocks took longer, the process was halted in between, and the reading says nothing."""


def steady() -> int:
    """Nanoseconds on a clock that nobody sets."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)  # goes on while the machine sleeps, as the time of day does


class CaptureClock:
    """The time of day in nanoseconds since 1970 UTC, as of the last ``look()``.

    Args:
        stamping: the clock that stamps packets.
        steady: one that is never set.
    """

    def __init__(self, stamping: Callable[[], int] = time.time_ns, steady: Callable[[], int] = steady) -> None:
        self._stamping = stamping
        self._steady = steady
        self._offset = stamping() - steady()
        self.now = 0
        self.steady = 0
        self.look()

    def look(self) -> int:
        """Read both clocks; how far the time of day was set since the last look, forward positive, mostly 0."""
        self.steady = self._steady()
        offset = self._stamping() - self.steady
        step = 0
        if self._steady() - self.steady <= GLANCE_NANOSECONDS:
            step, self._offset = offset - self._offset, offset
        self.now = self.steady + self._offset
        return step if abs(step) >= STEP_NANOSECONDS else 0
