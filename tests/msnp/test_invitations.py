"""Invitations: files, calls, webcams and other programs, and their answers."""

from base64 import b64encode
from collections.abc import Sequence

import pytest

from msnp.events import Event, Sending, Undecoded
from msnp.invitations import MAX_ADDRESSES, MAX_OPEN, MAX_TAKERS, addresses
from msnp.links import Links
from msnp.rendezvous import FtpMeeting
from tests.msnp.dialogue import Said, Wire, events_of, mime, only, say
from tests.msnp.test_messages import KIM
from tests.msnp.test_switchboard import INVITED, OPENED

LOU = "C: MSG 8 S #"
KIND = "text/x-msmsgsinvite; charset=UTF-8"
FILE = "{5D3E02AB-6190-11d3-BBBB-00C04F795683}"
CALL = "{02D3C01F-BF30-4825-A83A-DE7AF41648AA}"


def invite(line: str, command: str | None, cookie: str | None = "33267", **fields: str) -> Said:
    said = {name.replace("_", "-"): value for name, value in fields.items()}
    if command is not None:
        said["Invitation-Command"] = command
    if cookie is not None:
        said["Invitation-Cookie"] = cookie
    return say(line, mime("".join(f"{name}: {value}\r\n" for name, value in said.items()) + "\r\n", KIND))


def told(*dialogue: Said) -> list[Sending]:
    return sendings(events_of([*OPENED, *dialogue]))


def sendings(events: Sequence[Event]) -> list[Sending]:
    return [event for event in events if isinstance(event, Sending)]


OFFER = {
    "Application_Name": "File Transfer",
    "Application_GUID": FILE,
    "Application_File": "计划 plan.txt",
    "Application_FileSize": "11",
}


def test_a_file_is_offered_and_taken() -> None:
    offer, accepted = told(
        invite(LOU, "INVITE", **OFFER, Connectivity="N"),
        invite(
            KIM,
            "ACCEPT",
            IP_Address="192.0.2.50",
            IP_Address_Internal="10.0.0.3",
            Port="6891",
            PortX="11178",
            AuthCookie="123456",
            Sender_Connect="TRUE",
            Launch_Application="FALSE",
            Request_Data="IP-Address:",
        ),
    )
    assert (offer.kind, offer.sender, offer.identity) == ("file-offer", None, "33267 invite")
    assert (offer.recipient, offer.transfer, offer.file) == ("kim@b.example", "ftp-33267", None)
    assert offer.details == {
        "application": "File Transfer",
        "application_id": FILE.upper(),
        "cookie": "33267",
        "command": "invite",
        "file_name": "计划 plan.txt",
        "size": 11,
        "connectivity": "N",
    }
    assert (accepted.kind, accepted.sender, accepted.identity) == (
        "file-accept",
        "kim@b.example",
        "33267 accept",
    )
    assert (accepted.recipient, accepted.transfer) == ("lou@a.example", "ftp-33267")
    assert accepted.details == {
        "application": "File Transfer",
        "application_id": FILE.upper(),
        "cookie": "33267",
        "command": "accept",
        "file_name": "计划 plan.txt",
        "size": 11,
        "port_x": "11178",
        "sender_connect": "TRUE",
        "launch": "FALSE",
        "addresses": ["192.0.2.50:6891", "10.0.0.3"],
        "internal": ["10.0.0.3"],
    }


@pytest.mark.parametrize(
    ("line", "code", "by_inviter"),
    [
        (KIM, "REJECT", False),
        (KIM, "REJECT_NOT_INSTALLED", False),
        (LOU, "TIMEOUT", True),
        (LOU, "OUTBANDCANCEL", True),
    ],
)
def test_a_file_is_refused_or_withdrawn(line: str, code: str, by_inviter: bool) -> None:
    _, declined = told(invite(LOU, "INVITE", **OFFER), invite(line, "CANCEL", Cancel_Code=code))
    assert declined.kind == "file-decline"
    details = declined.details
    assert (details["reason"], details["by_inviter"], details["file_name"]) == (code, by_inviter, "计划 plan.txt")


