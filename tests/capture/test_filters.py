"""The default filter on every link type, compiled and run by libpcap."""

import os
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.bpf import FilterBank, Program
from capture.errors import BadFilter
from capture.filters import (
    MOST_PORTS_LIVE,
    TUNNEL_PORTS,
    TUNNEL_PROTOCOLS,
    _Headers,
    filter_by_expression,
    filter_for_ports,
    growing_filter_for_ports,
)
from tests.capture.crafting import LINKS, ethernet, pcap, tcp, tcp6

PORTS = [1863, 80]

WANTED = [
    tcp(1863),
    tcp(80),
    tcp6(1863),
    tcp6(80),
    tcp6(1863, hop_by_hop=True),
    tcp6(443, hop_by_hop=True),  # by design: libpcap does not look behind the extension header, we do
    tcp(443, fragment_offset=100),  # by design: no ports in it
]
UNWANTED = [tcp(443), tcp6(443), tcp(443)[:9] + b"\x11" + tcp(443)[10:]]


@pytest.mark.parametrize("link_type", LINKS)
def test_passes_what_may_be_on_the_ports(link_type: int) -> None:
    program = Program(filter_for_ports(PORTS)(link_type), link_type)
    wrap = LINKS[link_type]
    assert [program.accepts(wrap(packet)) for packet in WANTED] == [True] * len(WANTED)
    assert [program.accepts(wrap(packet)) for packet in UNWANTED] == [False] * len(UNWANTED)


def protocol(number: int, body: bytes = b"\0" * 40, *, offset: int = 0, options: bytes = b"") -> bytes:
    """An IPv4 packet of an IP protocol."""
    length = 20 + len(options) + len(body)
    first = 0x45 + len(options) // 4
    header = struct.pack(">BBHHHBBH", first, 0, length, 7, offset, 64, number, 0)
    return header + bytes([192, 0, 2, 1, 192, 0, 2, 2]) + options + body


def protocol6(number: int, body: bytes = b"\0" * 40) -> bytes:
    """The same over IPv6."""
    return struct.pack(">IHBB", 0x60000000, len(body), number, 64) + bytes(32) + body


def datagram(port: int) -> bytes:
    """UDP to this port."""
    return struct.pack(">HHHH", 50_000, port, 48, 0) + b"\0" * 40


def ip_kind(packet: bytes, four: int = 0x0800, six: int = 0x86DD) -> bytes:
    return (six if packet[0] >> 4 == 6 else four).to_bytes(2, "big")


MACS = bytes.fromhex("020000000001020000000002")
SLL = struct.pack(">HHH8s", 0, 1, 6, b"")
SLL2_TAIL = struct.pack(">HIHBB8s", 0, 1, 1, 0, 6, b"")
LABEL, BOTTOM = bytes.fromhex("0001003f"), bytes.fromhex("0002013f")
SESSION = bytes.fromhex("110000010020")

