"""The octets of a capture file: opened with care, decompressed, in chunks.

Takes the name that the user gave (``-`` is standard input); gives chunks of plain octets, and says where a
compressed stream is cut off or damaged. Pushing chunks through, rather than reading from a file object, is what
lets a pipe that stays silent be noticed: it gives an empty chunk, and the caller can serve signals meanwhile.
"""

import errno
import os
import select
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from capture import zstd
from capture.errors import CaptureError, NoSuchFile, NotACapture, NotReadable, Unsupported

CHUNK: Final = 262_144
"""Octets per read; a decompressor gives at most a few times as much at once."""
IDLE_MILLISECONDS: Final = 200
"""A pipe that says nothing for so long gives an empty chunk."""
ZSTD_WINDOW: Final = 1 << 27
"""Octets of memory that a zstd frame may ask for: what ``zstd`` itself allows without ``--long``."""

_COMPRESSION: Final = {b"\x1f\x8b": "gzip", zstd.MAGIC: "zstd"}
_OTHERS: Final = {  # magic -> what it is, and how the user gets on
    b"BZh": "is compressed with bzip2: decompress it first, or pipe it in (bzcat FILE | …)",
    b"\xfd7zXZ": "is compressed with xz: decompress it first, or pipe it in (xzcat FILE | …)",
    b"\x04\x22\x4d\x18": "is compressed with lz4: decompress it first, or pipe it in (lz4cat FILE | …)",
    b"PK\x03\x04": "is a ZIP archive: unpack it and name the captures in it",
    b"snoop\0\0\0": "is a snoop capture: convert it with editcap -F pcap",
    b"GMBU": "is a Microsoft Network Monitor capture: convert it with editcap -F pcap",
    b"RTSS": "is a Microsoft Network Monitor capture: convert it with editcap -F pcap",
}


@dataclass(frozen=True, slots=True)
class Cut:
    """Where octets stop making sense, as a Truncation says it."""

    offset: int
    inside: str
    damage: str | None = None


def _open(name: str) -> tuple[int, os.stat_result]:
    """A descriptor that reads ``name``, or an error for the user."""
    if name == "-":
        try:
            status = os.fstat(0)
        except OSError:
            raise NoSuchFile("-: standard input is closed: pipe a capture into it, or name a file") from None
        if os.isatty(0):
            raise NoSuchFile("-: standard input is a terminal: pipe a capture into it, or name a file")
        if stat.S_ISDIR(status.st_mode):
            raise NoSuchFile("-: standard input is a directory: pipe a capture into it, or name a file")
        return 0, status
    try:
        status = os.stat(name)
        if stat.S_ISDIR(status.st_mode):
            raise NoSuchFile(f"{name}: is a directory: name the capture files in it")
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISFIFO(status.st_mode)):
            raise NoSuchFile(f"{name}: is neither a file nor a pipe: name a capture file")
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NoSuchFile(f"{name}: no such file: check the name and the directory") from None
    except PermissionError:
        raise NotReadable(f"{name}: permission denied: ask its owner, or change its mode") from None
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise CaptureError(
                f"{name}: too many files are open at once: raise the limit (ulimit -n) or give fewer files"
            ) from None
        raise NotReadable(f"{name}: cannot be opened: {error.strerror}") from None
    except ValueError:  # a NUL, or characters that no file name can hold
        raise NoSuchFile(f"{name!r}: is not a file name") from None
    return descriptor, os.fstat(descriptor)


