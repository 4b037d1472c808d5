"""What is done with the log: written on by those who do what the register does not see, read, and verified."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import Connection

from rcds_sniffer.register import log
from rcds_sniffer.register.acts import Acts
from rcds_sniffer.register.audit import Finding, Head
from rcds_sniffer.register.errors import NotPermitted, RegisterError
from rcds_sniffer.register.roles import ACTIONS
from rcds_sniffer.register.session import Scribe
from rcds_sniffer.register.verifying import verify
from rcds_sniffer.store.errors import explained

OF_OTHERS: Final = frozenset({"run", "read", "list", "export"})
"""Actions that happen outside of the register, so that others say that they were done."""

ITS_OWN: Final = (frozenset(ACTIONS) - OF_OTHERS) | {"init"}
"""What only the register itself says that it was done."""


class OverLog(Acts):
    """The part of a register that the log is in."""

    def audit(
        self, action: str, reference: str | None = None, details: Mapping[str, Any] | None = None, *,
        liid: str | None = None,
    ) -> int:  # fmt: skip
        """Writes an entry; returns its number.

        ``action`` is ``read``, ``list``, ``export`` or ``run``, which have to be permitted, or any other word, such
        as ``start``: a remark, for which no role is needed. ``details`` is JSON, and names no target.

        Raises:
            ValueError: it is an action of which the register itself writes, or too much to write.
        """
        if action in ITS_OWN:
            raise ValueError(f"only the register itself says that it did {action}")

        def work(connection: Connection, scribe: Scribe) -> int:
            known = liid
            if reference is not None and liid is None:
                known = self._shelf.liid(connection, reference)
            return scribe.write(action, reference, known, details)

        if action in ACTIONS:
            return self._do(action, work, liid=liid)
        return self._session.write(work)

    def latest_change(self) -> int:
        """The log's last number: where it is what it was, nobody changed anything. For everybody; no entry."""
        with explained(self.where), self._session.reading() as connection:
            return log.latest(connection)

    def entries(self, since: int | None = None) -> list[dict[str, Any]]:
        """The log from entry ``since`` on, or all of it, as it stands: :meth:`verify` tells whether it is right.

        A row that is no entry has its number, and None for all else.
        """

        def work(connection: Connection, scribe: Scribe) -> list[dict[str, Any]]:
            found = list(log.entries(connection, since))
            scribe.write("audit", details={"show": len(found)})
            return found

        return self._do("audit", work)

    def verify(self, noted: Head | None = None) -> tuple[list[Finding], Head]:
        """What is wrong with the log and what it speaks of, and its end; ``noted`` is a head kept elsewhere.

        Also of a log that is too damaged to be written on: then this leaves no entry.
        """
        kept = self._head_or_finding()  # before the log is looked at, which may go on meanwhile
        try:
            with explained(self.where), self._session.reading(repeatable=True) as connection:
                self._check(connection, "audit")
                findings, head = verify(connection, self._session.key, kept, noted, self.keyring)
        except NotPermitted as error:
            self._session.refused("audit", error)
            raise
        with suppress(*([RegisterError] if findings else [])):
            self._session.write(lambda _, scribe: scribe.write("audit", details=_verified(findings, head)))
        return findings, head

    def _head_or_finding(self) -> Head | Finding:
        try:
            return self._head.read() or Finding(None, f"{self._head.path}: the head of the log is missing")
        except RegisterError as error:
            return Finding(None, str(error))


def _verified(findings: list[Finding], head: Head) -> dict[str, int]:
    return {"verified": head.number, "findings": len(findings)}
