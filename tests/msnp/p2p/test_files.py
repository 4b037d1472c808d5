"""Files that are sent over a switchboard: their offers, answers, octets and ends."""

from base64 import b64decode, b64encode

import pytest

from msnp.utterances import FileOctets
from tests.msnp.dialogue import Said, Wire, only, say
from tests.msnp.p2p.packets import (
    CALL,
    DAN,
    FILE_FLAGS,
    KIM,
    LOU,
    OBJECT_FLAGS,
    SESSION,
    bye,
    carry,
    ends,
    file_context,
    file_invite,
    lying_parts,
    octets_of,
    offered,
    parts_v1,
    parts_v2,
    slp,
    steps,
    text_v1,
    text_v2,
    v1,
    v2,
    wire,
)

CONTENT = bytes(range(256)) * 17 + b"the end"
TRANSFER = f"p2p-{SESSION}"


def sent(packets: list[bytes], sender: str = KIM, to: str = LOU, *, points: bool = False) -> list[Said]:
    return [carry(sender, to, packet, 2, points=points) for packet in packets]


@pytest.mark.parametrize(("sender", "to"), [(KIM, LOU), (LOU, KIM), (KIM, DAN)])
def test_a_file_is_offered_taken_and_sent(sender: str, to: str) -> None:
    events = wire(
        *offered("计划.bin", len(CONTENT), sender=sender, to=to), *sent(parts_v1(CONTENT), sender, to)
    ).end()
    offer, answer, file = steps(events)
    who, whom = (None if account == LOU else account for account in (sender, to))
    assert [offer.kind, answer.kind, file.kind] == ["file-offer", "file-accept", "file"]
    assert [offer.sender, answer.sender, file.sender] == [who, whom, who]
    assert [offer.recipient, answer.recipient, file.recipient] == [to, sender, to]
    assert {event.transfer for event in (offer, answer, file)} == {TRANSFER}
    assert offer.details["file_name"] == "计划.bin"
    assert offer.details["size"] == len(CONTENT)
    assert file.identity == f"{TRANSFER} data"
    assert file.file == {"name": "计划.bin", "size": len(CONTENT), "sha1": None, "outcome": "complete"}
    assert file.details["transport"] == "switchboard"
    assert file.details["session_id"] == str(SESSION)
    assert octets_of(events) == CONTENT
    octets = only(events, FileOctets)
    assert {(event.sender, event.recipient) for event in octets} == {(who, to)}
    assert file.mark == octets[0].mark
    assert events.index(file) > events.index(octets[-1])


def test_newer_clients_send_the_newer_packets() -> None:
    invite = slp("INVITE", file_invite("a.bin", len(CONTENT)), sender=KIM, to=LOU)
    events = wire(
        *text_v2(KIM, LOU, invite, 3, size=400),
        *text_v2(LOU, KIM, slp("200 OK", {"SessionID": SESSION}, sender=LOU, to=KIM), 4),
        carry(LOU, KIM, b"\x10\0\0\0" + bytes(4) + b"\x02\x04" + bytes(6), points=True),
        *sent(parts_v2(CONTENT), points=True),
    ).end()
    assert [event.kind for event in steps(events)] == ["file-offer", "file-accept", "file"]
    assert octets_of(events) == CONTENT
    assert ends(events)[0].file == {"name": "a.bin", "size": len(CONTENT), "sha1": None, "outcome": "complete"}
    assert ends(events)[0].recipient == LOU


@pytest.mark.parametrize("first_lost", [False, True])
def test_the_newer_packets_tell_where_they_belong_by_what_remains(first_lost: bool) -> None:
    packets = parts_v2(CONTENT)
    events = wire(*offered("a", len(CONTENT)), *sent(packets[first_lost:], points=True)).end()
    assert octets_of(events)[1202:] == CONTENT[1202:]
    (file,) = ends(events)
    assert file.file is not None
    assert file.file["outcome"] == "complete"
    assert file.file["size"] == len(CONTENT)


