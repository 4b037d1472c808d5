"""What can be done to an order in which state: the whole matrix, the second person, and the end of an order."""

from itertools import product

import pytest

from rcds_sniffer.orders.acting import Acting, acting
from rcds_sniffer.orders.order import Identity, Order, Scope, State, Step, Terms
from rcds_sniffer.orders.states import NotPossible, after, standing

CAROL, DAVE = "carol", "dave"
BEGIN, END = 1_000, 2_000


def terms(agency: str = "police", scope: Scope = Scope.IRI, end: int = END) -> Terms:
    return Terms("L-1", agency, "court 1", (Identity(account="alice@example.org"),), BEGIN, end, scope)


def entered(person: str = CAROL) -> Order:
    return Order("0" * 32, State.ENTERED, terms(), None, (Step("enter", person, 0),))


def in_state(state: State) -> Order:
    """An order that carol entered and, but where it says otherwise, dave approved."""
    order = entered()
    match state:
        case State.ENTERED:
            return order
        case State.REVOKED:
            return after(order, "revoke", DAVE, 2)
        case State.DESTROYED:
            return after(after(order, "revoke", DAVE, 2), "destroy", DAVE, 3)
    order = after(order, "approve", DAVE, 1)
    return order if state is State.APPROVED else after(order, "modify", CAROL, 2, terms("customs"))


ALLOWED = {
    ("entered", "modify"): "entered",
    ("entered", "approve"): "approved",
    ("entered", "revoke"): "revoked",
    ("approved", "modify"): "changed",
    ("approved", "revoke"): "revoked",
    ("changed", "modify"): "changed",
    ("changed", "approve"): "approved",
    ("changed", "revoke"): "revoked",
    ("revoked", "destroy"): "destroyed",
}
LATE = 9
"""Before the end of the orders here."""


@pytest.mark.parametrize(
    ("state", "action"), list(product(State, ("enter", "modify", "approve", "revoke", "destroy", "anything")))
)
def test_only_what_the_table_has_can_be_done(state: State, action: str) -> None:
    order = in_state(state)
    wanted = ALLOWED.get((state.value, action))
    if wanted is None:
        with pytest.raises(NotPossible, match="L-1"):
            after(order, action, "erin", LATE, terms())
    else:
        done = after(order, action, "erin", LATE, terms())
        assert done.state == wanted
        assert done.history == (*order.history, Step(action, "erin", LATE))


@pytest.mark.parametrize("state", [State.APPROVED, State.CHANGED])
def test_key_of_an_order_goes_only_when_it_is_over(state: State) -> None:
    order = in_state(state)
    with pytest.raises(NotPossible, match="revoke it first"):
        after(order, "destroy", DAVE, END - 1)
    assert after(order, "destroy", DAVE, END).state is State.DESTROYED


def test_who_entered_cannot_approve() -> None:
    with pytest.raises(NotPossible, match="second person"):
        after(entered(), "approve", CAROL, 1)


def test_who_changed_it_before_its_approval_cannot_approve_either() -> None:
    order = after(entered(), "modify", DAVE, 1, terms("customs"))
    for person in (CAROL, DAVE):
        with pytest.raises(NotPossible, match="second person"):
            after(order, "approve", person, 2)
    assert after(order, "approve", "erin", 2).terms.agency == "customs"


def test_changes_need_a_second_person_too_who_may_have_entered_the_order() -> None:
    order = after(in_state(State.APPROVED), "modify", DAVE, 2, terms("customs"))
    with pytest.raises(NotPossible, match="second person"):
        after(order, "approve", DAVE, 3)
    assert after(order, "approve", CAROL, 3).terms.agency == "customs"


def test_approved_terms_go_on_acting_while_others_wait() -> None:
    order = after(in_state(State.APPROVED), "modify", CAROL, 2, terms(scope=Scope.IRI_CC))
    found = acting(order)
    assert found is not None
    assert not found.content
    approved = acting(after(order, "approve", DAVE, 3))
    assert approved is not None
    assert approved.content


@pytest.mark.parametrize("state", [State.ENTERED, State.REVOKED, State.DESTROYED])
def test_acts_on_nothing_but_approved(state: State) -> None:
    assert acting(in_state(state)) is None


def test_lets_a_sensor_know_no_more_than_it_needs() -> None:
    found = acting(in_state(State.APPROVED))
    assert found == Acting("L-1", (Identity(account="alice@example.org"),), BEGIN, END, False)
    assert found is not None
    assert Acting.from_json(found.to_json()) == found
    assert "police" not in str(found.to_json())


def test_order_keeps_its_liid() -> None:
    other = Terms("L-2", "police", "court", (Identity(domain="example.org"),), BEGIN, END, Scope.IRI)
    with pytest.raises(NotPossible, match="keeps its LIID"):
        after(entered(), "modify", CAROL, 1, other)


@pytest.mark.parametrize(
    ("state", "now", "words"),
    [
        (State.ENTERED, 0, "waits for approval"),
        (State.ENTERED, END, "over, never approved"),
        (State.APPROVED, BEGIN - 1, "not begun"),
        (State.APPROVED, BEGIN, "in force"),
        (State.APPROVED, END - 1, "in force"),
        (State.APPROVED, END, "expired"),
        (State.CHANGED, BEGIN, "in force; changes wait for approval"),
        (State.REVOKED, BEGIN, "revoked"),
        (State.DESTROYED, BEGIN, "destroyed"),
    ],
)
def test_says_how_it_stands(state: State, now: int, words: str) -> None:
    assert standing(in_state(state), now) == words
