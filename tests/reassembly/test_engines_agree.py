"""Where libnids should be right, on IPv4 connections seen whole, both engines say the same of every octet.

Each is the other's check: they share the types of their events and nothing else. At the end stands the chain that
the card names, on the command line: pypcap → libnids → analyze_packet → records.
"""

import itertools
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.packet import Packet
from reassembly.engines import EngineUnavailable, make_engine
from reassembly.events import StreamData, StreamEnd, StreamEvent
from tests.command import replay, run
from tests.conftest import BINDING, PCAPS, SHARED
from tests.reassembly.conftest import events_of, give_libnids_back, made
from tests.reassembly.crafting import ACK, PSH, Step, Talk, joined, lined_up
from tests.reassembly.test_nids import pieces
from tests.simulator import links, nasties
from tests.simulator.scripts import random_world

pytest.importorskip("reassembly.nids", reason="libnids was not built here")


@pytest.fixture(autouse=True)
def libnids() -> Iterator[None]:
    yield
    give_libnids_back()


def told(engine: str, packets: list[Packet]) -> dict[tuple[object, ...], list[tuple[object, ...]]]:
    """All that an engine says of each connection, in its order."""
    flows: dict[int, list[StreamEvent]] = {}
    for event in events_of(lambda callback: made(engine, callback), packets):
        flows.setdefault(id(event.flow), []).append(event)
    return {repr(events[0].flow): [plain(event) for event in events] for events in flows.values()}


def plain(event: StreamEvent) -> tuple[object, ...]:
    if isinstance(event, StreamEnd):
        return event.time, event.packet, event.reason
    assert isinstance(event, StreamData), event
    return event.time, event.packet, event.from_client, event.sequence, event.octets


def assert_agreed(packets: list[Packet]) -> None:
    """Also on when each octet and each end was seen. Only when an end is told may differ: libnids waits for the
    acknowledgment of the last FIN."""
    native = told("native", packets)
    assert told("libnids", packets) == native
    assert native


# Crafted connections.

Turns = st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=60)), min_size=1, max_size=12)


@given(
    Turns, st.randoms(use_true_random=False), st.booleans(), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)
)
def test_swapped_doubled_cut_anew_and_fragmented(
    turns: list[tuple[bool, bytes]], dice: random.Random, tagged: bool, client_isn: int, server_isn: int
) -> None:
    talk = Talk(client_isn=client_isn, server_isn=server_isn, tags=(0x8100,) if tagged else ())
    steps: list[Step] = [*talk.handshake()]
    identifications = itertools.count(1)
    for from_client, said in turns:
        segments = cut(talk, from_client, said, dice)
        if dice.random() < 0.3 and not tagged:
            size = 8 * dice.randrange(1, 5)
            segments = [pieces(frame, size, next(identifications)) for (frame,) in segments]
            for parts in segments:
                dice.shuffle(parts)
        dice.shuffle(segments)
        steps += [frame for frames in segments for frame in frames]
        steps.append(talk.ack(not from_client))
    steps += [talk.fin(True), talk.ack(False), talk.fin(False)]
    steps.append(talk.frame(True, talk.sent[True] + 1, ack=talk.sent[False] + 1))
    assert_agreed(lined_up(steps))


def cut(talk: Talk, from_client: bool, said: bytes, dice: random.Random) -> list[list[bytes]]:
    """One side's octets in segments that lie end to end, some of them twice."""
    segments = []
    while said:
        length = dice.randrange(1, len(said) + 1)
        segments += [[talk.says(from_client, said[:length], flags=PSH | ACK)]] * dice.choice([1, 1, 2])
        said = said[length:]
    return segments


def test_urgent_octets_stay_in_their_place() -> None:
    talk = Talk()
    handshake, said = talk.handshake(), bytearray(talk.c(b"ab!cd"))
    said[14 + 20 + 13] |= 0x20
    said[14 + 20 + 19] = 3
    packets = lined_up([*handshake, bytes(said), talk.c(b"e"), *talk.goodbye()])
    events = events_of(lambda callback: made("libnids", callback), packets)
    assert joined(events, True) == b"ab!cde"
    assert [event.sequence for event in events[:-1]] == [1001, 1003, 1004, 1006]  # type: ignore[union-attr]


# The simulator's conversations, as taps show them.


@pytest.mark.parametrize("seed", range(1, 4))
@pytest.mark.parametrize("view", ["as it was", "every packet twice", "keep-alives", "802.1Q", "padding", "wrap"])
def test_simulated_conversations(view: str, seed: int) -> None:
    change = {
        "as it was": list,
        "every packet twice": nasties.duplicate,
        "keep-alives": nasties.keep_alives,
        "802.1Q": lambda frames: links.vlan(frames, (0x8100, 42)),
        "padding": links.pad,
        "wrap": nasties.seq_wrap,
    }[view]
    frames = change(random_world(seed, length=15).capture().frames)
    numbered = enumerate(frames, 1)
    assert_agreed([Packet(f.time, f.octets, f.wire_length, 1, n, "simulated") for n, f in numbered])


