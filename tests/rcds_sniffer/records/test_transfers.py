"""Files and pictures: whose they are, what came of them, and what nobody keeps."""

import os
from hashlib import sha1, sha256
from pathlib import Path

import pytest

from rcds_sniffer import events as ev
from rcds_sniffer.files import FileLimits, Vault
from rcds_sniffer.orders import Everybody, NamedTargets, Period, Warrant
from rcds_sniffer.records import waiting
from rcds_sniffer.records.ledger import SETTLE
from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.records.recorder import Recorder
from tests.rcds_sniffer.records.stage import ALICE, BOB, CAROL, MS, START, Line, Stage

OCTETS = bytes(range(256)) * 40
SIZE = len(OCTETS)


class FileStage(Stage):
    """A stage with a vault."""

    def __init__(
        self,
        *targets: str,
        folder: Path | None = None,
        paced: bool = False,
        warrant: Warrant | None = None,
        limits: FileLimits | None = None,
    ) -> None:
        super().__init__(*targets, warrant=warrant)
        self.vault = Vault(folder, limits)
        chosen = warrant or NamedTargets(targets)
        self.recorder = Recorder(chosen, self.records.append, "nis-1", files=self.vault, paced=paced)

    def of(self, event: str, target: str | None = None) -> list[CommunicationRecord]:
        return [r for r in self.records if r.event == event and target in (None, r.target)]


def talk(stage: Stage) -> tuple[Line, Line]:
    """Alice and Bob in one conversation, both tapped."""
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    return alice, stage.line(BOB, session="17", there=(ALICE,))


def offer(line: Line, sender: str | None = None, recipient: str | None = BOB, **fields: object) -> None:
    details = {"file_name": "map.png", "size": SIZE, "transfer": "p2p-1"}
    given = {"kind": "file-offer", "identity": "p2p-1 offer", "details": details} | fields
    line.put(ev.Sending, out=sender is None, sender=sender, recipient=recipient, transfer="p2p-1", **given)


def answer(line: Line, sender: str | None = None, recipient: str | None = ALICE, kind: str = "file-accept") -> None:
    line.put(
        ev.Sending,
        out=sender is None,
        sender=sender,
        recipient=recipient,
        transfer="p2p-1",
        kind=kind,
        identity=f"p2p-1 {kind}",
    )


def carry(
    line: Line,
    sender: str | None = None,
    recipient: str | None = BOB,
    *,
    octets: bytes = OCTETS,
    without: range = range(0),
    transfer: str = "p2p-1",
) -> None:
    """The octets of a file; those ``without`` never passed the tap there."""
    for offset in range(0, len(octets), 1024):
        if offset not in without:
            piece = octets[offset : offset + 1024]
            whom = {"sender": sender, "recipient": recipient, "transfer": transfer}
            line.put(ev.FileOctets, out=sender is None, offset=offset, octets=piece, **whom)


def finish(
    line: Line,
    sender: str | None = None,
    recipient: str | None = BOB,
    *,
    outcome: str = "complete",
    size: int | None = SIZE,
    kind: str = "file",
    transfer: str = "p2p-1",
    at: int | None = None,
) -> None:
    file = {
        "name": "map.png",
        "size": size,
        "sha1": sha1(OCTETS, usedforsecurity=False).hexdigest(),
        "outcome": outcome,
    }
    whom = {"sender": sender, "recipient": recipient, "transfer": transfer}
    details = {"transfer": transfer, "transport": "switchboard"}
    line.put(
        ev.Sending,
        at=at,
        out=sender is None,
        kind=kind,
        identity=f"{transfer} data",
        file=file,
        details=details,
        **whom,
    )


