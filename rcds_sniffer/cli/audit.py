"""``rcds-sniffer audit``: the log of who did what, and whether it is whole."""

import json
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rcds_sniffer.cli.errors import LOST, UserError
from rcds_sniffer.cli.keys import key_options, opened_register
from rcds_sniffer.cli.options import verbosity
from rcds_sniffer.export.safe_text import safe
from rcds_sniffer.register.head import parse_head

FOR_PROGRAMS = frozenset({"sha256", "clock", "version"})
"""Details that a table leaves out: digests, which ``verify`` compares, and numbers of the clock."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def audit() -> None:
    """The log of who did what with orders, records and roles. It names orders, and nobody whom they name.

    \b
    Examples:
      rcds-sniffer audit verify                 # is it whole? prints its head: note it elsewhere
      rcds-sniffer audit verify --head 812:5f0c…  # is it the log whose head was noted?
      rcds-sniffer audit show --since 800
    """


@audit.command()
@click.option(
    "--head", metavar="NUMBER:MAC", help="A head that an earlier 'verify' printed: the log has to have it."
)
@key_options
@verbosity
@click.pass_context
def verify(ctx: click.Context, /, head: str | None, **given: Any) -> None:
    """Check every entry, the log's end, and orders, roles and keys against what the log says of them.

    Prints the log's head to standard output: keep it where nobody of this machine can change it.

    Exit codes: 0 all is as it was written, 1 something is not, 2 your mistake.
    """
    noted = None if head is None else parse_head(head)
    if head is not None and noted is None:
        raise UserError("--head: a head looks like 812:5f0c…, with 64 hexadecimal digits behind the colon")
    with opened_register(given) as register:
        findings, end = register.verify(noted)
    for finding in findings:
        click.echo(f"rcds-sniffer: {safe(str(finding))}", err=True)
    click.echo(str(end))
    if findings:
        ctx.exit(LOST)
    if not ctx.obj.get("quiet"):
        click.echo(f"{end.number:,} entries, all as they were written", err=True)


@audit.command()
@click.option("--since", type=click.IntRange(1), metavar="NUMBER", help="From this entry on.")
@click.option(
    "-f",
    "--format",
    "output_format",
    type=click.Choice(["table", "jsonl"]),
    default="table",
    show_default=True,
    help="jsonl is one entry a line, with all its fields.",
)
@key_options
@verbosity
def show(since: int | None, output_format: str, **given: Any) -> None:
    """Show the log as it stands; 'verify' tells whether it is right. To look is an entry too."""
    with opened_register(given) as register:
        entries = register.entries(since)
    if output_format == "jsonl":
        for entry in entries:
            click.echo(json.dumps(entry))
        return
    table = Table(box=None, pad_edge=False)
    for name in ("", "time UTC", "person", "action", "LIID", "outcome", "details"):
        table.add_column(name, overflow="fold", no_wrap=name != "details")
    for entry in entries:
        table.add_row(
            str(entry["number"]),
            _text(str(entry["time"] or "")[:19].replace("T", " ")),
            _text(str(entry["person"] or "")),
            _text(str(entry["action"] or "damaged: see 'audit verify'")),
            _text(str(entry["liid"] or "")),
            _text(str(entry["outcome"] or "")),
            _text(_details(entry["details"])),
        )
    Console().print(table)


def _details(details: object) -> str:
    """In a line, without what only programs read; ``--format jsonl`` has all."""
    if not isinstance(details, dict):
        return ""
    return ", ".join(f"{name} {_words(value)}" for name, value in details.items() if name not in FOR_PROGRAMS)


def _words(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(_words, value))
    return str(value) if isinstance(value, str | int) else json.dumps(value)


def _text(words: str) -> Text:
    return Text(safe(words))
