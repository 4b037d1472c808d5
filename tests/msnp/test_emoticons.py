"""Custom emoticons: their definitions, and the texts that use them."""

from collections.abc import Sequence

from msnp.bodies import Body, Speaker
from msnp.emoticons import MAX_REMEMBERED, MAX_SENDERS, Shortcuts, emoticons_in, learn_emoticons
from msnp.events import Event, Sending, TextMessage
from msnp.mime import Headers, whole_content
from tests.msnp.dialogue import Said, Wire, events_of, mime, say, script
from tests.msnp.test_messages import KIM
from tests.msnp.test_switchboard import OPENED

PAT = "S: MSG pat@c.example Pat #"
LOU = "C: MSG 5 N #"
KIND = "text/x-mms-emoticon"


def picture(name: str) -> str:
    return (
        f'<msnobj Creator="kim@b.example" Size="900" Type="2" Location="{name}.dat" Friendly="AAA=" '
        'SHA1D="2jmj7l5rSw0yVb/vlWAYkK/YBwk="/>'
    )


def define(line: str, *shortcuts: str, kind: str = KIND) -> Said:
    return say(line, mime("".join(f"{shortcut}\t{picture(shortcut)}\t" for shortcut in shortcuts), kind))


def sendings(events: Sequence[Event]) -> list[Sending]:
    return [event for event in events if isinstance(event, Sending)]


def used(events: Sequence[Event]) -> list[tuple[str, list[str]]]:
    """Of each text, the shortcuts that are told with it."""
    found = []
    for event in events:
        if isinstance(event, TextMessage):
            told = (event.extra or {}).get("emoticons", [])
            assert isinstance(told, list)
            found.append((event.text, [each["shortcut"] for each in told]))
    return found


def test_a_definition_is_told_with_its_pictures() -> None:
    (event,) = sendings(events_of([*OPENED, define(KIM, ":cat:", "猫😺")]))
    assert (event.kind, event.sender, event.content_type, event.text) == ("emoticon", "kim@b.example", KIND, None)
    told = event.details["emoticons"]
    assert isinstance(told, list)
    assert [each["shortcut"] for each in told] == [":cat:", "猫😺"]
    assert told[0]["picture"]["location"] == ":cat:.dat"
    assert (told[0]["picture"]["size"], told[0]["picture"]["type"]) == (900, 2)
    assert "animated" not in event.details


def test_those_that_move_say_so() -> None:
    (event,) = sendings(events_of([*OPENED, define(KIM, ":cat:", kind="text/x-mms-animemoticon")]))
    assert event.details["animated"] is True


def test_a_text_tells_which_it_uses_each_once_in_their_order() -> None:
    events = events_of(
        [*OPENED, define(KIM, ":a", "猫"), say(KIM, mime("猫 and :a and 猫")), say(KIM, mime("مرحبا none"))]
    )
    assert used(events) == [("猫 and :a and 猫", ["猫", ":a"]), ("مرحبا none", [])]
    text = next(event for event in events if isinstance(event, TextMessage))
    told = (text.extra or {})["emoticons"]
    assert isinstance(told, list)
    assert told[0]["picture"]["location"] == "猫.dat"


def test_the_longer_of_two_at_one_place_counts() -> None:
    events = events_of([*OPENED, define(KIM, "(c", "(cat)", "."), say(KIM, mime("(cat) (c."))])
    assert used(events) == [("(cat) (c.", ["(cat)", "(c", "."])]


def test_each_sender_has_their_own() -> None:
    joined = say("S: JOI pat@c.example Pat 0")
    said = [say(line, mime(":a :b")) for line in (KIM, PAT, LOU)]
    events = events_of([*OPENED, joined, define(KIM, ":a"), define(LOU, ":b"), *said])
    assert used(events) == [(":a :b", [":a"]), (":a :b", []), (":a :b", [":b"])]


def test_each_conversation_on_a_connection_has_its_own() -> None:
    here, there = (
        Body(whole_content(Headers(b"Content-Type: x/y"), f":a\t{picture('a')}\t".encode())) for _ in "12"
    )
    state = Wire().session._state
    learn_emoticons(state, Speaker("one", "kim@b.example"), here)
    learn_emoticons(state, Speaker("two", "pat@c.example"), there)
    assert [each["shortcut"] for each in emoticons_in(state, Speaker("one", "kim@b.example"), ":a")] == [":a"]
    assert emoticons_in(state, Speaker("two", "kim@b.example"), ":a") == []


