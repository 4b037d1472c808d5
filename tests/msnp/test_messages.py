"""What people say to each other: texts, typing, nudges, actions."""

import pytest

from msnp.events import ActionText, Event, Nudge, TextMessage, TypingNotice, Undecoded
from tests.msnp.dialogue import SECOND, Said, Wire, events_of, mime, only, say, script, tell
from tests.msnp.test_switchboard import OPENED

KIM = "S: MSG kim@b.example Kim%20K #"


def texts(dialogue: list[Said]) -> list[TextMessage]:
    return [event for event in events_of([*OPENED, *dialogue]) if isinstance(event, TextMessage)]


def text(payload: bytes | str, line: str = KIM) -> TextMessage:
    (event,) = texts([say(line, payload)])
    return event


def test_an_own_text() -> None:
    event = text(
        mime("thé à 5 ?", X_MMS_IM_Format="FN=MS%20Shell%20Dlg; EF=BI; CO=ff; CS=86; PF=22"), "C: MSG 4 N #"
    )
    assert (event.sender, event.sender_name, event.transaction, event.acknowledgement) == (None, "Lou", 4, "N")
    assert (event.text, event.charset, event.length) == ("thé à 5 ?", "utf-8", 11)
    assert event.content_type == "text/plain"
    assert event.format == {
        "font": "MS Shell Dlg",
        "effects": "BI",
        "color": "FF0000",
        "charset": 0x86,
        "pitch_family": 0x22,
    }
    assert (event.known, event.missing, event.parts, event.message_id) == (None, 0, 1, None)


def test_a_contacts_text() -> None:
    event = text(mime("hello", User_Agent="x/1"))
    assert (event.sender, event.sender_name, event.transaction) == ("kim@b.example", "Kim K", None)
    assert (event.text, event.user_agent, event.format) == ("hello", "x/1", None)


@pytest.mark.parametrize(
    "body",
    [
        "",
        " both sides ",
        "\r\nbegins with a line end",
        "one\r\n\r\ntwo\r\n\r\n",
        "lf\nonly\n",
        "MSG kim@b.example Kim 9\r\nBYE kim@b.example\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
        "Content-Type: text/html\r\n\r\nno",
        "tab\tand\x00nul and \x1b[31m",
        "你好 😀 ∑ مرحبا",
        "x" * 5000,
    ],
)
def test_a_text_is_exactly_what_was_sent(body: str) -> None:
    assert [event.text for event in texts([say(KIM, mime(body)), *script("S: BYE kim@b.example")])] == [body]


@pytest.mark.parametrize(
    "payload",
    [
        b"mime-version: 1.0\r\ncontent-type: TEXT/PLAIN; Charset=utf-8\r\n\r\nhi\r\n",
        b"MIME-Version:1.0\r\nContent-Type:text/plain\r\n\r\nhi\r\n",
        b"MIME-Version: 1.0\r\nContent-Type: text/plain;\r\n charset=UTF-8\r\n\r\nhi\r\n",
        b"MIME-Version: 1.0\rContent-Type: text/plain\r\rhi\r\n",
        b"MIME-Version: 1.0\nContent-Type: text/plain\n\nhi\r\n",
        b"X-Odd\r\nContent-Type: text/plain\r\n\r\nhi\r\n",
        b'Content-Type: text/plain; charset="UTF-8"; x=y\r\n\r\nhi\r\n',
    ],
)
def test_headers_as_clients_write_them(payload: bytes) -> None:
    assert text(payload).text == "hi\r\n"
    assert text(payload).content_type == "text/plain"


def test_without_a_content_type_it_is_a_text_all_the_same() -> None:
    event = text(b"MIME-Version: 1.0\r\n\r\nhi")
    assert (event.text, event.content_type) == ("hi", None)


def test_without_headers_it_is_reported_as_unread() -> None:
    events = events_of(
        [*OPENED, say(KIM, b"just words"), say(KIM, b"\r\n\r\nwords"), say("S: MSG kim@b.example Kim 0")]
    )
    assert not only(events, TextMessage)
    assert len(only(events, Undecoded)) == 3


