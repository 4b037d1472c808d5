"""Notifications, telephones, other networks, and texts to who is offline."""

import pytest

from msnp.events import (
    AccountKnown,
    Event,
    MailNoticed,
    Message,
    Nudge,
    TextMessage,
    Thread,
    TypingNotice,
    Undecoded,
)
from msnp.threads import alone_with, between
from tests.msnp.dialogue import Said, Wire, events_of, mime, only, say, script, tell

LOU, KIM, ANA = "lou@a.example", "kim@b.example", "ana@d.example"


def login(version: int) -> list[Said]:
    return [say(f"S: VER 1 MSNP{version}"), *script("S: USR 4 OK lou@a.example 1 0")]


def texts(events: list[Event]) -> list[TextMessage]:
    return [event for event in events if isinstance(event, TextMessage)]


def text_of(events: list[Event]) -> TextMessage:
    (event,) = texts(events)
    return event


def late(dialogue: list[Said]) -> list[Event]:
    wire = Wire()
    wire.join(True)
    wire.join(False)
    return wire.play(dialogue).end()


# --- notifications ------------------------------------------------------------------------------------------

NOTICE = """<NOTIFICATION id="17" siteid="111100400" siteurl="http://m.example">
<TO pid="0x1:0x2" name="lou@a.example"><VIA agent="messenger"/></TO><MSG pri="1" id="5">
<ACTION url="/a?x=1&amp;y=2"/><SUBSCR url="/s"/><CAT id="9"/>
<BODY lang="3076" icon="i.gif"><TEXT>新的短訊 &lt;1&gt;</TEXT></BODY></MSG></NOTIFICATION>"""


def notice_of(events: list[Event]) -> MailNoticed:
    (event,) = only(events, MailNoticed)
    assert isinstance(event, MailNoticed)
    return event


def test_notification_is_flat_and_names_the_own_account() -> None:
    events = late([*script("S: QNG 47"), say("S: NOT #", NOTICE)])
    assert tell(only(events, AccountKnown)) == [f"AccountKnown {LOU} NOT TO"]
    event = notice_of(events)
    assert event.content_type == "application/x-msn-notification"
    assert event.fields == {
        "id": "17",
        "siteid": "111100400",
        "siteurl": "http://m.example",
        "about": "mobile",
        "to": LOU,
        "pid": "0x1:0x2",
        "via": "messenger",
        "msg": "5",
        "priority": "1",
        "action": "/a?x=1&y=2",
        "subscr": "/s",
        "cat": "9",
        "lang": "3076",
        "icon": "i.gif",
        "body": "新的短訊 <1>",
    }


def test_notification_cut_by_loss_says_so() -> None:
    _, octets = say("S: NOT #", NOTICE)
    wire = Wire().play(login(11))
    wire.send(False, octets[:100])
    wire.lose(False, octets[100:-10])
    wire.send(False, octets[-10:])
    fields = notice_of(wire.end()).fields
    assert fields["missing"] == str(len(octets) - 110)
    assert "body" not in fields


@pytest.mark.parametrize("payload", ["", "nothing", "<NOTIFICATION", "<NOTIFICATION/>", "<TO name='x'><BODY/>"])
def test_notification_that_says_nothing(payload: str) -> None:
    events = events_of([*login(11), say("S: NOT #", payload)])
    assert tell(only(events, AccountKnown)) == [f"AccountKnown {LOU} USR OK"]
    assert len(only(events, MailNoticed)) == payload.count("TO name")


# --- telephones ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "extra"),
    [
        ("C: PAG 19 kim@b.example #", {"mobile": True}),
        ("C: PGD 19 kim@b.example 1 #", {"mobile": True, "device": "mobile"}),
        ("C: PGD 19 kim@b.example 2 #", {"mobile": True, "device": "web watch"}),
        ("C: PGD 19 kim@b.example 7 #", {"mobile": True, "device": "7"}),
    ],
)
def test_pages(line: str, extra: dict[str, object]) -> None:
    page = '<TEXT xml:space="preserve" enc="utf-8">电话 &amp; more</TEXT>'
    event = text_of(events_of([*login(9), say(line, page)]))
    assert (event.text, event.sender, event.transaction) == ("电话 & more", None, 19)
    assert (event.extra, event.origin.thread) == (extra, between(LOU, KIM))


def test_page_to_one_of_several_telephones() -> None:
    page = '<PHONE pri="1"><LOC>HOME</LOC><NUM>+1 555 0100</NUM></PHONE><TEXT>ring</TEXT>'
    event = text_of(events_of([*login(5), say("C: PAG 19 tel:+15550100 #", page)]))
    assert event.extra == {"mobile": True, "phone": "+1 555 0100", "phone_location": "HOME"}
    assert event.origin.thread == between(LOU, "tel:+15550100")