def test_newer_content_of_unknown_length_counts_from_what_was_seen() -> None:
    events = wire(*sent(parts_v2(CONTENT)[1:], points=True)).end()
    (file,) = ends(events)
    assert octets_of(events, f"p2p-{SESSION}?") == CONTENT[1202:], "which mix with no other copy's"
    assert file.transfer == f"p2p-{SESSION}?"
    assert file.file == {"name": None, "size": None, "sha1": None, "outcome": "cut"}
    assert file.details["start_unknown"] is True


def test_a_file_joined_in_mid_stream_is_told_without_a_name() -> None:
    events = wire(*sent(parts_v1(CONTENT)[1:])).end()
    (file,) = steps(events)
    assert file.kind == "file"
    assert file.file == {"name": None, "size": len(CONTENT), "sha1": None, "outcome": "complete"}
    assert octets_of(events)[:1202] == bytes(1202)
    assert octets_of(events)[1202:] == CONTENT[1202:]


@pytest.mark.parametrize(
    ("flags", "footer", "kind"),
    [
        (0x30, 2, "file"),
        (0x20, 2, "file"),
        (0x20, 12, "picture"),
        (0x20, 11, "emoticon"),
        (0x20, 1, "picture"),
        (0x20, 0, "file"),
        (0, 2, None),
        (0x20000, 4, None),
    ],
)
def test_flags_and_footer_say_what_it_is_where_nothing_else_does(flags: int, footer: int, kind: str | None) -> None:
    events = wire(carry(KIM, LOU, v1(SESSION, CONTENT[:900], flags=flags), footer)).end()
    assert [event.kind for event in steps(events)] == ([] if kind is None else [kind])


def test_two_files_at_once_in_both_directions_stay_apart() -> None:
    mine, yours = CONTENT[::-1], CONTENT
    there = sent(parts_v1(mine, session=5), LOU, KIM)
    back = sent(parts_v1(yours, session=6), KIM, LOU)
    third = sent(parts_v1(mine[:3000], session=7), KIM, LOU)
    mixed = [said for group in zip(there, back, third, strict=False) for said in group] + there[3:] + back[3:]
    events = wire(
        *offered("mine", len(mine), sender=LOU, to=KIM, session=5),
        *offered("yours", len(yours), session=6),
        *offered("third", 3000, session=7),
        *mixed,
    ).end()
    assert octets_of(events, "p2p-5") == mine
    assert octets_of(events, "p2p-6") == yours
    assert octets_of(events, "p2p-7") == mine[:3000]
    assert {(e.transfer, e.sender, e.file and e.file["outcome"]) for e in ends(events)} == {
        ("p2p-5", None, "complete"),
        ("p2p-6", KIM, "complete"),
        ("p2p-7", KIM, "complete"),
    }


def test_the_same_number_may_mean_two_calls_of_different_people() -> None:
    events = wire(*sent(parts_v1(b"of kim" * 100), KIM, LOU), *sent(parts_v1(b"of dan" * 100), DAN, LOU)).end()
    assert {(event.sender, event.file and event.file["outcome"]) for event in ends(events)} == {
        (KIM, "complete"),
        (DAN, "complete"),
    }


# --- how it ends --------------------------------------------------------------------------------------------


def outcomes(*dialogue: Said) -> list[object]:
    return [event.file["outcome"] for event in ends(wire(*dialogue).end()) if event.file is not None]


BEGUN = [*offered("a", len(CONTENT)), *sent(parts_v1(CONTENT)[:2])]


def test_a_connection_that_ends_cuts_its_transfers() -> None:
    assert outcomes(*BEGUN) == ["cut"]


@pytest.mark.parametrize(("sender", "to"), [(KIM, LOU), (LOU, KIM)])
def test_bye_cancels_what_goes_on(sender: str, to: str) -> None:
    assert outcomes(*BEGUN, *bye(sender, to)) == ["cancelled"]


@pytest.mark.parametrize("begun", [0, 2])
def test_what_was_held_back_for_lost_octets_counts_although_bye_came_first(begun: int) -> None:
    """One direction waits for what was lost in it, while the other goes on."""
    packets = sent(parts_v1(CONTENT))
    dialogue = [*offered("a", len(CONTENT)), *packets[:begun], *bye(LOU, KIM), *packets[begun:]]
    assert outcomes(*dialogue) == ["complete"]


