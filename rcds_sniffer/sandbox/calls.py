"""Which system calls a confined process may make: a list, and all else is refused with EPERM.

Takes what a run may need beyond the list; loads two filters of seccomp into the kernel. The first is the list. The
second speaks of single descriptors, which a list cannot except: on packet sockets nothing is ever sent.

Refused, not killed: a library that asks for something in vain, as glibc and libpcap do, must not end a capture.
What is refused does nothing, however often it is tried.

A number that the kernel cuts to 32 bits is compared so, too: else 2**32 more would be another descriptor here, and
the same one there.
"""

import errno
import os
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from rcds_sniffer.sandbox.errors import SandboxError


def _words(text: str) -> list[str]:
    return text.split()


_PLAIN: Final = _words("""
    read readv pread64 write writev pwrite64 lseek close fstat _llseek fsync fdatasync ftruncate fstatfs fadvise64
    poll ppoll select pselect6
    recvfrom recvmsg recv shutdown getsockopt getsockname getpeername dup dup2 dup3
    brk munmap mremap madvise membarrier futex futex_time64 get_robust_list set_robust_list rseq
    clock_gettime clock_gettime64 clock_getres clock_nanosleep clock_nanosleep_time64 nanosleep gettimeofday
    time times
    rt_sigaction rt_sigprocmask rt_sigreturn sigreturn sigaltstack rt_sigpending restart_syscall
    getpid gettid getppid getuid geteuid getgid getegid getresuid getresgid getgroups getpgrp getpgid
    sched_yield sched_getaffinity getcpu getrandom getrusage getrlimit ugetrlimit sysinfo uname
    exit exit_group wait4 waitid
""")
"""Reading and writing what is open, waiting, memory, time, signals that come, and the end."""

_FILES: Final = _words("""
    open openat stat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat getdents64
    mkdir mkdirat
    rename renameat renameat2 unlink unlinkat rmdir fchmod fallocate flock
""")
"""Where there are folders to write in; Landlock says in which."""

_PROT_EXEC: Final = 4
_FAST_OPEN: Final = 0x20000000  # MSG_FASTOPEN: sending would connect a socket that once listened
_AT_EMPTY_PATH: Final = 0x1000
_LOW: Final = 0xFFFFFFFF

_THREAD: Final = 0x00010900  # linux/sched.h: memory, signal handlers and process are shared: a thread …
_NOT_A_THREAD: Final = 0x7E022000  # … and no namespace is made, nor is it traced
_NAMES: Final = (15, 0x53564D41)  # linux/prctl.h: the name of a thread, of a piece of memory
_FCNTL: Final = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    36,
    37,
    38,
    1030,
)  # asm-generic/fcntl.h: flags, locks, copies of descriptors
_COPY: Final = (0, 1030)
_IOCTL: Final = (
    0x5401,  # TCGETS: is it a terminal?
    0x5413,  # TIOCGWINSZ: how wide is it?
    0x5421,  # FIONBIO, FIOCLEX, FIONCLEX: of a descriptor alone
    0x5451,
    0x5450,
    0x8910,  # SIOCGIFNAME, SIOCGIFFLAGS, SIOCGIFINDEX: is the interface there, and up?
    0x8913,
    0x8933,
)
_FILTERS: Final = (26, 27)  # asm-generic/socket.h: SO_ATTACH_FILTER, SO_DETACH_FILTER of SOL_SOCKET
_SOL_SOCKET: Final = 1
_SENDING: Final = ("write", "writev", "pwrite64", "pwritev", "sendto", "sendmsg", "sendmmsg", "send")


class Muted(NamedTuple):
    """A packet socket on which nothing is to be sent, while its filter is changed as in capture/swap.py."""

    descriptor: int
    copy: int
    """Of the same socket, or -1: put in the place of ``descriptor``, and copied nowhere else."""


