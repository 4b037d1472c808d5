# cython: annotation_typing=False
"""One TCP connection, followed to its end.

The stream engine's callback (the paper's ``process_MSNIpacket``, in the application) hands every new run of
octets to :meth:`MsnSession.analyze_packet`, which tells which MSN commands it completes and hands each to its
handler, found in the table of :mod:`msnp.commands`. Gaps and the end come in the same way. What was learnt goes
out through ``emit``. Nothing that arrives can make this raise; what cannot be read is reported as
:class:`~msnp.events.Undecoded`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from msnp.commands import AFTER_LOGIN, SHAPES, Command
from msnp.contact_list import flush_contacts
from msnp.events import Event, Undecoded
from msnp.frames import Frame, Item, Loss, MalformedError, Skipped
from msnp.framing import Framer
from msnp.handlers_messages import flush_texts, is_silent
from msnp.limits import Limits
from msnp.links import Links
from msnp.mark import Mark, mark_at
from msnp.plain import Cutter
from msnp.sides import SideFinder
from msnp.state import State
from msnp.versions import learn_version

_Held = tuple[bool, bytes | None, int | None, Mark]
_MOST_HELD = 4096
"""Runs of octets and gaps held while the sides are undecided."""
_OPENINGS = frozenset([b"USR", b"ANS", b"IRO", b"VER"])
"""With these a switchboard's connection begins, so the roster is still to come and no loss has touched it."""
_MOST_UNHEARD = 64
"""Muted messages of the client kept until the server is heard again; beyond, they are told."""
_MOST_SPEAKERS = 256
"""Senders who were told once while muted; beyond, all that others say is told."""


