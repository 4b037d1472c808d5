"""What interception orders let the recorder keep: for each order its own records, to the packet, and no more."""

from typing import Any

import pytest

from rcds_sniffer import events as ev
from rcds_sniffer.orders.acting import Acting
from rcds_sniffer.orders.in_force import InForce
from rcds_sniffer.orders.order import Identity
from rcds_sniffer.records.record import CommunicationRecord
from tests.rcds_sniffer.records.stage import ALICE, BOB, CAROL, DAVE, MS, START, Stage, message

ALWAYS = {"since": 0, "until": 1 << 62}


def order(liid: str, *identities: Identity, content: bool = True, **period: int) -> Acting:
    return Acting(liid, identities, **{**ALWAYS, **period}, content=content)


def of(account: str, **more: str) -> Identity:
    return Identity(account=account, **more)


def staged(*orders: Acting) -> tuple[Stage, InForce]:
    warrant = InForce(orders)
    return Stage(warrant=warrant), warrant


def texts(stage: Stage, liid: str) -> list[str | None]:
    return [r.text for r in stage.records if r.event == "message" and r.order_id == liid]


def told(stage: Stage, liid: str) -> list[CommunicationRecord]:
    return [r for r in stage.records if r.order_id == liid]


def test_two_agencies_have_records_of_their_own_that_share_nothing() -> None:
    stage, _ = staged(order("B-2", of(ALICE)), order("A-1", of(ALICE)))
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    alice.says("hi")
    stage.end()
    assert texts(stage, "A-1") == texts(stage, "B-2") == ["hi"]
    one, other = told(stage, "A-1"), told(stage, "B-2")
    assert [r.event for r in one] == [r.event for r in other]
    assert not {r.record_id for r in one} & {r.record_id for r in other}
    assert "B-2" not in "".join(r.to_json() for r in one)


def test_order_acts_from_its_first_instant_to_before_its_last() -> None:
    stage, _ = staged(order("A-1", of(ALICE), since=START + 1_000 * MS, until=START + 2_000 * MS))
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    for at, text in ((998, "early"), (1_000, "first"), (1_999, "last"), (2_000, "late")):
        alice.says(text, at=at)
    stage.end()
    assert texts(stage, "A-1") == ["first", "last"]


def test_conversation_that_runs_already_is_taken_up_with_everybody_in_it() -> None:
    stage, _ = staged(order("A-1", of(ALICE), since=START + 1_000 * MS))
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    alice.joins(CAROL)
    alice.says("before", at=500)
    alice.hears(BOB, "after", at=1_500)
    stage.end()
    (record,) = told(stage, "A-1")
    assert (record.text, record.recipients) == ("after", (ALICE, CAROL))


def test_name_that_was_shown_before_the_order_is_not_told() -> None:
    stage, _ = staged(order("A-1", of(ALICE), since=START + 1_000 * MS))
    alice = stage.line(ALICE, session="17")
    alice.put(ev.Joined, account=BOB, name="Bob before")
    alice.hears(BOB, "hi", at=1_500)
    alice.hears(BOB, "hi again", at=9_600, sender_name="Bob now")
    stage.end()
    assert [(r.text, r.sender_name) for r in told(stage, "A-1")] == [("hi", None), ("hi again", "Bob now")]


def test_text_that_ends_after_the_order_is_told_of_without_its_words() -> None:
    stage, _ = staged(order("A-1", of(ALICE), until=START + 1_000 * MS))
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    alice.connection.heard = START + 1_000 * MS
    alice.says("longer than allowed", at=999)
    stage.end()
    (record,) = [r for r in told(stage, "A-1") if r.event == "message"]
    assert (record.text, record.complete, record.missing_bytes) == (None, False, len("longer than allowed"))
    assert record.details is not None
    assert record.details["beyond_order"] is True


WRITTEN = "a word that nobody may keep"


