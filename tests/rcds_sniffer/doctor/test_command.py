"""The command as a user types it."""

import json
from pathlib import Path

from tests.command import run
from tests.conftest import PCAPS

DEMO = PCAPS / "demo.pcap"


def test_good_capture_is_in_order() -> None:
    done = run("doctor", DEMO)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == f"{DEMO}: 424 packets in 178.0 s"
    assert all(line.startswith("  ✓ ") for line in done.stdout.splitlines()[1:])
    assert done.stderr == "nothing is wrong\n"


def test_what_is_wrong_comes_with_its_remedy() -> None:
    done = run("doctor", PCAPS / "client-side-only.pcap")
    assert done.returncode == 1
    wrong, remedy = [line for line in done.stdout.splitlines()[1:] if not line.startswith("  ✓ ")]
    assert wrong == "  ! of 10 of 10 (100 %) connections only one direction is seen"
    assert remedy.startswith("      → mirror both directions")
    assert done.stderr == "1 thing to mend\n"


def test_lines_for_programs() -> None:
    done = run("doctor", "--format", "jsonl", "-", stdin=DEMO.read_bytes())
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(set(line) == {"subject", "check", "severity", "seen", "mend"} for line in lines)
    assert {(line["subject"], line["severity"]) for line in lines} == {("-", "fine")}


def test_several_files_are_one_capture() -> None:
    done = run("doctor", DEMO, PCAPS / "chunked.pcap")
    assert "489 packets" in done.stdout


def test_mistakes_are_told_in_one_line(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no capture")
    for arguments in ([], [DEMO, "-i", "lo"], [tmp_path / "none.pcap"], [text]):
        done = run("doctor", *arguments)
        assert done.returncode == 2
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1


def test_name_of_a_file_does_not_reach_the_terminal_as_it_is(tmp_path: Path) -> None:
    hostile = tmp_path / "\x1b[31mred.pcap"
    hostile.write_bytes(DEMO.read_bytes())
    assert "\x1b" not in run("doctor", hostile).stdout
