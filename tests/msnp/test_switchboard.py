"""Who is in a conversation."""

from msnp.events import Acknowledged, Event, Joined, Left, Present, RosterUnsure
from tests.msnp.dialogue import Said, Wire, events_of, mime, only, say, script, tell

OPENED = script("""
    C: USR 1 Lou@a.example 17.5.9
    S: USR 1 OK lou@a.example Lou
    C: CAL 2 kim@b.example
    S: CAL 2 RINGING 7788
    S: JOI Kim@b.example Kim%20K 1342177280
""")
INVITED = script("""
    C: ANS 1 lou@a.example 84.5 7788
    S: IRO 1 1 2 kim@b.example Kim 64
    S: IRO 1 2 2 pat@c.example Pat 64
    S: ANS 1 OK
""")
WHO = (Present, Joined, Left, RosterUnsure)


def people(events: list[Event]) -> list[str]:
    return tell(only(events, *WHO))


def test_opened_by_the_own_account() -> None:
    assert tell(events_of([*OPENED, say("S: BYE kim@b.example 1"), say("C: OUT")])) == [
        "ServerKnown False",
        "AccountKnown lou@a.example USR OK",
        "Entered",
        "Called kim@b.example -",
        "ConversationKnown 7788",
        "Joined kim@b.example Kim K",
        "Left kim@b.example True",
        "Left - False",
    ]


def test_invited() -> None:
    assert tell(events_of(INVITED)) == [
        "ServerKnown False",
        "AccountKnown lou@a.example ANS",
        "ConversationKnown 7788",
        "Present kim@b.example Kim",
        "Present pat@c.example Pat",
        "Entered",
        "Left - False",
    ]


def test_endpoints_double_the_lines_and_not_the_people() -> None:
    events = events_of(
        script("""
        C: ANS 1 lou@a.example;{0-0} 84.5 7788
        S: IRO 1 1 2 kim@b.example;{0-1} Kim 1:48
        S: IRO 1 2 2 kim@b.example Kim 1:48
        S: ANS 1 OK
        S: JOI lou@a.example;{0-0} Lou 1:48
        S: JOI lou@a.example Lou 1:48
        S: JOI pat@c.example;{0-2} Pat 1:48
        S: JOI pat@c.example;{0-3} Pat 1:48
        S: JOI pat@c.example Pat 1:48
        S: BYE pat@c.example;{0-2}
        S: BYE pat@c.example;{0-3}
        S: BYE pat@c.example
        S: BYE kim@b.example;{0-1}
        S: BYE kim@b.example
        S: BYE kim@b.example
        S: JOI kim@b.example Kim 1:48
    """)
    )
    assert people(events) == [
        "Present kim@b.example Kim",
        "Joined pat@c.example Pat",
        "Left pat@c.example False",
        "Left kim@b.example False",
        "Joined kim@b.example Kim",
        "Left - False",
    ]


def test_endpoints_without_the_bare_address_leave_with_the_last() -> None:
    events = events_of(
        [
            *OPENED,
            *script("""
        S: JOI pat@c.example;{0-2} Pat 1
        S: JOI pat@c.example;{0-3} Pat 1
        S: BYE pat@c.example;{0-2}
        S: BYE pat@c.example;{0-3}
    """),
        ]
    )
    assert people(events)[1:-1] == ["Joined pat@c.example Pat", "Left pat@c.example False"]


def test_calling_oneself_first_is_no_call() -> None:
    events = events_of(
        [*OPENED[:2], *script("C: CAL 2 lou@a.example\nS: CAL 2 RINGING 7788\nS: JOI lou@a.example Lou 1")]
    )
    assert tell(events)[3:] == ["ConversationKnown 7788", "Left - False"]


def test_a_call_that_fails_says_whom_it_was_for() -> None:
    events = events_of([*OPENED[:2], *script("C: CAL 2 kim@b.example\nC: CAL 3 pat@c.example\nS: 217 3\nS: 216 9")])
    assert tell(events)[3:] == [
        "Called kim@b.example -",
        "Called pat@c.example -",
        "Called pat@c.example 217",
        "ProfileLearnt",
        "Left - False",
    ]


def test_one_leaves_once_however_it_is_said() -> None:
    for last in ("C: OUT", "S: OUT", "C: BYE 3 lou@a.example"):
        events = events_of([*OPENED, say(last), say("C: OUT")])
        assert people(events) == ["Joined kim@b.example Kim K", "Left - False"]


def test_the_server_alone_is_enough_to_enter() -> None:
    events = events_of([said for said in INVITED if not said[0]])
    assert tell(events) == [
        "ServerKnown False",
        "Present kim@b.example Kim",
        "Present pat@c.example Pat",
        "Entered",
        "Left - False",
    ]
    assert tell(events_of([said for said in OPENED if not said[0]]))[:3] == [
        "ServerKnown False",
        "AccountKnown lou@a.example USR OK",
        "Entered",
    ]


def test_a_client_alone_is_in_when_it_writes() -> None:
    wire = Wire().play([said for said in OPENED if said[0]])
    assert tell(wire.events) == [
        "ServerKnown False",
        "AccountKnown lou@a.example USR (inferred)",
        "Called kim@b.example -",
    ]
    wire.play([say("C: MSG 3 N #", mime("hi"))])
    assert tell(wire.end())[3:] == [
        "Entered (inferred)",
        "RosterUnsure (inferred)",
        "Joined kim@b.example - (inferred)",
        "TextMessage - hi",
        "Left - False",
    ]


def _alone(*said: Said) -> list[str]:
    return people(events_of([say("C: USR 1 lou@a.example 17.5.9"), *said]))


