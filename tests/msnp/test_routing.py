"""Three header blocks and a body, and the addresses in them."""

import pytest

from msnp.frames import MalformedError, Payload
from msnp.routing import Address, parse_address, read_routed
from tests.msnp.routed import CIRCLE, HERE, KIM, LOU, blocks


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("1:Kim@B.example", Address(KIM, 1)),
        (KIM, Address(KIM)),
        ("tel:+15550177", Address("tel:+15550177")),
        (f"1:{KIM};epid={HERE}", Address(KIM, 1, HERE)),
        (f"1:{KIM};EPID={HERE.upper()};path=IM", Address(KIM, 1, HERE, "IM")),
        (f"9:{CIRCLE};path=IM", Address(CIRCLE, 9, None, "IM")),
        (f"1:{KIM};via=9:{CIRCLE}", Address(KIM, 1, None, None, CIRCLE, 9)),
        ("13:100000001;via=14:fb", Address("13:100000001", 13, None, None, "14:fb", 14)),
        ("", None),
        ("1:", None),
        ("nobody", None),
        ("1:" + "x" * 600 + "@b.example", None),
    ],
)
def test_addresses(value: str, address: Address | None) -> None:
    assert parse_address(value) == address


def test_who_is_reached_by_way_of_a_group_is_in_it() -> None:
    address = parse_address(f"1:{KIM};via=9:{CIRCLE}")
    assert address is not None
    assert (address.group, address.person) == (CIRCLE, KIM)
    group = parse_address(f"9:{CIRCLE}")
    assert group is not None
    assert (group.group, group.person) == (CIRCLE, None)


def whole(octets: bytes) -> Payload:
    return Payload(len(octets), ((0, octets),))


@pytest.mark.parametrize("eol", ["\r\n", "\n", "\r"])
def test_three_blocks_and_a_body(eol: str) -> None:
    octets = blocks(f"1:{LOU}", f"1:{KIM}", "Messaging: 2.0|Message-Type: Text", "好\r\n\r\n吗", eol=eol)
    routed = read_routed(whole(octets))
    assert routed.to == Address(LOU, 1)
    assert routed.sender == Address(KIM, 1)
    assert routed.headers["message-type"] == "Text"
    assert routed.content.body == ((0, "好\r\n\r\n吗".encode()),)


def test_length_of_the_command_goes_before_the_header() -> None:
    octets = blocks(f"1:{LOU}", f"1:{KIM}", "Messaging: 2.0", "").replace(
        b"Content-Length: 0", b"Content-Length: 1"
    )
    routed = read_routed(whole(octets + "喂".encode()))
    assert routed.content.opening() == "喂".encode()


def test_answer_without_a_third_block() -> None:
    octets = b"Routing: 1.0\r\nTo: 1:lou@a.example\r\nFrom: 1:kim@b.example\r\n\r\nReliability: 1.0\r\n\r\n"
    for cut in (octets, octets[:-2], octets[:-4]):
        assert read_routed(whole(cut)).sender == Address(KIM, 1)


def test_no_second_block() -> None:
    octets = b"Routing: 1.0\r\nTo: 1:lou@a.example\r\nFrom: 1:kim@b.example\r\n\r\nMessaging: 2.0\r\n\r\nhi"
    routed = read_routed(whole(octets))
    assert (routed.headers, routed.content.opening()) == ({"messaging": "2.0"}, b"hi")


def test_loss_in_the_body_is_said() -> None:
    octets = blocks(f"1:{LOU}", f"1:{KIM}", "Messaging: 2.0|Content-Type: text/plain", "abcdef")
    torn = Payload(len(octets), ((0, octets[:-4]), (len(octets) - 1, octets[-1:])))
    content = read_routed(torn).content
    assert (content.missing, content.body) == (3, ((0, b"ab"), (5, b"f")))


def test_loss_in_the_routing_tells_nothing() -> None:
    octets = blocks(f"1:{LOU}", f"1:{KIM}", "Messaging: 2.0", "abcdef")
    with pytest.raises(MalformedError):
        read_routed(Payload(len(octets), ((0, octets[:30]), (60, octets[60:]))))
    with pytest.raises(MalformedError):
        read_routed(Payload(len(octets), ()))


@pytest.mark.parametrize("octets", [b"", b"\r\n\r\n\r\n\r\n", b"hello", b"To: \r\n\r\n", b"\x00" * 300])
def test_what_names_nobody_is_malformed_or_empty(octets: bytes) -> None:
    try:
        routed = read_routed(whole(octets))
    except MalformedError:
        return
    assert routed.to is routed.sender is None
