"""Why a run found nothing. Numbers only: it names nobody."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from capture.packet import Packet
from capture.source import Source
from rcds_sniffer.cli.wording import number
from rcds_sniffer.pipeline import Outcome

TOP = 5
"""Ports that the explanation names."""

TUNNELS = frozenset(
    {
        ("udp", 4789),  # VXLAN
        ("udp", 8472),  # VXLAN before it had a number
        ("udp", 6081),  # GENEVE
        ("udp", 2152),  # GTP-U
        ("udp", 37008),  # TZSP
        ("ip protocol", 4),  # IPv4 in IP
        ("ip protocol", 41),  # IPv6 in IP
        ("ip protocol", 47),  # GRE, ERSPAN
    }
)
GATEWAY = frozenset({("tcp", 80), ("tcp", 8080)})
"""Where clients behind a proxy reach the servers by HTTP."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What else than accounts and ports was asked for, and may be why nothing was found."""

    period: bool = False
    own_filter: bool = False
    """``--bpf``."""
    tunnels: bool = True
    """Whether the filter lets tunnels pass."""
    live: bool = False
    """On interfaces, where the kernel filters and what it refuses is not seen."""
    engine: str = "native"
    orders: bool = False
    """Interception orders say who is recorded."""


def explanation(outcome: Outcome, source: Source, asked: Asked) -> Iterator[str]:
    """Why there is no record."""
    engine = outcome.engine
    tls = sum(decoder.get("tls", 0) for decoder in outcome.decoders.values())
    where = "that the filter of --bpf accepts" if asked.own_filter else "on the ports asked for"
    if not outcome.packets and asked.live:
        yield f"Nothing found: no packet came {where}; `rcds-sniffer doctor -i IFACE` tells what comes instead"
    elif not outcome.packets:
        yield "Nothing found: the capture holds no packets"
    elif outcome.packets == outcome.refused:
        yield f"Nothing found: no packet is {'one ' if asked.own_filter else ''}{where}"
        yield from seen_instead(busiest(source.refused_sample), asked)
    elif engine.get("unknown_link", 0) + engine.get("bad_checksum", 0) >= outcome.packets - outcome.refused:
        yield "Nothing found: none of the packets could be read, see above"
    elif not engine.get("tcp_segments"):
        reader = "" if asked.engine == "native" else f" by the engine {asked.engine}; try --engine native"
        yield f"Nothing found: of the packets {where} none is TCP over a link that can be read{reader}"
    elif sum(decoder.get("recognised", 0) for decoder in outcome.decoders.values()):
        if asked.orders:
            yield "Nothing recorded: MSNP was decoded, but no order was in force for anybody who took part in it"
            return
        period = "nothing falls into the period asked for, or " if asked.period else ""
        yield (
            f"Nothing found: MSNP was decoded, but {period}none of the accounts asked for took part in it. "
            "Are they spelt as they sign in?"
        )
    elif tls:
        plural = "is" if tls == 1 else "are"
        yield f"Nothing found: {number(tls, 'connection')} {where} {plural} TLS, which cannot be read"
    else:
        yield f"Nothing found: no connection {where} speaks MSNP"


def seen_instead(ports: Sequence[tuple[str, int, int]], asked: Asked) -> Iterator[str]:
    """What a capture holds whose packets were all refused, and what to do about it."""
    if not ports:
        yield "No IP was seen"
        return
    yield "Seen instead: " + ", ".join(f"{kind} {port} ({count:,})" for kind, port, count in ports)
    found = {(kind, port) for kind, port, _ in ports}
    if found & TUNNELS and not asked.tunnels:
        yield "MSNP may be inside the tunnels among these: look into them with --tunnels"
    if found & GATEWAY:
        yield "MSNP may be inside the HTTP among these: look into it with --gateways"
    if any(kind == "tcp" for kind, _ in found - GATEWAY):
        yield "Leave out --bpf, or correct it" if asked.own_filter else "Name other TCP ports with --ports"


def busiest(sample: Sequence[Packet]) -> list[tuple[str, int, int]]:
    """``tcp 443``, ``udp 53``, ``ip protocol 47``: of each packet the port that more have, else the lower.

    With each, how many packets.
    """
    from dpkt import Error  # noqa: PLC0415 - only when there is something to explain

    pairs: list[list[tuple[str, int]]] = []
    for packet in sample:
        try:
            pairs.append(ports_of(packet))
        except (Error, IndexError, ValueError):
            continue
    common = Counter(port for pair in pairs for port in pair)
    ports = Counter(max(pair, key=lambda port: (common[port], -port[1])) for pair in pairs if pair)
    return [(kind, port, count) for (kind, port), count in ports.most_common(TOP)]


def ports_of(packet: Packet) -> list[tuple[str, int]]:
    """Both ports of a packet, or its IP protocol. Raises what dpkt does on packets that are broken or cut."""
    from dpkt import ethernet, ip, ip6, tcp, udp  # noqa: PLC0415 - the same

    if packet.link_type != 1:
        return []
    layer = ethernet.Ethernet(packet.octets).data
    protocol = getattr(layer, "p", 0)
    if protocol in (4, 41):  # a tunnel, of which dpkt would tell the inside
        return [("ip protocol", protocol)]
    while isinstance(layer, ip.IP | ip6.IP6):
        layer = layer.data
    if isinstance(layer, tcp.TCP | udp.UDP):
        kind = "tcp" if isinstance(layer, tcp.TCP) else "udp"
        return [(kind, layer.sport), (kind, layer.dport)]
    return [("ip protocol", protocol)] if protocol else []
