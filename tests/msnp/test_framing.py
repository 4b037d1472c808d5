"""Frames: every situation of the reference's vectors with words of our own, each three ways."""

from collections.abc import Callable
from typing import Any

import pytest

from msnp.commands import SHAPES
from msnp.events import Mark
from msnp.frames import Frame, Item, Loss, Skipped
from msnp.framing import Framer
from msnp.limits import Limits
from tests.msnp.dialogue import mime

C, S = True, False
OBJECT = (
    "%3Cmsnobj%20Creator%3D%22kim%40b.example%22%20Size%3D%22731%22%20Type%3D%223%22%20Location%3D%22p.dat%22"
    "%20Friendly%3D%22AAA%3D%22%20SHA1D%3D%22abc%3D%22%2F%3E"
)
PSM = "<Data><PSM>tea &amp; toast</PSM><CurrentMedia>\\0Music\\01\\0{0}\\0Air\\0Bach\\0\\0</CurrentMedia></Data>"
ROUTING = "Routing: 1.0\r\nTo: 1:kim@b.example\r\nFrom: 1:lou@a.example\r\n\r\nReliability: 1.0\r\n\r\n"


def join(*parts: str | tuple[str, bytes | str]) -> bytes:
    """Lines, and (line, payload) pairs whose ``#`` is the payload's length."""
    octets = b""
    for part in parts:
        line, payload = (part, b"") if isinstance(part, str) else part
        body = payload.encode() if isinstance(payload, str) else payload
        octets += line.replace("#", str(len(body))).encode() + b"\r\n" + body
    return octets


