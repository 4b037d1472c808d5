"""Fragmented datagrams: made whole in any order, bounded whatever comes."""

import itertools
import os
import random
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.packet import Packet
from reassembly.counters import Counters
from reassembly.events import StreamEvent
from reassembly.fragments import PIECE_COST, SECOND, Defragmenter, FragmentLimits, Whole
from reassembly.headers import HeaderReader, Segment
from reassembly.layers import VLAN
from reassembly.native import NativeEngine
from tests.reassembly.crafting import START, Talk, ethernet, joined, lined_up, write_pcap
from tests.reassembly.tunnel_crafting import (
    Wrap,
    erspan_2,
    fragments,
    frame_of,
    gre,
    ipv4,
    ipv6,
    item,
    udp,
    vxlan,
)

SAID = bytes(range(256)) * 2
ETHERTYPE = {4: 0x0800, 6: 0x86DD}


def feed(
    frames: list[bytes], *, verify: bool = False, step: int = 1000, link_type: int = 1
) -> tuple[list[Segment], dict[str, int]]:
    counters = Counters()
    reader = HeaderReader(counters, verify)
    segments = []
    for number, frame in enumerate(frames):
        segment = reader.read(frame, len(frame), link_type, START + number * step)
        if segment is not None:
            segments.append(segment)
    reader.close()
    counted = {name: n for name, n in counters.as_dict().items() if n and "in_" not in name and name != "packets"}
    return segments, counted


def pieces_of(version: int, size: int = 64, said: bytes = SAID, tags: tuple[int, ...] = ()) -> list[bytes]:
    datagram = frame_of(version, said)[14:]
    return [ethernet(piece, ETHERTYPE[version], tags) for piece in fragments(datagram, size)]


def whole(version: int, path: bytes = b"") -> Segment:
    (segment,), _ = feed([frame_of(version, SAID)])
    return (*segment[:6], path, segment[7])


each_version = pytest.mark.parametrize("version", [4, 6])


@each_version
@pytest.mark.parametrize("size", [8, 64, 512])
@pytest.mark.parametrize("verify", [False, True])
@pytest.mark.parametrize("order", ["first to last", "last to first", "shuffled"])
def test_any_order(version: int, size: int, verify: bool, order: str) -> None:
    frames = pieces_of(version, size)
    if order == "last to first":
        frames.reverse()
    elif order == "shuffled":
        random.Random(size).shuffle(frames)
    segments, counted = feed(frames, verify=verify)
    assert segments == [whole(version)]
    assert counted == {"fragments": len(frames), "datagrams_joined": 1, "tcp_segments": 1}


@each_version
def test_duplicates(version: int) -> None:
    frames = [frame for frame in pieces_of(version) for _ in range(2)]
    segments, counted = feed(frames)
    assert segments == [whole(version)]
    assert "fragments_dropped" not in counted


@each_version
def test_the_copy_of_the_last_piece_waits_for_nothing(version: int) -> None:
    """A mirror that shows each packet twice, then another datagram of the same number."""
    frames = [frame for frame in pieces_of(version, said=b"a" * 100) for _ in range(2)]
    frames += pieces_of(version, said=b"b" * 100)
    segments, counted = feed(frames)
    assert [segment[4] for segment in segments] == [b"a" * 100, b"b" * 100]
    assert "fragments_dropped" not in counted


