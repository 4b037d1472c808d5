"""Where the parts of a zstd stream end (RFC 8878, 3.1), without decompressing it.

Takes octets as they come; gives them back in pieces, none of which reaches over the end of a block. Handed to the
decompressor piece by piece, every block comes out before the next is looked at: so nothing that stands in front
of damage is lost with it, and 4 hostile octets that claim to be 128 KiB are never more than that at once.
"""

from collections.abc import Iterator
from typing import Final

MAGIC: Final = bytes.fromhex("28b52ffd")
_SKIPPABLE: Final = bytes.fromhex("2a4d18")  # behind an octet from 50 to 5f

# Octets of the fields that the frame header's descriptor announces (3.1.1.1.1): dictionary, content size.
_DICTIONARY: Final = (0, 1, 2, 4)
_CONTENT_SIZE: Final = (0, 2, 4, 8)


class BlockCutter:
    """Follows one stream of frames."""

    def __init__(self) -> None:
        self.held = b""
        """The beginning of a part whose length is not yet known, fewer than 8 octets."""
        self._left = 0
        self._expect = "frame"
        self._checksum = False

    def feed(self, octets: bytes) -> Iterator[bytes]:
        """The same octets in pieces, but for what is ``held``."""
        octets = self.held + octets
        at = 0
        while at < len(octets):
            if not self._left:
                self._left = self._measure(octets[at : at + 8])
                if not self._left:
                    break
            piece = octets[at : at + self._left]
            self._left -= len(piece)
            at += len(piece)
            self.held = b""
            yield piece
        self.held = octets[at:]

    def _measure(self, head: bytes) -> int:
        """Octets of the next part, 0 if more must be seen to know."""
        if self._expect == "checksum":
            self._expect = "frame"
            return 4
        if self._expect == "block":
            return self._measure_block(head)
        if len(head) < 8:
            return 0
        if head[0] & 0xF0 == 0x50 and head[1:4] == _SKIPPABLE:
            return 8 + int.from_bytes(head[4:8], "little")
        if head[:4] != MAGIC:
            return len(head)  # the decompressor knows what to say about it
        descriptor = head[4]
        single = descriptor >> 5 & 1
        self._checksum = bool(descriptor & 4)
        self._expect = "block"
        size = _CONTENT_SIZE[descriptor >> 6] or single
        return 5 + (1 - single) + _DICTIONARY[descriptor & 3] + size

    def _measure_block(self, head: bytes) -> int:
        if len(head) < 3:
            return 0
        value = int.from_bytes(head[:3], "little")
        if value & 1:  # the last of its frame
            self._expect = "checksum" if self._checksum else "frame"
        repeated = value >> 1 & 3 == 1  # one octet stands for all
        return 3 + (1 if repeated else value >> 3)
