"""The binding of libnids: pynids' interface, and what hostile frames must not do to it."""

import random
import struct
from collections.abc import Iterator

import pytest

from capture.packet import Packet
from reassembly.sieve import Fate
from tests.reassembly.crafting import ACK, FIN, MILLISECOND, PSH, RST, SECOND, START, SYN, Talk, lined_up, pause

nids = pytest.importorskip("reassembly.nids", reason="libnids was not built here")


@pytest.fixture(autouse=True)
def libnids() -> Iterator[None]:
    """Set up as the engine does, and given back; parameters as they were."""
    names = ("n_tcp_streams", "tcp_workarounds", "tcp_flow_timeout")
    before = {name: nids.param(name) for name in names}
    nids.chksum_ctl([("0.0.0.0/0", False)])
    nids.param("tcp_workarounds", 1)
    yield
    nids.exit()
    for name in names:
        nids.param(name, before[name])


class Listener:
    """Collects all, and keeps what it is told."""

    def __init__(self, urgent: bool = False) -> None:
        self.told: list[tuple[object, ...]] = []
        self._urgent = urgent

    def __call__(self, stream) -> None:  # type: ignore[no-untyped-def]
        state = stream.nids_state
        if state == nids.NIDS_JUST_EST:
            for half in (stream.client, stream.server):
                half.collect = True
                half.collect_urg = self._urgent
        if state != nids.NIDS_DATA:
            self.told.append((state,))
            return
        for side, half in (("c", stream.server), ("s", stream.client)):
            if half.count_new:
                self.told.append((side, half.data[: half.count_new]))
            if half.count_new_urg:
                self.told.append((side + " urgent", half.urgdata))


def started(callback) -> None:  # type: ignore[no-untyped-def]
    nids.init()
    nids.register_tcp(callback)


def feed(packets: list[Packet]) -> list[Fate]:
    return [nids.feed(packet.time, packet.octets, packet.link_type, packet.number) for packet in packets]


# As pynids does it.


def test_connection_from_its_handshake_to_its_end() -> None:
    talk, listener = Talk(), Listener()
    started(listener)
    assert set(feed(lined_up([*talk.handshake(), talk.c(b"VER"), talk.s(b"OK")]))) == {Fate.TAKEN}
    feed(lined_up([*talk.goodbye(), talk.frame(True, 4), talk.frame(False, 3, ack=4)]))
    assert listener.told == [(nids.NIDS_JUST_EST,), ("c", b"VER"), ("s", b"OK"), (nids.NIDS_CLOSE,)]


def test_stream_tells_its_addresses_and_when_it_began() -> None:
    talk, seen = Talk(), []
    started(lambda stream: seen.append((stream.addr, stream.started)))
    feed(lined_up(talk.handshake()))
    assert seen == [((("10.0.0.1", 40000), ("192.0.2.1", 1863)), START + MILLISECOND)]


def test_what_is_not_collected_is_not_called_back() -> None:
    talk, states = Talk(), []
    started(lambda stream: states.append(stream.nids_state))
    feed(lined_up([*talk.handshake(), talk.c(b"VER"), talk.rst(True)]))
    assert states == [nids.NIDS_JUST_EST]


def test_one_side_can_be_collected() -> None:
    said = []

    def callback(stream) -> None:  # type: ignore[no-untyped-def]
        if stream.nids_state == nids.NIDS_JUST_EST:
            stream.client.collect = True
            assert (stream.client.collect, stream.server.collect) == (True, False)
        elif stream.nids_state == nids.NIDS_DATA:
            said.append((stream.server.count_new, stream.client.data))

    talk = Talk()
    started(callback)
    feed(lined_up([*talk.handshake(), talk.c(b"VER"), talk.s(b"OK")]))
    assert said == [(0, b"OK")]


