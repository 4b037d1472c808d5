"""Damaged conversations: a few rounds of what ``python -m tests.fuzz`` does for an hour."""

import random

import pytest

from tests.fuzz import PCAPS, damaged, run, streams

CAPTURES = {path.name: streams(path) for path in sorted(PCAPS.iterdir()) if ".pcap" in path.name}


@pytest.mark.parametrize("name", CAPTURES)
def test_damaged_conversations_make_nothing_stumble(name: str) -> None:
    for seed in range(3):
        run(damaged(CAPTURES[name], random.Random(seed)))


def test_whole_conversations_give_their_records() -> None:
    assert run(iter(CAPTURES["demo.pcap"])) > 20
