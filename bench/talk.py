"""What people on MSN do: chats on switchboards, presence on notification servers (MSNP12), as actors on the wire.

A chat says its texts evenly over its time, with the accidents of real lines in the shares of the table below. With
both ends tapped each text passes twice: up on the speaker's connection, down on the listener's. The lines follow
the protocol reference (switchboard: USR, CAL, JOI, ANS, IRO, MSG, ACK; notification server: VER to CHG, NLN, UBX,
XFR).
"""

from collections.abc import Sequence
from random import Random

from bench.frames import ACK, PUSH, SEGMENT, Flow
from bench.wire import Actor, Carried, Sighting, Text, Wire

TYPING, TWICE, CUT, SWAPPED, AGAIN, LONG = 0.3, 0.02, 0.04, 0.005, 0.005, 0.002
"""Shares of what is sent: typing instead of a text; two texts in one segment; cut in two segments; these in the
wrong order; a segment sent again; a text longer than a segment."""

FORMAT = (
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
    b"X-MMS-IM-Format: FN=Segoe%20UI; EF=B; CO=800000; CS=0; PF=22\r\n\r\n"
)
_COMMON = (
    "hi hello how are you today fine thanks what about the meeting tomorrow ok lol see you later did you get my "
    "mail the one with photos yes nice trip :) :D phone dinner movie friday night café mañana 你好 grüße"
)
WORDS = _COMMON.split()
SECOND = 1_000_000


class Phrases:
    """Texts, made once: taking one costs next to nothing."""

    def __init__(self, random: Random) -> None:
        self._random = random.random
        self._short = [" ".join(random.choices(WORDS, k=random.randrange(1, 18))).encode() for _ in range(509)]
        self._long = [" ".join(random.choices(WORDS, k=random.randrange(400, 700))).encode() for _ in range(17)]

    def take(self) -> bytes:
        """One text."""
        choice = self._long if self._random() < LONG else self._short
        return choice[int(self._random() * len(choice))]


class Leg:
    """One tapped connection, and how what is said on it falls into segments."""

    __slots__ = ("_random", "_wire", "flow")

    def __init__(self, flow: Flow, wire: Wire, random: Random) -> None:
        self.flow = flow
        self._wire = wire
        self._random = random.random

    def open(self, time: int) -> None:
        """The handshake."""
        for then, record in self.flow.opening(time):
            self._wire.send(then, record)

    def close(self, time: int) -> None:
        """Good-bye."""
        self.say(time, True, b"OUT\r\n")
        for then, record in self.flow.closing(time + 1_000):
            self._wire.send(then, record)

    def say(self, time: int, up: bool, octets: bytes) -> None:
        """Commands that nothing befalls."""
        for at in range(0, len(octets), SEGMENT):
            piece = octets[at : at + SEGMENT]
            self._wire.send(time + at, self.flow.record(time + at, up, PUSH | ACK, piece))
            self.flow.advance(up, len(piece))

    def acknowledge(self, time: int, up: bool) -> None:
        """A segment without octets."""
        self._wire.send(time, self.flow.record(time, up, ACK))

    def message(self, time: int, up: bool, messages: Sequence[tuple[bytes, Text | None]]) -> None:
        """Messages that go out at once, and what may befall them."""
        octets = b"".join(octets for octets, _ in messages)
        fate = self._random() - CUT
        cuts = [0, *range(SEGMENT, len(octets), SEGMENT), len(octets)]
        if len(cuts) == 2 and fate < SWAPPED:
            cuts.insert(1, 1 + int(self._random() * (len(octets) - 1)))
        parts, begin = [], 0
        for part, text in messages:
            parts.append((begin, begin + len(part), None if text is None else Sighting(text)))
            begin += len(part)
        swapped = 0 <= fate < SWAPPED
        for number in range(len(cuts) - 1):
            first, last = cuts[number], cuts[number + 1]
            carried = _carried(parts, first, last, 1 << number)
            piece = octets[first:last]
            sequence = self.flow.advance(up, len(piece))
            then = time + 300 * (len(cuts) - 2 - number if swapped else number)
            self._wire.send(then, self.flow.record(then, up, PUSH | ACK, piece, sequence), carried)
            if SWAPPED <= fate < SWAPPED + AGAIN:
                then += 1_000
                self._wire.send(then, self.flow.record(then, up, PUSH | ACK, piece, sequence), carried)


