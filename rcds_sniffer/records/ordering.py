"""Records in order of time, as far as bounded waiting allows.

The recorder hands on a record when nothing more can change it, which is not when it happened: one whose octets
waited for a lost segment comes late. A reader wants them in order. Records wait here until capture time is
``delay`` beyond them; the order does not depend on how the packets were batched.
"""

import heapq
from collections.abc import Iterator

from rcds_sniffer.records.record import CommunicationRecord

DELAY = 40 * 1_000_000_000
"""How long a record waits for earlier ones, ns of capture time: the longest wait for a segment, and to settle."""

MAX_RECORDS = 10_000
"""Records that wait at most; beyond, the earliest goes out at once."""


class TimeOrder:
    """A buffer that gives records back in order of time; those of one time in the order in which they came.

    ``delay`` is in nanoseconds of capture time; who watches a line live takes a shorter one, and gets a record that
    waited for a lost segment behind later ones.
    """

    def __init__(self, delay: int = DELAY) -> None:
        self._delay = delay
        self._heap: list[tuple[int, int, CommunicationRecord]] = []
        self._count = 0

    def push(self, record: CommunicationRecord) -> None:
        """Take in one record."""
        self._count += 1
        heapq.heappush(self._heap, (record.time, self._count, record))

    def due(self, clock: int) -> Iterator[CommunicationRecord]:
        """The records that need wait no longer at capture time ``clock``, in order."""
        heap = self._heap
        while heap and (heap[0][0] < clock - self._delay or len(heap) > MAX_RECORDS):
            yield heapq.heappop(heap)[2]

    def rest(self) -> Iterator[CommunicationRecord]:
        """All that are left, in order."""
        while self._heap:
            yield heapq.heappop(self._heap)[2]