VECTORS: dict[str, tuple[bool, bytes, str]] = {
    "login, client": (
        C,
        join(
            "VER 1 MSNP12 MSNP11 CVR0",
            "CVR 2 0x0407 winnt 5.1 i386 MSNMSGR 7.5.0299 MSMSGS lou@a.example",
            "USR 3 TWN I lou@a.example",
        ),
        "VER CVR USR",
    ),
    "login, dispatch server": (
        S,
        join(
            "VER 1 MSNP12",
            "CVR 2 7.5 7.5 6.2 http://x.test/i.exe http://x.test",
            "XFR 3 NS 192.0.2.1:1863 0 192.0.2.2:1863",
        ),
        "VER CVR XFR",
    ),
    "login confirmed, then the profile": (
        S,
        join(
            "USR 4 OK lou@a.example 1 0",
            ("MSG Hotmail Hotmail #", "MIME-Version: 1.0\r\nContent-Type: text/x-msmsgsprofile\r\nkv: 7\r\n\r\n"),
            "SBS 0 null",
        ),
        "USR MSG+64 SBS",
    ),
    "login of MSNP8 with a name": (S, join("USR 4 OK lou@a.example Lou%20%28work%29 1 0"), "USR"),
    "list burst, MSNP12": (
        S,
        join(
            "SYN 5 2005-04-23T18:57:44.8-07:00 2005-04-23T18:57:54.2-07:00 1 1",
            "GTC A",
            "BLP AL",
            "PRP MFN Lou",
            "PRP PHM 555-0177",
            "LSG Pals 00000000-0000-0000-0001-000000000009",
            "LST N=kim@b.example F=Kim C=00000000-0000-0000-0002-000000000009 11 1 ",
            "BPR MOB Y",
        ),
        "SYN GTC BLP PRP PRP LSG LST BPR",
    ),
    "list burst, MSNP7 and MSNP8": (
        S,
        join("LST 5 FL 77 1 2 kim@b.example Kim 0,1", "LST 5 BL 77 0 0", "LST kim@b.example Kim 11 0"),
        "LST LST LST",
    ),
    "presence to MSNP13": (
        S,
        join(
            "CHG 8 NLN 1342177280 0",
            f"ILN 8 AWY kim@b.example Kim%20K 1342177280 {OBJECT}",
            "NLN BSY pat@c.example Pat 64",
            "FLN kim@b.example",
        ),
        "CHG ILN NLN FLN",
    ),
    "presence from MSNP14": (
        S,
        join(
            "ILN 9 NLN kim@b.example 1 Kim 1342177280 0",
            "NLN AWY ana@d.example 32 Ana 0 0",
            "NLN NLN 1:kim@b.example Kim 2789003324:48 0",
            "FLN 1:kim@b.example 0:0",
        ),
        "ILN NLN NLN FLN",
    ),
    "UBX in three forms, and cleared": (
        S,
        join(
            ("UBX kim@b.example #", PSM),
            ("UBX kim@b.example 1 #", PSM),
            ("UBX 1:kim@b.example #", PSM),
            "UBX 1:pat@c.example 0",
            "FLN 1:pat@c.example 0:0",
        ),
        f"UBX+{len(PSM)} UBX+{len(PSM)} UBX+{len(PSM)} UBX+0 FLN",
    ),
    "UUX request": (C, join(("UUX 11 #", "<Data><PSM>hi</PSM></Data>"), "PNG"), "UUX+26 PNG"),
    "UUX answer, QNG and challenge": (S, join("UUX 11 0", "QNG 47", "CHL 0 15570131571988941333"), "UUX+0 QNG CHL"),
    "challenge answered, the next command glued on": (
        C,
        join(("QRY 12 PROD0000 #", "0123456789abcdef0123456789abcdef"), "CHG 13 BSY 1342177280 0"),
        "QRY+32 CHG",
    ),
    "ADL request": (C, join(("ADL 14 #", '<ml l="1"><d n="b.example"/></ml>')), "ADL+33"),
    "ADL and RML answers, errors with and without payload": (
        S,
        join("ADL 14 OK", ("ADL 0 #", "<ml></ml>"), ("241 15 #", "<ml/>"), "205 21", "RML 16 OK"),
        "ADL ADL+9 241+5 205 RML",
    ),
    "FQY, GCF in both forms, NOT": (
        S,
        join(
            ("FQY 17 #", "<ml/>"),
            ("GCF 18 Shields.xml #", "<config/>"),
            ("GCF 0 #", "<P/>"),
            ("NOT #", "<NOTIFICATION/>"),
        ),
        "FQY+5 GCF+9 GCF+4 NOT+15",
    ),
    "GCF request has no payload": (C, join("GCF 18 Shields.xml", "PNG"), "GCF PNG"),
    "pages and mail invitations": (
        C,
        join(
            ("PAG 19 kim@b.example #", "<TEXT>ring</TEXT>"),
            ("PGD 20 kim@b.example 1 #", "<TEXT>ring</TEXT>"),
            ("SDC 21 pat@c.example 0x0409 MSMSGS MSMSGS X X Lou #", "come"),
            "SDC 22 pat@c.example 0x0409 MSMSGS MSMSGS X X Lou 0",
            ("VAS 23 pat@c.example 1 0 #", "<x></x>"),
        ),
        "PAG+17 PGD+17 SDC+4 SDC+0 VAS+7",
    ),
    "UUM": (C, join(("UUM 24 ana@d.example 32 1 #", mime("over"))), "UUM+66"),
    "UBM in both forms": (
        S,
        join(("UBM ana@d.example 32 1 #", mime("hi")), ("UBM ana@d.example 32 lou@a.example 1 1 #", mime("hi"))),
        "UBM+64 UBM+64",
    ),
    "UBN, then OUT glued on": (S, join(("UBN lou@a.example;{0-1} 4 #", "goawyplzthxbye"), "OUT OTH"), "UBN+14 OUT"),
    "numbers that are no lengths": (
        S,
        join(
            "XFR 25 SB 192.0.2.3:1863 CKI 17.5.9 U messenger.msn.com 1",
            "RNG 7788 192.0.2.3:1863 CKI 84.5 kim@b.example Kim U messenger.msn.com 1",
            "REM 26 FL 256 pat@c.example",
            "ADD 0 RL 257 ana@d.example Ana",
            "OUT RCT 5",
        ),
        "XFR RNG REM ADD OUT",
    ),
    "switchboard, opened": (C, join("USR 1 lou@a.example 17.5.9", "CAL 2 kim@b.example"), "USR CAL"),
    "switchboard, its server": (
        S,
        join(
            "USR 1 OK lou@a.example Lou",
            "CAL 2 RINGING 7788",
            "JOI kim@b.example Kim 1342177280",
            "BYE kim@b.example 1",
        ),
        "USR CAL JOI BYE",
    ),
    "switchboard, invited": (C, join("ANS 1 lou@a.example;{0-1} 84.5 7788"), "ANS"),
    "switchboard, who is there": (
        S,
        join(
            "IRO 1 1 2 kim@b.example;{0-2} Kim 1:48",
            "IRO 1 2 2 kim@b.example Kim 1:48",
            "ANS 1 OK",
            "JOI lou@a.example Lou 1",
        ),
        "IRO IRO ANS JOI",
    ),
    "outgoing text": (
        C,
        join(("MSG 4 N #", mime("thé à 5 ?", X_MMS_IM_Format="FN=Arial; EF=B; CO=ff; CS=0; PF=22"))),
        "MSG+126",
    ),
    "incoming text that imitates commands": (
        S,
        join(
            ("MSG kim@b.example Kim #", mime("one\r\n\r\nMSG 9 N 5\r\nBYE nobody@z.example")), "BYE kim@b.example"
        ),
        "MSG+100 BYE",
    ),
    "typing": (
        C,
        join(("MSG 5 U #", "Content-Type: text/x-msmsgscontrol\r\nTypingUser: lou@a.example\r\n\r\n\r\n")),
        "MSG+67",
    ),
    "nothing at all": (S, join("MSG kim@b.example Kim 0", "BYE kim@b.example"), "MSG+0 BYE"),
    "two parts": (
        S,
        join(
            ("MSG kim@b.example Kim #", mime("long ", Message_ID="{9}", Chunks="2")),
            ("MSG kim@b.example Kim #", mime("text", None, Message_ID="{9}", Chunk="1")),
        ),
        "MSG+95 MSG+33",
    ),
    "acknowledgements and an error": (S, join("ACK 4", "NAK 5", "217 2"), "ACK NAK 217"),
    "binary in a payload": (
        C,
        join(("MSG 10 D #", b"Content-Type: application/x-msnmsgrp2p\r\n\r\n" + bytes(range(256))), "OUT"),
        "MSG+298 OUT",
    ),
    "three header blocks": (C, join(("SDG 58 #", ROUTING + "Messaging: 2.0\r\n\r\nhello")), "SDG+103"),
    "presence of MSNP21, answers with and without a payload": (
        S,
        join(("NFY PUT #", ROUTING), ("PUT 35 OK #", ROUTING), "PUT 36 OK 0", "DEL 44 OK 0", ("SDG 0 #", ROUTING)),
        "NFY+80 PUT+80 PUT+0 DEL+0 SDG+80",
    ),
    "mail notice": (
        S,
        join(("MSG Hotmail Hotmail #", "Content-Type: text/x-msmsgsemailnotification\r\n\r\nid: 2\r\n"), "QNG 60"),
        "MSG+55 QNG",
    ),
    "LF, and empty lines": (C, b"USR 1 lou@a.example 1.2.3\nCAL 2 kim@b.example\n\n\r\nOUT\n", "USR CAL OUT"),
    "unknown with a payload": (
        S,
        join(("CHL 0 1"), ("XQZ 31 #", b"\0\1binary\r\n"), "NLN FLN kim@b.example"),
        "CHL XQZ+10 NLN",
    ),
    "unknown without": (S, join("CHL 0 1", "XQZ 31 14", "NLN NLN kim@b.example Kim 0", "QNG 9"), "CHL XQZ NLN QNG"),
    "unknown, and unknown behind it": (
        S,
        join("CHL 0 1", "XQZ 31 50000", "XQY up", "NLN NLN kim@b.example Kim 0"),
        "CHL XQZ XQY NLN",
    ),
    "unknown with a payload, at the end": (S, join("CHL 0 1", ("XQZ 31 #", b"\0\1\2\3")), "CHL XQZ+4"),
    "TABs in CVR": (
        C,
        join("VER 1 MSNP8 CVR0", "CVR 2 0x0409 win 4.10 i386 MSNMSGR 5.0.0544 MSMSGS\tlou@a.example"),
        "VER CVR",
    ),
    "names with anything in them": (
        S,
        "JOI kim@b.example K&<é>%20(brb) 64\r\nJOI pat@c.example  0\r\n".encode(),
        "JOI JOI",
    ),
}