def _carried(parts: list[tuple[int, int, Sighting | None]], first: int, last: int, bit: int) -> Carried:
    carried = []
    for begin, end, sighting in parts:
        if sighting is not None and begin < last and first < end:
            sighting.missing |= bit
            carried.append((sighting, bit))
    return tuple(carried)


class Chat:
    """Two people on a switchboard; the caller's connection is tapped, and the other's where there is a second
    leg."""

    def __init__(self, number: int, caller: str, other: str, legs: Sequence[Leg]) -> None:
        self.number = number
        self._names = caller.encode(), other.encode()
        self._legs = legs
        self._session = b"1189%06d" % number
        self.texts = 0

    def act(self, start: int, end: int, acts: int, random: Random, phrases: Phrases) -> Actor:
        """Meet, say so much until ``end``, part."""
        yield start
        self._meet(start)
        now = start + 2 * SECOND
        step = (end - now) // (acts + 1)
        transaction = 3
        for _ in range(acts):
            now += step
            yield now
            transaction += 1
            self._turn(now, transaction, int(random.random() * 2), random, phrases)
        yield end
        for leg in self._legs:
            leg.close(end)

    def _meet(self, now: int) -> None:
        caller, other = self._names
        leg = self._legs[0]
        leg.open(now)
        leg.say(now + 60_000, True, b"USR 1 %s %s.99\r\n" % (caller, self._session))
        leg.say(now + 90_000, False, b"USR 1 OK %s %s\r\n" % (caller, _nick(caller)))
        leg.say(now + 91_000, True, b"CAL 2 %s\r\n" % other)
        leg.say(now + 120_000, False, b"CAL 2 RINGING %s\r\n" % self._session)
        leg.say(now + 900_000, False, b"JOI %s %s 1073741824\r\n" % (other, _nick(other)))
        leg.acknowledge(now + 1_000_000, True)
        for leg in self._legs[1:]:
            leg.open(now + 300_000)
            leg.say(now + 400_000, True, b"ANS 1 %s %s.98 %s\r\n" % (other, self._session, self._session))
            iro = b"IRO 1 1 1 %s %s 1073741824\r\nANS 1 OK\r\n" % (caller, _nick(caller))
            leg.say(now + 880_000, False, iro)
            leg.acknowledge(now + 980_000, True)

    def _turn(self, now: int, transaction: int, speaker: int, random: Random, phrases: Phrases) -> None:
        """Somebody types, or says something."""
        typing = random.random() < TYPING
        said: list[tuple[bytes, Text | None]] = []
        if typing:
            said.append((_typing(self._names[speaker]), None))
        else:
            for _ in range(2 if random.random() < TWICE else 1):
                token = b"~%d.%d~ " % (self.number, self.texts)
                said.append((FORMAT + token + phrases.take(), Text(self.number, self.texts)))
                self.texts += 1
        kind = b"U" if typing else b"A"
        for position, leg in enumerate(self._legs):
            up = position == speaker
            at = now if up or len(self._legs) == 1 else now + 25_000
            if up:
                heads = [b"MSG %d %s %d\r\n" % (transaction, kind, len(body)) for body, _ in said]
            else:
                name = self._names[speaker]
                heads = [b"MSG %s %s %d\r\n" % (name, _nick(name), len(body)) for body, _ in said]
            messages = [(head + body, text) for head, (body, text) in zip(heads, said, strict=True)]
            leg.message(at, up, messages)
            if up and not typing:
                leg.say(at + 30_000, False, b"ACK %d\r\n" % transaction * len(said))
                leg.acknowledge(at + 130_000, True)
            else:
                leg.acknowledge(at + 100_000, not up)


