"""What a tap does to the order, the number and the wholeness of frames.

Each function takes frames and gives frames; none changes its input, all that is random comes from a seed, and they
compose: ``duplicate(reorder(frames))``. What they do to a frame they do to what it carries, so that
``truth.witnessed`` still knows what can be seen. Functions that lose something on purpose say so in their name; all
others leave every octet of every stream in the capture.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import groupby
from random import Random

from .packets import ACK, FIN, RST, SEQUENCE_SPACE, SYN, Frame, Range, read_segment
from .tcp import MICROSECOND, MILLISECOND, SECOND

Frames = list[Frame]


def in_order(frames: Iterable[Frame]) -> Frames:
    """Frames by their stamps, equal stamps in the order given."""
    return sorted(frames, key=lambda frame: frame.time)


# Order.


def reorder(frames: Frames, *, window: int = 4, within: int = 10 * MILLISECOND, seed: int = 1) -> Frames:
    """Shuffle neighbours; stamps stay ascending, since the tap stamps what it sees when it sees it.

    Only frames that follow each other ``within`` a short time change places: a network that holds a packet for
    seconds while the conversation goes on does not exist, and would change who was there when something was said.
    """
    random, out = Random(f"reorder/{seed}"), []
    rest = list(frames)
    while rest:
        size = 1
        while size < min(window, len(rest)) and rest[size].time - rest[0].time <= within:
            size += 1
        group, rest = rest[:size], rest[size:]
        shuffled = group[:]
        random.shuffle(shuffled)
        out += [frame.at(old.time) for frame, old in zip(shuffled, group, strict=True)]
    return out


def acknowledged_early(frames: Frames) -> Frames:
    """The other side's bare ACK stands before the data that it acknowledges (two mirror ports, one slower)."""
    out, data = [], {}
    for frame in frames:
        segment = read_segment(frame.octets)
        if segment is not None and not segment.payload and segment.flags == ACK:
            before = data.get((segment.reverse_flow, segment.acknowledged))
            if before is not None:
                frame = frame.at(before - MICROSECOND)  # noqa: PLW2901 — the same frame, seen earlier
        elif segment is not None and segment.payload:
            data[segment.flow, segment.next_sequence] = frame.time
        out.append(frame)
    return in_order(out)


# Copies.


def duplicate(frames: Frames, *, ttl: int = 1, other_mac: bool = True, after: int = 15 * MICROSECOND) -> Frames:
    """Every frame twice, as a SPAN session shows it that mirrors both ports of the way: one hop apart."""
    out = []
    for frame in frames:
        out.append(frame)
        segment = read_segment(frame.octets)
        octets = frame.octets
        if segment is not None and not frame.cut:
            segment.ttl -= ttl
            if other_mac:
                segment.link = b"\x00\x00\x5e\x00\x53\xf0\x00\x00\x5e\x00\x53\xf1" + segment.link[12:]
            octets = segment.octets()
        out.append(replace(frame, time=frame.time + after, octets=octets))
    return in_order(out)


def retransmit(frames: Frames, *, rate: float = 0.2, seed: int = 1, after_close: bool = False) -> Frames:
    """Copies of data that was seen already: exact at once, exact late, the last part, and glued to what follows.

    ``after_close`` lets late copies wander in when their connection is over.
    """
    random, out, over = Random(f"retransmit/{seed}"), list(frames), _closings(frames)
    read = [(frame, read_segment(frame.octets)) for frame in frames if frame.carries]
    data = [(frame, segment) for frame, segment in read if segment is not None]
    following = {(segment.flow, segment.sequence): (frame, segment) for frame, segment in data}
    for frame, segment in data:
        if random.random() >= rate:
            continue
        kind = random.choice(("exact", "late", "part", "overlap"))
        delay = random.randrange(50, 900) * MICROSECOND
        if kind == "late":
            delay = random.randrange(200, 1500) * MILLISECOND
        elif kind == "part" and len(segment.payload) > 1:
            skip = random.randrange(1, len(segment.payload))
            segment.payload, segment.sequence = segment.payload[skip:], (segment.sequence + skip) % SEQUENCE_SPACE
        elif kind == "overlap":
            after = following.get((segment.flow, segment.next_sequence))
            if after is not None:
                # Must not show octets before they are sent: the copy comes after the frame that it reaches into.
                delay += max(0, after[0].time - frame.time)
                segment.payload += after[1].payload[: random.randrange(len(after[1].payload) + 1)]
        segment.ident = (segment.ident + 7) % 65536
        if after_close or not over(segment.flow, frame.time, frame.time + delay):
            out.append(Frame(frame.time + delay, segment.octets()))
    return in_order(out)


def fill_late(frames: Frames, *, rate: float = 0.05, delay: int = 300 * MILLISECOND, seed: int = 1) -> Frames:
    """Some data is missing where it belongs and comes ``delay`` later, as a retransmission fills a hole.

    Whatever the stream holds behind the hole becomes readable with it. Holes are filled while the connection lives.
    """
    random, out, over = Random(f"fill/{seed}"), [], _closings(frames)
    for frame in frames:
        segment = read_segment(frame.octets)
        late = frame.carries and segment is not None and random.random() < rate
        if late and not over(segment.flow, frame.time, frame.time + delay):
            out.append(frame.at(frame.time + delay))
        else:
            out.append(frame)
    return in_order(out)


