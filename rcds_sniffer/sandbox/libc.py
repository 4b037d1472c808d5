"""System calls that Python has no function for."""

import ctypes
import os
from functools import cache
from typing import Any


@cache
def libc() -> ctypes.CDLL:
    """The C library that this process runs with."""
    return ctypes.CDLL(None, use_errno=True)


def prctl(option: int, *values: int) -> int:
    """prctl(2); OSError where the kernel refuses."""
    arguments = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    return _checked(libc().prctl(ctypes.c_int(option), *arguments), "prctl")


def syscall(number: int, *values: Any) -> int:
    """syscall(2) by its number; integers go as 64 bits, the rest as ctypes has it. OSError where it is refused."""
    arguments = [ctypes.c_long(value) if isinstance(value, int) else value for value in values]
    call = libc().syscall
    call.restype = ctypes.c_long
    return _checked(call(ctypes.c_long(number), *arguments), f"system call {number}")


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result
