"""SLP, the texts between two clients: they look like SIP (reference 6.4).

A line that asks (``INVITE MSNMSGR:to MSNSLP/1.0``) or answers (``MSNSLP/1.0 200 OK``), headers, a blank line, a
body of ``Name: value`` lines. ``Content-Length`` is not trusted, since some clients count the NUL behind the body
and some do not: a body goes up to a NUL, or to where the next text begins. WLM 2009 spells some names in bodies
backwards, and then their values too.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from msnp.accounts import normalise
from msnp.mime import parse_fields

MAX_TEXTS = 16
"""Texts in one message; there is hardly ever more than one."""
MAX_REASON = 128
"""Characters of an answer's reason that are kept."""
MAX_ID = 128
"""Characters of a Call-ID or branch that are kept; real ones have 38."""

_FIRST = re.compile(
    rb"([A-Z]{2,16}) msnmsgr:[^\r\n]{0,1024}? MSNSLP/[0-9]\.[0-9]"
    rb"|MSNSLP/[0-9]\.[0-9] ([0-9]{3})(?: ([^\r\n]{0,512}))?",
    re.IGNORECASE,
)
_BEGINS = re.compile(rb"(?:^|(?<=[\0\n]))(?=[A-Z]{2,16} msnmsgr:|MSNSLP/[0-9])", re.IGNORECASE)
_BLANK_LINE = re.compile(rb"(?:\r\n|\r(?!\n)|\n){2}")
_WRAPPED = re.compile(rb"^context[ \t]{0,16}:([A-Za-z0-9+/=\s]*)", re.IGNORECASE | re.MULTILINE)
_PERSON = re.compile(r"<?\s*msnmsgr:([^<>\s]{1,512})", re.IGNORECASE)
_BRANCH = re.compile(r"branch=([^;\s]{1,128})", re.IGNORECASE)

# fmt: off
_NAMES = {name.replace("-", ""): name for name in (
    "euf-guid", "sessionid", "schannelstate", "capabilities-flags", "appid", "requestflags", "context",
    "bridges", "bridge", "netid", "conn-type", "tcp-conn-type", "upnpnat", "icf", "nonce", "hashed-nonce",
    "nat-trav-msg-type", "listening", "ipv4internal-addrs", "ipv4internal-port", "ipv4external-addrs",
    "ipv4external-port", "ipv4internal-addrsandports", "ipv4external-addrsandports", "ipv6-addrs", "ipv6-port",
    "ipv6-addrsandports", "ipv6-global",
)}
# fmt: on
"""What stands in bodies, in lower case, by the name without its hyphens, since some clients leave those out: what
is one of these when it is read backwards was so written."""


class Slp(NamedTuple):
    """One text."""

    method: str | None
    """``INVITE`` ``BYE`` …; None: an answer."""
    code: int
    """Of an answer; 0 else."""
    reason: str
    """``603 Decline``: an answer, as written."""
    headers: Mapping[str, str]
    """By lower-case name."""
    body: Mapping[str, str]
    """By lower-case name, all spelled forwards."""

    @property
    def kind(self) -> str:
        """What the body is: ``sessionreqbody``, ``transreqbody`` …; empty if not said."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return kind.removeprefix("application/x-msnmsgr-")

    @property
    def call_id(self) -> str | None:
        """Joins all texts of a call."""
        return self.headers.get("call-id", "").strip().upper()[:MAX_ID] or None

    @property
    def branch(self) -> str | None:
        """Joins an answer to what it answers."""
        found = _BRANCH.search(self.headers.get("via", "")[:1024])
        return found[1].upper() if found is not None else None

    @property
    def session(self) -> int:
        """``SessionID``; 0 where none is named."""
        value = self.body.get("sessionid", "").strip()
        number = int(value) if value.isascii() and value.isdigit() and len(value) <= 10 else 0
        return number if number < 2**32 else 0

    def person(self, header: str) -> str | None:
        """The account in ``from`` or ``to``: what the text says, not who sent it."""
        found = _PERSON.match(self.headers.get(header, ""))
        return normalise(found[1]) if found is not None else None


def read_slp(octets: bytes) -> list[Slp]:
    """All texts of a message; what is none is left out."""
    begins = [found.start() for found in _BEGINS.finditer(octets)][: MAX_TEXTS + 1]
    stops = [*begins[1:], len(octets)]
    texts = (_read(octets[begin:stop]) for begin, stop in zip(begins[:MAX_TEXTS], stops, strict=False))
    return [text for text in texts if text is not None]


def _read(octets: bytes) -> Slp | None:
    first = _FIRST.match(octets)
    if first is None:
        return None
    blank = _BLANK_LINE.search(octets, first.end())
    end, start = blank.span() if blank is not None else (len(octets), len(octets))
    headers = {name.lower(): value for name, value in parse_fields(octets[first.end() : end]).items()}
    body = octets[start:].partition(b"\0")[0]
    fields = _forwards({name.lower(): value for name, value in parse_fields(body).items()})
    wrapped = _WRAPPED.search(body)
    if wrapped is not None and "context" in fields:
        fields["context"] = _unwrapped(body, wrapped)
    if first[1] is not None:
        return Slp(first[1].decode("ascii").upper(), 0, "", headers, fields)
    reason = b" ".join(filter(None, (first[2], first[3]))).decode("utf-8", "replace").strip()
    return Slp(None, int(first[2]), reason[:MAX_REASON], headers, fields)


def _unwrapped(body: bytes, found: re.Match[bytes]) -> str:
    """A context that goes on over several lines, up to the line of the next name."""
    value = found[1]
    if body[found.end() : found.end() + 1]:
        value = value[: max(value.rfind(b"\n"), value.rfind(b"\r")) + 1] or value
    return b"".join(value.split()).decode("ascii")


def _forwards(fields: dict[str, str]) -> dict[str, str]:
    """Names and values that are spelled backwards, turned round."""
    turned: dict[str, str] = {}
    for name, value in fields.items():
        plain = name.replace("-", "")
        if plain in _NAMES:
            turned[_NAMES[plain]] = value
        elif plain[::-1] in _NAMES:
            turned.setdefault(_NAMES[plain[::-1]], value[::-1])
        else:
            turned[name] = value
    return turned