@each_version
def test_a_lost_piece_is_waited_for_within_bounds_of_time(version: int) -> None:
    frames = pieces_of(version)
    segments, counted = feed(frames[:-1])
    assert segments == []
    assert counted == {"fragments": len(frames) - 1, "fragments_dropped": len(frames) - 1}
    assert feed(frames, step=30 * SECOND // (len(frames) - 1))[0] == [whole(version)]
    assert feed(frames, step=31 * SECOND // (len(frames) - 1))[0] == []


@each_version
def test_strangers_of_another_vlan_do_not_mix(version: int) -> None:
    here, there = pieces_of(version, tags=(0x8100,)), pieces_of(version)
    assert feed([*here[:-1], there[-1]])[0] == []
    segments, _ = feed([*here[:-1], *there, here[-1]])
    assert segments == [whole(version), whole(version, item(VLAN, 100))]


def test_overlap_of_ipv4_keeps_the_first_octets() -> None:
    frames = pieces_of(4)
    forged = [frame[:34] + b"X" * (len(frame) - 34) for frame in frames]
    assert feed([frames[0], *(f for pair in zip(frames[1:], forged[1:], strict=True) for f in pair)])[0] == [
        whole(4)
    ]


def test_overlap_of_ipv6_refuses_the_datagram() -> None:
    frames = pieces_of(6)
    datagram = frame_of(6, SAID)[14:]
    overlapping = ethernet(fragments(datagram, 72)[1], 0x86DD)
    segments, counted = feed([frames[0], frames[1], overlapping, *frames[2:]])
    assert segments == []
    assert counted == {"fragments": len(frames) + 1, "fragments_dropped": len(frames) + 1}


@pytest.mark.parametrize("size", [1, 7, 12])
def test_piece_that_is_no_multiple_of_eight(size: int) -> None:
    """Only the last may be: a host takes of the others what is, in IPv6 nothing."""
    datagram = frame_of(4, SAID)[14:]
    data = datagram[20:]
    first = bytearray(datagram[:20] + data[:size])
    first[2:4] = struct.pack(">H", 20 + size)
    first[6:8] = b"\x20\x00"
    rest = fragments(datagram, 8)[1 if size > 8 else 0 :]
    segments, _ = feed([ethernet(bytes(first), 0x0800), *(ethernet(piece, 0x0800) for piece in rest)])
    assert segments == [whole(4)]


def test_no_datagram_is_longer_than_can_be() -> None:
    frames = pieces_of(4)
    beyond = bytearray(frames[-1])
    beyond[20:22] = b"\x1f\xff"
    assert feed([*frames[:-1], bytes(beyond), frames[-1]])[0] == [whole(4)]
    assert feed([bytes(beyond)])[1] == {"fragments": 1, "fragments_dropped": 1}


def test_piece_beyond_the_last_one_is_refused() -> None:
    frames = pieces_of(4)
    short = bytearray(frames[2])
    short[20:22] = struct.pack(">H", 128 >> 3)  # says that it is the last
    segments, counted = feed([frames[3], bytes(short), *frames])
    assert segments == [whole(4)]
    assert counted["fragments_dropped"] == 1


@pytest.mark.parametrize(
    "datagram",
    [
        ipv4(1, bytes(100)),
        ipv4(50, bytes(100)),
        ipv6(58, bytes(100)),
        ipv4(17, udp(53, bytes(100))),
    ],
    ids=["ICMP", "ESP", "ICMPv6", "DNS"],
)
def test_what_cannot_lead_to_tcp_takes_no_memory(datagram: bytes) -> None:
    frames = [ethernet(piece, ETHERTYPE[datagram[0] >> 4]) for piece in fragments(datagram, 24)]
    assert feed(frames) == ([], {"not_tcp": len(frames)})


def test_pieces_that_came_before_the_ports_are_forgotten_with_them() -> None:
    frames = [ethernet(piece, 0x0800) for piece in fragments(ipv4(17, udp(53, bytes(100))), 24)]
    assert feed([*frames[1:], frames[0], frames[1]]) == ([], {"fragments": len(frames) - 1, "not_tcp": 2})


@each_version
def test_cut_by_the_snapshot_length(version: int) -> None:
    """What was captured up to the first loss is used."""
    frames = pieces_of(version, 256)
    expected = whole(version)
    counters = Counters()
    reader = HeaderReader(counters)
    segments = [reader.read(f[:150], len(f), 1, START) for f in frames]
    held = 150 - (34 if version == 4 else 62) - 20
    assert segments[:-1] == [None] * (len(frames) - 1)
    assert segments[-1] == (*expected[:4], SAID[:held], len(SAID) - held, b"", expected[7])
    assert counters.truncated == 1


@each_version
@pytest.mark.parametrize(
    "wrap",
    [erspan_2, lambda f: ethernet(ipv4(17, udp(4789, vxlan(f))), 0x0800), lambda f: gre(0x6558, f)],
    ids=["ERSPAN", "VXLAN", "GRE"],
)
def test_tunnel_that_was_fragmented(version: int, wrap: Wrap) -> None:
    """A mirrored frame of full size does not fit into the tunnel's own packets."""
    outer = wrap(frame_of(version, SAID))
    (expected,), _ = feed([outer])
    for order in itertools.permutations(fragments(outer[14:], 200)):
        segments, counted = feed([ethernet(piece, 0x0800) for piece in order])
        assert segments == [expected]
        assert counted == {"fragments": len(order), "datagrams_joined": 1, "tcp_segments": 1}


@each_version
def test_fragments_in_a_tunnel_that_was_fragmented(version: int) -> None:
    frames = []
    for number, piece in enumerate(pieces_of(version, 256)):
        outer = bytearray(erspan_2(piece)[14:])
        outer[4:6] = struct.pack(">H", number)
        frames += [ethernet(part, 0x0800) for part in fragments(bytes(outer), 160)]
    segments, counted = feed(frames[::-1])
    assert [segment[4] for segment in segments] == [SAID]
    assert counted["datagrams_joined"] == 3  # two of the three pieces came in parts themselves, and the whole


def test_extension_headers_behind_the_fragment_header() -> None:
    datagram = frame_of(6, SAID)[14:]
    extended = datagram[:4] + struct.pack(">HB", len(datagram) - 40 + 8, 60) + datagram[7:40]
    extended += b"\x06" + bytes(7) + datagram[40:]
    segments, _ = feed([ethernet(piece, 0x86DD) for piece in fragments(extended, 64)])
    assert segments == [whole(6)]


@each_version
def test_stream_of_fragments_comes_out_of_the_engine(version: int) -> None:
    ends = ("10.0.0.1", "192.0.2.1") if version == 4 else ("2001:db8::1", "2001:db8::2")
    talk = Talk(client=(ends[0], 40000), server=(ends[1], 1863))
    steps = talk.handshake()
    for number in range(20):
        segment = talk.c(bytes([number]) * 100)
        made = bytearray(segment[14:])
        if version == 4:
            made[4:6] = struct.pack(">H", number)
        pieces = fragments(bytes(made), 40)
        if version == 6:
            pieces = [piece[:44] + struct.pack(">I", number) + piece[48:] for piece in pieces]
        steps += [ethernet(piece, ETHERTYPE[version]) for piece in pieces[::-1]]
    events: list[StreamEvent] = []
    engine = NativeEngine(events.append)
    for packet in lined_up(steps):
        engine.feed(packet)
    engine.feed(lined_up([pieces_of(4)[0]], start=START + SECOND)[0])
    engine.close()
    assert joined(events, True) == b"".join(bytes([number]) * 100 for number in range(20))
    assert engine.counters.fragments_dropped == 1


# The bounds.

KEY = (b"", b"abcdwxyz", 1)
KEY_6 = (b"", b"a" * 32, 1)


def key(number: int) -> tuple[bytes, bytes, int]:
    return b"", b"abcdwxyz", number


def test_datagrams_are_bounded_and_the_oldest_goes() -> None:
    counters = Counters()
    defragmenter = Defragmenter(counters, FragmentLimits(datagrams=3))
    for number in range(4):
        assert defragmenter.add(key(number), (0, 8, b"8 octets"), True, 6) is None
    assert counters.fragments_dropped == 1
    assert defragmenter.add(key(1), (8, 12, b"last"), False, 6) == (b"8 octetslast", 12, 6)
    assert defragmenter.add(key(0), (8, 12, b"last"), False, 6) is None


def test_octets_in_all_are_bounded() -> None:
    counters = Counters()
    defragmenter = Defragmenter(counters, FragmentLimits(octets=10_000))
    for number in range(100):
        defragmenter.add(key(number), (0, 800, bytes(800)), True, 6)
        assert defragmenter.held <= 10_000
    assert counters.fragments_dropped == 100 - 10_000 // (800 + PIECE_COST)


def test_packets_that_are_attached_count_as_well() -> None:
    """A tiny piece may come in a packet that is large, by its padding."""
    defragmenter = Defragmenter(Counters(), FragmentLimits(octets=10_000))
    for number in range(100):
        defragmenter.add(key(number), (0, 8, bytes(8)), True, 6)
        packet = Packet(START, bytes(1000), 1000, 1, number, "")
        assert defragmenter.attach(packet) == (packet,)
        assert defragmenter.held <= 10_000
    assert defragmenter.add(key(99), (8, 12, b"last"), False, 6) is not None
    assert [one.number for one in defragmenter.attach(packet._replace(number=100))] == [99, 100]
    assert defragmenter.add(key(99), (8, 12, b"last"), False, 6) is None
    assert [one.number for one in defragmenter.attach(packet._replace(number=101))] == [101]
    defragmenter.close()
    assert defragmenter.held == 0


def test_pieces_of_a_datagram_are_bounded() -> None:
    counters = Counters()
    defragmenter = Defragmenter(counters, FragmentLimits(pieces=10))
    for number in range(20):
        assert defragmenter.add(KEY, (number * 16, number * 16 + 8, bytes(8)), True, 6) is None
    assert defragmenter.held == 0
    assert counters.fragments_dropped == 20


def test_waits_end_also_where_the_clock_was_set_back() -> None:
    for by in (31 * SECOND, -31 * SECOND):
        counters = Counters()
        defragmenter = Defragmenter(counters)
        defragmenter.advance(START)
        defragmenter.add(KEY, (0, 8, bytes(8)), True, 6)
        defragmenter.advance(START + by)
        assert counters.fragments_dropped == 1
        assert defragmenter.held == 0


Pieces = list[tuple[int, int, bool]]
hostile = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 40), st.booleans()), max_size=30)


