"""What somebody who has taken over a confined process would try.

Takes nothing; gives for each attempt how the kernel answered: the name of the error, or ``done``. Most go by the
number of the system call, past all that Python might refuse by itself.
"""

import contextlib
import ctypes
import errno
import mmap
import os
import platform
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
BUFFER = ctypes.create_string_buffer(4096)

LIBRARY = str(next(Path("/usr/lib").glob("*/libresolv.so.2"), Path("/lib64/libresolv.so.2")))
"""Of the C library, and in use nowhere here."""

X86_64 = {
    "ptrace": 101, "setuid": 105, "capset": 126, "mount": 165, "unshare": 272, "setns": 308, "bpf": 321,
    "memfd_create": 319, "execveat": 322, "io_uring_setup": 425, "userfaultfd": 323, "perf_event_open": 298,
    "keyctl": 250, "add_key": 248, "process_vm_readv": 310, "process_vm_writev": 311, "pidfd_open": 434,
    "pidfd_getfd": 438, "open_by_handle_at": 304, "personality": 135, "init_module": 175, "kexec_load": 246,
    "chroot": 161, "pivot_root": 155, "swapon": 167, "reboot": 169, "seccomp": 317, "landlock_create_ruleset": 444,
    "socketpair": 53, "bind": 49, "connect": 42, "listen": 50, "vfork": 58, "fork": 57, "clone3": 435,
    "openat2": 437, "creat": 85, "symlink": 88, "link": 86, "mknod": 133, "truncate": 76, "shmget": 29,
    "splice": 275, "vmsplice": 278, "sendfile": 40, "tkill": 200, "rt_sigqueueinfo": 129, "setrlimit": 160,
    "sched_setaffinity": 203, "fanotify_init": 300, "inotify_init1": 294, "timer_create": 222, "pkey_mprotect": 329,
    "name_to_handle_at": 303, "quotactl": 179, "iopl": 172, "ioperm": 173, "acct": 163, "settimeofday": 164,
    "sethostname": 170, "setpriority": 141, "prctl": 157, "arch_prctl": 158, "modify_ldt": 154, "mq_open": 240,
}  # fmt: skip
"""Numbers of asm/unistd_64.h."""


def outcome(attempt: Callable[[], object]) -> str:
    """How it was answered."""
    try:
        attempt()
    except OSError as error:
        if error.errno is None and str(error).endswith((os.strerror(errno.EPERM), os.strerror(errno.EACCES))):
            return "EPERM"  # dlopen() says it in words alone
        return errno.errorcode.get(error.errno or 0, str(error))
    except RuntimeError as error:  # a thread that cannot be started
        return str(error)
    return "done"


def raw(number: int, *values: int) -> None:
    """A system call by its number; OSError as it answers."""
    if LIBC.syscall(ctypes.c_long(number), *map(ctypes.c_long, values)) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def sockets() -> Iterator[tuple[str, Callable[[], object]]]:
    """Every way to the network."""
    for family in ("AF_INET", "AF_INET6", "AF_PACKET", "AF_UNIX", "AF_NETLINK"):
        number, kind = getattr(socket, family), socket.SOCK_DGRAM
        yield f"socket {family}", lambda number=number, kind=kind: socket.socket(number, kind).close()


def other_processes() -> Iterator[tuple[str, Callable[[], object]]]:
    """New ones, and those that are there."""
    yield "execve", lambda: os.execv("/bin/true", ["true"])  # noqa: S606 - it is refused
    yield "fork", forked
    yield "posix_spawn", lambda: os.posix_spawn("/bin/true", ["true"], {})
    yield "kill parent", lambda: os.kill(os.getppid(), 0)
    yield "kill group", lambda: os.killpg(os.getpgrp(), 0)
    yield "kill all", lambda: os.kill(-1, signal.SIGCONT)