Wrap = Callable[[bytes], bytes]
PLACES: dict[str, tuple[int, Wrap]] = {
    "Ethernet": (1, ethernet),
    "802.1Q": (1, lambda p: ethernet(p, 0x8100)),
    "802.1ad": (1, lambda p: ethernet(p, 0x88A8, 0x8100)),
    "old stacked tags": (1, lambda p: ethernet(p, 0x9100, 0x8100)),
    "802.3 with SNAP": (1, lambda p: MACS + b"\0\x30\xaa\xaa\3\0\0\0" + ip_kind(p) + p),
    "cooked, SNAP": (113, lambda p: SLL + b"\0\4\xaa\xaa\3\0\0\0" + ip_kind(p) + p),
    "PPP with direction": (204, lambda p: b"\1\xff\x03" + ip_kind(p, 0x21, 0x57) + p),
    "Cisco HDLC by its own number": (104, lambda p: b"\x8f\x00" + ip_kind(p) + p),
    "MPLS": (1, lambda p: MACS + b"\x88\x47" + BOTTOM + p),
    "MPLS, two labels": (1, lambda p: MACS + b"\x88\x47" + LABEL + BOTTOM + p),
    "MPLS in a VLAN": (1, lambda p: MACS + bytes.fromhex("810000058847") + LABEL + BOTTOM + p),
    "PPPoE": (1, lambda p: MACS + b"\x88\x64" + SESSION + ip_kind(p, 0x21, 0x57) + p),
    "PPPoE in stacked VLANs": (
        1,
        lambda p: MACS + bytes.fromhex("88a80005810000068864") + SESSION + ip_kind(p, 0x21, 0x57) + p,
    ),
    "cooked": (113, lambda p: SLL + ip_kind(p) + p),
    "cooked, tagged": (113, lambda p: SLL + bytes.fromhex("81000005") + ip_kind(p) + p),
    "cooked, stacked": (113, lambda p: SLL + bytes.fromhex("88a8000581000006") + ip_kind(p) + p),
    "cooked 2": (276, lambda p: ip_kind(p) + SLL2_TAIL + p),
    "cooked 2, tagged": (276, lambda p: b"\x81\x00" + SLL2_TAIL + b"\0\x05" + ip_kind(p) + p),
    "raw": (101, bytes),
    "raw by libpcap's number": (12, bytes),
    "null, this byte order": (0, lambda p: struct.pack("=I", 10 if p[0] >> 4 == 6 else 2) + p),
    "null, big-endian": (0, lambda p: struct.pack(">I", 24 if p[0] >> 4 == 6 else 2) + p),
    "null, of a Mac": (0, lambda p: struct.pack("<I", 30 if p[0] >> 4 == 6 else 2) + p),
    "loop": (108, lambda p: struct.pack(">I", 24 if p[0] >> 4 == 6 else 2) + p),
    "PPP": (9, lambda p: b"\xff\x03" + ip_kind(p, 0x21, 0x57) + p),
    "PPP, compressed address": (9, lambda p: ip_kind(p, 0x21, 0x57) + p),
    "PPP, compressed protocol": (9, lambda p: ip_kind(p, 0x21, 0x57)[1:] + p),
    "PPP, MPLS": (9, lambda p: b"\xff\x03\x02\x81" + LABEL + BOTTOM + p),
    "PPP in HDLC": (50, lambda p: b"\xff\x03" + ip_kind(p, 0x21, 0x57) + p),
    "Cisco HDLC": (50, lambda p: b"\x0f\x00" + ip_kind(p) + p),
    "PPPoE alone": (51, lambda p: SESSION + ip_kind(p, 0x21, 0x57) + p),
    "raw IPv4": (228, bytes),
    "raw IPv6": (229, bytes),
}
"""Where an IP header may begin."""

UNSEEN = {"802.3 with SNAP", "cooked, SNAP", "MPLS in a VLAN"}
"""Where what is in the frames is not looked at: all passes."""

CARRIERS = [
    *(protocol(number) for number in TUNNEL_PROTOCOLS),
    *(protocol6(number) for number in TUNNEL_PROTOCOLS),
    *(protocol(number, offset=100) for number in (*TUNNEL_PROTOCOLS, 17)),
    *(protocol(17, datagram(port), options=b"\1" * 8) for port in TUNNEL_PORTS),
    *(protocol6(17, datagram(port)) for port in TUNNEL_PORTS),
]
"""Tunnels, and their later fragments."""
ON_PORT = [*WANTED, protocol(6, tcp()[20:], options=b"\1" * 40)]
STRANGERS = [
    *UNWANTED,
    protocol(17, datagram(53)),
    protocol6(17, datagram(53)),
    protocol(1),
    protocol6(58),
    protocol(6, tcp(443)[20:], options=b"\1" * 12),
]


@pytest.mark.parametrize("tunnels", [False, True])
@pytest.mark.parametrize("place", PLACES)
def test_finds_the_ip_header_wherever_it_begins(place: str, tunnels: bool) -> None:
    link_type, wrap = PLACES[place]
    program = Program(filter_for_ports(PORTS, tunnels)(link_type), link_type)
    assert [program.accepts(wrap(packet)) for packet in ON_PORT] == [True] * len(ON_PORT)
    unseen = place in UNSEEN
    assert [program.accepts(wrap(packet)) for packet in STRANGERS] == [unseen] * len(STRANGERS)
    assert [program.accepts(wrap(packet)) for packet in CARRIERS] == [tunnels or unseen] * len(CARRIERS)


