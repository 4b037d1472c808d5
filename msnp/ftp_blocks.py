"""A file as MSNFTP cuts it (reference 6.6): blocks of ``u8 0, u16 length, octets``, the length's low octet first.

Takes the octets of the sender's direction behind the line that says the size; gives runs of the file with their
offsets. ``01 00 00`` in the place of a block ends it; not every sender says it, and before the size is reached it
says that the sender gave up.

Where octets are lost inside a block, its length still tells where the next one begins. Where the loss goes past its
end, headers of unknown number and place are lost with it. Clients cut all blocks of a file alike but for the last,
so then there is one place only for each header behind the loss. What comes is held until two of these (near the
file's or the connection's end, as many as are left, and the end) stand where they must; then it is handed on, with
what is missing left open. If one of them does not, or the blocks in front of the loss were not alike, nobody knows
where in the file the octets belong: nothing more is told of them.
"""

from typing import Final, NamedTuple

from msnp.mark import Mark

USUAL: Final = 2045
"""Octets of a block, where none was seen before the loss."""
MAX_HELD: Final = 3 * (65535 + 3)
"""Octets that are held behind a loss; two headers are among them whatever the block size is."""
MAX_PIECES: Final = 4096
"""Runs of octets that they may come in; beyond either bound, the place in the file is lost."""
_HEADER: Final = 3
_END: Final = b"\x01\0\0"
_ENDS: Final = (_END, b"BYE")


class Run(NamedTuple):
    """Octets of the file."""

    mark: Mark
    offset: int
    octets: bytes