class OctetStream:
    """One capture, opened, with its compression known.

    Raises:
        CaptureError: as ``_open`` says; or it is empty, or not readable.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.position = 0
        """Octets read, before decompression."""
        self.cut: Cut | None = None
        """Where ``chunks`` ended because the compressed stream is cut off or damaged."""
        self.descriptor, status = _open(name)
        self.regular = stat.S_ISREG(status.st_mode)
        self.size = status.st_size if self.regular and name != "-" else None
        self.compression: str | None = None
        """``gzip`` or ``zstd``."""
        self._closed = False
        try:
            self.head = self._first_octets()
            self._know_by_magic()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the descriptor back, unless it is standard input."""
        if not self._closed and self.descriptor != 0:
            os.close(self.descriptor)
        self._closed = True

    def chunks(self) -> Iterator[bytes]:
        """Plain octets to the end or to ``cut``; an empty chunk means that a pipe is idle.

        Raises:
            NotReadable: the system cannot read on.
            Unsupported: it is zstd and the library for it is missing.
        """
        if self.compression == "gzip":
            return self._gunzip()
        if self.compression == "zstd":
            return self._unzstd()
        return self._raw()

    def _know_by_magic(self) -> None:
        if not self.head:
            raise NotACapture(f"{self.name}: is empty (0 octets): was anything captured?")
        for magic, advice in _OTHERS.items():
            if self.head.startswith(magic):
                raise Unsupported(f"{self.name}: {advice}")
        for magic, compression in _COMPRESSION.items():
            if self.head.startswith(magic):
                self.compression = compression

    def _first_octets(self) -> bytes:
        """Enough to know the magic number, from a pipe that may bring it octet by octet."""
        head = b""
        while len(head) < 8 and (piece := self._read()):
            head += piece
        return head

    def _read(self) -> bytes:
        try:
            octets = os.read(self.descriptor, CHUNK)
        except OSError as error:
            raise NotReadable(f"{self.name}: cannot be read: {error.strerror}") from None
        self.position += len(octets)
        return octets

    def _raw(self) -> Iterator[bytes]:
        """As it is in the file."""
        yield self.head
        self.head = b""
        poll = None
        if not self.regular:
            poll = select.poll()
            poll.register(self.descriptor, select.POLLIN)
        while not self._closed:
            if poll is not None and not poll.poll(IDLE_MILLISECONDS):
                yield b""
                continue
            octets = self._read()
            if not octets:
                return
            yield octets

    def _gunzip(self) -> Iterator[bytes]:
        """Members one after the other (RFC 1952, 2.2), with zeros between or behind them."""
        inflate = zlib.decompressobj(wbits=31)
        for chunk in self._raw():
            if not chunk:
                yield b""
            piece = chunk
            while piece:
                if inflate.eof:
                    piece = piece.lstrip(b"\0")
                    if not piece:
                        break
                    inflate = zlib.decompressobj(wbits=31)
                before = inflate.copy()  # at an error zlib keeps to itself what it had decompressed
                try:
                    octets = inflate.decompress(piece, CHUNK)
                except zlib.error as error:
                    yield from self._up_to_damage(before, piece, str(error))
                    return
                if octets:
                    yield octets
                piece = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
        if not inflate.eof:
            if rest := inflate.flush():
                yield rest
            self.cut = Cut(self.position, "gzip stream")

    def _up_to_damage(self, inflate: Any, piece: bytes, damage: str) -> Iterator[bytes]:
        """The last good octets in front of the error, found octet by octet."""
        for index in range(len(piece)):
            try:
                octets = inflate.decompress(piece[index : index + 1])
            except zlib.error:
                self.cut = Cut(self.position - len(piece) + index, "gzip stream", damage)
                return
            if octets:
                yield octets
        self.cut = Cut(self.position, "gzip stream", damage)

    def _unzstd(self) -> Iterator[bytes]:
        """Frames one after the other (RFC 8878, 3.1)."""
        try:
            import zstandard  # noqa: PLC0415 - most captures are not zstd
        except ImportError:
            raise Unsupported(
                f"{self.name}: is compressed with zstd, and the package zstandard is missing: install it"
            ) from None
        decompressor = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
        frame = decompressor.decompressobj()
        cutter = zstd.BlockCutter()
        offset = 0
        for chunk in self._raw():
            gathered: list[bytes] = []
            held = 0
            for piece in cutter.feed(chunk):
                if frame.eof:
                    frame = decompressor.decompressobj()
                try:
                    octets = frame.decompress(piece)
                except zstandard.ZstdError as error:
                    yield b"".join(gathered)
                    self.cut = Cut(offset, "zstd stream", str(error).removeprefix("zstd decompressor error: "))
                    return
                offset += len(piece)
                gathered.append(octets)
                held += len(octets)
                if held >= CHUNK:
                    yield b"".join(gathered)
                    gathered = []
                    held = 0
            yield b"".join(gathered)
        if not frame.eof or cutter.held:
            self.cut = Cut(self.position, "zstd stream")
