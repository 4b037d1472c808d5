"""One run from packets to records, as ``replay`` and ``capture`` share it."""

import contextlib
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from capture.errors import CaptureError
from capture.source import Source
from rcds_sniffer.backlog import Backlog, Sink
from rcds_sniffer.beside import Beside
from rcds_sniffer.cli import options
from rcds_sniffer.cli.confining import confine, wants_sandbox
from rcds_sniffer.cli.ending import Kept, Storing, finish, leave
from rcds_sniffer.cli.errors import UserError
from rcds_sniffer.cli.looking import Look, open_vault
from rcds_sniffer.cli.output import StoreSink, WriterSink, refuse_overwriting
from rcds_sniffer.cli.processes import two_processes
from rcds_sniffer.cli.signals import Signals, served_signals
from rcds_sniffer.cli.statistics import answered_metrics, bound_metrics, now_and_then, snapshot
from rcds_sniffer.cli.under_orders import (
    follow_orders,
    is_under_orders,
    refuse_what_orders_forbid,
    say_end,
    storekeeper_for,
)
from rcds_sniffer.cli.whom import given_last, make_warrant
from rcds_sniffer.collecting import few_collections
from rcds_sniffer.compiled import tell_if_slow
from rcds_sniffer.export.safe_text import safe
from rcds_sniffer.front import Protocols
from rcds_sniffer.keeping import PacketKeeper
from rcds_sniffer.orders import NamedTargets, Period, Warrant
from rcds_sniffer.orders.in_force import InForce
from rcds_sniffer.pipeline import Pipeline
from rcds_sniffer.storekeeper import Storekeeper
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
    whom, under_orders = given_last(ctx), is_under_orders(given)
    if under_orders:
        refuse_what_orders_forbid(ctx, output)
        output = None
    warrant: Warrant = InForce() if under_orders else make_warrant(**whom, period=_period(given))
    look = Look(given)
    confined = wants_sandbox(given, under_orders=under_orders)
    try:
        with contextlib.ExitStack() as stack:
            signals = stack.enter_context(served_signals(reload=live))
            storekeeper = None
            if under_orders or (confined and db is not None):
                storekeeper = stack.enter_context(storekeeper_for(ctx, list(inputs), under_orders=under_orders))
                warrant = InForce(storekeeper.acting) if under_orders else warrant
            source = stack.enter_context(open_source())
            source.set_filter(look.filter())
            looks: dict[str, Any] = {
                "any_port": look.any_port,
                "ports": look.new_ports(source, None if live else open_source),
            }
            engine = _engine(given, look.ports, live)
            two = not under_orders and two_processes(given, source, everybody=warrant.everybody, live=live)
            worker = _worker(stack, source, engine, look.protocols, **looks) if two else None
            source = source if worker is None else worker.source
            writer = None if output is None else stack.enter_context(WriterSink(*output, live=live))
            keeper = _keeper(stack, given, live)
            vault = stack.enter_context(contextlib.closing(open_vault(given, sealed=under_orders)))
            metrics_server = stack.enter_context(bound_metrics(metrics))
            if confined:  # threads begin behind it
                confine(given, source)
            store = _store(stack, storekeeper, db, live=live)
            sinks: list[Sink] = [sink for sink in (store, writer) if sink is not None]
            backlogs = [Backlog(sink) for sink in sinks] if live else []
            back = {"warrant": warrant, "sensor": given["sensor"], "sinks": backlogs or sinks, "files": vault}
            pipeline = (
                Pipeline(source, engine, look.protocols, keeper=keeper, live=live, **looks, **back)
                if worker is None
                else WorkerPipeline(worker, **back)
            )
            numbers = snapshot(pipeline.outcome, backlogs, store)
            stack.enter_context(answered_metrics(metrics_server, numbers))
            between = _between(stack.enter_context(progress(source)), now_and_then(numbers, statistics))
            log.info("reading by %s, link types %s", source.reader, ", ".join(map(str, source.link_types)))
            if live and not ctx.obj.get("quiet"):
                click.echo(f"rcds-sniffer: listening on {safe(source.name)}; end with Ctrl-C", err=True)
            idle = writer if store is None else None
            outcome = pipeline.run(_stopped(signals, warrant, whom, pipeline, storekeeper, idle), between)
            finish(outcome, backlogs, store)
            if storekeeper is not None:
                say_end(storekeeper, outcome)
    except (CaptureError, EngineUnavailable) as error:
        raise UserError(str(error)) from error
    leave(ctx, outcome, Kept(given, source, backlogs, store, keeper, vault, live, under_orders), signals)


def _stopped(  # noqa: PLR0917 - one caller
    signals: Signals,
    warrant: Warrant,
    whom: dict[str, Any],
    pipeline: Pipeline | WorkerPipeline,
    storekeeper: Storekeeper | None,
    only_writer: WriterSink | None,
) -> Callable[[], bool]:
    """Asked between batches: what came from outside is taken up; True when nothing more is to be read."""

    def stopped() -> bool:
        if signals.reload:
            _reload(signals, warrant, whom, pipeline)
        if storekeeper is not None:
            follow_orders(storekeeper, warrant, pipeline)
            if storekeeper.gone:
                return True
        return signals.stop or (only_writer is not None and only_writer.gone)

    return stopped


def _between(draw: Callable[[], None], tell: Callable[[], None]) -> Callable[[], None]:
    def between() -> None:
        draw()
        tell()

    return between


def _worker(
    stack: contextlib.ExitStack,
    source: Source,
    engine: Callable[[EventCallback], Engine],
    protocols: Protocols,
    **looks: Any,
) -> Worker:
    """To be begun ahead of the sinks: a fork takes no database along."""
    return stack.enter_context(Worker(source, engine, protocols, **looks))


def _store(
    stack: contextlib.ExitStack, storekeeper: Storekeeper | None, db: str | None, *, live: bool
) -> Storing | None:
    """Where records are stored, in a thread of its own; with a storekeeper, by it."""
    if storekeeper is not None:
        return stack.enter_context(Beside(lambda: storekeeper, live=live))
    return None if db is None else stack.enter_context(Beside(lambda: StoreSink(db), live=live))


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
