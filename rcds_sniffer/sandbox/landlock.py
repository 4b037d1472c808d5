"""Landlock: which folders a process may go on using, whoever it runs as.

Takes folders to write in and places to read from; from then on the kernel refuses every other file, every TCP
port, abstract sockets and signals to processes outside. It asks no rights of who confines itself, and holds for
all that the process opens later, by whatever name: links and /proc/self/fd are resolved first. What is open stays
open. Older kernels know less of it, or nothing: :func:`version` tells. (landlock(7))
"""

import ctypes
import os
import stat
from collections.abc import Iterable
from typing import Final

from rcds_sniffer.sandbox.libc import prctl, syscall

_CREATE_RULESET: Final = 444  # the same on every architecture of Linux but Alpha
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_TELL_VERSION: Final = 1
_PATH_BENEATH: Final = 1
_NO_NEW_PRIVS: Final = 38  # linux/prctl.h

# linux/landlock.h: what may be done to files, with the version of Landlock that first knew of it
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_FILE, _MAKE_DIR, _MAKE_REG = 1 << 5, 1 << 7, 1 << 8
_TRUNCATE = 1 << 14
_FIRST: Final = (1 << 13) - 1
_LATER: Final = {2: 1 << 13, 3: _TRUNCATE, 5: 1 << 15}
_NETWORK: Final = 0b11  # bind and connect TCP: version 4
_SCOPES: Final = 0b11  # abstract sockets, signals: version 6

_OF_A_FILE: Final = _WRITE_FILE | _READ_FILE | _TRUNCATE
_READING: Final = _READ_FILE | _READ_DIR
_WRITING: Final = _READING | _WRITE_FILE | _TRUNCATE | _REMOVE_FILE | _MAKE_REG | _MAKE_DIR


class _Ruleset(ctypes.Structure):
    """struct landlock_ruleset_attr; older kernels know its first fields only."""

    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    """struct landlock_path_beneath_attr."""

    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """Of the kernel's Landlock; 0 where there is none, or it is switched off."""
    try:
        return syscall(_CREATE_RULESET, None, 0, _TELL_VERSION)
    except OSError:
        return 0


def make_rules(folders: Iterable[int], reads: Iterable[int]) -> int:
    """A set of rules, not in force yet: its descriptor.

    Args:
        folders: descriptors of those where, and below, files are made, written, read and removed.
        reads: of files, or of folders with what is below, that are read.

    Raises:
        OSError: the kernel has no Landlock.
    """
    known = version()
    handled = _FIRST | sum(right for since, right in _LATER.items() if known >= since)
    attributes = _Ruleset(handled, _NETWORK, _SCOPES)
    rules = syscall(_CREATE_RULESET, ctypes.byref(attributes), 8 if known < 4 else 16 if known < 6 else 24, 0)
    try:
        for places, rights in ((folders, _WRITING), (reads, _READING)):
            for place in places:
                is_folder = stat.S_ISDIR(os.fstat(place).st_mode)
                beneath = _Beneath((rights if is_folder else rights & _OF_A_FILE) & handled, place)
                syscall(_ADD_RULE, rules, _PATH_BENEATH, ctypes.byref(beneath), 0)
    except OSError:
        os.close(rules)
        raise
    return rules


def restrict(rules: int) -> None:
    """Hold this thread, and those that it starts, to the rules; their descriptor is closed. OSError: refused."""
    try:
        prctl(_NO_NEW_PRIVS, 1)
        syscall(_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)
