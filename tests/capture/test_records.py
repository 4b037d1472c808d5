"""Blocks, and files that change while they are mapped."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from capture import compiled
from capture.errors import NotReadable
from capture.files import open_files
from capture.filters import filter_by_expression, filter_for_ports
from capture.packet import Packet
from capture.source import BATCH_OCTETS, BATCH_PACKETS
from tests.capture.crafting import SECOND, START, ethernet, pcap, pcap_header, read, record, tcp

pytestmark = pytest.mark.skipif(not compiled.LIBPCAP, reason="libpcap's binding is not compiled")

FRAMES = [ethernet(tcp(payload=b"MSG %d" % number + b"x" * 900)) for number in range(5000)]
"""Five megabytes: more than a block, less than a window."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap(FRAMES))
    return path


def blocks(path: Path) -> list[Sequence[Packet]]:
    with open_files([str(path)], "libpcap") as source:
        return list(source.batches())


def test_block_is_a_sequence_of_packets(path: Path) -> None:
    block = blocks(path)[0]
    packets = list(block)
    assert isinstance(block, Sequence)
    assert not isinstance(block, list)
    assert [packet.octets for packet in packets] == FRAMES[: len(block)]
    assert (block[0], block[-1], block[5]) == (packets[0], packets[-1], packets[5])
    assert block[0] == Packet(START // 1000 * 1000, FRAMES[0], len(FRAMES[0]), 1, 1, str(path))
    assert type(block[0]) is Packet
    for part in (slice(0, 3), slice(3, None), slice(5, 2), slice(-3, None), slice(None, None, 2)):
        assert list(block[part]) == packets[part]
    for index in (len(block), -len(block) - 1):
        with pytest.raises(IndexError):
            block[index]


def test_blocks_are_bounded_by_packets_and_by_octets(path: Path, tmp_path: Path) -> None:
    assert {len(block) for block in blocks(path)[:4]} == {BATCH_PACKETS}
    large = [b"%6d" % number + b"\0" * 50_000 for number in range(100)]
    (tmp_path / "large.pcap").write_bytes(pcap(large))
    found = blocks(tmp_path / "large.pcap")
    assert all(0 < sum(len(packet.octets) for packet in block) <= BATCH_OCTETS for block in found[:-1])
    assert [packet.octets for block in found for packet in block] == large


def test_held_blocks_and_parts_of_them_stay_as_they_were(path: Path) -> None:
    with open_files([str(path)], "libpcap") as source:
        held = [block[100:200] if index % 2 else block for index, block in enumerate(source.batches())]
    expected = [FRAMES[start : start + 1000] for start in range(0, 5000, 1000)]
    expected = [frames[100:200] if index % 2 else frames for index, frames in enumerate(expected)]
    assert [[packet.octets for packet in block] for block in held if block] == expected


def test_filter_set_between_two_batches(path: Path) -> None:
    with open_files([str(path)], "libpcap") as source:
        batches = source.batches()
        next(batches)
        source.set_filter(filter_by_expression("tcp port 80"))
        assert [packet for batch in batches for packet in batch] == []
        assert (source.counters.received, source.counters.refused) == (5000, 4000)


def test_windows_follow_one_another(tmp_path: Path) -> None:
    """40 MB, so that records lie across the borders of the windows; every third passes."""
    frames = [ethernet(tcp(1863 if index % 3 else 80, payload=os.urandom(1400))) for index in range(28_000)]
    path = tmp_path / "long.pcap"
    path.write_bytes(pcap(frames))
    found = []
    for reader in ("libpcap", "savefile"):
        with open_files([str(path)], reader) as source:
            source.set_filter(filter_for_ports([1863]))
            found.append((read(source), source.refused_sample, source.counters))
    assert found[0] == found[1]


@pytest.mark.parametrize("left", [2_000_000, 1_000_000, 40, 0])
def test_file_that_is_shortened_while_it_is_mapped_ends_there(path: Path, left: int) -> None:
    """The system sends SIGBUS to whoever reads the mapping now."""
    with open_files([str(path)], "libpcap") as source:
        packets: list[Packet] = []
        for batch in source.batches():
            packets += batch
            os.truncate(path, left)
        told = source.truncated
    whole = max(1000, (left - 24) // (len(FRAMES[-1]) + 16))
    assert len(packets) == pytest.approx(whole, abs=10)
    assert [packet.octets for packet in packets] == FRAMES[: len(packets)]
    assert told is not None


def test_file_that_grows_while_it_is_read_is_read_to_its_new_end(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:3_000_000])
    with open_files([str(path)], "libpcap") as source, path.open("ab") as file:
        packets: list[Packet] = []
        for batch in source.batches():
            packets += batch
            file.write(whole[3_000_000:])
            file.flush()
            whole = b""
        assert source.truncated is None
    assert [packet.octets for packet in packets] == FRAMES


def test_disk_that_fails_is_told(path: Path, tmp_path: Path) -> None:
    with open_files([str(path)], "libpcap") as source:
        batches = source.batches()
        next(batches)
        directory = os.open(tmp_path, os.O_RDONLY)
        os.dup2(directory, source.stream.descriptor)  # type: ignore[attr-defined]
        os.close(directory)
        os.truncate(path, 0)
        with pytest.raises(NotReadable, match="cannot be read: Is a directory"):
            list(batches)


def test_bus_errors_of_others_are_theirs(path: Path) -> None:
    code = (
        "import os, signal, sys\n"
        "from capture.files import open_files\n"
        f"print(sum(map(len, open_files([{str(path)!r}], 'libpcap').batches())), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGBUS)\n"
    )
    command = [sys.executable, "-c", code]
    here = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, cwd=here, check=False)
    assert done.stdout == "5000\n"
    assert done.returncode == -signal.SIGBUS


def test_merged_files_come_in_blocks_that_are_cut_where_another_begins(tmp_path: Path) -> None:
    for name, seconds in (("a", range(3000)), ("b", range(1500, 4500))):
        packets = (record(FRAMES[second], START + second * SECOND) for second in seconds)
        (tmp_path / name).write_bytes(pcap_header() + b"".join(packets))
    found = []
    for reader in ("libpcap", "savefile"):
        with open_files([str(tmp_path / "b"), str(tmp_path / "a")], reader) as source:
            found.append(read(source))
    assert found[0] == found[1]
    assert [packet.time for packet in found[0]] == sorted(packet.time for packet in found[0])
