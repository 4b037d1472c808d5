"""What else is on a line: web downloads over TCP, name look-ups over UDP, as one actor at an even pace.

The payloads are slices of one pool of random octets whose checksums are known beforehand, so a packet of 1,514
octets costs no more than one of 60.
"""

from random import Random

from bench.frames import ACK, PUSH, SEGMENT, Flow, address, checksum, datagram
from bench.wire import Actor, Wire

CONNECTIONS = 400
"""Open at a time."""
UDP = 0.05
"""The share of look-ups."""
LOOK_UP = bytes.fromhex("1a2b 0100 0001 0000 0000 0000 03777777 076578616d706c65 03636f6d 00 0001 0001")
"""One question of DNS: www.example.com, an address."""


def background(packets: int, times: tuple[int, int], wire: Wire, random: Random) -> Actor:
    """So many packets, evenly between the two times."""
    start, end = times
    pool = random.randbytes(1 << 20)
    slices = [pool[at : at + SEGMENT] for at in (random.randrange(len(pool) - SEGMENT) for _ in range(499))]
    chunks = [(piece, checksum(piece)) for piece in slices]
    made = 0
    flows: list[tuple[Flow, int]] = []
    while made < packets:
        now = start + (end - start) * made // packets
        yield now
        if random.random() < UDP:
            wire.send(now, datagram(now, (address(10, 220, 1, 9), 53053), (address(192, 0, 2, 53), 53), LOOK_UP))
            made += 1
            continue
        place = int(random.random() * CONNECTIONS)
        if len(flows) < CONNECTIONS:
            place = len(flows)
            flows.append((_flow(random), 0))
        flow, left = flows[place]
        if not left:
            _begin(flow, now, wire)
            flows[place] = flow, random.randrange(20, 2000)
            made += 4
            continue
        for _ in range(2):
            piece, total = chunks[int(random.random() * len(chunks))]
            wire.send(now, flow.record(now, False, PUSH | ACK, piece, total=total))
            flow.advance(False, SEGMENT)
        wire.send(now, flow.record(now, True, ACK))
        made += 3
        flows[place] = flow, left - 1
        if left == 1:
            for _, record in flow.closing(now, 0):
                wire.send(now, record)
            made += 3
            flows[place] = _flow(random), 0


def _flow(random: Random) -> Flow:
    client = address(10, 220, random.randrange(256), random.randrange(1, 255)), random.randrange(1025, 65535)
    server = address(198, 51, 100, random.randrange(1, 255)), random.choice((80, 80, 443, 8080))
    return Flow(client, server, (random.getrandbits(32), random.getrandbits(32)))


def _begin(flow: Flow, now: int, wire: Wire) -> None:
    for _, record in flow.opening(now, 0):
        wire.send(now, record)
    request = b"GET /download HTTP/1.1\r\nHost: www.example.com\r\nAccept: */*\r\n\r\n"
    wire.send(now, flow.record(now, True, PUSH | ACK, request))
    flow.advance(True, len(request))
