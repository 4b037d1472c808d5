"""``rcds-sniffer doctor``: what is wrong with a tap or a capture, and how to mend it."""

import contextlib
import json
import time
from collections.abc import Callable, Iterable, Sequence

import click

from capture.errors import CaptureError, NotUp
from capture.files import open_files
from capture.live import open_interfaces
from capture.source import Source
from rcds_sniffer.cli import options
from rcds_sniffer.cli.errors import INTERRUPTED, LOST, OK, UserError
from rcds_sniffer.cli.progress import progress_bar
from rcds_sniffer.cli.signals import served_signals
from rcds_sniffer.cli.wording import number
from rcds_sniffer.doctor.diagnosis import diagnose
from rcds_sniffer.doctor.examination import Look, look
from rcds_sniffer.doctor.finding import Finding, Severity
from rcds_sniffer.doctor.interface import compare, examine, state_of
from rcds_sniffer.export.safe_text import safe
from rcds_sniffer.protocols import installed

SIGNS = {Severity.FINE: "✓", Severity.HINT: "·", Severity.WARNING: "!", Severity.ERROR: "✗"}
Report = Callable[[str, str, Iterable[Finding]], None]
"""Takes what was looked at, what else the heading of the text says, and the findings."""


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]...", type=options.FileName())
@click.option("-i", "--interface", multiple=True, metavar="IFACE", help="Look at it; may be repeated.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.1),
    default=10,
    show_default=True,
    help="How long to listen on interfaces.",
)
@click.option("--ports", type=options.Ports(), metavar="PORT,...", help="TCP ports of the servers  [default: 1863]")
@click.option(
    "-f",
    "--format",
    "output_format",
    type=click.Choice(["text", "jsonl"]),
    default="text",
    show_default=True,
    help="How to say it.",
)
@options.verbosity
@click.pass_context
def doctor(
    ctx: click.Context,
    /,
    *,
    files: tuple[str, ...],
    interface: tuple[str, ...],
    seconds: float,
    ports: tuple[int, ...] | None,
    output_format: str,
) -> None:
    """Look at an interface and what comes by it, or at capture files, and say what is wrong with the tap.

    It sends nothing, records nothing and names nobody.

    \b
    Examples:
      rcds-sniffer doctor -i eth1
      rcds-sniffer doctor -i tap0 -i tap1 --seconds 60
      rcds-sniffer doctor capture.pcap.gz

    Exit codes: 0 nothing is wrong, 1 something is, 2 your mistake, 130 interrupted.
    """
    if bool(files) == bool(interface):
        raise UserError("name capture files, or interfaces with -i: one of the two")
    options.refuse_standard_input(files, None)
    protocols = [(protocol, frozenset(ports or protocol.ports)) for protocol in installed().values()]
    told: list[Finding] = []

    def report(subject: str, heading: str, findings: Iterable[Finding]) -> None:
        findings = list(findings)
        told.extend(findings)
        if output_format == "jsonl":
            _print_lines(subject, findings)
        else:
            _print_text(subject + heading, findings)

    with served_signals() as signals:

        def run(source: Source, until: float | None) -> Look:
            def stopped() -> bool:
                return signals.stop or (until is not None and time.monotonic() >= until)

            quiet = until is not None or bool(ctx.obj.get("quiet"))
            with progress_bar(source, quiet) as progress:
                return look(source, protocols, live=until is not None, stopped=stopped, progress=progress)

        try:
            if interface:
                _interfaces(interface, seconds, run, report)
            else:
                with open_files(files) as source:
                    seen = run(source, None)
                    report(", ".join(files), _traffic(seen), diagnose(seen))
        except CaptureError as problem:
            raise UserError(str(problem)) from problem
    wrong = [finding for finding in told if finding.severity >= Severity.WARNING]
    if output_format == "text" and not ctx.obj.get("quiet"):
        click.echo(number(len(wrong), "thing") + " to mend" if wrong else "nothing is wrong", err=True)
    ctx.exit(INTERRUPTED if signals.stop else LOST if wrong else OK)


def _interfaces(
    names: Sequence[str], seconds: float, run: Callable[[Source, float | None], Look], report: Report
) -> None:
    """Each interface, then what comes by all of them."""
    before = [state_of(name) for name in names]
    for state in before:
        report(state.name, "", examine(state))
    with contextlib.suppress(NotUp):  # which is among what was said
        with open_interfaces(names) as source:
            seen = run(source, time.monotonic() + seconds)
        for state in before:
            report(state.name, ", while listening", compare(state, state_of(state.name), seconds))
        report(", ".join(names), _traffic(seen), diagnose(seen))


def _traffic(seen: Look) -> str:
    packets = number(seen.observer.packets, "packet")
    return f": {packets} in {seen.seconds:,.1f} s" if seen.observer.packets else ""


def _print_lines(subject: str, findings: Iterable[Finding]) -> None:
    for finding in findings:
        line = {
            "subject": subject,
            "check": finding.check,
            "severity": finding.severity.name.lower(),
            "seen": finding.seen,
            "mend": finding.mend,
        }
        click.echo(json.dumps(line, ensure_ascii=False))


def _print_text(heading: str, findings: Iterable[Finding]) -> None:
    click.echo(safe(heading))
    for finding in findings:
        click.echo(f"  {SIGNS[finding.severity]} {safe(finding.seen)}")
        if finding.mend:
            click.echo(f"      → {safe(finding.mend)}")
