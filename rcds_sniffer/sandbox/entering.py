"""The way in: every wall in the order in which they can be raised, and none can be taken down again."""

import contextlib
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rcds_sniffer.sandbox import landlock
from rcds_sniffer.sandbox.calls import Muted, load_filters, make_filters
from rcds_sniffer.sandbox.errors import SandboxError
from rcds_sniffer.sandbox.forgetting import SECRETS, forget
from rcds_sniffer.sandbox.preload import OURS, close_imports, preload
from rcds_sniffer.sandbox.privileges import choose, give_up

_THREADS: Final = "/proc/self/task"


@dataclass(frozen=True, slots=True)
class Confinement:
    """What a process was confined to; for a line in the log."""

    user: str
    """Its name, or ``uid N``."""
    landlock: int
    """Version of the kernel's Landlock that helps; 0: none."""
    folders: tuple[Path, ...]
    """Where it writes files."""

    def __str__(self) -> str:
        """In words."""
        kernel = "seccomp and Landlock" if self.landlock else "seccomp (this kernel has no Landlock)"
        places = f", files in {', '.join(map(str, self.folders))} alone" if self.folders else ", no files"
        return f"confined: user {self.user}, no rights, {kernel}{places}"


def enter(
    user: str | None = None,
    folders: Sequence[Path] = (),
    *,
    reads: Sequence[Path] = (),
    muted: Iterable[Muted] = (),
    serves: bool = False,
    without_landlock: bool = False,
    hide_memory: Callable[[], None] | None = None,
    secrets: Sequence[str] = SECRETS,
    packages: Sequence[str] = OURS,
) -> Confinement:
    """Give up everything but what is open, for good.

    To be called when the capture is open and its first filter set, the storekeeper forked, outputs and folders
    opened; and before any thread is started: rights belong to threads, and others would keep theirs. Threads may be
    started afterwards. Imports what may be wanted later, since nothing can be imported any more.

    Args:
        user: whom root becomes; None: ``rcds-sniffer``, or else ``nobody``. Not root: who we are, and None.
        folders: in which files may be made, written and removed, by that user. None: no file is ever opened.
        reads: files or folders that may be opened to read. A file that is replaced is another one: name its folder.
        muted: packet sockets on which nothing may be sent (:meth:`capture.live.LiveSource.settle` tells them).
        serves: a listening socket of before may be served.
        without_landlock: go on where the kernel has no Landlock. A process with folders then reaches every file
            that its user may reach; one without folders none, in any case.
        hide_memory: called before the rights go, since locking memory may need them.
        secrets: variables of the environment that are wiped from memory.
        packages: of which every module is imported.

    Raises:
        SandboxError: one line; nothing must be read then, and the process has to end.
    """
    if len(os.listdir(_THREADS)) > 1:
        raise SandboxError("sandbox: other threads run already, and would keep their rights: this is our mistake")
    becomes = choose(user)
    name = becomes.pw_name if becomes else f"uid {os.getuid()}"
    known = landlock.version()
    if (folders or reads) and not known and not without_landlock:
        raise SandboxError(
            "sandbox: this kernel has no Landlock (Linux 5.13 has, with landlock in lsm=), so that files cannot be"
            " kept to their folder: do without --files, or use --no-sandbox"
        )
    forget(secrets)
    filters = make_filters(files=bool(folders or reads), serves=serves, muted=muted)
    preload(packages)
    if hide_memory is not None:
        hide_memory()
    with contextlib.ExitStack() as stack:
        opened = [[_open(stack, place) for place in places] for places in (folders, reads)]
        rules = landlock.make_rules(*opened) if known else None
        give_up(becomes)
        for folder, descriptor in zip(folders, opened[0], strict=True):
            if not os.access(".", os.W_OK | os.X_OK, dir_fd=descriptor):
                raise SandboxError(f"{folder}: {name} may not write here: chown {name} {folder}")
    if rules is not None:
        try:
            landlock.restrict(rules)
        except OSError as error:
            raise SandboxError(f"sandbox: Landlock refuses: {error.strerror}") from error
    close_imports()
    load_filters(filters)
    return Confinement(name, known, tuple(folders))


def _open(stack: contextlib.ExitStack, place: Path) -> int:
    """While we still may look wherever it is."""
    try:
        descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError as error:
        raise SandboxError(f"{place}: cannot be opened: {error.strerror}") from error
    stack.callback(os.close, descriptor)
    return descriptor
