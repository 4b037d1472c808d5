"""What the environment told this process, and it has no use for, is wiped from its memory.

A key that comes in the environment is read by the storekeeper, in its process. But the sensor was started with it
too: it stands where the kernel put it, and in Python's copy. Taking the variable away leaves both in memory.
"""

import ctypes
import os
from collections.abc import Iterable
from typing import Final

from rcds_sniffer.sandbox.libc import libc

SECRETS: Final = ("RCDS_SNIFFER_KEY",)
"""The master key."""


def forget(names: Iterable[str]) -> None:
    """Overwrite these variables wherever they stand, and take them away. Of CPython alone."""
    getenv = libc().getenv
    getenv.restype = ctypes.c_void_p
    for name in map(os.fsencode, names):
        address = getenv(name)
        if address:
            ctypes.memset(address, 0, libc().strlen(ctypes.c_void_p(address)))  # no copy is made of it
        value = os.environb.pop(name, None)
        if value:
            start = id(value) + bytes.__basicsize__ - 1  # bytesobject.h: the octets stand last, with a zero behind
            ctypes.memset(start, 0, len(value))
