"""Conversations without a connection of their own: from the octets of a notification connection to the records."""

import pytest

from rcds_sniffer.events import Seen
from rcds_sniffer.orders import NamedTargets
from rcds_sniffer.protocols import msn as door
from rcds_sniffer.protocols.msn import line as lines_of
from rcds_sniffer.records.recorder import Recorder
from tests.msnp.dialogue import Said, mime, say, script
from tests.msnp.routed import ANA, CIRCLE, GROUP, HERE, KIM, LOU, PAT, THERE, blocks, leaving, presence, roster, sdg
from tests.rcds_sniffer.protocols.tap import Line, Tap

ELSEWHERE = "{22222222-2222-3333-4444-555555555555}"


def login(account: str, version: int = 21) -> list[Said]:
    return [say(f"S: VER 1 MSNP{version}"), *script(f"S: USR 4 OK {account} 1 0")]


def at(account: str, endpoint: str = "") -> str:
    return f"1:{account};epid={endpoint}" if endpoint else f"1:{account}"


def says(sender: str, to: str, text: str, endpoint: str = HERE) -> Said:
    return sdg("C: SDG 7 #", at(to), at(sender, endpoint), text)


def hears(sender: str, to: str, text: str, endpoint: str = HERE) -> Said:
    return sdg("S: SDG 0 #", at(to), at(sender, endpoint), text)


def signed_in(tap: Tap, account: str, version: int = 21) -> Line:
    return tap.line().hear(*login(account, version))


@pytest.mark.parametrize("packed", [False, True], ids=["in one process", "from a worker"])
def test_both_ends_give_one_record_for_each_target(packed: bool) -> None:
    tap = Tap(LOU, KIM, packed=packed)
    lou, kim = signed_in(tap, LOU), signed_in(tap, KIM)
    lou.hear(says(LOU, KIM, "你好"))
    kim.hear(hears(LOU, KIM, "你好"), says(KIM, LOU, "また明日"))
    lou.hear(hears(KIM, LOU, "また明日"), says(LOU, KIM, "你好"))
    kim.hear(hears(LOU, KIM, "你好"))
    records = [record for record in tap.end() if record.event == "message"]
    said = [f"message {LOU}>{KIM} 你好", f"message {KIM}>{LOU} また明日", f"message {LOU}>{KIM} 你好"]
    assert tap.told(LOU, "message") == tap.told(KIM, "message") == said
    assert len({record.conversation_id for record in records}) == 1
    assert len({record.record_id for record in records}) == 6
    assert {record.protocol_version for record in records} == {"MSNP21"}
    assert all(record.client is not None for record in records)  # each from the target's own connection
    assert [r.direction for r in records if r.target == LOU] == ["from-target", "to-target", "from-target"]


@pytest.mark.parametrize("first", [LOU, KIM])
def test_whoever_is_seen_first(first: str) -> None:
    tap = Tap(LOU, KIM)
    lou, kim = signed_in(tap, LOU), signed_in(tap, KIM)
    if first == LOU:
        lou.hear(says(LOU, KIM, "hi"))
        kim.hear(hears(LOU, KIM, "hi"))
    else:
        kim.hear(hears(LOU, KIM, "hi"))
        lou.hear(says(LOU, KIM, "hi"))
    tap.end()
    assert tap.told(LOU, "message") == tap.told(KIM, "message") == [f"message {LOU}>{KIM} hi"]


def test_conversations_on_one_connection_are_apart() -> None:
    tap = Tap(LOU)
    lou = signed_in(tap, LOU)
    lou.hear(says(LOU, KIM, "to kim"), says(LOU, PAT, "to pat"), hears(PAT, LOU, "ok"), hears(KIM, LOU, "好"))
    records = [record for record in tap.end() if record.event == "message"]
    assert tap.told(LOU, "message") == [
        f"message {LOU}>{KIM} to kim",
        f"message {LOU}>{PAT} to pat",
        f"message {PAT}>{LOU} ok",
        f"message {KIM}>{LOU} 好",
    ]
    first, second, third, fourth = [record.conversation_id for record in records]
    assert (first, second) == (fourth, third)
    assert first != second


def test_contact_who_is_a_target_and_not_tapped() -> None:
    tap = Tap(KIM)
    signed_in(tap, LOU).hear(says(LOU, KIM, "hi"), says(LOU, PAT, "not kim's"), hears(KIM, LOU, "yes?"))
    records = tap.end()
    assert tap.told(KIM) == [f"message {LOU}>{KIM} hi", f"message {KIM}>{LOU} yes?"]
    assert {record.client for record in records} == {None}


def test_nobody_asked_for_gives_nothing() -> None:
    tap = Tap(PAT)
    signed_in(tap, LOU).hear(says(LOU, KIM, "hi"), presence("S: NFY PUT #", at(LOU), at(PAT), "<user/>"))
    assert tap.end() == []


