"""A folder into which a daemon rotates captures: nothing twice, nothing lost, whatever is done to the files."""

import gzip
import logging
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard

from capture import folder as folder_module
from capture import rotation
from capture.errors import BadFilter, Closed, NoSuchFile, Unsupported
from capture.filters import filter_by_expression, filter_for_ports
from capture.folder import FolderSource, follow_folder
from tests.capture.crafting import SECOND, START, ethernet, pcap, pcap_header, pcapng, record, tcp
from tests.capture.namespace import Reader, Sender, make_pair, namespace


def frame(number: int, port: int = 1863) -> bytes:
    return ethernet(tcp(port, payload=b"MSG %d" % number))


def frames(first: int, end: int) -> list[bytes]:
    return [frame(number) for number in range(first, end)]


def capture(first: int, end: int) -> bytes:
    """The packets from ``first`` on, one a second."""
    return pcap_header() + records(first, end)


def records(first: int, end: int) -> bytes:
    return b"".join(record(frame(number), START + number * SECOND) for number in range(first, end))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is looked at more often, so that the tests are quick."""
    monkeypatch.setattr(folder_module, "SCAN_NANOSECONDS", SECOND // 20)
    monkeypatch.setattr(folder_module, "IDLE_SECONDS", 0.02)
    monkeypatch.setattr(rotation, "SETTLED_NANOSECONDS", SECOND // 5)


class Followed:
    """A folder that is followed, read for a while at a time."""

    def __init__(self, path: Path) -> None:
        self.source: FolderSource = follow_folder(str(path))
        self._reader: Reader | None = None

    @property
    def reader(self) -> Reader:
        self._reader = self._reader or Reader(self.source)
        return self._reader

    def shows(self, first: int, end: int) -> bool:
        """Exactly these packets come, in this order, and no more in a while."""
        self.reader.packet_count(end - first)
        self.reader.run(0.3)
        return [packet.octets for packet in self.reader.packets] == frames(first, end)


@pytest.fixture
def follow() -> Iterator[Callable[[Path], Followed]]:
    made: list[Followed] = []

    def make(path: Path) -> Followed:
        made.append(Followed(path))
        return made[-1]

    yield make
    for followed in made:
        followed.source.close()


Follow = Callable[[Path], Followed]


def append(path: Path, octets: bytes) -> None:
    with path.open("ab") as file:
        file.write(octets)


def test_files_that_are_there_come_in_the_order_of_their_packets(follow: Follow, tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(capture(20, 30))
    (tmp_path / "b.pcap.gz").write_bytes(gzip.compress(capture(10, 20)))
    (tmp_path / "c.pcapng").write_bytes(pcapng(frames(0, 10)))
    (tmp_path / "d").mkdir()
    (tmp_path / ".hidden.pcap").write_bytes(capture(0, 10))
    followed = follow(tmp_path)
    assert followed.shows(0, 30)
    packets = followed.reader.packets
    assert [packet.number for packet in packets] == [*range(1, 11)] * 3
    assert packets[0].source == str(tmp_path / "c.pcapng")
    source = followed.source
    assert (source.name, source.reader, source.link_types) == (str(tmp_path), "savefile", (1,))
    assert (source.size, source.position, source.truncated) == (None, None, None)
    assert source.clock_resolution == 1000
    assert source.counters.received == 30


def test_file_that_grows_octet_by_octet(follow: Follow, tmp_path: Path) -> None:
    followed = follow(tmp_path)
    path = tmp_path / "a.pcap"
    octets = capture(0, 2)
    for index in range(len(octets)):
        append(path, octets[index : index + 1])
        if index % 8 == 0:
            followed.reader.run(0.02)
    assert followed.shows(0, 2)
    assert followed.source.truncations == ()


def test_next_file_begins_when_the_last_is_read_to_its_end(follow: Follow, tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(capture(0, 5))
    followed = follow(tmp_path)
    assert followed.shows(0, 5)
    append(path, records(5, 8))
    assert followed.shows(0, 8)
    append(path, records(8, 10))
    (tmp_path / "b.pcap").write_bytes(b"")
    followed.reader.run(0.2)
    append(path, records(10, 11))  # an empty file says nothing yet
    assert followed.shows(0, 11)
    (tmp_path / "b.pcap").write_bytes(pcap_header())
    followed.reader.run(0.2)
    append(tmp_path / "b.pcap", records(11, 13))
    (tmp_path / "c.pcap").write_bytes(capture(13, 15))
    assert followed.shows(0, 15)


def test_interval_without_packets_does_not_hold_up_the_next(follow: Follow, tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(pcap_header())
    followed = follow(tmp_path)
    followed.reader.run(0.2)
    (tmp_path / "b.pcap").write_bytes(capture(0, 5))
    assert followed.shows(0, 5)


def test_file_that_ends_in_the_middle_of_a_packet(
    follow: Follow, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.pcap").write_bytes(capture(0, 6)[:-9])
    (tmp_path / "b.pcap").write_bytes(capture(6, 7))
    followed = follow(tmp_path)
    reader = followed.reader
    reader.packet_count(6)
    assert [packet.octets for packet in reader.packets] == [*frames(0, 5), frame(6)]
    assert followed.source.truncated is not None
    assert str(followed.source.truncated) in caplog.messages


def test_compressed_copy_is_not_read_again(follow: Follow, tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(capture(0, 5))
    followed = follow(tmp_path)
    (tmp_path / "b.pcap").write_bytes(capture(5, 10))
    assert followed.shows(0, 10)
    copy = tmp_path / "a.pcap.gz"
    copy.write_bytes(gzip.compress(capture(0, 5))[:20])
    followed.reader.run(0.2)
    copy.write_bytes(gzip.compress(capture(0, 5)))
    followed.reader.run(0.2)
    path.unlink()
    assert followed.shows(0, 10)


def test_file_that_is_compressed_before_its_turn_is_read_once(follow: Follow, tmp_path: Path) -> None:
    for index in range(3):
        (tmp_path / f"{index}.pcap").write_bytes(capture(index * 5, index * 5 + 5))
    followed = follow(tmp_path)
    (tmp_path / "1.pcap.gz").write_bytes(gzip.compress(capture(5, 10)))
    followed.source._scan_due = 0
    followed.source._scan()
    (tmp_path / "1.pcap").unlink()
    followed.source._scan_due = 0
    followed.source._scan()
    assert followed.shows(0, 15)


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_growing_compressed_file(follow: Follow, tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    octets = compress(capture(0, 20_000))
    path = tmp_path / "a.pcap.packed"
    path.write_bytes(octets[: len(octets) // 2])
    followed = follow(tmp_path)
    followed.reader.run(0.3)
    assert 100 < len(followed.reader.packets) < 20_000
    append(path, octets[len(octets) // 2 :])
    assert followed.shows(0, 20_000)
    assert followed.source.truncations == ()


def test_file_that_is_deleted_while_it_is_read(follow: Follow, tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(capture(0, 5))
    followed = follow(tmp_path)
    assert followed.shows(0, 5)
    with path.open("ab") as daemon:
        path.unlink()
        daemon.write(records(5, 8))
        daemon.flush()
        assert followed.shows(0, 8)
        daemon.write(records(8, 9))
    (tmp_path / "b.pcap").write_bytes(capture(9, 10))
    assert followed.shows(0, 10)


def test_file_that_is_deleted_before_its_turn_is_told(
    follow: Follow, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.pcap").write_bytes(capture(0, 5))
    (tmp_path / "b.pcap").write_bytes(capture(5, 10))
    followed = follow(tmp_path)
    (tmp_path / "b.pcap").unlink()
    assert followed.shows(0, 5)
    assert caplog.messages == [f"{tmp_path / 'b.pcap'}: was deleted before it was read"]


@pytest.mark.parametrize("anew", ["emptied", "replaced"])
def test_ring_of_three_names(follow: Follow, tmp_path: Path, anew: str) -> None:
    followed = follow(tmp_path)
    for number in range(9):
        path = tmp_path / f"ring{number % 3}"
        if anew == "replaced":
            path.unlink(missing_ok=True)  # most file systems give its inode to the next file
        path.write_bytes(b"")
        append(path, capture(number * 5, number * 5 + 4))
        followed.reader.packet_count(number * 5 + 4)
        append(path, records(number * 5 + 4, number * 5 + 5))
        followed.reader.packet_count(number * 5 + 5)
    assert followed.shows(0, 45)


def test_ring_whose_oldest_file_gives_its_inode_to_the_newest(follow: Follow, tmp_path: Path) -> None:
    followed = follow(tmp_path)
    for number in range(6):
        (tmp_path / f"{number - 2}.pcap").unlink(missing_ok=True)
        (tmp_path / f"{number}.pcap").write_bytes(capture(number * 5, number * 5 + 5))
        followed.reader.packet_count(number * 5 + 5)
    assert followed.shows(0, 30)


def test_one_name_written_anew_again_and_again(follow: Follow, tmp_path: Path) -> None:
    """As ``tcpdump -G`` does with a name that has no time in it."""
    followed = follow(tmp_path)
    for number in range(4):
        (tmp_path / "a.pcap").write_bytes(capture(number * 5, number * 5 + 5))
        followed.reader.packet_count(number * 5 + 5)
    assert followed.shows(0, 20)


def test_file_under_a_new_name_is_not_read_again(follow: Follow, tmp_path: Path) -> None:
    (tmp_path / "current").write_bytes(capture(0, 5))
    followed = follow(tmp_path)
    assert followed.shows(0, 5)
    (tmp_path / "current").rename(tmp_path / "2006-03-10.pcap")
    (tmp_path / "current").write_bytes(capture(5, 10))
    assert followed.shows(0, 10)
    (tmp_path / "2006-03-10.pcap").unlink()
    (tmp_path / "2006-03-10.pcap.gz").write_bytes(gzip.compress(capture(0, 5)))
    assert followed.shows(0, 10)


def test_what_is_no_capture_is_told_once_and_passed_over(
    follow: Follow, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "notes.txt").write_text("tcpdump runs since Monday\n")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "old.pcap.xz").write_bytes(b"\xfd7zXZ\0 and so on")
    (tmp_path / "a.pcap").write_bytes(capture(0, 5))
    followed = follow(tmp_path)
    followed.reader.run(1)
    assert followed.shows(0, 5)
    assert len(caplog.messages) == 2
    assert all(message.endswith("; it is passed over") for message in caplog.messages)


def test_file_that_grows_when_a_newer_one_had_begun_is_told(
    follow: Follow, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.pcap").write_bytes(capture(0, 5))
    (tmp_path / "b.pcap").write_bytes(capture(5, 10))
    followed = follow(tmp_path)
    assert followed.shows(0, 10)
    append(tmp_path / "a.pcap", records(10, 11))
    followed.reader.run(0.3)
    assert [message for message in caplog.messages if "a.pcap: grew" in message]


def test_too_many_files_are_passed_over(
    follow: Follow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rotation, "KNOWN_FILES", 3)
    for number in range(5):
        (tmp_path / f"{number}.pcap").write_bytes(capture(number, number + 1))
    followed = follow(tmp_path)
    followed.reader.run(0.5)
    assert len(followed.reader.packets) == 3
    assert caplog.messages == [f"{tmp_path}: has more than 3 files; new ones are passed over"]


def test_clock_goes_on_when_nothing_more_is_written(
    follow: Follow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "WRITING_NANOSECONDS", SECOND // 10)
    followed = follow(tmp_path)
    followed.reader.run(0.1)
    assert followed.source.clock is None
    (tmp_path / "a.pcap").write_bytes(capture(0, 5))
    followed.reader.packet_count(5)
    last = followed.reader.packets[-1].time
    assert followed.source.clock == last
    followed.reader.run(0.5)
    clock = followed.source.clock
    assert last + SECOND // 4 < clock < last + SECOND // 2
    (tmp_path / "b.pcap").write_bytes(pcap_header() + record(frame(5), last + 1000))
    followed.reader.packet_count(6)
    assert followed.source.clock >= clock


def test_idle_folder_gives_empty_batches(monkeypatch: pytest.MonkeyPatch, follow: Follow, tmp_path: Path) -> None:
    monkeypatch.undo()
    followed = follow(tmp_path)
    followed.reader.run(0.5)
    assert followed.reader.longest < 0.15
    (tmp_path / "a.pcap").write_bytes(capture(0, 5))
    followed.reader.run(1)
    assert len(followed.reader.packets) == 5
    assert followed.reader.longest < 0.2


def test_filter(follow: Follow, tmp_path: Path) -> None:
    octets = pcap([frame(0), frame(1, port=80), frame(2)])
    (tmp_path / "a.pcap").write_bytes(octets)
    followed = follow(tmp_path)
    followed.source.set_filter(filter_for_ports([1863]))
    followed.reader.packet_count(2)
    (tmp_path / "b.pcap").write_bytes(pcap([frame(3), frame(4, port=80)], start=START + SECOND))
    packets = followed.reader.packet_count(3)
    assert [packet.number for packet in packets] == [1, 3, 1]
    followed.reader.run(0.1)
    assert (followed.source.counters.received, followed.source.counters.refused) == (5, 2)
    assert len(followed.source.refused_sample) == 2


def test_bad_filter_is_told_though_the_folder_is_empty(tmp_path: Path) -> None:
    with follow_folder(str(tmp_path)) as source, pytest.raises(BadFilter):
        source.set_filter(filter_by_expression("tcp prot"))


def test_names_that_make_no_sense(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for name in (tmp_path / "file", tmp_path / "none"):
        with pytest.raises(NoSuchFile, match="is not a folder"):
            follow_folder(str(name))
    with pytest.raises(Unsupported):
        follow_folder(str(tmp_path), "wireshark")


def test_close_ends_the_batches(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(capture(0, 5))
    source = follow_folder(str(tmp_path))
    batches = source.batches()
    next(batches)
    source.close()
    assert [packet for batch in batches for packet in batch] == []
    with pytest.raises(Closed):
        source.batches()


DAEMONS = {
    "a new name every second": "tcpdump -i tap0 -U -G 1 -w {0}/%s.pcap -Z root",
    "compressed": "tcpdump -i tap0 -U -G 1 -z gzip -w {0}/%s.pcap -Z root",
    "a ring of three names": "tcpdump -i tap0 -U -C 1 -W 3 -w {0}/ring.pcap -Z root",
    "dumpcap's ring": "dumpcap -q -i tap0 -b filesize:500 -b files:3 -w {0}/ring.pcapng",
}


@pytest.mark.parametrize("daemon", DAEMONS)
def test_what_real_daemons_rotate(
    daemon: str, follow: Follow, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    command = DAEMONS[daemon].format(tmp_path).split()
    if shutil.which(command[0]) is None:
        if "CI" in os.environ and command[0] == "tcpdump":
            pytest.fail("tcpdump is needed")
        pytest.skip(f"{command[0]} is not installed")
    caplog.set_level(logging.WARNING)
    with namespace():
        make_pair("tap0", "end0")
        sender = Sender("end0")
        followed = follow(tmp_path)
        reader = followed.reader
        with subprocess.Popen(command, stderr=subprocess.PIPE, cwd=tmp_path) as process:
            assert process.stderr is not None
            try:
                process.stderr.readline()  # it listens
                time.sleep(0.3)
                count = 0
                end = time.monotonic() + 3.5
                while time.monotonic() < end:
                    sender.send(
                        *(ethernet(tcp(payload=b"%06d" % number * 150)) for number in range(count, count + 60))
                    )
                    count += 60
                    reader.run(0.05)
                reader.run(0.3)
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(10)
                process.stderr.read()
        reader.packet_count(count)
        reader.run(0.5)
    numbers = [int(packet.octets[54:60]) for packet in reader.packets]
    assert numbers == list(range(count))
    assert len({packet.source for packet in reader.packets}) >= 3
    assert caplog.messages == []
    assert followed.source.truncations == ()