@pytest.mark.parametrize(
    ("guid", "name", "kind"),
    [
        (CALL, "a Computer Call", "call"),
        (CALL.lower(), None, "call"),
        (None, "Voice Conversation", "call"),
        (None, "an audio conversation", "call"),
        (None, "a Video Conversation", "call"),
        ("{2A23868E-B45F-401D-B8B0-1E16B774A5B7}", "Caméra", "webcam"),
        (None, "Web Camera", "webcam"),
        ("{44BBA842-CC51-11CF-AAFA-00AA00B6015C}", None, "application"),
        (None, "NetMeeting", "application"),
        ("{56B994A7-380F-410B-9985-C809D78C1BDC}", "Remote Assistance", "application"),
        ("{F1B1920C-6A3C-4CE7-B18C-AFAB305FD03D}", "Whiteboard", "application"),
        ("{8DAE4336-2B71-11D4-9A6C-006067325E47}", None, "application"),
        ("{00000000-0000-0000-0000-000000000000}", "扫雷", "application"),
        (None, "Video Poker", "application"),
        ("{00000000-0000-0000-0000-000000000000}", None, "application"),
        (FILE, "Transfert de fichiers", "file-offer"),
        (None, "File Transfer", "file-offer"),
    ],
)
def test_programs_by_guid_or_name(guid: str | None, name: str | None, kind: str) -> None:
    fields = {"Application_GUID": guid, "Application_Name": name}
    (event,) = told(invite(KIM, "INVITE", **{key: value for key, value in fields.items() if value is not None}))
    assert event.kind == kind
    assert event.details.get("application_id") == (None if guid is None else guid.upper())
    if name is not None:
        assert event.details["application"] == name


def test_a_call_tells_where_both_sides_are_and_how_it_ended() -> None:
    events = told(
        invite(
            KIM,
            "INVITE",
            Application_GUID=CALL,
            Application_Name="an audio conversation",
            Session_ID="{6672F94C-45BF-11D7-B4AE-00010A1008DF}",
            Session_Protocol="SM1",
            Conn_Type="Direct-Connect",
            Private_IP="10.0.0.3",
            Public_IP="203.0.113.9",
            UPnP="FALSE",
        ),
        invite(LOU, "ACCEPT", IP_Address="192.0.2.50:5060", IP_Address_Enc64=b64encode(b"192.0.2.51:7").decode()),
        invite(KIM, "CANCEL", Cancel_Code="USER_CANCEL"),
    )
    assert [(event.kind, event.details["command"]) for event in events] == [
        ("call", "invite"),
        ("call", "accept"),
        ("call", "cancel"),
    ]
    opened, accepted, ended = (event.details for event in events)
    assert opened["addresses"] == ["203.0.113.9", "10.0.0.3"]
    assert (opened["external"], opened["internal"]) == (["203.0.113.9"], ["10.0.0.3"])
    assert (opened["session_id"], opened["connection"]) == (
        "{6672F94C-45BF-11D7-B4AE-00010A1008DF}",
        "Direct-Connect",
    )
    assert accepted["addresses"] == ["192.0.2.50:5060", "192.0.2.51:7"]
    assert (ended["reason"], ended["application"], ended["by_inviter"]) == (
        "USER_CANCEL",
        "an audio conversation",
        True,
    )


def test_an_answer_whose_invitation_was_missed_says_what_it_can() -> None:
    (event,) = told(invite(KIM, "ACCEPT", cookie="1", IP_Address="192.0.2.50"))
    assert event.kind == "application"
    assert event.details == {"cookie": "1", "command": "accept", "addresses": ["192.0.2.50"]}


def test_only_files_have_an_auth_cookie() -> None:
    (event,) = told(invite(KIM, "ACCEPT", AuthCookie="9", IP_Address="192.0.2.50", Port="6891"))
    assert event.kind == "file-accept"


def test_two_invitations_are_told_apart_by_their_cookies() -> None:
    events = told(
        invite(LOU, "INVITE", "1", **OFFER),
        invite(LOU, "INVITE", "2", Application_GUID=CALL),
        invite(KIM, "CANCEL", "1", Cancel_Code="REJECT"),
        invite(KIM, "ACCEPT", "2"),
    )
    assert [event.kind for event in events] == ["file-offer", "call", "file-decline", "call"]
    assert len({event.identity for event in events}) == 4


def test_without_a_cookie_it_is_told_all_the_same() -> None:
    (event,) = told(invite(KIM, "INVITE", None, **OFFER))
    assert event.kind == "file-offer"
    assert event.identity