MORE = {C: b"PNG\r\n", S: b"QNG 50\r\n"}


def whole(framer: Framer, octets: bytes, mark: Mark) -> list[Item]:
    return framer.feed(octets, mark)


def one_by_one(framer: Framer, octets: bytes, mark: Mark) -> list[Item]:
    items: list[Item] = []
    for index in range(len(octets)):
        at = mark.after(index)
        items += framer.feed(octets[index : index + 1], at)
    return items


def read(side: bool, octets: bytes, feed: Callable[..., list[Item]] = whole, **limits: int) -> list[Item]:
    framer = Framer(side, SHAPES[side], Limits(**limits))
    return feed(framer, octets, Mark(5, 2**32 - 3, 1, "")) + framer.end()


def frames(items: list[Item]) -> str:
    words = []
    for item in items:
        assert isinstance(item, Frame), item
        name = item.tokens[0][:3].decode()
        words.append(name if item.payload is None else f"{name}+{item.payload.length}")
        assert item.payload is None or not item.payload.missing
    return " ".join(words)


@pytest.mark.parametrize("feed", [whole, one_by_one])
@pytest.mark.parametrize("name", VECTORS)
def test_vector(name: str, feed: Callable[..., list[Item]]) -> None:
    side, octets, expected = VECTORS[name]
    assert frames(read(side, octets, feed)) == expected