def speaking(folder: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """To somebody who listens to everybody, as the system's log does, by the sockets that are open."""
    for descriptor in range(64):
        try:
            there = socket.socket(fileno=descriptor)
        except OSError:  # nothing, or no socket
            continue
        if there.family == socket.AF_UNIX and there.type == socket.SOCK_DGRAM:
            yield f"send by {descriptor}", lambda s=there: s.sendto(b"said", f"{folder}/listens")
        there.detach()


def forked() -> None:
    """A child that ends at once, if there is one."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def files(folder: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """Reading and making files, by other names too; ``folder`` may be written by everybody."""
    yield "open /etc/passwd", lambda: opened("/etc/passwd")
    yield "open own source", lambda: opened(__file__)
    yield "open own memory", lambda: opened("/proc/self/mem")
    yield "open what is open", lambda: opened("/proc/self/fd/2")
    yield "open by root folder", lambda: opened("/proc/self/root/etc/passwd")
    yield "open by symbolic link", lambda: opened(f"{folder}/link")
    yield "make a file", lambda: os.close(os.open(f"{folder}/made", os.O_WRONLY | os.O_CREAT, 0o666))
    yield "make an unnamed file", lambda: os.close(os.open(folder, os.O_WRONLY | os.O_TMPFILE))
    yield "make a folder", lambda: os.mkdir(f"{folder}/folder")
    yield "rename a file", lambda: os.rename(f"{folder}/link", f"{folder}/renamed")
    yield "remove a file", lambda: os.unlink(f"{folder}/other")
    yield "list a folder", lambda: os.listdir(folder)
    yield "change folder", lambda: os.chdir("/")
    yield "change a mode", lambda: os.chmod(folder, 0o700)


def opened(path: str) -> None:
    """Opened to read, and closed."""
    os.close(os.open(path, os.O_RDONLY))


def memory() -> Iterator[tuple[str, Callable[[], object]]]:
    """Code that was not there before."""
    execute = mmap.PROT_READ | mmap.PROT_EXEC
    yield "mmap to execute", lambda: mmap.mmap(-1, 4096, prot=execute).close()
    yield "mmap to write and execute", lambda: mmap.mmap(-1, 4096, prot=execute | mmap.PROT_WRITE).close()
    yield "mprotect to execute", made_executable
    yield "dlopen", lambda: ctypes.CDLL(LIBRARY)


def made_executable() -> None:
    """Memory that was written becomes code."""
    with contextlib.closing(mmap.mmap(-1, 4096)) as pages:
        address = ctypes.addressof(ctypes.c_char.from_buffer(pages))
        if LIBC.mprotect(ctypes.c_void_p(address), 4096, mmap.PROT_READ | mmap.PROT_EXEC):
            raise OSError(ctypes.get_errno(), "mprotect")


def rights() -> Iterator[tuple[str, Callable[[], object]]]:
    """What was given up."""
    yield "setresuid 0", lambda: os.setresuid(0, 0, 0)
    yield "setresgid 0", lambda: os.setresgid(0, 0, 0)
    yield "setgroups", lambda: os.setgroups([0])


def by_number() -> Iterator[tuple[str, Callable[[], object]]]:
    """Calls that are refused before the kernel looks at what they ask for."""
    if platform.machine() == "x86_64":
        for name, number in X86_64.items():
            yield f"call {name}", lambda number=number: raw(number, 0, 0, 0, 0, 0, 0)


def sending(packets: list[tuple[int, int]]) -> Iterator[tuple[str, Callable[[], object]]]:
    """On the tap's own sockets: a frame to nobody; or their copies, which no filter knows."""
    frame = bytes(14)
    for name, descriptor in ((name, d) for pair in packets for name, d in zip(("", "copy "), pair, strict=True)):
        yield f"{name}write a frame", lambda d=descriptor: os.write(d, frame)
        yield f"{name}copy the socket", lambda d=descriptor: os.close(os.dup(d))
        yield f"{name}dup2 the socket", lambda d=descriptor: os.dup2(d, 99)
        yield f"{name}fcntl the socket", lambda d=descriptor: fcntl_copy(d)
        yield f"{name}write in 64 bits", lambda d=descriptor: raw(1, d | 1 << 32, ctypes.addressof(BUFFER), 14)
        yield f"{name}sendto in 64 bits", lambda d=descriptor: raw(44, d | 1 << 32, ctypes.addressof(BUFFER), 14)
        yield f"{name}fcntl in 64 bits", lambda d=descriptor: raw(72, d | 1 << 32, 1 << 32, 0)
        yield f"{name}ring to send", lambda d=descriptor: ring(d)


def fcntl_copy(descriptor: int) -> None:
    """F_DUPFD."""
    import fcntl  # noqa: PLC0415 - is there

    os.close(fcntl.fcntl(descriptor, fcntl.F_DUPFD, 0))


def ring(descriptor: int) -> None:
    """PACKET_TX_RING."""
    if LIBC.setsockopt(descriptor, 263, 13, BUFFER, 16):
        raise OSError(ctypes.get_errno(), "setsockopt")


def everything(folder: str, packets: list[tuple[int, int]]) -> dict[str, str]:
    """All of it; ``done`` is what should not be, except for what :func:`allowed` does."""
    kinds = (
        speaking(folder),
        sockets(),
        other_processes(),
        files(folder),
        memory(),
        rights(),
        by_number(),
        sending(packets),
    )
    return {name: outcome(attempt) for kind in kinds for name, attempt in kind}


def allowed() -> dict[str, str]:
    """What a capture goes on doing."""

    def thread() -> None:
        started = threading.Thread(target=lambda: None)
        started.start()
        started.join()

    return {
        "thread": outcome(thread),
        "memory": outcome(lambda: bytearray(64 << 20)),
        "itself": outcome(lambda: os.kill(os.getpid(), 0)),
        "random": outcome(lambda: os.urandom(16)),
    }


def prepare(folder: Path) -> socket.socket:
    """A folder for the attempts, with somebody in it who listens."""
    folder.mkdir(parents=True, exist_ok=True)
    listens = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listens.bind(f"{folder}/listens")
    (folder / "listens").chmod(0o777)
    for name in ("link", "other"):
        (folder / name).symlink_to("/etc/passwd")
    folder.chmod(0o777)
    return listens
