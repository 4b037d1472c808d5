"""The short way through headers and engine against the long one: they say the same, whatever comes."""

import random
from pathlib import Path

import pytest

from capture.packet import Packet
from reassembly.counters import Counters
from reassembly.headers import HeaderReader, Segment
from reassembly.native import NativeEngine
from reassembly.plain import Plain
from tests.reassembly.crafting import START, Talk, write_pcap
from tests.reassembly.worlds import world

LINKS = {1: 0, 113: 16, 276: 20, 12: 0, 14: 0, 101: 0, 228: 0, 229: 0}
"""Link types that Plain reads, and the octets of their header where it is not Ethernet's."""


def short_way(plain: Plain, octets: bytes, link_type: int) -> Segment | None:
    """Uncompiled, an octet behind the last that is looked at raises."""
    if not plain.read(octets, len(octets), link_type):
        return None
    return plain.segment(octets, octets[plain.payload : plain.end])


def long_way(octets: bytes, link_type: int) -> tuple[Segment | None, dict[str, int]]:
    counters = Counters()
    segment = HeaderReader(counters).read(octets, len(octets), link_type, START)
    return segment, {name: count for name, count in counters.as_dict().items() if count}


def on(link_type: int, frame: bytes) -> bytes:
    """An Ethernet frame on another link."""
    if link_type == 1:
        return frame
    kind, datagram = frame[12:14], frame[14:]
    if link_type == 113:
        return bytes(14) + kind + datagram
    if link_type == 276:
        return kind + bytes(18) + datagram
    return datagram


FRAMES = [
    talk.frame(True, 0, octets)
    for talk in (
        Talk(),
        Talk(tags=(0x8100,)),
        Talk(tags=(0x8100, 0x8100)),
        Talk(ipv4_options=b"\1\1\1\1"),
        Talk(client=("2001:db8::1", 40_000), server=("2001:db8::2", 1863)),
        Talk(client=("2001:db8::1", 40_000), server=("2001:db8::2", 1863), tags=(0x8100,)),
    )
    for octets in (b"", b"octets")
]


def agree(plain: Plain, octets: bytes, link_type: int) -> bool:
    short = short_way(plain, octets, link_type)
    if short is None:
        return False
    segment, counted = long_way(octets, link_type)
    assert short == segment
    assert counted == {"packets": 1, "tcp_segments": 1} | ({"in_vlan": 1} if plain.tag else {})
    return True


@pytest.mark.parametrize("link_type", LINKS)
def test_a_plain_frame_says_the_same_the_short_way(link_type: int) -> None:
    plain = Plain()
    tagged = (FRAMES[2], FRAMES[3], FRAMES[10], FRAMES[11]) if link_type == 1 else ()
    version = {228: (0, 1), 229: (8, 9)}.get(link_type, (0, 1, 8, 9))
    for frame in [*(FRAMES[index] for index in version), *tagged]:
        assert agree(plain, on(link_type, frame), link_type)
        assert agree(plain, on(link_type, frame) + b"padding", link_type)


@pytest.mark.parametrize("link_type", [*LINKS, 0, 9, 147])
def test_nothing_is_read_behind_the_end(link_type: int) -> None:
    plain = Plain()
    for frame in FRAMES:
        octets = on(link_type, frame)
        for length in range(len(octets)):
            agree(plain, octets[:length], link_type)


@pytest.mark.parametrize("seed", range(40))
def test_damaged_frames_say_the_same_the_short_way(seed: int) -> None:
    dice = random.Random(seed)
    plain = Plain()
    for _ in range(600):
        link_type = dice.choice(list(LINKS))
        octets = bytearray(on(link_type, dice.choice(FRAMES)))
        for _ in range(dice.choice([1, 1, 2, 5])):
            octets[dice.randrange(len(octets))] = dice.choice([0, 1, 6, 0x45, 0x60, 0x81, 255, dice.randrange(256)])
        if dice.random() < 0.3:
            del octets[dice.randrange(len(octets)) :]
        agree(plain, bytes(octets), link_type)


@pytest.mark.parametrize("settings", [{}, {"verify_checksums": True}, {"separate_vlans": True}])
@pytest.mark.parametrize("link_type", [1, 113, 276, 101])
@pytest.mark.parametrize("seed", range(6))
def test_a_block_is_its_packets(tmp_path: Path, seed: int, link_type: int, settings: dict) -> None:
    files = pytest.importorskip("capture.files")
    pytest.importorskip("capture.libpcap", reason="blocks come from compiled sources")
    path = str(tmp_path / "world.pcap")
    packets = [packet._replace(octets=on(link_type, packet.octets), link_type=link_type) for packet in world(seed)]
    write_pcap(path, page_sized(packets))
    told: list[tuple[list[str], dict[str, int]]] = []
    for taken in (lambda batch: batch, list):
        events: list[object] = []
        engine = NativeEngine(events.append, server_ports=frozenset({1863}), **settings)
        source = files.open_files([path], "libpcap")
        for batch in source.batches():
            assert hasattr(batch, "link_type"), "this source gives blocks"
            engine.feed_all(taken(batch))
        source.close()
        engine.close()
        told.append(([repr(event) for event in events], engine.counters.as_dict()))
    assert told[0] == told[1]
    assert told[0][1]["packets"] == len(packets) + 1


def page_sized(packets: list[Packet]) -> list[Packet]:
    """With one frame more, behind which memory ends: a file of whole pages is mapped up to its last octet."""
    size = 24 + sum(16 + len(packet.octets) for packet in packets) + 16
    last = packets[-1]
    octets = (last.octets[:50] + bytes(4_096))[: -size % 4_096]
    return [*packets, last._replace(time=last.time + 1, octets=octets, number=len(packets) + 1)]
