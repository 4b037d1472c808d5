"""Who is recorded and who is not; and who is shown to have received a text."""

from rcds_sniffer import events as ev
from rcds_sniffer.orders import NamedTargets, Period
from tests.rcds_sniffer.records.stage import ALICE, BOB, CAROL, DAVE, MS, START, Stage


def test_conversation_without_the_target_leaves_nothing() -> None:
    stage = Stage(DAVE)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    alice.says("private")
    alice.put(ev.Presence, account=DAVE, name="Dave", details={"status": "NLN"})
    assert stage.end() == []


def test_what_a_contacts_connection_says_of_the_target_outside_a_conversation_is_not_recorded() -> None:
    stage = Stage(BOB)
    alice = stage.line(ALICE)
    alice.put(ev.Presence, account=BOB, name="Bob", details={"status": "NLN"})
    assert [r for r in stage.end() if r.event == "presence"] == []


def test_own_connection_carries_the_contacts_presence() -> None:
    stage = Stage(ALICE)
    alice = stage.line(ALICE)
    alice.put(ev.Presence, account=BOB, name="Bob", details={"status": "NLN"})
    (record,) = [r for r in stage.end() if r.event == "presence"]
    assert (record.sender, record.sender_name, record.recipients) == (BOB, "Bob", (ALICE,))
    assert record.direction == "to-target"


def test_text_before_the_target_joined_is_not_the_targets() -> None:
    stage = Stage(CAROL)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    alice.says("before")
    alice.joins(CAROL)
    alice.says("after")
    stage.end()
    assert stage.messages(CAROL) == [(ALICE, (BOB, CAROL), "after")]


def test_text_after_the_target_left_is_not_the_targets() -> None:
    stage = Stage(CAROL)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    alice.joins(CAROL)
    alice.leaves(CAROL)
    alice.says("behind her back")
    stage.end()
    assert stage.messages(CAROL) == []


def test_later_join_proves_nothing_about_earlier_texts_even_in_mid_stream() -> None:
    stage = Stage(CAROL)
    alice = stage.line(ALICE, unsure=True)
    alice.says("before")
    alice.joins(CAROL)
    alice.says("after")
    stage.end()
    assert stage.messages(CAROL) == [(ALICE, (CAROL,), "after")]


def test_who_speaks_in_mid_stream_without_having_joined_was_there_before() -> None:
    stage = Stage(ALICE, CAROL)
    alice = stage.line(ALICE, unsure=True)
    alice.says("anybody?")
    alice.hears(CAROL, "me")
    stage.end()
    assert stage.messages(CAROL) == [(ALICE, (CAROL,), "anybody?"), (CAROL, (ALICE,), "me")]
    assert stage.messages(ALICE) == [(ALICE, (CAROL,), "anybody?"), (CAROL, (ALICE,), "me")]


def test_text_that_nobody_is_known_to_have_received_has_no_recipients() -> None:
    stage = Stage(ALICE)
    alice = stage.line(ALICE, unsure=True)
    alice.says("anybody?")
    stage.end()
    assert stage.messages(ALICE) == [(ALICE, (), "anybody?")]


def test_copy_on_a_connection_proves_that_its_account_was_there() -> None:
    """As when a capture was shuffled and the text stands before the join."""
    stage = Stage(ALICE)
    alice = stage.line(ALICE, session="17")
    bob = stage.line(BOB, session="17", there=(ALICE,))
    alice.says("early", at=40)
    alice.joins(BOB, at=41)
    bob.hears(ALICE, "early", at=42)
    stage.end()
    assert stage.messages(ALICE) == [(ALICE, (BOB,), "early")]


def test_events_of_an_unproven_account_wait_until_it_is_proven() -> None:
    stage = Stage(ALICE)
    line = stage.line(unsure=True)
    line.says("who am I")
    line.hears(BOB, "I know")
    assert stage.records == []
    line.is_of(ALICE)
    stage.end()
    assert stage.messages(ALICE) == [(ALICE, (BOB,), "who am I"), (BOB, (ALICE,), "I know")]


