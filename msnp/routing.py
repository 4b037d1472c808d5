"""Three header blocks and a body: what SDG, PUT, DEL and NFY carry from MSNP18 on (reference 8.1 and 8.2).

The first block says who writes to whom, the second how reliably, the third what follows. Each ends with a blank
line. A PUT's answer may stop after the second. ``Content-Length`` is not trusted, since a server counts characters
in it: the body is all that is left of the command's own length.

An address is ``network:address`` with attributes: ``1:kim@b.example;epid={guid}``, ``9:guid@live.com;path=IM``,
``1:kim@b.example;via=9:guid@live.com``. Networks 9 (circle) and 10 (temporary group) are conversations of many.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from msnp.accounts import MAX_OCTETS, normalise
from msnp.frames import MalformedError, Payload
from msnp.markup import Element, parse_markup
from msnp.mime import Content, parse, parse_fields

CIRCLE, TEMPORARY = 9, 10
_GROUPS = (CIRCLE, TEMPORARY)
_FOREIGN = re.compile(r"[0-9a-z._-]{1,64}")
"""How people of other networks are named (``13:100000001;via=14:fb``): they have no address."""
_ADDRESS = re.compile(r"(?:([0-9]{1,3}):)?(.+)", re.DOTALL)
_BLANK_LINE = re.compile(rb"(?:\r\n|\r(?!\n)|\n){2}")
_THIRD = {"messaging", "publication", "notification", "content-type", "content-length"}
"""Fields of the third block: any of them tells it from the second."""
_MOST_ATTRIBUTES = 16
"""Attributes of an address that are read; real ones have three."""


NETWORKS = {
    1: "live",
    2: "office communicator",
    4: "telephone",
    8: "mobile",
    9: "circle",
    10: "temporary group",
    11: "cid",
    13: "connect",
    14: "remote",
    16: "smtp",
    32: "yahoo",
}


def network_name(number: int) -> str | None:
    """What a network is called."""
    return NETWORKS.get(number)


class Address(NamedTuple):
    """Somebody, or a group, at one end of a message."""

    account: str
    """Normalised, without network; ``13:100000001`` where a network has numbers instead of addresses."""
    network: int | None = None
    endpoint: str | None = None
    """Lower-case, in braces; None: all of theirs, or a group."""
    path: str | None = None
    via: str | None = None
    """The group, or the foreign network, through which they are reached: its address."""
    via_network: int | None = None

    @property
    def group(self) -> str | None:
        """The group that this is, or by way of which this person is reached."""
        if self.network in _GROUPS:
            return self.account
        return self.via if self.via_network in _GROUPS else None

    @property
    def person(self) -> str | None:
        """The account, if it is no group's."""
        return None if self.network in _GROUPS else self.account


class Routed:
    """A payload, taken apart."""

    __slots__ = ("content", "headers", "routing", "sender", "to")

    def __init__(self, routing: dict[str, str], content: Content) -> None:
        self.routing = routing
        """Fields of the first two blocks, by lower-case name."""
        self.content = content
        """The third block as the headers of a message, and the body."""
        self.headers = content.headers.fields
        self.to = parse_address(routing.get("to", ""))
        self.sender = parse_address(routing.get("from", ""))

    @property
    def group(self) -> str | None:
        """The group in which this is said or done; None: it is between two."""
        for address in (self.to, self.sender):
            if address is not None and address.group is not None:
                return address.group
        return None

    def markup(self) -> Element:
        """The body as XML, up to the first loss."""
        return read_markup(self.content.opening(), self.content.missing)

    @property
    def channel(self) -> str:
        """``Service-Channel``, in lower case: ``im/online``, ``im/offline``, ``im/mobile``; empty if not said."""
        return self.routing.get("service-channel", "").lower()


def read_markup(octets: bytes, missing: int) -> Element:
    """XML of which ``missing`` octets were lost behind ``octets``: a value that the loss cut is none."""
    return parse_markup(octets[: octets.rfind(b">") + 1] if missing else octets)


def parse_address(value: str) -> Address | None:
    """An address of a routing header; None where it names nobody."""
    if not value or len(value) > MAX_OCTETS:
        return None
    name, *attributes = value.strip().split(";", _MOST_ATTRIBUTES)
    network, account = _numbered(name)
    if account is None:
        return None
    known: dict[str, str] = {}
    for attribute in attributes:
        key, _, content = attribute.partition("=")
        known.setdefault(key.strip().lower(), content.strip())
    via_network, via = _numbered(known.get("via", ""))
    return Address(account, network, known.get("epid", "").lower() or None, known.get("path"), via, via_network)


def _numbered(name: str) -> tuple[int | None, str | None]:
    """Network and account of ``1:kim@b.example``."""
    found = _ADDRESS.fullmatch(name)
    if found is None or name.lower().startswith("tel:"):
        return None, normalise(name)
    network = int(found[1]) if found[1] else None
    account = normalise(found[2])
    if account is None and network is not None and _FOREIGN.fullmatch(found[2].lower()):
        account = f"{network}:{found[2].lower()}"
    return network, account


def read_routed(payload: Payload | None) -> Routed:
    """Take a payload apart; where octets are missing of who writes to whom, nothing is told."""
    if payload is None:
        raise MalformedError("no length")
    head = payload.pieces[0][1] if payload.pieces and payload.pieces[0][0] == 0 else b""
    routing: dict[str, str] = {}
    at = 0
    for _ in range(2):
        found = _BLANK_LINE.search(head, at)
        if found is None and len(head) < payload.length:
            if not routing:
                raise MalformedError("routing missing")
            break
        fields = _fields(head[at : found.start() if found is not None else len(head)])
        if fields.keys() & _THIRD:
            break  # there was no second block
        for name, value in fields.items():
            routing.setdefault(name, value)
        at = found.end() if found is not None else len(head)
    if not routing.keys() & {"to", "from"}:
        raise MalformedError("no routing")
    return Routed(routing, parse(_rest(payload, at)))


def _fields(block: bytes) -> dict[str, str]:
    return {name.lower(): value for name, value in parse_fields(block).items()}


def _rest(payload: Payload, at: int) -> Payload:
    """The payload from ``at`` on, all in front of which was seen."""
    pieces = []
    for offset, octets in payload.pieces:
        if offset + len(octets) > at:
            cut = max(0, at - offset)
            pieces.append((offset + cut - at, octets[cut:]))
    return Payload(payload.length - at, tuple(pieces))
