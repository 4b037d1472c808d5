"""The command line: ``rcds-sniffer COMMAND``; ``python -m rcds_sniffer`` is the same.

Commands are imported when they are called, so that ``--help`` and completion answer at once. Machine output goes
to standard output and nothing else does; progress, summaries and warnings go to standard error.
"""

import errno
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import click

from rcds_sniffer.cli import config as configuration
from rcds_sniffer.cli.errors import UserError
from rcds_sniffer.compiled import compiled

COMMANDS = {
    "capture": ("rcds_sniffer.cli.capture", "capture", "Live interfaces to communication records."),
    "doctor": ("rcds_sniffer.cli.doctor", "doctor", "What is wrong with a tap or a capture."),
    "replay": ("rcds_sniffer.cli.replay", "replay", "Capture files to communication records."),
    "records": ("rcds_sniffer.cli.records", "records", "Query the stored records."),
    "profile": ("rcds_sniffer.cli.profile", "profile", "What the store knows of a target."),
    "orders": ("rcds_sniffer.cli.orders", "orders", "Interception orders."),
    "roles": ("rcds_sniffer.cli.roles", "roles", "Who may do what with orders and their records."),
    "audit": ("rcds_sniffer.cli.audit", "audit", "The log of who did what, and whether it is whole."),
    "count": ("rcds_sniffer.cli.count", "count", "What capture files hold, in numbers."),
    "completion": ("rcds_sniffer.cli.completion", "completion", "Print the completion script for your shell."),
}


class Imported(Mapping[str, click.Command]):
    """The commands by their names, each imported when it is looked at."""

    def __getitem__(self, name: str) -> click.Command:
        module, attribute, _ = COMMANDS[name]
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)

    def __contains__(self, name: object) -> bool:
        return name in COMMANDS


class Commands(click.Group):
    """A group that imports a command when it is called for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of use, not of the alphabet."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and give the command."""
        del ctx
        return Imported().get(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in ``--help``, without importing any of them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    del param
    if value and not ctx.resilient_parsing:
        import platform  # noqa: PLC0415 - nobody else asks
        from importlib.metadata import version  # noqa: PLC0415 - it takes longest of all

        how = "compiled" if compiled() else "not compiled"
        click.echo(f"rcds-sniffer {version('rcds-sniffer')} ({how}), Python {platform.python_version()}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("-V", "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version,
              help="Show the version and exit.")  # fmt: skip
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Settings file (TOML) [default: ~/.config/rcds-sniffer/config.toml]",
)
@click.option("-v", "--verbose", count=True, help="Say more on standard error; twice for still more.")
@click.option("-q", "--quiet", is_flag=True, help="No progress, no summary; errors only.")
@click.pass_context
def cli(ctx: click.Context, config: Path | None, verbose: int, quiet: bool) -> None:
    """MSN Messenger traffic to communication records of the accounts that you may listen to.

    \b
    Examples:
      rcds-sniffer capture -i eth1 --target alice@example.org --follow
      rcds-sniffer replay --target alice@example.org capture.pcap
      rcds-sniffer replay --all --no-db --format jsonl old/*.pcap.gz > records.jsonl
      rcds-sniffer records --contact bob@example.com --text hello
      rcds-sniffer profile alice@example.org
    """
    ctx.obj = {"verbose": verbose, "quiet": quiet}
    try:
        path = configuration.settings_file(config)
        if path is not None:
            ctx.default_map = dict(configuration.load(path, Imported(), ctx.invoked_subcommand))
            ctx.obj["config"] = path
    except UserError as error:
        ctx.obj["broken"] = error  # raised by the commands that have settings: --help and completion go on


def set_up_logging(verbose: int, quiet: bool) -> None:
    """Log to standard error. At no level does a message hold a name, a text or an address of anybody."""
    level = logging.ERROR if quiet else (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    logging.basicConfig(level=level, format="rcds-sniffer: %(message)s")
    logging.getLogger("rcds_sniffer").setLevel(level)
    logging.getLogger("rcds_sniffer.cli.statistics").setLevel(logging.INFO)  # asked for by its own option


def main() -> NoReturn:
    """Entry point: runs a command and leaves with its exit code.

    All is written and closed by then. What Python would do on top, to take every object apart, takes as long
    as to read a small capture, and a sensor is to be gone when it is told to end.
    """
    code = 0
    try:
        try:
            cli(prog_name="rcds-sniffer")
        except SystemExit as ending:
            code = ending.code if isinstance(ending.code, int) else 0 if ending.code is None else 1
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        pass  # who read it has had enough
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        click.echo(f"rcds-sniffer: standard output: cannot be written: {error.strerror}", err=True)
        code = code or 1
    os._exit(code)
