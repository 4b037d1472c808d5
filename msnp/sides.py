"""Which side of a connection is the client, where the tap could only guess.

Without a SYN the capture takes the side with the well-known port for the server, and may be wrong: switchboards
use any port. What is said tells (reference 2.2): both directions are framed as both sides, and the first command
that only one side can have said decides. Until then nothing is handed on.
"""

from msnp.commands import SHAPES
from msnp.frames import Frame, Item, Shape
from msnp.framing import Framer
from msnp.limits import Limits
from msnp.mark import Mark


class SideFinder:
    """Undecided as long as :attr:`client` is None."""

    def __init__(self, limits: Limits) -> None:
        self.client: bool | None = None
        """True: the tap guessed right; False: the sides are the other way round."""
        self._limits = limits
        self._held = 0
        self._framers = {
            guess: [Framer(side, SHAPES[side], limits) for side in (guess, not guess)] for guess in (True, False)
        }

    def feed(self, guess: bool, octets: bytes, mark: Mark) -> None:
        """Octets of the direction that was taken for the client's (``guess``) or the server's."""
        self._held += len(octets)
        for framer in self._framers[guess]:
            self._judge(guess, framer.feed(octets, mark))
        if self._held > self._limits.undecided or all(
            framer.hopeless for framers in self._framers.values() for framer in framers
        ):
            self.settle()

    def gap(self, guess: bool, length: int | None, mark: Mark) -> None:
        """A gap in the direction that was taken for the client's or the server's."""
        for framer in self._framers[guess]:
            self._judge(guess, framer.gap(length, mark))

    def end(self) -> None:
        """No more octets will come: judge by what the ends tell, else keep the guess."""
        for guess, framers in self._framers.items():
            for framer in framers:
                self._judge(guess, framer.end())
        self.settle()

    def settle(self) -> None:
        """Keep the guess if nothing has told otherwise."""
        if self.client is None:
            self.client = True

    def _judge(self, guess: bool, items: list[Item]) -> None:
        for item in items:
            if self.client is None and isinstance(item, Frame) and item.shape is not None and _only(item):
                self.client = item.from_client is guess


def _only(frame: Frame) -> bool:
    """Whether no other side can have said this."""
    line = b" ".join(frame.tokens)
    if frame.shape is None or not frame.shape.telling or not frame.shape.fits(line):
        return False
    other: Shape | None = SHAPES[not frame.from_client].get(frame.name)
    return other is None or not other.fits(line)
