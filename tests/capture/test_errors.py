"""What the user reads when a capture cannot be opened, or ends before its end."""

import gzip
import io
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from capture import bpf, compiled, pypcap_source
from capture.errors import CaptureError, GivenTwice, NoSuchFile, NotACapture, NotReadable, Unsupported
from capture.files import open_files
from tests.capture.crafting import (
    FILE_READERS,
    START,
    block,
    enhanced,
    ethernet,
    interface,
    pcap,
    pcap_header,
    pcapng,
    read,
    record,
    section,
    tcp,
)

FRAMES = [ethernet(tcp(payload=b"MSG %d" % number)) for number in range(2500)]
PCAP = pcap(FRAMES)
NOISE = [ethernet(tcp(payload=os.urandom(200))) for _ in range(2500)]  # so that compression has blocks


@pytest.fixture(params=FILE_READERS)
def reader(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def refused(names: list[str], kind: type[CaptureError], reader: str | None = None) -> str:
    """The message with which opening them fails."""
    with pytest.raises(kind) as caught:
        open_files(names, reader)
    message = str(caught.value)
    assert "\n" not in message
    return message


def cut(path: Path, octets: bytes, reader: str | None = None) -> tuple[int, str]:
    """Packets read of a capture that is cut off or damaged, and what the user reads about it."""
    path.write_bytes(octets)
    with open_files([str(path)], reader) as source:
        packets = read(source)
        assert source.truncated is not None
        assert source.truncations == (source.truncated,)
        assert [packet.number for packet in packets] == list(range(1, len(packets) + 1))
        return len(packets), str(source.truncated).replace(str(path), "FILE")


def test_no_such_file(tmp_path: Path) -> None:
    name = str(tmp_path / "missing.pcap")
    assert refused([name], NoSuchFile) == f"{name}: no such file: check the name and the directory"
    assert "no such file" in refused([""], NoSuchFile)
    assert "is not a file name" in refused(["a\0b"], NoSuchFile)


def test_missing_second_file_is_told_before_work_starts(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(PCAP)
    assert "no such file" in refused([str(tmp_path / "a.pcap"), str(tmp_path / "b.pcap")], NoSuchFile)


def test_directory_and_device(tmp_path: Path) -> None:
    assert refused([str(tmp_path)], NoSuchFile) == f"{tmp_path}: is a directory: name the capture files in it"
    assert "neither a file nor a pipe" in refused([os.devnull], NoSuchFile)


def test_not_readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.pcap").write_bytes(PCAP)

    def denied(*_arguments: object) -> int:  # the tests may run as root, who may read everything
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", denied)
        message = refused([str(tmp_path / "a.pcap")], NotReadable)
    assert message == f"{tmp_path / 'a.pcap'}: permission denied: ask its owner, or change its mode"


def test_too_many_open_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.pcap").write_bytes(PCAP)

    def exhausted(*_arguments: object) -> int:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", exhausted)
        assert "ulimit -n" in refused([str(tmp_path / "a.pcap")], CaptureError)


def test_empty_file(tmp_path: Path, reader: str) -> None:
    name = str(tmp_path / "a.pcap")
    Path(name).touch()
    assert refused([name], NotACapture, reader) == f"{name}: is empty (0 octets): was anything captured?"


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (b"This is my shopping list.\n", "is not a capture: pcap and pcapng are read, also gzip or zstd"),
        (
            gzip.compress(b"This is my shopping list.\n", mtime=0),
            "is not a capture: pcap and pcapng are read, also gzip or",
        ),
        (b"\xd4\xc3", "is too short for a capture: copy it again"),
        (PCAP[:23], "ends or breaks within its file header: copy it again"),
        (pcapng(FRAMES)[:20], "ends or breaks within its file header: copy it again"),
        (b"\x0a\x0d\x0d\x0a" + b"\xff" * 40, "ends or breaks within its file header: copy it again"),
        (gzip.compress(PCAP, mtime=0)[:12], "holds no capture: its gzip stream is broken: copy it again"),
        (b"\x28\xb5\x2f\xfd\xff\xff\xff\xff", "holds no capture: its zstd stream is broken: copy it again"),
    ],
)
def test_not_a_capture(tmp_path: Path, reader: str, octets: bytes, message: str) -> None:
    name = str(tmp_path / "a.pcap")
    Path(name).write_bytes(octets)
    assert f"{name}: {message}" in refused([name], NotACapture, reader)


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (b"BZh91AY&SY", "is compressed with bzip2: decompress it first"),
        (b"\xfd7zXZ\0\0\4", "is compressed with xz: decompress it first"),
        (b"PK\3\4aaaa", "is a ZIP archive: unpack it"),
        (b"snoop\0\0\0\0\0\0\2", "is a snoop capture: convert it with editcap"),
        (pcap_header(minor=9), "is a pcap file of version 2.9"),
        (section().replace(b"\1\0\0\0\xff", b"\2\0\0\0\xff"), "is a pcapng file of version 2.0"),
    ],
)
def test_unsupported(tmp_path: Path, reader: str, octets: bytes, message: str) -> None:
    name = str(tmp_path / "a.pcap")
    Path(name).write_bytes(octets)
    assert f"{name}: {message}" in refused([name], Unsupported, reader)


