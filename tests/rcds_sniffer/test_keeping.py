"""What ``--write`` keeps: the targets' own connections, of contacts' what the targets took part in, no more."""

import itertools
import json
import logging
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import dpkt
import pytest

from capture.errors import NotWritable
from capture.files import open_files
from capture.packet import Packet
from rcds_sniffer import keeping as module
from rcds_sniffer.connections import BESIDE, ENDED_TIME
from rcds_sniffer.events import Seen
from rcds_sniffer.keeping import IDLE_TIME, ORDER_TIME, PacketKeeper
from rcds_sniffer.orders import Everybody, NamedTargets, Period
from rcds_sniffer.pipeline import Pipeline
from rcds_sniffer.protocols.msn import PROTOCOL
from reassembly.native import NativeEngine
from tests.capture.test_writer import at_most, on_a_small_disk
from tests.command import replay
from tests.simulator import links, nasties, writer
from tests.simulator.cases import CASES
from tests.simulator.nasties import Frames, in_order
from tests.simulator.packets import ACK, FIN, PSH, SYN, Frame, Segment, address, link_header, read_segment
from tests.simulator.scripts import random_world
from tests.simulator.world import World
from tests.truth import PORTS, FrameSource

ALICE, BOB, CAROL = "alice@example.org", "bob@example.com", "carol@example.net"
SECOND = 1_000_000_000
MILLISECOND = 1_000_000
START = 1_152_867_600 * SECOND


def run(frames: Frames, kept: Path, *targets: str, period: Period | None = None) -> PacketKeeper:
    """The whole way from frames to records, with a keeper beside it."""
    keeper = PacketKeeper(str(kept), period)
    Pipeline(
        FrameSource(frames),  # type: ignore[arg-type]
        lambda callback: NativeEngine(callback, server_ports=PORTS),
        [(PROTOCOL, PORTS)],
        warrant=NamedTargets(targets, period) if targets else Everybody(),
        sensor="nis-1",
        sinks=[],
        keeper=keeper,
    ).run()
    keeper.close()
    return keeper


def read(kept: Path) -> list[Packet]:
    with open_files([str(kept)], "savefile") as source:
        packets = [packet for batch in source.batches() for packet in batch]
        assert source.truncated is None
    return packets


def stamped(packets: Iterable[Packet | Frame]) -> Counter[tuple[int, bytes]]:
    return Counter((packet.time, packet.octets) for packet in packets)


def ends_of(frame: Frame | Packet) -> set[tuple[bytes, int]]:
    """Addresses as IPv4 has them, ports."""
    segment = read_segment(frame.octets)
    assert segment is not None
    return {(segment.source[-4:], segment.source_port), (segment.target[-4:], segment.target_port)}


def own(world: World, frames: Iterable[Frame], account: str) -> Frames:
    """The frames of an account's own connections: those on which a server said that it is the account's."""
    (ip,) = {one.ip for one in world.accounts if one.address == account}
    mine = [
        {(address(ip), port) for ip, port in (connection.client, connection.server)}
        for connection in world.connections
        if connection.client[0] == ip and re.search(rb"(USR|ANS) \d+ OK", connection.stream(False))
    ]
    return [frame for frame in frames if ends_of(frame) in mine]


# --- nobody else's packets --------------------------------------------------------------------------------------


def gossip() -> tuple[World, Frames]:
    """Bob and Carol talk, without Alice, then with her, then without her again; Alice talks to Bob elsewhere."""
    world = World(version=12, seed=7)
    alice, bob, carol = (world.account(name) for name in (ALICE, BOB, CAROL))
    for account in (bob, carol, alice):
        account.login()
    chat = bob.opens_chat(carol)
    chat.says(bob, "THIRD-1 before alice")
    chat.says(carol, "THIRD-2 before alice")
    world.waits(5)
    chat.invites(carol, alice)
    world.waits(5)
    chat.says(bob, "WITH-1 alice")
    chat.says(alice, "WITH-2 alice")
    world.waits(5)
    chat.leaves(alice)
    world.waits(5)
    chat.says(bob, "THIRD-3 after alice")
    chat.says(carol, "THIRD-4 after alice")
    elsewhere = alice.opens_chat(bob)
    elsewhere.says(bob, "WITH-3 alice")
    apart = carol.opens_chat(bob)
    apart.says(carol, "THIRD-5 apart from alice")
    for account in (alice, bob, carol):
        account.logs_out()
    return world, world.frames()