@pytest.mark.parametrize("feed", [whole, one_by_one])
@pytest.mark.parametrize("name", VECTORS)
def test_vector_followed_by_more(name: str, feed: Callable[..., list[Item]]) -> None:
    side, octets, expected = VECTORS[name]
    assert frames(read(side, octets + MORE[side], feed)) == f"{expected} {MORE[side][:3].decode()}"


@pytest.mark.parametrize("name", VECTORS)
def test_frames_account_for_every_octet_and_stand_where_they_begin(name: str) -> None:
    side, octets, _ = VECTORS[name]
    position = 0
    for item in read(side, octets, one_by_one):
        assert isinstance(item, Frame)
        while octets[position : position + 1] in (b"\r", b"\n"):  # empty lines belong to nobody
            position += 1
        assert item.mark.sequence == (2**32 - 3 + position) % 2**32
        assert octets[position : position + 3] == item.tokens[0][:3]
        position += item.octets
    assert position == len(octets)


@pytest.mark.parametrize(
    "octets",
    [
        b"VER MSNFTP\r\nUSR kim@b.example 123456\r\nTFR\r\nBYE 16777989\r\n",
        b"VER MSNFTP\r\nFIL 11\r\n\0\6\0hello \0\5\0world\1\0\0",
        b"\4\0\0\0foo\0" + b"\0\0\0\0" * 12,
        b"POST http://g.example/gateway/gateway.dll?Action=open HTTP/1.1\r\nAccept: */*\r\nHost: g\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nPUT: x\r\nUser-Agent: y\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) * 40,
        b"220 mail.example ESMTP\r\n250 hello\r\n354 go on\r\n",
        b"recipientid=5&sessionid=6\r\n\r\n",
        b"CNT 1 CON 112\r\n<connect><ver>2</ver></connect>",
    ],
)
@pytest.mark.parametrize("side", [C, S])
def test_other_protocols_give_no_frame(side: bool, octets: bytes) -> None:
    assert not [item for item in read(side, octets) if isinstance(item, Frame)]


