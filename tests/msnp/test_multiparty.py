"""Circles from MSNP18 on, and MSNP21 without a switchboard."""

import pytest

from msnp import circles
from msnp.events import (
    AccountKnown,
    Called,
    Entered,
    Event,
    Joined,
    Left,
    Message,
    Nudge,
    Occurrence,
    Present,
    ProfileLearnt,
    RosterUnsure,
    Sending,
    StatusChanged,
    TextMessage,
    Thread,
    TypingNotice,
    Undecoded,
)
from msnp.threads import between
from tests.msnp.dialogue import Said, Wire, events_of, only, say, script, tell
from tests.msnp.routed import (
    ANA,
    CIRCLE,
    GROUP,
    HERE,
    KIM,
    LOU,
    PAT,
    THERE,
    blocks,
    leaving,
    presence,
    roster,
    sdg,
)

LOGIN = [say("S: VER 1 MSNP21"), *script("S: USR 4 OK lou@a.example 1 0")]
TO_LOU, OF_LOU = f"1:{LOU}", f"1:{LOU};epid={HERE}"
TO_KIM, OF_KIM = f"1:{KIM}", f"1:{KIM};epid={THERE}"


def text_of(events: list[Event]) -> TextMessage:
    (event,) = only(events, TextMessage)
    assert isinstance(event, TextMessage)
    return event


def threads_of(events: list[Event]) -> list[Thread | None]:
    return [event.origin.thread for event in events if isinstance(event, Message)]


def late(dialogue: list[Said]) -> list[Event]:
    """A connection that was joined in mid-stream."""
    wire = Wire()
    wire.join(True)
    wire.join(False)
    return wire.play(dialogue).end()


# --- what people say ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["see you – A.", "你好，世界", "また明日🐟", "مرحبا", "line\r\n\r\nSDG 0 5\r\nMSG", ""]
)
def test_texts_between_two(text: str) -> None:
    events = events_of([*LOGIN, sdg("C: SDG 7 #", TO_KIM, OF_LOU, text), sdg("S: SDG 0 #", TO_LOU, OF_KIM, text)])
    own, theirs = only(events, TextMessage)
    assert isinstance(own, TextMessage)
    assert isinstance(theirs, TextMessage)
    assert (own.text, own.sender, own.transaction, own.extra) == (text, None, 7, {"endpoint": HERE})
    assert (theirs.text, theirs.sender, theirs.extra) == (text, KIM, {"endpoint": THERE})
    assert threads_of(events) == [between(LOU, KIM)] * 2


def test_format_and_length_in_characters() -> None:
    third = "Messaging: 2.0|Message-Type: Text|X-MMS-IM-Format: FN=Segoe%20UI; EF=B; CO=ff; CS=1; PF=0"
    octets = blocks(TO_LOU, OF_KIM, third, "喂喂").replace(b"Content-Length: 6", b"Content-Length: 2")
    event = text_of(events_of([*LOGIN, say("S: SDG 0 #", octets)]))
    assert event.text == "喂喂"
    assert event.format is not None
    assert (event.format["font"], event.format["color"]) == ("Segoe UI", "FF0000")


def test_typing_in_both_spellings_nudges_and_signals() -> None:
    subtype = "Messaging: 2.0|Message-Type: Control|Message-Subtype: Typing"
    closing = "Messaging: 2.0|Message-Type: Signal/CloseIMWindow"
    events = events_of(
        [
            *LOGIN,
            sdg("S: SDG 0 #", TO_LOU, OF_KIM, "", "Control/Typing"),
            say("S: SDG 0 #", blocks(TO_LOU, OF_KIM, subtype)),
            sdg("S: SDG 0 #", TO_LOU, OF_KIM, "\r\n", "Nudge"),
            say("S: SDG 0 #", blocks(TO_LOU, OF_LOU, closing, f"1:{LOU}/1:{KIM}")),
            say("S: SDG 0 #", blocks(TO_LOU, OF_KIM, "Messaging: 2.0|Message-Type: Signal/P2P", "x")),
        ]
    )
    assert tell(only(events, TypingNotice, Nudge)) == [f"TypingNotice {KIM} False"] * 2 + [f"Nudge {KIM}"]
    (learnt,) = only(events, ProfileLearnt)
    assert isinstance(learnt, ProfileLearnt)
    assert learnt.details == {"signal": "CloseIMWindow", "endpoint": HERE, "conversation": [LOU, KIM]}


