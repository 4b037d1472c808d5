"""The session as a whole: recognition, reports, limits, cost."""

import time

from msnp.events import Event, TextMessage, Undecoded
from msnp.limits import Limits
from tests.msnp.dialogue import Wire, events_of, mime, only, say, script, tell
from tests.msnp.test_switchboard import OPENED


def test_another_protocol_is_not_recognised_and_tells_nothing() -> None:
    for octets in (
        b"GET / HTTP/1.1\r\nHost: h.example\r\nAccept: */*\r\nUser-Agent: x\r\n\r\n" * 3,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) * 40,
        b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nMSG 1 N 5\r\nhello",
    ):
        for certain in (True, False):
            wire = Wire(certain=certain)
            wire.send(True, octets)
            wire.send(False, octets)
            assert wire.end() == []
            assert not wire.session.recognised


def test_given_up_it_drops_what_it_holds() -> None:
    wire = Wire()
    wire.send(True, b"no\r\n" * 5)
    assert wire.session.foreign
    wire.send(False, b"VER 1 MSNP8\r\n")
    wire.lose(False, 5)
    assert wire.end() == []


def test_a_short_preamble_does_not_hide_the_session() -> None:
    wire = Wire()
    wire.send(True, b"CONNECT 192.0.2.9:1863 HTTP/1.0\r\n\r\n")
    wire.send(False, b"HTTP/1.0 200 OK\r\n\r\n")
    wire.play(OPENED)
    assert tell(wire.end())[-2:] == ["Joined kim@b.example Kim K", "Left - False"]


def test_what_cannot_be_read_is_reported_once_a_run() -> None:
    events = events_of([*OPENED, (False, b"?? \xff\r\n\r\n?\r\n"), *script("S: JOI pat@c.example Pat 0\nS: ACK 1")])
    (report,) = only(events, Undecoded)
    assert isinstance(report, Undecoded)
    assert (report.octets, report.reason, report.from_client) == (11, "not a command", False)


def test_unknown_commands_are_reported_with_their_payload() -> None:
    events = events_of([*OPENED, (False, b"XQZ 31 4\r\n\0\0\0\0ACK 1\r\n")])
    assert "Undecoded 14 unknown command XQZ" in tell(events)
    assert "Acknowledged 1 True" in tell(events)


def test_a_line_cut_by_a_gap_is_reported_and_what_follows_is_read() -> None:
    wire = Wire().play(OPENED)
    wire.send(False, b"JOI pat@c.ex")
    wire.lose(False, b"ample Pat 0\r\n")
    wire.play([say("S: MSG kim@b.example Kim #", mime("hi"))])
    assert tell(wire.end())[-4:] == [
        "Undecoded 12 cut by a gap",
        "RosterUnsure",
        "TextMessage kim@b.example hi",
        "Left - False",
    ]


def test_the_end_cuts_a_text_and_says_so() -> None:
    wire = Wire().play(OPENED)
    _, octets = say("S: MSG kim@b.example Kim #", mime("hello"))
    wire.send(False, octets[:-2])
    (event,) = only(wire.end(), TextMessage)
    assert isinstance(event, TextMessage)
    assert (event.text, event.missing, event.known) == ("hel", 2, ((0, b"hel"),))


def test_marks_are_those_of_the_first_octet_and_wrap() -> None:
    wire = Wire().play(OPENED[:2])
    wire.send(False, b"JOI kim@b.example K")
    wire.time += 5
    begin = (wire.next[False] - 19) % 2**32
    wire.send(False, b"im 0\r\nJOI pat@c.example Pat 0\r\n")
    kim, pat = [event for event in wire.events if type(event).__name__ == "Joined"]
    assert (kim.mark.sequence, kim.mark.packet) == (begin, 3)
    assert (pat.mark.sequence, pat.mark.packet) == ((begin + 25) % 2**32, 4)
    assert pat.mark.time == kim.mark.time + 5


def test_people_and_requests_without_end_are_bounded() -> None:
    wire = Wire(limits=Limits(roster=50)).play(OPENED)
    wire.send(False, b"".join(b"JOI u%d@z.example U 0\r\n" % number for number in range(500)))
    wire.send(False, b"".join(b"JOI kim@b.example;{%d} U 0\r\n" % number for number in range(500)))
    wire.send(False, b"".join(b"BYE v%d@z.example\r\n" % number for number in range(500)))
    wire.send(True, b"".join(b"CAL %d u@z.example\r\n" % number for number in range(5, 5000)))
    state = wire.session._state
    assert len(state.roster) <= 50
    assert all(len(endpoints) <= 50 for endpoints in state.roster.values())
    assert len(state.gone) <= 50
    assert len(state.requests) <= 256


def test_cost_is_linear() -> None:
    """Octet by octet, in one segment, and under look-alikes: none of it may take the square of its size."""
    payload = mime("x" * 900_000)
    octets = b"MSG kim@b.example Kim %d\r\n" % len(payload) + payload
    lookalikes = b"what\r\n" + b"MSG kim@b.example Kim 60000\r\n" * 20_000
    commands = b"ACK 1\r\n" * 100_000
    seldom_plain = b"ACK 1\r\nJOI kim@b.example K\x01m 0\r\n" * 20_000
    begin = time.process_time()
    wire = Wire(emit=_ignore).play(OPENED)
    for index in range(len(octets)):
        wire.send(False, octets[index : index + 1])
    for piece in (commands, seldom_plain, lookalikes, octets):
        wire = Wire(emit=_ignore).play(OPENED)
        wire.send(False, piece)
        wire.end()
    assert time.process_time() - begin < 20  # seconds; a quadratic step would take minutes


def _ignore(event: Event) -> None:
    """Events are not what this measures."""
