"""``rcds-sniffer replay``: capture files to communication records."""

import contextlib
import logging
import signal
import socket
from collections.abc import Iterator, Mapping, Sequence

import click

from capture.errors import CaptureError
from capture.files import open_files
from capture.filters import filter_by_expression, filter_for_ports
from rcds_sniffer.cli import options
from rcds_sniffer.cli.errors import INTERRUPTED, LOST, RunError, UserError
from rcds_sniffer.cli.output import StoreSink, WriterSink
from rcds_sniffer.cli.progress import progress_bar
from rcds_sniffer.cli.summary import summary
from rcds_sniffer.orders import Everybody, NamedTargets, Period, Warrant
from rcds_sniffer.pipeline import Pipeline
from rcds_sniffer.protocols import installed
from rcds_sniffer.store.errors import StoreError
from reassembly.native import NativeEngine

log = logging.getLogger(__name__)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-t", "--target", multiple=True, metavar="ACCOUNT", help="Record this account; may be repeated.")
@click.option(
    "--targets-file", metavar="FILE", help="Record the accounts in FILE, one a line; - is standard input."
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
      zcat huge.pcap.gz | rcds-sniffer replay --all --no-db --format jsonl - | jq .text

    Exit codes: 0 fine, 1 something was lost, 2 your mistake, 130 interrupted after all was written.
    """
    del engine  # one so far
    warrant = make_warrant(target, targets_file, all_accounts, Period(since, until))
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
            stopped = stack.enter_context(stop_on_signal())
            log.info("reading by %s, link types %s", opened.reader, ", ".join(map(str, opened.link_types)))
            with progress_bar(opened, quiet) as progress:
                outcome = pipeline.run(lambda: bool(stopped), progress)
    except CaptureError as error:
        raise UserError(str(error)) from error
    except StoreError as error:
        raise RunError(str(error)) from error
    log.info("reassembly: %s", counted(outcome.engine))
    log.info("records: %s", counted(outcome.recorder))
    for name, counters in outcome.decoders.items():
        log.info("%s: %s", name, counted(counters))
    if not quiet:
        for line in summary(outcome, opened, None if store is None else store.stored):
            click.echo(line, err=True)
    ctx.exit(INTERRUPTED if outcome.interrupted else LOST if outcome.lost or opened.truncations else 0)


def make_warrant(target: Sequence[str], targets_file: str | None, everybody: bool, period: Period) -> Warrant:
    """Who is recorded.

    Raises:
        UserError: nobody is named, or both everybody and somebody.
    """
    if everybody and (target or targets_file):
        raise UserError("--all already records everybody: leave out --target and --targets-file, or --all")
    if everybody:
        return Everybody(period)
    if not target and not targets_file:
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


def counted(counters: Mapping[str, int]) -> str:
    """What was counted, without the zeros."""
    return ", ".join(f"{name} {count:,}" for name, count in counters.items() if count) or "nothing"
