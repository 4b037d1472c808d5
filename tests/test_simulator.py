"""The simulator itself, judged by means that share nothing with it: tshark, and the rule of the last token.

If these fail, no other test that builds on the simulator says anything.
"""

import gzip
import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.simulator import World, links, nasties, tunnels, writer
from tests.simulator.cases import CASES, FORMS, SCRIPTS, write_all
from tests.simulator.dialects import DIALECTS
from tests.simulator.exchanges import FILES
from tests.simulator.packets import Frame, read_segment
from tests.simulator.samples import digest
from tests.simulator.scripts import demonstration, random_world
from tests.simulator.tcp import Shape
from tests.simulator.truth import expected_messages, witnessed

PCAPS = Path(__file__).parent / "pcaps"
VERSIONS = tuple(DIALECTS)

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is the judge here")

LOSSLESS = {
    "reorder": nasties.reorder,
    "retransmit": nasties.retransmit,
    "duplicate": nasties.duplicate,
    "acknowledged early": nasties.acknowledged_early,
    "fill late": nasties.fill_late,
    "keep alives": nasties.keep_alives,
    "conflict": nasties.conflict,
    "seq wrap": nasties.seq_wrap,
    "vlan": lambda frames: links.vlan(frames, (0x88A8, 5), (0x8100, 6)),
    "ipv6": links.ipv6,
    "ipv6 extensions": lambda frames: links.ipv6(frames, extensions=True),
    "pad": lambda frames: links.pad(frames, trailer=4),
    "bad checksums": lambda frames: links.bad_checksums(frames, ip=True),
    "offload": links.offload,
    "fragment": links.fragment,
    "noise": links.noise,
    "no handshake": nasties.no_handshake,
    **tunnels.TUNNELS,
}


def small_world(version: int, **settings: object) -> World:
    world = World(version=version, seed=version, **settings)
    alice = world.account("alice@example.org", name="Alice")
    bob = world.account("bob@example.com", name="Bob", picture=True)
    carol = world.account("carol@example.net", name="卡罗尔", tapped=False)
    alice.login()
    bob.login()
    carol.login()
    chat = alice.opens_chat(bob)
    chat.says(alice, "你好")
    chat.types(bob)
    chat.invites(alice, carol)
    chat.says(carol, "hi\r\n\r\nMSG 9 N 5\r\n", letter="A")
    chat.cross((alice, "1"), (bob, "2"))
    chat.leaves(carol)
    chat.says(bob, "long " * 900, parts=4)
    chat.says(alice, "no", refused=True)
    alice.sets_personal_message("busy & <happy>")
    alice.sets_personal_message("")
    alice.renames("Al 爱")
    bob.sets_status("HDN")
    alice.logs_out()
    bob.loses_connection()
    return world


def tshark_streams(path: Path, number: int, *settings: str) -> dict[tuple[str, str], bytes]:
    """What tshark reassembles: the octets that each endpoint sent to the other."""
    follow = [part for index in range(number) for part in ("-z", f"follow,tcp,raw,{index}")]
    options = [part for setting in settings for part in ("-o", setting)]
    done = subprocess.run(
        ["tshark", "-r", path, "-q", *options, *follow], capture_output=True, text=True, check=True
    )
    out: dict[tuple[str, str], bytes] = {}
    for part in done.stdout.split("Follow: tcp,raw")[1:]:
        ends = re.findall(r"Node \d: (.*)", part)
        lines = [line for line in part.splitlines() if re.fullmatch(r"\t?([0-9a-f]{2})+", line)]
        for here, there, mine in ((ends[0], ends[1], False), (ends[1], ends[0], True)):
            chosen = [line.strip() for line in lines if line.startswith("\t") is mine]
            out[here, there] = bytes.fromhex("".join(chosen))
    return out


def sent_streams(world: World) -> dict[tuple[str, str], bytes]:
    out = {}
    for connection in world.capture().connections:
        client, server = (f"{ip}:{port}" for ip, port in (connection.client, connection.server))
        out[client, server] = connection.stream(client=True)
        out[server, client] = connection.stream(client=False)
    return out