def test_the_name_asked_for_is_the_name_shown() -> None:
    event = text(mime("hi", P4_Context="Kimmy ☆"))
    assert (event.sender, event.sender_name, event.declared_name) == ("kim@b.example", "Kimmy ☆", "Kimmy ☆")


@pytest.mark.parametrize(
    ("octets", "declared", "expected", "charset"),
    [
        ("é".encode("latin-1"), None, "é", "cp1252"),
        ("é".encode("latin-1"), "UTF-8", "é", "cp1252"),
        ("привет".encode("koi8-r"), "koi8-r", "привет", "koi8-r"),
        ("你好".encode("gb18030"), "GB2312", "你好", "gb2312"),
        ("日本".encode("iso-2022-jp"), "iso-2022-jp", "日本", "iso-2022-jp"),
        ("café".encode(), "iso-8859-1", "café", "utf-8"),
        (b"\xed\xa0\xbd\xed\xb8\x80!", "UTF-8", "😀!", "utf-8"),
        ("好好".encode() + b"\xff", "UTF-8", "好好\ufffd", "utf-8"),
        (b"\xed\xa0\xbd!", None, "í\xa0½!", "cp1252"),
        (b"a\x81b\xff", None, "a\ufffdbÿ", "cp1252"),
        ("é".encode("latin-1"), "unicode_escape", "é", "cp1252"),
        (b"ok", "zlib", "ok", "utf-8"),
    ],
)
def test_character_sets(octets: bytes, declared: str | None, expected: str, charset: str) -> None:
    kind = f"text/plain; charset={declared}" if declared else "text/plain"
    event = text(mime(octets, kind))
    assert (event.text, event.charset) == (expected, charset)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            "FN=Segoe%20UI; EF=; PF=0 ;RL=1",
            {"font": "Segoe UI", "effects": "", "pitch_family": 0, "right_to_left": True},
        ),
        ("CO=0; CS=0; RL=0", {"color": "000000", "charset": 0, "right_to_left": False}),
        ("CO=80;EF=us", {"color": "800000", "effects": "US"}),
        ("CO=8000ff", {"color": "FF0080"}),
        ("CO=zz; CS=; FN=; nonsense;;=", {}),
        ("CO=123456789", {}),
    ],
)
def test_formats(value: str, expected: dict[str, object]) -> None:
    assert text(mime("x", X_MMS_IM_Format=value)).format == expected


def test_typing_and_recording() -> None:
    events = events_of(
        [
            *OPENED,
            say("C: MSG 5 U #", "Content-Type: text/x-msmsgscontrol\r\nTypingUser: lou@a.example\r\n\r\n\r\n"),
            say(KIM, "Content-Type: text/x-msmsgscontrol\r\nTypingUser: kim@b.example\r\n\r\n"),
            say(KIM, "Content-Type: text/x-msmsgscontrol\r\nRecordingUser: kim@b.example\r\n\r\n"),
            say(KIM, "Content-Type: text/x-msmsgscontrol\r\n\r\n"),
        ]
    )
    assert tell(only(events, TypingNotice)) == [
        "TypingNotice - False",
        "TypingNotice kim@b.example False",
        "TypingNotice kim@b.example True",
    ]


def test_nudges_and_actions() -> None:
    def datacast(body: str) -> Said:
        return say(KIM, mime(body, "text/x-msnmsgr-datacast"))

    events = events_of(
        [
            *OPENED,
            datacast("ID: 1\r\n\r\n"),
            datacast("ID: 4\r\nData: waves 你\r\n\r\n"),
            datacast("ID: 2\r\nData: x\r\n"),
        ]
    )
    assert tell(only(events, Nudge, ActionText)) == ["Nudge kim@b.example", "ActionText kim@b.example waves 你"]


