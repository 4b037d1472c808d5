"""What the gateway's clients ask for, and what it answers: the two texts of its own that it puts into HTTP.

A request's target is ``/gateway/gateway.dll?Action=open&Server=NS&IP=host``, ``…?SessionID=ID``, or
``…?Action=poll&SessionID=ID``, as a path or as an absolute URL (reference 7). An answer's ``X-MSN-Messenger`` field
is ``SessionID=ID; GW-IP=address``, at the end with ``; Session=close``. The ID changes with every answer, all but
what stands before its first dot; servers of later years leave it as it is, a UUID without a dot.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Literal, NamedTuple
from urllib.parse import unquote_to_bytes

from msnp.gateway.streams import MAX_ADDRESS

MAX_ID = 128
"""Octets of a SessionID; the gateway's had some 20, a UUID has 36. A longer one is none."""
MSNP_PORT = 1863
"""What ``IP=`` leaves out."""

_PAIR = re.compile(rb"[ \t]*([A-Za-z-]{1,32})[ \t]*=[ \t]*([^;]*)")
_HOST = re.compile(r"[0-9A-Za-z._-]{1,253}")
_WITH_PORT = re.compile(r"(?:([0-9A-Za-z._-]{1,253})|\[([0-9A-Fa-f:.]{2,45})\]):([0-9]{1,5})")
_ID = re.compile(rb"[!-~]{1,%d}" % MAX_ID)


class Asked(NamedTuple):
    """A request to the gateway."""

    opens: bool
    """``Action=open``: a new session, and ``session_id`` comes with the answer."""
    kind: Literal["NS", "SB"] | None
    server: str | None
    session_id: bytes | None
    """All of it, as quoted."""

    @property
    def key(self) -> bytes | None:
        """What of the SessionID stays the same."""
        return None if self.session_id is None else stable(self.session_id)


class Answered(NamedTuple):
    """The gateway's own field of an answer."""

    key: bytes | None
    closes: bool
    """``Session=close``: this is the last answer."""


def stable(session_id: bytes) -> bytes:
    """The part of a SessionID before its first dot."""
    return session_id.partition(b".")[0]


def read_target(target: bytes) -> Asked | None:
    """What a request's target asks of the gateway; None where it is meant for something else."""
    path, mark, query = target.partition(b"?")
    if not mark or not path.lower().endswith(b"gateway.dll"):
        return None
    values: dict[bytes, bytes] = {}
    for pair in query.split(b"&", 15)[:15]:
        name, _, value = pair.partition(b"=")
        values[name.lower()] = unquote_to_bytes(value[:MAX_ADDRESS])
    action = values.get(b"action", b"").lower()
    session_id = _id(values.get(b"sessionid", b""))
    kinds: dict[bytes, Literal["NS", "SB"]] = {b"ns": "NS", b"sb": "SB"}
    kind = kinds.get(values.get(b"server", b"").lower())
    if action == b"open":
        return Asked(True, kind, server_of(values.get(b"ip", b"")), None)
    return None if session_id is None else Asked(False, kind, None, session_id)


def read_answer(value: bytes) -> Answered:
    """The field X-MSN-Messenger of an answer."""
    values = {}
    for part in value[: 4 * MAX_ADDRESS].split(b";"):
        if pair := _PAIR.match(part):
            values[pair[1].lower()] = pair[2].strip()
    session_id = _id(values.get(b"sessionid", b""))
    return Answered(
        None if session_id is None else stable(session_id), values.get(b"session", b"").lower() == b"close"
    )


def _id(value: bytes) -> bytes | None:
    return value if _ID.fullmatch(value) and stable(value) else None


def server_of(value: bytes) -> str | None:
    """``host``, ``host:port`` or ``ip:port``, as an :class:`~msnp.gateway.streams.Opened` has it.

    An address without a port gets MSN's. None: it is none of these.
    """
    text = value.decode("ascii", "replace")
    port: int | None = None
    if (pair := _WITH_PORT.fullmatch(text)) is not None:
        text, port = pair[1] or pair[2], int(pair[3])
        if port > 0xFFFF:
            return None
    try:
        address = ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        if not _HOST.fullmatch(text):
            return None
        return text if port is None else f"{text}:{port}"
    host = str(address) if address.version == 4 else f"[{address}]"
    return f"{host}:{MSNP_PORT if port is None else port}"
