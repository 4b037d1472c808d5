"""What every test of an engine needs: the engines, and a way to run packets through one."""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from capture.packet import Packet
from reassembly import engines
from reassembly.engine import Engine, EventCallback
from reassembly.events import StreamEvent

MakeEngine = Callable[[EventCallback], Engine]
Run = Callable[[list[Packet]], list[StreamEvent]]


@pytest.fixture(params=engines.ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def make_engine(engine_name: str) -> Iterator[MakeEngine]:
    yield lambda callback: made(engine_name, callback)
    if engine_name == "libnids":
        give_libnids_back()


@pytest.fixture
def run(make_engine: MakeEngine) -> Run:
    """Feed all, close, give the events."""
    return lambda packets: events_of(make_engine, packets)


def made(name: str, callback: EventCallback) -> Engine:
    """A new engine, or the test is skipped where there is none of that name."""
    try:
        return engines.make_engine(name, callback, server_ports=frozenset({1863}))
    except engines.EngineUnavailable as unavailable:
        pytest.skip(str(unavailable))


def give_libnids_back() -> None:
    """The process has one: a test that failed half-way must not keep it."""
    with contextlib.suppress(ImportError):
        from reassembly import nids  # noqa: PLC0415

        nids.exit()


def events_of(make: MakeEngine, packets: list[Packet]) -> list[StreamEvent]:
    """Feed all, close, give the events."""
    events: list[StreamEvent] = []
    engine = make(events.append)
    for packet in packets:
        engine.feed(packet)
    engine.close()
    return events