def test_file_is_recorded_for_sender_and_addressee_with_its_steps(tmp_path: Path) -> None:
    stage = FileStage(ALICE, BOB, folder=tmp_path)
    alice, bob = talk(stage)
    for line, end in ((alice, (None, BOB)), (bob, (ALICE, BOB))):
        offer(line, *end)
    for line, end in ((bob, (None, ALICE)), (alice, (BOB, ALICE))):
        answer(line, *end)
    for line, end in ((alice, (None, BOB)), (bob, (ALICE, BOB))):
        carry(line, *end)
        finish(line, *end)
    stage.end()
    path = str(tmp_path / sha256(OCTETS).hexdigest())
    assert Path(path).read_bytes() == OCTETS
    for target, direction in ((ALICE, "from-target"), (BOB, "to-target")):
        (record,) = stage.of("file", target)
        assert (record.sender, record.recipients, record.direction) == (ALICE, (BOB,), direction)
        assert (record.complete, record.missing_bytes) == (True, 0)
        assert record.file == {
            "name": "map.png",
            "size": SIZE,
            "sha256": sha256(OCTETS).hexdigest(),
            "mime": "application/octet-stream",
            "path": path,
            "complete": True,
            "sha1": sha1(OCTETS, usedforsecurity=False).hexdigest(),
            "verified": True,
            "offer": stage.of("file-offer", target)[0].record_id,
            "answer": stage.of("file-accept", target)[0].record_id,
        }
        assert record.details is not None
        assert not {"outcome", "delivery"} & set(record.details)
    assert len({record.record_id for record in stage.records}) == len(stage.records)


def test_file_for_one_of_several_is_nobody_elses(tmp_path: Path) -> None:
    stage = FileStage(CAROL, folder=tmp_path)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    alice.joins(CAROL)
    carol = stage.line(CAROL, session="17", there=(ALICE, BOB))
    for line, sender in ((alice, None), (carol, ALICE)):
        offer(line, sender)
        carry(line, sender)
        finish(line, sender)
        assert os.listdir(tmp_path) == [], "not for a moment"
    stage.end()
    assert "file" not in stage.events(CAROL)
    assert "file-offer" not in stage.events(CAROL)
    assert stage.vault.counters.octets == 0


def test_octets_of_others_never_touch_the_disk(tmp_path: Path) -> None:
    stage = FileStage(CAROL, folder=tmp_path)
    alice, bob = talk(stage)
    carry(alice)
    carry(bob, ALICE)
    finish(alice)
    finish(bob, ALICE)
    unproven = stage.line(unsure=True)
    carry(unproven, ALICE, transfer="p2p-2")
    carry(unproven, transfer="p2p-3")
    assert os.listdir(tmp_path) == []
    stage.end()
    assert (os.listdir(tmp_path), stage.records) == ([], [])


def test_copies_that_lost_different_octets_are_whole_together() -> None:
    stage = FileStage(BOB)
    alice, bob = talk(stage)
    carry(bob, ALICE, without=range(1000, 5000))
    finish(bob, ALICE, outcome="cut")
    carry(alice, without=range(6000, 8000))
    finish(alice)
    stage.end()
    (record,) = stage.of("file")
    assert record.file is not None
    assert (record.file["sha256"], record.complete, record.missing_bytes) == (sha256(OCTETS).hexdigest(), True, 0)
    assert record.client == bob.connection.client


def test_part_of_a_file_says_what_is_missing_and_why(tmp_path: Path) -> None:
    stage = FileStage(ALICE, folder=tmp_path)
    alice, _ = talk(stage)
    carry(alice, octets=OCTETS[:4096])
    finish(alice, outcome="cancelled")
    stage.end()
    (record,) = stage.of("file")
    assert record.file is not None
    assert (record.file["complete"], record.file["ranges"]) == (False, [[0, 4096]])
    assert (record.complete, record.missing_bytes) == (False, SIZE - 4096)
    assert record.details is not None
    assert record.details["outcome"] == "cancelled"
    assert str(record.file["path"]).endswith(".partial")
    assert stage.recorder.counters.incomplete == 1


@pytest.mark.parametrize("kind", ["picture", "emoticon", "wink", "voice-clip"])
def test_object_is_recorded_by_its_kind(kind: str) -> None:
    stage = FileStage(BOB)
    _, bob = talk(stage)
    carry(bob, ALICE)
    finish(bob, ALICE, kind=kind)
    stage.end()
    (record,) = stage.of(kind)
    assert record.file is not None
    assert (record.file["verified"], record.file["offer"], record.file["answer"]) == (True, None, None)