@pytest.mark.parametrize("place", PLACES)
def test_tcpdump_counts_the_same(place: str, tmp_path: Path) -> None:
    if shutil.which("tcpdump") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("tcpdump is missing, and in CI it must not be")
        pytest.skip("tcpdump is not installed")
    link_type, wrap = PLACES[place]
    file = tmp_path / "all.pcap"
    file.write_bytes(pcap([wrap(packet) for packet in ON_PORT + STRANGERS + CARRIERS], link_type))
    for tunnels in (False, True):
        done = subprocess.run(
            ["tcpdump", "-r", str(file), "--count", filter_for_ports(PORTS, tunnels)(link_type)],
            capture_output=True,
            text=True,
            check=True,
        )
        passing = len(ON_PORT) + len(CARRIERS) * tunnels
        everything = len(ON_PORT) + len(STRANGERS) + len(CARRIERS)
        assert done.stdout.split()[0] == str(everything if place in UNSEEN else passing)


def test_what_lies_deeper_than_the_labels_looked_behind_passes() -> None:
    program = Program(filter_for_ports(PORTS)(1), 1)
    for packet in (tcp(443), tcp(1863)):
        assert program.accepts(MACS + b"\x88\x47" + LABEL * 2 + BOTTOM + packet)
    assert program.accepts(MACS + b"\x88\x47" + BOTTOM + ethernet(tcp(443)))  # a pseudo-wire


@pytest.mark.parametrize("link_type", sorted({link_type for link_type, _ in PLACES.values()}))
def test_fits_into_the_kernel(link_type: int) -> None:
    """Linux takes 4,096 instructions (BPF_MAXINSNS); beyond that libpcap would copy every frame to filter it."""
    program = Program(filter_for_ports([1863, 80, 443, 5050, 5190, 5222], tunnels=True)(link_type), link_type)
    assert len(program) < 4096


def test_looks_wherever_reassembly_looks() -> None:
    """Written down in two packages that do not know each other: what one reads, the other lets pass."""
    from reassembly.layers import IP_PROTOCOL, LLC, UDP_PORT  # noqa: PLC0415
    from reassembly.links import LINKS as READ  # noqa: PLC0415
    from reassembly.tunnels import LAYERS  # noqa: PLC0415

    unknown = filter_for_ports([1863])(999)
    assert {link for link in READ if filter_for_ports([1863])(link) == unknown} == set()
    assert set(TUNNEL_PORTS) == {layer - UDP_PORT for layer in LAYERS if UDP_PORT <= layer < LLC}
    protocols = {layer - IP_PROTOCOL for layer in LAYERS if IP_PROTOCOL <= layer < UDP_PORT}
    assert set(TUNNEL_PROTOCOLS) == protocols - {17}


@pytest.mark.parametrize("tags", [(0x8100,), (0x88A8, 0x8100), (0x8100, 0x8100)])
def test_looks_into_tagged_frames(tags: tuple[int, ...]) -> None:
    program = Program(filter_for_ports(PORTS)(1), 1)
    assert all(program.accepts(ethernet(packet, *tags)) for packet in WANTED)
    assert not any(program.accepts(ethernet(packet, *tags)) for packet in UNWANTED)


def test_udp_on_the_port_is_refused() -> None:
    packet = tcp(1863)
    assert not Program(filter_for_ports([1863])(101), 101).accepts(packet[:9] + b"\x11" + packet[10:])


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("tunnels", [False, True])
def test_every_port_lets_all_tcp_pass_and_nothing_else(place: str, tunnels: bool) -> None:
    link_type, wrap = PLACES[place]
    program = Program(filter_for_ports([], tunnels, every_port=True)(link_type), link_type)
    for packet in (tcp(443), tcp(5), tcp(443, fragment_offset=100), tcp6(443), tcp6(443, hop_by_hop=True)):
        assert program.accepts(wrap(packet))
    assert program.accepts(wrap(protocol(6, options=b"\0" * 8)))
    for packet in (protocol(17, datagram(53)), protocol6(17, datagram(53)), protocol(1), protocol6(58)):
        assert program.accepts(wrap(packet)) == (place in UNSEEN)
    for packet in CARRIERS:
        assert program.accepts(wrap(packet)) == (tunnels or place in UNSEEN)


@pytest.mark.parametrize("link_type", sorted({link_type for link_type, _ in PLACES.values()}))
def test_every_port_is_the_shorter_program(link_type: int) -> None:
    for tunnels in (False, True):
        every = Program(filter_for_ports([], tunnels, every_port=True)(link_type), link_type)
        one = Program(filter_for_ports([1863], tunnels)(link_type), link_type)
        assert len(every) < len(one)
    assert Program(filter_for_ports([], every_port=True)(999), 101).accepts(tcp(5))


