"""Packets that no honest client sends: whatever comes, nothing raises, hangs, or grows."""

import tracemalloc
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msnp.events import Event, Undecoded
from msnp.links import Links
from msnp.p2p.book import MAX_CALLS, MAX_EARLY
from msnp.p2p.calls import Calls
from msnp.p2p.coverage import MAX_RANGES, Coverage
from msnp.p2p.offered import MAX_CHARACTERS, offers_of
from msnp.p2p.placing import MAX_SIZE
from msnp.p2p.slp import read_slp
from msnp.p2p.texts import MAX_OPEN, MAX_TEXT
from msnp.utterances import FileOctets
from tests.msnp.dialogue import Said, only
from tests.msnp.p2p.packets import (
    DAN,
    FILE_FLAGS,
    KIM,
    LOU,
    SESSION,
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

CONTENT = bytes(range(256)) * 9
HUGE = (2**31, 2**32, 2**40 + 1, 2**63, 2**64 - 1)


def told(*packets: bytes, points: bool = False) -> list[Event]:
    said = [carry(KIM, LOU, packet, 2, points=points) for packet in packets]
    return wire(*offered("a", len(CONTENT)), *said).end()


@pytest.mark.parametrize("offset", [len(CONTENT), 5000, *HUGE])
def test_parts_behind_the_end_are_no_octets(offset: int) -> None:
    first, second = parts_v1(CONTENT)
    beyond = v1(SESSION, b"x" * 700, offset=offset, total=len(CONTENT), flags=FILE_FLAGS)
    events = told(first, beyond, second)
    assert octets_of(events) == CONTENT


def test_a_part_that_reaches_behind_the_end_is_cut_there() -> None:
    events = told(v1(SESSION, CONTENT[1000:] + b"x" * 500, offset=1000, total=len(CONTENT), flags=FILE_FLAGS))
    assert octets_of(events)[1000:] == CONTENT[1000:]


@pytest.mark.parametrize("total", HUGE[2:])
def test_sizes_that_no_file_has_give_no_octets(total: int) -> None:
    assert only(told(v1(SESSION, CONTENT, total=total, flags=FILE_FLAGS)), FileOctets) == []
    huge = v2(SESSION, CONTENT[:900], remaining=min(total, 2**64 - 1), kind=7)
    assert only(told(huge, points=True), FileOctets) == []


@pytest.mark.parametrize("size", HUGE[2:])
def test_an_offer_of_such_a_size_has_none(size: int) -> None:
    (offer,) = steps(wire(*text_v1(KIM, LOU, slp("INVITE", file_invite("a", size), sender=KIM, to=LOU))).end())
    assert "size" not in offer.details


@pytest.mark.parametrize("length", [0, 1, 899, 901, 1202, 2**31, 2**32 - 1])
def test_lengths_that_contradict_the_message_add_no_octets(length: int) -> None:
    events = told(v1(SESSION, CONTENT[:900], offset=0, length=length, total=len(CONTENT), flags=FILE_FLAGS))
    assert all(len(event.octets) <= 900 for event in only(events, FileOctets))
    assert octets_of(events).strip(b"\0") in CONTENT


@pytest.mark.parametrize("header", [b"", b"\xff" * 3, b"\xff" * 48, b"\0" * 48, b"\x08\0\xff\xff" + b"\xff" * 60])
@pytest.mark.parametrize("points", [False, True])
def test_odd_packets_are_counted(header: bytes, points: bool) -> None:
    tap = wire(carry(KIM, LOU, header, points=points))
    assert not only(tap.end(), Undecoded)
    assert tap.session.counters["content application/x-msnmsgrp2p"] == 1


def test_a_packet_whose_header_was_lost_is_reported() -> None:
    tap = wire()
    _, octets = carry(KIM, LOU, parts_v1(CONTENT)[0], 2)
    tap.send(False, octets[:-1240])
    tap.lose(False, 30)
    tap.send(False, octets[-1210:])
    assert [event.reason for event in only(tap.end(), Undecoded)] == ["malformed MSG: P2P header cut"]


def test_calls_are_bounded_and_begun_ones_are_told_when_forgotten() -> None:
    begun = [*offered("a", len(CONTENT)), carry(KIM, LOU, parts_v1(CONTENT)[0], 2)]
    many = [
        carry(KIM, LOU, v1(number, b"x" * 10, total=20, flags=FILE_FLAGS), 2) for number in range(1, 3 * MAX_CALLS)
    ]
    tap = wire(*begun, *many)
    calls = tap.session._state.p2p
    assert isinstance(calls, Calls)
    assert len(calls._book.calls) == MAX_CALLS
    assert len(ends(tap.end())) == 3 * MAX_CALLS


def test_texts_that_never_become_whole_are_bounded() -> None:
    tap = wire()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(400):
        for packet in (
            v1(0, b"x" * 1200, offset=MAX_TEXT - 1200, total=MAX_TEXT, message=number),
            v1(0, b"x" * 1200, offset=1, total=2**60, message=number),
        ):
            tap.play([carry(KIM, LOU, packet)])
        tap.play([carry(KIM, LOU, v2(0, b"x" * 900, remaining=50_000, kind=0, package=number), points=True)])
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert used < 3 * MAX_OPEN * MAX_TEXT


def test_what_is_kept_for_later_is_bounded() -> None:
    links = Links()
    tap = wire(links=links)
    long = msnobject(5, place="x" * 4000)
    for number in range(1, 200):
        call = f"{{{number}}}"
        body = {"SessionID": number, "Nonce": "x" * (8 * number)}
        tap.play(text_v1(LOU, KIM, slp("200 OK", body, sender=LOU, to=KIM, call=call), number))
        asked = object_invite(long[: 40 * number] + '"/>', 9000 + number)
        tap.play(text_v1(LOU, KIM, slp("INVITE", asked, sender=LOU, to=KIM, call=call + "x"), number))
    calls = tap.session._state.p2p
    assert isinstance(calls, Calls)
    assert len(calls._book._early) == MAX_EARLY
    shared = offers_of(links)._found.values()
    assert shared
    assert max(len(repr(offered.offer.details)) for offered in shared) <= MAX_CHARACTERS


def test_islands_of_a_file_are_bounded() -> None:
    coverage = Coverage()
    for at in range(0, 10 * MAX_RANGES, 2):
        coverage.add(at, at + 1)
    assert len(coverage._begins) == MAX_RANGES
    coverage.add(0, 10 * MAX_RANGES)
    assert coverage.has_all(10 * MAX_RANGES)


def test_texts_full_of_beginnings_do_not_hang() -> None:
    assert len(read_slp(b"INVITE MSNMSGR:x MSNSLP/1.0\n" * 2000)) <= 16
    assert read_slp(b"INVITE MSNMSGR:" * 4000) == []
    assert read_slp(b"\n" * MAX_TEXT + b"Context:" + b"A\n" * 20_000) == []
    big = b"BYE MSNMSGR:x MSNSLP/1.0\r\n\r\n" + b"Context: " + b"A \n" * 20_000
    assert len(read_slp(big)) == 1


octets = st.binary(max_size=200)
numbers = st.sampled_from([0, 1, 4, 48, 100, 1202, 2**31, 2**32 - 1])
wide = st.sampled_from([0, 1, 4, 100, 1202, 2404, 2**40, 2**63, 2**64 - 1])
flags = st.sampled_from([0, 1, 2, 8, 0x10, 0x20, 0x30, 0x40, 0x80, 0x100, 0x01000030, 2**32 - 1])
odd_v1 = st.builds(
    lambda *header, octets: pack("<IIQQIIIIQ", *header) + octets,
    *(st.sampled_from([0, SESSION, 7]), numbers, wide, wide, numbers, flags, numbers, numbers, wide),
    octets=octets,
)
odd_v2 = st.builds(
    lambda size, kind, payload, sequence, rest: pack(">BBHI", size, kind, payload, sequence) + rest,
    *(st.integers(0, 255), st.integers(0, 255), st.integers(0, 400), numbers),
    rest=st.binary(max_size=100),
)
slps = st.sampled_from(
    [
        slp("INVITE", file_invite("a", 5), sender=KIM, to=LOU),
        slp("BYE", {"SessionID": SESSION}, sender=LOU, to=KIM),
        slp("200 OK", {"SessionID": SESSION}, sender=LOU, to=KIM),
        slp("603 Decline", {}, sender=KIM, to=LOU),
        slp("INVITE", {"Bridges": "TCPv1", "IPv4Internal-Port": "6891"}, sender=KIM, to=LOU, kind="transreqbody"),
    ]
)
packets = st.one_of(octets, odd_v1, odd_v2, slps.map(lambda text: v1(0, text)), slps.map(lambda text: v2(0, text)))
said = st.builds(
    lambda way, packet, footer, points: carry(*way, packet, footer, points=points),
    st.sampled_from([(KIM, LOU), (LOU, KIM), (DAN, LOU), (LOU, DAN), (KIM, DAN)]),
    packets,
    st.sampled_from([0, 1, 2, 4, 11, 12, 2**32 - 1]),
    st.booleans(),
)


@given(st.lists(said, max_size=12))
@settings(max_examples=150, deadline=None)
def test_no_packets_ever_raise_or_invent_octets(dialogue: list[Said]) -> None:
    events = wire(*offered("a", 900), *dialogue).end()
    for event in only(events, FileOctets):
        assert event.offset >= 0
        assert event.offset + len(event.octets) <= MAX_SIZE
        assert any(event.octets in octets for _, octets in dialogue)
    for file in ends(events):
        assert file.file is not None
        assert file.file["outcome"] in {"complete", "cancelled", "cut"}


@given(st.lists(st.tuples(packets, st.booleans()), max_size=12))
@settings(max_examples=200, deadline=None)
def test_no_frames_of_a_direct_connection_ever_raise(frames: list[tuple[bytes, bool]]) -> None:
    tap = wire(*offered("a", 900))
    calls = tap.session._state.p2p
    for frame, from_client in frames:
        calls.take_direct(frame, tap.mark(True), from_client, lambda _, event: tap.events.append(event))
    calls.end_direct(tap.mark(True), lambda _, event: tap.events.append(event))
    tap.end()


@given(st.binary(max_size=600))
@settings(max_examples=200, deadline=None)
def test_random_octets_are_read_as_texts_without_harm(text: bytes) -> None:
    read_slp(text)
    read_slp(b"INVITE MSNMSGR:x MSNSLP/1.0\r\n" + text)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_octets_delivered_are_the_octets_sent(data: st.DataObject) -> None:
    """However a file is cut; and in any order, with any packet twice, if its first comes first."""
    content = data.draw(st.binary(min_size=5, max_size=3000), "content")
    size = data.draw(st.integers(1 + len(content) // 40, 1500), "size")
    older = data.draw(st.booleans(), "older")
    parts = parts_v1(content, size) if older else parts_v2(content, size)
    order = data.draw(st.permutations(range(len(parts))), "order")
    again = data.draw(st.lists(st.sampled_from(range(len(parts))), max_size=5), "again")
    dialogue = [carry(KIM, LOU, parts[index], 2, points=not older) for index in [*again, *order]]
    events = wire(*offered("a", len(content)), *dialogue).end()
    assert octets_of(events) == content
    (file,) = ends(events)
    assert file.file is not None
    assert file.file["outcome"] == "complete"
    assert file.file["size"] == len(content)


@given(st.binary(min_size=5, max_size=4000), st.integers(100, 1500))
@settings(max_examples=100, deadline=None)
def test_octets_of_liars_are_the_octets_sent(content: bytes, size: int) -> None:
    parts = [carry(KIM, LOU, packet, 2) for packet in lying_parts(content, size)]
    assert octets_of(wire(*offered("a", len(content)), *parts).end()) == content


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=20))
def test_coverage_is_that_of_a_set(spans: list[tuple[int, int]]) -> None:
    coverage, naive = Coverage(), set[int]()
    for begin, end in spans:
        missing = {at for first, last in coverage.missing(begin, end) for at in range(first, last)}
        assert missing == set(range(begin, end)) - naive
        coverage.add(begin, end)
        naive.update(range(begin, end))
    assert coverage.end == max(naive, default=-1) + 1
    front = next(at for at in range(62) if at not in naive)
    assert all(coverage.has_all(size) == (size <= front and bool(naive) and 0 in naive) for size in range(1, 62))
