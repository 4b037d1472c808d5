"""Logging in and out on a notification server."""

import pytest

from msnp.events import Event, LoggedIn, LoggedOut, MailNoticed, ProfileLearnt, ProfileReceived, Rung, VersionAgreed
from tests.msnp.dialogue import Wire, events_of, only, say, script, tell

BEGIN = script("""
    C: VER 1 MSNP12 MSNP11 CVR0
    S: VER 1 MSNP12
    C: CVR 2 0x0407 winnt 5.1 i386 MSNMSGR 7.5.0299 MSMSGS Lou@A.example
    S: CVR 2 7.5 7.5 6.2 http://x.test/i.exe http://x.test
    C: USR 3 TWN I Lou@A.example
""")
LOGIN = [
    *BEGIN,
    *script("""
    S: USR 3 TWN S lc=1033,id=507
    C: USR 4 TWN S t=secret&p=secret
    S: USR 4 OK lou@a.example 1 0
"""),
]


def test_login_names_the_account_and_what_the_client_said_of_itself() -> None:
    events = events_of(LOGIN)
    assert tell(events) == [
        "ServerKnown True",
        "VersionAgreed 12",
        "AccountKnown lou@a.example USR OK",
        "LoggedIn lou@a.example - -",
        "LoggedOut connection-end",
    ]
    (login,) = only(events, LoggedIn)
    assert isinstance(login, LoggedIn)
    assert login.details == {
        "locale": "0x0407",
        "os": "winnt",
        "os_version": "5.1",
        "architecture": "i386",
        "client": "MSNMSGR",
        "client_version": "7.5.0299",
        "locale_name": "de-DE",
        "client_claims_account": "lou@a.example",
        "recommended_version": "7.5",
        "offered_versions": ["MSNP12", "MSNP11"],
        "login": "TWN",
        "credential": True,
        "verified": True,
    }
    assert "secret" not in repr(events)


def test_cvr_with_tabs_is_read() -> None:
    events = events_of(
        script("""
        C: VER 4 MSNP8 CVR0
        S: VER 4 MSNP8
        C: CVR 5 0x0409 win 4.10 i386 MSNMSGR 5.0.0544 MSMSGS\tlou@a.example
        S: USR 7 OK lou@a.example Lou%20%28work%29 1 0
    """)
    )
    (login,) = only(events, LoggedIn)
    assert isinstance(login, LoggedIn)
    assert login.name == "Lou (work)"
    assert login.details["client_version"] == "5.0.0544"


def test_every_form_of_usr_ok() -> None:
    for version, line, name in (
        (7, "USR 4 OK lou@a.example Lou 1", "Lou"),
        (7, "USR 4 OK lou@a.example 7 1", "7"),
        (8, "USR 4 OK lou@a.example Lou 1 0", "Lou"),
        (3, "USR 4 OK lou@a.example Lou", "Lou"),
        (12, "USR 4 OK lou@a.example 1 0", None),
        (12, "USR 4 OK Lou@A.example;{0-1} 1 0", None),
    ):
        events = events_of([say(f"S: VER 1 MSNP{version}"), say(f"S: {line}")])
        (login,) = only(events, LoggedIn)
        assert isinstance(login, LoggedIn)
        assert (login.account, login.name) == ("lou@a.example", name), line


def test_a_dispatch_server_logs_nobody_in_or_out() -> None:
    events = events_of([*BEGIN, say("S: XFR 3 NS 192.0.2.1:1863 0 192.0.2.2:1863")])
    assert tell(events) == ["ServerKnown True", "VersionAgreed 12"]


def test_the_highest_version_of_an_answer_counts() -> None:
    assert "VersionAgreed 10" in tell(events_of(script("S: VER 1 MSNP10 MSNP9 CVR0")))
    assert tell(events_of(script("S: VER 1 0"))) == ["ServerKnown True"]