def test_filter_that_grew_beyond_its_limit_lets_all_tcp_pass() -> None:
    every = filter_for_ports([], every_port=True)(1)
    spread = list(range(1863, 1863 + 2 * MOST_PORTS_LIVE, 2))
    assert growing_filter_for_ports(spread)(1) == filter_for_ports(spread)(1)
    assert growing_filter_for_ports([*spread, 80])(1) == every
    assert growing_filter_for_ports([*spread, 80], tunnels=True)(1) == filter_for_ports([], True, True)(1)
    assert len(Program(growing_filter_for_ports(spread)(1), 1)) < 1400


def test_both_numbers_of_raw_ip_compile() -> None:
    for link_type in (12, 101):
        assert Program(filter_for_ports([1863])(link_type), link_type).accepts(tcp())


@pytest.mark.parametrize("ports", [[], [0], [65_536], [-1]])
def test_ports_out_of_range(ports: list[int]) -> None:
    with pytest.raises(ValueError, match="TCP ports from 1 to 65535"):
        filter_for_ports(ports)


def test_users_expression_stands_for_every_link_type() -> None:
    assert {filter_by_expression("tcp port 5190")(link_type) for link_type in LINKS} == {"tcp port 5190"}


def test_empty_expression_lets_all_pass() -> None:
    assert Program("", 1).accepts(b"")


def test_length_on_the_wire_is_what_greater_asks_for() -> None:
    program = Program("greater 1000", 1)
    assert program.accepts(b"\0" * 60, 1000)
    assert not program.accepts(b"\0" * 60)


def test_truncated_frames_are_refused_not_read_beyond() -> None:
    program = Program(filter_for_ports([1863])(1), 1)
    frame = ethernet(tcp())
    assert [program.accepts(frame[:length]) for length in range(38)] == [False] * 38
    assert program.accepts(frame[:38])  # both ports are in it


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("tcp prot 1863", "syntax error"),
        ("port 99999999", "illegal port number"),
        ("vlan", "no VLAN support for"),
        ("tcp\0 or udp", "holds a NUL character"),
        ("tcp port é", "syntax error"),
    ],
)
def test_bad_filter_names_expression_reason_and_link_type(expression: str, reason: str) -> None:
    with pytest.raises(BadFilter) as caught:
        Program(expression, 101)
    assert reason in str(caught.value)
    assert repr(expression) in str(caught.value)
    assert "link type 101" in str(caught.value) or "NUL" in str(caught.value)


def test_bank_compiles_once_and_forgives_one_link_type() -> None:
    bank = FilterBank(filter_for_ports([1863]))
    bank.check((220, 1))
    assert bank.program(220) is None
    assert bank.program(1) is bank.program(1)
    assert bank.program(147) is None  # met later
    with pytest.raises(BadFilter):
        FilterBank(filter_for_ports([1863])).check((220, 147))
    FilterBank(filter_for_ports([1863])).check(())


def test_filter_for_a_live_line_fits_into_the_kernel() -> None:
    """Debian 12's kernel took programs of 346 instructions and refused those of 679."""
    for link_type in (1, 101, 113):
        assert len(Program(filter_for_ports([1863])(link_type), link_type)) <= 350


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_short_way_through_the_filter_accepts_what_the_long_one_does(data: st.DataObject) -> None:
    headers = _Headers([1863], tunnels=True)
    short, long = (Program(text, 1) for text in (headers.ethernet(), headers.network(12, 14)))
    frame = bytearray(ethernet(data.draw(st.sampled_from([tcp(), tcp(80), tcp(fragment_offset=2)]))))
    for place in data.draw(st.lists(st.sampled_from([12, 13, 14, 20, 21, 23, 34, 35, 36, 37]), max_size=3)):
        frame[place] = data.draw(st.sampled_from([0, 4, 6, 7, 8, 17, 41, 0x45, 0x46, 0x47, 0x60, 0x81, 0xDD, 0x86]))
    octets = bytes(frame[: data.draw(st.integers(0, len(frame)))])
    assert short.accepts(octets) == long.accepts(octets)