def test_without_a_command_it_is_reported() -> None:
    events = events_of([*OPENED, invite(KIM, None, **OFFER), say(KIM, mime("你好"))])
    assert not sendings(events)
    assert len(only(events, Undecoded)) == 1


def test_a_torn_invitation_tells_whole_lines_and_what_is_missing() -> None:
    (_, octets) = invite(LOU, None, None, Invitation_Command="INVITE", Invitation_Cookie="7", **OFFER)
    at = octets.index(b"plan.txt")
    wire = Wire().play(OPENED)
    wire.send(True, octets[:at])
    wire.lose(True, 4)
    wire.send(True, octets[at + 4 :])
    (event,) = sendings(wire.end())
    assert (event.kind, event.details["cookie"], event.details["missing"]) == ("file-offer", "7", 4)
    assert "file_name" not in event.details


def test_an_invitation_made_while_nobody_asked_is_known_when_it_is_answered() -> None:
    wire = Wire().play(OPENED)
    wire.session.muted = True
    wire.play([say(KIM, mime("to speak is to be here"))])
    wire.play([invite(KIM, "INVITE", "1", **OFFER), invite(LOU, "INVITE", "2", Application_GUID=CALL)])
    wire.play([say("S: ACK 8")])
    assert sendings(wire.events) == []
    wire.session.muted = False
    wire.play([invite(LOU, "CANCEL", "1", Cancel_Code="REJECT"), invite(KIM, "ACCEPT", "2")])
    assert [event.kind for event in sendings(wire.events)] == ["file-decline", "call"]


def test_open_invitations_are_bounded() -> None:
    wire = Wire().play(OPENED)
    for number in range(300):
        wire.play([invite(KIM, "INVITE", str(number), **OFFER)])
    invitations = wire.session._state.invitations
    assert invitations is not None
    assert len(invitations) == MAX_OPEN


# --- the connection that brings the file ----------------------------------------------------------------------

WHERE = {"IP_Address": "192.0.2.50", "Port": "6893", "AuthCookie": "5100"}
PAT = "S: MSG pat@c.example Pat #"


def met(*dialogue: Said, opened: Sequence[Said] = OPENED, port: int = 6893) -> list[FtpMeeting]:
    """What is awaited after it."""
    links = Links()
    wire = Wire(links).play([*opened, *dialogue])
    wire.end()
    return links.rendezvous.ftp("5100", port, wire.time)


def ends(meetings: Sequence[FtpMeeting]) -> list[tuple[str | None, str | None]]:
    return [(meeting.sender, meeting.recipient) for meeting in meetings]


def test_who_offers_a_file_tells_where_it_is_fetched() -> None:
    (meeting,) = met(
        invite(LOU, "INVITE", **OFFER),
        invite(KIM, "ACCEPT", Launch_Application="FALSE"),
        invite(LOU, "ACCEPT", **WHERE),
    )
    assert (meeting.sender, meeting.recipient) == ("lou@a.example", "kim@b.example")
    assert (meeting.transfer, meeting.name, meeting.size) == ("ftp-33267", "计划 plan.txt", 11)
    assert (meeting.port, meeting.auth_cookie) == (6893, "5100")
    assert (meeting.own.account, meeting.own.session_id) == ("lou@a.example", "7788")


def test_who_takes_a_file_may_tell_where_it_is_brought() -> None:
    offer, answer = (invite(KIM, "INVITE", **OFFER), invite(LOU, "ACCEPT", **WHERE, Sender_Connect="TRUE"))
    assert ends(met(offer, answer)) == [("kim@b.example", "lou@a.example")]
    assert ends(met(answer)) == [("kim@b.example", "lou@a.example")]  # the offer was missed


def test_where_the_offer_was_missed_the_one_who_listens_sends() -> None:
    assert ends(met(invite(KIM, "ACCEPT", **WHERE))) == [("kim@b.example", "lou@a.example")]
    assert ends(met(invite(LOU, "ACCEPT", **WHERE))) == [("lou@a.example", "kim@b.example")]


