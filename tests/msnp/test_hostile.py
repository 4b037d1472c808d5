"""What a peer may send to make a session fall, or grow: every handler answers it, and what is kept stays small."""

import pytest

from msnp.events import LoggedIn, Undecoded
from msnp.markup import parse_markup
from msnp.msnobject import parse_msnobject
from msnp.text import decode_entities
from tests.msnp.dialogue import Wire, events_of, only, say, script

KIM, LOU = "kim@b.example", "lou@a.example"
DIGITS = "&#" + "9" * 5000 + ";"
"""More digits than Python makes a number of."""


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (DIGITS, "\ufffd"),
        ("&#x" + "f" * 5000 + ";", "\ufffd"),
        ("&#" + "0" * 3 + "65;", "A"),
        ("&#8364;&#x4f60;&lt;3 &amp;#65;", "€你<3 &#65;"),
        ("&#xD83D;", "\ufffd"),
        ("naïve &unknown; ☕", "naïve &unknown; ☕"),
    ],
)
def test_entities_of_any_number_are_read(written: str, read: str) -> None:
    assert decode_entities(written) == read


def test_markup_and_objects_with_numbers_of_thousands_of_digits_are_read() -> None:
    root = parse_markup(f'<a b="{DIGITS}">你{DIGITS}好</a>'.encode())
    assert root.value("a") == "你\ufffd好"
    assert root.first("a").attributes == {"b": "\ufffd"}  # type: ignore[union-attr]
    assert parse_msnobject(f'<msnobj Creator="{DIGITS}" Size="{"9" * 5000}"/>') is not None


@pytest.mark.parametrize(
    "line",
    [
        "S: NOT #",
        "S: GCF 0 #",
        "S: ADL 0 #",
        f"S: UBX {KIM} 1 #",
        "C: UUX 9 #",
        f"C: PGD 9 {KIM} 1 #",
        "C: FQY 9 #",
    ],
)
def test_no_payload_ends_the_session(line: str) -> None:
    xml = f'<Data n="{DIGITS}"><PSM>{DIGITS}</PSM><TEXT>{DIGITS}</TEXT></Data>'
    wire = Wire().play([*script(f"S: VER 1 MSNP15\nS: USR 2 OK {LOU} 1 0"), say(line, xml)])
    wire.play(script(f"S: FLN {KIM} 1"))
    assert type(wire.events[-1]).__name__ == "StatusChanged"


def test_an_error_without_its_number_is_no_error() -> None:
    events = events_of([*script(f"S: VER 1 MSNP15\nS: USR 2 OK {LOU} 1 0\nS: NNN 1\nS: FLN {KIM} 1")])
    assert [event.reason for event in only(events, Undecoded)]  # type: ignore[attr-defined]
    assert len(only(events, LoggedIn)) == 1


def test_long_names_and_groups_are_told_and_not_kept() -> None:
    long = "名" * 20_000
    wire = Wire().play(script(f"S: VER 1 MSNP12\nS: USR 2 OK {LOU} 1 0"))
    wire.play(script(f"S: LST N={KIM} F=Kim C=11111111-2222-3333-4444-555555555555 1 1 {long}"))
    wire.play(script(f"S: NLN NLN 1:{KIM} {long} 0:0 0"))
    state = wire.session._state
    assert wire.events[-1].name == long  # type: ignore[attr-defined]
    assert len(state.contacts.person(KIM).groups[0]) <= 256
    assert not state.multiparty.names
