"""``rcds-sniffer roles``: who may do what with orders and their records."""

import json
import pwd
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from rcds_sniffer.cli.keys import key_options, opened_register
from rcds_sniffer.cli.options import verbosity
from rcds_sniffer.export.safe_text import safe
from rcds_sniffer.register.roles import ACTIONS, ROLES

ROLE = click.argument("role", type=click.Choice(list(ROLES)), metavar="ROLE")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def roles() -> None:
    """Who may do what. What no role permits is refused, and every refusal stands in the log.

    \b
    requester      enters orders, proposes changes, revokes
    approver       approves what somebody else entered or changed, revokes
    analyst        reads what was recorded
    supervisor     reads and exports what was recorded, revokes, sees the roles
    auditor        reads and verifies the log, sees orders and roles, no records
    operator       runs sensors, sees neither orders nor records
    administrator  gives and takes roles, destroys keys, sees neither orders nor records

    A person is the user who logged in: sudo and su make nobody another person.

    \b
    Examples:
      rcds-sniffer roles grant carol requester
      rcds-sniffer roles withdraw carol requester
      rcds-sniffer roles list
    """


@roles.command()
@click.argument("person")
@ROLE
@key_options
@verbosity
@click.pass_context
def grant(ctx: click.Context, /, person: str, role: str, **given: Any) -> None:
    """Give PERSON, a user of the system, a role."""
    with opened_register(given) as register:
        now = register.grant(person, role)
    if not ctx.obj.get("quiet"):
        _say(person, now)
        if not _is_user(person):
            click.echo(f"{safe(person)}: is no user of this machine; is the name right?", err=True)


@roles.command()
@click.argument("person")
@ROLE
@key_options
@verbosity
@click.pass_context
def withdraw(ctx: click.Context, /, person: str, role: str, **given: Any) -> None:
    """Take a role from PERSON. It counts at once, also for an operator's sensors that run."""
    with opened_register(given) as register:
        left = register.withdraw(person, role)
    if not ctx.obj.get("quiet"):
        _say(person, left)


@roles.command("list")
@click.option(
    "-f", "--format", "output_format", type=click.Choice(["table", "json"]), default="table", show_default=True
)
@key_options
@verbosity
def list_(output_format: str, **given: Any) -> None:
    """Show who has which roles, and what these permit."""
    with opened_register(given) as register:
        found = register.roles()
    if output_format == "json":
        click.echo(json.dumps({person: sorted(roles) for person, roles in sorted(found.items())}))
        return
    table = Table(box=None, pad_edge=False)
    for name in ("person", "roles", "may"):
        table.add_column(name, overflow="fold")
    for person, theirs in sorted(found.items()):
        may = [action for action in ACTIONS if any(action in ROLES.get(role, ()) for role in theirs)]
        table.add_row(safe(person), ", ".join(sorted(theirs)), ", ".join(may))
    Console(markup=False, highlight=False).print(table)


def _say(person: str, theirs: frozenset[str]) -> None:
    click.echo(f"{safe(person)}: {', '.join(sorted(theirs)) or 'no role'}", err=True)


def _is_user(person: str) -> bool:
    try:
        pwd.getpwnam(person)
    except KeyError:
        return False
    return True