@given(hostile, st.sampled_from([KEY, KEY_6]))
def test_like_a_naive_model(pieces: Pieces, datagram_key: tuple[bytes, bytes, int]) -> None:
    """Octet by octet: the first copy wins in IPv4, an overlap that is no copy ends it in IPv6."""
    counters = Counters()
    defragmenter = Defragmenter(counters)
    octets: dict[int, int] = {}
    seen: list[tuple[int, int, int, bool]] = []
    length = -1
    ended = False
    for number, (eighths, size, more) in enumerate(pieces):
        begin, end = eighths * 8, eighths * 8 + size
        data = bytes([number]) * size
        result = defragmenter.add(datagram_key, (begin, end, data), more, 6)
        end -= size & 7 if more else 0
        if ended or begin == end or (more and size & 7 and datagram_key is KEY_6):
            assert result is None
            continue
        if datagram_key is KEY_6 and octets.keys() & range(begin, end):
            ended = True
            assert result is None
            continue
        if (end > length >= 0) or (length < 0 and not more and any(at >= end for at in octets)):
            assert result is None
            continue
        if not more and length < 0:
            length = end
        for at in range(begin, end):
            octets.setdefault(at, number)
        seen.append((begin, end, number, more))
        if len(octets) == length:
            assert result == (bytes(octets[at] for at in range(length)), length, 6)
            return
        assert result is None


