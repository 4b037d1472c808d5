"""What goes in and out of this package: streams of octets, and what is known of a stream before its first octet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

from msnp.mark import Mark

MAX_ADDRESS = 256
"""Characters of a server's name or address that are kept; DNS allows 253."""


class Opened(NamedTuple):
    """A stream of MSNP that begins inside another protocol."""

    kind: Literal["NS", "SB"] | None
    """What the client asked the gateway for; None: content has to tell."""
    server: str | None
    """``ip:port``, or a host as the client named it (``host:port`` behind CONNECT and SOCKS); None: not seen."""
    via: Literal["gateway", "connect", "socks4", "socks5"]


class Stream(Protocol):
    """Takes both directions of a connection: a decoder of this package's inner or outer side, a session of MSNP."""

    def analyze_packet(self, from_client: bool, octets: bytes, mark: Mark) -> None:
        """Take the next octets of one side; ``mark`` is that of the first of them."""

    def gap(self, from_client: bool, length: int | None, mark: Mark) -> None:
        """Octets of one side are missing, None: nobody knows how many; ``mark`` is of the first behind them."""

    def end(self, mark: Mark, *, closed: bool = True) -> None:
        """Nothing more will come: it was ``closed``, or it is only followed no longer."""


OpenTunnel = Callable[[Opened, Mark, object], Stream]
"""Makes the decoder of a tunnel, when its first octets come: what is known, their mark, and the origin, as it was
given, of the TCP connection that brought them."""
OpenPlain = Callable[[Opened], Stream]
"""Makes the decoder of what follows a preamble on the same TCP connection."""