def test_without_content_nothing_that_a_person_wrote_is_kept() -> None:
    stage, _ = staged(order("A-1", of(ALICE), content=False), order("A-2", of(ALICE)))
    alice = stage.line(ALICE, session="17")
    alice.put(ev.Joined, account=BOB, name=WRITTEN)
    alice.says(
        WRITTEN, sender_name=WRITTEN, format={"font": WRITTEN}, details={"charset": "utf-8", "status": WRITTEN}
    )
    alice.hears(BOB, WRITTEN)
    alice.put(ev.Action, sender=BOB, text=WRITTEN)
    alice.put(ev.Typing, sender=BOB)
    alice.put(ev.Nudge, sender=BOB)
    alice.put(ev.Sending, sender=BOB, kind="file-offer", identity="x", text=WRITTEN, details={"file_name": WRITTEN})
    alice.put(ev.Presence, account=None, name=WRITTEN, details={"status": "BSY", "personal_message": WRITTEN})
    alice.put(ev.Profile, name=WRITTEN, details={"property": "phone_home", "value": WRITTEN})
    alice.put(ev.Contact, account=BOB, name=WRITTEN, details={"action": "listed", "groups": [WRITTEN]})
    alice.put(ev.MailNotice, content_type=WRITTEN, details={"subject": WRITTEN})
    stage.end()
    without, whole = told(stage, "A-1"), told(stage, "A-2")
    assert [r.event for r in without] == [r.event for r in whole]
    assert {r.event for r in without} >= {
        "message",
        "action",
        "typing",
        "nudge",
        "file-offer",
        "presence",
        "contact",
    }
    for record in without:
        assert WRITTEN not in record.to_json()
        assert record.text is record.format is record.file is record.sender_name is None
    assert sum(WRITTEN in record.to_json() for record in whole) >= 8
    (busy,) = [r for r in without if r.event == "presence"]
    assert busy.details == {"status": "BSY"}
    assert [r.recipients for r in without if r.event == "message"] == [(BOB,), (ALICE,)]


def test_domain_names_every_account_of_it() -> None:
    stage, _ = staged(order("A-1", Identity(domain="example.com")))
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    alice.hears(BOB, "mine")
    alice.leaves(BOB)
    alice.joins("bob@sub.example.com")
    alice.hears("bob@sub.example.com", "another's")
    stage.end()
    found = [r for r in told(stage, "A-1") if r.event == "message"]
    assert [(r.target, r.text) for r in found] == [(BOB, "mine")]
    assert found[0].details is not None
    assert found[0].details["identified_by"] == "domain"


@pytest.mark.parametrize(
    ("identity", "texts_found"),
    [
        (Identity(address="192.0.2.1"), ["one"]),
        (Identity(address="192.0.2.0/24"), ["one", "two"]),
        (Identity(account=ALICE, address="192.0.2.2"), ["two"]),
        (Identity(account=BOB, address="192.0.2.2"), []),
        (Identity(account=ALICE, address="198.51.100.0/24"), []),
        (Identity(account=ALICE, protocol="msnp"), ["one", "two"]),
        (Identity(account=ALICE, protocol="irc"), []),
    ],
)
def test_address_counts_where_the_account_itself_is_seen_at_it(identity: Identity, texts_found: list[str]) -> None:
    stage, _ = staged(order("A-1", identity))
    for text in ("one", "two"):  # from 192.0.2.1 and from 192.0.2.2
        line = stage.line(ALICE, session=text)
        line.joins(BOB)
        line.says(text)
    stage.end()
    assert [r.text for r in told(stage, "A-1") if r.event == "message" and r.target != BOB] == texts_found


def test_who_is_seen_at_an_address_is_not_followed_to_another() -> None:
    stage, _ = staged(order("A-1", Identity(address="192.0.2.1")))
    at_home = stage.line(ALICE, session="17")
    at_home.joins(BOB)
    at_home.says("at home")
    elsewhere = stage.line(ALICE, session="18")
    elsewhere.joins(BOB)
    elsewhere.says("elsewhere")
    contact = stage.line(BOB, session="19")
    contact.joins(ALICE)
    contact.hears(ALICE, "through a contact")
    stage.end()
    assert texts(stage, "A-1") == ["at home"]


def test_new_order_acts_from_its_moment_on_also_in_a_conversation_that_nobody_read() -> None:
    stage, warrant = staged(order("A-1", of(DAVE)))
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    for at in range(1_000, 10_000, 500):
        alice.says("unread", at=at)
    now = START + 10_000 * MS
    warrant.change([order("A-1", of(DAVE)), order("B-2", of(BOB))], now)
    stage.recorder.review(now)
    assert not alice.connection.muted
    alice.says("read", at=10_001)
    stage.end()
    assert texts(stage, "B-2") == ["read"]


