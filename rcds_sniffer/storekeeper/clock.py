"""Whether this machine's clock is kept right, as the kernel knows it: a record's time is worth as much."""

import ctypes
from typing import Any, Final

STA_UNSYNC: Final = 0x0040
"""adjtimex(2): nobody keeps the clock right."""

TIME_ERROR: Final = 5


class Timex(ctypes.Structure):
    """The kernel's ``struct timex`` (adjtimex(2)), as far as it is read; the rest is room for it."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def clock_status() -> dict[str, Any]:
    """``synchronised`` (true, false; null where the system does not say) and the errors that the kernel estimates,
    in microseconds. Nothing is changed."""
    timex = Timex()
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    if state < 0:
        return {"synchronised": None}
    right = state != TIME_ERROR and not timex.status & STA_UNSYNC
    return {"synchronised": right, "estimated_error_us": timex.esterror, "maximum_error_us": timex.maxerror}