def test_page_from_the_server_is_an_echo_or_says_both_readings() -> None:
    page = "<TEXT>hi</TEXT>"
    own, echo = say("C: PAG 19 kim@b.example #", page), say("S: PAG 19 kim@b.example #", page)
    assert text_of(events_of([*login(5), own, echo])).sender is None
    event = text_of(events_of([*login(5), echo]))
    assert event.sender == KIM
    assert event.extra is not None
    assert event.extra["readings"] == ["a page from this account", "an own page, repeated"]


@pytest.mark.parametrize(
    ("name", "account"), [(KIM, KIM), ("tel:+15550177", "tel:+15550177"), ("+15550177", "tel:+15550177")]
)
def test_message_from_a_telephone(name: str, account: str) -> None:
    payload = f"""<NOTIFICATION id="0" siteid="111100400"><TO name="{LOU}"/><FROM name="{name}"/>
    <MSG><BODY><TEXT>أين أنت؟</TEXT></BODY></MSG></NOTIFICATION>"""
    events = late([*script("S: QNG 47"), say("S: IPG #", payload)])
    event = text_of(events)
    assert (event.sender, event.text, event.extra) == (account, "أين أنت؟", {"mobile": True})
    assert event.origin.thread == between(LOU, account)
    assert tell(only(events, AccountKnown)) == [f"AccountKnown {LOU} IPG TO"]


def test_message_from_a_telephone_without_a_number_is_reported() -> None:
    events = events_of([*login(11), say("S: IPG #", "<NOTIFICATION><FROM name=''/></NOTIFICATION>")])
    assert tell(only(events, Undecoded)) == ["Undecoded 52 malformed IPG: nobody is named"]


def test_page_with_octets_missing() -> None:
    _, octets = say("S: IPG #", f'<FROM name="{KIM}"/><TEXT>one two three</TEXT>')
    wire = Wire().play(login(11))
    wire.send(False, octets[:-16])
    wire.lose(False, octets[-16:])
    event = text_of(wire.end())
    assert (event.sender, event.text, event.missing > 0) == (KIM, "one ", True)


# --- other networks, and offline ----------------------------------------------------------------------------


def test_yahoo_both_ways() -> None:
    body = mime("到雅虎")
    events = events_of(
        [
            *login(14),
            say("C: UUM 24 ana@d.example 32 1 #", body),
            say("S: UBM ana@d.example 32 1 #", body),
            say("S: UBM ana@d.example 32 lou@a.example 1 1 #", body),
            say("S: UBM 32:ana@d.example 1 #", body),
            say("C: UUM 25 ana@d.example 32 2 #", mime("\r\n", "text/x-msmsgscontrol", TypingUser=LOU)),
            say("S: UBM ana@d.example 32 2 #", mime("\r\n", "text/x-msmsgscontrol", TypingUser=ANA)),
            say("S: UBM ana@d.example 32 3 #", mime("ID: 1\r\n", "text/x-msnmsgr-datacast")),
            say("S: UBM ana@d.example 32 4 #", mime("?", None)),
        ]
    )
    assert [(event.sender, event.text) for event in texts(events)] == [(None, "到雅虎")] + [(ANA, "到雅虎")] * 3
    assert all(event.extra == {"network": 32, "network_name": "yahoo"} for event in texts(events))
    assert tell(only(events, TypingNotice, Nudge)) == [
        "TypingNotice - False",
        f"TypingNotice {ANA} False",
        f"Nudge {ANA}",
    ]
    assert {event.origin.thread for event in events if isinstance(event, Message)} == {between(LOU, ANA)}


def test_name_of_who_writes_from_another_network_is_the_one_last_shown() -> None:
    shown = script("S: NLN NLN ana@d.example 32 Ana%20%E5%AE%89 0")
    events = events_of([*login(14), *shown, say("S: UBM ana@d.example 32 1 #", mime("hi"))])
    assert text_of(events).sender_name == "Ana 安"


def test_to_who_is_offline_from_msnp18_on() -> None:
    events = events_of([*login(18), say("C: UUM 24 kim@b.example 1 1 #", mime("まだ?", Dest_Agent="client"))])
    extra = text_of(events).extra
    assert extra is not None
    assert extra["offline"] is True
    assert "network" not in extra


def test_own_account_by_the_long_form() -> None:
    events = late([*script("S: QNG 47"), say("S: UBM ana@d.example 32 lou@a.example 1 1 #", mime("hi"))])
    assert tell(only(events, AccountKnown)) == [f"AccountKnown {LOU} UBM"]
    assert text_of(events).origin.thread == between(LOU, ANA)


def test_own_account_unknown() -> None:
    events = late([*script("S: QNG 47"), say("S: UBM ana@d.example 32 1 #", mime("hi"))])
    assert text_of(events).origin.thread == alone_with(ANA) == Thread("", (ANA,))


def test_on_a_switchboard_it_is_of_the_conversation_there() -> None:
    events = events_of(
        [*script("C: ANS 1 lou@a.example 5.6 77\nS: ANS 1 OK"), say("S: UBM ana@d.example 32 1 #", mime("hi"))]
    )
    assert text_of(events).origin.thread is None
