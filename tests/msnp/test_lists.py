"""The contact list up to MSNP12: as a whole, and how it changes."""

import pytest

from msnp.contact_list import MAX_CONTACTS
from msnp.events import ContactLearnt, ProfileLearnt
from tests.msnp.dialogue import Wire, only, say, script, tell
from tests.msnp.lists import G1, G2, KIM, PAT, changes, details_of, heard, login


@pytest.mark.parametrize(
    ("version", "line", "told"),
    [
        (2, "LST 5 FL 255 1 2 kim@b.example Kim", "listed kim@b.example FL 'Kim'"),
        (5, "LST 5 RL 255 1 1 kim@b.example %E9%87%91", "listed kim@b.example RL '金'"),
        (7, "LST 5 FL 255 1 2 kim@b.example Kim 0,1", "listed kim@b.example FL 'Kim' groups=['0', '1']"),
        (7, "LST 5 BL 255 0 0", None),
        (8, "LST kim@b.example Kim 11 0", "listed kim@b.example FL+AL+RL 'Kim' bits=11 groups=['0']"),
        (9, "LST kim@b.example Kim 4", "listed kim@b.example BL 'Kim' bits=4"),
        (9, "LST kim@b.example Kim 8 ", "listed kim@b.example RL 'Kim' bits=8"),
        (10, "LST N=kim@b.example F=Kim 3 0", "listed kim@b.example FL+AL 'Kim' bits=3 groups=['0']"),
        (
            11,
            f"LST N=kim@b.example F=%D9%83%D9%8A%D9%85 C={KIM} 11 {G1},{G2}",
            f"listed kim@b.example FL+AL+RL 'كيم' bits=11 groups=['{G1}', '{G2}'] contact_id={KIM}",
        ),
        (11, "LST N=kim@b.example 24", "listed kim@b.example RL+PL bits=24"),
        (
            11,
            f"LST N=tel:+15550177 F=Mum C={KIM} 1",
            f"listed tel:+15550177 FL 'Mum' bits=1 groups=[] contact_id={KIM}",
        ),
        (
            12,
            f"LST N=kim@b.example F=Kim C={KIM} 21 1 {G1}",
            f"listed kim@b.example FL+BL+PL 'Kim' bits=21 groups=['{G1}'] network=1 contact_id={KIM}",
        ),
        (12, "LST N=kim@b.example 10 32", "listed kim@b.example AL+RL bits=10 network=32"),
        (
            12,
            f"LST N=kim@b.example F=Kim C={KIM} 11 1 ",
            f"listed kim@b.example FL+AL+RL 'Kim' bits=11 groups=[] network=1 contact_id={KIM}",
        ),
        (
            None,
            f"LST N=kim@b.example F=Kim C={KIM} 3 1 {G1}",
            f"listed kim@b.example FL+AL 'Kim' bits=3 groups=['{G1}'] network=1 contact_id={KIM}",
        ),
        (None, "LST N=kim@b.example F=Kim 3 1", "listed kim@b.example FL+AL 'Kim' bits=3"),
        (None, "LST kim@b.example Kim 3 1", "listed kim@b.example FL+AL 'Kim' bits=3 groups=['1']"),
    ],
)
def test_a_contact_of_the_list_in_every_version(version: int | None, line: str, told: str | None) -> None:
    events = heard(login(version, f"S: {line}"), late=version is None)
    assert changes(only(events, ContactLearnt)) == ([] if told is None else [told])
    assert "Undecoded" not in str(tell(events))


