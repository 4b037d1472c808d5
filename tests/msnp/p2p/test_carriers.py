"""Other carriers than a switchboard: a direct connection, and MSNP21's SDG."""

from struct import pack

import pytest

from msnp.events import Event
from msnp.links import Links
from msnp.mark import Mark
from msnp.p2p.calls import Calls
from msnp.p2p.waiting import give_up, keep_waiting
from msnp.state import State
from msnp.utterances import FileOctets
from tests.msnp.dialogue import Said, Wire, only, say
from tests.msnp.p2p.packets import (
    DAN,
    KIM,
    LOU,
    POINT,
    SESSION,
    bye,
    carry,
    ends,
    file_invite,
    lying_parts,
    msnobject,
    object_invite,
    octets_of,
    offered,
    parts_v1,
    parts_v2,
    slp,
    steps,
    text_v1,
    v1,
    v2,
    wire,
)

CONTENT = bytes(range(256)) * 30
AT = Mark(1_001_000_000_000, 70, 9, "direct")


class Straight:
    """The direct connection of a switchboard's calls."""

    def __init__(self, board: Wire) -> None:
        self.events: list[Event] = board.events
        self.told: list[tuple[State, Event]] = []
        calls = board.session._state.p2p
        assert isinstance(calls, Calls)
        self.calls = calls
        self.state = board.session._state

    def emit(self, state: State, event: Event) -> None:
        self.told.append((state, event))
        self.events.append(event)

    def send(self, *packets: bytes, from_client: bool = True) -> None:
        for packet in packets:
            self.calls.take_direct(packet, AT, from_client, self.emit)

    def end(self) -> None:
        self.calls.end_direct(AT, self.emit)


@pytest.mark.parametrize("packets", [parts_v1(CONTENT), parts_v2(CONTENT), lying_parts(CONTENT)])
def test_a_file_comes_directly(packets: list[bytes]) -> None:
    board = wire(*offered("a.bin", len(CONTENT)))
    direct = Straight(board)
    direct.send(b"", b"foo\0", *packets)
    (file,) = ends(direct.events)
    assert octets_of(direct.events) == CONTENT
    assert (file.sender, file.recipient, file.details["transport"]) == (KIM, LOU, "direct")
    assert file.file is not None
    assert file.file["outcome"] == "complete"
    assert {state for state, _ in direct.told} == {direct.state}


@pytest.mark.parametrize("own", [True, False])
def test_the_sender_is_told_by_the_call(own: bool) -> None:
    sender, to = (LOU, KIM) if own else (KIM, LOU)
    direct = Straight(wire(*offered("a.bin", len(CONTENT), sender=sender, to=to)))
    direct.send(*parts_v1(CONTENT))
    assert {(event.sender, event.recipient) for event in only(direct.events, FileOctets)} == {(sender, to)}


def test_a_transfer_that_moves_is_one_transfer() -> None:
    packets = parts_v1(CONTENT)
    board = wire(*offered("a.bin", len(CONTENT)), *(carry(KIM, LOU, packet, 2) for packet in packets[:3]))
    direct = Straight(board)
    direct.send(*packets[3:])
    board.play(bye(KIM, LOU))
    (file,) = ends(board.end())
    assert octets_of(direct.events) == CONTENT
    assert file.file is not None
    assert file.file["outcome"] == "complete"
    assert file.details["transport"] == "direct"


def test_it_goes_on_after_the_switchboard_has_ended() -> None:
    board = wire(*offered("a.bin", len(CONTENT)))
    direct = Straight(board)
    packets = parts_v1(CONTENT)
    direct.send(*packets[:2])
    board.end()
    assert ends(direct.events) == []
    direct.send(*packets[2:])
    assert [event.file and event.file["outcome"] for event in ends(direct.events)] == ["complete"]


def test_it_is_cut_when_neither_goes_on() -> None:
    board = wire(*offered("a.bin", len(CONTENT)))
    direct = Straight(board)
    direct.send(*parts_v1(CONTENT)[:2])
    direct.end()
    assert ends(direct.events) == []
    board.end()
    assert [event.file and event.file["outcome"] for event in ends(direct.events)] == ["cut"]

    board = wire(*offered("a.bin", len(CONTENT)))
    direct = Straight(board)
    direct.send(*parts_v1(CONTENT)[:2])
    board.end()
    direct.end()
    assert [event.file and event.file["outcome"] for event in ends(direct.events)] == ["cut"]


def test_texts_on_a_direct_connection_are_of_whom_they_name() -> None:
    direct = Straight(wire(*offered("a.bin", len(CONTENT))))
    for sender, to, session in (
        (KIM, LOU, 8),
        (LOU, KIM, 9),
        ("eve@d.example", LOU, 10),
        (LOU, "eve@d.example", 11),
    ):
        text = slp("INVITE", file_invite("b.bin", 5, session), sender=sender, to=to, call=f"{{{session}}}")
        direct.send(v1(0, text, message=session))
    told = [(event.sender, event.recipient, event.transfer) for event in steps(direct.events)[2:]]
    assert told == [(KIM, LOU, "p2p-8"), (LOU, KIM, "p2p-9")]


