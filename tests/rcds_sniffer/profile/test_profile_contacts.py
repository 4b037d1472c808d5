"""Contacts and correspondents."""

import pytest

from rcds_sniffer.profile import contacts
from tests.rcds_sniffer.profile.profile_crafting import ALICE, BOB, MEI, at, contact, facts, known, presence, said

RL = ["RL"]


def test_listed_with_name_lists_groups_and_network() -> None:
    listed = {"action": "listed", "lists": ["FL", "AL", "RL"], "bits": 11, "network": 1, "network_name": "live"}
    person = known(contact(1, name="美 🎸", groups=["同学"], contact_id="{1}", **listed))
    names = "account", "name", "lists", "groups", "network_name", "contact_id", "first"
    assert facts(person, "contacts", *names) == [(BOB, "美 🎸", ["FL", "AL", "RL"], ["同学"], "live", "{1}", at(1))]


def test_membership_says_since_when_and_until_when() -> None:
    person = known(
        contact(1, action="added", lists=["FL"]), contact(2, action="added", lists=["AL"]),
        contact(9, action="removed", lists=["FL"]),
    )  # fmt: skip
    ((memberships, lists),) = facts(person, "contacts", "memberships", "lists")
    assert lists == ["AL"]
    assert [(each["list"], each["first"], each.get("until")) for each in memberships] == [  # type: ignore[attr-defined]
        ("FL", at(1), at(9)), ("AL", at(2), None),
    ]  # fmt: skip


def test_blocked_and_unblocked() -> None:
    listed = contact(1, action="listed", lists=["FL", "AL"], bits=3)
    blocked, unblocked = contact(5, action="blocked", lists=["BL"]), contact(9, action="unblocked", lists=["BL"])
    assert facts(known(listed, blocked), "contacts", "lists", "blocked") == [(["FL", "BL"], True)]
    assert facts(known(listed, blocked, unblocked), "contacts", "lists", "blocked") == [(["FL"], None)]


def test_account_in_place_of_a_name_is_none() -> None:
    person = known(contact(1, name="美", action="listed", lists=["FL"]), contact(2, name=BOB, action="blocked"))
    assert facts(person, "contacts", "name", "blocked") == [("美", True)]


def test_refused_block_changes_nothing() -> None:
    person = known(
        contact(1, action="listed", lists=["FL", "AL"], bits=3),
        contact(5, action="blocked", lists=["BL"]),
        contact(6, action="added", lists=["BL"], error=215, error_text="already there", command="ADD"),
    )
    assert facts(person, "contacts", "lists", "blocked") == [(["FL", "AL"], None)]
    assert facts(person, "refusals", "command", "account", "error") == [("ADD", BOB, 215)]


def test_refused_removal_changes_nothing() -> None:
    person = known(
        contact(1, action="listed", lists=["FL"], bits=1),
        contact(5, action="removed", lists=["FL"]),
        contact(6, action="removed", lists=["FL"], error=216),
    )
    assert facts(person, "contacts", "lists") == [(["FL"],)]


def test_lists_told_whole_end_what_they_leave_out_but_not_what_others_decide() -> None:
    person = known(
        contact(1, action="listed", lists=["FL", "BL", "RL"], bits=13, groups=["a", "b"]),
        contact(50, action="listed", lists=["FL", "AL"], bits=3, groups=["b"]),
    )
    assert facts(person, "contacts", "lists", "groups", "blocked") == [(["FL", "RL", "AL"], ["b"], None)]


def test_removal_from_a_group_is_none_from_the_list() -> None:
    person = known(
        contact(1, action="listed", lists=["FL"], bits=1, groups=["a", "b"]),
        contact(5, action="moved", lists=["FL"], groups=["b"]),
        contact(6, action="removed", lists=["FL"], groups=["b"]),
    )
    assert facts(person, "contacts", "lists", "groups") == [(["FL"], None)]


def test_contact_that_added_the_target() -> None:
    record = contact(1, action="added", lists=RL).changed(sender=MEI, sender_name="美", recipients=(ALICE,))
    assert facts(known(record), "contacts", "account", "name", "lists") == [(MEI, "美", RL)]


def test_names_properties_and_last_status_of_a_contact() -> None:
    person = known(
        contact(1, name="Bob", action="listed", lists=["FL"], bits=1),
        contact(2, action="property", property="phone_mobile", value="+44 20 7946 0000"),
        presence(3, BOB, "鲍勃", status="NLN", network=1), presence(9, BOB, "鲍勃", status="FLN"),
        contact(10, action="queried", network=32, network_name="yahoo"), contact(11, action="reported"),
    )  # fmt: skip
    names = "name", "status", "status_time", "network_name", "reported"
    assert facts(person, "contacts", *names) == [("鲍勃", "FLN", at(9), "yahoo", at(11))]
    ((properties, known_names),) = facts(person, "contacts", "properties", "names")
    assert [(each["property"], each["value"]) for each in properties] == [  # type: ignore[attr-defined]
        ("phone_mobile", "+44 20 7946 0000")
    ]
    assert [each["name"] for each in known_names] == ["Bob", "鲍勃"]  # type: ignore[attr-defined]


def test_contact_known_by_number_alone_is_no_property_of_the_target() -> None:
    record = contact(1, action="property", property="phone_home", value="1", contact_id="{9}")
    person = known(record.changed(event="profile", recipients=()))
    assert facts(person, "contacts", "contact_id", "account") == [("{9}", None)]
    assert "properties" not in person


def test_contacts_beyond_the_limit_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contacts, "MAX_CONTACTS", 2)
    person = known(*(contact(n, f"{n}@example.org", action="listed", lists=["FL"], bits=1) for n in range(4)))
    assert facts(person, "contacts", "account") == [("0@example.org",), ("1@example.org",)]
    assert person["limits_reached"] == ["contacts"]


def test_correspondents_by_number_of_messages() -> None:
    person = known(
        said(1, sender=MEI, recipients=(ALICE, BOB)), said(2), said(3, recipients=(BOB, MEI)),
        said(4, event="nudge"), said(5, sender=BOB, conversation_id="c2"), said(6, event="typing"),
    )  # fmt: skip
    names = "account", "messages_sent", "messages_received", "others_sent", "first", "last", "name"
    assert facts(person, "correspondents", *names) == [
        (BOB, 2, 1, 1, at(2), at(5), "Bob"),
        (MEI, 1, 1, None, at(1), at(3), "美"),
    ]
    assert person["conversations"] == 2


def test_into_and_out_of_groups_when_the_others_are_not_known() -> None:
    person = known(
        contact(1, action="listed", lists=["FL"], bits=1, groups=["a", "b"]),
        contact(5, action="moved", lists=["FL"], group_added="c"),
        contact(6, action="moved", lists=["FL"], group_removed="a"),
    )
    assert facts(person, "contacts", "groups") == [(["b", "c"],)]