def test_the_burst_of_msnp12_names_groups_and_the_phones_belong_to_the_contact_before() -> None:
    events = heard(
        login(
            12,
            f"""
            C: SYN 5 0 0
            S: SYN 5 2005-04-23T18:57:44.8130000-07:00 2005-04-23T18:57:54.2070000-07:00 2 1
            S: GTC A
            S: BLP AL
            S: PRP PHM 555-0100
            S: LSG %E5%8F%8B%E9%81%94%20%F0%9F%90%9F {G1}
            S: LST N=kim@b.example F=Kim%20K C={KIM} 11 1 {G1}
            S: BPR MOB Y
            S: BPR PHH 555%200101
            S: LST N=pat@c.example F=Pat C={PAT} 21 1
            S: BPR PHW
            """,
        )
    )
    assert changes(events) == [
        "- - setting=notify_when_added value=True",
        "- - setting=privacy value=allow",
        "- - property=phone_mobile value=555-0100",
        f"listed - group=友達 🐟 group_id={G1}",
        f"listed kim@b.example FL+AL+RL 'Kim K' bits=11 groups=['友達 🐟'] network=1 contact_id={KIM}",
        "property kim@b.example property=mobile_enabled value=Y",
        "property kim@b.example property=phone_home value=555 0101",
        f"listed pat@c.example FL+BL+PL 'Pat' bits=21 groups=[] network=1 contact_id={PAT}",
        "property pat@c.example property=phone_work value=",
    ]


@pytest.mark.parametrize(
    ("version", "line", "told"),
    [
        (7, "LSG 5 255 1 2 3 Friends 0", "listed - group=Friends group_id=3"),
        (7, "LSG 5 255 0 0", None),
        (8, "LSG 0 ~ 0", "listed - group=~ group_id=0"),
        (9, "LSG 3 %D8%B9%D8%A7%D8%A6%D9%84%D8%A9 0", "listed - group=عائلة group_id=3"),
        (10, f"LSG 7 {G1}", f"listed - group=7 group_id={G1}"),
    ],
)
def test_a_group_of_the_list(version: int, line: str, told: str | None) -> None:
    events = heard(login(version, f"S: {line}"))
    assert changes(only(events, ProfileLearnt)) == ([] if told is None else [told])


BLOCKS = {
    8: """
        C: REM 12 AL kim@b.example
        S: REM 12 AL 4 kim@b.example
        C: ADD 13 BL kim@b.example Kim
        S: ADD 13 BL 5 kim@b.example Kim
    """,
    11: """
        C: REM 12 AL kim@b.example
        S: REM 12 AL kim@b.example
        C: ADC 13 BL N=kim@b.example
        S: ADC 13 BL N=kim@b.example
    """,
}
UNBLOCKS = {
    8: """
        C: REM 14 BL kim@b.example
        S: REM 14 BL 6 kim@b.example
        C: ADD 15 AL kim@b.example Kim
        S: ADD 15 AL 7 kim@b.example Kim
    """,
    11: """
        C: REM 14 BL kim@b.example
        S: REM 14 BL kim@b.example
        C: ADC 15 AL N=kim@b.example
        S: ADC 15 AL N=kim@b.example
    """,
}
SIDES = [(True, True), (True, False), (False, True)]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("client", "server"), SIDES)
@pytest.mark.parametrize("version", [8, 11])
def test_a_block_and_its_end_are_told_once_each(version: int, client: bool, server: bool, turned: bool) -> None:
    dialogue = script(BLOCKS[version]) + script(UNBLOCKS[version])
    if turned:  # the server's side is seen first
        dialogue = [said for a, b in zip(dialogue[::2], dialogue[1::2], strict=True) for said in (b, a)]
    wire = Wire()
    wire.play(login(version))
    for side, octets in dialogue:
        if client if side else server:
            wire.send(side, octets)
    told = [line.split(" '")[0] for line in changes(wire.end())]
    assert told == ["blocked kim@b.example BL", "unblocked kim@b.example BL"]


def test_a_block_in_the_other_order_is_one_too() -> None:
    events = heard(
        login(
            11,
            """
            C: ADC 12 BL N=kim@b.example
            C: REM 13 AL kim@b.example
            """,
        )
    )
    assert changes(events) == ["blocked kim@b.example BL"]
    events = heard(
        login(
            11,
            """
            S: LST N=kim@b.example 4
            C: ADC 14 AL N=kim@b.example
            C: REM 15 BL kim@b.example
            """,
        )
    )
    assert changes(events)[1:] == ["unblocked kim@b.example BL"]


