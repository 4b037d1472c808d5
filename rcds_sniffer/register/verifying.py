"""Whether the log is right, and whether orders, staff and keys are what the log says they are.

An entry of a change has the SHA-256 of what was sealed then; so an order that was put back to what it was, or a
role that was, shows as well, although each was sealed by us once.
"""

from collections.abc import Generator, Iterator
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, select

from rcds_sniffer.register import log
from rcds_sniffer.register.audit import DONE, Check, Finding, Head, check_head, read_entry
from rcds_sniffer.register.shelf import digest
from rcds_sniffer.secrecy.errors import SecrecyError
from rcds_sniffer.secrecy.keyring import KeyDestroyed, Keyring
from rcds_sniffer.store.schema import orders, staff

MAX_FINDINGS: Final = 1_000
"""Findings told; a log with more is not looked at any further."""

OF_ORDERS: Final = frozenset({"enter", "approve", "modify", "revoke", "destroy"})
OF_STAFF: Final = frozenset({"init", "grant", "withdraw"})


def verify(
    connection: Connection, key: bytes, kept: Head | Finding, noted: Head | None, keyring: Keyring
) -> tuple[list[Finding], Head]:
    """All that is wrong, and the log's end as it stands.

    Args:
        connection: sees one moment.
        key: the chain's.
        kept: the head beside the keys, or what is wrong with it.
        noted: a head that somebody kept elsewhere.
        keyring: where the orders' keys are.
    """
    heads = [(kept, "the head beside the keys")] if isinstance(kept, Head) else []
    heads += [(noted, "the head that you noted")] if noted is not None else []
    check = Check(key, frozenset(head.number for head, _ in heads))
    findings = _all(connection, check, heads, keyring)
    found = list(islice(findings, MAX_FINDINGS))
    more = next(findings, None)
    findings.close()  # and the cursor with it
    if more is not None:
        found.append(Finding(None, f"more than {MAX_FINDINGS:,} findings; the rest was not looked at"))
    if isinstance(kept, Finding):
        found.append(kept)
    return found, check.head


def _all(
    connection: Connection, check: Check, heads: list[tuple[Head, str]], keyring: Keyring
) -> Generator[Finding, None, None]:
    said = Said()
    for row in log.rows(connection):
        yield from check.row(row)
        said.note(read_entry((row.entry or b"").decode("utf-8", "replace")))
    yield from check.end()
    for head, where in heads:
        yield from check_head(check, head, where)
    yield from _orders(connection, said)
    yield from _staff(connection, said)
    yield from _keys(said, keyring)


class Said:
    """What the log says that there is."""

    def __init__(self) -> None:
        self.versions: dict[tuple[str, int], tuple[int, str | None]] = {}
        """By reference and version: entry, SHA-256."""
        self.persons: dict[str, tuple[int, str | None]] = {}
        """By person: entry, SHA-256; None: they have no role."""
        self.destroyed: dict[str, int] = {}
        """By reference: entry."""

    def note(self, entry: dict[str, Any] | None) -> None:
        """Takes in an entry."""
        if entry is None or entry["outcome"] != DONE or not isinstance(entry["details"], dict):
            return
        details = entry["details"]
        if entry["action"] in OF_ORDERS and isinstance(entry["order"], str) and "version" in details:
            self.versions[entry["order"], details["version"]] = entry["number"], details.get("sha256")
            if entry["action"] == "destroy":
                self.destroyed[entry["order"]] = entry["number"]
        elif entry["action"] in OF_STAFF and "person" in details:
            self.persons[details["person"]] = entry["number"], details.get("sha256")


def _orders(connection: Connection, said: Said) -> Iterator[Finding]:
    missing = dict(said.versions)
    question = select(orders).order_by(orders.c.reference, orders.c.version)
    for reference, version, sealed in connection.execute(question):
        entry = missing.pop((reference, version), None)
        if entry is None:
            yield Finding(None, f"order {reference}, version {version}: the log knows nothing of it")
        elif digest(bytes(sealed)) != entry[1]:
            yield Finding(entry[0], f"order {reference}, version {version}: is not what was written then")
    for (reference, version), (number, _) in missing.items():
        yield Finding(number, f"order {reference}, version {version}: is not there any more")


def _staff(connection: Connection, said: Said) -> Iterator[Finding]:
    missing = {person: number for person, (number, sha256) in said.persons.items() if sha256 is not None}
    for person, sealed in connection.execute(select(staff).order_by(staff.c.person)):
        missing.pop(person, None)
        number, sha256 = said.persons.get(person, (None, None))
        if sha256 is None:
            yield Finding(number, f"{person} has roles that the log does not give them")
        elif digest(bytes(sealed)) != sha256:
            yield Finding(number, f"the roles of {person} are not what was written then")
    for person, number in missing.items():
        yield Finding(number, f"the roles of {person} are not there any more")


def _keys(said: Said, keyring: Keyring) -> Iterator[Finding]:
    for reference in dict.fromkeys(reference for reference, _ in said.versions):
        try:
            keyring.key(reference)
        except KeyDestroyed:
            if reference not in said.destroyed:
                number = max(number for (other, _), (number, _) in said.versions.items() if other == reference)
                yield Finding(number, f"order {reference}: its key is not there, and nobody destroyed it here")
        except SecrecyError as error:
            yield Finding(None, f"order {reference}: {error}")
        else:
            if reference in said.destroyed:
                number = said.destroyed[reference]
                yield Finding(number, f"order {reference}: its key is still there; destroy it again")