def test_winks_and_emoticons_are_read_as_in_msg() -> None:
    wink = '<msnobj Creator="kim@b.example" Type="8" Size="5" Location="w" SHA1D="d"/>'
    cat = '<msnobj Creator="kim@b.example" Type="2" Size="9" Location="c" SHA1D="e"/>'
    events = events_of(
        [
            *LOGIN,
            sdg("S: SDG 0 #", TO_LOU, OF_KIM, wink, "Wink"),
            sdg("S: SDG 0 #", TO_LOU, OF_KIM, f":cat:\t{cat}\t", "CustomEmoticon"),
            sdg("S: SDG 0 #", TO_LOU, OF_KIM, "look :cat:"),
        ]
    )
    assert [event.kind for event in only(events, Sending) if isinstance(event, Sending)] == ["wink", "emoticon"]
    extra = text_of(events).extra
    assert extra is not None
    assert "emoticons" in extra
    assert threads_of(events) == [between(LOU, KIM)] * 3


@pytest.mark.parametrize(
    ("channel", "extra"), [("IM/Offline", "offline"), ("IM/Mobile", "mobile"), ("IM/Online", "")]
)
def test_ways_other_than_at_once(channel: str, extra: str) -> None:
    event = text_of(events_of([*LOGIN, sdg("S: SDG 0 #", TO_LOU, f"1:{KIM}", "hi", channel=channel)]))
    assert (event.extra or {}) == ({extra: True} if extra else {})


def test_names_are_those_last_told() -> None:
    named = "<user><s n='PE'><FriendlyName>Kim &amp; 猫</FriendlyName></s></user>"
    events = events_of(
        [*LOGIN, presence("S: NFY PUT #", TO_LOU, TO_KIM, named), sdg("S: SDG 0 #", TO_LOU, OF_KIM, "hi")]
    )
    assert text_of(events).sender_name == "Kim & 猫"


def test_copy_of_an_own_text_from_another_endpoint() -> None:
    event = text_of(events_of([*LOGIN, sdg("S: SDG 0 #", TO_KIM, f"1:{LOU};epid={THERE}", "from work")]))
    assert (event.sender, event.from_client, event.origin.thread) == (LOU, False, between(LOU, KIM))


def test_people_of_networks_without_addresses() -> None:
    event = text_of(events_of([*LOGIN, sdg("S: SDG 0 #", TO_LOU, "13:100000001;via=14:fb", "hi")]))
    assert (event.sender, event.origin.thread) == ("13:100000001", between(LOU, "13:100000001"))


# --- whose connection it is ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "evidence"),
    [
        (sdg("C: SDG 7 #", TO_KIM, OF_LOU, "hi"), "SDG From"),
        (presence("C: PUT 7 #", TO_LOU, OF_LOU, "<user/>"), "PUT From"),
        (presence("S: NFY PUT #", TO_LOU, TO_KIM, "<user/>"), "NFY To"),
        (say("S: PUT 7 OK #", blocks(OF_LOU, f"10:{GROUP}", "Publication: 1.0")), "PUT OK To"),
    ],
)
def test_own_account_where_the_login_was_missed(said: Said, evidence: str) -> None:
    events = late([*script("C: PNG\nS: QNG 40"), said])
    assert tell(only(events, AccountKnown)) == [f"AccountKnown {LOU} {evidence}"]


