"""All calls of one connection: packets are taken apart, and each text or piece of content goes to its call.

A packet's two people are those of the line that brought it: who sends is the server's word, for whom it is
``P2P-Dest``. What stands in a text about either is not believed. A direct connection names nobody, so there a
session's content is of whoever sends it in that call, and a text of the one whom it names, if both it names are a
call's two.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

from msnp.accounts import normalise
from msnp.frames import MalformedError
from msnp.p2p.book import Book
from msnp.p2p.carriers import OWN, Body, Carrier
from msnp.p2p.dialogue import hang_up, take_slp
from msnp.p2p.headers import (
    ACK,
    CLOSE,
    CONTROL,
    FAILED,
    FOOTER_OCTETS,
    MAX_HEADERS,
    Packet,
    read_either,
    read_v1,
    read_v2,
)
from msnp.p2p.pieces import head, window
from msnp.p2p.slp import read_slp
from msnp.p2p.texts import Texts
from msnp.p2p.waiting import wait
from msnp.utterances import Origin, origin_of, own_origin

if TYPE_CHECKING:
    from msnp.events import Event
    from msnp.mark import Mark
    from msnp.mime import Content
    from msnp.state import State

MAX_LIARS = 64
"""Accounts whose headers lied, remembered."""
MAX_PACKETS = 64
"""Packets of one SDG; what follows is not told apart from the last."""


class Calls:
    """The calls of one connection, and of the direct connections that were agreed on it."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._book = Book(state)
        self._texts = Texts()
        self._liars: set[str] = set()
        self._ended = False
        """The connection itself is over."""

    # --- what comes in ------------------------------------------------------------------------------------

    def take(self, origin: Origin, content: Content) -> None:
        """A MSG; raises MalformedError where so much was lost that its packet cannot be read."""
        state, headers = self._state, content.headers
        to, source = headers.get("p2p-dest") or "", headers.get("p2p-src") or ""
        if origin.from_client and state.account is None and (account := normalise(source)) is not None:
            state.learn_account(account, "P2P-Src", origin.mark, from_client=True)
        body = Body(content.body, content.length)
        version = 2 if ";{" in to and ";{" in source else 1
        if version == 1 and content.missing and ";{" in to and not source:
            version = self._guess(body)
        self._take_packet(self._carrier(origin, content, normalise(to), "switchboard"), body, version)

    def take_bundle(self, origin: Origin, content: Content, recipient: str | None, *, endpoints: bool) -> None:
        """An SDG, which may hold several packets (``Bridging-Offsets``); ``endpoints``: both ends have one."""
        body = Body(content.body, content.length)
        cuts = [0, *_numbers(content.headers.get("bridging-offsets") or "", content.length), content.length]
        for start, stop in pairwise(cuts):
            part = Body(window(body.pieces, start, stop), stop - start)
            own = origin if not start else _later(origin, start)
            try:
                carrier = self._carrier(own, content, recipient, "notification")
                self._take_packet(carrier, part, 2 if endpoints else 1)
            except MalformedError:
                if len(cuts) == 2:
                    raise
                self._book.count_odd()

    def take_direct(
        self, octets: bytes, mark: Mark, from_client: bool, emit: Callable[[State, Event], None]
    ) -> None:
        """One frame of a direct connection: a packet without a footer. Nothing is raised."""
        self._book.learn_own()
        state = self._state
        packet = read_either(octets[:MAX_HEADERS], len(octets), self._book.sessions() | {0})
        if packet is None:
            self._book.count_odd()
            return
        carrier = Carrier(
            lambda event: emit(state, event), mark, None, None, None, "direct", from_client, line=emit
        )
        self._take_read(carrier, packet, Body(((0, octets),), len(octets)))

    def end(self) -> None:
        """The connection is over: transfers that no direct connection goes on with, or may, are cut."""
        self._ended = True
        for call in self._book.calls:
            if call.line is None and call.began and not call.over:
                call.waits = bool(call.bridges) and wait(self._state.links, self)
                if not call.waits:
                    call.end(self._state.emit, "cut")

    def end_direct(self, mark: Mark, emit: Callable[[State, Event], None]) -> None:  # noqa: ARG002  # of all decoders
        """A direct connection, whose ``emit`` this is, is over: what it carried only goes on if the other does."""
        state = self._state
        for call in self._book.calls:
            if call.line == emit:
                call.line = None
                if self._ended:
                    call.end(lambda event: emit(state, event), "cut")

    def give_up(self, emit: Callable[[State, Event], None] | None) -> None:
        """Nothing more can come; None: tell it as the connection does."""
        state = self._state
        for call in self._book.calls:
            call.end(state.emit if emit is None else lambda event: emit(state, event), "cut")

    # --- packets ------------------------------------------------------------------------------------------

    def _carrier(self, origin: Origin, content: Content, recipient: str | None, transport: str) -> Carrier:
        self._book.learn_own()
        sender = origin.sender or self._book.own or OWN
        side, headers = origin.from_client, content.headers
        return Carrier(self._state.emit, origin.mark, origin, sender, recipient, transport, side, headers)

    def _guess(self, body: Body) -> int:
        """The version where the header that says it was lost."""
        octets = head(body.pieces, MAX_HEADERS)
        found = read_either(octets, body.length - FOOTER_OCTETS, self._book.sessions())
        return found.version if found is not None else 1

    def _take_packet(self, carrier: Carrier, body: Body, version: int) -> None:
        octets = head(body.pieces, MAX_HEADERS)
        try:
            packet = read_v1(octets) if version == 1 else read_v2(octets)
        except MalformedError:
            if len(octets) < min(body.length, MAX_HEADERS):
                raise  # it was lost
            self._book.count_odd()
            return
        self._take_read(carrier, packet, body)

    def _take_read(self, carrier: Carrier, packet: Packet, body: Body) -> None:
        self._book.settle(carrier)
        if packet.flags & CONTROL:
            taken = self._take_control(carrier, packet)
        elif packet.session:
            taken = self._take_content(carrier, packet, body)
        else:
            taken = self._take_text(carrier, packet, body)
        if not taken:
            self._book.count_odd()

    def _take_control(self, carrier: Carrier, packet: Packet) -> bool:
        """An acknowledgement, or somebody hangs up."""
        for call in reversed(self._book.calls):
            placing = call.placing
            named = placing is not None and packet.acknowledged == placing.message
            if call.session != packet.session and (packet.session or not named):
                continue
            speaker = call.speaker(carrier)
            if speaker is None and carrier.origin is not None:
                continue
            self._book.prove_own(call, carrier)
            if packet.flags & (CLOSE | FAILED):
                hang_up(self._book, call, carrier, speaker or call.other(call.sends), "closed")
                return True
            if packet.flags & ACK and placing is not None and named and speaker != call.sends:
                call.acknowledged = call.acknowledged or 0 < placing.total == packet.total
            return False
        return False

    def _take_text(self, carrier: Carrier, packet: Packet, body: Body) -> bool:
        present = body.present(packet.start, carrier.footer)
        if not present:
            return False
        pieces = window(body.pieces, packet.start, packet.start + present)
        speaker = (carrier.transport, carrier.sender, carrier.recipient, carrier.from_client)
        found = self._texts.add(speaker, packet, pieces, present, carrier.footer, carrier.mark)
        if found is None:
            return True
        octets, first = found
        if first is not carrier.mark:  # it is told of where it began
            carrier = carrier._replace(mark=first, origin=carrier.origin and _at(carrier.origin, first))
        for slp in read_slp(octets):
            take_slp(self, self._book, carrier, slp)
        return True

    def _take_content(self, carrier: Carrier, packet: Packet, body: Body) -> bool:
        present = body.present(packet.start, carrier.footer)
        call, speaker = self._book.find(carrier, packet.session)
        if call is None:
            call = self._book.join(carrier, packet, body)
            if call is None or (who := call.speaker(carrier)) is None:
                return False
            speaker = who
        if call.over or speaker != call.sends or not call.takes(packet, body, present):
            return False
        self._book.prove_own(call, carrier)
        speaker = call.sends
        origin = self._book.origin(carrier, speaker)
        taken = call.take(carrier, origin, packet, body, liar=speaker in self._liars)
        if call.placing is not None and call.placing.lying and len(self._liars) < MAX_LIARS:
            self._liars.add(speaker)
        return taken


def _numbers(value: str, length: int) -> list[int]:
    """``Bridging-Offsets``: where further packets begin, rising; nothing else counts."""
    found: list[int] = []
    for word in value.replace(",", " ").replace(";", " ").split()[:MAX_PACKETS]:
        number = int(word) if word.isascii() and word.isdigit() and len(word) <= 10 else 0
        if (found[-1] if found else 0) < number < length:
            found.append(number)
    return found


def _at(origin: Origin, mark: Mark) -> Origin:
    """The same, of what began at ``mark``."""
    if origin.sender is None:
        transaction = -1 if origin.transaction is None else origin.transaction
        made = own_origin(mark, origin.name, transaction, origin.asked)
    else:
        made = origin_of(mark, origin.sender, origin.name)
    made.thread = origin.thread
    return made


def _later(origin: Origin, octets: int) -> Origin:
    """The same, of what stands so many octets later."""
    mark = origin.mark.after(octets)
    if origin.sender is None:
        later = own_origin(mark, origin.name, -1, origin.asked)
    else:
        later = origin_of(mark, origin.sender, origin.name)
    later.thread = origin.thread
    return later