def test_discard_keeps_the_rest_for_the_next_time() -> None:
    seen = []

    def callback(stream) -> None:  # type: ignore[no-untyped-def]
        if stream.nids_state == nids.NIDS_JUST_EST:
            stream.server.collect = True
        elif stream.nids_state == nids.NIDS_DATA:
            half = stream.server
            seen.append((half.data, half.offset, half.count, half.count_new))
            stream.discard(2)
            with pytest.raises(nids.error, match="0 or more"):
                stream.discard(-1)

    talk = Talk()
    started(callback)
    feed(lined_up([*talk.handshake(), talk.c(b"abc"), talk.c(b"defg")]))
    assert seen == [(b"abc", 0, 3, 3), (b"cdefg", 2, 7, 4)]


def test_urgent_octets_come_apart_and_in_their_place() -> None:
    talk, listener = Talk(), Listener(urgent=True)
    said = bytearray(talk.c(b"ab!cd"))
    said[14 + 20 + 13] |= 0x20
    said[14 + 20 + 18 : 14 + 20 + 20] = struct.pack(">H", 3)
    started(listener)
    feed(lined_up([*talk.handshake(), bytes(said)]))
    assert listener.told[1:] == [("c", b"ab"), ("c urgent", b"!"), ("c", b"cd")]


def test_reset_and_exit_are_told() -> None:
    first, second, listener = Talk(), Talk(client=("10.0.0.2", 40000)), Listener()
    started(listener)
    feed(lined_up([*first.handshake(), *second.handshake(), first.c(b"a"), first.rst(True)]))
    nids.exit()
    assert listener.told[-2:] == [(nids.NIDS_RESET,), (nids.NIDS_EXITING,)]


def test_marks_name_the_frame_that_brought_the_octets() -> None:
    talk, marks = Talk(), []

    def callback(stream) -> None:  # type: ignore[no-untyped-def]
        stream.server.collect = True
        if stream.nids_state == nids.NIDS_DATA:
            marks.append((stream.server.data, stream.mark, stream.server.sequence))

    a, b, c = talk.c(b"one "), talk.c(b"two "), talk.c(b"three")
    started(callback)
    feed(lined_up([*talk.handshake(), c, b, b, a]))
    assert marks == [(b"one ", 7, 1001), (b"two ", 5, 1005), (b"three", 4, 1009)]


# Faults of whoever uses it.


def test_what_a_callback_raises_comes_out_of_feed() -> None:
    talk = Talk()

    def callback(stream) -> None:  # type: ignore[no-untyped-def]
        stream.server.collect = True
        if stream.nids_state == nids.NIDS_DATA:
            raise KeyError(stream.server.data)

    started(callback)
    feed(lined_up(talk.handshake()))
    for said in (b"a", b"b"):
        with pytest.raises(KeyError, match=repr(said)[1:]):
            nids.feed(START, talk.c(said))


def test_what_a_callback_raises_comes_out_of_exit_and_init_may_come_again() -> None:
    def callback(stream) -> None:  # type: ignore[no-untyped-def]
        stream.server.collect = True
        if stream.nids_state == nids.NIDS_EXITING:
            raise KeyboardInterrupt

    started(callback)
    for port in range(3):
        feed(lined_up(Talk(client=("10.0.0.1", port)).handshake()))
    with pytest.raises(KeyboardInterrupt):
        nids.exit()
    nids.init()


def test_streams_can_be_read_inside_their_callback_only() -> None:
    streams: list = []  # type: ignore[type-arg]
    started(streams.append)
    feed(lined_up(Talk().handshake()))
    assert streams[0].addr[1] == ("192.0.2.1", 1863)
    for forbidden in (
        lambda: streams[0].server.data,
        lambda: setattr(streams[0].server, "collect", True),
        lambda: streams[0].discard(1),
    ):
        with pytest.raises(nids.error, match="inside its callback only"):
            forbidden()


def test_libnids_cannot_be_used_from_its_own_callback() -> None:
    complaints = []

    def callback(stream) -> None:  # type: ignore[no-untyped-def]
        for use in (lambda: nids.feed(START, b""), lambda: nids.advance(START), nids.exit):
            with pytest.raises(nids.error) as complaint:
                use()
            complaints.append(str(complaint.value))

    started(callback)
    feed(lined_up(Talk().handshake()))
    assert complaints == ["libnids is at work: not inside a callback"] * 3


