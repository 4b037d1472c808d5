"""Files that the writer makes, read back by tshark, tcpdump and our own reader; disks that are full."""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from capture.errors import NotWritable
from capture.files import open_files
from capture.packet import Packet
from capture.writer import BUFFER_OCTETS, INTERFACES, PacketWriter
from tests.capture.crafting import LINKS, START, ethernet, read, tcp, tcp6
from tests.conftest import ROOT


def packets(number: int, *, source: str = "eth0") -> list[Packet]:
    """Of all lengths modulo 4, their times 1 microsecond and 1 nanosecond apart, so that no clock is too fine."""
    made = []
    for index in range(number):
        octets = ethernet(tcp(payload=b"MSG" + b"x" * (index % 97)))
        made.append(Packet(START + index * 1_001, octets, len(octets), 1, index + 1, source))
    return made


def read_back(path: Path) -> list[tuple[int, bytes, int | None, int]]:
    with open_files([str(path)], "savefile") as source:
        found = [(p.time, p.octets, p.wire_length, p.link_type) for p in read(source)]
        assert source.truncated is None
    return found


def of(sent: list[Packet]) -> list[tuple[int, bytes, int | None, int]]:
    return [(p.time, p.octets, p.wire_length, p.link_type) for p in sent]


def by_tshark(path: Path, *fields: str) -> list[list[str]]:
    done = subprocess.run(
        ["tshark", "-n", "-r", path, "-Tfields", *(word for field in fields for word in ("-e", field))],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cut short" not in done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


@contextmanager
def at_most(octets: int) -> Iterator[None]:
    """No file of this process grows beyond this: what is written at the limit is cut off there."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# --- what readers find ------------------------------------------------------------------------------------------


def test_our_reader_finds_the_packets_as_they_were(tmp_path: Path) -> None:
    sent = packets(3_000)
    with PacketWriter(str(tmp_path / "kept.pcapng")) as writer:
        for packet in sent:
            writer.write(packet)
    assert read_back(tmp_path / "kept.pcapng") == of(sent)
    with open_files([str(tmp_path / "kept.pcapng")]) as source:
        assert source.clock_resolution == 1
    assert (writer.packets, writer.octets) == (3_000, sum(len(p.octets) for p in sent))


def test_length_on_the_line_is_kept_and_where_it_is_unknown_it_is_what_was_captured(tmp_path: Path) -> None:
    packet = packets(1)[0]
    cut = packet._replace(octets=packet.octets[:55], wire_length=1_514)
    with PacketWriter(str(tmp_path / "kept")) as writer:
        writer.write(cut)
        writer.write(packet._replace(wire_length=None))
    found = read_back(tmp_path / "kept")
    assert found == of([cut, packet])
    if shutil.which("tshark"):
        lengths = by_tshark(tmp_path / "kept", "frame.len", "frame.cap_len")
        assert lengths == [["1514", "55"], [str(len(packet.octets))] * 2]


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
def test_tshark_finds_times_to_the_nanosecond_and_the_interfaces_by_name(tmp_path: Path) -> None:
    sent = [packet._replace(source=("eth0", "tap 1 → Süd")[packet.number % 2]) for packet in packets(20)]
    with PacketWriter(str(tmp_path / "kept")) as writer:
        for packet in sent:
            writer.write(packet)
    found = by_tshark(tmp_path / "kept", "frame.time_epoch", "frame.interface_name", "frame.interface_id")
    expected = [(f"{p.time // 10**9}.{p.time % 10**9:09}", p.source, str((p.number + 1) % 2)) for p in sent]
    assert [tuple(line) for line in found] == expected


@pytest.mark.skipif(not shutil.which("tcpdump"), reason="tcpdump is not installed")
def test_tcpdump_reads_two_interfaces(tmp_path: Path) -> None:
    sent = packets(5) + packets(5, source="eth1")
    with PacketWriter(str(tmp_path / "kept")) as writer:
        for packet in sent:
            writer.write(packet)
    command = ["tcpdump", "-n", "-tt", "--nano", "-r", tmp_path / "kept"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [line.split()[0] for line in done.stdout.splitlines()] == [
        f"{p.time // 10**9}.{p.time % 10**9:09}" for p in sent
    ]


def test_link_types_stand_side_by_side(tmp_path: Path) -> None:
    sent = [
        Packet(START + n, behind(ip), None, link_type, n, "any")
        for n, (link_type, behind) in enumerate(LINKS.items(), 1)
        for ip in (tcp(), tcp6())
    ]
    with PacketWriter(str(tmp_path / "kept")) as writer:
        for packet in sent:
            writer.write(packet)
    assert read_back(tmp_path / "kept") == [(p.time, p.octets, len(p.octets), p.link_type) for p in sent]
    if shutil.which("tshark"):
        ports = by_tshark(tmp_path / "kept", "tcp.dstport")
        assert ports[::2] == [["1863"]] * len(LINKS)


def test_any_number_of_sources_is_read_back(tmp_path: Path) -> None:
    sent = [packet._replace(source=f"rotated-{packet.number % 2_500}.pcap") for packet in packets(5_000)]
    with PacketWriter(str(tmp_path / "kept")) as writer:
        for packet in sent:
            writer.write(packet)
    assert read_back(tmp_path / "kept") == of(sent)
    assert len(writer._interfaces) <= INTERFACES
    if shutil.which("tshark"):
        numbers = by_tshark(tmp_path / "kept", "frame.number")  # of names in later sections it knows nothing
        assert len(numbers) == len(sent)
    if shutil.which("tcpdump"):
        command = ["tcpdump", "-n", "-r", tmp_path / "kept"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout.count("\n") == len(sent)


@pytest.mark.parametrize("program", ["tcpdump", "tshark"])
def test_file_without_a_packet_is_a_capture(program: str, tmp_path: Path) -> None:
    PacketWriter(str(tmp_path / "kept")).close()
    assert read_back(tmp_path / "kept") == []
    if shutil.which(program):
        subprocess.run([program, "-r", tmp_path / "kept"], capture_output=True, check=True)


def test_file_is_readable_while_it_is_written(tmp_path: Path) -> None:
    sent = packets(50_000)
    assert sum(len(packet.octets) for packet in sent) > 2 * BUFFER_OCTETS
    writer = PacketWriter(str(tmp_path / "kept"))
    assert read_back(tmp_path / "kept") == []
    for packet in sent:
        writer.write(packet)
    behind = len(sent) - writer.pending
    assert 0 < behind < len(sent)
    assert read_back(tmp_path / "kept") == of(sent[:behind])
    writer.flush()
    assert read_back(tmp_path / "kept") == of(sent)
    writer.close()
    writer.close()


# --- what it opens ----------------------------------------------------------------------------------------------


def test_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    PacketWriter(str(kept)).close()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_what_is_no_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"evidence")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    os.mkfifo(tmp_path / "pipe")
    names = [
        "-",
        "",
        str(tmp_path),
        str(tmp_path / "link"),
        str(tmp_path / "pipe"),
        "/dev/full",
        "/nowhere/x",
        "a\0",
    ]
    for name in names:
        with pytest.raises(NotWritable) as raised:
            PacketWriter(name)
        assert len(str(raised.value).splitlines()) == 1
    assert (tmp_path / "target").read_bytes() == b"evidence"


def test_no_room_for_the_head_is_an_error_at_opening(tmp_path: Path) -> None:
    with at_most(10), pytest.raises(NotWritable, match="cannot be written: File too large"):
        PacketWriter(str(tmp_path / "kept"))


# --- full disks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", [*range(600, 800, 7), 5_000, 50_001])
def test_cut_off_write_leaves_whole_blocks_and_goes_on_when_there_is_room(room: int, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    sent = [p._replace(source="eth0" if p.number < 5 else "eth1") for p in packets(2_000)]
    writer = PacketWriter(str(kept))
    for packet in sent:
        writer.write(packet)
    with at_most(room):
        for _ in range(2):
            with pytest.raises(OSError, match="File too large"):
                writer.flush()
            found = read_back(kept)
            assert room - 200 < kept.stat().st_size <= room
            assert found == of(sent[: writer.packets])
            assert writer.packets + writer.pending == len(sent)
    writer.close()
    assert read_back(kept) == of(sent)


def test_packet_that_a_full_buffer_cannot_take_may_be_offered_again(tmp_path: Path) -> None:
    sent = packets(40_000)
    writer = PacketWriter(str(tmp_path / "kept"))
    refused = []
    with at_most(1_000):
        for packet in sent[:20_000]:
            assert writer.pending < 20_000
            try:
                writer.write(packet)
            except OSError:
                refused.append(packet)
    assert refused
    for packet in (*refused, *sent[20_000:]):
        writer.write(packet)
    writer.close()
    numbers = {packet.number for packet in refused}
    taken = [packet for packet in sent[:20_000] if packet.number not in numbers]
    assert read_back(tmp_path / "kept") == of(taken + refused + sent[20_000:])


FULL_DISK = """
import json, os, sys
from pathlib import Path
from capture.writer import PacketWriter
from tests.capture.test_writer import of, packets, read_back

folder = Path(sys.argv[1])
sent = packets(1_500)
(folder / "other").write_bytes(bytes(200_000))  # of 256 KiB
writer = PacketWriter(str(folder / "kept"))
errors = []
for packet in sent:
    writer.write(packet)
    if packet.number % 100 == 0:
        try:
            writer.flush()
        except OSError as error:
            errors.append(error.errno)
full = read_back(folder / "kept")
assert full == of(sent[: len(full)]) and len(full) == writer.packets
(folder / "other").unlink()
writer.close()
print(json.dumps([errors[0], len(full), read_back(folder / "kept") == of(sent)]))
"""


def on_a_small_disk(script: str, folder: Path) -> str:
    """What a script prints that has a disk of 256 KiB at its first argument. Needs root."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        reason = "root and unshare are needed to mount a small disk"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    mount = 'mount -t tmpfs -o size=256k none "$1" && exec "$2" -c "$3" "$1"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mount, "sh", folder, sys.executable, script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_disk_that_was_full_for_a_while_lacks_nothing(tmp_path: Path) -> None:
    error, written_when_full, whole = json.loads(on_a_small_disk(FULL_DISK, tmp_path))
    assert os.strerror(error) == "No space left on device"
    assert 100 < written_when_full < 1_500
    assert whole


def test_nothing_is_written_over(tmp_path: Path) -> None:
    kept, other = tmp_path / "kept.pcapng", tmp_path / "notes.txt"
    PacketWriter(str(kept)).close()
    other.write_text("evidence")
    before = kept.read_bytes()
    with pytest.raises(NotWritable, match="nothing is written over"):
        PacketWriter(str(kept))
    with pytest.raises(NotWritable, match="no file that can be gone on with"):
        PacketWriter(str(other), append=True)
    assert (kept.read_bytes(), other.read_text()) == (before, "evidence")


@pytest.mark.parametrize("cut", [0, 1, 5, 30])
def test_writer_goes_on_behind_one_that_was_killed(cut: int, tmp_path: Path) -> None:
    """Killed in the middle of a block: what is whole stays, the rest makes room."""
    kept = tmp_path / "kept.pcapng"
    packets = [Packet(n * 1_000_000_007, bytes([n]) * 60, None, 1, n + 1, "eth1") for n in range(6)]
    with PacketWriter(str(kept), append=True) as writer:
        for packet in packets[:3]:
            writer.write(packet)
    os.truncate(kept, kept.stat().st_size - cut)
    with PacketWriter(str(kept), append=True) as writer:
        for packet in packets[3:]:
            writer.write(packet)
    whole = packets if not cut else packets[:2] + packets[3:]
    with open_files([str(kept)]) as source:
        found = [(packet.time, packet.octets) for batch in source.batches() for packet in batch]
    assert found == [(packet.time, packet.octets) for packet in whole]
    told = subprocess.run(["tshark", "-r", str(kept)], capture_output=True, check=True).stdout
    assert len(told.splitlines()) == len(whole)
