"""What is known of the target itself."""

import pytest

from rcds_sniffer.profile import gather, own
from rcds_sniffer.profile.fact import MAX_TEXT
from tests.rcds_sniffer.profile.profile_crafting import (
    ALICE,
    BOB,
    at,
    facts,
    known,
    login,
    logout,
    presence,
    profile,
    said,
)


def test_fact_says_when_how_often_and_from_which_packet() -> None:
    source = {"name": "evening.pcap", "packet": 12}
    person = known(profile(1, name="Alice", page="INBOX"), profile(9, page="INBOX"))
    assert person["pages"] == [
        {"page": "INBOX", "first": at(1), "last": at(9), "count": 2, "source": source | {"packet": 7}}
    ]
    assert person["first"] == at(1)
    assert person["last"] == at(9)
    assert person["records"] == 2


def test_packet_is_that_of_the_first_record() -> None:
    first = profile(1, page="INBOX").changed(source={"name": "a.pcap", "packet": 12})
    later = profile(2, page="INBOX").changed(source={"name": "b.pcap", "packet": 1})
    assert facts(known(first, later), "pages", "source") == [({"name": "a.pcap", "packet": 12},)]


def test_inferred_until_something_says_so_itself() -> None:
    page, sure = profile(1, page="INBOX", inferred=True), profile(2, page="INBOX")
    assert facts(known(page), "pages", "inferred") == [(True,)]
    assert facts(known(page, sure), "pages", "inferred") == [(None,)]


def test_nobody_is_nothing() -> None:
    assert gather(ALICE, []) is None
    assert gather(ALICE, [said(1, target=BOB)]) is None


def test_records_of_other_targets_do_not_count() -> None:
    assert known(said(1), said(2, target=BOB), said(3, target=None))["records"] == 1


def test_names_follow_each_other() -> None:
    person = known(profile(1, name="爱丽丝"), profile(60, name="أليس"), profile(90, name="爱丽丝 🎸"))
    assert facts(person, "names", "name", "first", "until") == [
        ("爱丽丝", at(1), at(60)),
        ("أليس", at(60), at(90)),
        ("爱丽丝 🎸", at(90), None),
    ]
    assert person["name"] == "爱丽丝 🎸"


def test_name_that_a_conversation_still_shows_is_no_new_name() -> None:
    person = known(profile(1, name="Alice"), profile(60, name="Ali"), said(70, sender_name="Alice"))
    assert facts(person, "names", "name", "last") == [("Alice", at(70)), ("Ali", at(60))]
    assert person["name"] == "Ali"


def test_name_that_only_a_conversation_shows_is_known() -> None:
    assert facts(known(said(70, sender_name="アリス")), "names", "name") == [("アリス",)]


def test_name_that_the_server_refused_was_none() -> None:
    person = known(
        profile(1, name="Alice"), profile(60, name="Admin"), error_of(61, action="renamed", name="Admin")
    )
    assert facts(person, "names", "name", "until", "refused") == [("Alice", None, None), ("Admin", at(61), True)]
    assert person["name"] == "Alice"


def error_of(second: float, **details: object):  # type: ignore[no-untyped-def]
    return profile(second, error=209, error_text="invalid name", command="REA", **details).changed(sender_name=None)


def test_client_and_system_of_the_sign_in() -> None:
    details = {"client": "MSNMSGR", "client_version": "8.5.1302", "os": "winnt", "os_version": "5.1",
               "locale": "0x0804", "machine_id": "{1}"}  # fmt: skip
    person = known(login(0, details={**details, "credential": True, "login": "SSO"}))
    assert facts(person, "clients", "client", "client_version", "os", "locale", "told_by") == [
        ("MSNMSGR", "8.5.1302", "winnt", "0x0804", "login")
    ]
    assert "credential" not in str(person)
    assert facts(person, "computers", "machine_id") == [("{1}",)]


def test_clients_by_presence_product_and_user_agent() -> None:
    person = known(
        presence(1, client_family="WLM 8.5"), profile(2, product="PROD0119GSJUC$18"),
        said(3, details={"user_agent": "pidgin/2.0"}), said(4, sender=BOB, details={"user_agent": "aMSN"}),
    )  # fmt: skip
    names = "client_family", "product", "user_agent", "told_by"
    assert facts(person, "clients", *names) == [
        ("WLM 8.5", None, None, "presence"),
        (None, "PROD0119GSJUC$18", None, "program"),
        (None, None, "pidgin/2.0", "message"),
    ]


