"""Records out equal what was said: random conversations under everything a tap does to them."""

import os
from collections.abc import Callable

import pytest

from tests.simulator import links, nasties
from tests.simulator.packets import Frame
from tests.simulator.scripts import random_world
from tests.simulator.truth import witnessed
from tests.truth import compare, known_of, replayed

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


def accounts(truth: list) -> list[str]:  # type: ignore[type-arg]
    """Everybody who is in it."""
    return sorted({said.sender for said in truth} | {to for said in truth for to in said.recipients})
