"""What people send each other in files: octets made here, the same each time.

Takes a size or a picture's measures; gives the octets of a content, and the object by which a client offers one.
"""

import base64
import struct
import zlib
from hashlib import sha1
from html import escape
from random import Random

PICTURE, EMOTICON, WINK, VOICE = 3, 2, 8, 11
KINDS = {PICTURE: "picture", EMOTICON: "emoticon", WINK: "wink", VOICE: "voice-clip"}
"""What a record calls the content of an object, by the object's type."""


def noise(size: int, seed: object) -> bytes:
    """Octets in which nothing repeats: a part that stands in the wrong place changes the hash."""
    return Random(f"sample/{seed}").randbytes(size)


def text(size: int) -> bytes:
    """A file of lines, numbered, in Chinese and Russian."""
    lines = "".join(f"{number:05d} 第{number}行 — строка {number}\r\n" for number in range(size // 20 + 1))
    return lines.encode()[:size].decode(errors="ignore").encode().ljust(size, b".")


def png(width: int, height: int, seed: object = 1) -> bytes:
    """A picture of coloured noise, which does not become smaller; after the format's second edition."""
    rows = b"".join(b"\0" + noise(3 * width, f"{seed}/{row}") for row in range(height))
    head = struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack("!I", len(data)) + name + data + struct.pack("!I", zlib.crc32(name + data))
        for name, data in parts
    )


def wave(size: int) -> bytes:
    """A sound of eight bits a sample, as a voice clip is not but as one may be sent."""
    data = noise(size - 44, "wave")
    form = struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)
    return (
        b"RIFF" + struct.pack("<I", size - 8) + b"WAVEfmt " + struct.pack("<I", 16) + form
        + b"data" + struct.pack("<I", len(data)) + data
    )  # fmt: skip


def digest(content: bytes) -> bytes:
    """By which an object is known."""
    return sha1(content, usedforsecurity=False).digest()


def thing(creator: str, kind: int, content: bytes, *, location: str = "TFR1.dat", friendly: str = "\0") -> str:
    """An MSNObject of this content, with true digests."""
    fields = {
        "Creator": escape(creator),
        "Size": str(len(content)),
        "Type": str(kind),
        "Location": location,
        "Friendly": base64.b64encode(friendly.encode("utf-16-le")).decode(),
        "SHA1D": base64.b64encode(digest(content)).decode(),
    }
    joined = "".join(f"{name}{value}" for name, value in fields.items())
    fields["SHA1C"] = base64.b64encode(digest(joined.encode())).decode()
    attributes = " ".join(f'{name}="{value}"' for name, value in fields.items())
    return f"<msnobj {attributes}/>"
