"""Makes a string safe to show: takes what a stranger sent, gives what neither terminal nor reader is fooled by.

A display name may hold ESC sequences that repaint the screen, a carriage return that overwrites the line, or
a bidi override that shows ``gpj.exe`` as ``exe.jpg`` (Unicode TR 36, section 2.5). Everything that a person
reads goes through :func:`safe`; exact text is in JSON and in the database. What is escaped:

- C0 and C1 control characters and DEL
- bidi controls (marks, embeddings, overrides, isolates) and the deprecated format characters beside them
- line and paragraph separator, interlinear annotation, lone surrogates

Joiners (U+200C, U+200D) and tag characters stay: Persian and emoji need them.
"""

import re
from typing import Literal

Newlines = Literal["escape", "keep"]

UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb\ud800-\udfff]",
)
"""One character that must not reach a screen as it is."""

_UNSAFE_IN_LINES = re.compile(UNSAFE.pattern.replace("\x00-\x1f", "\x00-\x09\x0b-\x1f"))
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def safe(text: str, *, newlines: Newlines = "escape", limit: int | None = None) -> str:
    """``text`` with everything dangerous escaped visibly: ``\\x1b``, ``\\u202e``, ``\\n``.

    ``newlines="keep"`` keeps LF and makes CR LF one; a lone CR is escaped, since it overwrites. Of a text
    longer than ``limit`` characters the first are shown, and how many more there are.
    """
    cut = ""
    if limit is not None and len(text) > limit:
        cut = f"… (+{len(text) - limit:,} characters)"
        text = text[:limit]
    if newlines == "keep":
        return _UNSAFE_IN_LINES.sub(_visible, text.replace("\r\n", "\n")) + cut
    return UNSAFE.sub(_visible, text) + cut


def _visible(found: re.Match[str]) -> str:
    char = found[0]
    if char in _SHORT:
        return _SHORT[char]
    return f"\\x{ord(char):02x}" if char <= "\x9f" else f"\\u{ord(char):04x}"