def test_another_protocol_is_given_up_and_costs_nothing_more() -> None:
    framer = Framer(C, SHAPES[C], Limits())
    for _ in range(5):
        framer.feed(b"EHLO mail.example\r\n", Mark(0, 0, 0, ""))
    assert framer.hopeless
    assert framer.feed(b"VER 1 MSNP8 CVR0\r\n", Mark(0, 0, 0, "")) == []


def test_it_is_not_given_up_where_the_other_side_is_msnp() -> None:
    framer = Framer(C, SHAPES[C], Limits())
    framer.recognised = True
    for _ in range(500):
        framer.feed(b"no command\r\n", Mark(0, 0, 0, ""))
    items = framer.feed(join("VER 1 MSNP8 CVR0", "INF 2"), Mark(0, 0, 0, ""))
    assert [type(item) for item in items] == [Skipped, Frame, Frame]


def test_garbage_is_skipped_in_one_report_up_to_the_next_commands() -> None:
    octets = (
        join("ACK 1", "ACK 2", "ACK 3")
        + b"so\xff\0 what\r\nBYE\r\nelse\r\n"
        + join("JOI kim@b.example Kim 0", "ACK 9")
    )
    items = read(S, octets, one_by_one)
    skipped = [item for item in items if isinstance(item, Skipped)]
    assert [(item.octets, item.reason) for item in skipped] == [(22, "not a command")]
    assert frames([item for item in items if isinstance(item, Frame)]) == "ACK ACK ACK JOI ACK"


def test_control_characters_in_a_name_hide_no_message() -> None:
    octets = join(
        "JOI kim@b.example K\1m\x7f 0", ("MSG kim@b.example K\0\x1b[2J #", mime("hi")), "NLN NLN a@b \2 0"
    )
    assert frames(read(S, octets, one_by_one)) == "JOI MSG+64 NLN"
    assert frames(joined(b"tail\r\n" + octets)[1:]) == "JOI MSG+64 NLN"


def test_control_characters_where_none_can_be_make_a_line_implausible() -> None:
    octets = join("ACK 1", "ACK 2", "ACK 3", "JOI k\1m@b.example Kim 0", "ACK \0", "ACK 4", "ACK 5", "ACK 6")
    items = read(S, octets)
    assert [type(item) for item in items] == [Frame] * 3 + [Skipped] + [Frame] * 3


def test_a_length_beyond_the_limit_is_no_length() -> None:
    octets = join("JOI kim@b.example Kim 0", "MSG kim@b.example Kim 9999999", "ACK 1", "ACK 2", "ACK 3")
    items = read(S, octets)
    assert [type(item) for item in items] == [Frame, Skipped, Frame, Frame, Frame]


def test_a_line_without_end_is_skipped_in_bounded_memory() -> None:
    framer = Framer(S, SHAPES[S], Limits(line=1000))
    framer.feed(b"JOI kim@b.example Kim 0\r\n", Mark(0, 0, 0, ""))
    for _ in range(100):
        framer.feed(b"NLN " + b"x" * 96, Mark(0, 0, 0, ""))
        assert len(framer._octets.data) <= 1100
    items = framer.feed(b"\r\nACK 1\r\nACK 2\r\nACK 3\r\n", Mark(0, 0, 0, ""))
    assert [type(item) for item in items] == [Skipped, Frame, Frame, Frame]
    assert isinstance(items[0], Skipped)
    assert items[0].octets == 10_002


