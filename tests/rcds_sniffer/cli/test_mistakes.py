"""What the command line must not do, however it is called: write over what it reads, record whom nobody named,
fall over its own feet."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import replay, run
from tests.conftest import PCAPS
from tests.simulator import writer
from tests.simulator.cases import CASES

ALICE = "alice@example.org"
RCDS = f"{sys.executable} -m rcds_sniffer"


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    return Path(shutil.copy(PCAPS / "demo.pcap", tmp_path / "demo.pcap"))


def refused(done: subprocess.CompletedProcess[str], message: str) -> None:
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not done.stdout


# --- nothing that is read is written over -------------------------------------------------------------------------


@pytest.mark.parametrize("output", ["demo.pcap", "./demo.pcap", "symbolic", "hard"])
def test_capture_is_not_written_over(output: str, demo: Path) -> None:
    before = demo.read_bytes()
    (demo.parent / "symbolic").symlink_to(demo)
    (demo.parent / "hard").hardlink_to(demo)
    refused(run("replay", "--all", "--output", output, "demo.pcap", cwd=demo.parent), "is also read here")
    assert demo.read_bytes() == before
    assert not (demo.parent / "rcds-records.sqlite").exists()


def test_capture_on_standard_input_is_not_written_over(demo: Path) -> None:
    before = demo.read_bytes()
    with demo.open("rb") as stdin:
        command = [*RCDS.split(), "replay", "--all", "--no-db", "--output", str(demo), "-"]
        assert subprocess.run(command, stdin=stdin, capture_output=True, check=False).returncode == 2
    assert demo.read_bytes() == before


@pytest.mark.parametrize("db", ["X", "./X", "sqlite:///X"])
@pytest.mark.parametrize("output", ["X", "X-wal", "X-shm"])
def test_database_is_not_the_output_even_where_neither_exists(db: str, output: str, demo: Path) -> None:
    done = run("replay", "--all", "--db", db, "--output", output, demo, cwd=demo.parent)
    refused(done, f"{output}: is also read here; name another output")
    assert os.listdir(demo.parent) == ["demo.pcap"]


def test_targets_settings_and_queried_database_are_not_written_over(demo: Path) -> None:
    targets, settings, db = (demo.parent / name for name in ("targets", "settings", "db"))
    targets.write_text(ALICE)
    settings.write_text("no-db = true")
    refused(run("replay", "--targets-file", targets, "--no-db", "-o", targets, demo), "is also read here")
    refused(run("--config", settings, "replay", "--all", "-o", settings, demo), "is also read here")
    assert run("replay", "-q", "--all", "--db", db, "-o", os.devnull, demo).returncode == 0
    refused(run("records", "--db", db, "-o", db), "is also read here")
    assert run("records", "--db", db).stdout


# --- accounts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "account", ["a@secret.org;b@secret.org", "*@secret.org", "mailto:a@secret.org", "a@secret.org;"]
)
def test_list_or_pattern_is_no_account(account: str, demo: Path) -> None:
    done = run("replay", "--no-db", "--target", account, demo)
    refused(done, "one account at a time")
    assert "secret" not in done.stderr


@pytest.mark.parametrize("suffix", [";{F52973B6-C926-4BAD-9BA8-7C1E840E4AB0}", ";epid={x}", ";via=9:g@x.y;path=IM"])
def test_account_as_it_stands_on_the_wire(suffix: str, demo: Path) -> None:
    assert replay("--target", ALICE + suffix, demo) == replay("--target", ALICE, demo)


def test_targets_and_capture_cannot_both_be_standard_input(demo: Path) -> None:
    done = run("replay", "--no-db", "--targets-file", "-", "-", stdin=demo.read_bytes())
    refused(done, "only one of them can be standard input")


def test_endless_targets_on_standard_input_are_refused(demo: Path) -> None:
    command = f"{RCDS} replay --no-db --targets-file - {demo} < /dev/zero"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, timeout=60)  # noqa: S602
    refused(done, "is larger than")


# --- no traceback -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("replay", "--all", "--no-db", "--to", "9999-12-31", "demo.pcap"),
        ("replay", "--all", "--db", "", "demo.pcap"),
        ("replay", "--all", "--no-db", "--output", "", "demo.pcap"),
        ("replay", "--all", "--no-db", "--from", "2005-07-02", "--to", "2005-06-30", "demo.pcap"),
        ("replay", "--targets-file", "", "--no-db", "demo.pcap"),
        ("records", "--limit", "99999999999999999999"),
        ("records", "--db", ""),
        ("records", "--from", "2005-07-02", "--to", "2005-06-30"),
    ],
)
def test_odd_values_are_mistakes(arguments: tuple[str, ...], demo: Path) -> None:
    done = run(*arguments, cwd=demo.parent)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_far_future_and_names_that_are_no_text(demo: Path) -> None:
    db = os.fsdecode(os.fsencode(demo.parent) + b"/\xff.db")
    assert run("replay", "-q", "--all", "--db", db, "-o", db + "out", demo).returncode == 0
    assert run("records", "--db", db, "--to", "9998-01-01", "--limit", "1").stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("--all --no-db demo.pcap >&-", "standard output is closed"),
        ("--all --no-db - <&-", "standard input is closed"),
    ],
)
def test_closed_standard_stream(command: str, message: str, demo: Path) -> None:
    done = subprocess.run(  # noqa: S602
        f"{RCDS} replay {command}", shell=True, capture_output=True, text=True, check=False, cwd=demo.parent
    )
    refused(done, message)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_folder_that_may_not_be_entered_is_said_in_plain_words(demo: Path) -> None:
    closed = demo.parent / "closed"
    closed.mkdir(mode=0o700)
    code = (
        "import os; from rcds_sniffer.store import StoreError, open_store; os.setuid(65534)\n"
        f"try: open_store({str(closed / 'db')!r}, create=True)\n"
        "except StoreError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "this user may not open or make this file" in done.stdout, done.stderr


# --- a reader that is gone ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["table", "chat", "jsonl", "csv"])
def test_store_goes_on_when_the_reader_is_gone(form: str, demo: Path) -> None:
    reader, pipe = os.pipe()
    os.close(reader)
    command = [*RCDS.split(), "replay", "--all", "--db", "db", "--format", form, "demo.pcap"]
    done = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False, cwd=demo.parent)
    os.close(pipe)
    assert done.returncode == 0, done.stderr
    stored = run("records", "--db", "db", "--format", "jsonl", cwd=demo.parent).stdout
    assert stored.count("\n") == len(replay("--all", demo))


def test_run_without_a_store_ends_when_the_reader_is_gone(demo: Path) -> None:
    """The capture comes through a pipe that stays open: the run ends all the same."""
    frames = CASES["demo"]()[1]
    many = writer.pcap(frames) + b"".join(writer.pcap(frames)[24:] for _ in range(80))
    reader, pipe = os.pipe()
    os.close(reader)
    command = [*RCDS.split(), "replay", "--all", "--no-db", "--format", "table", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=pipe, stderr=subprocess.PIPE) as running:
        os.close(pipe)
        assert running.stdin is not None
        try:
            while running.poll() is None:  # never closed from here
                running.stdin.write(many)
        except BrokenPipeError:
            pass
        assert running.wait(timeout=60) in (0, 1)
