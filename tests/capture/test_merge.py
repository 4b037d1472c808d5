"""Several files as one capture."""

import os
import random
import resource
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from capture.errors import BadFilter, CaptureError, Closed
from capture.files import open_files
from capture.filters import filter_by_expression, filter_for_ports
from capture.packet import Packet
from capture.source import Source
from tests.capture.crafting import (
    FILE_READERS,
    SECOND,
    START,
    enhanced,
    ethernet,
    interface,
    pcap,
    pcap_header,
    read,
    record,
    section,
    tcp,
)


@pytest.fixture(params=FILE_READERS)
def reader(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def capture_of(path: Path, seconds: list[int], link_type: int = 1) -> str:
    """A file with one packet at each of these seconds after START."""
    packets = (record(ethernet(tcp()), START + second * SECOND) for second in seconds)
    path.write_bytes(pcap_header(link_type) + b"".join(packets))
    return str(path)


def order(packets: list[Packet]) -> list[tuple[int, str]]:
    return [((packet.time - START // 1000 * 1000) // SECOND, Path(packet.source).name) for packet in packets]


def merged(names: list[str], reader: str) -> list[tuple[int, str]]:
    with open_files(names, reader) as source:
        return order(read(source))


def test_rotated_files_in_any_order(tmp_path: Path, reader: str) -> None:
    late = capture_of(tmp_path / "late", [11, 12])
    early = capture_of(tmp_path / "early", [1, 2])
    assert merged([late, early], reader) == [(1, "early"), (2, "early"), (11, "late"), (12, "late")]


def test_overlapping_files_interleave(tmp_path: Path, reader: str) -> None:
    one = capture_of(tmp_path / "one", [1, 3, 5, 9])
    two = capture_of(tmp_path / "two", [2, 4, 6])
    assert [second for second, _ in merged([one, two], reader)] == [1, 2, 3, 4, 5, 6, 9]


def test_equal_times_keep_the_order_of_the_names(tmp_path: Path, reader: str) -> None:
    one = capture_of(tmp_path / "one", [1, 2, 2])
    two = capture_of(tmp_path / "two", [1, 2])
    in_order = [(1, "one"), (1, "two"), (2, "one"), (2, "one"), (2, "two")]
    assert merged([one, two], reader) == in_order
    other = [(1, "two"), (1, "one"), (2, "two"), (2, "one"), (2, "one")]
    assert merged([two, one], reader) == other


def test_order_within_a_file_is_kept(tmp_path: Path, reader: str) -> None:
    one = capture_of(tmp_path / "one", [5, 1, 7])
    two = capture_of(tmp_path / "two", [4, 6])
    assert merged([one, two], reader) == [(4, "two"), (5, "one"), (1, "one"), (6, "two"), (7, "one")]


def test_random_captures_are_all_there_in_time_order(tmp_path: Path, reader: str) -> None:
    rng = random.Random(5)
    seconds = [sorted(rng.choices(range(900), k=rng.randrange(3000))) for _ in range(6)]
    names = [capture_of(tmp_path / str(number), times) for number, times in enumerate(seconds)]
    expected = sorted((second, str(number)) for number, times in enumerate(seconds) for second in times)
    assert merged(names, reader) == expected


def test_one_source_over_all(tmp_path: Path, reader: str) -> None:
    names = [
        capture_of(tmp_path / "a", [1, 2]),
        capture_of(tmp_path / "b", [3], 101),
        capture_of(tmp_path / "c", []),
    ]
    nano = tmp_path / "d"
    nano.write_bytes(pcap([ethernet(tcp())], tick=1))
    with open_files([*names, str(nano)], reader) as source:
        assert source.name == f"{names[0]} and 3 more"
        assert source.reader == reader
        assert source.link_types == (1, 101)
        assert source.clock_resolution == 1000
        assert source.size == sum(Path(name).stat().st_size for name in [*names, str(nano)])
        positions = [source.position for _ in source.batches()]
        assert positions == sorted(positions, key=lambda position: position or 0)
        assert source.position == source.size
        assert source.counters.received == 4
        assert source.truncations == ()


def test_numbers_are_those_of_each_file(tmp_path: Path, reader: str) -> None:
    names = [capture_of(tmp_path / "a", [1, 3]), capture_of(tmp_path / "b", [2, 4])]
    with open_files(names, reader) as source:
        assert [packet.number for packet in read(source)] == [1, 1, 2, 2]


def test_filter_of_all_files(tmp_path: Path, reader: str) -> None:
    names = [capture_of(tmp_path / "a", [1, 3]), capture_of(tmp_path / "usb", [2, 4], 220)]
    with open_files(names, reader) as source:
        with pytest.raises(BadFilter, match="syntax error"):
            source.set_filter(filter_by_expression("tcp prot"))
        source.set_filter(filter_for_ports([1863]))
        assert order(read(source)) == [(1, "a"), (3, "a")]
        assert (source.counters.received, source.counters.refused) == (4, 2)
        assert len(source.refused_sample) == 2


def test_interface_that_appears_later_shows_in_the_link_types(tmp_path: Path, reader: str) -> None:
    name = capture_of(tmp_path / "a", [1])
    (tmp_path / "b").write_bytes(
        section()
        + interface(1)
        + b"".join(enhanced(ethernet(tcp(payload=b"x" * 900)), START // 1000) for _ in range(900))
        + interface(101)
        + enhanced(tcp(), START // 1000, 1)
    )
    with open_files([name, str(tmp_path / "b")], reader) as source:
        assert source.link_types == (1,)
        assert len(read(source)) == 902
        assert source.link_types == (1, 101)


def test_more_files_than_descriptors(tmp_path: Path, reader: str) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    in_use = max(int(name) for name in os.listdir("/dev/fd"))
    names = [capture_of(tmp_path / str(number), [2 * number, 2 * number + 1]) for number in range(100)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (in_use + 12, hard))
    try:
        with open_files(names, reader) as source:
            assert [second for second, _ in order(read(source))] == list(range(200))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_file_that_vanished_meanwhile(tmp_path: Path, reader: str) -> None:
    names = [capture_of(tmp_path / "a", [1]), capture_of(tmp_path / "b", [2])]
    with open_files(names, reader) as source:
        Path(names[1]).unlink()
        with pytest.raises(CaptureError, match="no such file"):
            read(source)


def test_closing_in_the_middle(tmp_path: Path, reader: str) -> None:
    names = [capture_of(tmp_path / "a", [1] * 3000), capture_of(tmp_path / "b", [1] * 3000)]
    source = open_files(names, reader)
    batches: Iterator[list[Packet]] = source.batches()
    assert next(batches)
    source.close()
    source.close()
    assert [packet for batch in batches for packet in batch] == []
    with pytest.raises(Closed):
        source.batches()


def test_named_pipe_among_files(tmp_path: Path, reader: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = Path(capture_of(tmp_path / "a", [1, 5])).read_bytes()
    other = capture_of(tmp_path / "b", [2, 6])
    thread = threading.Thread(target=lambda: pipe.write_bytes(content))
    thread.start()
    with open_files([other, str(pipe)], reader) as source:
        assert order(read(source)) == [(1, "pipe"), (2, "b"), (5, "pipe"), (6, "b")]
        assert (source.size, source.position) == (None, None)
    thread.join()


def test_merged_source_keeps_the_contract(tmp_path: Path) -> None:
    names = [capture_of(tmp_path / "a", [1]), capture_of(tmp_path / "b", [2])]
    source: Source = open_files(names)
    with source as same:
        assert same is source
    for name in (name for name in vars(Source) if not name.startswith("_")):
        assert hasattr(source, name)