def keep_alives(frames: Frames, *, idle: int = 1 * SECOND, octet: bool = True) -> Frames:
    """Probes in idle times: one garbage octet, or none, one before the next sequence number, and the answer."""
    out, last = list(frames), {}
    for frame in frames:
        segment = read_segment(frame.octets)
        if segment is None or segment.flags & (SYN | RST):
            if segment is not None:
                last.pop(segment.flow, None)
            continue
        before = last.get(segment.flow)
        if before is not None and frame.time - before[0] > idle:
            probe = replace(before[1], payload=b"\x00" * octet, options=b"", flags=ACK)
            probe.sequence = (before[1].next_sequence - 1) % SEQUENCE_SPACE
            out.append(Frame(before[0] + idle // 2, probe.octets()))
            answer = last.get(segment.reverse_flow)
            if answer is not None and answer[0] < before[0] + idle // 2:
                reply = replace(answer[1], payload=b"", flags=ACK, acknowledged=before[1].next_sequence)
                reply.sequence = answer[1].next_sequence
                out.append(Frame(before[0] + idle // 2 + MILLISECOND, reply.octets()))
        last[segment.flow] = (frame.time, segment)
        if segment.flags & FIN:
            last.pop(segment.flow, None)
    return in_order(out)


def conflict(frames: Frames, *, rate: float = 0.2, seed: int = 1) -> Frames:
    """Copies with other octets in the same place, after the true ones: the first octets are the truth."""
    random, out = Random(f"conflict/{seed}"), list(frames)
    for frame in frames:
        segment = read_segment(frame.octets)
        if frame.carries and segment is not None and random.random() < rate:
            segment.payload = bytes(octet ^ 0x15 for octet in segment.payload)
            out.append(Frame(frame.time + 100 * MICROSECOND, segment.octets()))
    return in_order(out)


def _closings(frames: Frames) -> Callable[[tuple[bytes, int, bytes, int], int, int], bool]:
    """Tells whether a connection ends between two times."""
    ends: dict[tuple[bytes, int, bytes, int], list[int]] = {}
    for frame in frames:
        segment = read_segment(frame.octets)
        if segment is not None and segment.flags & (FIN | RST):
            for flow in (segment.flow, segment.reverse_flow):
                ends.setdefault(flow, []).append(frame.time)
    return lambda flow, begin, until: any(begin <= time <= until for time in ends.get(flow, ()))


# Loss: each gives what is left, and drop() also what is gone.


def drop(frames: Frames, *, rate: float = 0.01, seed: int = 1) -> tuple[Frames, Frames]:
    """Lose frames at random; what is left, and what is gone."""
    random = Random(f"drop/{seed}")
    return drop_chosen(frames, lambda _: random.random() < rate)


def drop_chosen(frames: Frames, chosen: Callable[[Frame], bool]) -> tuple[Frames, Frames]:
    """Lose the chosen frames; what is left, and what is gone."""
    kept, gone = [], []
    for frame in frames:
        (gone if chosen(frame) else kept).append(frame)
    return kept, gone


def holding(*ranges: Range) -> Callable[[Frame], bool]:
    """Chooses the frames that carry any octet of these ranges (see ``Said.copies``)."""

    def chosen(frame: Frame) -> bool:
        part = frame.carries
        return part is not None and any(
            (part.stream, part.from_client) == (wanted.stream, wanted.from_client)
            and part.offset < wanted.end
            and wanted.offset < part.end
            for wanted in ranges
        )

    return chosen


def no_handshake(frames: Frames) -> Frames:
    """Every SYN is missing."""
    return drop_chosen(frames, lambda frame: _flags(frame) & SYN != 0)[0]


def client_side_only(frames: Frames, *, ports: tuple[int, ...] = (1863,)) -> Frames:
    """Only what clients send (asymmetric routing)."""
    return [f for f in frames for s in [read_segment(f.octets)] if s is None or s.target_port in ports]


def server_side_only(frames: Frames, *, ports: tuple[int, ...] = (1863,)) -> Frames:
    """Only what servers send."""
    return [f for f in frames for s in [read_segment(f.octets)] if s is None or s.source_port in ports]


def start_in_middle(frames: Frames, fraction: float = 0.5) -> Frames:
    """The tap was plugged in late."""
    return frames[int(len(frames) * fraction) :]


def stop_in_middle(frames: Frames, fraction: float = 0.5) -> Frames:
    """The tap was pulled out early."""
    return frames[: int(len(frames) * fraction)]


def _flags(frame: Frame) -> int:
    segment = read_segment(frame.octets)
    return segment.flags if segment is not None else 0


# Numbers.


def seq_wrap(frames: Frames) -> Frames:
    """Move each direction's sequence numbers so that they pass 2^32 in the middle of its data."""
    shift: dict[tuple[bytes, int, bytes, int], int] = {}
    segments = [(frame, read_segment(frame.octets)) for frame in frames]
    by_stream = sorted(
        ((f.carries.stream, f.carries.from_client, f.carries.end, s) for f, s in segments if f.carries and s),
        key=lambda item: item[:3],
    )
    for _, group in groupby(by_stream, key=lambda item: item[:2]):
        items = list(group)
        middle = items[len(items) // 2][3]
        shift[middle.flow] = -(middle.sequence + len(middle.payload) // 2)
    out = []
    for frame, segment in segments:
        octets = frame.octets
        if segment is not None:
            segment.sequence = (segment.sequence + shift.get(segment.flow, 0)) % SEQUENCE_SPACE
            if segment.flags & ACK:
                moved = segment.acknowledged + shift.get(segment.reverse_flow, 0)
                segment.acknowledged = moved % SEQUENCE_SPACE
            octets = segment.octets()
        out.append(replace(frame, octets=octets))
    return out
