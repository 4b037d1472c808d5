"""Whom to record: ``--target``, ``--targets-file``, ``--all``, and what they mean together."""

from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from rcds_sniffer.cli import options
from rcds_sniffer.cli.errors import UserError
from rcds_sniffer.orders import Everybody, NamedTargets, Period, Warrant

Function = TypeVar("Function", bound=Callable[..., Any])

NOBODY: dict[str, Any] = {"target": (), "targets_file": None, "all_accounts": False}
"""The options, and what they are where they are not given."""


def whom(command: Function) -> Function:
    """The three options."""
    command = click.option(
        "--all",
        "all_accounts",
        is_flag=True,
        help="Record every account whose own connection is seen: for traffic that is yours.",
    )(command)
    command = click.option(
        "--targets-file",
        type=options.FileName(),
        metavar="FILE",
        help="Record the accounts in FILE, one a line; - is standard input.",
    )(command)
    return click.option(
        "-t", "--target", multiple=True, metavar="ACCOUNT", help="Record this account; may be repeated."
    )(command)


def given_last(ctx: click.Context) -> dict[str, Any]:
    """The three options; if one stands on the command line, those of the settings are void."""
    typed = {name for name in NOBODY if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    return {name: ctx.params[name] if name in typed or not typed else NOBODY[name] for name in NOBODY}


def make_warrant(target: tuple[str, ...], targets_file: str | None, all_accounts: bool, period: Period) -> Warrant:
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
