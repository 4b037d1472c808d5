"""One run from packets to records, as ``replay`` and ``capture`` share it."""

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from capture.errors import CaptureError
from capture.source import Source
from rcds_sniffer.backlog import Backlog, Sink
from rcds_sniffer.beside import Beside
from rcds_sniffer.cli import options
from rcds_sniffer.cli.errors import INTERRUPTED, LOST, OK, RunError, UserError
from rcds_sniffer.cli.explanation import Asked
from rcds_sniffer.cli.looking import Look, open_vault
from rcds_sniffer.cli.output import StoreSink, WriterSink, refuse_overwriting
from rcds_sniffer.cli.processes import two_processes
from rcds_sniffer.cli.signals import Signals, served_signals
from rcds_sniffer.cli.statistics import now_and_then, served_metrics, snapshot
from rcds_sniffer.cli.summary import recovered, summary
from rcds_sniffer.cli.whom import given_last, make_warrant
from rcds_sniffer.cli.wording import counted, number
from rcds_sniffer.collecting import few_collections
from rcds_sniffer.compiled import tell_if_slow
from rcds_sniffer.export.safe_text import safe
from rcds_sniffer.files import Vault
from rcds_sniffer.front import Protocols
from rcds_sniffer.keeping import PacketKeeper
from rcds_sniffer.orders import NamedTargets, Period, Warrant
from rcds_sniffer.pipeline import Outcome, Pipeline
from rcds_sniffer.workers.run import WorkerPipeline
from rcds_sniffer.workers.worker import Worker
from reassembly.engine import Engine, EventCallback
from reassembly.engines import EngineUnavailable, make_engine

log = logging.getLogger(__name__)

Progress = Callable[[Source], contextlib.AbstractContextManager[Callable[[], None]]]


@few_collections()  # a worker inherits it
def run(
    ctx: click.Context,
    open_source: Callable[[], Source],
    progress: Progress,
    *,
    inputs: Iterable[str] = (),
    output: tuple[str, str] | None,
    live: bool = False,
    metrics: tuple[str, int] | None = None,
    statistics: float = 0,
) -> None:
    """Read a source to its end, or until a signal; record, sum up, and leave with the exit code.

    Args:
        ctx: of a command with the options of ``analysis``, ``whom`` and ``period``.
        open_source: opens it.
        progress: gives what is called between batches.
        inputs: files that are read and must not be written over.
        output: format and file, ``-`` for standard output; None for no output.
        live: it is read as it happens: records leave at once, and nothing but a signal ends it.
        metrics: where Prometheus is answered.
        statistics: seconds between two lines for the log; 0 for none.

    Raises:
        UserError: a mistake in the options, or the source does not open.
        RunError: the run broke off.
    """
    given = ctx.params
    db = None if given["no_db"] else given["db"]
    _refuse_overwriting(given, [*inputs, ctx.obj.get("config")], output, db)
    whom = given_last(ctx)
    warrant = make_warrant(**whom, period=_period(given))
    look = Look(given)
    quiet = bool(ctx.obj.get("quiet"))
    try:
        with contextlib.ExitStack() as stack:
            signals = stack.enter_context(served_signals(reload=live))
            source = stack.enter_context(open_source())
            source.set_filter(look.filter())
            new_ports = look.new_ports(source, None if live else open_source)
            engine = _engine(given, look.ports, live)
            two = two_processes(given, source, everybody=warrant.everybody, live=live)
            looks: dict[str, Any] = {"any_port": look.any_port, "ports": new_ports}
            worker = _worker(stack, source, engine, look.protocols, **looks) if two else None
            source = source if worker is None else worker.source
            store = None if db is None else stack.enter_context(Beside(lambda: StoreSink(db), live=live))
            writer = None if output is None else stack.enter_context(WriterSink(*output, live=live))
            sinks: list[Sink] = [sink for sink in (store, writer) if sink is not None]
            backlogs = [Backlog(sink) for sink in sinks] if live else []
            keeper = _keeper(stack, given, live)
            vault = stack.enter_context(contextlib.closing(open_vault(given)))
            back: dict[str, Any] = {
                "warrant": warrant,
                "sensor": given["sensor"],
                "sinks": backlogs or sinks,
                "files": vault,
            }
            pipeline = (
                Pipeline(source, engine, look.protocols, keeper=keeper, live=live, **looks, **back)
                if worker is None
                else WorkerPipeline(worker, **back)
            )
            numbers = snapshot(pipeline.outcome, backlogs, store)
            stack.enter_context(served_metrics(metrics, numbers))
            draw = stack.enter_context(progress(source))
            tell = now_and_then(numbers, statistics)
            log.info("reading by %s, link types %s", source.reader, ", ".join(map(str, source.link_types)))
            if live and not quiet:
                click.echo(f"rcds-sniffer: listening on {safe(source.name)}; end with Ctrl-C", err=True)

            def stopped() -> bool:
                if signals.reload:
                    _reload(signals, warrant, whom, pipeline)
                return signals.stop or (store is None and writer is not None and writer.gone)

            def between() -> None:
                draw()
                tell()

            outcome = pipeline.run(stopped, between)
            _finish(outcome, backlogs, store)
    except (CaptureError, EngineUnavailable) as error:
        raise UserError(str(error)) from error
    _log(outcome)
    unwritten = list(_unwritten(backlogs, store if live else None, keeper, vault, given))
    stored = None if store is None or store.sink is None else store.sink.outcome
    told = [] if quiet else list(_summary(outcome, source, stored, keeper, vault, given=given, live=live))
    click.echo("\n".join(told + unwritten), err=True, nl=bool(told + unwritten))
    ctx.exit(_exit_code(outcome, signals, lost=bool(source.truncations), unwritten=bool(unwritten)))


