"""What client and proxy say to each other in SOCKS before the way is open: SOCKS 4, 4a and 5.

Each side's preamble is read by itself, from its first octet, and says how many octets it takes: so each direction
can be read where the other was not seen, and what follows at once, in the same segment, is found exactly.

====  ================================================================  ==================================
      client                                                            proxy
====  ================================================================  ==================================
4     ``04 01`` port ip user ``00``                                     ``00`` code, 6 octets
4a    the same with ip ``0.0.0.x``, then host ``00``                    the same
5     ``05`` n methods; perhaps ``01`` user password (RFC 1929);        ``05`` method; perhaps ``01`` status;
      ``05 01 00`` type address port (RFC 1928)                         ``05`` code ``00`` type address port
====  ================================================================  ==================================

Users and passwords are passed over: their lengths are read, and nothing else.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import NamedTuple

from msnp.gateway.asked import server_of

MAX_PREAMBLE = 2048
"""Octets of one side's preamble; SOCKS 5 takes 1,034 at most (257 + 513 + 264), and what SOCKS 4 does not bound is
bounded by this. Longer ones are none."""

_CONNECT = 1
_NO_METHOD = 0xFF
_PASSWORD = 2
_GRANTED_4 = 90
_IPV4, _NAME, _IPV6 = 1, 3, 4


class NoSocksError(Exception):
    """This is no SOCKS, or asks for something else than a connection, or in a way that hides what follows."""


class RefusedError(Exception):
    """The proxy would not."""


class Wanted(NamedTuple):
    """A client's preamble."""

    octets: int
    """How many it takes."""
    version: int
    server: str | None
    """``host:port``; None where what stands there is no name."""


def read_client(octets: bytes) -> Wanted | None:
    """The client's preamble; None: more of it has to come.

    Raises:
        NoSocksError: see there.
    """
    if not octets:
        return None
    if octets[0] == 4:
        return _read_client_4(octets)
    if octets[0] == 5:
        return _read_client_5(octets)
    raise NoSocksError


def _read_client_4(octets: bytes) -> Wanted | None:
    if len(octets) < 2:
        return None
    if octets[1] != _CONNECT:
        raise NoSocksError
    user_end = octets.find(b"\0", 8)
    if user_end < 0:
        return None
    port = int.from_bytes(octets[2:4], "big")
    address = octets[4:8]
    if address[:3] != bytes(3) or not address[3]:
        return Wanted(user_end + 1, 4, _server(str(ip_address(address)).encode(), port))
    host_end = octets.find(b"\0", user_end + 1)
    if host_end < 0:
        return None
    return Wanted(host_end + 1, 4, _server(octets[user_end + 1 : host_end], port))


def _read_client_5(octets: bytes) -> Wanted | None:
    if len(octets) < 2:
        return None
    at = 2 + octets[1]
    methods = octets[2:at]
    if len(octets) <= at:
        return None
    if octets[at] == 1:  # not a request's version, but that of RFC 1929
        if _PASSWORD not in methods:
            raise NoSocksError
        for _ in range(2):  # user, password
            at += 1
            if len(octets) <= at:
                return None
            at += octets[at]
        at += 1
    if octets[at : at + 2] not in {b"", b"\x05", bytes([5, _CONNECT])}:
        raise NoSocksError
    if len(octets) < at + 4:
        return None
    kind = octets[at + 3]
    end = _address_end(octets, at + 3, kind)
    if end is None or len(octets) < end:
        return None
    port = int.from_bytes(octets[end - 2 : end], "big")
    address = octets[at + 4 : end - 2]
    name = address[1:] if kind == _NAME else str(ip_address(address)).encode()
    return Wanted(end, 5, _server(name, port))


def read_proxy(octets: bytes) -> int | None:
    """How many octets the proxy's preamble takes that opens the way; None: more of it has to come.

    Raises:
        NoSocksError: see there.
        RefusedError: see there.
    """
    if octets[:1] == b"\0":
        return _granted(8, octets, 1, _GRANTED_4)
    if octets[:1] == b"\x05":
        return _read_proxy_5(octets)
    if octets:
        raise NoSocksError
    return None


def _read_proxy_5(octets: bytes) -> int | None:
    if len(octets) < 2:
        return None
    method = octets[1]
    if method == _NO_METHOD:
        raise RefusedError
    if method not in {0, _PASSWORD}:
        raise NoSocksError
    at = 2
    if method == _PASSWORD:
        at = 4
        if _granted(4, octets, 3, 0) is None:
            return None
    if len(octets) > at and octets[at] != 5:
        raise NoSocksError
    if _granted(at + 4, octets, at + 1, 0) is None:
        return None
    end = _address_end(octets, at + 3, octets[at + 3])
    return end if end is not None and len(octets) >= end else None


def _granted(length: int, octets: bytes, at: int, good: int) -> int | None:
    """``length`` if so many octets are here; None: not yet.

    Raises:
        RefusedError: the code at ``at`` is not ``good``.
    """
    if len(octets) > at and octets[at] != good:
        raise RefusedError
    return length if len(octets) >= length else None


def _address_end(octets: bytes, at: int, kind: int) -> int | None:
    """Behind address and port, whose type stands at ``at``; None: it is not here yet."""
    if kind == _IPV4:
        return at + 1 + 4 + 2
    if kind == _IPV6:
        return at + 1 + 16 + 2
    if kind != _NAME:
        raise NoSocksError
    return at + 2 + octets[at + 1] + 2 if len(octets) > at + 1 else None


def _server(host: bytes, port: int) -> str | None:
    return server_of(b"[%s]:%d" % (host, port) if b":" in host else b"%s:%d" % (host, port))
