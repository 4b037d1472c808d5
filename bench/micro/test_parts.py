"""Each part of the way from packet to row, alone. The capture is the same for all: 20,000 packets."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import pytest

from bench.micro import conftest as parts
from capture.packet import Packet
from msnp.commands import SHAPES
from msnp.framing import Framer
from msnp.limits import Limits
from msnp.mark import Mark
from rcds_sniffer.events import Event
from rcds_sniffer.orders import Everybody, NamedTargets, Warrant
from rcds_sniffer.records.json_form import json_line
from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.records.recorder import Recorder
from rcds_sniffer.store.store import open_store
from reassembly.events import StreamData, StreamEvent


def nothing(_: object) -> None:
    """Whatever comes."""


def test_headers_and_assembler(benchmark, batches: list[Sequence[Packet]]) -> None:  # type: ignore[no-untyped-def]
    benchmark(parts.reassemble, batches, nothing)


def test_framer(benchmark, one_side: list[StreamData]) -> None:  # type: ignore[no-untyped-def]
    """One side of one chat, a few hundred commands."""

    def feed() -> int:
        framer = Framer(False, SHAPES[False], Limits())
        return sum(len(framer.feed(event.octets, Mark(event.time, 0, event.packet, "bench"))) for event in one_side)

    assert benchmark(feed) > 100


def test_sessions_and_events(benchmark, streams: list[StreamEvent]) -> None:  # type: ignore[no-untyped-def]
    benchmark(parts.decode, streams, nothing)


@pytest.mark.parametrize(
    "warrant", [Everybody(), NamedTargets(["nobody@example.org"])], ids=["everybody", "nobody"]
)
def test_recorder(benchmark, streams: list[StreamEvent], warrant: Warrant) -> None:  # type: ignore[no-untyped-def]
    def fresh() -> tuple[tuple[list[Event]], dict[str, object]]:
        return (parts.decoded(streams),), {}

    def receive(events: list[Event]) -> None:
        recorder = Recorder(warrant, nothing, "bench")
        for event in events:
            recorder.receive(event)
        recorder.close()

    benchmark.pedantic(receive, setup=fresh, rounds=5)


def test_json_form(benchmark, records: list[CommunicationRecord]) -> None:  # type: ignore[no-untyped-def]
    def write() -> int:
        return sum(len(json_line(record)) for record in records)

    assert benchmark(write) > 100 * len(records)


def test_store(benchmark, records: list[CommunicationRecord], tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    names: Iterator[int] = count()

    def fresh() -> tuple[tuple[str], dict[str, object]]:
        return (str(tmp_path / f"{next(names)}.sqlite"),), {}

    def store(name: str) -> None:
        with open_store(name, create=True) as opened:
            for at in range(0, len(records), 2_000):
                opened.add(records[at : at + 2_000])

    benchmark.pedantic(store, setup=fresh, rounds=5)