def test_copies_of_an_own_text_at_other_endpoints_are_no_other_texts() -> None:
    tap = Tap(LOU)
    here, there = signed_in(tap, LOU), signed_in(tap, LOU)
    here.hear(says(LOU, KIM, "hi"))
    there.hear(hears(LOU, KIM, "hi"))
    here.hear(hears(KIM, LOU, "yo", THERE))
    there.hear(hears(KIM, LOU, "yo", THERE))
    tap.end()
    assert tap.told(LOU, "message") == [f"message {LOU}>{KIM} hi", f"message {KIM}>{LOU} yo"]


def test_copy_alone_is_from_the_target() -> None:
    tap = Tap(LOU)
    signed_in(tap, LOU).hear(hears(LOU, KIM, "from my telephone", ELSEWHERE))
    (record,) = [record for record in tap.end() if record.event == "message"]
    assert (record.direction, record.sender, record.recipients) == ("from-target", LOU, (KIM,))
    assert record.details is not None
    assert record.details["endpoint"] == ELSEWHERE


# --- groups -------------------------------------------------------------------------------------------------


def test_group_that_all_are_tapped_in() -> None:
    tap = Tap(LOU, KIM, PAT)
    circle = f"9:{CIRCLE}"
    lines = {account: signed_in(tap, account) for account in (LOU, KIM, PAT)}
    for account, line in lines.items():
        line.hear(roster("S: NFY PUT #", at(account), circle, LOU, KIM, kind="Full"))
    lines[LOU].hear(sdg("C: SDG 7 #", f"{circle};path=IM", at(LOU, HERE), "大家好"))
    lines[KIM].hear(sdg("S: SDG 0 #", f"{circle};path=IM", at(LOU, HERE), "大家好"))
    for account, line in lines.items():
        line.hear(roster("S: NFY PUT #", at(account), circle, PAT))
    lines[KIM].hear(sdg("C: SDG 8 #", f"{circle};path=IM", at(KIM, THERE), "welcome"))
    for account in (LOU, PAT):
        lines[account].hear(sdg("S: SDG 0 #", f"{circle};path=IM", at(KIM, THERE), "welcome"))
    for account, line in lines.items():
        line.hear(leaving("S: NFY DEL #", at(account), circle, KIM))
    lines[PAT].hear(sdg("C: SDG 9 #", f"{circle};path=IM", at(PAT, ELSEWHERE), "only lou"))
    lines[LOU].hear(sdg("S: SDG 0 #", f"{circle};path=IM", at(PAT, ELSEWHERE), "only lou"))
    records = tap.end()
    first, second, third = (
        f"message {LOU}>{KIM} 大家好",
        f"message {KIM}>{LOU},{PAT} welcome",
        f"message {PAT}>{LOU} only lou",
    )
    assert tap.told(LOU, "message") == [first, second, third]
    assert tap.told(KIM, "message") == [first, second]
    assert tap.told(PAT, "message") == [second, third]
    assert tap.told(LOU, "join", "leave", "session-start") == [
        f"join {PAT}>{KIM},{LOU}",
        f"leave {KIM}>{LOU},{PAT}",
    ]
    talk = ("message", "join", "leave", "session-start", "session-end")
    assert len({record.conversation_id for record in records if record.event in talk}) == 1
    assert tap.told(PAT, "session-start") == [f"session-start {PAT}>{KIM},{LOU}"]


def test_group_that_was_made_and_joined() -> None:
    tap = Tap(LOU)
    zeros = "10:00000000-0000-0000-0000-000000000000@live.com"
    group = f"10:{GROUP}"
    signed_in(tap, LOU).hear(
        roster("C: PUT 8 #", zeros, at(LOU, HERE), LOU),
        say("S: PUT 8 OK #", blocks(at(LOU, HERE), group, "Publication: 1.0")),
        roster("C: PUT 9 #", group, at(LOU, HERE), KIM),
        *script("S: PUT 9 OK 0"),
        roster("S: NFY PUT #", at(LOU), group, KIM),
        sdg("C: SDG 10 #", group, at(LOU, HERE), "welcome"),
        leaving("C: DEL 11 #", group, at(LOU, HERE), LOU),
    )
    tap.end()
    assert tap.told(LOU, "session-start", "invite", "join", "message", "session-end") == [
        f"session-start {LOU}>",
        f"invite {LOU}>{KIM}",
        f"join {KIM}>{LOU}",
        f"message {LOU}>{KIM} welcome",
        f"session-end {LOU}>{KIM}",
    ]


def test_group_in_mid_stream_makes_those_who_speak_recipients_of_what_was_said() -> None:
    tap = Tap(LOU, KIM)
    circle = f"9:{CIRCLE};path=IM"
    line = tap.line(late=True)
    line.hear(
        presence("S: NFY PUT #", at(LOU), at(ANA), "<user/>"),
        sdg("C: SDG 10 #", circle, at(LOU, HERE), "who is here?"),
        sdg("S: SDG 0 #", circle, at(KIM, THERE), "me"),
    )
    line.close()
    tap.end()
    assert tap.told(LOU, "message") == [f"message {LOU}>{KIM} who is here?", f"message {KIM}>{LOU} me"]
    assert tap.told(KIM, "message") == [f"message {LOU}>{KIM} who is here?", f"message {KIM}>{LOU} me"]


