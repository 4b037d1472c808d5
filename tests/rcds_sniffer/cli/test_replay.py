"""The command line as a user meets it: what it does, what it refuses, and how it says so."""

import gzip
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.command import replay, run
from tests.conftest import PCAPS, ROOT
from tests.simulator import writer
from tests.simulator.cases import CASES

DEMO = PCAPS / "demo.pcap"
ALICE = "alice@example.org"


# --- what it refuses --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((DEMO,), "whom to record?"),
        (("--all", "--target", ALICE, DEMO), "--all already records everybody"),
        (("--target", "alice", DEMO), "an account looks like alice@example.org"),
        (("--targets-file", "nowhere", DEMO), "nowhere: the targets cannot be read: No such file"),
        (("--target", ALICE, "nowhere.pcap"), "nowhere.pcap: no such file"),
        (("--target", ALICE, ROOT), "is a directory"),
        (("--target", ALICE, ROOT / "Makefile"), "not a capture"),
        (("--target", ALICE, DEMO, DEMO), "given twice"),
        (("--target", ALICE, "--bpf", "tcp prot 1863", DEMO), "syntax error"),
        (("--target", ALICE, "--db", "/nowhere/records.sqlite", DEMO), "/nowhere"),
        (("--target", ALICE, "--no-db", "--output", "/nowhere/out", DEMO), "/nowhere/out: cannot be written"),
        (("--target", ALICE, "--no-db", "--format", "none", DEMO), "nothing would be kept"),
        (("--target", ALICE, "--format", "none", "--output", "out", DEMO), "leave --output out"),
    ],
)
def test_mistake_is_one_clear_line_and_exit_code_2(
    arguments: tuple[object, ...], message: str, tmp_path: Path
) -> None:
    done = run("replay", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message.lower() in done.stderr.lower()
    assert len(done.stderr.strip().splitlines()) == 1
    assert not done.stdout


def test_format_none_fills_the_database_as_other_formats_do_and_writes_nothing(tmp_path: Path) -> None:
    silent = run("replay", "--target", ALICE, "--format", "none", "--db", "silent.sqlite", DEMO, cwd=tmp_path)
    chat = run("replay", "--target", ALICE, "--db", "chat.sqlite", DEMO, cwd=tmp_path)
    assert (silent.returncode, silent.stdout) == (chat.returncode, "")
    assert chat.stdout
    stored = [
        run("records", "--db", f"{name}.sqlite", "-f", "jsonl", cwd=tmp_path).stdout for name in ("silent", "chat")
    ]
    assert stored[0]
    assert stored[0] == stored[1]


def test_format_none_without_database_keeps_the_packets_where_they_are_asked_for(tmp_path: Path) -> None:
    done = run(
        "replay", "--target", ALICE, "--format", "none", "--no-db", "--write", "kept.pcapng", DEMO, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert not done.stdout
    assert (tmp_path / "kept.pcapng").stat().st_size


@pytest.mark.parametrize("option", ["--ports=0", "--ports=x", "--from=yesterday", "--format=xml", "--wrong"])
def test_wrong_option_is_refused_with_exit_code_2(option: str) -> None:
    done = run("replay", "--target", ALICE, option, DEMO)
    assert done.returncode == 2
    assert "Error" in done.stderr
    assert "Traceback" not in done.stderr


def test_refusal_does_not_repeat_an_account() -> None:
    assert "secretname" not in run("replay", "--target", "secretname", DEMO).stderr


# --- what it does -----------------------------------------------------------------------------------------------


def test_targets_file_and_target_name_the_same(tmp_path: Path) -> None:
    targets = tmp_path / "targets"
    targets.write_text("# case 17\n\nALICE@example.org   # upper case is the same account\n")
    assert replay("--targets-file", targets, DEMO) == replay("--target", ALICE, DEMO) != []


def test_standard_input_is_a_capture() -> None:
    from_pipe = replay("--target", ALICE, "-", stdin=gzip.compress(DEMO.read_bytes()))
    from_file = replay("--target", ALICE, DEMO)
    assert [r["record_id"] for r in from_pipe] == [r["record_id"] for r in from_file]


def test_conversation_spans_rotated_files(tmp_path: Path) -> None:
    _, frames = CASES["demo"]()
    parts = []
    for number, octets in enumerate(writer.rotated(frames, 3)):
        part = tmp_path / f"part{number}.pcap"
        part.write_bytes(octets)
        parts.append(part)
    found = replay("--target", ALICE, *reversed(parts))
    assert [r["record_id"] for r in found] == [r["record_id"] for r in replay("--target", ALICE, DEMO)]
    assert len({r["source"]["name"] for r in found}) == 3


def test_cut_gzip_gives_all_before_the_cut_and_exit_code_1(tmp_path: Path) -> None:
    whole = gzip.compress(DEMO.read_bytes())
    cut = tmp_path / "cut.pcap.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    done = run("replay", "--target", ALICE, "--no-db", "--format", "jsonl", cut)
    assert done.returncode == 1
    assert "cut off in the middle" in done.stderr
    assert "at octet" in done.stderr
    found = [json.loads(line)["record_id"] for line in done.stdout.splitlines()]
    everything = [r["record_id"] for r in replay("--target", ALICE, DEMO)]
    assert 0 < len(found) < len(everything)


def test_storing_a_capture_twice_stores_once(tmp_path: Path) -> None:
    db = tmp_path / "records.sqlite"
    first = run("replay", "--target", ALICE, "--db", db, DEMO)
    second = run("replay", "--target", ALICE, "--db", db, DEMO)
    assert first.returncode == second.returncode == 0
    assert "0 stored" in second.stderr
    stored = run("records", "--db", db, "--format", "jsonl").stdout
    direct = run("replay", "--target", ALICE, "--no-db", "--format", "jsonl", DEMO).stdout
    assert stored == direct != ""
    assert db.stat().st_mode & 0o777 == 0o600


def test_only_records_go_to_standard_output(tmp_path: Path) -> None:
    done = run("replay", "-vv", "--target", ALICE, "--db", tmp_path / "db", "--format", "jsonl", DEMO)
    for line in done.stdout.splitlines():
        json.loads(line)
    assert "records" in done.stderr
    assert run("replay", "-q", "--target", ALICE, "--no-db", DEMO).stderr == ""
    assert run("-q", "replay", "--target", ALICE, "--no-db", DEMO).stderr == ""


def test_period_bounds_the_records() -> None:
    everything = replay("--target", ALICE, DEMO)
    middle = everything[len(everything) // 2]["time"]
    early, late = replay("--target", ALICE, "--to", middle, DEMO), replay("--target", ALICE, "--from", middle, DEMO)
    assert early
    assert late
    assert early + late == everything


def test_settings_file_gives_defaults_and_the_command_line_wins(tmp_path: Path) -> None:
    settings = tmp_path / "rcds.toml"
    settings.write_text('format = "csv"\n[replay]\ntarget = ["alice@example.org"]\nno-db = true\nports = [1863]\n')
    assert run("--config", settings, "replay", DEMO).stdout.startswith("record_id,")
    assert run("--config", settings, "replay", "--format", "jsonl", DEMO).stdout.startswith('{"record_id":')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("targt = 1", "no command has an option 'targt'"),
        ("[replay]\nx = 1", "replay has no option 'x'"),
        ("a =", "not TOML"),
    ],
)
def test_wrong_settings_are_refused(text: str, message: str, tmp_path: Path) -> None:
    settings = tmp_path / "rcds.toml"
    settings.write_text(text)
    done = run("--config", settings, "replay", DEMO)
    assert done.returncode == 2
    assert message in done.stderr


# --- why nothing was found --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--target", "nobody@example.org", DEMO), "none of the accounts asked for took part"),
        (("--target", ALICE, "--ports", "5190", DEMO), "Seen instead: tcp 1863"),
    ],
)
def test_empty_result_is_explained(arguments: tuple[object, ...], message: str) -> None:
    done = run("replay", "--no-db", *arguments)
    assert done.returncode == 0
    assert message in done.stderr


