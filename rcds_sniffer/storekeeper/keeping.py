"""What the storekeeper keeps: the register and the sealed records of one database, opened with their keys."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rcds_sniffer.orders.acting import Acting
from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.register import Register, open_register
from rcds_sniffer.secrecy import load_master_key
from rcds_sniffer.store.sealed import SealedStore, open_sealed_store


class Keeping:
    """An open database of orders, as a sensor's storekeeper uses it."""

    def __init__(self, register: Register, store: SealedStore) -> None:
        self._register = register
        self._store = store
        self._references: Mapping[str, str] = {}
        self._seen = -1
        """The log's last number when the orders were looked at."""
        self.stored = self.known = 0
        """Records that were new, and that were there already."""

    def permit(self) -> None:
        """Raises NotPermitted unless the person may run a sensor."""
        self._register.permit("run")

    def orders(self) -> list[Acting] | None:
        """What the orders let a sensor do; None where nothing was changed since it was asked. Raises StoreError."""
        number = self._register.latest_change()
        if number == self._seen:
            return None
        references, acting = self._register.references(), self._register.acting()
        self._references = references
        self._seen = number
        return acting

    def store(self, records: Sequence[CommunicationRecord]) -> tuple[int, int]:
        """Seal and store a batch: how many were new, and how many there already. Raises StoreError."""
        before = self._store.without_key
        new = self._store.add(records, self._references)
        known = len(records) - new - (self._store.without_key - before)
        self.stored += new
        self.known += known
        return new, known

    @property
    def without_key(self) -> int:
        """Records that were not stored, since their order's key is destroyed."""
        return self._store.without_key

    def note(self, action: str, details: Mapping[str, Any]) -> None:
        """Write on the log what the sensor does: ``start``, ``stop``, ``lost``."""
        self._register.audit(action, details=details)


@contextlib.contextmanager
def open_keeping(db: str, key_file: str | None, keyring: Path) -> Iterator[Keeping]:
    """The database ``db`` with its keys.

    Raises:
        SecrecyError, RegisterError, StoreError: one line each.
    """
    with (
        open_register(db, load_master_key(key_file), keyring) as register,
        contextlib.closing(open_sealed_store(db, register.keyring, create=True)) as store,
    ):
        keeping = Keeping(register, store)
        keeping.permit()
        yield keeping
