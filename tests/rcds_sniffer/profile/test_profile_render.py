"""The tables for people."""

import io

import pytest

from rcds_sniffer.profile.render import SHOWN, render
from tests.rcds_sniffer.profile.profile_crafting import (
    BOB,
    contact,
    login,
    logout,
    presence,
    profile,
    said,
    whole,
)

HOSTILE = "a\x1b[2Jb\rc\u202ed\x07[red]e\ud800\u2028"


def shown(*records, width: int | None = None) -> str:  # type: ignore[no-untyped-def]
    stream = io.StringIO()
    render(whole(*records), stream, width=width, color=False)
    return stream.getvalue()


def test_every_fact_is_a_line_where_nothing_is_a_terminal() -> None:
    lines = shown(login(0), profile(1, name="爱丽丝 " * 20), logout(9)).splitlines()
    assert any(("爱丽丝 " * 20).strip() in line and "evening.pcap:7" in line for line in lines)
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_tables_fit_a_terminal(width: int) -> None:
    text = shown(
        login(0), presence(1, status="NLN", personal_message="今晚看电影" * 9), said(3, sender=BOB),
        contact(2, name="鲍勃", action="listed", lists=["FL", "AL"], bits=3, groups=["同学", "朋友"]), logout(9),
        width=width,
    )  # fmt: skip
    for title in ("Clients and systems", "Addresses", "Sessions", "Status over time", "Contacts", "correspondents"):
        assert title.split()[-1] in text
    assert all(len(line) <= width for line in text.splitlines())


def test_strangers_steer_no_terminal() -> None:
    records = [
        profile(1, name=HOSTILE, page=HOSTILE, property=HOSTILE, value=HOSTILE), presence(2, status=HOSTILE),
        contact(3, HOSTILE, name=HOSTILE, action="listed", lists=[HOSTILE], groups=[HOSTILE]),
        presence(4, personal_message=HOSTILE, media={"title": HOSTILE}, endpoints=[{"computer": HOSTILE}]),
        login(5, details={"client": HOSTILE}), logout(6, details={"reason": HOSTILE}),
        said(7, event=HOSTILE, source={"name": HOSTILE, "packet": 1}),
    ]  # fmt: skip
    for width in (None, 80):
        text = shown(*records, width=width)
        for char in "\x1b\r\u202e\x07\ud800\u2028":
            assert char not in text
    assert "a\\x1b[2Jb\\rc\\u202ed\\x07[red]e" in shown(*records)


def test_status_in_words_and_durations() -> None:
    text = shown(login(0), presence(1, status="PHN"), logout(3_721))
    assert "on the phone 1:02:00" in text


def test_of_long_lists_the_latest_are_shown_and_it_is_said() -> None:
    text = shown(*(profile(n / 10, page=f"PAGE{n:04d}") for n in range(3 * SHOWN)))
    assert f"the latest {SHOWN} of {3 * SHOWN}; --format json has all" in text
    assert "PAGE0299" in text
    assert "PAGE0199" not in text


def test_beneath_each_other_an_absent_value_keeps_its_place() -> None:
    text = shown(*(profile(n, property="phone_home", value=str(n)) for n in range(2)), width=80)
    assert "\u2013" in text
