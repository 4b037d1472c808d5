"""The contact list from MSNP13 on: ADL, RML and FQY."""

import pytest

from msnp.events import ContactLearnt
from tests.msnp.dialogue import Said, Wire, only, say, script, tell
from tests.msnp.lists import changes, details_of, heard, login

LIST = (
    '<ml l="1"><d n="b.example"><c n="kim" l="3" t="1"/></d><d n="c.example"><c n="pat" l="5" t="32"/></d>'
    '<t><c n="tel:+15550177" l="3"/></t></ml>'
)


def ml(inside: str, domain: str = "b.example", attributes: str = "") -> str:
    return f'<ml{attributes}><d n="{domain}">{inside}</d></ml>'


def test_the_list_as_a_whole_is_listed_not_added() -> None:
    events = heard([*login(15), say("C: ADL 6 #", LIST), say("S: ADL 6 OK")])
    assert changes(events) == [
        "listed kim@b.example FL+AL bits=3 network=1",
        "listed pat@c.example FL+BL bits=5 network=32",
        "listed tel:+15550177 FL+AL bits=3 network=4",
    ]
    assert [event.ordinal for event in only(events, ContactLearnt) if isinstance(event, ContactLearnt)] == [0, 1, 2]
    assert details_of(events)[1]["network_name"] == "yahoo"


def test_an_empty_list_tells_nothing() -> None:
    assert changes(heard([*login(15), say("C: ADL 6 #", '<ml l="1"></ml>'), say("C: ADL 7 0")])) == []


def test_the_form_of_msnp21() -> None:
    inside = (
        '<c n="kim" t="1"><s n="PE" l="1"/><s l="3" n="IM"/></c><c n="pat" t="1"><s n="PE" l="4"/></c><c n="x"/>'
    )
    events = heard([*login(21), say("C: ADL 6 #", ml(inside, attributes=' l="1"'))])
    assert changes(events) == [
        "listed kim@b.example FL+AL bits=3 network=1",
        "listed pat@b.example BL bits=4 network=1",
    ]


def test_later_changes() -> None:
    events = heard(
        [
            *login(15),
            say("C: ADL 8 #", ml('<c n="kim" l="3" t="1" f="كيم &amp; 金"/>')),
            say("S: ADL 8 OK"),
            say("C: RML 9 #", ml('<c n="kim" l="1" t="1"/>')),
            say("S: RML 9 OK"),
            say("C: ADL 10 #", ml('<c n="kim" l="64" t="1"/>')),
        ]
    )
    assert changes(events) == [
        "added kim@b.example FL+AL 'كيم & 金' network=1",
        "removed kim@b.example FL network=1",
        "added kim@b.example none network=1 bits=64",
    ]


def block(first: int) -> list[Said]:
    kim = '<c n="kim" l="{}" t="1"/>'
    return [
        say(f"C: RML {first} #", ml(kim.format(2))),
        say(f"S: RML {first} OK"),
        say(f"C: ADL {first + 1} #", ml(kim.format(4))),
        say(f"S: ADL {first + 1} OK"),
        say(f"C: RML {first + 2} #", ml(kim.format(4))),
        say(f"S: RML {first + 2} OK"),
        say(f"C: ADL {first + 3} #", ml(kim.format(2))),
        say(f"S: ADL {first + 3} OK"),
    ]


@pytest.mark.parametrize("server", [True, False])
def test_a_block_and_its_end_are_told_once_each(server: bool) -> None:
    events = heard([*login(15), *block(8)], server=True)
    assert changes(events) == ["blocked kim@b.example BL network=1", "unblocked kim@b.example BL network=1"]
    wire = Wire()
    wire.play(login(15))
    wire.play([said for said in block(8) if said[0] or server])
    assert len(changes(wire.end())) == 2


def test_deleted_and_blocked_is_both() -> None:
    events = heard(
        [*login(15), say("C: RML 8 #", ml('<c n="kim" l="3"/>')), say("C: ADL 9 #", ml('<c n="kim" l="4"/>'))]
    )
    assert changes(events) == ["removed kim@b.example FL+AL", "blocked kim@b.example BL"]


def test_added_to_the_list_and_blocked_in_one_is_two_events_of_one_line() -> None:
    events = heard([*login(15), say("C: ADL 9 #", ml('<c n="kim" l="5"/>'))])
    assert changes(events) == ["blocked kim@b.example BL", "added kim@b.example FL"]
    assert [event.ordinal for event in only(events, ContactLearnt) if isinstance(event, ContactLearnt)] == [0, 1]


def test_people_add_and_remove_the_own_account() -> None:
    events = heard(
        [
            *login(15),
            say("S: ADL 0 #", ml('<c n="kim" t="1" l="8" f="Kim 🐟" />')),
            say("S: RML 0 #", ml('<c n="kim" t="1" l="8" />')),
            say("S: ADL 0 #", ml('<c n="pat" t="1" l="3" />')),
        ]
    )
    assert changes(events) == [
        "added ~kim@b.example RL 'Kim 🐟' network=1",
        "removed ~kim@b.example RL network=1",
        "added pat@b.example FL+AL network=1",
    ]


