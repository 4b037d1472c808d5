"""Sealing: octets in, octets that only the key's holder can read or make out.

AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits, ahead of what is sealed. What is sealed says what it
is *about* (a table, an order, a number): it opens for that alone, so that nothing can stand in another's place.
"""

import hmac
import os
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from rcds_sniffer.secrecy.errors import SecrecyError

KEY_OCTETS: Final = 32
"""Of every key."""

NONCE_OCTETS: Final = 12
"""Random ones collide with a chance of 1 in 2**33 after 2**32 seals of one key, far beyond any order's records."""


class SealingKey:
    """A key of 32 octets, and the keys that follow from it."""

    __slots__ = ("_cipher", "_names", "_octets")

    def __init__(self, octets: bytes) -> None:
        if len(octets) != KEY_OCTETS:
            raise SecrecyError(f"a key has {KEY_OCTETS} octets, not {len(octets)}")
        self._octets = octets
        self._cipher = AESGCM(self.derive("seal"))
        self._names = self.derive("pseudonym")

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("keys are not written anywhere")

    def derive(self, purpose: str) -> bytes:
        """A key of 32 octets for this purpose alone (HKDF-SHA256, RFC 5869)."""
        made = HKDF(algorithm=SHA256(), length=KEY_OCTETS, salt=None, info=f"rcds-sniffer {purpose}".encode())
        return made.derive(self._octets)

    def seal(self, octets: bytes, about: str) -> bytes:
        """``octets``, 28 longer, for :meth:`open` with the same ``about``."""
        nonce = os.urandom(NONCE_OCTETS)
        return nonce + self._cipher.encrypt(nonce, octets, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """What was sealed.

        Raises:
            SecrecyError: it was not sealed with this key and about this, or was changed since.
        """
        try:
            return self._cipher.decrypt(sealed[:NONCE_OCTETS], sealed[NONCE_OCTETS:], about.encode())
        except (InvalidTag, ValueError):
            raise SecrecyError("what is sealed was changed, or belongs to another key or place") from None

    def pseudonym(self, text: str) -> str:
        """32 hexadecimal digits for ``text``: steady under this key, and saying nothing without it (HMAC)."""
        return hmac.new(self._names, text.encode("utf-8", "surrogatepass"), sha256).hexdigest()[:32]


class OrderKey(SealingKey):
    """The key of one order."""

    __slots__ = ()
