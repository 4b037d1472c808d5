"""Octets of people who wish us ill: no exception, bounded memory, and the books still balance."""

import random

import pytest

from capture.packet import Packet
from reassembly.events import StreamEvent
from reassembly.limits import SECOND, Limits
from reassembly.native import NativeEngine
from tests.reassembly.conftest import Run
from tests.reassembly.crafting import START, Talk, lined_up

TIGHT = Limits(
    flows=20,
    closed_flows=20,
    direction_octets=2_000,
    direction_segments=20,
    total_octets=10_000,
    total_segments=100,
)


def check_books(engine: NativeEngine) -> None:
    c = engine.counters
    refused = c.unknown_link + c.not_ip + c.not_tcp + c.malformed + c.bad_checksum + c.too_nested
    assert c.packets == refused + c.tcp_segments + c.fragments - c.datagrams_joined
    assert c.flows_peak <= TIGHT.flows
    assert c.buffered <= TIGHT.total_octets
    assert c.buffered_segments <= TIGHT.total_segments + TIGHT.flows * 2 * TIGHT.stray_segments


def seeds() -> list[bytes]:
    frames: list[bytes] = []
    for talk in (
        Talk(),
        Talk(tags=(0x8100, 0x88A8)),
        Talk(client=("2001:db8::1", 40000), server=("2001:db8::2", 1863)),
        Talk(ipv4_options=b"\1\1\1\1"),
    ):
        steps = [*talk.handshake(), talk.c(b"hello"), talk.s(b"world"), *talk.goodbye(), talk.rst(True)]
        frames += [step for step in steps if isinstance(step, bytes)]
    return frames


@pytest.mark.parametrize("link_type", [0, 1, 9, 12, 101, 113, 276, 65535, -1])
@pytest.mark.parametrize("verify", [False, True])
def test_random_octets(link_type: int, verify: bool) -> None:
    dice = random.Random(link_type)
    engine = NativeEngine(lambda _: None, TIGHT, verify_checksums=verify)
    for number in range(3_000):
        octets = dice.randbytes(dice.randrange(0, 120))
        if number % 2:
            ip = dice.choice([b"\x08\x00\x45", b"\x86\xdd\x60", b"\x81\x00\x00\x01\x08\x00\x45"])
            octets = octets[:12] + ip + octets[12:]
        engine.feed(Packet(START + number, octets, dice.choice([None, len(octets)]), link_type, number, "x"))
        check_books(engine)
    engine.close()


@pytest.mark.parametrize("seed", range(20))
def test_mutated_frames(seed: int) -> None:
    dice = random.Random(seed)
    frames = seeds()
    events: list[StreamEvent] = []
    engine = NativeEngine(events.append, TIGHT, verify_checksums=False)
    time = START
    for number in range(3_000):
        octets = bytearray(dice.choice(frames))
        for _ in range(dice.choice([0, 1, 1, 2, 8])):
            # Mostly where the ports, numbers and flags are.
            octets[dice.randrange(14, len(octets))] = dice.choice(
                [0, 1, 2, 4, 16, 17, 18, 255, dice.randrange(256)]
            )
        if dice.random() < 0.1:
            del octets[dice.randrange(len(octets)) :]
        if dice.random() < 0.1:
            octets += bytes(dice.randrange(40))
        time += dice.choice([0, 1000, 10**6, 10**8, 3 * SECOND, -SECOND])
        if dice.random() < 0.001:
            time += 8_000 * SECOND
        engine.feed(Packet(time, bytes(octets), None, 1, number, "x"))
        check_books(engine)
    engine.close()
    c = engine.counters
    assert c.buffered == c.buffered_segments == c.flows_now == 0
    ends = [event for event in events if hasattr(event, "reason")]
    assert len({id(event.flow) for event in ends}) == len(ends) == len({id(event.flow) for event in events})


@pytest.mark.parametrize("seed", range(40))
def test_one_connection_under_fire(seed: int) -> None:
    """Random positions, flags and lengths on one pair of ports: events of each flow still lie end to end."""
    dice = random.Random(seed)
    talk = Talk(client_isn=dice.getrandbits(32), server_isn=dice.getrandbits(32))
    events: list[StreamEvent] = []
    engine = NativeEngine(events.append, TIGHT)
    time = START
    for number in range(2_000):
        at = dice.choice([dice.randrange(-5, 300), dice.randrange(-5, 300), dice.getrandbits(32)])
        flags = dice.choice([16, 16, 16, 24, 24, 24, 17, 2, 18, 4, 20, 0, 255, dice.randrange(256)])
        octets = dice.randbytes(dice.choice([0, 1, 1, 5, 30, 300]))
        frame = talk.frame(dice.random() < 0.5, at, octets, flags, ack=dice.randrange(-2, 300))
        time += dice.choice([0, 10**6, 10**8, 5 * SECOND])
        engine.feed(Packet(time, frame, None, 1, number, "x"))
        check_books(engine)
    engine.close()
    edges: dict[tuple[int, bool], int] = {}
    for event in events:
        if hasattr(event, "reason"):
            continue
        place = (id(event.flow), event.from_client)
        if hasattr(event, "octets"):
            assert edges.get(place, event.sequence) == event.sequence
            edges[place] = (event.sequence + len(event.octets)) & 0xFFFFFFFF
        else:
            if event.length is not None and place in edges:
                assert (edges[place] + event.length) & 0xFFFFFFFF == event.sequence
            edges[place] = event.sequence


def test_both_ends_the_same(run: Run) -> None:
    talk = Talk(client=("10.0.0.1", 1863), server=("10.0.0.1", 1863))
    run(lined_up([*talk.handshake(), talk.c(b"a"), talk.s(b"b"), *talk.goodbye()]))


def test_capture_that_begins_in_1970() -> None:
    talk = Talk()
    events: list[StreamEvent] = []
    engine = NativeEngine(events.append)
    for number, frame in enumerate([talk.c(b"a"), talk.c(b"b"), talk.rst(False)]):
        engine.feed(Packet(0, frame, None, 1, number, "x"))
    engine.advance(SECOND)
    assert len(events) == 4
    engine.close()
    assert len(events) == 4


@pytest.mark.parametrize("seed", range(10))
def test_made_up_strangers_blind_nobody(seed: int) -> None:
    """Whoever sends segments of made-up numbers and tags gets a few flows; the true one is heard to its end."""
    dice = random.Random(seed)
    talk = Talk()
    events: list[StreamEvent] = []
    engine = NativeEngine(events.append, Limits())
    time = START
    said = b""
    steps = [step for step in talk.handshake() if isinstance(step, bytes)]
    for number in range(300):
        for _ in range(dice.randrange(6)):
            place = dice.randrange(20) * (1 << 26)
            forger = Talk(
                client_isn=(talk.client_isn + (1 << 30) + place) & 0xFFFFFFFF,
                server_isn=(talk.server_isn + (1 << 30) + place) & 0xFFFFFFFF,
                tags=(0x8100,) * dice.choice([0, 0, 1, 2, 3]),
            )
            steps.append(
                forger.frame(dice.random() < 0.5, dice.randrange(2000), b"forged", dice.choice([24, 2, 4, 17]))
            )
        octets = b"true%04d" % number
        said += octets
        steps.append(talk.c(octets))
    for number, frame in enumerate(steps):
        time += SECOND // 10
        engine.feed(Packet(time, frame, None, 1, number, "x"))
    engine.close()
    heard = [event for event in events if hasattr(event, "octets") and b"true" in event.octets]
    assert b"".join(event.octets for event in heard) == said
    assert engine.counters.flows_peak <= Limits().flows_beside
