"""A run over two processes gives what one process gives, and ends well where something ends it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from capture.errors import CaptureError
from capture.packet import Packet
from rcds_sniffer.backlog import Sink
from rcds_sniffer.events import Message
from rcds_sniffer.orders import Everybody, NamedTargets, Warrant
from rcds_sniffer.pipeline import Outcome, Pipeline
from rcds_sniffer.protocols.msn import PROTOCOL
from rcds_sniffer.records.building import KINDS
from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.workers.run import WorkerPipeline
from rcds_sniffer.workers.worker import Worker
from reassembly.engine import EventCallback
from reassembly.native import NativeEngine
from tests.simulator.cases import CASES
from tests.simulator.packets import Frame
from tests.test_truth import HARMLESS, PARTIAL, world_for
from tests.truth import PORTS, FrameSource, Kept


class Frames(FrameSource):
    """The simulator's frames as a file would give them."""

    reader = "simulator"
    size = None
    position: int | None = None
    clock_resolution = None
    link_types = (1,)
    refused_sample: Sequence[Packet] = ()


class Endless(Frames):
    """Gives its packets, and then waits for more, as a pipe does that nobody closes."""

    def batches(self) -> Iterator[list[Packet]]:
        for packets in super().batches():
            yield packets
            if self._stopped:
                return
        self.position = 1  # all was given
        while not self._stopped:
            time.sleep(0.01)
            yield []


class Broken(Frames):
    """Cannot be read to its end."""

    def batches(self) -> Iterator[list[Packet]]:
        yield from list(super().batches())[:5]
        raise CaptureError("demo.pcap: the disk is gone")


class Slow(Kept):
    """Takes its time, as a disk may."""

    def write(self, records: Sequence[CommunicationRecord]) -> None:
        time.sleep(0.2)
        super().write(records)


def engine(callback: EventCallback) -> NativeEngine:
    return NativeEngine(callback, server_ports=PORTS)


def by_one(source: Any, warrant: Warrant, *sinks: Sink, **run: Any) -> Outcome:
    pipeline = Pipeline(source, engine, [(PROTOCOL, PORTS)], warrant=warrant, sensor="nis-1", sinks=sinks)
    return pipeline.run(**run)


def by_two(source: Any, warrant: Warrant, *sinks: Sink, meanwhile: Any = None, **run: Any) -> Outcome:
    with Worker(source, engine, [(PROTOCOL, PORTS)]) as worker:
        if meanwhile is not None:
            meanwhile(worker)
        return WorkerPipeline(worker, warrant=warrant, sensor="nis-1", sinks=sinks).run(**run)


def assert_same(frames: list[Frame], warrant: Callable[[], Warrant] = Everybody) -> None:
    one, two = Kept(), Kept()
    outcome = by_one(Frames(frames), warrant(), one)
    other = by_two(Frames(frames), warrant(), two)
    assert [record.to_json() for record in two.records] == [record.to_json() for record in one.records]
    # In one process what is said where nobody is recorded makes no events; a worker cannot know.
    assert other.recorder.pop("events") >= outcome.recorder.pop("events")
    assert other == outcome


@pytest.mark.parametrize("name", CASES)
def test_records_and_numbers_are_those_of_one_process(name: str) -> None:
    _, frames = CASES[name]()
    assert_same(frames)
    assert_same(frames, lambda: NamedTargets(["alice@example.org"]))


@pytest.mark.parametrize("nasty", HARMLESS | PARTIAL)
def test_the_same_whatever_the_tap_did(nasty: str) -> None:
    assert_same((HARMLESS | PARTIAL)[nasty](world_for(f"workers, {nasty}").frames))


def test_one_worker_without_a_packet() -> None:
    assert_same([])


def test_slow_sink_slows_the_worker_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rcds_sniffer.back.FLUSH_RECORDS", 20)
    _, frames = CASES["demo"]()
    slow, quick = Slow(), Kept()
    by_two(Frames(frames), Everybody(), slow)
    by_one(Frames(frames), Everybody(), quick)
    assert slow.records == quick.records


