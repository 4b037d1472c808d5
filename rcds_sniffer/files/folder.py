"""The folder of recovered files: what is written there, under which names, and nothing outside of it.

While it comes, a content is in ``incoming-RANDOM.part``; when its transfer has ended it gets the name that its hash
gives it. No name is a sender's. All is done by the folder's own descriptor (``openat(2)``): who puts another folder
or a symbolic link in its place moves nothing elsewhere. A file of the final name is replaced, since the name says
what is in it, whoever put it there.

Sealed, every file has a key of its own, and a random name that says neither what is in it nor whose it is. Only
its first digit tells one that still comes (0), whose key nobody has once the run is dead, from one that has ended.

Every run holds a shared lock on the folder. One that starts alone there removes what a killed run left half done.
"""

import contextlib
import fcntl
import logging
import os
import re
import secrets
import stat
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from rcds_sniffer.files.cipher import FileKey
from rcds_sniffer.files.ranges import Range

log = logging.getLogger(__name__)

OPEN_FILES: Final = 64
"""Descriptors of incoming files that stay open; the one unused longest is closed, and opened again when needed."""

READ_OCTETS: Final = 1 << 20
"""Octets read back from the disk at once."""

FREE_CHECKED: Final = 1 << 20
"""Octets after which it is looked again how much is free on the disk."""

LOCK_TRIES: Final = 10
LOCK_WAIT: Final = 0.05
"""Seconds between them. A run that gets no lock works without."""

_LEFTOVER = re.compile(r"incoming-[0-9a-f]{32}\.part|0[0-9a-f]{31}\.sealed")
_ANEW: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_AGAIN: Final = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
_TO_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # somebody may put a pipe there


class FilesError(Exception):
    """The folder cannot be used; the message says why, and what to do."""


