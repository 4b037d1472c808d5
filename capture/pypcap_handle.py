"""pypcap's handle of an interface, opened with care.

Takes the name of an interface that is there; gives the handle and the size of its ring in the kernel, or an error
that tells how to mend it. pypcap opens a file rather than the interface if one of that name lies in the working
directory, so it is called in a thread that has a working directory of its own, in which nobody can put a file.
"""

import ctypes
import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from capture.errors import CaptureError, NotPermitted, NotUp
from capture.pypcap_source import AVAILABLE

if AVAILABLE:
    import pcap

RETIRE_MILLISECONDS: Final = 20
"""The kernel hands over a block of packets when it is full, or so long (older kernels: twice) after its first."""
MAXIMUM_BUFFER: Final = 2**31 - 1
"""Octets: libpcap counts them with an int."""
SMALLEST_BUFFER: Final = 2 * 1024 * 1024
"""Octets, libpcap's own default: with less memory than that the interface is not opened."""

_NO_FILES: Final = "/proc/self/task"  # the kernel's, and holds nothing but numbered directories
_CLONE_FS: Final = 0x200  # sched.h


def open_handle(name: str, snaplen: int, promiscuous: bool, octets: int) -> tuple[Any, int]:
    """The handle, which never waits, and how many octets its ring has: fewer than wanted if memory is short.

    Raises:
        NotUp, NotPermitted, CaptureError: it cannot be opened.
    """
    while True:
        try:
            handle = _open_elsewhere(name, snaplen, promiscuous, octets)
        except OSError as error:
            reason = libpcaps_reason(error)
            if "allocate memory" not in reason or octets // 2 < SMALLEST_BUFFER:
                raise _explained(name, reason) from None
            octets //= 2
        else:
            handle.setnonblock(True)
            return handle, _ring_octets(handle.fileno()) or octets  # libpcap too takes less, and says nothing


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


def text_of(reason: bytes | str) -> str:
    """What libpcap says, which pypcap hands on as octets."""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason


def libpcaps_reason(error: OSError) -> str:
    """Without pypcap's frame around it: … ``was b'socket: Operation not permitted'``."""
    text = text_of(error.args[0]) if error.args else ""
    return text.partition(" was b")[2].strip("'\"") or text


def _explained(name: str, reason: str) -> CaptureError:
    """The error that tells the user how to mend it."""
    if "permi" in reason or "CAP_NET_RAW" in reason:
        return NotPermitted(
            f"{name}: you may not capture here ({reason}): run it as root with CAP_NET_RAW, or give this Python the"
            f" right: setcap cap_net_raw,cap_net_admin=eip {Path(sys.executable).resolve()}"
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
