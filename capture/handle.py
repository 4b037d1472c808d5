"""libpcap's handle of an interface, opened with care, whichever binding of libpcap it comes from.

Takes the name of an interface that is there; gives the handle and the size of its ring in the kernel, or an error
that tells how to mend it.
"""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from capture.bpf import Program
from capture.errors import CaptureError, NotPermitted, NotUp
from capture.packet import Packet

RETIRE_MILLISECONDS: Final = 20
"""The kernel hands over a block of packets when it is full, or so long (older kernels: twice) after its first."""
MAXIMUM_BUFFER: Final = 2**31 - 1
"""Octets: libpcap counts them with an int."""
SMALLEST_BUFFER: Final = 2 * 1024 * 1024
"""Octets, libpcap's own default: with less memory than that the interface is not opened."""


class Handle(Protocol):
    """An interface that libpcap reads, without waiting."""

    link_type: int
    """LINKTYPE_ number."""
    tick: int
    """Nanoseconds between two stamps."""
    received: int
    """Packets that the last ``read`` got from libpcap, refused ones included."""
    exhausted: bool
    """The last ``read`` got all that the kernel had handed over."""
    failure: str | None
    """Why no more can be read, in libpcap's words; None while more can."""

    @property
    def descriptor(self) -> int:
        """To poll for packets."""

    def set_filter(self, program: Program) -> None:
        """Have the kernel hand over only what the filter accepts; OSError with libpcap's reason."""

    def sift(self, program: Program | None) -> None:
        """Refuse here what the filter does not accept; None accepts all."""

    def read(self, limit: int, number: int) -> Sequence[Packet]:
        """At most ``limit`` packets, numbered behind ``number``."""

    def stats(self) -> tuple[int, int, int]:
        """Received, dropped by the kernel, dropped by the interface; OSError with libpcap's reason."""

    def close(self) -> None:
        """Nothing may be called afterwards."""


Opener = Callable[[str, int, bool, int], Handle]
"""Name, octets kept of a packet, whether promiscuous, octets of the ring; OSError with libpcap's reason."""


def open_handle(opener: Opener, name: str, snaplen: int, promiscuous: bool, octets: int) -> tuple[Handle, int]:
    """The handle, and how many octets its ring has: fewer than wanted if memory is short.

    Raises:
        NotUp, NotPermitted, CaptureError: it cannot be opened.
    """
    while True:
        try:
            handle = opener(name, snaplen, promiscuous, octets)
        except OSError as error:
            reason = str(error)
            if "allocate memory" not in reason or octets // 2 < SMALLEST_BUFFER:
                raise _explained(name, reason) from None
            octets //= 2
        else:
            return handle, _ring_octets(handle.descriptor) or octets  # libpcap too takes less, and says nothing


def _explained(name: str, reason: str) -> CaptureError:
    """The error that tells the user how to mend it."""
    if "permi" in reason or "CAP_NET_RAW" in reason:
        return NotPermitted(
            f"{name}: you may not capture here ({reason}): run it as root with CAP_NET_RAW, or give this Python the"
            f" right: setcap cap_net_raw=eip {Path(sys.executable).resolve()}"
        )
    if "not up" in reason:
        return NotUp(f"{name}: is down, nothing can be heard on it: ip link set {name} up")
    return CaptureError(f"{name}: cannot be opened: {reason}")


def _ring_octets(descriptor: int) -> int | None:
    """How large the ring is that the kernel made: libpcap maps it into memory. None if that is not told."""
    mapped = f"socket:[{os.fstat(descriptor).st_ino}]"
    try:
        maps = Path("/proc/self/maps").read_text()
    except OSError:
        return None
    for line in maps.splitlines():
        if line.endswith(mapped):
            start, end = line.split()[0].split("-")
            return int(end, 16) - int(start, 16)
    return None
