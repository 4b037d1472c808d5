"""Login, housekeeping and refusals, from a connection's octets to the records."""

from tests.msnp.dialogue import say, script
from tests.rcds_sniffer.protocols.tap import Tap

LOU = "lou@a.example"


def test_what_a_login_a_refusal_and_a_logout_say_reaches_the_records() -> None:
    for packed in (False, True):
        tap = Tap(LOU, packed=packed)
        tap.line().hear(
            *script(f"""
                C: VER 1 MSNP12 CVR0
                S: VER 1 MSNP12
                C: CVR 2 0x0411 winnt 5.1 i386 MSNMSGR 7.5.0324 MSMSGS {LOU}
                S: CVR 2 7.5.0324 7.5.0324 6.2.0205 http://x.test http://x.test
                C: USR 3 TWN I {LOU}
                S: USR 3 TWN S lc=1041
                C: USR 4 TWN S t=SECRET&p=SECRET
                S: USR 4 OK {LOU} 1 0
                C: REA 8 kim@b.example キム
                S: 209 8
                C: URL 9 COMPOSE pat@c.example
            """),
            say("S: GCF 0 #", '<Policies><imtext value="56aB5q2i"/></Policies>'),
            say("S: OUT RCT 5"),
        )
        records = {record.event: record for record in tap.end() if record.event in {"login", "logout"}}
        login, logout = records["login"].details or {}, records["logout"].details or {}
        assert login["locale_name"] == "ja-JP"
        assert login["offered_versions"] == ["MSNP12"]
        assert login["verified"] is True
        assert logout == {"reason": "RCT", "reason_text": "told to come back later", "minutes": 5}
        refused = [r for r in tap.records if r.event == "contact" and (r.details or {}).get("error") == 209]
        assert [(r.recipients, (r.details or {})["error_text"]) for r in refused] == [
            (("kim@b.example",), "invalid display name")
        ]
        profile = [r.details for r in tap.end() if r.event == "profile"]
        assert {"page": "COMPOSE", "mail_to": "pat@c.example"} in profile
        assert {"blocked_words": ["禁止"]} in profile
        assert "SECRET" not in repr([r.details for r in tap.records])


def test_an_inferred_version_is_told_and_reaches_the_switchboards() -> None:
    tap = Tap(LOU)
    service = tap.line(late=True)
    service.hear(
        *script(f"""
            S: CHL 0 155701315
            S: LST N=kim@b.example F=Kim C=00000000-0000-0000-0002-000000000001 11 1
            S: CHL 0 155701316
            S: USR 7 OK {LOU} 1 0
        """)
    )
    tap.line().hear(
        *script(f"""
            C: USR 1 {LOU} 17.5.9
            S: USR 1 OK {LOU} Lou
            C: CAL 2 kim@b.example
            S: CAL 2 RINGING 4242
            S: JOI kim@b.example Kim 0
        """),
        say("C: MSG 3 N #", "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n你好"),
    )
    records = tap.end()
    (text,) = [record for record in records if record.event == "message"]
    assert text.protocol_version == "MSNP12"
    told = [record.details for record in records if record.event == "profile"]
    assert {"protocol_version": "MSNP12", "inferred": True} in told


def test_a_call_that_fails_says_why_in_words() -> None:
    for packed in (False, True):
        tap = Tap(LOU, packed=packed)
        dialogue = f"C: USR 1 {LOU} 17.5.9\nS: USR 1 OK {LOU} Lou\nC: CAL 2 kim@b.example\nS: 217 2"
        tap.line().hear(*script(dialogue))
        (invited,) = [record for record in tap.end() if record.event == "invite"]
        assert invited.recipients == ("kim@b.example",)
        assert invited.details == {"error": 217, "error_text": "not online"}
