"""What one connection tells about another."""

from msnp.events import AccountKnown, ConversationKnown, Event
from msnp.limits import Limits
from msnp.links import Links
from tests.msnp.dialogue import Wire, mime, only, say, script, tell

SB = "192.0.2.3:1863"


def proofs(wire: Wire) -> list[str]:
    return tell(only(wire.events, AccountKnown, ConversationKnown))


def notification(links: Links, account: str, host: str) -> Wire:
    """A notification connection of an account that is logged in; its server is heard."""
    wire = Wire(links, client=f"{host}:5000", server="192.0.2.1:1863")
    return wire.play(script(f"S: VER 1 MSNP12\nS: USR 4 OK {account} 1 0"))


def rung(links: Links, account: str, host: str, session: str = "7788", inviter: str = "kim@b.example") -> Wire:
    wire = notification(links, account, host)
    return wire.play(script(f"S: RNG {session} {SB} CKI {session}.{account} {inviter} Kim"))


def answers(links: Links, host: str, *people: str, seconds: float = 1, port: int = 6000) -> Wire:
    """A switchboard connection of which only the server is heard."""
    wire = Wire(links, client=f"{host}:{port}", server=SB).wait(seconds)
    for index, person in enumerate(people, 1):
        wire.play(script(f"S: IRO 1 {index} {len(people)} {person} Name 0"))
    return wire.play(script("S: ANS 1 OK"))


# --- 1. cookies ---------------------------------------------------------------------------------------------


def test_a_cookie_names_the_notification_connection_that_handed_it_out() -> None:
    links = Links()
    ns = Wire(links, client="10.0.0.1:5000")
    ns.join(False)
    ns.play(script(f"S: XFR 9 SB {SB} CKI 17.5\nS: QNG 9"))
    Wire(links, client="10.0.0.1:6000", server=SB).play(script("C: USR 1 lou@a.example 17.5"))
    assert proofs(ns) == ["AccountKnown lou@a.example cookie (inferred)"]


def test_an_old_cookie_names_nobody() -> None:
    links = Links()
    ns = Wire(links)
    ns.join(False)
    ns.play(script(f"S: RNG 7788 {SB} CKI 17.5 kim@b.example Kim\nS: QNG 9"))
    Wire(links, server=SB).wait(181).play(script("C: ANS 1 lou@a.example 17.5 7788"))
    assert proofs(ns) == []


def test_a_name_is_known_on_the_accounts_other_connections() -> None:
    links = Links()
    notification(links, "lou@a.example", "10.0.0.1").play(script("S: PRP MFN Lou%20L"))
    sb = Wire(links, client="10.0.0.1:6000", server=SB)
    sb.play([*script("C: ANS 1 lou@a.example 1.2 7788\nS: ANS 1 OK"), say("C: MSG 2 N #", mime("hi"))])
    assert sb.events[-1].sender_name == "Lou L"  # type: ignore[union-attr]  # a TextMessage


# --- 2. only servers are heard: RNG -------------------------------------------------------------------------


def test_who_was_just_rung_is_who_answers() -> None:
    links = Links()
    rung(links, "lou@a.example", "10.0.0.1")
    wire = answers(links, "10.0.0.1", "kim@b.example")
    assert tell(wire.events) == [
        "ServerKnown False",
        "Present kim@b.example Name",
        "AccountKnown lou@a.example RNG (inferred)",
        "ConversationKnown 7788 (inferred)",
        "Entered",
    ]


def test_a_ring_to_another_host_server_inviter_or_time_is_none() -> None:
    for host, people, seconds in (
        ("10.0.0.2", ["kim@b.example"], 1),
        ("10.0.0.1", ["pat@c.example"], 1),
        ("10.0.0.1", ["kim@b.example"], 200),
    ):
        links = Links()
        rung(links, "lou@a.example", "10.0.0.1")
        assert proofs(answers(links, host, *people, seconds=seconds)) == []


def test_two_who_were_rung_behind_one_address_are_not_guessed_between() -> None:
    links = Links()
    rung(links, "lou@a.example", "10.0.0.1")
    rung(links, "ana@d.example", "10.0.0.1")
    assert proofs(answers(links, "10.0.0.1", "kim@b.example")) == []