def test_a_picture_is_asked_for_and_sent_directly() -> None:
    direct = Straight(wire(*offered("a.bin", len(CONTENT))))
    text = slp("INVITE", object_invite(msnobject(len(CONTENT)), 9), sender=LOU, to=KIM, call="{9}")
    direct.send(v2(0, text), *parts_v2(CONTENT, session=9, kind=4))
    (picture,) = ends(direct.events)
    assert (picture.kind, picture.sender, picture.recipient) == ("picture", KIM, LOU)
    assert octets_of(direct.events, "p2p-9") == CONTENT


def test_content_of_an_unknown_call_is_nobodys() -> None:
    direct = Straight(wire(*offered("a.bin", len(CONTENT))))
    direct.send(*parts_v1(CONTENT, session=555))
    assert only(direct.events, FileOctets) == []


def test_a_packet_that_closes_cancels_on_a_direct_connection() -> None:
    board = wire(*offered("a.bin", len(CONTENT)))
    direct = Straight(board)
    direct.send(parts_v1(CONTENT)[0], v1(SESSION, flags=0x40))
    board.end()
    direct.end()
    assert [event.file and event.file["outcome"] for event in ends(direct.events)] == ["cancelled"]


# --- SDG ----------------------------------------------------------------------------------------------------


def sdg(sender: str, to: str, *packets: bytes, footer: int = 2, offsets: str | None = None) -> Said:
    """Several packets in one message."""
    body, begins = b"", []
    for packet in packets:
        begins.append(str(len(body)))
        body += packet + pack(">I", footer)
    cuts = ",".join(begins) if offsets is None else offsets
    payload = (
        f"Routing: 1.0\r\nTo: 1:{to};epid={POINT[to]}\r\nFrom: 1:{sender};epid={POINT[sender]}\r\n\r\n"
        "Reliability: 1.0\r\n\r\n"
        f"Messaging: 2.0\r\nContent-Type: application/x-msnmsgrp2p\r\nContent-Length: {len(body)}\r\n"
        f"Message-Type: Data\r\nPipe: 3\r\nBridging-Offsets: {cuts}\r\n\r\n"
    ).encode() + body
    return say("C: SDG 9 #" if sender == LOU else "S: SDG 0 #", payload)


def agreed() -> list[Said]:
    invite = slp("INVITE", file_invite("a.bin", len(CONTENT)), sender=KIM, to=LOU)
    answer = slp("200 OK", {"SessionID": SESSION}, sender=LOU, to=KIM)
    return [sdg(KIM, LOU, v2(0, invite), footer=0), sdg(LOU, KIM, v2(0, answer), footer=0)]


def test_one_sdg_holds_several_packets() -> None:
    packets = parts_v2(CONTENT)
    events = Wire().play([*agreed(), sdg(KIM, LOU, *packets[:4]), sdg(KIM, LOU, *packets[4:])]).end()
    offer, answer, file = steps(events)
    assert [offer.kind, answer.kind, file.kind] == ["file-offer", "file-accept", "file"]
    assert octets_of(events) == CONTENT
    assert file.details["transport"] == "notification"
    assert (file.sender, file.recipient) == (KIM, LOU)
    for event in (offer, answer, file):
        assert event.origin.thread is not None
        assert event.origin.thread.key == f"{KIM}|{LOU}"


@pytest.mark.parametrize("offsets", ["", "x", "0,0,0", "99999999", "-1", "7,3,9"])
def test_offsets_that_make_no_sense_hurt_nobody(offsets: str) -> None:
    events = Wire().play([*agreed(), sdg(KIM, LOU, *parts_v2(CONTENT)[:3], offsets=offsets)]).end()
    assert len(steps(events)) <= 3


def test_a_packet_that_cannot_be_read_keeps_no_other_from_being_read() -> None:
    packets = parts_v2(CONTENT)
    events = Wire().play([*agreed(), sdg(KIM, LOU, packets[0], b"\xff" * 5, *packets[1:])]).end()
    assert octets_of(events) == CONTENT


def test_of_an_sdg_with_a_loss_the_other_packets_are_read() -> None:
    packets = parts_v2(CONTENT)
    tap = Wire().play(agreed())
    _, octets = sdg(KIM, LOU, *packets)
    hole = octets.index(packets[2]) - 3
    tap.send(False, octets[:hole])
    tap.lose(False, 60)
    tap.send(False, octets[hole + 60 :])
    got = octets_of(tap.end())
    assert got[:2404] == CONTENT[:2404]
    assert got[3606:] == CONTENT[3606:]


