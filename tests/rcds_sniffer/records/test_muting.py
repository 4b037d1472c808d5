"""A connection that nobody need read is not read, and no record is another for it.

The proof: the same traffic with muting and without, for one target, gives the same records.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest

from rcds_sniffer import events as ev
from rcds_sniffer.orders import NamedTargets, Period
from rcds_sniffer.records import muting
from rcds_sniffer.records.conversation import Conversation
from rcds_sniffer.records.record import CommunicationRecord
from tests.rcds_sniffer.records.stage import ALICE, BOB, CAROL, Stage
from tests.simulator import nasties
from tests.simulator.packets import Frame
from tests.simulator.scripts import random_world
from tests.simulator.world import Capture
from tests.truth import replayed

SEEDS = range(1, 1 + int(os.environ.get("RCDS_SEEDS", "2")))
MAX_FRAMES = 3000

NASTIES: dict[str, Callable[[list[Frame]], list[Frame]]] = {
    "as it was": list,
    "neighbours shuffled": nasties.reorder,
    "every packet twice": nasties.duplicate,
    "client side only": nasties.client_side_only,
    "server side only": nasties.server_side_only,
    "joined in the middle": nasties.start_in_middle,
    "1 % lost": lambda frames: nasties.drop(frames, rate=0.01)[0],
    "5 % lost": lambda frames: nasties.drop(frames, rate=0.05)[0],
}


class Heard(muting.Muting):
    """Mutes nobody."""

    def _judge(self, conversation: Conversation, clock: int) -> None:
        conversation.quiet = False


@contextmanager
def unmuted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr("rcds_sniffer.records.recorder.Muting", Heard)
        yield


def told(records: Iterable[CommunicationRecord]) -> list[tuple[object, ...]]:
    """What must agree: all but the display name, which may have been shown while nobody listened."""
    return [tuple(value for name, value in record.to_dict().items() if name != "sender_name") for record in records]


def everybody_in(capture: Capture) -> list[str]:
    return sorted({account for said in capture.truth for account in (said.sender, *said.recipients) if account})


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("nasty", NASTIES)
def test_muting_changes_no_record(nasty: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    capture = random_world(seed, length=30).capture()
    frames = NASTIES[nasty](capture.frames[:MAX_FRAMES])
    for account in everybody_in(capture):
        with unmuted(monkeypatch):
            expected = told(replayed(frames, account))
        assert told(replayed(frames, account)) == expected


def a_stage() -> Stage:
    return Stage(CAROL)


def test_conversation_without_a_target_is_muted_once_it_is_known_who_is_there() -> None:
    stage = a_stage()
    alice = stage.line(ALICE)
    alice.joins(BOB)
    assert not alice.connection.muted, "without its session id its other ends are not found"
    alice.is_session("1")
    assert alice.connection.muted


def test_account_that_is_not_proven_mutes_nothing() -> None:
    stage = a_stage()
    line = stage.line(session="1", there=(BOB,))
    line.put(ev.Entered)
    assert not line.connection.muted


def test_target_that_comes_in_is_heard_at_once() -> None:
    stage = a_stage()
    alice = stage.line(ALICE, session="1", there=(BOB,))
    assert alice.connection.muted
    alice.joins(CAROL)
    assert not alice.connection.muted


def test_target_that_is_called_is_heard_before_it_comes() -> None:
    stage = a_stage()
    alice = stage.line(ALICE, session="1", there=(BOB,))
    alice.put(ev.Invited, sender=None, account=CAROL, out=True)
    assert not alice.connection.muted


def test_target_that_is_rung_elsewhere_is_heard_before_it_comes() -> None:
    stage = a_stage()
    alice = stage.line(ALICE, session="1", there=(BOB,))
    carol = stage.line()
    carol.is_of(CAROL)
    carol.put(ev.Invited, sender=BOB, account=None, session_id="1", server="203.0.113.5:1863")
    assert not alice.connection.muted


def test_every_end_is_heard_when_the_target_shows_at_one() -> None:
    stage = a_stage()
    alice = stage.line(ALICE, session="1", there=(BOB,))
    bob = stage.line(BOB, session="1", there=(ALICE,))
    assert alice.connection.muted
    assert bob.connection.muted
    bob.joins(CAROL)
    assert not alice.connection.muted
    assert not bob.connection.muted


def test_what_is_lost_unmutes() -> None:
    stage = a_stage()
    alice = stage.line(ALICE, session="1", there=(BOB,))
    alice.unsure()
    assert not alice.connection.muted
    alice.hears(CAROL, "it was she who came meanwhile")
    stage.end()
    assert len(stage.messages(CAROL)) == 1


def test_end_that_was_joined_in_mid_stream_keeps_the_others_heard_until_it_closes() -> None:
    stage = a_stage()
    alice = stage.line(ALICE, session="1", there=(BOB,))
    bob = stage.line(BOB, unsure=True)
    assert not alice.connection.muted, "the two may be one"
    bob.closes()
    assert alice.connection.muted


def test_target_that_left_is_heard_until_what_was_said_has_settled() -> None:
    stage = a_stage()
    alice = stage.line(ALICE, session="1", there=(BOB,))
    alice.joins(CAROL, at=1000)
    alice.says("bye", at=1100, transaction=7)
    alice.leaves(CAROL, at=1200)
    assert not alice.connection.muted
    alice.put(ev.Delivery, transaction=7, delivered=False, at=1300)
    alice.says("she is gone", at=5000)
    assert alice.connection.muted
    stage.end()
    (record,) = [r for r in stage.records if r.event == "message"]
    assert (record.text, record.details) == ("bye", {"charset": "utf-8", "delivery": "refused"})


def test_who_is_named_while_it_runs_is_heard_at_once() -> None:
    warrant = NamedTargets([CAROL])
    stage = Stage(warrant=warrant)
    alice = stage.line(ALICE, session="1", there=(BOB,))
    assert alice.connection.muted
    warrant.replace([BOB], stage.now)
    stage.recorder.review(stage.now)
    assert not alice.connection.muted
    alice.says("hello")
    stage.end()
    assert stage.messages(BOB) == [(ALICE, (BOB,), "hello")]


def test_with_everybody_recorded_nobody_is_muted() -> None:
    stage = Stage(everybody=True)
    alice = stage.line(ALICE, session="1", there=(BOB,))
    assert not alice.connection.muted


def test_account_named_for_another_time_is_heard() -> None:
    stage = Stage(warrant=NamedTargets([BOB], Period(until=1)))
    alice = stage.line(ALICE, session="1", there=(BOB,))
    assert not alice.connection.muted
