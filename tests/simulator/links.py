"""What lies around a segment: tags, address families, padding, lengths, checksums, fragments.

Takes frames; gives frames that carry the same. Apply these last: a frame that has been tagged still reads back, one
that has been cut, fragmented or given extension headers does not, and the other nasties leave it as it is.
"""

import struct
from dataclasses import replace
from random import Random

import dpkt

from .nasties import Frames, in_order
from .packets import PSH, Frame, link_header, read_segment
from .tcp import MICROSECOND, MILLISECOND, Connection, frames_of


def vlan(frames: Frames, *tags: tuple[int, int], one_way: bool = False) -> Frames:
    """Put 802.1Q (0x8100) or 802.1ad (0x88A8) tags on frames: (type, VLAN id), outermost first.

    ``one_way`` tags only what servers send, as some taps do.
    """
    header = b"".join(struct.pack("!HH", kind, number) for kind, number in tags)
    out = []
    for frame in frames:
        segment = read_segment(frame.octets)
        if one_way and (segment is None or segment.source_port != 1863):
            out.append(frame)
        else:
            out.append(replace(frame, octets=frame.octets[:12] + header + frame.octets[12:]))
    return out


def ipv6(frames: Frames, *, extensions: bool = False) -> Frames:
    """The same connections over IPv6, as behind a translator: what the commands say stays IPv4.

    ``extensions`` puts hop-by-hop and destination options between the header and TCP.
    """
    prefix = bytes.fromhex("20010db8") + bytes(8)
    options = bytes.fromhex("3c00010400000000") + bytes.fromhex("0600010400000000")
    out = []
    for frame in frames:
        segment = read_segment(frame.octets)
        if segment is None or len(segment.source) == 16:
            out.append(frame)
            continue
        link = link_header(segment.source, segment.target)[:-2] + b"\x86\xdd"
        octets = replace(
            segment, source=prefix + segment.source, target=prefix + segment.target, link=link
        ).octets()
        if extensions:
            length = struct.unpack_from("!H", octets, 18)[0] + len(options)
            octets = octets[:18] + struct.pack("!HB", length, 0) + octets[21:54] + options + octets[54:]
        out.append(replace(frame, octets=octets))
    return out


