"""The engine of the RCDS paper: libnids, whose callback is the paper's ``process_MSNIpacket``, behind our contract.

Takes packets, gives `StreamData`, `StreamGap` and `StreamEnd` as `NativeEngine` does, and is right where libnids
is: IPv4 connections whose handshake was captured and of which nothing was lost. It is there to be compared with,
and for whoever trusts the library of twenty years more than us. What libnids cannot do, this engine cannot:

- No connection without its SYN, SYN+ACK and ACK in this order: nothing that began before the capture, nothing of
  which one direction is seen, no octets that came with the SYN.
- A lost segment stalls its direction for good, as do 64 KiB that wait behind a late one. The contract's bounded
  wait is not kept: a `StreamGap` with all that is missing comes right ahead of the `StreamEnd`.
- Octets that the tap saw after an acknowledgment that goes beyond them are lost, and those beyond the window.
- No IPv6, no tunnels, and no segment that the capture holds in part or whose IP length is 0.
- A port pair that is used again while the connection before it has not ended properly: not followed before `REUSE`
  has passed since its handshake.
- An idle connection does not end. At the limit `CONNECTIONS` the one opened first ends, not the idlest.

Where reordered segments come out together, each still has the time and number of its own packet.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from capture.packet import Packet
from reassembly import nids
from reassembly.counters import Counters
from reassembly.engine import EventCallback
from reassembly.events import Endpoint, Flow, StreamData, StreamEnd, StreamEvent, StreamGap
from reassembly.limits import DEFAULT_LIMITS
from reassembly.sequence import MASK
from reassembly.sieve import Fate

CONNECTIONS = 20_000
"""Connections followed at once, each 300 octets and its buffers. One more: the one opened first ends ``evicted``.
With libnids' own 780 a busy line kept 38 % of its messages."""
REUSE = 120
"""Seconds since a handshake from which on a SYN with the same addresses and ports is no copy: it begins another
connection. No segment lives longer (the maximum segment lifetime of RFC 9293 §3.4.2)."""

_REASONS = {
    nids.NIDS_CLOSE: "fin",
    nids.NIDS_RESET: "rst",
    nids.NIDS_FORGOTTEN: "reused",
    nids.NIDS_EXITING: "capture-end",
}

_REFUSED = {
    Fate.UNKNOWN_LINK: "unknown_link",
    Fate.NOT_IPV4: "not_ip",
    Fate.NOT_TCP: "not_tcp",
    Fate.MALFORMED: "malformed",
    Fate.TRUNCATED: "malformed",
    Fate.BAD_CHECKSUM: "bad_checksum",
}

Mark = tuple[int, int, str]
"""A packet: time, number, source."""


@dataclass(slots=True)
class _Followed:
    flow: Flow
    emitted: bool = False


