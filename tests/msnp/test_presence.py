"""Status and names, in the forms of all versions."""

from collections.abc import Mapping

import pytest

from msnp.events import NameChanged, StatusChanged
from tests.msnp.dialogue import Said, Wire, events_of, only, say, script, tell

OBJECT = "%3Cmsnobj%20Creator%3D%22kim%40b.example%22%20Type%3D%223%22%2F%3E"


def login(version: int | None) -> list[Said]:
    known = [say(f"S: VER 1 MSNP{version}")] if version else []
    return [*known, *script("S: USR 4 OK lou@a.example 1 0")]


@pytest.mark.parametrize(
    ("version", "line", "told"),
    [
        (7, "ILN 8 AWY kim@b.example Kim%20K", "kim@b.example AWY Kim K True - -"),
        (8, "ILN 8 AWY kim@b.example Kim 268435492", "kim@b.example AWY Kim True - 268435492"),
        (9, f"ILN 8 AWY kim@b.example Kim 268435492 {OBJECT}", "kim@b.example AWY Kim True - 268435492"),
        (12, "ILN 8 NLN kim@b.example 1 64 0", "kim@b.example NLN 1 True - 64"),
        (15, "ILN 8 NLN kim@b.example 1 Kim 1342177280 0", "kim@b.example NLN Kim True 1 1342177280"),
        (None, "ILN 8 NLN kim@b.example 1 Kim 1342177280 0", "kim@b.example NLN Kim True 1 1342177280"),
        (7, "NLN BSY pat@c.example Pat", "pat@c.example BSY Pat False - -"),
        (11, "NLN BSY pat@c.example Pat 536870948", "pat@c.example BSY Pat False - 536870948"),
        (14, "NLN AWY ana@d.example 32 Ana 0", "ana@d.example AWY Ana False 32 0"),
        (14, f"NLN AWY ana@d.example 1 Ana 0 {OBJECT} 0", "ana@d.example AWY Ana False 1 0"),
        (None, "NLN AWY ana@d.example 32 Ana 0 0", "ana@d.example AWY Ana False 32 0"),
        (None, f"NLN AWY ana@d.example 32 0 {OBJECT}", "ana@d.example AWY 32 False - 0"),
        (16, "NLN NLN kim@b.example 1 Kim 2789003324:48 0", "kim@b.example NLN Kim False 1 2789003324:48"),
        (18, "NLN NLN 1:kim@b.example Kim 2789003324:48 0", "kim@b.example NLN Kim False 1 2789003324:48"),
        (18, "NLN IDL 1:kim@b.example;via=9:0-0@live.com Kim 1:48 0", "kim@b.example IDL Kim False 1 1:48"),
        (15, "NLN NLN tel:+15550177 4 Mum 64 0", "tel:+15550177 NLN Mum False 4 64"),
        (12, "FLN kim@b.example", "kim@b.example FLN - False - -"),
        (15, "FLN kim@b.example 32 0", "kim@b.example FLN - False 32 -"),
        (18, "FLN 1:kim@b.example 0:0", "kim@b.example FLN - False 1 -"),
        (12, "NLN FLN kim@b.example Kim 0 0", "kim@b.example FLN Kim False - 0"),
    ],
)
def test_contacts(version: int | None, line: str, told: str) -> None:
    wire = Wire()
    if version is None:
        wire.join(False)
    events = wire.play([*login(version), say(f"S: {line}")]).end()
    assert tell(only(events, StatusChanged)) == [f"StatusChanged {told}"]


def test_own_status_is_told_once_when_it_is_asked_for() -> None:
    events = events_of([*login(12), *script("C: CHG 8 NLN 1342177280 0\nS: CHG 8 NLN 1342177280 0")])
    (event,) = only(events, StatusChanged)
    assert tell([event]) == ["StatusChanged - NLN - False - 1342177280"]
    assert event.from_client


def test_own_status_is_told_once_also_if_the_echo_is_seen_first_or_alone() -> None:
    for dialogue in ("S: CHG 8 BSY 5\nC: CHG 8 BSY 5", "S: CHG 8 BSY 5"):
        events = events_of([*login(12), *script(dialogue)])
        assert tell(only(events, StatusChanged)) == ["StatusChanged - BSY - False - 5"]


def test_another_status_than_asked_for_is_told() -> None:
    events = events_of([*login(12), *script("C: CHG 8 NLN 5\nS: CHG 8 HDN 5\nC: CHG 9 HDN 5\nS: CHG 9 HDN 5")])
    assert [event.status for event in only(events, StatusChanged) if isinstance(event, StatusChanged)] == [
        "NLN",
        "HDN",
        "HDN",
    ]


