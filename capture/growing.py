"""The octets of a capture file that somebody else is still writing.

Takes a file name; gives chunks as :class:`capture.streams.OctetStream` does, but at the end of the file an empty
chunk, and the rest when it has been written, until it is told that nothing follows. So a record that is half
written is waited for, compressed files too. It is read by its descriptor, and goes on when the file was deleted.
"""

import os
from collections.abc import Iterator
from typing import Final

from capture.streams import OctetStream

OPENING: Final = 64
"""The first octets of a capture that tell it from the next one in the same file: they hold its first time stamp."""


class GrowingStream(OctetStream):
    """One capture file whose header is written already; see :class:`capture.streams.OctetStream`."""

    def __init__(self, name: str) -> None:
        self.grows = False
        """More may follow. False while its header is read, since that must not wait; set it then."""
        self.waits = False
        """The last chunk was empty since nothing more is written by now."""
        self.opening = b""
        """The first octets, at most OPENING."""
        super().__init__(name)

    def _read(self) -> bytes:
        octets = super()._read()
        if len(self.opening) < OPENING:
            self.opening += octets[: OPENING - len(self.opening)]
        return octets

    def _raw(self) -> Iterator[bytes]:
        yield self.head
        self.head = b""
        while not self._closed:
            octets = self._read()
            self.waits = not octets
            if not octets and not self.grows:
                return
            yield octets

    def written_anew(self) -> bool:
        """Whether the file was emptied and begun again, as a ring of a few names is used."""
        if os.fstat(self.descriptor).st_size < self.position:
            return True
        return os.pread(self.descriptor, len(self.opening), 0) != self.opening