def test_what_was_said_before_the_account_is_known_belongs_to_it() -> None:
    """Joined in mid-stream: whose connection it is shows between two packets."""
    invite = slp("INVITE", file_invite("a.bin", len(CONTENT)), sender=KIM, to=LOU)
    typing = say(
        "C: MSG 5 U #",
        b"MIME-Version: 1.0\r\nContent-Type: text/x-msmsgscontrol\r\nTypingUser: lou@a.example\r\n\r\n\r\n",
    )
    tap = Wire()
    tap.play(
        [say("S: MSG kim@b.example Kim #", b"MIME-Version: 1.0\r\n\r\nhi"), *text_v1(KIM, LOU, invite), typing]
    )
    answer = slp("200 OK", {"SessionID": SESSION}, sender=LOU, to=KIM)
    tap.play([*text_v1(LOU, KIM, answer, 91), *(carry(KIM, LOU, packet, 2) for packet in parts_v1(CONTENT))])
    assert [event.kind for event in steps(tap.end())] == ["file-offer", "file-accept", "file"]


def test_without_an_account_the_own_side_is_still_one_of_the_two() -> None:
    invite = slp("INVITE", file_invite("a.bin", len(CONTENT)), sender=LOU, to=KIM)
    answer = slp("200 OK", {"SessionID": SESSION}, sender=KIM, to=LOU)
    tap = Wire().play([say("S: MSG kim@b.example Kim #", b"MIME-Version: 1.0\r\n\r\nhi")])
    tap.play([*text_v1(LOU, KIM, invite.replace(b"From", b"Form")), *text_v1(KIM, LOU, answer, 91)])
    assert tap.session.account == LOU  # named as the other end of the own call
    events = tap.play([carry(LOU, KIM, packet, 2) for packet in parts_v1(CONTENT)]).end()
    assert [(event.kind, event.sender) for event in steps(events)] == [
        ("file-offer", None),
        ("file-accept", KIM),
        ("file", None),
    ]
    assert octets_of(events) == CONTENT


def test_an_own_text_names_the_own_account() -> None:
    tap = Wire().play([say("S: MSG kim@b.example Kim #", b"MIME-Version: 1.0\r\n\r\nhi")])
    tap.play(text_v1(KIM, DAN, slp("INVITE", file_invite("a.bin", 5, 44), sender=KIM, to=DAN, call="{44}")))
    assert tap.session.account is None  # others' calls prove nothing
    tap.play(text_v1(LOU, KIM, slp("INVITE", file_invite("a.bin", 5), sender=LOU, to=KIM)))
    assert tap.session.account == LOU


def test_an_answer_in_somebodys_call_shows_whom_they_called() -> None:
    tap = Wire().play([say("S: MSG kim@b.example Kim #", b"MIME-Version: 1.0\r\n\r\nhi")])
    tap.play(text_v1(KIM, LOU, slp("INVITE", file_invite("a.bin", 5), sender=KIM, to=LOU)))
    tap.play([carry(LOU, KIM, v1(SESSION, flags=2))])
    assert tap.session.account == LOU


# --- a later reading of the capture -------------------------------------------------------------------------


def moving(links: Links, packets: list[bytes]) -> Straight:
    """Begun on a switchboard that has ended; a direct connection was agreed on."""
    body = {"Bridge": "TCPv1", "Listening": "true", "IPv4Internal-Addrs": "10.1.2.3", "IPv4Internal-Port": "3939"}
    call = f"{{C0FFEE00-0000-0000-0000-{SESSION:012}}}"
    answer = slp("200 OK", body, sender=LOU, to=KIM, kind="transrespbody", call=call)
    begun = [carry(KIM, LOU, packet, 2) for packet in packets]
    board = wire(
        *offered("a.bin", len(CONTENT)), *begun, *text_v1(LOU, KIM, answer, 95), *bye(LOU, KIM), links=links
    )
    direct = Straight(board)
    board.end()
    return direct


def test_without_a_later_reading_it_is_cut_with_its_switchboard() -> None:
    direct = moving(Links(), parts_v1(CONTENT)[:2])
    assert [event.file and event.file["outcome"] for event in ends(direct.events)] == ["cancelled"]


def test_what_may_go_on_in_a_later_reading_waits_for_it() -> None:
    links, packets = Links(), parts_v1(CONTENT)
    keep_waiting(links)
    direct = moving(links, packets[:2])
    assert ends(direct.events) == []
    direct.send(*packets[2:])
    give_up(links, direct.emit)
    (file,) = ends(direct.events)
    assert file.file is not None
    assert file.file["outcome"] == "complete"
    assert file.mark == AT  # the same at both ends
    assert octets_of(direct.events) == CONTENT


def test_what_does_not_go_on_is_told_when_the_run_is_over() -> None:
    links = Links()
    keep_waiting(links)
    direct = moving(links, parts_v1(CONTENT)[:2])
    give_up(links, direct.emit)
    give_up(links, direct.emit)
    assert [(state, type(event).__name__) for state, event in direct.told] == [(direct.state, "Sending")]
    assert [event.file and event.file["outcome"] for event in ends(direct.events)] == ["cancelled"]


def test_transfers_that_wait_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("msnp.p2p.waiting.MAX_WAITING", 3)
    links = Links()
    keep_waiting(links)
    waiting = [moving(links, parts_v1(CONTENT)[:1]) for _ in range(4)]
    assert [len(ends(direct.events)) for direct in (waiting[0], waiting[1], waiting[-1])] == [1, 0, 0]
