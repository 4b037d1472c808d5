"""``rcds-sniffer replay``: capture files to communication records."""

import contextlib
import sys
from typing import Any

import click

from capture.files import READERS, open_files
from capture.folder import follow_folder
from capture.source import Source
from rcds_sniffer.cli import options
from rcds_sniffer.cli.analysis import analysis
from rcds_sniffer.cli.errors import UserError
from rcds_sniffer.cli.progress import progress_bar
from rcds_sniffer.cli.running import run
from rcds_sniffer.cli.whom import whom


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=options.FileName())
@whom
@options.period
@analysis(recorded=True)
@click.option(
    "--source", type=click.Choice(READERS), help="Reader of capture files; the first of these that is installed."
)
@click.option("--follow", is_flag=True, help="FILE is a folder into which a capture daemon rotates files: go on.")
@click.option(
    "--workers",
    type=click.IntRange(1, 2),
    help="Processes: with 2, one decodes while the other records  [default: 2 if that is quicker]",
)
@options.output("chat", none=True)
@options.verbosity
@click.pass_context
def replay(
    ctx: click.Context,
    /,
    *,
    files: tuple[str, ...],
    source: str | None,
    follow: bool,
    output_format: str,
    output: str,
    **shared: Any,
) -> None:
    """Read capture files and record what happened to the targets.

    Several files are one capture, in time order: give all files of a rotation at once. pcap, pcapng, gzip and
    zstd are read; - is standard input. Only accounts that you name are recorded, or with --all every account whose
    own connection is in the capture: use it on your own traffic.

    \b
    Examples:
      rcds-sniffer replay --target alice@example.org capture.pcap
      rcds-sniffer replay --targets-file targets.txt --db case17.sqlite day1.pcap.gz day2.pcap.gz
      rcds-sniffer replay --target alice@example.org --db case17.sqlite --format none old/*.pcap
      rcds-sniffer replay --target alice@example.org --follow /var/spool/captures
      rcds-sniffer replay --target alice@example.org --files recovered/ capture.pcap
      zcat huge.pcap.gz | rcds-sniffer replay --all --no-db --format jsonl - \\
        | jq -r 'select(.text).text'

    Exit codes: 0 fine, 1 something was lost, 2 your mistake, 130 interrupted after all was written.
    """
    options.refuse_standard_input(files, shared["targets_file"])
    if follow and len(files) != 1:
        raise UserError("--follow: name one folder, into which the files of the capture are rotated")
    silent = output_format == "none"
    if silent and output != "-":
        raise UserError("--format none writes no output: leave --output out, or name another format")
    if silent and shared["no_db"] and not shared["write"] and not shared["files_folder"]:
        raise UserError("--format none and --no-db: nothing would be kept; leave one of them out")
    quiet = bool(ctx.obj.get("quiet"))
    in_the_way = (
        output == "-" and output_format not in {"chat", "none"} and sys.stdout is not None and sys.stdout.isatty()
    )

    def open_source() -> Source:
        return follow_folder(files[0], source) if follow else open_files(files, source)

    run(
        ctx,
        open_source,
        lambda opened: (
            contextlib.nullcontext(lambda: None) if follow else progress_bar(opened, quiet or in_the_way)
        ),
        inputs=() if follow else files,
        output=None if silent else (output_format, output),
        live=follow,
    )
