"""The pipeline up to one stage, in one process: prints the processor time that it took, as JSON.

Run by ``bench/stages.py`` with the interpreter of the installation that is measured; it imports nothing of the
benchmark. Arguments: the stage and the capture.
"""

import json
import os
import sys
import time
from collections.abc import Callable

from capture.files import open_files
from capture.filters import filter_for_ports
from capture.source import Source
from rcds_sniffer.back import Back
from rcds_sniffer.cli.output import StoreSink, WriterSink
from rcds_sniffer.front import Front
from rcds_sniffer.orders import Everybody, NamedTargets, Warrant
from rcds_sniffer.protocols.msn import PROTOCOL
from reassembly.engines import make_engine

PORTS = frozenset({1863})


def engine(callback: Callable[..., None]) -> object:
    """The native engine as the command line makes it."""
    return make_engine("native", callback, server_ports=PORTS)


def nothing(event: object) -> None:
    """Whatever comes."""


def read(source: Source) -> None:
    """Packets that pass the filter."""
    for _ in source.batches():
        pass


def reassemble(source: Source) -> None:
    """Octets in order."""
    made = engine(nothing)
    for batch in source.batches():
        made.feed_all(batch)  # type: ignore[attr-defined]
    made.close()  # type: ignore[attr-defined]


def events(source: Source) -> None:
    """Commands framed, events made."""
    _decode(source, nothing)


def nobody(source: Source) -> None:
    """A recorder that finds no target."""
    _record(source, NamedTargets(["nobody@example.org"]), [])


def records(source: Source) -> None:
    """Everybody's records, thrown away."""
    _record(source, Everybody(), [])


def json_lines(source: Source) -> None:
    """Everybody's records, written."""
    with WriterSink("jsonl", os.devnull) as sink:
        _record(source, Everybody(), [sink])


def sqlite(source: Source) -> None:
    """Everybody's records, stored."""
    with StoreSink("records.sqlite") as sink:
        _record(source, Everybody(), [sink])


def _decode(source: Source, emit: Callable[..., None]) -> None:
    front = Front(engine, [(PROTOCOL, PORTS)], emit)  # type: ignore[arg-type]
    for batch in source.batches():
        front.feed_all(batch)
    front.engine.close()


def _record(source: Source, warrant: Warrant, sinks: list) -> None:  # type: ignore[type-arg]
    back = Back(warrant, "bench", sinks)
    _decode(source, back.recorder.receive)
    back.close()


STAGES = {
    "read": read,
    "reassemble": reassemble,
    "events": events,
    "nobody": nobody,
    "records": records,
    "json": json_lines,
    "sqlite": sqlite,
}


def main() -> None:
    """Run a stage."""
    name, path = sys.argv[1:]
    source = open_files([path])
    source.set_filter(filter_for_ports(sorted(PORTS), True))
    before = time.process_time()
    with source:
        STAGES[name](source)
    print(json.dumps({"cpu": time.process_time() - before, "packets": source.counters.received}))


if __name__ == "__main__":
    main()
