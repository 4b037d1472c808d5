"""What a network card dropped before the kernel had it.

Takes the name of an interface; gives its sums, read from ``/sys`` where libpcap reads them too, but by descriptors
that stay open: a process that may open nothing any more goes on counting. ``/sys`` shows the interfaces of the
network namespace for which it was mounted; where that is another one's, there is nothing to tell.
"""

import contextlib
import os
from typing import Final

COUNTERS: Final = ("rx_missed_errors", "rx_fifo_errors")
"""Those that libpcap adds up (pcap-linux.c, linux_if_drops)."""
_DIGITS: Final = 32
"""Octets of a number of 64 bits with the end of its line, and more."""


class Card:
    """The counters of one interface, until :meth:`close`."""

    def __init__(self, name: str) -> None:
        self._descriptors: list[int] = []
        for counter in COUNTERS:
            path = f"/sys/class/net/{name}/statistics/{counter}"
            with contextlib.suppress(OSError, ValueError):  # ``any``, which has none, or a name that is no file's
                self._descriptors.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))

    def dropped(self) -> int | None:
        """All that it ever dropped; None where it is not told, or the interface is gone."""
        if not self._descriptors:
            return None
        try:
            return sum(int(os.pread(descriptor, _DIGITS, 0)) for descriptor in self._descriptors)
        except (OSError, ValueError):
            return None

    def close(self) -> None:
        """Give back the descriptors."""
        while self._descriptors:
            os.close(self._descriptors.pop())
