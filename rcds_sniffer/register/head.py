"""The head of the log beside the keys: takes the end of the log, tells it the next time, so that a cut shows.

It only ever goes on. Two processes that write at once settle by a lock which of them is further.
"""

import fcntl
import os
import re
from pathlib import Path
from typing import Final

from rcds_sniffer.register.audit import EMPTY, Head
from rcds_sniffer.register.errors import RegisterError

NAME: Final = "audit.head"
LOCK: Final = "audit.lock"
MAX_OCTETS: Final = 128
"""Longest file that is read as a head."""

FORM: Final = re.compile(r"([0-9]{1,19}):([0-9a-f]{64})\n?", re.ASCII)


def parse_head(text: str) -> Head | None:
    """From ``NUMBER:MAC``; None where it is none."""
    found = FORM.fullmatch(text)
    return None if found is None else Head(int(found[1]), found[2])


class HeadFile:
    """``audit.head`` in the keyring's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / NAME

    def read(self) -> Head | None:
        """The head that was kept last; None: none yet.

        Raises:
            RegisterError: it cannot be read, or is none.
        """
        try:
            with self.path.open("rb") as file:
                text = file.read(MAX_OCTETS).decode("ascii", "replace")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RegisterError(f"{self.path}: cannot be read: {error.strerror}") from error
        head = parse_head(text)
        if head is None:
            raise RegisterError(f"{self.path}: is damaged; put back a copy, and run 'rcds-sniffer audit verify'")
        return head

    def advance(self, head: Head) -> None:
        """Keep ``head``, unless a later one is kept already.

        Raises:
            RegisterError: it cannot be written; what the log says was done was done.
        """
        try:
            with open(self._make(LOCK, os.O_RDWR | os.O_NOFOLLOW)) as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if head.number > (self.read() or EMPTY).number:
                    self._replace(f"{head}\n".encode())
        except OSError as error:
            why = f"{error.strerror}; what was asked for is done and in the log"
            raise RegisterError(f"{self.path}: cannot be written: {why}") from error

    def _replace(self, octets: bytes) -> None:
        new = self.path.with_name(f"{NAME}.new")
        new.unlink(missing_ok=True)
        file = self._make(new.name, os.O_WRONLY | os.O_EXCL)
        try:
            os.write(file, octets)
            os.fsync(file)
        finally:
            os.close(file)
        new.replace(self.path)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _make(self, name: str, flags: int) -> int:
        """A file for those whose the folder is, also where root makes it for a service."""
        folder = self._folder.stat()
        file = os.open(self._folder / name, flags | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.geteuid() == 0:
            os.fchown(file, folder.st_uid, folder.st_gid)
        if os.fstat(file).st_uid == os.geteuid() or os.geteuid() == 0:
            os.fchmod(file, 0o600 | (folder.st_mode & 0o060))
        return file
