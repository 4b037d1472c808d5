"""The parsers of pcap and pcapng: whole, octet by octet, and hostile."""

import struct
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.errors import CaptureError, Unsupported
from capture.files import open_files
from capture.filters import filter_for_ports
from capture.formats import LATEST, Frame, parser_for
from tests.capture.crafting import (
    FILE_READERS,
    SECOND,
    START,
    block,
    enhanced,
    ethernet,
    interface,
    option,
    pcap,
    pcapng,
    section,
    tcp,
)

FRAMES = [ethernet(tcp(payload=b"MSG %d" % number)) for number in range(5)]


def parse(octets: bytes, step: int | None = None) -> list[Frame]:
    """The frames of a capture without damage, fed in pieces of ``step`` octets."""
    parser = parser_for(octets, "test")
    assert parser is not None
    step = step or len(octets)
    frames = [frame for at in range(0, len(octets), step) for frame in parser.feed(octets[at : at + step])]
    assert parser.end() is None
    return frames


def everything() -> bytes:
    """A pcapng file with what the format has: byte orders, sections, clocks, blocks to skip."""
    parts = []
    for order in "<>":
        parts += [
            section(order),
            block(4, b"names", order),
            interface(1, option(2, b"eth0", order), option(9, b"\x09", order), order=order),
            interface(
                101, option(9, b"\x94", order), option(14, struct.pack(order + "q", 1000), order), order=order
            ),
            interface(113, option(9, b"\x03", order), order=order, snaplen=20),
            enhanced(FRAMES[0], START, 0, order=order, wire=5000),
            enhanced(FRAMES[1][14:], (START // SECOND - 1000) * 2**20 + 2**19, 1, order=order),
            enhanced(FRAMES[2], START // 10**6, 2, order=order),
            block(0x0BAD, b"custom block of somebody", order),
            block(3, struct.pack(order + "I", 50) + FRAMES[3][:50], order),
            block(
                2,
                struct.pack(order + "HHIIII", 0, 3, START >> 32, START & 0xFFFFFFFF, 7, 9) + b"seven77",
                order,
            ),
        ]
    return b"".join(parts)


@pytest.mark.parametrize("step", [None, 1, 7, 64, 1000])
def test_pcapng_in_pieces_of_any_size(step: int | None) -> None:
    half = [
        (START, FRAMES[0], 5000, 1),
        (START // SECOND * SECOND + SECOND // 2, FRAMES[1][14:], len(FRAMES[1]) - 14, 101),
        (START // 10**6 * 10**6, FRAMES[2], len(FRAMES[2]), 113),
        (START // 10**6 * 10**6, FRAMES[3][:50], 50, 1),
        (START, b"seven77", 9, 1),
    ]
    assert parse(everything(), step) == half * 2


@pytest.mark.parametrize("step", [None, 1, 7, 64])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("tick", [1, 1000])
def test_pcap_in_pieces_of_any_size(step: int | None, order: str, tick: int) -> None:
    frames = parse(pcap(FRAMES, order=order, tick=tick), step)
    assert [octets for _, octets, _, _ in frames] == FRAMES
    assert frames[1][0] == (START + 1_000_000) // tick * tick


def test_simple_packet_is_cut_at_the_snaplen() -> None:
    content = section() + interface(snaplen=20) + block(3, struct.pack("<I", 70) + FRAMES[0][:20])
    assert parse(content) == [(0, FRAMES[0][:20], 70, 1)]


@pytest.mark.parametrize(
    ("options", "ticks", "time"),
    [
        ([option(9, b"\xff")], 2**64 - 1, 0),  # 2 to the power of 127
        ([option(9, b"\x7f")], 2**64 - 1, 0),  # 10 to the power of 127
        ([option(9, b"\x00")], 2**64 - 1, LATEST),
        ([option(14, struct.pack("<q", 2**63 - 1))], 0, LATEST),
        ([option(14, struct.pack("<q", -(2**63)))], 0, 0),
        ([option(14, b"short")], 7, 7000),
        ([option(9, b"")], 7, 7000),
        ([b"\x09\x00\xff\xff"], 7, 7000),
    ],
)
def test_hostile_clocks(options: list[bytes], ticks: int, time: int) -> None:
    content = section() + interface(1, *options) + enhanced(b"abcd", ticks)
    assert [frame[0] for frame in parse(content)] == [time]


def test_no_capture() -> None:
    assert parser_for(b"MZ\x90\x00", "x") is None


MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "length", "double"]),
        st.integers(0, 2000),
        st.one_of(st.integers(0, 2**32 - 1), st.sampled_from([0, 1, 3, 12, 0xFFFFFFFF, 0x7FFFFFFF, 262_145])),
    ),
    max_size=6,
)


def mutate(octets: bytes, mutations: list[tuple[str, int, int]]) -> bytes:
    """A capture with octets changed, cut away, lengths overwritten, pieces repeated."""
    content = bytearray(octets)
    for kind, where, value in mutations:
        if not content:
            break
        at = where % len(content)
        if kind == "flip":
            content[at] ^= value % 255 + 1
        elif kind == "cut":
            del content[at : at + value % 50]
        elif kind == "length":
            at -= at % 4
            content[at : at + 4] = struct.pack("<I", value)
        else:
            content[at:at] = content[: value % 200]
    return bytes(content)


CAPTURES = st.one_of(
    st.binary(max_size=400),
    st.builds(
        mutate, st.sampled_from([pcap(FRAMES), pcap(FRAMES, order=">"), pcapng(FRAMES), everything()]), MUTATIONS
    ),
    st.builds(
        lambda magic, rest: magic + rest,
        st.sampled_from([pcap([]), section() + interface()]),
        st.binary(max_size=400),
    ),
)


@settings(max_examples=1500, deadline=None)
@given(CAPTURES, st.integers(1, 500))
def test_parser_survives_anything(octets: bytes, step: int) -> None:
    parser = parser_for(octets, "fuzz")
    if parser is None:
        return
    held = 0
    try:
        frames = []
        for at in range(0, len(octets), step):
            frames += parser.feed(octets[at : at + step])
            held = max(held, parser._held)
        cut = parser.end()
    except Unsupported:
        return
    assert held <= len(octets)
    assert sum(len(frame) for _, frame, _, _ in frames) <= len(octets)
    assert all(0 <= time <= LATEST for time, _, _, _ in frames)
    assert cut is None or 0 <= cut.offset <= len(octets)
    # The same octets in one piece tell the same.
    whole = parser_for(octets, "fuzz")
    assert whole is not None
    assert whole.feed(octets) == frames
    assert whole.end() == cut


def read_file(octets: bytes, reader: str) -> list[tuple[int, bytes, int]]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "fuzz"
        path.write_bytes(octets)
        try:
            with open_files([str(path)], reader) as source:
                packets = [packet for batch in source.batches() for packet in batch]
                assert source.counters.received == len(packets)
        except CaptureError:
            return []
    assert [packet.number for packet in packets] == list(range(1, len(packets) + 1))
    return [(packet.number, packet.octets, packet.link_type) for packet in packets]


@pytest.mark.parametrize("reader", FILE_READERS)
@settings(max_examples=300, deadline=None)
@given(CAPTURES)
def test_source_survives_anything(reader: str, octets: bytes) -> None:
    read_file(octets, reader)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([0, 1, 9, 101, 108, 113, 276]))
def test_filter_survives_any_frame(frame: bytes, link_type: int) -> None:
    from capture.bpf import Program  # noqa: PLC0415

    Program(filter_for_ports([1863])(link_type), link_type).accepts(frame)
