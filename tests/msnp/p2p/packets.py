"""Packets as clients write them, of both kinds, and the texts in them: written for these tests alone."""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from struct import pack

from msnp.events import Event
from msnp.links import Links
from msnp.utterances import FileOctets, Sending
from tests.msnp.dialogue import Said, Wire, mime, say, script

LOU, KIM, DAN = "lou@a.example", "kim@b.example", "dan@c.example"
POINT = {
    LOU: "{0a0a0a0a-1111-2222-3333-444444444444}",
    KIM: "{0b0b0b0b-1111-2222-3333-444444444444}",
    DAN: "{0c0c0c0c-1111-2222-3333-444444444444}",
}
FILE = "{5D3E02AB-6190-11D3-BBBB-00C04F795683}"
OBJECT = "{A4268EEC-FEC5-49E5-95C3-F126696BDBF6}"
TYPE = "application/x-msnmsgrp2p"
FILE_FLAGS, OBJECT_FLAGS = 0x01000030, 0x20
SESSION, MESSAGE = 700_001, 5000
CALL = "{C0FFEE00-0000-0000-0000-000000000001}"
OPENED = script(
    """C: USR 1 lou@a.example 1.2
    S: USR 1 OK lou@a.example Lou
    C: CAL 2 kim@b.example
    S: CAL 2 RINGING 11752099
    S: JOI kim@b.example Kim 1342177280
    S: JOI dan@c.example Dan 1342177280"""
)


def v1(
    session: int,
    octets: bytes = b"",
    *,
    message: int = MESSAGE,
    offset: int = 0,
    total: int | None = None,
    length: int | None = None,
    flags: int = 0,
    acknowledges: tuple[int, int, int] = (9, 0, 0),
) -> bytes:
    """One packet of version 1, without a footer."""
    total = len(octets) if total is None else total
    length = len(octets) if length is None else length
    return pack("<IIQQIIIIQ", session, message, offset, total, length, flags, *acknowledges) + octets


def v2(
    session: int,
    octets: bytes = b"",
    *,
    package: int = 1,
    sequence: int = 1000,
    remaining: int = 0,
    kind: int = 1,
    options: bytes = b"",
) -> bytes:
    """One packet of version 2, without a footer."""
    values = pack(">BBQ", 1, 8, remaining) + b"\0\0" if remaining else b""
    inner = pack(">BBHI", 8 + len(values), kind, package, session) + values + octets
    return pack(">BBHI", 8 + len(options), 0, len(inner), sequence) + options + inner


def carry(sender: str, to: str, packet: bytes, footer: int = 0, *, points: bool = False, **headers: str) -> Said:
    """A MSG on lou's switchboard."""
    ends = {"P2P_Dest": to}
    if points:
        ends = {"P2P_Dest": f"{to};{POINT[to]}", "P2P_Src": f"{sender};{POINT[sender]}"}
    line = "C: MSG 7 D #" if sender == LOU else f"S: MSG {sender} Somebody #"
    return say(line, mime(packet + pack(">I", footer), TYPE, **ends, **headers))