def test_among_several_the_one_who_accepted_is_the_one_who_gets_it() -> None:
    offer, where = invite(KIM, "INVITE", **OFFER), invite(KIM, "ACCEPT", **WHERE)
    mine, pats = invite(LOU, "ACCEPT"), invite(PAT, "ACCEPT")
    assert ends(met(offer, pats, where, opened=INVITED)) == [("kim@b.example", "pat@c.example")]
    assert ends(met(offer, mine, where, opened=INVITED)) == [("kim@b.example", "lou@a.example")]
    assert ends(met(offer, mine, pats, where, opened=INVITED)) == [("kim@b.example", None)]
    assert ends(met(where, opened=INVITED)) == [("kim@b.example", None)]
    assert met(invite(LOU, "ACCEPT", **WHERE, Sender_Connect="TRUE"), opened=INVITED) == []


def test_in_a_group_a_step_is_for_everybody() -> None:
    events = sendings(events_of([*INVITED, invite(KIM, "INVITE", **OFFER), invite(LOU, "ACCEPT")]))
    assert [(event.recipient, event.transfer) for event in events] == [(None, "ftp-33267")] * 2


def test_a_step_names_nobody_where_it_was_not_seen_who_is_there() -> None:
    (event,) = sendings(events_of([invite(KIM, "INVITE", **OFFER)]))
    assert event.recipient is None


def test_both_ports_of_a_router_are_awaited() -> None:
    steps = (invite(LOU, "INVITE", **OFFER), invite(LOU, "ACCEPT", **WHERE, PortX="30001"))
    assert [len(met(*steps, port=port)) for port in (6893, 30001)] == [1, 1]
    own = invite(LOU, "ACCEPT", IP_Address="192.0.2.50:7002", AuthCookie="5100")
    assert [meeting.port for meeting in met(own, port=7002)] == [7002]


@pytest.mark.parametrize(
    "where",
    [
        {"Port": "6893"},
        {"AuthCookie": "5100"},
        {"AuthCookie": "5100", "Port": "0"},
        {"AuthCookie": "5100", "Port": "65536"},
        {"AuthCookie": "5100", "Port": "６８９３"},
        {"AuthCookie": "5" * 4000, "Port": "6893"},
    ],
)
def test_without_a_port_and_a_number_nothing_is_awaited(where: dict[str, str]) -> None:
    assert met(invite(LOU, "INVITE", **OFFER), invite(LOU, "ACCEPT", **where)) == []


@pytest.mark.parametrize("cookie", ["计划", "9" * 65, "a b", "../../x\u202e"])
def test_a_transfer_has_a_short_name_whatever_its_number_is(cookie: str) -> None:
    (event,) = told(invite(KIM, "INVITE", cookie, **OFFER))
    assert event.transfer is not None
    assert event.transfer.isascii()
    assert len(event.transfer) < 80
    assert event.transfer.isprintable()


def test_one_answer_after_another_makes_few_takers() -> None:
    wire = Wire().play([*INVITED, invite(KIM, "INVITE", "1", **OFFER)])
    for number in range(100):
        wire.play([invite(f"S: MSG p{number}@c.example P #", "ACCEPT", "1", **WHERE)])
    assert len(wire.session._state.invitations[None, "1"].takers) <= MAX_TAKERS  # type: ignore[index]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"ip-address": "192.0.2.1:80 10.0.0.1, 10.0.0.2"}, "192.0.2.1:80 10.0.0.1 10.0.0.2"),
        ({"ip-address": "2001:db8::1;[2001:db8::2]:90"}, "2001:db8::1 [2001:db8::2]:90"),
        ({"ip-address": "nonsense 300.1.1.1 1.2.3"}, ""),
        ({"ip-address": "192.0.2.1:0 192.0.2.2:99999"}, "192.0.2.1 192.0.2.2"),
        ({"ip-address": "192.0.2.1", "port": "x"}, "192.0.2.1"),
        ({"ip-address-enc64": "!!!"}, ""),
        ({"ip-address-enc64": "A"}, ""),
    ],
)
def test_addresses_as_they_may_stand(fields: dict[str, str], expected: str) -> None:
    found = addresses(fields).get("addresses", [])
    assert isinstance(found, list)
    assert " ".join(found) == expected


def test_addresses_are_bounded() -> None:
    many = " ".join(f"10.0.{number // 256}.{number % 256}" for number in range(1000))
    found = addresses({"ip-address": many, "private-ip": many})["addresses"]
    assert isinstance(found, list)
    assert len(found) == MAX_ADDRESSES
