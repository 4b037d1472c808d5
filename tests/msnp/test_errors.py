"""Refusals, tied to what they refuse."""

import pytest

from msnp.commands import COMMANDS
from msnp.errors import ERRORS, text_of, words_of
from msnp.events import Called, ContactLearnt, Event, LoggedIn, ProfileLearnt, Undecoded
from msnp.handlers_errors import MAX_CONTACTS
from msnp.limits import Limits
from tests.msnp.dialogue import Said, events_of, only, say, script
from tests.msnp.test_login import BEGIN, LOGIN


def last(*dialogue: Said) -> Event:
    """The last event of a dialogue behind the login, which is to be that of the refusal."""
    return events_of([*LOGIN, *dialogue], end=False)[-1]


def test_every_number_has_words_of_its_own_or_none() -> None:
    assert all(200 <= number <= 999 and text and text == text.strip() for number, text in ERRORS.items())
    assert text_of(911) == "authentication failed"
    assert words_of(217) == {"error": 217, "error_text": "not online"}
    assert words_of(999) == {"error": 999}


@pytest.mark.parametrize("command", ["URL", "IMS", "LKP", "GSB", "FND", "SND", "XFR", "CVQ", "INF", "CHG"])
def test_a_refusal_names_its_command(command: str) -> None:
    arguments = {"URL": "INBOX", "IMS": "ON", "FND": "fname=A", "SND": "pat@c.example", "XFR": "SB", "CHG": "BSY 0"}
    arguments["CVQ"] = "0x0409 winnt 5.1 i386 MSNMSGR 7.5"
    event = last(say(f"C: {command} 9 {arguments.get(command, '')}".rstrip()), say("S: 502 9"))
    assert isinstance(event, ProfileLearnt)
    assert not event.from_client
    expected = {"command": command, "error": 502, "error_text": "command disabled"}
    assert expected.items() <= event.details.items()


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ("C: VER 1 MSNP12 CVR0", 502),
        ("C: CVR 1 0x0409 winnt 5.1 i386 MSN 7.5", 710),
        ("C: QRY 1 msmsgs 0", 540),
    ],
)
def test_what_a_login_needs_and_is_refused_is_a_refused_login(request_: str, error: int) -> None:
    event = events_of([say("S: CHL 0 155701315"), say(request_), say(f"S: {error} 1")], end=False)[-1]
    assert isinstance(event, LoggedIn)
    assert event.error == error
    assert event.details["command"] == request_.split()[1]
    assert event.details["error_text"] == ERRORS[error]


def test_a_refused_login_says_why_in_words() -> None:
    (event,) = only(events_of([*BEGIN, *script("S: USR 3 TWN S x\nC: USR 4 TWN S t=x\nS: 911 4")]), LoggedIn)
    assert isinstance(event, LoggedIn)
    assert event.error == 911
    assert event.details["error_text"] == "authentication failed"
    assert event.details["client"] == "MSNMSGR"


def test_a_refused_ticket_for_circles_is_no_refused_login() -> None:
    events = events_of([*LOGIN, *script("C: USR 9 SHA A dGlja2V0\nS: 928 9")])
    assert len(only(events, LoggedIn)) == 1
    (event,) = only(events, ProfileLearnt)
    assert isinstance(event, ProfileLearnt)
    assert event.details == {"error": 928, "error_text": "invalid ticket", "command": "USR"}


def test_a_call_stays_a_call() -> None:
    events = events_of(
        script("C: USR 1 lou@a.example 17.5\nS: USR 1 OK lou@a.example L\nC: CAL 2 k@b.example\nS: 217 2")
    )
    assert [event.error for event in only(events, Called) if isinstance(event, Called)] == [None, 217]


def test_a_spam_report_that_is_refused_is_about_its_contact() -> None:
    event = last(say("C: VAS 9 kim@b.example 1 0 #", "<x></x>"), say("S: 205 9"))
    assert isinstance(event, ContactLearnt)
    assert event.account == "kim@b.example"
    assert event.details == {
        "action": "reported",
        "network": 1,
        "network_name": "live",
        "error": 205,
        "error_text": "no such user",
        "command": "VAS",
    }


def test_the_payload_of_a_refused_list_names_the_contacts() -> None:
    rejected = (
        '<ml><d n="example.net"><c n="carol" t="1" l="5"/><c n="erin" l="2"/></d>'
        '<t><c n="tel:+15550100" l="3"/></t></ml>'
    )
    events = events_of(
        [
            *LOGIN,
            say("C: ADL 15 #", rejected),
            say("S: 241 15 #", rejected),
        ]
    )
    found = [
        (event.account, event.details["lists"], event.ordinal)
        for event in only(events, ContactLearnt)
        if isinstance(event, ContactLearnt) and event.details.get("error") == 241
    ]
    assert found == [
        ("carol@example.net", ["FL", "BL"], 0),
        ("erin@example.net", ["AL"], 1),
        ("tel:+15550100", ["FL", "AL"], 2),
    ]


def test_a_readable_payload_is_told_and_another_is_not() -> None:
    event = last(say("C: URL 9 INBOX"), say("S: 509 9 #", "Nachricht zu groß — 长"))
    assert isinstance(event, ProfileLearnt)
    assert event.details["error_payload"] == "Nachricht zu groß — 长"
    event = last(say("C: URL 9 INBOX"), say("S: 509 9 #", b"\x00\x01\x02"))
    assert isinstance(event, ProfileLearnt)
    assert "error_payload" not in event.details


