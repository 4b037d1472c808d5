"""Many actors at once on one wire: what they send comes out in order of time, from a memory that holds only the
near.

An actor is a generator. It yields the time at which it wants to go on, is resumed then, and sends records at that
time or a little later. So the wire need keep only what is later than the next actor, and a capture of any size is
written while it is made.
"""

from collections.abc import Generator, Iterator
from heapq import heapify, heappop, heappush, heapreplace

from bench.truth import Truth

Actor = Generator[int, None, None]
"""Yields the time at which it goes on, in microseconds."""


class Text:
    """One text that was said."""

    __slots__ = ("chat", "number")

    def __init__(self, chat: int, number: int) -> None:
        self.chat = chat
        self.number = number


class Sighting:
    """One text on one connection, and which of its segments are not in the file yet."""

    __slots__ = ("missing", "text")

    def __init__(self, text: Text) -> None:
        self.text = text
        self.missing = 0
        """Bits, one for each segment that carries a part of it."""


Carried = tuple[tuple[Sighting, int], ...]
"""What a packet carries: sightings, and the bit of each that this packet is."""
Sent = tuple[int, int, bytes, Carried]


class Wire:
    """The packets that are sent and not written yet."""

    def __init__(self) -> None:
        self._sent: list[Sent] = []
        self._serial = 0

    def send(self, time: int, record: bytes, carried: Carried = ()) -> None:
        """A packet is on the wire at ``time``, which is not before the time at which its actor went on."""
        self._serial += 1
        heappush(self._sent, (time, self._serial, record, carried))

    def run(self, actors: list[Actor]) -> Iterator[tuple[bytes, Carried]]:
        """Everything that the actors send, in order of time."""
        waiting = [(next(actor), number) for number, actor in enumerate(actors)]
        heapify(waiting)
        sent = self._sent
        while waiting:
            time, number = waiting[0]
            while sent and sent[0][0] < time:
                _, _, record, carried = heappop(sent)
                yield record, carried
            try:
                heapreplace(waiting, (next(actors[number]), number))
            except StopIteration:
                heappop(waiting)
        while sent:
            _, _, record, carried = heappop(sent)
            yield record, carried


def kept(carried: Carried, truth: Truth) -> None:
    """The packet is in the file: texts of which it was the last missing piece are whole."""
    for sighting, bit in carried:
        sighting.missing &= ~bit
        if not sighting.missing:
            text = sighting.text
            truth.whole[text.chat] |= 1 << text.number
