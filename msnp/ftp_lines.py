"""The lines of MSNFTP, and what is known of a direction of which some are missing (reference 6.6)."""

import re
from typing import Final

MAX_LINE: Final = 1024
"""Octets of a line; where a longer one comes, nothing is read of that side any more."""
MAX_LINES: Final = 256
"""Octets from the beginning of a side; no file begins before its size is said, so here lines are believed though
some were lost, and not later."""

BYE_CODES: Final = {
    16777987: "sent",
    16777989: "received",
    2147942405: "disk full",
    2164261682: "cancelled",
    2164261694: "timed out",
}
WELL: Final = frozenset([16777987, 16777989])
"""With these the file has come."""

LINE: Final = re.compile(
    rb"(?:(VER) (?:[0-9]{1,10} )?MSNFTP\b.{0,64}|(USR) (\S{1,512}) (\S{1,128})|(FIL) ([0-9]{1,19})"
    rb"|(TFR)|(CCL)|(BYE) ([0-9]{1,10}))[ \t\r]*"
)
_VER: Final = b"VER MSNFTP\r\n"


class Side:
    """One direction, where it consists of lines."""

    def __init__(self, from_client: bool) -> None:
        self.from_client = from_client
        self.line = b""
        """What is there of the next one."""
        self.torn = False
        """Octets of it are missing."""
        self.passed: int | None = 0
        """Octets that went by; None: nobody knows how many."""
        self.deaf = False
        """What comes is no longer read as lines."""
        self._before = b""
        self._hole = 0

    def gap(self, length: int | None) -> None:
        """So many octets are missing; None: nobody knows how many."""
        first = not self.torn and length is not None
        self._before, self._hole = (self._begun(), length or 0) if first else (b"", 0)
        self.passed = None if length is None or self.passed is None else self.passed + len(self.line) + length
        self.line = b""
        self.torn = True

    def _begun(self) -> bytes:
        """What of the lines in front of the file was seen ahead of the first loss; VER counts as it should be."""
        return (_VER if self.passed else b"") + self.line

    def missed(self, size: int | None) -> int | None:
        """If the loss took the line that says the size: how many octets of the file's blocks it took too.

        To be asked when the first octets behind it come. ``size``: as the invitation says. None: it did not take
        it, or nobody knows.
        """
        hole, self._hole = self._hole, 0
        if not hole or size is None:
            return None
        lines = _VER + b"FIL %d\r\n" % size
        if not lines.startswith(self._before) or len(self._before) + hole < len(lines):
            return None
        return len(self._before) + hole - len(lines)
