"""The source ``pypcap``: plain capture files through libpcap, by way of the pypcap module.

Takes an opened :class:`capture.streams.OctetStream` of a regular, uncompressed file whose header was checked;
gives packets without their length on the wire, which pypcap does not hand on. Its defects are fenced in here,
each where it would bite. Where libpcap stops in the middle (a second link type in pcapng, damage, a cut) the
``savefile`` reader goes on from that packet: it reads more, and can say where the file is cut off.

No ``setfilter`` for files: the numbers of packets must be those of the whole file, so all are read, numbered, and
then put to the filter (0.4 µs each).
"""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from capture.bpf import Program, dlt_of
from capture.errors import Unsupported
from capture.formats import PcapParser
from capture.packet import Packet
from capture.savefile import Refused, SavefileSource
from capture.source import BATCH_PACKETS
from capture.streams import OctetStream

try:
    import pcap
except ImportError:  # Python 3.12 and later: its release does not build there
    pcap = None
if not hasattr(pcap, "bpf"):  # another package of that name
    pcap = None

AVAILABLE = pcap is not None
"""Whether pypcap is installed."""

_WRAP = 2**32 * 1_000_000_000  # nanoseconds; libpcap takes the unsigned seconds of a pcap record as signed


class PypcapSource(SavefileSource):
    """One regular, uncompressed capture file. Owns ``stream`` from here on.

    Raises:
        Unsupported: pypcap is not installed.
        Refused: libpcap does not open the file; ``stream`` is closed.
        CaptureError: as for :class:`capture.savefile.SavefileSource`.
    """

    reader = "pypcap"

    def __init__(self, stream: OctetStream) -> None:
        if pcap is None:
            stream.close()
            raise Unsupported("pypcap is not installed (it builds up to Python 3.11): use the source savefile")
        self._pcap: Any = None
        self._compiled: Callable[[bytes], bool] | None = None
        self._compiled_from: Program | None = None
        self._last_time = 0
        super().__init__(stream)
        try:
            if len(self.link_types) != 1:
                raise Refused
            self._classic = isinstance(self._parser, PcapParser)
            # By descriptor: given a name, pypcap opens the *interface* of that name when libpcap refuses the
            # file, and libpcap takes some names (…/usbmon1) for devices. No interface is called /dev/fd/N.
            self._pcap = pcap.pcap(f"/dev/fd/{stream.descriptor}", timestamp_in_ns=True)
        except OSError:
            self.close()
            raise Refused from None
        except BaseException:
            self.close()
            raise

    @property
    def position(self) -> int | None:
        """Octets read of the file, to the next full buffer."""
        if self._pcap is None:
            return super().position
        # Our own descriptor may stand further on after a read-ahead, libpcap's counts.
        return os.lseek(self._pcap.fileno(), 0, os.SEEK_CUR)

    def _batches(self) -> Iterator[Sequence[Packet]]:
        gathered: list[tuple[int, bytes]] = []
        gather = gathered.append

        def callback(time: int, octets: bytes) -> None:
            # Only this: after a callback raised, dispatch would go on calling it, and lose those packets.
            gather((time, octets))

        while self._pcap is not None:  # used after close(), pypcap crashes the process
            # Never iterated: that replaces the program's SIGINT handler. Not dispatch(-1): that reads it all.
            count = self._pcap.dispatch(BATCH_PACKETS, callback)
            stopped = count < 0 or bool(self._pcap.geterr())  # a cut file may end like a clean one otherwise
            if gathered:
                yield self._sift_all(gathered)
                gathered.clear()
            if stopped and not self._closed:
                self._close_pcap()
                for frames in self._frames(skip=self._number):
                    yield self._sift(frames)
                return
            if count == 0:
                return

    def _sift_all(self, gathered: list[tuple[int, bytes]]) -> list[Packet]:
        """As ``_sift``, with pypcap's own filter call, which costs half of what ctypes does."""
        link_type = self.link_types[0]
        accepts = self._accepts(link_type)
        batch = []
        number = self._number
        name = self.name
        time = self._last_time
        for stamp, octets in gathered:
            number += 1
            time = stamp if stamp > 0 else self._mend(stamp, time)
            packet = Packet(time, octets, None, link_type, number, name)
            if accepts is None or accepts(octets):
                batch.append(packet)
            else:
                self._refuse(packet)
        self.counters.received += number - self._number
        self._number = number
        self._last_time = time
        return batch

    def _accepts(self, link_type: int) -> Callable[[bytes], bool] | None:
        """The filter for libpcap's one link type; None lets all pass."""
        if self._bank is None:
            return None
        program = self._bank.program(link_type)
        if program is None:
            return lambda _octets: False
        if program is not self._compiled_from:
            # Checked by capture.bpf before, since pypcap would say no more than "bad filter".
            self._compiled = pcap.bpf(os.fsencode(program.expression), dlt_of(link_type)).filter
            self._compiled_from = program
        return self._compiled

    def _mend(self, stamp: int, previous: int) -> int:
        """A time that is not positive, as ``savefile`` would tell it."""
        if not self._classic:
            return previous  # pcapng's simple packet block has no time
        return max(0, stamp + _WRAP) if stamp < 0 else stamp

    def _close_pcap(self) -> None:
        handle, self._pcap = self._pcap, None
        if handle is not None:
            handle.close()

    def close(self) -> None:
        """Give back descriptors; ends a running ``batches()``."""
        self._close_pcap()
        super().close()
