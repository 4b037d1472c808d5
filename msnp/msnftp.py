"""A file on its way by MSNFTP: one connection from peer to peer (reference 6.6).

``VER MSNFTP`` from both; then the receiver says who it is and the number of the invitation's answer, ``USR account
number``; the sender says ``FIL size``, the receiver ``TFR``; then the sender's direction is the file in blocks
(:mod:`msnp.ftp_blocks`) and the receiver ends it, ``BYE 16777989``, or cancels, ``CCL``. Either may have opened the
connection, so who says what tells which is which. The file's name, and who sends it, stand only in the invitation:
the number finds it (:mod:`msnp.rendezvous`). Without it nothing is told, for nobody could say whose it is.

Where octets were lost, lines that may be in the middle of the file are not believed. If the line that says the size
was among them, the size in the invitation stands for it, and the blocks have to prove it. Of a connection that was
joined later no octets are told: nothing says where in the file they belong.
"""

from collections import Counter
from collections.abc import Callable
from typing import Final

from msnp.accounts import normalise
from msnp.events import Event
from msnp.ftp_blocks import Blocks, Run
from msnp.ftp_lines import BYE_CODES, LINE, MAX_LINE, MAX_LINES, WELL, Side
from msnp.mark import Mark
from msnp.mime import Headers, whole_content
from msnp.rendezvous import FtpMeeting, Rendezvous, tellers
from msnp.state import State
from msnp.utterances import Origin, addressed, file_octets, peer_origin, sending

MAX_HELD: Final = 256 * 1024
"""Octets of a file that wait for its invitation, which may come later where lost octets in front of it are waited
for. Beyond, they are dropped."""
_COST: Final = 128
"""Octets that count for each run that is held, beside its own."""
_NO_CONTENT = whole_content(Headers(b""), b"")

Emit = Callable[[State, Event], None]


