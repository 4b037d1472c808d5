"""A sensor that runs: who may look at it from outside, and what there is to see of its targets. Nothing.

The sensor captures on a database of orders, in its sandbox, while people talk; then all that the system shows
of its processes, and everything on the disk that they could have written to, is searched for accounts and words.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.rcds_sniffer.storekeeper.orders_place import Place, terms
from tests.searching import found_in, traces

from .sensor import Run, eventually
from .town import ALICE, PRIVATE, Talk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .namespaces import Namespace

NOBODY = 65534
SHOWN = ("cmdline", "environ", "comm", "maps", "mounts", "status")
"""Of /proc/PID, what might show a name."""


LOOK = """
import os, sys
user, *pids = map(int, sys.argv[1:])
os.setgroups([]), os.setgid(user), os.setuid(user)
def opened(path):
    with open(path, "rb") as file:
        file.read(1)
for pid in pids:
    for name, looks in (
        ("mem", opened), ("environ", opened), ("maps", opened), ("fd", os.listdir), ("cwd", os.readlink),
        ("root", os.readlink), ("exe", os.readlink), ("auxv", opened), ("stack", opened), ("io", opened),
    ):
        try:
            looks(f"/proc/{pid}/{name}")
        except OSError:
            continue
        print(pid, name)
print("looked")
"""
"""As another user, at everything in /proc that is its owner's."""


class Watched(Run):
    """``rcds-sniffer capture -vv`` on a database of orders, with TMPDIR and working folder of its own."""

    def __init__(self, sensor: Namespace, base: Path, place: Place, *words: object) -> None:
        self.base, self.began = base, time.time()
        program = [
            "prlimit",
            "--core=unlimited",
            "env",
            f"TMPDIR={base / 'tmp'}",
            sys.executable,
            "-m",
            "rcds_sniffer",
            "-vv",
            "capture",
        ]
        program += ["-i", "tap0", "--buffer", 8, "--sensor", "nis-1", "--files", base / "files"]
        super().__init__(sensor, base / "work", *program, *place.options, *words)

    def listens(self, interfaces: int = 1) -> Watched:
        eventually(lambda: self.code is not None or "listening on" in self.said, "it reads")
        assert self.code is None, self.said
        return self

    @property
    def storekeeper(self) -> int:
        """Its other process."""
        (child,) = map(int, Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split())
        return child

    def processes(self) -> list[int]:
        return [self.pid, self.storekeeper]


@pytest.fixture
def base() -> Iterator[Path]:
    """Everything that a sensor writes to; where its user may go."""
    with tempfile.TemporaryDirectory(prefix="secrecy-") as made:
        base = Path(made)
        base.chmod(0o711)
        for name in ("tmp", "work", "files", "orders"):
            (base / name).mkdir(mode=0o700)
        os.chown(base / "files", NOBODY, -1)
        yield base


@pytest.fixture
def place(base: Path) -> Place:
    place = Place(base / "orders")
    place.approved(terms("LI-1", ALICE))
    return place


@pytest.fixture
def sensor(span: Namespace, base: Path, place: Place) -> Iterator[Watched]:
    made = Watched(span, base, place)
    keeper = 0
    try:
        made.listens()
        keeper = made.storekeeper
        yield made
    finally:
        made.kill()
        eventually(lambda: not keeper or not Path(f"/proc/{keeper}/fd/0").exists(), "the storekeeper has ended")


def heard(place: Place, texts: list[str]) -> None:
    eventually(lambda: set(texts) <= set(place.texts("LI-1")), "what was said is recorded")


def shown_of(pid: int) -> bytes:
    """What the system tells of a process: its files in /proc and the names of what it has open."""
    of = Path(f"/proc/{pid}")
    parts = [(of / name).read_bytes() for name in SHOWN]
    parts += [os.fsencode(os.readlink(link)) for link in (of / "fd").iterdir()]
    parts += [(task / "comm").read_bytes() for task in (of / "task").iterdir()]
    parts.append(os.fsencode(os.readlink(of / "cwd")))
    return b"\n".join(parts)


