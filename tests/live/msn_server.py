"""A small MSN service: dispatch, notification servers, switchboards; enough for people to meet and talk.

Takes connections of ``msn_client`` on real sockets; gives what such servers answered, in the words of the
simulator's dialects (MSNP8 to MSNP15). It relays what it is told and knows no script: who is in a conversation when
a text reaches the switchboard is told that text. One thread, one event loop; the sockets stand in the server's
namespace.
"""

import asyncio
import itertools
import socket
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Self

from tests.simulator import dialects, mime
from tests.simulator.dialects import DIALECTS, Dialect, full, line

from .namespaces import Namespace
from .network import SERVERS

PORT = 1863
WITH_PAYLOAD = ("MSG", "QRY", "UUX", "ADL")
"""What clients send with a payload; its length is the last word."""
LARGEST_LINE = 1 << 16
"""Octets of a line or a payload of a client, at most."""


@dataclass(eq=False)
class User:
    """An account that has logged in."""

    address: str
    name: str
    row: Dialect
    link: "Link"
    """Its connection to the notification server."""
    status: str = "FLN"
    personal: bytes = b""


@dataclass(eq=False)
class Session:
    """One conversation of a switchboard."""

    number: str
    host: int
    """Last octet of the switchboard's address."""
    members: dict["Link", User] = field(default_factory=dict)