def test_a_cancelled_transfer_is_told_before_the_connection_ends() -> None:
    tap = wire(*BEGUN, *bye(LOU, KIM)).wait(61)
    assert ends(tap.events) == []
    (file,) = ends(tap.play([carry(KIM, LOU, v1(0))]).events)
    assert file.file is not None
    assert file.file["outcome"] == "cancelled"
    assert len(ends(tap.end())) == 1


def test_answers_that_come_before_their_invitation_count() -> None:
    invite, *answer = offered("a", len(CONTENT))
    events = wire(*answer, invite, *sent(parts_v1(CONTENT))).end()
    assert [event.kind for event in steps(events)] == ["file-offer", "file-accept", "file"]


def test_an_invitation_that_comes_after_its_content_still_names_it() -> None:
    packets = sent(parts_v1(CONTENT))
    events = wire(*packets[:2], *offered("a", len(CONTENT)), *packets[2:]).end()
    assert [event.kind for event in steps(events)] == ["file-offer", "file-accept", "file"]
    assert ends(events)[0].file == {"name": "a", "size": len(CONTENT), "sha1": None, "outcome": "complete"}


@pytest.mark.parametrize("flags", [0x40, 0x80])
def test_a_packet_that_closes_cancels(flags: int) -> None:
    assert outcomes(*BEGUN, carry(LOU, KIM, v1(SESSION, flags=flags))) == ["cancelled"]


def test_whoever_closes_after_all_came_cancels_nothing() -> None:
    whole = sent(parts_v1(CONTENT)[2:])
    assert outcomes(*BEGUN, *whole, carry(LOU, KIM, v1(SESSION, flags=0x40)), *bye(LOU, KIM)) == ["complete"]


def test_what_was_acknowledged_whole_is_complete_although_the_tap_lost_some() -> None:
    acknowledged = v1(SESSION, total=len(CONTENT), flags=2, message=77, acknowledges=(5000, 9, len(CONTENT)))
    assert outcomes(*BEGUN, carry(LOU, KIM, acknowledged), *bye(LOU, KIM)) == ["complete"]
    assert outcomes(*BEGUN, carry(DAN, KIM, acknowledged), *bye(LOU, KIM)) == ["cancelled"]


def test_bye_of_somebody_else_is_passed_over() -> None:
    assert outcomes(*BEGUN, *bye(DAN, LOU), *bye(KIM, DAN), carry(DAN, KIM, v1(SESSION, flags=0x40))) == ["cut"]


@pytest.mark.parametrize("answer", ["603 Decline", "500 Internal Error", "481 No Such Call"])
def test_a_file_is_declined(answer: str) -> None:
    invite = slp("INVITE", file_invite("a.bin", 5), sender=KIM, to=LOU)
    refusal = slp(answer, {"SessionID": SESSION}, sender=LOU, to=KIM)
    offer, decline = steps(wire(*text_v1(KIM, LOU, invite), *text_v1(LOU, KIM, refusal, 91)).end())
    assert (decline.kind, decline.sender, decline.recipient) == ("file-decline", None, KIM)
    assert decline.details["reason"] == answer
    assert decline.details["by_inviter"] is False
    assert offer.transfer == decline.transfer


def test_an_offer_is_taken_back() -> None:
    invite = slp("INVITE", file_invite("a.bin", 5), sender=KIM, to=LOU)
    end = slp("BYE", sender=KIM, to=LOU, kind="sessionclosebody")
    _, decline = steps(wire(*text_v1(KIM, LOU, invite), *text_v1(KIM, LOU, end, 91)).end())
    assert (decline.kind, decline.sender, decline.details["by_inviter"]) == ("file-decline", KIM, True)


def test_only_the_invited_answers() -> None:
    invite = slp("INVITE", file_invite("a.bin", 5), sender=KIM, to=LOU)
    yes = slp("200 OK", {"SessionID": SESSION}, sender=LOU, to=KIM)
    (offer,) = steps(
        wire(*text_v1(KIM, LOU, invite), *text_v1(KIM, LOU, yes, 91), *text_v1(DAN, KIM, yes, 92)).end()
    )
    assert offer.kind == "file-offer"


