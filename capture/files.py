"""Capture files to packets: the door of this package.

Takes the names that the user gave; gives one :class:`capture.source.Source`. It chooses the reader: ``libpcap``
where it was compiled, else pypcap where that is installed, and ``savefile`` for pipes, compressed files and
whatever libpcap refuses.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from capture import compiled, pypcap_source
from capture.errors import CaptureError, GivenTwice, Unsupported
from capture.merge import MergedSource
from capture.savefile import Refused, SavefileSource
from capture.source import Source
from capture.streams import OctetStream

READERS: Final = ("libpcap", "pypcap", "savefile")


def open_files(names: Sequence[str], source: str | None = None) -> Source:
    """Open capture files, all in one, in time order.

    Args:
        names: files as the user named them; ``-`` is standard input.
        source: ``libpcap``, ``pypcap``, ``savefile``, or None for the first of these that is installed. With the
            first two, what they cannot read is still read by ``savefile``; the source's ``reader`` tells.

    Raises:
        CaptureError: one of the files is missing, unreadable, given twice, or no capture. Nothing stays open
            then.
    """
    if not names:
        raise CaptureError("no capture file is named: give one, or - for standard input")
    reader = choose(source)
    for name, times in Counter(names).items():
        if times > 1:  # before anything is read: of standard input there is only one
            raise GivenTwice(f"{name}: is given twice: name every capture once")

    def open_one(name: str) -> SavefileSource:
        return _open_file(name, reader)

    return open_one(names[0]) if len(names) == 1 else MergedSource(names, open_one)


def choose(source: str | None) -> str:
    """The reader for files: the one that is wanted, else the best that is installed.

    Raises:
        Unsupported: there is none of this name, or it is not installed.
    """
    if source is not None and source not in READERS:
        raise Unsupported(f"no source is called {source!r}: take one of {', '.join(READERS)}")
    if source == "libpcap" and not compiled.LIBPCAP:
        raise Unsupported(f"{compiled.MISSING}: use the source savefile")
    if source == "pypcap" and not pypcap_source.AVAILABLE:
        raise Unsupported("pypcap is not installed (it builds up to Python 3.11): use the source savefile")
    if source is not None:
        return source
    if compiled.LIBPCAP:
        return "libpcap"
    reader = "pypcap" if pypcap_source.AVAILABLE else "savefile"
    compiled.say_slower(reader)
    return reader


def _open_file(name: str, reader: str) -> SavefileSource:
    stream = OctetStream(name)
    if reader == "savefile" or not stream.regular or name == "-" or stream.compression is not None:
        return SavefileSource(stream)
    if reader == "libpcap":
        from capture import libpcap_source  # noqa: PLC0415 - it needs the compiled part

        if libpcap_source.is_mapped(stream):
            return libpcap_source.MappedSource(stream)
        make: type[SavefileSource] = libpcap_source.LibpcapSource
    else:
        make = pypcap_source.PypcapSource
    try:
        return make(stream)
    except Refused:
        return SavefileSource(OctetStream(name))
