"""The end of a run: all is written that can be, the summary is told, and the exit code says how it went."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click

from capture.source import Source
from rcds_sniffer.backlog import Backlog
from rcds_sniffer.beside import Beside
from rcds_sniffer.cli.errors import INTERRUPTED, LOST, OK, RunError
from rcds_sniffer.cli.explanation import Asked
from rcds_sniffer.cli.output import StoreSink
from rcds_sniffer.cli.signals import Signals
from rcds_sniffer.cli.summary import recovered, summary
from rcds_sniffer.cli.wording import counted, number
from rcds_sniffer.files import Vault
from rcds_sniffer.keeping import PacketKeeper
from rcds_sniffer.pipeline import Outcome
from rcds_sniffer.storekeeper import Storekeeper

log = logging.getLogger(__name__)

Storing = Beside[Storekeeper] | Beside[StoreSink]
"""What stores, in a thread of its own."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a run left what it found."""

    given: dict[str, Any]
    """The options."""
    source: Source
    backlogs: list[Backlog]
    store: Storing | None
    keeper: PacketKeeper | None
    vault: Vault
    live: bool
    under_orders: bool


def leave(ctx: click.Context, outcome: Outcome, kept: Kept, signals: Signals) -> None:
    """Tell what there is to tell, and end the command with its exit code.

    Raises:
        RunError: the run broke off.
    """
    log.info("reassembly: %s", counted(outcome.engine))
    log.info("records: %s", counted(outcome.recorder))
    for name, counters in outcome.decoders.items():
        log.info("%s: %s", name, counted(counters))
    unwritten = list(_unwritten(kept))
    told = [] if ctx.obj.get("quiet") else list(_summary(outcome, kept))
    click.echo("\n".join(told + unwritten), err=True, nl=bool(told + unwritten))
    ctx.exit(_exit_code(outcome, signals, lost=bool(kept.source.truncations), unwritten=bool(unwritten)))


def finish(outcome: Outcome, backlogs: list[Backlog], store: Storing | None) -> None:
    """Wait until all is written that can be; what a replay's database cannot take is its outcome's failure."""
    if store is not None:
        store.refuses = False
    for backlog in backlogs:
        backlog.finish()
    failure = None if store is None else store.finish()
    if not backlogs:
        outcome.failure = outcome.failure or failure


def _exit_code(outcome: Outcome, signals: Signals, *, lost: bool, unwritten: bool) -> int:
    if outcome.failure is not None:
        raise RunError(f"{outcome.failure}; what was read before is recorded") from outcome.failure
    if signals.stop and not unwritten:
        return INTERRUPTED
    return LOST if outcome.lost or lost or unwritten else OK


def _summary(outcome: Outcome, kept: Kept) -> Iterator[str]:
    given, store = kept.given, kept.store
    stored = None if store is None or store.sink is None else store.sink.outcome
    asked = Asked(
        period=given["since"] is not None or given["until"] is not None,
        own_filter=given["bpf"] is not None,
        tunnels=given["tunnels"],
        live=kept.live,
        engine=given["engine"],
        orders=kept.under_orders,
    )
    yield from summary(outcome, kept.source, stored, asked)
    if kept.keeper is not None:
        yield f"{given['write']}: {number(kept.keeper.counters.kept, 'packet')} kept"
    if given["files_folder"] is not None:
        yield from recovered(given["files_folder"], kept.vault.counters)


def _unwritten(kept: Kept) -> Iterator[str]:
    given, keeper, vault = kept.given, kept.keeper, kept.vault
    store = kept.store if kept.live else None
    records = sum(backlog.given_up for backlog in kept.backlogs) + (0 if store is None else store.waiting)
    if records:
        yield f"LOST: {number(records, 'record')} could not be written"
    if keeper is not None and keeper.counters.unwritten:
        yield f"LOST: {number(keeper.counters.unwritten, 'packet')} could not be written to {given['write']}"
    if vault.counters.unwritten_octets:
        octets = number(vault.counters.unwritten_octets, "octet")
        yield f"LOST: {octets} of files could not be written to {given['files_folder']}"
