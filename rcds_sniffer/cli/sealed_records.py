"""``rcds-sniffer records`` of a database of orders: who may see it, what the log says, and then what is wanted.

The log's entry comes first: it says how many records of which order are about to be shown, up to which number. That
is why what is wanted is counted before, and what comes in meanwhile is left for the next time.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, TextIO, cast

import click

from rcds_sniffer.cli.errors import LOST, RunError, UserError
from rcds_sniffer.cli.extract import extract, without_key
from rcds_sniffer.cli.keys import opened_register
from rcds_sniffer.cli.output import Outlet, WriterSink
from rcds_sniffer.export.safe_text import safe
from rcds_sniffer.records.record import CommunicationRecord, rfc3339
from rcds_sniffer.store.binding import Binding
from rcds_sniffer.store.filter import RecordFilter
from rcds_sniffer.store.sealed import Finding, SealedStore, open_sealed_store

if TYPE_CHECKING:
    from rcds_sniffer.register import Register

BATCH = 1000

ANY_WIDTH = 1_000
"""Columns where nothing says how many there are."""

MAX_TOLD = 1_000
"""Lines about rows that are wrong; more are only counted."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is about to be shown of one order."""

    liid: str
    reference: str
    wanted: RecordFilter
    upto: int
    """Sequence number of the last record that is looked at."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is wanted of a database of orders."""

    liid: str | None
    """Of the order; None: of all."""
    wanted: RecordFilter
    """Its records: all that matches."""
    identities: bool
    """Accounts and addresses, and no records."""
    extract_to: str | None
    """A folder for the files, in the clear; no records then either."""
    files: str | None
    """Where the sealed files are now; None: where their records say."""
    output_format: str
    """Of records; of identities ``table`` or ``jsonl``."""
    output: str
    """A file's name, or ``-``."""

    @property
    def action(self) -> str:
        """What of the register's has to be permitted, and is logged."""
        return "read" if self.extract_to is None else "export"

    @property
    def what(self) -> str:
        """Its word in the log."""
        return "identities" if self.identities else "records" if self.extract_to is None else "files"


