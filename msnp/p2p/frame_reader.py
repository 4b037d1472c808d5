"""The frames of one direction of a direct connection: ``u32 length`` and so many octets (reference 6.5).

Frames come whole or not at all. Where octets are lost inside of one, it is dropped and the next begins where its
length says. Where nobody knows where the next begins, because the loss goes further or because a length is
impossible, it is looked for: a place where two frames in a row each hold a packet that is as long as the frame.
What is behind them is believed again.
"""

import re
from collections import deque
from typing import Final, NamedTuple

from msnp.mark import Mark
from msnp.p2p.headers import CONTROL, MAX_HEADERS, V1_OCTETS, read_either

MAX_FRAME: Final = 64 * 1024
"""Octets of a frame; real ones stay under 1400, and some programs allow 8 KiB."""
MAX_SEARCH: Final = 256 * 1024
"""Octets that are looked through for a frame after a loss; beyond, nothing is read of the direction any more."""
MAX_PIECES: Final = 4096
"""Runs of octets that a frame, or what is looked through, may come in; beyond, it is dropped."""
FOO: Final = b"\x04\0\0\0foo\0"
"""The first frame of whoever opened the connection."""
_LENGTH: Final = 4
_MEDIA: Final = (b"recipientid=", b"CONNECTED\r\n")
_MEDIA_FRAME: Final = b"ML20"
"""Stands twelve octets behind the beginning of a picture's header of 24 octets."""
_LIKELY: Final = re.compile(
    rb"(?:[\x08-\xff]\0|.[\x01-\xff])\0\0"  # a length
    rb"(?:[\x08-\xfc][\0-\3]|.{13}\0\0\0.{5}\0\0\0..\0\0.[\0\1]\0[\0\1])",  # version 2, or 1 with its flags
    re.DOTALL,
)
"""Where a frame may begin: what follows is judged there alone, since whoever sends may fill the line with zeros."""
_LIKELY_OCTETS: Final = 36
_SESSIONS: Final[frozenset[int]] = frozenset()


class Frame(NamedTuple):
    """One frame, whole."""

    octets: bytes
    mark: Mark
    """Of the first of them."""