def test_addresses_without_ports_and_who_told_them() -> None:
    server = profile(2, ClientIP="203.0.113.9", ClientPort="1042")
    server = server.changed(sender=None, content_type="text/x-msmsgsprofile", client="[2001:db8::1]:1042")
    person = known(login(0), server, said(3, client="192.0.2.7:2000"), said(4, client=None))
    assert facts(person, "addresses", "address", "told_by", "count") == [
        ("192.0.2.7", "connection", 2),
        ("2001:db8::1", "connection", 1),
        ("203.0.113.9", "server", 1),
    ]


def test_computers_are_the_endpoints_of_the_target_alone() -> None:
    endpoints = [{"id": "{a}", "computer": "书房", "client_type": 1, "state": "NLN"}, "broken", {"id": "{b}"}]
    person = known(presence(1, endpoints=endpoints), presence(2, BOB, endpoints=[{"id": "{c}"}]))
    assert facts(person, "computers", "id", "computer", "client_type") == [("{a}", "书房", 1), ("{b}", None, None)]


def test_telephone_number_is_changed_and_taken_away() -> None:
    person = known(
        profile(1, property="phone_home", value="+1 555 0100"),
        profile(5, property="phone_home", value="+1 555 0199"),
        profile(9, property="phone_home", value=""),
    )
    assert facts(person, "properties", "property", "value", "until") == [
        ("phone_home", "+1 555 0100", at(5)),
        ("phone_home", "+1 555 0199", at(9)),
    ]


def test_profile_of_the_server_without_credentials_and_empty_fields() -> None:
    details = {"country": "GB", "Gender": "", "MSPAuth": "present", "sid": "present", "LoginTime": "12"}
    server = profile(1, **details).changed(sender=None, content_type="text/x-msmsgsprofile")
    assert facts(known(server), "properties", "property", "value", "told_by") == [("country", "GB", "server")]


def test_settings() -> None:
    person = known(
        profile(1, setting="privacy", value="allow"), profile(2, setting="privacy", value="allow"),
        profile(3, setting="privacy", value="block"), profile(4, setting="notify_when_added", value=False),
        profile(5, blocked_words=["xxx", "裸"]), profile(6, web_tv=True), presence(7, scene="{s}"),
    )  # fmt: skip
    assert facts(person, "settings", "setting", "value", "count") == [
        ("privacy", "allow", 2), ("privacy", "block", 1), ("notify_when_added", False, 1),
        ("blocked_words", "xxx, 裸", 1), ("web_tv", True, 1), ("scene", "{s}", 1),
    ]  # fmt: skip


def test_refused_setting_leaves_the_one_before() -> None:
    person = known(
        profile(1, setting="privacy", value="allow"),
        profile(9, setting="privacy", value="block"),
        profile(10, setting="privacy", value="block", error=218, error_text="already in mode"),
    )
    assert facts(person, "settings", "value", "until", "refused") == [
        ("allow", None, None),
        ("block", at(10), True),
    ]
    assert facts(person, "refusals", "setting", "error") == [("privacy", 218)]


def test_group_keeps_its_number_under_a_new_name() -> None:
    person = known(
        profile(1, action="added", group="家人"),
        profile(2, action="listed", group="家人", group_id="4"),
        profile(3, action="renamed", group="家", group_id="4"),
        profile(4, action="removed", group_id="4"),
    )
    assert facts(person, "groups", "group", "group_id", "first", "until") == [
        ("家人", "4", at(1), at(3)),
        ("家", "4", at(3), at(4)),
    ]


def test_personal_message_and_media_until_they_are_taken_back() -> None:
    music = {"kind": "Music", "playing": True, "title": "夜曲", "artist": "周杰伦", "fields": ["夜曲", "周杰伦"]}
    person = known(
        presence(1, personal_message="今晚看电影", media=music), presence(20, personal_message="今晚看电影"),
        presence(30, personal_message="", media=None), presence(40, status="BSY"),
    )  # fmt: skip
    assert facts(person, "personal_messages", "personal_message", "until", "count") == [("今晚看电影", at(30), 2)]
    assert facts(person, "media", "title", "artist", "until") == [("夜曲", "周杰伦", at(30))]


