"""The summary at the end of a run, and the reason when it found nothing. Numbers only: it names nobody."""

from collections import Counter
from collections.abc import Iterator, Sequence

from capture.packet import Packet
from capture.source import Source
from rcds_sniffer.pipeline import Outcome

TOP = 5
"""Ports that the explanation names."""


def summary(outcome: Outcome, source: Source, stored: int | None) -> Iterator[str]:
    """The lines of the summary."""
    engine = outcome.engine
    elsewhere = f" ({outcome.refused:,} not on the ports asked for)" if outcome.refused else ""
    yield f"{outcome.packets:,} packets{elsewhere}, {engine.get('flows', 0):,} TCP connections"
    recognised = sum(decoder.get("recognised", 0) for decoder in outcome.decoders.values())
    events = ", ".join(
        f"{count:,} {event}" for event, count in sorted(outcome.events.items(), key=lambda e: (-e[1], e[0]))
    )
    records = outcome.recorder.get("records", 0)
    yield f"{recognised:,} of them spoke MSNP; {records:,} records" + (f": {events}" if events else "")
    if stored is not None:
        yield f"{stored:,} stored" + (f", {records - stored:,} were there already" if records > stored else "")
    if engine.get("mid_stream"):
        yield f"{engine['mid_stream']:,} connections joined in mid-stream"
    if engine.get("one_direction"):
        yield f"{engine['one_direction']:,} connections of which only one direction passed the tap"
    if outcome.recorder.get("unattributed"):
        yield f"{outcome.recorder['unattributed']:,} events of connections whose account never showed: not recorded"
    yield from losses(outcome, source)
    if not records:
        yield from explanation(outcome, source)


def losses(outcome: Outcome, source: Source) -> Iterator[str]:
    """What was lost, and where."""
    engine = outcome.engine
    if outcome.dropped:
        yield f"LOST: {outcome.dropped:,} packets dropped before they could be read"
    if engine.get("gap_octets"):
        yield (
            f"LOST: {engine['gap_octets']:,} octets in {engine.get('gaps', 0):,} gaps never passed the tap; "
            f"{outcome.recorder.get('incomplete', 0):,} records are incomplete"
        )
    if engine.get("late_octets"):
        yield f"LOST: {engine['late_octets']:,} octets came after their gap was given up"
    if engine.get("evicted"):
        yield f"LOST: {engine['evicted']:,} connections given up at the limit of open connections"
    for cut in source.truncations:
        yield f"LOST: {cut}"


def explanation(outcome: Outcome, source: Source) -> Iterator[str]:
    """Why there is no record."""
    engine = outcome.engine
    accepted = outcome.packets - outcome.refused
    recognised = sum(decoder.get("recognised", 0) for decoder in outcome.decoders.values())
    tls = sum(decoder.get("tls", 0) for decoder in outcome.decoders.values())
    if not outcome.packets:
        yield "Nothing found: the capture holds no packets"
    elif not accepted:
        seen = busiest(source.refused_sample)
        yield "Nothing found: no packet is on the ports asked for" + (
            f"; seen instead: {seen}. Name others with --ports" if seen else "; no TCP or UDP was seen"
        )
    elif engine.get("unknown_link"):
        yield f"Nothing found: {engine['unknown_link']:,} packets are of a link type that is not supported"
    elif not engine.get("tcp_segments"):
        yield "Nothing found: of the packets on these ports none is TCP over a link that can be read"
    elif recognised:
        yield (
            "Nothing found: MSNP was decoded, but none of the accounts asked for took part in it. "
            "Are they spelt as they sign in?"
        )
    elif tls:
        yield f"Nothing found: {tls:,} connections on these ports are TLS, which cannot be read"
    else:
        yield "Nothing found: no connection on these ports speaks MSNP"


def busiest(sample: Sequence[Packet]) -> str:
    """``tcp 443 (120), udp 53 (7)``: of each packet the port that more packets have, the most frequent first."""
    import dpkt  # noqa: PLC0415 - only when there is something to explain

    pairs: list[tuple[tuple[str, int], tuple[str, int]]] = []
    for packet in sample:
        try:
            layer = dpkt.ethernet.Ethernet(packet.octets).data if packet.link_type == 1 else None
            while isinstance(layer, dpkt.ip.IP | dpkt.ip6.IP6):
                layer = layer.data
            if isinstance(layer, dpkt.tcp.TCP | dpkt.udp.UDP):
                kind = "tcp" if isinstance(layer, dpkt.tcp.TCP) else "udp"
                pairs.append(((kind, layer.sport), (kind, layer.dport)))
        except (dpkt.Error, IndexError, ValueError):
            continue
    common = Counter(port for pair in pairs for port in pair)
    ports = Counter(max(pair, key=lambda port: common[port]) for pair in pairs)
    return ", ".join(f"{kind} {port} ({count:,})" for (kind, port), count in ports.most_common(TOP))