def test_a_later_definition_replaces_the_earlier() -> None:
    again = say(KIM, mime(f":a\t{picture('other')}\t", KIND))
    events = events_of([*OPENED, define(KIM, ":a"), again, say(KIM, mime(":a"))])
    text = next(event for event in events if isinstance(event, TextMessage))
    assert (text.extra or {})["emoticons"][0]["picture"]["location"] == "other.dat"  # type: ignore[index]


def test_a_text_in_parts_tells_them_too() -> None:
    said = [
        say(KIM, mime("你好 :c", Message_ID="{1}", Chunks="2")),
        say(KIM, mime("at:", None, Message_ID="{1}", Chunk="1")),
    ]
    assert used(events_of([*OPENED, define(KIM, ":cat:"), *said])) == [("你好 :cat:", [":cat:"])]


def test_an_object_that_is_none_is_told_as_unknown() -> None:
    (event,) = sendings(events_of([*OPENED, say(KIM, mime(":a\tnonsense\t:b", KIND))]))
    assert event.details["emoticons"] == [{"shortcut": ":a", "picture": None}]


def test_a_body_without_any_says_so() -> None:
    (event,) = sendings(events_of([*OPENED, say(KIM, mime("\0\1\2", KIND))]))
    assert event.details == {"emoticons": [], "unread": "no shortcut"}


def test_of_a_torn_definition_only_whole_pairs_are_believed() -> None:
    payload = mime(f":a\t{picture('a')}\t:b\t{picture('b')}\t", KIND)
    line = say(KIM, payload)[1].split(b"\r\n", 1)[0]
    wire = Wire().play(OPENED)
    wire.send(False, line + b"\r\n" + payload[:-30])
    wire.lose(False, 10)
    wire.send(False, payload[-20:])
    wire.play([say(KIM, mime(":a :b"))])
    events = wire.end()
    (event,) = sendings(events)
    assert event.details["missing"] == 10
    assert used(events) == [(":a :b", [":a"])]


# --- nobody asks --------------------------------------------------------------------------------------------


def quietly(dialogue: Sequence[Said], later: Sequence[Said]) -> tuple[list[Event], list[Event]]:
    """What is told while nobody asks, and what after."""
    wire = Wire().play([*OPENED, say("S: JOI pat@c.example Pat 0")])
    wire.session.muted = True
    wire.play([say(KIM, mime("to speak is to be here"))])
    before = len(wire.events)
    wire.play(dialogue)
    between = len(wire.events)
    wire.session.muted = False
    wire.play(later)
    return wire.events[before:between], wire.events[between:]


def test_a_definition_that_nobody_asked_for_is_learnt_and_not_told() -> None:
    quiet, events = quietly([define(KIM, ":a"), define(LOU, ":b")], [say(KIM, mime(":a")), say(LOU, mime(":b"))])
    assert quiet == []
    assert used(events)[-2:] == [(":a", [":a"]), (":b", [":b"])]


def test_so_is_one_in_several_segments() -> None:
    wire = Wire().play(OPENED)
    wire.session.muted = True
    wire.play([say(KIM, mime("first"))])
    _, octets = define(KIM, ":a")
    wire.send(False, octets[:70])
    wire.send(False, octets[70:])
    before = sendings(wire.events)
    wire.session.muted = False
    wire.play([say(KIM, mime(":a"))])
    assert (before, used(wire.events)) == ([], [("first", []), (":a", [":a"])])


# --- limits -------------------------------------------------------------------------------------------------


def test_shortcuts_of_one_sender_are_bounded() -> None:
    shortcuts = Shortcuts()
    for number in range(1000):
        shortcuts.define(f":{number}:", None)
    everything = " ".join(f":{number}:" for number in range(1000))
    assert len(shortcuts.used_in(everything)) == MAX_REMEMBERED


def test_senders_are_bounded() -> None:
    wire = Wire().play(OPENED)
    for number in range(500):
        wire.play([define(f"S: MSG p{number}@c.example P #", ":a")])
    emoticons = wire.session._state.emoticons
    assert emoticons is not None
    assert len(emoticons) == MAX_SENDERS


def test_shortcuts_that_are_none_are_left_out() -> None:
    events = events_of([*OPENED, define(KIM, "", "x" * 65, " "), say(KIM, mime("a b"))])
    assert used(events) == [("a b", [" "])]


def test_no_conversation_takes_the_definitions_of_another() -> None:
    Wire().play([*OPENED, define(KIM, ":a")]).end()
    assert used(events_of([*OPENED, *script("S: BYE pat@c.example"), say(KIM, mime(":a"))])) == [(":a", [])]
