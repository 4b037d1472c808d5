"""An interface through pypcap, whose defects are fenced in here.

It opens a file rather than the interface if one of that name lies in the working directory, so it is called in a
thread that has a working directory of its own, in which nobody can put a file. It is never iterated (that replaces
the program's SIGINT handler), never used after its ``close`` (that crashes), and its callback only appends (what it
raises is raised when all others were lost). It tells no length on the wire.
"""

import ctypes
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from capture.bpf import Program, link_type_of
from capture.handle import RETIRE_MILLISECONDS
from capture.packet import Packet
from capture.pypcap_source import AVAILABLE

if AVAILABLE:
    import pcap

_NO_FILES: Final = "/proc/self/task"  # the kernel's, and holds nothing but numbered directories
_CLONE_FS: Final = 0x200  # sched.h


class PypcapHandle:
    """See :class:`capture.handle.Handle`."""

    def __init__(self, name: str, snaplen: int, promiscuous: bool, octets: int) -> None:
        try:
            self._pcap = _open_elsewhere(name, snaplen, promiscuous, octets)
        except OSError as error:
            raise OSError(_libpcaps_reason(error)) from None
        self._pcap.setnonblock(True)
        self._name = name
        self._sieve: Program | None = None
        self.descriptor: int = self._pcap.fileno()
        self.link_type = link_type_of(self._pcap.datalink())
        self.tick = 1 if self._pcap.precision == pcap.PCAP_TSTAMP_PRECISION_NANO else 1000
        self.received = 0
        self.exhausted = True
        self.failure: str | None = None

    def set_filter(self, program: Program) -> None:
        """See :meth:`capture.handle.Handle.set_filter`."""
        try:
            self._pcap.setfilter(program.expression)
        except OSError as error:
            raise OSError(_libpcaps_reason(error)) from None

    def sift(self, program: Program | None) -> None:
        """See :meth:`capture.handle.Handle.sift`."""
        self._sieve = program

    def read(self, limit: int, number: int) -> list[Packet]:
        """See :meth:`capture.handle.Handle.read`."""
        gathered: list[tuple[int, bytes]] = []

        def callback(time: int, octets: bytes) -> None:
            gathered.append((time, octets))

        # Bounded: -1 would read on as long as the kernel fills the ring. Called also when poll saw nothing, since
        # only then libpcap notices that the interface was taken out.
        count = self._pcap.dispatch(limit, callback)
        self.received = len(gathered)
        self.exhausted = count < limit
        if count < 0:
            self.failure = _text_of(self._pcap.geterr())
        name, link_type = self._name, self.link_type
        packets = [
            Packet(time, octets, None, link_type, number + index, name)
            for index, (time, octets) in enumerate(gathered, 1)
        ]
        sieve = self._sieve
        return packets if sieve is None else [packet for packet in packets if sieve.accepts(packet.octets)]

    def stats(self) -> tuple[int, int, int]:
        """See :meth:`capture.handle.Handle.stats`."""
        received, kernel, interface = self._pcap.stats()
        return received, kernel, interface

    def close(self) -> None:
        """See :meth:`capture.handle.Handle.close`."""
        self._pcap.close()


def _open_elsewhere(name: str, snaplen: int, promiscuous: bool, octets: int) -> Any:
    """pypcap's handle of the interface; OSError with libpcap's reason."""

    def open_it() -> Any:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(_CLONE_FS) == 0:  # some containers forbid it
            os.chdir(_NO_FILES)
        return pcap.pcap(
            name,
            snaplen=snaplen,
            promisc=promiscuous,
            timeout_ms=RETIRE_MILLISECONDS,
            timestamp_in_ns=True,
            buffer_size=octets,
        )

    with ThreadPoolExecutor(1) as pool:
        handle = pool.submit(open_it).result()
    if not stat.S_ISSOCK(os.fstat(handle.fileno()).st_mode):
        handle.close()
        raise OSError("pypcap opens the file of that name in the working directory instead: start elsewhere")
    return handle


def _text_of(reason: bytes | str) -> str:
    """What libpcap says, which pypcap hands on as octets."""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason


def _libpcaps_reason(error: OSError) -> str:
    """Without pypcap's frame around it: … ``was b'socket: Operation not permitted'``."""
    text = _text_of(error.args[0]) if error.args else ""
    return text.partition(" was b")[2].strip("'\"") or text
