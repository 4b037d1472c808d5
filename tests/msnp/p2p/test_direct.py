"""Connections from peer to peer that carry a call's packets."""

import random
import uuid
from collections.abc import Callable
from hashlib import sha1
from struct import pack
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msnp.events import Event
from msnp.limits import Limits
from msnp.links import Links
from msnp.mark import Mark
from msnp.p2p.direct import MAX_HELD, DirectLine
from msnp.p2p.frame_reader import MAX_FRAME, MAX_SEARCH, FrameReader
from msnp.rendezvous import DirectMeeting, Rendezvous
from msnp.state import State
from tests.msnp.dialogue import SECOND

NOW = 900 * SECOND
PORT = 31_007
NONCE = "{0B7E3D11-5C2A-4F68-93D7-2A61C0FFEE01}"
THEIRS = "{0B7E3D11-5C2A-4F68-93D7-2A61C0FFEE02}"
FOO = b"\x04\0\0\0foo\0"


def frame(octets: bytes) -> bytes:
    return pack("<I", len(octets)) + octets


def v1(offset: int, octets: bytes, *, total: int = 100_000, session: int = 4411, flags: int = 0x30) -> bytes:
    return pack("<IIQQIIIIQ", session, 77, offset, total, len(octets), flags, 5, 0, 0) + octets


def v2(octets: bytes, *, session: int = 4411) -> bytes:
    data = pack(">BBHI", 8, 6, 3, session) + octets
    return pack(">BBHI", 8, 0, len(data), 1000) + data


def handshake(nonce: str) -> bytes:
    return pack("<IIQQII", 0, 9, 0, 0, 0, 0x100) + uuid.UUID(nonce).bytes_le


def hashed(nonce: str) -> str:
    digest = sha1(uuid.UUID(nonce).bytes_le, usedforsecurity=False).digest()
    return f"{{{uuid.UUID(bytes_le=digest[:16])}}}".upper()


PACKETS = [v1(at, random.Random(at).randbytes(1352)) for at in range(0, 27_040, 1352)] + [v1(27_040, b"last")]
STREAM = b"".join(frame(packet) for packet in PACKETS)
BEGIN = FOO + frame(handshake(NONCE))


class Call:
    """Stands for the calls of a session."""

    def __init__(self, session_id: str | None = "7788") -> None:
        self._state = State(lambda _event: None, Links(), "10.0.0.7:1", "192.0.2.9:1863", Limits())
        self._state.session_id, self._state.account = session_id, "lou@a.example"
        self.frames: list[tuple[bytes, Mark, bool]] = []
        self.ends = 0

    def take_direct(
        self, octets: bytes, mark: Mark, from_client: bool, emit: Callable[[State, Event], None]
    ) -> None:
        self.frames.append((octets, mark, from_client))
        emit(self._state, cast(Any, octets))

    def end_direct(self, mark: Mark, emit: Callable[[State, Event], None]) -> None:
        self.ends += 1

    @property
    def packets(self) -> list[bytes]:
        return [octets for octets, _, _ in self.frames]


class Peers:
    """A connection between two peers."""

    def __init__(self) -> None:
        self.rendezvous = Rendezvous()
        self.told: list[State] = []
        self.line = DirectLine(self.rendezvous, PORT, lambda state, _event: self.told.append(state))
        self.next = {True: 2**32 - 70, False: 5}

    def agree(
        self, nonce: str | None = NONCE, *, port: int = PORT, is_hashed: bool = False, call: Call | None = None
    ) -> Call:
        call = call or Call()
        addresses = (f"192.0.2.50:{port}",)
        self.rendezvous.await_direct(DirectMeeting(NOW, (port,), addresses, nonce, is_hashed, cast(Any, call)))
        return call

    def send(self, from_client: bool, octets: bytes, cut: int | None = None) -> "Peers":
        for at in range(0, len(octets), cut or len(octets)):
            part = octets[at : at + (cut or len(octets))]
            self.line.analyze_packet(from_client, part, Mark(NOW, self.next[from_client], 3, "test"))
            self.next[from_client] = (self.next[from_client] + len(part)) % 2**32
        return self

    def lose(self, from_client: bool, length: int | None) -> "Peers":
        self.next[from_client] = (self.next[from_client] + (length or 0)) % 2**32
        self.line.gap(from_client, length, Mark(NOW, self.next[from_client], 3, "test"))
        return self

    def end(self) -> "Peers":
        self.line.end(Mark(NOW, 0, 4, "test"))
        return self


@pytest.mark.parametrize("cut", [None, 1, 7, 1460])
def test_packets_go_to_the_call_that_agreed_on_it(cut: int | None) -> None:
    peers = Peers()
    mine, another = peers.agree(), peers.agree(THEIRS)
    answer = frame(v1(0, b"", flags=0x02))
    peers.send(True, BEGIN, cut).send(False, frame(handshake(NONCE)), cut)
    peers.send(True, STREAM, cut).send(False, answer, cut)
    assert mine.packets == [*PACKETS, answer[4:]]
    assert [side for _, _, side in mine.frames] == [True] * len(PACKETS) + [False]
    begin = 2**32 - 70 + len(BEGIN)
    assert [mark.sequence for _, mark, _ in mine.frames[:2]] == [
        (begin + 4) % 2**32,
        (begin + 8 + len(PACKETS[0])) % 2**32,
    ]
    assert another.frames == []
    assert peers.line.concerned
    peers.end().end()
    assert (mine.ends, another.ends) == (1, 0)
    assert not peers.line.counters