def test_a_refused_block_says_what_was_refused() -> None:
    events = heard(login(11, "C: ADC 12 BL N=kim@b.example\nS: 215 12\nC: REM 13 AL pat@c.example\nS: 216 13"))
    assert [(d["action"], d["lists"], d.get("error")) for d in details_of(events)] == [
        ("blocked", ["BL"], None),
        ("blocked", ["BL"], 215),
        ("removed", ["AL"], 216),
    ]


def test_several_blocked_at_once_are_several_blocks() -> None:
    events = heard(
        login(
            11,
            """
            C: REM 12 AL kim@b.example
            C: REM 13 AL pat@c.example
            C: ADC 14 BL N=kim@b.example
            C: ADC 15 BL N=pat@c.example
            """,
        )
    )
    assert changes(events) == ["blocked kim@b.example BL", "blocked pat@c.example BL"]


def test_half_a_block_is_told_alone() -> None:
    wire = Wire()
    wire.play(login(11, "C: REM 12 AL kim@b.example\nS: REM 12 AL kim@b.example"))
    assert changes(wire.events) == []
    wire.wait(11).play(script("C: PNG"))
    assert changes(wire.events) == ["removed kim@b.example AL"]
    wire.play(script("C: ADC 13 BL N=kim@b.example\nC: REM 14 AL pat@c.example"))
    assert changes(wire.end()) == [
        "removed kim@b.example AL",
        "blocked kim@b.example BL",
        "removed pat@c.example AL",
    ]


def test_on_and_off_the_allow_list_again_loses_nothing() -> None:
    events = heard(
        login(
            8,
            """
            C: REM 12 AL kim@b.example
            C: ADD 13 AL kim@b.example Kim
            C: REM 14 AL kim@b.example
            C: REM 15 AL kim@b.example
            """,
        )
    )
    assert changes(events) == [
        "removed kim@b.example AL",
        "added kim@b.example AL 'Kim'",
        "removed kim@b.example AL",
        "removed kim@b.example AL",
    ]


@pytest.mark.parametrize(("client", "server"), SIDES)
def test_a_new_contact_is_added_to_two_lists(client: bool, server: bool) -> None:
    old = login(
        8,
        """
        C: ADD 8 AL kim@b.example kim@b.example
        S: ADD 8 AL 12 kim@b.example kim@b.example
        C: ADD 9 FL kim@b.example kim@b.example 3
        S: ADD 9 FL 13 kim@b.example kim@b.example 3
        """,
    )
    assert changes(heard(old, client=True, server=True)) == [
        "added kim@b.example AL 'kim@b.example'",
        "added kim@b.example FL 'kim@b.example' groups=['3']",
    ]
    new = script(f"C: ADC 9 FL N=kim@b.example F=Kim\nS: ADC 9 FL N=kim@b.example F=Kim C={KIM}")
    wire = Wire()
    wire.play(login(11))
    wire.play([said for said in new if (client if said[0] else server)])
    told = changes(wire.end())
    assert told[0].startswith("added kim@b.example FL 'Kim'")
    assert len(told) == 1


def test_people_add_and_remove_the_own_account() -> None:
    events = heard(
        [
            *login(8, "S: ADD 0 RL 257 kim@b.example Kim%E2%98%85\nS: REM 0 RL 258 kim@b.example"),
            *script("S: ADC 0 RL N=pat@c.example F=Pat\nS: REM 0 RL pat@c.example"),
        ]
    )
    assert changes(events) == [
        "added ~kim@b.example RL 'Kim★'",
        "removed ~kim@b.example RL",
        "added ~pat@c.example RL 'Pat'",
        "removed ~pat@c.example RL",
    ]


def test_accepting_somebody_is_the_own_account_s_doing() -> None:
    events = heard(
        login(
            11,
            """
            C: REM 9 PL kim@b.example
            S: REM 9 PL kim@b.example
            C: ADC 10 RL N=kim@b.example F=Kim
            S: ADC 10 RL N=kim@b.example F=Kim
            """,
        )
    )
    assert changes(events) == ["removed kim@b.example PL", "added kim@b.example RL 'Kim'"]


