"""Who is at the keyboard, as the kernel knows it and not as a program says.

The *login uid* is set once, when somebody logs in, and stays the same through ``su`` and ``sudo``: who becomes root
to approve an order is still the one who entered it. Without one (a service, a container) it is the real user of the
process. ``$USER``, ``$SUDO_USER`` and the like are words that anybody may set; they are never read.
"""

import os
import pwd
from pathlib import Path
from typing import Final

from rcds_sniffer.register.errors import RegisterError

LOGIN_UID: Final = Path("/proc/self/loginuid")

UNSET: Final = 2**32 - 1
"""What stands there while nobody has logged in (audit(7): the uid -1)."""

MAX_PERSON: Final = 128
"""Characters of a name, as the database holds them; a longer name is refused when a role is given to it."""


def current_person() -> str:
    """The name of the user who logged in, else of the process's real user; ``uid-N`` where it has no name.

    Raises:
        RegisterError: the kernel does not say who logged in, although it knows.
    """
    uid = _login_uid()
    uid = os.getuid() if uid is None else uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"


def _login_uid() -> int | None:
    """The login uid; None where it is not set, or the kernel keeps none."""
    try:
        uid = int(LOGIN_UID.read_text("ascii"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:  # not None: the second person would be anybody
        raise RegisterError(f"{LOGIN_UID}: does not say who logged in: {error}") from error
    return None if uid == UNSET else uid
