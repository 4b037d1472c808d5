"""Another filter for an interface that is being read, without losing what comes meanwhile.

Takes an interface's descriptor and what has libpcap set a filter on it. libpcap itself would let nothing pass for
a moment: it puts in a filter that refuses all, empties the socket, and only then puts in the new one (tried, 1.10:
50 changes at 300,000 packets a second lost 3,200 of them). The kernel could do better: it puts one filter in the
place of another between two packets.

So libpcap is given a stand-in, a socket on which nothing comes, under the descriptor's number; it sets there what
it would have set on the interface's socket, and knows the filter for what it sifts itself. What it set is read back
from there and put in the place of the old one. The ring, which is memory, is not touched.

With a filter that lets less pass than the one before, a few packets may come yet that only the old one accepts.

A process that gives up its rights can make neither the stand-in nor a copy of the descriptor any more, so it makes
them before (:class:`StandIn`); they are there then as long as the process is.
"""

import ctypes
import os
import socket
import struct
from collections.abc import Callable
from functools import cache
from typing import Final

from capture.interfaces import mute_socket

_ATTACH: Final = 26  # asm-generic/socket.h: SO_ATTACH_FILTER, and to read it SO_GET_FILTER
_DETACH: Final = 27
_INSTRUCTION: Final = 8
"""Octets of a struct sock_filter."""
_ALL: Final = struct.pack("=HBBI", 6, 0, 0, 0x40000)
"""One instruction: let the whole packet pass."""


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.c_char_p))


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


class StandIn:
    """What a filter is swapped with, made beforehand for one descriptor."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._socket = mute_socket()
        self.copy = os.dup(descriptor)
        """Of the interface's socket."""

    def swap(self, set_filter: Callable[[], None]) -> bool:
        """See :func:`swap_filter`."""
        stand_in = self._socket.fileno()
        _detach(stand_in)  # what it had of the last time
        os.dup2(stand_in, self.descriptor, inheritable=False)
        try:
            set_filter()
        finally:
            os.dup2(self.copy, self.descriptor, inheritable=False)
        if not _copy_filter(stand_in, self.descriptor):
            set_filter()
        return bool(_filter_of(self.descriptor))

    def take_over(self) -> None:
        """Close the interface's socket but keep both numbers, so that nothing else is ever opened under them.

        To be called when libpcap has closed its own.
        """
        for number in (self.descriptor, self.copy):
            os.dup2(self._socket.fileno(), number, inheritable=False)


def swap_filter(descriptor: int, set_filter: Callable[[], None]) -> bool:
    """Have ``set_filter`` set a filter on a descriptor, and nothing that passes both the old and the new be lost.

    Where the kernel does not tell or take a filter so, libpcap sets it in its own way.

    Returns:
        Whether the kernel filters now. It does not where it has no room for the filter. libpcap should filter then,
        but forgets to as soon as it has read what lay in the ring when it set a filter before (seen, 1.10.3).

    Raises:
        OSError: whatever ``set_filter`` raises; the old filter stays.
    """
    try:
        stand_in = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    except OSError:  # a service may be forbidden to have any
        set_filter()
    else:
        with stand_in:
            _set_aside(descriptor, stand_in.fileno(), set_filter)
            if not _copy_filter(stand_in.fileno(), descriptor):
                set_filter()
    return bool(_filter_of(descriptor))


def _set_aside(descriptor: int, stand_in: int, set_filter: Callable[[], None]) -> None:
    """Set the filter on the stand-in, under the descriptor's number."""
    kept = os.dup(descriptor)
    try:
        os.dup2(stand_in, descriptor, inheritable=False)
        set_filter()
    finally:
        os.dup2(kept, descriptor, inheritable=False)
        os.close(kept)


def _copy_filter(source: int, target: int) -> bool:
    """Give one socket the filter of another, or take its own away if that has none."""
    instructions = _filter_of(source)
    if instructions is None:
        return False
    if not instructions:  # the kernel had no room for it: libpcap sifts all
        return _detach(target)
    # Both filters must find room at the same time. If not, all may pass for a moment.
    return _attach(target, instructions) or (_attach(target, _ALL) and _attach(target, instructions))


def _filter_of(descriptor: int) -> bytes | None:
    """Instructions of a socket's filter, none if it has none; None if the kernel does not tell."""
    count = ctypes.c_uint(0)  # of instructions, not of octets; 0 asks for it
    if _libc().getsockopt(descriptor, socket.SOL_SOCKET, _ATTACH, None, ctypes.byref(count)):
        return None
    instructions = ctypes.create_string_buffer(count.value * _INSTRUCTION)
    if _libc().getsockopt(descriptor, socket.SOL_SOCKET, _ATTACH, instructions, ctypes.byref(count)):
        return None
    return instructions.raw


def _detach(descriptor: int) -> bool:
    nothing = ctypes.c_int(0)  # is asked for
    size = ctypes.sizeof(nothing)
    return not _libc().setsockopt(descriptor, socket.SOL_SOCKET, _DETACH, ctypes.byref(nothing), size)


def _attach(descriptor: int, instructions: bytes) -> bool:
    program = _Program(len(instructions) // _INSTRUCTION, instructions)
    size = ctypes.sizeof(program)
    return not _libc().setsockopt(descriptor, socket.SOL_SOCKET, _ATTACH, ctypes.byref(program), size)
