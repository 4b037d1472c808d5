"""Judges records by the simulator's truth: what was said, by whom, to whom, and nothing else."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from capture.packet import Packet
from capture.source import Counters
from rcds_sniffer.orders import Everybody, NamedTargets, Warrant
from rcds_sniffer.pipeline import Pipeline
from rcds_sniffer.protocols.msn import PROTOCOL
from rcds_sniffer.records.record import CommunicationRecord
from reassembly.native import NativeEngine
from tests.simulator.packets import Frame
from tests.simulator.truth import Said, expected_messages

PORTS = frozenset({1863})


class FrameSource:
    """Frames of the simulator as a source, without a file between."""

    name = "simulated"
    truncations = ()

    def __init__(self, frames: Iterable[Frame], link_type: int = 1) -> None:
        self.counters = Counters()
        self._frames = frames
        self._link_type = link_type
        self._stopped = False

    def stop(self) -> None:
        self._stopped = True

    def batches(self) -> Iterable[list[Packet]]:
        packets = [
            Packet(frame.time, frame.octets, frame.wire_length, self._link_type, number, "simulated")
            for number, frame in enumerate(self._frames, 1)
        ]
        self.counters.received = len(packets)
        for begin in range(0, len(packets), 100):
            yield packets[begin : begin + 100]
            if self._stopped:
                return


class Kept:
    """A sink that keeps the records."""

    def __init__(self) -> None:
        self.records: list[CommunicationRecord] = []

    def write(self, records: Sequence[CommunicationRecord]) -> None:
        self.records += records


def replayed(
    frames: Iterable[Frame], *targets: str, link_type: int = 1, **engine: bool
) -> list[CommunicationRecord]:
    """The records of ``targets``, or of everybody where none is named; ``engine`` are settings of the engine."""
    warrant: Warrant = NamedTargets(targets) if targets else Everybody()
    kept = Kept()
    pipeline = Pipeline(
        FrameSource(frames, link_type),  # type: ignore[arg-type]
        lambda callback: NativeEngine(callback, server_ports=PORTS, **engine),
        [(PROTOCOL, PORTS)],
        warrant=warrant,
        sensor="nis-1",
        sinks=[kept],
    )
    pipeline.run()
    return kept.records


Key = tuple[str | None, tuple[str, ...], str | None]


def compare(
    records: Iterable[CommunicationRecord], truth: Sequence[Said], target: str
) -> tuple[Counter[Key], Counter[Key]]:
    """Messages that are missing from the target's records, and messages that should not be there.

    A text of which pieces are lost everywhere may be there, marked as incomplete, or may be absent.
    """
    want = Counter((s.sender, s.recipients, s.text) for s in expected_messages(truth, target))
    got = Counter(
        (r.sender, r.recipients, r.text)
        for r in records
        if r.target == target and r.event == "message" and r.complete
    )
    return want - got, got - want


def known_of(truth: Sequence[Said], target: str) -> dict[tuple[str | None, str | None], list[tuple[str, ...]]]:
    """What the target said or was told, by sender and text: the recipients of each time, in order."""
    out: dict[tuple[str | None, str | None], list[tuple[str, ...]]] = defaultdict(list)
    for said in truth:
        if said.kind == "message" and said.concerns(target):
            out[said.sender, said.text].append(said.recipients)
    return out
