"""Calls that are set up by SIP within notifications between two people (UUN and UBN types 2, 11 and 12).

MSNP13 on, and instead of ``text/x-msmsgsinvite``. Type 2 is a SIP message as it stands; type 12 wraps one as
``<sip e="base64"><msg>…</msg></sip>``; type 11 tells about a call. What is told is that a call was asked for,
accepted, refused or ended, and the addresses in it; what is said in it never passes here.
"""

import binascii
import re
from base64 import b64decode
from hashlib import sha256
from typing import NamedTuple

from msnp.markup import parse_markup
from msnp.mime import parse_fields

MAX_OCTETS = 64 * 1024
"""Octets that are read; what follows is left out. Real ones stay under 4 KiB."""
MAX_ADDRESSES = 32
"""Addresses of one call that are told."""
MAX_VALUE = 512
"""Characters of a value that are kept."""

_FIRST = re.compile(
    rb"\s*(?:SIP/2\.0 ([0-9]{3})(?: ([^\r\n]{0,256}))?|([A-Z]{2,16}) [^\r\n]{1,1024} SIP/2\.0)\s*?\r?\n"
)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_COMMANDS = {"INVITE": "invite", "CANCEL": "cancel", "BYE": "cancel"}
_SHORT = {"i": "call-id", "c": "content-type", "s": "subject"}
"""SIP's compact forms of the headers that are read (RFC 3261, 7.3.3)."""
_CONNECTION = re.compile(r"c=IN IP[46] ([0-9A-Fa-f.:]{2,45})")
_MEDIA = re.compile(r"m=([a-z]{1,16}) ([0-9]{1,5}) ")


class Call(NamedTuple):
    """One step of a call."""

    command: str | None
    """``invite`` ``accept`` ``cancel``; None: another step, which says nothing of its own."""
    details: dict[str, object]
    identity: str


def read_call(octets: bytes) -> Call | None:
    """A SIP message, plain or wrapped; None where it is none."""
    plain = _unwrapped(octets[:MAX_OCTETS])
    first = _FIRST.match(plain)
    if first is None:
        return None
    head, body = _split(plain[first.end() :])
    fields = {_SHORT.get(name.lower(), name.lower()): value for name, value in parse_fields(head).items()}
    number, _, method = fields.get("cseq", "").strip().partition(" ")
    details: dict[str, object] = {}
    if first[3] is not None:
        command = _COMMANDS.get(first[3].decode("ascii"))
    else:
        command = _answered(int(first[1]), method.strip())
        if command == "cancel":
            details["reason"] = b" ".join(filter(None, first.groups()[:2])).decode("utf-8", "replace").strip()
    if call_id := fields.get("call-id"):
        details["call_id"] = call_id[:MAX_VALUE]
    details |= _described(body)
    named = f"{call_id} {number} {command}" if call_id else sha256(plain).hexdigest()[:32]
    return Call(command, details, named[:MAX_VALUE])


def _answered(code: int, method: str) -> str | None:
    """What an answer to an INVITE says; those before the last (1xx) and those to anything else say nothing."""
    if method != "INVITE" or code < 200:
        return None
    return "accept" if code < 300 else "cancel"


def _split(octets: bytes) -> tuple[bytes, bytes]:
    """Headers and body."""
    found = _BLANK_LINE.search(octets)
    return (octets[: found.start()], octets[found.end() :]) if found is not None else (octets, b"")


def _unwrapped(octets: bytes) -> bytes:
    """The SIP message itself."""
    if not octets.lstrip().startswith(b"<"):
        return octets
    root = parse_markup(octets)
    outer, message = root.first("sip"), root.value("msg")
    if outer is None or message is None:
        return octets
    if outer.attributes.get("e", "").lower() != "base64":
        return message.encode("utf-8", "replace")
    try:
        return b64decode("".join(message.split()), validate=True)
    except (binascii.Error, ValueError):
        return octets


def _described(body: bytes) -> dict[str, object]:
    """What the description of the session says (SDP): ``media``, the kinds, and the ``addresses`` for them."""
    address = None
    kinds: dict[str, None] = {}
    found: dict[str, None] = {}
    for line in body.decode("utf-8", "replace").splitlines():
        if (connection := _CONNECTION.match(line)) is not None:
            address = connection[1]
            if address.strip("0.:"):
                found[address] = None
        elif (media := _MEDIA.match(line)) is not None:
            kinds[media[1]] = None
    details: dict[str, object] = {}
    if kinds:
        details["call_media"] = list(kinds)[:MAX_ADDRESSES]
    if found:
        details["addresses"] = list(found)[:MAX_ADDRESSES]
    return details
