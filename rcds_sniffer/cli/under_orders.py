"""A run on a database of orders: the orders say who is recorded, and the storekeeper has the database.

What would name targets elsewhere, or store in the clear, is refused there.
"""

import contextlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from rcds_sniffer.cli.errors import RunError, UserError
from rcds_sniffer.cli.keys import keyring_folder, register_errors
from rcds_sniffer.cli.whom import NOBODY, given_last
from rcds_sniffer.orders import Warrant
from rcds_sniffer.orders.in_force import InForce
from rcds_sniffer.pipeline import Outcome, Pipeline
from rcds_sniffer.storekeeper import Storekeeper, StorekeeperError, started
from rcds_sniffer.workers.run import WorkerPipeline

if TYPE_CHECKING:
    from rcds_sniffer.storekeeper.keeping import Keeping

MOST_NAMES: Final = 20
"""Of files that the log names; a replay of more is told of by these."""

REFUSED = {
    "write": "--write: packets of all orders would stand in one file, in the clear",
    "since": "--from: the orders say from when to when",
    "until": "--to: the orders say from when to when",
    "no_db": "--no-db: what serves an order goes to the database that holds it",
}
"""Options that do not go with orders, and why; each may be left out."""


def is_under_orders(given: dict[str, Any]) -> bool:
    """True where ``--db`` is a database of orders, also where nothing is to be stored.

    Raises:
        UserError: it cannot be looked at.
    """
    db: str = given["db"]
    if given["no_db"] and ("://" in db or not os.path.exists(db)):
        return False  # nor asked for; SQLAlchemy takes longest of all to import
    from rcds_sniffer.register import is_database_of_orders  # noqa: PLC0415 - the same

    with register_errors():
        return is_database_of_orders(db)


def refuse_what_orders_forbid(ctx: click.Context, output: tuple[str, str] | None) -> None:
    """Whom orders name, and no other, is recorded, and in their database alone.

    Raises:
        UserError: an option says otherwise.
    """
    given = ctx.params
    if any(value != NOBODY[name] for name, value in given_last(ctx).items()):
        raise UserError(f"{given['db']}: holds orders, which alone say who is recorded: name nobody else")
    for name, reason in REFUSED.items():
        if given[name]:
            raise UserError(f"{reason}: leave it out, or name a database without orders")
    shown = ["output", "output_format", *(["follow"] if ctx.info_name == "capture" else [])]
    sources = [ctx.get_parameter_source(name) for name in shown]
    if output is not None and any(source is not ParameterSource.DEFAULT for source in sources):
        raise UserError(
            "records that serve an order are not shown as they come: leave out --format, --output and --follow; "
            "'rcds-sniffer records --order LIID' shows them to who may read them"
        )


@contextlib.contextmanager
def storekeeper_for(ctx: click.Context, names: list[str], *, under_orders: bool) -> Iterator[Storekeeper]:
    """The storekeeper of ``--db``, in a process of its own.

    Args:
        ctx: of the command.
        names: of the files that are read, for the log; of a capture its interfaces are known.
        under_orders: it is a database of orders; else one of plain records, for a sensor in a sandbox.

    Raises:
        UserError: it refuses.
    """
    given = ctx.params
    from rcds_sniffer.store.database import let_go  # noqa: PLC0415 - SQLAlchemy takes longest of all

    folder = keyring_folder(given["db"], given["keyring"]) if under_orders else None
    if under_orders:
        from rcds_sniffer.secrecy import hide_memory  # noqa: PLC0415 - under orders alone

        _check_files(given, ctx.obj.get("config"))
        hide_memory()
    begin = {
        "what": ctx.info_name,
        "of": [*names, *given.get("interface", ())][:MOST_NAMES],
        "sensor": given["sensor"],
        "version": version("rcds-sniffer"),
    }

    def opened() -> "AbstractContextManager[Keeping]":
        from rcds_sniffer.storekeeper.keeping import open_keeping, open_plainly  # noqa: PLC0415 - there alone

        if folder is None:
            return open_plainly(given["db"])
        return open_keeping(given["db"], given["key_file"], folder)

    with contextlib.ExitStack() as stack:
        try:
            storekeeper = stack.enter_context(started(opened, begin, _give_up_rights))
        except StorekeeperError as error:
            raise UserError(str(error)) from error
        if under_orders:
            from rcds_sniffer.secrecy.keys import VARIABLE  # noqa: PLC0415 - under orders alone

            os.environ.pop(VARIABLE, None)  # the key is the storekeeper's
        let_go()  # of the database: it is the storekeeper's too
        yield storekeeper


def _give_up_rights() -> None:
    """Of the storekeeper: a service was given the right to capture, which it needs not. Root stays who it is, since
    the database may be anybody's."""
    if os.geteuid() != 0:
        from rcds_sniffer.sandbox.privileges import give_up  # noqa: PLC0415 - there alone

        give_up(None)
    from rcds_sniffer.secrecy import hide_memory  # noqa: PLC0415 - there alone

    hide_memory()  # locked memory is not inherited, and a change of rights takes part of the rest back


def follow_orders(storekeeper: Storekeeper, warrant: Warrant, pipeline: Pipeline | WorkerPipeline) -> None:
    """Take up what was changed; to be called often. Nothing waits."""
    orders = storekeeper.changes()
    if orders is not None and isinstance(warrant, InForce):
        warrant.change(orders, pipeline.moment)
        pipeline.warrant_changed()


def say_end(storekeeper: Storekeeper, outcome: Outcome) -> None:
    """What the run counted goes on the log; nothing in it names anybody.

    Raises:
        RunError: the storekeeper is gone.
    """
    recorder = outcome.recorder
    counted = {
        "packets": outcome.packets,
        "dropped": outcome.dropped,
        "faults": outcome.faults,
        "gap_octets": outcome.engine.get("gap_octets", 0),
        "records": recorder.get("records", 0),
        "incomplete": recorder.get("incomplete", 0),
    }
    try:
        storekeeper.end(counted)
    except StorekeeperError as error:
        raise RunError(str(error)) from error


def _check_files(given: dict[str, Any], config: Path | None) -> None:
    """What is to be kept from others is. Raises UserError."""
    from rcds_sniffer.secrecy import check_private  # noqa: PLC0415 - under orders alone

    with register_errors():
        if given["files_folder"] is not None and Path(given["files_folder"]).exists():
            check_private(Path(given["files_folder"]), "the folder for files")
        if config is not None and given["key_file"] is None:
            check_private(config, "the settings file")
