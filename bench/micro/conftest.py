"""What the micro-benchmarks feed to the parts: a small dense capture, taken apart as far as each part needs it."""

from collections.abc import Callable, Sequence

import pytest

from bench.captures import capture
from bench.plans import PLANS
from capture.files import open_files
from capture.packet import Packet
from rcds_sniffer.events import Event
from rcds_sniffer.orders import Everybody
from rcds_sniffer.protocols.msn import PROTOCOL
from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.records.recorder import Recorder
from reassembly.events import StreamData, StreamEvent
from reassembly.native import NativeEngine

PORTS = frozenset({1863})
Feed = Callable[[Callable[[StreamEvent], None]], None]


@pytest.fixture(scope="session")
def batches() -> list[Sequence[Packet]]:
    """Some 20,000 packets, every one MSN, in the batches of the source."""
    made = capture(PLANS["dense"].scaled(0.02))
    with open_files([str(made.path)]) as source:
        return list(source.batches())


@pytest.fixture(scope="session")
def streams(batches: list[Sequence[Packet]]) -> list[StreamEvent]:
    """What the engine makes of them."""
    events: list[StreamEvent] = []
    reassemble(batches, events.append)
    return events


@pytest.fixture(scope="session")
def one_side(streams: list[StreamEvent]) -> list[StreamData]:
    """What the server says in one chat, as it came."""
    first = next(event.flow for event in streams if isinstance(event, StreamData) and b"CAL " in event.octets[:4])
    return [e for e in streams if isinstance(e, StreamData) and e.flow == first and not e.from_client]


@pytest.fixture(scope="session")
def records(streams: list[StreamEvent]) -> list[CommunicationRecord]:
    """Everybody's records."""
    made: list[CommunicationRecord] = []
    record(decoded(streams), made.append)
    return made


def reassemble(batches: list[Sequence[Packet]], callback: Callable[[StreamEvent], None]) -> None:
    """Headers and assembler."""
    engine = NativeEngine(callback, server_ports=PORTS)
    for batch in batches:
        engine.feed_all(batch)
    engine.close()


def decode(streams: list[StreamEvent], emit: Callable[[Event], None]) -> None:
    """Framing, sessions, and the door to the shared vocabulary."""
    decoder = PROTOCOL.decoder(emit)
    for event in streams:
        decoder.receive(event)


def decoded(streams: list[StreamEvent]) -> list[Event]:
    """The events, on connections that no recorder has seen."""
    events: list[Event] = []
    decode(streams, events.append)
    return events


def record(events: list[Event], callback: Callable[[CommunicationRecord], None]) -> None:
    """Who was there, what happened, whose record it is."""
    recorder = Recorder(Everybody(), callback, "bench")
    for event in events:
        recorder.receive(event)
    recorder.close()
