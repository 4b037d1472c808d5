"""Settings from a TOML file: the long options, without their dashes.

A key at the top is for every command that has the option; a table named after a command is for that one::

    db = "/srv/rcds/records.sqlite"

    [replay]
    targets-file = "/etc/rcds-sniffer/targets"
    ports = [1863, 1864]

What stands on the command line wins. Unknown keys are refused: a misspelt setting must not pass silently.
"""

import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from rcds_sniffer.cli.errors import UserError


def default_path() -> Path | None:
    """``$XDG_CONFIG_HOME/rcds-sniffer/config.toml`` if there is one (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    path = Path(base) / "rcds-sniffer" / "config.toml"
    return path if path.is_file() else None


def load(path: Path, commands: Mapping[str, click.Command]) -> dict[str, dict[str, object]]:
    """Click's default map from the file.

    Raises:
        UserError: it cannot be read, is no TOML, or holds a key that no command knows.
    """
    try:
        with path.open("rb") as file:
            settings = tomllib.load(file)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: is not TOML: {error}") from error
    known = {name: {key(p.name) for p in command.params if p.name} for name, command in commands.items()}
    out: dict[str, dict[str, object]] = {name: {} for name in commands}
    for name, value in settings.items():
        if isinstance(value, dict):
            if name not in commands:
                raise UserError(f"{path}: no command is called {name!r}; there are: {listed(commands)}")
            for option, setting in value.items():
                if option not in known[name]:
                    raise UserError(f"{path}: {name} has no option {option!r}; it has: {listed(known[name])}")
                out[name][parameter(option)] = setting
        else:
            takers = [command for command in commands if name in known[command]]
            if not takers:
                raise UserError(
                    f"{path}: no command has an option {name!r}; there are: {listed(set().union(*known.values()))}"
                )
            for command in takers:
                out[command].setdefault(parameter(name), value)
    return out


def key(name: str) -> str:
    """The name of a parameter in the file."""
    return {"all_accounts": "all", "since": "from", "until": "to", "output_format": "format"}.get(
        name, name.replace("_", "-")
    )


def parameter(name: str) -> str:
    """The name of a key as click's parameter."""
    return {"all": "all_accounts", "from": "since", "to": "until", "format": "output_format"}.get(
        name, name.replace("-", "_")
    )


def listed(names: Iterable[str]) -> str:
    """For a message."""
    return ", ".join(sorted(names))
