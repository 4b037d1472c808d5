"""``capture`` as far as it goes without an interface: what it refuses, what it tells, how it re-reads targets."""

import logging
import socket
import time
import urllib.request
from pathlib import Path

import pytest

from capture.source import Counters
from rcds_sniffer.cli import running
from rcds_sniffer.cli.errors import UserError
from rcds_sniffer.cli.signals import Signals
from rcds_sniffer.cli.statistics import Snapshot, line, now_and_then, served_metrics
from rcds_sniffer.orders import Everybody, NamedTargets
from rcds_sniffer.pipeline import Outcome, Pipeline
from reassembly.native import NativeEngine
from tests.command import run
from tests.rcds_sniffer.records.stage import covers
from tests.truth import FrameSource

ALICE, BOB = "alice@example.org", "bob@example.com"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-i", "nosuch0", "--target", ALICE, "--follow", "--no-db"), "nosuch0"),
        (("-i", "lo"), "whom to record?"),
        (("-i", "lo", "--target", ALICE, "--no-db"), "nothing would be kept"),
        (("-i", "lo", "-i", "lo", "--target", ALICE), "twice"),
        (("-i", "lo", "--target", ALICE, "--write", "out", "--output", "out"), "out: is also"),
        (("-i", "lo", "--target", ALICE, "--follow", "--format", "jsonl"), "--follow shows the chat"),
    ],
)
def test_mistake_is_one_clear_line_and_exit_code_2(
    arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    done = run("capture", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir()), "nothing is made where nothing can be recorded"


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:", "127.0.0.1:99999", "0"])
def test_odd_address_for_metrics_is_refused(address: str, tmp_path: Path) -> None:
    done = run("capture", "-i", "lo", "--target", ALICE, "--metrics", address, cwd=tmp_path)
    assert done.returncode == 2
    assert "write 127.0.0.1:9108" in done.stderr


def numbers() -> Snapshot:
    counters = Counters(received=1_200, dropped_kernel=3, dropped_interface=0)
    outcome = Outcome(counters, engine={"flows": 9, "flows_now": 2, "gap_octets": 40}, recorder={"records": 17})
    outcome.events = {"message": 12, "typing": 5}
    return Snapshot(outcome, waiting=4, given_up=0)


def test_line_of_statistics_tells_drops_and_what_waits() -> None:
    said = line(numbers())
    for part in ("1,200 packets", "3 dropped by the kernel", "9 connections (2 now)", "4 of them waiting"):
        assert part in said


def test_line_of_statistics_comes_now_and_then(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    tick, never = now_and_then(numbers, 10), now_and_then(numbers, 0)
    with caplog.at_level(logging.INFO):
        for second in range(25):
            now[0] = 100.0 + second
            tick()
            never()
    assert len(caplog.records) == 2


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_prometheus_gets_the_numbers_and_no_names() -> None:
    port = free_port()
    with served_metrics(("127.0.0.1", port), numbers):
        answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30).read().decode()
    assert "rcds_packets_total 1200.0" in answer
    assert 'rcds_packets_dropped_total{where="kernel"} 3.0' in answer
    assert 'rcds_reassembly_now{what="flows_now"} 2.0' in answer
    assert 'rcds_records_total{event="message"} 12.0' in answer
    assert "rcds_records_waiting 4.0" in answer
    with served_metrics(("127.0.0.1", port), numbers):
        ends = time.monotonic()  # it was given back
    assert time.monotonic() - ends < 0.15, "a capture has two tenths of a second to end"


def test_metrics_where_nothing_can_be_served_are_a_mistake() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UserError, match="cannot be served"), served_metrics(taken.getsockname(), numbers):
            pass


# --- SIGHUP -------------------------------------------------------------------------------------------------------


def reloaded(warrant: NamedTargets | Everybody, file: Path | None) -> None:
    signals = Signals()
    signals.reload = True
    source = FrameSource([])
    pipeline = Pipeline(source, NativeEngine, [], warrant=warrant, sensor="nis-1", sinks=[])  # type: ignore[arg-type]
    running._reload(signals, warrant, {"target": (), "targets_file": str(file) if file else None}, pipeline)
    assert not signals.reload


def test_targets_are_read_again(tmp_path: Path) -> None:
    file = tmp_path / "targets"
    warrant = NamedTargets([ALICE])
    file.write_text(f"{BOB}\n")
    reloaded(warrant, file)
    assert (covers(warrant, ALICE, 0), covers(warrant, BOB, 0)) == (False, True)


@pytest.mark.parametrize("content", [None, "", "not an account\n"])
def test_broken_targets_file_changes_nothing_and_is_told(
    content: str | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "targets"
    if content is not None:
        file.write_text(content)
    warrant = NamedTargets([ALICE])
    reloaded(warrant, file)
    assert covers(warrant, ALICE, 0)
    assert "stay as they were" in caplog.text


def test_nothing_to_read_again_is_told(caplog: pytest.LogCaptureFixture) -> None:
    reloaded(NamedTargets([ALICE]), None)
    reloaded(Everybody(), None)
    assert caplog.text.count("no targets file") == 2