@pytest.mark.parametrize("seen_as_client", [True, False])
def test_sides_where_the_tap_could_only_guess(seen_as_client: bool) -> None:
    wire = Wire(certain=False)
    for from_client, octets in [
        sdg("S: SDG 0 #", TO_LOU, OF_KIM, "hi"),
        sdg("C: SDG 7 #", TO_KIM, OF_LOU, "好"),
        presence("S: NFY PUT #", TO_LOU, TO_KIM, PRESENCE),
        sdg("C: SDG 8 #", TO_KIM, OF_LOU, "bye"),
    ]:
        wire.send(from_client == seen_as_client, octets)
    events = wire.end()
    assert tell(only(events, TextMessage)) == [
        f"TextMessage {KIM} hi",
        "TextMessage - 好",
        "TextMessage - bye",
    ]
    assert tell(only(events, AccountKnown))[0].startswith(f"AccountKnown {LOU}")


def test_text_that_comes_in_proves_nothing_alone() -> None:
    dialogue = [sdg("S: SDG 0 #", TO_LOU, OF_KIM, "hi"), sdg("S: SDG 0 #", TO_LOU, OF_KIM, "again")]
    events = late(dialogue)
    assert not only(events, AccountKnown)
    assert threads_of(events) == [between(LOU, KIM)] * 2
    events = late([*dialogue, sdg("S: SDG 0 #", TO_LOU, f"1:{PAT}", "hello")])
    assert tell(only(events, AccountKnown)) == [f"AccountKnown {LOU} SDG To (inferred)"]


# --- groups -------------------------------------------------------------------------------------------------


def test_group_text_and_that_its_roster_is_unknown() -> None:
    said = sdg("S: SDG 0 #", f"9:{CIRCLE};path=IM", OF_KIM, "all of you")
    events = events_of([*LOGIN, said, said])
    assert threads_of(events) == [Thread(CIRCLE, ())] * 2
    (unsure,) = only(events, RosterUnsure)
    assert isinstance(unsure, Occurrence)
    assert unsure.thread == Thread(CIRCLE, ())


def test_by_way_of_a_group_is_said_in_it() -> None:
    said = sdg("S: SDG 0 #", f"{TO_LOU};path=IM", f"1:{KIM};via=10:{GROUP}", "psst")
    assert threads_of(events_of([*LOGIN, said])) == [Thread(GROUP, ())]


def told(events: list[Event]) -> list[str]:
    return tell(only(events, Entered, Called, Present, Joined, Left, RosterUnsure))


def test_roster_of_a_circle() -> None:
    circle = f"9:{CIRCLE}"
    events = events_of(
        [
            *LOGIN,
            roster("S: NFY PUT #", TO_LOU, circle, LOU, KIM, kind="Full"),
            roster("S: NFY PUT #", TO_LOU, circle, PAT),
            roster("S: NFY PUT #", TO_LOU, circle, PAT),
            leaving("S: NFY DEL #", TO_LOU, circle, KIM),
            sdg("S: SDG 0 #", circle, f"1:{PAT}", "喂"),
            roster("S: NFY PUT #", TO_LOU, circle, LOU, ANA, kind="Full"),
            leaving("C: DEL 9 #", circle, OF_LOU, LOU),
        ]
    )
    assert told(events) == [
        f"Present {KIM} -",
        f"Present {LOU} -",
        f"Joined {PAT} -",
        f"Left {KIM} False",
        f"Joined {ANA} -",
        f"Left {PAT} False (inferred)",
        "Left - False",
    ]
    assert threads_of(events) == [Thread(CIRCLE, (PAT,))]


def test_roster_is_unsure_after_a_loss() -> None:
    circle = f"9:{CIRCLE}"
    said = sdg("S: SDG 0 #", circle, f"1:{KIM}", "喂")
    wire = Wire().play([*LOGIN, roster("S: NFY PUT #", TO_LOU, circle, LOU, KIM, kind="Full"), said])
    assert not only(wire.events, RosterUnsure)
    wire.lose(False, 300)
    wire.play([said, said])
    (unsure,) = only(wire.end(), RosterUnsure)
    assert isinstance(unsure, RosterUnsure)
    assert unsure.thread is not None
    assert unsure.thread.key == CIRCLE


def test_members_are_not_taken_for_present() -> None:
    body = f"<circle><roster><id>ABCH</id><user><id>1:{KIM}</id></user></roster></circle>"
    third = "Notification: 1.0|NotifType: Full|Content-Type: application/circles+xml"
    assert told(events_of([*LOGIN, say("S: NFY PUT #", blocks(TO_LOU, f"9:{CIRCLE}", third, body))])) == []


