"""A sealed file opened: by what its record says, into a folder where it then lies in the clear, under its hash.

Takes the description of a record, which has the path and the key; gives the file that was written. What comes out
is compared with the hash of the record before it gets its name: a file that somebody changed gets none.
"""

import os
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from rcds_sniffer.files.cipher import FileKey
from rcds_sniffer.files.description import layout_of, partial_name
from rcds_sniffer.files.folder import FilesError, Folder, read_sealed

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_NAME: Final = re.compile(r"[0-9a-f]{32}\.sealed")


class Extractor:
    """Writes to one folder. Close it, or use it in ``contextlib.closing``.

    Args:
        directory: where clear files go; made, for its owner alone, if there is none.
        files: the folder in which the sealed ones are now; None: where their records say.

    Raises:
        FilesError: the directory cannot be used.
    """

    def __init__(self, directory: Path, files: Path | None = None) -> None:
        self._into = Folder(directory, 0)
        self._files = files

    def extract(self, described: Mapping[str, object]) -> Path:
        """The clear file: ``SHA256``, or ``SHA256.partial`` with zeros where octets never came.

        Raises:
            FilesError: it is not there, cannot be read or written, or is not what was recorded.
        """
        path = described.get("path")
        if not isinstance(path, str) or not _NAME.fullmatch(os.path.basename(path)):
            raise FilesError("the record names no sealed file")
        there = Path(path) if self._files is None else self._files / os.path.basename(path)
        try:
            return self._write(there, described)
        except OSError as error:
            raise FilesError(f"{there}: {error.strerror or error}") from error
        except ValueError as error:
            raise FilesError(f"{there}: the record {error}") from error

    def close(self) -> None:
        """Give back what is open."""
        self._into.close()

    def _write(self, there: Path, described: Mapping[str, object]) -> Path:
        key, ranges = FileKey.of(described.get("key")), layout_of(described)
        hashed, digest = _hash(described), sha256()
        name = partial_name(hashed, ranges) if "ranges" in described else hashed
        incoming = self._into.begin()
        try:
            for offset, octets in read_sealed(str(there), key, ranges):
                digest.update(octets)
                incoming.write(offset, octets)
            if digest.hexdigest() != hashed:
                raise FilesError(f"{there}: is not what was recorded: somebody changed it, and it is not shown")
            incoming.finish(name)
        except BaseException:
            incoming.drop()
            raise
        return Path(self._into.path, name)


def _hash(described: Mapping[str, object]) -> str:
    said = described.get("sha256")
    if not isinstance(said, str) or not _HASH.fullmatch(said):
        raise ValueError("has no hash")
    return said
