"""The summary at the end of a run. Numbers only: it names nobody."""

from collections.abc import Iterator

from capture.source import Source
from rcds_sniffer.cli.explanation import Asked, explanation
from rcds_sniffer.cli.wording import number
from rcds_sniffer.export.safe_text import safe
from rcds_sniffer.files import Counters
from rcds_sniffer.pipeline import Outcome
from reassembly.links import LINKS


def summary(outcome: Outcome, source: Source, stored: tuple[int, int] | None, asked: Asked) -> Iterator[str]:
    """The lines of the summary.

    ``stored``: records that the database took, and those that it had already; None without a database.
    """
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
        new, there = stored
        yield f"{new:,} stored" + (f", {there:,} {'was' if there == 1 else 'were'} there already" if there else "")
    if engine.get("mid_stream"):
        yield f"{number(engine['mid_stream'], 'connection')} joined in mid-stream"
    if engine.get("one_direction"):
        yield f"{number(engine['one_direction'], 'connection')} of which only one direction passed the tap"
    if engine.get("duplicates"):
        yield f"{number(engine['duplicates'], 'packet')} passed the tap more than once: read once"
    if engine.get("overlapping"):
        yield (
            f"{number(engine['overlapping'], 'connection')} beside another with the same addresses and ports: "
            "kept apart by networks and sequence numbers"
        )
    yield from happened(outcome)
    unattributed = outcome.recorder.get("unattributed", 0)
    if unattributed:
        yield f"{number(unattributed, 'event')} of connections whose account never showed: not recorded"
    yield from losses(outcome, source)
    if not records:
        yield from explanation(outcome, source, asked)


def recovered(folder: str, files: Counters) -> Iterator[str]:
    """What came into the folder of recovered files."""
    partial = f", {number(files.partial, 'part')} of others" if files.partial else ""
    yield f"{safe(folder)}: {number(files.kept, 'whole file')}{partial}"
    if files.hashed:
        yield f"{number(files.hashed, 'file')} beyond the limits: only the hash is recorded"
    if files.cut:
        yield f"{number(files.cut, 'file')} cut: too many were on their way at once"


def losses(outcome: Outcome, source: Source) -> Iterator[str]:
    """What was lost, and where."""
    engine = outcome.engine
    kernel, interface = outcome.source.dropped_kernel or 0, outcome.source.dropped_interface or 0
    if kernel:
        yield f"LOST: {number(kernel, 'packet')} dropped by the kernel: we were too slow; a larger --buffer helps"
    if interface:
        yield f"LOST: {number(interface, 'packet')} dropped by the interface or its driver"
    if engine.get("unknown_link"):
        others = ", ".join(str(link_type) for link_type in source.link_types if link_type not in LINKS)
        yield (
            f"LOST: {number(engine['unknown_link'], 'packet')} of a link type that is not read (LINKTYPE {others})"
        )
    if engine.get("fragments_dropped"):
        yield f"LOST: {number(engine['fragments_dropped'], 'IP fragment')} whose datagram never became whole"
    if engine.get("too_nested"):
        yield f"LOST: {number(engine['too_nested'], 'packet')} inside more tunnels than are looked into"
    if engine.get("bad_checksum"):
        yield (
            f"LOST: {number(engine['bad_checksum'], 'packet')} with wrong checksums; if the network card makes "
            "them, as on the host that sent the packets, leave out --verify-checksums"
        )
    if engine.get("gap_octets"):
        incomplete = outcome.recorder.get("incomplete", 0)
        unseen = engine.get("unseen_acknowledged", 0)
        yield (
            f"LOST: {number(engine['gap_octets'], 'octet')} in {number(engine.get('gaps', 0), 'gap')} never "
            f"passed the tap"
            + (f", {unseen:,} of them although they reached the other side" if unseen else "")
            + f"; {number(incomplete, 'record')} {'is' if incomplete == 1 else 'are'} incomplete"
        )
    if engine.get("late_octets"):
        yield f"LOST: {number(engine['late_octets'], 'octet')} came after their gap was given up"
    if engine.get("evicted"):
        yield f"LOST: {number(engine['evicted'], 'connection')} given up at the limit of open connections"
    if outcome.faults:
        yield f"LOST: {number(outcome.faults, 'connection')} given up by a fault of this program; please report it"
    for cut in source.truncations:
        yield f"LOST: {cut}"


def happened(outcome: Outcome) -> Iterator[str]:
    """What befell the source while it was read."""
    source = outcome.source
    if source.interruptions:
        yield f"interfaces were away {number(source.interruptions, 'time')}"
    if source.clock_steps:
        yield f"the clock that stamps the packets was set {number(source.clock_steps, 'time')} meanwhile"