def test_unproven_account_leaves_nothing_but_a_count() -> None:
    stage = Stage(ALICE)
    line = stage.line(unsure=True)
    line.says("who am I")
    line.closes()
    assert stage.end() == []
    assert stage.recorder.counters.unattributed == 1


def test_unproven_account_is_recorded_without_target_when_everybody_is() -> None:
    stage = Stage(everybody=True)
    line = stage.line(unsure=True)
    line.says("who am I")
    line.hears(BOB, "no idea")
    line.closes()
    stage.end()
    assert sorted(stage.messages(None), key=str) == [(BOB, (), "no idea"), (None, (BOB,), "who am I")]


def test_everybody_means_accounts_at_a_client_end() -> None:
    stage = Stage(everybody=True)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    alice.says("hi")
    alice.hears(BOB, "hello")
    stage.end()
    assert {r.target for r in stage.records} == {ALICE}
    assert stage.messages(ALICE) == [(ALICE, (BOB,), "hi"), (BOB, (ALICE,), "hello")]


def test_target_who_speaks_to_an_unproven_account_is_recorded() -> None:
    stage = Stage(BOB)
    line = stage.line(unsure=True)
    line.hears(BOB, "hello")
    line.closes()
    stage.end()
    assert stage.messages(BOB) == [(BOB, (), "hello")]


def test_records_stop_at_the_end_of_the_period() -> None:
    stage = Stage(warrant=NamedTargets({ALICE}, Period(START + 500 * MS, START + 600 * MS)))
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    for time in (499, 500, 599, 600):
        alice.says(str(time), at=time)
    stage.end()
    assert [text for *_, text in stage.messages(ALICE)] == ["500", "599"]


def test_delivery_is_what_the_server_answered() -> None:
    stage = Stage(ALICE)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    for transaction in (4, 5, 6):
        alice.says(f"text {transaction}", transaction=transaction)
    alice.put(ev.Delivery, transaction=4, delivered=True)
    alice.put(ev.Delivery, transaction=5, delivered=False)
    stage.end()
    found = [r.details["delivery"] for r in stage.records if r.event == "message" and r.details]
    assert found == ["delivered", "refused", None]


def test_refused_text_says_so_to_whom_it_was_addressed() -> None:
    stage = Stage(ALICE, BOB)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    stage.line(BOB, session="17", there=(ALICE,))
    alice.says("refused", transaction=4)
    alice.put(ev.Delivery, transaction=4, delivered=False)
    stage.end()
    for target in (ALICE, BOB):
        assert stage.messages(target) == [(ALICE, (BOB,), "refused")]
    assert {r.details["delivery"] for r in stage.records if r.event == "message" and r.details} == {"refused"}


def test_invitation_is_recorded_once_for_both_ends() -> None:
    stage = Stage(ALICE, BOB)
    notification = stage.line(server="203.0.113.1:1863")
    notification.is_of(BOB)
    alice = stage.line(ALICE)
    alice.put(ev.Invited, sender=None, account=BOB, out=True)
    notification.put(ev.Invited, sender=ALICE, account=None, session_id="17", server="203.0.113.5:1863")
    alice.is_session("17")
    stage.end()
    invites = [(r.target, r.sender, r.recipients, r.direction) for r in stage.records if r.event == "invite"]
    assert invites == [(ALICE, ALICE, (BOB,), "from-target"), (BOB, ALICE, (BOB,), "to-target")]
    assert len({r.conversation_id for r in stage.records}) == 1


def test_refused_invitation_names_the_error() -> None:
    stage = Stage(ALICE)
    alice = stage.line(ALICE)
    alice.put(ev.Invited, sender=None, account=BOB, out=True)
    alice.put(ev.Invited, sender=None, account=BOB, details={"error": 217})
    stage.end()
    (record,) = [r for r in stage.records if r.event == "invite"]
    assert record.details == {"error": 217}