def test_other_contents_are_counted_and_no_texts() -> None:
    wire = Wire().play(OPENED)
    for kind in ("application/x-msnmsgrp2p", "text/x-mms-emoticon", "text/x-clientcaps", "text/html", "x/y"):
        wire.play([say(KIM, mime("\0\1\2", kind))])
    events = wire.end()
    assert not only(events, TextMessage, Undecoded)
    assert wire.session.counters["content application/x-msnmsgrp2p"] == 1
    assert wire.session.counters["content other"] == 2
    assert wire.session.counters["S MSG"] == 5


def test_a_sender_that_is_none_is_reported() -> None:
    events = events_of([*OPENED, say("S: MSG nobody Kim #", mime("hi"))])
    assert not only(events, TextMessage)
    assert "Undecoded 83 malformed MSG: no account" in tell(events)


# --- the own account, from what it sends --------------------------------------------------------------------


def learn(payload: bytes | str) -> list[str]:
    wire = Wire()
    wire.join(True)
    return tell(wire.play([say("C: MSG 5 U #", payload)]).end())


def test_typing_names_the_own_account() -> None:
    told = learn("MIME-Version: 1.0\r\nContent-Type: text/x-msmsgscontrol\r\nTypingUser: Lou@a.example\r\n\r\n\r\n")
    assert told == ["ServerKnown False", "AccountKnown lou@a.example TypingUser", "TypingNotice - False"]


def test_p2p_source_names_the_own_account() -> None:
    told = learn(
        "MIME-Version: 1.0\r\nContent-Type: application/x-msnmsgrp2p\r\nP2P-Src: lou@a.example;{0-1}\r\n\r\n\0"
    )
    assert told == ["ServerKnown False", "AccountKnown lou@a.example P2P-Src"]


def test_an_incoming_typing_notice_names_nobody() -> None:
    wire = Wire()
    wire.join(False)
    wire.play([say(KIM, "Content-Type: text/x-msmsgscontrol\r\nTypingUser: lou@a.example\r\n\r\n")])
    assert "AccountKnown" not in " ".join(tell(wire.end()))


# --- losses -------------------------------------------------------------------------------------------------


def torn(payload: bytes, start: int, length: int) -> list[Event]:
    """A text that loses ``length`` octets of its payload from ``start`` on."""
    line, _ = say(KIM, payload)[1].split(b"\r\n", 1)
    wire = Wire().play(OPENED)
    wire.send(False, line + b"\r\n" + payload[:start])
    wire.lose(False, length)
    wire.send(False, payload[start + length :])
    wire.play([say(KIM, mime("next"))])
    return only(wire.end(), TextMessage, Undecoded)


def test_a_torn_body_keeps_its_pieces_and_where_they_were() -> None:
    payload = mime("hello wide world")
    first, following = torn(payload, len(payload) - 10, 4)
    assert isinstance(first, TextMessage)
    assert (first.text, first.missing, first.length) == ("hello  world", 4, 16)
    assert first.known == ((0, b"hello "), (10, b" world"))
    assert isinstance(following, TextMessage)
    assert following.text == "next"


def test_a_torn_character_is_replaced_and_the_rest_stays_utf8() -> None:
    payload = mime("你好你好")
    first, _ = torn(payload, len(payload) - 8, 4)
    assert isinstance(first, TextMessage)
    assert (first.text, first.charset) == ("你\ufffd\ufffd好", "utf-8")


def test_a_text_torn_in_its_headers_is_still_found() -> None:
    payload = mime("hello", X_MMS_IM_Format="FN=Arial; EF=; CO=0; CS=0; PF=0")
    first, _ = torn(payload, 60, 15)
    assert isinstance(first, TextMessage)
    assert (first.text, first.content_type) == ("hello", "text/plain")


def test_a_text_torn_over_its_blank_line_keeps_its_text() -> None:
    payload = mime("hello wide world")
    first, _ = torn(payload, len(payload) - 18, 4)
    assert isinstance(first, TextMessage)
    assert (first.text, first.missing) == ("llo wide world", 4)


