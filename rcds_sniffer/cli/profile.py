"""``rcds-sniffer profile``: what the store knows of a target."""

from typing import TextIO, cast

import click

from rcds_sniffer.cli import options
from rcds_sniffer.cli.errors import RunError, UserError
from rcds_sniffer.cli.output import Outlet, refuse_overwriting
from rcds_sniffer.export.safe_text import safe
from rcds_sniffer.profile import Person, gather
from rcds_sniffer.records.json_form import object_json
from rcds_sniffer.register import is_database_of_orders
from rcds_sniffer.store.errors import StoreError
from rcds_sniffer.store.filter import RecordFilter
from rcds_sniffer.store.store import Store, open_store


@click.command()
@click.argument("account")
@options.period
@options.database
@click.option(
    "-f",
    "--format",
    "output_format",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="table is for people; json is one object with every fact.",
)
@click.option(
    "-o",
    "--output",
    type=options.FileName(),
    default="-",
    metavar="FILE",
    help="Where to write; - is standard output.",
)
@options.verbosity
@click.pass_context
def profile(
    ctx: click.Context,
    /,
    *,
    account: str,
    since: int | None,
    until: int | None,
    db: str,
    output_format: str,
    output: str,
) -> None:
    """Show what the store knows of the target ACCOUNT, since when and from which packet.

    Names, clients, addresses, computers, telephone numbers, settings, contacts, sessions, status times and
    correspondents, from the records of this target alone.

    \b
    Examples:
      rcds-sniffer profile alice@example.org
      rcds-sniffer profile alice@example.org --from 2005-06-01 --to 2005-06-30 --output alice.txt
      rcds-sniffer profile alice@example.org --format json | jq '.contacts[] | select(.blocked).account'

    Exit codes: 0 fine, 1 it could not be written to its end, 2 your mistake, also where ACCOUNT is no target here.
    """
    options.check_period(since, until)
    target = options.checked(account, "ACCOUNT")
    refuse_overwriting(output, [ctx.obj.get("config")], db)
    try:
        if is_database_of_orders(db):
            raise UserError("a database of orders has no profiles; see 'rcds-sniffer records --order LIID'")
        with open_store(db, create=False) as store:
            wanted = RecordFilter(targets=(target,), since=since, until=until)
            person = gather(target, store.query(wanted))
            if person is None:
                raise UserError(_nothing(store, target))
    except StoreError as error:
        raise UserError(str(error)) from error
    _write(person, output_format, output)
    if person.limits_reached and not ctx.obj.get("quiet"):
        click.echo(f"not all is kept of: {', '.join(person.limits_reached)}; narrow the period", err=True)


def _nothing(store: Store, target: str) -> str:
    """Why there is nothing to show; without the account, since messages end up in logs."""
    known = store.count(RecordFilter(targets=(target,), limit=1))
    why = "nothing of this account falls into this period" if known else "this account is no target here"
    return f"{safe(store.where)}: {why}"


def _write(person: Person, form: str, output: str) -> None:
    outlet = Outlet(output)
    try:
        if form == "json":
            outlet.write(object_json(person.to_dict()) + "\n")
        else:
            from rcds_sniffer.profile.render import render  # noqa: PLC0415 - rich takes longest

            render(person, cast(TextIO, outlet))
        outlet.commit()
    except BrokenPipeError:
        pass  # who reads it has had enough
    except OSError as error:
        raise RunError(f"{outlet.name}: cannot be written: {error.strerror}") from error
    finally:
        outlet.close()
