"""MSNObjects: pictures, emoticons, winks and sounds that somebody asks for, and who made them sends."""

from base64 import b64encode
from hashlib import sha1

import pytest

from msnp.links import Links
from msnp.utterances import FileOctets
from tests.msnp.dialogue import Said, Wire, only, script
from tests.msnp.p2p.packets import (
    CALL,
    DAN,
    KIM,
    LOU,
    OBJECT_FLAGS,
    SESSION,
    carry,
    msnobject,
    object_invite,
    octets_of,
    parts_v1,
    parts_v2,
    slp,
    steps,
    text_v1,
    text_v2,
    v1,
    wire,
)

CONTENT = bytes(range(251)) * 12
SHA1D = b64encode(sha1(CONTENT, usedforsecurity=False).digest()).decode()


def asked(described: str, taker: str = LOU, owner: str = KIM, number: int = 12) -> list[Said]:
    invite = slp("INVITE", object_invite(described, number=number), sender=taker, to=owner)
    answer = slp("200 OK", {"SessionID": SESSION}, sender=owner, to=taker)
    ready = carry(owner, taker, v1(SESSION, bytes(4), message=8), number)
    return [*text_v1(taker, owner, invite), *text_v1(owner, taker, answer, 91), ready]


def sent(owner: str = KIM, taker: str = LOU) -> list[Said]:
    return [carry(owner, taker, packet, 12) for packet in parts_v1(CONTENT, flags=OBJECT_FLAGS)]


@pytest.mark.parametrize(("taker", "owner"), [(LOU, KIM), (KIM, LOU), (DAN, KIM)])
def test_whoever_is_asked_sends_it(taker: str, owner: str) -> None:
    described = msnobject(len(CONTENT), sha1d=SHA1D, friendly="白熊", creator=owner)
    events = wire(*asked(described, taker, owner), *sent(owner, taker)).end()
    (picture,) = steps(events)
    assert picture.kind == "picture"
    assert picture.sender == (None if owner == LOU else owner)
    assert picture.recipient == taker
    assert picture.file == {
        "name": "白熊",
        "size": len(CONTENT),
        "sha1": sha1(CONTENT, usedforsecurity=False).hexdigest(),
        "outcome": "complete",
    }
    assert picture.details["call_id"] == CALL
    told = picture.details["object"]
    assert isinstance(told, dict)
    assert (told["type"], told["type_name"], told["sha1d"]) == (3, "display picture", SHA1D)
    assert octets_of(events) == CONTENT


@pytest.mark.parametrize(
    ("kind", "told"),
    [(1, "picture"), (2, "emoticon"), (3, "picture"), (5, "picture"), (8, "wink"), (11, "voice-clip"), (4, "file"),
     (13, "file"), (99, "file")],
)  # fmt: skip
def test_the_type_says_what_it_is(kind: int, told: str) -> None:
    (event,) = steps(wire(*asked(msnobject(len(CONTENT), kind=kind)), *sent()).end())
    assert event.kind == told
    assert event.file is not None
    assert event.file["name"] == "a.tmp"
    assert event.file["sha1"] is None


@pytest.mark.parametrize(("number", "told"), [(12, "picture"), (11, "emoticon"), (1, "picture"), (77, "file")])
def test_an_object_that_cannot_be_read_is_what_the_application_says(number: int, told: str) -> None:
    (event,) = steps(wire(*asked("no object at all", number=number), *sent()).end())
    assert event.kind == told
    assert event.file is not None
    assert event.file["name"] is None


def test_a_request_and_its_refusal_have_no_record() -> None:
    invite = slp("INVITE", object_invite(msnobject(5)), sender=LOU, to=KIM)
    no = slp("603 Decline", {"SessionID": SESSION}, sender=KIM, to=LOU)
    assert steps(wire(*text_v1(LOU, KIM, invite), *text_v1(KIM, LOU, no, 91)).end()) == []


