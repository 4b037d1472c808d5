# cython: annotation_typing=False
"""One direction of one connection, cut into commands: sans-IO, and right whatever the segments are.

Takes octets with the mark of where each segment was seen, gaps, and the end; gives :class:`Frame` (a command),
:class:`Skipped` (octets that are none) and :class:`Loss` (a gap that may have hidden commands). Knows the *shape*
of commands (:class:`Shape`: is there a payload, which arguments are plausible) and nothing of their meaning.

A command is a line, and perhaps a payload whose length is the line's last token. Nothing separates a payload from
the next command, so one wrong length loses everything behind it: lengths come from a table, never from "a number
at the end" (reference 1.2 and 1.3). :meth:`Framer._read` is the whole grammar, written as a generator that yields
whenever it needs more octets; it reads top-down, and it never consumes before it has decided, so that the frames
depend on the octets alone and not on how they were cut.

Two ways lead through a stream, and must agree. As long as it is trusted and nothing of it waits, commands are
cut straight from each segment (:class:`~msnp.plain.Cutter`). Whatever is not plain goes through the grammar here;
behind it, :mod:`msnp.resync` finds the way back to a line that can be trusted.
"""

from __future__ import annotations

from collections.abc import Generator

from msnp.frames import PLAUSIBLE, Item, Loss, Payload, Shapes, frame_at, frame_of, payload_length, to_number
from msnp.limits import Limits
from msnp.lines import Cut, CutOffError, ForeignError, Waiting
from msnp.mark import Mark
from msnp.plain import Cutter
from msnp.resync import Resync