def test_a_server_that_repeats_the_list_tells_nothing_new() -> None:
    kim = ml('<c n="kim" l="3" t="1"/>')
    events = heard([*login(15), say("C: ADL 8 #", kim), say("S: ADL 8 #", kim)])
    assert changes(events) == ["added kim@b.example FL+AL network=1"]


def test_hundreds_of_contacts_in_one_command() -> None:
    people = "".join(f'<c n="p{number}" l="3" t="1"/>' for number in range(250))
    events = only(heard([*login(15), say("C: ADL 8 #", ml(people, attributes=' l="1"'))]), ContactLearnt)
    assert len(events) == 250
    assert len({event.ordinal for event in events if isinstance(event, ContactLearnt)}) == 250


def test_a_hole_costs_only_what_it_covers() -> None:
    people = "".join(f'<c n="p{number}" l="3" t="1"/>' for number in range(10))
    payload = f'<ml l="1"><d n="b.example">{people}</d><d n="c.example"><c n="pat" l="3" t="1"/></d></ml>'.encode()
    wire = Wire().play(login(15))
    wire.send(True, f"ADL 8 {len(payload)}\r\n".encode() + payload[:100])
    wire.lose(True, payload[100:150])
    wire.send(True, payload[150:] + b"CHG 9 NLN 0\r\n")
    told = changes(wire.end())
    assert told == [
        "listed p0@b.example FL+AL bits=3 network=1 missing=50",
        "listed p1@b.example FL+AL bits=3 network=1 missing=50",
        "listed p2@b.example FL+AL bits=3 network=1 missing=50",
        "listed pat@c.example FL+AL bits=3 network=1 missing=50",
    ]


def test_without_its_beginning_nobody_knows_whether_a_list_is_the_whole() -> None:
    payload = LIST.encode()
    wire = Wire().play(login(15))
    wire.send(True, f"ADL 8 {len(payload)}\r\n".encode())
    wire.lose(True, payload[:30])
    wire.send(True, payload[30:] + b"CHG 9 NLN 0\r\n")
    assert changes(wire.end()) == [
        "- pat@c.example FL+BL bits=5 network=32 missing=30",
        "- tel:+15550177 FL+AL bits=3 network=4 missing=30",
    ]


QUESTION = say("C: FQY 9 #", ml('<c n="Kim"/>', attributes=' l="2"'))
ANSWER = say("S: FQY 9 #", ml('<c n="kim" t="32" />'))


@pytest.mark.parametrize("dialogue", [[QUESTION, ANSWER], [ANSWER, QUESTION], [ANSWER]])
def test_whose_network_was_asked_for_is_told_with_the_answer(dialogue: list[Said]) -> None:
    events = heard([*login(15), *dialogue])
    assert details_of(events) == [{"action": "queried", "network": 32, "network_name": "yahoo"}]


def test_a_question_without_an_answer_is_told_alone() -> None:
    assert changes(heard([*login(15), QUESTION])) == ["queried kim@b.example"]
    wire = Wire().play(login(15)).play([QUESTION]).wait(11).play(script("C: PNG"))
    assert changes(wire.events) == ["queried kim@b.example"]


def test_a_question_that_is_refused_is_told_as_refused_only() -> None:
    events = heard([*login(15), QUESTION, *script("S: 203 9")])
    assert [(details["action"], details["error"]) for details in details_of(events)] == [("queried", 203)]


def test_several_answers_to_one_question() -> None:
    other = say("S: FQY 9 #", ml('<c n="kim" t="1" />'))
    assert changes(heard([*login(15), QUESTION, ANSWER, other])) == [
        "queried kim@b.example network=32",
        "queried kim@b.example network=1",
    ]


@pytest.mark.parametrize(
    "payload",
    [
        "<ml><d><c/></d></ml>",
        "<ml",
        "<<<>>>",
        '<ml><d n="b.example"><c n="kim" l="99999999999999999999"/></d></ml>',
        '<ml><d n="b.example"><c n="kim" l="-1"/></d></ml>',
        '<ml><d n="b.example"><c n="k im" l="3"/></d></ml>',
        '<ml><c n="kim" l="3"/></ml>',
        "<d>" * 3000,
    ],
)
def test_what_names_nobody_tells_nothing(payload: str) -> None:
    for command in ("C: ADL 6 #", "C: RML 6 #", "S: ADL 0 #", "C: FQY 6 #"):
        events = heard([*login(15), say(command, payload)])
        if "FQY" not in command:
            assert changes(events) == []
        assert "Undecoded" not in str(tell(events))
