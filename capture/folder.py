"""Packets from a folder into which a capture daemon rotates files, as they are written.

Takes the name of the folder, of one daemon; gives one :class:`capture.source.Source` that reads what is there in
the order of time, then follows what is written, and never ends by itself. A file is read on until a newer one has
a header: daemons finish one before they begin the next. Which file is the next: :mod:`capture.rotation`; how a file
is read that still grows: :mod:`capture.growing`.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from typing import Final

from capture.bpf import FilterBank
from capture.clock import steady
from capture.closing import Closing
from capture.errors import CaptureError, Closed, NoSuchFile, Unsupported
from capture.files import READERS
from capture.growing import GrowingStream
from capture.packet import Packet
from capture.rotation import RotatedFile, Rotation
from capture.savefile import SavefileSource
from capture.source import Counters, FilterFor, Truncation

SCAN_NANOSECONDS: Final = 500_000_000
"""Between two looks at the folder."""
IDLE_SECONDS: Final = 0.1
"""While nothing is written an empty batch comes so often."""
WRITING_NANOSECONDS: Final = 5_000_000_000
"""A daemon writes a packet at the latest so long after it came. tcpdump does with -U only."""
TRUNCATIONS: Final = 1_000
"""Cut files that are remembered, the first ones; all are logged."""

_ETHERNET: Final = 1  # LINKTYPE_
_log = logging.getLogger("capture.folder")


def follow_folder(name: str, source: str | None = None) -> "FolderSource":
    """Read the captures in a folder and follow what is written to it.

    Args:
        name: of the folder.
        source: as for :func:`capture.files.open_files`; growing files are read by ``savefile`` whatever it says.

    Raises:
        NoSuchFile, NotReadable: there is no such folder, or it may not be read.
        Unsupported: no source has this name.
    """
    if source is not None and source not in READERS:
        raise Unsupported(f"no source is called {source!r}: take one of {', '.join(READERS)}")
    return FolderSource(name)


class FolderSource(Closing):
    """A folder of captures as one source; see :func:`follow_folder`."""

    reader = "savefile"
    position = None
    size = None

    def __init__(self, name: str) -> None:
        self.name = name
        self.counters = Counters()
        self.refused_sample: list[Packet] = []
        self.truncations: tuple[Truncation, ...] = ()
        self._rotation = Rotation(name)
        self._bank: FilterBank | None = None
        self._link_types: dict[int, None] = {}
        self._resolution: int | None = None
        self._current: SavefileSource | None = None
        self._closed = False
        self._last_time: int | None = None  # of a packet …
        self._reached: int | None = None  # … and what ``clock`` said, which goes on
        self._idle_since: int | None = None  # steady time since when all that is written is read
        self._scan_due = 0
        self._scan()

    @property
    def link_types(self) -> tuple[int, ...]:
        """Of the captures seen so far."""
        return tuple(self._link_types)

    @property
    def clock_resolution(self) -> int | None:
        """Nanoseconds per tick of the coarsest clock so far."""
        return self._resolution

    @property
    def clock(self) -> int | None:
        """See :attr:`capture.source.Source.clock`: goes on only while all that was written is read."""
        if self._last_time is not None and self._idle_since is not None:
            self._reach(self._last_time + steady() - self._idle_since - WRITING_NANOSECONDS)
        return self._reached

    def _reach(self, time: int) -> None:
        self._reached = max(time, self._reached or 0)

    @property
    def truncated(self) -> Truncation | None:
        """The first cut."""
        return self.truncations[0] if self.truncations else None

    def set_filter(self, filter_for: FilterFor) -> None:
        """See :meth:`capture.source.Source.set_filter`; in an empty folder it is tried for Ethernet."""
        bank = FilterBank(filter_for)
        bank.check(self.link_types or (_ETHERNET,))
        self._bank = bank
        if self._current:
            self._current.use_filter(bank)

    def batches(self) -> Iterator[Sequence[Packet]]:
        """See :meth:`capture.source.Source.batches`. Ends only with ``close()``."""
        if self._closed:
            raise Closed(f"{self.name}: was closed before it was read")
        return self._batches()

    def _batches(self) -> Iterator[Sequence[Packet]]:
        while not self._closed:
            file = self._rotation.take()
            if file is not None:
                yield from self._read(file)
            else:
                yield from self._wait()
                self._scan()

    def _wait(self) -> Iterator[Sequence[Packet]]:
        """An empty batch, for a consumer that would otherwise see none while nothing is written."""
        if self._idle_since is None:
            self._idle_since = steady()
        time.sleep(IDLE_SECONDS)
        yield []

    def _scan(self) -> None:
        now = steady()
        if now < self._scan_due:
            return
        self._scan_due = now + SCAN_NANOSECONDS
        self._rotation.scan(now)
        for file in self._rotation.unread():
            self._link_types.update(dict.fromkeys(file.link_types))

    def _read(self, file: RotatedFile) -> Iterator[Sequence[Packet]]:
        """One file, to its end and as long as it is the newest."""
        try:
            stream = GrowingStream(file.path)
            source = SavefileSource(stream)
        except NoSuchFile:
            self._rotation.put_back(file)
            yield from self._wait()
            self._scan()
            return
        except CaptureError as error:
            self._rotation.refuse(file, error)
            return
        stream.grows = True
        self._current = source
        source.counters, source.refused_sample = self.counters, self.refused_sample
        if self._bank:
            source.use_filter(self._bank)
        try:
            yield from self._follow(file, stream, source)
        except CaptureError as error:
            self._rotation.refuse(file, error)
        finally:
            self._current = None
            source.close()
        self._note(source)

    def _follow(
        self, file: RotatedFile, stream: GrowingStream, source: SavefileSource
    ) -> Iterator[Sequence[Packet]]:
        before = self.counters.received
        for batch in source.batches():
            file.opening, file.position = stream.opening, stream.position
            if not file.begun and self.counters.received > before:
                file.begun, file.time = True, batch[0].time if batch else 0
            if batch:
                self._last_time, self._idle_since = batch[-1].time, None
                self._reach(self._last_time)
            if batch or not stream.waits:
                yield batch
                continue
            self._note_types(source)
            self._scan()
            if stream.written_anew():
                _log.warning("%s: is written anew; its last packets may be lost", file.path)
                self._rotation.finish(file, written_anew=True)
                return
            if self._rotation.is_followed(file):
                stream.grows = False
            else:
                yield from self._wait()
        self._rotation.finish(file)

    def _note_types(self, source: SavefileSource) -> None:
        self._link_types.update(dict.fromkeys(source.link_types))
        self._resolution = max(self._resolution or 0, source.clock_resolution or 0) or None

    def _note(self, source: SavefileSource) -> None:
        self._note_types(source)
        for truncation in source.truncations:
            _log.warning("%s", truncation)
            if len(self.truncations) < TRUNCATIONS:
                self.truncations += (truncation,)

    def stop(self) -> None:
        """End ``batches()``: what is in a file stays there."""
        self.close()

    def close(self) -> None:
        """Close the file that is read; ends a running ``batches()``."""
        self._closed = True
        if self._current:
            self._current.close()
