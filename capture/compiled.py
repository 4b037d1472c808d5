"""Whether the compiled part of this package is there: asked here, and nowhere else.

Takes nothing. Without it capture files are read by ``savefile`` and interfaces by pypcap where that is installed:
slower, and told once.
"""

import logging
from functools import cache
from importlib.util import find_spec
from typing import Final

_log = logging.getLogger("capture")

try:
    from capture import libpcap, records
except ImportError as error:
    if error.name not in ("capture", "capture.libpcap", "capture.records", "capture.block"):
        _log.warning("the source libpcap is there, and cannot be used: %s", error)
    LIBPCAP = False
else:
    LIBPCAP = bool(libpcap and records)

MISSING: Final = "the source libpcap was not compiled: install anew where libpcap-dev and a C compiler are"


@cache
def say_slower(source: str) -> None:
    """Once, where the user left the choice of the source to us; low where nothing at all was compiled."""
    level = logging.INFO if find_spec("capture.block") is None else logging.WARNING
    _log.log(level, "%s; reading by %s, which is slower", MISSING, source)
