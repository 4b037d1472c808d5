"""The run as a whole: sinks that fail, runs that are stopped."""

from collections.abc import Sequence

import pytest

from rcds_sniffer import back as module
from rcds_sniffer.orders import Everybody
from rcds_sniffer.pipeline import Pipeline
from rcds_sniffer.protocols.msn import PROTOCOL
from rcds_sniffer.records.record import CommunicationRecord
from reassembly.native import NativeEngine
from tests.simulator.cases import CASES
from tests.truth import PORTS, FrameSource, Kept


class Failing:
    """A sink whose disk is full."""

    def write(self, records: Sequence[CommunicationRecord]) -> None:
        raise OSError(f"disk full, {len(records)} records not written")


def a_run(*sinks: object) -> Pipeline:
    _, frames = CASES["demo"]()
    return Pipeline(
        FrameSource(frames),  # type: ignore[arg-type]
        lambda callback: NativeEngine(callback, server_ports=PORTS),
        [(PROTOCOL, PORTS)],
        warrant=Everybody(),
        sensor="nis-1",
        sinks=sinks,  # type: ignore[arg-type]
    )


def test_sink_that_fails_ends_the_run_but_not_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FLUSH_RECORDS", 10)
    kept = Kept()
    assert "disk full" in str(a_run(Failing(), kept).run().failure)
    assert 10 <= len(kept.records) < 132
    assert [r.time for r in kept.records] == sorted(r.time for r in kept.records)


def test_run_that_is_stopped_flushes_what_it_knows() -> None:
    kept = Kept()
    outcome = a_run(kept).run(stopped=lambda: True)
    assert outcome.interrupted
    assert kept.records
    assert outcome.recorder["records"] == len(kept.records)


def test_flow_on_no_asked_port_is_nobodys() -> None:
    kept = Kept()
    run = a_run(kept)
    run._front._by_port.clear()
    assert run.run().recorder["records"] == 0
