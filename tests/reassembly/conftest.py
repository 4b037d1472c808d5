"""What every test of an engine needs: the engines, and a way to run packets through one."""

from collections.abc import Callable

import pytest

from capture.packet import Packet
from reassembly.engine import Engine, EventCallback
from reassembly.events import StreamEvent
from reassembly.native import NativeEngine

MakeEngine = Callable[[EventCallback], Engine]
Run = Callable[[list[Packet]], list[StreamEvent]]

ENGINES: dict[str, MakeEngine] = {
    "native": lambda callback: NativeEngine(callback, server_ports=frozenset({1863})),
}


@pytest.fixture(params=list(ENGINES))
def make_engine(request: pytest.FixtureRequest) -> MakeEngine:
    return ENGINES[request.param]


@pytest.fixture
def run(make_engine: MakeEngine) -> Run:
    """Feed all, close, give the events."""

    def feed_all(packets: list[Packet]) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        engine = make_engine(events.append)
        for packet in packets:
            engine.feed(packet)
        engine.close()
        return events

    return feed_all