def make_filters(*, files: bool, serves: bool, muted: Iterable[Muted]) -> list[Any]:
    """What :func:`load_filters` loads.

    Args:
        files: folders are written in.
        serves: a listening socket of before is served.
        muted: see :class:`Muted`.

    Raises:
        SandboxError: libseccomp is not there.
    """
    try:
        import pyseccomp  # noqa: PLC0415 - it fails where the library is missing
    except (ImportError, RuntimeError) as error:
        raise SandboxError("sandbox: libseccomp is missing: apt install libseccomp2, or --no-sandbox") from error
    silent = _silence(pyseccomp, list(muted))
    return [silent, _list(pyseccomp, files=files, serves=serves)]  # the list lets no other be loaded behind it


def load_filters(filters: Iterable[Any]) -> None:
    """Confine every thread of this process from now on; SandboxError where the kernel has no seccomp."""
    try:
        for filter_ in filters:
            filter_.load()
    except OSError as error:
        reason = error.strerror or str(error)
        raise SandboxError(f"sandbox: the kernel takes no filter ({reason}); --no-sandbox does without") from error


def _list(seccomp: Any, *, files: bool, serves: bool) -> Any:
    listed = _filter(seccomp, seccomp.ERRNO(errno.EPERM))
    equal, masked, arg = seccomp.EQ, seccomp.MASKED_EQ, seccomp.Arg

    def allow(call: str, *conditions: Any) -> None:
        listed.add_rule(seccomp.ALLOW, call, *conditions)

    for call in _PLAIN + (_FILES if files else []):
        allow(call)
    for call in ("mmap", "mmap2", "mprotect"):
        allow(call, arg(2, masked, _PROT_EXEC, 0))
    for call, flags in (("sendto", 3), ("send", 3), ("sendmsg", 2)):
        allow(call, arg(flags, masked, _FAST_OPEN, 0))
    if not files:
        allow("newfstatat", arg(3, masked, _AT_EMPTY_PATH, _AT_EMPTY_PATH))  # what fstat() of new C libraries is
    if serves:
        allow("accept4")
        allow("accept")
    # No filter looks behind clone3's pointer: as if it were not there, clone is called in its place.
    listed.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    allow("clone", arg(0, masked, _THREAD | _NOT_A_THREAD, _THREAD))
    allow("prlimit64", arg(2, equal, 0))  # told, not set
    for call in ("kill", "tgkill"):
        allow(call, arg(0, equal, os.getpid()))
    for name in _NAMES:
        allow("prctl", arg(0, equal, name))
    for call, numbers in (("fcntl", _FCNTL), ("fcntl64", _FCNTL), ("ioctl", _IOCTL)):
        for number in numbers:
            allow(call, arg(1, equal, number))
    for option in _FILTERS:
        allow("setsockopt", arg(1, equal, _SOL_SOCKET), arg(2, equal, option))
    return listed


def _silence(seccomp: Any, muted: list[Muted]) -> Any:
    silent = _filter(seccomp, seccomp.ALLOW)

    def refuse(call: str, *conditions: Any) -> None:
        silent.add_rule(seccomp.ERRNO(errno.EACCES), call, *conditions)

    def is_(position: int, number: int) -> Any:
        return seccomp.Arg(position, seccomp.MASKED_EQ, _LOW, number)

    for descriptor, copy in muted:
        for number in (descriptor, copy):
            if number < 0:
                continue
            for call in _SENDING:
                refuse(call, is_(0, number))
            refuse("dup", is_(0, number))
            for command in _COPY:
                refuse("fcntl", is_(0, number), is_(1, command))
        for call in ("dup2", "dup3"):
            refuse(call, is_(0, descriptor))
            if copy >= 0:
                refuse(call, is_(0, copy), seccomp.Arg(1, seccomp.NE, descriptor))
    return silent


def _filter(seccomp: Any, action: int) -> Any:
    made = seccomp.SyscallFilter(action)
    made.set_attr(seccomp.Attr.CTL_TSYNC, 1)  # for every thread
    return made
