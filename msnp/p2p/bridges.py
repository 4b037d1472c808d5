"""Where a direct connection is awaited: the bodies of transport requests and answers (reference 6.5).

Both sides name addresses and ports, inside and outside of their router, and a nonce by which the connection will be
known; whoever says ``Listening: true`` waits there. A hashed nonce is told as it stands. The connection may go to
any of the ports.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import NamedTuple

MAX_ADDRESSES = 32
"""Addresses of one body that are read; real ones have under ten."""
MAX_PORTS = 8
"""Ports of one body that are awaited."""

_GUID = re.compile(r"\{[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}\}")
_NO_NONCE = "{00000000-0000-0000-0000-000000000000}"
_SCOPES = {"internal": "ipv4internal", "external": "ipv4external", "global": "ipv6"}


class Bridge(NamedTuple):
    """One side's offer of a direct connection."""

    addresses: tuple[str, ...]
    """``ip:port`` where the port is known, IPv6 in brackets."""
    internal: tuple[str, ...]
    external: tuple[str, ...]
    ports: tuple[int, ...]
    nonce: str | None
    """A GUID in braces, in capitals."""
    hashed: bool
    listening: bool

    def sides(self) -> dict[str, list[str]]:
        """The addresses, as they are told."""
        sides = {"addresses": self.addresses, "internal": self.internal, "external": self.external}
        return {name: list(some) for name, some in sides.items() if some}


def read_bridge(body: Mapping[str, str]) -> Bridge:
    """From the body of a transport request or answer."""
    ports: dict[int, None] = {}
    found = {scope: _side(body, prefix, ports) for scope, prefix in _SCOPES.items()}
    every = tuple(dict.fromkeys(address for side in found.values() for address in side))[:MAX_ADDRESSES]
    hashed = _nonce(body.get("hashed-nonce"))
    plain = _nonce(body.get("nonce"))
    return Bridge(
        every,
        found["internal"],
        found["external"],
        tuple(ports)[:MAX_PORTS],
        plain or hashed,
        plain is None and hashed is not None,
        body.get("listening", "").strip().lower() != "false",
    )


def _side(body: Mapping[str, str], prefix: str, ports: dict[int, None]) -> tuple[str, ...]:
    """What is named for one side of the router."""
    port = _port(body.get(f"{prefix}-port", ""))
    found: dict[str, None] = {}
    words = (body.get(f"{prefix}-addrs", "") + " " + body.get(f"{prefix}-global", "")).split()[:MAX_ADDRESSES]
    for word in words:
        _note(found, word, port)
    for word in body.get(f"{prefix}-addrsandports", "").split()[:MAX_ADDRESSES]:
        host, _, number = word.rpartition(":")
        own = _port(number)
        if _note(found, host, own) and own is not None:
            ports[own] = None
    if port is not None:
        ports[port] = None
    return tuple(found)[:MAX_ADDRESSES]


def _note(found: dict[str, None], host: str, port: int | None) -> bool:
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    shown = f"[{address}]" if address.version == 6 and port is not None else str(address)
    found[f"{shown}:{port}" if port is not None else shown] = None
    return True


def _port(value: str) -> int | None:
    value = value.strip()
    number = int(value) if value.isascii() and value.isdigit() and len(value) <= 5 else 0
    return number if 0 < number < 65536 else None


def _nonce(value: str | None) -> str | None:
    nonce = (value or "").strip().upper()
    return nonce if _GUID.fullmatch(nonce) and nonce != _NO_NONCE else None
