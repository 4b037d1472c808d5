"""Where a further connection is awaited, because a session that was seen agreed on it.

Three things are agreed on in one connection and done in another: a file goes from peer to peer (MSNFTP; address,
port and a number in the invitation's answer), data of a peer-to-peer call goes around the server (address, port and
nonce in the answer), and a server sends its client to another one (XFR, RNG). What was agreed on is kept here, for
whoever reads the other connection to ask: whose is it, and for whom?

An answer holds within :data:`LIFE` of capture time. Nothing is thrown away sooner than its table is full, because a
capture may be read a second time for the ports that it named. Only :attr:`Rendezvous.ports` forgets by the clock,
since a filter is made of it. Numbers and nonces are chosen by peers: what they choose can fill the tables with
their own newest entries, and no more.
"""

from __future__ import annotations

import ipaddress
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from hashlib import sha1
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from msnp.limits import SECOND, Recent

if TYPE_CHECKING:
    from msnp.p2p.calls import Calls
    from msnp.state import State

MAX_MEETINGS: Final = 2048
"""Numbers, nonces and servers that are remembered, each; the oldest is forgotten."""
MAX_ENDS: Final = 8
"""Meetings under one number, nonce or port; two ends may have told of each, and others of the same port."""
MAX_PORTS: Final = 64
"""Ports that are looked at; the one named longest ago is forgotten."""
MAX_PORTS_EACH: Final = 8
"""Ports of one meeting; beyond, they are not looked at."""
MAX_WORD: Final = 128
"""Characters of a number or a nonce; longer ones are none."""
LIFE: Final = 600 * SECOND
"""From the agreement to the connection."""
SKEW: Final = 60 * SECOND
"""So much earlier may the connection seem to be: taps have clocks of their own, and lost octets are waited for."""
PORT_LIFE: Final = 3600 * SECOND
"""Since a port was last named; longer than anybody waits there, since filters are made of the ports in turns."""

NO_NONCE: Final = "{00000000-0000-0000-0000-000000000000}"
"""Stands where a side does not listen."""

K = TypeVar("K")
M = TypeVar("M", "FtpMeeting", "DirectMeeting")


class FtpMeeting(NamedTuple):
    """One end of a file transfer by MSNFTP, as its session agreed on it."""

    time: int
    port: int
    auth_cookie: str
    """The number that the receiver will name."""
    transfer: str
    name: str | None
    """Of the file, as offered."""
    size: int | None
    """In octets, as offered."""
    sender: str | None
    """Of the file; None: the session's own account."""
    recipient: str | None
    """None: nothing told yet."""
    own: State
    """The session that agreed on it."""


class DirectMeeting(NamedTuple):
    """One end of a direct connection, as its session agreed on it."""

    time: int
    ports: tuple[int, ...]
    addresses: tuple[str, ...]
    nonce: str | None
    """Upper-case GUID in braces."""
    hashed: bool
    """The nonce stands there as the GUID that its SHA-1 begins with."""
    calls: Calls
    """The calls of the session that agreed on it."""