def test_own_endpoints_are_no_contacts() -> None:
    events = events_of(
        [*login(18), *script("C: CHG 8 AWY 5\nS: NLN AWY 1:lou@a.example Lou 5:4 0\nS: FLN 1:lou@a.example 0:0")]
    )
    assert len(only(events, StatusChanged)) == 1


# --- what else is said with it ------------------------------------------------------------------------------


def details_of(version: int | None, *lines: str) -> list[Mapping[str, object]]:
    wire = Wire()
    if version is None:
        wire.join(False)
    events = wire.play([*login(version), *script("\n".join(lines))]).end()
    return [event.details for event in only(events, StatusChanged) if isinstance(event, StatusChanged)]


PICTURE = {"creator": "kim@b.example", "type": 3, "type_name": "display picture"}


@pytest.mark.parametrize(
    ("version", "line", "details"),
    [
        (7, "NLN BSY kim@b.example Kim", {}),
        (8, "NLN BSY kim@b.example Kim 36", {"features": ["ink-gif", "multi-part"]}),
        (9, f"ILN 8 AWY kim@b.example Kim 0 {OBJECT}", {"picture": PICTURE}),
        (13, f"NLN AWY kim@b.example Kim 1342177280 {OBJECT}", {"client_family": "MSN 7.5", "picture": PICTURE}),
        (12, "NLN AWY kim@b.example Kim 1342177280 0", {"client_family": "MSN 7.5"}),
        (12, "NLN AWY kim@b.example Kim 0 %3Cbroken", {}),
        (14, "NLN AWY ana@d.example 32 Ana 0 0", {"network_name": "yahoo"}),
        (
            15,
            f"ILN 8 NLN kim@b.example 1 Kim 0 {OBJECT} http%3A%2F%2Fi.example%2Fk.png",
            {"network_name": "live", "picture": PICTURE, "icon": "http://i.example/k.png"},
        ),
        (15, f"ILN 8 NLN kim@b.example 1 Kim 0 {OBJECT} 0", {"network_name": "live", "picture": PICTURE}),
        (16, "NLN NLN kim@b.example 1 1 0:32 0", {"network_name": "live", "features": ["p2p-v2"]}),
        (17, "ILN 8 NLN 1:kim@b.example Kim 0:32 0", {"network_name": "live", "features": ["p2p-v2"]}),
        (
            18,
            f"NLN IDL 1:kim@b.example;via=9:0-0@live.com Kim 1610612736:48 {OBJECT}",
            {
                "network_name": "live",
                "client_family": "WLM 8.0",
                "features": ["p2p-v2", "rtc-video"],
                "picture": PICTURE,
                "via": "0-0@live.com",
            },
        ),
        (18, "NLN NLN 9:0-9@live.com Friends 0:0 0", {"network_name": "circle"}),
        (18, "FLN 1:kim@b.example;via=9:0-0@live.com 0:0", {"network_name": "live", "via": "0-0@live.com"}),
        (12, "FLN kim@b.example", {}),
        (15, "FLN ana@d.example 32 0", {"network_name": "yahoo"}),
    ],
)
def test_details(version: int, line: str, details: dict[str, object]) -> None:
    assert details_of(version, f"S: {line}") == [details]


def test_own_picture_and_capabilities() -> None:
    (told,) = details_of(18, f"C: CHG 8 NLN 2789003324:48 {OBJECT}", f"S: CHG 8 NLN 2789003324:48 {OBJECT}")
    assert told["client_family"] == "WLM 2009"
    assert told["picture"] == PICTURE


def test_what_can_be_read_in_two_ways_is_told_in_both() -> None:
    wire = Wire()
    wire.join(False)
    events = wire.play([*login(None), *script("S: NLN AWY ana@d.example 1 64 0")]).end()
    assert tell(only(events, StatusChanged)) == ["StatusChanged ana@d.example AWY - False - -"]
    (event,) = only(events, StatusChanged)
    assert isinstance(event, StatusChanged)
    assert event.details == {
        "readings": [
            {"name": "1", "capabilities": "64", "features": ["mobile"]},
            {"network": 1, "name": "64", "capabilities": "0"},
        ]
    }