def test_offer_is_its_own_record_without_a_file() -> None:
    stage = FileStage(BOB)
    _, bob = talk(stage)
    offer(bob, ALICE)
    answer(bob, None, kind="file-decline")
    stage.end()
    (record,) = stage.of("file-offer")
    assert record.file is None
    assert record.details is not None
    assert record.details["file_name"] == "map.png"
    assert stage.of("file-decline")[0].recipients == (ALICE,)


def test_end_without_a_recipient_reaches_everybody_there() -> None:
    stage = FileStage(ALICE, CAROL)
    alice, _ = talk(stage)
    alice.joins(CAROL)
    carry(alice, recipient=None)
    finish(alice, recipient=None)
    stage.end()
    assert [record.recipients for record in stage.of("file")] == [(BOB, CAROL)] * 2


def test_end_that_only_one_copy_addresses_is_that_persons() -> None:
    stage = FileStage(ALICE, BOB)
    alice, bob = talk(stage)
    alice.joins(CAROL)
    carry(alice, recipient=None, without=range(3000))
    finish(alice, recipient=None)
    carry(bob, ALICE)
    finish(bob, ALICE)
    stage.end()
    for record in stage.of("file"):
        assert (record.recipients, record.complete) == ((BOB,), True)
    assert stage.vault._open == {}


def test_copy_that_comes_after_the_record_changes_nothing(tmp_path: Path) -> None:
    stage = FileStage(ALICE, folder=tmp_path)
    alice, bob = talk(stage)
    carry(alice)
    finish(alice)
    bob.put(ev.Typing, sender=None, at=20_000)
    assert len(stage.of("file")) == 1
    carry(bob, ALICE)
    finish(bob, ALICE, at=21_000)
    stage.end()
    assert len(stage.of("file")) == 1
    assert os.listdir(tmp_path) == [sha256(OCTETS).hexdigest()]


def test_same_transfer_number_used_again_is_another_file() -> None:
    stage = FileStage(ALICE)
    alice, _ = talk(stage)
    carry(alice)
    finish(alice)
    alice.put(ev.Typing, sender=None, at=20_000)
    carry(alice, octets=OCTETS[:2048])
    finish(alice, outcome="cut")
    stage.end()
    assert [record.complete for record in stage.of("file")] == [True, False]


def test_account_proven_late_has_its_file() -> None:
    for warrant in (NamedTargets([BOB]), Everybody()):
        stage = FileStage(warrant=warrant)
        line = stage.line(unsure=True)
        carry(line, ALICE)
        finish(line, ALICE)
        carry(line, None, ALICE, transfer="p2p-2")
        finish(line, None, ALICE, transfer="p2p-2")
        line.put(ev.Typing, sender=ALICE, at=20_000)
        line.is_of(BOB)
        stage.end()
        assert [record.complete for record in stage.of("file", BOB)] == [True, True]


def test_account_never_proven_has_its_files_where_everybody_is_recorded(tmp_path: Path) -> None:
    stage = FileStage(warrant=Everybody(), folder=tmp_path)
    line = stage.line(unsure=True)
    carry(line, None, ALICE)
    assert os.listdir(tmp_path) == [], "it may prove to be nobody's who is recorded"
    finish(line, None, ALICE)
    carry(line, ALICE, BOB, octets=OCTETS[:4096], transfer="p2p-2")
    finish(line, ALICE, BOB, transfer="p2p-2", outcome="cut")
    line.closes()
    stage.end()
    whole, part = stage.of("file")
    assert (whole.target, whole.sender, whole.complete) == (None, None, True)
    assert (part.target, part.sender, part.complete, part.missing_bytes) == (None, ALICE, False, SIZE - 4096)
    assert len(os.listdir(tmp_path)) == 2
    assert stage.recorder._held.octets == 0


def test_account_never_proven_leaves_no_file(tmp_path: Path) -> None:
    stage = FileStage(CAROL, folder=tmp_path)
    line = stage.line(unsure=True)
    carry(line, None, ALICE)
    finish(line, None, ALICE)
    line.closes()
    stage.end()
    assert (stage.of("file"), os.listdir(tmp_path)) == ([], [])
    assert stage.recorder._held.octets == 0


