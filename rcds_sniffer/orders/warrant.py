"""Who is recorded: the one place that says so.

The recorder asks before anything is stored, logged or exported; nobody else decides. The answers come from the
command line (here) or from interception orders (:mod:`rcds_sniffer.orders.in_force`).
"""

from collections.abc import Iterable
from typing import Final, Protocol


class Grant:
    """What one order, or the command line, lets us store of one account at one moment."""

    __slots__ = ("content", "evidence", "order_id", "since", "until")

    def __init__(
        self,
        order_id: str | None,
        content: bool = True,
        since: int | None = None,
        until: int | None = None,
        evidence: str | None = None,
    ) -> None:
        self.order_id = order_id
        """The order that the record serves; None for the command line."""
        self.content = content
        """Texts, files and names that people chose, and not only who did what when with whom."""
        self.since = since
        """What is older is not to be told, ns since 1970 UTC; None: no matter."""
        self.until = until
        """Nor what came at this time or later."""
        self.evidence = evidence
        """``address`` or ``domain``, where the order does not name the account; None: it does."""


NO_GRANTS: Final[tuple[Grant, ...]] = ()


class Warrant(Protocol):
    """Says of an account for whom it is recorded at a moment, if for anybody."""

    @property
    def everybody(self) -> bool:
        """True where whoever is at the client end of a seen connection is recorded."""

    def grants(self, account: str, time: int, protocol: str, client: str | None) -> tuple[Grant, ...]:
        """For whom ``account`` is recorded, in a steady order; none where it is no target.

        Args:
            account: normalised.
            time: of the packet, nanoseconds since 1970 UTC.
            protocol: on which it was seen.
            client: the client end (``ip:port``) where it was seen on the account's own connection; None: elsewhere.
        """

    def names(self, account: str) -> bool:
        """True when ``account`` is covered at any time, past or to come, as far as is known by now."""

    def noticed(self, account: str, client: str) -> None:
        """``account`` proved to be at the client end (``ip:port``) of a seen connection."""

    def stepped(self, by: int) -> None:
        """The clock that stamps the packets was set by so many nanoseconds, forward positive."""


class Period:
    """From a first instant to before another; nanoseconds since 1970 UTC, None is open."""

    __slots__ = ("_since", "_until")

    def __init__(self, since: int | None = None, until: int | None = None) -> None:
        self._since = since
        self._until = until

    def holds(self, time: int) -> bool:
        """True when ``time`` lies in it."""
        return (self._since is None or time >= self._since) and (self._until is None or time < self._until)


NEVER: Final = 1 << 80
"""Behind any time that a packet can have."""

COMMAND_LINE: Final = (Grant(None),)
"""What ``--target`` and ``--all`` let us store."""


class NamedTargets:
    """The accounts of ``--target`` and ``--targets-file``."""

    everybody = False

    def __init__(self, accounts: Iterable[str], period: Period | None = None) -> None:
        self._since: dict[str, int | None] = dict.fromkeys(accounts)
        """When each was named, ns since 1970 UTC; None: at the beginning."""
        self._period = period or Period()

    def replace(self, accounts: Iterable[str], now: int) -> None:
        """From ``now`` on (capture time) these, and none of those before.

        Who is new among them is covered from now on: what is known of them from before was not to be heard.
        """
        self._since = {account: self._since.get(account, now) for account in accounts}

    def grants(self, account: str, time: int, protocol: str, client: str | None) -> tuple[Grant, ...]:  # noqa: ARG002
        """For a named account within the period, since it was named."""
        since = self._since.get(account, NEVER)
        return COMMAND_LINE if (since is None or time >= since) and self._period.holds(time) else NO_GRANTS

    def names(self, account: str) -> bool:
        """True for a named account, whatever the period."""
        return account in self._since

    def noticed(self, account: str, client: str) -> None:
        """Who else is on the line makes no difference."""

    def stepped(self, by: int) -> None:
        """Who was named before the step was named so long ago on the new clock."""
        self._since = {account: since and since + by for account, since in self._since.items()}


class Everybody:
    """``--all``: every account at the client end of a seen connection."""

    everybody = True

    def __init__(self, period: Period | None = None) -> None:
        self._accounts: set[str] = set()
        self._period = period

    def grants(self, account: str, time: int, protocol: str, client: str | None) -> tuple[Grant, ...]:  # noqa: ARG002
        """For an account that was seen at a client end, within the period."""
        if account in self._accounts and (self._period is None or self._period.holds(time)):
            return COMMAND_LINE
        return NO_GRANTS

    def names(self, account: str) -> bool:  # noqa: ARG002 - whoever asks
        """Anybody may yet prove to be at a client end."""
        return True

    def noticed(self, account: str, client: str) -> None:  # noqa: ARG002 - wherever it is
        """From now on ``account`` is a target."""
        if len(self._accounts) < MAX_ACCOUNTS:
            self._accounts.add(account)

    def stepped(self, by: int) -> None:
        """Nobody was named at any time."""


MAX_ACCOUNTS = 1_000_000
"""Accounts that ``--all`` tells apart; beyond, new ones are not recorded (a capture of forged logins)."""
