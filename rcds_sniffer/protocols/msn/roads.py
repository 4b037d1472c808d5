"""Flows that are not MSNP as they stand, or of which that is not known yet: what they are, and who reads them.

A flow is held back, bounded, until its first octets say what it is (:mod:`msnp.openings`). Then it is MSNP after
all; a web gateway or a proxy, which brings the octets of other connections (:mod:`msnp.gateway`); a file on its
way from one peer to the other (:mod:`msnp.msnftp`, :mod:`msnp.p2p.direct`); or nobody's, and what it holds is
dropped.

What goes from peer to peer belongs to the conversation in which it was agreed on. So it is told as a connection
between the two peers whose conversation is that one.
"""

import ipaddress
from typing import TYPE_CHECKING, Final, Protocol

import msnp.events as msn
import msnp.utterances as said
from msnp.mark import Mark
from msnp.openings import Opening, opening
from msnp.state import State
from rcds_sniffer import events as shared
from rcds_sniffer.events import Connection, Seen
from rcds_sniffer.protocols.msn.translation import seen_at, translate_utterance
from reassembly.events import Flow, StreamData, StreamGap

if TYPE_CHECKING:
    from msnp.gateway.streams import Opened
    from msnp.gateway.tunnels import Tunnels
    from rcds_sniffer.protocols.msn.decoder import MsnDecoder

PORTS: Final = (1863,)
"""The port that Microsoft registered for MSNP; ``--ports`` names others."""

TRANSFER_PORTS: Final = tuple(range(6891, 6901))
"""Where clients wait for a file, unless they say otherwise."""

GATEWAY_PORTS: Final = (80, 1080, 8080)
"""Of web gateways and proxies."""

ROADS: Final = frozenset(GATEWAY_PORTS + TRANSFER_PORTS)
"""Ports on which MSNP is only one thing of many."""

MAX_HELD: Final = 64
"""Runs of octets and gaps of a flow that are held back; beyond, it is nobody's."""
MAX_ELSEWHERE: Final = 64
"""Sessions for which one flow carries files; beyond, what it carries for others is not told."""

_WORDS = (
    b"POST ",
    b"GET ",
    b"CONNECT ",
    b"HTTP/1.",
    b"VER MSNFTP",
    b"\x04\x00\x00\x00foo\x00",
    b"\x04\x01",
    b"\x05",
)
"""With these no connection to a messenger server begins."""


def is_other_road(octets: bytes) -> bool:
    """Whether the first octets of a flow on a messenger server's port show that it is none."""
    return octets.startswith(_WORDS)


class Reader(Protocol):
    """Who reads another road: a stream, of which it is known whether it is one of MSN's."""

    @property
    def concerned(self) -> bool:
        """Something that is MSN's was found on it, so that what is lost of it may be a loss."""

    def analyze_packet(self, from_client: bool, octets: bytes, mark: Mark, /) -> None:
        """As of a stream."""

    def gap(self, from_client: bool, length: int | None, mark: Mark, /) -> None:
        """As of a stream."""

    def end(self, mark: Mark, *, closed: bool = True) -> None:
        """As of a stream."""


class Stream(Protocol):
    """Who reads octets of two sides: a line, or the reader of another road."""

    def analyze_packet(self, from_client: bool, octets: bytes, mark: Mark, /) -> None:
        """Take the next octets of one side."""

    def gap(self, from_client: bool, length: int | None, mark: Mark, /) -> None:
        """Octets of one side are missing in front of ``mark``."""

    def end(self, mark: Mark, *, closed: bool = True) -> None:
        """Nothing more will come."""


