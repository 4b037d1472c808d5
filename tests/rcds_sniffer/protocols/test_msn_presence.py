"""Presence, endpoints and what clients can do: from the octets to the records."""

from collections.abc import Mapping

import pytest

from tests.msnp.dialogue import Said, mime, say, script
from tests.rcds_sniffer.protocols.tap import Tap

LOU, KIM = "lou@a.example", "kim@b.example"
HERE = "{11111111-2222-3333-4444-555555555555}"
MESSAGE = "<Data><PSM>明日は雨 ☔</PSM><CurrentMedia></CurrentMedia></Data>"
PLACES = (
    f'<Data><PSM></PSM><EndpointData id="{HERE}"><Capabilities>2147483648:32</Capabilities></EndpointData>'
    f'<PrivateEndpointData id="{HERE}"><EpName>客厅-PC</EpName></PrivateEndpointData></Data>'
)


def login() -> list[Said]:
    return [say("S: VER 1 MSNP18"), *script(f"S: USR 4 OK {LOU} 1 0")]


def details_of(tap: Tap, event: str) -> list[Mapping[str, object]]:
    return [record.details or {} for record in tap.end() if record.event == event]


@pytest.mark.parametrize("packed", [False, True], ids=["in one process", "from a worker"])
def test_presence_without_a_status(packed: bool) -> None:
    tap = Tap(LOU, packed=packed)
    tap.line().hear(
        *login(),
        say("C: UUX 9 #", MESSAGE),
        say(f"S: UBX 1:{KIM} #", MESSAGE),
        say(f"S: UBX 1:{KIM} 0"),
        say(f"S: UBX 1:{LOU} #", PLACES),
    )
    records = [record for record in tap.end() if record.event == "presence"]
    assert [(r.direction, r.sender, r.recipients) for r in records] == [
        ("from-target", LOU, ()),
        ("to-target", KIM, (LOU,)),
        ("to-target", KIM, (LOU,)),
        ("from-target", LOU, ()),
    ]
    own, theirs, cleared, places = (record.details or {} for record in records)
    assert own == {"personal_message": "明日は雨 ☔", "media": None}
    assert theirs == {"network": 1, "network_name": "live", **own}
    assert cleared == {"network": 1, "network_name": "live", "personal_message": "", "media": None}
    assert places["endpoints"] == [
        {
            "id": HERE,
            "capabilities": "2147483648:32",
            "client_family": "WLM 8.5",
            "features": ["p2p-v2"],
            "computer": "客厅-PC",
        }
    ]


def test_a_status_says_what_the_client_can_do() -> None:
    tap = Tap(LOU)
    tap.line().hear(*login(), say(f"S: NLN AWY 32:{KIM} %E9%99%88 1342177296:0 0"))
    assert details_of(tap, "presence") == [
        {
            "status": "AWY",
            "network": 32,
            "network_name": "yahoo",
            "capabilities": "1342177296:0",
            "client_family": "MSN 7.5",
            "features": ["webcam"],
        }
    ]


@pytest.mark.parametrize("packed", [False, True], ids=["in one process", "from a worker"])
def test_a_join_says_what_the_one_who_came_can_do(packed: bool) -> None:
    tap = Tap(LOU, packed=packed)
    tap.line().hear(
        *script(f"C: ANS 1 {LOU} 1.2 77\nS: ANS 1 OK\nS: JOI {KIM} Kim 36"), say(f"S: MSG {KIM} Kim #", mime("hi"))
    )
    assert details_of(tap, "join") == [{"capabilities": "36", "features": ["ink-gif", "multi-part"]}]


def test_a_call_by_notification_is_one_record_for_each_target() -> None:
    invite = "INVITE sip:kim@b.example SIP/2.0\r\nCall-ID: 4711@x\r\nCSeq: 1 INVITE\r\n\r\n"
    tap = Tap(LOU, KIM)
    lou, kim = tap.line().hear(*login()), tap.line()
    kim.hear(say("S: VER 1 MSNP18"), *script(f"S: USR 4 OK {KIM} 1 0"))
    lou.hear(say(f"C: UUN 9 {KIM} 2 #", invite))
    kim.hear(say(f"S: UBN {LOU};{HERE} 2 #", invite))
    records = [record for record in tap.end() if record.event == "call"]
    assert tap.told(LOU, "call") == tap.told(KIM, "call") == [f"call {LOU}>{KIM}"]
    assert len(records) == 2
    assert len({record.conversation_id for record in records}) == 1
    assert {(record.details or {}).get("call_id") for record in records} == {"4711@x"}