def test_from_group_to_group_by_number_up_to_msnp9() -> None:
    events = heard(
        login(
            8,
            """
            S: LSG 0 ~ 0
            S: LSG 1 %E5%90%8C%E4%BA%8B 0
            S: LST kim@b.example Kim 3 0
            C: ADD 20 FL kim@b.example Kim 1
            S: ADD 20 FL 31 kim@b.example Kim 1
            C: REM 21 FL kim@b.example 0
            S: REM 21 FL 32 kim@b.example 0
            C: REM 22 FL kim@b.example
            S: REM 22 FL 33 kim@b.example
            """,
        )
    )
    assert changes(events)[3:] == [
        "moved kim@b.example FL 'Kim' groups=['~', '同事'] group_added=同事",
        "moved kim@b.example FL groups=['同事'] group_removed=~",
        "removed kim@b.example FL",
    ]


def test_from_group_to_group_by_guid_from_msnp10() -> None:
    events = heard(
        login(
            11,
            f"""
            S: LSG Friends {G1}
            S: LSG Work {G2}
            S: LST N=kim@b.example F=Kim C={KIM} 3 {G1}
            C: ADC 20 FL C={KIM} {G2}
            S: ADC 20 FL C={KIM} {G2}
            C: REM 21 FL {KIM} {G1}
            S: REM 21 FL {KIM} {G1}
            C: REM 22 FL {KIM}
            S: REM 22 FL {KIM}
            """,
        )
    )
    assert changes(events)[3:] == [
        f"moved kim@b.example FL groups=['Friends', 'Work'] group_added=Work contact_id={KIM}",
        f"moved kim@b.example FL groups=['Work'] group_removed=Friends contact_id={KIM}",
        f"removed kim@b.example FL contact_id={KIM}",
    ]


def test_a_number_that_nobody_explained_becomes_no_account() -> None:
    events = heard(login(11, f"C: REM 22 FL {KIM}\nS: REM 22 FL {KIM}\nC: ADC 23 FL C={PAT} {G1}"))
    assert only(events, ContactLearnt) == []
    assert details_of(events) == [
        {"action": "removed", "lists": ["FL"], "contact_id": KIM},
        {
            "action": "moved",
            "lists": ["FL"],
            "group_added": G1,
            "contact_id": PAT,
        },
    ]


def test_the_answer_to_an_addition_explains_the_number() -> None:
    events = heard(
        login(
            11, f"C: ADC 9 FL N=kim@b.example F=Kim\nS: ADC 9 FL N=kim@b.example F=Kim C={KIM}\nC: REM 10 FL {KIM}"
        )
    )
    assert changes(events) == ["added kim@b.example FL 'Kim'", f"removed kim@b.example FL contact_id={KIM}"]


