"""Proxies that ask where to and then carry everything as it is: CONNECT, SOCKS 4, 4a and 5.

Takes a client's connections; gives the same to the proxy, each with what both say first. The facts stand in RFC
1928 and 1929, and in the protocol reference, section 7.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .roads import Carried
from .talk import DISPATCH
from .tcp import MILLISECOND

if TYPE_CHECKING:
    from .packets import Range
    from .tcp import Connection

HOST = "messenger.example"
USER, PASSWORD = b"alice", b"correct horse"


def connect(server: tuple[str, int]) -> list[tuple[bytes, bytes]]:
    """CONNECT."""
    asked = (
        f"CONNECT {server[0]}:{server[1]} HTTP/1.0\r\nUser-Agent: MSMSGS\r\nProxy-Connection: Keep-Alive\r\n\r\n"
    )
    return [(asked.encode(), b"HTTP/1.0 200 Connection established\r\nVia: 1.0 proxy.example\r\n\r\n")]


def socks4(server: tuple[str, int]) -> list[tuple[bytes, bytes]]:
    """The fourth version, which names an address."""
    asked = struct.pack("!BBH", 4, 1, server[1]) + socket.inet_aton(server[0]) + USER + b"\0"
    return [(asked, b"\0\x5a" + bytes(6))]


def socks4a(server: tuple[str, int]) -> list[tuple[bytes, bytes]]:
    """The same with a name."""
    asked = struct.pack("!BBH", 4, 1, server[1]) + b"\0\0\0\x01" + USER + b"\0" + _named(server) + b"\0"
    return [(asked, b"\0\x5a" + bytes(6))]


def socks5(server: tuple[str, int]) -> list[tuple[bytes, bytes]]:
    """The fifth, with a user and a secret that must never be shown, and a name."""
    proof = bytes([1, len(USER)]) + USER + bytes([len(PASSWORD)]) + PASSWORD
    name = _named(server)
    asked = b"\x05\x01\0\x03" + bytes([len(name)]) + name + struct.pack("!H", server[1])
    return [(b"\x05\x02\0\x02", b"\x05\x02"), (proof, b"\x01\0"), (asked, b"\x05\0\0\x01" + bytes(6))]


def _named(server: tuple[str, int]) -> bytes:
    """The first server by its name, which a client begins with; the others as it was told of them."""
    return (HOST if server == DISPATCH else server[0]).encode()


def socks5_open(server: tuple[str, int]) -> list[tuple[bytes, bytes]]:
    """The fifth without a user, and an address."""
    asked = b"\x05\x01\0\x01" + socket.inet_aton(server[0]) + struct.pack("!H", server[1])
    return [(b"\x05\x01\0", b"\x05\0"), (asked, b"\x05\0\0\x01" + socket.inet_aton("192.0.2.99") + b"\x04\xd2")]


SAYS = {"connect": connect, "socks4": socks4, "socks4a": socks4a, "socks5": socks5, "socks5 open": socks5_open}


@dataclass(frozen=True)
class Proxy:
    """One, and how it is spoken to."""

    says: str
    """One of ``SAYS``."""
    address: tuple[str, int] = ("198.51.100.89", 1080)

    def carries(self, connections: list[Connection], seed: str) -> Carried:
        """See :class:`~tests.simulator.roads.Road`."""
        outer, moved = [], {}
        for inner in connections:
            said = SAYS[self.says](inner.server)
            turn = 2 * inner.latency + 2 * MILLISECOND
            carrier = replace(inner, server=self.address, opened=inner.opened - len(said) * turn, writes=[])
            for number, (asked, answered) in enumerate(said):
                time = carrier.ready + number * turn
                carrier.from_client(time, asked)
                carrier.from_server(time + inner.latency + MILLISECOND, answered)
            carrier.writes += [replace(write) for write in inner.writes]
            carrier.settle()
            outer.append(carrier)
            for side, lengths in ((True, [len(a) for a, _ in said]), (False, [len(b) for _, b in said])):
                moved[inner.number, side] = sum(lengths)

        def places(place: Range) -> tuple[Range, ...]:
            return (replace(place, offset=place.offset + moved[place.stream, place.from_client]),)

        return Carried(frozenset(inner.number for inner in connections), outer, places)