def test_the_same_file_twice(tmp_path: Path) -> None:
    name = str(tmp_path / "a.pcap")
    Path(name).write_bytes(PCAP)
    other = str(tmp_path / "link.pcap")
    Path(other).symlink_to(name)
    assert refused([name, name], GivenTwice) == f"{name}: is given twice: name every capture once"
    assert refused([name, other], GivenTwice) == (
        f"{other}: is given twice, the first time as {name}: name every capture once"
    )
    assert refused(["-", name, "-"], GivenTwice) == "-: is given twice: name every capture once"


def test_no_name_and_unknown_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no capture file is named" in refused([], CaptureError)
    assert (
        refused(["x"], Unsupported, "winpcap")
        == "no source is called 'winpcap': take one of libpcap, pypcap, savefile"
    )
    monkeypatch.setattr(pypcap_source, "AVAILABLE", False)
    assert "pypcap is not installed" in refused(["x"], Unsupported, "pypcap")
    monkeypatch.setattr(compiled, "LIBPCAP", False)
    assert "was not compiled" in refused(["x"], Unsupported, "libpcap")


def test_without_the_compiled_part_files_are_read_all_the_same_and_that_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(compiled, "LIBPCAP", False)
    monkeypatch.setattr(pypcap_source, "AVAILABLE", False)
    compiled.say_slower.cache_clear()
    caplog.set_level(logging.INFO, "capture")
    (tmp_path / "a.pcap").write_bytes(PCAP)
    for _ in range(2):
        with open_files([str(tmp_path / "a.pcap")]) as source:
            assert source.reader == "savefile"
            assert read(source)[0].wire_length == len(FRAMES[0])
    assert [message for message in caplog.messages if "slower" in message] == [
        f"{compiled.MISSING}; reading by savefile, which is slower"
    ]


def test_without_libpcap_filters_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bpf, "_LIBRARIES", ("libpcap-that-is-not-there.so",))
    monkeypatch.setattr("ctypes.util.find_library", lambda _name: None)
    bpf._libpcap.cache_clear()
    with pytest.raises(Unsupported, match="libpcap is not on this machine"):
        bpf.Program("tcp", 1)


@pytest.mark.parametrize("beyond", [1, 15, 16, 17, 60])
def test_cut_off_within_a_packet(tmp_path: Path, reader: str, beyond: int) -> None:
    end = 24 + 2000 * 16 + sum(len(frame) for frame in FRAMES[:2000])
    count, message = cut(tmp_path / "a.pcap", PCAP[: end + beyond], reader)
    assert count == 2000
    assert message == (f"FILE: cut off in the middle of a packet record at octet {end}; what came before was read")


def test_cut_off_within_a_pcapng_block(tmp_path: Path, reader: str) -> None:
    last = len(pcapng(FRAMES[-1:])) - len(pcapng([]))
    content = pcapng(FRAMES)
    for missing in (1, 4, 40, last - 1, last - 9):
        count, message = cut(tmp_path / "a.pcapng", content[:-missing], reader)
        assert count == 2499
        assert message == (
            f"FILE: cut off in the middle of a pcapng block at octet {len(content) - last};"
            " what came before was read"
        )


def test_cut_off_within_a_huge_block_that_is_skipped(tmp_path: Path, reader: str) -> None:
    content = pcapng(FRAMES[:3])
    claim = (0x0BAD0000).to_bytes(4, "little") + (0xFFFFFFF0).to_bytes(4, "little")
    count, message = cut(tmp_path / "a.pcapng", content + claim + b"x" * 700_000, reader)
    assert count == 3
    assert f"cut off in the middle of a pcapng block at octet {len(content)}" in message


def test_huge_unknown_block_is_skipped_without_being_held(tmp_path: Path, reader: str) -> None:
    content = pcapng(FRAMES[:3])
    huge = block(0x0BAD0000, b"x" * 20_000_000)
    (tmp_path / "a.pcapng").write_bytes(content + huge + content)
    with open_files([str(tmp_path / "a.pcapng")], reader) as source:
        assert [packet.number for packet in read(source)] == [1, 2, 3, 4, 5, 6]
        assert source.truncated is None