class Rendezvous:
    """What is awaited; one for all sessions of a run."""

    def __init__(self) -> None:
        self._files: Recent[str, deque[FtpMeeting]] = Recent(MAX_MEETINGS)
        self._file_ports: Recent[int, deque[FtpMeeting]] = Recent(MAX_MEETINGS)
        self._nonces: Recent[str, deque[DirectMeeting]] = Recent(MAX_MEETINGS)
        self._direct_ports: Recent[int, deque[DirectMeeting]] = Recent(MAX_MEETINGS)
        self._servers: Recent[str, int] = Recent(MAX_MEETINGS)
        self._named: Recent[int, int] = Recent(MAX_PORTS)
        self._ports: frozenset[int] | None = frozenset()

    @property
    def ports(self) -> frozenset[int]:
        """TCP ports that were named lately: of files, calls and servers."""
        if self._ports is None:
            self._ports = frozenset(self._named)
        return self._ports

    # --- what is agreed on --------------------------------------------------------------------------------

    def await_ftp(self, meeting: FtpMeeting) -> None:
        """A file will go to ``meeting.port``, on either side."""
        if not _is_port(meeting.port) or not 0 < len(meeting.auth_cookie) <= MAX_WORD:
            return
        _put(self._files, meeting.auth_cookie, meeting)
        _put(self._file_ports, meeting.port, meeting)
        self._name((meeting.port,), meeting.time)

    def await_direct(self, meeting: DirectMeeting) -> None:
        """A call's data will go to one of ``meeting.ports``, on either side."""
        nonce = None if meeting.nonce == NO_NONCE else meeting.nonce
        ports = tuple(dict.fromkeys(filter(_is_port, meeting.ports)))[:MAX_PORTS_EACH]
        meeting = meeting._replace(nonce=nonce, ports=ports)
        if not ports or len(nonce or "") > MAX_WORD:
            return
        if nonce is not None:
            _put(self._nonces, nonce, meeting)
        for port in ports:
            _put(self._direct_ports, port, meeting)
        self._name(ports, meeting.time)

    def await_server(self, server: str, time: int) -> None:
        """A client was sent to ``ip:port``, at ``time`` in nanoseconds; what is no address is passed over."""
        endpoint = _endpoint(server)
        if endpoint is None:
            return
        self._servers.remember(endpoint, time)
        self._name((int(endpoint.rpartition(":")[2]),), time)

    def _name(self, ports: Iterable[int], time: int) -> None:
        for port in ports:
            if port not in self._named:
                self._ports = None
            elif next(reversed(self._named)) == port:
                self._named[port] = time
                continue
            self._named.remember(port, time)
        while time - next(iter(self._named.values())) > PORT_LIFE:
            self._named.popitem(last=False)
            self._ports = None

    # --- whose a connection is ----------------------------------------------------------------------------

    def ftp(self, auth_cookie: str, port: int, time: int) -> list[FtpMeeting]:
        """Every end that agreed on a file, the newest last.

        Args:
            auth_cookie: what the receiver named; empty: that was not seen, and the port alone says it.
            port: that is connected to. Routers may change it, so without a meeting there the number alone counts.
            time: of the connection.
        """
        if not auth_cookie:
            return list(_alive(self._file_ports.get(port, ()), time))
        found = list(_alive(self._files.get(auth_cookie, ()), time))
        there = [meeting for meeting in found if meeting.port == port]
        return there or found

    def direct(self, port: int, nonce: str | None, time: int) -> list[DirectMeeting]:
        """Every end that agreed on a direct connection, the newest last.

        Args:
            port: that is connected to.
            nonce: as the connection says it, upper-case GUID in braces; whether the agreement shows it or its hash
                makes no difference. Those who agreed on another are not meant. None: it was not seen.
            time: of the connection.
        """
        there = self._direct_ports.get(port, ())
        if nonce is None or nonce == NO_NONCE:
            return list(_alive(there, time))
        found = [meeting for form in forms_of(nonce) for meeting in _alive(self._nonces.get(form, ()), time)]
        return found or [meeting for meeting in _alive(there, time) if meeting.nonce is None]

    def expects_server(self, endpoint: str, time: int) -> bool:
        """Whether a client was sent to this ``ip:port``."""
        known = self._servers.get(_endpoint(endpoint) or "")
        return known is not None and -SKEW <= time - known <= LIFE


def tellers(ends: Iterable[State]) -> list[State]:
    """Of the sessions that agreed on the same, those for which it is told.

    That they are in one conversation shows by its number alone. So whoever did not see the number is left out, as
    the other end tells the same; where nobody saw it, one is enough. Before the accounts are proven all are needed,
    since nobody knows which of them will be.
    """
    sessions = list(dict.fromkeys(ends))
    proven = [session for session in sessions if session.account is not None]
    return [session for session in proven if session.session_id is not None] or proven[:1] or sessions


def forms_of(nonce: str) -> tuple[str, ...]:
    """How an agreement may show a nonce: plain, and hashed (reference 6.5) in either order of octets."""
    try:
        octets = uuid.UUID(nonce).bytes_le
    except ValueError:
        return (nonce,)
    digest = sha1(octets, usedforsecurity=False).digest()[:16]
    return nonce, guid(digest), f"{{{uuid.UUID(bytes=digest)}}}".upper()


def guid(octets: bytes) -> str:
    """Sixteen octets as Microsoft writes them: the first three groups have the lowest octet first."""
    return f"{{{uuid.UUID(bytes_le=octets)}}}".upper()


def _is_port(port: int) -> bool:
    return 0 < port < 65536


def _endpoint(server: str) -> str | None:
    """An address and port in their one form; None where it is none."""
    host, colon, port = server.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or len(port) > 5 or not _is_port(int(port)):
        return None
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
    return f"[{address}]:{int(port)}" if address.version == 6 else f"{address}:{int(port)}"


def _put(table: Recent[K, deque[M]], key: K, meeting: M) -> None:
    ends = table.get(key)
    if ends is None:
        ends = deque(maxlen=MAX_ENDS)
    ends.append(meeting)
    table.remember(key, ends)


def _alive(meetings: Iterable[M], time: int) -> Iterator[M]:
    return (meeting for meeting in meetings if -SKEW <= time - meeting.time <= LIFE)