def test_marks_of_octets_that_wait_are_bounded() -> None:
    framer = Framer(S, SHAPES[S], Limits(marks=16))
    framer.feed(b"JOI kim@b.example Kim 0\r\n", Mark(0, 0, 0, ""))
    for index, octet in enumerate(b"NLN NLN kim@b.example Kim 0 " + b"x" * 5000):
        framer.feed(bytes([octet]), Mark(0, 25 + index, 0, ""))
        assert len(framer._octets._marks) <= 17


def test_a_gap_inside_a_payload_loses_only_what_it_hides() -> None:
    framer = Framer(S, SHAPES[S], Limits())
    octets = join(("MSG kim@b.example Kim #", mime("abcdefghij")))
    items = framer.feed(octets[:-8], Mark(0, 0, 0, ""))
    items += framer.gap(5, Mark(0, 0, 0, ""))
    items += framer.feed(octets[-3:] + b"BYE kim@b.example\r\n", Mark(0, 0, 0, ""))
    (message, bye) = items
    assert isinstance(message, Frame)
    assert message.payload is not None
    assert message.payload.missing == 5
    assert [piece[1][-2:] for piece in message.payload.pieces] == [b"ab", b"ij"]
    assert isinstance(bye, Frame)


def test_a_gap_up_to_a_payloads_end_hides_no_line() -> None:
    framer = Framer(S, SHAPES[S], Limits())
    octets = join(("MSG kim@b.example Kim #", mime("abcdefghij")))
    items = framer.feed(octets[:-8], Mark(0, 0, 0, "")) + framer.gap(8, Mark(0, 0, 0, ""))
    items += framer.feed(b"BYE kim@b.example\r\n", Mark(0, 0, 0, ""))
    assert [type(item) for item in items] == [Frame, Frame]


def test_a_gap_beyond_a_payload_cuts_it_and_is_a_loss() -> None:
    framer = Framer(S, SHAPES[S], Limits())
    octets = join(("MSG kim@b.example Kim #", mime("abcdefghij")))
    items = framer.feed(octets[:-8], Mark(0, 0, 0, "")) + framer.gap(9, Mark(3, 77, 0, ""))
    assert [type(item) for item in items] == [Frame, Loss]
    assert items[1].mark == Mark(3, 77, 0, "")


def test_a_gap_of_unknown_length_cuts_everything() -> None:
    framer = Framer(S, SHAPES[S], Limits())
    octets = join("JOI pat@c.example Pat", ("MSG kim@b.example Kim #", mime("abcdefghij")))
    items = framer.feed(octets[:-8], Mark(0, 0, 0, "")) + framer.gap(None, Mark(0, 500, 0, ""))
    items += framer.feed(b"JOI ana@d.example Ana 0\r\n", Mark(0, 500, 0, ""))
    assert [type(item) for item in items] == [Frame, Frame, Loss, Frame]
    assert items[3].mark.sequence == 500


def test_the_end_cuts_a_payload_and_reports_a_line_without_end() -> None:
    octets = join(("MSG kim@b.example Kim #", mime("abcdefghij")))
    (message,) = read(S, octets[:-4])
    assert isinstance(message, Frame)
    assert message.payload is not None
    assert message.payload.missing == 4
    items = read(S, octets + b"BYE kim@b")
    assert items[1:] == [Skipped(S, items[1].mark, 9, "cut by the end")]


def joined(octets: bytes, **more: Any) -> list[Item]:
    framer = Framer(S, SHAPES[S], Limits())
    items = framer.gap(None, Mark(0, 0, 0, ""))
    for index in range(len(octets)):
        items += framer.feed(octets[index : index + 1], Mark(0, index, 0, ""))
    return [item for item in items + framer.end() if not isinstance(item, Loss)]


def test_joined_in_a_payload_two_frames_verify_each_other() -> None:
    tail = b"rest of a text\r\n"
    items = joined(tail + join("JOI pat@c.example Pat 0", ("MSG kim@b.example Kim #", mime("hi"))))
    assert frames(items[1:]) == "JOI MSG+64"
    assert items[0] == Skipped(S, items[0].mark, len(tail), "before the first command")


