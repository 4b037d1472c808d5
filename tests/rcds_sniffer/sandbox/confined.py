"""``rcds-sniffer capture`` in the sandbox, with somebody inside who tries what is forbidden.

Takes a report file, a folder that everybody may write to (``-``: nobody tries anything), folders for the sandbox
(``:`` between them), a user's number as whom to begin (0 is root; others keep CAP_NET_RAW, as systemd would give
it), and the command's own words. The capture is the real one; it enters the sandbox before its first batch. Then
everything is tried and reported between two batches, and again with each SIGUSR1. What Python opens and imports
afterwards is reported too.
"""

import ctypes
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyseccomp  # noqa: F401 - before begins_as(): this Python may lie where only root looks

import capture.live
from capture.packet import Packet
from rcds_sniffer.cli import main
from rcds_sniffer.sandbox import Muted, enter
from rcds_sniffer.sandbox.preload import preload
from tests.rcds_sniffer.sandbox import probes

REPORT, FOLDER, FOLDERS, USER = sys.argv[1:5]
del sys.argv[1:5]
descriptor = os.open(REPORT, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
asked: list[int] = [1]
confined: list[bool] = []


def tell(**what: Any) -> None:
    """One line of the report."""
    os.write(descriptor, json.dumps(what).encode() + b"\n")


def audit(event: str, arguments: tuple[Any, ...]) -> None:
    """Python says what it does."""
    if confined and event in ("import", "open") and not trying:
        tell(late=event, what=str(arguments[0]))


trying: list[bool] = []
sys.addaudithook(audit)
signal.signal(signal.SIGUSR1, lambda *_: asked.append(1))
batches = capture.live.LiveSource._batches


def watched(source: capture.live.LiveSource) -> Iterator[Sequence[Packet]]:
    """The batches, from inside of the sandbox."""
    stand_ins = source.settle()
    packets = [Muted(each.descriptor, each.copy) for each in stand_ins]
    confinement = enter(folders=[Path(name) for name in FOLDERS.split(":") if name], muted=packets)
    confined.append(True)
    tell(confinement=str(confinement))
    for batch in batches(source):
        yield batch
        if asked and FOLDER != "-":
            asked.clear()
            trying.append(True)
            tell(refused=probes.everything(FOLDER, [(each.descriptor, each.copy) for each in packets]))
            tell(allowed=probes.allowed())
            trying.clear()


def begins_as(user: int) -> None:
    """Become this user with one capability, CAP_NET_RAW, in every set."""
    preload()
    probes.LIBC.prctl(8, 1, 0, 0, 0)  # PR_SET_KEEPCAPS
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    header, net_raw = (ctypes.c_uint32 * 2)(0x20080522, 0), 1 << 13
    assert probes.LIBC.capset(header, (ctypes.c_uint32 * 6)(net_raw, net_raw, net_raw, 0, 0, 0)) == 0
    assert probes.LIBC.prctl(47, 2, 13, 0, 0) == 0  # PR_CAP_AMBIENT_RAISE


capture.live.LiveSource._batches = watched  # type: ignore[method-assign]

if __name__ == "__main__":
    if USER != "0":
        begins_as(int(USER))
    main()
