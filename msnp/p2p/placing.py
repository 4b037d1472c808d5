"""Where in its message a piece belongs.

Version 1 says the offset, but some clients' headers lie (reference 9.1, 27): the first piece says length 0 although
octets follow, and from then on offset and length are those of the piece before, up to the last, which is shorter
than it says. There the size of what carries a packet is the truth, and the piece begins where the one that its
header describes ends. A message shows this at its first piece. If that was not seen, the last piece shows it, when
the others are placed already, one piece too early; it then goes where the order of arrival puts it. So a sender who
was found out once is not believed again.

Version 2 says how much follows. How long the whole is, and so where a piece begins, is known from the first piece,
or from what was offered; without both, offsets count from the first piece that was seen.
"""

from msnp.p2p.headers import FOOTER_OCTETS, Packet

MAX_SIZE = 2**40
"""Octets of a message; what claims to be larger, or to lie behind that, is no message."""


class Placing:
    """The pieces of one message, as far as they came."""

    __slots__ = ("end", "lying", "message", "total", "unsure", "version")

    def __init__(self, packet: Packet, *, liar: bool, size: int | None) -> None:
        self.version = packet.version
        self.message = packet.message
        self.lying = liar and packet.version == 1
        """Its headers are those of the piece before."""
        self.end = 0
        """Behind the last octet that came."""
        self.unsure = False
        """Where it begins is not known: offsets count from the first piece that was seen."""
        self.total = packet.total if packet.version == 1 else size or 0
        """Octets of the whole; 0 while unknown."""

    def place(self, packet: Packet, present: int, footer: int) -> tuple[int, int] | None:
        """Offset and length of a piece of which the carrier has ``present`` octets, ahead of ``footer`` more.

        None: this cannot be, or nothing is left of it.
        """
        found = self._place_v1(packet, present, footer) if self.version == 1 else self._place_v2(packet, present)
        if found is None or self.total > MAX_SIZE:
            return None
        offset, length = found
        length = min(length, self.total - offset) if self.total else length
        if offset < 0 or length <= 0 or offset + length > MAX_SIZE:
            return None
        self.end = max(self.end, offset + length)
        return offset, length

    def _place_v1(self, packet: Packet, present: int, footer: int) -> tuple[int, int] | None:
        offset, length = packet.offset, packet.length
        if not length and present and not offset:
            self.lying = True
        if self.lying:
            return offset + length, present
        if length == present:
            return offset, length
        if self.total and offset + length + present == self.total:
            self.lying = True
            return offset + length, present
        if footer and length == present + FOOTER_OCTETS:
            return offset, length  # a client that sends none
        return self.end, present

    def _place_v2(self, packet: Packet, present: int) -> tuple[int, int] | None:
        length, rest = packet.length, packet.length + packet.remaining
        if packet.first:
            self.total = rest
            self.unsure = False
        elif not self.total:
            self.total = rest
            self.unsure = True
        return self.total - rest, min(length, present)
