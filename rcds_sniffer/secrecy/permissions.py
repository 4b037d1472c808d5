"""Who may look: files that are to be kept from others are refused where they are not, with what mends it.

A file is ours, root's, or a colleague's who shares it with a group that we are in. Root, who acts for a service,
may use anybody's. A mode's bits for the group are also the most that an access control list grants.
"""

import os
import pwd
import shlex
import stat
from pathlib import Path
from typing import Final

from rcds_sniffer.secrecy.errors import SecrecyError

OTHERS: Final = stat.S_IRWXO
"""Rights of those who are neither the owner nor of the group: nobody gets any."""


def check_private(path: Path, what: str, *, key: bool = False) -> None:
    """Refuses ``path`` where it is a stranger's, or open to anybody outside of its group.

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
    us = os.geteuid()
    if us and status.st_uid not in {0, us} and status.st_gid not in {os.getegid(), *os.getgroups()}:
        raise SecrecyError(f"{path}: {what} belongs to somebody else; mend it, as root: chown {_name(us)} {name}")
    if status.st_mode & OTHERS:
        raise SecrecyError(f"{path}: {what} is open to everybody on this machine; mend it: chmod o-rwx {name}")
    if key and status.st_mode & stat.S_IWGRP:
        raise SecrecyError(f"{path}: {what} can be changed by its group; mend it: chmod g-w {name}")


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