def test_one_who_was_rung_twice_is_known_and_the_conversation_is_not() -> None:
    links = Links()
    ns = rung(links, "lou@a.example", "10.0.0.1")
    ns.play(script(f"S: RNG 9900 {SB} CKI 5.5 kim@b.example Kim"))
    assert proofs(answers(links, "10.0.0.1", "kim@b.example")) == ["AccountKnown lou@a.example RNG (inferred)"]


def test_a_ring_is_used_once() -> None:
    links = Links()
    rung(links, "lou@a.example", "10.0.0.1")
    answers(links, "10.0.0.1", "kim@b.example")
    assert proofs(answers(links, "10.0.0.1", "kim@b.example", port=6001)) == []
    links = Links()
    rung(links, "lou@a.example", "10.0.0.1")
    Wire(links, client="10.0.0.1:7000", server=SB).play(script("C: ANS 1 lou@a.example 7788.lou@a.example 7788"))
    assert proofs(answers(links, "10.0.0.1", "kim@b.example")) == []


# --- 3. only servers are heard: JOI -------------------------------------------------------------------------


def witness(links: Links, account: str = "kim@b.example", session: str = "7788", port: int = 6500) -> Wire:
    wire = Wire(links, client=f"10.0.0.9:{port}", server=SB)
    return wire.play(script(f"S: USR 1 OK {account} Kim\nS: CAL 2 RINGING {session}"))


def test_who_joins_the_others_in_the_same_moment_is_who_answered() -> None:
    for joined_first in (True, False):
        links = Links()
        other = witness(links).wait(1)
        if joined_first:
            other.play(script("S: JOI lou@a.example Lou 0"))
        wire = answers(links, "10.0.0.1", "kim@b.example", seconds=1.5)
        if not joined_first:
            other.wait(1).play(script("S: JOI lou@a.example Lou 0"))
        assert proofs(wire) == []
        wire.wait(3).play(script("S: ACK 1"))
        assert proofs(wire) == [
            "AccountKnown lou@a.example JOI (inferred)",
            "ConversationKnown 7788 (inferred)",
        ]


def test_it_is_concluded_at_the_end_too() -> None:
    links = Links()
    witness(links).wait(1).play(script("S: JOI lou@a.example Lou 0"))
    wire = answers(links, "10.0.0.1", "kim@b.example", seconds=1.5)
    wire.end()
    assert "AccountKnown lou@a.example JOI (inferred)" in proofs(wire)


def test_a_join_to_other_people_or_at_another_time_is_none() -> None:
    for found, at in (
        (["kim@b.example", "pat@c.example"], 1.5),
        (["pat@c.example"], 1.5),
        (["kim@b.example"], 9.0),
    ):
        links = Links()
        witness(links).wait(1).play(script("S: JOI lou@a.example Lou 0"))
        wire = answers(links, "10.0.0.1", *found, seconds=at)
        wire.end()
        assert proofs(wire) == []


def test_two_who_may_have_joined_are_not_guessed_between() -> None:
    links = Links()
    witness(links, port=1).wait(1).play(script("S: JOI lou@a.example Lou 0"))
    witness(links, session="9900", port=2).wait(1).play(script("S: JOI ana@d.example Ana 0"))
    wire = answers(links, "10.0.0.1", "kim@b.example")
    wire.end()
    assert proofs(wire) == []


def test_two_who_may_have_answered_are_not_guessed_between() -> None:
    links = Links()
    witness(links).wait(1).play(script("S: JOI lou@a.example Lou 0"))
    wires = [answers(links, f"10.0.0.{host}", "kim@b.example") for host in (1, 2)]
    for wire in wires:
        wire.end()
        assert proofs(wire) == []


# --- 4. only clients are heard ------------------------------------------------------------------------------


def opens(links: Links, account: str, host: str, *called: str) -> Wire:
    wire = Wire(links, client=f"{host}:6000", server=SB).play(script(f"C: USR 1 {account} 1.{account}"))
    for index, person in enumerate(called, 2):
        wire.wait(1).play(script(f"C: CAL {index} {person}"))
    return wire


