"""A flow of which nothing more is wanted: its octets are counted off, its end is told, others lose nothing."""

import random

import pytest

from capture.packet import Packet
from reassembly.events import StreamData, StreamEnd, StreamEvent, StreamGap
from reassembly.native import NativeEngine
from tests.simulator.cases import CASES
from tests.simulator.writer import Frame


def packets(frames: list[Frame]) -> list[Packet]:
    return [Packet(f.time, f.octets, len(f.octets), 1, n, "test") for n, f in enumerate(frames, 1)]


def run(frames: list[Packet], ignore: int) -> tuple[list[StreamEvent], NativeEngine, list[StreamEvent]]:
    """All events; the engine; and the events of the flows that were not ignored, by the place of their first."""
    told: list[StreamEvent] = []
    flows: list[object] = []

    def hear(event: StreamEvent) -> None:
        if event.flow not in flows:
            flows.append(event.flow)
            event.flow.ignored = len(flows) - 1 == ignore
        told.append(event)

    engine = NativeEngine(hear, server_ports=frozenset({1863}))
    engine.feed_all(frames)
    engine.close()
    return told, engine, [event for event in told if not event.flow.ignored]


def facts(events: list[StreamEvent]) -> list[tuple[object, ...]]:
    return [
        (type(e).__name__, str(e.flow.client), getattr(e, "octets", None), getattr(e, "length", None), e.time)
        for e in events
    ]


@pytest.mark.parametrize("case", ["demo", "reorder-retransmit", "duplicated-conflicting"])
def test_others_are_told_as_ever_and_it_itself_no_more(case: str) -> None:
    frames = packets(CASES[case]()[1])
    everything, _, _ = run(frames, ignore=-1)
    for place in range(3):
        told, _, others = run(frames, ignore=place)
        ignored = next(e.flow for e in told if e.flow.ignored)
        assert facts(others) == facts([e for e in everything if str(e.flow.client) != str(ignored.client)])
        itself = [e for e in told if e.flow is ignored]
        assert isinstance(itself[-1], StreamEnd)
        assert sum(isinstance(e, StreamData) for e in itself) < 12, "what was under way when it was said, no more"


def test_its_losses_are_nobodys() -> None:
    chance = random.Random(6)
    frames = [frame for frame in packets(CASES["demo"]()[1]) if chance.random() > 0.1]
    _, plain, _ = run(frames, ignore=-1)
    lost = plain.counters.as_dict()["gap_octets"]
    told, engine, _ = run(frames, ignore=0)
    ignored = next(e.flow for e in told if e.flow.ignored)
    assert engine.counters.as_dict()["gap_octets"] <= lost
    assert not any(isinstance(e, StreamGap) for e in told if e.flow is ignored and e is not told[0])


def test_a_connection_with_the_same_ports_afterwards_is_another() -> None:
    frames = CASES["port-reuse-noise"]()[1]
    everything, _, _ = run(packets(frames), ignore=-1)
    told, _, _ = run(packets(frames), ignore=0)
    assert len({id(e.flow) for e in told}) == len({id(e.flow) for e in everything})
