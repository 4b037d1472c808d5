"""A connection from peer to peer that carries a call's packets around the server (reference 6.5).

Frames in both directions: ``u32 length``, the low octet first, and so many octets. Whoever opened the connection
says ``foo`` and a NUL; then each side sends a handshake with its nonce, version 1 in a header of 48 octets, version
2 bare. By the nonce the call is found that agreed on this connection (:mod:`msnp.rendezvous`); where it was not
seen, by the port, if one agreement alone can be meant. All other frames are packets and go to that call, which
knows whose they are. What becomes of lost octets is told in :mod:`msnp.p2p.frame_reader`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from msnp.events import Event
from msnp.mark import Mark
from msnp.p2p.frame_reader import Frame, FrameReader
from msnp.p2p.headers import HANDSHAKE, V1_OCTETS, read_either, read_v1
from msnp.rendezvous import DirectMeeting, Rendezvous, guid, tellers
from msnp.state import State

if TYPE_CHECKING:
    from msnp.p2p.calls import Calls

MAX_HELD: Final = 256 * 1024
"""Octets of frames that wait for their call to be agreed on, which may come later where lost octets in front of it
are waited for. Beyond, they are dropped."""
_COST: Final = 128
"""Octets that count for each frame that is held, beside its own."""

Emit = Callable[[State, Event], None]


class DirectLine:
    """One connection, to ``port``; ``emit`` takes what it tells, and for which session that agreed on it."""

    def __init__(self, rendezvous: Rendezvous, port: int, emit: Emit) -> None:
        self.counters: Counter[str] = Counter()
        """``unknown_call``: packets went by of a call that was not seen. ``dropped``: frames beyond MAX_HELD.
        ``lost``: frames of which octets are missing, and places where frames were looked for. ``media``: a stream
        of pictures or sound, which is passed over."""
        self._rendezvous = rendezvous
        self._port = port
        self._emit = emit
        self._readers = {side: FrameReader() for side in (True, False)}
        self._greeted = {True: False, False: False}
        """A frame other than ``foo`` came; a handshake of version 2 is the first of them."""
        self._nonces: dict[bool, str] = {}
        """Each side's."""
        self._calls: list[tuple[Calls, Emit]] = []
        """Of every end that agreed on it, and who takes what it tells. All of them follow it, so that none ends a
        transfer that goes on here."""
        self._held: list[tuple[bytes, Mark, bool]] = []
        self._held_octets = 0
        self._concerned = False
        self._used = False
        """Packets were handed on. Of several connections that are tried for a call, one is used."""
        self._ended = False

    @property
    def concerned(self) -> bool:
        """A call's packets, or the handshake for them, came on it."""
        return self._concerned or bool(self._calls)

    # --- what comes in ------------------------------------------------------------------------------------

    def analyze_packet(self, from_client: bool, octets: bytes, mark: Mark) -> None:
        """Take the next octets of one side; ``mark`` is that of the first of them."""
        if not self._ended:
            self._take_all(from_client, self._readers[from_client].feed(octets, mark))

    def gap(self, from_client: bool, length: int | None, mark: Mark) -> None:  # noqa: ARG002 - as all of them
        """Octets of one side are missing in front of ``mark``; None: nobody knows how many."""
        self._readers[from_client].gap(length)

    def end(self, mark: Mark, *, closed: bool = True) -> None:  # noqa: ARG002 - either way the calls go on elsewhere
        """Nothing more will come."""
        if self._ended:
            return
        for side, reader in self._readers.items():
            self._take_all(side, reader.end())
            self.counters["lost"] += reader.lost
            self.counters["media"] += reader.media
        if self._held:
            self._find(mark.time, by_port=True)
        self._ended = True
        if self._held:
            self.counters["unknown_call"] += 1
            self._held = []
        for calls, emit in self._calls if self._used else ():
            calls.end_direct(mark, emit)
        self.counters = +self.counters

    # --- frames -------------------------------------------------------------------------------------------

    def _take_all(self, from_client: bool, frames: list[Frame]) -> None:
        for frame in frames:
            nonce = self._nonce(from_client, frame.octets)
            if nonce is not None:
                self._concerned = self._greeted[from_client] = True
                self._nonces.setdefault(from_client, nonce)
                self._find(frame.mark.time, by_port=False)
            elif frame.octets != b"foo\0":
                self._greeted[from_client] = True
                self._take(frame.octets, frame.mark, from_client)

    def _nonce(self, from_client: bool, octets: bytes) -> str | None:
        """Of a handshake; None where it is none."""
        if len(octets) == V1_OCTETS and read_v1(octets).flags & HANDSHAKE:
            return guid(octets[32:])
        if len(octets) != 16 or self._greeted[from_client]:
            return None
        if self._readers[from_client].torn and read_either(octets, 16, frozenset()) is not None:
            return None  # an acknowledgement may be as long
        return guid(octets)

    def _take(self, octets: bytes, mark: Mark, from_client: bool) -> None:
        if not self._calls:
            self._find(mark.time, by_port=True)
        if self._calls:
            self._hand_on(octets, mark, from_client)
        elif self._held_octets + len(octets) <= MAX_HELD:
            self._held.append((octets, mark, from_client))
            self._held_octets += len(octets) + _COST
        else:
            self.counters["dropped"] += 1

    def _find(self, time: int, *, by_port: bool) -> None:
        """Ask for whose call this is; of every end that agreed on it."""
        if self._calls:
            return
        asked = [one for nonce in self._nonces.values() for one in self._rendezvous.direct(self._port, nonce, time)]
        found = [one for one in asked if one.nonce is not None]
        if not found and by_port:  # if one agreement alone can be meant
            there = self._rendezvous.direct(self._port, None, time)
            found = [one for one in there if self._may_mean(one)]
            found = found if len({_agreement(one) for one in found}) == 1 else []
        ends = {meeting.calls._state: meeting.calls for meeting in found}
        telling = tellers(ends)
        self._calls = [
            (calls, self._emit if session in telling else _tell_nobody) for session, calls in ends.items()
        ]
        held, self._held = (self._held, []) if self._calls else ([], self._held)
        for octets, mark, from_client in held:
            self._hand_on(octets, mark, from_client)

    def _may_mean(self, meeting: DirectMeeting) -> bool:
        """Whether no nonce speaks against it. Of hashed ones each side has its own, and only one may be known."""
        return meeting.nonce is None or not self._nonces or (meeting.hashed and len(self._nonces) == 1)

    def _hand_on(self, octets: bytes, mark: Mark, from_client: bool) -> None:
        self._used = True
        for calls, emit in self._calls:
            calls.take_direct(octets, mark, from_client, emit)


def _tell_nobody(_state: State, _event: Event) -> None:
    """The other end tells the same."""


def _agreement(meeting: DirectMeeting) -> tuple[object, ...]:
    """The same at both ends."""
    return meeting.nonce, meeting.ports, meeting.addresses
