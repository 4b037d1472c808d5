"""What kind of content it is, by its first octets: takes octets, gives a MIME type.

The name that a sender gave a file says nothing. Signatures are looked up with ``filetype``: a table in Python,
which no octets can crash, as a parser in C could. It has no text, and some of its signatures are two letters long
(``BM``, ``MZ``), so what is text is told first: UTF-8, UTF-16 with its mark, or octets without control characters.
"""

import re
from typing import Final

import filetype  # type: ignore[import-untyped]

from rcds_sniffer.files.digest import HEAD

UNKNOWN: Final = "application/octet-stream"

_CONTROL = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
"""Octets that no text has: not BEL to CR, nor ESC, which do occur."""

_LEGACY_LEAST: Final = 16
"""Octets without a control character that pass for text in some old charset; of fewer it is mere chance."""

_PROLOGUE = rb"\s*+(?>\s*<(?:\?xml\s[^>]*|!--(?s:.*?)--|!DOCTYPE\s+svg\b[^>]*)>)*+\s*+"
"""What stands before the first element. Nothing in it is tried twice: backtracking would take for ever."""

_TEXTS = (
    (re.compile(rb"%PDF-"), "application/pdf"),
    (re.compile(rb"\{\\rtf"), "application/rtf"),
    (re.compile(rb"%!PS"), "application/postscript"),
    (re.compile(_PROLOGUE + rb"<svg\b"), "image/svg+xml"),
    (re.compile(_PROLOGUE + rb"<(?:!DOCTYPE\s+html|html|head|body)\b", re.I), "text/html"),
    (re.compile(rb"\s*+<\?xml\s"), "text/xml"),
)
"""Kinds of text that say what they are."""


def mime_type(head: bytes) -> str:
    """The MIME type of a content that begins with ``head``, of which the first 8 KiB are looked at."""
    head = head[:HEAD]
    try:
        return _text(head) or _signature(head) or UNKNOWN
    except Exception:  # whatever a table of signatures trips over is of no known kind
        return UNKNOWN


def _text(head: bytes) -> str | None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text/plain" if _is_utf16(head) else None
    if not head or _CONTROL.search(head) is not None:
        return None
    if not _is_utf8(head) and len(head) < _LEGACY_LEAST:
        return None
    body = head.removeprefix(b"\xef\xbb\xbf")
    for pattern, kind in _TEXTS:
        if pattern.match(body):
            return kind
    return "text/plain"


def _is_utf8(head: bytes) -> bool:
    for cut in range(4):  # its last character may be cut
        try:
            head[: len(head) - cut].decode()
        except UnicodeDecodeError:
            if len(head) < HEAD:
                return False
        else:
            return True
    return False


def _is_utf16(head: bytes) -> bool:
    """With its mark: every character one that a text has."""
    try:
        text = head[: len(head) & ~1].decode("utf-16", "strict" if len(head) < HEAD else "ignore")
    except UnicodeDecodeError:
        return False
    return all(char >= " " or char in "\t\n\r\f" for char in text)


def _signature(head: bytes) -> str | None:
    found = filetype.guess_mime(head)
    return found if isinstance(found, str) else None
