"""What a process knows stays in it: no core file, no look from another process of the same user, no swap."""

import ctypes
import os
import resource
from typing import Final

PR_SET_DUMPABLE: Final = 4
"""prctl(2): with 0 no core is written, also to no handler, and /proc/PID belongs to root."""

MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT = 1, 2, 4


def hide_memory() -> bool:
    """Forbid core files and looks into this process, and keep it out of the swap where that is allowed.

    To be called again after a change of the user, which takes part of it back. True where also the swap is out of
    reach; else say so where it matters (a limit of locked memory, as for users who are not root).
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[1] != resource.RLIM_INFINITY:
        return False  # what is locked counts, and a limit that is reached later ends the process
    return bool(libc.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0)
