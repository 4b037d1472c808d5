"""A record to vary, and the databases that the store's contract is tried on."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy

from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.store import open_store

from .store_crafting import make_record

SERVERS = {
    "postgresql": "RCDS_TEST_POSTGRESQL",
    "mariadb": "RCDS_TEST_MARIADB",
}
"""Environment variables with the URL of a server's database that tests may fill and empty."""


@pytest.fixture(params=["sqlite", *SERVERS])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind; of servers, those that the environment names."""
    if request.param == "sqlite":
        yield str(tmp_path / "records.db")
        return
    server = os.environ.get(SERVERS[request.param])
    if server is None:
        pytest.skip(f"{SERVERS[request.param]} names no database")
    _empty(server)
    yield server
    _empty(server)


def _empty(server: str) -> None:
    with open_store(server, create=True) as store, store._engine.begin() as connection:
        for table in sqlalchemy.inspect(connection).get_table_names():
            connection.execute(sqlalchemy.text(f"DROP TABLE {table}"))


@pytest.fixture
def record() -> Callable[..., CommunicationRecord]:
    """Makes a record."""
    return make_record
