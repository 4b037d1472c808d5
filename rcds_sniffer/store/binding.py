"""Who was where: takes records, gives each account with the addresses at which it was seen, when and how one knows.

A record has a client's address on the account's own connection alone; on a contact's it would be a third party's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.store.errors import StoreError

MAX_BINDINGS: Final = 100_000
"""Accounts at addresses that are told of one order; beyond, a shorter period has to be asked for."""


@dataclass(slots=True)
class Binding:
    """An account that was seen at an address."""

    account: str | None
    address: str
    """Of the client, without the port."""
    first: int
    """Nanoseconds since 1970 UTC."""
    last: int
    records: int = 0
    login: bool = False
    """It signed in there, and the server accepted it."""
    messages: bool = False
    """Texts came or went there."""


def bindings(records: Iterable[CommunicationRecord]) -> list[Binding]:
    """By what ``records`` say, the earliest first.

    Raises:
        StoreError: there are more than :data:`MAX_BINDINGS`.
    """
    found: dict[tuple[str | None, str], Binding] = {}
    for record in records:
        if record.client is None:
            continue
        address = record.client.rpartition(":")[0].removeprefix("[").removesuffix("]")
        binding = found.get((record.target, address))
        if binding is None:
            if len(found) >= MAX_BINDINGS:
                raise StoreError(f"there are more than {MAX_BINDINGS:,} identities; narrow the period")
            binding = Binding(record.target, address, record.time, record.time)
            found[record.target, address] = binding
        binding.first = min(binding.first, record.time)
        binding.last = max(binding.last, record.time)
        binding.records += 1
        binding.login |= record.event == "login" and "error" not in (record.details or {})
        binding.messages |= record.event == "message"
    return sorted(found.values(), key=lambda binding: (binding.first, binding.account or "", binding.address))