@pytest.mark.parametrize(
    ("version", "line", "told"),
    [
        (None, "NLN AWY ana@d.example 1 64", "ana@d.example AWY 1 False - 64"),
        (None, "NLN AWY ana@d.example 1", "ana@d.example AWY 1 False - -"),
        (None, "NLN AWY ana@d.example 1 64 5", "ana@d.example AWY 64 False 1 5"),
        (None, "NLN AWY ana@d.example 1 64 5 0", "ana@d.example AWY 64 False 1 5"),
        (None, "NLN AWY ana@d.example 1 64:0 0", "ana@d.example AWY 1 False - 64:0"),
        (16, "NLN AWY ana@d.example 1 64:0 0", "ana@d.example AWY 1 False - 64:0"),
        (16, "NLN AWY ana@d.example 1 64 0:0 0", "ana@d.example AWY 64 False 1 0:0"),
        (13, "NLN AWY ana@d.example 1 64 0", "ana@d.example AWY 1 False - 64"),
        (14, "NLN AWY ana@d.example 1 64 0", "ana@d.example AWY 64 False 1 0"),
        (18, "NLN AWY 32:ana@d.example 1 64:0 0", "ana@d.example AWY 1 False 32 64:0"),
    ],
)
def test_names_that_look_like_networks(version: int | None, line: str, told: str) -> None:
    wire = Wire()
    if version is None:
        wire.join(False)
    events = wire.play([*login(version), say(f"S: {line}")]).end()
    assert tell(only(events, StatusChanged)) == [f"StatusChanged {told}"]


def test_an_own_endpoint_that_is_named_is_told_as_the_own_account() -> None:
    events = events_of(
        [
            *login(18),
            *script("""
            C: CHG 8 NLN 5:0
            S: NLN NLN 1:lou@a.example;{AA} Lou 1610612736:32 0
            S: FLN 1:lou@a.example;epid={AA} 0:0
            S: FLN 1:lou@a.example 0:0
        """),
        ]
    )
    assert tell(only(events, StatusChanged)) == [
        "StatusChanged - NLN - False - 5:0",
        "StatusChanged - NLN Lou False 1 1610612736:32",
        "StatusChanged - - - False 1 -",
    ]
    *_, came, went = (event.details for event in only(events, StatusChanged) if isinstance(event, StatusChanged))
    assert came["endpoints"] == [
        {
            "id": "{aa}",
            "state": "NLN",
            "capabilities": "1610612736:32",
            "client_family": "WLM 8.0",
            "features": ["p2p-v2"],
        }
    ]
    assert went["endpoints"] == [{"id": "{aa}", "state": "FLN"}]


def test_attributes_of_an_account_are_bounded() -> None:
    hostile = "kim@b.example" + ";via=9:x@y.z" * 40 + ";{aa}"
    (told,) = details_of(18, f"S: NLN AWY 1:{hostile} Kim 0:0 0")
    assert told == {"network_name": "live", "via": "x@y.z"}


# --- names --------------------------------------------------------------------------------------------------


def test_names_up_to_msnp9() -> None:
    events = events_of(
        [
            say("S: VER 1 MSNP8"),
            *script("""
            S: USR 4 OK lou@a.example Lou 1 0
            C: REA 9 lou@a.example Lou%20L
            S: REA 9 77 lou@a.example Lou%20L
            C: REA 10 kim@b.example Boss
            S: REA 10 78 kim@b.example Boss
            S: REA 11 79 kim@b.example Chief
        """),
        ]
    )
    assert tell(only(events, NameChanged)) == [
        "NameChanged - Lou L",
        "NameChanged kim@b.example Boss",
        "NameChanged kim@b.example Chief",
    ]


def test_names_from_msnp10() -> None:
    events = events_of(
        [
            *login(11),
            *script("""
            S: PRP MFN Lou
            S: PRP PHM 555-0177
            S: PRP MFN Lou
            C: PRP 7 MFN Lou%20%F0%9F%90%9F
            S: PRP 7 MFN Lou%20%F0%9F%90%9F
            S: PRP 8 99 MFN Lou2
            S: SBP 9 0-0 MFN Boss
        """),
        ]
    )
    assert tell(only(events, NameChanged)) == [
        "NameChanged - Lou",
        "NameChanged - Lou 🐟",
        "NameChanged - Lou2",
    ]


def test_a_status_that_does_not_exist_is_reported_not_told() -> None:
    events = events_of([*login(12), *script("S: NLN WAT kim@b.example Kim 0\nS: NLN NLN nobody Kim 0\nS: NLN")])
    assert [line.split(" ", 2)[2] for line in tell(events) if line.startswith("Undecoded")] == [
        "malformed NLN: unknown status",
        "malformed NLN: no account",
        "malformed NLN: no argument 1",
    ]
