"""A line as it happens: nothing is held for long in the hope of learning more."""

from rcds_sniffer import events as ev
from rcds_sniffer.orders import NamedTargets
from rcds_sniffer.records.ledger import PATIENCE, SETTLE
from rcds_sniffer.records.recorder import Recorder
from tests.rcds_sniffer.records.stage import ALICE, BOB, CAROL, Stage


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


def test_what_the_target_hears_on_its_own_connection_goes_out_at_once() -> None:
    stage = paced(ALICE)
    line = stage.line(ALICE, session="17", there=(BOB,))
    line.hears(BOB, "hello")
    assert stage.messages(ALICE) == [(BOB, (ALICE,), "hello")]
    line.joins(CAROL)
    assert stage.events(ALICE)[-1] == "join"
    stage.end()
    assert len(stage.messages(ALICE)) == 1


def test_what_the_target_says_goes_out_when_the_server_has_answered() -> None:
    stage = paced(ALICE)
    line = stage.line(ALICE, session="17", there=(BOB,))
    line.says("hello", transaction=5, at=100)
    assert stage.messages(ALICE) == []
    line.joins(CAROL, at=90)  # its octets waited for others that were lost and sent again
    line.put(ev.Delivery, transaction=5, delivered=True, at=110)
    (record,) = [record for record in stage.records if record.event == "message"]
    assert (record.recipients, record.details) == ((BOB, CAROL), {"charset": "utf-8", "delivery": "delivered"})


def test_a_contacts_copy_waits_for_the_targets_own() -> None:
    stage = paced(ALICE)
    theirs = stage.line(BOB, session="17", there=(ALICE,))
    own = stage.line(ALICE, session="17", there=(BOB,))
    theirs.says("hello", transaction=9)
    assert stage.messages(ALICE) == []
    own.hears(BOB, "hello")
    (record,) = [record for record in stage.records if record.event == "message"]
    assert record.client == own.connection.client
    stage.recorder.advance(stage.now + SETTLE + 1)
    stage.end()
    assert len(stage.messages(ALICE)) == 1


def test_what_may_have_been_said_to_more_people_waits() -> None:
    stage = paced(ALICE)
    line = stage.line(ALICE, session="17", there=(BOB,))
    line.unsure()
    line.hears(BOB, "hello")
    assert stage.messages(ALICE) == []
    stage.recorder.advance(stage.now + SETTLE + 1)
    assert stage.messages(ALICE) == [(BOB, (ALICE,), "hello")]
