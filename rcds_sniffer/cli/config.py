"""Settings from a TOML file: the long options, without their dashes.

A key at the top is for every command that has the option; a table named after a command is for that one::

    db = "/srv/rcds/records.sqlite"

    [replay]
    targets-file = "/etc/rcds-sniffer/targets"
    ports = [1863, 1864]

What stands on the command line wins. Unknown keys are refused: a misspelt setting must not pass silently.
"""

import datetime
import os
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import click

from rcds_sniffer.cli.errors import UserError

OF_THE_SYSTEM = "/etc/rcds-sniffer/config.toml"
"""Where a package puts the settings of all users; read where the user may, and has none of their own."""

FILES = ("db", "files", "key-file", "keyring", "output", "targets-file", "write")
"""Keys in whose values ``~`` is the home, as it would be on a command line."""


def settings_file(named: Path | None) -> Path | None:
    """The one named, or ``$XDG_CONFIG_HOME/rcds-sniffer/config.toml`` if there is one (XDG Base Directory
    Specification), or the system's."""
    if named is not None:
        return Path(os.path.expanduser(named))
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    path = os.path.join(base, "rcds-sniffer", "config.toml")
    if os.path.isfile(path):
        return Path(path)
    return Path(OF_THE_SYSTEM) if os.access(OF_THE_SYSTEM, os.R_OK) else None


def load(path: Path, commands: Mapping[str, click.Command], asked: str | None) -> dict[str, dict[str, Any]]:
    """Click's default map from the file, for the command that was ``asked`` for.

    Of ``commands`` the others are only looked at where something in the file can be judged by them alone: they may
    be slow to import.

    Raises:
        UserError: it cannot be read, is no TOML, or holds a key that no command knows, or a value that is none.
    """
    try:
        with path.open("rb") as file:
            settings = tomllib.load(file)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: is not TOML: {error}") from error
    options = cache(lambda name: options_of(commands[name]))
    out: dict[str, dict[str, Any]] = {name: {} for name in commands}
    for name, value in settings.items():
        if isinstance(value, dict):
            if name not in commands:
                raise UserError(f"{path}: no command is called {name!r}; there are: {listed(commands)}")
            for word, setting in value.items():
                if word not in options(name):
                    raise UserError(f"{path}: {name} has no option {word!r}; it has: {listed(options(name))}")
                out[name][parameter(word)] = checked(f"{path}: {word}", options(name)[word], setting)
        else:
            sufficient = asked is not None and asked in commands and name in options(asked)
            takers = [asked] if asked and sufficient else [other for other in commands if name in options(other)]
            if not takers:
                every = set().union(*map(options, commands))
                raise UserError(f"{path}: no command has an option {name!r}; there are: {listed(every)}")
            for command in takers:
                out[command].setdefault(parameter(name), checked(f"{path}: {name}", options(command)[name], value))
    group = commands[asked] if asked is not None and asked in commands else None
    if asked is not None and isinstance(group, click.Group):  # click looks one floor down
        out[asked] = {
            name: {word: value for word, value in out[asked].items() if key(word) in options_of(command)}
            for name, command in group.commands.items()
        }
    return out


def options_of(command: click.Command) -> dict[str, click.Option]:
    """The options of a command, or of a group's commands, by their keys in the file."""
    if isinstance(command, click.Group):
        return {word: option for one in command.commands.values() for word, option in options_of(one).items()}
    return {key(p.name): p for p in command.params if isinstance(p, click.Option) and p.name}


def checked(where: str, option: click.Option, value: object) -> object:
    """``value`` as click takes it, if it is of a kind that ``option`` takes.

    Raises:
        UserError: it is not.
    """
    kinds, wanted = kinds_of(option)
    values = value if isinstance(value, list) and (option.multiple or list in kinds) else [value]
    for one in values:
        if not isinstance(one, kinds) or (isinstance(one, bool) and bool not in kinds):
            raise UserError(f"{where} must be {wanted}")
        if isinstance(one, str) and "\0" in one:
            raise UserError(f"{where} holds a character that no value can have")
    if isinstance(value, str) and key(option.name or "") in FILES:
        return os.path.expanduser(value)
    return values if option.multiple else value


def kinds_of(option: click.Option) -> tuple[tuple[type, ...], str]:
    """What TOML may give for an option, and its name in a message."""
    if option.is_flag:
        return (bool,), "true or false"
    if option.count or isinstance(option.type, click.IntRange):
        return (int,), "a whole number"
    if option.type.name == "ports":
        return (int, str, list), "a port, or a list of ports"
    if option.type.name == "time":
        return (datetime.date, str), "a date, or a date and time"  # a datetime is a date too
    return (str,), "a string in quotes" + (", or a list of strings" if option.multiple else "")


RENAMED = {
    "all_accounts": "all",
    "since": "from",
    "until": "to",
    "output_format": "format",
    "files_folder": "files",
}
"""Parameters of click's that are called otherwise on the command line."""


def key(name: str) -> str:
    """The name of a parameter in the file."""
    return RENAMED.get(name, name.replace("_", "-"))


def parameter(name: str) -> str:
    """The name of a key as click's parameter."""
    return {given: ours for ours, given in RENAMED.items()}.get(name, name.replace("-", "_"))


def listed(names: Iterable[str]) -> str:
    """For a message."""
    return ", ".join(sorted(names))
