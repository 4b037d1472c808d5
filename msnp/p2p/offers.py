"""What an INVITE offers or asks for: a file, an MSNObject, a webcam, or another program (reference 6.4).

A file's context is binary, little-endian: its own length, version, the file's size, a type, and at 20 the name in
520 octets of UTF-16; a preview picture may follow, of which only the length is told. The length of the context
itself is believed as far as it is there. An MSNObject's context is its XML. Both are in base64, which some clients
wrap or pad wrongly.

Who invites to a file sends it; who invites to an object asks the invited for it.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from struct import Struct
from typing import NamedTuple

from msnp.frames import to_number
from msnp.msnobject import parse_msnobject
from msnp.p2p.placing import MAX_SIZE
from msnp.p2p.slp import Slp

NAME_AT, NAME_OCTETS = 20, 520
"""Where the name begins in a file's context, and how long it can be."""
MAX_NAME = NAME_OCTETS // 2
"""Characters of a name that are kept."""
MAX_CONTEXT = 64 * 1024
"""Characters of base64 that are read; with a preview picture it is some 20,000."""

FILE_GUID = "{5D3E02AB-6190-11D3-BBBB-00C04F795683}"
OBJECT_GUID = "{A4268EEC-FEC5-49E5-95C3-F126696BDBF6}"
_PROGRAMS = {
    "{1C9AA97E-9C05-4583-A3BD-908A196F1E92}": ("webcam", "Webcam viewing"),
    "{4BD96FC0-AB17-4425-A14A-439185962DC8}": ("webcam", "Webcam sending"),
    "{41D3E74E-04A2-4B37-96F8-08ACDB610874}": ("application", "Photo Sharing"),
    "{6A13AF9C-5308-4F35-923A-67E8DDA40C2F}": ("application", "Activity"),
}
"""Kind of record, and what it is called, by EUF-GUID."""
_OBJECTS = {
    1: "picture",
    2: "emoticon",
    3: "picture",
    5: "picture",
    7: "picture",
    8: "wink",
    10: "picture",
    11: "voice-clip",
    16: "picture",
}
"""Kind of record by an object's type; all others are files."""
BY_APPLICATION = {1: "picture", 11: "emoticon", 12: "picture"}
"""The same by the number of the application, which the footer repeats: for an object whose type is not known."""
CONTENTS = frozenset({"file", "picture", "emoticon", "wink", "voice-clip"})
"""Kinds of which octets are sent."""

_HEADER = Struct("<IIQI")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")


class Offer(NamedTuple):
    """What a call is about."""

    kind: str
    """``file`` ``picture`` ``emoticon`` ``wink`` ``voice-clip`` ``webcam`` ``application``."""
    application: str
    details: Mapping[str, object]
    name: str | None = None
    size: int | None = None
    """In octets."""
    sha1: str | None = None
    """Hexadecimal, as announced."""
    asked: bool = False
    """It is asked for: the invited sends it."""


def read_offer(slp: Slp) -> Offer:
    """From an INVITE with a session's body."""
    guid = slp.body.get("euf-guid", "").strip().upper()[:64]
    number = to_number(slp.body.get("appid", "").strip().encode())
    details: dict[str, object] = {"application_id": guid} if guid else {}
    context = decode_base64(slp.body.get("context", ""))
    if guid == FILE_GUID:
        return _file(context, details)
    if guid == OBJECT_GUID:
        return _object(context, number, details)
    kind, name = _PROGRAMS.get(guid, ("application", ""))
    return Offer(kind, name or "Peer to peer", details)


def _file(context: bytes, details: dict[str, object]) -> Offer:
    size = None
    if len(context) >= _HEADER.size:
        length, _, size, _ = _HEADER.unpack_from(context)
        if size > MAX_SIZE:
            size = None
        if NAME_AT + NAME_OCTETS <= length < len(context):
            details["preview_octets"] = len(context) - length
    name = _name(context[NAME_AT : NAME_AT + NAME_OCTETS])
    return Offer("file", "File Transfer", details, name, size)


def _name(octets: bytes) -> str | None:
    """UTF-16 up to the NUL; a client that loses high octets may turn the first character itself into one."""
    text = octets[: len(octets) & ~1].decode("utf-16-le", "replace")
    name = text.partition("\0")[0] or text.rstrip("\0").replace("\0", "\ufffd")
    return name[:MAX_NAME] or None


def _object(context: bytes, number: int | None, details: dict[str, object]) -> Offer:
    by_application = BY_APPLICATION.get(number or 0, "file")
    found = parse_msnobject(context.decode("utf-8", "replace").rstrip("\0"))
    if found is None:
        return Offer(by_application, "MSN Object", details, asked=True)
    kind = found.get("type")
    size = found.get("size")
    name = found.get("friendly") or found.get("location")
    return Offer(
        _OBJECTS.get(kind, "file") if isinstance(kind, int) else by_application,
        "MSN Object",
        {**details, "object": found},
        str(name)[:MAX_NAME] if name else None,
        size if isinstance(size, int) and size <= MAX_SIZE else None,
        _sha1(found.get("sha1d")),
        asked=True,
    )


def _sha1(value: object) -> str | None:
    octets = decode_base64(value) if isinstance(value, str) else b""
    return octets.hex() if len(octets) == 20 else None


def decode_base64(value: str) -> bytes:
    """Whatever can be read of it: without line breaks, and with any padding."""
    plain = _NOT_BASE64.sub("", value[:MAX_CONTEXT].partition("=")[0])
    if len(plain) % 4 == 1:
        plain = plain[:-1]
    try:
        return b64decode(plain + "=" * (-len(plain) % 4))
    except (binascii.Error, ValueError):
        return b""
