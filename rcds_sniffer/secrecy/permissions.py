"""Who may look: files that are to be kept from others are refused where they are not, with what mends it."""

import os
import shlex
import stat
from pathlib import Path
from typing import Final

from rcds_sniffer.secrecy.errors import SecrecyError

OTHERS: Final = stat.S_IRWXO
"""Rights of those who are neither the owner nor of the group: nobody gets any."""


def check_private(path: Path, what: str, *, key: bool = False) -> None:
    """Refuses ``path`` where it is open to anybody outside of its owner's group.

    Args:
        path: a file or a folder.
        what: it is, for the message.
        key: the group may not write it either.

    Raises:
        SecrecyError: it is open; the message has the command that closes it.
        OSError: it cannot be looked at (FileNotFoundError where it is not there).
    """
    status = os.stat(path)
    name = shlex.quote(str(path))
    if status.st_mode & OTHERS:
        raise SecrecyError(f"{path}: {what} is open to everybody on this machine; mend it: chmod o-rwx {name}")
    if key and status.st_mode & stat.S_IWGRP:
        raise SecrecyError(f"{path}: {what} can be changed by its group; mend it: chmod g-w {name}")
