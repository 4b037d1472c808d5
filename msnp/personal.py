"""What UUX and UBX carry: the line under somebody's name, what plays, and where they are signed in (reference 4.4).

``<Data><PSM>…</PSM><CurrentMedia>…</CurrentMedia>…</Data>`` from MSNP11 on; with ``<MachineGuid>`` later on; from
MSNP16 on with pictures and sounds of the account and with its endpoints: ``<EndpointData id="{guid}">`` says what
each can do, ``<PrivateEndpointData id="{guid}">``, only to the account itself, what computer it is. A client also
sends either of these as the root. Whatever is no XML is read as far as it can be.
"""

import re
from collections.abc import Mapping

from msnp.capabilities import CAPABILITIES, describe
from msnp.frames import Payload
from msnp.markup import MAX_OCTETS, Element, parse_markup
from msnp.msnobject import parse_msnobject
from msnp.text import decode_entities, decode_word

MAX_VALUE = 8192
"""Characters of one value that are kept; real ones have some hundreds."""
MAX_ENDPOINTS = 32
"""Endpoints of one account that are told; real ones are few."""
MAX_FIELDS = 32
"""Fields of what plays that are told; real ones are ten."""

CLEARED: Mapping[str, object] = {"personal_message": "", "media": None}
"""What a length of 0 says, and empty elements one by one: nothing is shown any more."""

_SEPARATOR = "\\0"
"""Between the fields of what plays: two characters."""
_ENDS = re.compile(rb"</[A-Za-z_][\w:.-]{0,63}\s{0,16}>")
_OBJECTS = {"ddp": "ddp", "signaturesound": "signature_sound", "scene": "scene"}
"""Elements whose text is an MSNObject, and what they are told as."""
_WORDS = {"machineguid": "machine", "colorscheme": "color_scheme"}
_YES = {"true": True, "1": True, "false": False, "0": False}


def read_personal(payload: Payload) -> dict[str, object]:
    """The details of a presence, by their names in the record; what is not said is left out.

    A ``personal_message`` that is empty and ``media`` that is None were cleared. Of a payload with ``missing``
    octets, those elements that end in front of the first hole.
    """
    if not payload.length:
        return dict(CLEARED)
    octets = payload.pieces[0][1][:MAX_OCTETS] if payload.pieces and payload.pieces[0][0] == 0 else b""
    if payload.missing:
        end = 0
        for found in _ENDS.finditer(octets):
            end = found.end()
        octets = octets[:end]
    details = _shown(octets)
    root = parse_markup(octets)
    for name, told in _WORDS.items():
        if (word := root.value(name)) is not None:
            details[told] = word[:MAX_VALUE]
    for name, told in _OBJECTS.items():
        if (text := root.value(name)) is not None:
            details[told] = parse_msnobject(text) or text[:MAX_VALUE]
    if endpoints := _endpoints(root):
        details["endpoints"] = endpoints
    if payload.missing:
        details["missing"] = payload.missing
    return details


def _shown(octets: bytes) -> dict[str, object]:
    details: dict[str, object] = {}
    message = _inner(octets, b"psm")
    if message is not None:
        details["personal_message"] = message[:MAX_VALUE]
    media = _inner(octets, b"currentmedia")
    if media is not None:
        details["media"] = read_media(media)
    return details


def _inner(octets: bytes, name: bytes) -> str | None:
    """All that stands in the first element of that name, whatever it looks like; None where there is none.

    Not by the tree, since people write ``<3`` and ``<b>``, and not every client encodes it.
    """
    begins = re.search(rb"<" + name + rb"(?:\s[^<>]{0,256}?)?(/?)>", octets, re.IGNORECASE)
    if begins is None:
        return None
    if begins[1]:
        return ""
    ends = octets.lower().find(b"</" + name, begins.end())
    if ends < 0:  # it is not closed: up to whatever comes next
        ends = octets.find(b"<", begins.end())
    return decode_entities(decode_word(octets[begins.end() : ends if ends >= 0 else len(octets)]))


def read_media(text: str) -> dict[str, object] | None:
    """What plays: ``application\\0kind\\0playing\\0format\\0field\\0…``; None for nothing.

    ``title``, ``artist`` and ``album`` are the first three fields of music; of games and offices only ``fields``.
    """
    if not text.strip():
        return None
    parts = [part[:MAX_VALUE] for part in text.split(_SEPARATOR, MAX_FIELDS + 4)][: MAX_FIELDS + 4]
    fields = parts[4:]
    while fields and not fields[-1]:
        fields.pop()
    media: dict[str, object] = {}
    for name, part in zip(("application", "kind", "playing", "format"), parts, strict=False):
        if name == "playing":
            if part.strip().lower() in _YES:
                media[name] = _YES[part.strip().lower()]
        elif part:
            media[name] = part
    if fields:
        media["fields"] = fields
    if media.get("kind") == "Music":
        media |= {name: field for name, field in zip(("title", "artist", "album"), fields, strict=False) if field}
    return media or None


def _endpoints(root: Element) -> list[dict[str, object]]:
    """One object for each, from both elements that name it; without ``id``, where the client speaks of itself."""
    found: dict[str, dict[str, object]] = {}
    for element in root.walk():
        if element.name not in {"endpointdata", "privateendpointdata"}:
            continue
        identity = element.attributes.get("id", "").strip().lower()[:64]
        if identity not in found and len(found) >= MAX_ENDPOINTS:
            continue
        endpoint = found.setdefault(identity, {"id": identity} if identity else {})
        for value in element.children:
            _put(endpoint, value.name, value.text.strip()[:MAX_VALUE])
    return [endpoint for endpoint in found.values() if endpoint]


def _put(endpoint: dict[str, object], name: str, value: str) -> None:
    """One value of an endpoint."""
    if not value:
        return
    if name == "capabilities":
        if CAPABILITIES.fullmatch(value):
            endpoint["capabilities"] = value
            endpoint |= describe(value)
    elif name == "idle":
        endpoint["idle"] = _YES.get(value.lower(), value)
    elif name in _OF_ENDPOINT:
        endpoint[_OF_ENDPOINT[name]] = value


_OF_ENDPOINT = {"epname": "computer", "clienttype": "client_type", "state": "state"}