@pytest.mark.parametrize("missing", [1, 8, 1000])
def test_cut_off_gzip(tmp_path: Path, reader: str, missing: int) -> None:
    content = gzip.compress(pcap(NOISE))[:-missing]
    count, message = cut(tmp_path / "a.pcap.gz", content, reader)
    assert count >= 2490 if missing > 8 else count == 2500
    assert message == (
        f"FILE: cut off in the middle of a gzip stream at octet {len(content)}; what came before was read"
    )


def test_cut_off_zstd(tmp_path: Path, reader: str) -> None:
    content = zstandard.compress(pcap(NOISE))[:-50]
    count, message = cut(tmp_path / "a.pcap.zst", content, reader)
    assert count > 1500  # all blocks but the last: 128 KiB each
    assert message == (
        f"FILE: cut off in the middle of a zstd stream at octet {len(content)}; what came before was read"
    )


def test_corrupt_gzip_gives_everything_in_front_of_the_damage(tmp_path: Path, reader: str) -> None:
    content = bytearray(gzip.compress(pcap(NOISE), compresslevel=0))
    at = 10  # RFC 1952: the first block; RFC 1951, 3.2.4: stored blocks tell their length twice
    good = 0
    for _ in range(5):
        length = int.from_bytes(content[at + 1 : at + 3], "little")
        good += length
        at += 5 + length
    content[at + 3] ^= 0xFF
    count, message = cut(tmp_path / "a.pcap.gz", bytes(content), reader)
    assert count == (good - 24) // (16 + len(NOISE[0]))
    assert message == (
        f"FILE: damaged in a gzip stream at octet {at + 4}"
        " (Error -3 while decompressing data: invalid stored block lengths); what came before was read"
    )


def test_corrupt_zstd(tmp_path: Path, reader: str) -> None:
    content = zstandard.ZstdCompressor(write_checksum=True).compress(pcap(NOISE))
    count, message = cut(tmp_path / "a.pcap.zst", content[:-4] + b"abcd", reader)
    assert count == 2500
    assert "damaged in a zstd stream at octet" in message
    assert "checksum" in message


def test_octets_that_are_no_gzip_behind_gzip(tmp_path: Path, reader: str) -> None:
    count, message = cut(tmp_path / "a.pcap.gz", gzip.compress(PCAP) + b"rubbish", reader)
    assert count == 2500
    assert "damaged in a gzip stream" in message


def test_cut_off_before_it_was_compressed(tmp_path: Path, reader: str) -> None:
    count, message = cut(tmp_path / "a.pcap.gz", gzip.compress(PCAP[:-5]), reader)
    assert count == 2499
    assert "a packet record at octet" in message
    assert "of its decompressed data; what came before was read" in message


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (record(b"")[:8] + b"\xff" * 8, "a packet of 4294967295 octets, more than 262144"),
        (record(b"")[:8] + (262_145).to_bytes(4, "little") * 2, "a packet of 262145 octets, more than 262144"),
    ],
)
def test_hostile_length_in_pcap(tmp_path: Path, reader: str, wrong: bytes, message: str) -> None:
    count, text = cut(tmp_path / "a.pcap", PCAP + wrong + PCAP[24:], reader)
    assert count == 2500
    assert text == f"FILE: damaged in a packet record at octet {len(PCAP)} ({message}); what came before was read"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (b"\6\0\0\0\3\0\0\0" + b"\0" * 20, "a block of type 6 and 3 octets"),
        (b"\6\0\0\0\x25\0\0\0" + b"\0" * 40, "a block of type 6 and 37 octets"),
        (b"\6\0\0\0\x40\0\0\x7f" + b"\0" * 40, "a block of type 6 and 2130706496 octets"),
        (b"\x99\0\0\0\x10\0\0\0\0\0\0\0\x14\0\0\0", "a block whose two lengths differ"),
        (enhanced(b"1234", 1, 7), "a packet of interface 7, which is not described"),
        (enhanced(b"1234", 1).replace(b"\4\0\0\0", b"\xff\xff\0\0", 1), "a packet of 65535 octets in a block of"),
        (b"\x0a\x0d\x0d\x0a\x1c\0\0\0" + b"what" + b"\0" * 20, "a section without byte order"),
        (section() + block(3, b"\4\0\0\0abcd"), "a packet before any interface is described"),
    ],
)
def test_hostile_pcapng(tmp_path: Path, reader: str, wrong: bytes, message: str) -> None:
    content = pcapng(FRAMES)
    count, text = cut(tmp_path / "a.pcapng", content + wrong + content, reader)
    assert count == 2500
    assert text.startswith("FILE: damaged in a pcapng block at octet ")
    assert message in text


