"""What the notification server itself says by MSG."""

import pytest

from msnp.events import Event, MailNoticed
from tests.msnp.dialogue import Said, Wire, events_of, mime, say, script

LOGIN = [say("S: VER 1 MSNP12"), *script("S: USR 4 OK lou@a.example 1 0")]


def notice(body: str, kind: str) -> Said:
    return say("S: MSG Hotmail Hotmail #", mime(body, f"{kind}; charset=UTF-8"))


def notices(events: list[Event]) -> list[MailNoticed]:
    return [event for event in events if isinstance(event, MailNoticed)]


DATA = """Mail-Data: <MD><E><I>12</I><IU>3</IU><O>4</O><OU>1</OU></E><Q><QTM>409600</QTM><QNM>204800</QNM></Q>\
<M><T>11</T><S>6</S><RT>2009-03-01T10:20:30.123Z</RT><RS>0</RS><SZ>1024</SZ><E>kim@b.example</E><I>AB-1</I>\
<F>00000000-0000-0000-0000-000000000009</F><N>=?utf-8?B?6YeR?=</N></M>\
<M><T>11</T><S>6</S><SZ>512</SZ><E>pat@c.example</E><I>AB-2</I><F>.!!OIM</F><N>Pat</N></M></MD>
"""


@pytest.mark.parametrize("kind", ["text/x-msmsgsinitialmdatanotification", "text/x-msmsgsoimnotification"])
def test_each_offline_message_is_told(kind: str) -> None:
    box, first, second = notices(events_of([*LOGIN, notice(f"{DATA}Inbox-URL: /cgi-bin/HoTMaiL\r\n", kind)]))
    assert box.fields == {
        "Inbox-URL": "/cgi-bin/HoTMaiL",
        "inbox": "12",
        "inbox_unread": "3",
        "folders": "4",
        "folders_unread": "1",
        "quota": "409600",
        "quota_used": "204800",
        "waiting": "2",
    }
    assert first.fields == {
        "type": "11",
        "about": "offline message",
        "status": "6",
        "time": "2009-03-01T10:20:30.123Z",
        "read": "0",
        "size": "1024",
        "sender": "kim@b.example",
        "sender_name": "金",
        "id": "AB-1",
        "folder": "00000000-0000-0000-0000-000000000009",
    }
    assert (second.fields["sender"], second.fields["id"]) == ("pat@c.example", "AB-2")
    assert [event.ordinal for event in (box, first, second)] == [0, 1, 2]
    assert {event.content_type for event in (box, first, second)} == {kind}


def test_too_much_for_one_notice() -> None:
    (event,) = notices(
        events_of([*LOGIN, notice("Mail-Data: too-large\r\n", "text/x-msmsgsinitialmdatanotification")])
    )
    assert event.fields == {"Mail-Data": "too-large"}


@pytest.mark.parametrize(
    ("kind", "body", "fields"),
    [
        (
            "text/x-msmsgsinitialemailnotification",
            "Inbox-Unread: 1\r\nFolders-Unread: 0\r\n",
            {"Inbox-Unread": "1", "Folders-Unread": "0"},
        ),
        (
            "text/x-msmsgsemailnotification",
            "From: =?UTF-8?B?Sm9zw6k=?=\r\nSubject: =?UTF-8?Q?caf=C3=A9?=\r\n",
            {"From": "José", "Subject": "café"},
        ),
        ("application/x-msmsgsemailnotification", "Subject: hi\r\n", {"Subject": "hi"}),
        (
            "text/x-msmsgsactivemailnotification",
            "Src-Folder: .!!OIM\r\nMessage-Delta: 1\r\n",
            {"Src-Folder": ".!!OIM", "Message-Delta": "1"},
        ),
    ],
)
def test_mail(kind: str, body: str, fields: dict[str, str]) -> None:
    (event,) = notices(events_of([*LOGIN, notice(body, kind)]))
    assert (event.content_type, event.fields) == (kind, fields)


def test_servers_going_down() -> None:
    kind = "application/x-msmsgssystemmessage"
    (event,) = notices(events_of([*LOGIN, notice("Type: 1\r\nArg1: 5\r\n", kind)]))
    assert (event.content_type, event.fields) == (kind, {"Type": "1", "Arg1": "5", "maintenance_in_minutes": "5"})
    (event,) = notices(events_of([*LOGIN, notice("Type: 2\r\nArg1: 5\r\n", kind)]))
    assert event.fields == {"Type": "2", "Arg1": "5"}


def test_hostile_mail_data_is_bounded() -> None:
    body = "Mail-Data: <MD>" + "<M><E>kim@b.example</E></M>" * 3000 + "</MD>"
    events = notices(events_of([*LOGIN, notice(body, "text/x-msmsgsoimnotification")]))
    assert events[0].fields["waiting"] == "3000"
    assert len(events) == 1025
    for broken in ("<MD", "<MD><E><I>1", "</MD><M>", "<MD>" * 500):
        assert notices(events_of([*LOGIN, notice(f"Mail-Data: {broken}", "text/x-msmsgsoimnotification")]))


def test_notice_cut_by_loss_says_so() -> None:
    _, octets = notice(DATA, "text/x-msmsgsoimnotification")
    wire = Wire().play(LOGIN)
    wire.send(False, octets[:-200])
    wire.lose(False, octets[-200:])
    box, *_ = notices(wire.end())
    assert box.fields["missing"] == "200"
