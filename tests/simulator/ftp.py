"""Files as clients before 6.0 send them: agreed on by invitations, sent over a connection of their own.

Takes who sends what to whom; gives the invitations, and the connection between the two clients with the file in
blocks. Whoever waits for the connection, the receiver speaks first. The facts stand in the protocol reference,
sections 5.5 and 6.6.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from . import mime
from .sent import Moving

if TYPE_CHECKING:
    from .chat import Chat
    from .people import Account
    from .tcp import Write

GUID = "{5D3E02AB-6190-11D3-BBBB-00C04F795683}"
BLOCK = 2045
RECEIVED, DISK_FULL, CANCELLED = 16777989, 2147942405, 2164261682
END = b"\x01\0\0"


class Ftp:
    """One file, from the invitation on."""

    def __init__(self, chat: Chat, owner: Account, taker: Account, name: str, content: bytes) -> None:
        self.chat, self.world, self.owner, self.taker = chat, chat.world, owner, taker
        self.content = content
        random = self.world.random
        self.cookie, self.secret = random.randrange(1 << 16, 1 << 24), random.randrange(1 << 16, 1 << 31)
        self.moving = Moving(
            "file", owner.address, taker.address, name, len(content), content, f"ftp-{self.cookie}", chat.session
        )
        told = {"file_name": name, "size": len(content)}
        self._says(
            "file-offer",
            owner,
            {
                "Application-Name": "File Transfer",
                "Application-GUID": GUID,
                "Invitation-Command": "INVITE",
                "Invitation-Cookie": self.cookie,
                "Application-File": name,
                "Application-FileSize": len(content),
                "Connectivity": "N",
            },
            told,
        )

    # The invitation.

    def accepts(self, port: int = 6891, *, taker_waits: bool = False) -> None:
        """The taker says yes; who is to wait for the other says where."""
        self.listener, self.caller = (self.taker, self.owner) if taker_waits else (self.owner, self.taker)
        self.port = port
        where = {"IP-Address": self.listener.ip, "Port": port, "AuthCookie": self.secret}
        waits: dict[str, object] = {**where, "Sender-Connect": "TRUE"} if taker_waits else {}
        self._accepts(self.taker, waits)
        self._accepts(self.owner, {} if taker_waits else where)

    def declines(self) -> None:
        """The taker says no."""
        self._ends(self.taker, "REJECT")

    def gives_up(self) -> None:
        """The owner takes the offer back."""
        self._ends(self.owner, "FTTIMEOUT")

    def _accepts(self, who: Account, more: dict[str, object]) -> None:
        said = {"Invitation-Command": "ACCEPT", "Invitation-Cookie": self.cookie, **more}
        last = {"Launch-Application": "FALSE", "Request-Data": "IP-Address:"}
        self._says("file-accept", who, {**said, **last}, {})

    def _ends(self, who: Account, reason: str) -> None:
        said = {"Invitation-Command": "CANCEL", "Invitation-Cookie": self.cookie, "Cancel-Code": reason}
        self._says("file-decline", who, said, {"reason": reason})

    def _says(self, kind: str, who: Account, said: dict[str, object], told: dict[str, object]) -> None:
        body = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        payload = mime.message("text/x-msmsgsinvite; charset=UTF-8", f"{body}\r\n".encode())
        other = self.taker if who is self.owner else self.owner
        traces = self.chat.sends(kind, who, [payload], "N", to=other, **told)
        shown = [(talk.connection, writes) for _, talk, writes in traces]
        if kind == "file-offer":
            self.moving.offers += shown
        self.moving.letters.append(shown)

    # The file.

    def connects(self) -> None:
        """The connection, as far as the receiver's wish for the file."""
        self.world.moves.append(self.moving)
        start = self.world.step()
        server = (self.listener.ip, self.port)
        self.talk = self.world.connect(self.caller, server, start, straight_to=self.listener)
        self._writes(self.taker, b"VER MSNFTP\r\n")
        self._writes(self.owner, b"VER MSNFTP\r\n")
        self._writes(self.taker, f"USR {self.taker.address} {self.secret}\r\n".encode())
        write = self._writes(self.owner, f"FIL {len(self.content)}\r\n".encode())
        self.moving.passed(self.talk.connection, write, len(write.octets), 0, b"", framed=False)
        self._writes(self.taker, b"TFR\r\n")

    def sends(self, begin: int = 0, end: int | None = None) -> None:
        """The file, or a part of it."""
        end = len(self.content) if end is None else end
        while begin < end:
            block = self.content[begin : min(begin + BLOCK, end)]
            write = self._writes(self.owner, struct.pack("<BH", 0, len(block)) + block)
            self.moving.passed(self.talk.connection, write, 3, begin, block, framed=False)
            begin += len(block)

    def is_taken(self, *, says_so: bool = True) -> None:
        """All has come; not every sender says that it was all."""
        if says_so:
            self._writes(self.owner, END)
        self._writes(self.taker, f"BYE {RECEIVED}\r\n".encode())
        self.moving.outcome = "complete"
        self._closes()

    def is_cancelled(self, *, by_owner: bool) -> None:
        """One of them has enough."""
        if by_owner:
            self._writes(self.owner, END)
        else:
            self._writes(self.taker, b"CCL\r\n")
        self.moving.outcome = "cancelled"
        self._closes()

    def breaks(self) -> None:
        """The connection ends, and nobody says why."""
        self._closes()

    def _closes(self) -> None:
        self.talk.connection.close(self.talk.client_time, by_client=True)
        self.world.reached(self.talk.client_time, self.talk.server_time)

    def _writes(self, who: Account, octets: bytes) -> Write:
        write = self.talk.asks(octets) if who is self.caller else self.talk.answers(octets)
        self.world.reached(self.talk.client_time)
        return write
