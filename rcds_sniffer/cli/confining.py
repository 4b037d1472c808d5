"""A capture gives up what it needs no longer: ``--user`` and ``--sandbox``, and when."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from capture.live import LiveSource
from capture.source import Source
from rcds_sniffer.cli.errors import UserError

log = logging.getLogger(__name__)

Function = TypeVar("Function", bound=Callable[..., Any])


def confinement(command: Function) -> Function:
    """The options."""
    command = click.option(
        "--sandbox/--no-sandbox",
        default=None,
        help="Give up all rights, files and sockets once the interface is open  [default: under orders]",
    )(command)
    return click.option(
        "--user", metavar="NAME", help="Whom root becomes in the sandbox  [default: rcds-sniffer, else nobody]"
    )(command)


def wants_sandbox(given: dict[str, Any], *, under_orders: bool) -> bool:
    """True for a capture that is to be confined.

    Raises:
        UserError: the options contradict each other.
    """
    if "sandbox" not in given:
        return False  # what is read are files
    asked: bool | None = given["sandbox"]
    if asked is False and given["user"] is not None:
        raise UserError("--user is for the sandbox: leave --no-sandbox out")
    return under_orders or given["user"] is not None if asked is None else asked


def confine(given: dict[str, Any], source: Source) -> None:
    """Nothing is opened from here on but files in the folder of ``--files``. Before any thread is started.

    Raises:
        UserError: it cannot be done; nothing is captured then.
    """
    from rcds_sniffer.sandbox import Muted, SandboxError, enter  # noqa: PLC0415 - for captures alone
    from rcds_sniffer.secrecy import hide_memory  # noqa: PLC0415 - the same

    folder: str | None = given["files_folder"]
    settled = source.settle() if isinstance(source, LiveSource) else []

    def hide() -> None:
        hide_memory()

    try:
        entered = enter(
            given["user"],
            [] if folder is None else [Path(folder)],
            muted=[Muted(one.descriptor, one.copy) for one in settled],
            serves=given["metrics"] is not None,
            hide_memory=hide,
        )
    except SandboxError as error:
        raise UserError(str(error)) from error
    log.info("%s", entered)