def slp(
    first: str,
    body: Mapping[str, object] | None = None,
    *,
    sender: str,
    to: str,
    kind: str = "sessionreqbody",
    call: str = CALL,
    nul: bytes = b"\0",
    **headers: str,
) -> bytes:
    """A text; ``first`` is ``INVITE``, ``BYE`` or ``200 OK``."""
    start = f"MSNSLP/1.0 {first}" if first[0].isdigit() else f"{first} MSNMSGR:{to} MSNSLP/1.0"
    content = "".join(f"{name}: {value}\r\n" for name, value in (body or {}).items()) + "\r\n"
    fields = {
        "To": f"<msnmsgr:{to}>",
        "From": f"<msnmsgr:{sender}>",
        "Via": "MSNSLP/1.0/TLP ;branch={11111111-2222-3333-4444-555555555555}",
        "CSeq": "0 ",
        "Call-ID": call,
        "Max-Forwards": "0",
        "Content-Type": f"application/x-msnmsgr-{kind}",
        "Content-Length": str(len(content) + len(nul)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return (start + "\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items()) + f"\r\n{content}").encode() + nul


def file_context(name: str | bytes, size: int, preview: bytes = b"", length: int = 574) -> str:
    octets = name.encode("utf-16-le") if isinstance(name, str) else name
    context = pack("<IIQI", length, 2, size, 0 if preview else 1) + octets.ljust(520, b"\0")[:520]
    return b64encode((context + bytes(30) + b"\xff" * 4).ljust(length, b"\0") + preview).decode()


def msnobject(
    size: int,
    *,
    kind: int = 3,
    creator: str = KIM,
    friendly: str = "",
    sha1d: str = "",
    place: str = "a.tmp",
) -> str:
    """An MSNObject as it stands in a context."""
    encoded = b64encode(friendly.encode("utf-16-le") + b"\0\0").decode()
    return (
        f'<msnobj Creator="{creator}" Size="{size}" Type="{kind}" Location="{place}" Friendly="{encoded}" '
        f'SHA1D="{sha1d}" SHA1C="x"/>'
    )


def file_invite(name: str | bytes, size: int, session: int = SESSION, **fields: object) -> dict[str, object]:
    context = file_context(name, size)
    return {"EUF-GUID": FILE, "SessionID": session, "AppID": 2, "Context": context, **fields}


def object_invite(described: str, session: int = SESSION, number: int = 12) -> dict[str, object]:
    context = b64encode(described.encode() + b"\0").decode()
    return {"EUF-GUID": OBJECT, "SessionID": session, "AppID": number, "Context": context}


def text_v1(sender: str, to: str, text: bytes, message: int = 90, size: int = 1202) -> Iterator[Said]:
    """A text in packets of version 1."""
    for at in range(0, len(text), size):
        part = text[at : at + size]
        yield carry(sender, to, v1(0, part, message=message, offset=at, total=len(text)))


def text_v2(sender: str, to: str, text: bytes, package: int = 7, size: int = 1202) -> Iterator[Said]:
    for at in range(0, len(text), size):
        part = text[at : at + size]
        rest = len(text) - at - len(part)
        packet = v2(0, part, package=package, sequence=5000 + at, remaining=rest, kind=int(not at))
        yield carry(sender, to, packet, points=True)


def parts_v1(octets: bytes, size: int = 1202, session: int = SESSION, flags: int = FILE_FLAGS) -> list[bytes]:
    return [
        v1(session, octets[at : at + size], offset=at, total=len(octets), flags=flags)
        for at in range(0, len(octets), size)
    ]


def parts_v2(octets: bytes, size: int = 1202, session: int = SESSION, kind: int = 6) -> list[bytes]:
    return [
        v2(
            session,
            octets[at : at + size],
            sequence=10_000 + at,
            remaining=len(octets) - at - len(octets[at : at + size]),
            kind=kind | (not at),
        )
        for at in range(0, len(octets), size)
    ]


def lying_parts(octets: bytes, size: int = 1202, session: int = SESSION, flags: int = FILE_FLAGS) -> list[bytes]:
    """Every header is that of the part before, the first one's says nothing."""
    said = (0, 0)
    packets = []
    for at in range(0, len(octets), size):
        part = octets[at : at + size]
        packets.append(v1(session, part, offset=said[0], length=said[1], total=len(octets), flags=flags))
        said = (at, size)
    return packets


def offered(name: str | bytes, size: int, *, sender: str = KIM, to: str = LOU, **more: int) -> list[Said]:
    """A file's INVITE, and 200 OK."""
    session = more.get("session", SESSION)
    call = f"{{C0FFEE00-0000-0000-0000-{session:012}}}"
    invite = slp("INVITE", file_invite(name, size, session), sender=sender, to=to, call=call)
    answer = slp("200 OK", {"SessionID": session}, sender=to, to=sender, call=call)
    return [*text_v1(sender, to, invite, session), *text_v1(to, sender, answer, session + 1)]


def bye(sender: str, to: str, session: int = SESSION) -> list[Said]:
    call = f"{{C0FFEE00-0000-0000-0000-{session:012}}}"
    return list(text_v1(sender, to, slp("BYE", sender=sender, to=to, kind="sessionclosebody", call=call), 99))


def wire(*dialogue: Said, links: Links | None = None) -> Wire:
    return Wire(links).play([*OPENED, *dialogue])


def steps(events: Sequence[Event]) -> list[Sending]:
    return [event for event in events if isinstance(event, Sending)]


def ends(events: Sequence[Event]) -> list[Sending]:
    return [event for event in steps(events) if event.file is not None]


def octets_of(events: Sequence[Event], transfer: str = f"p2p-{SESSION}") -> bytes:
    """What came of a file; zeros where nothing did, and the first octets seen win."""
    file, seen = bytearray(), bytearray()
    for event in events:
        if isinstance(event, FileOctets) and event.transfer == transfer:
            stop = event.offset + len(event.octets)
            if stop > len(file):
                file.extend(bytes(stop - len(file)))
                seen.extend(bytes(stop - len(seen)))
            for at, octet in enumerate(event.octets, event.offset):
                if not seen[at]:
                    file[at], seen[at] = octet, 1
    return bytes(file)
