"""What every source of capture files does: the contract, run with each reader."""

import gzip
import shutil
import subprocess
from pathlib import Path

import dpkt
import pytest
import zstandard

from capture.errors import BadFilter, Closed
from capture.files import open_files
from capture.filters import filter_by_expression, filter_for_ports
from capture.source import REFUSED_SAMPLE_OCTETS, REFUSED_SAMPLE_PACKETS
from tests.capture.crafting import (
    FILE_READERS,
    LINKS,
    SECOND,
    SHARED,
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

pytestmark = pytest.mark.parametrize("reader", FILE_READERS)

FRAMES = [ethernet(tcp(payload=b"MSG %d" % number)) for number in range(2500)]


def write(path: Path, octets: bytes) -> str:
    path.write_bytes(octets)
    return str(path)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("tick", [1000, 1])
def test_pcap_of_either_byte_order_and_clock(reader: str, tmp_path: Path, order: str, tick: int) -> None:
    name = write(tmp_path / "a.pcap", pcap(FRAMES, order=order, tick=tick))
    with open_files([name], reader) as source:
        assert (source.name, source.reader) == (name, reader)
        assert source.link_types == (1,)
        assert source.clock_resolution == tick
        packets = read(source)
        assert source.counters.received == 2500
        assert source.truncated is None
        assert source.position == source.size == Path(name).stat().st_size
    assert [packet.octets for packet in packets] == FRAMES
    assert [packet.number for packet in packets] == list(range(1, 2501))
    assert packets[3].time == (START + 3_000_000) // tick * tick
    assert {(packet.link_type, packet.source) for packet in packets} == {(1, name)}


def test_capture_written_by_dpkt(reader: str, tmp_path: Path) -> None:
    path = tmp_path / "dpkt.pcap"
    with path.open("wb") as file:
        writer = dpkt.pcap.Writer(file, nano=True)
        for index, frame in enumerate(FRAMES[:10]):
            writer.writepkt_time(frame, 1_142_000_000 + index)
    with open_files([str(path)], reader) as source:
        packets = read(source)
    assert [packet.octets for packet in packets] == FRAMES[:10]
    assert packets[9].time == 1_142_000_009 * SECOND


def test_pcapng(reader: str, tmp_path: Path) -> None:
    name = write(tmp_path / "a.pcapng", pcapng(FRAMES))
    with open_files([name], reader) as source:
        assert source.reader == reader
        packets = read(source)
    assert [packet.octets for packet in packets] == FRAMES
    assert packets[0].time == START // 1000 * 1000


@pytest.mark.parametrize("link_type", LINKS)
def test_link_type_is_the_registrys(reader: str, tmp_path: Path, link_type: int) -> None:
    name = write(tmp_path / "a.pcap", pcap([LINKS[link_type](tcp())], link_type))
    with open_files([name], reader) as source:
        source.set_filter(filter_for_ports([1863]))
        assert [packet.link_type for packet in read(source)] == [link_type]


def test_raw_ip_under_its_other_numbers(reader: str, tmp_path: Path) -> None:
    for number in (12, 14, 101):
        name = write(tmp_path / f"{number}.pcap", pcap([tcp()], number))
        with open_files([name], reader) as source:
            source.set_filter(filter_for_ports([1863]))
            assert [packet.link_type for packet in read(source)] == [101]


def test_kuznetzov_variant(reader: str, tmp_path: Path) -> None:
    packet = record(FRAMES[0])
    name = write(tmp_path / "a.pcap", pcap_header(magic=0xA1B2CD34) + (packet[:16] + b"\1" * 8 + packet[16:]) * 3)
    with open_files([name], reader) as source:
        assert [packet.octets for packet in read(source)] == FRAMES[:1] * 3


def test_lengths_stand_the_other_way_round_before_version_2_3(reader: str, tmp_path: Path) -> None:
    octets = FRAMES[0]
    packet = record(octets)
    swapped = packet[:8] + (len(octets) + 9).to_bytes(4, "little") + packet[8:12] + packet[16:]
    name = write(tmp_path / "a.pcap", pcap_header(minor=2) + swapped)
    with open_files([name], reader) as source:
        assert [packet.octets for packet in read(source)] == [octets]


@pytest.mark.parametrize("seconds", [2**31 + 5, 2**32 - 1])
def test_time_after_2038(reader: str, tmp_path: Path, seconds: int) -> None:
    name = write(tmp_path / "a.pcap", pcap_header() + record(FRAMES[0], seconds * SECOND))
    with open_files([name], reader) as source:
        assert [packet.time for packet in read(source)] == [seconds * SECOND]


def test_simple_packet_block_takes_the_time_before_it(reader: str, tmp_path: Path) -> None:
    simple = block(3, len(FRAMES[1]).to_bytes(4, "little") + FRAMES[1])
    octets = section() + interface(snaplen=65_535) + enhanced(FRAMES[0], START // 1000) + simple
    with open_files([write(tmp_path / "a.pcapng", octets)], reader) as source:
        packets = read(source)
    assert [packet.octets for packet in packets] == FRAMES[:2]
    assert packets[1].time == packets[0].time == START // 1000 * 1000


def test_two_link_types_in_one_file(reader: str, tmp_path: Path) -> None:
    """libpcap refuses the second; what it has read by then must not be read twice, nor numbered anew."""
    octets = (
        section()
        + interface(1)
        + b"".join(enhanced(frame, START // 1000) for frame in FRAMES)
        + interface(101)
        + enhanced(tcp(), START // 1000, 1)
        + enhanced(FRAMES[0], START // 1000, 0)
    )
    with open_files([write(tmp_path / "a.pcapng", octets)], reader) as source:
        source.set_filter(filter_for_ports([1863]))
        packets = read(source)
        assert source.link_types == (1, 101)
        assert source.truncated is None
        assert source.counters.received == 2502
    assert [packet.number for packet in packets] == list(range(1, 2503))
    assert [packet.octets for packet in packets] == [*FRAMES, tcp(), FRAMES[0]]
    assert packets[2500].link_type == 101


@pytest.mark.parametrize("content", [pcap(FRAMES), pcapng(FRAMES)], ids=["pcap", "pcapng"])
@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_compressed_in_several_members(reader: str, tmp_path: Path, content: bytes, compress) -> None:  # type: ignore[no-untyped-def]
    parts = [content[start : start + 50_000] for start in range(0, len(content), 50_000)]
    name = write(tmp_path / "a.pcap.gz", b"".join(compress(part) for part in parts))
    with open_files([name], reader) as source:
        assert source.size == Path(name).stat().st_size
        assert [packet.octets for packet in read(source)] == FRAMES
        assert source.position == source.size
        assert source.truncated is None


def test_gzip_with_zeros_behind_it(reader: str, tmp_path: Path) -> None:
    name = write(tmp_path / "a.pcap.gz", gzip.compress(pcap(FRAMES)) + b"\0" * 600_000)
    with open_files([name], reader) as source:
        assert len(read(source)) == 2500
        assert source.truncated is None


def test_zstd_with_a_skippable_frame(reader: str, tmp_path: Path) -> None:
    skippable = bytes.fromhex("502a4d18") + (5).to_bytes(4, "little") + b"hello"
    content = zstandard.compress(pcap(FRAMES)[:9999]) + skippable + zstandard.compress(pcap(FRAMES)[9999:])
    with open_files([write(tmp_path / "a.zst", content)], reader) as source:
        assert len(read(source)) == 2500
        assert source.truncated is None


def test_empty_capture_has_no_packets(reader: str, tmp_path: Path) -> None:
    for number, octets in enumerate((pcap([]), pcapng([]), section())):
        with open_files([write(tmp_path / str(number), octets)], reader) as source:
            assert read(source) == []
            assert source.truncated is None


def test_filter_keeps_the_numbers_of_the_file(reader: str, tmp_path: Path) -> None:
    frames = [ethernet(tcp(1863 if number % 3 == 0 else 80)) for number in range(3000)]
    with open_files([write(tmp_path / "a.pcap", pcap(frames))], reader) as source:
        source.set_filter(filter_for_ports([1863]))
        assert [packet.number for packet in read(source)] == list(range(1, 3001, 3))
        assert (source.counters.received, source.counters.refused) == (3000, 2000)
        assert source.counters.dropped_kernel is None
        assert [packet.number for packet in source.refused_sample[:4]] == [2, 3, 5, 6]


def test_sample_of_refused_packets_is_bounded(reader: str, tmp_path: Path) -> None:
    frames = [ethernet(tcp(80, payload=b"x" * 500))] * (REFUSED_SAMPLE_PACKETS + 50)
    with open_files([write(tmp_path / "a.pcap", pcap(frames))], reader) as source:
        source.set_filter(filter_for_ports([1863]))
        assert read(source) == []
        assert len(source.refused_sample) == REFUSED_SAMPLE_PACKETS
        assert source.refused_sample[-1].octets == frames[0][:REFUSED_SAMPLE_OCTETS]


def test_bad_filter_tells_libpcaps_reason(reader: str, tmp_path: Path) -> None:
    with open_files([write(tmp_path / "a.pcap", pcap(FRAMES))], reader) as source:
        with pytest.raises(BadFilter, match=r"'tcp prot 1863' for link type 1: .*syntax error"):
            source.set_filter(filter_by_expression("tcp prot 1863"))
        assert len(read(source)) == 2500  # the source is as it was


def test_filter_that_this_link_type_has_not(reader: str, tmp_path: Path) -> None:
    with (
        open_files([write(tmp_path / "usb.pcap", pcap([b"\0" * 64], 220))], reader) as source,
        pytest.raises(BadFilter, match="link type 220: USB link-layer type filtering not implemented"),
    ):
        source.set_filter(filter_for_ports([1863]))


def test_frames_of_an_unfilterable_link_type_are_refused_beside_others(reader: str, tmp_path: Path) -> None:
    octets = (
        section()
        + interface(220)
        + interface(1)
        + enhanced(b"\0" * 64, START // 1000, 0)
        + enhanced(FRAMES[0], START // 1000, 1)
    )
    with open_files([write(tmp_path / "a.pcapng", octets)], reader) as source:
        source.set_filter(filter_for_ports([1863]))
        assert [packet.number for packet in read(source)] == [2]
        assert source.counters.refused == 1


def test_closed_source(reader: str, tmp_path: Path) -> None:
    source = open_files([write(tmp_path / "a.pcap", pcap(FRAMES))], reader)
    batches = source.batches()
    assert len(next(batches)) == 1000
    source.close()
    source.close()
    assert list(batches) == []
    with pytest.raises(Closed, match="was closed"):
        source.batches()
    assert source.counters.received == 1000


def test_segmentation_offload_makes_large_frames(reader: str, tmp_path: Path) -> None:
    frames = [b"\0" * 262_144, b"\1" * 100_000]
    with open_files([write(tmp_path / "a.pcap", pcap(frames))], reader) as source:
        assert [packet.octets for packet in read(source)] == frames


def test_name_with_an_interfaces_name_or_odd_characters(reader: str, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    for name in ("lo", "any", "usbmon1", "a b\udcff.pcap", "-x"):
        Path(name).write_bytes(pcap(FRAMES[:5]))
        with open_files([name], reader) as source:
            assert len(read(source)) == 5


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared captures are not here")
@pytest.mark.parametrize(
    "name",
    ["ppa-msnms.pcap", "zeek-mapi.pcap", "msnp15-emesene.pcapng-nano.pcapng", "msnp15-emesene.seq-wrap.pcap"]
    + [f"msnp15-emesene.{variant}.pcap" for variant in ("vxlan", "link-sll2", "link-null", "vlan-qinq")],
)
def test_agrees_with_tshark(reader: str, name: str) -> None:
    path = SHARED / name
    fields = ["frame.time_epoch", "frame.cap_len"]
    command = ["tshark", "-r", str(path), "-T", "fields", *(part for field in fields for part in ("-e", field))]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    expected = []
    for line in lines:
        time, length = line.split("\t")
        if not time:
            continue  # tshark 4 also lists a pcapng custom block, which is no packet; tcpdump does not
        seconds, fraction = time.split(".")
        expected.append((len(expected) + 1, int(seconds) * SECOND + int(fraction.ljust(9, "0")), int(length)))
    with open_files([str(path)], reader) as source:
        assert [(packet.number, packet.time, len(packet.octets)) for packet in read(source)] == expected


@pytest.mark.skipif(not shutil.which("tcpdump"), reason="tcpdump is not installed")
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared captures are not here")
@pytest.mark.parametrize("name", ["zeek-mapi.pcap", "msnp12-amsn.pcap", "msnp15-emesene.noise-padding.pcap"])
def test_filter_agrees_with_tcpdump(reader: str, name: str) -> None:
    command = ["tcpdump", "-nn", "-r", str(SHARED / name), "tcp port 1863 or greater 700"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    with open_files([str(SHARED / name)], reader) as source:
        source.set_filter(filter_by_expression("tcp port 1863 or greater 700"))
        assert len(read(source)) == sum(line[:2].isdigit() and line[2] == ":" for line in lines)
