"""Files on a line: recovered as they pass, also on a port that nobody knew before the two ends agreed on it."""

import hashlib
import json
import socket
import time
from pathlib import Path

import pytest

from tests.conftest import PCAPS
from tests.simulator.cases import CASES

from .namespaces import Namespace
from .network import Network
from .sensor import Capture, eventually, packet_sockets

STEP = 0.012
"""Seconds between two frames, so that the line is heard in turns, as people use it, and not in one burst."""

CASE = "msnp15-straight"


@pytest.fixture(scope="module")
def sensor(network: Network) -> Namespace:
    """Behind a mirror port to which only the test sends."""
    return network.sensor("files")


def play(network: Network, sensor: Namespace, frames: list[bytes]) -> None:
    """Each frame, to the sensor's mirror port."""
    with network.switch.socket(socket.AF_PACKET, socket.SOCK_RAW) as out:
        out.bind((network.port(sensor), 0))
        for frame in frames:
            out.send(frame)
            time.sleep(STEP)


def test_the_filter_follows_a_file_to_the_port_that_was_agreed_on(
    network: Network, sensor: Namespace, tmp_path: Path
) -> None:
    truth = json.loads((PCAPS / f"{CASE}.truth.json").read_text())
    sent = [file for file in truth["files"] if file["complete"] and "alice@example.org" in file["sender"]]
    assert sent, "alice sends a file by a connection of its own"
    words = ("--target", "alice@example.org", "--files", tmp_path / "files", "--buffer", 8)
    capture = Capture(sensor, tmp_path, *words)
    try:
        capture.listens()
        play(network, sensor, [frame.octets for frame in CASES[CASE]()[1]])
        eventually(
            lambda: (
                {r["file"]["sha256"] for r in capture.records() if r["event"] == "file"}
                >= {file["sha256"] for file in sent}
            ),
            "the files are recorded",
        )
        assert packet_sockets(capture.pid) == 1, "the line was never let go of"
        capture.ends()
        assert capture.code == 130, capture.said
    finally:
        capture.kill()
    for file in sent:
        kept = tmp_path / "files" / file["sha256"]
        assert hashlib.sha256(kept.read_bytes()).hexdigest() == file["sha256"]
        assert kept.stat().st_mode & 0o777 == 0o600
