"""Several transfers at once in one conversation, each line losing other octets, against what must come of it."""

import os
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rcds_sniffer import events as ev
from rcds_sniffer.files import Vault
from rcds_sniffer.orders import NamedTargets
from rcds_sniffer.records.recorder import Recorder
from tests.rcds_sniffer.records.stage import ALICE, BOB, CAROL, Stage

PEOPLE = (ALICE, BOB, CAROL)
PAIRS = st.permutations(PEOPLE).map(lambda people: tuple(people[:2]))
STEP = 100


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_each_target_has_what_all_lines_showed_of_its_own(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder: Path = tmp_path_factory.mktemp("files")
    targets = data.draw(st.sets(st.sampled_from(PEOPLE)), "targets")
    tapped = data.draw(st.sets(st.sampled_from(PEOPLE), min_size=1), "tapped")
    ends = dict(enumerate(data.draw(st.lists(PAIRS, min_size=1, max_size=4), "transfers")))
    sizes = {number: data.draw(st.integers(1, 600), "size") for number in ends}
    contents = {number: bytes([65 + number]) * size for number, size in sizes.items()}

    stage, vault = Stage(), Vault(folder)
    stage.recorder = Recorder(NamedTargets(targets), stage.records.append, "nis-1", files=vault)
    lines = {
        account: stage.line(account, session="1", there=tuple(other for other in PEOPLE if other != account))
        for account in sorted(tapped)
    }
    seen: dict[int, dict[int, bytes]] = {number: {} for number in ends}
    shown: list[list[tuple[str, int, int | None]]] = []  # by each line of each transfer: pieces, then the end
    for account in lines:
        for number, size in sizes.items():
            pieces = data.draw(st.lists(st.sampled_from(range(0, size, STEP)), max_size=8), "pieces")
            shown.append([*((account, number, offset) for offset in pieces), (account, number, None)])
    while shown:
        queue = data.draw(st.sampled_from(shown), "next")
        account, number, offset = queue.pop(0)
        shown = [rest for rest in shown if rest]
        sender, recipient = ends[number]
        whom = {"sender": None if account == sender else sender, "recipient": recipient, "transfer": f"t{number}"}
        if offset is None:
            file = {"name": f"{number}", "size": sizes[number], "sha1": None, "outcome": "cut"}
            lines[account].put(ev.Sending, kind="file", identity=f"t{number}", file=file, **whom)
        else:
            octets = seen[number][offset] = contents[number][offset : offset + STEP]
            lines[account].put(ev.FileOctets, offset=offset, octets=octets, **whom)
    assert targets or os.listdir(folder) == []
    stage.end()
    vault.close()

    expected, kept = {}, set()
    for number, (sender, recipient) in ends.items():
        there = b"".join(octets for _, octets in sorted(seen[number].items()))
        digest = sha256(there).hexdigest() if there else None
        for target in targets & {sender, recipient}:
            missing = sizes[number] - len(there)
            expected[target, str(number)] = (sender, (recipient,), digest, not missing, missing)
            kept.add(digest)
    found = {}
    for record in stage.records:
        if record.event == "file":
            assert record.file is not None
            assert (record.target, record.file["name"]) not in found, "once"
            told = record.sender, record.recipients, record.file["sha256"], record.complete, record.missing_bytes
            found[record.target, record.file["name"]] = told
    assert found == expected
    assert {name.split("-")[0].split(".")[0] for name in os.listdir(folder)} == kept - {None}
