# cython: annotation_typing=False
"""The callback of the stream engine: every flow's events to its line, or to the road that it may prove to be.

``MsnDecoder.receive`` is what the paper calls ``process_MSNIpacket``: it hands the octets to
:meth:`msnp.session.MsnSession.analyze_packet`, and the handlers there find the events. A flow on a messenger
server's port is plain MSNP from its first octet, unless that says otherwise.
"""

from collections.abc import Callable

import msnp.events as msn
import msnp.utterances as said
from msnp.links import Links
from msnp.mark import Mark
from msnp.p2p.waiting import give_up, keep_waiting
from msnp.state import State
from rcds_sniffer.events import Connection, ConnectionClosed, Event, Seen
from rcds_sniffer.protocols.msn.line import Line
from rcds_sniffer.protocols.msn.roads import PORTS, ROADS, Road, Tunnelled, is_other_road, stand_in
from rcds_sniffer.protocols.msn.translation import translate_utterance
from reassembly.events import Flow, StreamData, StreamEnd, StreamEvent, StreamGap

CLOSED = frozenset({"fin", "rst", "reused"})
"""Reasons of a StreamEnd that say that the connection is over; with others it is only followed no longer."""

MAX_VERSIONS = 100_000
"""Accounts whose version is remembered for their switchboards; beyond, the oldest is forgotten."""


class MsnDecoder:
    """Follows the MSN connections of one run, and what else they use: other roads, and files on their way.

    ``ports`` are those of messenger servers, where MSNP needs no proof.
    """

    def __init__(
        self, emit: Callable[[Event], None], ports: frozenset[int] = frozenset(PORTS), *, looks_again: bool = False
    ) -> None:
        self.emit = emit
        self.links = Links()
        if looks_again:
            keep_waiting(self.links)
        self.counters: dict[str, int] = {
            "connections": 0,
            "recognised": 0,
            "tls": 0,
            "foreign_gaps": 0,
            "foreign_gap_octets": 0,
        }
        self._ports = ports - ROADS
        self._lines: dict[Flow, Line] = {}
        self._roads: dict[Flow, Road] = {}
        self._tunnels = Tunnelled(self)
        self._versions: dict[str, str] = {}

    @property
    def wanted(self) -> frozenset[int]:
        """TCP ports that the traffic itself named lately: of servers, and where a file goes from peer to peer."""
        return self.links.rendezvous.ports

    def receive(self, event: StreamEvent) -> None:
        """Take one stream event: the paper's ``process_MSNIpacket``."""
        if isinstance(event, StreamData) and self._hear(event):
            return
        flow = event.flow
        line = self._lines.get(flow)
        road = None if line is not None else self._roads.get(flow)
        if isinstance(event, StreamEnd):
            mark = Mark(event.time, 0, event.packet, event.source)
            if line is not None:
                del self._lines[flow]
                line.end(mark, closed=event.reason in CLOSED)
            elif road is not None:
                del self._roads[flow]
                road.end(mark, closed=event.reason in CLOSED)
            return
        if line is None and road is None:
            if self.is_plain(flow) and not (
                flow.opened and isinstance(event, StreamData) and is_other_road(event.octets)
            ):
                self.open(flow)
                self.receive(event)
                return
            road = self._roads[flow] = Road(flow, self, self._tunnels)
        if road is not None:
            road.receive(event)
        elif isinstance(event, StreamGap) and line is not None:
            line.gap(event.from_client, event.length, Mark(event.time, event.sequence, event.packet, event.source))

    def _hear(self, data: StreamData) -> bool:
        """Octets, to the line of their flow; False: it has none."""
        line = self._lines.get(data.flow)
        if line is None:
            return False
        session = line.session
        session.muted = line.connection.muted
        if line.silent:
            line.silent = False
            self.counters["tls"] += looks_like_tls(data.octets)
        if data.time > line.connection.heard:  # noqa: PLR1730 - cheaper when compiled
            line.connection.heard = data.time
        session.analyze_octets(data.from_client, data.octets, data.time, data.sequence, data.packet, data.source)
        if not session.recognised and session.foreign:
            data.flow.ignored = True
        return True

    def is_plain(self, flow: Flow) -> bool:
        """Whether it is to be taken for a connection to a messenger server, unless it says otherwise."""
        return flow.server.port in self._ports or flow.client.port in self._ports

    def open(self, flow: Flow) -> Line:
        """A line for a flow, which is MSNP as it stands."""
        connection = Connection("msnp", str(flow.client), str(flow.server), flow.started)
        line = self._lines[flow] = self.begin(connection, connection.server, sides_certain=flow.opened)
        self._roads.pop(flow, None)
        return line

    def begin(self, connection: Connection, server: str, *, sides_certain: bool) -> Line:
        """A line for a connection that speaks to a messenger server, ``ip:port``."""
        self.counters["connections"] += 1
        return Line(self, connection, server, sides_certain)

    def ended(self, line: Line) -> None:
        """A line came to its end."""
        self.counters["recognised"] += line.session.recognised

    def close(self) -> None:
        """The capture is over: what is in tunnels ends, which no connection's end tells, and so do transfers that
        were to go on elsewhere."""
        self._tunnels.close()
        late: dict[State, Connection] = {}

        def tell(state: State, event: msn.Event) -> None:
            if isinstance(event, said.Message):
                if state not in late:
                    late[state] = stand_in(self, state, event, state.client, state.server, event.mark.time)
                self.emit(translate_utterance(event, late[state]))

        give_up(self.links, tell)
        for connection in late.values():
            self.emit(ConnectionClosed(connection, Seen(connection.started, 0, 0, "", True)))

    def note_version(self, account: str | None, connection: Connection) -> None:
        """A switchboard connection agrees on no version: it is the one of the account's notification connection."""
        if account is None:
            return
        if connection.version is not None:
            self._versions[account] = connection.version
            if len(self._versions) > MAX_VERSIONS:
                del self._versions[next(iter(self._versions))]
        else:
            connection.version = self._versions.get(account)


def looks_like_tls(octets: bytes) -> bool:
    """True for a TLS record header (RFC 8446 section 5.1): handshake, version 3.x."""
    return len(octets) >= 3 and octets[0] == 0x16 and octets[1] == 0x03