@dataclass(eq=False)
class Link:
    """One TCP connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    row: Dialect = DIALECTS[8]
    user: User | None = None
    session: Session | None = None
    claimed: str = ""

    def sends(self, *words: object, payload: bytes | None = None) -> None:
        """One command."""
        self.writer.write(line(*words, payload=payload))

    async def hears(self) -> AsyncIterator[tuple[list[str], bytes]]:
        """Commands until the connection ends: words and payload."""
        while True:
            try:
                words = (await self.reader.readuntil(b"\r\n")).decode().split()
                has_payload = words[0] in WITH_PAYLOAD and words[-1].isdigit()
                payload = await self.reader.readexactly(int(words[-1])) if has_payload else b""
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            yield words, payload

    def address_of(self, server: int) -> str:
        """How another server is named to whoever is at the other end: in their IP version."""
        if self.writer.get_extra_info("socket").family == socket.AF_INET6:
            return f"[2001:db8:1::{server}]:{PORT}"
        return f"198.51.100.{server}:{PORT}"


class MsnServer:
    """All the servers; a context manager."""

    def __init__(self, namespace: Namespace, seed: int = 1) -> None:
        self._random = Random(f"server/{seed}")
        self._sessions = itertools.count(11752013)
        self._cookies: dict[str, tuple[User, Session]] = {}
        self._users: dict[str, User] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="msn-server", daemon=True)
        self._listening = [
            (name, self._listens(namespace, family, prefix + str(number)))
            for name, number in SERVERS.items()
            for family, prefix in ((socket.AF_INET, "198.51.100."), (socket.AF_INET6, "2001:db8:1::"))
        ]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @staticmethod
    def _listens(namespace: Namespace, family: int, address: str) -> socket.socket:
        listener = namespace.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, PORT))
        listener.listen(50)
        return listener

    def _run(self) -> None:
        for name, listener in self._listening:
            serve = {"dispatch": self._dispatch, "notification": self._notification}.get(name, self._switchboard)
            start = asyncio.start_server(serve, sock=listener, limit=LARGEST_LINE)
            self._loop.run_until_complete(start)
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()
        for _, listener in self._listening:
            listener.close()

    # Logging in.

    async def _dispatch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(reader, writer)
        async for words, _ in link.hears():
            if words[0] == "USR":
                host = link.address_of(SERVERS["notification"])
                tail = "U D" if link.row.version >= 13 else f"0 {link.address_of(SERVERS['dispatch'])}"
                link.sends("XFR", words[1], "NS", host, tail)
            else:
                self._introduced(link, words)
        writer.close()

    def _introduced(self, link: Link, words: list[str]) -> None:
        if words[0] == "VER":
            link.row = DIALECTS[int(words[2].removeprefix("MSNP"))]
            link.sends("VER", words[1], words[2])
        elif words[0] == "CVR":
            build = link.row.client
            link.sends("CVR", words[1], build, build, "1.0.0000", "http://download.example http://help.example")

    async def _notification(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(reader, writer)
        async for words, payload in link.hears():
            if words[0] == "USR":
                self._proves(link, words)
            elif words[0] == "OUT":
                break
            elif link.user is None:
                self._introduced(link, words)
            else:
                self._asked(link, link.user, words, payload)
        if link.user is not None:
            self._gone(link.user)
        writer.close()

    def _proves(self, link: Link, words: list[str]) -> None:
        transaction, row = words[1], link.row
        if words[3] == "I":
            link.claimed = words[4]
            secret = "lc=1033,id=507,tw=40,ct=1" if row.login == "TWN" else "MBI_KEY_OLD bm9uY2U="
            link.sends("USR", transaction, row.login, "S", secret)
            return
        name = link.claimed.partition("@")[0].title()
        user = link.user = self._users[link.claimed] = User(link.claimed, full(name), row, link)
        link.sends("USR", transaction, "OK", user.address, user.name if row.name_at_login else "", 1, 0)
        if row.version >= 11:
            link.sends("SBS", 0, "null")
        payload = mime.profile(user.address, "192.0.2.1", 1_200_000_000, self._random)
        link.sends("MSG", "Hotmail", "Hotmail", payload=payload)

    # While online.

    def _asked(self, link: Link, user: User, words: list[str], payload: bytes) -> None:
        name, transaction = words[0], words[1] if len(words) > 1 else ""
        if name == "PNG":
            link.sends("QNG", 47 if link.row.version >= 9 else "")
        elif name == "SYN":
            self._lists(link, transaction)
        elif name == "ADL":
            link.sends("ADL", transaction, "OK")
        elif name == "BLP":
            link.sends("BLP", transaction, words[2])
        elif name == "CHG":
            self._changes(link, user, words)
        elif name == "UUX":
            link.sends("UUX", transaction, 0)
            user.personal = payload
            self._tells_contacts(user, lambda row: dialects.personal(row, user.address, payload))
        elif name in {"REA", "PRP"}:
            user.name = words[-1]
            link.sends(name, transaction, 105 if name == "REA" else "", *words[2:])
            self._tells_contacts(user, lambda row: line("NLN", _presence(row, user)))
        elif name == "QRY":
            link.sends("QRY", transaction)
        elif name == "XFR":
            session = Session(str(next(self._sessions)), self._random.choice([30, 31]))
            host = link.address_of(session.host)
            link.sends("XFR", transaction, "SB", host, "CKI", self._cookie(user, session) + link.row.referral)

    def _lists(self, link: Link, transaction: str) -> None:
        contacts = [user for user in self._users.values() if user is not link.user]
        newer = link.row.version >= 10
        stamps = ("2006-07-13T22:01:09.1130000-07:00",) * 2 if newer else ("105",)
        link.sends("SYN", transaction, *stamps, len(contacts), 1)
        link.sends("GTC", "A")
        link.sends("BLP", "AL")
        group = "00000000-0000-0000-0001-000000000001"
        link.sends("LSG", *(("Friends", group) if newer else (0, "Friends", 0)))
        for number, contact in enumerate(contacts):
            if newer:
                words = (
                    f"N={contact.address}",
                    f"F={contact.name}",
                    f"C=00000000-0000-0000-0002-{number:012d}",
                    11,
                )
                link.sends("LST", *words, 1 if link.row.version >= 12 else "", group)
            else:
                link.sends("LST", contact.address, contact.name, 11, 0)

    def _changes(self, link: Link, user: User, words: list[str]) -> None:
        link.sends(*words)
        first, user.status = user.status == "FLN", words[2]
        for contact in self._online(user) if first else ():
            link.sends("ILN", words[1], _presence(link.row, contact))
            if link.row.personal and contact.personal:
                link.writer.write(dialects.personal(link.row, contact.address, contact.personal))
        self._tells_contacts(user, lambda row: line("NLN", _presence(row, user)))

    def _gone(self, user: User) -> None:
        user.status = "FLN"
        self._tells_contacts(user, lambda row: dialects.gone(row, user.address))

    def _online(self, user: User) -> list[User]:
        return [other for other in self._users.values() if other is not user and other.status != "FLN"]

    def _tells_contacts(self, user: User, words: Callable[[Dialect], bytes]) -> None:
        for other in self._online(user):
            octets = words(other.row)
            if other.row.personal or not octets.startswith(b"UBX"):
                other.link.writer.write(octets)

    def _cookie(self, user: User, session: Session) -> str:
        cookie = f"{self._random.randrange(10**9, 10**10)}.{self._random.randrange(10**4, 10**9)}"
        self._cookies[cookie] = user, session
        return cookie

    # Conversations.

    async def _switchboard(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(reader, writer)
        async for words, payload in link.hears():
            if words[0] in {"USR", "ANS"}:
                self._enters(link, words)
            elif words[0] == "OUT" or link.session is None or link.user is None:
                break
            elif words[0] == "CAL":
                self._calls(link, link.user, link.session, words)
            elif words[0] == "MSG":
                self._relays(link, link.user, link.session, words, payload)
        if link.session is not None and link.user is not None:
            del link.session.members[link]
            for other in link.session.members:
                other.sends("BYE", link.user.address)
        writer.close()

    def _enters(self, link: Link, words: list[str]) -> None:
        user, session = link.user, link.session = self._cookies.pop(words[3])
        link.row = user.row
        if words[0] == "USR":
            link.sends("USR", words[1], "OK", user.address, user.name)
        else:
            for number, member in enumerate(session.members.values(), 1):
                caps = member.row.caps if link.row.caps_at_join else ""
                link.sends("IRO", words[1], number, len(session.members), member.address, member.name, caps)
            link.sends("ANS", words[1], "OK")
        for other in session.members:
            other.sends("JOI", user.address, user.name, user.row.caps if other.row.caps_at_join else "")
        session.members[link] = user

    def _calls(self, link: Link, caller: User, session: Session, words: list[str]) -> None:
        guest = self._users.get(words[2])
        if guest is None or guest.status == "FLN":
            link.sends("217", words[1])
            return
        link.sends("CAL", words[1], "RINGING", session.number)
        host = guest.link.address_of(session.host)
        name = caller.name + guest.row.referral
        guest.link.sends("RNG", session.number, host, "CKI", self._cookie(guest, session), caller.address, name)

    @staticmethod
    def _relays(link: Link, sender: User, session: Session, words: list[str], payload: bytes) -> None:
        others = [other for other in session.members if other is not link]
        for other in others:
            other.sends("MSG", sender.address, sender.name, payload=payload)
        if others and words[2] in "AD":
            link.sends("ACK", words[1])
        elif not others and words[2] in "AN":
            link.sends("NAK", words[1])


def _presence(row: Dialect, user: User) -> str:
    return dialects.presence(row, user.status, user.address, user.name, picture="0")
