"""Random lines with many connections on them: what the tap of a bad day shows."""

import random
import struct

from capture.packet import Packet
from tests.reassembly.crafting import ACK, FIN, PSH, RST, SYN, Talk, ethernet, lined_up

SERVERS = ("192.0.2.1", "192.0.2.2")


def talks(dice: random.Random, count: int) -> list[Talk]:
    """Connections of few hosts, in both IP versions, behind none, one and two tags, to a server's port or not."""
    made = []
    for number in range(count):
        port = dice.choice([1863, 1863, 1863, 80])
        version_6 = dice.random() < 0.25
        client = f"2001:db8::{dice.randrange(6)}" if version_6 else f"10.0.0.{dice.randrange(6)}"
        server = "2001:db8::ffff" if version_6 else dice.choice(SERVERS)
        made.append(
            Talk(
                client=(client, 40_000 + number),
                server=(server, port),
                client_isn=dice.getrandbits(32),
                server_isn=dice.choice([dice.getrandbits(32), 0xFFFFFFFF - dice.randrange(300)]),
                tags=dice.choice([(), (), (0x8100,), (0x88A8, 0x8100)]),
                ipv4_options=b"" if version_6 else dice.choice([b"", b"", b"\1\1\1\1"]),
            )
        )
    return made


def dialogue(dice: random.Random, talk: Talk) -> list[bytes]:
    """Of one connection: with its handshake or without, with retransmissions, keep-alives, and an end or none."""
    frames: list[bytes] = []
    if dice.random() < 0.7:
        frames += [step for step in talk.handshake() if isinstance(step, bytes)]
    for _ in range(dice.randrange(12)):
        side = dice.random() < 0.5
        begin = talk.sent[side]
        octets = dice.randbytes(dice.choice([1, 5, 40, 200]))
        frames.append(talk.says(side, octets, dice.choice([ACK, PSH | ACK])))
        if dice.random() < 0.5:
            frames.append(talk.ack(not side))
        if dice.random() < 0.15:
            frames.append(talk.frame(side, max(0, begin - dice.randrange(3)), octets, PSH | ACK))
        if dice.random() < 0.05:
            frames.append(talk.frame(side, talk.sent[side] - 1, b"\0", ACK))
    flags = dice.choice([None, FIN | ACK, RST, RST | ACK, SYN])
    if flags is not None:
        frames += [talk.frame(side, talk.sent[side], flags=flags) for side in (True, False)]
    return frames


def fragments(dice: random.Random, frame: bytes) -> list[bytes]:
    """An untagged frame of IPv4 without options as two pieces of its datagram."""
    number = struct.pack(">H", dice.randrange(1, 1 << 16))
    head, data = bytearray(frame[14:34]), frame[34:]
    pieces = []
    for begin, end, more in ((0, 24, 0x2000), (24, len(data), 0)):
        head[2:4] = struct.pack(">H", 20 + end - begin)
        head[4:6] = number
        head[6:8] = struct.pack(">H", more | begin >> 3)
        pieces.append(ethernet(bytes(head) + data[begin:end], 0x0800))
    return pieces


def spoilt(dice: random.Random, frames: list[bytes]) -> list[bytes]:
    """Lost, shown twice, in pieces, cut, padded, with a wrong octet, swapped with others."""
    out: list[bytes] = []
    for frame in frames:
        luck = dice.random()
        if luck < 0.04:
            continue
        if luck < 0.12:
            out += [frame, frame]
        elif luck < 0.15 and frame[12:15] == b"\x08\x00\x45" and len(frame) > 64:
            out += fragments(dice, frame)
        elif luck < 0.17:
            out.append(frame[: dice.randrange(len(frame))])
        elif luck < 0.19:
            at = dice.randrange(12, min(len(frame), 60))
            out.append(frame[:at] + dice.randbytes(1) + frame[at + 1 :])
        elif luck < 0.21:
            out.append(ethernet(dice.randbytes(30), dice.choice([0x0806, 0x0800, 0x86DD])))
        else:
            out.append(frame + bytes(dice.choice([0, 0, 6])))
        if len(out) > 4 and dice.random() < 0.05:
            at = dice.randrange(len(out) - 4, len(out))
            out[at], out[-1] = out[-1], out[at]
    return out


def world(seed: int, connections: int = 12) -> list[Packet]:
    """Packets of so many connections, mingled; now and then the line is silent, or the clock is set back."""
    dice = random.Random(seed)
    lines = [spoilt(dice, dialogue(dice, talk)) for talk in talks(dice, connections)]
    steps: list[bytes | int] = []
    while lines := [line for line in lines if line]:
        steps.append(dice.choice(lines).pop(0))
        if dice.random() < 0.03:
            steps.append(dice.choice([3, 40, 200, 8_000, -2, -100]) * 1_000_000_000)
    return [
        packet._replace(wire_length=dice.choice([None, len(packet.octets), len(packet.octets), 1_514]))
        for packet in lined_up(steps)
    ]
