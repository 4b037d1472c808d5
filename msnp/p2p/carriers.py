"""What brings a packet: a MSG or SDG of the server's, or a frame of a direct connection."""

from collections.abc import Callable
from typing import NamedTuple

from msnp.events import Event
from msnp.mark import Mark
from msnp.mime import Content, Headers, whole_content
from msnp.p2p.headers import FOOTER_OCTETS
from msnp.p2p.pieces import Pieces, window
from msnp.utterances import Origin, origin_of, own_origin

OWN = ""
"""Stands for the connection's own account while it is not known."""
_HEADERS = Headers(b"Content-Type: application/x-msnmsgrp2p")


class Carrier(NamedTuple):
    """One packet's way."""

    tell: Callable[[Event], None]
    mark: Mark
    origin: Origin | None
    """As the server's line says; None: of a direct connection, where nothing says who speaks."""
    sender: str | None
    """The account, or :data:`OWN`; None as above."""
    recipient: str | None
    """The account; None where nothing says whom it is for."""
    transport: str
    """``switchboard`` ``notification`` ``direct``."""
    from_client: bool
    headers: Headers = _HEADERS
    line: object = None
    """Which direct connection; None: it is none."""

    @property
    def footer(self) -> int:
        """Octets behind the packet that are none of it."""
        return 0 if self.origin is None else FOOTER_OCTETS

    def origin_for(self, account: str, own: str | None, name: str | None) -> Origin:
        """The origin of what ``account`` sends in it; ``name`` is the own display name."""
        if self.origin is not None:
            return self.origin
        if account == OWN:
            return own_origin(self.mark, name, -1, None)
        return origin_of(self.mark, account, name if account == own else None)

    def content(self) -> Content:
        """For what is told of it: nothing of the packet is kept."""
        return whole_content(self.headers, b"")


class Body(NamedTuple):
    """The octets of one packet, as far as they were seen."""

    pieces: Pieces
    length: int
    """Announced, with the footer."""

    def present(self, start: int, footer: int) -> int:
        """Octets between the header, which ends at ``start``, and the footer."""
        return max(0, self.length - start - footer)

    def footer(self) -> int | None:
        """The number behind the packet; None where it was lost."""
        (found, *more) = window(self.pieces, self.length - FOOTER_OCTETS, self.length) or ((0, b""),)
        return int.from_bytes(found[1], "big") if not more and len(found[1]) == FOOTER_OCTETS else None
