"""One trial: random traffic, random orders, the pipeline as a replay or as a line, and what is wrong with it.

A seed says all. The orders' changes are made as a sensor makes them: between two packets, at the time to which the
packets have come.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from capture.packet import Packet
from capture.source import Counters
from rcds_sniffer.files import Vault
from rcds_sniffer.orders.in_force import InForce
from rcds_sniffer.pipeline import Pipeline
from rcds_sniffer.protocols.msn import PROTOCOL
from reassembly.native import NativeEngine
from tests.truth import PORTS, Kept

from .law import CONTENT, Law
from .papers import File, papers
from .tokens import tokens_in, tokens_of
from .town import Town, town

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rcds_sniffer.orders.acting import Acting
    from rcds_sniffer.records.record import CommunicationRecord
    from tests.simulator.packets import Frame


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried."""

    seed: str
    town: Town
    law: Law
    orders: list[File]
    live: bool

    def verdicts(self) -> Verdicts:
        """By order: what it may hold, and what it has to."""
        return {order.liid: (self.law.may(order), self.law.must(order)) for order in self.orders}

    def __str__(self) -> str:
        papers = "; ".join(str(order) for order in self.orders)
        return f"seed {self.seed} ({self.town.nasty}, {'live' if self.live else 'replayed'}): {papers}"


class Line:
    """Frames as a source: one after the other where orders change meanwhile."""

    name = reader = "simulated"
    link_types = (1,)
    truncations = ()

    def __init__(self, frames: list[Frame], at_once: int) -> None:
        self.counters = Counters()
        self.clock: int | None = None
        self._frames, self._at_once = frames, at_once

    def stop(self) -> None:
        """Nobody stops it."""

    def batches(self) -> Iterator[list[Packet]]:
        packets = [
            Packet(frame.time, frame.octets, frame.wire_length, 1, number, self.name)
            for number, frame in enumerate(self._frames, 1)
        ]
        self.counters.received = len(packets)
        for begin in range(0, len(packets), self._at_once):
            batch = packets[begin : begin + self._at_once]
            self.clock = batch[-1].time
            yield batch


def trials(seed: int, of_each: int = 6) -> Iterator[Trial]:
    """Several trials of one town; its seed and their numbers say everything."""
    made = town(seed)
    law = Law(made)
    random = Random(f"trials/{seed}")
    times = [frame.time for frame in made.frames]
    between = [one for one, following in pairwise(times) if one < following]
    for number in range(of_each):
        live = number % 2 == 1
        moments = random.sample(between, min(len(between), 8)) if live and between else []
        near = sorted(set(law.edges).intersection(between))
        moments += random.sample(near, min(len(near), 8)) if live else []
        orders = papers(seed * 1000 + number, made, law.edges or times or [0], moments)
        yield Trial(f"{seed}.{number}", made, law, orders, live)


def run(trial: Trial, folder: Path) -> list[CommunicationRecord]:
    """The records; files go to ``folder``."""
    warrant = InForce([paper.acting() for order in trial.orders for paper in [order.at_start()] if paper])
    kept, vault = Kept(), Vault(folder)
    line = Line(trial.town.frames, 1 if trial.live else 100)
    pipeline = Pipeline(
        line,  # type: ignore[arg-type]
        lambda callback: NativeEngine(callback, server_ports=PORTS),
        [(PROTOCOL, PORTS)],
        warrant=warrant,
        sensor="nis-1",
        sinks=[kept],
        live=trial.live,
        files=vault,
    )
    moments = sorted({decision.after for order in trial.orders for decision in order.decisions} - {-1})

    def change() -> None:
        due = False
        while moments and line.clock is not None and moments[0] <= line.clock:
            due = True
            moments.pop(0)
        if due and line.clock is not None:
            warrant.change(in_force(trial.orders, line.clock), pipeline.moment)
            pipeline.warrant_changed()

    outcome = pipeline.run(progress=change)
    vault.close()
    assert outcome.failure is None
    assert not outcome.faults
    return kept.records


def in_force(orders: list[File], time: int) -> list[Acting]:
    """What a sensor is told behind the packet of ``time``."""
    return [paper.acting() for order in orders for paper in [order.then(time)] if paper is not None]


Verdicts = dict[str, tuple[set[str], set[str]]]


def faults(trial: Trial) -> list[str]:
    """What is wrong: nothing.

    Where packets were lost, a text that is wrong by who was there alone is in the list too, as ``in doubt``.
    """
    with tempfile.TemporaryDirectory(prefix="minimisation-") as name:
        folder = Path(name)
        records = run(trial, folder)
        found = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    verdicts = trial.verdicts()
    return [*_of_records(trial, records, verdicts), *_of_files(trial, found, verdicts)]


def _of_records(trial: Trial, records: list[CommunicationRecord], verdicts: Verdicts) -> Iterator[str]:
    held: dict[str, set[str]] = defaultdict(set)
    known, kinds = {order.liid: order for order in trial.orders}, trial.town.kinds
    wide: Law | None = None
    for record in records:
        order = known.get(str(record.order_id))
        if order is None:
            yield f"a record of no order: {record.order_id}"
            continue
        line = record.to_json()
        held[order.liid] |= tokens_in(line) - tokens_in(record.target or "")  # which is judged by itself, below
        address = None if record.client is None else record.client.rpartition(":")[0]
        if record.target is None or not order.covers(record.target, address, record.time, content=False):
            yield f"{order.liid}: not in force for the target at {record.time}: {line}"
        if not order.covers(str(record.target), address, record.time, content=True):
            shown = [token for token in tokens_in(line) if kinds[token] in CONTENT]
            rest = record.text, record.file, record.format, record.sender_name, record.content_type
            if shown or any(value is not None for value in rest):
                yield f"{order.liid}: content without leave, {shown}: {line}"
    for order in trial.orders:
        may, must = verdicts[order.liid]
        for token in sorted(held[order.liid] - may):
            lines = [r.to_json() for r in records if r.order_id == order.liid and token in r.to_json()]
            if wide is None and not trial.town.clean:
                wide = Law(trial.town, doubtful=True)
            doubt = "in doubt, " if wide is not None and token in wide.may(order) else ""
            yield f"{doubt}{order.liid} may not hold {token} ({kinds.get(token)}): {lines[0]}"
        if trial.town.clean:
            for token in sorted(must - held[order.liid]):
                if kinds[token] != "file":  # its octets are in the folder
                    yield f"{order.liid} lacks {token} ({kinds[token]})"


def _of_files(trial: Trial, found: dict[str, bytes], verdicts: Verdicts) -> Iterator[str]:
    kinds = trial.town.kinds
    may = {token for allowed, _ in verdicts.values() for token in allowed if kinds[token] == "file"}
    must = {token for _, due in verdicts.values() for token in due if kinds[token] == "file"}
    held: set[str] = set()
    for name, octets in found.items():
        tokens = tokens_of(octets)
        held |= tokens
        for token in sorted(tokens - may):
            yield f"file {name[:70]} holds {token} ({kinds.get(token)}), which no order may"
        shreds = [] if tokens else [shred for shred in octets.split(b"\0") if shred]
        whole = b"\0".join((f"{token} " * 2).encode() for token in may)
        if any(shred not in whole for shred in shreds):  # of a file that was cut within its first token
            yield f"file {name} is nobody's"
    if trial.town.clean:
        for token in sorted(must - held):
            yield f"no file has {token}"
