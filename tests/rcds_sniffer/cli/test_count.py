"""`rcds-sniffer count`: the numbers of a capture, and nobody's name."""

import json
from pathlib import Path

from tests.command import replay, run

PCAPS = Path(__file__).parents[2] / "pcaps"
DEMO, LOSS = PCAPS / "demo.pcap", PCAPS / "loss.pcapng"


def test_counts_agree_with_a_replay() -> None:
    done = run("count", "--format", "jsonl", DEMO)
    assert done.returncode == 0, done.stderr
    numbers = json.loads(done.stdout)
    said = [record for record in replay("--all", DEMO) if record["event"] == "message"]
    assert numbers["events"]["Message"] >= len({record["text"] for record in said}) > 0
    assert numbers["connections"]["msnp"] == numbers["connections"]["tcp"] > 0


def test_gaps_are_counted_and_no_failure() -> None:
    done = run("count", "--format", "jsonl", LOSS)
    missing = json.loads(done.stdout)["missing"]
    assert done.returncode == 0
    assert missing["gaps"] > 0
    assert missing["gap_octets"] > 0


def test_table_is_for_people_and_names_nobody() -> None:
    done = run("count", DEMO)
    assert done.returncode == 0
    assert "packets\n  read" in done.stdout
    assert "account known" in done.stdout
    assert "@" not in done.stdout + done.stderr


def test_cut_file_is_counted_as_far_as_it_goes(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(DEMO.read_bytes()[:-7])
    done = run("count", "--format", "jsonl", cut)
    assert done.returncode == 1
    assert json.loads(done.stdout)["packets"]["read"] > 0
    assert done.stderr.startswith("LOST: ")


def test_no_file_is_a_mistake() -> None:
    done = run("count", "there-is-none.pcap")
    assert done.returncode == 2
    assert "there-is-none.pcap" in done.stderr
