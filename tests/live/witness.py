"""Judges records by what was said, and what was said by what tcpdump saw of it on the same interface.

Takes the truth of ``msn_client`` and a capture of tcpdump; gives the truth as far as the capture shows it: which
texts are there whole, on some connection. Octets are found by their place in the streams, which the clients wrote
down, not by anything that the program under test thinks of them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import dpkt

from tests.simulator.packets import SEQUENCE_SPACE, Frame, Range, Segment, address, read_segment
from tests.simulator.truth import Said, expected_messages

from .msn_client import Wire

Record = dict[str, Any]
Key = tuple[str | None, tuple[str, ...], str | None]


def expected(truth: Iterable[Said], target: str) -> Counter[Key]:
    """The messages that a target took part in, and that were seen whole."""
    return Counter((said.sender, said.recipients, said.text) for said in expected_messages(truth, target))


def recorded(records: Iterable[Record], target: str) -> Counter[Key]:
    """The whole messages among a target's records."""
    return Counter(
        (record["sender"], tuple(record["recipients"]), record["text"])
        for record in records
        if record["event"] == "message" and record["target"] == target and record["complete"]
    )


def assert_all_was_recorded(records: Sequence[Record], truth: Sequence[Said], *targets: str) -> None:
    """Each message once, from whom, to whom, word for word, and no records of anybody else."""
    assert {record["target"] for record in records} == set(targets)
    for target in targets:
        want, got = expected(truth, target), recorded(records, target)
        assert (list(want - got), list(got - want)) == ([], []), "missing, and what should not be there"
    assert not [record for record in records if record["event"] == "message" and not record["complete"]]


def assert_nothing_was_invented(records: Sequence[Record], truth: Sequence[Said], target: str) -> None:
    """What is recorded as whole was said, by that sender, no more often, to at least those people."""
    known = defaultdict(list)
    for said in truth:
        if said.kind == "message" and said.concerns(target):
            known[said.sender, said.text].append(set(said.recipients))
    assert {record["target"] for record in records} <= {target}
    for record in records:
        if record["event"] == "message" and record["complete"]:
            people = set(record["recipients"])
            told = known[record["sender"], record["text"]]
            fitting = [recipients for recipients in told if people <= recipients]
            assert fitting, f"invented: {record['sender']} to {people}: {record['text']!r}, not to {told}"
            told.remove(fitting[0])


def missing_texts(records: Sequence[Record], truth: Sequence[Said], target: str) -> Counter[tuple[str, str | None]]:
    """Senders and texts that were seen whole and are not recorded, whoever they are said to have gone to."""
    want = Counter((said.sender, said.text) for said in expected_messages(truth, target))
    return want - Counter((record["sender"], record["text"]) for record in records if record["event"] == "message")


def frames(capture: Path, wires: Sequence[Wire]) -> list[Frame]:
    """The frames of a capture, each with what it carries of which stream."""
    sides = {}
    for wire in wires:
        (client, client_port), (server, server_port) = wire.ends
        ends = address(client), client_port, address(server), server_port
        sides[ends] = _Stream(wire.number, True, bytes(wire.sent))
        sides[ends[2:] + ends[:2]] = _Stream(wire.number, False, bytes(wire.heard))
    segments = []
    with capture.open("rb") as file:
        for time, octets in dpkt.pcap.Reader(file):
            if (segment := read_segment(octets)) and segment.flow in sides:
                segments.append((int(time * 1_000_000) * 1000, octets, segment))
                sides[segment.flow].learns(segment)
    return [Frame(time, octets, sides[segment.flow].carried(segment)) for time, octets, segment in segments]


class _Stream:
    """One direction of a connection: its octets, and the sequence number of the first of them."""

    def __init__(self, number: int, from_client: bool, octets: bytes) -> None:
        self._number, self._from_client, self._octets = number, from_client, octets
        self._origin: int | None = None

    def learns(self, segment: Segment) -> None:
        """Where a payload stands once and only once in the stream tells the origin, SYN or not."""
        payload = segment.payload
        if self._origin is None and len(payload) > 20 and self._octets.count(payload) == 1:
            self._origin = (segment.sequence - self._octets.index(payload)) % SEQUENCE_SPACE

    def carried(self, segment: Segment) -> Range | None:
        """The octets of the stream in a segment."""
        if self._origin is None or not segment.payload:
            return None
        offset = (segment.sequence - self._origin) % SEQUENCE_SPACE
        if self._octets[offset : offset + len(segment.payload)] != segment.payload:
            return None  # a keep-alive's octet
        return Range(self._number, self._from_client, offset, len(segment.payload))