def names(texts: list[str]) -> list[str]:
    """All that is looked for."""
    return [ALICE, "alice", "bob@example", PRIVATE, *texts]


def written_since(folder: Path, began: float) -> list[Path]:
    """Files that were written since; sockets, folders and what is gone by now aside."""
    found = []
    for path in folder.iterdir():
        try:
            if path.is_file() and not path.is_symlink() and path.stat().st_mtime >= began:
                found.append(path)
        except OSError:
            continue
    return found


def test_neither_the_system_nor_the_disk_shows_a_target(
    sensor: Watched, talk: Talk, place: Place, base: Path
) -> None:
    texts = talk.says(4)
    theirs = talk.others_say()
    heard(place, texts)
    for pid in sensor.processes():
        assert not list(found_in(shown_of(pid), names([*texts, theirs]))), pid
    assert not traces(base, names([*texts, theirs])), "while it runs"
    assert sensor.ends() < 20
    assert sensor.code == 130, sensor.said
    assert len(sensor.said) > 200, "it said a lot, as -vv asks it to"
    assert not traces(base, names([*texts, theirs])), "when it has ended"
    for path in written_since(Path(tempfile.gettempdir()), sensor.began):
        if path.stat().st_size < 1 << 24:  # others write there, too
            assert not list(found_in(path.read_bytes(), texts)), path


def test_names_of_targets_are_refused_on_the_command_line(span: Namespace, place: Place, base: Path) -> None:
    for words in (("--target", ALICE), ("--all",), ("--output", base / "work" / "out.jsonl")):
        refused = Watched(span, base, place, *words)
        eventually(lambda: refused.code is not None, "it ends")  # noqa: B023 - asked at once
        assert refused.code == 2
        assert ALICE not in refused.said
        assert "Traceback" not in refused.said


@pytest.mark.parametrize("user", [NOBODY, NOBODY + 1])
def test_no_other_process_reads_its_memory(user: int, sensor: Watched, talk: Talk, place: Place) -> None:
    """Not even one of the user as whom the sensor runs."""
    heard(place, talk.says())
    assert Path(f"/proc/{sensor.pid}/status").read_text().split("Uid:")[1].split()[0] == str(NOBODY)
    assert looked(user, *sensor.processes()) == "looked\n"


def test_who_looks_would_see() -> None:
    with subprocess.Popen(["sleep", "60"], user=NOBODY, group=NOBODY, extra_groups=[]) as other:
        eventually(lambda: "maps" in looked(NOBODY, other.pid), "it shows itself to its user")
        other.kill()


def looked(user: int, *pids: int) -> str:
    """What of these processes the user may read."""
    words = [sys.executable, "-c", LOOK, str(user), *map(str, pids)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("whose", ["sensor", "storekeeper"])
def test_death_leaves_no_core(whose: str, sensor: Watched, talk: Talk, place: Place, base: Path) -> None:
    texts = talk.says()
    heard(place, texts)
    for pid in sensor.processes():
        limits = Path(f"/proc/{pid}/limits").read_text()
        (core,) = [line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core file size")]
        assert core == ["0", "0"]
    signals = {"sensor": signal.SIGSEGV, "storekeeper": signal.SIGABRT}
    os.kill(sensor.pid if whose == "sensor" else sensor.storekeeper, signals[whose])
    eventually(lambda: sensor.code is not None, "it ends")
    assert sensor.code != 0
    if not Path("/proc/sys/kernel/core_pattern").read_text().startswith(("|", "/")):
        assert not_so_careful(base / "orders"), "others leave one here"
    cores = [path for path in (base / "work").rglob("*core*") if path.is_file() and path.suffix != ".py"]
    assert not cores
    assert not traces(base, names(texts))
    place.log_is_whole()


def not_so_careful(folder: Path) -> list[Path]:
    """The core of a program that dies in the same way."""
    words = ["prlimit", "--core=unlimited", sys.executable, "-c", "import os; os.abort()"]
    subprocess.run(words, cwd=folder, stderr=subprocess.DEVNULL, check=False)
    found = list(folder.glob("core*"))
    for path in found:
        path.unlink()
    return found
