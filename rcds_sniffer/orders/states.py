"""What can be done to an order in which state, and what comes of it: one small table.

An order is entered by one person and approved by another; so are changes of its terms, and until then the terms
that were approved go on acting. Nothing brings a revoked order back. What has ended, by itself or by a revocation,
can be made unreadable.
"""

from collections.abc import Mapping
from typing import Final

from rcds_sniffer.orders.order import Order, State, Step, Terms

ENTERED, APPROVED, CHANGED, REVOKED, DESTROYED = State

TABLE: Final[Mapping[tuple[State, str], State]] = {
    (ENTERED, "modify"): ENTERED,
    (ENTERED, "approve"): APPROVED,
    (ENTERED, "revoke"): REVOKED,
    (APPROVED, "modify"): CHANGED,
    (APPROVED, "revoke"): REVOKED,
    (APPROVED, "destroy"): DESTROYED,  # once it is over
    (CHANGED, "modify"): CHANGED,
    (CHANGED, "approve"): APPROVED,
    (CHANGED, "revoke"): REVOKED,
    (CHANGED, "destroy"): DESTROYED,  # the same
    (REVOKED, "destroy"): DESTROYED,
}
"""What is not here is refused."""

REFUSALS: Final[Mapping[str, str]] = {
    "modify": "cannot be changed any more",
    "approve": "has nothing that waits for approval",
    "revoke": "is not in force, and waits for nothing",
    "destroy": "has to be revoked first",
}


class NotPossible(Exception):  # noqa: N818 - it says what is so
    """The order's state, or its history, does not allow it; the message says why."""


def after(order: Order, action: str, person: str, now: int, terms: Terms | None = None) -> Order:
    """The order after ``person`` did ``action`` at ``now`` (ns since 1970 UTC, wall clock).

    Args:
        order: as it stands.
        action: ``modify``, ``approve``, ``revoke`` or ``destroy``.
        person: who does it.
        now: when.
        terms: the new ones, of ``modify``; with the LIID that it has.

    Raises:
        NotPossible: the table, the second person or the order's validity stands against it.
    """
    liid, state = order.terms.liid, TABLE.get((order.state, action))
    if state is None:
        raise NotPossible(f"order {liid} is {order.state}: it {REFUSALS.get(action, 'does not allow that')}")
    history = (*order.history, Step(action, person, now))
    if action == "modify":
        if terms is None or terms.liid != liid:
            raise NotPossible(f"order {liid} keeps its LIID; enter another order for another one")
        if order.state is ENTERED:
            return order.changed(terms=terms, history=history)
        return order.changed(state=state, proposed=terms, history=history)
    if action == "approve":
        if person in authors(order):
            raise NotPossible(f"order {liid}: who entered or changed it cannot approve it; ask a second person")
        return order.changed(state=state, terms=order.proposed or order.terms, proposed=None, history=history)
    if action == "destroy" and order.state is not REVOKED and now < order.terms.valid_to:
        raise NotPossible(f"order {liid} is not over: revoke it first")
    return order.changed(state=state, proposed=None, history=history)


def authors(order: Order) -> frozenset[str]:
    """Who entered or changed the terms that wait for approval: whoever did so since the last approval."""
    found: set[str] = set()
    for step in order.history:
        if step.action == "approve":
            found.clear()
        elif step.action in {"enter", "modify"}:
            found.add(step.person)
    return frozenset(found)


def standing(order: Order, now: int) -> str:
    """How it stands at ``now`` (ns since 1970 UTC), in words for people."""
    terms, changes = order.terms, "; changes wait for approval" if order.state is CHANGED else ""
    if order.state is ENTERED:
        return "over, never approved" if now >= terms.valid_to else "waits for approval"
    if order.state in {REVOKED, DESTROYED}:
        return str(order.state)
    if now >= terms.valid_to:
        return "expired" + changes
    return ("not begun" if now < terms.valid_from else "in force") + changes
