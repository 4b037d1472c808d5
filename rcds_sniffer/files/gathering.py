"""One transfer while its octets come: which are there, their hash so far, and where they wait.

With a folder they are on the disk, and what came out of order is read back from there when its turn to be hashed
comes. Without, they are hashed as they come and forgotten; only what is ahead of its turn waits in memory, and
what finds no room there leaves the transfer without a hash.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from rcds_sniffer.files.digest import Digest
from rcds_sniffer.files.folder import Incoming
from rcds_sniffer.files.mime import mime_type
from rcds_sniffer.files.ranges import Range, Ranges

PIECE_COST: Final = 200
"""Octets of memory that a piece takes that waits, beside its own."""


class TransferKey(NamedTuple):
    """Which transfer it is, in all its copies."""

    protocol: str
    sender: str
    recipient: str | None
    """None: unknown."""
    transfer: str


class Content(NamedTuple):
    """What came of a transfer."""

    ranges: list[Range]
    octets: int = 0
    """How many there are."""
    sha256: str | None = None
    """Of those that are there, in order; None where it is not known."""
    sha1: str | None = None
    mime: str | None = None
    """None where the beginning is missing."""
    path: str | None = None
    not_kept: str | None = None
    """Why not all of what passed the tap is in the folder: ``limit``, ``disk full``, ``disk error``."""
    key: str | None = None
    """What opens the file where it is sealed."""

    def is_whole(self, size: int | None, ended: bool) -> bool:
        """True when all is there: ``size`` octets, or, of unknown size, one piece from the beginning to its end."""
        if size is None:
            return ended and len(self.ranges) == 1 and self.ranges[0][0] == 0
        return self.octets == size and all(end <= size for _, end in self.ranges)


class Gathering:
    """The octets of one transfer."""

    __slots__ = ("ahead", "cost", "digest", "incoming", "lost", "not_kept", "pieces", "ranges")

    def __init__(self, incoming: Incoming | None, not_kept: str | None = None) -> None:
        self.incoming = incoming
        """Its file; None: it is only hashed."""
        self.not_kept = not_kept
        self.ranges = Ranges()
        self.digest = Digest()
        self.lost = False
        """Its hash is not known any more."""
        self.pieces: dict[int, bytes] = {}
        """Without a file: what waits for earlier octets, by offset."""
        self.ahead = 0
        """Octets of memory that these take."""
        self.cost = 0
        """Octets of the disk that it takes."""

    def hash(self, begin: int, octets: bytes | memoryview, room: int) -> None:
        """Octets were added to the ranges: hash them if it is their turn, and what waited for them.

        ``room``: octets of memory that what waits may take, of this transfer. Raises OSError where the disk fails.
        """
        if self.lost:
            return
        if begin == self.digest.done:
            self.digest.feed(octets)
            front = self.ranges.front
            if self.digest.done < front:
                for later in self._read(self.digest.done, front):
                    self.digest.feed(later)
        elif self.incoming is None:
            if self.ahead + len(octets) + PIECE_COST > room:
                self.lose()
            else:
                self.pieces[begin] = bytes(octets)
                self.ahead += len(octets) + PIECE_COST

    def lose(self) -> None:
        """Its hash cannot be known any more."""
        self.lost = True
        self.pieces.clear()
        self.ahead = 0

    def clip(self, size: int) -> int:
        """Forget what lies beyond ``size``; gives how many octets. Raises OSError."""
        beyond = self.ranges.clip(size)
        if not beyond:
            return 0
        if self.incoming is not None:
            self.incoming.truncate(size)
        if self.digest.done > size:
            self.digest = Digest()
            if self.incoming is None:
                self.lose()
            else:
                for octets in self.incoming.read(0, self.ranges.front):
                    self.digest.feed(octets)
        for offset in [offset for offset in self.pieces if offset + len(self.pieces[offset]) > size]:
            piece = self.pieces.pop(offset)
            if offset < size:
                self.pieces[offset] = piece[: size - offset]
        return beyond

    def content(self) -> Content:
        """What is there. Nothing can be added afterwards. Raises OSError."""
        front, ranges = self.ranges.front, list(self.ranges)
        mime = mime_type(self.digest.head) if front or not ranges else None
        sha1 = self.digest.sha1
        if self.lost:
            return Content(ranges, self.ranges.octets, None, None, mime, None, self.not_kept)
        for begin, end in ranges:
            for octets in self._read(max(begin, front), end):
                self.digest.feed(octets)
        return Content(ranges, self.ranges.octets, self.digest.sha256, sha1, mime, None, self.not_kept)

    def _read(self, begin: int, end: int) -> Iterator[bytes]:
        """Octets that are there and have not been hashed."""
        if self.incoming is not None:
            yield from self.incoming.read(begin, end)
            return
        while begin < end:
            piece = self.pieces.pop(begin)
            self.ahead -= len(piece) + PIECE_COST
            yield piece
            begin += len(piece)
