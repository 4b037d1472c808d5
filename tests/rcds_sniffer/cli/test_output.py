"""Outputs that fail: a batch is written whole or not at all, and goes on where there is room again."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rcds_sniffer.cli import output
from rcds_sniffer.cli.errors import RunError
from rcds_sniffer.cli.output import WriterSink
from tests.conftest import PCAPS
from tests.rcds_sniffer.export.export_crafting import make_record


@pytest.fixture
def room() -> Iterator[None]:
    """Files of this process may have 4,000 octets, until the test says otherwise."""
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, before)


def make_room() -> None:
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


@pytest.mark.parametrize("form", ["jsonl", "csv", "table"])
def test_batch_that_does_not_fit_is_taken_back_and_can_be_written_again(
    form: str, tmp_path: Path, room: None
) -> None:
    out, whole = tmp_path / "out", tmp_path / "whole"
    batches = [[make_record(text=f"{n} {'x' * 250}")] * 3 for n in range(4)]
    refused = []
    with WriterSink(form, str(out), live=True) as sink:
        for batch in batches:
            try:
                sink.write(batch)
            except RunError:
                refused.append(batch)
        assert out.stat().st_size <= 4_000
        assert out.read_bytes().endswith(b"\n"), "no line is cut"
        make_room()
        for batch in refused:
            sink.write(batch)
    with WriterSink(form, str(whole)) as sink:
        for batch in batches:
            sink.write(batch)
    assert refused
    assert out.read_text() == whole.read_text()


def test_header_is_written_again_where_the_first_batch_did_not_fit(tmp_path: Path, room: None) -> None:
    out = tmp_path / "out.csv"
    with WriterSink("csv", str(out), live=True) as sink:
        with pytest.raises(RunError, match="cannot be written any further"):
            sink.write([make_record(text="x" * 5_000)])
        make_room()
        sink.write([make_record(text="x" * 5_000)])
    assert out.read_text().startswith("record_id,")
    assert out.read_text().count("record_id,") == 1


def test_full_disk_takes_back_nothing_that_stood_in_the_file_before_us(
    tmp_path: Path, room: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    log.write_text("evidence\n" * 100)
    with log.open("a") as appended:
        monkeypatch.setattr(output, "STANDARD_OUTPUT", appended.fileno())
        sink = WriterSink("jsonl", "-", live=True)
        sink.write([make_record(text="fits")])
        before = log.read_text()
        with pytest.raises(RunError):
            sink.write([make_record(text="x" * 5_000)])
        assert log.read_text() == before
        make_room()
        sink.write([make_record(text="more")])
    assert log.read_text().startswith(before)
    assert '"more"' in log.read_text()[len(before) :]


def test_live_chat_shows_each_batch_at_once_and_heads_a_conversation_once(tmp_path: Path) -> None:
    out = tmp_path / "chat"
    with WriterSink("chat", str(out), live=True) as sink:
        sink.write([make_record(text="first", conversation_id="a")])
        assert "first" in out.read_text()
        sink.write([make_record(text="second", conversation_id="a")])
        assert out.read_text().count("── Conversation") == 1
        sink.write([make_record(text="elsewhere", conversation_id="b")])
        sink.write([make_record(text="third", conversation_id="a")])
    assert out.read_text().count("── Conversation") == 3
    assert out.read_text().count("(continued)") == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_full_standard_output_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "rcds_sniffer", "replay", "-q", "--all", "--no-db", "--format", "jsonl",
             str(PCAPS / "demo.pcap")],
            stdout=full, stderr=subprocess.PIPE, check=False, cwd=tmp_path,
        )  # fmt: skip
    assert done.returncode == 1
    assert b"standard output: cannot be written any further" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_live_output_waits_for_no_reader_who_pauses_and_owes_them_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe of 64 KiB that nobody reads for a while: what was begun is finished before anything new."""
    ours, theirs = os.pipe()
    monkeypatch.setattr("rcds_sniffer.cli.output.open_output", lambda _: theirs)
    batches = [[make_record(text=f"{n} {'x' * 50_000}")] for n in range(4)]
    got = b""
    with WriterSink("jsonl", "-", live=True) as sink:
        sink.write(batches[0])
        sink.write(batches[1])  # begun
        for batch in ([], batches[2]):
            with pytest.raises(RunError, match="nobody reads it"):
                sink.write(batch)
        for batch in batches[2:]:
            got += os.read(ours, 1 << 20)
            sink.write(batch)
        got += os.read(ours, 1 << 20)
        sink.write([])
        got += os.read(ours, 1 << 20)
    with os.fdopen(ours, "rb") as rest:
        got += rest.read()
    texts = [json.loads(line)["text"] for line in got.decode().splitlines()]
    assert texts == [batch[0].text for batch in batches]
