# cython: annotation_typing=False
"""Records in order of time, as far as bounded waiting allows.

The recorder hands on a record when nothing more can change it, which is not when it happened: one whose octets
waited for a lost segment comes late. A reader wants them in order. Records wait here until capture time is
``delay`` beyond them; the order does not depend on how the packets were batched.

Nearly all come in order, or a few places out of it: they stand in one row, in which a late one finds its place.
"""

from bisect import bisect_right

from rcds_sniffer.records.record import CommunicationRecord

DELAY = 40 * 1_000_000_000
"""How long a record waits for earlier ones, ns of capture time: the longest wait for a segment, and to settle."""

MAX_RECORDS = 10_000
"""Records that wait at most; beyond, the earliest goes out at once."""

BLOCK = 256
"""Records that leave together, before what stands behind them moves up."""


class TimeOrder:
    """A buffer that gives records back in order of time; those of one time in the order in which they came.

    ``delay`` is in nanoseconds of capture time; who watches a line live takes a shorter one, and gets a record that
    waited for a lost segment behind later ones.
    """

    __slots__ = ("_begin", "_delay", "_records", "_times")

    def __init__(self, delay: int = DELAY) -> None:
        self._delay = delay
        self._records: list[CommunicationRecord | None] = []
        self._times: list[int] = []
        """Of each of them."""
        self._begin = 0
        """Where the first stands that has not left."""

    def push(self, record: CommunicationRecord) -> None:
        """Take in one record."""
        time, times = record.time, self._times
        if not times or time >= times[-1]:
            times.append(time)
            self._records.append(record)
        else:
            place = bisect_right(times, time, self._begin)
            times.insert(place, time)
            self._records.insert(place, record)

    def due(self, clock: int) -> list[CommunicationRecord]:
        """The records that need wait no longer at capture time ``clock``, in order."""
        begin, times, latest = self._begin, self._times, clock - self._delay
        last, crowded = begin, len(times) - MAX_RECORDS
        while last < len(times) and (times[last] < latest or last < crowded):
            last += 1
        return self._leave(last) if last > begin else []

    def rest(self) -> list[CommunicationRecord]:
        """All that are left, in order."""
        return self._leave(len(self._times))

    def _leave(self, last: int) -> list[CommunicationRecord]:
        """Those before the place ``last``."""
        leaving = [record for record in self._records[self._begin : last] if record is not None]
        self._records[self._begin : last] = [None] * (last - self._begin)
        self._begin = last
        if last >= BLOCK or last == len(self._times):
            del self._records[:last], self._times[:last]
            self._begin = 0
        return leaving
