"""The keyring: a folder with one wrapped key for each order, outside of the database.

A key is wrapped (AES key wrap, RFC 3394) under one that follows from the master key and the order's reference, so
that the folder alone opens nothing, and no file can stand in another's place. To destroy a key is to write over its
file and to remove it: a disk that writes elsewhere instead (copy on write, flash) may keep the wrapped key, and
whoever has that and the master key can unwrap it.
"""

import os
import re
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from rcds_sniffer.secrecy.errors import SecrecyError
from rcds_sniffer.secrecy.permissions import check_private
from rcds_sniffer.secrecy.sealing import KEY_OCTETS, OrderKey, SealingKey

REFERENCE: Final = re.compile(r"[0-9a-f]{32}")
"""Of an order; nothing else becomes a file's name."""

SUFFIX: Final = ".key"
WRAPPED_OCTETS: Final = KEY_OCTETS + 8


class KeyDestroyed(SecrecyError):  # noqa: N818 - what became of it
    """There is no such key (any more)."""


class Keyring:
    """The keys of the orders.

    Args:
        folder: where they are; made (0700) if ``create``.
        master: under which they are wrapped.

    Raises:
        SecrecyError: there is no such folder, or it is open to others.
    """

    def __init__(self, folder: Path, master: SealingKey, *, create: bool = False) -> None:
        self.folder = folder
        self._wrapping = SealingKey(master.derive("keyring"))
        self._known: dict[str, OrderKey] = {}
        try:
            if create and not folder.exists():
                folder.mkdir(mode=0o700)
            check_private(folder, "the keyring")
        except FileNotFoundError:
            raise SecrecyError(f"{folder}: there is no such keyring; name its folder with --keyring") from None
        except OSError as error:
            raise SecrecyError(f"{folder}: the keyring cannot be used: {error.strerror}") from None
        if not folder.is_dir():
            raise SecrecyError(f"{folder}: is no folder; name the keyring's with --keyring")

    def create(self, reference: str) -> OrderKey:
        """A new key for an order. Raises SecrecyError where it has one, or it cannot be written."""
        octets = os.urandom(KEY_OCTETS)
        path = self._path(reference)
        try:
            folder = self.folder.stat()
            mode = 0o640 if folder.st_mode & 0o040 else 0o600  # as the folder has it for its group
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            with open(descriptor, "wb") as file:
                if os.geteuid() == 0:  # who makes it for a service
                    os.fchown(descriptor, folder.st_uid, folder.st_gid)
                os.fchmod(descriptor, mode)
                file.write(aes_key_wrap(self._wrapping.derive(reference), octets))
                file.flush()
                os.fsync(descriptor)
            self._settle()
        except OSError as error:
            raise SecrecyError(f"{path}: the order's key cannot be written: {error.strerror}") from None
        key = self._known[reference] = OrderKey(octets)
        return key

    def key(self, reference: str) -> OrderKey:
        """The order's key.

        Raises:
            KeyDestroyed: there is none.
            SecrecyError: it cannot be read, or is not wrapped under this master key.
        """
        path = self._path(reference)
        known = self._known.get(reference)
        if known is not None:
            if not path.exists():
                del self._known[reference]
                raise KeyDestroyed("the order's key is destroyed")
            return known
        try:
            check_private(path, "the order's key", key=True)
            with path.open("rb") as file:
                wrapped = file.read(WRAPPED_OCTETS + 1)
            octets = aes_key_unwrap(self._wrapping.derive(reference), wrapped)
        except FileNotFoundError:
            raise KeyDestroyed("the order's key is destroyed") from None
        except OSError as error:
            raise SecrecyError(f"{path}: the order's key cannot be read: {error.strerror}") from None
        except (InvalidUnwrap, ValueError):
            raise SecrecyError(f"{path}: belongs to another master key, or is damaged; restore a copy") from None
        key = self._known[reference] = OrderKey(octets)
        return key

    def destroy(self, reference: str) -> None:
        """Write over the order's key and remove it; nothing where there is none. Raises SecrecyError."""
        self._known.pop(reference, None)
        path = self._path(reference)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return
        except OSError as error:
            raise SecrecyError(f"{path}: the order's key cannot be destroyed: {error.strerror}") from None
        try:
            try:
                length = os.fstat(descriptor).st_size
                os.write(descriptor, os.urandom(length))
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.unlink(path)
            self._settle()
        except OSError as error:
            raise SecrecyError(f"{path}: the order's key cannot be destroyed: {error.strerror}") from None

    def _path(self, reference: str) -> Path:
        if REFERENCE.fullmatch(reference) is None:
            raise SecrecyError("an order's reference has 32 hexadecimal digits")
        return self.folder / (reference + SUFFIX)

    def _settle(self) -> None:
        """What changed in the folder outlasts a power cut."""
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
