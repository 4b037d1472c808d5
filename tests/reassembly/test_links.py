"""What each link type takes and refuses; the encapsulations themselves are in test_tunnels."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reassembly.counters import Counters
from reassembly.headers import HeaderReader, Segment
from reassembly.layers import TAGS, VLAN
from reassembly.links import LAYERS, LINKS
from reassembly.tunnels import LAYERS as TUNNELS
from tests.reassembly.crafting import START, ethernet
from tests.reassembly.tunnel_crafting import cooked, cooked_2, frame_of, gre, item, mpls, over_udp, pppoe, snap

IP = frame_of(4)[14:]
IP_6 = frame_of(6)[14:]


def read(octets: bytes, link_type: int) -> tuple[Segment | None, dict[str, int]]:
    counters = Counters()
    segment = HeaderReader(counters).read(octets, len(octets), link_type, START)
    return segment, {n: c for n, c in counters.as_dict().items() if c and n != "packets" and "in_" not in n}


@pytest.mark.parametrize(
    ("octets", "link_type", "reason"),
    [
        (frame_of(4), 147, "unknown_link"),
        (frame_of(4), -1, "unknown_link"),
        (frame_of(4), 0x10001, "unknown_link"),
        (b"\0\0\0\7" + IP, 0, "not_ip"),
        (b"\2\0\0\2" + IP, 0, "not_ip"),
        (b"\0\0\0\2" + IP_6, 0, "malformed"),
        (b"\2\0\0", 0, "malformed"),
        (b"\0\0\0\x18" + IP, 108, "malformed"),
        (cooked(0x0806, bytes(28)), 113, "not_ip"),
        (cooked(1, IP), 113, "not_ip"),
        (cooked(0x0800, b"")[:15], 113, "malformed"),
        (cooked_2(0x0806, bytes(28)), 276, "not_ip"),
        (cooked_2(0x0800, b"")[:19], 276, "malformed"),
        (b"\x50" + IP[1:], 101, "not_ip"),
        (b"", 101, "malformed"),
        (IP_6, 228, "malformed"),
        (IP, 229, "malformed"),
        (b"\xff\x03\xc0\x21" + bytes(20), 9, "not_ip"),
        (b"\xc1" + bytes(20), 9, "not_ip"),
        (b"\x00", 9, "malformed"),
        (b"\xff\x03\x00", 50, "malformed"),
        (b"\x8f\x00\x80\x35" + bytes(20), 50, "not_ip"),
        (b"", 204, "malformed"),
        (pppoe(b"")[:5], 51, "malformed"),
        (pppoe(b""), 51, "malformed"),
        (frame_of(4)[:12] + b"\x81\x00\x00", 1, "malformed"),
        (ethernet(b"", 0x8847), 1, "malformed"),
        (ethernet(mpls(b"", 5), 0x8847), 1, "malformed"),
    ],
)
def test_refused(octets: bytes, link_type: int, reason: str) -> None:
    assert read(octets, link_type) == (None, {reason: 1})


@pytest.mark.parametrize("tag", sorted(TAGS))
def test_every_kind_of_tag(tag: int) -> None:
    segment, _ = read(ethernet(IP, 0x0800, (tag,)), 1)
    assert segment is not None
    assert segment[6] == item(VLAN, 100)


@pytest.mark.parametrize(
    "octets",
    [snap(IP).replace(b"\xaa\xaa\x03\0\0\0", b"\xaa\xaa\x03\0\0\xf8"), ethernet(b"\x06\x06\x03" + IP, 3 + len(IP))],
    ids=["bridge tunnel", "IP's own SAP"],
)
def test_link_control_headers(octets: bytes) -> None:
    """802.3 frames end where their length says: what follows is padding."""
    assert read(octets, 1) == read(octets + b"padding", 1) == read(frame_of(4), 1)


def test_link_control_behind_a_tag_and_on_a_cooked_link() -> None:
    llc = snap(IP)[12:]  # from its length on
    assert read(frame_of(4)[:12] + b"\x81\0\0\0" + llc, 1)[0] == read(frame_of(4), 1)[0]
    assert read(cooked(4, llc[2:]), 113) == read(cooked_2(4, llc[2:]), 276) == read(frame_of(4), 1)


def test_frame_with_a_tag_is_the_same_however_it_is_read() -> None:
    """The short way for the commonest frames and the long way for all others say the same."""
    for version in (4, 6):
        plain = frame_of(version)
        for frame in (
            plain,
            plain[:12] + b"\x81\x00\x60\x05" + plain[12:],
            plain[:12] + b"\x81\0\0\0" + plain[12:],
        ):
            for octets in (frame, frame + b"padding", frame[:-3]):
                long, short = Counters(), Counters()
                read_long = HeaderReader(long, verify_checksums=True).read(octets, None, 1, START)
                read_short = HeaderReader(short).read(octets, None, 1, START)
                assert read_long == read_short
                assert long.as_dict() == short.as_dict()


KINDS = [*sorted(kind for kind in LAYERS if kind < 0x10000), 0x0800, 0x86DD, 0x0806, 0x88BE, 0x22EB]
PORTS = sorted(layer & 0xFFFF for layer in TUNNELS if layer >> 16 == 2)
wrapped = st.one_of(
    st.tuples(st.sampled_from(sorted(LINKS)), st.binary(max_size=200)),
    st.tuples(st.sampled_from([113, 276]), st.builds(cooked, st.sampled_from(KINDS), st.binary(max_size=200))),
    st.tuples(st.just(1), st.builds(ethernet, st.binary(max_size=200), st.sampled_from(KINDS))),
    st.tuples(
        st.just(1),
        st.builds(
            gre,
            st.sampled_from(KINDS),
            st.binary(max_size=200),
            st.sampled_from([0, 0x1000, 0x2000, 0x3001, 0x3081, 0xB000]),
        ),
    ),
    st.tuples(st.just(1), st.builds(over_udp, st.sampled_from(PORTS), st.binary(max_size=200))),
)


@given(wrapped, st.booleans(), st.one_of(st.none(), st.integers(0, 100_000)))
def test_random_octets_never_raise(frame: tuple[int, bytes], verify: bool, wire_length: int | None) -> None:
    link_type, octets = frame
    c = Counters()
    reader = HeaderReader(c, verify)
    for time in range(2):
        segment = reader.read(octets, wire_length, link_type, time)
        assert segment is None or len(segment[6]) % 5 == 0
    refused = c.unknown_link + c.not_ip + c.not_tcp + c.malformed + c.bad_checksum + c.too_nested
    assert c.packets == refused + c.tcp_segments + c.fragments - c.datagrams_joined == 2


def test_frames_made_to_be_slow_end_soon() -> None:
    """Each header of 65,000 octets of them is looked at once, and not more of them than the bound says."""
    label = struct.pack(">I", 100 << 12 | 64)
    for frame in (
        ethernet(label * 16_000, 0x8847),
        ethernet(b"\x81\0\0\1" * 16_000, 0x8100),
        over_udp(37008, b"\1\0\0\1" + bytes(65_000)),
    ):
        segment, counted = read(frame, 1)
        assert segment is None
        assert sum(counted.values()) == 1