# --- the own account comes later ------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True], ids=["in one process", "from a worker"])
def test_what_came_before_the_account_was_known_is_not_lost(packed: bool) -> None:
    tap = Tap(LOU, packed=packed)
    line = tap.line(late=True)
    line.hear(
        *script("S: QNG 40"),
        say("C: UUM 6 ana@d.example 32 1 #", mime("first")),
        say("S: UBM ana@d.example 32 1 #", mime("second")),
        hears(KIM, LOU, "third"),
        presence("S: NFY PUT #", at(LOU), at(KIM), "<user><s n='IM'><Status>NLN</Status></s></user>"),
        say("S: UBM ana@d.example 32 1 #", mime("fourth")),
    )
    line.close()
    records = [record for record in tap.end() if record.event == "message"]
    assert tap.told(LOU, "message") == [
        f"message {LOU}>{ANA} first",
        f"message {ANA}>{LOU} second",
        f"message {KIM}>{LOU} third",
        f"message {ANA}>{LOU} fourth",
    ]
    first, second, _, fourth = [record.conversation_id for record in records]
    assert first == second == fourth
    assert tap.told(LOU, "presence") == [f"presence {KIM}>{LOU}"]


def test_account_that_is_never_proven_and_everybody_is_recorded() -> None:
    tap = Tap()
    line = tap.line(late=True)
    line.hear(*script("S: QNG 40"), say("C: UUM 6 ana@d.example 32 1 #", mime("to whom")))
    line.close()
    tap.end()
    assert [r.text for r in tap.records if r.event == "message" and r.target is None] == ["to whom"]


# --- telephones, other networks -------------------------------------------------------------------------------


def test_pages_and_yahoo_are_conversations_of_two() -> None:
    tap = Tap(LOU)
    signed_in(tap, LOU, 14).hear(
        say("C: PGD 5 kim@b.example 1 #", "<TEXT>ring me</TEXT>"),
        say(
            "S: IPG #",
            f'<NOTIFICATION><TO name="{LOU}"/><FROM name="{KIM}"/><BODY><TEXT>ok</TEXT></BODY></NOTIFICATION>',
        ),
        say("C: UUM 6 ana@d.example 32 1 #", mime("到雅虎")),
    )
    records = [record for record in tap.end() if record.event == "message"]
    assert tap.told(LOU, "message") == [
        f"message {LOU}>{KIM} ring me",
        f"message {KIM}>{LOU} ok",
        f"message {LOU}>{ANA} 到雅虎",
    ]
    assert records[0].conversation_id == records[1].conversation_id
    details = [record.details or {} for record in records]
    assert [found.get("mobile") for found in details] == [True, True, None]
    assert details[2]["network_name"] == "yahoo"


def test_text_that_the_server_refused() -> None:
    tap = Tap(LOU)
    signed_in(tap, LOU).hear(
        says(LOU, KIM, "hi"), *script("S: 217 7"), says(LOU, PAT, "ok"), *script("S: SDG 7 OK")
    )
    refused, sent = [record.details or {} for record in tap.end() if record.event == "message"]
    assert (refused["delivery"], sent["delivery"]) == ("refused", None)
    assert [r.details["error"] for r in tap.records if r.event == "contact" and r.details is not None] == [217]


class Followed:
    """A follower that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def follow(self, client: str, server: str, *, whole: bool, seen: Seen) -> None:
        self.told.append(("follow", client))

    def unfollow(self, client: str, server: str) -> None:
        self.told.append(("unfollow", client))


@pytest.mark.parametrize(("target", "told"), [(LOU, [("follow", "10.0.0.1:40000")]), (KIM, [])])
def test_packets_are_kept_of_the_targets_own_connection_alone(target: str, told: list[tuple[str, str]]) -> None:
    followed = Followed()
    tap = Tap(target)
    tap.recorder = Recorder(NamedTargets([target]), tap.records.append, "nis-1", follower=followed)
    tap.decoder = door.MsnDecoder(tap.recorder.receive)
    lou = signed_in(tap, LOU)
    lou.hear(says(LOU, KIM, "hi"), says(LOU, PAT, "nobody else's"), hears(KIM, LOU, "好"))
    lou.close()
    tap.end()
    assert followed.told == told
    assert len(tap.told(target, "message")) == (3 if target == LOU else 2)


# --- bounds -------------------------------------------------------------------------------------------------


def test_most_conversations_of_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines_of, "MAX_THREADS", 3)
    tap = Tap(LOU)
    lou = signed_in(tap, LOU)
    friends = [f"friend{number}@b.example" for number in range(9)]
    for _ in range(2):
        lou.hear(*(hears(friend, LOU, f"of {friend}") for friend in friends))
        tap.wait(2)
    lou.close()
    tap.end()
    assert tap.told(LOU, "message") == [f"message {friend}>{LOU} of {friend}" for friend in friends * 2]
    assert not tap.recorder._links


def test_conversations_end_with_their_connection() -> None:
    tap = Tap(LOU)
    lou = signed_in(tap, LOU)
    lou.hear(hears(KIM, LOU, "hi"))
    assert len(tap.recorder._links) == 2
    lou.close()
    assert not tap.recorder._links
