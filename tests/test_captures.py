"""A capture and its expected records are the whole test.

``tests/pcaps/<case>.pcap`` was written by the simulator; ``<case>.truth.json`` is what was said in it, and
``<case>.jsonl`` the records, which somebody has read. ``python -m tests.test_captures`` writes the records anew.
"""

import json
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

from tests.command import replay, run
from tests.conftest import PCAPS, SHARED
from tests.simulator.cases import SCRIPTS
from tests.simulator.exchanges import FILES

PARTIAL = {
    "mid-stream",
    "loss",
    "client-side-only",
    "server-side-only",
    "odd-lengths",
    "files-loss",
    "files-mid-stream",
}
CAPTURES = sorted(path for path in PCAPS.iterdir() if ".pcap" in path.name)


def case(path: Path) -> str:
    return path.name.partition(".")[0]


def truth_path(path: Path) -> Path:
    return PCAPS / f"{case(path)}.truth.json"


def accounts(truth: dict) -> list[str]:  # type: ignore[type-arg]
    return sorted(truth["expected"])


@pytest.mark.parametrize("capture", CAPTURES, ids=case)
def test_records_are_the_expected_ones(capture: Path) -> None:
    assert recorded(capture) == (PCAPS / f"{case(capture)}.jsonl").read_text()


@pytest.mark.parametrize("capture", CAPTURES, ids=case)
def test_records_say_what_was_said(capture: Path) -> None:
    truth = json.loads((PCAPS / f"{case(capture)}.truth.json").read_text())
    partial = case(capture) in PARTIAL
    for account in accounts(truth):
        records = replay("--target", account, capture)
        assert {record["target"] for record in records} <= {account}
        found = Counter(
            (record["sender"], record["text"])
            for record in records
            if record["event"] == "message" and record["complete"]
        )
        said = Counter(
            (message["sender"], message["text"])
            for message in truth["messages"]
            if account in (message["sender"], *message["recipients"])
        )
        assert not found - said, f"{account}: invented"
        if not partial:
            assert not said - found, f"{account}: missing"


@pytest.mark.parametrize("name", [*SCRIPTS, *FILES])
def test_records_tell_what_was_done(name: str) -> None:
    """Whatever the truth says in ``details`` stands in a record, each in one of its own."""
    records = [json.loads(line) for line in (PCAPS / f"{name}.jsonl").read_text().splitlines()]
    missing = []
    for said in truth_of(PCAPS / name)["said"]:
        found = next((record for record in records if "details" not in said or tells(record, said)), None)
        if found is None:
            missing.append(said)
        elif "details" in said:
            records.remove(found)
    assert not missing


@pytest.mark.parametrize("capture", [c for c in CAPTURES if '"files":' in truth_path(c).read_text()], ids=case)
def test_files_come_out_as_they_were_sent(capture: Path, tmp_path: Path) -> None:
    """To a folder of its own for each account: its files under their hashes, and no others."""
    truth = truth_of(capture)
    for account in accounts(truth):
        folder = tmp_path / account
        wanted = [file for file in truth["files"] if account in (file["sender"], *file["recipients"])]
        records = [r for r in replay("--target", account, "--files", folder, capture) if r["file"]]
        told = {record["details"]["transfer"].removesuffix("?"): record for record in records}
        assert len(told) == len(records), "none is told twice"
        sure = {file["transfer"]: file for file in wanted if file.get("sure", True)}
        assert set(sure) <= set(told) <= {file["transfer"] for file in wanted}
        for transfer, file in sure.items():
            record = told[transfer]
            assert (record["sender"], record["recipients"]) == (file["sender"], file["recipients"])
            assert what_came_of(record["event"], record["file"]) == what_came_of(file["kind"], file)
        kept = {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}
        assert set(kept) == {Path(r["file"]["path"]).name for r in records if r["file"]["path"]}
        for record in records:
            file = record["file"]
            if file["path"]:
                octets = kept[Path(file["path"]).name]
                there = b"".join(octets[begin:end] for begin, end in file.get("ranges", [[0, file["size"]]]))
                assert sha256(there).hexdigest() == file["sha256"]


