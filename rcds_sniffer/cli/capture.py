"""``rcds-sniffer capture``: live interfaces to communication records."""

import contextlib
import gc
from typing import Any

import click

from capture.live import BUFFER_OCTETS, READERS, open_interfaces
from rcds_sniffer.cli import options
from rcds_sniffer.cli.analysis import analysis
from rcds_sniffer.cli.confining import confinement
from rcds_sniffer.cli.errors import UserError
from rcds_sniffer.cli.running import run
from rcds_sniffer.cli.statistics import Address
from rcds_sniffer.cli.whom import whom
from rcds_sniffer.export import FORMATS


@click.command()
@click.option(
    "-i",
    "--interface",
    multiple=True,
    required=True,
    metavar="IFACE",
    help="Listen here; an optical tap has one for each direction: repeat it.",
)
@whom
@options.period
@analysis(recorded=False)
@click.option("--source", type=click.Choice(READERS), help="What captures; the first of these that is installed.")
@click.option(
    "--buffer",
    type=click.IntRange(1, 2047),
    default=BUFFER_OCTETS >> 20,
    show_default=True,
    metavar="MIB",
    help="Kernel buffer of each interface.",
)
@click.option("--promiscuous/--no-promiscuous", default=True, show_default=True, help="See everybody's frames.")
@click.option("--follow", is_flag=True, help="Show the conversations on the screen as they happen.")
@click.option(
    "-f", "--format", "output_format", type=click.Choice(list(FORMATS)), help="Write records as they happen."
)
@click.option("-o", "--output", type=options.FileName(), metavar="FILE", help="Where to; - is standard output.")
@click.option(
    "--statistics",
    type=click.FloatRange(min=0),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="A line of numbers on standard error so often; 0 is never.",
)
@click.option("--metrics", type=Address(), metavar="[HOST:]PORT", help="Answer Prometheus there.")
@confinement
@options.verbosity
@click.pass_context
def capture(
    ctx: click.Context,
    /,
    *,
    interface: tuple[str, ...],
    source: str | None,
    buffer: int,
    promiscuous: bool,
    follow: bool,
    output_format: str | None,
    output: str | None,
    statistics: float,
    metrics: tuple[str, int] | None,
    user: str | None,
    sandbox: bool | None,
    **shared: Any,
) -> None:
    """Listen on interfaces and record what happens to the targets, until SIGINT or SIGTERM.

    Nothing is ever sent on them; `rcds-sniffer doctor -i IFACE` tells whether the kernel does. Records go to the
    database within two seconds; with --follow, --format or --output to the screen or a file as well.
    SIGHUP re-reads --targets-file.

    \b
    Examples:
      rcds-sniffer capture -i eth1 --targets-file targets.txt --db case17.sqlite
      rcds-sniffer capture -i tap0 -i tap1 --target alice@example.org --follow --no-db
      rcds-sniffer capture -i eth1 --target alice@example.org --write alice.pcapng --metrics 9108

    Exit codes: 0 fine, 1 something was lost, 2 your mistake, 130 interrupted after all was written.
    """
    del user, sandbox  # the run takes them from its context
    options.refuse_standard_input((), shared["targets_file"])
    if follow and (output_format or output):
        raise UserError("--follow shows the chat on the screen: it goes with neither --format nor --output")
    wanted = follow or output_format is not None or output is not None
    if shared["no_db"] and not wanted and not shared["write"] and not shared["files_folder"]:
        raise UserError("--no-db, and no --follow, --output, --write or --files: nothing would be kept")
    gc.freeze()  # what is imported stays: no collection need look at it, least of all the one that delays our end
    run(
        ctx,
        lambda: open_interfaces(interface, source, buffer_octets=buffer << 20, promiscuous=promiscuous),
        lambda _: contextlib.nullcontext(lambda: None),
        output=(output_format or "chat", output or "-") if wanted else None,
        live=True,
        metrics=metrics,
        statistics=0 if ctx.obj.get("quiet") else statistics,
    )
