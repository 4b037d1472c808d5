"""Every link and tunnel: the same segment comes out, its path is told, and tshark reads the same octets."""

import os
import shutil
import struct
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.packet import Packet
from reassembly.counters import Counters
from reassembly.headers import HeaderReader, Segment, networks_of
from reassembly.layers import GRE_KEY, MPLS_LABEL, TEID, VLAN, VNI
from tests.reassembly.crafting import START, ethernet, write_pcap
from tests.reassembly.tunnel_crafting import (
    SAMPLES,
    Sample,
    erspan_2,
    erspan_3,
    frame_of,
    geneve,
    gre,
    gtp_u,
    ipv4,
    item,
    mpls,
    over_udp,
    pppoe,
    tzsp,
    udp,
    vxlan,
)

OCTETS = b"octets of the connection"
each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)


def read(
    octets: bytes, link_type: int = 1, wire_length: int | None = None, verify: bool = False
) -> tuple[Segment | None, dict[str, int]]:
    counters = Counters()
    segment = HeaderReader(counters, verify).read(octets, wire_length or len(octets), link_type, START)
    return segment, {name: n for name, n in counters.as_dict().items() if n and name != "packets"}


def plain(version: int) -> Segment:
    segment, _ = read(frame_of(version))
    assert segment is not None
    return segment


@each_sample
@pytest.mark.parametrize("verify", [False, True])
def test_the_same_segment_comes_out(sample: Sample, verify: bool) -> None:
    segment, counted = read(sample.wrap(frame_of(sample.version)), sample.link_type, verify=verify)
    expected = plain(sample.version)
    assert segment == (*expected[:6], sample.path, expected[7])
    assert counted == {"tcp_segments": 1, **dict.fromkeys(sample.counters, 1)}


@each_sample
def test_padding_is_not_payload(sample: Sample) -> None:
    """Behind the inner datagram, as in a short Ethernet frame, and behind the outer one."""
    inner = read(sample.wrap(frame_of(sample.version) + b"padded"), sample.link_type)
    outer = read(sample.wrap(frame_of(sample.version)) + b"padded", sample.link_type)
    assert inner == outer == read(sample.wrap(frame_of(sample.version)), sample.link_type)


@each_sample
def test_length_zero_from_segmentation_offload(sample: Sample) -> None:
    frame = bytearray(frame_of(sample.version))
    at = 16 if sample.version == 4 else 18
    frame[at : at + 2] = b"\0\0"
    segment, _ = read(sample.wrap(bytes(frame)), sample.link_type)
    assert segment is not None
    assert segment[4:6] == (OCTETS, 0)


@each_sample
def test_bad_inner_checksum_is_found_where_asked(sample: Sample) -> None:
    frame = frame_of(sample.version)
    wrapped = sample.wrap(frame[:-1] + b"X")
    assert read(wrapped, sample.link_type)[0] is not None
    assert read(wrapped, sample.link_type, verify=True)[0] is None


@each_sample
def test_cut_anywhere_by_the_snapshot_length(sample: Sample) -> None:
    """What was captured of the payload is used; where the capture ends before, it says why there is none."""
    frame = sample.wrap(frame_of(sample.version))
    whole, _ = read(frame, sample.link_type)
    assert whole is not None
    for captured in range(len(frame)):
        segment, counted = read(frame[:captured], sample.link_type, len(frame))
        missing = len(frame) - captured
        if missing <= len(OCTETS):
            assert segment == (*whole[:4], OCTETS[: len(OCTETS) - missing], missing, *whole[6:])
            assert counted["truncated"] == 1
        else:
            assert segment is None or not segment[4]
            reasons = {"malformed", "not_ip", "truncated"}
            assert sum(n for name, n in counted.items() if name in reasons) == 1


def test_truncated_by_the_mirror() -> None:
    """A switch may mirror only so many octets: the outer lengths are right, the inner one says more."""
    for wrap in (erspan_2, lambda frame: over_udp(4789, vxlan(frame)), lambda frame: over_udp(37008, tzsp(frame))):
        segment, counted = read(wrap(frame_of(4)[:-5]) + b"not the payload's")
        assert segment is not None
        assert segment[4:6] == (OCTETS[:-5], 5)
        assert counted["truncated"] == 1


