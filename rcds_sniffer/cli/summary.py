"""The summary at the end of a run. Numbers only: it names nobody."""

from collections.abc import Iterator

from capture.source import Source
from rcds_sniffer.cli.explanation import Asked, explanation
from rcds_sniffer.cli.wording import number
from rcds_sniffer.pipeline import Outcome

ETHERNET = 1
"""The LINKTYPE_ that is read."""


def summary(outcome: Outcome, source: Source, stored: int | None, asked: Asked) -> Iterator[str]:
    """The lines of the summary."""
    engine = outcome.engine
    elsewhere = ""
    if outcome.refused:
        why = "not accepted by the filter" if asked.own_filter else "not on the ports asked for"
        elsewhere = f" ({outcome.refused:,} {why})"
    yield f"{number(outcome.packets, 'packet')}{elsewhere}, {number(engine.get('flows', 0), 'TCP connection')}"
    recognised = sum(decoder.get("recognised", 0) for decoder in outcome.decoders.values())
    events = ", ".join(
        f"{count:,} {event}" for event, count in sorted(outcome.events.items(), key=lambda e: (-e[1], e[0]))
    )
    records = outcome.recorder.get("records", 0)
    yield f"{recognised:,} of them spoke MSNP; {number(records, 'record')}" + (f": {events}" if events else "")
    if stored is not None:
        there = records - stored
        yield f"{stored:,} stored" + (
            f", {there:,} {'was' if there == 1 else 'were'} there already" if there > 0 else ""
        )
    if engine.get("mid_stream"):
        yield f"{number(engine['mid_stream'], 'connection')} joined in mid-stream"
    if engine.get("one_direction"):
        yield f"{number(engine['one_direction'], 'connection')} of which only one direction passed the tap"
    if engine.get("fragments"):
        yield f"{number(engine['fragments'], 'IP fragment')} passed over: they cannot be put together yet"
    unattributed = outcome.recorder.get("unattributed", 0)
    if unattributed:
        yield f"{number(unattributed, 'event')} of connections whose account never showed: not recorded"
    yield from losses(outcome, source)
    if not records:
        yield from explanation(outcome, source, asked)


def losses(outcome: Outcome, source: Source) -> Iterator[str]:
    """What was lost, and where."""
    engine = outcome.engine
    if outcome.dropped:
        yield f"LOST: {number(outcome.dropped, 'packet')} dropped before they could be read"
    if engine.get("unknown_link"):
        others = ", ".join(str(link_type) for link_type in source.link_types if link_type != ETHERNET)
        yield (
            f"LOST: {number(engine['unknown_link'], 'packet')} of a link type that is not read yet "
            f"(LINKTYPE {others}); capture on one Ethernet interface instead, not on 'any'"
        )
    if engine.get("bad_checksum"):
        yield (
            f"LOST: {number(engine['bad_checksum'], 'packet')} with wrong checksums; if the network card makes "
            "them, as on the host that sent the packets, leave out --verify-checksums"
        )
    if engine.get("gap_octets"):
        incomplete = outcome.recorder.get("incomplete", 0)
        yield (
            f"LOST: {number(engine['gap_octets'], 'octet')} in {number(engine.get('gaps', 0), 'gap')} never "
            f"passed the tap; {number(incomplete, 'record')} {'is' if incomplete == 1 else 'are'} incomplete"
        )
    if engine.get("late_octets"):
        yield f"LOST: {number(engine['late_octets'], 'octet')} came after their gap was given up"
    if engine.get("evicted"):
        yield f"LOST: {number(engine['evicted'], 'connection')} given up at the limit of open connections"
    for cut in source.truncations:
        yield f"LOST: {cut}"