def test_a_circle_ticket_is_no_second_login() -> None:
    events = events_of([*LOGIN, *script("C: USR 9 SHA A dGlja2V0\nS: USR 9 OK lou@a.example 0 0")])
    assert len(only(events, LoggedIn)) == 1
    wire = Wire()
    wire.join(False)
    wire.play(script("S: USR 9 OK lou@a.example 0 0\nS: QNG 50"))
    assert tell(wire.end()) == [
        "ServerKnown True",
        "AccountKnown lou@a.example USR OK",
        "LoggedOut connection-end",
    ]


def test_a_refused_login_says_why_and_proves_no_account() -> None:
    events = events_of([*BEGIN, *script("S: USR 3 TWN S x\nC: USR 4 TWN S t=x\nS: 911 4")])
    assert tell(events)[2:] == ["LoggedIn lou@a.example - 911"]
    assert tell(events_of(script("S: VER 1 MSNP8\nS: 921 4"))) == [
        "ServerKnown True",
        "VersionAgreed 8",
        "LoggedIn - - 921",
    ]


def test_other_errors_are_no_logins() -> None:
    events = events_of(
        [
            *LOGIN,
            *script(
                "C: REA 9 pat@c.example Pat\nS: 209 9\nS: 241 5 5",
            )[:2],
            say("S: 241 5 #", "<ml/>"),
        ]
    )
    assert len(only(events, LoggedIn)) == 1


def test_logout_is_told_once_with_its_reason() -> None:
    assert tell(events_of([*LOGIN, say("C: OUT")]))[-1] == "LoggedOut -"
    assert tell(events_of([*LOGIN, say("S: OUT OTH")]))[-1] == "LoggedOut OTH"
    assert len(only(events_of([*LOGIN, *script("S: OUT SSD\nC: OUT")]), LoggedOut)) == 1
    assert tell(events_of([*LOGIN, say("C: OUT 23")]))[-1] == "LoggedOut -"


def test_joined_after_the_login_logout_is_still_told() -> None:
    wire = Wire()
    wire.join(True)
    wire.join(False)
    wire.play(script("S: NLN NLN kim@b.example Kim 0\nC: PNG\nC: PNG\nS: QNG 40\nC: OUT"))
    assert tell(wire.end()) == [
        "ServerKnown True",
        "StatusChanged kim@b.example NLN Kim False - 0",
        "LoggedOut -",
    ]


def test_a_client_heard_alone_is_logged_in_once_it_goes_on() -> None:
    wire = Wire().play([said for said in LOGIN if said[0]])
    assert tell(wire.events) == ["ServerKnown True"]
    wire.play(script("C: SYN 5 0 0"))
    assert tell(wire.events)[1:] == [
        "AccountKnown lou@a.example USR (inferred)",
        "LoggedIn lou@a.example - - (inferred)",
    ]
    login = wire.events[2]
    assert login.mark.packet == 4  # the credential's
    assert isinstance(login, LoggedIn)
    assert login.details["credential"] is True


def test_a_client_heard_alone_that_does_not_go_on_is_not() -> None:
    assert tell(events_of([said for said in BEGIN if said[0]])) == ["ServerKnown True"]


def test_invitation() -> None:
    events = events_of(
        [*LOGIN, say("S: RNG 7788 192.0.2.3:1864 CKI 84.5 Kim@b.example Kim%20K U messenger.msn.com 1")]
    )
    (rung,) = only(events, Rung)
    assert tell([rung]) == ["Rung kim@b.example Kim K 7788 192.0.2.3:1864"]


def test_the_profile_hides_credentials() -> None:
    profile = (
        "MIME-Version: 1.0\r\nContent-Type: text/x-msmsgsprofile; charset=UTF-8\r\nLoginTime: 11608\r\n"
        "preferredEmail: lou@a.example\r\nAge: \r\nsid: 507\r\nkv: 9\r\nMSPAuth: 9TICKET!\r\n"
        "ClientIP: 203.0.113.9\r\n\r\n"
    )
    (event,) = only(events_of([*LOGIN, say("S: MSG Hotmail Hotmail #", profile)]), ProfileReceived)
    assert isinstance(event, ProfileReceived)
    assert event.fields == {
        "LoginTime": "11608",
        "preferredEmail": "lou@a.example",
        "Age": "",
        "sid": "present",
        "kv": "present",
        "MSPAuth": "present",
        "ClientIP": "203.0.113.9",
    }


