"""From numbers to findings: what the packets of a tap say about the tap.

Takes one `Look`; gives findings, each check at most one. Every number above which something is called wrong has a
name and a reason here.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from rcds_sniffer.doctor.examination import Look
from rcds_sniffer.doctor.finding import Finding, count_of, error, fine, hint, warning
from rcds_sniffer.doctor.observer import COARSE, JUMBO_FRAME, LONG_FRAME
from reassembly.headers import GRE_KEY, MPLS_LABEL, PPPOE_SESSION, TEID, VLAN, VNI

ONE_SIDED: Final = 0.1
"""Share of the connections: below it, one that just began or ended is seen from one side on any tap."""
DOUBLED: Final = 0.1
"""Share of the segments: below it, it is the network or a sender that repeats packets. A mirror that shows all
twice reaches a quarter at least, since bare acknowledgments are not looked at."""
LOST: Final = 0.0001
"""Share of the octets: below it, a tap is good, though not perfect."""
JOINED_LATE: Final = 0.5
"""Share of the connections: above it, the capture holds more middles than beginnings."""
UNREADABLE: Final = 0.01
"""Share of the packets."""
WRONG_CHECKSUMS: Final = 0.05
"""Share of the segments: below it they are damaged, above it unfinished."""
SHOWN: Final = 5
"""Ports, VLANs … that a line names."""

_TUNNELS: Final = {
    "in_mpls": "MPLS", "in_pppoe": "PPPoE", "in_gre": "GRE", "in_erspan": "ERSPAN", "in_ip_in_ip": "IP in IP",
    "in_vxlan": "VXLAN", "in_geneve": "Geneve", "in_gtpu": "GTP-U", "in_tzsp": "TZSP",
}  # fmt: skip
_NUMBERS: Final = {VLAN: "VLAN", VNI: "VNI", TEID: "TEID", GRE_KEY: "GRE key or ERSPAN session",
                   MPLS_LABEL: "MPLS label", PPPOE_SESSION: "PPPoE session"}  # fmt: skip


def diagnose(look: Look) -> Iterator[Finding]:
    """What is right and wrong with the traffic, in the order in which one would mend it."""
    if not look.observer.packets:
        mend = "is the mirror port on, and the cable in the right socket?" if look.live else "take another file"
        yield error("packets", "no packet came", mend)
        return
    yield from _source(look)
    yield from _readable(look)
    if look.engine["tcp_segments"]:
        yield from _connections(look)
        yield from _lengths(look)
    yield from _networks(look)
    yield from _times(look)
    if look.engine["unknown_link"] < look.observer.packets:
        yield from _protocol(look)


def _share(part: int, whole: int) -> str:
    """``12 of 100 (12 %)``; small shares with a digit."""
    percent = 100 * part / whole if whole else 0
    return f"{part:,} of {whole:,} ({percent:.{0 if percent >= 10 else 2 if percent < 0.1 else 1}f} %)"


# --- packets ----------------------------------------------------------------------------------------------------


def _source(look: Look) -> Iterator[Finding]:
    observer = look.observer
    if look.live:
        if look.dropped:
            seen = f"{_share(look.dropped, look.dropped + observer.packets)} packets were dropped unread"
            mend = "here all was read, by capture only its ports; if it drops as well: --buffer, a faster CPU"
            yield warning("drops", seen, mend)
        else:
            yield fine("drops", "the kernel dropped nothing")
        silent = [name for name in look.source.name.split(", ") if not observer.by_source[name]]
        if silent:
            mend = "a tap has one line for each direction: look at the cable of this one"
            yield warning("silent", f"nothing came by {', '.join(silent)}", mend)
    if look.source.truncations:
        mend = "the disk was full, or the capture was killed; what came before was read"
        yield warning("file", str(look.source.truncations[0]), mend)
    if look.failure is not None:
        yield warning("file" if not look.live else "line", str(look.failure), "what came before was read")


def _readable(look: Look) -> Iterator[Finding]:
    engine, observer = look.engine, look.observer
    packets = observer.packets
    if engine["unknown_link"]:
        links = ", ".join(map(str, look.source.link_types))
        mend = "capture on an interface whose link type is read (docs/deployment.md)"
        seen = f"{_share(engine['unknown_link'], packets)} packets are of an unknown link type ({links})"
        yield error("link", seen, mend)
    if engine["malformed"] > UNREADABLE * packets:
        seen = f"{_share(engine['malformed'], packets)} packets have headers that are broken or cut"
        yield warning("malformed", seen, "capture whole packets (tcpdump -s 0); look at the card and the line")
    if engine["too_nested"]:
        seen = f"{_share(engine['too_nested'], packets)} packets lie in more tunnels than are read"
        yield warning("nested", seen, "mirror nearer to the clients, inside the tunnels")
    cut = max(engine["truncated"], observer.cut)
    if cut:
        at = f", to {observer.longest_cut:,} octets or fewer" if observer.cut else ""
        mend = "capture whole packets: tcpdump -s 0, or a larger snapshot length on the mirror"
        yield warning("snaplen", f"{_share(cut, packets)} packets are cut{at}", mend)
    else:
        yield fine("snaplen", "packets are whole")
    if engine["fragments_dropped"]:
        seen = f"{_share(engine['fragments_dropped'], engine['fragments'])} IP fragments belong to no whole packet"
        yield warning("fragments", seen, "mirror all fragments: a filter by ports shows the first one only")
    elif engine["fragments"]:
        yield fine("fragments", f"{count_of(engine['fragments'], 'IP fragment')} joined, none is missing")


# --- connections ------------------------------------------------------------------------------------------------


def _connections(look: Look) -> Iterator[Finding]:
    engine, streams = look.engine, look.observer.streams
    alone = engine["one_direction"]
    if alone > ONE_SIDED * streams:
        seen = f"of {_share(alone, streams)} connections only one direction is seen"
        mend = "mirror both directions; of an optical tap listen on both lines: -i IFACE1 -i IFACE2"
        yield warning("directions", seen, mend)
    elif streams:
        yield fine("directions", "both directions are seen")
    doubled = engine["duplicates"]
    if doubled > DOUBLED * engine["tcp_segments"]:
        seen = f"{_share(doubled, engine['tcp_segments'])} TCP segments came twice"
        mend = (
            "mirror one port, or one direction (rx) of several; copies count once, but cost half the mirror's room"
        )
        yield warning("duplicates", seen, mend)
    elif doubled:
        yield fine(
            "duplicates", f"{_share(doubled, engine['tcp_segments'])} TCP segments came twice: the network's"
        )
    else:
        yield fine("duplicates", "packets come once")
    if not engine["truncated"]:  # else what was cut off is missing, which is said already
        yield _loss(look)
    joined = engine["mid_stream"]
    if not look.live and joined > JOINED_LATE * engine["flows"]:
        seen = f"{_share(joined, engine['flows'])} connections were joined in mid-stream"
        yield hint("beginnings", seen, "start the capture before people sign in: who is who is said at the sign-in")


def _loss(look: Look) -> Finding:
    engine, delivered = look.engine, look.observer.delivered
    gaps, acknowledged = engine["gap_octets"], engine["unseen_acknowledged"]
    if not gaps:
        return fine("loss", "no octet is missing")
    seen = f"{_share(gaps, gaps + delivered)} octets are missing in {count_of(engine['gaps'], 'hole')}"
    if acknowledged:
        some = "the other side" if acknowledged == gaps else f"{acknowledged:,} of them: the other side"
        seen += f"; {some} acknowledged them, so they were lost at the tap"
    if gaps < LOST * (gaps + delivered):
        return hint("loss", seen)
    mend = "a mirror port carries no more than its own speed: mirror fewer ports, or take a tap"
    if look.dropped:
        mend = "see drops first; then: " + mend
    return warning("loss", seen, mend)


def _lengths(look: Look) -> Iterator[Finding]:
    observer = look.observer
    if observer.longest > JUMBO_FRAME:
        seen = f"frames of up to {observer.longest:,} octets: segments were merged before they were captured"
        yield warning("merged", seen, "ethtool -K IFACE gro off lro off, where it was captured")
    elif observer.long:
        seen = f"{count_of(observer.long, 'frame')} above {LONG_FRAME:,} octets: jumbo frames, or merged segments"
        yield hint("merged", seen, "if the line has no jumbo frames: ethtool -K IFACE gro off lro off")
    else:
        yield fine("merged", "no merged segments")
    bad, good = observer.checked.bad_checksum, observer.checked.tcp_segments
    if bad > WRONG_CHECKSUMS * (bad + good):
        seen = f"{_share(bad, bad + good)} checksums are unfinished or wrong: captured on a host that sends"
        yield hint("checksums", seen, "do not use --verify-checksums; a mirror port or a tap shows finished ones")
    elif bad:
        seen = f"{_share(bad, bad + good)} checksums are wrong: damaged packets"
        yield hint("checksums", seen, "--verify-checksums leaves them out")
    elif good:
        yield fine("checksums", "checksums are right")


# --- networks ---------------------------------------------------------------------------------------------------


def _networks(look: Look) -> Iterator[Finding]:
    engine, observer = look.engine, look.observer
    if engine["in_vlan"]:
        stacked = f", {engine['in_stacked_vlans']:,} with stacked tags" if engine["in_stacked_vlans"] else ""
        numbers = _numbers(observer.networks, VLAN)
        yield fine("vlans", f"{_share(engine['in_vlan'], observer.packets)} packets are tagged{stacked}{numbers}")
    if engine["overlapping"]:
        seen = f"{count_of(engine['overlapping'], 'connection')} beside another with the same addresses and ports"
        mend = "networks with the same addresses: "
        apart = observer.tagged_apart
        mend += "mirror them apart, as their tags differ by direction" if apart else "give --separate-vlans"
        yield warning("overlapping", seen, mend)
    elif observer.tagged_apart:
        seen = f"the directions of {count_of(observer.tagged_apart, 'connection')} came with different tags"
        yield hint("tags", seen, "do not use --separate-vlans")
    present = {name: kind for name, kind in _TUNNELS.items() if engine[name]}
    if present:
        told = ", ".join(f"{kind} ({engine[name]:,})" for name, kind in present.items())
        numbers = "".join(_numbers(observer.networks, kind) for kind in _NUMBERS if kind != VLAN)
        yield fine("tunnels", f"packets in tunnels: {told}{numbers}")
    if look.live and observer.hidden:
        seen = (
            f"{_share(observer.hidden, observer.on_ports)} segments on the ports are in tunnels that capture leaves"
        )
        yield warning("hidden", seen, "give --tunnels to capture")


def _numbers(networks: Mapping[int, set[int]], kind: int) -> str:
    """``; VLAN 10, 20 and 3 more``."""
    known = sorted(networks.get(kind, ()))
    if not known:
        return ""
    more = f" and {len(known) - SHOWN:,} more" if len(known) > SHOWN else ""
    return f"; {_NUMBERS[kind]} {', '.join(map(str, known[:SHOWN]))}{more}"


# --- time -------------------------------------------------------------------------------------------------------


def _times(look: Look) -> Iterator[Finding]:
    observer, counters = look.observer, look.source.counters
    steps = max(counters.clock_steps, look.engine["clock_steps"])
    if steps:
        by = f", by {counters.clock_stepped / 1e9:+.1f} s in all" if counters.clock_stepped else ""
        mend = "let NTP slew the clock, never set it, while something is captured"
        yield warning("clock", f"the clock was set: {count_of(steps, 'step')}{by}", mend)
    elif observer.tick >= COARSE and look.seconds > 0:
        seen = f"the clock ticks every {observer.tick // COARSE:,} ms: what followed what cannot be told"
        yield warning("clock", seen, "capture with microseconds or better")
    elif observer.backwards:
        seen = f"{_share(observer.backwards, observer.packets)} packets are earlier than the one before them"
        yield hint("clock", seen, "cards with several queues do this: one queue (ethtool -L IFACE combined 1)")
    else:
        yield fine("clock", "times ascend")


# --- what is spoken ---------------------------------------------------------------------------------------------


def _protocol(look: Look) -> Iterator[Finding]:
    observer, decoders = look.observer, look.decoders
    ports = _joined(look.ports)
    recognised = sum(counters.get("recognised", 0) for counters in decoders)
    tls = sum(counters.get("tls", 0) for counters in decoders)
    if look.elsewhere:
        others = list(look.elsewhere)[:SHOWN]
        spoken = count_of(sum(look.elsewhere.values()), "connection")
        seen = f"{spoken} speak a known protocol on other ports: {_joined(others)}"
        yield warning("ports", seen, f"give --ports {','.join(map(str, sorted({*look.ports, *others})))}")
    elif recognised:
        understood = f"{count_of(recognised, 'connection')} understood"
        yield fine("ports", f"{count_of(observer.on_ports, 'TCP segment')} on port {ports}, {understood}")
    elif not observer.on_ports and not observer.gateway:
        instead = _joined(f"{port} ({count:,})" for port, count in observer.ports.most_common(SHOWN))
        seen = f"nothing on port {ports}; TCP ports seen instead: {instead or 'none'}"
        yield warning("ports", seen, "mirror the line that leads to the servers, at a time when people talk")
    elif observer.on_ports and not tls:
        seen = f"{count_of(observer.on_ports, 'TCP segment')} on port {ports}, in which no known protocol is spoken"
        yield warning("ports", seen, "is something else using the port? give --ports")
    if tls:
        seen = f"{count_of(tls, 'connection')} on port {ports} with TLS, which cannot be read"
        yield warning("tls", seen, "tap where it is not encrypted: on the server's side of what ends the TLS")
    if observer.gateway:
        seen = f"{count_of(observer.gateway, 'connection')} with MSNP in HTTP (the gateway for proxies)"
        yield warning("gateway", seen, "replay reads them; capture does with --gateways")


def _joined(items: Iterable[object]) -> str:
    return ", ".join(map(str, items))
