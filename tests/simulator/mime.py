"""The payloads of MSG: MIME headers, a blank line, a body.

Takes texts and values; gives octets, their length known only to the command line before them.
"""

import base64
import struct
from random import Random

LIMIT = 1400
"""Octets of text that fit in one part of a multi-part message."""

PLAIN = "text/plain; charset=UTF-8"
DATACAST = "text/x-msnmsgr-datacast"


def message(content_type: str, body: bytes, **headers: str) -> bytes:
    """One MIME message; further headers in the order given, ``_`` in their names written ``-``."""
    lines = ["MIME-Version: 1.0", f"Content-Type: {content_type}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def encoded(text: str, charset: str) -> bytes:
    """The text in a charset; ``cesu-8`` writes characters above U+FFFF as two surrogates, as Tcl clients do."""
    if charset.lower() != "cesu-8":
        return text.encode(charset)
    units = text.encode("utf-16-be")
    return b"".join(chr(unit[0]).encode("utf-8", "surrogatepass") for unit in struct.iter_unpack("!H", units))


def plain(body: bytes, charset: str | None, headers: dict[str, str]) -> bytes:
    """A text; without a charset the header does not name one."""
    return message(f"text/plain; charset={charset}" if charset else "text/plain", body, **headers)


def parts(body: bytes, number: int, guid: str, headers: dict[str, str]) -> list[bytes]:
    """A text in several messages: only the first says what it is, and cuts fall inside characters."""
    size = -(-len(body) // number)
    pieces = [body[at : at + size] for at in range(0, size * number, size)]
    first = message(PLAIN, pieces[0], **headers, Message_ID=guid, Chunks=str(number))
    later = [f"Message-ID: {guid}\r\nChunk: {k}\r\n\r\n".encode() + piece for k, piece in enumerate(pieces)]
    return [first, *later[1:]]


def typing(handle: str) -> bytes:
    """Somebody types."""
    return message("text/x-msmsgscontrol", b"\r\n", TypingUser=handle)


def nudge() -> bytes:
    """A nudge."""
    return message(DATACAST, b"ID: 1\r\n\r\n")


def action(text: str) -> bytes:
    """An action ("Alice waves")."""
    return message(DATACAST, f"ID: 4\r\nData: {text}\r\n\r\n".encode())


def emoticons(shortcuts: dict[str, str]) -> bytes:
    """Custom emoticons, announced before the text that uses them."""
    body = "".join(f"{shortcut}\t{thing}\t" for shortcut, thing in shortcuts.items())
    return message("text/x-mms-emoticon", body.encode())


def client_caps(client: str) -> bytes:
    """What third-party clients say of themselves."""
    return message("text/x-clientcaps", f"Client-Name: {client}\r\nChat-Logging: Y\r\n\r\n".encode())


def keep_alive() -> bytes:
    """What some clients send so that the switchboard stays open."""
    return message("text/x-keepalive", b"")


def peer_to_peer(source: str, target: str, data: bytes, random: Random, *, second: bool) -> bytes:
    """One piece of a file, in the older or the second transport; source and target carry GUIDs in the second."""
    session, number = random.randrange(1 << 16, 1 << 31), random.randrange(1 << 16, 1 << 31)
    if second:
        inner = struct.pack("!BBHI", 8, 0x06, random.randrange(1, 1 << 16), session)
        outer = struct.pack("!BBHI", 8, 0, len(inner) + len(data), number)
        body = outer + inner + data + struct.pack("!I", 2)
        return message("application/x-msnmsgrp2p", body, P2P_Dest=target, P2P_Src=source)
    header = struct.pack(
        "<IIQQIIIIQ", session, number, 0, 5 * len(data), len(data), 0x1000030, random.randrange(1 << 31), 0, 0
    )
    body = header + data + struct.pack("!I", 2)
    return message("application/x-msnmsgrp2p", body, P2P_Dest=target)


def profile(handle: str, ip: str, time: int, random: Random) -> bytes:
    """The first message of a notification server: headers only, with a secret that must never be shown."""
    ticket = base64.b64encode(random.randbytes(96)).decode()
    fields = {
        "LoginTime": time,
        "EmailEnabled": 1,
        "MemberIdHigh": random.randrange(1 << 31),
        "MemberIdLow": random.randrange(-(1 << 31), 0),
        "lang_preference": 1033,
        "preferredEmail": handle,
        "country": "GB",
        "PostalCode": "",
        "Gender": "",
        "Kid": 0,
        "Age": "",
        "BDayPre": "",
        "Birthday": "",
        "Wallet": "",
        "Flags": 1073742915,
        "sid": 507,
        "kv": 9,
        "MSPAuth": ticket,
        "ClientIP": ip,
        "ClientPort": random.randrange(1 << 16),
        "ABCHMigrated": 1,
    }
    head = "MIME-Version: 1.0\r\nContent-Type: text/x-msmsgsprofile; charset=UTF-8\r\n"
    return (head + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n").encode()


def inbox(unread: int) -> bytes:
    """What waits in the mailbox, as told at login."""
    body = (
        f"Inbox-Unread: {unread}\r\nFolders-Unread: 0\r\nInbox-URL: /cgi-bin/HoTMaiL\r\n"
        "Folders-URL: /cgi-bin/folders\r\nPost-URL: http://www.mail.example\r\n"
    )
    return message("text/x-msmsgsinitialemailnotification; charset=UTF-8", body.encode())


def new_mail(sender: str, name: str, subject: str) -> bytes:
    """A mail has come."""
    words = [f"=?UTF-8?B?{base64.b64encode(text.encode()).decode()}?=" for text in (name, subject)]
    body = (
        f"From: {words[0]}\r\nMessage-URL: /cgi-bin/getmsg?msg=1\r\nPost-URL: https://login.mail.example/\r\n"
        f"Subject: {words[1]}\r\nDest-Folder: ACTIVE\r\nFrom-Addr: {sender}\r\nid: 2\r\n"
    )
    return message("text/x-msmsgsemailnotification; charset=UTF-8", body.encode())


def notification(handle: str) -> bytes:
    """An XML alert (NOT)."""
    return (
        '<NOTIFICATION ver="2" id="1" siteid="45705" siteurl="http://alerts.example">'
        f'<TO pid="0x00000001:0x00000002" name="{handle}"><VIA agent="messenger"/></TO><MSG pri="1" id="0">'
        '<SUBSCR url="s.htm"/><ACTION url="a.htm"/><BODY lang="1033">\r\nMSG 1 N 4\r\n</BODY></MSG></NOTIFICATION>'
    ).encode()


def personal_message(text: str, media: str = "") -> bytes:
    """What UUX and UBX carry."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, entity)
    return f"<Data><PSM>{text}</PSM><CurrentMedia>{media}</CurrentMedia></Data>".encode()


def endpoint_data(guid: str, caps: str) -> bytes:
    """What UBX tells an account about its own endpoints (MSNP16 and later)."""
    return (
        "<Data><PSM></PSM><CurrentMedia></CurrentMedia>"
        f'<EndpointData id="{guid}"><Capabilities>{caps}</Capabilities></EndpointData>'
        f'<PrivateEndpointData id="{guid}"><EpName>DESK</EpName><Idle>false</Idle><ClientType>1</ClientType>'
        "<State>NLN</State></PrivateEndpointData></Data>"
    ).encode()
