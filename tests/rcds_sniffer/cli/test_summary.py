"""What is said at the end: what was lost, and why nothing was found."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dpkt
import pytest
from click.testing import CliRunner

from capture.errors import CaptureError
from capture.packet import Packet
from capture.savefile import SavefileSource
from capture.source import Counters
from capture.streams import OctetStream
from rcds_sniffer.cli import cli
from rcds_sniffer.cli.explanation import Asked
from rcds_sniffer.cli.summary import summary
from rcds_sniffer.pipeline import Outcome
from tests.command import run
from tests.conftest import PCAPS
from tests.simulator import writer
from tests.simulator.cases import CASES
from tests.simulator.packets import Frame

DEMO = PCAPS / "demo.pcap"
ALICE = "alice@example.org"
TIME = 1_241_985_600_000_000_000


def frame(protocol: int, data: object) -> Frame:
    packet = dpkt.ip.IP(src=bytes([192, 0, 2, 1]), dst=bytes([192, 0, 2, 2]), p=protocol, data=data)
    packet.len = len(packet)
    return Frame(TIME, bytes(dpkt.ethernet.Ethernet(data=packet)))


def capture(path: Path, *frames: Frame, link_type: int = 1) -> Path:
    path.write_bytes(writer.pcap(frames, link_type=link_type))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "capture.pcap"


def test_unknown_link_type_is_a_loss(path: Path) -> None:
    usb = [Frame(f.time, f.octets) for f in CASES["demo"]()[1]]
    done = run("replay", "--all", "--no-db", "--bpf", "", capture(path, *usb, link_type=189))
    assert done.returncode == 1
    assert "LOST: " in done.stderr
    assert "of a link type that is not read (LINKTYPE 189)" in done.stderr


def test_wrong_checksum_is_a_loss_with_a_remedy(path: Path) -> None:
    frames = CASES["demo"]()[1]
    wrong = Frame(frames[5].time, frames[5].octets[:24] + b"\xba\xad" + frames[5].octets[26:])
    done = run("replay", "--all", "--no-db", "--verify-checksums", capture(path, *frames[:5], wrong, *frames[6:]))
    assert done.returncode == 1
    assert "LOST: 1 packet with wrong checksums" in done.stderr
    assert "leave out --verify-checksums" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--to", "2001-01-01"), "nothing falls into the period asked for, or none of the accounts"),
        (("--bpf", "tcp port 9"), "no packet is one that the filter of --bpf accepts"),
        (("--bpf", "tcp port 9"), "Leave out --bpf, or correct it"),
        (("--ports", "9"), "Name other TCP ports with --ports"),
    ],
)
def test_what_was_asked_for_is_named_as_the_reason(arguments: tuple[str, ...], message: str) -> None:
    assert message in run("replay", "--target", ALICE, "--no-db", *arguments, DEMO).stderr


@pytest.mark.parametrize(
    ("packet", "seen", "message"),
    [
        (frame(17, dpkt.udp.UDP(sport=40000, dport=4789)), "udp 4789", "look into them with --tunnels"),
        (frame(47, b"\0" * 20), "ip protocol 47", "look into them with --tunnels"),
        (frame(4, b"\x45" + b"\0" * 30), "ip protocol 4", "look into them with --tunnels"),
        (frame(6, dpkt.tcp.TCP(sport=80, dport=40000)), "tcp 80", "look into it with --gateways"),
        (frame(17, dpkt.udp.UDP(sport=53, dport=53)), "udp 53", ""),
    ],
)
def test_what_was_not_looked_into_is_named(packet: Frame, seen: str, message: str, path: Path) -> None:
    said = run("replay", "--all", "--no-db", "--no-tunnels", "--no-gateways", capture(path, packet)).stderr
    assert f"Seen instead: {seen}" in said
    assert message in said
    assert "--ports" not in said


def test_one_is_not_many(path: Path) -> None:
    said = run("replay", "--all", "--no-db", capture(path, CASES["demo"]()[1][0])).stderr
    assert "1 packet, 1 TCP connection\n" in said


def test_query_that_finds_nothing_says_so(tmp_path: Path) -> None:
    db = tmp_path / "db"
    assert run("replay", "-q", "--all", "--db", db, "-o", tmp_path / "out", DEMO).returncode == 0
    done = run("records", "--db", db, "--contact", "nobody@example.org")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "no record matches\n")
    assert run("records", "-q", "--db", db, "--contact", "nobody@example.org").stderr == ""


def test_failure_in_the_middle_is_summed_up_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = SavefileSource.batches

    def failing(self: SavefileSource) -> Iterator[list[Packet]]:
        yield from whole(self)
        raise CaptureError("the disk is gone")

    monkeypatch.setattr(SavefileSource, "batches", failing)
    out = tmp_path / "chat.txt"
    arguments = ["replay", "--all", "--no-db", "--source", "savefile", "--output", str(out), str(DEMO)]
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 1
    assert "records: 50 message" in done.stderr
    assert "the disk is gone" in done.stderr
    assert "Hi Carol!" in out.read_text()


@pytest.mark.parametrize(("form", "drawn"), [("chat", True), ("jsonl", False), ("table", False)])
def test_progress_stays_out_of_records_on_the_same_terminal(form: str, drawn: bool) -> None:
    ours, terminal = os.openpty()
    arguments = ["replay", "--target", "nobody@example.org", "--no-db", "--format", form, str(DEMO)]
    subprocess.run(
        [sys.executable, "-m", "rcds_sniffer", *arguments],
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm"},
        check=True,
    )
    said = os.read(ours, 65536).decode()
    os.close(terminal)
    os.close(ours)
    assert ("replaying" in said) is drawn
    assert "424 packets" in said


def test_what_was_given_up_was_not_there_already() -> None:
    outcome = Outcome(Counters(received=10), recorder={"records": 132})
    told = list(summary(outcome, SavefileSource(OctetStream(str(DEMO))), (2, 1), Asked()))
    assert "2 stored, 1 was there already" in told
