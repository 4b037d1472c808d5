"""Makes the captures of the benchmark and keeps them; ``python -m bench.captures [--scale S] [NAME…]``.

A capture is written while it is made, from bounded memory, and depends on its plan alone: the same plan gives the
same octets on every machine. It lies with its truth (``bench/truth.py``) in a folder outside the tree, under a name
that holds a digest of its plan and of the code that made it, so neither is ever used stale.
"""

import argparse
import hashlib
import os
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import bench
from bench.background import background
from bench.frames import FILE_HEADER, PCAPNG_HEADER, Flow, address, enhanced
from bench.plans import PLANS, Plan
from bench.talk import SECOND, Chat, Leg, Phrases, presence
from bench.truth import Truth
from bench.wire import Actor, Carried, Wire, kept

MAKERS = ("background.py", "captures.py", "frames.py", "plans.py", "talk.py", "truth.py", "wire.py")
TOLD_EVERY = 50_000
"""Packets between two words of progress."""

Progress = Callable[[int], None]
"""Is told how many packets are written."""


@dataclass(frozen=True, slots=True)
class Capture:
    """A capture that is there."""

    plan: Plan
    path: Path
    truth: Truth


def cache() -> Path:
    """Where captures and environments are kept: ``RCDS_BENCH_CACHE``, or ``rcds-bench`` in the user's cache
    folder."""
    named = os.environ.get("RCDS_BENCH_CACHE")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(named) if named else base / "rcds-bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def digest(plan: Plan) -> str:
    """Of the plan and of the code that makes captures."""
    state = hashlib.sha256(repr(plan).encode())
    for name in MAKERS:
        state.update(Path(bench.__path__[0], name).read_bytes())
    return state.hexdigest()[:12]


def capture(plan: Plan, folder: Path | None = None, progress: Progress = lambda _: None) -> Capture:
    """The capture of that plan, made if it is not there."""
    path = (folder or cache()) / f"{plan.name}-{digest(plan)}.pcap"
    truth_path = path.with_suffix(".truth.json")
    if path.exists() and truth_path.exists():
        return Capture(plan, path, Truth.load(truth_path))
    growing = path.with_suffix(f".{os.getpid()}.growing")
    try:
        truth = write(plan, growing, progress)
        truth.save(truth_path)
        growing.rename(path)
    finally:
        growing.unlink(missing_ok=True)
    return Capture(plan, path, truth)


def write(plan: Plan, path: Path, progress: Progress = lambda _: None) -> Truth:
    """Make the capture of that plan; what is in it."""
    truth = Truth()
    chance = random.Random(plan.seed + 1).random  # noqa: S311 - repeatable, not secret
    skipped = round(plan.skip * plan.expected_packets / (1 - plan.skip)) if plan.skip else 0
    with path.open("wb", buffering=1 << 20) as file:
        file.write(PCAPNG_HEADER if plan.pcapng else FILE_HEADER)
        for number, (record, carried) in enumerate(_packets(plan, truth)):
            if number < skipped or (plan.loss and chance() < plan.loss):
                truth.lost += 1
                continue
            file.write(enhanced(record) if plan.pcapng else record)
            if carried:
                kept(carried, truth)
            truth.packets += 1
            if truth.packets % TOLD_EVERY == 0:
                progress(truth.packets)
        truth.octets = file.tell()
    truth.msn_packets = truth.packets - plan.background if plan.background else truth.packets
    progress(truth.packets)
    return truth


def _packets(plan: Plan, truth: Truth) -> Iterator[tuple[bytes, Carried]]:
    """All packets of a plan in order of time; counts what was said."""
    rng, wire = random.Random(plan.seed), Wire()  # noqa: S311 - repeatable, not secret
    phrases, end = Phrases(rng), plan.seconds * SECOND
    chats = [_chat(plan, number, wire, rng) for number in range(plan.chats)]
    actors: list[Actor] = [chat.act(rng.randrange(end // 10), end, plan.acts, rng, phrases) for chat in chats]
    for number in range(plan.presences):
        leg = Leg(_flow(plan, plan.chats * 2 + number, 104, rng), wire, rng)
        times = rng.randrange(end // 10), end + number * 1000
        actors.append(presence(number, f"presence{number}@example.org", leg, times, rng))
    if plan.background:
        actors.append(background(plan.background, (0, end), wire, rng))
    yield from wire.run(actors)
    truth.texts = sum(chat.texts for chat in chats)
    legs = 2 if plan.both_ends else 1
    truth.connections = plan.chats * legs + plan.presences
    truth.accounts = truth.connections
    which = min(16, plan.chats - 1)
    truth.target, truth.target_chats = f"user{which}@example.org", [which]


def _chat(plan: Plan, number: int, wire: Wire, rng: random.Random) -> Chat:
    legs = [Leg(_flow(plan, number * 2 + side, 4, rng), wire, rng) for side in range(2 if plan.both_ends else 1)]
    return Chat(number, f"user{number}@example.org", f"friend{number}@example.com", legs)


def _flow(plan: Plan, host: int, network: int, rng: random.Random) -> Flow:
    """A client address of its own for each connection, and one of the servers'."""
    server = 1 if plan.servers == 1 else 1 + (host // 2) % plan.servers
    client = address(10, 1 + (host >> 16), host >> 8 & 255, host & 255), rng.randrange(1025, 65535)
    there = address(203, 0, 113, 1) if plan.servers == 1 else address(207, 46, network, server)
    return Flow(client, (there, plan.port), (rng.getrandbits(32), rng.getrandbits(32)))


def main() -> None:
    """Make captures by name, or all; says their sizes first."""
    parser = argparse.ArgumentParser(prog="python -m bench.captures", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PLANS))
    parser.add_argument("--scale", type=float, default=1.0, help="smaller or larger than the benchmark's")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in PLANS]
    if unknown:
        parser.error(f"no such capture: {', '.join(unknown)}; there are {', '.join(PLANS)}")
    plans = [PLANS[name].scaled(arguments.scale) for name in arguments.names or PLANS]
    total = sum(plan.expected_octets for plan in plans)
    print(f"about {total / 1e9:.1f} GB in {cache()}", file=sys.stderr)
    for plan in plans:
        truth = _told(plan).truth
        print(f"\r{plan.name}: {truth.packets:,} packets, {truth.octets / 1e6:,.0f} MB, ", end="", file=sys.stderr)
        print(f"{truth.whole_texts:,} of {truth.texts:,} texts whole", file=sys.stderr)


def _told(plan: Plan) -> Capture:
    def progress(packets: int) -> None:
        print(f"\r{plan.name}: {packets:,}", end="", file=sys.stderr)

    return capture(plan, progress=progress)


if __name__ == "__main__":
    main()
