"""What happened once is recorded once, from its best sighting."""

from rcds_sniffer import events as ev
from tests.rcds_sniffer.records.stage import ALICE, BOB, CAROL, DAVE, Stage, cut


def test_text_between_two_tapped_hosts_is_one_record_from_the_targets_own_connection() -> None:
    stage = Stage(BOB)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    bob = stage.line(BOB, session="17", there=(ALICE,))
    alice.says("hello")
    bob.hears(ALICE, "hello")
    stage.end()
    assert stage.messages(BOB) == [(ALICE, (BOB,), "hello")]
    (record,) = [r for r in stage.records if r.event == "message"]
    assert record.client == bob.connection.client
    assert record.direction == "to-target"


def test_copy_on_the_contacts_connection_comes_first() -> None:
    stage = Stage(BOB)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    bob = stage.line(BOB, session="17", there=(ALICE,))
    bob.hears(ALICE, "hello", at=500)
    alice.says("hello", at=495)
    stage.end()
    assert stage.messages(BOB) == [(ALICE, (BOB,), "hello")]


def test_same_text_sent_twice_is_two_records() -> None:
    stage = Stage(ALICE, BOB)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    bob = stage.line(BOB, session="17", there=(ALICE,))
    for time in (500, 510, 520):
        alice.says("ok", at=time)
    for time in (600, 610, 620):
        bob.hears(ALICE, "ok", at=time)
    stage.end()
    assert stage.messages(ALICE) == [(ALICE, (BOB,), "ok")] * 3
    assert stage.messages(BOB) == [(ALICE, (BOB,), "ok")] * 3


def test_text_lost_on_the_own_connection_is_taken_from_the_contacts() -> None:
    stage = Stage(BOB)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    stage.line(BOB, session="17", there=(ALICE,))
    alice.says("lost on the way to bob")
    stage.end()
    assert stage.messages(BOB) == [(ALICE, (BOB,), "lost on the way to bob")]
    (record,) = [r for r in stage.records if r.event == "message"]
    assert record.client is None, "the client of a contact's connection is a third party's address"


def test_same_text_twice_with_one_copy_lost_is_still_two() -> None:
    stage = Stage(BOB)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    bob = stage.line(BOB, session="17", there=(ALICE,))
    alice.says("ok", at=500)
    alice.says("ok", at=2500)
    bob.hears(ALICE, "ok", at=2600)
    stage.end()
    assert stage.messages(BOB) == [(ALICE, (BOB,), "ok")] * 2


def test_cut_copy_is_made_whole_from_another() -> None:
    stage = Stage(BOB)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    bob = stage.line(BOB, session="17", there=(ALICE,))
    alice.says("the whole text")
    bob.hears(ALICE, "", **cut("the whole text", (0, 4), (9, 14)))
    stage.end()
    (record,) = [r for r in stage.records if r.event == "message"]
    assert (record.text, record.complete, record.missing_bytes) == ("the whole text", True, 0)
    assert record.client == bob.connection.client


def test_cut_copy_that_comes_first_is_made_whole_too() -> None:
    stage = Stage(ALICE, BOB)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    bob = stage.line(BOB, session="17", there=(ALICE,))
    alice.says("", **cut("the whole text", (0, 4)))
    bob.hears(ALICE, "the whole text")
    stage.end()
    for target in (ALICE, BOB):
        assert stage.messages(target) == [(ALICE, (BOB,), "the whole text")]


def test_cut_text_without_another_copy_says_so() -> None:
    stage = Stage(ALICE)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    alice.says("", **cut("the whole text", (0, 4)))
    stage.end()
    (record,) = [r for r in stage.records if r.event == "message"]
    assert (record.text, record.complete, record.missing_bytes) == ("the ", False, 10)


def test_cut_text_is_not_taken_for_another_of_the_same_length() -> None:
    stage = Stage(BOB)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    bob = stage.line(BOB, session="17", there=(ALICE,))
    alice.says("one text", at=500)
    alice.says("two text", at=510)
    bob.hears(ALICE, "", at=610, **cut("two text", (0, 4)))
    stage.end()
    assert sorted(text or "" for _, _, text in stage.messages(BOB)) == ["one text", "two text"]


def test_copy_that_comes_after_the_wait_is_not_recorded_again() -> None:
    stage = Stage(BOB)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    bob = stage.line(BOB, session="17", there=(ALICE,))
    alice.says("slow", at=500)
    alice.says("much later", at=9000)
    bob.hears(ALICE, "slow", at=9500)
    stage.end()
    assert [text for *_, text in stage.messages(BOB)].count("slow") == 1


def test_ends_without_session_id_are_one_conversation_by_what_they_carry() -> None:
    stage = Stage(ALICE, BOB)
    alice = stage.line(ALICE, unsure=True)
    bob = stage.line(BOB, session="17", there=(ALICE,))
    alice.says("hello")
    bob.hears(ALICE, "hello")
    bob.says("hi")
    alice.hears(BOB, "hi")
    stage.end()
    for target in (ALICE, BOB):
        assert stage.messages(target) == [(ALICE, (BOB,), "hello"), (BOB, (ALICE,), "hi")]
    assert len({r.conversation_id for r in stage.records if r.event == "message"}) == 1


