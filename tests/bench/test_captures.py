"""The benchmark's captures: the same each time, right on the wire, and their truth is what is in them."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bench.captures import Capture, capture, write
from bench.frames import checksum
from bench.plans import PLANS, Plan
from bench.truth import Recall, Truth, count, judge, tokens
from capture.files import open_files
from rcds_sniffer.orders import Everybody
from rcds_sniffer.pipeline import Pipeline
from rcds_sniffer.protocols.msn import PROTOCOL
from reassembly.native import NativeEngine
from tests.truth import PORTS, Kept

CASES = ("dense", "dense-one-server", "mixed", "mixed-pcapng", "lossy", "very-lossy", "mid-stream", "both-ends")


def small(name: str) -> Plan:
    """A capture of a few thousand packets."""
    plan = PLANS[name]
    return replace(plan, chats=4, acts=60, presences=2, background=min(plan.background, 500))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("captures")


@pytest.fixture(params=CASES)
def made(request: pytest.FixtureRequest, folder: Path) -> Capture:
    return capture(small(request.param), folder)


def recorded(made: Capture) -> Recall:
    """How our own program does."""
    kept = Kept()
    with open_files([str(made.path)], "savefile") as source:
        pipeline = Pipeline(
            source,
            lambda callback: NativeEngine(callback, server_ports=PORTS),
            [(PROTOCOL, PORTS)],
            warrant=Everybody(),
            sensor="nis-1",
            sinks=[kept],
        )
        outcome = pipeline.run()
    assert outcome.failure is None
    assert outcome.packets == made.truth.packets
    texts = [record.text.encode() for record in kept.records if record.event == "message" and record.complete
             and record.text is not None]  # fmt: skip
    return judge(tokens(texts), made.truth.whole)


def test_every_whole_text_is_recorded_and_no_other(made: Capture) -> None:
    recall = recorded(made)
    assert recall.whole > 100
    assert recall == Recall(recall.whole, recall.whole)


def test_the_same_plan_gives_the_same_octets(made: Capture, tmp_path: Path) -> None:
    again = tmp_path / "again.pcap"
    truth = write(made.plan, again)
    assert again.read_bytes() == made.path.read_bytes()
    assert truth == made.truth


def test_another_seed_gives_others(tmp_path: Path) -> None:
    one, other = (tmp_path / str(seed) for seed in (1, 2))
    write(replace(small("dense"), seed=1), one)
    write(replace(small("dense"), seed=2), other)
    assert one.read_bytes() != other.read_bytes()


def test_time_never_goes_back(made: Capture) -> None:
    with open_files([str(made.path)], "savefile") as source:
        times = [packet.time for batch in source.batches() for packet in batch]
    assert times == sorted(times)
    assert len(times) == made.truth.packets


def test_what_was_lost_is_not_whole(folder: Path) -> None:
    truth = capture(small("very-lossy"), folder).truth
    assert truth.lost
    assert truth.whole_texts < truth.texts


def test_what_was_said_before_the_tap_came_is_not_whole(folder: Path) -> None:
    truth = capture(small("mid-stream"), folder).truth
    assert truth.texts * 0.5 < truth.whole_texts < truth.texts * 0.9


def test_a_text_seen_at_both_ends_is_one(folder: Path) -> None:
    truth = capture(small("both-ends"), folder).truth
    assert truth.whole_texts == truth.texts


def test_the_target_says_something(made: Capture) -> None:
    assert made.truth.target
    assert count(made.truth.of_target()) > 10


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark gives the second opinion")
def test_tshark_finds_every_checksum_right(made: Capture) -> None:
    checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    wrong = ["-Y", "tcp.checksum.status == 0 || ip.checksum.status == 0"]
    done = subprocess.run(["tshark", "-n", *checks, "-r", str(made.path), *wrong], capture_output=True, check=True)
    assert done.stdout == b""


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark gives the second opinion")
def test_tshark_sees_the_texts_that_we_say_are_there(folder: Path) -> None:
    made = capture(small("dense"), folder)
    fields = ["-Y", "tcp.len > 0", "-T", "fields", "-e", "tcp.payload"]
    done = subprocess.run(["tshark", "-n", "-r", str(made.path), *fields], capture_output=True, check=True)
    recall = judge(tokens(bytes.fromhex(line.decode()) for line in done.stdout.split()), made.truth.whole)
    assert recall.share > 0.97  # tokens that are cut by two segments it does not show
    assert recall.beyond == 0


def test_truth_survives_its_file(made: Capture, tmp_path: Path) -> None:
    made.truth.save(tmp_path / "truth.json")
    assert Truth.load(tmp_path / "truth.json") == made.truth


def test_a_capture_is_made_once(folder: Path) -> None:
    first = capture(small("dense"), folder)
    before = first.path.stat().st_mtime_ns
    assert capture(small("dense"), folder).path.stat().st_mtime_ns == before
    assert not list(folder.glob("*.growing"))


@pytest.mark.parametrize(("octets", "sum_"), [(b"", 0), (b"\x00\x01", 1), (b"\x01", 256), (b"\xff\xff\x00\x02", 2)])
def test_checksums_are_sums_of_words(octets: bytes, sum_: int) -> None:
    assert checksum(octets) == sum_


def test_tokens_are_judged_by_chat_and_number() -> None:
    found = tokens([b"~1.0~ hi ~1.2~", b"~3.1~ ~3.1~"])
    assert judge(found, {1: 0b101, 3: 0b001}) == Recall(found=2, whole=3, beyond=1)
