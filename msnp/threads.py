"""Conversations that have no connection of their own.

From MSNP18 on circles, and from MSNP21 on everything, is said on the notification connection; so are pages to and
from telephones, offline messages and what a federated network brings. Each such message says who it is from and to,
and that names the conversation: a group's address, or the two who talk.
"""

from typing import NamedTuple


class Thread(NamedTuple):
    """One conversation among those that a connection carries."""

    key: str
    """The same for all who take part: the group's address, or the two accounts in order, with ``|`` between.

    Empty: of the own account, not proven yet, with the one in ``people``."""
    people: tuple[str, ...]
    """Who takes part, as far as is known from this message; the own account may stand among them."""


def alone_with(other: str) -> Thread:
    """The conversation of the connection's own account, which is not known yet, with ``other``."""
    return Thread("", (other,))


def between(one: str, other: str) -> Thread:
    """The conversation of two accounts, which are normalised."""
    first, second = sorted((one, other))
    return Thread(f"{first}|{second}", (first, second))