def test_media_that_stopped_playing_is_over() -> None:
    person = known(presence(1, media={"title": "夜曲"}), presence(5, media={"title": "夜曲", "playing": False}))
    assert facts(person, "media", "title", "until") == [("夜曲", at(5))]


def test_circle_gets_another_name() -> None:
    person = known(profile(1, circle="Familie", circle_id="{c}"), profile(5, circle="Verein", circle_id="{c}"))
    assert facts(person, "circles", "circle", "until") == [("Familie", at(5)), ("Verein", None)]


def test_update_check_tells_the_client() -> None:
    person = known(profile(1, update_check=True, client="MSNMSGR", client_version="14.0"))
    assert facts(person, "clients", "client_version", "told_by") == [("14.0", "program")]


def test_waiting_mail_but_no_offline_message_is_mail() -> None:
    mail = profile(1, sender="mum@example.org", sender_name="Mum", subject="Hi").changed(event="mail-notice")
    offline = profile(2, sender=BOB, about="offline message").changed(event="mail-notice")
    assert facts(known(mail, offline), "mail_from", "mail_from", "name") == [("mum@example.org", "Mum")]


def test_picture() -> None:
    person = known(presence(1, picture={"sha1d": "abc=", "size": 24_000, "location": "TFR1.dat", "type": 3}))
    assert facts(person, "pictures", "sha1d", "size", "type") == [("abc=", 24_000, 3)]


def test_mail_pages_and_searches() -> None:
    notice = profile(4, **{"From-Addr": "shop@example.com", "From": "Shop"})
    person = known(
        profile(1, page="COMPOSE", mail_to="mum@example.org"), profile(2, search={"fname": "Jo", "city": "Łódź"}),
        notice.changed(event="mail-notice", sender=None),
    )  # fmt: skip
    assert facts(person, "mail_to", "mail_to") == [("mum@example.org",)]
    assert facts(person, "pages", "page") == [("COMPOSE",)]
    assert facts(person, "searches", "search") == [({"fname": "Jo", "city": "Łódź"},)]
    assert facts(person, "mail_from", "mail_from", "name") == [("shop@example.com", "Shop")]


def test_sign_in_that_was_refused_is_no_session_and_no_client_of_the_target() -> None:
    person = known(login(0, client=None, details={"error": 911, "client": "MSNMSGR"}), said(1))
    assert facts(person, "failed_logins", "error") == [(911,)]
    assert "sessions" not in person
    assert "clients" not in person


def test_what_is_not_known_is_left_out() -> None:
    assert set(known(logout(1))) == {
        "account", "records", "first", "last", "source", "events", "addresses", "conversations",
    }  # fmt: skip


@pytest.mark.parametrize(
    "value", [None, 7, 1.5, True, [], {}, [[]], [{}], "x" * 100_000, {"a": {"b": []}}, "\udc00"]
)
def test_details_of_any_kind_are_survived(value: object) -> None:
    names = ("personal_message", "media", "picture", "endpoints", "status", "machine", "scene", "client_family",
             "property", "value", "setting", "group", "group_id", "action", "page", "search", "mail_to", "lists",
             "groups", "network", "contact_id", "product", "blocked_words", "addresses", "user_agent", "From-Addr",
             "error", "reason", "client", "name", "ClientIP")  # fmt: skip
    details = dict.fromkeys(names, value)
    events = "login", "logout", "presence", "profile", "contact", "mail-notice", "message", "invite", "unheard-of"
    for some in (details, details | {"error": None}, {k: v for k, v in details.items() if k != "error"}):
        records = [
            said(second, event=event, sender=sender, details=some, content_type=kind)
            for second, event in enumerate(events)
            for sender in (ALICE, BOB, None)
            for kind in (None, "text/plain")
        ]
        assert len(str(known(*records))) < 100 * 60 * MAX_TEXT


def test_limit_keeps_the_earliest_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(own.LIMITS, "pages", 2)
    monkeypatch.setitem(own.LIMITS, "names", 2)
    person = known(*(profile(n, page=f"P{n}", name=f"N{n}") for n in range(5)))
    assert facts(person, "pages", "page") == [("P0",), ("P1",)]
    assert facts(person, "names", "name") == [("N0",), ("N1",)]
    assert person["limits_reached"] == ["names", "pages"]


def test_long_text_is_cut() -> None:
    (name,) = facts(known(profile(1, name="名" * 5_000)), "names", "name")
    assert name == ("名" * (MAX_TEXT - 1) + "…",)
