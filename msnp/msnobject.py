"""MSNObjects: what describes a picture, an emoticon, a wink or a sound that its owner has (reference 6.4).

``<msnobj Creator="…" Size="…" Type="…" Location="…" Friendly="…" SHA1D="…" SHA1C="…"/>``, from MSNP9 on:
percent-encoded in CHG, ILN and NLN, plain in the contents of messages, with entities in UUX and UBX. The attributes
come in any order, and it is not always well-formed: all are read that can be.
"""

import binascii
import re
from base64 import b64decode
from functools import lru_cache
from urllib.parse import unquote

from msnp.text import decode_entities

MAX_CHARACTERS = 16 * 1024
"""Of an object that is read, as sent; what follows is left out. Real ones stay under 1 KiB."""
MAX_ATTRIBUTES = 32
"""Attributes that are told; real ones have eleven."""
MAX_CACHED, MAX_CACHED_CHARACTERS = 512, 1024
"""Objects whose attributes are remembered, since a picture is shown with every status; beyond, the least used is
forgotten. Longer ones are read anew."""

TYPES = {
    1: "avatar",
    2: "emoticon",
    3: "display picture",
    4: "shared file",
    5: "background",
    6: "history",
    7: "dynamic picture",
    8: "wink",
    9: "map file",
    10: "dynamic background",
    11: "voice clip",
    12: "add-in state",
    13: "roaming",
    14: "signature sound",
    16: "scene",
}

_BEGINS = re.compile(r"\s*(?:<|%3[Cc]|&lt;|&#(?:60|[xX]3[cC]);)")
_OBJECT = re.compile(r"<\s{0,16}msnobj(?=[\s/>])", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([A-Za-z][\w.-]{0,31})\s{0,4}=\s{0,4}(?:\"([^\"<>]{0,4096})\"|'([^'<>]{0,4096})')")
_NUMBERS = frozenset({"size", "type", "stamp"})
_NUMBER = re.compile(r"[0-9]{1,18}")


def parse_msnobject(text: str) -> dict[str, object] | None:
    """Its attributes by lower-case name; None where ``text`` is none (``0`` and an empty one: there is no picture).

    ``size`` and ``type`` are numbers where they are such on the wire; ``type_name`` says what the type is called.
    ``friendly`` is the name that people see: decoded if it can be, else as sent; empty ones are left out.
    ``sha1d`` (of the octets) and ``sha1c`` (of the other attributes) stay in base64, as sent. The caller may change
    what it gets.
    """
    found = _parse_cached(text) if len(text) <= MAX_CACHED_CHARACTERS else _parse(text)
    return None if found is None else dict(found)


def _parse(text: str) -> dict[str, object] | None:
    plain = _plain(text[:MAX_CHARACTERS])
    begins = _OBJECT.search(plain)
    if begins is None:
        return None
    found: dict[str, object] = {}
    end = plain.find(">", begins.end())
    for name, double, single in _ATTRIBUTE.findall(plain, begins.end(), len(plain) if end < 0 else end):
        if len(found) < MAX_ATTRIBUTES:
            found.setdefault(name.lower(), _value(name.lower(), decode_entities(double or single)))
    if isinstance(number := found.get("type"), int) and number in TYPES:
        found["type_name"] = TYPES[number]
    if not found.get("friendly"):
        found.pop("friendly", None)
    return found


_parse_cached = lru_cache(maxsize=MAX_CACHED)(_parse)


def _plain(text: str) -> str:
    """Without the percent-encoding of a command line, or the entities of XML, that surround all of it."""
    begins = _BEGINS.match(text)
    if begins is None or begins[0].endswith("<"):
        return text
    return unquote(text) if begins[0].lstrip().startswith("%") else decode_entities(text)


def _value(name: str, value: str) -> object:
    if name in _NUMBERS and _NUMBER.fullmatch(value):
        return int(value)
    return friendly_name(value) if name == "friendly" else value


def friendly_name(value: str) -> str:
    """``Friendly``: base64 of UTF-16LE, with zeros behind; as it stands where it is something else."""
    try:
        octets = b64decode(value.strip() + "=" * (-len(value.strip()) % 4), validate=True)
        name = octets[: len(octets) & ~1].decode("utf-16-le")
    except (binascii.Error, ValueError):
        return value
    name = name.partition("\0")[0]
    return name if name.isprintable() else value
