"""Whether the compiled part of this package is there: asked here, and nowhere else.

Takes nothing. Without it capture files are read by ``savefile`` and interfaces by pypcap where that is installed:
slower, and told once.
"""

import logging
from functools import cache
from typing import Final

try:
    from capture import libpcap, records
except ImportError as error:
    if error.name not in ("capture.libpcap", "capture.records"):  # it is there, and what it needs is not
        logging.getLogger("capture").warning("the compiled part is not usable: %s", error)
    LIBPCAP = False
else:
    LIBPCAP = bool(libpcap and records)

MISSING: Final = "the source libpcap was not compiled when this program was installed (README, Installation)"


@cache
def say_slower(source: str) -> None:
    """Once, where the user left the choice of the source to us."""
    logging.getLogger("capture").warning("%s: reading by %s, which is slower", MISSING, source)
