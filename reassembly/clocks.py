"""How capture time goes on where the times of the packets do not.

Takes the time of a packet that is far from the latest one; gives the latest time anew, and the engine's clock, on
which all waits run. Invariant: the clock never goes back, and goes no further than the packets of one clock do. A
capture whose clock is set back, or whose files come in the wrong order, jumps once; two clocks whose packets mingle
jump to and fro, so a clock that was just left is known again when it is heard.
"""

from reassembly.counters import Counters
from reassembly.limits import Limits


class Clocks:
    """The clocks that were left a short while ago."""

    __slots__ = ("_counters", "_left", "_limits")

    def __init__(self, counters: Counters, limits: Limits) -> None:
        self._counters = counters
        self._limits = limits
        self._left: list[tuple[int, int]] = []  # (its latest packet time, the engine's clock then), last left last

    def jump(self, time: int, latest: int, now: int) -> tuple[int, int]:
        """A packet at ``time``, more than `Limits.clock_step` from ``latest``: gives both anew."""
        step = self._limits.clock_step
        self._left = [left for left in self._left if now - left[1] <= step]
        for index, (last, then) in enumerate(self._left):
            if abs(time - last) <= step:
                self._left[index : index + 1] = []
                self._leave(latest, now)
                return max(time, last), max(now, then + time - last)
        if time > latest:
            return time, now + time - latest  # a long silence
        self._counters.clock_steps += 1
        self._leave(latest, now)
        return time, now

    def step(self, by: int) -> None:
        """All packet times to come are later by ``by`` nanoseconds."""
        self._counters.clock_steps += 1
        self._left = [(last + by, then) for last, then in self._left]

    def _leave(self, latest: int, now: int) -> None:
        self._left.append((latest, now))
        del self._left[: -self._limits.clocks]