class Framer(Resync):
    """Frames of one direction."""

    def __init__(self, from_client: bool, shapes: Shapes, limits: Limits) -> None:
        super().__init__(from_client, shapes, limits)
        self.hopeless = False
        """Given up: nothing readable within the limits, here or on the other side; another protocol."""
        self.cutter = Cutter(from_client, shapes, limits)
        """The plain path; whoever takes it goes as far as it leads, and feeds the rest here."""
        self._fresh = 0  # octets of a segment that may still go the plain way
        self._ended = False
        self._reader = self._read()
        next(self._reader)

    # --- what comes in ------------------------------------------------------------------------------------

    def feed(self, octets: bytes, mark: Mark) -> list[Item]:
        """Take the octets that follow; ``mark`` is that of the first of them."""
        if self._ended or not octets:
            return []
        at = self._plain(octets, 0, mark) if self.cutter.ready else 0
        self._fresh = 0 if at else len(octets)
        if at < len(octets):
            self._careful(octets, at, mark)
            if self.cutter.ready and len(self._octets):  # a command that spans segments is complete now
                at = self._plain(octets, len(octets) - len(self._octets), mark)
                self._octets.clear()
                self._fresh = 0
                if at < len(octets):
                    self._careful(octets, at, mark)
        return self._told()

    def _plain(self, octets: bytes, at: int, mark: Mark) -> int:
        """Go the plain way as far as it leads."""
        cutter = self.cutter
        while cutter.cut(octets, at):
            self._items.append(cutter.frame(octets, mark.after(cutter.at)))
            at = cutter.next
        return cutter.next

    def _careful(self, octets: bytes, at: int, mark: Mark) -> None:
        """Hand the rest to the grammar; at most twice a segment, so that no input makes the copies many."""
        self._octets.append(octets[at:] if at else octets, mark.after(at) if at else mark)
        if len(self._octets) >= self._wanted:
            self._wake()

    def gap(self, length: int | None, mark: Mark) -> list[Item]:
        """``length`` octets are missing (None: nobody knows how many); ``mark`` is of the first behind them."""
        if self._ended:
            return []
        self._cut = Cut(length, mark)
        self._wake()
        return self._told()

    def end(self) -> list[Item]:
        """No more octets will come."""
        if self._ended:
            return []
        self._cut = Cut(None, None)
        self._wake()
        self._ended = True
        self._octets.clear()
        return self._told()

    def _told(self) -> list[Item]:
        items, self._items = self._items, []
        return items

    def _wake(self) -> None:
        self._wanted = 0
        self.cutter.ready = False
        next(self._reader, None)

    # --- the grammar --------------------------------------------------------------------------------------

    def _read(self) -> Waiting:
        while not self._ended:
            try:
                yield from self._synchronise()
                while (yield from self._frame()):
                    if self._cut is None and len(self._octets) <= self._fresh:
                        self._fresh = 0
                        self.cutter.ready = True
                        yield
            except CutOffError:
                self._resume()
            except ForeignError:
                self.hopeless = self._ended = True
                self._octets.clear()

    def _frame(self) -> Generator[None, None, bool]:
        """Read one command; False where the line is none, and nothing was consumed."""
        end = self._octets.find_line_end(0, self._limits.line)
        if end < 0:
            end = yield from self._line_end(0)
            if end < 0:
                return False
        line = self._octets.line(0, end)
        if not line:
            self._octets.consume(end + 1)
            return True
        if PLAUSIBLE.fullmatch(line) is None and self._fitting(line) is None:
            return False  # a known command may hold anything: a name with control characters must hide nothing
        tokens = line.split(b" ")
        shape = self._shape(line)
        if shape is not None:
            length = payload_length(shape, tokens)
        else:
            length = yield from self._unknown_length(tokens, end + 1)
        if length is not None and length > self._limits.payload:
            return False
        mark = self._octets.mark()
        whole = end + 1 + (length or 0)
        if len(self._octets) >= whole:
            payload_at = -1 if length is None else end + 1
            source = self._octets.take(whole)
            frame = frame_at(self._from_client, mark, shape, source, 0, len(line), payload_at, whole)
        else:
            self._octets.consume(end + 1)
            payload = yield from self._payload(length or 0)
            octets = end + 1 + payload.length - payload.missing
            frame = frame_of(self._from_client, mark, shape, line, payload, octets)
        self._items.append(frame)
        return True

    def _payload(self, length: int) -> Generator[None, None, Payload]:
        """Read ``length`` octets, over gaps that lie wholly inside (reference 1.4, rule 4)."""
        self._octets.expect_nothing_in(length)
        pieces: list[tuple[int, bytes]] = []
        got = 0
        while got < length:
            whole = yield from self._need(length - got)
            if seen := self._octets.take(length - got if whole else len(self._octets)):
                pieces.append((got, seen))
                got += len(seen)
            if whole:
                break
            cut = self._cut
            if cut is None or cut.length is None or cut.length > length - got:
                break  # the cut itself is met by whoever needs the next octet
            got += cut.length
            self._octets.jump(cut.length)
            self._cut = None
        return Payload(length, tuple(pieces))

    def _unknown_length(self, tokens: list[bytes], after: int) -> Generator[None, None, int | None]:
        """The payload's length of a command that no table knows (reference 1.4, rule 2).

        Decided by where a known command begins: right behind the line, or as many octets later as it says.
        """
        length = to_number(tokens[-1] if tokens[-1] or len(tokens) < 2 else tokens[-2])
        if not length or length > self._limits.lookahead or len(tokens) < 2:
            return None
        offset = after
        while offset < after + length:
            end = yield from self._line_end(offset, patient=True)
            if end < 0:
                break
            line = self._octets.line(offset, end)
            if self._fitting(line) is not None:
                return None
            if PLAUSIBLE.fullmatch(line) is None:
                break
            offset = end + 1
        if not (yield from self._need(after + length)):
            return None
        offset = after + length
        while True:
            end = yield from self._line_end(offset, patient=True)
            if end < 0:
                whole = self._cut is not None and len(self._octets) == offset
                return length if whole else None
            if line := self._octets.line(offset, end):
                return length if self._fitting(line) is not None else None
            offset = end + 1

    def _resume(self) -> None:
        """Meet the cut: what is left cannot be read, and what follows a gap has to earn its trust."""
        cut = self._cut
        reason = "cut by the end" if cut is None or cut.mark is None else "cut by a gap"
        self._skip(len(self._octets), reason)
        self._flush_skipped()
        if cut is None or cut.mark is None:
            self._ended = True
            return
        self._octets.clear()
        self._cut = None
        self._edge = True
        self._beginning = False
        self._items.append(Loss(self._from_client, cut.mark, cut.length))