def test_a_mail_notice_is_decoded() -> None:
    notice = (
        "MIME-Version: 1.0\r\nContent-Type: text/x-msmsgsemailnotification; charset=UTF-8\r\n\r\n"
        "From: =?UTF-8?B?UmVuw6k=?=\r\nSubject: =?ISO-8859-1?Q?caf=E9?= soon\r\n"
        "From-Addr: rene@z.example\r\nid: 2\r\n"
    )
    (event,) = only(events_of([*LOGIN, say("S: MSG Hotmail Hotmail #", notice)]), MailNoticed)
    assert isinstance(event, MailNoticed)
    assert event.content_type == "text/x-msmsgsemailnotification"
    assert event.fields == {"From": "René", "Subject": "café soon", "From-Addr": "rene@z.example", "id": "2"}


def test_a_mail_notice_with_broken_words_stays_as_it_is() -> None:
    notice = (
        "Content-Type: text/x-msmsgsemailnotification\r\n\r\nFrom: =?UTF-8?B?%%%?=\r\nSubject: =?nope?Q?a=?=\r\n"
    )
    (event,) = only(events_of([*LOGIN, say("S: MSG Hotmail Hotmail #", notice)]), MailNoticed)
    assert isinstance(event, MailNoticed)
    assert set(event.fields) == {"From", "Subject"}


def details_of(events: list[Event], kind: type[Event]) -> dict[str, object]:
    """Those of the only event of a kind."""
    (event,) = only(events, kind)
    return dict(event.details)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("0x0411 win 4.10 i386 MSMSGS 1.0.0863", {"locale_name": "ja-JP", "client_version": "1.0.0863"}),
        ("0x0404 winnt 5.0 i386 MSMSGS 4.5.0127 MSMSGS", {"locale_name": "zh-TW", "os_version": "5.0"}),
        (
            "0x0401 winnt 5.1 i386 MSNMSGR 8.5.1302 msmsgs Lou@A.example",
            {"locale_name": "ar-SA", "client_claims_account": "lou@a.example"},
        ),
        (
            "0x0409 winnt 6.1.1 i386 MSNMSGR 15.4.3555.308 MSNMSGR lou@a.example "
            "VmVyc2lvbjogMQ0KWGZyQ291bnQ6IDENCg==",
            {"locale_name": "en-US", "client_claims_account": "lou@a.example"},
        ),
        ("0xfffe linux - x86_64 a%20client 0.9", {"client": "a client", "locale": "0xfffe"}),
    ],
)
def test_cvr_of_every_version(arguments: str, expected: dict[str, object]) -> None:
    details = details_of(events_of(script(f"C: CVR 2 {arguments}\nS: USR 3 OK lou@a.example 1 0")), LoggedIn)
    assert expected.items() <= details.items()
    assert "VmVyc2lvbjogMQ0KWGZyQ291bnQ6IDENCg==" not in details.values()
    assert ("locale_name" in details) == (details["locale"] != "0xfffe")
    assert ("client_claims_account" in details) == ("client_claims_account" in expected)


def test_an_update_check_tells_the_client_and_logs_nobody_in() -> None:
    events = events_of(
        script("""
        C: VER 0 CVR0
        S: VER 0 0
        C: CVQ 1 0x0804 winnt 5.1 i386 MSNMSGR 7.0.0777 MSMSGS
        S: CVQ 1 7.5 7.5 6.2 http://x.test/i.exe http://x.test
    """)
    )
    assert not only(events, LoggedIn, VersionAgreed)
    assert details_of(events, ProfileLearnt) == {
        "update_check": True,
        "locale": "0x0804",
        "locale_name": "zh-CN",
        "os": "winnt",
        "os_version": "5.1",
        "architecture": "i386",
        "client": "MSNMSGR",
        "client_version": "7.0.0777",
    }


