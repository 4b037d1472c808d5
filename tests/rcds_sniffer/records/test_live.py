"""A line as it happens: nothing is held for long in the hope of learning more."""

from rcds_sniffer.orders import NamedTargets
from rcds_sniffer.records.ledger import PATIENCE, SETTLE
from rcds_sniffer.records.recorder import Recorder
from tests.rcds_sniffer.records.stage import ALICE, BOB, Stage


def paced(*targets: str) -> Stage:
    stage = Stage(warrant=NamedTargets(targets))
    stage.recorder = Recorder(NamedTargets(targets), stage.records.append, "nis-1", paced=True)
    return stage


def test_text_that_nobody_is_known_to_have_received_goes_out_after_a_while() -> None:
    stage = paced(ALICE)
    line = stage.line(ALICE, unsure=True)
    line.says("is anybody there?")
    stage.recorder.advance(stage.now + SETTLE + 1)
    assert stage.messages(ALICE) == []
    stage.recorder.advance(stage.now + SETTLE + PATIENCE + 1)
    assert stage.messages(ALICE) == [(ALICE, (), "is anybody there?")]
    stage.end()
    assert len(stage.messages(ALICE)) == 1


def test_who_proves_later_to_have_received_it_gets_a_record_too() -> None:
    stage = paced(ALICE, BOB)
    line = stage.line(ALICE, unsure=True)
    line.says("is anybody there?")
    stage.recorder.advance(stage.now + SETTLE + 1)
    stage.recorder.advance(stage.now + SETTLE + PATIENCE + 1)
    line.hears(BOB, "me, all the time", at=2 * PATIENCE // 1_000_000)
    stage.end()
    assert stage.messages(ALICE)[0] == (ALICE, (), "is anybody there?")
    assert (ALICE, (BOB,), "is anybody there?") in stage.messages(BOB)