def test_whom_a_client_alone_calls_is_there_when_it_speaks() -> None:
    kim, pat = say("C: CAL 2 kim@b.example"), say("C: CAL 3 pat@c.example")
    hi = say("C: MSG 4 N #", mime("hi"))
    joined = ["RosterUnsure (inferred)", "Joined kim@b.example - (inferred)", "Left - False"]
    silent = ["RosterUnsure (inferred)", "Left - False"]
    assert _alone(kim, hi, hi) == joined
    assert _alone(kim, say("C: MSG 4 U #", mime("", "text/x-keepalive")), hi) == joined
    assert _alone(kim, kim, hi) == joined
    assert _alone(kim, hi, pat, hi) == joined
    assert _alone(kim, pat, hi) == silent
    assert _alone(hi) == silent
    assert _alone(kim) == []
    assert people(events_of([say("C: ANS 1 lou@a.example 5.5 7788"), kim, hi])) == silent


def test_a_call_may_be_missing_or_the_server_be_heard() -> None:
    for lost_by_client in (True, False):
        wire = Wire().play(script("C: USR 1 lou@a.example 17.5.9\nC: CAL 2 kim@b.example"))
        wire.lose(lost_by_client, b"CAL 3 pat@c.example\r\n")
        assert "Joined" not in " ".join(people(wire.play([say("C: MSG 4 N #", mime("hi"))]).end()))


def test_a_refused_client_alone_is_not_in() -> None:
    assert tell(events_of([say("C: USR 1 lou@a.example 17.5.9")])) == ["ServerKnown False"]
    events = events_of(script("C: USR 1 lou@a.example 17.5.9\nS: 911 1"))
    assert tell(events) == ["ServerKnown False", "ProfileLearnt"]


def test_acknowledgements() -> None:
    events = events_of([*OPENED, *script("S: ACK 4\nS: NAK 5\nS: ACK x")])
    assert tell(only(events, Acknowledged)) == ["Acknowledged 4 True", "Acknowledged 5 False"]
    assert "Undecoded 7 malformed ACK: argument 1 is no number" in tell(events)


def test_a_gap_on_the_servers_side_makes_the_roster_unsure() -> None:
    wire = Wire().play(OPENED)
    wire.lose(False, b"BYE kim@b.example\r\n")
    wire.play(script("S: JOI pat@c.example Pat 0"))
    assert people(wire.end())[1:] == ["RosterUnsure", "Joined pat@c.example Pat", "Left - False"]


def test_the_doubt_begins_with_the_last_octet_before_the_gap() -> None:
    wire = Wire().play(OPENED)
    last = wire.mark(False)
    wire.wait(60).lose(False, b"BYE kim@b.example\r\n")
    wire.wait(60).play(script("S: JOI pat@c.example Pat 0"))
    (doubt,) = only(wire.events, RosterUnsure)
    assert (doubt.mark.time, doubt.mark.packet) == (last.time, last.packet)
    assert doubt.mark.sequence == (last.sequence - 1) % 2**32


def test_without_an_octet_before_it_the_doubt_begins_behind_the_gap() -> None:
    wire = Wire()
    wire.join(False)
    behind = wire.mark(False)
    wire.wait(60).play([say("S: MSG kim@b.example Kim #", mime("hello"))])
    (doubt,) = only(wire.events, RosterUnsure)
    assert doubt.mark == behind


def test_a_gap_on_the_clients_side_or_inside_a_payload_does_not() -> None:
    wire = Wire().play(OPENED)
    wire.lose(True, b"CAL 3 pat@c.example\r\n")
    _, text = say("S: MSG kim@b.example Kim #", mime("hello there"))
    wire.send(False, text[:-5])
    wire.lose(False, text[-5:-2])
    wire.send(False, text[-2:])
    wire.play(script("S: ACK 9"))
    assert not only(wire.end(), RosterUnsure)


def test_joined_in_mid_stream_the_roster_is_unsure_from_there() -> None:
    wire = Wire()
    wire.join(False)
    wire.join(True)
    wire.play([say("S: MSG kim@b.example Kim #", mime("hello"))])
    assert tell(wire.end()) == ["ServerKnown False", "RosterUnsure", "TextMessage kim@b.example hello"]


def test_joined_right_at_the_beginning_it_is_not() -> None:
    wire = Wire()
    wire.join(True)
    wire.join(False)
    events = wire.play(OPENED).end()
    assert not only(events, RosterUnsure)
    assert "Entered" in tell(events)


def test_leaving_is_told_even_where_the_beginning_was_missed() -> None:
    wire = Wire()
    wire.join(True)
    wire.play([say("C: MSG 9 N #", mime("bye")), say("C: OUT")])
    assert people(wire.end()) == ["Left - False"]


def test_somebody_whose_coming_was_missed_leaves_once() -> None:
    events = events_of([*OPENED, *script("S: BYE pat@c.example;{0-1}\nS: BYE pat@c.example\nS: BYE pat@c.example")])
    assert people(events)[1:] == ["Left pat@c.example False", "Left - False"]


def test_a_client_that_goes_on_was_let_in_even_if_the_answer_was_lost() -> None:
    wire = Wire().play(OPENED[:1])
    wire.lose(False, OPENED[1][1])
    wire.play(OPENED[2:])
    assert "AccountKnown lou@a.example USR (inferred)" in tell(wire.end())


def test_end_of_the_capture_is_nobodys_leave() -> None:
    wire = Wire().play(OPENED)
    told = len(wire.events)
    wire.session.end(wire.mark(True), closed=False)
    assert wire.events[told:] == []