# What it is for.


def test_what_libnids_owes_is_said_at_the_end() -> None:
    talk = Talk()
    steps = [*talk.handshake(), talk.c(b"one")]
    talk.c(b"lost")
    events = events_of(
        lambda callback: made("libnids", callback),
        lined_up([*steps, talk.c(b"two"), talk.ack(False), talk.rst(True)]),
    )
    gap = events[1]
    assert (gap.sequence, gap.length) == (1001 + 10, 7)  # type: ignore[union-attr]
    assert isinstance(events[2], StreamEnd)


def test_second_engine_at_a_time_is_refused() -> None:
    made("libnids", print)
    with pytest.raises(Exception, match="libnids is in use"):
        made("libnids", print)


def test_missing_libnids_is_said_with_what_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "reassembly.nids", None)
    with pytest.raises(EngineUnavailable, match=r"not built here \(.*\): apt-get install libnids-dev"):
        make_engine("libnids", print, server_ports=frozenset())


def test_vlans_cannot_be_kept_apart() -> None:
    with pytest.raises(EngineUnavailable, match="use --separate-vlans with --engine native"):
        make_engine("libnids", print, server_ports=frozenset(), separate_vlans=True)


def test_counters_add_up() -> None:
    engine = made("libnids", print)
    talk = Talk()
    steps = [*talk.handshake(), talk.c(b"a" * 40), *pieces(talk.c(b"b" * 40), 16), b"", b"\0" * 60]
    steps += [Talk(client=("2001:db8::1", 1), server=("2001:db8::2", 2)).syn(), talk.c(b"cut")[:-1]]
    for packet in lined_up(steps):
        engine.feed(packet)
    engine.feed(Packet(0, b"", None, 147, 99, "x"))
    engine.close()
    c = engine.counters
    assert (c.packets, c.tcp_segments, c.flows, c.flows_now, c.flows_peak) == (13, 5, 1, 0, 1)
    assert (c.fragments, c.datagrams_joined, c.fragments_dropped) == (4, 1, 0)
    assert (c.unknown_link, c.not_ip, c.malformed, c.truncated) == (1, 2, 2, 1)
    refused = c.unknown_link + c.not_ip + c.malformed
    assert c.packets == c.tcp_segments + refused + c.fragments - c.datagrams_joined


WHOLE = [
    PCAPS / f"{name}.pcap"
    for name in ("demo", "chunked", "duplicated-conflicting", "hostile-names", "hostile-texts", "msnp12-three",
                 "msnp15-untapped-friends", "msnp18-endpoints", "msnp8-group-chat", "msnp8-two-ends",
                 "port-reuse-noise")
] + [
    SHARED / f"{name}.pcap"
    for name in ("msnp8-msnlib", "msnp9-amsn", "msnp12-amsn", "ppa-msnms", "msnp15-emesene",
                 "msnp15-emesene.retrans", "msnp15-emesene.seq-wrap", "msnp15-emesene.link-null",
                 "msnp15-emesene.link-raw", "msnp15-emesene.link-sll", "msnp15-emesene.vlan-qinq")
]  # fmt: skip
"""Captures of which nothing is missing that libnids needs."""


@pytest.mark.parametrize("capture", WHOLE, ids=lambda path: path.stem)
def test_pypcap_libnids_analyze_packet_records(capture: Path) -> None:
    """The card's own chain: the records are those of our engine, their ids and times included."""
    if not capture.exists():
        pytest.skip("captures of real clients are not here")
    records = replay("--all", "--source", BINDING, "--engine", "libnids", capture)
    assert records == replay("--all", "--engine", "native", capture)
    assert records


def test_the_cards_chain_finds_what_was_said() -> None:
    truth = json.loads((PCAPS / "demo.truth.json").read_text())
    done = run("replay", "--no-db", "--format", "jsonl", "--source", BINDING, "--engine", "libnids",
               "-v", "--all", PCAPS / "demo.pcap")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"reading by {BINDING}" in done.stderr
    found = {(r["sender"], r["text"]) for r in map(json.loads, done.stdout.splitlines()) if r["event"] == "message"}
    assert found == {(said["sender"], said["text"]) for said in truth["messages"]}


def test_what_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    done = run("replay", "--all", "--no-db", "--engine", "libnids", "--separate-vlans", PCAPS / "demo.pcap")
    assert done.returncode == 2
    assert "libnids does not look at VLAN tags" in done.stderr
    assert "Traceback" not in done.stderr
