"""Brings a database's schema up to date by the migrations beside this file. Imported only when one is due.

Alembic runs as a library: no ``alembic.ini``, and the scripts are found as package data, so that it works
from an installed wheel. A new migration is a file in ``migrations/versions`` and its number in
``schema.REVISIONS``.
"""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def upgrade(connection: Connection) -> None:
    """Runs the migrations that ``connection``'s database lacks, inside the connection's transaction."""
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def configuration() -> Config:
    """Alembic's configuration for this package."""
    config = Config()
    config.set_main_option("script_location", "rcds_sniffer.store:migrations")
    return config
