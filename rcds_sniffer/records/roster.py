"""Who was in a conversation, when.

Stays are kept as intervals, because a message may be read after the join or leave that followed it (its octets
waited for a lost segment), and because what proves that somebody was there may come later than what was said.
Invariant: the stays of one account are in order of time and do not overlap; only the last may be open.
"""

from collections.abc import Iterator

OPEN = 1 << 63
"""The end of a stay that goes on."""

MAX_STAYS = 16
"""Stays kept for one account; beyond, its oldest is forgotten."""

MAX_ACCOUNTS = 4096
"""Accounts kept for one conversation; beyond, new ones are not taken in (servers allow about twenty)."""


class Roster:
    """The stays of each account in one conversation; times in nanoseconds since 1970 UTC."""

    __slots__ = ("_stays",)

    def __init__(self) -> None:
        self._stays: dict[str, list[list[int]]] = {}

    def enter(self, account: str, time: int) -> None:
        """``account`` is there from ``time`` on, or was already: the earliest evidence of a stay counts."""
        stays = self._stays.get(account)
        if stays is None:
            if len(self._stays) < MAX_ACCOUNTS:
                self._stays[account] = [[time, OPEN]]
            return
        begin, end = stays[-1]
        if end != OPEN:
            if time > end:
                stays.append([time, OPEN])
                del stays[:-MAX_STAYS]
        elif time < begin and (len(stays) == 1 or time > stays[-2][1]):
            stays[-1][0] = time

    def leave(self, account: str, time: int) -> None:
        """``account`` left at ``time``; a leave older than its present stay belongs to an earlier one."""
        stays = self._stays.get(account)
        if stays is not None and stays[-1][1] == OPEN and time >= stays[-1][0]:
            stays[-1][1] = time

    def last_left(self, account: str) -> int | None:
        """When ``account`` last left; None if it is there or never was."""
        stays = self._stays.get(account)
        return stays[-1][1] if stays is not None and stays[-1][1] != OPEN else None

    def present(self, time: int) -> set[str]:
        """The accounts that were there at ``time``."""
        return {
            account
            for account, stays in self._stays.items()
            if any(begin <= time <= end for begin, end in reversed(stays))
        }

    def holds(self, account: str, time: int) -> bool:
        """True when ``account`` was there at ``time``."""
        return any(begin <= time <= end for begin, end in self._stays.get(account, ()))

    def absorb(self, other: "Roster") -> None:
        """Take over the stays of another roster of the same conversation."""
        for account, begin, end in other:
            self.enter(account, begin)
            if end != OPEN:
                self.leave(account, end)

    def __iter__(self) -> Iterator[tuple[str, int, int]]:
        """Account, begin and end of each stay."""
        for account, stays in self._stays.items():
            for begin, end in stays:
                yield account, begin, end