def test_ports_either_way() -> None:
    frame = ethernet(ipv4(17, udp(50000, vxlan(frame_of(4)), source=4789)), 0x0800)
    assert read(frame)[1] == {"tcp_segments": 1, "in_vxlan": 1}


def test_networks_of_a_path() -> None:
    assert networks_of(b"") == b""
    session, call = item(GRE_KEY, 1), item(TEID, 2)
    assert networks_of(session + item(VLAN, 5) + call + item(MPLS_LABEL, 9) + item(VNI, 6)) == (
        item(VLAN, 5) + item(VNI, 6)
    )


def test_erspan_of_a_bare_datagram() -> None:
    segment, _ = read(erspan_3(frame_of(4)[14:], kind=2))
    assert segment is not None
    assert segment[4] == OCTETS


@pytest.mark.parametrize("version", [4, 6])
def test_tunnels_are_nested_up_to_a_bound(version: int) -> None:
    datagram = frame_of(version)[14:]
    for depth in range(8):
        segment, counted = read(datagram, 101)
        if depth <= 4:
            assert segment is not None
            assert segment[4] == OCTETS
        else:
            assert segment is None
            assert counted["too_nested"] == 1
        datagram = ipv4(4 if version == 4 else 41, datagram) if version == 4 or not depth else ipv4(4, datagram)


def test_labels_are_stacked_up_to_a_bound() -> None:
    assert read(ethernet(mpls(frame_of(4)[14:], *range(100, 130)), 0x8847))[0] is not None
    assert read(ethernet(mpls(frame_of(4)[14:], *range(100, 140)), 0x8847))[1]["too_nested"] == 1


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (gre(0x0800, frame_of(4)[14:], 0x4000, bytes(8)), "malformed"),
        (gre(0x0800, frame_of(4)[14:], 0x0002), "malformed"),
        (gre(0x880B, b"\x21" + frame_of(4)[14:], 0x1001, bytes(4)), "malformed"),
        (gre(0x0800, frame_of(4)[14:], 0x3001, bytes(8)), "malformed"),
        (gre(0x880B, b"", 0x2081, struct.pack(">HHI", 0, 9, 1)), "not_ip"),
        (gre(0x0806, bytes(28)), "not_ip"),
        (gre(0x88BE, b"\x20" + bytes(7) + frame_of(4), 0x1000, bytes(4)), "malformed"),
        (gre(0x22EB, b"\x10" + bytes(11) + frame_of(4), 0x1000, bytes(4)), "malformed"),
        (over_udp(4789, vxlan(frame_of(4), flags=0)), "malformed"),
        (over_udp(4790, vxlan(frame_of(4), flags=12, following=9)), "not_ip"),
        (over_udp(6081, b"\x40" + geneve(0x6558, frame_of(4))[1:]), "malformed"),
        (over_udp(6081, b"\x3f" + geneve(0x6558, frame_of(4))[1:]), "malformed"),
        (over_udp(2152, b"\x50" + gtp_u(frame_of(4)[14:])[1:]), "malformed"),
        (over_udp(2152, gtp_u(frame_of(4)[14:], flags=4, optional=b"\0\0\0\x85\0\0\0\0")), "malformed"),
        (over_udp(2152, gtp_u(b"", flags=4)), "malformed"),
        (over_udp(2152, b"\x32\x01\0\4\0\0\0\0\0\1\0\0"), "not_tcp"),
        (over_udp(2152, gtp_u(b"\x00" * 30)), "not_ip"),
        (over_udp(37008, b"\2" + tzsp(frame_of(4))[1:]), "malformed"),
        (over_udp(37008, tzsp(b"", b"\0\0\0")), "malformed"),
        (over_udp(37008, tzsp(b"", b"\x0a")), "malformed"),
        (over_udp(37008, tzsp(frame_of(4), kind=4)), "not_tcp"),
        (over_udp(37008, tzsp(frame_of(4), protocol=18)), "not_ip"),
        (over_udp(37008, tzsp(frame_of(4), bytes(32) + b"\1")), "too_nested"),
        (over_udp(2152, gtp_u(frame_of(4)[14:], flags=4, optional=b"\0\0\0\1" + b"\1\0\0\1" * 32)), "too_nested"),
        (over_udp(53, vxlan(frame_of(4))), "not_tcp"),
        (ethernet(ipv4(17, struct.pack(">HHHH", 1, 4789, 7, 0) + vxlan(frame_of(4))), 0x0800), "malformed"),
        (ethernet(ipv4(50, frame_of(4)[14:]), 0x0800), "not_tcp"),
        (ethernet(pppoe(b"\xc0\x21" + bytes(8)), 0x8864), "not_ip"),
        (ethernet(b"\x11\xa7" + pppoe(b"\0\x21" + frame_of(4)[14:])[2:], 0x8864), "not_ip"),
        (ethernet(b"\x21" + pppoe(b"\0\x21" + frame_of(4)[14:])[1:], 0x8864), "malformed"),
        (ethernet(mpls(b"\x10\0\0\x21" + frame_of(4)[14:], 1000), 0x8847), "not_ip"),
        (ethernet(b"\x42\x42\x03" + bytes(32), 35), "not_ip"),
    ],
)
def test_what_contradicts_its_tunnel_is_refused(frame: bytes, reason: str) -> None:
    segment, counted = read(frame)
    assert segment is None
    assert {name: n for name, n in counted.items() if "in_" not in name} == {reason: 1}


