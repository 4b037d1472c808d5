"""What befalls a sensor: signals, a full disk, an interface that goes away, other targets."""

import contextlib
import json
import shutil
import signal
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import run

from .namespaces import Namespace
from .sensor import Capture, Run, eventually
from .town import ALICE, DAVE, PRIVATE, Talk

AT_ONCE = 10.0
"""Seconds within which an end counts as prompt, on a machine that may be busy; the program needs about 0.2."""


@contextlib.contextmanager
def capturing(sensor: Namespace, folder: Path, *words: object, name: str, store: bool = False) -> Iterator[Capture]:
    """``rcds-sniffer capture`` with a small buffer, receiving already."""
    started = Capture(sensor, folder, "--buffer", 8, *words, name=name, store=store)
    try:
        yield started.listens()
    finally:
        started.kill()


def has(capture: Capture, texts: list[str]) -> bool:
    """Whether all these texts are recorded."""
    return set(texts) <= set(capture.texts())


def stored(database: Path, folder: Path) -> Counter[str]:
    """The texts in a copy of a database; none while it cannot be read, or changed while it was copied."""
    copy = folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for part in database.parent.glob(f"{database.name}*"):
        shutil.copy(part, copy)
    try:
        with contextlib.closing(sqlite3.connect(copy / database.name)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            rows = connection.execute("SELECT text FROM communication_records WHERE event = 'message'").fetchall()
    except (sqlite3.Error, AssertionError):
        return Counter()
    return Counter(text for (text,) in rows)


def test_records_leave_while_the_line_is_idle(span: Namespace, talk: Talk, folder: Path) -> None:
    with capturing(span, folder, "--target", ALICE, name="idle") as capture:
        said = talk.says()
        eventually(lambda: has(capture, said), "records while nothing comes")
        assert capture.code is None


@pytest.mark.parametrize(("number", "name"), [(signal.SIGTERM, "term"), (signal.SIGINT, "int")])
def test_a_signal_on_an_idle_line_ends_at_once_and_flushes(
    span: Namespace, talk: Talk, folder: Path, number: int, name: str
) -> None:
    with capturing(span, folder, "--target", ALICE, name=name) as capture:
        said = talk.says()
        capture.catches_up()
        assert capture.ends(number) < AT_ONCE
        assert capture.code == 130
        assert has(capture, said)


def test_sigterm_amid_conversations_keeps_all_that_was_said_before(
    span: Namespace, talk: Talk, folder: Path
) -> None:
    with capturing(span, folder, "--target", ALICE, name="amid") as capture:
        before = talk.says(20)
        eventually(lambda: has(capture, before[:1]), "a first record")
        ended = threading.Event()
        after: list[str] = []

        def goes_on() -> None:
            while not ended.is_set():
                after.extend(talk.says())

        talking = threading.Thread(target=goes_on)
        talking.start()
        try:
            eventually(lambda: len(after) > 20, "they talk")
            passed = before + after  # each settled: it has passed the tap
            assert capture.ends() < AT_ONCE
        finally:
            ended.set()
            talking.join()
        assert capture.code == 130
        assert has(capture, passed)
        assert capture.output.read_text().endswith("\n")
        assert max(Counter(capture.texts()).values()) == 1
        assert set(capture.texts()) <= {*before, *after}


def test_after_sigkill_the_database_opens_and_a_restart_goes_on(span: Namespace, talk: Talk, folder: Path) -> None:
    database = folder / "killed" / "records.sqlite"
    database.parent.mkdir()
    options = ("--target", ALICE, "--db", database)
    with capturing(span, folder, *options, name="killed", store=True) as capture:
        first = talk.says()
        eventually(lambda: has(capture, first), "first records")
        # What is shown is stored a moment later, beside it.
        eventually(lambda: stored(database, folder) == Counter(first), "first records in the database")
        capture.ends(signal.SIGKILL)
    assert stored(database, folder) == Counter(first)
    assert asked(database) == set(first)
    with capturing(span, folder, *options, name="again", store=True) as capture:
        second = talk.says()
        eventually(lambda: has(capture, second), "records after the restart")
        capture.ends()
    assert stored(database, folder) == Counter(first + second)
    assert asked(database) == set(first + second)
    assert capture.code == 130


def asked(database: Path) -> set[str]:
    """The texts that ``rcds-sniffer records`` tells of."""
    done = run("records", "--db", database, "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.split("\n") if line]
    return {record["text"] for record in records if record["event"] == "message"}


def test_a_full_disk_is_survived_told_and_made_up_for(span: Namespace, talk: Talk, folder: Path) -> None:
    disk = folder / "disk"
    disk.mkdir()
    command = ["-m", "rcds_sniffer", "capture", "-i", "tap0", "--buffer", "8", "--target", ALICE]
    command += ["--db", f"{disk}/records.sqlite"]
    mounted = f"mount -t tmpfs -o size=2m tmpfs {disk} && exec {sys.executable} {' '.join(command)}"
    capture = Run(
        span, folder, "sh", "-c", mounted, name="full"
    )  # "ip netns exec" has a mount namespace of its own
    try:
        capture.listens()
        inside = Path(f"/proc/{capture.pid}/root{disk}")
        first = talk.says()
        eventually(lambda: stored(inside / "records.sqlite", folder) == Counter(first), "first records")
        with (inside / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
            while True:
                ballast.write(bytes(4096))
        second = talk.says(40)
        eventually(lambda: "full" in capture.said, "the full disk is told of")
        assert PRIVATE not in capture.said
        assert capture.code is None
        (inside / "ballast").unlink()
        third = talk.says()
        eventually(
            lambda: stored(inside / "records.sqlite", folder) == Counter(first + second + third), "all is stored"
        )
        capture.ends()
        assert capture.code in {1, 130}
        assert "Traceback" not in capture.said
    finally:
        capture.kill()


def test_an_interface_that_goes_down_and_comes_up_is_heard_again(span: Namespace, talk: Talk, folder: Path) -> None:
    with capturing(span, folder, "--target", ALICE, name="down") as capture:
        before = talk.says()
        eventually(lambda: has(capture, before), "records before")
        span.ip("link set tap0 down")
        eventually(lambda: "tap0" in capture.said, "the outage is told of")
        meanwhile = talk.says()
        assert capture.code is None
        span.ip("link set tap0 up")
        capture.listens(1)
        after = talk.says()
        eventually(lambda: has(capture, after), "records after")
        capture.ends()
        assert capture.code == 130
        assert not set(meanwhile) & set(capture.texts())
        assert "tap0: is back" in capture.said


def test_sighup_reads_the_targets_anew(span: Namespace, talk: Talk, folder: Path) -> None:
    targets = folder / "sighup.txt"
    targets.write_text(f"{ALICE}\n")
    with capturing(span, folder, "--targets-file", targets, name="sighup") as capture:
        talk.others_say()
        said = talk.says()
        eventually(lambda: has(capture, said), "records of the first target")
        targets.write_text(f"{ALICE}\n{DAVE}\n")
        capture.gets(signal.SIGHUP)
        eventually(lambda: "SIGHUP" in capture.said, "the targets are read")
        theirs = talk.others_say()
        said += talk.says()
        eventually(lambda: has(capture, [*said, theirs]), "records of both targets")
        capture.ends()
        dave = [r["text"] for r in capture.records() if r["target"] == DAVE and r["event"] == "message"]
        assert dave[0] == theirs
