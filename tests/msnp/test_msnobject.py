"""MSNObjects, as clients write them and as nobody should."""

from base64 import b64encode
from time import process_time
from urllib.parse import quote

import pytest

from msnp.msnobject import MAX_ATTRIBUTES, MAX_CHARACTERS, friendly_name, parse_msnobject


def friendly(name: str) -> str:
    return b64encode(f"{name}\0".encode("utf-16-le")).decode()


NAME = friendly("猫の写真 🐱")
PLAIN = (
    f'<msnobj Creator="kim@b.example" Size="4242" Type="3" Location="TFR1.dat" Friendly="{NAME}" '
    'SHA1D="2jmj7l5rSw0yVb/vlWAYkK/YBwk=" SHA1C="q8CkvJ2ZcWvYk9yD4l4m0s5w1uA="/>'
)
READ = {
    "creator": "kim@b.example",
    "size": 4242,
    "type": 3,
    "type_name": "display picture",
    "location": "TFR1.dat",
    "friendly": "猫の写真 🐱",
    "sha1d": "2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
    "sha1c": "q8CkvJ2ZcWvYk9yD4l4m0s5w1uA=",
}


@pytest.mark.parametrize(
    "sent",
    [
        PLAIN,
        quote(PLAIN, safe=""),
        quote(PLAIN),
        PLAIN.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;"),
        f" {PLAIN}\0",
        PLAIN.replace('"', "'"),
        PLAIN.replace("/>", ">"),
        PLAIN.replace("/>", ""),
        PLAIN.replace("<msnobj ", "<MSNOBJ\r\n\t").replace("Size", "size"),
        PLAIN.replace("/>", ' Location="second"/>'),
    ],
)
def test_percent_encoded_plain_and_broken_forms_are_one(sent: str) -> None:
    assert parse_msnobject(sent) == READ


def test_attributes_come_in_any_order() -> None:
    words = PLAIN.removeprefix("<msnobj ").removesuffix("/>").split('" ')
    words[-1] = words[-1].removesuffix('"')
    turned = "<msnobj " + "".join(f'{word}" ' for word in reversed(words)) + "/>"
    assert parse_msnobject(turned) == READ


@pytest.mark.parametrize(
    "sent", ["", "0", "%3C", "<msnobject Type='3'/>", "msnobj Type=3", "<p>", "%00", "<" * 9000]
)
def test_what_is_none_is_none(sent: str) -> None:
    assert parse_msnobject(sent) is None


def test_what_cannot_be_read_stays_as_sent() -> None:
    found = parse_msnobject('<msnobj Size="many" Type="99" Friendly="not base64!" Creator="a&amp;b" stamp="x"/>')
    assert found == {"size": "many", "type": 99, "friendly": "not base64!", "creator": "a&b", "stamp": "x"}


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("AAA=", ""),
        ("AAA", ""),
        ("", ""),
        (friendly("مرحبا"), "مرحبا"),
        (friendly("日本語").rstrip("="), "日本語"),
        (b64encode(b"\x00\xd8").decode(), b64encode(b"\x00\xd8").decode()),  # half of a pair
        ("Cat!", "Cat!"),
        (b64encode("\x1b[2J".encode("utf-16-le")).decode(), b64encode("\x1b[2J".encode("utf-16-le")).decode()),
    ],
)
def test_friendly_names(sent: str, read: str) -> None:
    assert friendly_name(sent) == read


def test_an_empty_friendly_name_is_no_name() -> None:
    assert parse_msnobject('<msnobj Friendly="AAA=" Type="2"/>') == {"type": 2, "type_name": "emoticon"}


def test_hostile_objects_cost_little_and_stay_small() -> None:
    started = process_time()
    many = "<msnobj " + "".join(f'a{n}="{n}" ' for n in range(100_000))
    found = parse_msnobject(many)
    assert found is not None
    assert len(found) == MAX_ATTRIBUTES
    for octets in (
        "<msnobj " + "a" * 10_000_000,
        "<msnobj" * 1_000_000,
        "<msnobj a='" * 100_000,
        "%3C" * 1_000_000,
    ):
        parse_msnobject(octets)
    assert parse_msnobject("x" * MAX_CHARACTERS + PLAIN) is None
    assert process_time() - started < 2
