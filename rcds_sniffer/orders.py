"""Who is recorded: the one place that says so.

The recorder asks before anything is stored, logged or exported; nobody else decides. Today's answers come from
the command line; interception orders will answer through the same contract.
"""

from collections.abc import Iterable
from typing import Protocol


class Warrant(Protocol):
    """Says of an account whether it is recorded at a moment."""

    @property
    def order_id(self) -> str | None:
        """The order that the records serve."""

    @property
    def everybody(self) -> bool:
        """True where whoever is at the client end of a seen connection is recorded."""

    def covers(self, account: str, time: int) -> bool:
        """True when ``account`` (normalised) is a target at ``time`` (nanoseconds since 1970 UTC)."""

    def noticed(self, account: str) -> None:
        """``account`` proved to be at the client end of a seen connection."""


class Period:
    """From a first instant to before another; nanoseconds since 1970 UTC, None is open."""

    __slots__ = ("_since", "_until")

    def __init__(self, since: int | None = None, until: int | None = None) -> None:
        self._since = since
        self._until = until

    def holds(self, time: int) -> bool:
        """True when ``time`` lies in it."""
        return (self._since is None or time >= self._since) and (self._until is None or time < self._until)


class NamedTargets:
    """The accounts of ``--target`` and ``--targets-file``."""

    order_id: str | None = None
    everybody = False

    def __init__(self, accounts: Iterable[str], period: Period | None = None) -> None:
        self._accounts = frozenset(accounts)
        self._period = period or Period()

    def replace(self, accounts: Iterable[str]) -> None:
        """From now on these, and none of those before."""
        self._accounts = frozenset(accounts)

    def covers(self, account: str, time: int) -> bool:
        """True for a named account within the period."""
        return account in self._accounts and self._period.holds(time)

    def noticed(self, account: str) -> None:
        """Who else is on the line makes no difference."""


class Everybody:
    """``--all``: every account at the client end of a seen connection."""

    order_id: str | None = None
    everybody = True

    def __init__(self, period: Period | None = None) -> None:
        self._accounts: set[str] = set()
        self._period = period or Period()

    def covers(self, account: str, time: int) -> bool:
        """True for an account that was seen at a client end, within the period."""
        return account in self._accounts and self._period.holds(time)

    def noticed(self, account: str) -> None:
        """From now on ``account`` is a target."""
        if len(self._accounts) < MAX_ACCOUNTS:
            self._accounts.add(account)


MAX_ACCOUNTS = 1_000_000
"""Accounts that ``--all`` tells apart; beyond, new ones are not recorded (a capture of forged logins)."""