@given(hostile, st.integers(0, 40), st.integers(0, 3))
def test_whatever_comes_the_books_balance(pieces: Pieces, captured: int, number: int) -> None:
    counters = Counters()
    limits = FragmentLimits(datagrams=2, octets=600, pieces=4, copies=1)
    defragmenter = Defragmenter(counters, limits)
    joined_octets: list[Whole] = []
    for at, (eighths, size, more) in enumerate(pieces):
        defragmenter.advance(at * SECOND)
        piece = (eighths * 8, eighths * 8 + size, bytes(min(size, captured)))
        one = defragmenter.add(key((eighths + number) % 4), piece, more, 6)
        assert defragmenter.held <= limits.octets
        if one is not None:
            joined_octets.append(one)
            assert len(one[0]) <= one[1]
    defragmenter.close()
    assert defragmenter.held == 0
    assert counters.fragments == len(pieces)
    assert counters.datagrams_joined == len(joined_octets)
    assert counters.fragments_dropped <= counters.fragments


def test_tshark_joins_the_same(tmp_path: Path) -> None:
    if shutil.which("tshark") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("tshark is missing, and in CI it must not be")
        pytest.skip("tshark is not installed")
    frames = [
        *pieces_of(4),
        *pieces_of(6)[::-1],
        *(ethernet(piece, 0x0800) for piece in fragments(erspan_2(frame_of(4, SAID))[14:], 400)),
    ]
    path = tmp_path / "fragments.pcap"
    write_pcap(str(path), [Packet(START + i, f, len(f), 1, i, "") for i, f in enumerate(frames)])
    told = subprocess.run(
        ["tshark", "-r", str(path), "-Y", "tcp", "-T", "fields", "-e", "frame.number", "-e", "tcp.payload"],
        capture_output=True,
        text=True,
        check=True,
    )
    reader = HeaderReader(Counters())
    ours = [
        f"{number}\t{segment[4].hex()}"
        for number, frame in enumerate(frames, 1)
        if (segment := reader.read(frame, len(frame), 1, START)) is not None
    ]
    assert len(ours) == 3
    assert told.stdout.splitlines() == ours