NASTIES: dict[str, Callable[[Frames], Frames]] = {
    "plain": lambda frames: frames,
    "duplicated": nasties.duplicate,
    "reordered": nasties.reorder,
    "acknowledged early": nasties.acknowledged_early,
    "retransmitted": lambda frames: nasties.retransmit(frames, rate=0.3),
    "filled late": nasties.fill_late,
    "lossy": lambda frames: nasties.drop(frames, rate=0.02)[0],
    "without handshakes": nasties.no_handshake,
    "client's side": nasties.client_side_only,
    "server's side": nasties.server_side_only,
    "tagged": lambda frames: links.vlan(frames, (0x88A8, 100), (0x8100, 7)),
    "tagged one way": lambda frames: links.vlan(frames, (0x8100, 7), one_way=True),
    "version 6": links.ipv6,
    "wrapping": nasties.seq_wrap,
    "conflicting": nasties.conflict,
}


@pytest.mark.parametrize("nasty", NASTIES)
def test_texts_of_others_do_not_reach_the_file_and_all_of_the_targets_connections_does(
    nasty: str, tmp_path: Path
) -> None:
    world, frames = gossip()
    frames = NASTIES[nasty](frames)
    keeper = run(frames, tmp_path / "kept", ALICE)
    octets = (tmp_path / "kept").read_bytes()
    assert not [number for number in range(1, 6) if b"THIRD-%d" % number in octets]
    found = read(tmp_path / "kept")
    expected = own(world, frames, ALICE)
    assert len(expected) > 20
    assert not stamped(expected) - stamped(found)
    assert not stamped(found) - stamped(frames)
    assert keeper.counters.kept == len(found)
    assert keeper.counters.unwritten == keeper.counters.forgotten == 0
    if nasty != "without handshakes":  # there it is known too late whose a connection is
        assert [packet.time for packet in found] == sorted(packet.time for packet in found)


def test_what_is_said_while_the_target_is_there_is_kept_of_contacts_connections_too(tmp_path: Path) -> None:
    run(gossip()[1], tmp_path / "kept", ALICE)
    octets = (tmp_path / "kept").read_bytes()
    assert [octets.count(b"WITH-%d" % number) for number in (1, 2, 3)] == [3, 3, 2]


def test_nothing_from_outside_the_period_is_kept_though_no_event_says_that_it_is_over(tmp_path: Path) -> None:
    _, frames = gossip()
    said = {text: next(f.time for f in frames if text in f.octets) for text in (b"WITH-1", b"WITH-2")}
    period = Period(said[b"WITH-1"], said[b"WITH-2"] + 1)
    run(frames, tmp_path / "kept", ALICE, period=period)
    kept = read(tmp_path / "kept")
    assert any(b"WITH-2" in packet.octets for packet in kept)
    assert all(period.holds(packet.time) for packet in kept)


def test_contacts_connections_to_the_notification_server_are_not_kept(tmp_path: Path) -> None:
    world, frames = gossip()
    run(frames, tmp_path / "kept", ALICE)
    others = [
        {(address(ip), port) for ip, port in (connection.client, connection.server)}
        for connection in world.connections
        if connection.client[0] != world.accounts[0].ip and b"CVR" in connection.stream(True)
    ]
    assert len(others) >= 2
    assert not [packet for packet in read(tmp_path / "kept") if ends_of(packet) in others]


def test_fragments_are_kept_all_of_them(tmp_path: Path) -> None:
    world, frames = gossip()
    mine = own(world, frames, ALICE)
    others = [frame for frame in frames if frame not in mine]
    mine, others = links.fragment(mine, size=64), links.fragment(others, size=64)
    assert len(mine) > 100
    run(in_order(mine + others), tmp_path / "kept", ALICE)
    assert not stamped(mine) - stamped(read(tmp_path / "kept"))
    assert b"THIRD" not in (tmp_path / "kept").read_bytes()


