"""A tap on several connections, from their octets to the records.

``Tap(LOU)`` records lou. ``line = tap.line()`` is a connection; ``line.hear(*dialogue)`` what passes on it, written
as in :mod:`tests.msnp.dialogue`. With ``packed`` the events cross to another process on their way, as with workers.
"""

from socket import inet_aton

from rcds_sniffer.events import Event
from rcds_sniffer.orders import Everybody, NamedTargets
from rcds_sniffer.protocols.msn import MsnDecoder
from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.records.recorder import Recorder
from rcds_sniffer.workers.packing import Packed, Packer, Unpacker, from_octets, to_octets
from reassembly.events import Endpoint, Flow, StreamData, StreamEnd, StreamGap
from tests.msnp.dialogue import Said

START = 1_300_000_000_000_000_000
STEP = 10_000_000
"""Between two things that are said, ns."""


class Tap:
    """One run."""

    def __init__(self, *targets: str, packed: bool = False) -> None:
        self.records: list[CommunicationRecord] = []
        self.time, self.packet, self.lines = START, 0, 0
        warrant = NamedTargets(targets) if targets else Everybody()
        self.recorder = Recorder(warrant, self.records.append, "nis-1")
        self._packer, self._unpacker = Packer(), Unpacker()
        self.decoder = MsnDecoder(self._cross if packed else self.recorder.receive)

    def _cross(self, event: Event) -> None:
        packed: list[Packed] = []
        self._packer.pack(event, packed)
        for one in from_octets(to_octets(packed)):
            arrived = self._unpacker.unpack(one)
            if arrived is not None:
                self.recorder.receive(arrived)

    def line(self, *, late: bool = False, server: str = "192.0.2.9") -> "Line":
        """A connection; ``late``: joined in mid-stream."""
        self.lines += 1
        return Line(self, f"10.0.0.{self.lines}", server, late=late)

    def wait(self, seconds: float) -> None:
        self.time += int(seconds * 1_000_000_000)

    def end(self) -> list[CommunicationRecord]:
        """All records, in order of time."""
        self.recorder.close()
        return sorted(self.records, key=lambda record: (record.time, record.event))

    def told(self, target: str | None, *events: str) -> list[str]:
        """The target's records of these events, short: ``message kim@b.example>lou@a.example hi``."""
        return [
            f"{r.event} {r.sender}>{','.join(r.recipients)}" + (f" {r.text}" if r.text is not None else "")
            for r in sorted(self.records, key=lambda record: record.time)
            if r.target == target and (not events or r.event in events)
        ]


class Line:
    """One connection."""

    def __init__(self, tap: Tap, client: str, server: str, *, late: bool) -> None:
        self.tap = tap
        self.flow = Flow(Endpoint(inet_aton(client), 40_000), Endpoint(inet_aton(server), 1863), not late, tap.time)
        self._next = {True: 1000, False: 5000}
        if late:
            for side in (True, False):
                tap.decoder.receive(StreamGap(self.flow, side, tap.time, self._next[side], 0, "tap", None))

    def hear(self, *dialogue: Said) -> "Line":
        for from_client, octets in dialogue:
            tap = self.tap
            tap.packet += 1
            tap.time += STEP
            data = StreamData(self.flow, from_client, tap.time, self._next[from_client], tap.packet, "tap", octets)
            tap.decoder.receive(data)
            self._next[from_client] += len(octets)
        return self

    def close(self) -> None:
        tap = self.tap
        tap.packet += 1
        tap.time += STEP
        tap.decoder.receive(StreamEnd(self.flow, tap.time, tap.packet, "tap", "fin"))
