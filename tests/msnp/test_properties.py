"""Whatever arrives: never an exception, never without bound, and never dependent on how it was cut."""

import re
from collections.abc import Sequence

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from msnp.events import Event, Mark, Utterance
from msnp.limits import Limits
from msnp.links import Links
from msnp.session import MsnSession
from tests.msnp.dialogue import Said, Wire, mime, say, script
from tests.msnp.test_framing import VECTORS
from tests.msnp.test_login import LOGIN
from tests.msnp.test_switchboard import INVITED, OPENED

KIM = "S: MSG kim@b.example Kim #"
DIALOGUES: list[list[Said]] = [
    [
        *LOGIN,
        *script(
            "C: CHG 8 NLN 5 0\nS: CHG 8 NLN 5 0\nS: ILN 8 AWY kim@b.example Kim 1 0\nS: QNG 50\nC: PNG\nC: OUT"
        ),
    ],
    [
        *OPENED,
        say("C: MSG 3 N #", mime("thé\r\n\r\nBYE kim@b.example\r\n", X_MMS_IM_Format="FN=A; CO=ff")),
        say(KIM, mime("part ", Message_ID="{1}", Chunks="2")),
        say(KIM, mime("two", None, Message_ID="{1}", Chunk="1")),
        say(KIM, mime("ID: 1\r\n\r\n", "text/x-msnmsgr-datacast")),
        (False, b"XQZ 31 14\r\n\0\1binary\r\n...."),
        (False, b"\xff\xfenonsense\r\nmore of it\r\n"),
        *script("S: JOI pat@c.example Pat 0\nS: ACK 3\nS: BYE kim@b.example 1\nC: OUT"),
    ],
    [
        *INVITED,
        say(KIM, mime("你好" * 300)),
        say("C: MSG 4 A #", mime("hi", "text/x-msmsgscontrol", TypingUser="l@a")),
    ],
]
SMALL = Limits(line=200, payload=2000, lookahead=500, search=3000, undecided=500, marks=4, part_octets=500)


Undated = list[tuple[type[Event], dict[str, object]]]


def undated(events: Sequence[Event]) -> Undated:
    """Time and packet of a mark depend on the cut; nothing else does."""
    return [(type(event), told(event) | {"mark": event.mark.sequence}) for event in events]


def told(event: Event) -> dict[str, object]:
    return event.fields() if isinstance(event, Utterance) else dict(vars(event))


def streams(dialogue: Sequence[Said]) -> list[Event]:
    return Wire().play(dialogue).end()


@given(st.sampled_from(DIALOGUES), st.data())
@settings(max_examples=150, deadline=None)
def test_any_split_gives_the_same_events(dialogue: list[Said], data: st.DataObject) -> None:
    wire = Wire()
    for from_client, octets in dialogue:
        cuts = sorted(data.draw(st.sets(st.integers(0, len(octets)), max_size=6)))
        for start, end in zip([0, *cuts], [*cuts, len(octets)], strict=True):
            wire.send(from_client, octets[start:end])
    assert undated(wire.end()) == undated(streams(dialogue))


def test_octet_by_octet_gives_the_same_events() -> None:
    for dialogue in DIALOGUES:
        for certain in (True, False):
            wire = Wire(certain=certain)
            for from_client, octets in dialogue:
                for index in range(len(octets)):
                    wire.send(from_client, octets[index : index + 1])
            assert undated(wire.end()) == undated(streams(dialogue))


@given(st.sampled_from(DIALOGUES), st.integers(0, 4000), st.integers(1, 300), st.data())
@settings(max_examples=150, deadline=None)
def test_a_gap_gives_the_same_events_however_the_rest_is_cut(
    dialogue: list[Said], start: int, length: int, data: st.DataObject
) -> None:
    told = []
    for chopped in (False, True):
        wire = Wire()
        position = 0
        for from_client, octets in dialogue:
            begin, stop = max(0, start - position), max(0, min(len(octets), start + length - position))
            position += len(octets)
            parts = [(octets[:begin], octets[begin:stop], octets[stop:])] if begin < stop else [(octets, b"", b"")]
            for before, lost, after in parts:
                for piece in _chop(before, data if chopped else None):
                    wire.send(from_client, piece)
                if lost:
                    wire.lose(from_client, lost)
                for piece in _chop(after, data if chopped else None):
                    wire.send(from_client, piece)
        told.append(undated(wire.end()))
    assert told[0] == told[1]


def _chop(octets: bytes, data: st.DataObject | None) -> list[bytes]:
    if data is None or len(octets) < 2:
        return [octets]
    cut = data.draw(st.integers(1, len(octets) - 1))
    return [octets[:cut], octets[cut:]]


LINES = [said[1] for dialogue in DIALOGUES for said in dialogue] + [octets for _, octets, _ in VECTORS.values()]
PIECES = st.one_of(
    st.sampled_from(LINES),
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"\r\n",
            b"\n",
            b" ",
            b"MSG ",
            b"MSG a@b c 30\r\n",
            b"99999999999999999999",
            b"%",
            b"\0",
            b"@",
            b"USR 1 OK ",
        ]
    ),
    st.sampled_from(LINES).flatmap(
        lambda line: st.tuples(st.integers(0, len(line)), st.integers(0, len(line)), st.binary(max_size=3)).map(
            lambda cut: line[: min(cut[:2])] + cut[2] + line[max(cut[:2]) :]
        )
    ),
)
STEPS = st.lists(st.tuples(st.sampled_from("fffffgj"), st.booleans(), PIECES), max_size=25)


@given(STEPS, st.booleans(), st.sampled_from([Limits(), SMALL]))
@settings(max_examples=400, deadline=None)
def test_nothing_that_arrives_raises_or_outgrows_its_limits(
    steps: list[tuple[str, bool, bytes]], certain: bool, limits: Limits
) -> None:
    events: list[Event] = []
    session = MsnSession(events.append, Links(limits), "a:1", "b:2", certain, limits)
    fed = 0
    for number, (kind, side, octets) in enumerate(steps):
        mark = Mark(number * 10**9, number * 7919 % 2**32, number, "")
        if kind == "f":
            session.analyze_packet(side, octets, mark)
            fed += len(octets)
        else:
            session.gap(side, None if kind == "j" else len(octets), mark)
        for framer in session._framers.values():
            assert len(framer._octets.data) <= limits.payload + 2 * limits.line + len(octets)
            assert len(framer._octets._marks) <= limits.marks + 1
    session.end(Mark(0, 0, 0, ""))
    session.analyze_packet(True, b"OUT\r\n", Mark(0, 0, 0, ""))
    if not session.recognised:
        assert events == []


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=300)), max_size=10), st.booleans())
@settings(max_examples=200, deadline=None)
def test_random_octets_are_not_msnp(steps: list[tuple[bool, bytes]], certain: bool) -> None:
    for client in (True, False):  # what is made of our own words may be a command
        assume(not re.search(rb"[A-Z]{3}", b"".join(octets for side, octets in steps if side is client)))
    wire = Wire(certain=certain)
    for side, octets in steps:
        wire.send(side, octets)
    assert wire.end() == []


def test_every_octet_of_a_confirmed_stream_is_framed_or_reported() -> None:
    events: list[Event] = []
    wire = Wire(emit=events.append)
    wire.play(OPENED)
    wire.send(False, b"what? \xff\r\n" * 50 + b"JOI pat@c.example Pat 0\r\nACK 1\r\n")
    wire.end()
    assert wire.session.counters["undecoded"] == 50 * 9