def test_both_ends_that_agreed_are_told() -> None:
    peers = Peers()
    one, other = peers.agree(), peers.agree()
    peers.agree(port=PORT + 1, call=one)
    peers.send(True, BEGIN + STREAM).end()
    assert one.packets == other.packets == PACKETS


def test_who_does_not_know_the_conversation_leaves_it_to_who_does() -> None:
    for numbers, told in (([None, "7788"], [False, True]), ([None, None], [True, False])):
        peers = Peers()
        calls = [peers.agree(call=Call(number)) for number in numbers]
        peers.send(True, BEGIN + STREAM)
        assert [call.packets == PACKETS for call in calls] == [True, True]  # so that it ends nothing that goes on
        assert [any(state is call._state for state in peers.told) for call in calls] == told


def test_version_2_has_a_bare_handshake_and_may_hash_it() -> None:
    peers = Peers()
    call = peers.agree(hashed(NONCE), is_hashed=True)
    first, second = v2(b"a" * 300), v2(b"b" * 30)
    peers.send(True, FOO + frame(uuid.UUID(THEIRS).bytes_le)).send(False, frame(uuid.UUID(NONCE).bytes_le))
    peers.send(True, frame(first) + frame(second))
    assert call.packets == [first, second]


def test_an_acknowledgement_as_long_as_a_nonce_is_none() -> None:
    peers = Peers()
    call = peers.agree()
    acknowledgement = pack(">BBHIBBIBB", 16, 0, 0, 1000, 2, 4, 99, 0, 0)
    assert len(acknowledgement) == 16
    peers.send(True, BEGIN + frame(acknowledgement)).send(False, frame(uuid.UUID(NONCE).bytes_le))
    peers.send(False, frame(acknowledgement))
    assert call.packets == [acknowledgement] * 2


def test_a_hashed_nonce_is_one_sides_and_the_port_tells_where_only_the_other_is_heard() -> None:
    peers = Peers()
    call = peers.agree(hashed(NONCE), is_hashed=True)
    peers.send(True, FOO + frame(uuid.UUID(THEIRS).bytes_le) + frame(v2(b"abc")))
    assert call.packets == [v2(b"abc")]


def test_behind_a_router_the_nonce_tells() -> None:
    peers = Peers()
    call = peers.agree(port=4_000)
    peers.send(True, BEGIN + STREAM)
    assert call.packets == PACKETS


def test_another_nonce_is_another_call() -> None:
    peers = Peers()
    call = peers.agree(THEIRS)
    peers.send(True, BEGIN + STREAM).end()
    assert call.packets == []
    assert peers.line.counters["unknown_call"] == 1


def test_without_a_nonce_the_port_tells_if_one_alone_agreed_on_it() -> None:
    for agreed, meant in (([NONCE], True), ([None], True), ([NONCE, NONCE], True), ([NONCE, THEIRS], False)):
        peers = Peers()
        calls = [peers.agree(nonce) for nonce in agreed]
        peers.send(True, FOO + STREAM).end()
        assert [call.packets == PACKETS for call in calls] == [meant] * len(agreed)


def test_the_agreement_may_come_late() -> None:
    peers = Peers()
    peers.send(True, BEGIN + STREAM[:5000])
    call = peers.agree()
    peers.send(True, STREAM[5000:])
    assert call.packets == PACKETS


def test_what_waits_for_an_agreement_is_bounded() -> None:
    peers = Peers()
    peers.send(True, BEGIN)
    for _ in range(400):
        peers.send(True, frame(bytes(1000)))
    assert sum(len(octets) for octets, _, _ in peers.line._held) <= MAX_HELD
    assert peers.line.counters["dropped"]
    assert peers.end().line._held == []


def test_empty_frames_are_passed_over() -> None:
    peers = Peers()
    call = peers.agree()
    peers.send(True, BEGIN + bytes(8) + frame(PACKETS[0]) + bytes(4) + frame(PACKETS[1]) + bytes(4))
    assert call.packets == PACKETS[:2]


def test_a_connection_that_is_only_tried_ends_no_call() -> None:
    peers = Peers()
    call = peers.agree()
    peers.send(True, BEGIN).send(False, frame(handshake(NONCE))).end()
    assert call.ends == 0


# --- losses -----------------------------------------------------------------------------------------------------


def after_loss(at: int, length: int, cut: int | None = 1460) -> tuple[list[bytes], Peers]:
    peers = Peers()
    call = peers.agree()
    peers.send(True, BEGIN)
    peers.send(True, STREAM[:at], cut).lose(True, length).send(True, STREAM[at + length :], cut).end()
    return call.packets, peers