@needs_tshark
@pytest.mark.parametrize("version", VERSIONS)
def test_tshark_reassembles_what_was_sent(version: int, tmp_path: Path) -> None:
    world = small_world(version, shape=Shape(shred=(1, 90)) if version == 12 else Shape())
    sent = sent_streams(world)
    path = writer.write(tmp_path / "world.pcap", world.frames())
    assert tshark_streams(path, len(sent) // 2) == sent


@needs_tshark
@pytest.mark.parametrize("name", ["retransmit", "duplicate", "acknowledged early", "seq wrap", "vlan", "pad",
                                  "fragment", "bad checksums", "keep alives"])  # fmt: skip
def test_tshark_reassembles_the_same_under_nasties(name: str, tmp_path: Path) -> None:
    world = small_world(9)
    sent = sent_streams(world)
    path = writer.write(tmp_path / "nasty.pcap", LOSSLESS[name](world.frames()))
    assert tshark_streams(path, len(sent) // 2) == sent


@needs_tshark
@pytest.mark.parametrize("extensions", [False, True])
def test_tshark_reassembles_the_same_over_ipv6(extensions: bool, tmp_path: Path) -> None:
    world = small_world(9)
    sent = sent_streams(world)
    frames = links.ipv6(world.frames(), extensions=extensions)
    got = tshark_streams(writer.write(tmp_path / "six.pcap", frames), len(sent) // 2)
    assert Counter(got.values()) == Counter(sent.values())


@needs_tshark
@pytest.mark.parametrize("name", tunnels.TUNNELS)
def test_tshark_finds_the_same_in_tunnels(name: str, tmp_path: Path) -> None:
    frames = small_world(9).frames()
    path = writer.write(tmp_path / "tunnel.pcap", tunnels.TUNNELS[name](frames))
    assert payloads_told_by_tshark(path) == carried(frames)


@needs_tshark
@pytest.mark.parametrize("name", tunnels.OTHER_LINKS)
def test_tshark_finds_the_same_on_other_links(name: str, tmp_path: Path) -> None:
    frames = small_world(9).frames()
    path = tmp_path / "link.pcap"
    path.write_bytes(writer.pcap(tunnels.on_link(frames, name), link_type=tunnels.OTHER_LINKS[name][0]))
    assert payloads_told_by_tshark(path) == carried(frames)


def payloads_told_by_tshark(path: Path) -> Counter[str]:
    """What TCP segments carry, however deep they lie, without the copies."""
    settings = ("ip.defragment:TRUE", "ipv6.defragment:TRUE", "tcp.desegment_tcp_streams:FALSE")
    options = [part for setting in settings for part in ("-o", setting)]
    options += ["-d", "udp.port==8472,vxlan"]
    fields = ("-T", "fields", "-e", "tcp.srcport", "-e", "tcp.seq_raw", "-e", "tcp.payload")
    asked = ["tshark", "-r", path, *options, "-Y", "tcp.len > 0", *fields]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    return Counter(set(done.stdout.splitlines()))


def carried(frames: list[Frame]) -> Counter[str]:
    """The same from the frames themselves."""
    read = [segment for frame in frames for segment in [read_segment(frame.octets)] if segment and segment.payload]
    return Counter({f"{s.source_port}\t{s.sequence}\t{s.payload.hex()}" for s in read})


@needs_tshark
def test_tshark_finds_every_checksum_and_length_right(tmp_path: Path) -> None:
    frames = small_world(15).frames()
    for name, given in (("plain", frames), ("six", links.ipv6(frames)), ("wrap", nasties.seq_wrap(frames))):
        path = writer.write(tmp_path / f"{name}.pcap", given)
        checks = ("-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")
        wrong = "tcp.checksum.status == 0 || ip.checksum.status == 0 || _ws.malformed || tcp.analysis.flags"
        done = subprocess.run(
            ["tshark", "-r", path, *checks, "-Y", wrong], capture_output=True, text=True, check=True
        )
        assert [line for line in done.stdout.splitlines() if "Window" not in line] == []


@needs_tshark
@pytest.mark.parametrize("form", ["micro", "nano", "big", "big-nano", "ng", "ng-big", "gz"])
def test_tshark_reads_every_form_of_file(form: str, tmp_path: Path) -> None:
    world = small_world(8, resolution=1 if "nano" in form else 1000)
    frames = world.frames()
    octets = {
        "micro": writer.pcap(frames),
        "nano": writer.pcap(frames, nano=True),
        "big": writer.pcap(frames, big_endian=True),
        "big-nano": writer.pcap(frames, nano=True, big_endian=True),
        "ng": writer.pcapng(frames),
        "ng-big": writer.pcapng(frames, big_endian=True),
        "gz": writer.gzipped(writer.pcap(frames)),
    }[form]
    path = tmp_path / "form"
    path.write_bytes(octets)
    command = ["tshark", "-r", path, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    got = [line.split("\t") for line in done.stdout.splitlines()]
    stamps = [int(seconds.replace(".", "").ljust(19, "0")) for seconds, _ in got]
    assert stamps == [frame.time for frame in frames]
    assert [int(length) for _, length in got] == [frame.wire_length for frame in frames]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_command_ends_where_its_last_token_says(version: int) -> None:
    for connection in small_world(version).connections:
        for write in connection.writes:
            head, separator, payload = write.octets.partition(b"\r\n")
            assert separator
            assert re.fullmatch(rb"[A-Z]{3}|[0-9]{3}", head.split(b" ")[0])
            if payload:
                assert int(head.split(b" ")[-1]) == len(payload)


@pytest.mark.parametrize("seed", range(12))
def test_random_worlds_frame_every_command(seed: int) -> None:
    for connection in random_world(seed).connections:
        for write in connection.writes:
            head, _, payload = write.octets.partition(b"\r\n")
            assert not payload or int(head.split(b" ")[-1]) == len(payload)


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_frame_every_command(name: str) -> None:
    for connection in SCRIPTS[name]().connections:
        for write in connection.writes:
            head, _, payload = write.octets.partition(b"\r\n")
            assert re.fullmatch(rb"[A-Z]{3}|[0-9]{3}", head.split(b" ")[0])
            assert not payload or int(head.split(b" ")[-1]) == len(payload)


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_say_what_records_must_tell(name: str) -> None:
    told = Counter(said.kind for said in SCRIPTS[name]().truth if said.details is not None)
    assert sum(told.values()) > 15


def test_truth_says_who_was_there() -> None:
    world = small_world(8)
    said = [(said.sender.partition("@")[0], said.text, len(said.recipients)) for said in world.truth
            if said.kind == "message"]  # fmt: skip
    assert said == [
        ("alice", "你好", 1),
        ("carol", "hi\r\n\r\nMSG 9 N 5\r\n", 2),
        ("alice", "1", 2),
        ("bob", "2", 2),
        ("bob", "long " * 900, 1),
        ("alice", "no", 1),
    ]
    assert len(world.expected_messages("carol@example.net")) == 3
    assert len(world.expected_messages("alice@example.org")) == 6


def test_untapped_sender_has_no_time_of_its_own() -> None:
    truth = small_world(18).truth
    carol = next(said for said in truth if said.kind == "message" and said.sender == "carol@example.net")
    assert carol.time is None
    assert carol.first_seen is not None
    assert carol.answer == "ACK"


def test_a_message_can_be_read_at_the_place_that_the_truth_names() -> None:
    capture = small_world(15).capture()
    connections = {connection.number: connection for connection in capture.connections}
    for said in capture.truth:
        if said.kind == "message" and len(said.text or "") < 100:
            for copy in said.copies:
                for part in copy.ranges:
                    stream = connections[part.stream].stream(part.from_client)
                    assert stream[part.offset : part.end].startswith(b"MSG ")
                    assert stream[part.offset : part.end].endswith((said.text or "").encode())


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith(("gateway", "socks"))])
def test_another_road_changes_neither_words_nor_their_order(name: str) -> None:
    world = CASES[name]()[0]
    capture = world.capture()
    wires = {connection.number: connection for connection in capture.connections}
    for account in world.accounts:
        seen = []
        for inner in [c for c in world.connections if c.tapped and world.owner_of(c) is account]:
            for write in inner.writes:
                places = world.places(inner, write)
                read = b"".join(wires[at.stream].stream(at.from_client)[at.offset : at.end] for at in places)
                assert read == write.octets
                wire = next(w for w in wires[places[-1].stream].written_by(write.from_client)
                            if w.offset <= places[-1].offset < w.offset + len(w.octets))  # fmt: skip
                times = (write.time, wire.time) if write.from_client else (write.arrival, wire.arrival)
                seen.append(times)
        assert [carried for _, carried in sorted(seen)] == sorted(carried for _, carried in seen)


@pytest.mark.parametrize("name", FILES)
def test_octets_of_files_stand_where_the_truth_says(name: str) -> None:
    capture = FILES[name]().capture()
    streams = {(c.number, side): c.stream(side) for c in capture.connections for side in (True, False)}
    assert capture.files
    for sent in capture.files:
        for piece in sent.pieces:
            read = b"".join(streams[at.stream, at.from_client][at.offset : at.end] for at in piece.places)
            assert read == piece.octets


@pytest.mark.parametrize("name", FILES)
def test_what_was_sent_whole_has_the_hash_that_its_sender_knows(name: str) -> None:
    for sent in FILES[name]().capture().files:
        assert sent.outcome == "cut" or sent.complete == (sent.outcome == "complete")
        assert (digest(sent.content).hex() == sent.sha1) is sent.complete
        assert sent.certain == sent.ranges


def test_lost_parts_of_a_file_are_holes_in_the_truth() -> None:
    world = FILES["msnp12-files"]()
    whole = world.capture().files[0]
    lost = whole.pieces[2:4]  # the same part on two connections
    kept, _ = nasties.drop_chosen(world.frames(), nasties.holding(*(at for piece in lost for at in piece.command)))
    cut = world.files(kept)[0]
    assert not cut.complete
    assert cut.ranges[0][1] <= lost[0].offset < cut.ranges[1][0]
    assert cut.of([cut.ranges[-1]]) == whole.content[cut.ranges[-1][0] :]
    assert cut.of([(0, whole.size)]) is None


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_nasties_lose_nothing(name: str) -> None:
    capture = random_world(3, 12, length=30).capture()
    before = [said for said in capture.truth if said.captured]
    after = witnessed(capture.truth, LOSSLESS[name](capture.frames))
    assert [said.text for said in after] == [said.text for said in before]
    assert all(said.whole for said in after)
    stamps = [frame.time for frame in LOSSLESS[name](capture.frames)]
    assert stamps == sorted(stamps)


def test_witnessed_agrees_with_the_truth_of_an_undamaged_capture() -> None:
    capture = random_world(5, 15).capture()
    seen = witnessed(capture.truth, capture.frames)
    assert [(said.time, said.first_seen) for said in seen] == [
        (said.time, said.first_seen) for said in capture.truth if said.captured
    ]


def test_dropped_message_is_no_longer_whole() -> None:
    capture = small_world(9).capture()
    said = next(said for said in capture.truth if said.text == "你好")
    lost = nasties.holding(*(part for copy in said.copies for part in copy.ranges))
    kept, gone = nasties.drop_chosen(capture.frames, lost)
    assert len(gone) == 2
    assert said.text not in [said.text for said in witnessed(capture.truth, kept)]


def test_one_direction_shows_only_what_that_direction_carries() -> None:
    capture = small_world(12).capture()
    seen = witnessed(capture.truth, nasties.client_side_only(capture.frames))
    assert "carol@example.net" not in {said.sender for said in expected_messages(seen, "alice@example.org")}
    assert len(expected_messages(seen, "alice@example.org")) == 5


def test_snaplen_cuts_what_frames_carry() -> None:
    capture = small_world(12).capture()
    frames = links.snaplen(capture.frames, 120)
    assert max(len(frame.octets) for frame in frames) == 120
    assert [frame.wire_length for frame in frames] == [frame.wire_length for frame in capture.frames]
    assert not any(said.whole for said in witnessed(capture.truth, frames) if said.kind == "message")


def test_ports_are_reused_when_asked() -> None:
    world, _ = CASES["port-reuse-noise"]()
    used = Counter((c.client, c.server) for c in world.connections if c.tapped)
    assert max(used.values()) > 1


def test_random_worlds_repeat_and_differ() -> None:
    assert random_world(7, length=20).frames() == random_world(7, length=20).frames()
    assert random_world(7, length=5).frames() != random_world(8, length=5).frames()


def test_random_worlds_say_something() -> None:
    counts = Counter(said.kind for seed in range(6) for said in random_world(seed).truth)
    assert counts["message"] > 120
    assert min(counts[kind] for kind in ("join", "leave", "nudge", "action", "typing", "rename")) > 3


def test_demonstration_keeps_the_other_chat_apart() -> None:
    world = demonstration()
    capture = world.capture()
    assert 120 < (capture.frames[-1].time - capture.frames[0].time) / 1e9 < 300
    texts = [said.text or "" for said in world.expected_messages("alice@example.org")]
    assert not any("party" in text or "🎂" in text for text in texts)
    assert any("party" in (said.text or "") for said in world.expected_messages("carol@example.net"))


def test_captures_in_the_repository_are_what_the_simulator_writes(tmp_path: Path) -> None:
    for made in write_all(tmp_path):
        kept = PCAPS / made.name
        octets = [gzip.decompress(p.read_bytes()) if p.suffix == ".gz" else p.read_bytes() for p in (made, kept)]
        assert octets[0] == octets[1], f"{made.name}: run python -m tests.simulator"
        assert kept.stat().st_size < 200_000


@pytest.mark.parametrize("name", CASES)
def test_every_case_has_messages_for_somebody(name: str) -> None:
    truth = json.loads((PCAPS / f"{name}.truth.json").read_text())
    assert truth["messages"]
    ending = FORMS[name][0] if name in FORMS else ".pcap"
    assert (PCAPS / f"{name}{ending}").exists()
