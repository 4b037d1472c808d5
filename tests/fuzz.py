"""``python -m tests.fuzz [--minutes 60] [--seed N] [FILE…]``: damaged conversations, as long as you like.

Takes the captures that the project ships (and others, as you name them), cuts them into streams, damages these as
noise, an attacker or a broken client would, and hands them to decoder and recorder. It stops at a fault of the
program, at octets that take longer than they may, and where memory goes on growing; it says the round, which
anybody can repeat with ``--seed``.
"""

import argparse
import json
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from capture.files import open_files
from msnp.commands import COMMANDS
from rcds_sniffer.orders import Everybody
from rcds_sniffer.protocols.msn import PROTOCOL
from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.records.recorder import Recorder
from reassembly.events import StreamData, StreamEnd, StreamEvent, StreamGap
from reassembly.native import NativeEngine

PCAPS = Path(__file__).parent / "pcaps"
SECONDS_PER_ROUND = 30.0
"""What one damaged capture may take; whole ones take less than one on any machine."""
MOST_GROWTH_KB = 300 * 1024
"""Resident KiB beyond those after the first hundred rounds."""
SETTLED = 100
"""Rounds after which nothing new should need memory."""

Damage = Callable[[bytes, random.Random], bytes]


def flip(octets: bytes, chance: random.Random) -> bytes:
    """Some octets become others."""
    out = bytearray(octets)
    for _ in range(chance.randint(1, 8)):
        out[chance.randrange(len(out))] = chance.randrange(256)
    return bytes(out)


def cut(octets: bytes, chance: random.Random) -> bytes:
    """A piece is missing, and nobody says so."""
    at, end = sorted(chance.randrange(len(octets) + 1) for _ in range(2))
    return octets[:at] + octets[end:]


def repeat(octets: bytes, chance: random.Random) -> bytes:
    """A piece comes many times."""
    at = chance.randrange(len(octets))
    return octets + octets[at : at + chance.randint(1, 200)] * chance.randint(2, 50)


def renumber(octets: bytes, chance: random.Random) -> bytes:
    """A number becomes another: lengths, counts, transactions."""
    places = [at for at, octet in enumerate(octets) if 48 <= octet <= 57]
    if not places:
        return octets
    at = chance.choice(places)
    other = chance.choice([b"0", b"1", b"-1", b"65535", b"4294967296", b"9" * 30, b"\xd9\xa3"])
    return octets[:at] + other + octets[at + 1 :]


def command(octets: bytes, chance: random.Random) -> bytes:
    """A command of any version, with arguments of any other, stands in between."""
    _, name = chance.choice(list(COMMANDS))
    words = octets[:4096].split()
    arguments = [chance.choice(words) for _ in range(chance.randint(0, 8))] if words else []
    line = (
        b" ".join([b"201" if name == b"NNN" else name, *arguments, str(chance.randint(0, 300)).encode()]) + b"\r\n"
    )
    at = chance.randrange(len(octets) + 1)
    return octets[:at] + line + octets[at:]


ENDLESS = [b"<a>", b"<![CDATA[", b"&#x41;", b"Name: x\r\n", b"%41", b"\x00", b"\xed\xa0\x80", b"=?utf-8?B?"]


def nest(octets: bytes, chance: random.Random) -> bytes:
    """Markup, headers and quotes without end."""
    piece = chance.choice(
        [b"<a>", b"<![CDATA[", b"&#x41;", b"Name: x\r\n", b"%41", b"\x00", b"\xed\xa0\x80", b"=?utf-8?B?"]
    )
    at = chance.randrange(len(octets) + 1)
    return octets[:at] + piece * chance.randint(1, 5_000) + octets[at:]


DAMAGES: tuple[Damage, ...] = (flip, cut, repeat, renumber, command, nest)


def streams(path: Path) -> list[StreamEvent]:
    """The stream events of a capture."""
    events: list[StreamEvent] = []
    with open_files([str(path)]) as source:
        engine = NativeEngine(events.append, server_ports=frozenset({1863}))
        for packets in source.batches():
            engine.feed_all(packets)
        engine.close()
    return events


def damaged(events: list[StreamEvent], chance: random.Random) -> Iterator[StreamEvent]:
    """The same, with some of the octets damaged, some lost, and some flows without their end."""
    share = chance.choice([0.01, 0.05, 0.3])
    for event in events:
        if isinstance(event, StreamEnd) and chance.random() < 0.02:
            continue
        if not isinstance(event, StreamData) or chance.random() >= share:
            yield event
            continue
        place = event.flow, event.from_client, event.time, event.sequence, event.packet, event.source
        if chance.random() < 0.2:
            yield StreamGap(*place, len(event.octets))
        elif octets := chance.choice(DAMAGES)(event.octets, chance):
            yield StreamData(*place, octets)


def run(events: Iterator[StreamEvent]) -> int:
    """Decode and record; the number of records, each of which must have a JSON form."""
    count = 0

    def written(record: CommunicationRecord) -> None:
        nonlocal count
        count += 1
        json.loads(record.to_json())

    recorder = Recorder(Everybody(), written, "fuzz")
    decoder = PROTOCOL.decoder(recorder.receive)
    for event in events:
        decoder.receive(event)
    recorder.close()
    return count


def main() -> None:
    """Go on until the time is over, or something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1, help="of the first round; the next has the next")
    parser.add_argument("files", nargs="*", type=Path)
    arguments = parser.parse_args()
    paths = sorted(path for path in [*PCAPS.iterdir(), *arguments.files] if ".pcap" in path.name)
    captures = [(path, streams(path)) for path in paths]
    captures = [(path, events) for path, events in captures if events]
    ends, records, limit = time.monotonic() + arguments.minutes * 60, 0, 0
    rounds = 0
    while time.monotonic() < ends:
        seed = arguments.seed + rounds
        chance = random.Random(seed)
        path, events = chance.choice(captures)
        begun = time.monotonic()
        try:
            records += run(damaged(events, chance))
        except Exception:
            print(f"round {seed} ({path.name}): a fault", file=sys.stderr)
            raise
        took, resident = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if took > SECONDS_PER_ROUND:
            sys.exit(f"round {seed} ({path.name}): {took:.0f} seconds")
        rounds += 1
        if rounds == SETTLED:
            limit = resident + MOST_GROWTH_KB
        elif limit and resident > limit:
            sys.exit(f"round {seed} ({path.name}): {resident} KiB resident, after {rounds} rounds")
    print(f"{rounds:,} rounds over {len(captures)} captures, {records:,} records, at most "
          f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB; nothing wrong")  # fmt: skip


if __name__ == "__main__":
    main()
