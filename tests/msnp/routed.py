"""Three header blocks and a body, as tests write them (reference 8.1)."""

from tests.msnp.dialogue import Said, say

LOU, KIM, PAT, ANA = "lou@a.example", "kim@b.example", "pat@c.example", "ana@d.example"
HERE = "{11111111-2222-3333-4444-555555555555}"
THERE = "{aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee}"
CIRCLE = "00000000-0000-0000-0009-0123456789ab@live.com"
GROUP = "588e793a-003d-0003-4136-314b00000000@live.com"


def blocks(
    to: str, sender: str, third: str, body: str | bytes = b"", *, channel: str = "", eol: str = "\r\n"
) -> bytes:
    """A payload; ``third`` has the fields of the third block, ``Name: value`` with ``|`` between."""
    octets = body.encode() if isinstance(body, str) else body
    lines = ["Routing: 1.0", f"To: {to}", f"From: {sender}"]
    lines += [f"Service-Channel: {channel}"] if channel else []
    lines += ["", "Reliability: 1.0", "", *third.split("|"), f"Content-Length: {len(octets)}", "", ""]
    return eol.join(lines).encode() + octets


def sdg(line: str, to: str, sender: str, body: str | bytes, kind: str = "Text", **others: str) -> Said:
    """``sdg("S: SDG 0 #", …)``: a message of that type."""
    third = f"Messaging: 2.0|Message-Type: {kind}|Content-Type: text/plain; charset=UTF-8"
    return say(line, blocks(to, sender, third, body, **others))


def presence(line: str, to: str, sender: str, body: str, uri: str = "/user") -> Said:
    """``NFY PUT`` or ``PUT`` of somebody's presence."""
    third = f"Notification: 1.0|Uri: {uri}|NotifType: Partial|Content-Type: application/user+xml"
    return say(line, blocks(to, sender, third, body))


def roster(line: str, to: str, sender: str, *people: str, kind: str = "Partial") -> Said:
    """``NFY PUT`` or ``PUT`` of a group's roster."""
    third = f"Notification: 1.0|Uri: /circle|NotifType: {kind}|Content-Type: application/circles+xml"
    users = "".join(f"<user><id>1:{account}</id></user>" for account in people)
    return say(line, blocks(to, sender, third, f"<circle><roster><id>IM</id>{users}</roster></circle>"))


def leaving(line: str, to: str, sender: str, account: str) -> Said:
    """``NFY DEL`` or ``DEL`` of somebody in a group."""
    third = f"Notification: 1.0|Uri: /circle/roster(IM)/user(1:{account})|NotifType: Partial"
    return say(line, blocks(to, sender, third))