def test_a_refused_direct_connection_refuses_no_file() -> None:
    no = slp(
        "500 Internal Error", sender=LOU, to=KIM, kind="null", call=f"{{C0FFEE00-0000-0000-0000-{SESSION:012}}}"
    )
    dialogue = [*BEGUN, *text_v1(LOU, KIM, no, 95), *sent(parts_v1(CONTENT)[2:])]
    assert outcomes(*dialogue) == ["complete"]


def test_an_invitation_that_is_sent_again_is_told_once() -> None:
    twice = offered("a", 5)
    assert [event.kind for event in steps(wire(*twice, *twice).end())] == ["file-offer", "file-accept"]


def test_an_empty_file_is_complete() -> None:
    for last in (carry(KIM, LOU, v1(SESSION, flags=FILE_FLAGS), 2), *bye(LOU, KIM)):
        (file,) = ends(wire(*offered("a", 0), last).end())
        assert file.sender == KIM
        assert file.recipient == LOU
        assert file.file == {"name": "a", "size": 0, "sha1": None, "outcome": "complete"}


# --- preparation --------------------------------------------------------------------------------------------


def test_four_zeros_prepare_and_are_no_content() -> None:
    ready = carry(KIM, LOU, v1(SESSION, bytes(4), message=8))
    events = wire(*offered("a", len(CONTENT)), ready, *sent(parts_v1(CONTENT))).end()
    assert octets_of(events) == CONTENT
    assert len(ends(events)) == 1


@pytest.mark.parametrize("octets", [bytes(4), b"abcd"])
@pytest.mark.parametrize("flags", [FILE_FLAGS, OBJECT_FLAGS, 0])
def test_a_file_of_four_octets_is_content(octets: bytes, flags: int) -> None:
    events = wire(*offered("a", 4), *sent([v1(SESSION, octets, flags=flags)])).end()
    assert octets_of(events) == octets
    assert len(ends(events)) == 1


def test_a_file_of_four_zeros_is_content_where_its_offer_was_missed() -> None:
    events = wire(*sent([v1(SESSION, bytes(4), flags=FILE_FLAGS)])).end()
    assert octets_of(events) == bytes(4)


def test_newer_preparation_is_no_content() -> None:
    ready = carry(KIM, LOU, v2(SESSION, bytes(4)), points=True)
    events = wire(*offered("a", len(CONTENT)), ready, *sent(parts_v2(CONTENT), points=True)).end()
    assert octets_of(events) == CONTENT


# --- clients whose headers lie ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1202, 500, len(CONTENT)])
def test_where_headers_lie_the_size_of_the_message_counts(size: int) -> None:
    events = wire(*offered("a", len(CONTENT)), *sent(lying_parts(CONTENT, size))).end()
    assert octets_of(events) == CONTENT
    assert outcomes(*offered("a", len(CONTENT)), *sent(lying_parts(CONTENT, size))) == ["complete"]


def test_a_text_whose_header_says_that_it_is_empty_is_read() -> None:
    invite = slp("INVITE", file_invite("a.bin", 5), sender=KIM, to=LOU)
    packet = v1(0, invite, length=0)
    assert [event.kind for event in steps(wire(carry(KIM, LOU, packet)).end())] == ["file-offer"]


def test_who_lied_once_is_not_believed_where_the_first_part_was_lost() -> None:
    events = wire(
        *offered("a", len(CONTENT)),
        *sent(lying_parts(CONTENT)),
        *offered("b", len(CONTENT), session=SESSION + 1),
        *sent(lying_parts(CONTENT, session=SESSION + 1)[1:]),
    ).end()
    assert octets_of(events, f"p2p-{SESSION + 1}")[1202:] == CONTENT[1202:]


def test_the_last_part_is_placed_right_where_it_gives_the_lie_away() -> None:
    packets = lying_parts(CONTENT)
    events = wire(*offered("a", len(CONTENT)), *sent(packets[-1:])).end()
    at = 1202 * (len(packets) - 1)
    assert octets_of(events)[at:] == CONTENT[at:]