def test_octets_that_wait_are_bounded_and_leave_room_for_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MAX_PIECES", 30)
    monkeypatch.setattr(waiting, "MAX_WAITING_OCTETS", 50_000)
    stage = FileStage(ALICE)
    lines = [stage.line(unsure=True), stage.line(unsure=True)]
    for line in lines:
        carry(line, octets=bytes(100_000))
        line.says("hello")
    assert [len(stage.recorder._links[line.connection].pieces) for line in lines] == [30, 19]
    lines[0].is_of(ALICE)
    assert stage.recorder._held.octets == 18 * 1024 + 672
    stage.end()
    assert len(stage.messages(ALICE)) == 1


def test_octets_from_outside_of_the_warrants_time_are_not_kept(tmp_path: Path) -> None:
    until = START + 10_000 * MS
    stage = FileStage(warrant=NamedTargets([ALICE], Period(None, until)), folder=tmp_path)
    alice, _ = talk(stage)
    carry(alice, octets=OCTETS[:4096])
    alice.put(ev.Typing, sender=None, at=10_000)
    for offset in range(4096, SIZE, 1024):
        whom = {"sender": None, "recipient": BOB, "transfer": "p2p-1"}
        alice.put(ev.FileOctets, offset=offset, octets=OCTETS[offset : offset + 1024], **whom)
    finish(alice, at=200)  # stands at the first octets
    stage.end()
    (record,) = stage.of("file")
    assert record.file is not None
    assert record.file["ranges"] == [[0, 4096]]


def test_transfer_that_is_nobodys_record_leaves_nothing(tmp_path: Path) -> None:
    since = START + 1_000 * MS
    stage = FileStage(warrant=NamedTargets([ALICE], Period(since)), folder=tmp_path)
    alice, _ = talk(stage)
    alice.put(ev.Typing, sender=None, at=2_000)
    carry(alice)
    assert os.listdir(tmp_path) != []
    finish(alice, at=200)
    stage.end()
    assert (stage.of("file"), os.listdir(tmp_path)) == ([], [])


def test_live_a_file_waits_for_the_other_copy_and_its_steps_do_not() -> None:
    stage = FileStage(BOB, paced=True)
    alice, bob = talk(stage)
    offer(bob, ALICE)
    assert len(stage.of("file-offer")) == 1
    answer(bob, None)
    carry(bob, ALICE, without=range(2000, 4000))
    finish(bob, ALICE)
    assert stage.of("file") == []
    carry(alice)
    finish(alice)
    stage.recorder.advance(stage.now + SETTLE + 1)
    (record,) = stage.of("file")
    assert record.complete is True
    assert record.file is not None
    assert record.file["offer"] == stage.of("file-offer")[0].record_id
    assert record.file["answer"] == stage.of("file-accept")[0].record_id


def test_answer_of_another_in_the_conversation_is_not_the_files() -> None:
    stage = FileStage(ALICE)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    alice.joins(CAROL)
    offer(alice, None, None)  # to both
    answer(alice, CAROL)
    carry(alice)
    finish(alice)
    stage.end()
    (record,) = stage.of("file")
    assert record.file is not None
    assert record.file["offer"] == stage.of("file-offer")[0].record_id
    assert record.file["answer"] is None


def test_road_of_a_file_makes_nobody_surer_of_who_is_in_the_conversation() -> None:
    stage = FileStage(CAROL)
    alice = stage.line(ALICE, session="17", unsure=True)
    alice.hears(BOB, "hello")
    direct = stage.line()
    direct.put(ev.AccountKnown, account=ALICE, evidence="transfer")
    direct.is_session("17")
    carry(direct, ALICE)
    alice.says("who is there?")
    alice.put(ev.Typing, sender=None, at=30_000)
    alice.hears(CAROL, "me, all the time", at=31_000)
    stage.end()
    assert (ALICE, (BOB, CAROL), "who is there?") in stage.messages(CAROL)