def pad(frames: Frames, *, garbage: bool = True, trailer: int = 0) -> Frames:
    """Fill short frames to Ethernet's minimum of 60 octets, and add a trailer to all: no part of the stream."""
    out = []
    for frame in frames:
        missing = max(0, 60 - len(frame.octets)) + trailer
        filling = (b"MSG 9 N 5\r\n" * (missing // 11 + 1))[:missing] if garbage else bytes(missing)
        out.append(replace(frame, octets=frame.octets + filling))
    return out


def bad_checksums(frames: Frames, *, ip: bool = False) -> Frames:
    """Unfinished TCP checksums, as on a host that leaves them to its card; with ``ip`` the IP header's too."""
    out = []
    for frame in frames:
        octets = bytearray(frame.octets)
        segment = read_segment(frame.octets)
        if segment is not None:
            start = len(segment.link)
            tcp = start + (40 if len(segment.source) == 16 else (octets[start] & 0x0F) * 4)
            octets[tcp + 16 : tcp + 18] = b"\xfe\x30"
            if ip and len(segment.source) == 4:
                octets[start + 10 : start + 12] = b"\x00\x00"
        out.append(replace(frame, octets=bytes(octets)))
    return out


def snaplen(frames: Frames, length: int) -> Frames:
    """Only so many octets of each frame were kept; loses octets."""
    out = []
    for frame in frames:
        excess = len(frame.octets) - length
        if excess <= 0:
            out.append(frame)
            continue
        carries = frame.carries
        if carries is not None:
            carries = replace(carries, length=max(0, carries.length - excess))
        out.append(replace(frame, octets=frame.octets[:length], cut=frame.cut + excess, carries=carries))
    return out


def offload(frames: Frames, *, within: int = 5 * MILLISECOND, zero_length: bool = True) -> Frames:
    """Glue segments that follow each other, as capture on a host with segmentation offload sees them: larger than
    any MSS, and with 0 in the IP length field where ``zero_length`` (or where the field is too small)."""
    out: Frames = []
    latest: dict[object, int] = {}
    for frame in frames:
        segment = read_segment(frame.octets)
        at = latest.get(segment.flow) if segment else None
        if segment is not None and frame.carries and at is not None:
            before = out[at]
            head = read_segment(before.octets)
            joins = head is not None and before.carries and head.next_sequence == segment.sequence
            if joins and frame.time - before.time <= within:
                out[at] = _glued(before, frame, zero_length)
                continue
        if segment is not None and frame.carries:
            latest[segment.flow] = len(out)
        elif segment is not None:
            latest.pop(segment.flow, None)
        out.append(frame)
    return out


def _glued(first: Frame, second: Frame, zero_length: bool) -> Frame:
    head, tail = read_segment(first.octets), read_segment(second.octets)
    assert head is not None
    assert tail is not None
    assert first.carries is not None
    assert second.carries is not None
    payload = head.payload + tail.payload
    head.payload, head.flags = b"", head.flags | tail.flags & PSH
    octets = bytearray(head.octets() + payload)
    start = len(head.link)
    if len(head.source) == 4:
        length = len(octets) - start
        octets[start + 2 : start + 4] = struct.pack("!H", 0 if zero_length or length > 0xFFFF else length)
        octets[start + 10 : start + 12] = b"\x00\x00"
        octets[start + 10 : start + 12] = struct.pack("!H", dpkt.in_cksum(bytes(octets[start : start + 20])))
    else:
        octets[start + 4 : start + 6] = struct.pack("!H", min(0xFFFF, len(octets) - start - 40))
    carries = replace(first.carries, length=first.carries.length + second.carries.length)
    return replace(first, octets=bytes(octets), carries=carries)


def fragment(frames: Frames, *, size: int = 256, shuffle: bool = True, seed: int = 1) -> Frames:
    """Cut IPv4 packets into fragments of so many octets (a multiple of 8), the last one sometimes first."""
    random, out = Random(f"fragment/{seed}"), []
    for frame in frames:
        segment = read_segment(frame.octets)
        start = len(segment.link) if segment else 0
        if segment is None or len(segment.source) == 16 or len(frame.octets) - start - 20 <= size:
            out.append(frame)
            continue
        ip = dpkt.ip.IP(frame.octets[start:])
        body = bytes(ip.data)[: ip.len - 20]
        pieces = [(at, body[at : at + size]) for at in range(0, len(body), size)]
        made = []
        for at, piece in pieces:
            part = dpkt.ip.IP(src=ip.src, dst=ip.dst, p=6, ttl=ip.ttl, id=ip.id, data=piece)
            part.mf, part.offset = int(at + size < len(body)), at // 8
            made.append(segment.link + bytes(part))
        if shuffle and random.random() < 0.5:
            made.reverse()
        for number, octets in enumerate(made):
            carries = frame.carries if number == len(made) - 1 else None
            out.append(Frame(frame.time + number * MICROSECOND, octets, carries))
    return in_order(out)


def noise(frames: Frames, *, seed: int = 1) -> Frames:
    """Mix in what also passes a tap and must not be reported: ARP, a datagram on 1863, TLS and HTTP on 1863."""
    random, out = Random(f"noise/{seed}"), list(frames)
    begin, end = frames[0].time, frames[-1].time
    head = b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n"
    fake = b"MSG mallory@example.net Mallory 63\r\n" + head + b"!"
    hello = b"\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x01" + random.randbytes(39)
    streams = (
        (hello, b"\x16\x03\x01\x00\x31" + fake[:49]),
        (b"GET /MSG/1 HTTP/1.1\r\nHost: www.example.com\r\n\r\n",
         b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(fake) + fake),
        (random.randbytes(200) + b"\r\n" + fake, random.randbytes(400) + b"\r\n" + fake),
    )  # fmt: skip
    for number, (asked, answered) in enumerate(streams):
        out += _stranger(random.randrange(begin, end), number, asked, answered, random)
    for _ in range(3):
        udp = dpkt.udp.UDP(sport=1863, dport=1863, data=fake)
        udp.ulen = len(udp)
        here, there = b"\xc0\x00\x02\xc8", b"\xc0\x00\x02\x0b"
        ip = dpkt.ip.IP(src=here, dst=there, p=17, data=udp)
        out.append(Frame(random.randrange(begin, end), link_header(here, there) + bytes(ip)))
        arp = dpkt.arp.ARP(sha=b"\x00\x00\x5e\x00\x53\x0b", spa=there, tha=bytes(6), tpa=here, op=1)
        link = b"\xff" * 6 + b"\x00\x00\x5e\x00\x53\x0b\x08\x06"
        out.append(Frame(random.randrange(begin, end), (link + bytes(arp)).ljust(60, b"\0")))
    return in_order(out)


def _stranger(time: int, number: int, asked: bytes, answered: bytes, random: Random) -> Frames:
    connection = Connection(
        number=-1 - number,
        client=("192.0.2.200", 40000 + number),
        server=("203.0.113.80", 1863),
        latency=10 * MILLISECOND,
        opened=time,
        tapped=True,
        isn=(random.randrange(1 << 32), random.randrange(1 << 32)),
    )
    write = connection.from_client(connection.ready, asked)
    reply = connection.from_server(write.arrival + MILLISECOND, answered)
    connection.close(reply.arrival + MILLISECOND, by_client=True)
    return [replace(frame, carries=None) for frame in frames_of(connection, tap=0.05, resolution=1000, seed=number)]