def test_a_loss_inside_a_frame_costs_that_frame() -> None:
    packets, peers = after_loss(1500, 500)
    assert packets == [PACKETS[0], *PACKETS[2:]]
    assert peers.line.counters["lost"] == 1


@pytest.mark.parametrize("length", [1, 4, 52, 1404, 1460, 2920, 14_600])
@pytest.mark.parametrize("at", [0, 2, 4, 30, 52, 1400, 1403, 1404, 1405, 1406, 3000])
def test_a_loss_across_frames_costs_those_it_touches(at: int, length: int) -> None:
    packets, _ = after_loss(at, length)
    touched, place = set(), 0
    for number, packet in enumerate(PACKETS):
        end = place + 4 + len(packet)
        if place < at + length and at < end:
            touched.add(number)
        place = end
    assert packets == [packet for number, packet in enumerate(PACKETS) if number not in touched]


@pytest.mark.parametrize("cut", [None, 1, 100])
def test_a_loss_near_the_end_is_followed_by_what_is_left(cut: int | None) -> None:
    packets, _ = after_loss(len(STREAM) - 3000, 1500, cut)
    assert packets[-1] == PACKETS[-1]
    packets, _ = after_loss(len(STREAM) - 1000, 944, cut)
    assert packets[-1] == PACKETS[-1]
    packets, _ = after_loss(len(STREAM) - 1000, 945, cut)
    assert packets == PACKETS[:-2]


def test_joined_late_frames_are_found() -> None:
    peers = Peers()
    call = peers.agree()
    peers.lose(True, None).send(True, STREAM[700:], 1460).end()
    assert call.packets == PACKETS[1:]


def test_joined_before_the_first_octet_nothing_is_missing() -> None:
    peers = Peers()
    call = peers.agree()
    peers.lose(True, None).send(True, FOO + frame(uuid.UUID(NONCE).bytes_le) + STREAM, 1460).end()
    assert call.packets == PACKETS


def test_an_impossible_length_is_looked_behind() -> None:
    peers = Peers()
    call = peers.agree()
    peers.send(True, BEGIN + frame(PACKETS[0]) + pack("<I", MAX_FRAME + 1) + b"\xff" * 300 + STREAM, 1460).end()
    assert call.packets == [PACKETS[0], *PACKETS]


# --- what is none -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "octets",
    [
        b"recipientid=7&sessionid=8\r\n\r\n" + bytes(200),
        pack("<BBHHHI", 24, 0, 320, 240, 1, 900) + b"ML20" + bytes(900),
    ],
)
def test_pictures_and_sound_are_passed_over(octets: bytes) -> None:
    peers = Peers()
    call = peers.agree()
    peers.send(True, octets).send(False, b"CONNECTED\r\n\r\n").send(True, STREAM).end()
    assert call.packets == []
    assert peers.line.counters["media"] >= 1
    assert not peers.line.concerned


def test_hostile_lengths_cost_no_memory_and_no_time() -> None:
    peers = Peers()
    peers.agree()
    peers.send(True, BEGIN)
    bad = (frame(v1(0, b"x")) * 2 + b"\xff\xff\xff\x7f") * 600
    for _ in range(20):
        peers.send(True, bad)  # found and lost again and again
    peers.send(True, pack("<I", MAX_FRAME))
    for _ in range(10_000):
        peers.send(True, b"y")
    reader = peers.line._readers[True]
    assert len(reader._parts) <= 4096 + 1


def test_a_direction_without_frames_is_given_up() -> None:
    reader = FrameReader()
    reader.gap(None)
    for _ in range(MAX_SEARCH // 1000 + 2):
        reader.feed(b"\xff" * 1000, Mark(NOW, 0, 1, "test"))
        assert sum(len(octets) for octets, _ in reader._pieces) < 3000
    assert reader._deaf
    assert reader.feed(STREAM, Mark(NOW, 0, 1, "test")) == []


@given(st.integers(0, len(STREAM)), st.integers(0, 9000), st.integers(1, 3000))
def test_no_frame_is_ever_invented(at: int, length: int, cut: int) -> None:
    packets, _ = after_loss(at, min(length, len(STREAM) - at), cut)
    known = iter(PACKETS)
    assert all(any(packet == one for one in known) for packet in packets)  # some of them, in order


PIECE = st.one_of(
    st.sampled_from(
        [FOO, frame(handshake(NONCE)), frame(PACKETS[0]), frame(v2(b"abc")), STREAM[3000:9000], bytes(5)]
    ),
    st.binary(max_size=40),
    st.integers(0, 4000),
    st.none(),
)


@given(st.lists(st.tuples(st.booleans(), PIECE), max_size=12), st.integers(1, 2000))
def test_anything_is_borne(steps: list[tuple[bool, bytes | int | None]], cut: int) -> None:
    peers = Peers()
    peers.agree()
    for side, what in steps:
        if isinstance(what, bytes):
            peers.send(side, what, cut)
        else:
            peers.lose(side, what)
    peers.end()
