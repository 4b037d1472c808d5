"""Whose rights a process has: from root to a user who may do nothing, for good.

Takes a user's name; gives up groups, user and every capability. The order is the point. Groups go before the user,
who may not change them; the bounding set before the capabilities, which it takes one of; and that nobody may look
into the process is said last, since the kernel forgets it when the user changes. (credentials(7), capabilities(7))
"""

import ctypes
import os
import pwd
import resource
from typing import Final

from rcds_sniffer.sandbox.errors import SandboxError
from rcds_sniffer.sandbox.libc import libc, prctl

USERS: Final = ("rcds-sniffer", "nobody")
"""Root becomes the first of these that this machine has, unless another is named."""

_SET_DUMPABLE: Final = 4  # linux/prctl.h
_KEEP_CAPABILITIES: Final = 8
_IN_BOUNDING_SET: Final = 23
_DROP_FROM_BOUNDING_SET: Final = 24
_NO_NEW_PRIVS: Final = 38
_AMBIENT: Final = 47
_AMBIENT_CLEAR: Final = 4
_CAPABILITY_VERSION: Final = 0x20080522  # linux/capability.h: two words of 32 bits each
_MOST_CAPABILITIES: Final = 64


class _Header(ctypes.Structure):
    """struct __user_cap_header_struct."""

    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


_Sets = ctypes.c_uint32 * 6
"""Effective, permitted and inheritable: the lower halves, then the upper ones."""


def choose(user: str | None) -> pwd.struct_passwd | None:
    """Whom to become; None: who we are.

    Raises:
        SandboxError: there is no such user, it is root, or we are not root and may not become anybody.
    """
    if os.getuid() != 0 or os.geteuid() != 0:
        if 0 in os.getresuid():
            raise SandboxError("sandbox: this program must not be setuid: run it as root, or with capabilities")
        if user is not None and _find(user).pw_uid != os.getuid():
            raise SandboxError(f"--user {user}: only root can become another user: run as root, or without --user")
        return None
    if user is not None:
        found = _find(user)
        if found.pw_uid == 0 or found.pw_gid == 0:
            raise SandboxError(f"--user {user}: has root's rights, which are to be given up: name another user")
        return found
    for name in USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise SandboxError(
        "sandbox: there is no user to become: useradd --system rcds-sniffer, or name one with --user"
    )


def _find(user: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(user)
    except (KeyError, ValueError):
        raise SandboxError(f"--user {user}: there is no such user: useradd --system {user}") from None


def give_up(becomes: pwd.struct_passwd | None) -> None:
    """Become this user, if any, with no group but its own and no capability; nothing gives them back.

    Raises:
        SandboxError: the kernel does not let us.
    """
    try:
        _give_up(becomes)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SandboxError(f"sandbox: rights cannot be given up ({reason}): is CAP_SETUID taken away?") from error
    if any(_capabilities()) or 0 in os.getresuid():
        raise SandboxError("sandbox: rights were given up, and are there still: this kernel is not known to us")


def _give_up(becomes: pwd.struct_passwd | None) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    prctl(_KEEP_CAPABILITIES, 0)
    _empty_bounding_set(may=becomes is not None)
    if becomes is not None:
        os.setgroups([])
        os.setresgid(becomes.pw_gid, becomes.pw_gid, becomes.pw_gid)
        os.setresuid(becomes.pw_uid, becomes.pw_uid, becomes.pw_uid)
    prctl(_AMBIENT, _AMBIENT_CLEAR)
    if libc().capset(ctypes.byref(_Header(_CAPABILITY_VERSION, 0)), ctypes.byref(_Sets())):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    prctl(_NO_NEW_PRIVS, 1)
    prctl(_SET_DUMPABLE, 0)


def _empty_bounding_set(*, may: bool) -> None:
    """Without CAP_SETPCAP it stays; with no_new_privs and no execve nothing is ever taken from it."""
    for capability in range(_MOST_CAPABILITIES):
        try:
            there = prctl(_IN_BOUNDING_SET, capability)
        except OSError:  # the kernel has no more
            return
        if not there:
            continue
        try:
            prctl(_DROP_FROM_BOUNDING_SET, capability)
        except OSError:
            if may:
                raise
            return


def _capabilities() -> list[int]:
    sets = _Sets()
    libc().capget(ctypes.byref(_Header(_CAPABILITY_VERSION, 0)), ctypes.byref(sets))
    return list(sets)
