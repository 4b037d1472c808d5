"""The worker's side: events in, messages out, in batches.

A message is a report or an end. A report says how far the source was read, and holds the events that were found; it
goes out after each batch of packets, and sooner where events are many or long.
"""

import logging
from collections.abc import Callable
from typing import Final, NamedTuple

from capture.packet import Packet
from capture.source import Counters, Truncation
from rcds_sniffer.events import Event, weight
from rcds_sniffer.front import told
from rcds_sniffer.workers.packing import Packed, Packer, to_octets

log = logging.getLogger(__name__)

EVENTS: Final = 512
"""Events that make a message, though the batch of packets may go on."""

CHARACTERS: Final = 1 << 20
"""Characters of text that do the same."""


class Progress(NamedTuple):
    """How far the source was read."""

    received: int
    refused: int
    position: int | None


class End(NamedTuple):
    """What there is to tell when a worker has read its source."""

    counters: Counters
    link_types: tuple[int, ...]
    truncations: tuple[Truncation, ...]
    refused_sample: list[Packet]
    engine: dict[str, int]
    decoders: dict[str, dict[str, int]]
    faults: int
    failure: str | None
    """Why it could not read to the end."""


class Outbox:
    """Packs for ``send``, which takes a message."""

    def __init__(self, send: Callable[[bytes], None], progress: Callable[[], Progress]) -> None:
        self._send = send
        self._progress = progress
        self._packer = Packer()
        self._packed: list[Packed] = []
        self._characters = 0
        self.faults = 0
        """Events that could not be sent."""

    def receive(self, event: Event) -> None:
        """Take one event: the front's ``emit``."""
        self._packer.pack(event, self._packed)
        self._characters += weight(event)
        if len(self._packed) >= EVENTS or self._characters >= CHARACTERS:
            self.report()

    def report(self) -> None:
        """Send what is there, and how far we are."""
        packed, self._packed, self._characters = self._packed, [], 0
        progress = tuple(self._progress())
        try:
            message = to_octets((progress, packed))
        except Exception as fault:  # a protocol put something into an event that no process can hand to another
            log.error("%s: an event is lost", told(fault))
            message = to_octets((progress, [one for one in packed if self._crosses(one)]))
        self._send(message)

    def _crosses(self, one: Packed) -> bool:
        try:
            to_octets(one)
        except Exception:
            self.faults += 1
            return False
        return True

    def end(self, end: End) -> None:
        """Send what there is to tell behind the last report."""
        self._send(to_octets(end))
