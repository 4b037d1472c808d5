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
    if engine.get("fragments"):
        yield f"{engine['fragments']:,} IP fragments passed over: they cannot be put together yet"
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
            f"; seen instead: {seen}. Name others with --ports" if seen else "; no IP was seen"
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
    """``tcp 443 (120), udp 53 (7), ip protocol 47 (3)``: of each packet the port that more have, by frequency."""
    from dpkt import Error  # noqa: PLC0415 - only when there is something to explain

    pairs: list[list[tuple[str, int]]] = []
    for packet in sample:
        try:
            pairs.append(ports_of(packet))
        except (Error, IndexError, ValueError):
            continue
    common = Counter(port for pair in pairs for port in pair)
    ports = Counter(max(pair, key=lambda port: common[port]) for pair in pairs if pair)
    return ", ".join(f"{kind} {port} ({count:,})" for (kind, port), count in ports.most_common(TOP))


def ports_of(packet: Packet) -> list[tuple[str, int]]:
    """Both ports of a packet, or its IP protocol. Raises what dpkt does on packets that are broken or cut."""
    from dpkt import ethernet, ip, ip6, tcp, udp  # noqa: PLC0415 - the same

    if packet.link_type != 1:
        return []
    layer = ethernet.Ethernet(packet.octets).data
    number = getattr(layer, "p", 0)
    while isinstance(layer, ip.IP | ip6.IP6):
        layer = layer.data
    if isinstance(layer, tcp.TCP | udp.UDP):
        kind = "tcp" if isinstance(layer, tcp.TCP) else "udp"
        return [(kind, layer.sport), (kind, layer.dport)]
    return [("ip protocol", number)] if number else []
