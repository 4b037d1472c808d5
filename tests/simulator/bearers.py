"""What carries packets of transfers: a switchboard, messages without one, a connection of the two alone.

Takes a packet; gives every write that shows it, and where in the write it begins. Each belongs to two people.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple, Protocol

from . import blocks, mime
from .dialects import line

if TYPE_CHECKING:
    from .chat import Chat
    from .desk import Desk
    from .people import Account
    from .talk import Talk
    from .tcp import Connection, Write
    from .world import World


class Trace(NamedTuple):
    """A packet in a write."""

    connection: Connection
    write: Write
    at: int
    """Where in the write it begins."""
    framed: bool
    """Among commands, so that a reader who has lost his place finds it again."""


class Bearer(Protocol):
    """Between two people."""

    world: World
    limit: int
    """Octets of content in a packet."""
    newer: bool
    conversation: str

    def begins(self) -> None:
        """After a pause."""

    def passes(self, who: Account, to: Account, packet: bytes, footer: int) -> list[Trace]:
        """One packet, at once."""


class Board:
    """A switchboard: everybody who is there sees the packet."""

    limit = 1202

    def __init__(self, chat: Chat, one: Account, other: Account) -> None:
        self.chat, self.world, self.conversation = chat, chat.world, chat.session
        self.newer = one.row.endpoints and other.row.endpoints

    def begins(self) -> None:
        """See :class:`Bearer`."""
        start = self.world.step()
        for talk in self.chat.roster.values():
            talk.begins(start)

    def passes(self, who: Account, to: Account, packet: bytes, footer: int) -> list[Trace]:
        """See :class:`Bearer`."""
        ends = {"P2P_Dest": to.address}
        if self.newer:
            ends = {"P2P_Dest": to.endpoint, "P2P_Src": who.endpoint}
        payload = mime.message("application/x-msnmsgrp2p", packet + struct.pack("!I", footer), **ends)
        told = self.chat.passes(who, payload, "D")
        behind = len(packet) + 4
        return [Trace(talk.connection, write, len(write.octets) - behind, True) for _, talk, write in told]


class Notes:
    """Messages through the notification servers, MSNP21: several packets may share one."""

    limit = 1352
    newer = True

    def __init__(self, desks: list[Desk], one: Account, other: Account) -> None:
        self.desks = desks
        self.world = one.world
        self.conversation = "/".join(sorted((one.address, other.address)))

    def begins(self) -> None:
        """See :class:`Bearer`."""
        start = self.world.step()
        for desk in self.desks:
            desk.talk.begins(start)

    def passes(self, who: Account, to: Account, packet: bytes, footer: int) -> list[Trace]:
        """See :class:`Bearer`."""
        return self.bridges(who, to, [(packet, footer)])[0]

    def bridges(self, who: Account, to: Account, packets: list[tuple[bytes, int]]) -> list[list[Trace]]:
        """Several packets in one message, which says where each begins."""
        body, offsets = b"", []
        for packet, footer in packets:
            offsets.append(len(body))
            body += packet + struct.pack("!I", footer)
        payload = blocks.carried(
            f"1:{to.address};epid={to.guid}", f"1:{who.address};epid={who.guid}", body, offsets
        )
        out: list[list[Trace]] = [[] for _ in packets]
        for desk in sorted(self.desks, key=lambda desk: desk.account is not who):
            talk = desk.talk
            if desk.account is who:
                write = talk.asks(line("SDG", talk.number(), payload=payload))
                reached = talk.server_time
                talk.answers(line("SDG", talk.transaction, "OK"))
            else:
                talk.begins(reached)
                write = talk.answers(line("SDG", 0, payload=payload))
            for offset, traces in zip(offsets, out, strict=True):
                traces.append(Trace(talk.connection, write, len(write.octets) - len(body) + offset, True))
            self.world.reached(talk.client_time)
        return out


class Straight:
    """A connection from one client to the other: a length before each packet, nothing behind it."""

    limit = 1352

    def __init__(self, talk: Talk, caller: Account, before: Bearer) -> None:
        self.talk, self.caller = talk, caller
        self.world, self.newer, self.conversation = before.world, before.newer, before.conversation

    def begins(self) -> None:
        """See :class:`Bearer`."""
        self.talk.begins(self.world.step())

    def passes(self, who: Account, to: Account, packet: bytes, footer: int) -> list[Trace]:
        """See :class:`Bearer`."""
        octets = struct.pack("<I", len(packet)) + packet
        write = self.talk.asks(octets) if who is self.caller else self.talk.answers(octets)
        self.world.reached(self.talk.client_time, self.talk.server_time)
        return [Trace(self.talk.connection, write, 4, False)]
