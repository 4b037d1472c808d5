"""The key of one sealed file: octets at any offset in, as they stand on the disk out, and the other way round.

AES-256 in counter mode (NIST SP 800-38A): the octets of a file may come in any order, and what was written can be
read back from any place, as a mode with a tag for each block could not do at single octets. That nobody changed it
is told by the content's SHA-256, which stands in the record, itself sealed with a tag.

A counter must never meet two contents: their sum would tell both. So each file has a key and a nonce of its own,
and no place of a file is written twice (:class:`~rcds_sniffer.files.folder.Incoming` sees to that).
"""

import base64
import os
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

KEY_OCTETS: Final = 32
NONCE_OCTETS: Final = 8
"""First half of the counter; the other one is the number of the block, of which no file has 2**64."""

BLOCK_OCTETS: Final = 16


class FileKey:
    """A key and its nonce; as text they are base64 of both."""

    __slots__ = ("_key", "_next", "_nonce", "_octets", "_running")

    def __init__(self, octets: bytes | None = None) -> None:
        """Of these 40 octets; of random ones. Raises ValueError where they are not 40."""
        octets = os.urandom(KEY_OCTETS + NONCE_OCTETS) if octets is None else octets
        if len(octets) != KEY_OCTETS + NONCE_OCTETS:
            raise ValueError("has no key of a sealed file")
        self._octets = octets
        self._key, self._nonce = AES(octets[:KEY_OCTETS]), octets[KEY_OCTETS:]
        self._running: CipherContext | None = None
        self._next = -1

    @classmethod
    def of(cls, text: object) -> "FileKey":
        """From :attr:`text`. Raises ValueError."""
        if not isinstance(text, str):
            raise ValueError("has no key")
        try:
            octets = base64.b64decode(text, validate=True)
        except ValueError:
            octets = b""
        return cls(octets)

    def __repr__(self) -> str:
        return "FileKey(…)"

    @property
    def text(self) -> str:
        """For the record."""
        return base64.b64encode(self._octets).decode()

    def turn(self, octets: bytes | memoryview, offset: int) -> bytes:
        """Clear octets of this offset into sealed ones, sealed ones into clear ones: it is the same."""
        if self._running is None or offset != self._next:
            block, skipped = divmod(offset, BLOCK_OCTETS)
            counter = CTR(self._nonce + block.to_bytes(BLOCK_OCTETS - NONCE_OCTETS, "big"))
            self._running = Cipher(self._key, counter).encryptor()
            self._running.update(bytes(skipped))
        self._next = offset + len(octets)
        return self._running.update(octets)
