"""Transfers that began on a switchboard, are to go on directly, and may do so in a later reading of the capture.

Who reads a capture may find the ports of direct connections in it only at the end, and read it again for them.
Then a transfer whose switchboard has ended is not cut yet. But it must be told in the end, so this is only for a
run that says at its beginning (:func:`keep_waiting`) that it will say when it is over (:func:`give_up`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from msnp.limits import Recent

if TYPE_CHECKING:
    from msnp.events import Event
    from msnp.links import Links
    from msnp.p2p.calls import Calls
    from msnp.state import State

MAX_WAITING = 1024
"""Connections with such transfers; beyond, those of the one that ended first are cut."""

_OF_RUN: WeakKeyDictionary[Links, Recent[Calls, Calls]] = WeakKeyDictionary()


def keep_waiting(links: Links) -> None:
    """The run that has these links will call :func:`give_up`."""
    _OF_RUN.setdefault(links, Recent(MAX_WAITING))


def wait(links: Links, calls: Calls) -> bool:
    """Keep transfers for later; False: nobody will say when it is too late."""
    waiting = _OF_RUN.get(links)
    if waiting is None:
        return False
    if len(waiting) >= MAX_WAITING and calls not in waiting:
        _, oldest = waiting.popitem(last=False)
        oldest.give_up(None)
    waiting.remember(calls, calls)
    return True


def give_up(links: Links, emit: Callable[[State, Event], None]) -> None:
    """The run is over: what still waits is cut. ``emit`` as for direct connections."""
    waiting = _OF_RUN.get(links)
    while waiting:
        _, calls = waiting.popitem(last=False)
        calls.give_up(emit)
