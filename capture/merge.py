"""Several captures as one, in time order.

Takes names, and a function that opens one; gives one source over all of them, so that a conversation which goes
on in the next rotated file stays whole. Of all files the packet with the earliest time comes next; the order
within a file is never changed, and equal times keep the order in which the names were given.

Every file is opened once up front, so that a missing one is an error before work starts, and closed again; it is
opened anew when the merge reaches its first packet. So a thousand rotated files need no thousand descriptors.
Pipes cannot be opened twice and stay open.
"""

import heapq
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from capture.bpf import FilterBank
from capture.closing import Closing
from capture.errors import Closed, GivenTwice
from capture.packet import Packet
from capture.savefile import SavefileSource
from capture.source import Counters, FilterFor, Truncation


@dataclass(slots=True, order=True)
class _Part:
    """One file of the merge; ordered by what it can give next."""

    time: int
    """Nanoseconds, of its next packet."""
    order: int
    """Its place among the names."""
    name: str = field(compare=False)
    size: int | None = field(compare=False)
    source: SavefileSource | None = field(compare=False, default=None)
    """None before the merge reaches it, and after its end."""
    batches: Iterator[Sequence[Packet]] | None = field(compare=False, default=None)
    batch: Sequence[Packet] = field(compare=False, default=())
    """Packets read and not yet handed on …"""
    at: int = field(compare=False, default=0)
    """… from here."""


