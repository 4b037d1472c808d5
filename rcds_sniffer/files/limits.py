"""How much of the transfers is kept, and what was done: numbers alone, so that a summary names nobody."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class FileLimits:
    """Every bound of the vault; beyond each, what it says here is done, and counted."""

    octets_of_one: int = 1 << 30
    """Octets of one file, from its first to its last, whatever is missing between; what lies beyond is refused."""
    octets_of_all: int = 16 << 30
    """Octets on the disk in one run, a block for each separate piece included; beyond, contents are only hashed."""
    files: int = 100_000
    """Files on the disk in one run; the contents of those beyond are only hashed."""
    open_at_once: int = 1024
    """Transfers that have not ended; beyond, the one idle longest is cut: what came of it is kept as a partial."""
    ranges: int = 4096
    """Separate pieces of one transfer; beyond, octets that touch none of them are refused."""
    ranges_of_all: int = 1 << 18
    """The same in all open transfers: about 20 MB of memory; beyond, the same. And in all that were cut."""
    ahead_of_one: int = 1 << 20
    """Without a folder: octets of one transfer that wait in memory for earlier ones; beyond, it has no hash …"""
    ahead_of_all: int = 64 << 20
    """… the same in all transfers."""
    free: int = 256 << 20
    """Octets that stay free on the disk; with less, nothing is written until there is room again."""
    cut_remembered: int = 4096
    """Transfers that were cut and have not ended; beyond, the first is forgotten, and its record lacks the file."""


BLOCK = 4096
"""Octets that a separate piece of a file takes on the disk at least."""


@dataclass(slots=True)
class Counters:
    """What was done with the contents of transfers."""

    kept: int = 0
    """Whole files that stand in the folder; equal ones are counted each time, and are there once."""
    partial: int = 0
    """Files that stand there with octets missing."""
    hashed: int = 0
    """Whole files that were only hashed: no folder was asked for, or a limit was reached."""
    octets: int = 0
    """Octets of files that were taken in."""
    refused_octets: int = 0
    """Octets refused at a limit, or because they lie outside of their file."""
    unwritten_octets: int = 0
    """Octets that the disk did not take: it was full, or it failed; and of copies that found no room."""
    failures: int = 0
    """Times at which it did not."""
    cut: int = 0
    """Transfers cut since too many were open at once."""

    def to_dict(self) -> dict[str, int]:
        """By name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