def test_a_server_that_takes_none_of_the_versions_refuses_them() -> None:
    events = events_of(script("C: VER 1 MSNP4 MSNP3 CVR0\nS: VER 1 0"))
    assert details_of(events, ProfileLearnt) == {
        "command": "VER",
        "refused": True,
        "offered_versions": ["MSNP4", "MSNP3"],
    }


def test_the_oldest_login_says_how() -> None:
    details = details_of(
        events_of(
            script("""
            C: VER 1 MSNP7 MSNP6 CVR0
            S: VER 1 MSNP7
            C: INF 2
            S: INF 2 MD5
            C: USR 3 MD5 I lou@a.example
            S: USR 3 MD5 S 989048851.1851137130
            C: USR 4 MD5 S 0123456789abcdef0123456789abcdef
            S: USR 4 OK lou@a.example Лу 1
        """)
        ),
        LoggedIn,
    )
    assert details["login_methods"] == ["MD5"]
    assert details["login"] == "MD5"
    assert details["credential"] is True
    assert details["verified"] is True
    assert "0123456789abcdef" not in repr(details)
    assert "989048851" not in repr(details)


def test_single_sign_on_tells_the_machine_and_keeps_no_ticket() -> None:
    events = events_of(
        script("""
        C: VER 1 MSNP18 MSNP17 CVR0
        S: VER 1 MSNP18
        C: USR 3 SSO I lou@a.example
        S: USR 3 SSO S MBI_KEY_OLD bm9uY2U=
        C: USR 4 SSO S t=TICKET&p= QU5TV0VS {1E5C3F2A-0D11-4E4B-9B7D-0123456789AB}
        S: USR 4 OK lou@a.example 0 0
        C: USR 5 SHA A U0VDUkVU
        S: USR 5 OK lou@a.example 0 0
    """)
    )
    details = details_of(events, LoggedIn)
    assert details["machine_id"] == "{1e5c3f2a-0d11-4e4b-9b7d-0123456789ab}"
    assert details["verified"] is False
    assert not [secret for secret in ("TICKET", "QU5TV0VS", "bm9uY2U", "U0VDUkVU") if secret in repr(events)]


@pytest.mark.parametrize(
    ("line", "verified"),
    [
        ("USR 4 OK lou@a.example Lou", None),
        ("USR 4 OK lou@a.example 0 1", True),
        ("USR 4 OK lou@a.example Lou 0 0", False),
    ],
)
def test_whether_the_address_is_verified(line: str, verified: bool | None) -> None:
    assert details_of(events_of(script(f"S: VER 1 MSNP7\nS: {line}")), LoggedIn).get("verified") is verified


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("OUT OTH", {"reason_text": "signed in elsewhere"}),
        ("OUT SSD", {"reason_text": "server is shutting down"}),
        ("OUT RCT 5", {"reason_text": "told to come back later", "minutes": 5}),
        ("OUT NEW", {}),
        ("OUT", {}),
    ],
)
def test_why_the_server_ends_it_in_words(line: str, expected: dict[str, object]) -> None:
    assert details_of(events_of([*LOGIN, say(f"S: {line}")]), LoggedOut) == expected


def test_who_is_signed_in_may_be_sent_to_another_server() -> None:
    events = events_of([*LOGIN, say("S: XFR 0 NS 192.0.2.77:1863 U D")])
    assert details_of(events, ProfileLearnt) == {"sent_to": "192.0.2.77:1863"}


def test_many_versions_and_long_words_cost_little() -> None:
    offers = " ".join(f"MSNP{number % 100}" for number in range(5000))
    events = events_of(script(f"C: VER 1 {offers}\nC: CVR 2 0x0409 {'x' * 9000}\nS: USR 3 OK lou@a.example 1 0"))
    details = details_of(events, LoggedIn)
    assert len(details["offered_versions"]) <= 32  # type: ignore[arg-type]
    assert len(str(details["os"])) <= 256


def test_an_answer_of_none_to_another_request_refuses_no_version() -> None:
    events = events_of(script("C: URL 9 INBOX\nS: VER 9 0\nS: QNG 40"))
    assert not [event for event in only(events, ProfileLearnt) if "refused" in event.details]  # type: ignore[attr-defined]
