"""Tries, in the sensor's place, what its unit forbids and what it must allow; tells what is otherwise.

Runs as the command of ``rcds-sniffer@probe``: same user, same rights, same walls. What is forbidden has to be
refused, which is more than to fail; what is needed has to succeed.
"""

import ctypes
import errno
import mmap
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

STATE = Path("/var/lib/rcds-sniffer")
PROTECTED = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
CLONE_NEWUSER = 0x10000000
LANDLOCK_CREATE_RULESET, SECCOMP, CAPSET, PTRACE, MOUNT, BPF = 444, 317, 126, 101, 165, 321
"""Numbers of system calls on x86-64."""

REFUSALS = {errno.EPERM, errno.EACCES, errno.EROFS, errno.ENOENT, errno.EAFNOSUPPORT}

libc = ctypes.CDLL(None, use_errno=True)


def call(number: int, *values: object) -> int:
    """A system call. OSError: it failed."""
    done = libc.syscall(number, *values)
    if done < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return done


def executed_from_the_state() -> None:
    program = STATE / "probe-program"
    try:
        program.write_text("#!/bin/sh\n")
        program.chmod(0o700)
        subprocess.run([program], check=True)
    finally:
        program.unlink()


def made_a_setgid_file() -> None:
    file = STATE / "probe-file"
    try:
        file.touch()
        file.chmod(0o2770)
    finally:
        file.unlink()


def changed(function: str, *values: object) -> Callable[[], None]:
    def do() -> None:
        if getattr(libc, function)(*values) < 0:
            raise OSError(ctypes.get_errno(), function)

    return do


FORBIDDEN: dict[str, Callable[[], object]] = {
    "write into /usr": lambda: Path("/usr/probe").touch(),
    "write into /etc": lambda: Path("/etc/rcds-sniffer/probe").touch(),
    "write into /var": lambda: Path("/var/probe").touch(),
    "list the homes": lambda: os.listdir("/root"),
    "read /etc/shadow": lambda: Path("/etc/shadow").read_text(),
    "read the key itself": lambda: Path("/etc/rcds-sniffer/rcds-sniffer.key").read_text(),
    "write the key it was handed": lambda: Path(os.environ["CREDENTIALS_DIRECTORY"], "rcds-sniffer.key").write_text(
        ""
    ),
    "see process 1": lambda: os.stat("/proc/1"),
    "read the kernel's settings": lambda: os.listdir("/proc/sys"),
    "write the kernel's settings": lambda: Path("/sys/kernel/uevent_seqnum").write_text("0"),
    "write control groups": lambda: os.mkdir("/sys/fs/cgroup/probe"),
    "open the kernel's log": lambda: os.open("/dev/kmsg", os.O_RDONLY),
    "open memory": lambda: os.open("/dev/mem", os.O_RDONLY),
    "open a disk": lambda: os.open("/dev/vda", os.O_RDONLY),
    "execute what it wrote": executed_from_the_state,
    "write memory and execute it": lambda: mmap.mmap(-1, 4096, prot=PROTECTED),
    "give a file a group's rights": made_a_setgid_file,
    "talk IPv4": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "talk IPv6": lambda: socket.socket(socket.AF_INET6, socket.SOCK_STREAM),
    "ask the kernel for its addresses": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "talk Bluetooth": lambda: socket.socket(socket.AF_BLUETOOTH, socket.SOCK_RAW, 0),
    "become root": lambda: os.setuid(0),
    "become somebody else": lambda: os.setresuid(65534, 65534, 65534),
    "give a file away": lambda: os.chown(STATE, 65534, -1),
    "have a namespace": changed("unshare", CLONE_NEWUSER),
    "have a root of its own": lambda: os.chroot("/usr"),
    "run in real time": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    "be another kind of system": changed("personality", 8),
    "name the host": lambda: socket.sethostname("probe"),
    "set the clock": lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()),
    "dump its memory": lambda: resource.setrlimit(resource.RLIMIT_CORE, (1, 1)),
    "trace another": lambda: call(PTRACE, 16, os.getppid(), 0, 0),
    "mount": lambda: call(MOUNT, b"none", b"/tmp", b"tmpfs", 0, 0),
    "load programs into the kernel": lambda: call(BPF, 0, 0, 0),
}

ASKED_FOR: dict[str, Callable[[], object]] = {
    "lock its memory": changed("mlockall", 3),  # a container may have a limit that its systemd cannot lift
    "ask for Landlock": lambda: call(LANDLOCK_CREATE_RULESET, 0, 0, 1),  # a kernel may have none
}
"""What the machine may lack, and the unit must not refuse."""

NEEDED: dict[str, Callable[[], object]] = {
    "capture": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0),
    "a pair of sockets": socket.socketpair,
    "a second process": lambda: os.waitpid(os.fork() or os._exit(0), 0),
    "write its state": lambda: ((STATE / "probe").touch(), (STATE / "probe").unlink()),
    "the key that it is handed": lambda: Path(os.environ["CREDENTIALS_DIRECTORY"], "rcds-sniffer.key").read_text(),
    "its settings": lambda: Path("/etc/rcds-sniffer/config.toml").read_text(),
    "the state of the line": lambda: Path("/sys/class/net/line0/operstate").read_text(),
    "a filter of system calls of its own": lambda: call(SECCOMP, 2, 0, ctypes.byref(ctypes.c_uint32(0x7FFF0000))),
    "to give up capabilities": lambda: call(CAPSET, (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()),
}  # fmt: skip


def main() -> int:
    """The number of things that are otherwise than they should be."""
    wrong = 0
    for what, attempt in FORBIDDEN.items():
        try:
            attempt()
        except OSError as error:
            if error.errno in REFUSALS:
                continue
            print(f"it is not refused, although it failed: {what}: {error}")
        except ValueError:
            continue  # how setrlimit says that it is refused
        else:
            print(f"it can: {what}")
        wrong += 1
    for what, attempt in NEEDED.items():
        try:
            attempt()
        except OSError as error:
            wrong += 1
            print(f"it cannot have {what}: {error}")
    for what, attempt in ASKED_FOR.items():
        try:
            attempt()
        except OSError as error:
            if error.errno in (errno.EPERM, errno.EACCES):
                wrong += 1
                print(f"it may not {what}: {error}")
    return wrong


if __name__ == "__main__":
    sys.exit(min(main(), 100))