def _exit_code(outcome: Outcome, signals: Signals, *, lost: bool, unwritten: bool) -> int:
    if outcome.failure is not None:
        raise RunError(f"{outcome.failure}; what was read before is recorded") from outcome.failure
    if signals.stop and not unwritten:
        return INTERRUPTED
    return LOST if outcome.lost or lost or unwritten else OK


def _worker(
    stack: contextlib.ExitStack,
    source: Source,
    engine: Callable[[EventCallback], Engine],
    protocols: Protocols,
    **looks: Any,
) -> Worker:
    """To be begun ahead of the sinks: a fork takes no database along."""
    return stack.enter_context(Worker(source, engine, protocols, **looks))


def _keeper(stack: contextlib.ExitStack, given: dict[str, Any], live: bool) -> PacketKeeper | None:
    """A sensor that was started again goes on with its file; of a replay it would hold everything twice."""
    if not given["write"]:
        return None
    keeper = PacketKeeper(given["write"], _period(given), append=live)
    stack.callback(keeper.close)
    return keeper


def _period(given: dict[str, Any]) -> Period:
    options.check_period(given["since"], given["until"])
    return Period(given["since"], given["until"])


def _asked(given: dict[str, Any], live: bool) -> Asked:
    return Asked(
        period=given["since"] is not None or given["until"] is not None,
        own_filter=given["bpf"] is not None,
        tunnels=given["tunnels"],
        live=live,
        engine=given["engine"],
    )


def _summary(
    outcome: Outcome,
    source: Source,
    stored: tuple[int, int] | None,
    keeper: PacketKeeper | None,
    vault: Vault,
    *,
    given: dict[str, Any],
    live: bool,
) -> Iterator[str]:
    yield from summary(outcome, source, stored, _asked(given, live))
    if keeper is not None:
        yield f"{given['write']}: {number(keeper.counters.kept, 'packet')} kept"
    if given["files_folder"] is not None:
        yield from recovered(given["files_folder"], vault.counters)


def _finish(outcome: Outcome, backlogs: list[Backlog], store: Beside[StoreSink] | None) -> None:
    """Wait until all is written that can be; what a replay's database cannot take is its outcome's failure."""
    if store is not None:
        store.refuses = False
    for backlog in backlogs:
        backlog.finish()
    failure = None if store is None else store.finish()
    if not backlogs:
        outcome.failure = outcome.failure or failure


def _unwritten(
    backlogs: list[Backlog],
    store: Beside[StoreSink] | None,
    keeper: PacketKeeper | None,
    vault: Vault,
    given: dict[str, Any],
) -> Iterator[str]:
    records = sum(backlog.given_up for backlog in backlogs) + (0 if store is None else store.waiting)
    if records:
        yield f"LOST: {number(records, 'record')} could not be written"
    if keeper is not None and keeper.counters.unwritten:
        yield f"LOST: {number(keeper.counters.unwritten, 'packet')} could not be written to {given['write']}"
    if vault.counters.unwritten_octets:
        octets = number(vault.counters.unwritten_octets, "octet")
        yield f"LOST: {octets} of files could not be written to {given['files_folder']}"


def _refuse_overwriting(
    given: dict[str, Any], inputs: list[str | Path | None], output: tuple[str, str] | None, db: str | None
) -> None:
    """No output is an input, or another output."""
    inputs = [*inputs, given["targets_file"]]
    if output is not None:
        refuse_overwriting(output[1], inputs, db)
    if given["write"]:
        others = [output[1]] if output is not None and output[1] != "-" else []
        refuse_overwriting(given["write"], [*inputs, *others], db)


def _engine(given: dict[str, Any], ports: frozenset[int], live: bool) -> Callable[[EventCallback], Engine]:
    tell_if_slow()

    def make(callback: EventCallback) -> Engine:
        return make_engine(
            given["engine"],
            callback,
            server_ports=ports,
            verify_checksums=given["verify_checksums"],
            separate_vlans=given["separate_vlans"],
            live=live,
        )

    return make


def _reload(signals: Signals, warrant: Warrant, whom: dict[str, Any], pipeline: Pipeline | WorkerPipeline) -> None:
    """SIGHUP: the targets file is read again; where it cannot be, the targets stay as they are."""
    signals.reload = False
    file = whom["targets_file"]
    if not isinstance(warrant, NamedTargets) or file in (None, "-"):
        log.warning("SIGHUP: there is no targets file to read again")
        return
    try:
        accounts = options.read_targets(whom["target"], file)
    except UserError as error:
        log.warning("SIGHUP: %s; the targets stay as they were", error.format_message())
        return
    warrant.replace(accounts, pipeline.now)
    pipeline.warrant_changed()
    log.warning("SIGHUP: %d targets from now on", len(accounts))


def _log(outcome: Outcome) -> None:
    log.info("reassembly: %s", counted(outcome.engine))
    log.info("records: %s", counted(outcome.recorder))
    for name, counters in outcome.decoders.items():
        log.info("%s: %s", name, counted(counters))