class Road:
    """One flow, until it ends."""

    def __init__(self, flow: Flow, decoder: "MsnDecoder", tunnels: "Tunnelled") -> None:
        self._flow = flow
        self._decoder = decoder
        self._tunnels = tunnels
        self._held: list[StreamData | StreamGap] = []
        self._opening = {True: b"", False: b""}
        self._stream: Reader | None = None
        self._known = False
        self._gaps = self._gap_octets = 0
        self._elsewhere: dict[State, Connection] = {}

    def receive(self, event: StreamData | StreamGap) -> None:
        """Take octets, or that some are missing."""
        if isinstance(event, StreamGap):
            self._gaps += 1
            self._gap_octets += event.length or 0
        if self._known:
            if self._stream is not None:
                _hand_on(self._stream, event)
                self._flow.ignored = getattr(self._stream, "foreign", False)
            return
        self._held.append(event)
        if isinstance(event, StreamData):
            self._opening[event.from_client] += event.octets
        begun = self._flow.opened and not self._gaps
        found = opening(
            self._opening[True], self._opening[False], ports_say=self._expected(event.time), begun=begun
        )
        if found is None and len(self._held) <= MAX_HELD:
            return
        self._known = True
        held, self._held = self._held, []
        self._opening = {}
        if found is Opening.MSNP:
            self._decoder.open(self._flow)
            for one in held:
                self._decoder.receive(one)
            return
        self._stream = None if found is None else self._reader(found)
        self._flow.ignored = self._stream is None
        if self._stream is not None:
            for one in held:
                _hand_on(self._stream, one)

    def end(self, mark: Mark, *, closed: bool) -> None:
        """The flow is over."""
        if self._stream is not None:
            self._stream.end(mark, closed=closed)
        if self._stream is None or not self._stream.concerned:
            self._decoder.counters["foreign_gaps"] += self._gaps
            self._decoder.counters["foreign_gap_octets"] += self._gap_octets
        seen = Seen(mark.time, mark.sequence, mark.packet, mark.source, True)
        for connection in self._elsewhere.values():
            self._decoder.emit(shared.ConnectionClosed(connection, seen))

    def _reader(self, found: Opening) -> Reader | None:
        """Who reads it; most runs meet none of these, and need not import them."""
        rendezvous = self._decoder.links.rendezvous
        if found is Opening.HTTP:
            from msnp.gateway.http import HttpLine  # noqa: PLC0415

            client, server = str(self._flow.client), str(self._flow.server)
            return HttpLine(
                self._tunnels.tunnels(), self._open_plain, self._flow, client, server, self._flow.opened
            )
        if found is Opening.SOCKS:
            from msnp.gateway.socks import SocksLine  # noqa: PLC0415

            return SocksLine(self._open_plain)
        if found is Opening.MSNFTP:
            from msnp.msnftp import FtpLine  # noqa: PLC0415

            return FtpLine(rendezvous, self._port(), self._emit)
        if found is Opening.DIRECT:
            from msnp.p2p.direct import DirectLine  # noqa: PLC0415

            return DirectLine(rendezvous, self._port(), self._emit)
        return None

    def _expected(self, time: int) -> bool:
        """Whether it is one of MSN's ports, or what the traffic agreed on, and not only a port that it named."""
        flow, rendezvous = self._flow, self._decoder.links.rendezvous
        ports = flow.server.port, flow.client.port
        return (
            not ROADS.isdisjoint(ports)
            or self._decoder.is_plain(flow)
            or any(rendezvous.expects_server(str(end), time) for end in (flow.server, flow.client))
            or any(rendezvous.direct(port, None, time) or rendezvous.ftp("", port, time) for port in ports)
        )

    def _port(self) -> int:
        """The one that is waited at: where the beginning was missed, the other end may have been taken for it."""
        flow, wanted = self._flow, self._decoder.wanted
        return flow.client.port if flow.client.port in wanted and not flow.opened else flow.server.port

    # --- through a proxy ------------------------------------------------------------------------------------

    def _open_plain(self, opened: "Opened") -> Stream:
        """Behind a proxy's preamble: a connection like any other, but for the server's address."""
        flow = self._flow
        connection = Connection(
            "msnp", str(flow.client), str(flow.server), flow.started, None, address_of(opened.server)
        )
        return self._decoder.begin(connection, connection.realm or connection.server, sides_certain=True)

    # --- from peer to peer ----------------------------------------------------------------------------------

    def _emit(self, state: State, event: msn.Event) -> None:
        """What was found here for the session that agreed on it."""
        if not isinstance(event, said.Message):
            return
        connection = self._elsewhere.get(state)
        if connection is None:
            if len(self._elsewhere) >= MAX_ELSEWHERE:
                return
            flow = self._flow
            client, server = str(flow.client), str(flow.server)
            connection = stand_in(self._decoder, state, event, client, server, flow.started)
            self._elsewhere[state] = connection
        self._decoder.emit(translate_utterance(event, connection))


def stand_in(  # noqa: PLR0917 - what makes a connection; all are always given
    decoder: "MsnDecoder", state: State, event: said.Message, client: str, server: str, started: int
) -> Connection:
    """A connection of the one conversation of a session, for what is told of it elsewhere, or behind its end."""
    emit = decoder.emit
    unknown = state.account is None  # then only its packets say whose it is
    made = Connection("msnp", client, server, started, None, state.server, unknown)
    seen = seen_at(event.mark, event.from_client, 0)
    decoder.note_version(state.account, made)
    if state.account is not None:
        emit(shared.AccountKnown(made, seen, account=state.account, evidence="transfer"))
    if state.session_id is not None:
        emit(shared.ConversationKnown(made, seen, session_id=state.session_id))
    return made


class Tunnelled:
    """The tunnels of a run, each of which is a connection although no TCP connection is."""

    def __init__(self, decoder: "MsnDecoder") -> None:
        self._decoder = decoder
        self._latest = Mark(0, 0, 0, "")
        self._tunnels: Tunnels | None = None

    def tunnels(self) -> "Tunnels":
        """All of them."""
        if self._tunnels is None:
            from msnp.gateway.tunnels import Tunnels  # noqa: PLC0415 - the same

            self._tunnels = Tunnels(self._open)
        return self._tunnels

    def close(self) -> None:
        """The capture is over."""
        if self._tunnels is not None:
            self._tunnels.close(self._latest)

    def _open(self, opened: "Opened", mark: Mark, origin: object) -> Stream:
        """``origin``: the flow that opened it."""
        assert isinstance(origin, Flow)  # noqa: S101 - what Road handed in
        self._latest = mark
        realm = address_of(opened.server)
        made = Connection("msnp", str(origin.client), str(origin.server), mark.time, None, realm, True)
        return self._decoder.begin(made, realm or made.server, sides_certain=True)


def _hand_on(stream: Stream, event: StreamData | StreamGap) -> None:
    mark = Mark(event.time, event.sequence, event.packet, event.source)
    if isinstance(event, StreamData):
        stream.analyze_packet(event.from_client, event.octets, mark)
    else:
        stream.gap(event.from_client, event.length, mark)


def address_of(server: str | None) -> str | None:
    """A server that a proxy was asked for, ``ip:port``; None where it was asked for by name."""
    host, colon, port = (server or "").rpartition(":")
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
    if not colon or not port.isascii() or not port.isdigit():
        return None
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"
