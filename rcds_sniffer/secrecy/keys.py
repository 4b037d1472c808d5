"""The master key: where it comes from, and how a new one is made.

It is 32 random octets in base64, one line of text. It wraps the keys of the orders, seals what concerns all of
them, and chains the log. It is never in the database, on a command line or in a message.
"""

import base64
import binascii
import os
from pathlib import Path
from typing import Final

from rcds_sniffer.secrecy.errors import SecrecyError
from rcds_sniffer.secrecy.permissions import check_private
from rcds_sniffer.secrecy.sealing import KEY_OCTETS, SealingKey

VARIABLE: Final = "RCDS_SNIFFER_KEY"
"""Of the environment; taken out of it once it is read, though the system shows what a process was started with."""

CREDENTIAL: Final = "rcds-sniffer.key"
"""Name of the service manager's credential (systemd.exec(5), LoadCredential=)."""

MAX_OCTETS: Final = 4096
"""Of a key's file; a longer one is none."""


class MasterKey(SealingKey):
    """The key from outside."""

    __slots__ = ()


def load_master_key(file: str | None) -> MasterKey:
    """From ``file``, else from the environment, else from the service manager's credential.

    Raises:
        SecrecyError: there is none, it cannot be read, is no key, or is open to others.
    """
    said = os.environ.pop(VARIABLE, None)  # also where it is not asked for: children would have it
    if file is not None:
        return _from_file(Path(file))
    if said is not None:
        return _decoded(said, f"the environment's {VARIABLE}")
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder and Path(folder, CREDENTIAL).exists():
        return _from_file(Path(folder, CREDENTIAL))
    raise SecrecyError(
        f"no key: name its file with --key-file, or give it as {VARIABLE} in the environment or as the service's "
        f"credential {CREDENTIAL}"
    )


def make_master_key(file: str) -> MasterKey:
    """A new key in a new file, which only its owner may read (0600).

    Raises:
        SecrecyError: there is such a file already, or it cannot be written.
    """
    octets = os.urandom(KEY_OCTETS)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb") as out:
            out.write(base64.b64encode(octets) + b"\n")
            out.flush()
            os.fsync(descriptor)
    except FileExistsError:
        raise SecrecyError(f"{file}: there is a file already; a key is never written over") from None
    except OSError as error:
        raise SecrecyError(f"{file}: the key cannot be written: {error.strerror}") from None
    return MasterKey(octets)


def _from_file(path: Path) -> MasterKey:
    try:
        check_private(path, "the key", key=True)
        with path.open("rb") as file:
            said = file.read(MAX_OCTETS + 1)
    except FileNotFoundError:
        raise SecrecyError(f"{path}: there is no such key; 'rcds-sniffer orders init' makes one") from None
    except OSError as error:
        raise SecrecyError(f"{path}: the key cannot be read: {error.strerror}") from None
    return _decoded(said.decode("ascii", "replace"), str(path))


def _decoded(said: str, where: str) -> MasterKey:
    try:
        octets = base64.b64decode(said.strip(), validate=True)
    except (binascii.Error, ValueError):
        octets = b""
    if len(octets) != KEY_OCTETS:
        raise SecrecyError(f"{where}: is no key: it has to be {KEY_OCTETS} octets in base64, on one line")
    return MasterKey(octets)
