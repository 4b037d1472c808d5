"""The source ``savefile``: capture files and pipes, read without libpcap.

Takes an opened :class:`capture.streams.OctetStream`; gives packets with their length on the wire. It reads what
libpcap cannot (interfaces of several link types in one pcapng file), works where pypcap does not build, and is
the only reader of pipes and compressed files: pypcap keeps Python's interpreter lock while it waits for octets,
so that a thread which decompresses for it never runs (tried: it hangs), and no signal is served on a silent pipe.
"""

from collections.abc import Iterator, Sequence

from capture.bpf import FilterBank, Program
from capture.closing import Closing
from capture.errors import Closed, NotACapture
from capture.formats import Frame, Parser, parser_for
from capture.packet import Packet
from capture.source import (
    BATCH_PACKETS,
    REFUSED_SAMPLE_OCTETS,
    REFUSED_SAMPLE_PACKETS,
    Counters,
    FilterFor,
    Truncation,
)
from capture.streams import Cut, OctetStream


class Refused(Exception):  # noqa: N818 - internal: libpcap does not open the file, ``savefile`` shall
    """libpcap does not open this file."""


class SavefileSource(Closing):
    """One capture file or pipe. Owns ``stream`` from here on.

    Raises:
        NotACapture: it holds something else, or ends within its header.
        Unsupported: a version of the format that is not known.
        NotReadable: the system cannot read it.
    """

    reader = "savefile"

    def __init__(self, stream: OctetStream) -> None:
        self.name = stream.name
        self.counters = Counters()
        self.refused_sample: list[Packet] = []
        self.stream = stream
        self._bank: FilterBank | None = None
        self._truncation: Truncation | None = None
        self._pending: list[Frame] = []
        self._chunks = stream.chunks()
        self._number = 0
        self._closed = False
        try:
            self._parser = self._read_header()
        except BaseException:
            stream.close()
            raise

    def _read_header(self) -> Parser:
        """Read on until the file header and, in pcapng, an interface is known."""
        head = b""
        parser: Parser | None = None
        for chunk in self._chunks:
            if parser is None:
                head += chunk
                if len(head) < 4:
                    continue
                parser = parser_for(head, self.name)
                if parser is None:
                    raise NotACapture(f"{self.name}: is not a capture: pcap and pcapng are read, also gzip or zstd")
                self._pending = parser.feed(head)
            else:
                self._pending = parser.feed(chunk)
            if parser.link_types or parser.damage:
                break
        cut = self.stream.cut
        if parser is None:
            what = "is too short for a capture" if cut is None else f"holds no capture: its {cut.inside} is broken"
            raise NotACapture(f"{self.name}: {what}: copy it again")
        if not parser.started:
            raise NotACapture(f"{self.name}: ends or breaks within its file header: copy it again")
        return parser

    @property
    def link_types(self) -> tuple[int, ...]:
        """LINKTYPE_ numbers in order of appearance."""
        return tuple(self._parser.link_types)

    @property
    def clock_resolution(self) -> int | None:
        """Nanoseconds per tick of the coarsest clock."""
        return self._parser.clock_resolution

    @property
    def clock(self) -> int | None:
        """None: files are not read as they happen."""
        return None

    @property
    def position(self) -> int | None:
        """Octets read of the file; None for a pipe."""
        return None if self.size is None else self.stream.position

    @property
    def size(self) -> int | None:
        """Octets of the file; None for a pipe."""
        return self.stream.size

    @property
    def truncated(self) -> Truncation | None:
        """Where it ends before its end; known after the last batch."""
        return self._truncation

    @property
    def truncations(self) -> tuple[Truncation, ...]:
        """The same, as a tuple."""
        return (self._truncation,) if self._truncation else ()

    def set_filter(self, filter_for: FilterFor) -> None:
        """See :meth:`capture.source.Source.set_filter`."""
        bank = FilterBank(filter_for)
        bank.check(self.link_types)
        self.use_filter(bank)

    def use_filter(self, bank: FilterBank) -> None:
        """The same, with a filter that was checked before: several files share one."""
        self._bank = bank

    def first_time(self) -> int | None:
        """Nanoseconds; of the first packet, read ahead if need be and not lost. None if there is no packet."""
        if not self._pending:
            for chunk in self._chunks:
                self._pending = self._parser.feed(chunk)
                if self._pending:
                    break
        return self._pending[0][0] if self._pending else None

    def batches(self) -> Iterator[Sequence[Packet]]:
        """See :meth:`capture.source.Source.batches`.

        Raises:
            Closed: it was closed before.
            NotReadable: the system cannot read on.
        """
        if self._closed:
            raise Closed(f"{self.name}: was closed before it was read")
        return self._batches()

    def _batches(self) -> Iterator[Sequence[Packet]]:
        for frames in self._frames():
            for start in range(0, len(frames), BATCH_PACKETS):
                yield self._sift(frames[start : start + BATCH_PACKETS])
                if self._closed:
                    return
            if not frames:
                yield []

    def _frames(self, skip: int = 0) -> Iterator[list[Frame]]:
        """Frames as the chunks bring them, without the first ``skip``; at the end says what was cut."""
        while not self._closed:
            frames, self._pending = self._pending, []
            if skip:
                skipped = min(skip, len(frames))
                del frames[:skipped]
                skip -= skipped
            if frames:
                yield frames
            chunk = None if self._parser.damage else next(self._chunks, None)
            if chunk is None:
                self._truncation = self._find_truncation()
                return
            if chunk:
                self._pending = self._parser.feed(chunk)
            else:
                yield []

    def _find_truncation(self) -> Truncation | None:
        if self.stream.cut and not self._parser.damage:
            cut: Cut | None = self.stream.cut
            layer = "file"
        else:
            cut = self._parser.end()
            layer = "decompressed data" if self.stream.compression else "file"
        return Truncation(self.name, cut.offset, layer, cut.inside, cut.damage) if cut else None

    def _sift(self, frames: list[Frame]) -> list[Packet]:
        """Number all frames, keep what the filter accepts."""
        batch = []
        number = self._number
        bank = self._bank
        name = self.name
        met = -1
        program: Program | None = None
        for time, octets, wire_length, link_type in frames:
            number += 1
            packet = Packet(time, octets, wire_length, link_type, number, name)
            if bank is not None:
                if link_type != met:
                    program, met = bank.program(link_type), link_type
                if program is None or not program.accepts(octets, wire_length):
                    self._refuse(packet)
                    continue
            batch.append(packet)
        self.counters.received += number - self._number
        self._number = number
        return batch

    def _refuse(self, packet: Packet) -> None:
        self.counters.refused += 1
        if len(self.refused_sample) < REFUSED_SAMPLE_PACKETS:
            self.refused_sample.append(packet._replace(octets=packet.octets[:REFUSED_SAMPLE_OCTETS]))

    def stop(self) -> None:
        """End ``batches()``: what is in a file stays there."""
        self.close()

    def close(self) -> None:
        """Give back the descriptor; ends a running ``batches()``."""
        self._closed = True
        self._pending = []
        self.stream.close()
