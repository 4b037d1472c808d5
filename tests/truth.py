"""Judges records by the simulator's truth: what was said, by whom, to whom, and nothing else."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from capture.packet import Packet
from capture.source import Counters
from rcds_sniffer.orders import Everybody, NamedTargets, Warrant
from rcds_sniffer.pipeline import Pipeline
from rcds_sniffer.protocols.msn import PROTOCOL
from rcds_sniffer.records.record import CommunicationRecord
from reassembly.native import NativeEngine
from tests.simulator.packets import Frame
from tests.simulator.sent import Sent
from tests.simulator.truth import Said, expected_messages

PORTS = frozenset({*PROTOCOL.ports, *PROTOCOL.transfer_ports, *PROTOCOL.gateway_ports})


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


def file_records(records: Iterable[CommunicationRecord]) -> list[CommunicationRecord]:
    """Those that say what came of a transfer."""
    return [record for record in records if record.file is not None]


def ranges_of(file: Mapping[str, object]) -> list[list[int]]:
    """What a record says is there of a file."""
    if not file["complete"]:
        return file["ranges"]  # type: ignore[return-value]
    return [[0, file["size"]]] if file["size"] else []  # type: ignore[list-item]


def faults_of_files(
    records: Iterable[CommunicationRecord], sent: Sequence[Sent], target: str, *, all_is_there: bool
) -> Iterator[str]:
    """What is wrong with the target's files: nothing may be invented, and what is certain must be there.

    ``all_is_there``: of every file all must be told that can be known. Else a part may hide what tells a file's
    name, kind and size; but not another's. Two ends of which nothing shows that they are one conversation may both
    tell of it.
    """
    wanted = {one.transfer: one for one in sent if one.concerns(target)}
    told: dict[str, list[CommunicationRecord]] = defaultdict(list)
    for record in file_records(records):
        transfer = str((record.details or {}).get("transfer")).removesuffix("?")
        if transfer not in wanted:
            yield f"{transfer} of {record.sender} for {record.recipients}: not the target's"
        else:
            told[transfer].append(record)
    for transfer, one in wanted.items():
        if len(told[transfer]) > 1 and (all_is_there or not _are_apart(told[transfer])):
            yield f"{transfer}: told twice"
        for found in told[transfer]:
            yield from _faults_of_file(found, one, all_is_there)
        if not told[transfer] and one.sure and (all_is_there or one.certain):
            yield f"{transfer} ({one.kind} {one.name}, {one.certain}): missing"


def _are_apart(records: list[CommunicationRecord]) -> bool:
    """Whether each is of another end, as far as anything shows."""
    return len({(record.conversation_id, record.client) for record in records}) == len(records)


def _faults_of_file(record: CommunicationRecord, one: Sent, all_is_there: bool) -> Iterator[str]:
    """What a record of a file says that is not so."""
    file = record.file
    assert file is not None
    if (record.sender, record.recipients) != (one.sender, (one.recipient,)):
        yield f"{one.transfer}: from {record.sender} to {record.recipients}"
    for what, got, want in (
        ("kind", record.event, one.kind),
        ("name", file["name"], one.name),
        ("size", file["size"], one.size),
    ):
        known = all_is_there and one.sure
        if got != want and one.sure and not (what == "name" and one.name is None) and (known or not _unknown(got)):
            yield f"{one.transfer}: {what} {got!r} instead of {want!r}"
    ranges = ranges_of(file)
    if (record.details or {}).get("start_unknown"):
        ranges = _placed(ranges, file["sha256"], one)
    content = one.of(ranges)
    if content is None:
        yield f"{one.transfer}: there are {one.ranges}, and not {ranges}"
    elif file["sha256"] is not None and file["sha256"] != sha256(content).hexdigest() and one.sure:
        yield f"{one.transfer}: other octets"
    if not one.sure:
        return
    if any(not any(begin <= first and last <= end for begin, end in ranges) for first, last in one.certain):
        yield f"{one.transfer}: only {ranges} of {one.certain}"
    if all_is_there and file["complete"] is not one.complete:
        yield f"{one.transfer}: complete is {file['complete']}"
    if (
        file["complete"]
        and file["verified"] is not one.verified
        and (all_is_there or not _unknown(file["verified"]))
    ):
        yield f"{one.transfer}: verified is {file['verified']}"


def _placed(ranges: list[list[int]], digest: object, one: Sent) -> list[list[int]]:
    """Ranges that count from wherever the tap came in: where in the file they are, by their octets."""
    for start in sorted({piece.offset for piece in one.pieces}):
        moved = [[begin + start, end + start] for begin, end in ranges]
        content = one.of(moved)
        if content is not None and sha256(content).hexdigest() == digest:
            return moved
    return ranges


def _unknown(value: object) -> bool:
    return value is None or value == "file"


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