# --- losses -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packets", [parts_v1(CONTENT), lying_parts(CONTENT)])
@pytest.mark.parametrize("hole", [(300, 500), (1300, 1312), (0, 100), (1250, 1350)])
def test_octets_around_a_loss_are_where_they_belong(packets: list[bytes], hole: tuple[int, int]) -> None:
    """The hole lies anywhere in a MSG, counted from its beginning."""
    tap = Wire().play([*OPENED_AND_OFFERED, *sent(packets[:1])])
    _, octets = sent(packets[1:2])[0]
    begin, end = hole
    tap.send(False, octets[:begin])
    tap.lose(False, octets[begin:end])
    tap.send(False, octets[end:])
    tap.play(sent(packets[2:]))
    tap.play([say("S: BYE kim@b.example")])
    events = tap.end()
    got = octets_of(events)
    assert len(got) == len(CONTENT)
    missing = [at for at in range(len(CONTENT)) if got[at] != CONTENT[at]]
    assert all(1202 <= at < 2404 for at in missing)
    assert all(got[at] == 0 for at in missing)
    (file,) = ends(events)
    assert file.file is not None
    assert file.file["outcome"] == "complete"


OPENED_AND_OFFERED = [
    *[say("C: USR 1 lou@a.example 1.2"), say("S: USR 1 OK lou@a.example Lou")],
    say("S: JOI kim@b.example Kim 1342177280"),
    *offered("a", len(CONTENT)),
]


def test_a_lost_footer_becomes_no_octet_of_the_file() -> None:
    tap = Wire().play([*OPENED_AND_OFFERED])
    _, octets = sent([v1(SESSION, CONTENT[:900], total=len(CONTENT), flags=FILE_FLAGS)])[0]
    tap.send(False, octets[:-4])
    tap.lose(False, 4)
    tap.send(False, b"BYE kim@b.example\r\n")
    assert octets_of(tap.end()) == CONTENT[:900]


# --- names and contexts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a" * 300, "a" * 260),
        ("before\0after", "before"),
        ("../../etc/passwd", "../../etc/passwd"),
        ("📎.txt", "📎.txt"),
        (bytes([0x21, 0, 0x12, 0]), "!\x12"),  # a client that loses high octets
        (bytes([0, 0, 0x2E, 0, 0x74, 0]), "\ufffd.t"),
        (b"\0\xd8" + "x".encode("utf-16-le"), "\ufffdx"),
        ("", None),
    ],
)
def test_a_name_is_told_as_it_was_sent(name: str | bytes, told: str | None) -> None:
    (offer,) = steps(wire(*text_v1(KIM, LOU, slp("INVITE", file_invite(name, 5), sender=KIM, to=LOU))).end())
    assert offer.details.get("file_name") == told


@pytest.mark.parametrize("length", [0, 574, 637, 638, 2**32 - 1])
def test_the_context_may_say_any_length(length: int) -> None:
    context = file_context("a", 5, length=574)
    octets = length.to_bytes(4, "little")
    changed = b64encode(octets + b64decode(context)[4:]).decode()
    invite = slp("INVITE", file_invite("a", 5, Context=changed), sender=KIM, to=LOU)
    (offer,) = steps(wire(*text_v1(KIM, LOU, invite)).end())
    assert (offer.details["file_name"], offer.details["size"]) == ("a", 5)


def test_a_preview_is_noted_and_a_wrapped_context_read() -> None:
    context = file_context("a", 5, b"\x89PNG" * 50)
    wrapped = "\r\n".join(context[at : at + 76] for at in range(0, len(context), 76)).rstrip("=")
    invite = slp("INVITE", file_invite("a", 5, Context=wrapped, AppID=2), sender=KIM, to=LOU)
    (offer,) = steps(wire(*text_v1(KIM, LOU, invite)).end())
    assert offer.details["preview_octets"] == 200
    assert offer.details["call_id"] == CALL


def test_bye_ends_what_was_joined_in_mid_stream_if_it_names_the_session() -> None:
    end = slp("BYE", {"SessionID": SESSION}, sender=KIM, to=LOU, kind="sessionclosebody")
    assert outcomes(*sent(parts_v1(CONTENT)[1:2]), *text_v1(KIM, LOU, end, 91)) == ["cancelled"]