def test_what_was_said_before_a_revocation_is_kept_and_nothing_after_it() -> None:
    stage, warrant = staged(order("A-1", of(ALICE)))
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    alice.says("before", at=1_000)  # it has not settled when the order goes
    warrant.change([], START + 1_100 * MS)
    stage.recorder.review(START + 1_100 * MS)
    alice.says("after", at=1_200)
    stage.end()
    assert texts(stage, "A-1") == ["before"]


def test_unchanged_order_keeps_what_it_had_when_others_change() -> None:
    warrant = InForce([order("A-1", of(ALICE), since=100)])
    warrant.change([order("A-1", of(ALICE), since=100), order("B-2", of(BOB), since=100)], 499)
    assert warrant.grants(ALICE, 200, "msnp", None)
    assert not warrant.grants(BOB, 499, "msnp", None)
    assert warrant.grants(BOB, 500, "msnp", None)


def test_validity_that_is_made_shorter_longer_or_later_holds_from_then_on() -> None:
    warrant = InForce([order("A-1", of(ALICE), since=100, until=1_000)])

    def covered(*times: int) -> list[bool]:
        return [bool(warrant.grants(ALICE, time, "msnp", None)) for time in times]

    warrant.change([order("A-1", of(ALICE), since=100, until=800)], 499)
    assert covered(799, 800) == [True, False]
    warrant.change([order("A-1", of(ALICE), since=100, until=300)], 599)
    assert covered(599, 600) == [True, False]
    warrant.change([order("A-1", of(ALICE), since=100, until=2_000)], 899)
    assert covered(599, 700, 900, 1_999, 2_000) == [True, False, True, True, False]
    warrant.change([order("A-1", of(ALICE), since=1_500, until=2_000)], 999)
    assert covered(599, 950, 1_000, 1_499, 1_500) == [True, True, False, False, True]


def test_more_content_is_granted_from_the_change_on() -> None:
    warrant = InForce([order("A-1", of(ALICE), content=False)])
    warrant.change([order("A-1", of(ALICE), content=True)], 499)
    found = [[grant.content for grant in warrant.grants(ALICE, time, "msnp", None)] for time in (499, 500)]
    assert found == [[False], [True]]


def test_clock_that_is_set_moves_changes_and_not_validity() -> None:
    warrant = InForce([order("A-1", of(ALICE), since=0, until=10_000)])
    warrant.change([order("B-2", of(BOB), until=10_000)], 499)
    warrant.stepped(1_000)
    assert warrant.grants(ALICE, 1_499, "msnp", None)
    assert not warrant.grants(ALICE, 1_500, "msnp", None)
    assert not warrant.grants(BOB, 1_499, "msnp", None)
    assert warrant.grants(BOB, 9_999, "msnp", None)
    assert not warrant.grants(BOB, 10_000, "msnp", None)


def test_file_octets_without_content_touch_nothing(tmp_path: Any) -> None:
    from rcds_sniffer.files import Vault  # noqa: PLC0415 - for this test alone
    from rcds_sniffer.records.recorder import Recorder  # noqa: PLC0415 - the same

    for content, files in ((False, 0), (True, 1)):
        warrant = InForce([order("A-1", of(ALICE), content=content)])
        stage = Stage(warrant=warrant)
        folder = tmp_path / str(content)
        folder.mkdir()
        vault = Vault(folder)
        stage.recorder = Recorder(warrant, stage.records.append, "nis-1", files=vault)
        alice = stage.line(ALICE, session="17")
        alice.joins(BOB)
        common = {"sender": BOB, "recipient": ALICE, "transfer": "p2p-1"}
        alice.put(ev.FileOctets, **common, offset=0, octets=b"octets of a file")
        alice.put(
            ev.Sending, **common, kind="file", identity="p2p-1 data", text=None,
            file={"name": "x", "size": 16, "sha1": None, "outcome": "complete"},
        )  # fmt: skip
        stage.end()
        vault.close()
        kept = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
        assert len(kept) == files
        (record,) = [r for r in stage.records if r.event == "file"]
        assert (record.file is None) is not content


def test_text_whose_last_octet_came_before_the_end_is_whole() -> None:
    stage, _ = staged(order("A-1", of(ALICE), until=START + 1_000 * MS))
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    alice.connection.heard = START + 999 * MS
    alice.put(ev.Message, at=998, out=True, **(message("whole") | {"sender": None}))
    stage.end()
    assert texts(stage, "A-1") == ["whole"]
