"""Records out equal what was said: random conversations under everything a tap does to them."""

import os
from collections import Counter
from collections.abc import Callable
from functools import cache, partial
from itertools import count
from typing import Any
from zlib import crc32

import pytest

from tests.simulator import links, nasties, tunnels
from tests.simulator.cases import SCRIPTS
from tests.simulator.exchanges import FILES, gateway_files
from tests.simulator.gateway import PROXY, Gateway
from tests.simulator.hostile import hostile_files
from tests.simulator.packets import Frame
from tests.simulator.proxies import Proxy
from tests.simulator.scripts import random_world
from tests.simulator.sent import Sent, survived
from tests.simulator.tcp import Shape
from tests.simulator.truth import Said, witnessed
from tests.simulator.world import Capture, World
from tests.truth import compare, faults_of_files, known_of, replayed

Nasty = Callable[[list[Frame]], list[Frame]]

HARMLESS: dict[str, Nasty] = {
    "as it was": list,
    "neighbours shuffled": nasties.reorder,
    "retransmitted, cut anew": nasties.retransmit,
    "every packet twice": nasties.duplicate,
    "acknowledged before seen": nasties.acknowledged_early,
    "holes filled late": nasties.fill_late,
    "keep-alives": nasties.keep_alives,
    "conflicting copies": nasties.conflict,
    "no handshake": nasties.no_handshake,
    "sequence wrap": nasties.seq_wrap,
    "802.1Q": lambda frames: links.vlan(frames, (0x8100, 42)),
    "IPv6": links.ipv6,
    "padding": links.pad,
    "bad checksums": links.bad_checksums,
    "offloaded segments": links.offload,
    "other traffic on the port": links.noise,
}
"""What hides nothing: every text must be found, with its sender and recipients, once."""

PARTIAL: dict[str, Nasty] = {
    "client side only": nasties.client_side_only,
    "server side only": nasties.server_side_only,
    "joined in the middle": nasties.start_in_middle,
    "1 % lost": lambda frames: nasties.drop(frames, rate=0.01)[0],
    "5 % lost": lambda frames: nasties.drop(frames, rate=0.05)[0],
}
"""What hides some of it: whatever is recorded must have been said, by that sender, to those recipients."""

SEEDS = range(1, 1 + int(os.environ.get("RCDS_SEEDS", "3")))
MAX_FRAMES = 6000
"""Worlds that are cut into tiny segments are for the engine's own tests."""
FEWER_FRAMES = 2000
"""What is the same for every packet need not be shown on many."""


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("nasty", HARMLESS)
def test_every_text_is_recorded_once_and_nothing_else(nasty: str, seed: int) -> None:
    capture = random_world(seed, length=30).capture()
    frames = HARMLESS[nasty](capture.frames[:MAX_FRAMES])
    truth = witnessed(capture.truth, frames)
    for account in accounts(truth):
        missing, invented = compare(replayed(frames, account), truth, account)
        assert not missing
        assert not invented


def world_for(name: str) -> Capture:
    """Another world for each name, the same each time, with texts and not cut into tiny segments."""
    seed = crc32(name.encode()) % 20
    captures = (random_world(number, length=20).capture() for number in count(seed))
    return next(
        capture
        for capture in captures
        if len(capture.frames) <= FEWER_FRAMES
        and any(said.kind == "message" for said in witnessed(capture.truth, capture.frames))
    )


@pytest.mark.parametrize("tunnel", tunnels.TUNNELS)
def test_tunnels_and_fragments_hide_nothing(tunnel: str) -> None:
    capture = world_for(tunnel)
    frames = tunnels.TUNNELS[tunnel](capture.frames)
    assert_exactly_what_was_said(capture.truth, frames)


@pytest.mark.parametrize("inner", ["IPv6", "802.1Q", "every packet twice", "holes filled late"])
@pytest.mark.parametrize("tunnel", ["MPLS", "PPPoE", "GRE", "ERSPAN II", "IP in IP", "VXLAN", "GTP-U"])
def test_tunnels_carry_whatever_there_is(tunnel: str, inner: str) -> None:
    capture = world_for(tunnel + inner)
    frames = tunnels.TUNNELS[tunnel](HARMLESS[inner](capture.frames))
    assert_exactly_what_was_said(capture.truth, frames)


@pytest.mark.parametrize("extensions", [False, True])
@pytest.mark.parametrize("size", [8, 256])
def test_fragments_of_ipv6_hide_nothing(size: int, extensions: bool) -> None:
    capture = world_for(str(size))
    frames = links.ipv6(capture.frames, extensions=extensions)
    frames = tunnels.fragments(frames, size, shuffled=True, doubled=size == 8)
    assert_exactly_what_was_said(capture.truth, frames)