def test_joined_right_at_a_telling_command_it_is_believed() -> None:
    assert frames(joined(join("USR 3 OK lou@a.example 1 0"))) == "USR"


def test_joined_at_a_weak_line_a_second_one_is_needed() -> None:
    assert frames(joined(join("ACK 3", "ACK 4"))) == "ACK ACK"
    items = joined(join("ACK 3") + b"what\r\n")
    assert [type(item) for item in items] == [Skipped]


def test_joined_in_a_text_that_imitates_commands_nothing_is_believed() -> None:
    body = b"...first\r\n\r\nMSG 9 N 5\r\nBYE nobody@z.example"
    items = joined(body + join("BYE kim@b.example", ("MSG kim@b.example Kim #", mime("hi")), "BYE kim@b.example"))
    assert frames([item for item in items if isinstance(item, Frame)]) == "MSG+64 BYE"
    items = joined(b"...\r\nMSG kim@b.example Kim 20\r\nnot headers at all..\r\nBYE kim@b.example\r\nend")
    assert [type(item) for item in items] == [Skipped]


def test_joined_late_one_telling_frame_at_the_end_is_believed_if_whole() -> None:
    octets = b"tail\r\n" + join(("MSG kim@b.example Kim #", mime("hi")))
    assert frames(joined(octets)[1:]) == "MSG+64"
    assert [type(item) for item in joined(octets[:-1])] == [Skipped]
    assert [type(item) for item in joined(b"tail\r\n" + join("BYE kim@b.example"))] == [Skipped]


def test_a_telling_frame_is_believed_where_the_next_gap_cuts_the_line_behind_it() -> None:
    octets = b"tail\r\n" + join(("MSG kim@b.example Kim #", mime("早安")))
    assert frames(joined(octets + b"MSG kim@b.exa")[1:-1]) == "MSG+68"
    assert [type(item) for item in joined(octets + b"MSX kim@b.exa")] == [Skipped]
    assert [type(item) for item in joined(octets + b"MS")] == [Skipped]
    weak = b"tail\r\n" + join("BYE kim@b.example")
    assert [type(item) for item in joined(weak + b"MSG kim@b.exa")] == [Skipped]


def test_a_command_glued_to_a_text_that_lost_its_beginning_is_found() -> None:
    message = ("MSG kim@b.example Kim #", mime("hi"))
    assert frames(joined(b"...tail" + join(message, "ACK 9"))[1:]) == "MSG+64 ACK"
    assert frames(joined(b"...tail" + join(message))[1:]) == "MSG+64"
    assert frames(joined(b"JOI us, MSG me JOI " + join("JOI pat@c.example Pat 0", message))[1:]) == "JOI MSG+64"


def test_a_glued_look_alike_is_not_believed() -> None:
    assert [type(item) for item in joined(b"see MSG kim@b.example Kim 5\r\nno headers\r\nand so on\r\n")] == [
        Skipped
    ]
    assert [type(item) for item in joined(b"see JOI pat@c.example Pat 0\r\nand so on\r\n")] == [Skipped]


def test_a_lost_first_segment_of_a_text_does_not_take_the_next_text_with_it() -> None:
    first, second = (
        join(("MSG kim@b.example Kim #", mime("x" * 1500))),
        join(("MSG kim@b.example Kim #", mime("hi"))),
    )
    framer = Framer(S, SHAPES[S], Limits())
    framer.feed(b"JOI kim@b.example Kim 0\r\n", Mark(0, 0, 0, ""))
    items = framer.gap(1448, Mark(0, 0, 0, ""))
    items += framer.feed(first[1448:], Mark(0, 0, 0, "")) + framer.feed(second, Mark(0, 0, 0, ""))
    items += framer.feed(b"ACK 1\r\n", Mark(0, 0, 0, ""))
    assert [type(item) for item in items] == [Loss, Skipped, Frame, Frame]