@pytest.mark.parametrize(
    ("version", "lines", "told"),
    [
        (7, "C: ADG 16 Work 0\nS: ADG 16 8 Work 1 0", ["added - group=Work"]),
        (8, "C: ADG 16 \u540c\u4e8b 0\nS: ADG 16 8 %E5%90%8C%E4%BA%8B 1 0", ["added - group=同事"]),
        (8, "S: ADG 16 8 Work 1 0", ["added - group=Work group_id=1"]),
        (11, f"S: ADG 16 Work {G1} 0", [f"added - group=Work group_id={G1}"]),
        (8, "S: LSG 1 Work 0\nC: RMG 17 1\nS: RMG 17 9 1", ["removed - group=Work group_id=1"]),
        (11, f"S: LSG New {G1}\nC: RMG 17 New\nS: RMG 17 1 {G1}", [f"removed - group=New group_id={G1}"]),
        (11, f"S: RMG 17 1 {G1}", [f"removed - group_id={G1}"]),
        (11, "C: RMG 17 New%20Group", ["removed - group=New Group"]),
        (8, "C: REG 18 1 Friends 0\nS: REG 18 10 1 Friends 0", ["renamed - group=Friends group_id=1"]),
        (11, f"C: REG 18 {G1} Amis 0\nS: REG 18 1 Amis {G1} 0", [f"renamed - group=Amis group_id={G1}"]),
        (11, f"S: REG 18 {G1} Amis 0", [f"renamed - group=Amis group_id={G1}"]),
    ],
)
def test_groups_come_go_and_are_renamed(version: int, lines: str, told: list[str]) -> None:
    events = heard(login(version, lines))
    assert [line for line in changes(events) if not line.startswith("listed")] == told


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("C: RMG 17 9\nS: 224 17", {"action": "removed", "group_id": "9"}),
        ("S: LSG 1 Work 0\nC: RMG 17 1\nS: 227 17", {"action": "removed", "group": "Work", "group_id": "1"}),
        ("C: REG 17 2 同事 0\nS: 228 17", {"action": "renamed", "group": "同事", "group_id": "2"}),
    ],
)
def test_a_refused_change_names_the_group_as_the_change_does(lines: str, told: dict[str, str]) -> None:
    event = next(event for event in heard(login(8, lines)) if "error" in getattr(event, "details", {}))
    assert isinstance(event, ProfileLearnt)
    assert event.details.items() >= told.items()
    assert event.details["command"] in {"RMG", "REG"}


def test_a_renamed_group_is_called_by_its_new_name() -> None:
    events = heard(
        login(
            8, "S: LSG 1 Work 0\nC: REG 18 1 %E4%BB%95%E4%BA%8B 0\nS: REG 18 10 1 %E4%BB%95%E4%BA%8B 0\nC: RMG 19 1"
        )
    )
    assert changes(events)[-1] == "removed - group=仕事 group_id=1"


def test_what_lies_in_a_gap_gives_no_property_to_the_wrong_contact() -> None:
    wire = Wire()
    wire.play(login(11, f"S: LST N=kim@b.example F=Kim C={KIM} 11 {G1}\nS: BPR PHH 1"))
    wire.lose(False, b"LST N=pat@c.example F=Pat 11\r\n")
    wire.play(script("S: BPR PHM 2\nS: BPR 5 pat@c.example PHH 3\nS: LST N=pat@c.example 8\nS: BPR PHW 4"))
    assert [line for line in changes(wire.end()) if line.startswith("property")] == [
        "property kim@b.example property=phone_home value=1",
        "property pat@c.example property=phone_home value=3",
        "property pat@c.example property=phone_work value=4",
    ]


def test_what_cannot_be_read_is_reported() -> None:
    events = heard(
        login(
            11,
            """
            S: LST N=kim@b.example F=Kim x
            S: LST N=kim 3
            S: ADC 1 XL N=kim@b.example
            S: REM 2 FL nobody
            S: LSG alone
            S: LST
            """,
        )
    )
    assert [line.split("malformed ")[1] for line in tell(events) if "Undecoded" in line] == [
        "LST: no list bits",
        "LST: no account",
        "ADC: unknown list",
        "REM: no account",
        "LSG: no group",
        "LST: no account",
    ]
    assert changes(events) == []


def test_a_list_without_end_is_forgotten_from_its_beginning() -> None:
    wire = Wire()
    wire.play(login(11))
    for number in range(MAX_CONTACTS + 10):
        contact = f"00000000-0000-0000-0002-{number:012}"
        wire.play([say(f"S: LST N=p{number}@b.example F=P C={contact} 3")])
    wire.events.clear()
    wire.play(
        script(
            f"C: REM 9 FL 00000000-0000-0000-0002-{0:012}\nC: REM 10 FL 00000000-0000-0000-0002-{MAX_CONTACTS:012}"
        )
    )
    assert [type(event).__name__ for event in wire.events] == ["ProfileLearnt", "ContactLearnt"]
    contacts = wire.session._state.contacts
    assert len(contacts._people) == len(contacts._accounts) == MAX_CONTACTS