def test_one_user_at_a_time() -> None:
    nids.init()
    with pytest.raises(nids.error, match="in use"):
        nids.init()
    nids.exit()
    nids.exit()
    nids.init()


def test_nothing_works_before_init() -> None:
    with pytest.raises(nids.error, match=r"call init\(\) first"):
        nids.feed(START, b"")


def test_parameters() -> None:
    before = nids.param("n_tcp_streams")
    assert nids.param("n_tcp_streams", 3000) == before
    assert nids.param("n_tcp_streams") == 3000
    for name, value, complaint in (
        ("device", 1, "no parameter device"),
        ("n_tcp_streams", 0, "n_tcp_streams is from 2 to 10000000"),
        ("n_hosts", 0, "n_hosts is from 1"),
        ("scan_num_hosts", 256, "scan_num_hosts is from 0 to 0"),
    ):
        with pytest.raises(nids.error, match=complaint):
            nids.param(name, value)
    nids.init()
    with pytest.raises(nids.error, match="before init"):
        nids.param("n_tcp_streams", 4000)


def test_checksums_are_verified_for_whom_it_is_asked() -> None:
    ours, others = Talk(client=("10.0.0.1", 1), server=("10.0.0.2", 2)), Talk(client=("10.9.0.1", 1))
    nids.chksum_ctl([("10.0.0.0/16", True), ("0.0.0.0/0", False)])
    started(Listener())
    for talk, fate in ((ours, Fate.BAD_CHECKSUM), (others, Fate.TAKEN)):
        syn = bytearray(talk.syn())
        assert nids.feed(START, bytes(syn)) == Fate.TAKEN
        syn[14 + 20 + 16] ^= 0xFF
        assert nids.feed(START, bytes(syn)) == fate


# Limits.


def test_one_connection_too_many_drops_the_first() -> None:
    nids.param("n_tcp_streams", 4)  # three quarters of it
    ends: list[tuple[int, int]] = []

    def callback(stream) -> None:  # type: ignore[no-untyped-def]
        stream.server.collect = True
        if stream.nids_state not in (nids.NIDS_JUST_EST, nids.NIDS_DATA):
            ends.append((stream.nids_state, stream.addr[0][1]))

    started(callback)
    for port in range(1, 9):
        feed(lined_up(Talk(client=("10.0.0.1", port)).handshake()))
    assert [port for state, port in ends if state == nids.NIDS_TIMED_OUT] == [1, 2, 3, 4]


def test_late_syn_on_the_same_ports_is_another_connection() -> None:
    nids.param("tcp_flow_timeout", 100)
    listener, second = Listener(), Talk(client_isn=5, server_isn=6)
    started(listener)
    feed(lined_up([*Talk().handshake(), pause(102), *second.handshake(), second.c(b"b")]))
    assert [told[0] for told in listener.told] == [
        nids.NIDS_JUST_EST,
        nids.NIDS_FORGOTTEN,
        nids.NIDS_JUST_EST,
        "c",
    ]


def test_finished_connection_with_a_hole_ends_in_time_and_steps_back_harm_nothing() -> None:
    listener = Listener()
    talk, other = Talk(), Talk(client=("10.0.0.2", 40000))
    started(listener)
    for one in (talk, other):
        one.handshake()
        feed(lined_up([*one.handshake(), one.c(b"a")]))
        one.c(b"lost")
    fins = lined_up([*other.goodbye(), *talk.goodbye(), *talk.goodbye(), *other.goodbye(), *talk.goodbye()])
    for at, packet in enumerate(fins):
        nids.feed(packet.time - at * 20 * SECOND, packet.octets)
    nids.advance(START + 9 * SECOND)
    assert (nids.NIDS_TIMED_OUT,) not in listener.told
    nids.advance(START + 30 * SECOND)
    assert listener.told.count((nids.NIDS_TIMED_OUT,)) == 2
    for port in range(1, 300):
        feed(lined_up(Talk(client=("10.0.0.1", port)).handshake(), start=START + 60 * SECOND))


