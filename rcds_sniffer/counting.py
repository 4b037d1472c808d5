# cython: annotation_typing=False
"""What a capture holds, counted: source → engine → decoder, and no recorder.

Takes a source; gives numbers. Events are counted by their kind, and what they say is decoded by nobody.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from capture.errors import CaptureError
from capture.source import Source
from rcds_sniffer.collecting import few_collections
from rcds_sniffer.events import Event
from rcds_sniffer.front import Front, Protocols
from reassembly.engine import Engine, EventCallback


@dataclass(slots=True)
class Count:
    """What was counted. It names nobody."""

    events: dict[str, int] = field(default_factory=dict)
    """By kind, as their classes in `rcds_sniffer.events` are called."""
    engine: dict[str, int] = field(default_factory=dict)
    """The counters of the reassembly."""
    decoders: dict[str, dict[str, int]] = field(default_factory=dict)
    faults: int = 0
    """Connections that a fault of this program made us give up."""
    interrupted: bool = False
    failure: CaptureError | None = None
    """What broke it off, if anything did."""


class Tally:
    """Events by their class."""

    __slots__ = ("kinds",)

    def __init__(self) -> None:
        self.kinds: dict[type[Event], int] = {}

    def add(self, event: Event) -> None:
        """Count one."""
        kind = type(event)
        self.kinds[kind] = self.kinds.get(kind, 0) + 1


def count(
    source: Source,
    engine: Callable[[EventCallback], Engine],
    protocols: Protocols,
    stopped: Callable[[], bool] = lambda: False,
    progress: Callable[[], None] = lambda: None,
) -> Count:
    """Read ``source`` to its end, or until ``stopped()`` or a failure.

    Args:
        source: with its filter.
        engine: makes the engine on a callback.
        protocols: each with the ports that its servers listen on.
        stopped: asked between batches of packets.
        progress: called between batches of packets.
    """
    tally = Tally()
    out = Count()
    front = Front(engine, protocols, tally.add)
    with few_collections():
        try:
            for packets in source.batches():
                front.feed_all(packets)
                progress()
                if stopped():
                    out.interrupted = True
                    break
        except CaptureError as error:
            out.failure = error
        front.close()
    out.events = {kind.__name__: number for kind, number in tally.kinds.items()}
    out.engine = front.engine.counters.as_dict()
    out.decoders = front.decoded()
    out.faults = front.faults
    return out
