"""The default filter on every link type, compiled and run by libpcap."""

import pytest

from capture.bpf import FilterBank, Program
from capture.errors import BadFilter
from capture.filters import filter_by_expression, filter_for_ports
from tests.capture.crafting import LINKS, ethernet, tcp, tcp6

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


@pytest.mark.parametrize("tags", [(0x8100,), (0x88A8, 0x8100), (0x8100, 0x8100)])
def test_looks_into_tagged_frames(tags: tuple[int, ...]) -> None:
    program = Program(filter_for_ports(PORTS)(1), 1)
    assert all(program.accepts(ethernet(packet, *tags)) for packet in WANTED)
    assert not any(program.accepts(ethernet(packet, *tags)) for packet in UNWANTED)


def test_udp_on_the_port_is_refused() -> None:
    packet = tcp(1863)
    assert not Program(filter_for_ports([1863])(101), 101).accepts(packet[:9] + b"\x11" + packet[10:])


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
