"""What clients say that they can do."""

from collections.abc import Mapping

import pytest

from msnp.capabilities import describe
from msnp.events import Joined, Present
from tests.msnp.dialogue import events_of, only, script


@pytest.mark.parametrize(
    ("sent", "family", "features"),
    [
        ("0", None, None),
        ("36", None, ["ink-gif", "multi-part"]),
        ("1073741824", "MSN 7.0", None),
        ("1342177280", "MSN 7.5", None),
        ("268435492", "MSN 6.0", ["ink-gif", "multi-part"]),
        ("1610612800", "WLM 8.0", ["mobile"]),
        ("2147483648:0", "WLM 8.5", None),
        ("512", None, ["web"]),
        ("0:48", None, ["p2p-v2", "rtc-video"]),
        ("3221225472:2147484928", "WLM 2012", ["multiparty", "nudges", "offline-messages"]),
        (str(0x10 | 0x8000 | 0x20000 | 0x40000), None, ["bot", "voice-clips", "webcam", "winks"]),
    ],
)
def test_bits_of_both_numbers(sent: str, family: str | None, features: list[str] | None) -> None:
    told = describe(sent)
    assert (told.get("client_family"), told.get("features")) == (family, features)
    assert set(told) <= {"client_family", "features"}


@pytest.mark.parametrize(
    "sent", [None, "", "-1", "1:", "1:2:3", "x", "9" * 400, "4294967296", "٣", "4294967296:4294967296"]
)
def test_of_what_is_no_number_of_32_bits_nothing_is_told(sent: str | None) -> None:
    assert describe(sent) == {}


def test_what_one_event_holds_is_its_own() -> None:
    first = describe("36")
    features = first["features"]
    assert isinstance(features, list)
    features.append("mine")
    assert describe("36")["features"] == ["ink-gif", "multi-part"]


def test_unknown_bits_and_families_are_left_out() -> None:
    assert describe(str(0xF0000002)) == {}


# --- in a conversation --------------------------------------------------------------------------------------


def details_of(dialogue: str) -> list[Mapping[str, object]]:
    events = events_of(script("C: ANS 1 lou@a.example 1.2 77\n" + dialogue))
    return [event.details for event in only(events, Joined, Present) if isinstance(event, (Joined, Present))]


def test_who_comes_brings_capabilities_from_msnp12_on() -> None:
    (there, came) = details_of(
        "S: IRO 1 1 1 kim@b.example Kim 36\nS: ANS 1 OK\nS: JOI pat@c.example %E9%99%B3 2789003324:48"
    )
    assert there == {"capabilities": "36", "features": ["ink-gif", "multi-part"]}
    assert came["capabilities"] == "2789003324:48"
    assert came["client_family"] == "WLM 2009"
    assert {"webcam", "p2p-v2"} <= set(came["features"])  # type: ignore[call-overload]


def test_who_comes_brings_none_before() -> None:
    assert details_of("S: IRO 1 1 1 kim@b.example Kim\nS: ANS 1 OK\nS: JOI pat@c.example Pat") == [{}, {}]


def test_of_several_endpoints_the_first_to_come_counts() -> None:
    (came,) = details_of(
        "S: ANS 1 OK\n"
        "S: JOI kim@b.example;{11111111-2222-3333-4444-555555555555} Kim 1342177280:32\n"
        "S: JOI kim@b.example Kim 1342177280:32"
    )
    assert came == {"capabilities": "1342177280:32", "client_family": "MSN 7.5", "features": ["p2p-v2"]}
