"""What people send each other beside texts, and what waits in the mailbox: MSNP15.

Takes nothing; gives a world in which Alice, Bob and Carol use whatever their clients have.
"""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import TYPE_CHECKING

from . import mime, pictures
from .desk import Desk
from .dialects import picture_object
from .world import World

if TYPE_CHECKING:
    from .chat import Chat
    from .people import Account
    from .tcp import Write

DIGEST = "2jmj7l5rSw0yVb/vlWAYkK/YBwk="
WINK, VOICE, EMOTICON = 8, 11, 2
FILE, CALL, NETMEETING, ASSISTANCE, SHARING, WEBCAM, GAME = (
    "{5D3E02AB-6190-11D3-BBBB-00C04F795683}",
    "{02D3C01F-BF30-4825-A83A-DE7AF41648AA}",
    "{44BBA842-CC51-11CF-AAFA-00AA00B6015C}",
    "{56B994A7-380F-410B-9985-C809D78C1BDC}",
    "{F1B1920C-6A3C-4CE7-B18C-AFAB305FD03D}",
    "{2A23868E-B45F-401D-B8B0-1E16B774A5B7}",
    "{0A1B2C3D-4E5F-4071-8293-A4B5C6D7E8F9}",
)


def everything_else() -> World:
    """The evening."""
    world = World(version=15, seed=1515)
    alice = world.account("alice@example.org", "Алиса")
    bob = world.account("bob@example.com", "ボブ")
    carol = world.account("carol@example.net", "كارول", tapped=False)
    for account in (alice, bob, carol):
        account.login()
    desk = Desk(alice)
    _mailbox(desk)
    chat = alice.opens_chat(bob, carol)
    _says_what_it_is(chat, alice, carol)
    _winks_and_voices(chat, alice, bob)
    _emoticons(chat, alice, bob)
    _draws(chat, bob, carol)
    _other_texts(chat, alice, carol)
    chat.leaves(carol)
    _files(chat, alice, bob)
    _calls(chat, alice, bob)
    _plays(chat, alice, bob)
    chat.says(bob, "было весело — またね 👋")
    chat.ends()
    alice.logs_out()
    return world


# --- beside texts -------------------------------------------------------------------------------------------


def _says_what_it_is(chat: Chat, alice: Account, carol: Account) -> None:
    """Clients that are not the maker's say so; what each tells is about its owner."""
    chat.sends("client", carol, [mime.client_caps("Пример/2.0")], "U", client="Пример/2.0")
    chat.sends("client", alice, [mime.client_caps("例/1.0")], "U", client="例/1.0")


def _winks_and_voices(chat: Chat, alice: Account, bob: Account) -> None:
    for kind, number, who, size in (("wink", WINK, alice, 5120), ("voice-clip", VOICE, bob, 20480)):
        if kind == "voice-clip":
            recording = mime.message("text/x-msmsgscontrol", b"\r\n", RecordingUser=who.address)
            chat.sends("typing", who, [recording], "U", recording=True)
        data = picture_object(who.address, number, size, DIGEST)
        payload = mime.message(mime.DATACAST, f"ID: {2 if kind == 'wink' else 3}\r\nData: {data}\r\n\r\n".encode())
        thing = {"type": number, "creator": who.address, "size": size, "sha1d": DIGEST}
        chat.sends(kind, who, [payload], "N", object=thing)


def _emoticons(chat: Chat, alice: Account, bob: Account) -> None:
    """Two shortcuts, told before the text that uses them; the same letters of somebody else are no emoticon."""
    pictured = {}
    for shortcut, size in ((":ねこ:", 900), ("(✈)", 1200)):
        pictured[shortcut] = picture_object(alice.address, EMOTICON, size, DIGEST)
    told = {
        shortcut: {"shortcut": shortcut, "picture": {"type": EMOTICON, "creator": alice.address, "size": size}}
        for shortcut, size in ((":ねこ:", 900), ("(✈)", 1200))
    }
    chat.sends("emoticon", alice, [mime.emoticons(pictured)], "N", emoticons=list(told.values()))
    text = "(✈) завтра, :ねこ: остаётся дома"
    chat.sends("message", alice, [mime.plain(text.encode(), "UTF-8", {})], "N", text=text,
               emoticons=[told["(✈)"], told[":ねこ:"]])  # fmt: skip
    chat.says(bob, ":ねこ: かわいい")
    moving = mime.message(
        "text/x-mms-animemoticon", f"(*)\t{picture_object(bob.address, EMOTICON, 3000, DIGEST)}\t".encode()
    )
    star = {"shortcut": "(*)", "picture": {"type": EMOTICON, "creator": bob.address, "size": 3000}}
    chat.sends("emoticon", bob, [moving], "N", emoticons=[star], animated=True)
    chat.sends("message", bob, [mime.plain(b"(*)(*)", "UTF-8", {})], "N", text="(*)(*)", emoticons=[star])


