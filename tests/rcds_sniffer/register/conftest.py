"""A database of orders with one person for each role, on each kind of database."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy

from rcds_sniffer.register import Register, open_register
from rcds_sniffer.register.roles import ROLES
from rcds_sniffer.secrecy import MasterKey
from rcds_sniffer.store.database import open_database

SERVERS = {"postgresql": "RCDS_TEST_POSTGRESQL", "mariadb": "RCDS_TEST_MARIADB"}
"""Environment variables with the URL of a server's database that tests may fill and empty."""


@pytest.fixture(params=["sqlite", *SERVERS])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind; of servers, those that the environment names."""
    if request.param == "sqlite":
        yield str(tmp_path / "orders.db")
        return
    server = os.environ.get(SERVERS[request.param])
    if server is None:
        pytest.skip(f"{SERVERS[request.param]} names no database")
    empty(server)
    yield server
    empty(server)


def empty(server: str) -> None:
    """Takes all tables of ours away."""
    engine, _ = open_database(server, create=False, empty=True)
    with engine.begin() as connection:
        for table in sqlalchemy.inspect(connection).get_table_names():
            connection.execute(sqlalchemy.text(f"DROP TABLE {table}"))
    engine.dispose()


@pytest.fixture
def master() -> MasterKey:
    """A master key."""
    return MasterKey(bytes(range(32)))


@pytest.fixture
def office(url: str, tmp_path: Path, master: MasterKey) -> Iterator[Callable[..., Register]]:
    """Opens the register as somebody. There is a person of each role, named as the role is; root made it."""
    keys = tmp_path / "keys"
    with ExitStack() as stack:

        def come(person: str, **options: object) -> Register:
            return stack.enter_context(open_register(url, master, keys, person=person, **options))

        first = come("root", create=True)
        first.init()
        for role in ROLES:
            first.grant(role, role)
        yield come