def _nick(account: bytes) -> bytes:
    return account.partition(b"@")[0].capitalize() + b"%20Surname"


def _typing(account: bytes) -> bytes:
    return b"MIME-Version: 1.0\r\nContent-Type: text/x-msmsgscontrol\r\nTypingUser: " + account + b"\r\n\r\n\r\n"


def presence(number: int, account: str, leg: Leg, times: tuple[int, int], random: Random) -> Actor:
    """Somebody on a notification server, from log-in to log-out: lists, presence, status texts, invitations."""
    now, end = times
    name = account.encode()
    yield now
    leg.open(now)
    for up, line in _login(number, name):
        now += 30_000
        leg.say(now + 40_000, up, line)
    leg.acknowledge(now + 150_000, True)
    transaction = 7
    now += 30 * SECOND
    while now < end:
        yield now
        fate, buddy = random.random(), b"buddy%d@example.net" % random.randrange(30)
        if fate < 0.5:
            leg.say(now, True, b"PNG\r\n")
            leg.say(now + 30_000, False, b"QNG 45\r\n")
        elif fate < 0.8:
            status = random.choice((b"NLN", b"BSY", b"AWY"))
            leg.say(now, False, b"NLN %s %s %s 1073741824 0\r\n" % (status, buddy, _nick(buddy)))
            leg.acknowledge(now + 100_000, True)
        elif fate < 0.95:
            data = b"<Data><PSM>listening %d</PSM><CurrentMedia></CurrentMedia></Data>" % random.randrange(1000)
            leg.say(now, False, b"UBX %s %d\r\n%s" % (buddy, len(data), data))
            leg.acknowledge(now + 100_000, True)
        else:
            leg.say(now, True, b"XFR %d SB\r\n" % transaction)
            leg.say(now + 30_000, False, b"XFR %d SB 192.0.2.99:1863 CKI 99.%d\r\n" % (transaction, number))
            transaction += 1
        now += 30 * SECOND + random.randrange(30 * SECOND)
    yield end
    leg.close(end)


def _login(number: int, account: bytes) -> list[tuple[bool, bytes]]:
    buddies = [b"buddy%d@example.net" % buddy for buddy in range(30)]
    stamp = b"2007-05-01T12:00:00.000-07:00"
    lists = b"SYN 5 %s %s 30 1\r\nGTC A\r\nBLP AL\r\nPRP MFN %s\r\nLSG Friends 1234\r\n" % (
        stamp,
        stamp,
        _nick(account),
    )
    lists += b"".join(
        b"LST N=%s F=%s C=%08x-0000-0000-0000-%012d 11 1 1234\r\n" % (buddy, _nick(buddy), place, number)
        for place, buddy in enumerate(buddies)
    )
    first = b"".join(b"ILN 6 NLN %s %s 1073741824 0\r\n" % (buddy, _nick(buddy)) for buddy in buddies[:10])
    return [
        (True, b"VER 1 MSNP12 MSNP11 CVR0\r\n"),
        (False, b"VER 1 MSNP12\r\n"),
        (True, b"CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 7.5.0322 msmsgs %s\r\n" % account),
        (False, b"CVR 2 7.5.0322 7.5.0322 1.0.0000 http://download.example/x.exe http://messenger.example\r\n"),
        (True, b"USR 3 TWN I %s\r\n" % account),
        (False, b"USR 3 TWN S lc=1033,id=507,tw=40,fs=1,ct=%d,kpp=1\r\n" % (1_180_000_000 + number)),
        (True, b"USR 4 TWN S t=53*1ticket%d&p=%d\r\n" % (number, number)),
        (False, b"USR 4 OK %s 1 0\r\n" % account),
        (True, b"SYN 5 0 0\r\n"),
        (False, lists),
        (True, b"CHG 6 NLN 1073741824 0\r\n"),
        (False, b"CHG 6 NLN 1073741824 0\r\n" + first),
    ]
