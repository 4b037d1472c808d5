"""An account at its notification server, one command at a time, and what each of them tells.

Takes commands as their words; gives the writes, numbered and answered as that server does. What a command tells is
said beside it, by the names that the records' description has for it (docs/records.md), never by asking a decoder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .dialects import Dialect, full, line

if TYPE_CHECKING:
    from .people import Account
    from .talk import Talk
    from .tcp import Write
    from .world import World

Words = Sequence[object]


@dataclass(frozen=True)
class Stranger:
    """Somebody whose own connections are elsewhere: an address, a name, nothing else."""

    address: str
    name: str
    row: Dialect

    @property
    def quoted(self) -> str:
        """The name as it stands in a line."""
        return full(self.name)


class Desk:
    """One account's notification connection."""

    def __init__(self, account: Account) -> None:
        self.account = account

    @property
    def world(self) -> World:
        """Where the account lives."""
        return self.account.world

    @property
    def talk(self) -> Talk:
        """The connection."""
        return self.account.talk

    def stranger(self, address: str, name: str) -> Stranger:
        """A contact."""
        return Stranger(address, name, self.account.row)

    # What is said.

    def asks(
        self, name: str, *words: object, payload: bytes | None = None, answer: Words | str | None = ()
    ) -> Write:
        """The client sends a command, and the server answers with these words behind the number; octets at the
        end are a payload. A text is an error (``"205"``), None: there is no answer."""
        self.talk.begins(self.world.step())
        transaction = self.talk.number()
        write = self.talk.asks(line(name, transaction, *words, payload=payload))
        if answer is not None:
            self.answers(name, transaction, answer)
        self.world.reached(self.talk.client_time, self.talk.server_time)
        return write

    def answers(self, name: str, transaction: int, answer: Words | str) -> Write:
        """What the server says to a command."""
        if isinstance(answer, str):
            name, answer = answer, ()
        payload = answer[-1] if answer and isinstance(answer[-1], bytes) else None
        words = answer[:-1] if payload is not None else answer
        return self.talk.answers(line(name, transaction, *words, payload=payload))

    def echoed(self, name: str, *words: object) -> Write:
        """A command that the server repeats as it is."""
        return self.asks(name, *words, answer=words)

    def refused(self, name: str, code: str, payload: bytes) -> Write:
        """A command with a payload, refused with what was wrong in it."""
        write = self.asks(name, payload=payload, answer=None)
        self.answers(code, self.talk.transaction, (payload,))
        self.world.reached(self.talk.client_time)
        return write

    def hears(self, *words: object, payload: bytes | None = None, after: Desk | None = None) -> Write:
        """The server sends something by itself; ``after``: when it has just told somebody else."""
        self.talk.begins(self.world.step() if after is None else after.talk.server_time)
        return self.also(*words, payload=payload)

    def also(self, *words: object, payload: bytes | None = None) -> Write:
        """The same, straight behind what it sent before."""
        write = self.talk.answers(line(*words, payload=payload))
        self.world.reached(self.talk.client_time, self.talk.server_time)
        return write

    # What it tells.

    def contact(
        self, action: str, who: Account | Stranger, write: Write, *, by_contact: bool = False, **details: object
    ) -> None:
        """Something about a contact."""
        sender, other = (who, self.account) if by_contact else (self.account, who)
        self._record("contact", sender, other, write, details={"action": action, **details})

    def contact_renamed(self, who: Account | Stranger, write: Write) -> None:
        """Another name for a contact, in this account's list alone."""
        self._record("contact", self.account, who, write, details={"name": who.name})

    def profile(self, write: Write, **details: object) -> None:
        """Something about the account itself."""
        self._record("profile", self.account, None, write, details=details)

    def presence(self, who: Account | Stranger | None, write: Write, **details: object) -> None:
        """The own status (nobody is named), or a contact's."""
        other = None if who is None else self.account
        self._record("presence", who or self.account, other, write, details=details)

    def mail(self, write: Write, **details: object) -> None:
        """A notice of the server's."""
        self._record("mail-notice", self.account, None, write, details=details)

    def text(self, write: Write, other: Account | Stranger, text: str, *, own: bool, **details: object) -> None:
        """A text that no switchboard carries."""
        self.utterance("message", write, other, own=own, text=text, **details)

    def refused_text(self, write: Write, other: Account | Stranger, text: str, **details: object) -> None:
        """An own text that the server did not take."""
        self._record("message", self.account, other, write, text=text, details=details, outcome="refused")

    def utterance(
        self,
        kind: str,
        write: Write,
        other: Account | Stranger,
        *,
        own: bool,
        text: str | None = None,
        **details: object,
    ) -> None:
        """Anything else between two."""
        sender, to = (self.account, other) if own else (other, self.account)
        self._record(kind, sender, to, write, text=text, details=details, outcome="delivered")

    def _record(
        self,
        kind: str,
        sender: Account | Stranger,
        other: Account | Stranger | None,
        write: Write,
        *,
        details: dict[str, object],
        text: str | None = None,
        outcome: str | None = None,
    ) -> None:
        self.world.record(
            kind,
            sender,
            [(self.account, self.talk, [write])],
            recipients=[] if other is None else [other],
            text=text,
            outcome=outcome,
            details=details,
        )
