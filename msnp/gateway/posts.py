"""The same request twice: when a client's octets must not be taken for new ones.

A client posts again what it got no answer to: a proxy asked for a password first (401, 407), or would not wait
(417), or the connection was lost. The tunnel has the octets already. It is certain that they are the same when the
second request quotes the same SessionID to the last digit (it changes with every answer, so there was none), the
same length is announced, nothing of the first had been lost, and every octet is equal. Commands are numbered by
their client, so two that differ never look the same; those without a number (PNG, OUT) lose nothing by being told
once. Octets are compared as they come, and kept back only as long as they are equal: what turns out to be new goes
on, whole.

Where the first broke off in the middle, what is equal is left out, and the rest goes on from there.
"""

from __future__ import annotations

MAX_COPY = 8 * 1024
"""Octets of an unanswered request that are kept to know it again; a chat's have some hundred. Longer ones are taken
for new each time they come."""


class Budget:
    """Octets that all tunnels together keep back: bodies that wait, and copies."""

    __slots__ = ("limit", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    @property
    def full(self) -> bool:
        """No more should be kept."""
        return self.used > self.limit


class Post:
    """The body of one request, remembered until it is answered."""

    __slots__ = ("_budget", "_copy", "_earlier", "_kept", "_length", "_matched", "_past", "_quoted")

    def __init__(self, quoted: bytes, length: int, earlier: Post | None, budget: Budget) -> None:
        """``quoted``: what names the place of its octets in the tunnel; ``earlier``: the one before it."""
        self._quoted = quoted
        self._length = length
        self._budget = budget
        self._copy = bytearray()
        self._kept = 0 < length <= MAX_COPY
        self._past = False  # a later one has come
        self._earlier: Post | None = None
        self._matched = 0
        if earlier is None:
            return
        same = earlier._kept and self._kept and earlier._quoted == quoted and earlier._length == length
        if same and earlier._earlier is None:
            self._earlier = earlier
        else:
            earlier.supersede()

    @property
    def missing(self) -> int | None:
        """What the one before it, which may be the same, did not bring; None: it is another one."""
        return None if self._earlier is None else self._length - len(self._earlier._copy)

    def sift(self, octets: bytes) -> tuple[bytes, int]:
        """What of these octets is new; and how many that were missing before come now."""
        if self._kept:
            if len(self._copy) + len(octets) > self._length or self._budget.full:
                self._forget_copy()
            else:
                self._copy += octets
                self._budget.used += len(octets)
        earlier = self._earlier
        if earlier is None:
            return octets, 0
        known = earlier._copy
        equal = min(len(octets), len(known) - self._matched)
        if known[self._matched : self._matched + equal] != octets[:equal]:
            octets = bytes(known[: self._matched]) + octets
            self.abandon()
            return octets, 0
        self._matched += equal
        if self._matched < len(known):
            return b"", 0
        came_late = self._length - len(known)
        self.abandon()
        return octets[equal:], came_late

    def skip(self, length: int | None) -> bool:
        """Octets are missing; True where they are known from the one before."""
        self._forget_copy()
        if self._earlier is None:
            return False
        if length is not None and self._matched + length <= len(self._earlier._copy):
            self._matched += length
            return True
        self.abandon()
        return False

    def break_off(self) -> bool:
        """It ends too early; True where all of it was known from the one before."""
        earlier = self._earlier
        if earlier is None:
            return False
        if not self._past:
            self._forget_copy()
            self._copy, self._kept = earlier._copy, True
            earlier._copy = bytearray()
        self.abandon()
        return True

    def supersede(self) -> None:
        """It is answered, or a later one has come: it will not come again. What is under way of it goes on."""
        self._past = True
        self._forget_copy()

    def abandon(self) -> None:
        """Nothing more of it will be sifted."""
        if self._earlier is not None:
            self._earlier.supersede()
            self._earlier = None

    def _forget_copy(self) -> None:
        """Answered, too long, or with a hole: it cannot be known again."""
        self._kept = False
        self._budget.used -= len(self._copy)
        self._copy.clear()
