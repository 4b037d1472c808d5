"""Capture files to packets: the door of this package.

Takes the names that the user gave; gives one :class:`capture.source.Source`. It chooses the reader: pypcap where
it is installed and can, ``savefile`` for pipes, compressed files and whatever libpcap refuses.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from capture import pypcap_source
from capture.errors import CaptureError, GivenTwice, Unsupported
from capture.merge import MergedSource
from capture.savefile import SavefileSource
from capture.source import Source
from capture.streams import OctetStream

READERS: Final = ("pypcap", "savefile")


def open_files(names: Sequence[str], source: str | None = None) -> Source:
    """Open capture files, all in one, in time order.

    Args:
        names: files as the user named them; ``-`` is standard input.
        source: ``pypcap``, ``savefile``, or None for the first of these that is installed. With ``pypcap``, what
            it cannot read is still read by ``savefile``; the source's ``reader`` tells.

    Raises:
        CaptureError: one of the files is missing, unreadable, given twice, or no capture. Nothing stays open
            then.
    """
    if not names:
        raise CaptureError("no capture file is named: give one, or - for standard input")
    if source is not None and source not in READERS:
        raise Unsupported(f"no source is called {source!r}: take one of {', '.join(READERS)}")
    if source == "pypcap" and not pypcap_source.AVAILABLE:
        raise Unsupported("pypcap is not installed (it builds up to Python 3.11): use the source savefile")
    for name, times in Counter(names).items():
        if times > 1:  # before anything is read: of standard input there is only one
            raise GivenTwice(f"{name}: is given twice: name every capture once")

    def open_one(name: str) -> SavefileSource:
        return _open_file(name, by_pypcap=source != "savefile" and pypcap_source.AVAILABLE)

    return open_one(names[0]) if len(names) == 1 else MergedSource(names, open_one)


def _open_file(name: str, *, by_pypcap: bool) -> SavefileSource:
    stream = OctetStream(name)
    if by_pypcap and stream.regular and name != "-" and stream.compression is None:
        try:
            return pypcap_source.PypcapSource(stream)
        except pypcap_source.Refused:
            stream = OctetStream(name)
    return SavefileSource(stream)