def test_pieces_of_a_tunnels_packets_are_kept_all_of_them(tmp_path: Path) -> None:
    world, frames = gossip()
    mine = own(world, frames, ALICE)
    others = [frame for frame in frames if frame not in mine]
    mine, others = in_pieces(in_gre(mine)), in_pieces(in_gre(others, ident=30_000))
    run(in_order(mine + others), tmp_path / "kept", ALICE)
    assert not stamped(mine) - stamped(read(tmp_path / "kept"))
    assert b"THIRD" not in (tmp_path / "kept").read_bytes()


def in_gre(frames: Frames, *, ident: int = 1) -> Frames:
    """As a mirror sends them on, Ethernet and all (RFC 2784)."""
    out = []
    for number, frame in enumerate(frames, ident):
        gre = b"\0\0\x65\x58" + frame.octets
        ip = dpkt.ip.IP(src=address("203.0.113.1"), dst=address("203.0.113.2"), p=47, id=number, data=gre)
        ip.len = 20 + len(gre)
        out.append(replace(frame, octets=link_header(ip.src, ip.dst) + bytes(ip)))
    return out


def in_pieces(frames: Frames, *, size: int = 48) -> Frames:
    """Every IPv4 packet cut into fragments."""
    out = []
    for frame in frames:
        ip = dpkt.ip.IP(frame.octets[14:])
        body = frame.octets[34:]
        for at in range(0, len(body), size):
            piece = body[at : at + size]
            part = dpkt.ip.IP(src=ip.src, dst=ip.dst, p=ip.p, id=ip.id, len=20 + len(piece), data=piece)
            part.mf, part.offset = int(at + size < len(body)), at // 8
            out.append(Frame(frame.time + at, frame.octets[:14] + bytes(part)))
    return out


@pytest.mark.parametrize("seed", range(2))
def test_replaying_what_was_kept_gives_the_records_of_the_targets_connections_again(
    seed: int, tmp_path: Path
) -> None:
    world = random_world(seed, all_tapped=True)
    frames = links.noise(world.frames())
    run(frames, tmp_path / "kept", ALICE)
    everything = writer.write(tmp_path / "everything.pcapng", frames)

    def records(capture: Path) -> list[dict]:  # type: ignore[type-arg]
        found = [{**record, "source": None} for record in replay("--target", ALICE, capture)]
        for record in found:
            if record["event"] in ("session-start", "invite"):
                record["sender_name"] = None  # it may stand on a contact's connection alone, ahead of the target
        return sorted(found, key=lambda record: (record["time"], record["record_id"]))

    found, expected = records(tmp_path / "kept"), records(everything)
    of_own = [record for record in expected if record["client"]]
    assert len(of_own) > 20
    assert [record for record in found if record["client"]] == of_own
    texts_of = [{r["record_id"] for r in one if r["event"] == "message"} for one in (found, expected)]
    assert texts_of[0] == texts_of[1] != set()


