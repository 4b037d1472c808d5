"""The files of a folder into which a capture daemon rotates: which to read next, and which not again.

Takes a folder; gives the unread captures in it in the order of their first packets. Knows how daemons rotate: a new
name for every file (``tcpdump -G``, ``dumpcap -b``), deleting the oldest; a ring of a few names that are written
anew (``tcpdump -W``); compressing what is finished (``tcpdump -z gzip``: ``x.pcap`` becomes ``x.pcap.gz``). A file
is known by name, inode and first octets, so that none is read twice under another name and none passed over that
is new under an old one.
"""

import logging
import os
import stat
from dataclasses import dataclass
from enum import Enum
from typing import Final

from capture.errors import CaptureError, NoSuchFile, NotACapture, NotReadable
from capture.growing import OPENING
from capture.savefile import SavefileSource
from capture.streams import OctetStream

KNOWN_FILES: Final = 100_000
"""Names that are remembered, all that are in the folder; more are passed over until others are deleted."""
SETTLED_NANOSECONDS: Final = 5_000_000_000
"""A file that has no header and has not changed for so long is reported as no capture."""

_COMPRESSIONS: Final = (".gz", ".zst", ".zstd", ".bz2", ".xz", ".lz4", ".Z")

_log = logging.getLogger("capture.folder")


class State(Enum):
    """What is known of a file."""

    NEW = "not looked into, or its header is not written yet"
    UNREAD = "a capture that waits for its turn"
    READING = "being read"
    READ = "read to its end"
    SPARE = "the compressed copy of one that is read or waits for its turn"
    REFUSED = "no capture, and reported"


@dataclass(slots=True)
class RotatedFile:
    """One file of the folder."""

    name: str
    path: str
    identity: tuple[int, int]
    """Device and inode."""
    changed: tuple[int, int]
    """Octets and time of change when it was looked at last."""
    state: State = State.NEW
    since: int = 0
    """Steady time of its last change that was seen."""
    time: int = 0
    """Nanoseconds, of its first packet; while it has none, of its last change."""
    begun: bool = False
    """It has a first packet."""
    opening: bytes = b""
    """Its first octets, while and after it is read."""
    position: int = 0
    """Octets read of it."""
    link_types: tuple[int, ...] = ()


