"""Which side is the client, where the tap could only guess."""

import pytest

from msnp.limits import Limits
from tests.msnp.dialogue import Said, Wire, events_of, mime, say, script, tell
from tests.msnp.test_login import LOGIN
from tests.msnp.test_switchboard import INVITED, OPENED

TALK = [*OPENED, say("C: MSG 3 N #", mime("hi")), say("S: MSG kim@b.example Kim #", mime("MSG 9 N 5\r\n"))]


def guessed(dialogue: list[Said], *, right: bool, join: bool = True) -> Wire:
    wire = Wire(certain=False)
    if join:
        wire.join(right)
        wire.join(not right)
    wire.play((side is right, octets) for side, octets in dialogue)
    return wire


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("dialogue", [LOGIN, TALK, INVITED])
def test_content_tells_the_sides(dialogue: list[Said], right: bool) -> None:
    wire = guessed(dialogue, right=right)
    assert tell(wire.end()) == tell(events_of(dialogue))
    assert wire.session.swapped is not right


@pytest.mark.parametrize("right", [True, False])
def test_in_mid_stream_the_first_line_that_only_one_side_says_decides(right: bool) -> None:
    dialogue = [
        (True, b"end of a text that was cut\r\n"),
        (False, b"nd of another\r\nMSG 9 N 5\r\nor not"),
        *script("C: OUT")[:0],
        say("C: MSG 3 N #", mime("hi")),
        say("C: MSG 4 N #", mime("there")),
    ]
    wire = guessed(dialogue, right=right)
    assert [line for line in tell(wire.end()) if line.startswith("Text")] == [
        "TextMessage - hi",
        "TextMessage - there",
    ]
    assert wire.session.swapped is not right


def test_what_both_sides_say_decides_nothing_and_is_handed_on_as_guessed_at_the_end() -> None:
    wire = guessed(script("C: OUT\nC: OUT"), right=True)
    assert wire.events == []
    wire.end()
    assert not wire.session.swapped


def test_what_is_held_is_bounded() -> None:
    wire = Wire(certain=False, limits=Limits(undecided=1000))
    for _ in range(20):
        wire.send(True, b"\x16\x03\x01" + b"z" * 97)
        assert sum(len(octets or b"") for _, octets, _, _ in wire.session._held) <= 1000
    wire = Wire(certain=False)
    for _ in range(5000):
        wire.lose(True, 1)
    assert len(wire.session._held) <= 4096


def test_swapped_ends_are_swapped_for_the_links_too() -> None:
    wire = guessed(TALK, right=False)
    assert wire.session._state.client == "192.0.2.9:1863"
    assert wire.session._state.server == "10.0.0.7:40001"
