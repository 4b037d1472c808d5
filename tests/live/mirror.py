"""A mirror that spoils its copies: what the kernel's netem, 8021q and ip_gre would do, on kernels that lack them.

Reads the copy that the switch makes of its uplink and sends it on to mirror ports, to each as its :class:`Copy`
says: frames lost, doubled, overtaken, late, tagged, wrapped. Only copies are touched; what the hosts say to each
other is not. Chance comes from a seed, though not when frames come: two runs lose as much, not the same.
"""

import heapq
import itertools
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Self

from .namespaces import Namespace

Wrap = Callable[[bytes, int], bytes]
"""A frame and its number to what goes out for it."""

ETH_P_ALL = 3
SO_RCVBUFFORCE = 33
SOL_PACKET = 263
PACKET_IGNORE_OUTGOING = 23
"""socket.h and if_packet.h; the socket module names none of them."""
RECEIVE_OCTETS = 64 << 20
"""Frames wait here while the machine is busy elsewhere; the mirror must lose only what it is asked to."""
PATIENCE = 0.05
"""Seconds after which a frame that others should overtake goes out anyway."""
LARGEST = 1 << 17
"""Octets of a frame, joined segments included."""


@dataclass
class Copy:
    """What becomes of the copy to one mirror port."""

    port: str
    seed: int = 1
    lose: float = 0.0
    """Share of frames that never arrive."""
    double: float = 0.0
    """Share of frames that arrive twice."""
    overtaken: float = 0.0
    """Share of frames that one to three later ones overtake."""
    delay: tuple[float, float] = (0.0, 0.0)
    """Seconds, at least and at most, by which each frame is late; later frames may come first."""
    wrap: Wrap = lambda frame, _: frame
    lost: int = 0
    """Frames lost so far."""
    _random: Random = field(init=False)
    _held: list[tuple[float, int, float, bytes]] = field(default_factory=list)
    """What waits to be overtaken: place in the order, number, when at the latest, frame."""
    _late: list[tuple[float, int, bytes]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)

    def takes(self, frame: bytes, now: float) -> None:
        """One frame of the line."""
        if self._random.random() < self.lose:
            self.lost += 1
            return
        for _ in range(2 if self._random.random() < self.double else 1):
            number = next(self._numbers)
            steps = self._random.randint(1, 3) + 0.5 if self._random.random() < self.overtaken else 0.0
            heapq.heappush(self._held, (number + steps, number, now + PATIENCE, self.wrap(frame, number)))
            self._passes(number, now)

    def due(self, now: float) -> list[bytes]:
        """What goes out by now."""
        while self._held and min(latest for *_, latest, _ in self._held) <= now:
            self._passes(self._held[0][0], now)
        out = []
        while self._late and self._late[0][0] <= now:
            out.append(heapq.heappop(self._late)[2])
        return out

    def _passes(self, place: float, now: float) -> None:
        while self._held and self._held[0][0] <= place:
            _, number, _, frame = heapq.heappop(self._held)
            heapq.heappush(self._late, (now + self._random.uniform(*self.delay), number, frame))


class Mirror:
    """The thread between an interface of the switch and the mirror ports; a context manager."""

    def __init__(self, switch: Namespace, interface: str, copies: list[Copy]) -> None:
        self._copies = copies
        self._stop = threading.Event()
        self._in = switch.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._in.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_OCTETS)
        self._in.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        self._in.bind((interface, ETH_P_ALL))
        self._in.setblocking(False)
        self._out = []
        for copy in copies:
            out = switch.socket(socket.AF_PACKET, socket.SOCK_RAW)
            out.bind((copy.port, 0))
            self._out.append(out)
        self._thread = threading.Thread(target=self._run, name="mirror", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()
        for one in (self._in, *self._out):
            one.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            select.select([self._in], [], [], 0.002)
            now = time.monotonic()
            for frame in self._waiting():
                for copy in self._copies:
                    copy.takes(frame, now)
            for copy, out in zip(self._copies, self._out, strict=True):
                for frame in copy.due(now):
                    out.send(frame)

    def _waiting(self) -> list[bytes]:
        frames = []
        while len(frames) < 100:
            try:
                frames.append(self._in.recv(LARGEST))
            except BlockingIOError:
                break
        return frames


def tagged(*tags: tuple[int, int]) -> Wrap:
    """802.1Q (0x8100) or 802.1ad (0x88A8) tags: (type, VLAN id), outermost first (IEEE 802.1Q section 9)."""
    header = b"".join(struct.pack("!HH", kind, number) for kind, number in tags)
    return lambda frame, _: frame[:12] + header + frame[12:]


def erspan(version: int, session: int = 9, vlan: int = 5) -> Wrap:
    """ERSPAN II (``version`` 2) or III over GRE with sequence numbers (draft-foschiano-erspan-03, RFC 2890)."""

    def wrap(frame: bytes, number: int) -> bytes:
        if version == 2:
            header = struct.pack("!HHI", 0x1000, 0x88BE, number) + struct.pack("!HHI", 1 << 12 | vlan, session, 0)
        else:
            header = struct.pack("!HHI", 0x1000, 0x22EB, number)
            header += struct.pack("!HHIHH", 2 << 12 | vlan, session, number * 100, 0, 0)
        return ETHERNET + _ip4(47, header + frame, number)

    return wrap


ETHERNET = bytes.fromhex("00005e005301 00005e005302 0800")
"""From the switch to the collector; MAC addresses for documentation (RFC 7042 section 2.1.2)."""
ENDS = socket.inet_aton("203.0.113.1") + socket.inet_aton("203.0.113.2")


def _ip4(protocol: int, body: bytes, ident: int) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), ident & 0xFFFF, 0, 64, protocol, 0) + ENDS
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return head[:10] + struct.pack("!H", ~total & 0xFFFF) + head[12:] + body
