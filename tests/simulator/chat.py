"""A conversation: one session of a switchboard, and each participant's own connection to it.

Takes what the participants do; gives the commands on the connection of each. The roster is the switchboard's: who
is there when a message reaches it gets the message, in the order in which messages reach it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from . import mime
from .dialects import line, picture_object
from .tcp import MILLISECOND, RST, Write

if TYPE_CHECKING:
    from .people import Account
    from .talk import Talk
    from .world import World

ANSWERS = {"A": "ACK", "D": "ACK", "S": "ACK"}
"""The letters that ask for an ACK; N asks for a NAK only, U for nothing."""
NETWORK_LIMIT = 1500
"""Texts of more octets go out in parts."""


class Chat:
    """One switchboard session."""

    def __init__(self, world: World, opener: Account, others: tuple[Account, ...], *, answers: bool = True) -> None:
        self.world = world
        self.session = str(world.random.randrange(10**7, 2 * 10**9))
        self.server = world.switchboard()
        self.roster: dict[Account, Talk] = {}
        self.past: list[Talk] = []
        self._opens(opener)
        for other in others:
            self.invites(opener, other, answers=answers)

    # Who is there.

    def invites(self, inviter: Account, guest: Account, *, answers: bool = True) -> None:
        """CAL; the guest comes when online and willing."""
        talk = self._begins(inviter)
        self._calls(inviter, guest, talk)
        if not guest.online:
            return
        cookie = self._cookie()
        host = f"{self.server[0]}:{self.server[1]}"
        name = self.world.quote(inviter.name)
        ring = line("RNG", self.session, host, "CKI", cookie, inviter.address, name + guest.row.referral)
        guest.is_told(talk, ring)
        if answers:
            self._joins(guest, cookie)

    def leaves(self, who: Account, *, cleanly: bool = True) -> None:
        """OUT and the end of the connection; the others are told with BYE."""
        talk = self._begins(who)
        del self.roster[who]
        who.chats.remove(self)
        writes = []
        if cleanly:
            writes.append(talk.asks(line("OUT")))
            talk.connection.close(talk.client_time, by_client=True)
        else:
            talk.connection.close(talk.server_time, by_client=False, how=RST)
        self._tells_left(who, talk, writes)

    def times_out(self, who: Account) -> None:
        """The switchboard ends the connection of somebody who was idle, and says so (``BYE addr 1``)."""
        talk = self._begins(who)
        del self.roster[who]
        who.chats.remove(self)
        talk.connection.close(talk.server_time, by_client=False)
        self._tells_left(who, talk, [], 1)

    def ends(self) -> None:
        """Everybody leaves, one by one."""
        for account in list(self.roster):
            self.leaves(account)

    # What is said.

    def says(
        self,
        who: Account,
        text: str,
        *,
        letter: str = "N",
        refused: bool = False,
        parts: int | None = None,
        charset: str = "UTF-8",
        declared: str | None = "UTF-8",
        at: int | None = None,
        **headers: str,
    ) -> None:
        """A text. ``parts`` sends it in so many messages; ``declared`` None names no charset; further MIME headers
        by name, ``_`` for ``-`` (``X_MMS_IM_Format``, ``P4_Context``, ``User_Agent``)."""
        body = mime.encoded(text, charset)
        if charset != "UTF-8" and declared == "UTF-8" and charset != "cesu-8":
            declared = charset
        if parts is None and len(body) > NETWORK_LIMIT and who.row.version >= 9:
            parts = -(-len(body) // mime.LIMIT)
        if parts and parts > 1:
            payloads = mime.parts(body, parts, self.world.guid().upper(), headers)
        else:
            payloads = [mime.plain(body, declared, headers)]
        self._sends("message", who, payloads, letter, text=text, refused=refused, at=at)

    def cross(self, *said: tuple[Account, str]) -> None:
        """Several people speak in the same moment, before anything of it has reached the others."""
        start = self.world.step()
        for number, (who, text) in enumerate(said):
            self.says(who, text, at=start + number * 3 * MILLISECOND)

    def types(self, who: Account) -> None:
        """A typing notice."""
        self._sends("typing", who, [mime.typing(who.address)], "U")

    def nudges(self, who: Account, *, letter: str = "N", refused: bool = False) -> None:
        """A nudge."""
        self._sends("nudge", who, [mime.nudge()], letter, refused=refused)

    def acts(self, who: Account, text: str) -> None:
        """An action."""
        self._sends("action", who, [mime.action(text)], "N", text=text)

    def shows_emoticons(self, who: Account, *shortcuts: str) -> None:
        """Custom emoticons that a following text uses."""
        things = {s: picture_object(who.address, 2, 900, "2jmj7l5rSw0yVb/vlWAYkK/YBwk=") for s in shortcuts}
        self._sends("emoticon", who, [mime.emoticons(things)], "N", text=" ".join(shortcuts))

    def sends_pieces(self, who: Account, target: Account, data: bytes) -> None:
        """A piece of a file: octets that a decoder must step over exactly. Not in the truth."""
        second = who.row.endpoints and target.row.endpoints
        ends = (who.endpoint, target.endpoint) if second else (who.address, target.address)
        payload = mime.peer_to_peer(*ends, data, self.world.random, second=second)
        self._sends(None, who, [payload], "D")

    def sends_other(self, who: Account, payload: bytes, letter: str = "U") -> None:
        """Any other payload. Not in the truth."""
        self._sends(None, who, [payload], letter)

    def sends(
        self,
        kind: str,
        who: Account,
        payloads: list[bytes],
        letter: str,
        *,
        text: str | None = None,
        to: Account | None = None,
        **details: object,
    ) -> list[tuple[Account, Talk, list[Write]]]:
        """Any payload, with what a record must say of it; ``to``: for one alone, though all see it."""
        return self._sends(kind, who, payloads, letter, text=text, details=details, to=to)

    def passes(
        self, who: Account, payload: bytes, letter: str, *, refused: bool = False, at: int | None = None
    ) -> list[tuple[Account, Talk, Write]]:
        """One payload, without a pause before it: the sender's write, and those to the others."""
        talk, transaction = self.roster[who], self.roster[who].number()
        write = talk.asks(line("MSG", transaction, letter, payload=payload), at=at)
        passed = [(who, talk, write)]
        reached = talk.server_time if at is None else write.arrival + MILLISECOND
        if not refused:
            name = self.world.quote(who.name)
            for other, theirs in self.roster.items():
                if other is not who:
                    theirs.server_time = max(theirs.server_time, reached)
                    copy = theirs.answers(line("MSG", who.address, name, payload=payload))
                    passed.append((other, theirs, copy))
        answer = self._answer(letter, refused)
        if answer:
            talk.answers(line(answer, transaction))
        self.world.reached(*(one.client_time for one in self.roster.values()))
        return passed

    # How it goes over the wire.

    def _begins(self, who: Account) -> Talk:
        talk = self.roster[who]
        talk.begins(self.world.step())
        return talk

    def _cookie(self) -> str:
        return f"{self.world.random.randrange(10**9, 10**10)}.{self.world.random.randrange(10**4, 10**9)}"

    def _opens(self, opener: Account) -> None:
        opener.talk.begins(self.world.step())
        transaction = opener.talk.number()
        opener.talk.asks(line("XFR", transaction, "SB"))
        cookie, host = self._cookie(), f"{self.server[0]}:{self.server[1]}"
        opener.talk.answers(line("XFR", transaction, "SB", host, "CKI", cookie + opener.row.referral))
        talk = self.world.connect(opener, self.server, opener.talk.client_time)
        transaction = talk.number()
        talk.asks(line("USR", transaction, opener.endpoint, cookie))
        talk.answers(line("USR", transaction, "OK", opener.endpoint, self.world.quote(opener.name)))
        self.roster[opener] = talk
        opener.chats.append(self)
        if opener.row.endpoints:
            # WLM 2009 calls itself first, so that its other endpoints come too (reference, section 2.3).
            transaction = talk.number()
            talk.asks(line("CAL", transaction, opener.address))
            talk.answers(line("CAL", transaction, "RINGING", self.session))
            for words in self._joined(opener, opener):
                talk.answers(line("JOI", words))
        self.world.reached(talk.client_time)

    def _calls(self, inviter: Account, guest: Account, talk: Talk) -> None:
        transaction = talk.number()
        write = talk.asks(line("CAL", transaction, guest.address))
        if guest.online:
            talk.answers(line("CAL", transaction, "RINGING", self.session))
        else:
            talk.answers(line("217", transaction))
        self.world.reached(talk.client_time)
        self.world.record("invite", inviter, [(inviter, talk, [write])], recipients=[guest],
                          conversation=self.session)  # fmt: skip

    def _joins(self, guest: Account, cookie: str) -> None:
        talk = self.world.connect(guest, self.server, guest.talk.client_time)
        transaction = talk.number()
        write = talk.asks(line("ANS", transaction, guest.endpoint, cookie, self.session))
        present = list(self.roster)
        entries = [words for other in present for words in self._joined(other, guest)]
        for number, words in enumerate(entries, 1):
            talk.answers(line("IRO", transaction, number, len(entries), words))
        talk.answers(line("ANS", transaction, "OK"))
        traces = [(guest, talk, [write])]
        for other in present:
            theirs = self.roster[other]
            theirs.begins(talk.server_time)
            traces.append((other, theirs, [theirs.answers(line("JOI", w)) for w in self._joined(guest, other)]))
        if guest.row.endpoints:
            for words in self._joined(guest, guest):
                talk.answers(line("JOI", words))
        self.roster[guest] = talk
        guest.chats.append(self)
        self.world.reached(*(one.client_time for one in self.roster.values()))
        self.world.record("join", guest, traces, recipients=present, conversation=self.session)

    def _joined(self, who: Account, seen_by: Account) -> list[str]:
        """How JOI and IRO name somebody: twice where endpoints exist."""
        name, row = self.world.quote(who.name), seen_by.row
        tail = f" {row.caps}" if row.caps_at_join else ""
        handles = [who.endpoint, who.address] if row.endpoints and who.row.endpoints else [who.address]
        return [f"{handle} {name}{tail}" for handle in handles]

    def _tells_left(self, who: Account, talk: Talk, own: list[Write], *reason: int) -> None:
        traces = [(who, talk, own)] if own else []
        self.past.append(talk)
        for other, theirs in self.roster.items():
            theirs.begins(talk.server_time)
            doubled = other.row.endpoints and who.row.endpoints
            handles = [who.endpoint, who.address] if doubled else [who.address]
            writes = [theirs.answers(line("BYE", handle, *reason)) for handle in handles]
            traces.append((other, theirs, writes))
        self.world.reached(talk.client_time, *(one.client_time for one in self.roster.values()))
        self.world.record("leave", who, traces, recipients=self.roster, conversation=self.session)

    def _sends(
        self,
        kind: str | None,
        who: Account,
        payloads: list[bytes],
        letter: str,
        *,
        text: str | None = None,
        refused: bool = False,
        at: int | None = None,
        details: Mapping[str, object] | None = None,
        to: Account | None = None,
    ) -> list[tuple[Account, Talk, list[Write]]]:
        talk = self.roster[who]
        if at is None:
            talk.begins(self.world.step())
        others = [(other, theirs) for other, theirs in self.roster.items() if other is not who]
        refused = refused or not others
        passed = [self.passes(who, payload, letter, refused=refused, at=at) for payload in payloads]
        traces = [(rows[0][0], rows[0][1], [write for *_, write in rows]) for rows in zip(*passed, strict=True)]
        if kind is None:
            return traces
        self.world.record(
            kind, who, traces, recipients=[other for other, _ in others] if to is None else [to], text=text,
            outcome="refused" if refused else "delivered", answer=self._answer(letter, refused),
            conversation=self.session, details=details,
        )  # fmt: skip
        return traces

    def _answer(self, letter: str, refused: bool) -> str | None:
        if refused:
            return "NAK" if letter in "AND" else None
        return ANSWERS.get(letter)
