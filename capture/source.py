"""The contract of a source of packets.

A source is opened from files, standard input, a folder that is written to, or interfaces. It says its link types,
clock and counters, and hands on packets in batches, so that the consumer's loop costs little per packet. Every
packet of the source is numbered, those too that the filter refuses: the numbers are the ones Wireshark shows (but
for the rare pcapng custom block, which Wireshark numbers as well and libpcap passes over). Of an interface only
those are numbered that the kernel's filter lets pass.

The contract is made for live sources as well: a batch may be empty, which means that the line is idle and the
consumer may serve signals and timers; the counters have room for what the kernel and the interface dropped.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self

from capture.packet import Packet

FilterFor = Callable[[int], str]
"""Gives the BPF expression for a LINKTYPE_ number: a filter depends on it (``vlan`` compiles on Ethernet
only)."""

REFUSED_SAMPLE_PACKETS: Final = 10_000
"""Refused packets that are kept, the first ones, to explain an empty result."""
REFUSED_SAMPLE_OCTETS: Final = 128
"""Of each: enough for Ethernet, two tags, IPv6 with an extension header, and the TCP ports."""
BATCH_PACKETS: Final = 1_000
"""About so many packets make a batch: more would not be faster, and signals are served between batches."""
BATCH_OCTETS: Final = 1024 * 1024
"""Of all packets of a batch that is a block; at least one packet of any length. It should stay in the cache."""


@dataclass(slots=True)
class Counters:
    """What a source did so far."""

    received: int = 0
    """Packets read, refused ones included."""
    refused: int = 0
    """Of these, by the filter."""
    dropped_kernel: int | None = None
    """Lost because the reader was too slow; None where it cannot happen or is not known (files)."""
    dropped_interface: int | None = None
    """Lost by the interface or its driver; None as above."""
    interruptions: int = 0
    """How often an interface was away (down, unplugged, taken out) and came back or is waited for."""
    clock_steps: int = 0
    """How often the clock that stamps the packets was set while they were read."""
    clock_stepped: int = 0
    """Nanoseconds, the sum of these steps; forward is positive. Changed before the batch behind a step."""


@dataclass(frozen=True, slots=True)
class Truncation:
    """Where a capture ends before its end: everything before it was handed on, nothing behind it is read."""

    source: str
    """The file as the user named it."""
    offset: int
    """Octets from the beginning of ``layer`` to the record, block or stream that is incomplete or wrong."""
    layer: str
    """What the offset counts: ``file``, or ``decompressed data``."""
    inside: str
    """What is cut or damaged there: ``packet record``, ``pcapng block``, ``gzip stream`` …"""
    damage: str | None = None
    """What is wrong there; None where the capture simply stops (the disk was full, the daemon was killed)."""

    def __str__(self) -> str:
        """One line for the user."""
        place = f"at octet {self.offset}" + ("" if self.layer == "file" else f" of its {self.layer}")
        if self.damage is None:
            return f"{self.source}: cut off in the middle of a {self.inside} {place}; what came before was read"
        return f"{self.source}: damaged in a {self.inside} {place} ({self.damage}); what came before was read"


class Source(Protocol):
    """Packets in the order of the capture.

    Everything here may raise :class:`capture.errors.CaptureError`, and nothing else that the input can cause.
    """

    @property
    def name(self) -> str:
        """As the user gave it; ``-`` is standard input."""

    @property
    def reader(self) -> str:
        """What reads it: ``libpcap``, ``pypcap`` or ``savefile``."""

    @property
    def link_types(self) -> tuple[int, ...]:
        """LINKTYPE_ numbers in order of appearance. A pcapng file may bring more while it is read."""

    @property
    def clock_resolution(self) -> int | None:
        """Nanoseconds between two ticks of the coarsest clock in it, mostly 1 or 1000; None is unknown."""

    @property
    def counters(self) -> Counters:
        """Live: the object is updated with every batch."""

    @property
    def clock(self) -> int | None:
        """Capture time now, for a source that is read as it happens, so that waits end while the line is idle.

        Nanoseconds since 1970 UTC: the time of the last packet and what has passed since on the monotonic clock,
        less what may still be on its way. None for files, and before the first packet.
        """

    @property
    def position(self) -> int | None:
        """Octets read of the file (compressed, if it is); None where that says nothing."""

    @property
    def size(self) -> int | None:
        """Octets of the file; None for standard input, pipes and interfaces."""

    @property
    def truncated(self) -> Truncation | None:
        """Known after the last batch: the first cut. ``truncations`` has all of several files."""

    @property
    def truncations(self) -> tuple[Truncation, ...]:
        """Every cut, at most one per file."""

    @property
    def refused_sample(self) -> list[Packet]:
        """The first packets that the filter refused, shortened: see REFUSED_SAMPLE_PACKETS and _OCTETS."""

    def set_filter(self, filter_for: FilterFor) -> None:
        """Hand on only packets that ``filter_for(link_type)`` accepts, from the next batch on.

        Packets of a link type for which the expression does not compile are refused and counted, as long as it
        compiles for another one of the source. On a line, nothing is lost of what the filter before let pass too.

        Raises:
            BadFilter: it compiles for none of the link types known by now.
        """

    def batches(self) -> Iterator[Sequence[Packet]]:
        """About BATCH_PACKETS at a time until the end; an empty batch means idle, or that all were refused.

        A compiled source gives a :class:`capture.block.Block`, whose packets are made only if they are asked for.

        Taken once: a source is read from its beginning to its end.
        """

    def stop(self) -> None:
        """End ``batches()``. A live source hands on first what has passed the line by now; a file has time."""

    def close(self) -> None:
        """Give back descriptors and memory. May be called again; ends a running ``batches()``."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