@pytest.mark.parametrize("link", tunnels.OTHER_LINKS)
def test_other_links_hide_nothing(link: str) -> None:
    capture = world_for(link)
    frames = tunnels.on_link(capture.frames, link)
    assert_exactly_what_was_said(capture.truth, frames, link_type=tunnels.OTHER_LINKS[link][0])


COPIES: dict[str, Nasty] = {
    "TTL and MAC": nasties.duplicate,
    "tag": lambda frames: tunnels.seen_twice(frames, lambda copies: links.vlan(copies, (0x8100, 7))),
    "tags, seen before the plain one": lambda frames: tunnels.seen_twice(
        frames, lambda copies: links.vlan(copies, (0x88A8, 9), (0x8100, 7)), after=-15_000
    ),
    "a tag around the tag": lambda frames: tunnels.seen_twice(
        links.vlan(frames, (0x8100, 5)), lambda copies: links.vlan(copies, (0x8100, 6))
    ),
    "a tunnel around it": lambda frames: tunnels.seen_twice(frames, tunnels.vxlan),
    "a tunnel around it, seen before": lambda frames: tunnels.seen_twice(frames, tunnels.vxlan, after=-15_000),
    "fragments and whole": lambda frames: tunnels.seen_twice(
        frames, lambda copies: tunnels.fragments(copies, 128, ident=9)
    ),
}
"""In what the second copy of every packet differs."""


@pytest.mark.parametrize("copy", COPIES)
def test_copies_of_a_mirror_count_once(copy: str) -> None:
    capture = world_for(copy)
    assert_exactly_what_was_said(capture.truth, COPIES[copy](capture.frames))


@pytest.mark.parametrize("separate", [False, True])
def test_two_networks_with_the_same_addresses_are_kept_apart(separate: bool) -> None:
    here, there = (network(seed, people) for seed, people in ((31, ("alice", "bob")), (32, ("carol", "dave"))))
    frames = here.capture().frames
    others = tunnels.same_addresses(frames, there.capture().frames)
    both = nasties.in_order(links.vlan(frames, (0x8100, 10)) + links.vlan(others, (0x8100, 20)))
    assert_exactly_what_was_said(
        here.capture().truth + there.capture().truth, both, **({"separate_vlans": True} if separate else {})
    )


def network(seed: int, people: tuple[str, str]) -> World:
    """A private network in which two people talk all the time."""
    world = World(version=12, seed=seed)
    one, other = (world.account(f"{name}@example.org", name.title()) for name in people)
    one.login()
    other.login()
    chat = one.opens_chat(other)
    for number in range(20):
        chat.says(one, f"{people[0]} says {number}")
        chat.says(other, f"{people[1]} answers {number}" * (number * 40 + 1))
    return world


def assert_exactly_what_was_said(told: list[Said], frames: list[Frame], **settings: Any) -> None:
    """Each text once, with its sender and recipients, and nothing else."""
    truth = witnessed(told, frames)
    assert any(said.kind == "message" for said in truth)
    for account in accounts(truth):
        missing, invented = compare(replayed(frames, account, **settings), truth, account)
        assert not missing
        assert not invented


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("nasty", PARTIAL)
def test_nothing_is_invented_where_octets_are_missing(nasty: str, seed: int) -> None:
    capture = random_world(seed, length=30).capture()
    frames = PARTIAL[nasty](capture.frames[:MAX_FRAMES])
    truth = witnessed(capture.truth, frames)
    for account in accounts(truth):
        known = known_of(truth, account)
        for record in replayed(frames, account):
            if record.event == "message" and record.complete:
                recipients = known[record.sender, record.text].pop(0)
                assert set(record.recipients) <= set(recipients)


MIDDLE = {f"joined at {share} %": partial(nasties.start_in_middle, fraction=share / 100) for share in (30, 50, 80)}


