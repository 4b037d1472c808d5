"""What several commands share: targets, times, the store, the output; each said once."""

import contextlib
import re
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from msnp.accounts import normalise
from rcds_sniffer.cli import set_up_logging
from rcds_sniffer.cli.errors import UserError

DEFAULT_DB = "rcds-records.sqlite"

MAX_TARGETS_OCTETS = 64 << 20
"""Largest targets file that is read."""

ACCOUNT = re.compile(r"[^\s@]+@[^\s@]+|tel:\+?[0-9]+")
ATTRIBUTE = re.compile(r"\{[^{}]*\}|(?:epid|via|path)=.*", re.IGNORECASE)
"""What may stand behind an account on the wire, after a semicolon."""

FIRST_MOMENT, LAST_MOMENT = -(2**63), 2**63 - 1
"""What a database holds: from 1677 to 2262."""

Function = TypeVar("Function", bound=Callable[..., Any])


class Time(click.ParamType[int]):
    """A moment: ISO 8601 date or date and time; without a zone it is UTC. Nanoseconds since 1970 UTC."""

    name = "time"

    def __init__(self, end: bool = False) -> None:
        self._end = end  # a date alone is the end of that day

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """From the command line, or from TOML, where it may be a date already."""
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
            if self._end and len(str(value)) <= len("2005-06-30"):
                moment += timedelta(days=1)
        except ValueError:
            self.fail(f"{value!r} is no time; write 2005-06-30 or 2005-06-30T14:05:00Z (UTC)", param, ctx)
        except OverflowError:
            self.fail(f"{value!r} is the end of the calendar; leave the option out", param, ctx)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        since = moment - datetime(1970, 1, 1, tzinfo=UTC)
        nanoseconds = (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000
        return max(FIRST_MOMENT, min(nanoseconds, LAST_MOMENT))


class FileName(click.ParamType[str]):
    """The name of a file, which shells complete; whether it can be opened shows when it is."""

    name = "file"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The shell knows the files."""
        del ctx, param
        return [CompletionItem(incomplete, type="file")]


class Ports(click.ParamType[tuple[int, ...]]):
    """TCP ports, separated by commas."""

    name = "ports"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """From the command line, or a list from TOML."""
        parts = value if isinstance(value, list | tuple) else str(value).split(",")
        try:
            ports = tuple(int(str(part)) for part in parts)  # of TOML's true and 1.5 the words are no numbers
        except ValueError:
            self.fail(f"{value!r} is no list of ports; write 1863 or 1863,1864", param, ctx)
        if not ports or not all(1 <= port <= 65535 for port in ports):
            self.fail(f"{value!r}: TCP ports are numbers from 1 to 65535", param, ctx)
        return ports


def verbosity(command: Function) -> Function:
    """``-v`` and ``-q``, also behind the command."""

    def count(ctx: click.Context, param: click.Parameter, value: int | bool) -> None:
        name = param.name or ""
        settings = ctx.ensure_object(dict)
        if "broken" in settings:
            raise settings["broken"]
        settings[name] = settings.get(name, 0) + value
        set_up_logging(settings.get("verbose", 0), bool(settings.get("quiet")))

    command = click.option("-v", "--verbose", count=True, expose_value=False, callback=count, help="Say more.")(
        command
    )
    return click.option("-q", "--quiet", is_flag=True, expose_value=False, callback=count, help="Errors only.")(
        command
    )


def database(command: Function) -> Function:
    """``--db``."""
    return click.option(
        "--db",
        type=FileName(),
        default=DEFAULT_DB,
        show_default=True,
        metavar="URL",
        help="Database: a file (SQLite) or an SQLAlchemy URL.",
    )(command)


def period(command: Function) -> Function:
    """``--from`` and ``--to``."""
    command = click.option(
        "--to",
        "until",
        type=Time(end=True),
        metavar="TIME",
        help="Only before TIME; a date alone includes that day.",
    )(command)
    return click.option("--from", "since", type=Time(), metavar="TIME", help="Only from TIME on (UTC).")(command)


def output(default: str, *, none: bool = False) -> Callable[[Function], Function]:
    """``--format`` and ``--output``; ``none`` where there can be no output at all."""
    formats = ["chat", "table", "jsonl", "csv", *(["none"] if none else [])]
    silence = " none writes no output, only the database." if none else ""

    def decorate(command: Function) -> Function:
        command = click.option(
            "-o",
            "--output",
            type=FileName(),
            default="-",
            metavar="FILE",
            help="Where to write; - is standard output.",
        )(command)
        return click.option(
            "-f",
            "--format",
            "output_format",
            type=click.Choice(formats),
            default=default,
            show_default=True,
            help=f"chat reads like a conversation.{silence}",
        )(command)

    return decorate


def check_period(since: int | None, until: int | None) -> None:
    """Refuse a period that holds no moment.

    Raises:
        UserError: it ends before it begins.
    """
    if since is not None and until is not None and since >= until:
        raise UserError("--from is not before --to: nothing can fall into this period")


def read_targets(accounts: Iterable[str], file: str | None) -> frozenset[str]:
    """The accounts of ``--target`` and of ``--targets-file``, normalised.

    Raises:
        UserError: the file cannot be read, or something in it is no account.
    """
    out = {checked(account, "--target") for account in accounts}
    if file is not None:
        try:
            octets = _read(file)
            text = octets.decode("utf-8-sig")
        except OSError as error:
            raise UserError(f"{file}: the targets cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise UserError(f"{file}: is not UTF-8; write one account a line") from error
        for number, line in enumerate(text.splitlines(), 1):
            account = line.partition("#")[0].strip()
            if account:
                out.add(checked(account, f"{file}, line {number}"))
        if not out:
            raise UserError(f"{file}: names no account; write one a line")
    return frozenset(out)


def _read(name: str) -> bytes:
    with contextlib.nullcontext(sys.stdin.buffer) if name == "-" else open(name, "rb") as file:
        octets = file.read(MAX_TARGETS_OCTETS + 1)
    if len(octets) > MAX_TARGETS_OCTETS:
        raise UserError(f"{name}: is larger than {MAX_TARGETS_OCTETS >> 20} MiB; is it a list of accounts?")
    return octets


def checked(account: str, where: str) -> str:
    """``account`` normalised; the message does not repeat it, since messages end up in logs."""
    bare, *attributes = account.strip().split(";")
    if "*" in bare or bare.lower().startswith("mailto:") or not all(map(ATTRIBUTE.fullmatch, attributes)):
        raise UserError(f"{where}: one account at a time and no pattern, as in alice@example.org")
    normal = normalise(account.strip())
    if normal is None or ACCOUNT.fullmatch(normal) is None:
        raise UserError(f"{where}: an account looks like alice@example.org or tel:+15550100")
    return normal


def refuse_standard_input(files: Iterable[str], targets_file: str | None) -> None:
    """Refuse it where it is closed, or is to be two things at once.

    Raises:
        UserError: either.
    """
    files = list(files)
    if targets_file == "-" and "-" in files:
        raise UserError("targets and capture: only one of them can be standard input")
    if (targets_file == "-" or "-" in files) and sys.stdin is None:
        raise UserError("standard input is closed; name a file")