def test_interfaces_without_end(tmp_path: Path) -> None:
    """libpcap goes on, for all it keeps of them is their number; we keep a clock each."""
    _, text = cut(tmp_path / "a.pcapng", pcapng(FRAMES) + interface() * 65_536, "savefile")
    assert "more than 65536 interfaces" in text


def test_every_cut_of_several_files_is_told(tmp_path: Path, reader: str) -> None:
    names = []
    for number in range(3):
        names.append(str(tmp_path / f"{number}.pcap"))
        Path(names[-1]).write_bytes(pcap(FRAMES[:10], start=START + number)[: -number or None])
    with open_files(names, reader) as source:
        assert len(read(source)) == 28
        assert [truncation.source for truncation in source.truncations] == names[1:]
        assert source.truncated == source.truncations[0]


@pytest.fixture
def standard_input() -> Iterator[io.FileIO]:
    """The writing end of a pipe that is the process's standard input."""
    saved = os.dup(0)
    reading, writing = os.pipe()
    os.dup2(reading, 0)
    os.close(reading)
    with io.FileIO(writing, "w") as file:
        yield file
    os.dup2(saved, 0)
    os.close(saved)


@pytest.mark.parametrize(
    "octets",
    [PCAP, pcapng(FRAMES), gzip.compress(PCAP, mtime=0), zstandard.compress(pcapng(FRAMES))],
    ids=["pcap", "pcapng", "gzip", "zstd"],
)
def test_standard_input(standard_input: io.FileIO, reader: str, octets: bytes) -> None:
    def feed() -> None:
        standard_input.write(octets[:1])
        standard_input.write(octets[1:7])
        view = memoryview(octets)[7:]
        while view:
            view = view[standard_input.write(view) :]
        standard_input.close()

    thread = threading.Thread(target=feed)
    thread.start()
    with open_files(["-"], reader) as source:
        assert (source.name, source.size, source.position) == ("-", None, None)
        packets = read(source)
        assert source.truncated is None
    thread.join()
    assert [packet.octets for packet in packets] == FRAMES
    assert packets[0].source == "-"
    os.fstat(0)  # standard input is not ours to close


def test_silent_standard_input_gives_empty_batches(standard_input: io.FileIO) -> None:
    standard_input.write(PCAP[: 24 + 16 + len(FRAMES[0])])
    with open_files(["-"]) as source:
        batches = source.batches()
        assert len(next(batches)) == 1
        assert next(batches) == []
        assert next(batches) == []
        standard_input.write(PCAP[24 + 16 + len(FRAMES[0]) : 500])
        assert next(batches)
        standard_input.close()
        assert [batch for batch in batches if batch] == []
        assert source.truncated


def test_standard_input_that_is_empty_or_a_directory(standard_input: io.FileIO, tmp_path: Path) -> None:
    standard_input.close()
    assert refused(["-"], NotACapture) == "-: is empty (0 octets): was anything captured?"
    descriptor = os.open(tmp_path, os.O_RDONLY)
    os.dup2(descriptor, 0)
    os.close(descriptor)
    assert "standard input is a directory" in refused(["-"], NoSuchFile)


def test_standard_input_that_is_a_terminal(standard_input: io.FileIO) -> None:
    master, slave = os.openpty()
    os.dup2(slave, 0)
    assert "standard input is a terminal" in refused(["-"], NoSuchFile)
    os.close(master)
    os.close(slave)


def test_named_pipe(tmp_path: Path, reader: str) -> None:
    name = str(tmp_path / "pipe")
    os.mkfifo(name)
    thread = threading.Thread(target=lambda: Path(name).write_bytes(PCAP))
    thread.start()
    with open_files([name], reader) as source:
        assert len(read(source)) == 2500
    thread.join()


def test_no_descriptor_is_left_open(tmp_path: Path, reader: str) -> None:
    before = len(os.listdir("/dev/fd"))
    names = [str(tmp_path / name) for name in ("a.pcap", "b.pcap", "c.txt")]
    for name, content in zip(names, (PCAP, pcapng(FRAMES), b"no capture"), strict=True):
        Path(name).write_bytes(content)
    refused(names, NotACapture, reader)
    for _ in range(3):
        with open_files(names[:2], reader) as source:
            next(source.batches())
        with open_files(names[:1], reader) as source:
            read(source)
    assert len(os.listdir("/dev/fd")) == before