def test_who_proves_late_to_have_got_a_file_is_told_its_gist() -> None:
    """Thousands of ranges are not remembered for that."""
    stage = FileStage(ALICE, BOB)
    alice = stage.line(ALICE, unsure=True)
    alice.hears(CAROL, "hello")
    pieces = range(0, SIZE, 100)
    for offset in pieces:
        whom = {"sender": None, "recipient": None, "transfer": "p2p-1"}
        alice.put(ev.FileOctets, offset=offset, octets=OCTETS[offset : offset + 50], **whom)
    finish(alice, recipient=None, outcome="cut")
    alice.put(ev.Typing, sender=None, at=30_000)
    alice.hears(BOB, "thank you", at=31_000)
    stage.end()
    (hers,), (his,) = stage.of("file", ALICE), stage.of("file", BOB)
    assert hers.file is not None
    assert his.file is not None
    assert len(hers.file["ranges"]) == len(pieces)  # type: ignore[arg-type]
    assert (len(his.file["ranges"]), his.file["ranges_more"]) == (20, len(pieces) - 20)  # type: ignore[arg-type]
    assert hers.missing_bytes == his.missing_bytes > 0


def test_copy_that_knows_no_offsets_is_not_mixed_with_another() -> None:
    stage = FileStage(BOB)
    alice, bob = talk(stage)
    carry(bob, ALICE, octets=OCTETS[3000:], transfer="p2p-1?")
    carry(alice, octets=OCTETS[:9000])
    for line, sender, transfer in ((bob, ALICE, "p2p-1?"), (alice, None, "p2p-1")):
        file = {"name": "a", "size": SIZE, "sha1": None, "outcome": "cut"}
        whom = {"sender": sender, "recipient": BOB, "transfer": transfer}
        line.put(ev.Sending, kind="file", identity="p2p-1 data", file=file, **whom)
    stage.end()
    (record,) = stage.of("file")
    assert record.file is not None
    assert (record.file["sha256"], record.file["ranges"]) == (sha256(OCTETS[:9000]).hexdigest(), [[0, 9000]])
    assert stage.vault._open == {}


def test_octets_of_which_no_offset_is_known_are_never_the_whole() -> None:
    stage = FileStage(BOB)
    _, bob = talk(stage)
    carry(bob, ALICE, octets=OCTETS[:3000], transfer="p2p-1?")
    finish(bob, ALICE, size=None, transfer="p2p-1?")
    stage.end()
    (record,) = stage.of("file")
    assert record.file is not None
    assert (record.complete, record.file["size"], record.file["ranges"]) == (False, None, [[0, 3000]])


def test_file_that_goes_on_after_its_sender_left_proves_no_presence() -> None:
    stage = FileStage(ALICE)
    alice = stage.line(ALICE, session="17")
    alice.joins(BOB)
    alice.joins(CAROL)
    bob = stage.line(BOB, session="17", there=(ALICE, CAROL))
    offer(alice)
    direct = stage.line(server="203.0.113.5:1863")
    direct.is_of(ALICE)
    direct.is_session("17")
    carry(direct, ALICE, octets=OCTETS[:5000])
    alice.leaves(None, at=1_000)
    alice.closes(at=1_001)
    bob.leaves(ALICE, at=1_002)
    bob.says("now that she is gone", at=3_000)
    carry(direct, ALICE)
    finish(direct, ALICE)
    direct.closes()
    stage.end()
    assert stage.messages(ALICE) == []
    (record,) = stage.of("file")
    assert (record.complete, record.recipients) == (True, (BOB,))
    assert record.conversation_id == stage.of("file-offer")[0].conversation_id


def test_steps_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rcds_sniffer.records.transfers.MAX_STEPS", 5)
    stage = FileStage(ALICE)
    alice, _ = talk(stage)
    for number in range(20):
        details = {"file_name": "x"}
        whom = {"sender": None, "recipient": BOB, "transfer": f"p2p-{number}"}
        alice.put(ev.Sending, kind="file-offer", identity=str(number), details=details, **whom)
    stage.end()
    assert len(stage.recorder._ledger.transfers._steps) == 5


def test_disk_that_is_full_is_told_in_the_record(tmp_path: Path) -> None:
    stage = FileStage(ALICE, folder=tmp_path, limits=FileLimits(free=1 << 62))
    alice, _ = talk(stage)
    carry(alice)
    finish(alice)
    stage.end()
    (record,) = stage.of("file")
    assert record.file is not None
    assert (record.file["path"], record.file["complete"], record.file["not_kept"]) == (None, False, "disk full")
    assert (record.complete, record.missing_bytes) == (False, 0)
