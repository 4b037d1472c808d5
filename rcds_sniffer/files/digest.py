"""The hashes of a content, made while its octets come: in order, each once."""

import hashlib
from typing import Final

HEAD: Final = 8192
"""Octets from the beginning that are kept to tell what kind of content it is."""


class Digest:
    """SHA-256 and SHA-1 of the octets from offset 0 on, as far as they came, and the first of them."""

    __slots__ = ("_sha1", "_sha256", "done", "head")

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._sha1 = hashlib.sha1(usedforsecurity=False)  # what MSNObjects announce
        self.head = b""
        self.done = 0
        """Octets hashed so far: the offset of the next, while none was missing."""

    def feed(self, octets: bytes | memoryview) -> None:
        """The next octets."""
        if self.done < HEAD and len(self.head) == self.done:
            self.head += bytes(octets[: HEAD - self.done])
        self._sha256.update(octets)
        self._sha1.update(octets)
        self.done += len(octets)

    @property
    def sha256(self) -> str:
        """Hexadecimal."""
        return self._sha256.hexdigest()

    @property
    def sha1(self) -> str:
        """Hexadecimal."""
        return self._sha1.hexdigest()
