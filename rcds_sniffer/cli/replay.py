"""``rcds-sniffer replay``: capture files to communication records."""

import contextlib
import logging
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click
from click.core import ParameterSource

from capture.errors import CaptureError
from capture.files import open_files
from capture.filters import filter_by_expression, filter_for_ports
from rcds_sniffer.cli import options
from rcds_sniffer.cli.errors import INTERRUPTED, LOST, OK, RunError, UserError
from rcds_sniffer.cli.explanation import Asked
from rcds_sniffer.cli.output import StoreSink, WriterSink, refuse_overwriting
from rcds_sniffer.cli.progress import progress_bar
from rcds_sniffer.cli.summary import summary
from rcds_sniffer.cli.wording import counted
from rcds_sniffer.orders import Everybody, NamedTargets, Period, Warrant
from rcds_sniffer.pipeline import Pipeline
from rcds_sniffer.protocols import installed
from reassembly.native import NativeEngine

log = logging.getLogger(__name__)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=options.FileName())
@click.option("-t", "--target", multiple=True, metavar="ACCOUNT", help="Record this account; may be repeated.")
@click.option(
    "--targets-file",
    type=options.FileName(),
    metavar="FILE",
    help="Record the accounts in FILE, one a line; - is standard input.",
)
@click.option(
    "--all", "all_accounts", is_flag=True, help="Record every account whose own connection is in the capture."
)
@options.period
@click.option("--ports", type=options.Ports(), metavar="PORT,...", help="TCP ports of the servers  [default: 1863]")
@click.option("--bpf", metavar="FILTER", help="Use this capture filter in place of the one made from the ports.")
@click.option(
    "--engine", type=click.Choice(["native"]), default="native", show_default=True, help="Stream reassembly."
)
@click.option("--source", type=click.Choice(["pypcap", "savefile"]), help="Reader of capture files.")
@click.option("--verify-checksums", is_flag=True, help="Drop packets with wrong IP or TCP checksums.")
@click.option(
    "--sensor", default=socket.gethostname, metavar="NAME", help="Name of this sensor  [default: the host's]"
)
@options.database
@click.option("--no-db", is_flag=True, help="Store nothing; only write the output.")
@options.output("chat")
@options.verbosity
@click.pass_context
def replay(  # noqa: PLR0917 - click hands over one parameter an option
    ctx: click.Context,
    files: tuple[str, ...],
    target: tuple[str, ...],
    targets_file: str | None,
    all_accounts: bool,
    since: int | None,
    until: int | None,
    ports: tuple[int, ...] | None,
    bpf: str | None,
    engine: str,
    source: str | None,
    verify_checksums: bool,
    sensor: str,
    db: str,
    no_db: bool,
    output_format: str,
    output: str,
) -> None:
    """Read capture files and record what happened to the targets.

    Several files are one capture, in time order: give all files of a rotation at once. pcap, pcapng, gzip and
    zstd are read; - is standard input. Only accounts that you name are recorded, or with --all every account whose
    own connection is in the capture: use it on your own traffic.

    \b
    Examples:
      rcds-sniffer replay --target alice@example.org capture.pcap
      rcds-sniffer replay --targets-file targets.txt --db case17.sqlite day1.pcap.gz day2.pcap.gz
      zcat huge.pcap.gz | rcds-sniffer replay --all --no-db --format jsonl - \\
        | jq -r 'select(.text).text'

    Exit codes: 0 fine, 1 something was lost, 2 your mistake, 130 interrupted after all was written.
    """
    del engine  # one so far
    refuse_standard_input(files, targets_file)
    options.check_period(since, until)
    inputs = (*files, targets_file, ctx.obj.get("config"))
    refuse_overwriting(output, inputs, None if no_db else db)
    whom = {"target": target, "targets_file": targets_file, "all_accounts": all_accounts}
    warrant = make_warrant(**given_last(ctx, whom), period=Period(since, until))
    quiet = bool(ctx.obj.get("quiet"))
    protocols = [(p, frozenset(ports or p.ports)) for p in installed().values()]
    wanted = frozenset().union(*(p for _, p in protocols))
    try:
        with contextlib.ExitStack() as stack:
            opened = stack.enter_context(open_files(files, source))
            opened.set_filter(filter_by_expression(bpf) if bpf is not None else filter_for_ports(sorted(wanted)))
            store = None if no_db else stack.enter_context(StoreSink(db))
            writer = stack.enter_context(WriterSink(output_format, output))
            sinks = [sink for sink in (store, writer) if sink is not None]
            pipeline = Pipeline(
                opened,
                lambda callback: NativeEngine(callback, server_ports=wanted, verify_checksums=verify_checksums),
                protocols,
                warrant=warrant,
                sensor=sensor,
                sinks=sinks,
            )
            signals = stack.enter_context(stop_on_signal())
            log.info("reading by %s, link types %s", opened.reader, ", ".join(map(str, opened.link_types)))
            in_the_way = output == "-" and output_format != "chat" and sys.stdout.isatty()
            with progress_bar(opened, quiet or in_the_way) as progress:
                outcome = pipeline.run(lambda: bool(signals) or (store is None and writer.gone), progress)
    except CaptureError as error:
        raise UserError(str(error)) from error
    log.info("reassembly: %s", counted(outcome.engine))
    log.info("records: %s", counted(outcome.recorder))
    for name, counters in outcome.decoders.items():
        log.info("%s: %s", name, counted(counters))
    if not quiet:
        asked = Asked(period=since is not None or until is not None, own_filter=bpf is not None)
        for line in summary(outcome, opened, None if store is None else store.stored, asked):
            click.echo(line, err=True)
    if outcome.failure is not None:
        raise RunError(f"{outcome.failure}; what was read before is recorded") from outcome.failure
    ctx.exit(INTERRUPTED if signals else LOST if outcome.lost or opened.truncations else OK)


def refuse_standard_input(files: Sequence[str], targets_file: str | None) -> None:
    """Refuse it where it is closed, or is to be two things at once.

    Raises:
        UserError: either.
    """
    if targets_file == "-" and "-" in files:
        raise UserError("targets and capture: only one of them can be standard input")
    if (targets_file == "-" or "-" in files) and sys.stdin is None:
        raise UserError("standard input is closed; name a file")


def given_last(ctx: click.Context, whom: dict[str, Any]) -> dict[str, Any]:
    """Of the options that say whom to record: if one stands on the command line, those of the settings are void."""
    typed = {name for name in whom if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    nobody = {"target": (), "targets_file": None, "all_accounts": False}
    return {name: value if name in typed or not typed else nobody[name] for name, value in whom.items()}


def make_warrant(target: Sequence[str], targets_file: str | None, all_accounts: bool, period: Period) -> Warrant:
    """Who is recorded.

    Raises:
        UserError: nobody is named, or both everybody and somebody.
    """
    if all_accounts and (target or targets_file is not None):
        raise UserError("--all already records everybody: leave out --target and --targets-file, or --all")
    if all_accounts:
        return Everybody(period)
    if not target and targets_file is None:
        raise UserError(
            "whom to record? Only accounts that you name are recorded: give --target ACCOUNT or --targets-file "
            "FILE; --all records everybody, for captures of your own traffic"
        )
    return NamedTargets(options.read_targets(target, targets_file), period)


@contextlib.contextmanager
def stop_on_signal() -> Iterator[list[int]]:
    """Gives a list that is empty until SIGINT or SIGTERM comes; a second SIGINT ends the program at once."""
    received: list[int] = []

    def note(number: int, frame: object) -> None:
        del frame
        received.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