def test_life_after_life_keeps_no_memory() -> None:
    def lives(number: int) -> None:
        for _ in range(number):
            started(Listener())
            for port in range(1, 5):
                talk = Talk(client=("10.0.0.1", port))
                feed(lined_up([*talk.handshake(), talk.c(b"a" * 1000), talk.frame(True, 1500, b"late" * 200)]))
            feed(lined_up(pieces(talk.c(b"x" * 100), 16)[:-1]))
            nids.exit()

    lives(50)
    before = resident()
    lives(400)
    assert resident() - before < 2 << 20


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


# Fragments, which libnids puts together, and the short ones, beyond which it would read.


def pieces(frame: bytes, size: int, identification: int = 0) -> list:  # type: ignore[type-arg]
    """The frame's datagram in pieces of ``size`` octets."""
    link, header, data = frame[:14], bytearray(frame[14:34]), frame[34:]
    out = []
    for at in range(0, len(data), size):
        piece = data[at : at + size]
        struct.pack_into(">H", header, 2, 20 + len(piece))
        struct.pack_into(">H", header, 4, identification)
        struct.pack_into(">H", header, 6, at >> 3 | (0x2000 if at + size < len(data) else 0))
        struct.pack_into(">H", header, 10, 0)
        total = sum(struct.unpack(">10H", header))
        struct.pack_into(">H", header, 10, 0xFFFF - (total % 0xFFFF or 0xFFFF))
        out.append(link + bytes(header) + piece)
    return out


@pytest.mark.parametrize("verify", [False, True])
@pytest.mark.parametrize("last", range(1, 9))
@pytest.mark.parametrize("order", ["as sent", "last first", "shuffled", "twice"])
def test_last_piece_of_few_octets(order: str, last: int, verify: bool, capfd: pytest.CaptureFixture[str]) -> None:
    nids.chksum_ctl([("0.0.0.0/0", verify)])
    talk, listener = Talk(), Listener()
    said = b"0123456789ab" + b"xxxxxxxx"[:last]  # with the 20 octets of the header: so many behind the last eighth
    parts = pieces(talk.c(said), 8)
    assert len(parts[-1]) == 14 + 20 + last
    if order == "last first":
        parts = parts[-1:] + parts[:-1]
    elif order == "shuffled":
        random.Random(last).shuffle(parts)
    elif order == "twice":
        parts = [part for part in parts for _ in range(2)][:-1]
    started(listener)
    feed(lined_up(talk.handshake()))
    fates = feed(lined_up(parts))
    assert fates == [Fate.PIECE] * (len(parts) - 1) + [Fate.TAKEN]
    assert listener.told[1:] == [("c", said)]
    assert capfd.readouterr() == ("", "")


def test_pieces_that_cannot_be_are_refused() -> None:
    talk = Talk()
    started(Listener())
    whole = talk.c(b"0123456789abcdef")
    for octets, flags in ((0, 0x2000), (3, 0x2000), (7, 0x2000), (0, 1), (8, 0x1FFF), (20, 0x1FFE)):
        frame = bytearray(whole[: 34 + octets])
        struct.pack_into(">H", frame, 16, 20 + octets)
        struct.pack_into(">H", frame, 20, flags)
        assert nids.feed(START, bytes(frame)) == Fate.PIECE
    assert nids.pieces().dropped == 6


def test_refused_piece_leaves_nothing_behind() -> None:
    """libnids keeps the pieces before it: the rest of the datagram would join them in its next life."""
    nids.chksum_ctl([("0.0.0.0/0", True)])
    talk, listener = Talk(), Listener()
    parts = pieces(talk.c(b"0123456789abcdef"), 8)
    bad = bytearray(parts[2])
    bad[14 + 10] ^= 0xFF
    started(listener)
    feed(lined_up(talk.handshake()))
    assert feed(lined_up([*parts[:2], bytes(bad), *parts[3:]]))[-1] == Fate.BAD_CHECKSUM
    assert feed(lined_up(parts))[-1] == Fate.TAKEN
    assert listener.told[1:] == [("c", b"0123456789abcdef")]


