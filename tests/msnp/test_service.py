"""Policies, pages, searches and invitations by mail."""

from base64 import b64encode

import pytest

from msnp.events import ContactLearnt, Event, ProfileLearnt
from msnp.handlers_service import MAX_FOUND, MAX_WORDS
from tests.msnp.dialogue import Said, Wire, events_of, only, say, script
from tests.msnp.test_login import LOGIN


def learnt(*dialogue: Said) -> list[dict[str, object]]:
    """What is told of the own account after the login."""
    return [dict(event.details) for event in profiles(events_of([*LOGIN, *dialogue]))]


def profiles(events: list[Event]) -> list[ProfileLearnt]:
    return [event for event in events if isinstance(event, ProfileLearnt)]


def test_the_product_of_a_challenge_is_told_once_and_the_answer_never() -> None:
    answer = "1a79a4d60de6718e8e5b326e338ae533"
    dialogue = [
        say("S: CHL 0 15570131571988941333"),
        say("C: QRY 9 PROD0119GSJUC$18 #", answer),
        say("S: QRY 9"),
        say("S: CHL 0 1111"),
        say("C: QRY 10 PROD0119GSJUC$18 #", answer),
    ]
    assert learnt(*dialogue) == [{"product": "PROD0119GSJUC$18"}]
    assert answer not in repr(events_of([*LOGIN, *dialogue]))


def policy(*words: str) -> bytes:
    values = "".join(f'<imtext value="{b64encode(word.encode()).decode()}" />' for word in words)
    return f'<Policies><Policy type="SHIELDS"><config><block>{values}</block></config></Policy></Policies>'.encode()


def test_blocked_words_are_decoded_in_both_forms_of_gcf() -> None:
    words = ["download\\.php", "禁止的词", "ممنوع", "🚫"]
    assert learnt(say("C: GCF 8 Shields.xml"), say("S: GCF 8 Shields.xml #", policy(*words))) == [
        {"blocked_words": words}
    ]
    assert learnt(say("S: GCF 0 #", policy(*words))) == [{"blocked_words": words}]
    assert learnt(say("S: GCF 0 #", "<Policies></Policies>")) == []
    assert learnt(say("S: GCF 0 #", '<imtext value="%%%"/><imtext value="é"/><imtext/>')) == []


def test_more_blocked_words_than_are_told_are_counted() -> None:
    (details,) = learnt(say("S: GCF 0 #", policy(*[f"word{n}" for n in range(MAX_WORDS + 7)])))
    assert len(details["blocked_words"]) == MAX_WORDS  # type: ignore[arg-type]
    assert details["blocked_words_more"] == 7


def test_a_policy_with_a_gap_says_so_and_joins_no_halves() -> None:
    whole = policy("erstes", "zweites", "drittes")
    at = whole.index(b64encode(b"zweites")) + 4
    wire = Wire().play(LOGIN)
    wire.send(False, f"GCF 0 {len(whole)}\r\n".encode() + whole[:at])
    wire.lose(False, 4)
    wire.send(False, whole[at + 4 :])
    (event,) = profiles(wire.end())
    assert event.details == {"blocked_words": ["erstes", "drittes"], "missing": 4}


def test_a_page_and_whom_one_writes_to_are_told_and_the_answer_is_not() -> None:
    assert learnt(
        *script("""
        C: URL 9 INBOX
        S: URL 9 /cgi-bin/HoTMaiL https://login.x.test/ppsecure?token=SECRET 2
        C: URL 10 COMPOSE pat@c.example
        C: URL 11 PROFILE 0x0409
    """)
    ) == [
        {"page": "INBOX"},
        {"page": "COMPOSE", "mail_to": "pat@c.example"},
        {"page": "PROFILE", "page_argument": "0x0409"},
    ]


def test_a_search_and_what_it_found() -> None:
    assert learnt(
        *script("""
        C: FND 9 fname=Ren%C3%A9 lname=* city= state=QC country=CA
        S: FND 9 1 2 fname=Ren%C3%A9 lname=Lévy city=Montr%C3%A9al state=QC country=CA
        S: FND 9 2 2 fname=René lname=李 city=Laval state=QC country=CA
        C: FND 10 fname=Nobody
        S: FND 10 0 0
    """)
    ) == [
        {"search": {"fname": "René", "lname": "*", "state": "QC", "country": "CA"}},
        {
            "found": {"fname": "René", "lname": "Lévy", "city": "Montréal", "state": "QC", "country": "CA"},
            "found_index": 1,
            "found_count": 2,
        },
        {
            "found": {"fname": "René", "lname": "李", "city": "Laval", "state": "QC", "country": "CA"},
            "found_index": 2,
            "found_count": 2,
        },
        {"search": {"fname": "Nobody"}},
    ]


def test_a_search_that_finds_everybody_is_told_in_part() -> None:
    found = [say(f"S: FND 9 {n} 5000 fname=A{n}") for n in range(1, 5001)]
    assert len(learnt(*found)) == MAX_FOUND


def test_invitations_by_mail() -> None:
    assert learnt(
        say("C: SND 9 Pat@C.example 0x0409 MSMSGS MSMSGS"),
        say("S: SND 9 OK"),
        say("C: SDC 10 Kim@b.example 0x0411 MSMSGS MSMSGS X X ルー #", "一緒に話そう 🙂"),
        say("S: SDC 10 OK"),
        say("C: SDC 11 kim@b.example 0x0409 MSMSGS MSMSGS X X Lou 0"),
    ) == [
        {"mail_to": "pat@c.example", "command": "SND"},
        {"mail_to": "kim@b.example", "command": "SDC", "mail_name": "ルー", "mail_text": "一緒に話そう 🙂"},
        {"mail_to": "kim@b.example", "command": "SDC", "mail_name": "Lou"},
    ]


def test_television_sets_are_let_in_or_not_and_the_echo_is_no_second_event() -> None:
    assert learnt(*script("C: IMS 9 OFF\nS: IMS 9 0 OFF\nS: IMS 0 0 ON")) == [{"web_tv": False}, {"web_tv": True}]


@pytest.mark.parametrize(
    ("line", "net"), [("kim@b.example 1 0", (1, "live")), ("32:kim@b.example 0", (32, "yahoo"))]
)
def test_a_report_of_spam_is_about_a_contact(line: str, net: tuple[int, str]) -> None:
    events = events_of([*LOGIN, say(f"C: VAS 9 {line} #", "<x></x>"), say("S: VAS 9")])
    (event,) = only(events, ContactLearnt)
    assert isinstance(event, ContactLearnt)
    number, name = net
    assert event.account == "kim@b.example"
    assert event.details == {"action": "reported", "network": number, "network_name": name}


def test_what_nobody_has_documented_tells_nothing() -> None:
    assert (
        learnt(
            *script("""
        S: SBS 0 null
        C: PNG
        S: QNG 47
        C: LKP 9 a b
        S: LKP 9 0
        C: GSB 10 x
        S: GSB 10 y
        C: RFS
        S: RFS 11
    """)
        )
        == []
    )