class Folder:
    """One folder, made if there is none.

    Args:
        directory: its path.
        free: so many octets of its disk are left to others.
        sealed: nothing is ever there in the clear.

    Raises:
        FilesError: it cannot be used.
    """

    def __init__(self, directory: Path, free: int, *, sealed: bool = False) -> None:
        self.path = os.path.abspath(directory)
        self.sealed = sealed
        if sealed:
            FileKey().turn(bytes(1), 0)  # what its library loads with its first use, before a sandbox closes
        self._descriptor = _open_folder(directory)
        self._free = free
        self._unchecked = FREE_CHECKED
        self._room = True
        self._told = False
        self._files: OrderedDict[Incoming, int] = OrderedDict()
        try:
            self._lock()
        except OSError as error:
            os.close(self._descriptor)
            raise FilesError(f"{directory}: cannot be read: {error.strerror}") from error

    def begin(self) -> "Incoming":
        """A file for a content that comes. Raises OSError where the disk refuses."""
        key = FileKey() if self.sealed else None
        name = sealed_name("0") if self.sealed else f"incoming-{secrets.token_hex(16)}.part"
        descriptor = os.open(name, _ANEW, 0o600, dir_fd=self._descriptor)
        status = os.fstat(descriptor)
        incoming = Incoming(self, name, (status.st_dev, status.st_ino), key)
        self._hold(incoming, descriptor)
        return incoming

    def has_room(self, octets: int) -> bool:
        """False when so many more would leave too little of the disk to others."""
        self._unchecked += octets
        if self._unchecked >= FREE_CHECKED:
            self._unchecked = 0
            try:
                status = os.fstatvfs(self._descriptor)
            except OSError:
                return self._room  # whoever writes will be told
            self._room = status.f_bavail * status.f_frsize >= self._free + octets
            if not self._room and not self._told:
                self._told = True
                log.warning("%s: the disk is nearly full: no files are kept until there is room", self.path)
        return self._room

    def remove(self, name: str) -> None:
        """Take a file away that has ended, as far as the disk lets us."""
        with contextlib.suppress(OSError):
            os.unlink(name, dir_fd=self._descriptor)

    def read(self, name: str, key: FileKey, ranges: Iterable[Range]) -> Iterator[tuple[int, bytes]]:
        """Offsets and clear octets of a sealed file that has ended. Raises OSError."""
        return read_sealed(name, key, ranges, self._descriptor)

    def close(self) -> None:
        """Give back what is open."""
        while self._files:
            os.close(self._files.popitem()[1])
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    # --- for the incoming files -------------------------------------------------------------------------------

    def descriptor_of(self, incoming: "Incoming") -> int:
        """Its descriptor, opened again if need be. Raises OSError where another file has taken its place."""
        descriptor = self._files.get(incoming)
        if descriptor is not None:
            self._files.move_to_end(incoming)
            return descriptor
        descriptor = os.open(incoming.name, _AGAIN, dir_fd=self._descriptor)
        status = os.fstat(descriptor)
        if (status.st_dev, status.st_ino) != incoming.identity:
            os.close(descriptor)
            raise OSError("another file stands in the place of an incoming one")
        self._hold(incoming, descriptor)
        return descriptor

    def finish(self, incoming: "Incoming", name: str) -> bool:
        """Give it its final name, on the disk for good; True if there was none of that name. Raises OSError."""
        os.fsync(self.descriptor_of(incoming))
        new = not self._exists(name)
        os.rename(incoming.name, name, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
        self._let_go(incoming)
        os.fsync(self._descriptor)
        return new

    def drop(self, incoming: "Incoming") -> None:
        """Remove it, as far as the disk lets us."""
        self._let_go(incoming)
        self.remove(incoming.name)

    def _exists(self, name: str) -> bool:
        try:
            os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def _hold(self, incoming: "Incoming", descriptor: int) -> None:
        self._files[incoming] = descriptor
        if len(self._files) > OPEN_FILES:
            os.close(self._files.popitem(last=False)[1])

    def _let_go(self, incoming: "Incoming") -> None:
        descriptor = self._files.pop(incoming, None)
        if descriptor is not None:
            os.close(descriptor)

    def _lock(self) -> None:
        """Say that a run uses the folder; if no other does, what a killed one left is removed first."""
        with contextlib.suppress(OSError):  # in use, or a disk without locks: nothing is removed
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for name in os.listdir(self._descriptor):
                if _LEFTOVER.fullmatch(name) and self._is_file(name):
                    os.unlink(name, dir_fd=self._descriptor)
        for _ in range(LOCK_TRIES):  # another run may hold it just now, to tidy up
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                time.sleep(LOCK_WAIT)
            else:
                break

    def _is_file(self, name: str) -> bool:
        return stat.S_ISREG(os.stat(name, dir_fd=self._descriptor, follow_symlinks=False).st_mode)


class Incoming:
    """One file on its way: octets at their offsets. What the disk refuses raises OSError.

    Of a sealed one no place is written twice, since one key would then have met two contents. The places that the
    disk refused, of which nobody knows what stands there, are closed from the first to the last.
    """

    __slots__ = ("_refused", "folder", "identity", "key", "name")

    def __init__(self, folder: Folder, name: str, identity: tuple[int, int], key: FileKey | None = None) -> None:
        self.folder = folder
        self.name = name
        self.identity = identity
        """Its device and inode."""
        self.key = key
        """None: it stands there in the clear."""
        self._refused = (0, 0)

    def write(self, offset: int, octets: bytes | memoryview) -> None:
        """All of them, or none that counts: octets that were not there before."""
        if self.key is None:
            _write(self.folder.descriptor_of(self), octets, offset)
            return
        first, last = self._refused
        if offset < last and first < offset + len(octets):
            raise OSError("the disk refused a part of a sealed file before")
        descriptor = self.folder.descriptor_of(self)
        try:
            _write(descriptor, self.key.turn(octets, offset), offset)
        except OSError:
            end = offset + len(octets)
            self._refused = (min(first, offset), max(last, end)) if last else (offset, end)
            raise

    def read(self, begin: int, end: int) -> Iterator[bytes]:
        """What was written there."""
        while begin < end:  # a descriptor may be closed between two pieces
            stop = min(end, begin + READ_OCTETS)
            for offset, octets in read_clear(self.folder.descriptor_of(self), self.key, begin, stop):
                begin = offset + len(octets)
                yield octets

    def truncate(self, size: int) -> None:
        """Nothing lies beyond ``size``."""
        os.ftruncate(self.folder.descriptor_of(self), size)

    def finish(self, name: str) -> bool:
        """See :meth:`Folder.finish`."""
        return self.folder.finish(self, name)

    def drop(self) -> None:
        """See :meth:`Folder.drop`."""
        self.folder.drop(self)


def sealed_name(first: str | None = None) -> str:
    """A name that says nothing, for a file that has ended; beginning with ``first``."""
    return (first or secrets.choice("123456789abcdef")) + secrets.token_hex(16)[1:] + ".sealed"


def read_sealed(
    path: str, key: FileKey, ranges: Iterable[Range], folder: int | None = None
) -> Iterator[tuple[int, bytes]]:
    """Offsets and clear octets of a sealed file, by the descriptor of its folder if it is given. Raises OSError."""
    descriptor = os.open(path, _TO_READ, dir_fd=folder)
    try:
        for begin, end in ranges:
            yield from read_clear(descriptor, key, begin, end)
    finally:
        os.close(descriptor)


def read_clear(descriptor: int, key: FileKey | None, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Offsets and octets of a file, opened by its key if it has one. Raises OSError where they are not there."""
    while begin < end:
        octets = os.pread(descriptor, min(end - begin, READ_OCTETS), begin)
        if not octets:
            raise OSError("a file was cut by somebody else")
        yield begin, octets if key is None else key.turn(octets, begin)
        begin += len(octets)


def _write(descriptor: int, octets: bytes | memoryview, offset: int) -> None:
    with memoryview(octets) as rest:
        done = 0
        while done < len(rest):
            done += os.pwrite(descriptor, rest[done:], offset + done)


def _open_folder(directory: Path) -> int:
    """The descriptor of a folder that one may write to."""
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (FileExistsError, NotADirectoryError) as error:
        if os.path.islink(directory):
            raise FilesError(f"{directory}: is a symbolic link; name the folder that it leads to") from error
        raise FilesError(f"{directory}: is no folder; name one, or a new one") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FilesError(f"{directory}: cannot be used as a folder for files: {reason}") from error
    if not os.access(directory, os.W_OK | os.X_OK):
        os.close(descriptor)
        raise FilesError(f"{directory}: you may not write there; name another folder, or change its owner")
    if os.fstat(descriptor).st_mode & stat.S_IWOTH:
        log.warning("%s: everybody may write there, and so change what is recovered; chmod o-w it", directory)
    return descriptor