def test_temporary_group_is_made_by_its_answer() -> None:
    zeros = "10:00000000-0000-0000-0000-000000000000@live.com"
    answer = blocks(OF_LOU, f"10:{GROUP}", "Publication: 1.0")
    events = events_of(
        [
            *LOGIN,
            roster("C: PUT 8 #", zeros, OF_LOU, LOU),
            say("S: PUT 8 OK #", answer),
            roster("C: PUT 9 #", f"10:{GROUP};path=IM", OF_LOU, KIM, PAT),
            *script("S: PUT 9 OK 0"),
            roster("S: NFY PUT #", TO_LOU, f"10:{GROUP}", KIM),
            sdg("C: SDG 10 #", f"10:{GROUP};path=IM", OF_LOU, "welcome"),
        ]
    )
    assert told(events) == ["Entered", f"Called {KIM} -", f"Called {PAT} -", f"Joined {KIM} -"]
    assert {event.thread.key for event in only(events, Called, Joined) if event.thread} == {GROUP}  # type: ignore[union-attr]
    assert threads_of(events) == [Thread(GROUP, (KIM,))]


def test_a_circles_name() -> None:
    body = "<circle><props><presence dtype='xml'><Data><MFN>Fischer 🐟</MFN></Data></presence></props></circle>"
    third = "Notification: 1.0|NotifType: Full|Content-Type: application/circles+xml"
    said = say("S: NFY PUT #", blocks(TO_LOU, f"9:{CIRCLE}", third, body))
    (learnt,) = only(events_of([*LOGIN, said, said]), ProfileLearnt)
    assert isinstance(learnt, ProfileLearnt)
    assert learnt.details == {"circle": "Fischer 🐟", "circle_id": CIRCLE}


# --- presence -----------------------------------------------------------------------------------------------

PRESENCE = f"""<user><s n="IM"><Status>BSY</Status>
<CurrentMedia>\\0Music\\01\\0{{0}} - {{1}}\\0月亮\\0Teresa\\0</CurrentMedia></s>
<s n="PE"><FriendlyName>Kim</FriendlyName><UserTileLocation>0</UserTileLocation><Scene/>
<PSM>好的 &amp; co</PSM></s>
<sep n="IM" epid="{THERE}"><Capabilities>2789003324:48</Capabilities></sep>
<sep n="PE" epid="{THERE}"><VER>MSNMSGR:15.4.3502.0922</VER><TYP>1</TYP><Capabilities>0:0</Capabilities></sep>
<sep n="PD" epid="{THERE}"><EpName>KIM-PC</EpName><Idle>false</Idle><State>BSY</State></sep></user>"""


def status_of(events: list[Event]) -> list[StatusChanged]:
    return [event for event in events if isinstance(event, StatusChanged)]


def test_presence_of_a_contact() -> None:
    (event,) = status_of(events_of([*LOGIN, presence("S: NFY PUT #", TO_LOU, TO_KIM, PRESENCE)]))
    assert tell([event]) == [f"StatusChanged {KIM} BSY Kim False 1 2789003324:48"]
    assert event.details["personal_message"] == "好的 & co"
    assert event.details["client_family"] == "WLM 2009"
    assert not event.details.keys() & {"picture", "scene"}
    media = event.details["media"]
    assert isinstance(media, dict)
    assert (media["title"], media["artist"], media["playing"]) == ("月亮", "Teresa", True)
    endpoints = event.details["endpoints"]
    assert isinstance(endpoints, list)
    (endpoint,) = endpoints
    assert (
        endpoint.items()
        >= {
            "id": THERE,
            "capabilities": "2789003324:48",
            "client": "MSNMSGR",
            "client_version": "15.4.3502.0922",
            "computer": "KIM-PC",
            "client_type": "1",
            "idle": False,
            "state": "BSY",
        }.items()
    )


