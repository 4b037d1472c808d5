"""What the storekeeper keeps: the register and the sealed records of one database, opened with their keys."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from rcds_sniffer.orders.acting import Acting
from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.register import Register, open_register
from rcds_sniffer.secrecy import load_master_key
from rcds_sniffer.store import Store, open_store
from rcds_sniffer.store.sealed import SealedStore, open_sealed_store


class Keeping(Protocol):
    """An open database, as a storekeeper uses it."""

    stored: int
    known: int
    """Records that were new, and that were there already."""

    @property
    def without_key(self) -> int:
        """Records that were not stored, since their order's key is destroyed."""

    def orders(self) -> list[Acting] | None:
        """What the orders let a sensor do; None where nothing was changed since it was asked. Raises StoreError."""

    def store(self, records: Sequence[CommunicationRecord]) -> tuple[int, int]:
        """Store a batch: how many were new, and how many there already. Raises StoreError."""

    def note(self, action: str, details: Mapping[str, Any]) -> None:
        """Write on the log what the sensor does: ``start``, ``stop``, ``lost``, ``refuse``."""


class OrdersKeeping:
    """A database of orders: the register and its sealed records."""

    def __init__(self, register: Register, store: SealedStore) -> None:
        self._register = register
        self._store = store
        self._references: Mapping[str, str] = {}
        self._acting: list[Acting] | None = None
        """What the sensor was told."""
        self._seen = -1
        """The log's last number when the orders were looked at."""
        self.stored = self.known = 0

    def permit(self) -> None:
        """Raises NotPermitted unless the person may run a sensor."""
        self._register.permit("run")

    def orders(self) -> list[Acting] | None:
        """Of the register, when its log has grown."""
        number = self._register.latest_change()
        if number == self._seen:
            return None
        references, acting = self._register.references(), self._register.acting()
        self._references = references
        self._seen = number
        if acting == self._acting:
            return None  # the log has grown by something else
        self._acting = acting
        return acting

    def store(self, records: Sequence[CommunicationRecord]) -> tuple[int, int]:
        """Each record sealed under its order's key."""
        before = self._store.without_key
        new = self._store.add(records, self._references)
        known = len(records) - new - (self._store.without_key - before)
        self.stored += new
        self.known += known
        return new, known

    @property
    def without_key(self) -> int:
        """As the store counts them."""
        return self._store.without_key

    def note(self, action: str, details: Mapping[str, Any]) -> None:
        """On the register's log."""
        self._register.audit(action, details=details)


@contextlib.contextmanager
def open_keeping(db: str, key_file: str | None, keyring: Path) -> Iterator[Keeping]:
    """The database ``db`` with its keys.

    Raises:
        SecrecyError, RegisterError, StoreError: one line each.
    """
    with open_register(db, load_master_key(key_file), keyring) as register:
        # Who opens a database looks into its file first, and closes it: that ends all locks this process has on
        # an SQLite file (fcntl(2)). So nothing of the register is open then; it opens itself anew.
        register.close()
        with contextlib.closing(open_sealed_store(db, register.keyring, create=True)) as store:
            keeping = OrdersKeeping(register, store)
            keeping.permit()
            yield keeping


class PlainKeeping:
    """A database of plain records, for a sensor that must not reach it; there are no orders and no log."""

    without_key = 0

    def __init__(self, store: Store) -> None:
        self._store = store
        self.stored = self.known = 0

    def orders(self) -> None:
        """None, ever."""

    def store(self, records: Sequence[CommunicationRecord]) -> tuple[int, int]:
        """As they are."""
        new = self._store.add(records)
        self.stored += new
        self.known += len(records) - new
        return new, len(records) - new

    def note(self, action: str, details: Mapping[str, Any]) -> None:
        """Nowhere."""


@contextlib.contextmanager
def open_plainly(db: str) -> Iterator[Keeping]:
    """The database ``db``, of plain records. Raises StoreError."""
    with open_store(db, create=True) as store:
        yield PlainKeeping(store)
