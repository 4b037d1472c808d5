"""Runs one program once: how long, how much of the processor, how much memory. The whole process, from exec to
exit.

Time and processor are the kernel's own account of the process and of the children that it waited for (``wait4``).
The memory of a process is gone with it, so it is looked at while it runs, all of its processes together: resident,
and of that what is its own (anonymous), for a file that is mapped counts as resident while nothing is held by it.
"""

import os
import resource
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

BETWEEN_LOOKS = 0.01, 0.05
"""Seconds between two looks at a process: in its first second, and then. A look takes about 50 µs."""
LIMIT = 900.0
"""Seconds after which a program is ended."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one program."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds of processor time, user and system."""
    resident: int
    """The most memory that was seen, in octets, shared and mapped memory with it."""
    anonymous: int
    """Of it, the most that was its own."""
    status: int
    """Exit status; negative: ended by that signal."""
    error: str = ""
    """The last line that it wrote to standard error."""


def run(
    command: Sequence[str],
    *,
    output: Path,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    limit: float = LIMIT,
) -> Run:
    """Run a command, its standard output in a file, from that folder.

    Args:
        limit: seconds after which it is ended.
    """
    errors = folder / "standard-error"
    with output.open("wb") as out, errors.open("wb") as err:
        before = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - the programs of bench/programs.py
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=folder, env=environment
        )
        watch = _Watch(process.pid, before + limit)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - before
        watch.over.set()
        process.returncode = os.waitstatus_to_exitcode(status)
    watch.join()
    told = errors.read_text(errors="replace").strip().rpartition("\n")[2]
    return Run(wall, usage.ru_utime + usage.ru_stime, watch.resident, watch.anonymous, process.returncode, told)


def descriptors(count: int = 16384) -> None:
    """Let what is run open so many files at once, or as many as the system allows: tcpflow has one for each
    stream."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class _Watch(threading.Thread):
    """Looks at the memory of a process and its children, and ends it when its time is over."""

    def __init__(self, pid: int, deadline: float) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.resident = 0
        self.anonymous = 0
        self._pid = pid
        self._deadline = deadline

    def run(self) -> None:
        begin = time.perf_counter()
        while not self.over.is_set():
            sizes = [_memory(pid) for pid in _family(self._pid)]
            self.resident = max(self.resident, sum(resident for resident, _ in sizes))
            self.anonymous = max(self.anonymous, sum(anonymous for _, anonymous in sizes))
            now = time.perf_counter()
            if now > self._deadline:
                with suppress(ProcessLookupError):
                    os.kill(self._pid, 15)
            self.over.wait(BETWEEN_LOOKS[now - begin > 1])


def _family(pid: int) -> list[int]:
    """A process, its children and theirs."""
    family = [pid]
    for member in family:
        with suppress(OSError):
            family += map(int, Path(f"/proc/{member}/task/{member}/children").read_text().split())
    return family


def _memory(pid: int) -> tuple[int, int]:
    """Resident and anonymous memory in octets; nothing when the process is gone."""
    values = {"VmRSS": 0, "RssAnon": 0}
    with suppress(OSError), open(f"/proc/{pid}/status") as status:
        for line in status:
            name, _, value = line.partition(":")
            if name in values:
                values[name] = int(value.split()[0]) * 1024
    return values["VmRSS"], values["RssAnon"]
