"""What the environment told this process, and it has no use for, is wiped from its memory.

A key that comes in the environment is read by the storekeeper, in its process. But the sensor was started with it
too: it stands where the kernel put it, also when the variable was taken away, in Python's copy, and wherever a
library has copied the environment and freed it since. So all memory that can be written is searched for it.
"""

import ctypes
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from rcds_sniffer.sandbox.libc import libc

SECRETS: Final = ("RCDS_SNIFFER_KEY",)
"""The master key."""
SHORTEST: Final = 16
"""Octets; what is shorter may stand anywhere by chance, and is only taken away."""


def forget(names: Iterable[str]) -> None:
    """Take these variables away and overwrite what they said, wherever it stands. Of CPython alone."""
    for name in map(os.fsencode, names):
        value = os.environb.pop(name, None) or _at_the_start(name)
        if not value:
            continue
        own = id(value) + bytes.__basicsize__ - 1  # bytesobject.h: the octets stand last, with a zero behind
        if len(value) >= SHORTEST:
            for start, end in _regions():
                _wipe(start, end, own, len(value))
        ctypes.memset(own, 0, len(value))


def _at_the_start(name: bytes) -> bytes | None:
    """What a variable said when the process was started; None where that cannot be seen, as by users in hiding."""
    try:
        block = Path("/proc/self/environ").read_bytes()
    except OSError:
        return None
    said = [entry for entry in block.split(b"\0") if entry.startswith(name + b"=")]
    return said[0][len(name) + 1 :] if said else None


def _regions() -> Iterator[tuple[int, int]]:
    """Memory of this process alone; what it shares is the rings of interfaces and files."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        place, mode, *_ = line.split()
        if mode == "rw-p":
            start, end = place.split("-")
            yield int(start, 16), int(end, 16)


def _wipe(start: int, end: int, value: int, size: int) -> None:
    """Overwrite the octets at ``value`` wherever else they stand in between; without another copy of them."""
    memmem = libc().memmem
    memmem.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t)
    memmem.restype = ctypes.c_void_p
    while start < end:
        found = memmem(start, end - start, value, size)
        if not found:
            return
        if found != value:
            ctypes.memset(found, 0, size)
        start = found + size
