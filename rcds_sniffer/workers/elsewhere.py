"""A source that another process reads: what it says of itself, for the progress bar and for the summary."""

from capture.packet import Packet
from capture.source import Counters, Source, Truncation
from rcds_sniffer.workers.outbox import End, Progress


class ReadElsewhere:
    """Stands for ``source`` where it is only asked, not read: its numbers are those that the worker sent last."""

    def __init__(self, source: Source) -> None:
        self.name = source.name
        self.reader = source.reader
        self.size = source.size
        self.clock_resolution = source.clock_resolution
        self.link_types = source.link_types
        self.counters = Counters()
        self.position: int | None = None
        self.truncations: tuple[Truncation, ...] = ()
        self.refused_sample: list[Packet] = []

    def note(self, progress: Progress) -> None:
        """The worker has come so far."""
        self.counters.received, self.counters.refused, self.position = progress

    def end(self, end: End) -> None:
        """The worker has read it."""
        self.counters = end.counters
        self.link_types = end.link_types
        self.truncations = end.truncations
        self.refused_sample = end.refused_sample