class Blocks:
    """One file of ``size`` octets on its way."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.offset = 0
        """Of the next octet in the file; not moved on any more once the place is ``lost``."""
        self.lost = False
        """Where in the file later octets belong cannot be told."""
        self.stopped = False
        """``01 00 00`` was said."""
        self.rest: bytes | None = None
        """What stands behind the file in the octets that were fed last: lines. None: it is not over."""
        self.beyond = 0
        """Octets of data behind the announced size; they are no part of the file."""
        self._head = b""
        self._left = 0
        self._usual = 0
        """What the blocks before this one have in common; 0: there were none, -1: nothing."""
        self._last = 0
        """Length of this block."""
        self._since: int | None = None
        """Octets between the end of the last block that is known and those held; None: nothing is held."""
        self._held: list[tuple[bytes, Mark]] = []
        self._held_octets = 0
        self._wanted = 0
        """Octets held that tell more than those looked at."""

    @property
    def done(self) -> bool:
        """Every octet of the file has passed, seen or not."""
        return not self.lost and self._since is None and self.offset >= self.size

    def feed(self, octets: bytes, mark: Mark) -> list[Run]:
        """Take what comes next."""
        if self.lost or self.rest is not None:
            return []
        if self._since is None:
            return self._read(octets, mark)
        self._held.append((octets, mark))
        self._held_octets += len(octets)
        if len(self._held) > MAX_PIECES or self._held_octets > MAX_HELD:
            self._lose()
        return self._search(ended=False) if self._held_octets >= self._wanted else []

    def gap(self, length: int | None) -> None:
        """So many octets are missing; None: nobody knows how many."""
        if self.lost or self.rest is not None:
            return
        if length is None:
            self._lose()
        elif self._since is not None:
            self._since += self._held_octets + length
            self._drop()
        elif length <= self._left:
            self._left -= length
            self._pass(length)
        else:
            since = length - self._left + len(self._head)
            self._pass(self._left)
            self._head, self._left, self._since = b"", 0, since
            if self._usual == 0:
                self._usual = self._last or USUAL
            if self._usual < 0 or self._last not in (0, self._usual):
                self._lose_unless_done()
        if self._since is not None:
            self._past_the_end()

    def doubt(self, length: int) -> None:
        """Before anything comes: so many octets are missing, perhaps none, and the blocks must prove the size."""
        self._since, self._usual = length, USUAL
        self._past_the_end()

    def end(self) -> list[Run]:
        """Nothing more will come; that the octets end where the file must may be what was waited for."""
        return [] if self.lost or self._since is None else self._search(ended=True)

    def _pass(self, count: int) -> None:
        self.beyond += max(0, self.offset + count - max(self.offset, self.size))
        self.offset = min(self.size, self.offset + count)

    def _lose(self) -> None:
        self.lost = True
        self._since = None
        self._drop()

    def _lose_unless_done(self) -> None:
        """Where only what is behind the file is missing, that is where the lines are."""
        if self.offset >= self.size:
            self._since, self.rest = None, b""
        else:
            self._lose()

    def _drop(self) -> None:
        self._held, self._held_octets, self._wanted = [], 0, 0

    # --- in order -----------------------------------------------------------------------------------------

    def _read(self, octets: bytes, mark: Mark) -> list[Run]:
        runs: list[Run] = []
        at = 0
        while at < len(octets):
            if self._left:
                count = min(self._left, len(octets) - at)
                if wanted := min(count, self.size - self.offset):
                    runs.append(Run(mark.after(at), self.offset, octets[at : at + wanted]))
                self._pass(count)
                self._left -= count
                at += count
                continue
            if not self._head and octets[at] > 1:
                if 0x41 <= octets[at] <= 0x5A:  # a line: the sender says no more than that it has sent all
                    self.rest = octets[at:]
                else:
                    self._lose()
                break
            count = min(_HEADER - len(self._head), len(octets) - at)
            self._head += octets[at : at + count]
            at += count
            if len(self._head) < _HEADER:
                break
            head, self._head = self._head, b""
            if head[0]:
                self.stopped = head == _END
                if self.stopped:
                    self.rest = octets[at:]
                else:
                    self._lose()
                break
            self._begin(int.from_bytes(head[1:], "little"))
        return runs

    def _begin(self, length: int) -> None:
        """A block; the one before it has shown what is usual, for it was not the last."""
        if self._last or not length:
            self._usual = self._last if length and self._usual in (0, self._last) else -1
        self._left = self._last = length

    # --- behind a loss ------------------------------------------------------------------------------------

    def _past_the_end(self) -> None:
        """See whether the loss took all the rest of the file, if its blocks are alike."""
        since = self._since or 0
        left = self.size - self.offset
        if since >= left + _HEADER * -(-left // self._usual):
            self._lose_unless_done()

    def _search(self, *, ended: bool) -> list[Run]:
        """Hand on what is held, once headers stand where they must."""
        held = b"".join(octets for octets, _ in self._held)
        fits = self._fits(held, ended=ended)
        if fits is None and not ended:
            return []
        pieces = self._held
        if not fits:
            self._lose()
            return []
        number, within = divmod(self._since or 0, self._usual + _HEADER)
        begin = self.offset + number * self._usual
        length = min(self._usual, self.size - begin)
        if within < _HEADER:
            self.offset, self._head = begin, _head_of(length)[:within]
        else:
            self.offset, self._left, self._last = begin + within - _HEADER, length - (within - _HEADER), length
        self._since = None
        self._drop()
        runs: list[Run] = []
        for octets, mark in pieces:
            if self.rest is None:
                runs += self.feed(octets, mark)
            else:
                self.rest += octets
        return runs

    def _fits(self, held: bytes, *, ended: bool) -> bool | None:
        """Whether what is held goes on as a file in equal blocks does; None: more of it may tell."""
        since, usual = self._since or 0, self._usual
        number = since // (usual + _HEADER)
        begin = self.offset + number * usual
        place = number * (usual + _HEADER) - since
        proofs = 0
        self._wanted = len(held) + 1
        while begin < self.size and proofs < 2 and place <= len(held):
            length = min(usual, self.size - begin)
            if place > -_HEADER:
                head = _head_of(length)[max(-place, 0) :]
                seen = held[max(place, 0) : place + _HEADER]
                if seen == _END and proofs:
                    return True  # the sender gives up
                if seen != head:
                    early = head.startswith(seen) or (proofs and _END.startswith(seen))
                    return (None if early else False) if not ended else bool(early and proofs)
                proofs += place >= 0
            begin, place = begin + length, place + _HEADER + length
        if proofs == 2:
            return True
        if place > len(held):
            self._wanted = place + 1
            return True if ended and proofs else None
        return _is_end(held[place : place + _HEADER], ended)


def _is_end(behind: bytes, ended: bool) -> bool | None:
    """Whether a file may end in front of these octets; None: more of them may tell."""
    if behind in _ENDS or (ended and not behind):
        return True
    return None if any(end.startswith(behind) for end in _ENDS) else False


def _head_of(length: int) -> bytes:
    return b"\0" + length.to_bytes(2, "little")