class MergedSource(Closing):
    """Several files as one source; ``open_one`` opens a file by its name.

    Raises:
        GivenTwice: the same file, or standard input, twice.
        CaptureError: one of the files cannot be opened; none stays open then.
    """

    def __init__(self, names: Sequence[str], open_one: Callable[[str], SavefileSource]) -> None:
        self.name = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
        self.counters = Counters()
        self.refused_sample: list[Packet] = []
        self.truncations: tuple[Truncation, ...] = ()
        self._open_one = open_one
        self._bank: FilterBank | None = None
        self._link_types: dict[int, None] = {}
        self._readers: dict[str, None] = {}
        self._resolutions: set[int] = set()
        self._done = 0  # octets of the files that were read to their end
        self._closed = False
        self._parts: list[_Part] = []
        seen: dict[tuple[int, int], str] = {}
        try:
            for order, name in enumerate(names):
                self._parts.append(self._look_into(order, name, seen))
        except BaseException:
            self.close()
            raise

    def _look_into(self, order: int, name: str, seen: dict[tuple[int, int], str]) -> _Part:
        """Check the file, and see what a reader must know before its turn comes."""
        source = self._open_one(name)
        try:
            status = os.fstat(source.stream.descriptor)
            identity = (status.st_dev, status.st_ino)
            if identity in seen:
                other = "" if seen[identity] == name else f", the first time as {seen[identity]}"
                raise GivenTwice(f"{name}: is given twice{other}: name every capture once")
            seen[identity] = name
            # Without a packet it comes first: it is over at once, and its cut, if it has one, is not forgotten.
            part = _Part(source.first_time() or 0, order, name, source.size)
            self._note(source)
        except BaseException:
            source.close()
            raise
        if source.stream.regular and name != "-":
            source.close()
        else:
            part.source = source
        return part

    def _note(self, source: SavefileSource) -> None:
        self._link_types.update(dict.fromkeys(source.link_types))
        self._readers[source.reader] = None
        if source.clock_resolution is not None:
            self._resolutions.add(source.clock_resolution)

    @property
    def reader(self) -> str:
        """The readers of the files, joined by a comma if they differ."""
        return ", ".join(self._readers)

    @property
    def link_types(self) -> tuple[int, ...]:
        """Of all files."""
        return tuple(self._link_types)

    @property
    def clock_resolution(self) -> int | None:
        """Nanoseconds per tick of the coarsest clock."""
        return max(self._resolutions, default=None)

    @property
    def size(self) -> int | None:
        """Octets of all files; None if one is a pipe."""
        sizes = [part.size for part in self._parts if part.size is not None]
        return sum(sizes) if len(sizes) == len(self._parts) else None

    @property
    def clock(self) -> int | None:
        """None: files are not read as they happen."""
        return None

    @property
    def position(self) -> int | None:
        """Octets read of all files; None if one is a pipe."""
        if self.size is None:
            return None
        return self._done + sum(part.source.position or 0 for part in self._parts if part.source)

    @property
    def truncated(self) -> Truncation | None:
        """The first cut."""
        return self.truncations[0] if self.truncations else None

    def set_filter(self, filter_for: FilterFor) -> None:
        """See :meth:`capture.source.Source.set_filter`."""
        bank = FilterBank(filter_for)
        bank.check(self.link_types)
        self._bank = bank
        for part in self._parts:
            if part.source:
                part.source.use_filter(bank)

    def batches(self) -> Iterator[Sequence[Packet]]:
        """See :meth:`capture.source.Source.batches`.

        Raises:
            Closed: it was closed before.
            CaptureError: a file vanished, or cannot be read on.
        """
        if self._closed:
            raise Closed(f"{self.name}: was closed before it was read")
        return self._batches()

    def _batches(self) -> Iterator[Sequence[Packet]]:
        heap = list(self._parts)
        heapq.heapify(heap)
        while heap and not self._closed:
            part = heapq.heappop(heap)
            while part.at >= len(part.batch):
                part.batch, part.at = self._next_batch(part), 0
                if part.source is None:
                    break  # its end
                if not part.batch:
                    yield []
                    if self._closed:
                        return
            else:
                part.time = part.batch[part.at].time
                if heap and heap[0] < part:  # its first packet was refused, or it went back behind another
                    heapq.heappush(heap, part)
                    continue
                yield self._run(part, heap[0] if heap else None)
                heapq.heappush(heap, part)

    def _next_batch(self, part: _Part) -> Sequence[Packet]:
        """The next packets of the file, which is opened at its turn and closed at its end."""
        if part.batches is None:
            if part.source is None:
                part.source = self._open_one(part.name)
            part.source.counters, part.source.refused_sample = self.counters, self.refused_sample
            if self._bank:
                part.source.use_filter(self._bank)
            part.batches = part.source.batches()
        assert part.source is not None  # noqa: S101 - for the type checker
        batch = next(part.batches, None)
        self._note(part.source)
        if batch is None:
            self.truncations += part.source.truncations
            self._done += part.size or 0
            part.source.close()
            part.source = None
            return ()
        return batch

    def _run(self, part: _Part, other: _Part | None) -> Sequence[Packet]:
        """Its packets up to the first that another file's next one precedes."""
        start, part.at = part.at, len(part.batch)
        if other is not None:
            # Most often the other file begins after this batch, or one of few packets does.
            limit = other.time + (part.order < other.order)
            part.at = _first_from(part.batch, limit, start)
        if part.at < len(part.batch):
            part.time = part.batch[part.at].time
        else:
            part.time = -1  # its turn at once: what comes next is known only when it is read
        whole = start == 0 and part.at == len(part.batch)
        return part.batch if whole else part.batch[start : part.at]

    def stop(self) -> None:
        """End ``batches()``: what is in a file stays there."""
        self.close()

    def close(self) -> None:
        """Close every file; ends a running ``batches()``."""
        self._closed = True
        for part in self._parts:
            if part.source:
                part.source.close()


def _first_from(packets: Sequence[Packet], time: int, start: int) -> int:
    """Index of the first packet, from ``start`` on, that is not before ``time``; the length if there is none."""
    search: Callable[[int, int], int] | None = getattr(packets, "first_from", None)  # a block's
    if search is not None:
        return search(time, start)
    return next((index for index in range(start, len(packets)) if packets[index].time >= time), len(packets))
