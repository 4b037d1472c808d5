"""``rcds-sniffer records``: query the store."""

from itertools import islice

import click

from rcds_sniffer.cli import options
from rcds_sniffer.cli.errors import UserError
from rcds_sniffer.cli.keys import keys
from rcds_sniffer.cli.output import WriterSink, refuse_overwriting
from rcds_sniffer.cli.sealed_records import Ask, show_sealed
from rcds_sniffer.records.record import EVENTS
from rcds_sniffer.register import is_database_of_orders
from rcds_sniffer.store.errors import StoreError
from rcds_sniffer.store.filter import RecordFilter
from rcds_sniffer.store.store import open_store

BATCH = 1000


@click.command()
@click.option(
    "-t", "--target", multiple=True, metavar="ACCOUNT", help="Only records of this target; may be repeated."
)
@click.option("-c", "--contact", metavar="ACCOUNT", help="Only records with this sender or recipient.")
@click.option("--text", metavar="WORDS", help="Only records whose text contains this, in any case.")
@click.option(
    "-e",
    "--event",
    multiple=True,
    type=click.Choice(EVENTS),
    metavar="EVENT",
    help=f"Only this event; may be repeated. One of {', '.join(EVENTS)}.",
)
@click.option("--conversation", metavar="ID", help="Only records of this conversation.")
@options.period
@click.option("-n", "--limit", type=click.IntRange(1, 2**63 - 1), metavar="N", help="At most N records.")
@click.option(
    "--order", metavar="LIID", help="In a database of orders: only what was recorded for this one  [default: all]"
)
@click.option(
    "--identities", is_flag=True, help="In a database of orders: which account was seen at which address, and when."
)
@click.option(
    "--extract",
    type=options.FileName(),
    metavar="DIR",
    help="In a database of orders: write the files of --order in the clear into this folder; no records then.",
)
@click.option(
    "--files",
    "files_folder",
    type=options.FileName(),
    metavar="DIR",
    help="Where the sealed files are now  [default: where they were recorded]",
)
@options.database
@keys
@options.output("table")
@options.verbosity
@click.pass_context
def records(
    ctx: click.Context,
    /,
    *,
    target: tuple[str, ...],
    contact: str | None,
    text: str | None,
    event: tuple[str, ...],
    conversation: str | None,
    since: int | None,
    until: int | None,
    limit: int | None,
    order: str | None,
    identities: bool,
    extract: str | None,
    files_folder: str | None,
    db: str,
    key_file: str | None,
    keyring: str | None,
    output_format: str,
    output: str,
) -> None:
    """Show stored records, in order of time; of a database of orders, order by order, as they were stored.

    What was recorded for orders is shown to who has the role for it, and each look is in the log. Nobody is named
    on the command line there: --target, --contact and --text are refused.

    \b
    Examples:
      rcds-sniffer records --target alice@example.org --format chat
      rcds-sniffer records --contact bob@example.com --from 2005-06-01 --to 2005-06-30
      rcds-sniffer records --event message --text "see you" --format csv --output found.csv
      rcds-sniffer records --db orders.sqlite --key-file /etc/rcds-sniffer/key --order LI-2026-17

    Exit codes: 0 fine, 1 something stored was changed or is missing, or not all was written, 2 your mistake.
    """
    options.check_period(since, until)
    refuse_overwriting(output, [ctx.obj.get("config"), key_file], db)
    try:
        of_orders = is_database_of_orders(db)
    except StoreError as error:
        raise UserError(str(error)) from error
    if of_orders:
        if target or contact is not None or text is not None:
            raise UserError(
                "--target, --contact and --text would show in the list of processes whom an order names;"
                " use --order, --from, --to and --event, and search what they give"
            )
        wanted = RecordFilter(since=since, until=until, events=event, conversation_id=conversation, limit=limit)
        given = {"db": db, "key_file": key_file, "keyring": keyring}
        show_sealed(ctx, given, Ask(order, wanted, identities, extract, files_folder, output_format, output))
        return
    if order is not None or identities or extract is not None:
        raise UserError("--order, --identities and --extract are for a database of orders, and this is none")
    wanted = RecordFilter(
        targets=tuple(options.checked(account, "--target") for account in target),
        contact=None if contact is None else options.checked(contact, "--contact"),
        since=since,
        until=until,
        text=text,
        events=event,
        conversation_id=conversation,
        limit=limit,
    )
    try:
        with open_store(db, create=False) as store, WriterSink(output_format, output) as writer:
            found = store.query(wanted)
            none = True
            while not writer.gone and (batch := list(islice(found, BATCH))):
                none = False
                writer.write(batch)
    except StoreError as error:
        raise UserError(str(error)) from error
    if none and not ctx.obj.get("quiet"):
        click.echo("no record matches", err=True)