class FrameReader:
    """One direction."""

    def __init__(self) -> None:
        self.torn = False
        """Octets of it are missing."""
        self.lost = 0
        """Frames that were dropped, and times that one was looked for."""
        self.media = False
        """It is a stream of pictures or sound: nothing is read of it."""
        self._deaf = False
        self._fresh = True
        """Nothing came yet."""
        self._head = b""
        self._left = 0
        """Octets of this frame that are still to come."""
        self._whole = True
        """Nothing of this frame is missing so far."""
        self._parts: list[bytes] = []
        self._mark: Mark | None = None
        """Of this frame's first octet."""
        self._looking = False
        self._looked = 0
        """Octets that were looked through."""
        self._pieces: list[tuple[bytes, Mark]] = []
        """What is looked through."""
        self._place = 0
        """In it: where no frame begins in front of."""
        self._wanted = 0
        """Octets of it that tell more than those that are there."""
        self._length = 0

    def feed(self, octets: bytes, mark: Mark) -> list[Frame]:
        """Take what comes next."""
        frames: list[Frame] = []
        if not octets or self._deaf:
            return frames
        if self._fresh:
            self._fresh = False
            if octets.startswith(_MEDIA) or octets[12:16] == _MEDIA_FRAME:
                self.media = self._deaf = True
            elif octets.startswith(FOO):
                self._looking = False  # it is the beginning after all
        self._take([(octets, mark)], frames)
        return frames

    def _take(self, pieces: list[tuple[bytes, Mark]], frames: list[Frame]) -> None:
        """Read them in order; what is looked through comes back as soon as it can be read."""
        waiting = deque(pieces)
        while waiting and not self._deaf:
            octets, mark = waiting.popleft()
            if self._looking:
                self._pieces.append((octets, mark))
                self._length += len(octets)
                if self._length >= self._wanted:
                    waiting.extendleft(reversed(self._look(ended=False)))
            else:
                at = self._read(octets, mark, frames)
                if at < len(octets):
                    waiting.appendleft((octets[at:], mark.after(at)))

    def gap(self, length: int | None) -> None:
        """So many octets are missing; None: nobody knows how many."""
        self.torn = True
        if self._deaf:
            return
        if length is None or self._looking or length > self._left:
            self._lose()
        elif length:
            self._whole = False
            self._left -= length
            if not self._left:
                self._drop()

    def end(self) -> list[Frame]:
        """Nothing more will come: what was looked through may end with a frame."""
        frames: list[Frame] = []
        if self._looking and not self._deaf:
            self._take(self._look(ended=True), frames)
        return frames

    # --- in order -----------------------------------------------------------------------------------------

    def _read(self, octets: bytes, mark: Mark, frames: list[Frame]) -> int:
        """How far it was read: not to its end where a frame's length is impossible."""
        at = 0
        while at < len(octets):
            if not self._left:
                count = min(_LENGTH - len(self._head), len(octets) - at)
                self._head += octets[at : at + count]
                at += count
                if len(self._head) == _LENGTH:
                    self._left = int.from_bytes(self._head, "little")
                    self._head = b""
                    if self._left > MAX_FRAME:
                        self._lose()
                        return at
                continue
            if self._mark is None:
                self._mark = mark.after(at)
            part = octets[at : at + self._left]
            at += len(part)
            self._left -= len(part)
            if self._whole:
                self._parts.append(part)
                self._whole = len(self._parts) <= MAX_PIECES
            if not self._left:
                if self._whole:
                    frames.append(Frame(b"".join(self._parts), self._mark))
                self._drop()
        return at

    def _drop(self) -> None:
        """This frame is over."""
        self.lost += not self._whole
        self._head, self._left, self._whole, self._parts, self._mark = b"", 0, True, [], None

    # --- behind a loss ------------------------------------------------------------------------------------

    def _lose(self) -> None:
        """Nobody knows where the next frame begins."""
        self._whole = False
        self._drop()
        self._looking = True
        self._looked += self._length
        self._clear()
        self._deaf = self._looked > MAX_SEARCH

    def _look(self, *, ended: bool) -> list[tuple[bytes, Mark]]:
        """What can be read again; empty: nothing yet."""
        held = b"".join(octets for octets, _ in self._pieces)
        verdict: bool | None = None
        self._wanted = len(held) + 1
        sure = len(held) if ended else len(held) - _LIKELY_OCTETS  # behind it more octets may show an earlier place
        while (found := _LIKELY.search(held, self._place)) is not None and found.start() <= sure:
            self._place = found.start()
            verdict = self._judge(held, self._place, ended)
            if verdict or (verdict is None and not ended):
                break
            self._place += 1
        else:
            self._place, verdict = max(self._place, sure + 1), None
        self._forget()
        if not verdict:
            return []
        (first, mark), *others = self._pieces
        place = self._place
        self._looking = False
        self._looked = 0
        self._clear()
        return [(first[place:], mark.after(place)), *others]

    def _clear(self) -> None:
        self._pieces, self._place, self._wanted, self._length = [], 0, 0, 0

    def _forget(self) -> None:
        """What was looked through and holds no frame's beginning need not be kept."""
        while self._pieces and self._place >= len(self._pieces[0][0]):
            count = len(self._pieces.pop(0)[0])
            self._place -= count
            self._wanted -= count
            self._length -= count
            self._looked += count
        if self._looked + self._length > MAX_SEARCH or len(self._pieces) > MAX_PIECES:
            self._deaf = True
            self._clear()

    def _judge(self, held: bytes, place: int, ended: bool) -> bool | None:
        """Whether two frames stand there; None: more octets may tell. At the end of all, one up to it will do."""
        for number in range(2):
            while held[place : place + _LENGTH] == bytes(_LENGTH) and number:
                place += _LENGTH  # empty frames
            if ended and number and place == len(held):
                return True
            length = int.from_bytes(held[place : place + _LENGTH], "little")
            wanted = place + _LENGTH + min(length, MAX_HEADERS)
            if len(held) < place + _LENGTH or (0 < length <= MAX_FRAME and len(held) < wanted):
                self._wanted = max(wanted, place + _LENGTH)
                return None
            if not 0 < length <= MAX_FRAME or not _fits(held[place + _LENGTH : wanted], length):
                return False
            place += _LENGTH + length
        return True


def _fits(octets: bytes, length: int) -> bool:
    """Whether a frame of ``length`` octets that begins so is a packet that says so itself."""
    packet = read_either(octets, length, _SESSIONS)
    if packet is None:
        return False
    if packet.version == 1 and packet.flags & CONTROL:
        return length == V1_OCTETS
    return packet.start + packet.length == length
