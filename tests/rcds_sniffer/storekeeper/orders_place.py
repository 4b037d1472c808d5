"""A database of orders with its keys, where whoever runs the tests may run a sensor and read what it recorded."""

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rcds_sniffer.orders.order import Identity, Scope, Terms
from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.register import Register, current_person, open_register
from rcds_sniffer.secrecy.keys import load_master_key, make_master_key
from rcds_sniffer.store.sealed import open_sealed_store

DAY = 86_400_000_000_000
ALWAYS = (0, 4_000_000_000_000_000_000)
"""From 1970 to 2096: of old captures too."""


def terms(
    liid: str, *accounts: str, scope: Scope = Scope.IRI_CC, period: tuple[int, int] = ALWAYS, domain: str = ""
) -> Terms:
    """An order's terms over accounts, or a domain."""
    who = tuple(Identity(account=account) for account in accounts)
    if domain:
        who = (*who, Identity(domain=domain))
    return Terms(liid, "agency", "warrant 17", who, *period, scope)


class Place:
    """The database ``orders.sqlite`` in a folder, or one of a server."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.db = url or str(folder / "orders.sqlite")
        self.key = folder / "key"
        self.keyring = folder / "keys"
        self.me = current_person()
        make_master_key(str(self.key))
        with self.register("admin", create=True) as register:
            register.init()
            for person, role in (
                ("req", "requester"), ("app", "approver"), ("aud", "auditor"), (self.me, "operator"),
                (self.me, "analyst"),
            ):  # fmt: skip
                register.grant(person, role)

    @property
    def options(self) -> list[str]:
        """For the command."""
        return ["--db", self.db, "--key-file", str(self.key), "--keyring", str(self.keyring)]

    def register(self, person: str, *, create: bool = False) -> contextlib.AbstractContextManager[Register]:
        return open_register(self.db, load_master_key(str(self.key)), self.keyring, create=create, person=person)

    def approved(self, what: Terms) -> None:
        """An order by two people."""
        with self.register("req") as register:
            register.enter(what)
        self.approve(what.liid)

    def approve(self, liid: str) -> None:
        with self.register("app") as register:
            register.approve(liid)

    def modify(self, what: Terms) -> None:
        """Other terms, approved."""
        with self.register("req") as register:
            register.modify(what.liid, what)
        self.approve(what.liid)

    def revoke(self, liid: str) -> int:
        """Gives the wall clock just afterwards, ns."""
        with self.register("app") as register:
            register.revoke(liid)
        return time.time_ns()

    def records(self, liid: str) -> list[CommunicationRecord]:
        """What is stored for an order, in sequence; nothing of it may be wrong."""
        with (
            self.register(self.me) as register,
            contextlib.closing(open_sealed_store(self.db, register.keyring, create=True)) as store,
        ):
            wrong: list[object] = []
            found = list(store.query(register.references()[liid], wrong=lambda *what: wrong.append(what)))
        assert not wrong
        assert [record.sequence for record in found] == list(range(1, len(found) + 1))
        assert {record.order_id for record in found} <= {liid}
        return found

    def texts(self, liid: str) -> list[str | None]:
        return [record.text for record in self.records(liid) if record.event == "message"]

    def log(self) -> list[dict[str, Any]]:
        """Entries by who runs the tests."""
        with self.register("aud") as register:
            return [entry for entry in register.entries() if entry["person"] == self.me]

    def log_is_whole(self) -> None:
        with self.register("aud") as register:
            findings, _ = register.verify()
        assert not findings

    def says_of_log(self, word: str) -> bool:
        return word in json.dumps(self.log(), ensure_ascii=False)


@contextlib.contextmanager
def locked(db: str) -> Iterator[None]:
    """Somebody else has the SQLite file for himself."""
    import sqlite3  # noqa: PLC0415 - here alone

    with contextlib.closing(sqlite3.connect(db, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")