def test_what_a_notice_does_not_say_stays() -> None:
    events = events_of(
        [
            *LOGIN,
            presence("S: NFY PUT #", TO_LOU, TO_PAT, "<user><s n='PE'><PSM>early</PSM></s></user>"),
            presence("S: NFY PUT #", TO_LOU, TO_KIM, PRESENCE),
            presence("S: NFY PUT #", TO_LOU, TO_KIM, "<user><s n='PE'><PSM></PSM></s></user>"),
            presence("S: NFY PUT #", TO_LOU, TO_KIM, "<user><s n='IM'><Status></Status></s></user>"),
            presence("S: NFY DEL #", TO_LOU, TO_PAT, ""),
            presence("S: NFY DEL #", TO_LOU, f"1:{ANA};via=9:{CIRCLE}", ""),
        ]
    )
    assert [(event.account, event.status) for event in status_of(events)] == [
        (PAT, None),
        (KIM, "BSY"),
        (KIM, "BSY"),
        (KIM, "FLN"),
        (PAT, "FLN"),
        (ANA, "FLN"),
    ]
    assert status_of(events)[2].details == {"personal_message": "", "network_name": "live"}


TO_PAT = f"1:{PAT}"


def test_own_presence_is_told_once() -> None:
    own = "<user><s n='IM'><Status>AWY</Status></s><s n='PE'><FriendlyName>Lou 猫</FriendlyName></s></user>"
    events = events_of(
        [
            *LOGIN,
            presence("C: PUT 5 #", TO_LOU, OF_LOU, own),
            *script("S: PUT 5 OK 0"),
            presence("S: NFY PUT #", TO_LOU, TO_LOU, own),
            sdg("C: SDG 6 #", TO_KIM, OF_LOU, "hi"),
        ]
    )
    assert tell(status_of(events)) == ["StatusChanged - AWY Lou 猫 False - -"]
    assert text_of(events).sender_name == "Lou 猫"


# --- what cannot be read ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload",
    [b"", b"hello", b"\x00" * 64, b"Routing: 1.0\r\n\r\n" * 9, b"To: 1:a@b.c\r\nFrom: \r\n\r\n\r\n\r\n"],
)
@pytest.mark.parametrize(
    "line", ["C: SDG 7 #", "S: SDG 0 #", "S: NFY PUT #", "S: NFY DEL #", "C: PUT 8 #", "C: DEL 9 #"]
)
def test_what_names_nobody_is_reported(line: str, payload: bytes) -> None:
    events = events_of([*LOGIN, say(line, payload)])
    assert len(only(events, Undecoded)) == 1
    assert not only(events, TextMessage, StatusChanged)


def test_text_with_octets_missing() -> None:
    _, octets = sdg("S: SDG 0 #", TO_LOU, OF_KIM, "abcdefgh")
    wire = Wire().play(LOGIN)
    wire.send(False, octets[:-6])
    wire.lose(False, octets[-6:-2])
    wire.send(False, octets[-2:])
    event = text_of(wire.end())
    assert (event.sender, event.text, event.missing, event.length) == (KIM, "abgh", 4, 8)


# --- bounds -------------------------------------------------------------------------------------------------


def test_most_groups_and_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circles, "MAX_GROUPS", 4)
    monkeypatch.setattr(circles, "MAX_MEMBERS", 5)
    wire = Wire().play(LOGIN)
    for number in range(20):
        group = f"9:00000000-0000-0000-0009-0000000000{number:02}@live.com"
        people = [f"friend{number}.{which}@b.example" for which in range(3)]
        wire.play([roster("S: NFY PUT #", TO_LOU, group, *people, kind="Full")])
        known = wire.session._state.multiparty
        assert len(known.groups) <= 4
        assert known.members == sum(len(one.people) for one in known.groups.values()) <= 5
    assert len(only(wire.end(), Present)) > 20


def test_most_whom_one_asks_in() -> None:
    people = [f"friend{number}@b.example" for number in range(2000)]
    dialogue = [roster("C: PUT 9 #", f"10:{GROUP}", OF_LOU, *people), *script("S: PUT 9 OK 0")]
    assert len(only(events_of([*LOGIN, *dialogue]), Called)) == circles.MAX_INVITED