class FtpLine:
    """One connection, to ``port``; ``emit`` takes what it tells, and for which session that agreed on it."""

    def __init__(self, rendezvous: Rendezvous, port: int, emit: Emit) -> None:
        self.concerned = False
        """MSNFTP was spoken on it."""
        self.counters: Counter[str] = Counter()
        """``unknown_cookie``: a file went by whose invitation was not seen. ``dropped``: octets beyond MAX_HELD."""
        self._rendezvous = rendezvous
        self._port = port
        self._emit = emit
        self._sides = {side: Side(side) for side in (True, False)}
        self._sender: Side | None = None
        self._receiver: Side | None = None
        self._auth_cookie = ""
        self._account: str | None = None
        self._began: Mark | None = None
        """Where the first octets of the file stand, or the line that asked for them."""
        self._data_seen = False
        self._blocks: Blocks | None = None
        self._meetings: dict[State, FtpMeeting] = {}
        self._held: list[Run] = []
        self._held_octets = 0
        self._code: int | None = None
        self._cancelled_by: Side | None = None
        self._finished = False

    # --- what comes in ------------------------------------------------------------------------------------

    def analyze_packet(self, from_client: bool, octets: bytes, mark: Mark) -> None:
        """Take the next octets of one side; ``mark`` is that of the first of them."""
        side = self._sides[from_client]
        if self._finished or not octets:
            return
        blocks = self._blocks
        if blocks is not None and side is self._sender and blocks.rest is None:
            self._take(blocks.feed(octets, mark), mark.time)
            rest = blocks.rest or b""
            mark = mark.after(max(0, len(octets) - len(rest)))
            octets = rest
        if octets and not self._begins_unsaid(side, octets, mark):
            self._read(side, octets, mark)
        self._conclude(mark)

    def gap(self, from_client: bool, length: int | None, mark: Mark) -> None:  # noqa: ARG002 - as all of them
        """Octets of one side are missing in front of ``mark``; None: nobody knows how many."""
        side = self._sides[from_client]
        if self._finished:
            return
        if self._blocks is not None and side is self._sender and self._blocks.rest is None:
            self._blocks.gap(length)
            return
        side.gap(length)

    def end(self, mark: Mark, *, closed: bool = True) -> None:  # noqa: ARG002 - either way the file's end is here
        """Nothing more will come."""
        if self._finished:
            return
        if self._blocks is not None:
            self._take(self._blocks.end(), mark.time)
        self._find(mark.time)
        self._finish()

    # --- lines --------------------------------------------------------------------------------------------

    def _read(self, side: Side, octets: bytes, mark: Mark) -> None:
        at = 0
        while at < len(octets) and not side.deaf:
            end = octets.find(b"\n", at)
            line = side.line + octets[at : len(octets) if end < 0 else end]
            side.line = b""
            if len(line) > MAX_LINE:
                side.deaf = True
            elif end < 0:
                side.line = line
                return
            else:
                at = end + 1
                self._understand(side, line, mark)
                if self._blocks is not None and side is self._sender and self._blocks.rest is None:
                    if at < len(octets):
                        self.analyze_packet(side.from_client, octets[at:], mark.after(at))
                    return

    def _understand(self, side: Side, line: bytes, mark: Mark) -> None:
        found = LINE.fullmatch(line)
        early = side.passed is not None and side.passed <= MAX_LINES
        if side.passed is not None:
            side.passed += len(line) + 1
        if found is None:  # AMSNPING, and what else is no file transfer
            return
        if found[1] and side.passed is None:
            side.passed = 0  # it is the beginning after all
        elif side.torn and not early and not found[2] and side is not self._receiver:
            return
        self.concerned = True
        may_receive = side is not self._sender and self._receiver in (None, side)
        if found[2] and may_receive and not self._meetings:
            self._receiver = side
            self._auth_cookie = found[4].decode("ascii", "replace")
            self._account = normalise(found[3])
            self._find(mark.time)
        elif found[5] and side is not self._receiver and self._blocks is None:
            self._sender = side
            self._blocks = Blocks(int(found[6]))
            self._began = self._began or mark
        elif found[7] and may_receive:
            self._receiver = side
            self._began = self._began or mark
        elif found[8]:
            self._cancelled_by = self._cancelled_by or side
        elif found[9]:
            self._code = int(found[10])
            if self._code not in WELL:
                self._cancelled_by = self._cancelled_by or side

    # --- the file -----------------------------------------------------------------------------------------

    def _begins_unsaid(self, side: Side, octets: bytes, mark: Mark) -> bool:
        """Whether the line that says the size is lost and this is of the file, as the size in the invitation shows:
        then the blocks stand where they must."""
        if side is self._receiver or self._blocks is not None:
            return False
        sizes = {meeting.size for meeting in self._meetings.values()}
        size = sizes.pop() if len(sizes) == 1 else None
        missed = side.missed(size)
        if missed is None or size is None:
            return False
        self._sender, self._blocks = side, Blocks(size)
        self._began = self._began or mark
        self._blocks.doubt(missed)
        self._take(self._blocks.feed(octets, mark), mark.time)
        return True

    def _take(self, runs: list[Run], time: int) -> None:
        if runs and not self._data_seen:
            self._data_seen = True
            self._began = runs[0].mark
        if not self._meetings:
            self._find(time)
        for run in runs:
            if self._meetings:
                self._tell(run)
            elif self._held_octets + len(run.octets) <= MAX_HELD:
                self._held.append(run)
                self._held_octets += len(run.octets) + _COST
            else:
                self.counters["dropped"] += len(run.octets)

    def _find(self, time: int) -> None:
        """Ask which invitation this is about."""
        if self._meetings or (self._began is None and not self._auth_cookie):
            return
        found = self._rendezvous.ftp(self._auth_cookie, self._port, time)
        if self._auth_cookie:
            found = [one for one in found if one.port == self._port or self._may_be_for(one)]
        else:  # by the port alone, if nothing else can be meant
            size = None if self._blocks is None else self._blocks.size
            found = [one for one in found if size is None or one.size == size]
            if len({(one.transfer, one.auth_cookie) for one in found}) != 1:
                return
        meant = {one.own: one for one in found if one.transfer == found[-1].transfer}
        self._meetings = {session: meant[session] for session in tellers(meant)}
        held, self._held = self._held, []
        for run in held if self._meetings else ():
            self._tell(run)

    def _may_be_for(self, meeting: FtpMeeting) -> bool:
        """Whether who calls itself the receiver is meant."""
        return self._account is None or meeting.recipient in (None, self._account)

    def _tell(self, run: Run) -> None:
        for meeting in self._meetings.values():
            origin, recipient = self._between(meeting, run.mark)
            event = file_octets(origin, _NO_CONTENT, recipient, meeting.transfer, run.offset, run.octets)
            self._emit(meeting.own, event)

    def _between(self, meeting: FtpMeeting, mark: Mark) -> tuple[Origin, str | None]:
        """Who sends it, and who is to have it: as the invitation says, or else as the receiver calls itself."""
        state = meeting.own
        sender = meeting.sender or state.account
        recipient = meeting.recipient or (self._account if self._account != sender else None)
        name = state.own_name() if sender == state.account else state.links.name(sender or "")
        from_client = self._sides[True] is self._sender or self._sides[False] is self._receiver
        return peer_origin(mark, sender, name, from_client), recipient

    def _conclude(self, mark: Mark) -> None:
        """Tell the end as soon as nothing can be added to it."""
        blocks = self._blocks
        if self._finished or blocks is None:
            return
        if self._code is not None if blocks.done else blocks.stopped:
            self._find(mark.time)
            if self._meetings:
                self._finish()

    def _finish(self) -> None:
        self._finished = True
        began, blocks = self._began, self._blocks
        self._held = []
        if began is None:
            return
        if not self._meetings:
            self.counters["unknown_cookie"] += 1
            return
        if blocks is not None and blocks.stopped and not blocks.done:
            self._cancelled_by = self._cancelled_by or self._sender
        for meeting in self._meetings.values():
            origin, recipient = self._between(meeting, began)
            file = {
                "name": meeting.name,
                "size": meeting.size if blocks is None else blocks.size,
                "sha1": None,
                "outcome": self._outcome(),
            }
            event = sending(origin, _NO_CONTENT, "file", self._details(meeting), None, f"{meeting.transfer} data")
            self._emit(meeting.own, addressed(event, recipient, meeting.transfer, file))

    def _outcome(self) -> str:
        if (self._blocks is not None and self._blocks.done) or self._code in WELL:
            return "complete"
        return "cut" if self._cancelled_by is None else "cancelled"

    def _details(self, meeting: FtpMeeting) -> dict[str, object]:
        details: dict[str, object] = {
            "transfer": meeting.transfer,
            "application": "File Transfer",
            "transport": "msnftp",
        }
        if self._blocks is not None and meeting.size not in (None, self._blocks.size):
            details["announced_size"] = meeting.size
        if self._code is not None:
            details["bye_code"] = self._code
            if self._code in BYE_CODES:
                details["bye"] = BYE_CODES[self._code]
        if self._outcome() == "cancelled" and self._cancelled_by in (self._sender, self._receiver):
            details["cancelled_by"] = "sender" if self._cancelled_by is self._sender else "recipient"
        return details