def what_came_of(kind: str, file: dict) -> dict:  # type: ignore[type-arg]
    """What the truth and a record say of a file in the same words; an object has no name but its owner's."""
    same = ("size", "sha256", "complete", "verified")
    name = file["name"] if kind == "file" else None
    return {"kind": kind, "name": name, "ranges": file.get("ranges"), **{key: file[key] for key in same}}


def truth_of(path: Path) -> dict:  # type: ignore[type-arg]
    """What was said in a capture."""
    truth: dict = json.loads(truth_path(path).read_text())  # type: ignore[type-arg]
    return truth


OF_THE_ACCOUNT = {"presence", "profile", "mail-notice", "login"}
"""Events that have no text, and of which the account alone knows."""


def tells(record: dict, said: dict) -> bool:  # type: ignore[type-arg]
    """Whether a record is of what the truth has."""
    kind, details = said["kind"], record["details"] or {}
    if kind == "client":  # its owner's profile, or what others are told of a contact
        told = details.get("client") or (details.get("property") == "client" and details.get("value"))
        return record["sender"] == said["sender"] and told == said["details"]["client"]
    if record["event"] != ("invite" if kind == "application" else kind) or not within(said["details"], details):
        return False
    if kind in OF_THE_ACCOUNT:
        who = record["target"] if record["sender"] is None else record["sender"]
        return bool(who == said["sender"])
    people = ("sender", "recipients", "text")
    return [record[field] for field in people] == [said[field] for field in people]


def within(some: object, all_of_it: object) -> bool:
    """Whether all that one says the other says too."""
    if isinstance(some, dict):
        return isinstance(all_of_it, dict) and all(
            name in all_of_it and within(value, all_of_it[name]) for name, value in some.items()
        )
    if isinstance(some, list):
        return (
            isinstance(all_of_it, list)
            and len(some) == len(all_of_it)
            and all(within(one, other) for one, other in zip(some, all_of_it, strict=True))
        )
    return some == all_of_it


TRUTHS = sorted(SHARED.glob("*.truth.json")) if SHARED.is_dir() else []
LATER = ("mapi",)
"""Nobody says a text in it."""


@pytest.mark.skipif(not TRUTHS, reason="captures of real clients are not here")
@pytest.mark.parametrize("path", [t for t in TRUTHS if not any(word in t.name for word in LATER)], ids=case)
def test_real_clients(path: Path) -> None:
    truth = json.loads(path.read_text())
    capture = next(p for p in SHARED.glob(path.name.replace(".truth.json", ".pcap*")))
    texts = truth.get("messages") or [event for event in truth["events"] if event["kind"] == "text"]
    people = {text["sender"] for text in texts} | {to for text in texts for to in text["recipients"]}
    for account in sorted(people):
        found = Counter(
            (record["sender"], tuple(record["recipients"]), record["text"])
            for record in replay("--target", account, capture)
            if record["event"] == "message"
        )
        assert found == Counter(
            (text["sender"], tuple(sorted(text["recipients"])), text["text"])
            for text in texts
            if account in (text["sender"], *text["recipients"])
        )


@pytest.mark.parametrize("name", ["demo.pcap", "mid-stream.pcap.gz", "client-side-only.pcap"])
def test_two_replays_give_identical_lines(name: str) -> None:
    arguments = ("replay", "--all", "--no-db", "--format", "jsonl", PCAPS / name)
    assert run(*arguments, hash_seed="1").stdout == run(*arguments, hash_seed="2").stdout != ""


def recorded(capture: Path) -> str:
    """The records of everybody, as JSON Lines."""
    options = ("--all", "--no-db", "--format", "jsonl", "--sensor", "nis-1")
    return run("replay", *options, capture.name, cwd=PCAPS).stdout


def write_expected() -> None:
    """The records of every case, for somebody to read before they are committed."""
    for capture in CAPTURES:
        (PCAPS / f"{case(capture)}.jsonl").write_text(recorded(capture))


if __name__ == "__main__":
    write_expected()
