"""Who may do what: every role tries every action; what the table does not have is refused, and that is logged."""

import pytest

from rcds_sniffer.orders import State
from rcds_sniffer.orders.states import NotPossible
from rcds_sniffer.register import NotPermitted, RegisterError
from rcds_sniffer.register.roles import ACTIONS, ROLES, permits, who_may
from tests.conftest import ROOT

from .register_crafting import terms

PERMITTED = {
    # written out once more: a change of the table has to be meant
    ("requester", "enter"), ("requester", "modify"), ("requester", "revoke"), ("requester", "list"),
    ("approver", "approve"), ("approver", "revoke"), ("approver", "list"),
    ("analyst", "read"), ("analyst", "list"),
    ("supervisor", "list"), ("supervisor", "read"), ("supervisor", "export"), ("supervisor", "revoke"),
    ("supervisor", "staff"),
    ("auditor", "audit"), ("auditor", "list"), ("auditor", "staff"),
    ("operator", "run"),
    ("administrator", "grant"), ("administrator", "withdraw"), ("administrator", "staff"),
    ("administrator", "destroy"),
}  # fmt: skip

NOBODY = "nobody-s"
"""A person without any role."""

CALLS = {
    "enter": lambda register: register.enter(terms("LI-new")),
    "modify": lambda register: register.modify("LI-entered", terms("LI-entered", agency="other")),
    "approve": lambda register: register.approve("LI-entered"),
    "revoke": lambda register: register.revoke("LI-entered"),
    "list": lambda register: (register.order("LI-entered"), register.orders()),
    "export": lambda register: register.export("LI-entered"),
    "read": lambda register: register.audit("read", details={"records": 7}),
    "run": lambda register: register.acting(),
    "audit": lambda register: (register.entries(), register.verify()),
    "staff": lambda register: register.roles(),
    "grant": lambda register: register.grant("mallory", "analyst"),
    "withdraw": lambda register: register.withdraw("approver", "approver"),
    "destroy": lambda register: register.destroy("LI-revoked"),
}


def test_table_is_as_it_was_meant():
    assert {(role, action) for role, actions in ROLES.items() for action in actions} == PERMITTED
    assert set(CALLS) == set(ACTIONS)


def test_table_of_the_documentation_is_the_programs():
    _, *rows = [line for line in (ROOT / "docs" / "roles.md").read_text().splitlines() if line.startswith("| ")]
    head = next(
        line for line in (ROOT / "docs" / "roles.md").read_text().splitlines() if line.startswith("| action")
    )
    roles = [cell.strip() for cell in head.strip("|").split("|")][1:]
    said = set()
    for row in rows:
        action, *cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert action.split("`")[1] in ACTIONS
        said |= {(role, action.split("`")[1]) for role, cell in zip(roles, cells, strict=True) if cell == "yes"}
    assert roles == list(ROLES)
    assert len(rows) == len(ACTIONS)
    assert said == PERMITTED


def test_unknown_role_and_unknown_action_permit_nothing():
    assert not permits(["root", "", "Requester"], "enter")
    assert not permits(ROLES, "init")
    assert not permits(ROLES, "")
    assert not permits([], "list")


def test_no_single_role_both_enters_and_approves_or_gives_roles_and_sees_anybody():
    for actions in ROLES.values():
        assert not {"enter", "approve"} <= actions
        assert not ({"grant", "run"} & actions and {"list", "read", "export"} & actions)


@pytest.mark.parametrize("action", ACTIONS)
def test_each_role_does_what_it_may_and_nothing_else(office, action):
    requester = office("requester")
    requester.import_([terms("LI-entered"), terms("LI-revoked")])
    requester.revoke("LI-revoked")
    auditor = office("auditor")
    for role in [*ROLES, NOBODY]:
        if (role, action) in PERMITTED:
            continue
        before = auditor.latest_change()
        with pytest.raises(NotPermitted, match=f"{role} may not"):
            CALLS[action](office(role))
        (refused,) = auditor.entries(before + 1)
        assert (refused["person"], refused["action"], refused["outcome"]) == (role, action, "refused")
        assert refused["details"] == {"why": "role"}
    states = {order.terms.liid: order.state for order in auditor.orders()}
    assert states == {"LI-entered": State.ENTERED, "LI-revoked": State.REVOKED}
    assert set(auditor.roles()) == {"root", *ROLES}
    for role in who_may(action)[:1]:  # those that change something can do it once
        before = auditor.latest_change()
        CALLS[action](office(role))
        done = auditor.entries(before + 1)
        # What sensors ask all the time leaves no entry; everything else does.
        assert action == "run" or (done[0]["person"], done[0]["action"], done[0]["outcome"]) == (
            role,
            action,
            "done",
        )
    assert auditor.verify()[0] == []