class LibnidsEngine:
    """An `Engine` on libnids. One at a time in a process: `close` it before the next.

    Raises:
        nids.error: another one is open.
    """

    def __init__(self, callback: EventCallback, verify_checksums: bool = False) -> None:
        nids.param("n_tcp_streams", CONNECTIONS * 4 // 3 + 1)  # three quarters of its table are used
        nids.param("tcp_flow_timeout", REUSE)
        nids.param("tcp_workarounds", 1)
        nids.chksum_ctl([("0.0.0.0/0", verify_checksums)])
        nids.init()
        nids.register_tcp(self._changed)
        self.counters = Counters()
        self._callback = callback
        self._flows: dict[nids.TcpStream, _Followed] = {}
        self._mark: Mark = (0, 0, "")
        self._steps = 0
        self._last_words: dict[nids.TcpStream, list[StreamEvent]] | None = None

    def feed(self, packet: Packet) -> None:
        """Take one packet; the events it completes are called back before this returns."""
        time, octets, _, link_type, number, source = packet
        self._mark = (time, number, source)
        counters = self.counters
        counters.packets += 1
        fate = nids.feed(time - self._steps, octets, link_type, self._mark)
        if fate is Fate.TAKEN:
            counters.tcp_segments += 1
        elif fate is Fate.PIECE:
            self._count_pieces()
        else:
            self._refused(fate)

    def feed_all(self, batch: Sequence[Packet]) -> None:
        """Take packets in their order."""
        for packet in batch:
            self.feed(packet)

    def advance(self, time: int) -> None:
        """Capture time has come to ``time`` (nanoseconds since 1970 UTC) without a packet; waits may end."""
        self._mark = (time, self._mark[1], self._mark[2])
        nids.advance(time - self._steps)

    def stepped(self, by: int) -> None:
        """The capture clock was set by ``by`` nanoseconds (forward positive): libnids' goes on as if it had not."""
        self._steps += by

    def close(self) -> None:
        """End of capture: every open flow ends, oldest first."""
        self._last_words = {}
        try:
            nids.exit()
        finally:
            self._count_pieces()
            # libnids says goodbye in the order of its hash table, which chance rules.
            words, self._last_words = self._last_words, None
            flows, self._flows = self._flows, {}
            self.counters.flows_now = 0
        for stream in flows:
            for event in words.get(stream, []):
                self._callback(event)

    def _count_pieces(self) -> None:
        pieces, counters = nids.pieces(), self.counters
        counters.fragments, counters.fragments_dropped = pieces.seen, pieces.dropped
        counters.datagrams_joined = pieces.joined

    def _refused(self, fate: Fate) -> None:
        name = _REFUSED[fate]
        setattr(self.counters, name, getattr(self.counters, name) + 1)
        self.counters.truncated += fate is Fate.TRUNCATED

    def _changed(self, stream: nids.TcpStream) -> None:
        """libnids' callback: something happened to a connection."""
        state = stream.nids_state
        if state == nids.NIDS_DATA:
            self._data(stream)
        elif state == nids.NIDS_JUST_EST:
            self._begin(stream)
        else:
            self._end(stream, state)

    def _begin(self, stream: nids.TcpStream) -> None:
        for half in (stream.client, stream.server):
            half.collect = half.collect_urg = True
        client, server = (Endpoint(_octets(address), port) for address, port in stream.addr)
        self._flows[stream] = _Followed(Flow(client, server, True, stream.started + self._steps))
        counters = self.counters
        counters.flows += 1
        counters.flows_now += 1
        counters.flows_peak = max(counters.flows_peak, counters.flows_now)

    def _data(self, stream: nids.TcpStream) -> None:
        followed = self._flows[stream]
        half, from_client = stream.server, True
        if not (half.count_new or half.count_new_urg):
            half, from_client = stream.client, False
        # To us an urgent octet is one like the others, as it is to whoever reads the socket (RFC 6093 §2.4).
        octets = half.urgdata if half.count_new_urg else half.data
        time, number, source = stream.mark or self._mark
        followed.emitted = True
        self._callback(StreamData(followed.flow, from_client, time, half.sequence, number, source, octets))

    def _end(self, stream: nids.TcpStream, state: int) -> None:
        followed = self._flows[stream]
        events: list[StreamEvent] = []
        fins: list[Mark] = []
        if state != nids.NIDS_FORGOTTEN:
            for half, from_client in ((stream.server, True), (stream.client, False)):
                fins += [half.finished_by] if half.finished else []
                events += self._missing(followed.flow, half, from_client)
        reason, mark = _REASONS.get(state, "evicted"), self._mark
        if fins and (state == nids.NIDS_EXITING or len(fins) == 2):
            reason, mark = "fin", max(fins)
        if followed.emitted or events:
            events.append(StreamEnd(followed.flow, *mark, reason))
        if self._last_words is not None:
            self._last_words[stream] = events
            return
        del self._flows[stream]
        self.counters.flows_now -= 1
        self.counters.evicted += reason == "evicted"
        self.counters.reused += reason == "reused"
        for event in events:
            self._callback(event)

    def _missing(self, flow: Flow, half: nids.HalfStream, from_client: bool) -> list[StreamEvent]:
        """What a direction still owes."""
        missing = half.missing
        if not missing:
            return []
        if missing > DEFAULT_LIMITS.window:
            self.counters.implausible += 1
            return []
        self.counters.gaps += 1
        self.counters.gap_octets += missing
        time, number, source = self._mark
        sequence = (half.sequence + missing) & MASK
        return [StreamGap(flow, from_client, time, sequence, number, source, missing)]


def _octets(address: str) -> bytes:
    return bytes(map(int, address.split(".")))