@pytest.mark.parametrize("nasty", HARMLESS | PARTIAL | MIDDLE)
@pytest.mark.parametrize("name", SCRIPTS)
def test_nothing_that_people_send_is_a_fault_of_the_program(
    name: str, nasty: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = SCRIPTS[name]()
    frames = (HARMLESS | PARTIAL | MIDDLE)[nasty](world.frames())
    said = Counter((said.sender, said.text) for said in witnessed(world.truth, frames) if said.kind == "message")
    for account in world.accounts:
        told = Counter(
            (record.sender, record.text)
            for record in replayed(frames, account.address)
            if record.event == "message" and record.complete and "readings" not in (record.details or {})
        )  # what can be read in two ways says so
        assert not told - said
    assert "fault of this program" not in caplog.text


# --- files ------------------------------------------------------------------------------------------------------


@cache
def sent_in(name: str, *, tiny: bool = False) -> tuple[World, Capture]:
    """An evening of files; ``tiny``: its connections cut what they carry into small segments."""
    world = (FILES | HOSTILE)[name]()
    if tiny:
        for connection in world.connections:
            connection.shape = Shape(shred=(20, 300))
    return world, world.capture()


HOSTILE = {"hostile-files": hostile_files, "gateway-files": gateway_files}
LONG = "msnp12-files"
"""Whatever befalls packets befalls those of all; what is special about a road is in its own script."""


def assert_files_are_right(world: World, frames: list[Frame], *, all_is_there: bool, told: list[Sent]) -> None:
    """Each content to its sender and its addressee, and to nobody else."""
    sent = survived(told, frames)
    for account in world.accounts:
        records = replayed(frames, account.address)
        assert not list(faults_of_files(records, sent, account.address, all_is_there=all_is_there))


@pytest.mark.parametrize("name", [*FILES, *HOSTILE])
def test_files_are_recovered_exactly_as_they_were_sent(name: str) -> None:
    world, capture = sent_in(name)
    assert_files_are_right(world, capture.frames, all_is_there=True, told=capture.files)


@pytest.mark.parametrize("name", ["msnp8-files", "msnp9-files-liars", "msnp18-files", "msnp18-straight"])
def test_files_are_recovered_from_tiny_segments(name: str) -> None:
    world, capture = sent_in(name, tiny=True)
    frames = nasties.retransmit(nasties.reorder(capture.frames), rate=0.1)
    assert_files_are_right(world, frames, all_is_there=True, told=capture.files)


@pytest.mark.parametrize("nasty", HARMLESS)
@pytest.mark.parametrize("name", [LONG, "msnp15-straight"])
def test_what_hides_nothing_harms_no_file(name: str, nasty: str) -> None:
    world, capture = sent_in(name)
    assert_files_are_right(world, HARMLESS[nasty](capture.frames), all_is_there=True, told=capture.files)


@pytest.mark.parametrize("nasty", PARTIAL | {"joined at 30 %": partial(nasties.start_in_middle, fraction=0.3)})
@pytest.mark.parametrize("name", FILES)
def test_of_a_file_that_was_partly_lost_the_rest_is_where_it_belongs(name: str, nasty: str) -> None:
    world, capture = sent_in(name)
    frames = (PARTIAL | {"joined at 30 %": partial(nasties.start_in_middle, fraction=0.3)})[nasty](capture.frames)
    assert_files_are_right(world, frames, all_is_there=False, told=capture.files)


def test_who_is_in_the_room_has_no_record_of_a_file_between_two_others() -> None:
    world, capture = sent_in("msnp15-files-in-company")
    for number in range(len(world.accounts)):
        target = world.accounts[number].address
        for record in replayed(capture.frames, target):
            if record.event.startswith("file"):
                assert target in (record.sender, *record.recipients)
                assert len(record.recipients) == 1


ROADS = {
    "the gateway": lambda: Gateway(chunked=0.5),
    "the gateway, every command cut": lambda: Gateway(cut=1.0),
    "the gateway, HTTP/1.0 through a proxy": lambda: Gateway(http="1.0", proxied=True, each=True),
    "the gateway, on one connection with all the web": lambda: Gateway(proxied=True, shared=True, chunked=0.3),
    "CONNECT": lambda: Proxy("connect", PROXY),
    **{f"{kind} on {address[1]}": partial(Proxy, kind, address)
       for kind in ("socks4", "socks4a", "socks5", "socks5 open") for address in (PROXY, ("198.51.100.89", 1080))},
}  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("road", ROADS)
def test_a_chat_is_the_same_by_whatever_road(road: str, seed: int) -> None:
    plain, other = (random_world(seed, length=20) for _ in range(2))
    for account in other.accounts:
        account.road = ROADS[road]()
    for account in plain.accounts:
        straight, carried = (
            Counter(
                (record.event, record.sender, record.recipients, record.text, record.complete)
                for record in replayed(world.frames(), account.address)
            )
            for world in (plain, other)
        )
        assert carried == straight


def accounts(truth: list) -> list[str]:  # type: ignore[type-arg]
    """Everybody who is in it."""
    return sorted({said.sender for said in truth} | {to for said in truth for to in said.recipients})