@pytest.mark.parametrize("role", [*ROLES, NOBODY])
def test_permit_asks_the_table_and_logs_what_it_refuses(office, role):
    register = office(role)
    for action in [*ACTIONS, "init", "nonsense", ""]:
        before = register.latest_change()
        if (role, action) in PERMITTED:
            register.permit(action)
            assert register.latest_change() == before
        else:
            with pytest.raises(NotPermitted):
                register.permit(action)
            assert register.latest_change() == before + 1


@pytest.mark.parametrize("role", ROLES)
def test_references_are_for_those_who_run_read_or_export(office, role):
    reference = office("requester").enter(terms()).reference
    if role in {"operator", "analyst", "supervisor"}:
        assert office(role).references() == {"LI-2026-7": reference}
    else:
        with pytest.raises(NotPermitted):
            office(role).references()


# --- the second person --------------------------------------------------------------------------------------------


def test_who_entered_an_order_cannot_approve_it_whatever_their_roles(office):
    office("root").grant("requester", "approver")
    both = office("requester")
    both.enter(terms())
    with pytest.raises(NotPossible):
        both.approve("LI-2026-7")
    last = office("auditor").entries(both.latest_change())[0]
    assert (last["action"], last["outcome"], last["liid"]) == ("approve", "refused", "LI-2026-7")
    assert last["details"] == {"why": "state"}
    assert both.order("LI-2026-7").state is State.ENTERED
    assert office("approver").approve("LI-2026-7").state is State.APPROVED


def test_who_changed_an_order_cannot_approve_the_change_but_may_who_entered_it(office):
    office("root").grant("requester", "approver")
    office("root").grant("approver", "requester")
    one, two = office("requester"), office("approver")
    one.enter(terms())
    two.approve("LI-2026-7")
    two.modify("LI-2026-7", terms(agency="other"))
    with pytest.raises(NotPossible):
        two.approve("LI-2026-7")
    assert one.approve("LI-2026-7").terms.agency == "other"


def test_who_changed_what_another_entered_cannot_approve_it(office):
    office("root").grant("approver", "requester")
    office("requester").enter(terms())
    office("approver").modify("LI-2026-7", terms(agency="other"))
    with pytest.raises(NotPossible):
        office("approver").approve("LI-2026-7")


def test_role_that_was_withdrawn_permits_nothing_more_in_a_register_that_is_open(office):
    approver = office("approver")
    office("requester").enter(terms())
    office("administrator").withdraw("approver", "approver")
    with pytest.raises(NotPermitted):
        approver.approve("LI-2026-7")


# --- roles are given and taken ------------------------------------------------------------------------------------


def test_last_administrator_stays_one(office):
    root = office("root")
    root.withdraw("administrator", "administrator")
    with pytest.raises(RegisterError, match="last administrator"):
        root.withdraw("root", "administrator")
    assert "administrator" in root.roles()["root"]


@pytest.mark.parametrize(
    ("person", "role", "words"),
    [
        ("alice", "king", "there is no role king; there are requester"),
        ("", "analyst", "named as the system"),
        ("two words", "analyst", "named as the system"),
        ("a\nb", "analyst", "named as the system"),
        ("x" * 129, "analyst", "named as the system"),
        ("analyst", "analyst", "analyst is analyst already"),
    ],
)
def test_grant_that_makes_no_sense(office, person, role, words):
    with pytest.raises(RegisterError, match=words):
        office("root").grant(person, role)


def test_withdraw_what_nobody_has(office):
    with pytest.raises(RegisterError, match="alice is no analyst"):
        office("root").withdraw("alice", "analyst")


def test_person_without_any_role_left_is_not_listed(office):
    office("root").withdraw("analyst", "analyst")
    assert "analyst" not in office("root").roles()


def test_names_of_persons_may_be_in_any_script(office):
    office("root").grant("李雷", "analyst")
    assert office("root").roles()["李雷"] == {"analyst"}
    office("李雷").permit("read")
