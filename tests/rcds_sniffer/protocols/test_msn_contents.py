"""What people send beside texts: from the octets of both tapped ends, or of one, to the records."""

from base64 import b64decode

import pytest

from tests.msnp.dialogue import Said, mime, say, script
from tests.msnp.inks import LINE
from tests.msnp.test_contents import OBJECT
from tests.msnp.test_emoticons import picture
from tests.rcds_sniffer.protocols.tap import Line, Tap

LOU, KIM, PAT = "lou@a.example", "kim@b.example", "pat@c.example"
OPENED = script(f"""
    C: USR 1 {LOU} 17.5.9
    S: USR 1 OK {LOU} Lou
    C: CAL 2 {KIM}
    S: CAL 2 RINGING 7788
    S: JOI {KIM} Kim 0
""")
ANSWERED = script(f"""
    C: ANS 1 {KIM} 84.5 7788
    S: IRO 1 1 1 {LOU} Lou 0
    S: ANS 1 OK
""")
FILE = "Application-Name: File Transfer\r\nApplication-File: 计划.txt\r\nApplication-FileSize: 11\r\n"
CALL = "Application-GUID: {02D3C01F-BF30-4825-A83A-DE7AF41648AA}\r\nPublic-IP: 203.0.113.9\r\n"
GAME = "Application-Name: 扫雷\r\n"


def invite(command: str, cookie: int, more: str = "") -> bytes:
    body = f"{more}Invitation-Command: {command}\r\nInvitation-Cookie: {cookie}\r\n\r\n"
    return mime(body, "text/x-msmsgsinvite; charset=UTF-8")


def both(lou: Line, kim: Line, payload: bytes, *, by_lou: bool = True) -> None:
    """A message as it passes at both ends."""
    own, other, name = (lou, kim, LOU) if by_lou else (kim, lou, KIM)
    own.hear(say("C: MSG 9 N #", payload))
    other.hear(say(f"S: MSG {name} X #", payload))


TALK: list[tuple[bytes, bool]] = [
    (mime(f"ID: 2\r\nData: {OBJECT}\r\n\r\n", "text/x-msnmsgr-datacast"), True),
    (mime(f"ID: 2\r\nData: {OBJECT}\r\n\r\n", "text/x-msnmsgr-datacast"), True),
    (mime(f"ID: 3\r\nData: {OBJECT}\r\n\r\n", "text/x-msnmsgr-datacast"), False),
    (mime(f":cat:\t{picture('cat')}\t", "text/x-mms-emoticon"), True),
    (mime("你好 :cat:"), True),
    (mime(f"base64:{LINE}", "application/x-ms-ink"), False),
    (mime(f"base64:{LINE[:50]}", "application/x-ms-ink", Message_ID="{7}", Chunks="2"), True),
    (mime(LINE[50:], None, Message_ID="{7}", Chunk="1"), True),
    (invite("INVITE", 1, FILE), True),
    (invite("ACCEPT", 1, "IP-Address: 192.0.2.4\r\nPort: 6891\r\nAuthCookie: 9\r\n"), False),
    (invite("INVITE", 2, FILE), False),
    (invite("CANCEL", 2, "Cancel-Code: REJECT\r\n"), True),
    (invite("INVITE", 3, CALL), False),
    (invite("CANCEL", 3, "Cancel-Code: TIMEOUT\r\n"), False),
    (invite("INVITE", 4, GAME), True),
]
EVENTS = {"wink", "voice-clip", "emoticon", "message", "ink", "file-offer", "file-accept", "file-decline", "call"}
EXPECTED = [
    f"wink {LOU}>{KIM}",
    f"wink {LOU}>{KIM}",
    f"voice-clip {KIM}>{LOU}",
    f"emoticon {LOU}>{KIM}",
    f"message {LOU}>{KIM} 你好 :cat:",
    f"ink {KIM}>{LOU}",
    f"ink {LOU}>{KIM}",
    f"file-offer {LOU}>{KIM}",
    f"file-accept {KIM}>{LOU}",
    f"file-offer {KIM}>{LOU}",
    f"file-decline {LOU}>{KIM}",
    f"call {KIM}>{LOU}",
    f"call {KIM}>{LOU}",
]


@pytest.mark.parametrize("packed", [False, True], ids=["in one process", "from a worker"])
def test_both_ends_give_one_record_for_each_target(packed: bool) -> None:
    tap = Tap(LOU, KIM, packed=packed)
    lou = tap.line().hear(*OPENED)
    kim = tap.line().hear(*ANSWERED)
    for payload, by_lou in TALK:
        both(lou, kim, payload, by_lou=by_lou)
    records = tap.end()
    for target in (LOU, KIM):
        assert tap.told(target, *EVENTS) == EXPECTED
        found = {r.event: r for r in records if r.target == target and r.details is not None}
        details = {event: record.details or {} for event, record in found.items()}
        assert details["message"]["emoticons"] == details["emoticon"]["emoticons"]
        assert b64decode(details["ink"]["picture"]["base64"]).startswith(b"<svg ")  # type: ignore[index]
        assert details["file-accept"]["addresses"] == ["192.0.2.4:6891"]
        assert details["file-decline"]["file_name"] == "计划.txt"
        assert details["call"]["reason"] == "TIMEOUT"
        games = [r for r in records if r.target == target and (r.details or {}).get("application") == "扫雷"]
        assert [(r.event, r.sender, r.recipients) for r in games] == [("invite", LOU, (KIM,))]


def test_a_target_who_comes_later_is_told_by_what_was_defined_before() -> None:
    """Nobody asks until the target comes in, so until then nothing is told; but it is learnt."""
    tap = Tap(PAT)
    line = tap.line().hear(*OPENED)
    line.hear(say(f"S: MSG {KIM} Kim #", mime("one")), say(f"S: MSG {KIM} Kim #", mime("two")))
    tap.wait(60)
    definition = mime(f":cat:\t{picture('cat')}\t", "text/x-mms-emoticon")
    dialogue: list[Said] = [
        say(f"S: MSG {KIM} Kim #", mime("three")),
        say(f"S: MSG {KIM} Kim #", definition),
        say("C: MSG 5 N #", definition.replace(b":cat:", b":dog:", 1)),
        say(f"S: MSG {KIM} Kim #", invite("INVITE", 1, FILE)),
        say("S: ACK 5"),
        say(f"S: JOI {PAT} Pat 0"),
        say(f"S: MSG {KIM} Kim #", mime("猫 :cat:")),
        say("C: MSG 6 N #", mime("狗 :dog:")),
        say("C: MSG 7 N #", invite("CANCEL", 1, "Cancel-Code: REJECT\r\n")),
    ]
    line.hear(*dialogue)
    records = [record for record in tap.end() if record.event in EVENTS]
    assert [(r.event, r.text, r.sender) for r in records] == [
        ("message", "猫 :cat:", KIM),
        ("message", "狗 :dog:", LOU),
        ("file-decline", None, LOU),
    ]
    shortcuts = [(r.details or {})["emoticons"][0]["shortcut"] for r in records[:2]]  # type: ignore[index]
    assert shortcuts == [":cat:", ":dog:"]
    assert (records[2].details or {})["file_name"] == "计划.txt"
