"""``rcds-sniffer records``: query the store."""

import click

from rcds_sniffer.cli import options
from rcds_sniffer.cli.errors import UserError
from rcds_sniffer.cli.output import WriterSink
from rcds_sniffer.records.record import EVENTS
from rcds_sniffer.store.errors import StoreError
from rcds_sniffer.store.filter import RecordFilter
from rcds_sniffer.store.store import open_store

BATCH = 1000


@click.command()
@click.option("-t", "--target", multiple=True, metavar="ACCOUNT", help="Of this target; may be repeated.")
@click.option("-c", "--contact", metavar="ACCOUNT", help="With this account as sender or recipient.")
@click.option("--text", metavar="WORDS", help="Whose text contains WORDS, in any case.")
@click.option(
    "-e",
    "--event",
    multiple=True,
    type=click.Choice(EVENTS),
    metavar="EVENT",
    help="Of this event; may be repeated.",
)
@click.option("--conversation", metavar="ID", help="Of this conversation.")
@options.period
@click.option("-n", "--limit", type=click.IntRange(min=1), metavar="N", help="At most N records.")
@options.database
@options.output("table")
@options.verbosity
def records(  # noqa: PLR0917 - click hands over one parameter an option
    target: tuple[str, ...],
    contact: str | None,
    text: str | None,
    event: tuple[str, ...],
    conversation: str | None,
    since: int | None,
    until: int | None,
    limit: int | None,
    db: str,
    output_format: str,
    output: str,
) -> None:
    """Show stored records, in order of time.

    \b
    Examples:
      rcds-sniffer records --target alice@example.org --format chat
      rcds-sniffer records --contact bob@example.com --from 2005-06-01 --to 2005-06-30
      rcds-sniffer records --event message --text "see you" --format csv --output found.csv
    """
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
            batch = []
            for record in store.query(wanted):
                batch.append(record)
                if len(batch) == BATCH:
                    writer.write(batch)
                    batch = []
            writer.write(batch)
    except StoreError as error:
        raise UserError(str(error)) from error
