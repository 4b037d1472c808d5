"""Conversations shown as they happen, folders that a capture daemon fills, numbers for Prometheus."""

import sys
import time
import urllib.request
from pathlib import Path

from .namespaces import Namespace, entered
from .sensor import Capture, Run, eventually, tcpdump
from .town import ALICE, PRIVATE, Talk


def test_follow_shows_a_conversation_as_it_happens(span: Namespace, talk: Talk, folder: Path) -> None:
    words = ("capture", "-i", "tap0", "--buffer", 8, "--no-db", "--follow", "--target", ALICE)
    run = Run(span, folder, sys.executable, "-m", "rcds_sniffer", *words, name="follow")
    try:
        run.listens()
        for text in talk.says():
            eventually(lambda text=text: text in run.written, "a text on the screen")  # type: ignore[misc]
        begin = time.monotonic()
        (last,) = talk.says(1)
        eventually(lambda: last in run.written, "a text on the screen")
        assert time.monotonic() - begin < 15
        assert PRIVATE not in run.written + run.said
        assert run.code is None
        run.ends()
        assert run.code == 130
    finally:
        run.kill()


def test_replay_follows_a_folder_into_which_tcpdump_rotates(span: Namespace, talk: Talk, folder: Path) -> None:
    rotated = folder / "rotated"
    rotated.mkdir()
    daemon = tcpdump(span, folder, "-U", "-G", "1", "-w", rotated / "%s.pcap", name="rotating")
    words = ("--follow", rotated, "--target", ALICE)
    run = Capture(span, folder, *words, interfaces=(), command="replay", name="folder")
    try:
        said: list[str] = []

        def rotates() -> bool:
            said.extend(talk.says())
            return len(list(rotated.iterdir())) >= 4

        eventually(rotates, "several files")
        eventually(lambda: said[0] in run.texts(), "a first record while files go on coming")
        said += talk.says()
        eventually(lambda: talk.says() and set(said) <= set(run.texts()), "every text, from file to file")
        assert PRIVATE not in run.output.read_text()
        run.ends()
        assert run.code == 130
        assert len(run.texts()) == len(set(run.texts()))
    finally:
        daemon.kill()
        run.kill()


def test_prometheus_is_answered(span: Namespace, talk: Talk, folder: Path) -> None:
    words = ("--buffer", 8, "--target", ALICE, "--metrics", "127.0.0.1:9108")
    capture = Capture(span, folder, *words, name="metrics")
    try:
        capture.listens()
        said = talk.says()
        eventually(lambda: set(said) <= set(capture.texts()), "records")

        def numbers() -> dict[str, float]:
            with entered(span.name), urllib.request.urlopen("http://127.0.0.1:9108/metrics") as answer:
                lines = answer.read().decode().split("\n")
            return {
                name: float(value) for name, _, value in (x.rpartition(" ") for x in lines if x[:1] not in "# ")
            }

        found = eventually(numbers, "an answer")
        assert found["rcds_packets_total"] > 0
        assert found['rcds_packets_dropped_total{where="kernel"}'] == 0
        assert found['rcds_records_total{event="message"}'] == len(said)
        assert not any("@" in name for name in found)
    finally:
        capture.kill()
