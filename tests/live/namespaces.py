"""Network namespaces of the tests' own, and sockets in them.

Names are ``rcds-<pid>-<role>``: the process that made them stands in the name, so what a crashed run left behind is
found and removed by the next one, and two runs at once leave each other alone. Veth pairs are made from namespace
to namespace; nothing ever appears in the one that the tests run in.
"""

import contextlib
import ctypes
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

NAME = re.compile(r"rcds-([0-9]+)-\w+")
KEPT_IN = Path("/run/netns")
CLONE_NEWNET = 0x40000000
"""linux/sched.h; os.setns is younger than Python 3.11."""

_libc = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """One network namespace, from its making to :meth:`remove`."""

    def __init__(self, role: str) -> None:
        self.name = f"rcds-{os.getpid()}-{role}"
        command("ip", "netns", "add", self.name)
        self.ip("link set lo up")

    def ip(self, *lines: str) -> None:
        """Lines of ``ip -batch`` in here."""
        batch("ip", self.name, lines)

    def tc(self, *lines: str) -> None:
        """Lines of ``tc -batch`` in here."""
        batch("tc", self.name, lines)

    def set(self, **values: int) -> None:
        """Settings below ``/proc/sys/net``; ``__`` for a slash."""
        with entered(self.name):
            for key, value in values.items():
                Path("/proc/sys/net", *key.split("__")).write_text(str(value))

    def socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """A socket in here: it stays here, whoever uses it."""
        with entered(self.name):
            return socket.socket(family, kind, protocol)

    def remove(self) -> None:
        """End what still runs in here, and the namespace with its interfaces."""
        remove(self.name)


@contextlib.contextmanager
def entered(name: str) -> Iterator[None]:
    """This thread, and no other, is in the namespace for a while."""
    with open("/proc/thread-self/ns/net") as before, open(KEPT_IN / name) as there:
        _setns(there.fileno())
        try:
            yield
        finally:
            _setns(before.fileno())


def _setns(descriptor: int) -> None:
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def remove(name: str) -> None:
    """End what runs in a namespace, and the namespace."""
    inside = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True, check=False)
    for pid in map(int, inside.stdout.split()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def remove_leftovers() -> None:
    """What runs left behind that are no more."""
    for path in KEPT_IN.iterdir() if KEPT_IN.is_dir() else ():
        match = NAME.fullmatch(path.name)
        if match and not Path("/proc", match[1]).exists():
            remove(path.name)


def command(*words: str, stdin: str | None = None) -> str:
    """Run a tool of the system; its output.

    Raises:
        RuntimeError: it failed; with what it said.
    """
    done = subprocess.run(words, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr}\n{stdin or ''}")
    return done.stdout


def batch(tool: str, name: str, lines: tuple[str, ...]) -> None:
    """Several lines of ``ip`` or ``tc`` at once."""
    command(tool, "-n", name, "-batch", "-", stdin="\n".join(lines) + "\n")
