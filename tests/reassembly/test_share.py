"""Several engines that take a share of the flows each are one engine that takes all."""

import random
from collections import Counter

import pytest

from reassembly.counters import COMMON, PEAKS, Counters, united
from reassembly.engines import EngineUnavailable, make_engine
from reassembly.events import StreamEvent
from reassembly.native import NativeEngine
from reassembly.share import Share
from tests.reassembly.crafting import Talk
from tests.reassembly.worlds import world

PORTS = frozenset({1863})


def key(talk: Talk, from_client: bool) -> tuple[bytes, int]:
    frame = talk.frame(from_client, 0)
    return (frame[26:38], 4) if frame[12:14] == b"\x08\x00" else (frame[22:58], 16)


def holders(talk: Talk, of: int) -> set[int]:
    """The shares that one direction or the other falls into."""
    return {
        index
        for index in range(of)
        for side in (True, False)
        for octets, size in [key(talk, side)]
        if Share(index, of, PORTS).holds(octets, 0, size)
    }


@pytest.mark.parametrize("seed", range(60))
def test_every_flow_is_of_one_share_in_both_directions(seed: int) -> None:
    dice = random.Random(seed)
    size = dice.choice(["10.1.{}.{}", "2001:db8::{}:{}"])
    ends = [(size.format(dice.randrange(250), dice.randrange(250)), dice.choice([1863, 80, 3000])) for _ in "cs"]
    assert len(holders(Talk(client=ends[0], server=ends[1]), dice.randrange(1, 9))) == 1


def test_a_client_host_is_of_one_share_whatever_its_port_and_server() -> None:
    for server in ("192.0.2.1", "198.51.100.77"):
        for port in (1024, 40_000, 65_535):
            talk = Talk(client=("10.0.0.1", port), server=(server, 1863))
            assert holders(talk, 5) == holders(Talk(client=("10.0.0.1", 1)), 5)


def test_shares_are_the_same_in_every_process() -> None:
    # Worker processes are started anew: what Python's own hash gives differs from one to the next.
    shares = [holders(Talk(client=(f"10.0.0.{host}", 40_000)), 4).pop() for host in range(12)]
    assert shares == [holders(Talk(client=(f"10.0.0.{host}", 99)), 4).pop() for host in range(12)]
    assert shares == [3, 2, 3, 1, 2, 2, 3, 1, 2, 3, 2, 1]


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("of", [2, 3, 4, 7])
def test_shares_are_about_equal(version: int, of: int) -> None:
    hosts = [f"10.0.{n >> 8}.{n & 255}" if version == 4 else f"2001:db8::{n:x}" for n in range(300)]
    server = "192.0.2.1" if version == 4 else "2001:db8:1::1"
    counts = Counter(holders(Talk((host, 5_000), (server, 1863)), of).pop() for host in hosts)
    assert all(abs(count * of / len(hosts) - 1) < 0.5 for count in counts.values())
    assert len(counts) == of


def test_there_is_no_share_beyond_the_last() -> None:
    for index in (-1, 2):
        with pytest.raises(ValueError, match="no share"):
            Share(index, 2, PORTS)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("separate_vlans", [False, True])
def test_shares_together_are_the_whole(seed: int, separate_vlans: bool) -> None:
    packets = world(seed)

    def run(share: tuple[int, int] | None) -> tuple[list[str], dict[str, int]]:
        events: list[StreamEvent] = []
        engine = NativeEngine(events.append, server_ports=PORTS, separate_vlans=separate_vlans, share=share)
        engine.feed_all(packets)
        engine.close()
        return [repr(event) for event in events], engine.counters.as_dict()

    said, counted = run(None)
    of = seed % 4 + 1
    shares = [run((index, of)) for index in range(of)]
    assert sorted(event for told, _ in shares for event in told) == sorted(said)
    for told, _ in shares:  # each in the order in which they are said there, too
        assert told == [event for event in said if event in set(told)]
    together = united([counts for _, counts in shares])
    for name, count in counted.items():
        assert (together[name] >= count) if name in PEAKS else (together[name] == count), name


def test_what_is_counted_in_common_exists() -> None:
    assert set(Counters().as_dict()) >= COMMON | PEAKS


def test_libnids_shares_nothing() -> None:
    with pytest.raises(EngineUnavailable, match="native"):
        make_engine("libnids", print, server_ports=PORTS, share=(0, 2))