class Wrong:
    """Tells what is wrong with rows, as it is found."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, finding: Finding) -> None:
        """One line."""
        self.tell(str(finding))

    def tell(self, line: str) -> None:
        """The same, of something else."""
        self.number += 1
        if self.number <= MAX_TOLD:
            click.echo(f"rcds-sniffer: {safe(line)}", err=True)
        elif self.number == MAX_TOLD + 1:
            click.echo("rcds-sniffer: more are wrong; they are not told one by one", err=True)


def show_sealed(ctx: click.Context, given: dict[str, Any], ask: Ask) -> None:
    """Shows the records, or who was where, or writes the files, of one order or of all.

    Args:
        ctx: its exit code is 1 where something is wrong with what is stored.
        given: ``db``, ``key_file`` and ``keyring``.
        ask: what is wanted.

    Raises:
        UserError: it is not permitted, makes no sense, or there is no such order.
        RunError: not all could be written.
    """
    _refuse_nonsense(ask)
    wrong = Wrong()
    with opened_register(given) as register:
        # Who opens a database looks into its file first, and closes it: that ends all locks that this process has
        # on an SQLite file (fcntl(2)). So nothing of the register is open then; it opens itself anew.
        register.close()
        with open_sealed_store(given["db"], register.keyring, create=False) as store:
            looks = _announced(register, store, ask)
            some = _show(store, looks, ask, wrong)
    if wrong.number:
        click.echo(f"rcds-sniffer: {wrong.number:,} found wrong in what is stored", err=True)
        ctx.exit(LOST)
    if not some and not ctx.obj.get("quiet"):
        click.echo("no record matches", err=True)


def _refuse_nonsense(ask: Ask) -> None:
    if ask.extract_to is not None and (ask.liid is None or ask.identities):
        raise UserError("--extract writes the files of one order: name it with --order, and leave out --identities")
    if ask.identities and ask.output_format not in {"table", "jsonl"}:
        raise UserError("--identities comes as --format table or jsonl")


def _announced(register: "Register", store: SealedStore, ask: Ask) -> list[Look]:
    """What will be shown, after the log has it."""
    register.permit(ask.action)
    references = register.references()
    if ask.liid is not None and ask.liid not in references:
        raise UserError(
            "no order has this LIID, or its key is destroyed; 'rcds-sniffer orders list' shows the orders"
        )
    out, left = [], ask.wanted.limit
    for name in sorted(references) if ask.liid is None else [ask.liid]:
        reference, some = references[name], replace(ask.wanted, limit=left)
        upto = store.last(reference)
        number = store.count(reference, some, upto=upto)
        register.audit(ask.action, reference, {"what": ask.what, "records": number, "upto": upto}, liid=name)
        out.append(Look(name, reference, some, upto))
        left = None if left is None else left - number
        if left == 0:
            break
    return out


def _show(store: SealedStore, looks: Sequence[Look], ask: Ask, wrong: Wrong) -> bool:
    """True where there was anything."""
    if ask.identities:
        return _write_identities(_bindings(store, looks, wrong), ask.output_format, ask.output)
    if ask.extract_to is None:
        return _write_records(_records(store, looks, wrong), ask.output_format, ask.output)
    done = extract(_records(store, looks, wrong), ask.extract_to, files=ask.files)
    for line in done.refused:
        wrong.tell(line)
    click.echo(f"{done.files:,} files written to {safe(ask.extract_to)}", err=True)
    return True


def _records(store: SealedStore, looks: Sequence[Look], wrong: Wrong) -> Iterator[CommunicationRecord]:
    for look in looks:
        yield from store.query(look.reference, look.wanted, wrong=wrong, upto=look.upto)


def _write_records(found: Iterator[CommunicationRecord], output_format: str, output: str) -> bool:
    """True where there were any."""
    some = False
    with WriterSink(output_format, output) as writer:
        while not writer.gone and (batch := list(islice(found, BATCH))):
            some = True
            writer.write([without_key(record) for record in batch])
    return some


def _bindings(store: SealedStore, looks: Sequence[Look], wrong: Wrong) -> list[tuple[str, Binding]]:
    return [
        (look.liid, binding)
        for look in looks
        for binding in store.bindings(look.reference, look.wanted, wrong=wrong, upto=look.upto)
    ]


def _write_identities(found: list[tuple[str, Binding]], output_format: str, output: str) -> bool:
    """True where there were any."""
    outlet = Outlet(output)
    try:
        if output_format == "jsonl":
            for liid, binding in found:
                outlet.write(json.dumps(_said(liid, binding)) + "\n")
        elif found:
            _table(found, cast(TextIO, outlet))
        outlet.commit()
    except BrokenPipeError:
        pass  # who reads it has had enough
    except OSError as error:
        raise RunError(f"{outlet.name}: cannot be written: {error.strerror}") from error
    finally:
        outlet.close()
    return bool(found)


def _said(liid: str, binding: Binding) -> dict[str, object]:
    return {
        "order_id": liid,
        "account": binding.account,
        "address": binding.address,
        "first": rfc3339(binding.first),
        "last": rfc3339(binding.last),
        "evidence": evidence(binding),
        "records": binding.records,
    }


def evidence(binding: Binding) -> list[str]:
    """By what it is known that the account was there; ``connection``: its own was seen, and nothing more."""
    ways = {"login": binding.login, "messages": binding.messages}
    return [way for way, seen in ways.items() if seen] or ["connection"]


def _table(found: list[tuple[str, Binding]], stream: TextIO) -> None:
    from rich.table import Table  # noqa: PLC0415 - rich takes longest
    from rich.text import Text  # noqa: PLC0415 - the same

    from rcds_sniffer.export.phrases import console  # noqa: PLC0415 - the same

    table = Table(box=None, pad_edge=False)
    for name in ("LIID", "account", "address", "first seen UTC", "last seen UTC", "evidence", "records"):
        table.add_column(name, overflow="fold", justify="right" if name == "records" else "left")
    for liid, binding in found:
        said = _said(liid, binding)
        cells = [str(said[name] or "") for name in ("order_id", "account", "address")]
        cells += [str(said[name])[:19] for name in ("first", "last")]
        table.add_row(*(Text(safe(cell)) for cell in cells), ", ".join(evidence(binding)), f"{binding.records:,}")
    console(stream, None if stream.isatty() else ANY_WIDTH, None).print(table)