class Rotation:
    """The folder ``path``.

    Raises:
        NoSuchFile, NotReadable: it is no folder, or may not be read.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._files: dict[str, RotatedFile] = {}
        self._read: set[str] = set()
        """Names of what was read, as long as it or a compressed copy of it is in the folder."""
        self._full = False
        if not os.path.isdir(path):
            raise NoSuchFile(f"{path}: is not a folder: name the one into which captures are rotated")
        try:
            os.listdir(path)
        except OSError as error:
            raise NotReadable(f"{path}: the folder cannot be read: {error.strerror}") from None

    def scan(self, steady: int) -> None:
        """Look at the folder; ``steady`` is the time on a clock that nobody sets, in nanoseconds."""
        present = self._list()
        if present is None:
            return
        by_identity = {file.identity: file for file in self._files.values()}
        files: dict[str, RotatedFile] = {}
        for name, status in present.items():
            path = os.path.join(self.path, name)
            identity = (status.st_dev, status.st_ino)
            changed = (status.st_size, status.st_mtime_ns)
            file = self._files.get(name)
            if file is None or file.identity != identity:
                file = by_identity.get(identity)
                if file is not None and not self._is_where_it_was(file, present) and _is_same(file, path, changed):
                    if file.name in self._read:
                        self._read.add(name)
                    file.name, file.path = name, path
                else:
                    file = RotatedFile(name, path, identity, (-1, -1))
            files[name] = file
            if file.changed != changed:
                self._notice(file, changed, steady)
        self._tell_lost(files)
        self._files = files
        self._read &= files.keys() | {_stem(name) for name in files}
        for file in files.values():
            self._judge(file, steady)

    def _is_where_it_was(self, file: RotatedFile, present: dict[str, os.stat_result]) -> bool:
        status = present.get(file.name)
        return status is not None and (status.st_dev, status.st_ino) == file.identity

    def _list(self) -> dict[str, os.stat_result] | None:
        """Regular files by name, without those that are hidden; None if the folder cannot be read just now."""
        present: dict[str, os.stat_result] = {}
        try:
            with os.scandir(self.path) as entries:
                for entry in entries:
                    try:
                        status = entry.stat()
                    except OSError:  # deleted meanwhile
                        continue
                    if not stat.S_ISREG(status.st_mode) or entry.name.startswith("."):
                        continue
                    if len(present) >= KNOWN_FILES and entry.name not in self._files:
                        self._tell_full()
                        continue
                    present[entry.name] = status
        except OSError as error:
            _log.warning("%s: the folder cannot be read: %s", self.path, error.strerror)
            return None
        return present

    def _tell_full(self) -> None:
        if not self._full:
            _log.warning("%s: has more than %d files; new ones are passed over", self.path, KNOWN_FILES)
        self._full = True

    def _notice(self, file: RotatedFile, changed: tuple[int, int], steady: int) -> None:
        """It is new, or was written to."""
        shrunk, grown = changed[0] < file.changed[0], changed[0] > file.position
        file.changed, file.since = changed, steady
        if file.state in (State.READING, State.READ):
            if shrunk or not _opening(file.path).startswith(file.opening):
                file.state = State.NEW
            elif grown and file.state is State.READ:
                _log.warning("%s: grew when a newer one had begun; what was added is not read", file.path)
        elif file.state is State.REFUSED:
            file.state = State.NEW

    def _tell_lost(self, files: dict[str, RotatedFile]) -> None:
        """Captures that vanished unread: a compressed copy takes their place, or they are lost."""
        kept = {id(file) for file in files.values()}
        for file in self._files.values():
            if id(file) in kept or file.state is not State.UNREAD:
                continue
            copy = next((files[file.name + end] for end in _COMPRESSIONS if file.name + end in files), None)
            if copy is None:
                _log.warning("%s: was deleted before it was read", file.path)
            elif copy.state is State.SPARE:
                copy.state = State.NEW

    def _judge(self, file: RotatedFile, steady: int) -> None:
        """Look into a new file, and into one that was only begun."""
        stem = _stem(file.name)
        if file.state is State.NEW and stem != file.name and (stem in self._read or stem in self._files):
            file.state = State.SPARE
        if file.state is State.NEW or (file.state is State.UNREAD and not file.begun and file.since == steady):
            self._look_into(file, steady)

    def _look_into(self, file: RotatedFile, steady: int) -> None:
        if not file.changed[0]:
            return  # nothing is written yet
        try:
            with SavefileSource(OctetStream(file.path)) as source:
                file.link_types = source.link_types
                time = source.first_time()
        except NoSuchFile:
            return  # deleted meanwhile
        except NotACapture as error:
            if steady - file.since >= SETTLED_NANOSECONDS:
                self.refuse(file, error)
            return
        except CaptureError as error:
            self.refuse(file, error)
            return
        if file.link_types:  # pcapng: else no interface is described yet
            file.time, file.begun = (file.changed[1], False) if time is None else (time, True)
            file.state = State.UNREAD

    def refuse(self, file: RotatedFile, error: CaptureError) -> None:
        """Pass it over, and tell so once."""
        file.state = State.REFUSED
        _log.warning("%s; it is passed over", error)

    def unread(self) -> list[RotatedFile]:
        """The captures that wait for their turn, in no order."""
        return [file for file in self._files.values() if file.state is State.UNREAD]

    def take(self) -> RotatedFile | None:
        """The one with the earliest first packet, to be read now."""
        file = min(self.unread(), key=lambda file: (file.time, file.name), default=None)
        if file is not None:
            file.state = State.READING
            file.opening, file.position = b"", 0
            self._read.add(file.name)
        return file

    def put_back(self, file: RotatedFile) -> None:
        """It cannot be found; the next ``scan`` will tell what became of it."""
        file.state = State.UNREAD
        self._read.discard(file.name)

    def is_followed(self, file: RotatedFile) -> bool:
        """Whether a newer one waits, so that nothing more is written to ``file``."""
        return any(other.time >= file.time or not file.begun for other in self.unread() if other is not file)

    def finish(self, file: RotatedFile, *, written_anew: bool = False) -> None:
        """It was read to its end, or as far as it had got when it was ``written_anew``."""
        if written_anew:
            file.state = State.NEW
        elif file.state is State.READING:
            file.state = State.READ


def _is_same(file: RotatedFile, path: str, changed: tuple[int, int]) -> bool:
    """Whether what has the inode of ``file`` is it under a new name; inodes are used again for new files."""
    if file.state in (State.READING, State.READ):
        return bool(file.opening) and _opening(path).startswith(file.opening)
    return file.changed == changed


def _stem(name: str) -> str:
    """Without what a compression appends."""
    base, end = os.path.splitext(name)
    return base if end in _COMPRESSIONS else name


def _opening(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(OPENING)
    except OSError:
        return b""
