"""What else people send by MSG: winks, voice clips, what their clients say of themselves, encrypted talk."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msnp.contents import _TELLERS
from msnp.events import ContactLearnt, Event, ProfileLearnt, Sending, TextMessage, Undecoded
from tests.msnp.dialogue import Said, Wire, events_of, mime, only, say, tell
from tests.msnp.test_messages import KIM
from tests.msnp.test_switchboard import OPENED

LOU = "C: MSG 8 N #"
OBJECT = (
    '<msnobj Creator="kim@b.example" Size="29300" Type="8" Location="TFR4D.tmp" '
    'Friendly="UwB1AHMAaABpAAAA" SHA1D="2jmj7l5rSw0yVb/vlWAYkK/YBwk=" stamp="MIIIx"/>'
)


def sendings(events: Sequence[Event]) -> list[Sending]:
    return [event for event in events if isinstance(event, Sending)]


def datacast(body: str, line: str = KIM) -> Said:
    return say(line, mime(body, "text/x-msnmsgr-datacast"))


# --- datacasts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "kind"), [(2, "wink"), (3, "voice-clip")])
def test_winks_and_voice_clips_with_their_objects(number: int, kind: str) -> None:
    own, other = sendings(
        events_of([*OPENED, *(datacast(f"ID: {number}\r\nData: {OBJECT}\r\n\r\n", line) for line in (LOU, KIM))])
    )
    assert (own.kind, own.sender, other.kind, other.sender) == (kind, None, kind, "kim@b.example")
    found = other.details["object"]
    assert isinstance(found, dict)
    assert (found["size"], found["location"]) == (29300, "TFR4D.tmp")
    assert own.identity == other.identity


def test_a_wink_without_an_object_says_so() -> None:
    (event,) = sendings(events_of([*OPENED, datacast("ID: 2\r\nData: x\r\n")]))
    assert (event.kind, event.details) == ("wink", {"unread": "no MSNObject"})


def test_other_datacasts_are_counted_by_their_number() -> None:
    wire = Wire().play([*OPENED, *(datacast(f"ID: {number}\r\n") for number in (7, 7, 12345, "x", ""))])
    assert not sendings(wire.end())
    assert wire.session.counters["content text/x-msnmsgr-datacast 7"] == 2
    assert wire.session.counters["content text/x-msnmsgr-datacast other"] == 3


def test_a_number_that_loss_cut_is_not_believed() -> None:
    payload = mime("ID: 12\r\n\r\n", "text/x-msnmsgr-datacast")
    line = say(KIM, payload)[1].split(b"\r\n", 1)[0]
    wire = Wire().play(OPENED)
    wire.send(False, line + b"\r\n" + payload[:-5])
    wire.lose(False, 3)
    wire.send(False, payload[-2:] + say(KIM, mime("你好"))[1])
    assert [type(event) for event in wire.end()[-2:-1]] == [TextMessage]


# --- what clients say of themselves -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["text/x-clientcaps", "text/x-clientinfo"])
def test_client_and_logging_of_a_contact(kind: str) -> None:
    body = "Client-Name: Example/1.0 猫\r\nChat-Logging: Y\r\n\r\n"
    told = []
    for event in only(events_of([*OPENED, say(KIM, mime(body, kind))]), ContactLearnt):
        assert isinstance(event, ContactLearnt)
        assert (event.account, event.by_contact, event.details["action"]) == ("kim@b.example", True, "property")
        told.append((event.ordinal, event.details["property"], event.details["value"]))
    assert told == [(0, "client", "Example/1.0 猫"), (1, "chat_logging", True)]


def test_client_and_logging_of_the_own_account() -> None:
    said = [say(LOU, mime(f"Client-Name: x\r\nChat-Logging: {how}\r\n", "text/x-clientcaps")) for how in "NS"]
    events = only(events_of([*OPENED, *said]), ProfileLearnt)
    assert [event.details for event in events if isinstance(event, ProfileLearnt)] == [
        {"client": "x", "chat_logging": False},
        {"client": "x", "chat_logging": "S"},
    ]


def test_a_client_that_says_nothing_is_counted() -> None:
    wire = Wire().play([*OPENED, say(KIM, mime("\r\n", "text/x-clientcaps"))])
    assert not only(wire.end(), ContactLearnt)
    assert wire.session.counters["content text/x-clientcaps"] == 1


# --- encryption ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "extra"),
    [
        ("?OTR:AAMDJ+MVmSfjFZcAAAAAAQAAAAI=.", {"encrypted": "otr"}),
        ("?OTR,1,3,?OTR:AAMDJ,", {"encrypted": "otr"}),
        ("?OTR|5a73a599|27e31597,00001,00003,?OTR:AAMDJ,", {"encrypted": "otr"}),
        ("?OTRv23?\nsomebody wants to talk in private", {"encryption_offered": "otr"}),
        ("?OTR?", {"encryption_offered": "otr"}),
        ("?OTR", None),
        ("?OTRiginal", None),
        ("???", None),
        ("? 好", None),
        ("say ?OTR:", None),
    ],
)
def test_otr_is_named(text: str, extra: object) -> None:
    (event,) = only(events_of([*OPENED, say(KIM, mime(text))]), TextMessage)
    assert isinstance(event, TextMessage)
    assert (event.text, event.extra) == (text, extra)


def test_simp_is_named_and_kept_as_sent() -> None:
    (event,) = only(events_of([*OPENED, say(KIM, mime("SIMP1\r\nxyz", "text/x-secway"))]), TextMessage)
    assert isinstance(event, TextMessage)
    assert (event.text, event.content_type, event.extra) == ("SIMP1\r\nxyz", "text/x-secway", {"encrypted": "simp"})


def test_simp_says_which_step_it_is() -> None:
    request = (
        "MIME-Version: 1.0\r\nContent-Type: text/x-secway\r\nRcpt: lou@a.example\r\nMessageType: CryptoRequest\r\n"
    )
    request += "SymmetricCipher: AES-128; 3DES-128;\r\nVia: Simp Lite-MSN 2.2.2.11\r\n\r\n"
    (event,) = only(events_of([*OPENED, say(KIM, request)]), TextMessage)
    assert isinstance(event, TextMessage)
    said = {"step": "CryptoRequest", "program": "Simp Lite-MSN 2.2.2.11", "recipient": "lou@a.example"}
    assert (event.text, event.extra) == ("", {"encrypted": "simp", "encryption": said})


def test_headers_of_offline_delivery() -> None:
    (event,) = only(events_of([*OPENED, say(KIM, mime("你好", Dest_Agent="client"))]), TextMessage)
    assert isinstance(event, TextMessage)
    assert event.extra == {"dest_agent": "client"}


def test_codes_of_messenger_plus_stay_as_they_were_sent() -> None:
    text = "[c=4]\u0003\u00034red\u0003 [b]مرحبا[/b][/c]"
    assert tell(only(events_of([*OPENED, say(KIM, mime(text))]), TextMessage)) == [
        f"TextMessage kim@b.example {text}"
    ]


# --- the rest -----------------------------------------------------------------------------------------------


def test_peer_to_peer_is_counted_even_with_the_id_of_a_part() -> None:
    said = say(KIM, mime(b"\0" * 52, "application/x-msnmsgrp2p", Message_ID="{1}", Chunks="2"))
    wire = Wire().play([*OPENED, said, said])
    assert not only(wire.end(), Undecoded, TextMessage)
    assert wire.session.counters["content application/x-msnmsgrp2p"] == 2


def test_parts_of_any_kind_are_joined() -> None:
    body = f"ID: 2\r\nData: {OBJECT}\r\n\r\n"
    said = [
        say(KIM, mime(body[:60], "text/x-msnmsgr-datacast", Message_ID="{1}", Chunks="3")),
        say(KIM, mime(body[60:100], None, Message_ID="{1}", Chunk="1")),
        say(KIM, mime(body[100:], None, Message_ID="{1}", Chunk="2")),
    ]
    (event,) = sendings(events_of([*OPENED, *said]))
    assert (event.kind, event.identity, event.content_type) == ("wink", "{1}", "text/x-msnmsgr-datacast")
    assert "object" in event.details


def test_nothing_is_told_of_what_nobody_asks_for() -> None:
    wire = Wire().play(OPENED)
    wire.session.muted = True
    wire.play([say(KIM, mime("to speak is to be here"))])
    before = len(wire.events)
    wire.play(
        [
            datacast(f"ID: 2\r\nData: {OBJECT}\r\n\r\n"),
            say(KIM, mime("base64:AAUKAwEAqrvM", "application/x-ms-ink")),
            say(KIM, mime("Client-Name: x\r\n", "text/x-clientcaps")),
            say(KIM, mime("xyz", "text/x-secway")),
        ]
    )
    assert wire.events[before:] == []


FRAGMENTS = [
    b"ID: ",
    b"2",
    b"\r\n",
    b"Data: ",
    OBJECT.encode(),
    b":a\t",
    b"\t",
    b"base64:",
    b"AAUKAwEAqrvM",
    b"R0lGODlh",
    b"Invitation-Command: ",
    b"INVITE",
    b"CANCEL",
    b"\r\nInvitation-Cookie: 1\r\n",
    b"IP-Address: ",
    b"[::1]:9",
    b"Application-FileSize: ",
    b"999999999999",
    b"Client-Name: ",
    "你😀".encode(),
    b"\xed\xa0\xbd",
    b"\x00",
]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(_TELLERS)), st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=9)))
    ),
    st.integers(0, 400),
)
def test_no_content_stops_a_session(said: list[tuple[str, list[bytes]]], lost: int) -> None:
    wire = Wire().play(OPENED)
    for kind, pieces in said:
        _, octets = say(KIM, mime(b"".join(pieces), kind))
        wire.send(False, octets[:lost])
        if lost < len(octets):
            wire.lose(False, 1)
            wire.send(False, octets[lost + 1 :])
    wire.play([say(KIM, mime("you see me"))] * 3)
    texts = [event.text for event in wire.end() if isinstance(event, TextMessage)]
    assert "you see me" in texts
    for event in wire.events:
        if isinstance(event, Sending):
            json.dumps([event.kind, event.text, dict(event.details), event.identity])
