"""``rcds-sniffer orders``: interception orders, from their entry to the end of their keys.

No target stands on a command line, which everybody on the machine can see: orders are read from files, from
standard input or from answers to questions.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import click

from rcds_sniffer.cli.asking import ask_for_terms
from rcds_sniffer.cli.errors import UserError
from rcds_sniffer.cli.keys import key_options, keyring_folder, opened_register, register_errors
from rcds_sniffer.cli.options import FileName, verbosity
from rcds_sniffer.cli.showing import list_of_orders, one_order
from rcds_sniffer.orders.form import MAX_OCTETS, FormError, form_of_order, read_orders, schema
from rcds_sniffer.orders.order import Order, Terms
from rcds_sniffer.orders.states import standing

FORM = click.option(
    "-f", "--format", "output_format", type=click.Choice(["table", "json"]), default="table", show_default=True
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def orders() -> None:
    """Interception orders: who may be recorded, from when to when, how much.

    \b
    Examples:
      rcds-sniffer orders init --key-file /etc/rcds-sniffer/key     # once: key, database; you administrate
      rcds-sniffer roles grant carol requester                      # who may do what
      rcds-sniffer orders new order.json                            # entered: it acts on nothing yet
      rcds-sniffer orders approve LIID-2026-0001                    # by a second person: it is in force
      rcds-sniffer orders list
      rcds-sniffer orders revoke LIID-2026-0001                     # sensors that run obey within a second

    \b
    An order as JSON; 'orders schema' prints its schema:
      {"liid": "LIID-2026-0001", "agency": "Police, unit 5", "legal_reference": "district court 17/26",
       "targets": [{"account": "alice@example.org"}, {"address": "192.0.2.0/24"}],
       "valid_from": "2026-11-22T00:00:00Z", "valid_to": "2027-02-22T00:00:00Z", "scope": "iri+cc"}
    """


@orders.command()
@key_options
@verbosity
@click.pass_context
def init(ctx: click.Context, /, **given: Any) -> None:
    """Make a database of orders, its keyring, and a master key where --key-file names none that is there yet.

    Whoever calls it administrates: they give out the roles, and may see no order and no record.
    """
    from rcds_sniffer.register import is_database_of_orders, open_register  # noqa: PLC0415 - it is slow to import
    from rcds_sniffer.secrecy import load_master_key, make_master_key  # noqa: PLC0415 - the same

    with register_errors():
        folder = keyring_folder(given["db"], given["keyring"])
        if is_database_of_orders(given["db"]):
            raise UserError(f"{given['db']}: is a database of orders already")
        _refuse_records(given["db"])
        file = given["key_file"]
        made = file is not None and not Path(file).exists()
        master = make_master_key(file) if made else load_master_key(file)
        with open_register(given["db"], master, folder, create=True) as register:
            register.init()
            person = register.person
    if not ctx.obj.get("quiet"):
        if made:
            click.echo(f"{file}: a new master key; without it nobody reads the orders and their records", err=True)
        click.echo(
            f"{folder}: the keyring; keep copies apart from the database, and no longer than orders last", err=True
        )
        click.echo(f"{given['db']}: a database of orders; {person} administrates it", err=True)


def _refuse_records(db: str) -> None:
    """A database with records that serve no order becomes none of orders."""
    from rcds_sniffer.store import open_store  # noqa: PLC0415 - it is slow to import
    from rcds_sniffer.store.database import files_of  # noqa: PLC0415 - the same

    files = files_of(db)
    if files and not files[0].exists():
        return
    with open_store(db, create=True) as store:
        if store.count():
            raise UserError(f"{db}: holds records that serve no order; name a new database")


@orders.command()
@click.argument("file", required=False, metavar="[FILE]", type=FileName())
@key_options
@verbosity
@click.pass_context
def new(ctx: click.Context, /, file: str | None, **given: Any) -> None:
    """Enter an order from FILE, from standard input (-), or, on a terminal, answer questions.

    It acts on nothing until somebody else approves it.
    """
    terms = _one(file) if file is not None or not sys.stdin.isatty() else ask_for_terms()
    with opened_register(given) as register:
        order = register.enter(terms)
    _say(ctx, order, f"entered; somebody else has to: rcds-sniffer orders approve {order.terms.liid}")


@orders.command()
@click.argument("liid")
@click.argument("file", required=False, metavar="[FILE]", type=FileName())
@key_options
@verbosity
@click.pass_context
def modify(ctx: click.Context, /, liid: str, file: str | None, **given: Any) -> None:
    """Propose other terms for an order: the whole of it, as for 'new', with the same LIID.

    What was approved goes on acting until somebody else approves the changes.
    """
    terms = _one(file) if file is not None or not sys.stdin.isatty() else ask_for_terms(liid)
    with opened_register(given) as register:
        order = register.modify(liid, terms)
    _say(ctx, order, f"changed; somebody else has to: rcds-sniffer orders approve {liid}")


@orders.command()
@click.argument("liid")
@key_options
@verbosity
@click.pass_context
def approve(ctx: click.Context, /, liid: str, **given: Any) -> None:
    """Approve an order, or its changed terms, that somebody else entered. See 'orders show' first."""
    with opened_register(given) as register:
        order = register.approve(liid)
    _say(ctx, order, f"approved: {standing(order, time.time_ns())}")


@orders.command()
@click.argument("liid")
@key_options
@verbosity
@click.pass_context
def revoke(ctx: click.Context, /, liid: str, **given: Any) -> None:
    """End an order now, for good. What was recorded stays; sensors that run obey within a second."""
    with opened_register(given) as register:
        order = register.revoke(liid)
    _say(ctx, order, "revoked; it acts on nothing any more")


@orders.command()
@click.argument("liid")
@click.confirmation_option(prompt="Nobody will be able to read this order or its records any more. Go on?")
@key_options
@verbosity
@click.pass_context
def destroy(ctx: click.Context, /, liid: str, **given: Any) -> None:
    """Destroy the key of an order that is over: what was recorded for it cannot be read by anybody any more."""
    with opened_register(given) as register:
        order = register.destroy(liid)
    _say(ctx, order, "destroyed: its key is gone; copies of the keyring have to go too")


@orders.command("list")
@FORM
@key_options
@verbosity
@click.pass_context
def list_(ctx: click.Context, /, output_format: str, **given: Any) -> None:
    """List all orders and how they stand. Whom they name is shown by 'orders show'."""
    with opened_register(given) as register:
        found = register.orders()
    now = time.time_ns()
    if output_format == "json":
        for order in found:
            _json({"liid": order.terms.liid, "standing": standing(order, now), **_destroyed_or_whole(order)})
    elif found:
        list_of_orders(found, now)
    elif not ctx.obj.get("quiet"):
        click.echo("there is no order", err=True)


@orders.command()
@click.argument("liid")
@FORM
@key_options
@verbosity
def show(liid: str, output_format: str, **given: Any) -> None:
    """Show an order: whom it names, its changes that wait for approval, who did what."""
    with opened_register(given) as register:
        order = register.order(liid)
    if output_format == "json":
        _json({**_destroyed_or_whole(order), "standing": standing(order, time.time_ns())})
    else:
        one_order(order, time.time_ns())


@orders.command("import")
@click.argument("file", metavar="FILE", type=FileName())
@key_options
@verbosity
@click.pass_context
def import_(ctx: click.Context, /, file: str, **given: Any) -> None:
    """Enter the orders in FILE (JSON: one, an array, or one a line; - is standard input): all of them, or none."""
    terms = _read(file)
    with opened_register(given) as register:
        entered = register.import_(terms)
    if not ctx.obj.get("quiet"):
        click.echo(f"{len(entered)} entered; each waits for the approval of somebody else", err=True)


@orders.command()
@click.argument("liids", nargs=-1, required=True, metavar="LIID...")
@key_options
@verbosity
def export(liids: tuple[str, ...], **given: Any) -> None:
    """Print orders as JSON, one a line, with their state and history. 'import' takes what it prints."""
    with opened_register(given) as register:
        found = [register.export(liid) for liid in liids]
    for order in found:
        _json(form_of_order(order))


@orders.command("schema")
def schema_() -> None:
    """Print the JSON Schema of an order."""
    click.echo(json.dumps(schema(), indent=2, ensure_ascii=False))


def _destroyed_or_whole(order: Order) -> dict[str, Any]:
    form = form_of_order(order)
    if order.terms.identities:
        return form
    return {name: form[name] for name in ("liid", "state", "history")}


def _one(file: str | None) -> Terms:
    found = _read(file or "-")
    if len(found) != 1:
        raise UserError("more than one order: 'orders import' takes several")
    return found[0]


def _read(file: str) -> list[Terms]:
    try:
        if file == "-":
            if sys.stdin is None:
                raise UserError("standard input is closed; name a file")
            octets = sys.stdin.buffer.read(MAX_OCTETS + 1)
        else:
            with open(file, "rb") as opened:
                octets = opened.read(MAX_OCTETS + 1)
        return read_orders(octets)
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror}") from error
    except FormError as error:
        raise UserError(f"{'standard input' if file == '-' else file}: {error}") from error


def _json(said: dict[str, Any]) -> None:
    click.echo(json.dumps(said, ensure_ascii=True))


def _say(ctx: click.Context, order: Order, words: str) -> None:
    if not ctx.obj.get("quiet"):
        click.echo(f"{order.terms.liid}: {words}", err=True)
