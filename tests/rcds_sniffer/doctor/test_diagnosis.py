"""Captures with one disease each, and what the doctor says of them: that, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from capture.files import open_files
from rcds_sniffer.doctor.diagnosis import diagnose
from rcds_sniffer.doctor.examination import look
from rcds_sniffer.doctor.finding import Finding, Severity
from rcds_sniffer.protocols.msn import PROTOCOL
from tests.simulator import links, nasties, tunnels, writer
from tests.simulator.packets import Frame, read_segment
from tests.simulator.tcp import MILLISECOND, SECOND, Connection, frames_of
from tests.simulator.world import World

Frames = list[Frame]
HINT, WARNING, ERROR = Severity.HINT, Severity.WARNING, Severity.ERROR


def talk(seed: int = 1, names: tuple[str, str] = ("alice", "bob")) -> Frames:
    world = World(version=12, seed=seed)
    one, other = (world.account(f"{name}@example.org", name.title()) for name in names)
    one.login()
    other.login()
    chat = one.opens_chat(other)
    for number in range(12):
        chat.says(one, f"says {number}")
        chat.says(other, "a longer answer " * (number * 150 + 1))
    one.logs_out()
    return world.frames()


def on_port(frames: Frames, port: int) -> Frames:
    out = []
    for frame in frames:
        segment = read_segment(frame.octets)
        assert segment is not None
        if segment.source_port == 1863:
            segment.source_port = port
        else:
            segment.target_port = port
        out.append(replace(frame, octets=segment.octets()))
    return out


def connection(port: int, asked: bytes, answered: bytes) -> Frames:
    """Somebody else's."""
    made = Connection(
        number=1,
        client=("192.0.2.200", 40_000),
        server=("203.0.113.80", port),
        latency=10 * MILLISECOND,
        opened=talk()[0].time + SECOND,
        tapped=True,
        isn=(7, 11),
    )
    write = made.from_client(made.ready, asked)
    reply = made.from_server(write.arrival + MILLISECOND, answered)
    made.close(reply.arrival + MILLISECOND, by_client=True)
    return frames_of(made, tap=0.5, resolution=1000, seed=1)


def swapped(frames: Frames) -> Frames:
    out = list(frames)
    for at in range(20, len(out) - 1, 20):
        out[at], out[at + 1] = out[at + 1], out[at]
    return out


def set_back(frames: Frames) -> Frames:
    half = len(frames) // 2
    return frames[:half] + [frame.at(frame.time - 3600 * SECOND) for frame in frames[half:]]


def two_networks(frames: Frames) -> Frames:
    others = tunnels.same_addresses(frames, talk(2, ("carol", "dave")))
    return nasties.in_order(links.vlan(frames, (0x8100, 10)) + links.vlan(others, (0x8100, 20)))


def without_last_fragments(frames: Frames) -> Frames:
    pieces = tunnels.fragments(frames, 400)
    return [piece for number, piece in enumerate(pieces) if number % 40]


HELLO = b"\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x01" + bytes(39)

