"""The packets in which files and the letters about them travel: the older transport and the newer one.

Takes octets of a message and where in it they stand; gives header and octets. What carries packets puts its own
around them (``bearers``). The facts stand in the protocol reference, sections 6.2, 6.3 and 6.5.
"""

import struct
from dataclasses import dataclass
from hashlib import sha1
from random import Random
from uuid import UUID

SYN, RAK = 1, 2
ACK, CLOSE, HANDSHAKE = 0x02, 0x40, 0x100
OLDER_FILE, OLDER_OBJECT, MARK_2009 = 0x30, 0x20, 0x01000000
NEWER_FILE, NEWER_OBJECT = 0x06, 0x04
PREPARATION = bytes(4)
"""What announces the content of an object."""


@dataclass
class Message:
    """A letter, or a content, on its way in parts."""

    session: int
    number: int
    total: int
    flags: int
    footer: int
    unique: int
    said: tuple[int, int] = (0, 0)
    """What the header of a liar says of the next part: where the part before it stood, and how long it was."""
    reached: int = 0
    """Newer: the sequence number behind its last packet."""


class Older:
    """One client's packets in MSNP9 to 15."""

    length = 48

    def __init__(self, random: Random, *, lags: bool = False, mark: int = 0) -> None:
        self._random = random
        self._number = random.randrange(1 << 16, 1 << 31)
        self._lags = lags
        """Offset and length are those of the part before; the first says 0."""
        self._mark = mark

    def begin(self, session: int, total: int, footer: int = 0, *, file: bool = False) -> Message:
        """A message of so many octets; session 0: a letter."""
        self._number += 1
        flags = 0
        if (session and total != len(PREPARATION)) or file:
            flags = OLDER_FILE if file else OLDER_OBJECT
        return Message(session, self._number, total, flags | self._mark, footer, self._random.randrange(1 << 31))

    def packet(
        self, message: Message, offset: int, chunk: bytes, *, length: int | None = None
    ) -> tuple[bytes, int]:
        """One part, and how long its header is; ``length``: what the header says instead."""
        said = (offset, len(chunk) if length is None else length)
        if self._lags:
            said, message.said = message.said, said
        offset, length = said
        head = (message.session, message.number, offset, message.total, length, message.flags, message.unique, 0, 0)
        return struct.pack("<IIQQIIIIQ", *head) + chunk, self.length

    def acknowledges(self, message: Message) -> bytes:
        """All of it has come."""
        self._number += 1
        head = (message.session, self._number, 0, message.total, 0, ACK, message.number, message.unique)
        return struct.pack("<IIQQIIIIQ", *head, message.total)

    def asks_to_acknowledge(self, message: Message) -> bool:
        """Every message is acknowledged."""
        return True

    def shakes(self, nonce: str) -> bytes:
        """The first packet on a direct connection: who is there."""
        self._number += 1
        return struct.pack("<IIQQII", 0, self._number, 0, 0, 0, HANDSHAKE) + UUID(nonce).bytes_le


class Newer:
    """One client's packets in MSNP16 and later."""

    def __init__(self, random: Random) -> None:
        self._sequence = random.randrange(1 << 31)
        self._package = 0
        self._first = True

    def begin(self, session: int, total: int, footer: int = 0, *, file: bool = False) -> Message:
        """A message of so many octets; session 0: a letter."""
        self._package += 1
        flags = 0
        if (session and total != len(PREPARATION)) or file:
            flags = NEWER_FILE if file else NEWER_OBJECT
        return Message(session, self._package, total, flags, footer, 0)

    def packet(
        self, message: Message, offset: int, chunk: bytes, *, length: int | None = None
    ) -> tuple[bytes, int]:
        """One part, and how long its headers are."""
        remaining = message.total - offset - len(chunk)
        fields = struct.pack("!BBQxx", 1, 8, remaining) if remaining > 0 else b""
        kind = message.flags | (offset == 0)
        inner = struct.pack("!BBHI", 8 + len(fields), kind, message.number, message.session) + fields
        options, operation = b"", RAK if remaining <= 0 else 0
        if self._first:
            self._first, operation = False, SYN | RAK
            options = struct.pack("<BBHHHHI2x", 1, 12, 512, 0, 3584, 0, 271)
        size = len(inner) + len(chunk)
        head = struct.pack("!BBHI", 8 + len(options), operation, size, self._sequence) + options
        self._sequence = message.reached = (self._sequence + size) % (1 << 32)
        return head + inner + chunk, len(head) + len(inner)

    def acknowledges(self, message: Message) -> bytes:
        """All of it has come."""
        return struct.pack("!BBHIBBIxx", 16, 0, 0, self._sequence, 2, 4, message.reached)

    def asks_to_acknowledge(self, message: Message) -> bool:
        """Its last packet says so."""
        return True

    def shakes(self, nonce: str) -> bytes:
        """The first frame on a direct connection: the nonce alone."""
        return UUID(nonce).bytes_le


def hashed(nonce: str) -> str:
    """What letters show of a nonce that only the connection itself may tell."""
    return "{" + str(UUID(bytes_le=sha1(UUID(nonce).bytes_le, usedforsecurity=False).digest()[:16])).upper() + "}"
