"""Numbers in sentences."""

from collections.abc import Mapping


def number(count: int, noun: str) -> str:
    """``1 packet``, ``1,200 packets``: for nouns whose plural is regular."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def counted(counters: Mapping[str, int]) -> str:
    """What was counted, without the zeros."""
    return ", ".join(f"{name} {count:,}" for name, count in counters.items() if count) or "nothing"
