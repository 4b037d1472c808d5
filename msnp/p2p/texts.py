"""Texts that come in several packets, put together before they are read.

Pieces come in any order, twice, or overlapping; of what overlaps the first to come stays. Version 2 tells where a
piece stands by how much follows, so pieces wait until one tells how long the whole is. What lost a piece never
becomes whole, and is forgotten when others need the room.
"""

from collections.abc import Hashable

from msnp.limits import Recent
from msnp.mark import Mark
from msnp.p2p.coverage import Coverage
from msnp.p2p.headers import Packet
from msnp.p2p.pieces import Pieces
from msnp.p2p.placing import Placing

MAX_TEXT = 64 * 1024
"""Octets of a text; longer ones are not read. An INVITE with a preview picture has some 20,000."""
MAX_OPEN = 16
"""Texts that may be incomplete at a time; beyond, the oldest is forgotten."""
MAX_PIECES = 256
"""Pieces of version 2 that wait for the first one."""


class Text:
    """One text, as far as it came."""

    __slots__ = ("_octets", "_seen", "_waiting", "mark", "placing", "sequence")

    def __init__(self, placing: Placing, mark: Mark) -> None:
        self.placing = placing
        self.mark = mark
        """Of the piece that came first."""
        self.sequence = 0
        """Version 2: of the first piece."""
        self._octets = bytearray()
        self._seen = Coverage()
        self._waiting: list[tuple[int, Pieces]] = []

    def add(self, offset: int, pieces: Pieces) -> None:
        """Some octets of it; ``offset`` is counted from its end while its length is not known, and negative."""
        if offset < 0 and not self.placing.total:
            if len(self._waiting) < MAX_PIECES:
                self._waiting.append((offset, pieces))
            return
        for back, waiting in self._waiting:
            self._put(self.placing.total + back, waiting)
        self._waiting.clear()
        self._put(offset, pieces)

    def _put(self, offset: int, pieces: Pieces) -> None:
        for at, octets in pieces:
            begin, end = offset + at, min(offset + at + len(octets), MAX_TEXT)
            if begin < 0 or end <= begin:
                continue
            if len(self._octets) < end:
                self._octets.extend(bytes(end - len(self._octets)))
            for first, last in self._seen.missing(begin, end):
                self._octets[first:last] = octets[first - begin : last - begin]
            self._seen.add(begin, end)

    def whole(self) -> bytes | None:
        """All of it; None while something is missing."""
        total = self.placing.total or self.placing.end
        return bytes(self._octets[:total]) if total and self._seen.has_all(total) else None


class Texts:
    """All texts of a connection that are not whole yet."""

    def __init__(self) -> None:
        self._open: Recent[Hashable, Text] = Recent(MAX_OPEN)

    def add(  # noqa: PLR0917 - one caller
        self, speaker: Hashable, packet: Packet, pieces: Pieces, present: int, footer: int, mark: Mark
    ) -> tuple[bytes, Mark] | None:
        """One packet's piece; the text and its first piece's mark, when it is whole. ``speaker``: from whom."""
        if packet.total > MAX_TEXT or packet.length + packet.remaining > MAX_TEXT or present > MAX_TEXT:
            return None
        key = (speaker, packet.version, packet.message)
        text = self._open.get(key)
        if text is None or (packet.version == 2 and packet.first and text.sequence not in (0, packet.sequence)):
            text = Text(Placing(packet, liar=False, size=None), mark)
            self._open.remember(key, text)
        if packet.version == 2 and not packet.first and not text.placing.total:
            text.add(-packet.length - packet.remaining, pieces)
            return None
        if packet.first:
            text.sequence = packet.sequence
        found = text.placing.place(packet, present, footer)
        if found is None:
            return None
        text.add(found[0], pieces)
        whole = text.whole()
        if whole is not None:
            del self._open[key]
            return whole, text.mark
        return None