@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 199), st.integers(0, 255)), max_size=6),
    st.integers(0, 250),
    st.booleans(),
)
def test_mutated_frames_never_raise(
    sample: Sample, changes: list[tuple[int, int]], length: int, verify: bool
) -> None:
    frame = bytearray(sample.wrap(frame_of(sample.version)))
    for at, value in changes:
        frame[at % len(frame)] = value
    octets = bytes(frame[:length])
    counters = Counters()
    reader = HeaderReader(counters, verify)
    for time in range(3):
        segment = reader.read(octets, None, sample.link_type, START + time)
        assert segment is None or len(segment[4]) <= len(octets)
    c = counters
    refused = c.unknown_link + c.not_ip + c.not_tcp + c.malformed + c.bad_checksum + c.too_nested
    assert c.packets == refused + c.tcp_segments + c.fragments - c.datagrams_joined == 3


# An independent witness.

DECODE_AS = ("-d", "udp.port==8472,vxlan", "-d", "mpls.label==1001,pwethnocw")
"""What it reads only if it is told to."""
FIELDS = ("-e", "tcp.srcport", "-e", "tcp.seq_raw", "-e", "tcp.payload")
UNKNOWN_TO_TSHARK = {"null, IPv6 as 10 little"}


def told_by_tshark(path: Path) -> list[tuple[str, str, str]]:
    """Ports, sequence number and payload of the innermost TCP header of each frame."""
    told = subprocess.run(
        ["tshark", "-r", str(path), *DECODE_AS, "-T", "fields", *FIELDS],
        capture_output=True,
        text=True,
        check=True,
    )
    return [tuple((line + "\t\t").split("\t")[:3]) for line in told.stdout.splitlines()]  # type: ignore[misc]


def test_tshark_reads_the_same(tmp_path: Path) -> None:
    if shutil.which("tshark") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("tshark is missing, and in CI it must not be")
        pytest.skip("tshark is not installed")
    by_link: dict[int, list[tuple[int, Sample, bytes]]] = defaultdict(list)
    for port, sample in enumerate(SAMPLES, 40000):
        by_link[sample.link_type].append((port, sample, sample.wrap(frame_of(sample.version, OCTETS, port))))
    differ = {}
    for link_type, made in by_link.items():
        path = tmp_path / f"{link_type}.pcap"
        frames = [frame for _, _, frame in made]
        write_pcap(str(path), [Packet(START + i, f, len(f), link_type, i, "") for i, f in enumerate(frames)])
        for (port, sample, frame), told in zip(made, told_by_tshark(path), strict=True):
            segment, _ = read(frame, link_type)
            assert segment is not None
            ours = (str(int.from_bytes(segment[0][-4:-2], "big")), str(segment[1]), segment[4].hex())
            assert ours[0] == str(port)
            if ours != told and sample.name not in UNKNOWN_TO_TSHARK:
                differ[sample.name] = told
    assert differ == {}
