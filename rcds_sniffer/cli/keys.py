"""Where the keys of a database of orders are: the options, and the register that they open."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rcds_sniffer.cli import options
from rcds_sniffer.cli.errors import UserError

if TYPE_CHECKING:
    from rcds_sniffer.register import Register

Function = TypeVar("Function", bound=Callable[..., Any])

KEYRING_SUFFIX = ".keys"
"""Behind the database's name, where the keyring is not named."""


def keys(command: Function) -> Function:
    """``--key-file`` and ``--keyring``."""
    command = click.option(
        "--keyring",
        type=options.FileName(),
        metavar="DIR",
        help="Folder with the keys of the orders  [default: the database's name with .keys]",
    )(command)
    return click.option(
        "--key-file",
        type=options.FileName(),
        metavar="FILE",
        help="Master key  [default: RCDS_SNIFFER_KEY, else the service's credential]",
    )(command)


def key_options(command: Function) -> Function:
    """``--db`` with ``--key-file`` and ``--keyring``."""
    return options.database(keys(command))


def keyring_folder(db: str, keyring: str | None) -> Path:
    """The keyring's folder.

    Raises:
        UserError: it is not named, and the database is on a server.
    """
    if keyring is not None:
        return Path(keyring)
    from rcds_sniffer.store.database import files_of  # noqa: PLC0415 - SQLAlchemy takes longest of all

    files = files_of(db)
    if not files:
        raise UserError("--keyring: name the folder with the orders' keys; a server's database has none beside it")
    return Path(str(files[0]) + KEYRING_SUFFIX)


@contextlib.contextmanager
def register_errors() -> Iterator[None]:
    """What the register, its keys or its database refuse is one line for the user.

    Raises:
        UserError: in place of theirs.
    """
    from rcds_sniffer.orders.states import NotPossible  # noqa: PLC0415 - the same
    from rcds_sniffer.register.errors import RegisterError  # noqa: PLC0415 - the same
    from rcds_sniffer.secrecy.errors import SecrecyError  # noqa: PLC0415 - the same
    from rcds_sniffer.store.errors import StoreError  # noqa: PLC0415 - the same

    try:
        yield
    except (NotPossible, RegisterError, SecrecyError, StoreError) as error:
        raise UserError(str(error)) from error


@contextlib.contextmanager
def opened_register(given: dict[str, Any]) -> Iterator["Register"]:
    """The register that ``--db``, ``--key-file`` and ``--keyring`` say.

    Raises:
        UserError: it cannot be opened, or refuses what is done inside.
    """
    from rcds_sniffer.register import open_register  # noqa: PLC0415 - SQLAlchemy takes longest of all
    from rcds_sniffer.secrecy import hide_memory, load_master_key  # noqa: PLC0415 - the same

    with register_errors():
        hide_memory()
        folder = keyring_folder(given["db"], given["keyring"])
        with open_register(given["db"], load_master_key(given["key_file"]), folder) as register:
            yield register
