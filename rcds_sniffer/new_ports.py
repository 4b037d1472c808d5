"""What is done about TCP ports that the traffic itself names: where a file will go, where a server is.

No filter that was made beforehand lets them pass. On a live line the filter follows: from the next batch on it is
wider. A file can be read again: when it has been read to its end, a second look takes what is on the new ports
alone, so that nothing of it is missed however soon it came. What the second look finds is recorded behind the rest,
with its own time. Of a pipe, which is read once and fast, all TCP passes from the beginning.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple

from capture.errors import CaptureError
from capture.source import FilterFor, Source
from rcds_sniffer.front import Front

log = logging.getLogger(__name__)


class NewPorts(NamedTuple):
    """What a run does about them."""

    widen: Callable[[frozenset[int]], None]
    """Called with all of them as soon as there is a new one."""
    again: Callable[[Front], AbstractContextManager[Source | None]]
    """At the end of the source: the second look, if there is to be one; the front is told."""
    looks_again: bool = False
    """There may be one."""


@contextmanager
def _no_second_look(_front: Front) -> Iterator[None]:
    yield None


def _as_it_is(_ports: frozenset[int]) -> None:
    pass


NO_NEW_PORTS = NewPorts(_as_it_is, _no_second_look)
"""They pass already, or are none of ours."""


def following(source: Source, filter_for: Callable[[frozenset[int]], FilterFor]) -> NewPorts:
    """The filter of ``source`` follows; ``filter_for`` gives it for the new ports beside the old ones."""

    def widen(ports: frozenset[int]) -> None:
        try:
            source.set_filter(filter_for(ports))
        except CaptureError as error:  # what passed before goes on passing
            log.warning("ports that the traffic named are not followed: %s", error)

    return NewPorts(widen, _no_second_look)


def looking_again(open_source: Callable[[], Source], filter_for: Callable[[frozenset[int]], FilterFor]) -> NewPorts:
    """The capture, which ``open_source`` opens, is read again; ``filter_for`` gives the filter for some ports
    alone."""

    @contextmanager
    def again(front: Front) -> Iterator[Source | None]:
        if not front.learnt:
            yield None
            return
        with open_source() as source:
            source.set_filter(filter_for(frozenset(front.learnt)))
            front.look_again()
            yield source

    return NewPorts(_as_it_is, again, looks_again=True)
