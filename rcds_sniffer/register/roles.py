"""Who may do what: one table, and whatever does not stand in it is refused.

An action is a word of the log as well. ``list`` shows the terms of orders, and so whom they name: who only runs
sensors or gives out roles has no need of it. Nobody approves what they entered or changed themselves, whatever
their roles; that rule is :mod:`rcds_sniffer.orders.states`'s.
"""

from collections.abc import Iterable
from typing import Final

ACTIONS: Final = {
    # action: what it is
    "enter": "enter an order",
    "modify": "propose other terms of an order",
    "approve": "approve an order, or its changed terms, that somebody else entered",
    "revoke": "revoke an order",
    "list": "see orders with their terms",
    "export": "take orders, or what was recorded for them, out of the database",
    "read": "read what was recorded for an order",
    "run": "run a sensor: capture, replay",
    "audit": "read and verify the log",
    "staff": "see who has which role",
    "grant": "give somebody a role",
    "withdraw": "take a role from somebody",
    "destroy": "destroy the key of an order that is over",
}

ROLES: Final[dict[str, frozenset[str]]] = {
    "requester": frozenset({"enter", "modify", "revoke", "list"}),
    "approver": frozenset({"approve", "revoke", "list"}),
    "analyst": frozenset({"read", "list"}),
    "supervisor": frozenset({"list", "read", "export", "revoke", "staff"}),
    "auditor": frozenset({"audit", "list", "staff"}),
    "operator": frozenset({"run"}),
    "administrator": frozenset({"grant", "withdraw", "staff", "destroy"}),
}


def permits(roles: Iterable[str], action: str) -> bool:
    """True when one of ``roles`` permits ``action``; a role or an action that is unknown permits nothing."""
    return action in ACTIONS and any(action in ROLES.get(role, ()) for role in roles)


def who_may(action: str) -> list[str]:
    """The roles that permit ``action``, as the table has them."""
    return [role for role, actions in ROLES.items() if action in actions]
