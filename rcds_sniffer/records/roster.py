# cython: annotation_typing=False
"""Who was in a conversation, when.

Stays are kept as intervals, because a message may be read after the join or leave that followed it (its octets
waited for a lost segment), and because what proves that somebody was there may come later than what was said.
Invariant: the stays of one account are in order and do not overlap; only the last may be open. They are measured in
moments (:func:`rcds_sniffer.records.happening.moment`), which order what one packet carries.

Nearly every question is about a moment behind the last coming or going that is known, where the answer is the same
until somebody comes or goes: it is worked out once for all of them.
"""

from collections.abc import Iterator, Set

OPEN = 1 << 120
"""The end of a stay that goes on."""

MAX_STAYS = 16
"""Stays kept for one account; beyond, its oldest is forgotten."""

MAX_ACCOUNTS = 64
"""Accounts kept for one conversation; beyond, new ones are not taken in (servers allow about twenty)."""


class Roster:
    """The stays of each account in one conversation."""

    __slots__ = ("_latest", "_others", "_stays", "_there")

    def __init__(self) -> None:
        self._stays: dict[str, list[list[int]]] = {}
        self._there: frozenset[str] | None = None  # who is there from `_latest` on; None: to be worked out anew
        self._latest = 0  # moment of the last coming or going
        self._others: dict[str, tuple[str, ...]] = {}  # the same without one of them, in order

    def enter(self, account: str, moment: int) -> None:
        """``account`` is there from ``moment`` on, or was already: the earliest evidence of a stay counts."""
        stays = self._stays.get(account)
        self._there = None
        if stays is None:
            if len(self._stays) < MAX_ACCOUNTS:
                self._stays[account] = [[moment, OPEN]]
            return
        begin, end = stays[-1]
        if end != OPEN:
            if moment >= end:
                stays.append([moment, OPEN])
                del stays[:-MAX_STAYS]
        elif moment < begin and (len(stays) == 1 or moment >= stays[-2][1]):
            stays[-1][0] = moment

    def leave(self, account: str, moment: int) -> None:
        """``account`` left at ``moment``; a leave older than its present stay belongs to an earlier one."""
        stays = self._stays.get(account)
        if stays is not None and stays[-1][1] == OPEN and moment >= stays[-1][0]:
            stays[-1][1] = moment
            self._there = None

    @property
    def full(self) -> bool:
        """No more accounts are taken in."""
        return len(self._stays) >= MAX_ACCOUNTS

    def last_left(self, account: str) -> int | None:
        """When ``account`` last left; None if it is there or never was."""
        stays = self._stays.get(account)
        return stays[-1][1] if stays is not None and stays[-1][1] != OPEN else None

    def present(self, moment: int) -> Set[str]:
        """The accounts that were there at ``moment``."""
        there = self.lately()
        if moment >= self._latest:
            return there
        return {account for account in self._stays if self.holds(account, moment)}

    def others(self, actor: str, moment: int) -> tuple[str, ...]:
        """The accounts that were there at ``moment`` beside ``actor``, in order."""
        there = self.lately()
        if moment < self._latest:
            return tuple(sorted(self.present(moment) - {actor}))
        others = self._others.get(actor)
        if others is None:
            others = self._others[actor] = tuple(sorted(there - {actor}))
        return others

    def holds(self, account: str, moment: int) -> bool:
        """True when ``account`` was there at ``moment``."""
        there = self.lately()
        if moment >= self._latest:
            return account in there
        return True in [begin <= moment < end for begin, end in self._stays.get(account, ())]

    def lately(self) -> frozenset[str]:
        """The accounts that are there behind the last coming or going that is known."""
        if self._there is None:
            last = {account: stays[-1] for account, stays in self._stays.items()}
            self._there = frozenset([account for account, (_, end) in last.items() if end == OPEN])
            self._latest = max([begin if end == OPEN else end for begin, end in last.values()], default=0)
            self._others = {}
        return self._there

    def absorb(self, other: "Roster") -> None:
        """Take over the stays of another roster of the same conversation."""
        self._there = None
        for account, stays in other._stays.items():
            mine = self._stays.get(account)
            if mine is not None:
                self._stays[account] = merged([*mine, *stays])
            elif len(self._stays) < MAX_ACCOUNTS:
                self._stays[account] = stays

    def __iter__(self) -> Iterator[tuple[str, int, int]]:
        """Account, begin and end of each stay."""
        for account, stays in self._stays.items():
            for begin, end in stays:
                yield account, begin, end


def merged(stays: list[list[int]]) -> list[list[int]]:
    """The same stays in order, those that overlap made one."""
    out: list[list[int]] = []
    for begin, end in sorted(stays):
        if out and begin < out[-1][1]:
            out[-1][1] = max(out[-1][1], end)
        else:
            out.append([begin, end])
    return out[-MAX_STAYS:]