def test_same_text_to_two_people_at_once_is_two_conversations() -> None:
    stage = Stage(ALICE, BOB, CAROL)
    to_bob, to_carol = stage.line(ALICE, session="1"), stage.line(ALICE, session="2")
    to_bob.joins(BOB)
    to_carol.joins(CAROL)
    bob = stage.line(BOB, session="1", there=(ALICE,))
    carol = stage.line(CAROL, session="2", there=(ALICE,))
    to_bob.says("hi", at=500)
    to_carol.says("hi", at=501)
    carol.hears(ALICE, "hi", at=510)
    bob.hears(ALICE, "hi", at=511)
    stage.end()
    assert stage.messages(ALICE) == [(ALICE, (BOB,), "hi"), (ALICE, (CAROL,), "hi")]
    assert stage.messages(BOB) == [(ALICE, (BOB,), "hi")]
    assert stage.messages(CAROL) == [(ALICE, (CAROL,), "hi")]


def test_join_and_leave_are_recorded_once_for_each_target() -> None:
    stage = Stage(ALICE)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    bob = stage.line(BOB, session="17", there=(ALICE,))
    alice.joins(CAROL)
    bob.joins(CAROL)
    alice.leaves(CAROL)
    bob.leaves(CAROL)
    bob.leaves(None)
    alice.leaves(BOB)
    alice.leaves(None)
    stage.end()
    assert stage.events(ALICE) == ["session-start", "join", "join", "leave", "leave", "session-end"]


def test_group_text_has_everybody_who_was_there() -> None:
    stage = Stage(DAVE)
    alice = stage.line(ALICE, session="17")
    for account in (BOB, CAROL, DAVE):
        alice.joins(account)
    alice.says("all")
    alice.leaves(CAROL)
    alice.says("without carol")
    stage.end()
    assert stage.messages(DAVE) == [(ALICE, (BOB, CAROL, DAVE), "all"), (ALICE, (BOB, DAVE), "without carol")]


def test_what_one_packet_carries_is_in_order() -> None:
    stage = Stage(CAROL)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    alice.hears(BOB, "shall we ask carol?", at=500)
    alice.joins(CAROL, at=500)
    alice.hears(BOB, "hi carol", at=500)
    alice.leaves(CAROL, at=500)
    alice.hears(BOB, "is she gone?", at=500)
    stage.end()
    assert stage.messages(CAROL) == [(BOB, (ALICE, CAROL), "hi carol")]


def test_copy_in_flight_does_not_bring_back_who_left() -> None:
    stage = Stage(CAROL)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    alice.joins(CAROL)
    carol = stage.line(CAROL, session="17", there=(ALICE, BOB))
    alice.says("bye, carol", at=600)
    carol.leaves(None, at=605)
    alice.leaves(CAROL, at=610)
    carol.hears(ALICE, "bye, carol", at=695)
    alice.says("behind her back", at=5000)
    stage.end()
    assert stage.messages(CAROL) == [(ALICE, (BOB, CAROL), "bye, carol")]


def test_same_text_to_two_people_who_joined_in_mid_stream_is_two_conversations() -> None:
    stage = Stage(BOB, CAROL)
    bob, carol = stage.line(BOB, unsure=True), stage.line(CAROL, unsure=True)
    bob.hears(ALICE, "hi", at=1000)
    carol.hears(ALICE, "hi", at=4000)
    bob.says("secret", at=6000)
    stage.end()
    assert "secret" not in [text for *_, text in stage.messages(CAROL)]


def test_copies_are_found_however_far_their_stamps_were_shuffled() -> None:
    stage = Stage(BOB)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    bob = stage.line(BOB, session="17", there=(ALICE,))
    bob.hears(ALICE, "hello", at=1000)
    alice.says("hello", at=61_000)
    stage.end()
    assert stage.messages(BOB) == [(ALICE, (BOB,), "hello")]


def test_refused_call_is_the_callers_alone() -> None:
    stage = Stage(BOB)
    alice = stage.line(ALICE)
    alice.put(ev.Invited, sender=None, account=BOB, out=True)
    alice.put(ev.Invited, sender=None, account=BOB, details={"error": 217})
    assert stage.end() == []


def test_text_carried_before_the_account_was_proven_reached_that_account() -> None:
    stage = Stage(ALICE)
    bob = stage.line(BOB, unsure=True)
    bob.says("first")
    alice = stage.line(unsure=True)  # joined in mid-stream: the first that is seen of it is the copy
    alice.hears(BOB, "first")
    alice.is_of(ALICE)
    alice.says("second")
    bob.hears(ALICE, "second")
    stage.end()
    assert stage.messages(ALICE) == [(BOB, (ALICE,), "first"), (ALICE, (BOB,), "second")]


def test_newcomer_received_nothing_that_was_said_well_before_they_came() -> None:
    """Equal texts, of which the second is lost on its sender's connection: it must not pass for the first."""
    stage = Stage(ALICE)
    alice = stage.line(ALICE, session="1", there=(BOB,))
    alice.says("ok", at=1_000)
    alice.says("so we said", at=1_010)
    stage.tick(1_400)
    carol = stage.line(CAROL, session="1", there=(ALICE, BOB))
    alice.joins(CAROL, at=1_500)
    carol.hears(ALICE, "ok", at=1_900)
    stage.end()
    received = {(text, recipients) for _, recipients, text in stage.messages(ALICE)}
    assert ("ok", (BOB,)) in received
    assert ("so we said", (BOB,)) in received


def test_what_waited_behind_a_hole_is_older_than_what_another_line_told_meanwhile() -> None:
    stage = Stage(ALICE)
    bob = stage.line(BOB, there=(ALICE,))
    bob.says("one", at=1000)
    bob.put(ev.Left, account=ALICE, at=9000, out=True, inferred=True)  # as her own line tells
    bob.says("two", at=2000)  # behind a hole, for which the engine waited
    stage.end()
    assert stage.messages(ALICE) == [(BOB, (ALICE,), "one"), (BOB, (ALICE,), "two")]
