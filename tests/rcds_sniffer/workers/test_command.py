"""``rcds-sniffer replay --workers``, as a user meets it."""

import contextlib
import gzip
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import replay, run
from tests.conftest import PCAPS
from tests.simulator import writer
from tests.simulator.cases import CASES

DEMO = PCAPS / "demo.pcap"
ALICE = "alice@example.org"
PIPE = subprocess.PIPE


@contextlib.contextmanager
def under_way(tmp_path: Path, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """A replay with two processes that has read a capture from a pipe, and waits for more."""
    db = tmp_path / "records.sqlite"
    command = [sys.executable, "-m", "rcds_sniffer", "replay", "--workers", "2", "--db", str(db)]
    with subprocess.Popen(
        [*command, *map(str, arguments), "-"], stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True
    ) as running:
        assert running.stdin is not None
        running.stdin.write(DEMO.read_bytes())
        running.stdin.flush()
        for _ in range(200):  # until it has opened its database, which is after its signal handlers
            time.sleep(0.1)
            if db.exists():
                break
        time.sleep(2)
        yield running
        running.kill()


def children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@pytest.mark.parametrize("form", ["chat", "jsonl", "csv"])
def test_output_is_octet_for_octet_that_of_one_process(form: str) -> None:
    one, two = (
        run("replay", "--workers", number, "--all", "--no-db", "--format", form, "--sensor", "nis-1", DEMO)
        for number in (1, 2)
    )
    assert one.stdout == two.stdout != ""
    assert one.stderr == two.stderr
    assert one.returncode == two.returncode == 0


def test_losses_count_the_same(tmp_path: Path) -> None:
    for capture in (PCAPS / "loss.pcapng", _cut(tmp_path)):
        one, two = (run("replay", "--workers", number, "--all", "--no-db", capture) for number in (1, 2))
        assert one.stdout == two.stdout != ""
        assert one.stderr == two.stderr
        assert one.returncode == two.returncode == 1


def _cut(tmp_path: Path) -> Path:
    whole = gzip.compress(DEMO.read_bytes())
    cut = tmp_path / "cut.pcap.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    return cut


def test_several_files_and_standard_input(tmp_path: Path) -> None:
    _, frames = CASES["demo"]()
    parts = []
    for number, octets in enumerate(writer.rotated(frames, 3)):
        parts.append(tmp_path / f"part{number}.pcap")
        parts[-1].write_bytes(octets)
    assert replay("--workers", 2, "--all", *parts) == replay("--workers", 1, "--all", *parts) != []
    octets = DEMO.read_bytes()
    from_pipe = replay("--workers", 2, "--all", "-", stdin=octets)
    assert from_pipe == replay("--workers", 1, "--all", "-", stdin=octets) != []


def test_filter_that_refuses_everything_is_explained_as_ever() -> None:
    one, two = (run("replay", "--workers", n, "--all", "--no-db", "--ports", 5222, DEMO) for n in (1, 2))
    assert one.stderr == two.stderr
    assert "1863" in one.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_to_all_its_processes_flushes_and_ends_with_130(number: signal.Signals, tmp_path: Path) -> None:
    with under_way(tmp_path, "--target", ALICE) as running:
        os.killpg(running.pid, number)
        assert running.wait(timeout=30) == 130
        _, errors = running.communicate(timeout=30)
    assert "1 login" in errors.decode()


def test_worker_that_is_killed_is_told_and_what_it_found_is_stored(tmp_path: Path) -> None:
    with under_way(tmp_path, "--target", ALICE) as running:
        (worker,) = children(running.pid)
        os.kill(worker, signal.SIGKILL)
        assert running.wait(timeout=30) not in (0, 130)
        _, errors = running.communicate(timeout=30)
    assert "ended too early (SIGKILL); what was read before is recorded" in errors.decode()
    assert "login" in run("records", "--db", tmp_path / "records.sqlite", "--format", "jsonl").stdout


def test_worker_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    with under_way(tmp_path, "--target", ALICE) as running:
        (worker,) = children(running.pid)
        running.kill()
        running.wait(timeout=30)
        for _ in range(100):
            if not Path(f"/proc/{worker}").exists():
                break
            time.sleep(0.1)
        assert not Path(f"/proc/{worker}").exists()


def test_what_takes_one_process_says_why(tmp_path: Path) -> None:
    options = ("--target", ALICE, "--no-db", "--write", tmp_path / "kept.pcapng", DEMO)
    done = run("replay", "-v", "--workers", 2, *options)
    assert done.returncode == 0
    assert "one process reads and records: --write" in done.stderr


def test_number_that_makes_no_sense_is_refused() -> None:
    for number in (0, 3, "many"):
        assert run("replay", "--workers", number, "--all", "--no-db", DEMO).returncode == 2
