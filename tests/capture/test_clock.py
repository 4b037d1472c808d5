"""Steps of the clock that stamps packets, told from everything else that makes packets late."""

from capture.clock import GLANCE_NANOSECONDS, STEP_NANOSECONDS, CaptureClock

SECOND = 1_000_000_000


class Clocks:
    """A time of day and a steady clock, both moved by the test."""

    def __init__(self) -> None:
        self.day = 1_142_000_000 * SECOND
        self.steady = 77 * SECOND
        self.halt = 0
        """Nanoseconds for which the process is halted when it has read the time of day."""
        self.watched = CaptureClock(lambda: self.day, self._read_steady)

    def _read_steady(self) -> int:
        return self.steady

    def read_day(self) -> int:
        day = self.day
        self.passes(self.halt)
        return day

    def passes(self, nanoseconds: int) -> None:
        self.day += nanoseconds
        self.steady += nanoseconds

    def is_set(self, by: int) -> None:
        self.day += by


def test_time_that_passes_is_no_step() -> None:
    clocks = Clocks()
    for seconds in (0, 1, 3600, 86_400):
        clocks.passes(seconds * SECOND)
        assert clocks.watched.look() == 0
        assert clocks.watched.now == clocks.day


def test_each_step_is_told_once_and_exactly() -> None:
    clocks = Clocks()
    for by in (3 * SECOND, -3600 * SECOND, STEP_NANOSECONDS):
        clocks.passes(7 * SECOND)
        clocks.is_set(by)
        assert clocks.watched.look() == by
        assert clocks.watched.now == clocks.day
        assert clocks.watched.look() == 0


def test_slewing_is_no_step() -> None:
    clocks = Clocks()
    for _ in range(100):
        clocks.passes(SECOND)
        clocks.is_set(STEP_NANOSECONDS // 10)
        assert clocks.watched.look() == 0
        assert clocks.watched.now == clocks.day


def test_process_halted_between_the_two_readings_sees_no_step() -> None:
    clocks = Clocks()
    clocks.watched = CaptureClock(clocks.read_day, lambda: clocks.steady)
    clocks.halt = 60 * SECOND
    assert clocks.watched.look() == 0
    clocks.halt = GLANCE_NANOSECONDS + 1
    clocks.is_set(5 * SECOND)
    assert clocks.watched.look() == 0
    clocks.halt = 0
    assert clocks.watched.look() == 5 * SECOND


def test_the_systems_own_clocks() -> None:
    clock = CaptureClock()
    assert clock.look() == 0
    assert clock.now > 1_600_000_000 * SECOND