def test_everybodys_connections_are_kept_where_everybody_is_recorded(tmp_path: Path) -> None:
    world, frames = CASES["port-reuse-noise"]()
    run(frames, tmp_path / "kept")
    kept = stamped(read(tmp_path / "kept"))
    of_msn = [frame for frame in frames if frame.carries is not None]
    (tapped,) = (account.address for account in world.accounts if account.tapped)
    assert len(own(world, of_msn, tapped)) > 100
    assert not stamped(own(world, of_msn, tapped)) - kept
    assert b"mallory" not in (tmp_path / "kept").read_bytes()  # of no account: HTTP, TLS and noise on our port


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
def test_tshark_finds_the_kept_conversation_whole(tmp_path: Path) -> None:
    world, frames = gossip()
    run(frames, tmp_path / "kept", ALICE)
    command = ["tshark", "-n", "-r", tmp_path / "kept", "-Y", f"ip.addr == {world.accounts[0].ip}", "-Tfields"]
    done = subprocess.run([*command, "-e", "tcp.analysis.lost_segment"], capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == len(own(world, frames, ALICE))
    assert "1" not in done.stdout


# --- one connection at a time -----------------------------------------------------------------------------------


class Line:
    """A connection whose packets are offered to a keeper as they are said."""

    clock = START
    number = 0

    def __init__(
        self, keeper: PacketKeeper, *, isn: int = 1_000, vlan: int | None = None, port: int = 4_000
    ) -> None:
        self.keeper = keeper
        self.client, self.server = f"192.0.2.1:{port}", "198.51.100.7:1863"
        self._ends = [(address("192.0.2.1"), port), (address("198.51.100.7"), 1863)]
        self._next = [isn, 0xFFFF_FFF0]  # the server's wraps
        self._vlan = vlan
        self.offered: list[Packet] = []
        self.seen = Seen(0, 0, 0, "", True)
        """Where the last packet's octets stand."""

    def put(self, flags: int, payload: bytes = b"", *, server: bool = False, at: int | None = None) -> Packet:
        """A segment passes; ``at`` is the sequence number of one that comes again."""
        Line.clock += 10 * MILLISECOND
        Line.number += 1
        source, target = self._ends[::-1] if server else self._ends
        sequence = self._next[server] if at is None else at
        fields = Segment(
            link_header(source[0], target[0]), source[0], target[0], source[1], target[1],
            sequence % 2**32, self._next[not server] % 2**32 if flags & ACK else 0, flags, payload,
        )  # fmt: skip
        if at is None:
            self._next[server] = fields.next_sequence
        frame = Frame(Line.clock, fields.octets())
        if self._vlan is not None:
            (frame,) = links.vlan([frame], (0x8100, self._vlan))
        packet = Packet(frame.time, frame.octets, len(frame.octets), 1, Line.number, "eth0")
        self.seen = Seen(packet.time, fields.sequence, packet.number, "eth0", not server)
        self.offered.append(packet)
        self.keeper.offer(packet)
        return packet

    def opens(self) -> "Line":
        """The handshake."""
        self.put(SYN)
        self.put(SYN | ACK, server=True)
        self.put(ACK)
        return self

    def says(self, payload: bytes) -> Packet:
        """The client does."""
        return self.put(PSH | ACK, payload)

    def hears(self, payload: bytes) -> Packet:
        """The server does."""
        return self.put(PSH | ACK, payload, server=True)

    def follow(self, *, whole: bool = True, seen: Seen | None = None) -> None:
        """The recorder says so while it knows the last packet."""
        self.keeper.follow(self.client, self.server, whole=whole, seen=seen or self.seen)

    def unfollow(self) -> None:
        self.keeper.unfollow(self.client, self.server)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept"


@pytest.fixture
def keeper(kept: Path) -> PacketKeeper:
    Line.clock = START
    return PacketKeeper(str(kept))


def texts(keeper: PacketKeeper, kept: Path) -> list[bytes]:
    """Close; the payloads that were kept, in their order in the file."""
    keeper.close()
    segments = [read_segment(packet.octets) for packet in read(kept)]
    return [segment.payload for segment in segments if segment is not None and segment.payload]


def test_own_connection_is_kept_from_its_first_packet_on(keeper: PacketKeeper, kept: Path) -> None:
    line = Line(keeper).opens()
    line.says(b"VER")
    line.says(b"USR")
    line.follow()
    line.hears(b"USR OK")
    keeper.close()
    assert stamped(read(kept)) == stamped(line.offered)


def test_contacts_connection_is_kept_from_the_join_to_the_leave(keeper: PacketKeeper, kept: Path) -> None:
    line = Line(keeper).opens()
    for text in (b"before", b"JOI"):
        line.hears(text)
    line.follow(whole=False)
    line.says(b"with")
    line.hears(b"BYE")
    line.unfollow()
    line.says(b"without")
    line.hears(b"JOI again")
    line.follow(whole=False)
    line.hears(b"with again")
    assert texts(keeper, kept) == [b"JOI", b"with", b"BYE", b"JOI again", b"with again"]


def test_what_a_late_packet_brings_from_before_the_join_is_not_kept(keeper: PacketKeeper, kept: Path) -> None:
    line = Line(keeper).opens()
    missing = line._next[1]
    line._next[1] += len(b"before, lost at first")
    line.hears(b"JOI")
    join = line.seen
    line.hears(b"with")
    line.put(PSH | ACK, b"before, lost at first", server=True, at=missing)
    line.follow(whole=False, seen=join)  # the engine could read the JOI only now
    line.put(PSH | ACK, b"before, lost at first", server=True, at=missing)
    line.says(b"with, too")
    assert texts(keeper, kept) == [b"JOI", b"with", b"with, too"]


def test_new_connection_on_the_same_ports_is_a_strangers(keeper: PacketKeeper, kept: Path) -> None:
    old = Line(keeper).opens()
    old.says(b"target's")
    old.follow()
    old.put(FIN | ACK)
    old.put(FIN | ACK, server=True)
    old.put(ACK)
    stranger = Line(keeper, isn=5_000_000).opens()  # within the window
    stranger.says(b"stranger's")
    stranger.hears(b"to a stranger")
    old.put(ACK)
    keeper.close()
    assert stamped(read(kept)) == stamped(old.offered[:-1])


def test_connection_that_is_proven_when_another_has_its_ports_is_kept_alone(
    keeper: PacketKeeper, kept: Path
) -> None:
    old = Line(keeper).opens()
    old.says(b"target's")
    stranger = Line(keeper, isn=77_000_000)
    stranger.put(SYN)
    old.follow()  # the engine ends the old one at this SYN, and gives what waited for a hole
    old.unfollow()
    stranger.put(SYN | ACK, server=True)
    stranger.says(b"stranger's")
    keeper.close()
    assert stamped(read(kept)) == stamped(old.offered)


def test_strangers_with_the_same_addresses_and_ports_behind_another_vlan_are_told_apart(
    keeper: PacketKeeper, kept: Path
) -> None:
    mine, strangers = Line(keeper, vlan=5), Line(keeper, vlan=6, isn=3_000_000_000)
    strangers._next[1] = 2_000_000_000
    for line in (mine, strangers):
        line.opens()
    for number in range(3):
        mine.says(b"mine %d" % number)
        strangers.says(b"theirs %d" % number)
        strangers.hears(b"to them %d" % number)
        if number == 1:
            mine.follow(seen=mine.seen)
        mine.hears(b"to me %d" % number)
    keeper.close()
    assert stamped(read(kept)) == stamped(mine.offered)


def test_connection_taken_over_in_mid_stream_is_a_strangers(keeper: PacketKeeper, kept: Path) -> None:
    line = Line(keeper).opens()
    line.says(b"mine")
    line.follow()
    stranger = Line(keeper, isn=1_000_000_000)
    stranger._next[1] = 1_500_000_000
    stranger.says(b"stranger's")
    stranger.hears(b"to a stranger")
    line.says(b"mine, too")
    assert texts(keeper, kept) == [b"mine", b"mine, too"]


@pytest.mark.parametrize(("last", "silence"), [(ACK, IDLE_TIME), (FIN | ACK, ENDED_TIME)])
def test_after_a_long_silence_the_ports_are_a_strangers(
    last: int, silence: int, keeper: PacketKeeper, kept: Path
) -> None:
    line = Line(keeper).opens()
    line.says(b"mine")
    line.follow()
    line.put(last)
    Line.clock += silence - SECOND
    line.says(b"mine, too")
    line.put(last)
    Line.clock += silence + SECOND
    line.says(b"stranger's, by chance where mine stood")
    assert texts(keeper, kept) == [b"mine", b"mine, too"]


def test_silence_in_which_the_clock_was_set_is_none(keeper: PacketKeeper, kept: Path) -> None:
    line = Line(keeper).opens()
    line.says(b"mine")
    line.follow()
    for by in (10 * IDLE_TIME, -20 * IDLE_TIME):
        Line.clock += by
        keeper.stepped(by)
        line.says(b"mine, too")
    assert texts(keeper, kept) == [b"mine", b"mine, too", b"mine, too"]


def test_what_is_retransmitted_does_not_begin_a_connection(keeper: PacketKeeper, kept: Path) -> None:
    line = Line(keeper)
    for flags, server in ((SYN, False), (SYN | ACK, True)):
        line.put(flags, server=server)
        again = line.seen.sequence
        line.put(flags, server=server, at=again)
    line.says(b"VER")
    line.put(PSH | ACK, b"VER", at=line.seen.sequence)
    line.put(SYN, at=1_000)
    line.follow()
    keeper.close()
    assert stamped(read(kept)) == stamped(line.offered)


def test_syn_that_was_captured_late_belongs_to_its_connection(keeper: PacketKeeper, kept: Path) -> None:
    line = Line(keeper)
    line._next[0] += 1
    line.put(SYN | ACK, server=True)
    line.says(b"VER")
    line.put(SYN, at=1_000)
    line.follow()
    keeper.close()
    assert stamped(read(kept)) == stamped(line.offered)


def test_version_6_is_named_in_brackets(keeper: PacketKeeper, kept: Path) -> None:
    line = Line(keeper)
    line._ends = [(address("2001:db8::1"), 4_000), (address("2001:db8::2"), 1863)]
    line.client, line.server = "[2001:db8::1]:4000", "[2001:db8::2]:1863"
    line.opens()
    line.follow()
    assert keeper.counters.forgotten == 0
    keeper.close()
    assert stamped(read(kept)) == stamped(line.offered)


def test_who_was_never_heard_is_not_followed(keeper: PacketKeeper, kept: Path) -> None:
    line = Line(keeper)
    line.follow()
    line.says(b"whose?")
    assert texts(keeper, kept) == []


# --- limits -----------------------------------------------------------------------------------------------------


def test_connection_that_waits_too_long_loses_its_oldest_packets(keeper: PacketKeeper, kept: Path) -> None:
    line = Line(keeper).opens()
    for number in range(400):
        line.says(b"%03d" % number + bytes(1_000))
    line.follow()
    found = [int(text[:3]) for text in texts(keeper, kept)]
    assert found == list(range(400 - len(found), 400))
    assert 100 < len(found) < 260
    assert keeper.counters.forgotten == len(line.offered) - len(found)


def test_in_all_no_more_waits_than_the_limit_and_the_idlest_goes_first(
    keeper: PacketKeeper, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TOTAL_OCTETS", 100_000)
    idlest = Line(keeper, port=3_999).opens()
    followed = Line(keeper, port=3_998).opens()
    followed.follow()
    many = [Line(keeper, port=4_000 + number).opens() for number in range(200)]
    assert keeper._octets <= 100_000
    assert keeper.counters.forgotten > 500 - 100_000 // 400
    idlest.says(b"idlest")
    idlest.follow()
    many[-1].follow()
    followed.says(b"followed")
    keeper.close()
    expected = [*idlest.offered[-1:], *many[-1].offered, *followed.offered]
    assert stamped(read(kept)) == stamped(expected)


@pytest.mark.parametrize("limit", ["CONNECTIONS", "BESIDE"])
def test_connections_are_bounded_and_those_that_are_followed_stay(
    limit: str, keeper: PacketKeeper, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONNECTIONS", 50)
    line = Line(keeper).opens()
    line.follow()
    for number in range(1, 400):
        other = Line(keeper, isn=number * 100_000_000 % 2**32, port=4_000 + number * (limit == "CONNECTIONS"))
        other._vlan = number
        other._next[1] = 2**31 + number * 100_000_000
        other.says(b"stranger's")
    assert len(keeper._waiting) == (50 if limit == "CONNECTIONS" else BESIDE - 1)
    line.says(b"mine")
    assert texts(keeper, kept) == [b"mine"]


def test_packets_that_are_known_late_stand_in_order_of_time(keeper: PacketKeeper, kept: Path) -> None:
    first, second = Line(keeper, port=4_001).opens(), Line(keeper, port=4_002).opens()
    first.follow()
    for number in range(20):
        (first, second)[number % 2].says(b"%d" % number)
    second.follow()
    assert texts(keeper, kept) == [b"%d" % number for number in range(20)]


def test_idle_line_brings_what_was_kept_into_the_file(keeper: PacketKeeper, kept: Path) -> None:
    line = Line(keeper).opens()
    line.follow()
    keeper.flush(Line.clock)
    assert read(kept) == []
    keeper.flush(Line.clock + ORDER_TIME + SECOND)
    assert stamped(read(kept)) == stamped(line.offered)


def test_any_octets_are_offered_without_harm(keeper: PacketKeeper, kept: Path) -> None:
    line = Line(keeper).opens()
    line.follow()
    whole = line.says(b"mine")
    for link_type, cut in itertools.product((0, 1, 101, 113, 147, 276), range(len(whole.octets))):
        keeper.offer(replace_octets(whole, whole.octets[:cut], link_type))
    assert set(texts(keeper, kept)) <= {b"mine", b"min", b"mi", b"m"}


def replace_octets(packet: Packet, octets: bytes, link_type: int) -> Packet:
    return packet._replace(octets=octets, link_type=link_type)


# --- full disks -------------------------------------------------------------------------------------------------


def test_file_that_cannot_be_opened_is_an_error_and_one_that_cannot_be_written_is_not(
    kept: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(NotWritable):
        PacketKeeper("/nowhere/kept")
    monkeypatch.setattr(module, "RETRY", 0.0)
    keeper = PacketKeeper(str(kept))
    line = Line(keeper).opens()
    line.follow()
    with caplog.at_level(logging.WARNING), at_most(100_000):
        for number in range(3_000):
            line.says(b"%04d" % number + bytes(1_000))
            keeper.flush()
        lost = keeper.counters.unwritten
        assert lost > 1_000
    assert kept.stat().st_size <= 100_000
    line.says(b"last")
    keeper.close()
    messages = [record.getMessage() for record in caplog.records if record.name == "rcds_sniffer.keeping"]
    assert messages == [
        f"{kept}: cannot be written: File too large; it is tried again every 0 s",
        f"{kept}: is written again; it lacks {lost} packets",
    ]
    found = read(kept)
    assert len(found) == len(line.offered) - keeper.counters.unwritten == keeper.counters.kept
    assert keeper.counters.kept_octets == sum(len(packet.octets) for packet in found)
    assert not stamped(found) - stamped(line.offered)
    assert keeper.counters.unwritten == lost


def test_file_that_stays_full_lacks_what_it_says(kept: Path, caplog: pytest.LogCaptureFixture) -> None:
    keeper = PacketKeeper(str(kept))
    line = Line(keeper).opens()
    line.follow()
    for number in range(100):
        line.says(b"%04d" % number + bytes(1_000))
    with caplog.at_level(logging.WARNING), at_most(50_000):
        keeper.close()
    assert len(caplog.records) == 1
    assert 0 < len(read(kept)) == keeper.counters.kept == len(line.offered) - keeper.counters.unwritten


FULL_DISK = """
import json, sys, time
from pathlib import Path
from rcds_sniffer import keeping
from tests.rcds_sniffer.test_keeping import Line, read, stamped

folder = Path(sys.argv[1])
keeping.RETRY = 0.05
(folder / "other").write_bytes(bytes(200_000))  # of 256 KiB
keeper = keeping.PacketKeeper(str(folder / "kept"))
line = Line(keeper).opens()
line.follow()
for number in range(100):
    line.says(bytes(1_000))
    keeper.flush(Line.clock + 3 * 10**9)
when_full = len(read(folder / "kept"))
(folder / "other").unlink()
time.sleep(0.1)
line.says(bytes(1_000))
keeper.flush(Line.clock + 3 * 10**9)
print(json.dumps([when_full, stamped(read(folder / "kept")) == stamped(line.offered), keeper.counters.to_dict()]))
"""


def test_disk_that_was_full_for_a_while_lacks_nothing_that_memory_held(tmp_path: Path) -> None:
    when_full, whole, counters = json.loads(on_a_small_disk(FULL_DISK, tmp_path))
    assert 20 < when_full < 60
    assert whole
    assert counters["kept"] == 104
    assert counters["unwritten"] == 0
