"""The source ``libpcap`` for capture files: blocks of packets, found by compiled code.

Takes an opened :class:`capture.streams.OctetStream` of a regular, uncompressed file; gives blocks, and says the
same of the file as ``savefile`` would, whose parser reads the file's header here too. Files in classic pcap format
are mapped (:mod:`capture.records`), pcapng is read by libpcap. Where libpcap stops in the middle (a second link
type, damage, a cut) the ``savefile`` reader goes on from that packet: it reads more, and can say where the file is
cut off.
"""

import os
from collections.abc import Iterator, Sequence

from capture.bpf import FilterBank, Program
from capture.errors import NotReadable
from capture.formats import Parser, PcapParser, too_long
from capture.libpcap import Handle, open_file
from capture.packet import Packet
from capture.records import PcapRecords
from capture.savefile import Refused, SavefileSource
from capture.source import BATCH_PACKETS, REFUSED_SAMPLE_PACKETS, Truncation
from capture.streams import OctetStream


def is_mapped(stream: OctetStream) -> bool:
    """Whether a regular, uncompressed file is one for :class:`MappedSource`."""
    return len(stream.head) >= PcapParser.HEADER and stream.head[:4] in PcapParser.magics


class MappedSource(SavefileSource):
    """One regular, uncompressed file in classic pcap format. Owns ``stream`` from here on.

    Raises:
        CaptureError: as for :class:`capture.savefile.SavefileSource`.
    """

    reader = "libpcap"

    def _read_header(self) -> Parser:
        self._pcap = PcapParser(self.name)
        self._pcap.feed(self.stream.head[: PcapParser.HEADER])
        self.stream.head = b""
        self._records = self._from_the_first()
        return self._pcap

    def _from_the_first(self) -> PcapRecords:
        pcap = self._pcap
        return PcapRecords(
            self.stream.descriptor,
            self.name,
            offset=PcapParser.HEADER,
            byte_order=pcap.record.format[0],
            tick=pcap.tick,
            head=pcap.record.size,
            lengths_may_be_swapped=pcap.lengths_may_be_swapped,
            link_type=pcap.link_types[0],
        )

    @property
    def position(self) -> int:
        """Octets of the file that were looked at."""
        records = self._records
        return self.size or 0 if records.ending in ("whole", "cut") else records.offset

    def first_time(self) -> int | None:
        """See :meth:`capture.savefile.SavefileSource.first_time`."""
        first = self._from_the_first().read()
        return first[0].time if first else None

    def use_filter(self, bank: FilterBank) -> None:
        """See :meth:`capture.savefile.SavefileSource.use_filter`."""
        super().use_filter(bank)
        program = bank.program(self.link_types[0])
        self._records.use_filter(False if program is None else program)

    def _batches(self) -> Iterator[Sequence[Packet]]:
        records, counters = self._records, self.counters
        while not self._closed:
            before = records.number
            try:
                block = records.read(REFUSED_SAMPLE_PACKETS - len(self.refused_sample))
            except OSError as error:
                raise NotReadable(f"{self.name}: cannot be read: {error.strerror}") from None
            counters.received += records.number - before
            if block is None:
                break
            counters.refused += records.number - before - len(block)
            self.refused_sample += records.refused
            yield block
        if records.ending in ("cut", "damaged"):
            damage = too_long(records.captured) if records.ending == "damaged" else None
            self._truncation = Truncation(self.name, records.offset, "file", self._pcap.inside, damage)

    def close(self) -> None:
        """Give back descriptor and window; ends a running ``batches()``."""
        super().close()
        self._records.close()


class LibpcapSource(SavefileSource):
    """One regular, uncompressed capture file of any format that libpcap reads. Owns ``stream`` from here on.

    Raises:
        Refused: libpcap does not open the file; ``stream`` is closed.
        CaptureError: as for :class:`capture.savefile.SavefileSource`.
    """

    reader = "libpcap"

    def __init__(self, stream: OctetStream) -> None:
        self._handle: Handle | None = None
        super().__init__(stream)
        try:
            if len(self.link_types) != 1:
                raise Refused
            # By descriptor: libpcap takes some names (…/usbmon1) for devices.
            self._handle = open_file(self.name, f"/dev/fd/{stream.descriptor}", self.link_types[0])
        except OSError:
            self.close()
            raise Refused from None
        except BaseException:
            self.close()
            raise

    @property
    def position(self) -> int | None:
        """Octets read of the file, to the next full buffer."""
        if self._handle is None:
            return super().position
        return os.lseek(self._handle.descriptor, 0, os.SEEK_CUR)  # ours may stand further on after a read-ahead

    def use_filter(self, bank: FilterBank) -> None:
        """See :meth:`capture.savefile.SavefileSource.use_filter`."""
        super().use_filter(bank)
        if self._handle is not None:
            self._handle.sift(bank.program(self.link_types[0]) or Program("less 0", self.link_types[0]))

    def _batches(self) -> Iterator[Sequence[Packet]]:
        counters = self.counters
        while (handle := self._handle) is not None:
            block = handle.read(BATCH_PACKETS, self._number, REFUSED_SAMPLE_PACKETS - len(self.refused_sample))
            received = handle.received
            self._number += received
            counters.received += received
            counters.refused += received - len(block)
            self.refused_sample += handle.refused
            over, stopped = handle.exhausted, handle.failure is not None
            yield block
            if stopped and not self._closed:
                self._close_handle()
                for frames in self._frames(skip=self._number):
                    yield self._sift(frames)
            if over:
                return

    def _close_handle(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()

    def close(self) -> None:
        """Give back descriptors; ends a running ``batches()``."""
        self._close_handle()
        super().close()
