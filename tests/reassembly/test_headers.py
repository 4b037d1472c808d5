"""What the header reader takes for a segment, what it refuses, and under which name."""

import struct

import pytest

from reassembly.counters import Counters
from reassembly.headers import HeaderReader, Segment
from tests.reassembly.crafting import PSH, Talk, ethernet

V6 = Talk(client=("2001:db8::1", 40000), server=("2001:db8::2", 1863))


def read(octets: bytes, link_type: int = 1, verify: bool = False) -> tuple[Segment | None, dict[str, int]]:
    counters = Counters()
    segment = HeaderReader(counters, verify).read(octets, len(octets), link_type, 0)
    counted = {name: n for name, n in counters.as_dict().items() if n and name != "packets" and "in_" not in name}
    return segment, counted


def payload(octets: bytes, verify: bool = False) -> bytes:
    segment, counted = read(octets, verify=verify)
    assert counted == {"tcp_segments": 1}
    assert segment is not None
    assert segment[5] == 0
    return segment[4]


def with_extension(frame: bytes, kinds: list[int]) -> bytes:
    """An IPv6 frame with extension headers of 8 octets (a fragment header says: whole) put in."""
    inner = frame[54:]
    following = 6
    for kind in reversed(kinds):
        inner = bytes([following, 0, 0, 0, 0, 0, 0, 0]) + inner
        following = kind
    length = struct.pack(">H", len(inner))
    return frame[:18] + length + bytes([following]) + frame[21:54] + inner


def test_fields() -> None:
    segment, _ = read(Talk(client_isn=0xFFFFFFFF).frame(True, 5, b"hello", flags=24, ack=7))
    key = bytes([10, 0, 0, 1, 192, 0, 2, 1]) + struct.pack(">HH", 40000, 1863)
    assert segment == (key, 5, 500_008, 24, b"hello", 0, b"", 0)


@pytest.mark.parametrize("tags", [(), (0x8100,), (0x88A8, 0x8100), (0x9200,), (0x9100,) * 30])
@pytest.mark.parametrize("options", [b"", b"\1" * 40])
@pytest.mark.parametrize("padding", [b"", b"\0" * 6, b"not ours"])
@pytest.mark.parametrize("verify", [False, True])
def test_ipv4_forms(tags: tuple[int, ...], options: bytes, padding: bytes, verify: bool) -> None:
    assert payload(Talk(tags=tags, ipv4_options=options).c(b"octets") + padding, verify) == b"octets"


@pytest.mark.parametrize("kinds", [[], [0], [60], [43], [0, 60, 43, 60], [44], [0, 44, 60], [60] * 30])
@pytest.mark.parametrize("verify", [False, True])
def test_ipv6_forms(kinds: list[int], verify: bool) -> None:
    frame = V6.frame(True, 0, b"octets")
    assert payload(with_extension(frame, kinds) + b"padding", verify) == b"octets"


def test_ipv6_authentication_header_counts_in_fours() -> None:
    frame = V6.frame(True, 0, b"octets")
    header = bytes([6, 4]) + bytes(22)
    inner = header + frame[54:]
    assert payload(frame[:18] + struct.pack(">H", len(inner)) + b"\x33" + frame[21:54] + inner) == b"octets"


def test_routed_elsewhere_cannot_be_verified() -> None:
    frame = bytearray(with_extension(V6.frame(True, 0, b"octets"), [43]))
    frame[54 + 3] = 1  # segments left: the destination is not the last one
    frame[40] ^= 0xFF
    assert payload(bytes(frame), verify=True) == b"octets"


@pytest.mark.parametrize("talk", [Talk(), V6], ids=["IPv4", "IPv6"])
def test_length_zero_from_segmentation_offload(talk: Talk) -> None:
    frame = bytearray(talk.frame(True, 0, b"x" * 60_000))
    at = 16 if frame[12:14] == b"\x08\x00" else 18
    frame[at : at + 2] = b"\0\0"
    assert payload(bytes(frame) + b"x" * 20_000) == b"x" * 80_000


def test_cut_by_the_snapshot_length() -> None:
    frame = Talk().frame(True, 0, b"0123456789")
    segment, counted = read(frame[:-4])
    assert segment is not None
    assert segment[4:6] == (b"012345", 4)
    assert counted == {"tcp_segments": 1, "truncated": 1}
    assert read(frame[:-10])[0] == (*segment[:4], b"", 10, b"", 0)


@pytest.mark.parametrize("talk", [Talk(), Talk(ipv4_options=b"\1\1\1\1"), V6], ids=["IPv4", "options", "IPv6"])
def test_bad_checksum_is_accepted_unless_verified(talk: Talk) -> None:
    frame = bytearray(talk.frame(True, 0, b"octets"))
    frame[-1] ^= 0x55
    assert payload(bytes(frame)) == b"octet" + bytes([b"s"[0] ^ 0x55])
    assert read(bytes(frame), verify=True) == (None, {"bad_checksum": 1})


def test_bad_ip_checksum() -> None:
    frame = bytearray(Talk().frame(True, 0, b"octets"))
    frame[22] ^= 1  # time to live: no part of the TCP sum
    assert payload(bytes(frame)) == b"octets"
    assert read(bytes(frame), verify=True) == (None, {"bad_checksum": 1})


def changed(at: int, octets: bytes, talk: Talk | None = None) -> bytes:
    frame = bytearray((talk or Talk()).frame(True, 0, b"octets", flags=PSH))
    frame[at : at + len(octets)] = octets
    return bytes(frame)


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", "malformed"),
        (bytes(13), "malformed"),
        (ethernet(b"", 0x0806), "not_ip"),
        (ethernet(b"", 0x0800), "malformed"),
        (ethernet(b"", 0x86DD), "malformed"),
        (ethernet(Talk().c(b"octets")[14:], 0x0800, (0x8100,) * 32), "too_nested"),
        (b"\0" * 12 + b"\x81\x00", "malformed"),
        (changed(23, b"\x11"), "not_tcp"),
        (changed(14, b"\x44"), "malformed"),
        (changed(14, b"\x65"), "malformed"),
        (changed(20, b"\x20\x00"), "fragments"),
        (changed(20, b"\x00\x01"), "fragments"),
        (changed(16, b"\x00\x20"), "malformed"),
        (changed(46, b"\x40"), "malformed"),
        (changed(46, b"\xf0"), "malformed"),
        (changed(0, b"")[:53], "malformed"),
        (changed(20, b"\x11", V6), "not_tcp"),
        (changed(20, b"\x3b", V6), "not_tcp"),
        (changed(14, b"\x40", V6), "malformed"),
        (with_extension(V6.frame(True, 0), [60] * 32), "too_nested"),
        (with_extension(V6.frame(True, 0), [44])[:-30], "malformed"),
        (
            with_extension(V6.frame(True, 0, b"8888"), [44]).replace(b"\x06" + bytes(7), b"\6\0\0\1\0\0\0\0"),
            "fragments",
        ),
    ],
)
@pytest.mark.parametrize("verify", [False, True])
def test_refused(octets: bytes, reason: str, verify: bool) -> None:
    segment, counted = read(octets, verify=verify)
    assert segment is None
    if not verify:
        assert counted == {reason: 1}
    assert sum(counted.values()) == 1


def test_do_not_fragment_is_no_fragment() -> None:
    assert payload(changed(20, b"\x40\x00")) == b"octets"


def test_unknown_link() -> None:
    assert read(Talk().frame(True, 0, b"octets"), link_type=147) == (None, {"unknown_link": 1})