def accepts(links: Links, account: str, host: str, session: str = "7788", seconds: float = 5) -> Wire:
    wire = Wire(links, client=f"{host}:6000", server=SB).wait(seconds)
    return wire.play(script(f"C: ANS 1 {account} 5.{account} {session}"))


HI = say("C: MSG 5 N #", mime("hi"))


def test_who_is_called_and_answers_is_there() -> None:
    links = Links()
    kim = opens(links, "kim@b.example", "10.0.0.1", "lou@a.example")
    lou = accepts(links, "lou@a.example", "10.0.0.2")
    assert tell(kim.events) == [
        "ServerKnown False",
        "AccountKnown kim@b.example USR (inferred)",
        "Called lou@a.example -",
        "ConversationKnown 7788 (inferred)",
        "Entered (inferred)",
        "RosterUnsure (inferred)",
        "Joined lou@a.example - (inferred)",
    ]
    assert kim.events[-1].mark == lou.events[-1].mark
    assert tell(lou.events) == ["ServerKnown False", "AccountKnown lou@a.example ANS", "ConversationKnown 7788"]
    assert tell(lou.play([HI]).events)[3:] == [
        "Present kim@b.example - (inferred)",
        "Entered (inferred)",
        "RosterUnsure (inferred)",
        "TextMessage - hi",
    ]


def test_a_third_is_told_to_both_and_finds_both() -> None:
    links = Links()
    kim = opens(links, "kim@b.example", "10.0.0.1", "lou@a.example", "pat@c.example")
    lou = accepts(links, "lou@a.example", "10.0.0.2")
    pat = accepts(links, "pat@c.example", "10.0.0.3", seconds=6)
    lou.wait(3).play([HI])
    pat.wait(3).play([HI])
    assert tell(kim.events)[-2:] == ["Joined lou@a.example - (inferred)", "Joined pat@c.example - (inferred)"]
    assert tell(lou.events)[3:] == [
        "Present kim@b.example - (inferred)",
        "Entered (inferred)",
        "RosterUnsure (inferred)",
        "Joined pat@c.example - (inferred)",
        "TextMessage - hi",
    ]
    assert tell(pat.events)[3:5] == ["Present kim@b.example - (inferred)", "Present lou@a.example - (inferred)"]
    pat.end()
    assert tell(kim.events)[-1] == tell(lou.events)[-1] == "Left pat@c.example False (inferred)"
    assert tell(pat.events)[-1] == "Left - False"


def test_one_who_never_writes_is_still_there() -> None:
    links = Links()
    opens(links, "kim@b.example", "10.0.0.1", "lou@a.example")
    lou = accepts(links, "lou@a.example", "10.0.0.2")
    assert tell(lou.end())[3:] == [
        "Present kim@b.example - (inferred)",
        "Entered (inferred)",
        "RosterUnsure (inferred)",
        "Left - False",
    ]


def test_the_answer_may_stand_before_the_call() -> None:
    links = Links()
    lou = accepts(links, "lou@a.example", "10.0.0.2", seconds=0.5)
    kim = opens(links, "kim@b.example", "10.0.0.1", "lou@a.example")
    assert tell(kim.events)[3:] == [
        "ConversationKnown 7788 (inferred)",
        "Entered (inferred)",
        "RosterUnsure (inferred)",
        "Joined lou@a.example - (inferred)",
    ]
    assert "Present kim@b.example - (inferred)" in tell(lou.play([HI]).events)
    assert [line for line in tell(kim.play([HI]).events) if line.startswith("Joined")] == tell(kim.events[-2:-1])


def test_long_before_the_call_it_is_taken_when_the_caller_speaks() -> None:
    links = Links()
    lou = accepts(links, "lou@a.example", "10.0.0.2", seconds=0)
    lou.play([HI])
    kim = opens(links, "kim@b.example", "10.0.0.1")
    kim.wait(30).play(script("C: CAL 2 lou@a.example"))
    assert not only(kim.events, ConversationKnown)
    kim.wait(90).play([HI])
    assert "ConversationKnown 7788 (inferred)" in tell(kim.events)
    assert tell(kim.events)[-2:] == ["Joined lou@a.example - (inferred)", "TextMessage - hi"]
    assert tell(lou.events)[-1] == "Joined kim@b.example - (inferred)"