def test_sink_that_fails_ends_the_run_but_not_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rcds_sniffer.back.FLUSH_RECORDS", 10)

    class Failing:
        def write(self, records: Sequence[CommunicationRecord]) -> None:
            raise OSError(f"disk full, {len(records)} records not written")

    kept = Kept()
    _, frames = CASES["demo"]()
    outcome = by_two(Endless(frames), Everybody(), Failing(), kept)
    assert "disk full" in str(outcome.failure)
    assert len(kept.records) >= 10


def test_run_that_is_stopped_records_what_was_read() -> None:
    _, frames = CASES["demo"]()
    kept = Kept()
    source = Endless(frames)
    outcome = by_two(source, Everybody(), kept, stopped=lambda: len(kept.records) == 0)
    assert outcome.interrupted
    assert outcome.failure is None
    assert outcome.recorder["records"] == len(kept.records) > 0
    assert outcome.engine["packets"] > 0


def test_source_that_breaks_off_is_the_failure_and_what_came_before_is_recorded() -> None:
    _, frames = CASES["demo"]()
    one, two = Kept(), Kept()
    outcome = by_one(Broken(frames), Everybody(), one)
    other = by_two(Broken(frames), Everybody(), two)
    assert str(other.failure) == str(outcome.failure) == "demo.pcap: the disk is gone"
    assert two.records == one.records != []
    assert other.engine == outcome.engine


def test_worker_that_is_killed_ends_the_run_and_what_it_had_sent_is_recorded() -> None:
    _, frames = CASES["demo"]()
    kept, whole = Kept(), Kept()
    by_one(Frames(frames), Everybody(), whole)

    with Worker(Endless(frames), engine, [(PROTOCOL, PORTS)]) as worker:  # type: ignore[arg-type]

        def kill() -> None:
            if worker.elsewhere.position and worker.process is not None:
                os.kill(worker.process, signal.SIGKILL)

        outcome = WorkerPipeline(worker, warrant=Everybody(), sensor="nis-1", sinks=[kept]).run(progress=kill)
    assert "SIGKILL" in str(outcome.failure)
    assert [r.record_id for r in kept.records] == [r.record_id for r in whole.records]


def test_worker_whose_parent_gave_up_ends() -> None:
    _, frames = CASES["demo"]()
    worker = Worker(Endless(frames), engine, [(PROTOCOL, PORTS)])  # type: ignore[arg-type]
    process = worker.process
    assert process is not None
    os.close(worker._descriptor)
    worker._descriptor = -1
    assert worker.wait() == 1


def test_worker_lets_the_signals_of_its_group_pass() -> None:
    _, frames = CASES["demo"]()
    kept = Kept()

    def interrupt(worker: Worker) -> None:
        assert worker.process is not None
        time.sleep(0.3)  # until it is under way
        os.kill(worker.process, signal.SIGINT)
        os.kill(worker.process, signal.SIGTERM)

    ends = time.monotonic() + 1
    outcome = by_two(
        Endless(frames), Everybody(), kept, meanwhile=interrupt, stopped=lambda: time.monotonic() > ends
    )
    assert outcome.failure is None
    assert outcome.interrupted


def test_fault_over_one_connection_costs_that_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    _, frames = CASES["demo"]()
    monkeypatch.delitem(KINDS, Message)  # what is compiled lets nobody exchange its methods
    kept, alone = Kept(), Kept()
    outcome = by_two(Frames(frames), Everybody(), kept)
    assert outcome.faults == by_one(Frames(frames), Everybody(), alone).faults > 0
    # One process still hears how such a connection ends, and who left with it.
    assert 0 < len(kept.records) <= len(alone.records)
    assert {r.record_id for r in kept.records} <= {r.record_id for r in alone.records}


def test_no_worker_beside_other_threads() -> None:
    """Asked of a process of its own: in this one, threads of tests before may be on their way out."""
    program = """
import threading
from rcds_sniffer.workers.worker import can_fork
done = threading.Event()
assert can_fork()
threading.Thread(target=done.wait).start()
assert not can_fork()
done.set()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
