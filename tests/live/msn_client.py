"""People with MSN clients on real sockets, who write down what they said.

Takes what a person does; gives the commands of a client, and the :class:`Said` of every text: who said it, who was
there by what this client was told (IRO, JOI, BYE), and where in the streams each copy of it stands, counted in
octets written and read. Nothing of it comes from a capture. Calls return when the servers' answers, and for joins
and leaves everybody's, are in, so that a script has one truth; texts are sent without waiting, and cross.
"""

import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, field

from tests.simulator import mime
from tests.simulator.dialects import DIALECTS, line
from tests.simulator.packets import Range
from tests.simulator.truth import Copy, Said

from .msn_server import PORT
from .namespaces import Namespace
from .network import SERVERS

WITH_PAYLOAD = ("MSG", "UBX", "GCF", "NOT")
"""What servers send with a payload."""
PATIENCE = 30.0
"""Seconds within which a server answers; the machine may be busy."""
NETWORK_LIMIT, PART = 1500, 1400
"""Octets of text from which clients send several messages, and of text in each."""


@dataclass(frozen=True)
class Command:
    """One command of a server, and where it stood in what the server sent."""

    words: list[str]
    payload: bytes
    place: Range


class Wire:
    """A client's TCP connection, all octets of both directions, and commands found in them."""

    def __init__(self, truth: "Truth", host: Namespace, address: tuple[str, int]) -> None:
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._socket = host.socket(family, socket.SOCK_STREAM)
        self._socket.settimeout(PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.connect(address)
        self.ends: tuple[tuple[str, int], tuple[str, int]] = (self._socket.getsockname()[:2], address)
        self.sent, self.heard = bytearray(), bytearray()
        self._read = 0
        self._kept: deque[Command] = deque()
        self._transaction = 0
        self.number = truth.adds(self)

    def number_next(self) -> int:
        """The next transaction id."""
        self._transaction += 1
        return self._transaction

    def sends(self, *words: object, payload: bytes | None = None) -> Range:
        """One command; where it stands."""
        octets = line(*words, payload=payload)
        place = Range(self.number, True, len(self.sent), len(octets))
        self.sent += octets
        self._socket.sendall(octets)
        return place

    def until(self, name: str, *words: str) -> Command:
        """The next command of this name that begins with these words; what comes before it is kept.

        Raises:
            AssertionError: it does not come.
        """
        skipped: list[Command] = []
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            command = self._kept.popleft() if self._kept else self._receives()
            if command.words[: len(words) + 1] == [name, *words]:
                self._kept.extendleft(reversed(skipped))
                return command
            skipped.append(command)
        raise AssertionError(f"{name} {words} never came")

    def close(self) -> None:
        """The client ends it, and waits for the server to do the same."""
        self._socket.shutdown(socket.SHUT_WR)
        while octets := self._socket.recv(1 << 16):
            self.heard += octets
        self._socket.close()

    def _receives(self) -> Command:
        while (end := self.heard.find(b"\r\n", self._read)) < 0:
            self._more()
        words = self.heard[self._read : end].decode().split(" ")
        begin = end + 2
        size = int(words[-1]) if words[0] in WITH_PAYLOAD and words[-1].isdigit() else 0
        while len(self.heard) < begin + size:
            self._more()
        place = Range(self.number, False, self._read, begin + size - self._read)
        self._read = begin + size
        return Command(words, bytes(self.heard[begin : self._read]), place)

    def _more(self) -> None:
        octets = self._socket.recv(1 << 16)
        assert octets, "the server has gone"
        self.heard += octets


@dataclass
class _Text:
    """What one client said, until it is known where the others heard it."""

    sender: "Client"
    recipients: tuple["Client", ...]
    kind: str
    text: str | None
    conversation: str
    own: tuple[Range, ...]
    payloads: tuple[bytes, ...]
    heard: dict[str, list[Range]] = field(default_factory=dict)


class Truth:
    """What everybody said."""

    def __init__(self) -> None:
        self.wires: list[Wire] = []
        self._texts: list[_Text] = []
        self._lock = threading.Lock()

    def adds(self, wire: Wire) -> int:
        """A connection gets its number."""
        with self._lock:
            self.wires.append(wire)
            return len(self.wires) - 1

    def said(self, text: _Text) -> None:
        """A text was sent."""
        with self._lock:
            self._texts.append(text)

    def __len__(self) -> int:
        return len(self._texts)

    def all(self, begin: int = 0) -> list[Said]:
        """Everything since the ``begin``-th text, once all of it has arrived where it should.

        Raises:
            AssertionError: somebody who was there has not got it whole.
        """
        return [self._as_said(text) for text in self._texts[begin:]]

    def heard(self, chat: str, who: "Client", command: Command) -> None:
        """Somebody read a message: it belongs to the oldest one like it that they had not got yet."""
        for text in self._texts:
            parts = text.heard.setdefault(who.address, [])
            if (
                text.conversation == chat
                and who in text.recipients
                and text.sender.address == command.words[1]
                and len(parts) < len(text.payloads)
                and text.payloads[len(parts)] == command.payload
            ):
                parts.append(command.place)
                return
        raise AssertionError(f"{who.address} was told what nobody said")

    @staticmethod
    def _as_said(text: _Text) -> Said:
        copies = [Copy(text.sender.address, True, text.own)]
        for other in text.recipients:
            ranges = tuple(text.heard.get(other.address, ()))
            assert len(ranges) == len(text.payloads), f"{other.address} has not got {text.text!r}"
            copies.append(Copy(other.address, True, ranges))
        return Said(
            kind=text.kind,
            sender=text.sender.address,
            recipients=tuple(sorted(other.address for other in text.recipients)),
            text=text.text,
            time=None,
            name=text.sender.address,
            outcome=None,
            answer=None,
            conversation=text.conversation,
            version=text.sender.row.version,
            copies=tuple(copies),
        )


class Client:
    """Somebody with a client on one of the hosts."""

    def __init__(
        self, truth: Truth, host: Namespace, address: str, *, version: int = 15, ipv6: bool = False
    ) -> None:
        self.truth, self.host, self.address = truth, host, address
        self.row = DIALECTS[version]
        self._prefix = "2001:db8:1::" if ipv6 else "198.51.100."
        self.chats: list[Chat] = []

    def __repr__(self) -> str:
        return f"<{self.address}>"

    def logs_in(self, status: str = "NLN") -> None:
        """Through the dispatch server to the notification server; proof, lists, first status."""
        dispatch = self._connects(self._prefix + str(SERVERS["dispatch"]))
        self._introduces(dispatch)
        sent_to = dispatch.until("XFR").words[3]
        dispatch.close()
        self.ns = self._connects(*_address(sent_to))
        self._introduces(self.ns)
        self.ns.until("USR")
        self.ns.sends("USR", self.ns.number_next(), self.row.login, "S", "t=not-a-secret&p=")
        self.ns.until("USR")
        self._syncs()
        self.sets_status(status)

    def _connects(self, address: str, port: int = PORT) -> Wire:
        return Wire(self.truth, self.host, (address, port))

    def _introduces(self, wire: Wire) -> None:
        wire.sends("VER", wire.number_next(), f"MSNP{self.row.version}", "CVR0")
        wire.until("VER")
        wire.sends(
            "CVR", wire.number_next(), "0x0409 winnt 5.1 i386 MSNMSGR", self.row.client, "MSMSGS", self.address
        )
        wire.until("CVR")
        wire.sends("USR", wire.number_next(), self.row.login, "I", self.address)

    def _syncs(self) -> None:
        wire, number = self.ns, self.ns.number_next()
        if self.row.lists == "ADL":
            wire.sends("ADL", number, payload=b'<ml l="1"></ml>')
            wire.until("ADL", str(number))
        else:
            wire.sends("SYN", number, *([0, 0] if self.row.version >= 10 else [0]))
            wire.until("SYN", str(number))
        if self.row.personal:
            wire.sends("UUX", wire.number_next(), payload=mime.personal_message("on real wires"))
            wire.until("UUX")

    def sets_status(self, status: str) -> None:
        """NLN BSY IDL BRB AWY PHN LUN."""
        number = self.ns.number_next()
        self.ns.sends("CHG", number, status, self.row.caps, "0" if self.row.objects else "")
        self.ns.until("CHG", str(number))

    def pings(self) -> None:
        """PNG and QNG."""
        self.ns.sends("PNG")
        self.ns.until("QNG")

    def opens_chat(self, *others: "Client") -> "Chat":
        """Asks for a switchboard, goes there, and calls the others, who come."""
        number = self.ns.number_next()
        self.ns.sends("XFR", number, "SB")
        words = self.ns.until("XFR", str(number)).words
        wire = self._connects(*_address(words[3]))
        wire.sends("USR", wire.number_next(), self.address, words[5])
        wire.until("USR")
        chat = Chat(self, wire)
        for other in others:
            chat.calls(self, other)
        return chat

    def logs_out(self) -> None:
        """Leaves every conversation and the service."""
        for chat in list(self.chats):
            chat.leaves(self)
        self.ns.sends("OUT")
        self.ns.close()


class Chat:
    """One conversation, with each member's own connection to the switchboard and what it was told of the others."""

    def __init__(self, opener: Client, wire: Wire) -> None:
        self.truth = opener.truth
        self.members: dict[Client, Wire] = {opener: wire}
        self._told: dict[Client, set[str]] = {opener: set()}
        self._number = ""
        opener.chats.append(self)

    def calls(self, who: Client, guest: Client) -> None:
        """CAL, and the guest answers; returns when everybody knows."""
        wire = self.members[who]
        wire.sends("CAL", wire.number_next(), guest.address)
        self._number = wire.until("CAL").words[3]
        ring = guest.ns.until("RNG", self._number).words
        theirs = Wire(self.truth, guest.host, _address(ring[2]))
        number = theirs.number_next()
        theirs.sends("ANS", number, guest.address, ring[4], self._number)
        self._told[guest] = {theirs.until("IRO", str(number)).words[4] for _ in self.members}
        theirs.until("ANS", str(number), "OK")
        for member, link in self.members.items():
            self._told[member].add(link.until("JOI", guest.address).words[1])
        self.members[guest] = theirs
        guest.chats.append(self)

    def leaves(self, who: Client) -> None:
        """OUT; returns when everybody knows. What was said to them before has reached them."""
        self.settles()
        wire = self.members.pop(who)
        wire.sends("OUT")
        wire.close()
        who.chats.remove(self)
        for member, link in self.members.items():
            self._told[member].discard(link.until("BYE", who.address).words[1])

    def says(self, who: Client, text: str, *, letter: str = "N", **headers: str) -> None:
        """A text; long ones go out in parts."""
        body = text.encode()
        if len(body) > NETWORK_LIMIT and who.row.version >= 9:
            guid = f"{{{len(self.truth):08X}-0000-4000-8000-000000000000}}"
            payloads = mime.parts(body, -(-len(body) // PART), guid, headers)
        else:
            payloads = [mime.plain(body, "UTF-8", headers)]
        self._sends(who, "message", text, payloads, letter)

    def types(self, who: Client) -> None:
        """A typing notice."""
        self._sends(who, "typing", None, [mime.typing(who.address)], "U")

    def nudges(self, who: Client) -> None:
        """A nudge."""
        self._sends(who, "nudge", None, [mime.nudge()], "N")

    def _sends(self, who: Client, kind: str, text: str | None, payloads: list[bytes], letter: str) -> None:
        wire, told = self.members[who], self._told[who]
        recipients = tuple(member for member in self.members if member.address in told)
        own = tuple(wire.sends("MSG", wire.number_next(), letter, payload=payload) for payload in payloads)
        self.truth.said(_Text(who, recipients, kind, text, self._number, own, tuple(payloads)))

    def settles(self) -> None:
        """Until every member has got everything: each sends a last word, and everybody waits for all of them."""
        for who, wire in self.members.items():
            payload = mime.keep_alive() + who.address.encode()
            wire.sends("MSG", wire.number_next(), "U", payload=payload)
        for member, wire in self.members.items():
            awaited = {who.address for who in self.members if who is not member}
            while awaited:
                command = wire.until("MSG")
                if b"text/x-keepalive" in command.payload:
                    awaited.discard(command.words[1])
                else:
                    self.truth.heard(self._number, member, command)


def _address(endpoint: str) -> tuple[str, int]:
    host, _, port = endpoint.rpartition(":")
    return host.strip("[]"), int(port)
