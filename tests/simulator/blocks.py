"""Three blocks of headers and a body: what SDG, PUT, DEL and NFY carry, MSNP18 and later.

Takes addresses and values; gives the payload. The facts stand in the protocol reference, section 8.1.
"""

from collections.abc import Iterable

CIRCLES = "application/circles+xml"
USER = "application/user+xml"
TEXT = "text/plain; charset=UTF-8"


def blocks(to: str, sender: str, third: dict[str, str], body: str | bytes = "", **routing: str) -> bytes:
    """To whom, from whom, the third block, the body; further headers of the first block by name."""
    octets = body.encode() if isinstance(body, str) else body
    first = {"Routing": "1.0", "To": to, "From": sender, **{k.replace("_", "-"): v for k, v in routing.items()}}
    last = {**third, "Content-Length": str(len(octets))}
    lines = [*_lines(first), "", "Reliability: 1.0", "", *_lines(last), "", ""]
    return "\r\n".join(lines).encode() + octets


def _lines(fields: dict[str, str]) -> list[str]:
    return [f"{name}: {value}" for name, value in fields.items()]


def spoken(to: str, sender: str, kind: str, body: str = "", content_type: str = TEXT, **routing: str) -> bytes:
    """SDG: ``kind`` is Text, Nudge, Control/Typing, Wink …"""
    third = {"Messaging": "2.0", "Message-Type": kind, "Content-Type": content_type}
    return blocks(to, sender, third, body, **routing)


def carried(to: str, sender: str, packets: bytes, offsets: list[int]) -> bytes:
    """SDG with packets of a transfer, which begin at these offsets."""
    third = {"Messaging": "2.0", "Message-Type": "Data", "Content-Type": "application/x-msnmsgrp2p"}
    return blocks(to, sender, {**third, "Pipe": "2", "Bridging-Offsets": ",".join(map(str, offsets))}, packets)


def told(to: str, sender: str, body: str, *, kind: str = "Partial") -> bytes:
    """NFY of somebody's presence."""
    third = {"NotifNum": "0", "Uri": "/user", "NotifType": kind, "Content-Type": USER}
    return blocks(to, sender, {"Notification": "1.0", **third}, body)


def told_of_group(to: str, group: str, body: str, *, kind: str = "Partial") -> bytes:
    """NFY of a circle or a temporary group."""
    third = {"NotifNum": "0", "Uri": "/circle", "NotifType": kind, "Content-Type": CIRCLES}
    return blocks(to, group, {"Notification": "1.0", **third}, body)


def gone(to: str, sender: str, who: str | None = None) -> bytes:
    """DEL and NFY DEL: somebody leaves a group; nobody is named: whoever sends it is gone."""
    uri = "/user" if who is None else f"/circle/roster(IM)/user(1:{who})"
    return blocks(to, sender, {"Notification": "1.0", "Uri": uri, "NotifType": "Partial"})


def put(to: str, sender: str, body: str) -> bytes:
    """PUT of a client's own presence."""
    return blocks(to, sender, {"Publication": "1.0", "Uri": "/user", "Content-Type": USER}, body)


def put_into(group: str, sender: str, body: str) -> bytes:
    """PUT into a circle or a temporary group."""
    return blocks(group, sender, {"Publication": "1.0", "Uri": "/circle", "Content-Type": CIRCLES}, body)


def roster(people: Iterable[str]) -> str:
    """Who takes part in a circle or a temporary group."""
    users = "".join(f"<user><id>1:{account}</id></user>" for account in people)
    return f"<circle><roster><id>IM</id>{users}</roster></circle>"


def named(name: str) -> str:
    """A circle's own name."""
    return f'<circle><props><presence dtype="xml"><Data><MFN>{name}</MFN></Data></presence></props></circle>'
