"""When the target was signed in, and with which status."""

import pytest

from rcds_sniffer.profile import sessions
from tests.rcds_sniffer.profile.profile_crafting import at, facts, known, login, logout, presence, profile

SESSION = "login", "first", "until", "seconds", "reason"


def test_session_from_sign_in_to_sign_out() -> None:
    person = known(login(0), logout(90, details={"reason": "connection-end"}))
    assert facts(person, "sessions", *SESSION, "address", "protocol_version") == [
        (True, at(0), at(90), 90.0, "connection-end", "192.0.2.7:1042", "MSNP15")
    ]


def test_session_whose_beginning_was_missed() -> None:
    assert facts(known(presence(5, status="NLN"), logout(9)), "sessions", *SESSION) == [
        (False, at(5), at(9), 4.0, None)
    ]


def test_session_whose_end_was_missed_has_none() -> None:
    person = known(login(0), presence(30, status="BSY"))
    assert facts(person, "sessions", *SESSION, "last") == [(True, at(0), None, None, None, at(30))]
    assert facts(person, "statuses", "status", "until", "seconds") == [("BSY", None, None)]
    assert "status_seconds" not in person


def test_what_comes_before_the_acceptance_belongs_to_the_same_session() -> None:
    assert facts(known(profile(0, name="A"), login(1), logout(9)), "sessions", *SESSION[:2]) == [(True, at(0))]


def test_port_that_is_used_again_is_another_session() -> None:
    assert facts(known(login(0), login(200), logout(300)), "sessions", *SESSION[:3]) == [
        (True, at(0), None),
        (True, at(200), at(300)),
    ]


def test_statuses_last_until_the_next_and_are_added_up() -> None:
    person = known(
        login(0), presence(1, status="NLN"), presence(2, status="NLN"), presence(61, status="AWY"),
        presence(70, status="NLN"), logout(80),
    )  # fmt: skip
    assert facts(person, "statuses", "status", "first", "until", "seconds") == [
        ("NLN", at(1), at(61), 60.0), ("AWY", at(61), at(70), 9.0), ("NLN", at(70), at(80), 10.0),
    ]  # fmt: skip
    assert person["status_seconds"] == {"NLN": 70.0, "AWY": 9.0}


def test_status_goes_on_while_another_place_is_signed_in() -> None:
    elsewhere = {"client": "203.0.113.5:4000"}
    person = known(login(0), login(5, **elsewhere), presence(6, status="NLN"), logout(9), logout(30, **elsewhere))
    assert facts(person, "statuses", "until") == [(at(30),)]


def test_refused_status_was_none() -> None:
    refused = profile(11, command="CHG", status="XXX", error=201)
    person = known(login(0), presence(1, status="NLN"), presence(10, status="XXX"), refused, logout(20))
    assert facts(person, "statuses", "status", "until") == [("NLN", at(20)), ("XXX", at(11))]


def test_sessions_beyond_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MAX_SESSIONS", 3)
    monkeypatch.setattr(sessions, "MAX_OPEN", 1)
    person = known(*(login(n, client=f"192.0.2.7:{n}") for n in range(5)), logout(9, client="192.0.2.7:1"))
    assert facts(person, "sessions", "address", "until") == [(f"192.0.2.7:{n}", None) for n in range(3)]
    assert person["limits_reached"] == ["sessions"]