def _draws(chat: Chat, bob: Account, carol: Account) -> None:
    """Handwriting as strokes, and as a picture in parts of one letter each way."""
    house = (
        [(100, 900), (100, 400), (500, 100), (900, 400), (900, 900), (100, 900)],
        [(400, 900), (400, 600), (600, 600)],
    )
    octets = pictures.strokes(*house)
    body = b"base64:" + base64.b64encode(octets)
    chat.sends("ink", bob, [mime.message("application/x-ms-ink", body)], "N", strokes=2, points=9,
               isf={"size": len(octets), "sha256": sha256(octets).hexdigest()})  # fmt: skip
    octets = pictures.gif(64, 48)
    body = b"base64:" + base64.b64encode(octets)
    guid, size = chat.world.guid().upper(), -(-len(body) // 3)
    first = mime.message("image/gif", body[:size], Message_ID=guid, Chunks="3")
    later = [f"Message-ID: {guid}\r\nChunk: {k}\r\n\r\n".encode() + body[k * size : (k + 1) * size] for k in (1, 2)]
    picture = {"mime": "image/gif", "size": len(octets), "sha256": sha256(octets).hexdigest()}
    chat.sends("ink", carol, [first, *later], "N", picture=picture, width=64, height=48, parts=3)


def _other_texts(chat: Chat, alice: Account, carol: Account) -> None:
    """Texts that say another name, or that are not to be read."""
    named = mime.plain("名前は何でもいい".encode(), "UTF-8", {"P4-Context": "Чужое имя"})
    chat.sends("message", carol, [named], "N", text="名前は何でもいい", declared_name="Чужое имя")
    cipher = "?OTR:AAMDJ+MVmSfjFZcAAAAAAQAAAAIAAADA."
    chat.sends("message", alice, [mime.plain(cipher.encode(), "UTF-8", {})], "N", text=cipher, encrypted="otr")
    cipher = "?OTRv23?"
    chat.sends(
        "message", carol, [mime.plain(cipher.encode(), "UTF-8", {})], "N", text=cipher, encryption_offered="otr"
    )
    chat.sends(
        "message", carol, [mime.message("text/x-secway", b"c2ltcA==")], "N", text="c2ltcA==", encrypted="simp"
    )
    chat.sends_other(carol, mime.keep_alive())


# --- invitations --------------------------------------------------------------------------------------------


class _Exchange:
    """One invitation to a program, and its answers."""

    def __init__(self, chat: Chat, kind: str, cookie: int, **known: object) -> None:
        self.chat, self.kind, self.cookie = chat, kind, str(cookie)
        self.known = known
        """What a record of each of them must say."""

    def invites(self, who: Account, name: str, guid: str, **more: str) -> None:
        """INVITE names the program."""
        said = {"Application-Name": name, "Application-GUID": guid, "Invitation-Command": "INVITE"}
        told = {"application": name, "application_id": guid, "command": "invite"}
        self._sends(who, "S", {**said, "Invitation-Cookie": self.cookie, **more}, told)

    def accepts(self, who: Account, addresses: list[str] | None = None, **more: str) -> None:
        """ACCEPT names the cookie alone."""
        self._answers(who, "accept", more, {"addresses": addresses} if addresses else {})

    def cancels(self, who: Account, reason: str, *, by_inviter: bool) -> None:
        """CANCEL is no, and the end."""
        told = {"reason": reason, "by_inviter": by_inviter}
        self._answers(who, "cancel", {"Cancel-Code": reason}, told)

    def _answers(self, who: Account, command: str, more: dict[str, str], told: dict[str, object]) -> None:
        said = {"Invitation-Command": command.upper(), "Invitation-Cookie": self.cookie}
        self._sends(who, "N", {**said, **more}, {"command": command, **told})

    def _sends(self, who: Account, letter: str, said: dict[str, str], told: dict[str, object]) -> None:
        kind = self.kind
        if kind == "file":
            kind = {"invite": "file-offer", "accept": "file-accept", "cancel": "file-decline"}[str(told["command"])]
        body = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in said.items())
        payload = mime.message("text/x-msmsgsinvite; charset=UTF-8", f"{body}\r\n".encode())
        self.chat.sends(kind, who, [payload], letter, cookie=self.cookie, **self.known, **told)