def test_an_earlier_answer_to_somebody_unseen_gives_way_to_the_right_one() -> None:
    links = Links()
    before = accepts(links, "lou@a.example", "10.0.0.2", session="1", seconds=0)
    kim = opens(links, "kim@b.example", "10.0.0.1")
    kim.wait(30).play(script("C: CAL 2 lou@a.example"))
    accepts(links, "lou@a.example", "10.0.0.2", seconds=35)
    kim.wait(10).play([HI])
    assert tell(only(kim.events, ConversationKnown)) == ["ConversationKnown 7788 (inferred)"]
    assert "kim@b.example" not in " ".join(tell(before.play([HI]).end()))


def test_two_answers_before_the_call_are_not_guessed_between() -> None:
    links = Links()
    for session in ("1", "2"):
        accepts(links, "lou@a.example", "10.0.0.2", session=session, seconds=0.5)
    kim = opens(links, "kim@b.example", "10.0.0.1", "lou@a.example")
    assert not only(kim.play([HI]).events, ConversationKnown)


def test_two_who_called_are_not_guessed_between() -> None:
    links = Links()
    kim = opens(links, "kim@b.example", "10.0.0.1", "lou@a.example")
    ana = opens(links, "ana@d.example", "10.0.0.4", "lou@a.example")
    accepts(links, "lou@a.example", "10.0.0.2")
    for wire in (kim, ana):
        assert "Joined" not in " ".join(tell(wire.events))
        assert not only(wire.events, ConversationKnown)


def test_a_call_that_is_long_ago_is_not_answered() -> None:
    links = Links()
    kim = opens(links, "kim@b.example", "10.0.0.1", "lou@a.example")
    accepts(links, "lou@a.example", "10.0.0.2", seconds=90)
    assert "Joined" not in " ".join(tell(kim.events))


def test_where_servers_are_heard_nothing_is_inferred() -> None:
    links = Links()
    kim = Wire(links, client="10.0.0.1:6000", server=SB).play(
        script("C: USR 1 kim@b.example 1.1\nS: USR 1 OK kim@b.example Kim\nC: CAL 2 lou@a.example")
    )
    lou = Wire(links, client="10.0.0.2:6000", server=SB).play(script("C: ANS 1 lou@a.example 5.5 7788"))
    kim.play(script("S: CAL 2 RINGING 7788"))
    lou.play(script("S: IRO 1 1 1 kim@b.example Kim 0\nS: ANS 1 OK"))
    kim.play(script("S: JOI lou@a.example Lou 0"))
    events: list[Event] = [*kim.end(), *lou.end()]
    assert not [event for event in events if event.inferred]


def test_one_heard_alone_learns_of_one_heard_whole() -> None:
    links = Links()
    Wire(links, client="10.0.0.1:6000", server=SB).play(
        script(
            "C: USR 1 kim@b.example 1.1\nS: USR 1 OK kim@b.example Kim\n"
            "C: CAL 2 lou@a.example\nS: CAL 2 RINGING 7788"
        )
    )
    lou = accepts(links, "lou@a.example", "10.0.0.2")
    assert "Present kim@b.example - (inferred)" in tell(lou.play([HI]).events)


def test_tables_are_bounded() -> None:
    links = Links(Limits(links=10))
    for number in range(100):
        rung(links, f"u{number}@a.example", f"10.0.1.{number}", session=str(number))
        witness(links, session=str(number)).play(script(f"S: JOI v{number}@a.example V 0"))
        answers(links, f"10.0.2.{number}", "w@z.example")
        opens(links, f"x{number}@a.example", "10.0.0.3", f"y{number}@a.example")
        accepts(links, f"z{number}@a.example", "10.0.0.4", session=f"s{number}")
    for table in (links._names, links._offers, links._rings, links._answers, links._joins, links._waiting):
        assert len(table) <= 10
    assert len(links._groups) <= 10
    assert len(links._calls) <= 10
    assert len(links._meetings) <= 10
