"""The letters by which clients agree on a transfer: SLP, which looks like SIP.

Takes who writes to whom about what; gives the text as octets. The facts stand in the protocol reference, sections
6.4 and 6.5.
"""

import base64
import struct

OBJECT, FILE = "{A4268EEC-FEC5-49E5-95C3-F126696BDBF6}", "{5D3E02AB-6190-11D3-BBBB-00C04F795683}"
SESSION, REQUEST, RESPONSE, CLOSE = (
    f"application/x-msnmsgr-{name}"
    for name in ("sessionreqbody", "transreqbody", "transrespbody", "sessionclosebody")
)
NAME_UNITS = 260


def letter(
    start: str,
    body: dict[str, object],
    *,
    to: str,
    sender: str,
    call: str,
    branch: str,
    kind: str,
    number: int = 0,
) -> bytes:
    """``start`` is the first line: a request or a status."""
    content = "".join(f"{name}: {value}\r\n" for name, value in body.items()) + "\r\n\0"
    head = {
        "To": f"<msnmsgr:{to}>",
        "From": f"<msnmsgr:{sender}>",
        "Via": f"MSNSLP/1.0/TLP ;branch={branch}",
        "CSeq": f"{number} ",
        "Call-ID": call,
        "Max-Forwards": 0,
        "Content-Type": kind,
        "Content-Length": len(content.encode()),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"{start}\r\n{lines}\r\n{content}".encode()


def file_context(name: bytes, size: int, preview: bytes = b"", *, version: int = 2, fits: bool = True) -> str:
    """What an offer says of a file; the name in UTF-16LE, at most 260 units of it where it ``fits``."""
    length = 574 if version == 2 else 638
    if not fits:
        length += len(name) - 2 * NAME_UNITS
    name = name[: 2 * NAME_UNITS if fits else None].ljust(2 * NAME_UNITS, b"\0")
    head = struct.pack("<IIQI", length, version, size, 0 if preview else 1) + name + bytes(30) + b"\xff" * 4
    return base64.b64encode(head.ljust(length, b"\0") + preview).decode()


def object_context(thing: str) -> str:
    """What a request says of an object."""
    return base64.b64encode(thing.encode() + b"\0").decode()


def backwards(body: dict[str, object]) -> dict[str, object]:
    """The same with addresses and their names spelled backwards, as clients of 2009 do."""
    return {
        (name[::-1] if name.startswith("IPv") else name): (str(value)[::-1] if name.startswith("IPv") else value)
        for name, value in body.items()
    }
