"""Bounded memory: each limit of the recorder, and its stated behaviour there."""

from rcds_sniffer import events as ev
from rcds_sniffer.records import conversation, conversations, ledger, waiting
from tests.rcds_sniffer.records.stage import ALICE, BOB, Stage


def test_events_of_an_unproven_account_are_discarded_beyond_the_limit() -> None:
    stage = Stage(ALICE)
    line = stage.line(unsure=True)
    for number in range(waiting.MAX_WAITING + 7):
        line.says(str(number))
    assert stage.recorder.counters.unattributed == 7
    line.is_of(ALICE)
    stage.end()
    assert len(stage.messages(ALICE)) == waiting.MAX_WAITING


def test_texts_without_known_recipients_are_recorded_beyond_the_limit() -> None:
    stage = Stage(ALICE)
    alice = stage.line(ALICE, unsure=True)
    for number in range(conversation.MAX_HISTORY + 300):
        alice.says(str(number), at=1000 * number)
    assert len(stage.records) >= 290, "the oldest wait no longer"
    alice.hears(BOB, "me")
    stage.end()
    texts = stage.messages(ALICE)
    assert len(texts) == conversation.MAX_HISTORY + 301
    assert texts[0][1] == ()
    assert texts[-2][1] == (BOB,)


def test_held_happenings_are_bounded_over_all_conversations(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(ledger, "MAX_HELD", 10)
    stage = Stage(ALICE)
    lines = [stage.line(ALICE, unsure=True, server=f"203.0.113.{n}:1863") for n in range(30)]
    for line in lines:
        line.says("anybody?")
    lines[0].put(ev.Typing, sender=None, at=60_000)
    assert len([r for r in stage.records if r.event == "message"]) == 20
    stage.end()
    assert len(stage.messages(ALICE)) == 30
    assert stage.recorder._ledger._held == 0


def test_conversations_that_ended_are_bounded_and_lose_nothing(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(conversations, "MAX_ENDING", 10)
    stage = Stage(ALICE)
    for number in range(50):
        line = stage.line(ALICE, unsure=True, server=f"203.0.113.{number}:1863")
        line.says(str(number))
        line.closes()
    assert len(stage.recorder._ledger.conversations._all) <= 12
    stage.end()
    assert len(stage.messages(ALICE)) == 50


def test_nothing_is_kept_of_what_is_over() -> None:
    stage, links = Stage(ALICE), []
    for number in range(50):
        line = stage.line(ALICE, session=str(number), unsure=number % 2 == 0)
        line.says("hi", transaction=1)
        links.append(stage.recorder._links[line.connection])
        line.leaves(None)
        line.closes()
    other = stage.line()
    other.is_of(BOB)
    other.put(ev.Presence, account=None, at=1_000_000)
    other.put(ev.Presence, account=None, at=2_000_000)
    inside = stage.recorder._ledger
    assert not inside.conversations._all
    assert not inside.conversations._by_session
    assert not any(link.awaited for link in links)
    assert not inside._pending
    assert inside._held == 0
    assert len(stage.recorder._links) == 1
