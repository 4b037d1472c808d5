# cython: annotation_typing=False
"""Octets to text: names, addresses and message bodies.

Messenger text is UTF-8, whether it says so or not; old and third-party clients send their own code page instead.
So UTF-8 is tried first, then the declared character set, then Windows-1252 (reference 5.3). Three-octet surrogate
pairs (CESU-8, seen from Tcl programs) become the character meant (reference 9.1, number 25). What no character
set reads is replaced by U+FFFD, never dropped.
"""

import re
from collections.abc import Sequence
from html import unescape
from urllib.parse import unquote_to_bytes

UTF8 = "utf-8"
LIKELIEST = "cp1252"

_SURROGATE = re.compile(rb"\xed[\xa0-\xbf]")
_STATEFUL = re.compile(r"iso-?2022|hz|utf-?16|utf-?7")  # plain ASCII octets that are not ASCII text
_CHARSET = re.compile(
    r"(?:windows-?|cp|ibm)[0-9]{3,5}|iso[-_]?8859[-_][0-9]{1,2}|iso[-_]?2022[-_](?:jp|kr)|latin-?[0-9]|us-ascii|ascii"
    r"|gb(?:2312|k|18030)|big5(?:-?hkscs)?|hz(?:-gb-2312)?|shift[-_]?jis|sjis|euc[-_](?:jp|kr)|koi8[-_][ru]"
    r"|utf-?(?:8|16(?:le|be)?|7)|tis-?620"
)  # others (idna, zlib, unicode_escape …) are codecs, not character sets
_ENTITY_OF_MANY_DIGITS = re.compile(r"&#(?:[0-9]{16,}|[xX][0-9a-fA-F]{16,});?")
_CONTINUATION = re.compile(rb"[\x80-\xbf]{0,3}")
_UNFINISHED = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z")
_MULTI_OCTET = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def _utf8(octets: bytes) -> str:
    """Strict UTF-8, with surrogate pairs read as the character meant; raises UnicodeError."""
    if _SURROGATE.search(octets) is None:
        return octets.decode(UTF8)
    halves = octets.decode(UTF8, "surrogatepass")
    return halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _try(octets: bytes, charset: str) -> str | None:
    try:
        return octets.decode(charset)
    except (UnicodeError, LookupError):
        return None


def is_stateless(declared: str | None) -> bool:
    """Whether a text that says it is in this character set, and reads as UTF-8, is UTF-8."""
    charset = _charset_of(declared)
    return _STATEFUL.match(charset) is None


def _charset_of(declared: str | None) -> str:
    """The character set as Python calls it; UTF-8 where it is none, or none is declared."""
    charset = (declared or UTF8).strip().strip("\"'").lower()
    return UTF8 if _CHARSET.fullmatch(charset) is None else charset


def decode_word(token: bytes) -> str:
    """One token of a command line, as it stands."""
    try:
        return _utf8(token)
    except UnicodeError:
        return token.decode(LIKELIEST, "replace")


def decode_name(token: bytes) -> str:
    """A display name of a command line: percent-encoded UTF-8, more or less (reference 1.1)."""
    return decode_word(unquote_to_bytes(token) if b"%" in token else token)


def decode_entities(text: str) -> str:
    """The characters that stand for themselves in XML (``&lt;``, ``&#8364;``); never raises.

    A number of so many digits that it can be no character's becomes U+FFFD, as the standard library does it with
    all that are too large; of thousands of digits it makes no number at all, but an error.
    """
    return unescape(_ENTITY_OF_MANY_DIGITS.sub("\ufffd", text) if "&#" in text else text)


def decode_text(runs: Sequence[bytes], declared: str | None = None, *, cut: bool = False) -> tuple[str, str]:
    """The text of ``runs``, and the character set it was read by.

    There is more than one run where octets are missing between; ``cut`` says that some are, so that a run may
    begin and end inside a character.
    """
    whole = b"".join(runs)
    charset = _charset_of(declared)
    if _STATEFUL.match(charset) and (text := _try(whole, charset)) is not None:
        return text, charset
    if not cut:
        try:
            return _utf8(whole), UTF8
        except UnicodeError:
            pass
    elif all(_is_utf8(run) for run in runs):
        return "".join(run.decode(UTF8, "replace") for run in runs), UTF8
    if charset not in {UTF8, "utf8"}:
        if (text := _try(whole, charset)) is not None:
            return text, charset
    elif declared is not None and _MULTI_OCTET.search(whole):
        return whole.decode(UTF8, "replace"), UTF8  # said to be, and mostly is
    return whole.decode(LIKELIEST, "replace"), LIKELIEST


def _is_utf8(run: bytes) -> bool:
    """Whether ``run`` is UTF-8 but for characters cut at its ends."""
    start = _CONTINUATION.match(run)
    inner = run[start.end() if start else 0 :]
    try:
        _utf8(_UNFINISHED.sub(b"", inner))
    except UnicodeError:
        return False
    return True
