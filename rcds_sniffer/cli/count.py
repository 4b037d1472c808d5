"""``rcds-sniffer count``: what captures hold, in numbers."""

import json
import re

import click

from capture.errors import CaptureError
from capture.files import open_files
from capture.filters import filter_for_ports
from capture.source import Source
from rcds_sniffer.cli import options
from rcds_sniffer.cli.errors import INTERRUPTED, LOST, OK, UserError
from rcds_sniffer.cli.progress import progress_bar
from rcds_sniffer.cli.signals import served_signals
from rcds_sniffer.counting import Count
from rcds_sniffer.counting import count as count_source
from rcds_sniffer.export.safe_text import safe
from rcds_sniffer.protocols import installed
from reassembly.engine import Engine, EventCallback
from reassembly.engines import make_engine


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=options.FileName())
@click.option("--ports", type=options.Ports(), metavar="PORT,...", help="TCP ports of the servers  [default: 1863]")
@click.option(
    "--tunnels/--no-tunnels", default=True, show_default=True, help="Look into GRE, VXLAN and other tunnels."
)
@click.option(
    "-f",
    "--format",
    "output_format",
    type=click.Choice(["table", "jsonl"]),
    default="table",
    show_default=True,
    help="How to say it; jsonl is one object.",
)
@options.verbosity
@click.pass_context
def count(
    ctx: click.Context,
    /,
    *,
    files: tuple[str, ...],
    ports: tuple[int, ...] | None,
    tunnels: bool,
    output_format: str,
) -> None:
    """Count what capture files hold: packets, connections, what happened by kind, and what is missing.

    It records nothing, names nobody and needs no target. Several files are one capture, as for `replay`.

    \b
    Examples:
      rcds-sniffer count capture.pcap
      rcds-sniffer count --format jsonl day1.pcap.gz day2.pcap.gz | jq .events.Message

    Exit codes: 0 fine, 1 it could not be read to its end, 2 your mistake, 130 interrupted.
    """
    options.refuse_standard_input(files, None)
    protocols = [(protocol, frozenset(ports or protocol.ports)) for protocol in installed().values()]
    wanted = frozenset().union(*(some for _, some in protocols))

    def engine(callback: EventCallback) -> Engine:
        return make_engine("native", callback, server_ports=wanted)

    try:
        with served_signals() as signals, open_files(files) as source:
            source.set_filter(filter_for_ports(sorted(wanted), tunnels))
            with progress_bar(source, bool(ctx.obj.get("quiet"))) as progress:
                counted = count_source(source, engine, protocols, lambda: signals.stop, progress)
            numbers = sections(source, counted)
            broken = [str(error) for error in (counted.failure, *source.truncations) if error is not None]
    except CaptureError as problem:
        raise UserError(str(problem)) from problem
    if output_format == "jsonl":
        click.echo(json.dumps(numbers))
    else:
        click.echo("\n".join(table(numbers)))
    for line in broken:
        click.echo(f"LOST: {safe(line)}", err=True)
    ctx.exit(INTERRUPTED if counted.interrupted else LOST if broken or counted.faults else OK)


def sections(source: Source, counted: Count) -> dict[str, dict[str, int]]:
    """The numbers by what they are of."""
    engine = counted.engine
    received, refused = source.counters.received, source.counters.refused
    spoken = {name: counters.get("recognised", 0) for name, counters in counted.decoders.items()}
    gaps = ("gaps", "gap_octets", "late_octets", "evicted", "fragments_dropped", "unknown_link", "bad_checksum")
    return {
        "packets": {"read": received, "refused": refused, "duplicates": engine.get("duplicates", 0)},
        "connections": {
            "tcp": engine.get("flows", 0),
            "mid_stream": engine.get("mid_stream", 0),
            "one_direction": engine.get("one_direction", 0),
            **spoken,
        },
        "events": dict(sorted(counted.events.items(), key=lambda event: (-event[1], event[0]))),
        "missing": {name: engine.get(name, 0) for name in gaps} | {"faults": counted.faults},
    }


def table(numbers: dict[str, dict[str, int]]) -> list[str]:
    """The numbers for people, without the zeros; ``ConversationJoined`` is "conversation joined"."""
    lines = []
    for section, values in numbers.items():
        lines.append(section)
        shown = {worded(name): value for name, value in values.items() if value}
        lines += [f"  {name:<24}{value:>14,}" for name, value in shown.items()] or ["  none"]
    return lines


def worded(name: str) -> str:
    """A name of the program as words."""
    if name.isupper() or name.islower():
        return name.replace("_", " ")
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()
