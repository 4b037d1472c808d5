"""What people say to each other without a switchboard: SDG, on the notification connection of each.

Takes who says what; gives the command with a number on the speaker's connection, and with 0 on those of the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from . import blocks
from .dialects import line

if TYPE_CHECKING:
    from .desk import Desk
    from .people import Account
    from .talk import Talk
    from .tcp import Write

    Traces = list[tuple[Account, Talk, list[Write]]]


class Direct:
    """A conversation of two, or of those in a group."""

    def __init__(self, desks: list[Desk], people: list[Account], group: str | None = None) -> None:
        self.desks = desks
        """The connections that it is seen on."""
        self.people = people
        self.group = group
        """Its address, as it stands in ``To``; None: the other of two."""

    def says(self, who: Account, text: str, *, sender: str | None = None, **details: object) -> None:
        """A text; ``sender``: from another endpoint, so that the speaker's own connection only has a copy."""
        self.sends("message", who, text, sender=sender, **details)

    def types(self, who: Account) -> None:
        """A typing notice."""
        self.sends("typing", who, "", message_type="Control/Typing")

    def nudges(self, who: Account) -> None:
        """A nudge."""
        self.sends("nudge", who, "\r\n", message_type="Nudge")

    def sends(
        self,
        kind: str,
        who: Account,
        body: str,
        *,
        message_type: str = "Text",
        content_type: str = blocks.TEXT,
        sender: str | None = None,
        **details: object,
    ) -> None:
        """Anything, as that type of message."""
        world, others = who.world, sorted(self._others(who), key=lambda person: person.address)
        to = f"{self.group};path=IM" if self.group else f"1:{others[0].address}"
        payload = blocks.spoken(to, sender or f"1:{who.address};epid={who.guid}", message_type, body, content_type)
        start, traces = world.step(), []
        for desk in sorted(self.desks, key=lambda desk: desk.account is not who):
            desk.talk.begins(start)
            if desk.account is who and sender is None:
                write = desk.talk.asks(line("SDG", desk.talk.number(), payload=payload))
                desk.talk.answers(line("SDG", desk.talk.transaction, "OK"))
            else:
                write = desk.talk.answers(line("SDG", 0, payload=payload))
            traces.append((desk.account, desk.talk, [write]))
            world.reached(desk.talk.client_time)
        text = body if kind == "message" else None
        conversation = self.group or "/".join(sorted(person.address for person in self.people))
        world.record(
            kind,
            who,
            traces,
            recipients=others,
            text=text,
            outcome="delivered",
            conversation=conversation,
            details=details,
        )

    def comes(self, who: Account) -> None:
        """The others hear that somebody is in the group now."""
        told = self._tells(
            "PUT", who, lambda to: blocks.told_of_group(to, self._address, blocks.roster([who.address]))
        )
        who.world.record("join", who, told, recipients=self.people, conversation=self.group, details={})
        self.people.append(who)

    def goes(self, who: Account) -> None:
        """The others hear that somebody has left it."""
        self.people.remove(who)
        told = self._tells("DEL", who, lambda to: blocks.gone(to, self._address, who.address))
        who.world.record("leave", who, told, recipients=self.people, conversation=self.group, details={})

    def _tells(self, name: str, who: Account, payload: Callable[[str], bytes]) -> Traces:
        """NFY to everybody whose connection is seen but the one whom it is about."""
        traces: Traces = []
        before = None
        for desk in [desk for desk in self.desks if desk.account is not who]:
            write = desk.hears("NFY", name, payload=payload(f"1:{desk.account.address}"), after=before)
            traces.append((desk.account, desk.talk, [write]))
            before = desk
        return traces

    @property
    def _address(self) -> str:
        assert self.group is not None, "people come into groups alone"
        return self.group

    def _others(self, who: Account) -> list[Account]:
        return [person for person in self.people if person is not who]
