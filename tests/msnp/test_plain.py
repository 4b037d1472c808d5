"""The plain path and the careful one: whatever arrives, they tell the same, at the same places.

Octet by octet nothing is ever plain, so that shows what the careful path tells; whole segments take the plain path
wherever it leads.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msnp.commands import SHAPES
from msnp.events import Event, Mark
from msnp.frames import Frame, Payload, Skipped
from msnp.framing import Framer
from msnp.limits import Limits
from msnp.links import Links
from msnp.mime import Heads, parse
from msnp.plain import Cutter
from msnp.session import MsnSession
from msnp.utterances import TextMessage
from tests.msnp.dialogue import mime, say
from tests.msnp.test_framing import VECTORS, C, S, join
from tests.msnp.test_properties import DIALOGUES, PIECES, told
from tests.msnp.test_switchboard import OPENED

PATIENT = Limits(marks=1_000_000)
"""Marks for every octet, so that the careful path knows time and packet of each."""


def heard(steps: list[tuple[bool, bytes]], *, one_by_one: bool, limits: Limits = PATIENT) -> list[Event]:
    """What a session tells of these segments."""
    events: list[Event] = []
    session = MsnSession(events.append, Links(limits), "a:1", "b:2", True, limits)
    at = {True: 2**32 - 300, False: 2**32 - 200}
    for number, (side, octets) in enumerate(steps):
        for index in range(len(octets)) if one_by_one else [0]:
            piece = octets[index : index + 1] if one_by_one else octets
            session.analyze_octets(side, piece, number * 10**9, (at[side] + index) % 2**32, number, "x")
        at[side] = (at[side] + len(octets)) % 2**32
    session.end(Mark(0, 0, 0, ""))
    return events


def exactly(events: list[Event]) -> list[tuple[type, dict[str, object]]]:
    return [(type(event), told(event) | {"mark": event.mark}) for event in events]


STEPS = st.lists(st.tuples(st.booleans(), st.lists(PIECES, min_size=1, max_size=6).map(b"".join)), max_size=12)


@given(st.sampled_from(DIALOGUES), STEPS)
@settings(max_examples=300, deadline=None)
def test_both_ways_tell_the_same_at_the_same_places(
    dialogue: list[tuple[bool, bytes]], steps: list[tuple[bool, bytes]]
) -> None:
    whole = heard([*dialogue, *steps], one_by_one=False)
    assert exactly(whole) == exactly(heard([*dialogue, *steps], one_by_one=True))


@pytest.mark.parametrize("name", VECTORS)
def test_a_trusted_stream_takes_the_plain_path(name: str) -> None:
    side, octets, _ = VECTORS[name]
    cutter = Cutter(side, SHAPES[side], Limits())
    at = 0
    while cutter.cut(octets, at):
        at = cutter.next
    assert at == len(octets) or octets[at : at + 3] in {b"XQZ", b"NLN"}


def test_marks_of_commands_in_one_segment_wrap() -> None:
    framer = Framer(S, SHAPES[S], Limits())
    framer.feed(b"JOI kim@b.example Kim 0\r\n", Mark(0, 0, 0, ""))
    items = framer.feed(b"ACK 1\r\n" * 3, Mark(7, 2**32 - 8, 9, "x"))
    assert [item.mark for item in items] == [Mark(7, (2**32 - 8 + 7 * n) % 2**32, 9, "x") for n in range(3)]


def test_a_command_that_spans_segments_gives_way_to_the_plain_path() -> None:
    framer = Framer(S, SHAPES[S], Limits())
    framer.feed(b"JOI kim@b.example Kim 0\r\nACK", Mark(1, 100, 1, ""))
    assert not framer.cutter.ready
    items = framer.feed(b" 1\r\nACK 2\r\n", Mark(2, 128, 2, ""))
    assert framer.cutter.ready
    assert [item.mark for item in items] == [Mark(1, 125, 1, ""), Mark(2, 132, 2, "")]


@pytest.mark.parametrize(
    "octets",
    [
        b"ACK 1",
        b"ACK 1\r",
        b"ACK\0 1\r\n",
        b"ACK 1\x7f\r\n",
        b"ACKX 1\r\n",
        b"ack 1\r\n",
        b"XQZ 1\r\n",
        b"MSG a@b c 5\r\nabcd",
        b"MSG a@b c 2000000\r\n" + b"x" * 100,
        b"MSG a@b c 9999999999\r\n",
        b"ACK " + b"1" * 70_000 + b"\r\n",
        b"\r",
        b"\r\r\n",
        b"\n",
        b"",
    ],
)
def test_what_is_not_plain_is_refused(octets: bytes) -> None:
    assert not Cutter(S, SHAPES[S], Limits()).cut(octets, 0)


@pytest.mark.parametrize(
    ("octets", "length"),
    [
        (b"MSG a@b c 0\r\n", 0),
        (b"MSG a@b c 3\r\nabc", 3),
        (b"MSG a@b c 3  \r\r\nabc", 3),
        (b"MSG a@b 3\r\nabc", None),
        (b"MSG a@b c x3\r\nabc", None),
        (b"MSG a@b c\t3\r\nabc", None),
        (b"MSG a@b c 12345678901\r\nabc", None),
        (b"MSG a@b  3\r\nabc", 3),
        (b"241 7 3\r\nabc", 3),
        (b"241\n", None),
        (b"GCF 0 3\nabc", 3),
    ],
)
def test_the_length_is_the_last_token_or_there_is_none(octets: bytes, length: int | None) -> None:
    framer = Framer(S, SHAPES[S], Limits())
    framer.feed(b"JOI kim@b.example Kim 0\r\n", Mark(0, 0, 0, ""))
    plain, *_ = framer.feed(octets, Mark(0, 0, 0, ""))
    careful = Framer(S, SHAPES[S], Limits())
    careful.feed(b"JOI kim@b.example Kim 0\r\n", Mark(0, 0, 0, ""))
    items = [item for index in range(len(octets)) for item in careful.feed(octets[index : index + 1], plain.mark)]
    for frame in (plain, items[0]):
        assert isinstance(frame, Frame)
        assert (None if frame.payload is None else frame.payload.length) == length
    assert isinstance(plain, Frame)
    assert isinstance(items[0], Frame)
    assert plain.tokens == items[0].tokens
    assert plain.octets == items[0].octets


def test_a_line_over_its_limit_is_skipped_on_the_plain_path_too() -> None:
    framer = Framer(S, SHAPES[S], Limits(line=100))
    octets = join("JOI kim@b.example Kim 0", "ACK 1", "NLN NLN a@b " + "x" * 100, "ACK 2", "ACK 3", "ACK 4")
    items = framer.feed(octets, Mark(0, 0, 0, "")) + framer.feed(octets, Mark(0, 0, 0, ""))
    assert [type(item) for item in items] == [Frame, Frame, Skipped, Frame, Frame, Frame] * 2


# --- header blocks that are known again ---------------------------------------------------------------------

HEADER_PIECES = st.sampled_from(
    [
        b"\r\n",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b"MIME-Version: 1.0\r\n",
        b"Content-Type: text/plain; charset=UTF-8\r\n",
        b"Content-Type: text/x-msmsgscontrol\r\n",
        b"Message-ID: {1}\r\n",
        b"Chunks: 2\r\n",
        b" folded\r\n",
        b"text",
        b": ",
    ]
)


@given(st.lists(st.lists(HEADER_PIECES, max_size=8).map(b"".join), max_size=8))
@settings(max_examples=300, deadline=None)
def test_known_headers_read_as_if_they_were_new(payloads: list[bytes]) -> None:
    heads = Heads()
    for payload in [*payloads, *payloads]:
        headers = heads.find(b"..." + payload + b"...", 3, 3 + len(payload), 0)
        if headers is None:
            continue
        content = parse(Payload(len(payload), ((0, payload),)))
        assert headers.fields == content.headers.fields
        assert (headers.type, headers.charset) == (content.headers.type, content.headers.charset)
        assert payload[len(headers.block) :] == content.opening()
        assert content.readable
        assert content.missing == 0
        assert headers.part or content.headers.get("message-id") is None


def test_the_usual_headers_are_known_again() -> None:
    heads = Heads()
    first, second = mime("one"), mime("two and more")
    assert heads.find(first, 0, len(first), 2) is heads.find(second, 0, len(second), 2) is not None


# --- muted --------------------------------------------------------------------------------------------------


def muted(dialogue: list[tuple[bool, bytes]], changes: dict[int, bool]) -> tuple[MsnSession, list[Event]]:
    """A dialogue during which nobody asks, then somebody does, …: by index of what is said."""
    events: list[Event] = []
    session = MsnSession(events.append, Links(), "a:1", "b:2", True)
    for index, (side, octets) in enumerate(dialogue):
        session.muted = changes.get(index, session.muted)
        session.analyze_octets(side, octets, index, index * 1000, index, "x")
    session.end(Mark(99, 0, 0, ""))
    return session, events


def words(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


KIM = "S: MSG kim@b.example Kim #"
TALK = [
    *OPENED,
    say("C: MSG 3 A #", mime("hi")),
    say("S: ACK 3"),
    say(KIM, mime("hello")),
    say(KIM, mime("", "text/x-msmsgscontrol", TypingUser="kim@b.example")),
    say("S: JOI pat@c.example Pat 0"),
    say(KIM, mime("ID: 1\r\n\r\n", "text/x-msnmsgr-datacast")),
    say("C: MSG 4 N #", "no headers"),
    say("S: NAK 4"),
    say("S: BYE kim@b.example"),
]
QUIET = [
    "ServerKnown",
    "AccountKnown",
    "Entered",
    "Called",
    "ConversationKnown",
    "Joined",
    "TextMessage",
    "Joined",
    "Undecoded",
    "Left",
    "Left",
]


def test_a_muted_session_tells_who_is_there_and_the_first_that_each_says() -> None:
    session, events = muted(TALK, {0: True})
    assert words(events) == QUIET
    loud, everything = muted(TALK, {})
    assert session.counters["S MSG"] == loud.counters["S MSG"] == 3
    assert session.counters["C MSG"] == loud.counters["C MSG"] == 2
    assert len(everything) > len(events)


@given(st.dictionaries(st.integers(0, len(TALK)), st.booleans()))
def test_muting_hides_nothing_but_what_is_said_meanwhile(changes: dict[int, bool]) -> None:
    _, everything = muted(TALK, {})
    _, events = muted(TALK, changes)
    now = False
    silent = {index for index in range(len(TALK)) if (now := changes.get(index, now))}
    talk = {"TextMessage", "TypingNotice", "Nudge", "Acknowledged", "Undecoded"}
    expected = [
        event for event in everything if type(event).__name__ not in talk or event.mark.packet not in silent
    ]
    told = exactly(events)
    assert all(event in told for event in exactly(expected))
    assert all(event in exactly(everything) for event in told)


LATE = [*OPENED, say(KIM, mime("hello")), say("C: MSG 3 N #", mime("one")), say("C: MSG 4 N #", mime("two"))]
QUIETLY = {len(OPENED) + 1: True}
"""From what the client says on, which the server acknowledges only later."""


def texts(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, TextMessage)]


def test_what_the_client_said_while_muted_is_told_if_the_server_may_have_let_somebody_in() -> None:
    events: list[Event] = []
    session = MsnSession(events.append, Links(), "a:1", "b:2", True)
    for index, (side, octets) in enumerate(LATE):
        session.muted = QUIETLY.get(index, session.muted)
        session.analyze_octets(side, octets, index, index * 1000, index, "x")
    assert texts(events) == ["hello"]
    session.gap(False, 30, Mark(20, 0, 20, "x"))
    session.analyze_octets(False, b"ACK 4\r\nBYE kim@b.example\r\nJOI pat@c.example Pat 0\r\n", 20, 0, 20, "x")
    assert texts(events) == ["hello", "one", "two"]


def test_what_the_client_said_while_muted_is_not_told_once_the_server_was_heard_on() -> None:
    _, events = muted([*LATE, say("S: ACK 4"), say("S: ACK 5")], {**QUIETLY, len(LATE) + 1: False})
    assert texts(events) == ["hello"]


def test_what_the_client_says_while_the_server_is_not_heard_is_told_beyond_the_limit() -> None:
    many = [say(f"C: MSG {number} N #", mime(str(number))) for number in range(5, 75)]
    _, events = muted([*LATE, *many], QUIETLY)
    assert len(texts(events)) == 1 + 2 + len(many) - 64


PARTS = [
    say(KIM, mime("one ", Message_ID="{1}", Chunks="3")),
    say(KIM, mime("two ", None, Message_ID="{1}", Chunk="1")),
    say(KIM, mime("three", None, Message_ID="{1}", Chunk="2")),
]


@pytest.mark.parametrize("changes", [{}, {6: True}, {5: True, 6: False}, {0: True, 7: False}, {6: True, 7: False}])
def test_a_text_in_parts_is_whole_whenever_muting_changes(changes: dict[int, bool]) -> None:
    _, events = muted([*OPENED, *PARTS], changes)
    (text,) = [told(event) for event in events if type(event).__name__ == "TextMessage"]
    assert (text["text"], text["parts"], text["parts_missing"]) == ("one two three", 3, 0)
    assert text["mark"] == Mark(5, 5000, 5, "x")


def test_an_unknown_account_is_learnt_though_muted() -> None:
    dialogue = [
        (S, b"MSG kim@b.example Kim 3\r\n" + b"a:b"),
        say("S: JOI pat@c.example Pat 0"),
        say("C: MSG 3 N #", mime("", "text/x-msmsgscontrol", TypingUser="lou@a.example")),
        say("C: MSG 4 N #", mime("hi")),
    ]
    _, events = muted(dialogue, {0: True})
    assert "AccountKnown" in words(events)
    assert words(events).count("TextMessage") <= 1
    assert C
