"""The calls that a connection remembers, and whose packet is of which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msnp.limits import SECOND
from msnp.p2p.carriers import OWN, Body, Carrier
from msnp.p2p.headers import Packet
from msnp.p2p.offered import Offered, offers_of
from msnp.p2p.slp import Slp
from msnp.p2p.transfers import Transfer, kind_of_data
from msnp.utterances import Origin

if TYPE_CHECKING:
    from msnp.state import State

MAX_CALLS = 64
"""Calls that are remembered; beyond, one that is over is forgotten, else one without content, else the oldest,
which ends as cut."""
MAX_EARLY = 16
"""Texts kept that came before the INVITE of their call; beyond, the oldest is forgotten."""
MAX_EARLY_CHARACTERS = 4096
"""Of such a text; longer ones are not kept. Real ones stay under 1 KiB."""
LINGER = 60 * SECOND
"""After somebody hung up, how long what was sent before may still come: lost octets are waited for in one direction
while the other goes on. A transfer's end is told then, or with the connection's."""
COUNTER = "content application/x-msnmsgrp2p"
"""Counts packets that told nothing: acknowledgements, preparations, and what makes no sense."""


class Book:
    """All calls of one connection, the newest last."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.calls: list[Transfer] = []
        self.own: str | None = None
        """The connection's own account, as soon as it is known."""
        self._early: list[tuple[Carrier, Slp]] = []

    def learn_own(self) -> None:
        """What was noted of the own account while it was not known is now of this one."""
        if self.own is None and (own := self.state.account or self.state.claimed) is not None:
            self.own = own
            for call in self.calls:
                call.know_own(own)

    def prove_own(self, call: Transfer, carrier: Carrier) -> None:
        """In one call somebody is named whom the other end of it takes for this connection's (reference 2.4, 6)."""
        if self.own is not None or carrier.origin is None:
            return
        own = call.own_by(carrier)
        if own is not None:
            side = carrier.from_client
            self.state.learn_account(own, "P2P-Dest", carrier.mark, from_client=side, inferred=True)
            self.learn_own()

    def settle(self, carrier: Carrier) -> None:
        """Tell of transfers whose end was waited for long enough."""
        for call in self.calls:
            if call.closed is not None and carrier.mark.time - call.closed[1] > LINGER:
                call.end(carrier.tell, "cut")

    def keep(self, carrier: Carrier, slp: Slp) -> None:
        """A text of a call that is not known yet."""
        values = (*slp.headers.values(), *slp.body.values())
        if slp.call_id is not None and sum(map(len, values)) <= MAX_EARLY_CHARACTERS:
            self._early = [*self._early[1 - MAX_EARLY :], (carrier, slp)]

    def kept(self, call: Transfer, time: int) -> list[tuple[Carrier, Slp]]:
        """Those of a call that is known now."""
        found = [(c, s) for c, s in self._early if s.call_id == call.call_id and time - c.mark.time <= LINGER]
        self._early = [(c, s) for c, s in self._early if s.call_id != call.call_id]
        return found

    def count_odd(self) -> None:
        """A packet told nothing."""
        self.state.counters[COUNTER] += 1

    def origin(self, carrier: Carrier, speaker: str) -> Origin:
        """Of what one of a call's two sends."""
        return carrier.origin_for(speaker, self.own, self.state.own_name())

    def find(self, carrier: Carrier, session: int) -> tuple[Transfer | None, str]:
        """The call that a packet is of, and which of its two sends it."""
        for call in reversed(self.calls):
            if call.session == session:
                speaker = call.sends if carrier.origin is None else call.speaker(carrier)
                if speaker is not None:
                    return call, speaker
        return None, OWN

    def sessions(self) -> frozenset[int]:
        """Those of all calls."""
        return frozenset(call.session for call in self.calls)

    def add(self, call: Transfer) -> None:
        """One more; one of the others may have to go."""
        calls = self.calls
        if len(calls) >= MAX_CALLS:
            over = (c for c in calls if c.over)
            unused = (c for c in calls if not c.began)
            victim = next(over, None) or next(unused, None) or calls[0]
            victim.end(self.state.emit, "cut")
            calls.remove(victim)
        calls.append(call)

    def join(self, carrier: Carrier, packet: Packet, body: Body) -> Transfer | None:
        """A transfer of which the beginning was not seen here; None where nothing says that it is one."""
        call = self.adopt(carrier, packet.session)
        if call is not None:
            return call
        kind = kind_of_data(packet, body.footer() if carrier.footer else None)
        if kind is None or carrier.sender is None or carrier.recipient is None:
            return None
        call = Transfer(packet.session, carrier.sender, carrier.recipient, None)
        call.kind = kind
        call.accepted = True
        self.add(call)
        return call

    def adopt(self, carrier: Carrier, key: int | str) -> Transfer | None:
        """A call, by session or Call-ID, that these two began on another connection."""
        one, other = carrier.sender, carrier.recipient
        if not one or not other:
            return None
        found = offers_of(self.state.links).find(key, one, other, carrier.mark.time)
        if found is None or any(
            call.session == found.session and call.call_id == found.call_id for call in self.calls
        ):
            return None
        call = Transfer(found.session, found.inviter, found.invited, found.offer)
        call.call_id = found.call_id
        self.add(call)
        return call

    def note(self, call: Transfer, time: int) -> None:
        """Let other connections know of an INVITE."""
        if call.offer is not None and call.inviter and call.invited:
            offered = Offered(time, call.inviter, call.invited, call.session, call.call_id, call.offer)
            offers_of(self.state.links).note(offered)