def _files(chat: Chat, alice: Account, bob: Account) -> None:
    """One is taken, one declined, one withdrawn."""
    offers = []
    for cookie, name, size in ((101, "план.txt", 11), (102, "写真.jpg", 4242), (103, "ملف.zip", 9999)):
        offers.append(_Exchange(chat, "file", cookie, file_name=name, size=size))
        more = {"Application_File": name, "Application_FileSize": str(size), "Connectivity": "N"}
        offers[-1].invites(alice, "File Transfer", FILE, **more)
    more = {"IP_Address": "192.0.2.21", "Port": "6891", "AuthCookie": "4711", "Request_Data": "IP-Address:"}
    offers[0].accepts(bob, ["192.0.2.21:6891"], Launch_Application="FALSE", **more)
    offers[1].cancels(bob, "REJECT", by_inviter=False)
    offers[2].cancels(alice, "FTTIMEOUT", by_inviter=True)


def _calls(chat: Chat, alice: Account, bob: Account) -> None:
    """A call that is taken and ended, a webcam that is not wanted."""
    session = chat.world.guid().upper()
    call = _Exchange(chat, "call", 201)
    more = {"Conn_Type": "IP-Restrict-NAT", "Context_Data": "Requested:SIP_A,;Capabilities:SIP_A,;"}
    call.invites(bob, "音声通話", CALL, Session_ID=session, Session_Protocol="SM1", **more)
    addresses = {"Public_IP": "203.0.113.7:5060", "Private_IP": "10.0.0.7:5060"}
    call.accepts(alice, list(addresses.values()), Session_ID=session, **addresses, UPnP="FALSE")
    call.cancels(bob, "USER_CANCEL", by_inviter=True)
    camera = _Exchange(chat, "webcam", 202)
    camera.invites(alice, "веб-камера", WEBCAM)
    camera.cancels(bob, "REJECT", by_inviter=False)


def _plays(chat: Chat, alice: Account, bob: Account) -> None:
    """Programs of all kinds: two are taken, one is not installed, one nobody answers."""
    meeting = _Exchange(chat, "application", 301)
    meeting.invites(alice, "NetMeeting", NETMEETING)
    meeting.accepts(bob, ["192.0.2.21"], IP_Address="192.0.2.21")
    help_me = _Exchange(chat, "application", 302)
    help_me.invites(bob, "リモート アシスタンス", ASSISTANCE)
    help_me.cancels(alice, "REJECT_NOT_INSTALLED", by_inviter=False)
    board = _Exchange(chat, "application", 303)
    board.invites(alice, "Whiteboard", SHARING)
    board.accepts(bob, Launch_Application="TRUE")
    _Exchange(chat, "application", 304).invites(bob, "囲碁", GAME, Application_URL="http://games.example/go")


# --- the mailbox --------------------------------------------------------------------------------------------


def _mailbox(desk: Desk) -> None:
    """New mail, mail that was moved, offline messages that wait, and the servers' evening off."""
    waiting = (
        "<MD><E><I>7</I><IU>2</IU><O>4</O><OU>1</OU></E><Q><QTM>409600</QTM><QNM>204800</QNM></Q>"
        "<M><T>11</T><S>6</S><RT>2006-07-13T20:15:00.000Z</RT><RS>0</RS><SZ>950</SZ><E>zoe@example.jp</E>"
        "<I>MSG1152821700.00</I><F>00000000-0000-0000-0000-000000000009</F><N>=?utf-8?B?44K+44Ko?=</N></M></MD>"
    )
    told = {"sender": "zoe@example.jp", "sender_name": "ゾエ", "about": "offline message"}
    for kind in ("initialmdata", "oim"):
        write = _notice(desk, f"text/x-msmsgs{kind}notification; charset=UTF-8", f"Mail-Data: {waiting}\r\n")
        desk.mail(write, inbox="7", inbox_unread="2", waiting="1")
        desk.mail(write, **told)
    write = desk.hears("MSG", "Hotmail", "Hotmail", payload=mime.new_mail("jose@example.com", "José", "今夜のこと"))
    desk.mail(write, **{"From": "José", "From-Addr": "jose@example.com", "Subject": "今夜のこと"})
    moved = {"Src-Folder": ".!!OIM", "Dest-Folder": ".!!trAsH", "Message-Delta": "1"}
    body = "".join(f"{name}: {value}\r\n" for name, value in moved.items())
    desk.mail(_notice(desk, "text/x-msmsgsactivemailnotification; charset=UTF-8", body), **moved)
    write = _notice(desk, "application/x-msmsgssystemmessage", "Type: 1\r\nArg1: 5\r\n")
    desk.mail(write, maintenance_in_minutes="5")


def _notice(desk: Desk, kind: str, body: str) -> Write:
    return desk.hears("MSG", "Hotmail", "Hotmail", payload=mime.message(kind, body.encode()))