def test_content_from_the_wrong_side_is_no_content() -> None:
    asking = asked(msnobject(len(CONTENT)))
    assert only(wire(*asking, *sent(LOU, KIM), *sent(DAN, KIM)).end(), FileOctets) != []
    assert only(wire(*asking, *sent(LOU, KIM)).end(), FileOctets) == []


def test_an_object_of_four_octets_is_told_from_its_preparation() -> None:
    content = carry(KIM, LOU, v1(SESSION, bytes(4), flags=OBJECT_FLAGS, message=9), 12)
    events = wire(*asked(msnobject(4)), content).end()
    assert [(event.offset, event.octets) for event in only(events, FileOctets)] == [(0, bytes(4))]


def test_newer_clients_send_objects() -> None:
    invite = slp("INVITE", object_invite(msnobject(len(CONTENT), kind=2)), sender=LOU, to=KIM)
    answer = slp("200 OK", {"SessionID": SESSION}, sender=KIM, to=LOU)
    packets = [carry(KIM, LOU, packet, 11, points=True) for packet in parts_v2(CONTENT, kind=4)]
    events = wire(*text_v2(LOU, KIM, invite, 1), *text_v2(KIM, LOU, answer, 2), *packets).end()
    assert [event.kind for event in steps(events)] == ["emoticon"]
    assert octets_of(events) == CONTENT


@pytest.mark.parametrize(
    ("guid", "kind", "application"),
    [
        ("{1C9AA97E-9C05-4583-A3BD-908A196F1E92}", "webcam", "Webcam viewing"),
        ("{4bd96fc0-ab17-4425-a14a-439185962dc8}", "webcam", "Webcam sending"),
        ("{41D3E74E-04A2-4B37-96F8-08ACDB610874}", "application", "Photo Sharing"),
        ("{6A13AF9C-5308-4F35-923A-67E8DDA40C2F}", "application", "Activity"),
        ("{99999999-5308-4F35-923A-67E8DDA40C2F}", "application", "Peer to peer"),
    ],
)
def test_other_programs_are_told_and_their_data_are_not(guid: str, kind: str, application: str) -> None:
    body = {"EUF-GUID": guid, "SessionID": SESSION, "AppID": 4, "Context": "AAAA"}
    invite = slp("INVITE", body, sender=KIM, to=LOU)
    answer = slp("200 OK", {"SessionID": SESSION}, sender=LOU, to=KIM)
    events = wire(*text_v1(KIM, LOU, invite), *text_v1(LOU, KIM, answer, 91), *sent()).end()
    asked_for, taken = steps(events)
    assert (asked_for.kind, asked_for.sender, asked_for.recipient) == (kind, KIM, LOU)
    assert asked_for.details["application"] == application
    assert asked_for.details["command"] == "invite"
    assert (taken.kind, taken.sender, taken.details["command"]) == (kind, None, "accept")
    assert only(events, FileOctets) == []


def test_a_call_that_goes_on_on_another_switchboard_keeps_its_offer() -> None:
    links = Links()
    first = wire(*asked(msnobject(len(CONTENT), friendly="bear")), links=links)
    again = script(
        """C: ANS 1 lou@a.example 2.3 22752099
        S: IRO 1 1 1 kim@b.example Kim 0
        S: ANS 1 OK"""
    )
    second = Wire(links, client="10.0.0.7:40002").play([*again, *sent()])
    assert steps(first.end()) == []
    (picture,) = steps(second.end())
    assert picture.kind == "picture"
    assert picture.file is not None
    assert picture.file["name"] == "bear"


def test_an_offer_of_another_two_is_not_found() -> None:
    links = Links()
    wire(*asked(msnobject(len(CONTENT), friendly="bear")), links=links)
    other = Wire(links, client="10.0.0.7:40002").play(
        script("C: USR 1 lou@a.example 3\nS: USR 1 OK lou@a.example L")
    )
    (event,) = steps(other.play(sent(DAN, LOU)).end())
    assert event.file is not None
    assert event.file["name"] is None
