"""The whole engine against a naive model, and against itself: octets in order, each once, loss as gaps."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from reassembly.events import StreamData, StreamEnd, StreamEvent, StreamGap
from reassembly.native import NativeEngine
from tests.reassembly.crafting import ACK, PSH, Step, Talk, lined_up, pause


def stream(length: int, salt: int) -> bytes:
    return random.Random(salt).randbytes(length)


def run(steps: list[Step]) -> list[StreamEvent]:
    events: list[StreamEvent] = []
    engine = NativeEngine(events.append, server_ports=frozenset({1863}))
    for packet in lined_up(steps):
        engine.feed(packet)
    engine.close()
    assert engine.counters.buffered == engine.counters.buffered_segments == 0
    assert engine.counters.flows_now == 0
    return events


def check_side(events: list[StreamEvent], from_client: bool, truth: bytes, lost: set[int], isn: int) -> None:
    """Data and gaps lie end to end; data is the truth; gaps hold lost octets only."""
    position = 0
    for event in events:
        if isinstance(event, StreamEnd) or event.from_client is not from_client:
            continue
        if isinstance(event, StreamGap):
            assert event.length is not None
            assert set(range(position, position + event.length)) <= lost
            position += event.length
            assert event.sequence == (isn + 1 + position) & 0xFFFFFFFF
        else:
            assert event.sequence == (isn + 1 + position) & 0xFFFFFFFF
            assert event.octets == truth[position : position + len(event.octets)]
            assert not lost & set(range(position, position + len(event.octets)))
            position += len(event.octets)
    assert set(range(position, len(truth))) <= lost


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 1 << 32),
    loss=st.sampled_from([0.0, 0.0, 0.05, 0.3]),
    doubles=st.sampled_from([0.0, 0.2, 1.0]),
    reorder=st.sampled_from([0, 2, 12]),
    wrap=st.booleans(),
    vlan=st.booleans(),
    silence=st.sampled_from([0.0, 0.1, 40.0]),
)
def test_random_lines(
    *, seed: int, loss: float, doubles: float, reorder: int, wrap: bool, vlan: bool, silence: float
) -> None:
    dice = random.Random(seed)
    isn = {side: (0xFFFFFFFF - dice.randrange(600) if wrap else dice.getrandbits(32)) for side in (True, False)}
    talk = Talk(client_isn=isn[True], server_isn=isn[False], tags=(0x8100,) if vlan else ())
    truth = {side: stream(dice.randrange(1, 800), seed + side) for side in (True, False)}
    segments: list[tuple[float, bool, int, int, Step]] = []
    for side in (True, False):
        at = 0
        while at < len(truth[side]):
            length = dice.randrange(1, 60)
            # Overlaps may cover what is lost, but come too late for it after a silence.
            overlaps = 0.0 if silence and loss else 0.3
            overlap = dice.randrange(0, 10) if dice.random() < overlaps else 0
            begin = max(0, at - overlap)
            frame = talk.frame(side, begin, truth[side][begin : at + length], flags=PSH | ACK, ack=0)
            end = min(at + length, len(truth[side]))
            place = at + dice.uniform(0, reorder * 30)
            segments.append((place, side, begin, end, frame))
            while dice.random() < doubles / 2:
                segments.append((place + dice.uniform(0, 200), side, begin, end, frame))
            at += length
    segments.sort(key=lambda segment: segment[0])
    seen: dict[bool, set[int]] = {True: set(), False: set()}
    steps: list[Step] = talk.handshake()
    for _, side, begin, end, frame in segments:
        if dice.random() < loss:
            continue
        seen[side] |= set(range(begin, end))
        steps.append(frame)
        # A long silence may turn what is reordered into what is lost, so it comes only where nothing is.
        if silence and not reorder and not doubles and dice.random() < 0.1:
            steps.append(pause(silence))
    talk.sent = {side: len(truth[side]) for side in (True, False)}
    if dice.random() < 0.7:
        steps += talk.goodbye()
    events = run(steps)
    for side in (True, False):
        lost = set(range(len(truth[side]))) - seen[side]
        check_side(events, side, truth[side], lost, isn[side])
    assert sum(isinstance(event, StreamEnd) for event in events) == 1
    assert [repr(event) for event in events] == [repr(event) for event in run(steps)]


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 1 << 32))
def test_joined_anywhere(seed: int) -> None:
    """Whatever packet the capture begins with: all later octets, after a gap that says where they were joined."""
    dice = random.Random(seed)
    talk = Talk(client_isn=dice.getrandbits(32), server_isn=dice.getrandbits(32))
    steps: list[Step] = []
    said: list[tuple[int, bool, bytes]] = []
    for _ in range(dice.randrange(2, 40)):
        side = dice.random() < 0.5
        octets = dice.randbytes(dice.randrange(2, 40))
        said.append((len(steps), side, octets))
        steps.append(talk.says(side, octets))
    join = dice.randrange(len(steps))
    events = run(steps[join:])
    for side in (True, False):
        expected = b"".join(octets for index, who, octets in said if who is side and index >= join)
        mine = [event for event in events if not isinstance(event, StreamEnd) and event.from_client is side]
        assert b"".join(event.octets for event in mine if isinstance(event, StreamData)) == expected
        assert [event.length for event in mine if isinstance(event, StreamGap)] == [None] * bool(expected)
        assert not mine or isinstance(mine[0], StreamGap)


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 1 << 32),
    opened=st.booleans(),
    tagged=st.booleans(),
    loss=st.sampled_from([0.0, 0.0, 0.05, 0.3]),
    reorder=st.sampled_from([0, 3]),
    doubled=st.booleans(),
)
def test_two_strangers(*, seed: int, opened: bool, tagged: bool, loss: float, reorder: int, doubled: bool) -> None:
    """Two connections with the same addresses and ports, packet by packet: no flow has octets of both."""
    dice = random.Random(seed)
    first = {side: dice.getrandbits(32) for side in (True, False)}
    talks = [
        Talk(client_isn=first[True], server_isn=first[False]),
        Talk(
            client_isn=(first[True] + dice.randrange(1 << 26, 1 << 31)) & 0xFFFFFFFF,
            server_isn=(first[False] - dice.randrange(1 << 26, 1 << 31)) & 0xFFFFFFFF,
            tags=(0x8100,) if tagged else (),
        ),
    ]
    lines: list[tuple[float, Step]] = []
    truth: dict[tuple[int, bool], bytes] = {}
    for number, talk in enumerate(talks):
        place = dice.uniform(0, 3)
        for frame in talk.handshake() if opened else []:
            lines.append((place, frame))
            place += 0.5
        for _ in range(dice.randrange(8, 30)):
            side = dice.random() < 0.5
            octets = bytes([dice.randrange(100) + 100 * number]) * dice.randrange(2, 30)
            truth[number, side] = truth.get((number, side), b"") + octets
            place += dice.uniform(0, 2)
            frame = talk.says(side, octets)
            if dice.random() >= loss:
                lines += [(place + dice.uniform(0, reorder), frame)] * (1 + doubled)
    steps = [frame for _, frame in sorted(lines, key=lambda line: line[0])]
    events = run(steps)
    got: dict[tuple[int, bool], bytes] = {}
    owners: dict[int, int] = {}
    for event in events:
        if isinstance(event, StreamData):
            owner = event.octets[0] // 100
            assert {octet // 100 for octet in event.octets} == {owner}
            assert owners.setdefault(id(event.flow), owner) == owner, "one flow speaks for both"
            side = (owner, event.from_client)
            got[side] = got.get(side, b"") + event.octets
    if not loss and (tagged or (opened and not reorder)):
        assert got == truth
    assert [repr(event) for event in events] == [repr(event) for event in run(steps)]
