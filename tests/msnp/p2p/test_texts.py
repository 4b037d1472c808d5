"""SLP: texts in one packet or many, and what stands in them."""

from itertools import permutations
from types import SimpleNamespace
from typing import Any

import pytest

from msnp.links import Links
from msnp.p2p.bridges import read_bridge
from msnp.p2p.slp import read_slp
from tests.msnp.dialogue import Said
from tests.msnp.p2p.packets import (
    CALL,
    KIM,
    LOU,
    SESSION,
    carry,
    file_invite,
    slp,
    steps,
    text_v1,
    text_v2,
    v1,
    v2,
    wire,
)

INVITE = slp("INVITE", file_invite("a.bin", 5), sender=KIM, to=LOU)


def kinds(*dialogue: Said) -> list[str]:
    return [event.kind for event in steps(wire(*dialogue).end())]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_text_comes_in_any_order(order: tuple[int, ...]) -> None:
    size = -(-len(INVITE) // 4)
    for packets in (list(text_v1(KIM, LOU, INVITE, size=size)), list(text_v2(KIM, LOU, INVITE, size=size))):
        assert kinds(*(packets[index] for index in order)) == ["file-offer"]


def test_pieces_that_overlap_or_come_twice_change_nothing() -> None:
    cuts = [(0, 300), (200, 600), (0, 300), (590, len(INVITE)), (100, 700)]
    packets = [
        carry(KIM, LOU, v1(0, INVITE[begin:end], offset=begin, total=len(INVITE), message=3)) for begin, end in cuts
    ]
    assert kinds(*packets) == ["file-offer"]


def test_texts_of_two_people_with_the_same_number_stay_apart() -> None:
    mine = slp("INVITE", file_invite("b.bin", 5, 44), sender=LOU, to=KIM, call="{44}")
    there, back = (list(text_v1(*ends, text, 3, 200)) for ends, text in (((LOU, KIM), mine), ((KIM, LOU), INVITE)))
    assert kinds(*(said for pair in zip(there, back, strict=True) for said in pair)) == ["file-offer", "file-offer"]


def test_a_text_without_its_middle_is_not_read() -> None:
    first, *_, last = text_v1(KIM, LOU, INVITE, size=300)
    assert kinds(first, last) == []


@pytest.mark.parametrize("nul", [b"", b"\0", b"\0\0\0"])
def test_the_nul_behind_the_body_may_be_missing(nul: bytes) -> None:
    (text,) = read_slp(slp("BYE", {"SessionID": 5}, sender=KIM, to=LOU, nul=nul))
    assert (text.method, text.session, text.call_id) == ("BYE", 5, CALL)


def test_one_message_may_hold_several_texts() -> None:
    answer = slp("200 OK", {"SessionID": SESSION}, sender=KIM, to=LOU)
    texts = read_slp(answer + INVITE + slp("BYE", sender=KIM, to=LOU, nul=b""))
    assert [(text.method, text.code) for text in texts] == [(None, 200), ("INVITE", 0), ("BYE", 0)]


@pytest.mark.parametrize("length", ["0", "5", "99999999999", "x"])
def test_the_length_of_the_body_is_not_believed(length: str) -> None:
    (text,) = read_slp(slp("200 OK", {"SessionID": 77}, sender=KIM, to=LOU, Content_Length=length))
    assert text.session == 77
    assert text.reason == "200 OK"


@pytest.mark.parametrize("ends", [b"\n", b"\r"])
def test_line_ends_may_be_of_one_octet(ends: bytes) -> None:
    (text,) = read_slp(INVITE.replace(b"\r\n", ends))
    assert text.session == SESSION
    assert text.kind == "sessionreqbody"
    assert (text.person("from"), text.person("to")) == (KIM, LOU)


@pytest.mark.parametrize("octets", [b"", b"\0" * 40, b"GET / HTTP/1.1\r\n\r\n", b"MSNSLP/1.0", b"INVITE MSNMSGR:x"])
def test_other_octets_are_no_text(octets: bytes) -> None:
    assert read_slp(octets) == []


def test_a_session_without_a_number_is_no_call() -> None:
    for number in ("0", "-5", "4294967296", "99999999999999999999", "", "٣"):
        body = {**file_invite("a", 5), "SessionID": number}
        assert kinds(*text_v1(KIM, LOU, slp("INVITE", body, sender=KIM, to=LOU))) == []


# --- direct connections -------------------------------------------------------------------------------------

ANSWER = {
    "Bridge": "TCPv1",
    "Listening": "true",
    "Nonce": "{ee0c79c0-1b65-4d2b-8c10-58a1a7c9e001}",
    "IPv4External-Addrs": "203.0.113.5",
    "IPv4External-Port": "6897",
    "IPv4Internal-Addrs": "10.1.2.3 10.9.9.9",
    "IPv4Internal-Port": "3939",
}


def test_addresses_and_ports_are_read() -> None:
    bridge = read_bridge({name.lower(): value for name, value in ANSWER.items()})
    assert bridge.addresses == ("10.1.2.3:3939", "10.9.9.9:3939", "203.0.113.5:6897")
    assert bridge.external == ("203.0.113.5:6897",)
    assert bridge.ports == (3939, 6897)
    assert bridge.nonce == "{EE0C79C0-1B65-4D2B-8C10-58A1A7C9E001}"
    assert not bridge.hashed
    assert bridge.listening


@pytest.mark.parametrize("hyphen", ["-", ""])
def test_what_is_spelled_backwards_is_turned_round(hyphen: str) -> None:
    body = {
        "Listening": "true",
        "Hashed-Nonce": "{EE0C79C0-1B65-4D2B-8C10-58A1A7C9E001}",
        f"IPv4Internal{hyphen}AddrsAndPorts"[::-1]: "10.1.2.3:3939 10.9.9.9:3940"[::-1],
        "IPv4External-Port"[::-1]: "6897"[::-1],
    }
    (text,) = read_slp(slp("200 OK", body, sender=KIM, to=LOU, kind="transrespbody"))
    bridge = read_bridge(text.body)
    assert bridge.internal == ("10.1.2.3:3939", "10.9.9.9:3940")
    assert bridge.ports == (3939, 3940, 6897)
    assert bridge.hashed


@pytest.mark.parametrize(
    "body",
    [
        {"ipv4internal-addrs": "nowhere 999.1.1.1 ::1]", "ipv4internal-port": "70000"},
        {"ipv4internal-addrsandports": "10.0.0.1 10.0.0.1:0 :5 a:b:c", "nonce": "{5}"},
        {"ipv6-addrsandports": "[2001:db8::1", "nonce": "{00000000-0000-0000-0000-000000000000}"},
    ],
)
def test_what_is_no_address_or_port_is_left_out(body: dict[str, str]) -> None:
    bridge = read_bridge(body)
    assert bridge.ports == ()
    assert bridge.nonce is None


class Awaited:
    def __init__(self) -> None:
        self.meetings: list[Any] = []

    def await_direct(self, meeting: object) -> None:
        self.meetings.append(meeting)


def agreed(body: dict[str, str], sender: str, to: str, kind: str = "transrespbody") -> list[Said]:
    answer = slp("200 OK", body, sender=sender, to=to, kind=kind)
    return [*text_v1(KIM, LOU, INVITE), *text_v1(sender, to, answer, 95)]


def test_a_direct_connection_is_awaited() -> None:
    pytest.importorskip("msnp.rendezvous")
    links, awaited = Links(), Awaited()
    links.rendezvous = awaited  # type: ignore[assignment]
    wire(*agreed(ANSWER, LOU, KIM), links=links)
    (meeting,) = awaited.meetings
    assert meeting.ports == (3939, 6897)
    assert meeting.nonce == "{EE0C79C0-1B65-4D2B-8C10-58A1A7C9E001}"
    assert meeting.calls is not None


@pytest.mark.parametrize(
    ("body", "sender", "to"),
    [
        ({**ANSWER, "Listening": "false"}, LOU, KIM),
        ({"Bridge": "TCPv1", "Listening": "true"}, LOU, KIM),
        (ANSWER, "dan@c.example", KIM),
    ],
)
def test_where_nobody_of_the_two_listens_nothing_is_awaited(body: dict[str, str], sender: str, to: str) -> None:
    links, awaited = Links(), Awaited()
    links.rendezvous = awaited  # type: ignore[assignment]
    wire(*agreed(body, sender, to), links=links)
    assert awaited.meetings == []


def test_version_2_pieces_wait_for_the_first() -> None:
    late = v2(0, INVITE[500:], package=7, sequence=9, kind=0)
    first = v2(0, INVITE[:500], package=7, sequence=8, remaining=len(INVITE) - 500)
    assert kinds(carry(KIM, LOU, late, points=True), carry(KIM, LOU, first, points=True)) == ["file-offer"]


def test_the_version_is_the_older_where_an_endpoint_is_missing() -> None:
    said = next(iter(text_v1(KIM, LOU, INVITE)))
    side, octets = said
    half = octets.replace(b"P2P-Dest: lou@a.example", b"P2P-Dest: lou@a.example;{0-1}")
    half = half.replace(b" %d\r\n" % (len(octets) - octets.index(b"\n") - 1), b" %d\r\n" % (
        len(half) - half.index(b"\n") - 1), 1)  # fmt: skip
    assert kinds((side, half)) == ["file-offer"]


def test_nothing_is_awaited_without_links_that_can() -> None:
    links = SimpleNamespace()
    assert getattr(links, "rendezvous", None) is None