def test_capture_without_packets_says_so(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(writer.pcap([]))
    assert "holds no packets" in run("replay", "--all", "--no-db", empty).stderr


# --- third parties ----------------------------------------------------------------------------------------------


def test_nothing_of_anybody_else_is_left_anywhere(tmp_path: Path) -> None:
    """Bob's and Carol's own chat, of which Alice is no part, is in no file and no output, however talkative."""
    db, out = tmp_path / "records.sqlite", tmp_path / "out.csv"
    alone = [r for r in replay("--all", DEMO) if r["target"] != ALICE and r["text"]]
    alices = {r["text"] for r in replay("--target", ALICE, DEMO)}
    private = [r["text"] for r in alone if r["text"] not in alices]
    assert private, "the demo has a chat that alice is not part of"
    form = ("--format", "csv", "--output", out)
    done = run("replay", "-vv", "--target", ALICE, "--db", db, *form, DEMO, cwd=tmp_path)
    with sqlite3.connect(db) as connection:
        connection.execute("pragma wal_checkpoint")
    connection.close()
    haystack = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    haystack += done.stdout.encode() + done.stderr.encode()
    for text in private:
        assert text.encode() not in haystack
        assert json.dumps(text).encode() not in haystack


def test_credentials_are_never_written() -> None:
    octets = DEMO.read_bytes()
    found = run("replay", "--all", "--no-db", "--format", "jsonl", DEMO).stdout
    secrets = [word for word in octets.split() if word.startswith((b"t=", b"ticket="))]
    assert secrets
    for secret in secrets:
        assert secret.decode(errors="replace") not in found


# --- ends -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_flushes_and_ends_with_130(number: signal.Signals, tmp_path: Path) -> None:
    db = tmp_path / "records.sqlite"
    command = [sys.executable, "-m", "rcds_sniffer", "replay", "--target", ALICE, "--db", str(db), "-"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as running:
        assert running.stdin is not None
        running.stdin.write(DEMO.read_bytes())
        running.stdin.flush()
        for _ in range(200):  # until it has opened its database, which is after its signal handlers
            time.sleep(0.1)
            if db.exists():
                break
        time.sleep(2)
        running.send_signal(number)
        assert running.wait(timeout=30) == 130  # the pipe is open and silent still
        _, errors = running.communicate(timeout=30)
    assert "1 login" in errors.decode()


def test_reader_that_has_had_enough_is_no_error() -> None:
    command = f"{sys.executable} -m rcds_sniffer replay --all --no-db --format jsonl {DEMO} | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, check=False, timeout=60)  # noqa: S602
    assert done.stdout.count(b"\n") == 1
    assert b"Traceback" not in done.stderr
    assert b"Error" not in done.stderr


def test_full_disk_is_one_line_and_exit_code_1() -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    done = run("replay", "--all", "--no-db", "--format", "jsonl", "--output", "/dev/full", DEMO)
    assert done.returncode == 1
    assert "cannot be written any further: No space left" in done.stderr
    assert "Traceback" not in done.stderr


# --- help -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [(), ("replay",), ("records",), ("completion",)])
def test_help_has_examples(command: tuple[str, ...]) -> None:
    done = run(*command, "--help")
    assert done.returncode == 0
    assert "Examples:" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(shell: str) -> None:
    assert "_RCDS_SNIFFER_COMPLETE" in run("completion", shell).stdout


def test_help_starts_without_the_heavy_parts() -> None:
    heavy = ("rich", "sqlalchemy", "alembic", "pcap")
    code = f"import sys, rcds_sniffer.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_kept_packets_are_not_written_over(tmp_path: Path) -> None:
    kept = tmp_path / "kept.pcapng"
    arguments = ("replay", "-q", "--target", ALICE, "--no-db", "-o", tmp_path / "out", "--write", kept, DEMO)
    assert run(*arguments).returncode == 0
    before = kept.read_bytes()
    again = run(*arguments)
    assert again.returncode == 2
    assert "nothing is written over" in again.stderr
    assert kept.read_bytes() == before
