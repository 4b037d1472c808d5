"""An account, its client, and the client's connection to the notification server.

Takes what the person does; gives the commands that client and server exchange, on this account's connection and on
those of the contacts who are told. Everybody in a world has everybody else on the contact list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import dialects, login, mime
from .chat import Chat
from .dialects import Dialect, line
from .tcp import RST, Write

if TYPE_CHECKING:
    from .roads import Road
    from .talk import Talk
    from .world import World

OFFLINE = ("FLN", "HDN")
"""States in which contacts see nobody."""


class Account:
    """Somebody: an address, a name, and while online a connection to the notification server."""

    def __init__(
        self, world: World, address: str, name: str, *, ip: str, tapped: bool, row: Dialect, latency: int
    ) -> None:
        self.world, self.address, self.name, self.ip = world, address, name, ip
        self.tapped, self.row, self.latency = tapped, row, latency
        self.guid = world.guid()
        self.has_picture = False
        self.object: str | None = None
        """The picture's, where somebody asks for it."""
        self.road: Road | None = None
        """How its client reaches the servers; None: by connections to their ports."""
        self.online = False
        self.status = "FLN"
        self.personal = ""
        self.ns: Talk | None = None
        self.chats: list[Chat] = []

    def __repr__(self) -> str:
        return f"<{self.address}>"

    # The script's view.

    def login(self, status: str = "NLN") -> None:
        """Through the dispatch server to the notification server, lists, first status, a challenge."""
        login.login(self)
        self.online = True
        self._changes_status(status, first=True)
        if self.row.endpoints:
            payload = mime.endpoint_data(self.guid, self.row.caps)
            self.talk.answers(dialects.personal(self.row, self.address, payload))
        self.talk.answers(line("MSG", "Hotmail", "Hotmail", payload=mime.inbox(self.world.random.randrange(9))))
        self.is_challenged()

    def logs_out(self) -> None:
        """Leaves every chat, says OUT and closes."""
        for chat in list(self.chats):
            chat.leaves(self)
        self._at_rest()
        write = self.talk.asks(line("OUT"))
        self.talk.connection.close(self.talk.client_time, by_client=True)
        self._is_gone("logout", [write])

    def is_thrown_out(self, reason: str = "OTH") -> None:
        """The server ends the session: signed in elsewhere (OTH), or it goes down (SSD)."""
        for chat in list(self.chats):
            chat.leaves(self)
        self._at_rest()
        write = self.talk.answers(line("OUT", reason))
        self.talk.connection.close(self.talk.server_time, by_client=False)
        self._is_gone("logout", [write])

    def loses_connection(self) -> None:
        """The line goes dead: every connection ends in an RST from the server, and nobody says OUT."""
        for chat in list(self.chats):
            chat.leaves(self, cleanly=False)
        self._at_rest()
        self.talk.connection.close(self.talk.server_time, by_client=False, how=RST)
        self._is_gone("logout", [])

    def sets_status(self, status: str) -> None:
        """NLN BSY IDL BRB AWY PHN LUN HDN."""
        self._at_rest()
        self._changes_status(status, first=False)

    def renames(self, name: str) -> None:
        """A new display name, told to everybody online."""
        self._at_rest()
        quoted = dialects.full(name)
        words = ("REA", self.address, quoted) if self.row.rename == "REA" else ("PRP", "MFN", quoted)
        transaction = self.talk.number()
        write = self.talk.asks(line(words[0], transaction, *words[1:]))
        self.name = name
        serial = [self.world.random.randrange(100, 999)] if self.row.rename == "REA" else []
        self.talk.answers(line(words[0], transaction, *serial, *words[1:-1], self.world.quote(name)))
        told = self._tells_contacts()
        self.world.record("rename", self, [(self, self.talk, [write]), *told], recipients=[a for a, *_ in told],
                          text=name)  # fmt: skip

    def sets_personal_message(self, text: str, media: str = "") -> None:
        """The line under the name; an empty text clears it (UBX of length 0).

        Before MSNP11 there is none.
        """
        if not self.row.personal:
            return
        self._at_rest()
        self.personal = text
        payload = mime.personal_message(text, media)
        transaction = self.talk.number()
        write = self.talk.asks(line("UUX", transaction, payload=payload))
        self.talk.answers(line("UUX", transaction, 0))
        told = []
        for contact in self._who_watch():
            if contact.row.personal:
                octets = dialects.personal(contact.row, self.address, payload if text else b"")
                told.append((contact, contact.talk, [contact.is_told(self.talk, octets)]))
        self.world.record("personal-message", self, [(self, self.talk, [write]), *told],
                          recipients=[a for a, *_ in told], text=text)  # fmt: skip

    def opens_chat(self, *others: Account, answers: bool = True) -> Chat:
        """Asks for a switchboard, goes there, and calls the others."""
        return Chat(self.world, self, others, answers=answers)

    def pings(self, at: int | None = None) -> None:
        """PNG and QNG."""
        self.talk.begins(self.world.now if at is None else at)
        self.talk.asks(line("PNG"))
        self.talk.answers(line("QNG") if self.row.version < 9 else line("QNG", 47))

    def is_challenged(self) -> None:
        """CHL, and QRY with a payload that no line end follows."""
        self.talk.begins(self.world.now)
        self.talk.answers(line("CHL", 0, self.world.random.randrange(10**19, 10**20)))
        transaction = self.talk.number()
        answer = self.world.random.randbytes(16).hex().encode()
        self.talk.asks(line("QRY", transaction, self.row.product, payload=answer))
        self.talk.answers(line("QRY", transaction))
        self.world.reached(self.talk.client_time)

    def gets_mail(self, sender: str, name: str, subject: str) -> None:
        """The server tells of a new mail."""
        self._at_rest()
        self.talk.answers(line("MSG", "Hotmail", "Hotmail", payload=mime.new_mail(sender, name, subject)))
        self.world.reached(self.talk.client_time)

    def gets_notification(self) -> None:
        """The server sends an XML alert, with a look-alike of a command in it."""
        self._at_rest()
        self.talk.answers(line("NOT", payload=mime.notification(self.address)))
        self.world.reached(self.talk.client_time)

    # What login and chats need of it.

    @property
    def talk(self) -> Talk:
        """The connection to the notification server."""
        assert self.ns is not None, f"{self.address} is not online"
        return self.ns

    @property
    def endpoint(self) -> str:
        """The address as this client names itself to a switchboard."""
        return f"{self.address};{self.guid}" if self.row.endpoints else self.address

    @property
    def picture(self) -> str:
        """The picture object as presence lines carry it."""
        if self.object is not None:
            return dialects.full(self.object)
        if not self.has_picture:
            return "0"
        return dialects.full(dialects.picture_object(self.address, 3, 4242, "2jmj7l5rSw0yVb/vlWAYkK/YBwk="))

    def is_told(self, source: Talk, octets: bytes) -> Write:
        """The server passes on what another client has told it."""
        self.talk.begins(source.server_time)
        write = self.talk.answers(octets)
        self.world.reached(self.talk.client_time)
        return write

    def presence_of(self, other: Account) -> str:
        """How this account's server describes another account."""
        return dialects.presence(
            self.row, other.status, other.address, self.world.quote(other.name), picture=other.picture
        )

    def _at_rest(self) -> None:
        self.talk.begins(self.world.step())

    def _who_watch(self) -> list[Account]:
        return [] if self.status in OFFLINE else [a for a in self.world.accounts if a is not self and a.online]

    def _tells_contacts(self) -> list[tuple[Account, Talk, list[Write]]]:
        told = []
        for contact in self._who_watch():
            write = contact.is_told(self.talk, line("NLN", contact.presence_of(self)))
            told.append((contact, contact.talk, [write]))
        self.world.reached(self.talk.client_time)
        return told

    def _tells_gone(self) -> list[tuple[Account, Talk, list[Write]]]:
        told = []
        for contact in self.world.accounts:
            if contact is not self and contact.online:
                write = contact.is_told(self.talk, dialects.gone(contact.row, self.address))
                told.append((contact, contact.talk, [write]))
        return told

    def _changes_status(self, status: str, *, first: bool) -> None:
        transaction = self.talk.number()
        words = line("CHG", transaction, status, self.row.caps, self.picture if self.row.objects else "")
        write = self.talk.asks(words)
        self.talk.answers(words)
        was, self.status = self.status, status
        if first:
            self._hears_of_contacts(transaction)
        told = []
        if status not in OFFLINE:
            told = self._tells_contacts()
        elif was not in OFFLINE:
            told = self._tells_gone()
        self.world.reached(self.talk.client_time)
        self.world.record("presence", self, [(self, self.talk, [write]), *told], recipients=[a for a, *_ in told],
                          text=status)  # fmt: skip

    def _hears_of_contacts(self, transaction: int) -> None:
        for contact in self.world.accounts:
            if contact is self or not contact.online or contact.status in OFFLINE:
                continue
            words = ("ILN", transaction) if self.row.initial_list else ("NLN",)
            self.talk.answers(line(*words, self.presence_of(contact)))
            if self.row.personal:
                payload = mime.personal_message(contact.personal) if contact.personal else b""
                self.talk.answers(dialects.personal(self.row, contact.address, payload))

    def _is_gone(self, kind: str, writes: list[Write]) -> None:
        visible = self.status not in OFFLINE
        self.online = False
        told = self._tells_gone() if visible else []
        own = [(self, self.talk, writes)] if writes else []
        self.world.record(kind, self, [*own, *told], recipients=[a for a, *_ in told])
        self.world.reached(self.talk.client_time, self.talk.server_time)
        self.ns, self.status = None, "FLN"