DISEASES: dict[str, tuple[Callable[[Frames], Frames], dict[str, Severity]]] = {
    "healthy": (list, {}),
    "healthy, in VXLAN": (tunnels.vxlan, {}),
    "healthy, in stacked VLANs": (lambda frames: links.vlan(frames, (0x88A8, 5), (0x8100, 6)), {}),
    "healthy, in fragments": (lambda frames: tunnels.fragments(frames, 400), {}),
    "healthy, in a network that reorders and repeats": (
        lambda frames: nasties.keep_alives(nasties.fill_late(nasties.reorder(frames))),
        {},
    ),
    "the clients' side only": (nasties.client_side_only, {"directions": WARNING}),
    "the servers' side only": (nasties.server_side_only, {"directions": WARNING}),
    "both ports mirrored": (nasties.duplicate, {"duplicates": WARNING}),
    "mirrored plain and tagged": (
        lambda frames: tunnels.seen_twice(frames, lambda copies: links.vlan(copies, (0x8100, 7))),
        {"duplicates": WARNING},
    ),
    "1 % lost": (lambda frames: nasties.drop(frames, rate=0.01, seed=3)[0], {"loss": WARNING}),
    "began late": (nasties.no_handshake, {"beginnings": HINT}),
    "cut by a snapshot length": (lambda frames: links.snaplen(frames, 200), {"snaplen": WARNING}),
    "merged segments": (  # before the card filled in their checksums
        lambda frames: links.offload(frames, within=SECOND),
        {"merged": WARNING, "checksums": HINT},
    ),
    "unfinished checksums": (links.bad_checksums, {"checksums": HINT}),
    "some fragments missing": (without_last_fragments, {"fragments": WARNING, "loss": WARNING}),
    "tagged in one direction": (
        lambda frames: links.vlan(frames, (0x8100, 9), one_way=True),
        {"tags": HINT},
    ),
    "two networks, the same addresses": (two_networks, {"overlapping": WARNING}),
    "seconds only": (lambda frames: [f.at(f.time // SECOND * SECOND) for f in frames], {"clock": WARNING}),
    "the clock set back": (set_back, {"clock": WARNING}),
    "several queues": (swapped, {"clock": HINT}),
    "another port": (lambda frames: on_port(frames, 5555), {"ports": WARNING}),
    "another protocol": (lambda _: connection(443, HELLO, HELLO), {"ports": WARNING}),
    "another protocol on the port": (lambda _: connection(1863, b"\0" * 50, b"\1" * 50), {"ports": WARNING}),
    "HTTP, which begins with capitals": (
        lambda _: connection(80, b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"),
        {"ports": WARNING},
    ),
    "TLS on the port": (lambda frames: nasties.in_order(frames + connection(1863, HELLO, HELLO)), {"tls": WARNING}),
    "the gateway": (
        lambda _: connection(80, b"POST /gateway/gateway.dll?Action=open HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n"),
        {"gateway": WARNING},
    ),
}  # fmt: skip


def findings(path: Path) -> list[Finding]:
    with open_files([str(path)]) as source:
        return list(diagnose(look(source, [(PROTOCOL, frozenset({1863}))])))


def wrong(found: list[Finding]) -> dict[str, Severity]:
    assert len({finding.check for finding in found}) == len(found)
    return {finding.check: finding.severity for finding in found if finding.severity}


@pytest.mark.parametrize("disease", DISEASES)
def test_one_disease_one_diagnosis(disease: str, tmp_path: Path) -> None:
    ail, expected = DISEASES[disease]
    path = writer.write(tmp_path / "tap.pcap", ail(talk()))
    found = findings(path)
    assert wrong(found) == expected, [finding.seen for finding in found if finding.severity]
    assert all(finding.mend for finding in found if finding.severity >= WARNING)


def test_link_type_that_nobody_reads(tmp_path: Path) -> None:
    path = tmp_path / "usb.pcap"
    path.write_bytes(writer.pcap(talk(), link_type=220))
    assert wrong(findings(path)) == {"link": ERROR}


def test_capture_without_packets(tmp_path: Path) -> None:
    assert wrong(findings(writer.write(tmp_path / "none.pcap", []))) == {"packets": ERROR}


def test_file_that_is_cut_off(tmp_path: Path) -> None:
    path = writer.write(tmp_path / "cut.pcap", talk())
    path.write_bytes(path.read_bytes()[:-30])
    assert wrong(findings(path)) == {"file": WARNING}


def said(path: Path, check: str) -> Finding:
    return next(finding for finding in findings(path) if finding.check == check)


def test_says_which_networks_there_are(tmp_path: Path) -> None:
    path = writer.write(tmp_path / "a.pcap", links.vlan(tunnels.vxlan(talk(), 5001), (0x88A8, 40), (0x8100, 41)))
    assert "with stacked tags; VLAN 40, 41" in said(path, "vlans").seen
    assert "VXLAN" in said(path, "tunnels").seen
    assert "VNI 5001" in said(path, "tunnels").seen


def test_says_which_ports_to_give(tmp_path: Path) -> None:
    path = writer.write(tmp_path / "a.pcap", on_port(talk(), 5555))
    assert said(path, "ports").mend == "give --ports 1863,5555"


def test_says_what_is_there_instead(tmp_path: Path) -> None:
    path = writer.write(tmp_path / "a.pcap", connection(443, HELLO, HELLO))
    assert "TCP ports seen instead: 443 (" in said(path, "ports").seen


def test_names_no_address_and_no_account(tmp_path: Path) -> None:
    for ail, _ in DISEASES.values():
        for finding in findings(writer.write(tmp_path / "tap.pcap", ail(talk()))):
            text = f"{finding.seen} {finding.mend}"
            assert not any(part in text for part in ("192.0.2.", "198.51.", "203.0.", "@", "alice", "bob"))