def test_a_payload_that_lost_its_content_type_is_not_guessed() -> None:
    payload = mime("hello", "application/x-msnmsgrp2p")
    first, following = torn(payload, 5, 50)
    assert isinstance(first, Undecoded)
    assert isinstance(following, TextMessage)


# --- several parts ------------------------------------------------------------------------------------------


def part(
    index: int, body: bytes | str, total: int = 3, name: str = "{9-9}", kind: str = "text/plain; charset=UTF-8"
) -> Said:
    if index == 0:
        return say(KIM, mime(body, kind, Message_ID=name, Chunks=str(total)))
    return say(KIM, mime(body, None, Message_ID=name, Chunk=str(index)))


def test_parts_are_one_text_at_the_first_parts_mark() -> None:
    whole = "long 你好 text".encode()
    wire = Wire().play(OPENED)
    where = wire.next[False]
    wire.play([part(0, whole[:6]), say(KIM, mime("between")), part(1, whole[6:9]), part(2, whole[9:])])
    between, event = only(wire.events, TextMessage)
    assert isinstance(event, TextMessage)
    assert (event.text, event.parts, event.parts_missing, event.missing) == ("long 你好 text", 3, 0, 0)
    assert (event.message_id, event.length, event.known) == ("{9-9}", len(whole), None)
    assert event.mark.sequence == where
    assert tell([between]) == ["TextMessage kim@b.example between"]


def test_own_parts_and_a_contacts_under_one_id_are_two_texts() -> None:
    own = [
        say("C: MSG 7 A #", mime("mine ", Message_ID="{9-9}", Chunks="2")),
        say("C: MSG 8 A #", mime("own", None, Message_ID="{9-9}", Chunk="1")),
    ]
    events = texts([own[0], part(0, "yours ", 2), own[1], part(1, "too", 2)])
    assert [(event.sender, event.text, event.transaction) for event in events] == [
        (None, "mine own", 7),
        ("kim@b.example", "yours too", None),
    ]


def test_a_lost_part_is_counted_not_waited_for_for_ever() -> None:
    (event,) = texts([part(0, "begin "), part(2, "end")])
    assert (event.text, event.parts, event.parts_missing) == ("begin end", 3, 1)
    wire = Wire().play([*OPENED, part(0, "begin ")]).wait(121)
    wire.play([say(KIM, mime("much later"))])
    assert tell(only(wire.events, TextMessage)) == [
        "TextMessage kim@b.example begin ",
        "TextMessage kim@b.example much later",
    ]


def test_a_lone_later_part_is_reported() -> None:
    (event,) = texts([part(1, "end")])
    assert (event.text, event.content_type, event.parts, event.parts_missing) == ("end", None, 2, 1)


def test_an_id_used_again_is_another_text() -> None:
    events = texts([part(0, "one ", 2), part(0, "two ", 2), part(1, "end", 2)])
    assert [(event.text, event.parts_missing) for event in events] == [("one ", 1), ("two end", 0)]


def test_parts_of_other_contents_are_no_texts() -> None:
    assert texts([part(0, "base64:", 2, kind="image/gif"), part(1, "AAAA", 2)]) == []


def test_a_message_of_one_part_is_a_text_at_once() -> None:
    (event,) = texts([part(0, "all", 1)])
    assert (event.text, event.parts, event.message_id) == ("all", 1, "{9-9}")


def test_late_parts_do_not_grow_without_bound() -> None:
    wire = Wire().play(OPENED)
    for number in range(200):
        wire.play([part(0, "x" * 100_000, 3, name=f"{{{number}}}")])
        waiting = wire.session._state.part_texts
        assert waiting is not None
        assert waiting._octets <= 1024 * 1024
    assert len(only(wire.end(), TextMessage)) == 200


def test_time_of_parts_is_capture_time() -> None:
    wire = Wire().play(OPENED)
    wire.play([part(0, "a", 2)])
    wire.time += 100 * SECOND
    wire.play([part(1, "b", 2)])
    assert tell(only(wire.events, TextMessage)) == ["TextMessage kim@b.example ab"]