def test_an_error_to_what_was_not_seen_is_told_without_it() -> None:
    event = last(say("S: 280 77"))
    assert isinstance(event, ProfileLearnt)
    assert event.details == {"error": 280, "error_text": "conversation server failed"}


def test_a_number_nobody_knows_has_no_words() -> None:
    event = last(say("C: URL 9 INBOX"), say("S: 999 9"))
    assert isinstance(event, ProfileLearnt)
    assert event.details == {"error": 999, "command": "URL", "page": "INBOX"}


def test_a_list_without_end_is_told_in_part() -> None:
    contacts = "".join(f'<c n="u{n}" l="1"/>' for n in range(3 * MAX_CONTACTS))
    events = events_of([*LOGIN, say("S: 241 9 #", f'<ml><d n="example.net">{contacts}</d></ml>')])
    assert len(only(events, ContactLearnt)) == MAX_CONTACTS
    assert not only(events, Undecoded)


def test_requests_without_answer_are_forgotten() -> None:
    limits = Limits(transactions=8)
    dialogue = [*LOGIN, *(say(f"C: URL {n} INBOX") for n in range(20, 120)), say("S: 502 20"), say("S: 502 119")]
    first, second = (event.details for event in profiles(events_of(dialogue, limits=limits))[-2:])
    assert "command" not in first
    assert second["command"] == "URL"


def profiles(events: list[Event]) -> list[ProfileLearnt]:
    return [event for event in events if isinstance(event, ProfileLearnt)]


SAMPLES = {
    "VER": say("C: VER 9 MSNP12 CVR0"),
    "INF": say("C: INF 9"),
    "CVR": say("C: CVR 9 0x0409 winnt 5.1 i386 MSNMSGR 7.5"),
    "CVQ": say("C: CVQ 9 0x0409 winnt 5.1 i386 MSNMSGR 7.5"),
    "USR": say("C: USR 9 SHA A dGlja2V0"),
    "XFR": say("C: XFR 9 SB"),
    "QRY": say("C: QRY 9 PROD0090YUAUV{2B #", "0" * 32),
    "GCF": say("C: GCF 9 Shields.xml"),
    "URL": say("C: URL 9 FOLDERS"),
    "FND": say("C: FND 9 fname=Lou"),
    "SND": say("C: SND 9 kim@b.example"),
    "SDC": say("C: SDC 9 kim@b.example 0x0409 MSMSGS MSMSGS X X Lou 0"),
    "IMS": say("C: IMS 9 ON"),
    "LKP": say("C: LKP 9 x"),
    "GSB": say("C: GSB 9 x"),
    "RFS": say("C: RFS 9"),
    "CHG": say("C: CHG 9 AWY 0"),
    "SYN": say("C: SYN 9 0 0"),
    "LST": say("C: LST 9 RL"),
    "ADG": say("C: ADG 9 家族 0"),
    "RMG": say("C: RMG 9 3"),
    "REG": say("C: REG 9 3 家族 0"),
    "ADD": say("C: ADD 9 FL kim@b.example kim@b.example"),
    "REM": say("C: REM 9 FL kim@b.example"),
    "ADC": say("C: ADC 9 AL N=kim@b.example"),
    "REA": say("C: REA 9 kim@b.example Kim"),
    "PRP": say("C: PRP 9 PHH 555"),
    "SBP": say("C: SBP 9 00000000-0000-0000-0002-000000000001 MFN Kim"),
    "BLP": say("C: BLP 9 AL"),
    "GTC": say("C: GTC 9 A"),
    "ADL": say("C: ADL 9 #", '<ml><d n="b.example"><c n="kim" l="3" t="1"/></d></ml>'),
    "RML": say("C: RML 9 #", '<ml><d n="b.example"><c n="kim" l="2" t="1"/></d></ml>'),
    "FQY": say("C: FQY 9 #", '<ml l="2"><d n="b.example"><c n="kim"/></d></ml>'),
    "UUX": say("C: UUX 9 #", "<Data><PSM>忙</PSM></Data>"),
    "VAS": say("C: VAS 9 kim@b.example 1 0 #", "<x></x>"),
    "GET": say("C: GET 9 #", "x"),
    "FSL": say("C: FSL 9 #", "x"),
}
"""One line for each command of a client's that may be refused, but those that carry what people say."""
SAID_TO_PEOPLE = {"MSG", "CAL", "ANS", "PAG", "PGD", "UUN", "UUM", "SDG", "PUT", "DEL"}
WITHOUT_TRANSACTION = {"OUT", "PNG", "BYE"}


def test_there_is_a_sample_of_every_command() -> None:
    ours = {name.decode() for side, name in COMMANDS if side}
    assert ours == set(SAMPLES) | SAID_TO_PEOPLE | WITHOUT_TRANSACTION


@pytest.mark.parametrize("command", sorted(SAMPLES))
def test_every_command_that_is_refused_is_named(command: str) -> None:
    event = last(SAMPLES[command], say("S: 500 9"))
    assert isinstance(event, ProfileLearnt | ContactLearnt | LoggedIn)
    assert event.details["command"] == command
    assert event.details["error_text"] == "internal server error"


def test_a_transaction_beyond_all_numbers_is_none() -> None:
    number = "9" * 5000
    events = events_of([*LOGIN, say(f"C: URL {number} INBOX"), say(f"S: 502 {number}"), say("S: QNG 40")])
    assert all("command" not in event.details for event in profiles(events))