class MsnSession:
    """Decodes one connection.

    ``client`` and ``server`` are ``host:port`` (IPv6 in brackets). Where ``sides_certain`` is False the tap has
    only guessed which is which, and content may turn it round: ``swapped`` then says so.
    """

    def __init__(  # noqa: PLR0917  # the six things that make a session; all but limits are always given
        self,
        emit: Callable[[Event], None],
        links: Links,
        client: str,
        server: str,
        sides_certain: bool,
        limits: Limits | None = None,
    ) -> None:
        self.recognised = False
        """At least one command was found that can only be MSNP."""
        self.swapped = False
        """The side that was taken for the client is the server."""
        self.muted = False
        """Set by whoever knows that nobody asks for what people say to each other here; may change at any time.

        Then no event is made of MSG, ACK and NAK. All that teaches who is here goes on, and so do texts in parts,
        since somebody may ask before their last part comes; emoticons and invitations are learnt for the texts and
        answers that may follow. Each sender is told once, since to speak is to be
        here. What the client says is kept until the server is heard again: should octets of the server's prove to
        be lost there, somebody may have come in them, and it is told after all.
        """
        self._limits = limits or Limits()
        self._state = State(emit, links, client, server, self._limits)
        self._links = links
        self._framers = {side: Framer(side, SHAPES[side], self._limits) for side in (True, False)}
        self._client = self._framers[True].cutter
        self._server = self._framers[False].cutter
        self._counts: tuple[list[int], list[int]] = ([], [])
        self._finder = None if sides_certain else SideFinder(self._limits)
        self._held: list[_Held] = []
        self._unheard: list[Frame] = []
        self._speakers: set[bytes] = set()
        self._heard_time = 0  # the last octet of the server's: when, …
        self._heard_sequence = 0
        self._heard_packet = 0
        self._heard_source: str | None = None  # … and where; None: none came yet
        self._foreign = False
        self._ended = False

    @property
    def account(self) -> str | None:
        """At the client end, once it is proven."""
        return self._state.account

    @property
    def foreign(self) -> bool:
        """Given up: another protocol."""
        return self._foreign

    @property
    def counters(self) -> Counter[str]:
        """Commands (``C MSG``, ``S NNN``), contents not read (``content image/gif``), ``undecoded`` octets."""
        counters = Counter(self._state.counters)
        for side, counts in zip((False, True), self._counts, strict=True):
            for place, count in enumerate(counts):
                command = SHAPES[side].shapes[place]
                if count and isinstance(command, Command):
                    counters[command.label] = count
        return counters

    # --- what comes in ------------------------------------------------------------------------------------

    def analyze_packet(self, from_client: bool, octets: bytes, mark: Mark) -> None:
        """Take the next octets of one side; ``mark`` is that of the first of them."""
        self.analyze_octets(from_client, octets, mark.time, mark.sequence, mark.packet, mark.source)

    def analyze_octets(  # noqa: PLR0917  # what a mark has, one by one: nothing is made for octets that tell nothing
        self, from_client: bool, octets: bytes, time: int, sequence: int, packet: int, source: str
    ) -> None:
        """The same, where no mark is made yet."""
        if self._foreign or self._ended or not octets:
            return
        due = self._links.due
        if due and time > due:
            self._links.settle(time)
        if self._finder is not None:
            mark = mark_at(time, sequence, packet, source)
            self._held.append((from_client, octets, None, mark))
            self._finder.feed(from_client, octets, mark)
            self._decide()
            return
        self._feed(from_client != self.swapped, octets, time, sequence, packet, source)

    def gap(self, from_client: bool, length: int | None, mark: Mark) -> None:
        """Octets of one side are missing; ``mark`` is that of the first behind them.

        ``length`` None: nobody knows how many, since this side was joined in mid-stream.
        """
        if self._foreign or self._ended:
            return
        if self._finder is not None:
            self._held.append((from_client, None, length, mark))
            self._finder.gap(from_client, length, mark)
            self._decide()
            return
        self._gap(from_client != self.swapped, length, mark)

    def end(self, mark: Mark, *, closed: bool = True) -> None:
        """Nothing more will come: the connection was ``closed``, or it is only followed no longer.

        The capture may end in the middle of a conversation: then nobody is said to have left it.
        """
        if self._ended:
            return
        if self._finder is not None and not self._foreign:
            self._finder.end()
            self._decide()
        self._ended = True
        if self._foreign:
            return
        for framer in self._framers.values():
            self._take(framer.end())
        state = self._state
        if self.recognised:
            flush_texts(state)
            flush_contacts(state)
            if state.p2p is not None:
                state.p2p.end()
            if state.notification is False:
                if state.doubts:
                    state.doubt()
                    self._tell_unheard()
                state.leave(mark, from_client=True, closed=closed)
            if closed:
                state.log_out(mark, from_client=True, reason="connection-end")

    # --- sides --------------------------------------------------------------------------------------------

    def _decide(self) -> None:
        """Go on with what was held as soon as the sides are known."""
        finder = self._finder
        if finder is None:
            return
        if len(self._held) > _MOST_HELD:
            finder.settle()
        if finder.client is None:
            return
        self._finder = None
        if not finder.client:
            self.swapped = True
            state = self._state
            state.client, state.server = state.server, state.client
        held, self._held = self._held, []
        for guess, octets, length, mark in held:
            if octets is None:
                self._gap(guess != self.swapped, length, mark)
            else:
                side = guess != self.swapped
                self._feed(side, octets, mark.time, mark.sequence, mark.packet, mark.source)

    # --- commands -----------------------------------------------------------------------------------------

    def _feed(  # noqa: PLR0917  # as analyze_octets
        self, from_client: bool, octets: bytes, time: int, sequence: int, packet: int, source: str
    ) -> None:
        if self._unheard and not self.muted:
            self._tell_unheard()
        if self._speakers and not self.muted:
            self._speakers.clear()
        if from_client:
            cutter = self._client
        else:
            cutter = self._server
            if self._unheard and not self._state.doubts:
                self._unheard.clear()
            self._state.server_heard = True
            self._heard_time = time
            self._heard_sequence = (sequence + len(octets) - 1) & 0xFFFFFFFF
            self._heard_packet = packet
            self._heard_source = source
        at = 0
        if cutter.ready:
            while cutter.cut(octets, at):
                at = cutter.next
                silent = self.muted and self._silent(cutter, from_client, octets)
                if silent and not from_client:
                    continue
                frame = cutter.frame(octets, mark_at(time, (sequence + cutter.at) & 0xFFFFFFFF, packet, source))
                if silent:
                    self._unheard.append(frame)
                else:
                    self._dispatch(frame)
            at = cutter.next
            if at == len(octets):
                return
            octets = octets[at:]
        self._go_carefully(from_client, octets, mark_at(time, (sequence + at) & 0xFFFFFFFF, packet, source))

    def _silent(self, cutter: Cutter, from_client: bool, octets: bytes) -> bool:
        """Count a command that nobody asks for and that teaches nothing; False for all others."""
        command = cutter.shape
        state = self._state
        if (
            not isinstance(command, Command)
            or not command.utterance
            or state.notification is not False
            or state.account is None
            or not state.server_heard
            or state.doubts
            or state.part_texts
            or (from_client and len(self._unheard) >= _MOST_UNHEARD)
        ):
            return False
        if cutter.payload_at >= 0:
            if not from_client and cutter.speaker(octets) not in self._speakers:
                return False
            if not is_silent(state, from_client, octets, cutter.payload_at, cutter.next):
                return False
        elif command.payload:
            return False
        self._count(from_client, command.place)
        return True

    def _count(self, from_client: bool, place: int) -> None:
        counts = self._counts[from_client]
        while len(counts) <= place:
            counts.append(0)
        counts[place] += 1

    def _go_carefully(self, from_client: bool, octets: bytes, mark: Mark) -> None:
        framer = self._framers[from_client]
        self._take(framer.feed(octets, mark))
        if framer.hopeless and not self.recognised:
            self._foreign = True
            for framer in self._framers.values():
                framer.end()

    def _gap(self, from_client: bool, length: int | None, mark: Mark) -> None:
        if not from_client:
            self._state.server_heard = True
        self._take(self._framers[from_client].gap(length, mark))

    def _take(self, items: list[Item]) -> None:
        for item in items:
            if isinstance(item, Frame):
                self._dispatch(item)
            elif isinstance(item, Loss):
                self._lost(item)
            else:
                self._skipped(item)

    def _lost(self, loss: Loss) -> None:
        """Who came and went may stand anywhere in the hole, so the doubt begins with the last octet before it."""
        state = self._state
        if loss.from_client:
            state.all_calls_seen = False
        elif len(state.doubts) < self._limits.transactions:
            state.doubts.append(
                loss.mark
                if self._heard_source is None
                else mark_at(self._heard_time, self._heard_sequence, self._heard_packet, self._heard_source)
            )

    def _dispatch(self, frame: Frame) -> None:
        """One command to its handler."""
        if not self.recognised:
            self.recognised = True
            for framer in self._framers.values():
                framer.recognised = True
        from_client = frame.from_client
        command = frame.shape
        if not isinstance(command, Command):
            self._state.counters["unknown"] += 1
            name = frame.tokens[0][:3].decode("ascii")
            self._report(from_client, frame.mark, frame.octets, f"unknown command {name}")
            return
        self._count(from_client, command.place)
        state = self._state
        if command.notification is not None and state.notification is None:
            state.learn_server(command.notification, frame.mark, from_client=from_client)
        if state.doubts and state.notification is False and command.name not in _OPENINGS:
            state.doubt()
            self._tell_unheard()
        if from_client and state.claimed is not None and not (state.server_heard and state.account is not None):
            self._conclude_from_client(frame, command)
        if command.after_login and state.notification:
            if not state.began:
                state.online = True
            if state.version is None:
                learn_version(state, frame)
        if command.handler is None:
            return
        if command.utterance:
            state.muted = self._is_unwanted(frame)
        self._handle(command, frame)

    def _is_unwanted(self, frame: Frame) -> bool:
        """Whether an utterance that is not plain may go untold."""
        state = self._state
        if not self.muted or frame.from_client or state.notification is not False or state.account is None:
            return False
        tokens = frame.tokens
        if frame.payload is None or len(tokens) < 2 or tokens[1] in self._speakers:
            return True
        if len(self._speakers) < _MOST_SPEAKERS:
            self._speakers.add(tokens[1])
        return False

    def _tell_unheard(self) -> None:
        """Tell what the client said since the server was last heard: somebody may have been there to hear it."""
        unheard, self._unheard = self._unheard, []
        self._state.muted = False
        for frame in unheard:
            command = frame.shape
            if isinstance(command, Command):
                self._handle(command, frame)

    def _handle(self, command: Command, frame: Frame) -> None:
        if command.handler is None:
            return
        try:
            command.handler(self._state, frame)
        except MalformedError as error:
            name = frame.tokens[0][:3].decode("ascii")
            self._report(frame.from_client, frame.mark, frame.octets, f"malformed {name}: {error}")

    def _conclude_from_client(self, frame: Frame, command: Command) -> None:
        """What a client shows by going on, where the server's consent is not heard or was lost (reference 2.6)."""
        state = self._state
        name = command.name
        if state.claimed is None or state.claim_mark is None or command.notification is not state.notification:
            return
        if state.notification:
            if name in AFTER_LOGIN and state.credential_mark is not None and not state.server_heard:
                state.learn_account(state.claimed, "USR", state.claim_mark, from_client=True, inferred=True)
                state.log_in(state.credential_mark, from_client=True, inferred=True)
        elif name in {b"CAL", b"MSG"}:
            state.learn_account(state.claimed, "USR", state.claim_mark, from_client=True, inferred=True)
            if name == b"MSG":
                state.prove_alone(frame.mark)
                state.conclude_called(frame.mark)

    # --- what cannot be read ------------------------------------------------------------------------------

    def _skipped(self, item: Skipped) -> None:
        if item.from_client:
            self._state.all_calls_seen = False
        self._report(item.from_client, item.mark, item.octets, item.reason)

    def _report(self, from_client: bool, mark: Mark, octets: int, reason: str) -> None:
        if self.recognised:
            self._state.counters["undecoded"] += octets
            self._state.emit(Undecoded(mark=mark, from_client=from_client, octets=octets, reason=reason))