# Hostile frames.


LINKS = [0, 1, 9, 12, 50, 101, 108, 113, 228, 276]


@pytest.mark.parametrize("link_type", LINKS)
def test_random_octets(link_type: int, capfd: pytest.CaptureFixture[str]) -> None:
    dice = random.Random(link_type)
    started(Listener())
    for _ in range(3_000):
        octets = dice.randbytes(dice.randrange(0, 120))
        if dice.random() < 0.7:
            header = struct.pack(
                ">BBHHHBBH",
                0x40 | dice.choice([5, 5, 6, 15]),
                0,
                dice.choice([len(octets), 40]),
                dice.randrange(3),
                dice.choice([0, 0, 0x2000, dice.getrandbits(16)]),
                9,
                6,
                0,
            )
            octets = (
                {1: b"\0" * 12 + b"\x08\0", 113: b"\0" * 14 + b"\x08\0", 276: b"\x08\0" + b"\0" * 18}.get(
                    link_type, b"\0" * {0: 4, 9: 4, 50: 4, 108: 4}.get(link_type, 0)
                )
                + header
                + b"\x0a\0\0"
                + bytes([dice.randrange(3)])
                + b"\x0a\0\0"
                + bytes([dice.randrange(3)])
                + octets
            )
        assert nids.feed(START + dice.randrange(-100, 100) * SECOND, octets, link_type) in Fate
    assert nids.feed(START, b"", link_type) == Fate.MALFORMED
    assert nids.feed(START, b"", 65535) == Fate.UNKNOWN_LINK
    nids.exit()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("seed", range(10))
def test_mutated_frames(seed: int) -> None:
    dice = random.Random(seed)
    nids.param("n_tcp_streams", 8)
    nids.param("tcp_flow_timeout", 5)
    started(Listener(urgent=True))
    talks = [
        Talk(),
        Talk(tags=(0x8100,)),
        Talk(ipv4_options=b"\x07\x07\x04\0\0\0\0\0"),
        Talk(client=("10.0.0.3", 9)),
    ]
    time = START
    for _ in range(4_000):
        talk = dice.choice(talks)
        flags = dice.choice([SYN, SYN | ACK, ACK, ACK, PSH | ACK, PSH | ACK, FIN | ACK, RST, 0x38, 0xFF])
        octets = bytearray(
            talk.frame(
                dice.random() < 0.5,
                -1 if flags & SYN else dice.choice([0, 0, dice.randrange(-9, 300), dice.getrandbits(32)]),
                dice.randbytes(dice.choice([0, 0, 1, 9, 300, 3000])),
                flags,
                ack=dice.choice([0, 0, dice.randrange(300)]),
            )
        )
        for _ in range(dice.choice([0, 0, 0, 1, 2, 8])):
            octets[dice.randrange(14, len(octets))] = dice.randrange(256)
        frames = pieces(bytes(octets), dice.choice([8, 16, 24])) if dice.random() < 0.2 else [bytes(octets)]
        dice.shuffle(frames)
        for frame in frames:
            time += dice.choice([0, MILLISECOND, SECOND, -SECOND, 4 * SECOND])
            nids.feed(time, frame[: dice.randrange(len(frame))] if dice.random() < 0.05 else frame)


def test_truncated_frames_are_refused() -> None:
    talk = Talk()
    frame = talk.c(b"hello")
    started(Listener())
    for length in range(len(frame)):
        expected = Fate.MALFORMED if length < 34 else Fate.TRUNCATED
        assert nids.feed(START, frame[:length]) == expected
    assert nids.feed(START, frame + b"padding") == Fate.TAKEN
