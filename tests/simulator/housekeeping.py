"""MSNP2 to MSNP7 at a notification server: passwords by MD5, lists with serials, pages, searches, refusals.

Takes nothing; gives a world of three people whose clients speak MSNP2, MSNP5 and MSNP7, one after the other, with a
conversation of the last two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .desk import Desk
from .dialects import full, line
from .talk import DISPATCH, NOTIFICATION
from .world import World

if TYPE_CHECKING:
    from .people import Account
    from .talk import Talk


def old_clients() -> World:
    """The evening of three people with old clients."""
    world = World(version=7, seed=27, start=930_000_000_000_000_000)
    alice = world.account("alice@example.org", "Алиса", version=2)
    bob = world.account("bob@example.com", "鲍勃 Bob", version=5)
    carol = world.account("carol@example.net", "كارول", version=7)
    _first_version(alice, bob)
    desk = _telephones(bob, carol)
    _groups(carol, bob)
    chat = bob.opens_chat(carol)
    chat.says(bob, "ここまで読める?")
    chat.says(carol, "نعم 👍", letter="A")
    chat.ends()
    carol.logs_out()
    desk.contact("removed", carol, desk.asks("REM", "FL", carol.address, answer=("FL", 412, carol.address)),
                 lists=["FL"])  # fmt: skip
    bob.is_thrown_out("SSD")
    return world


# --- signing in ---------------------------------------------------------------------------------------------


def _signs_in(account: Account) -> Desk:
    """Through the dispatch server; each server asks for the version, for INF, and for who it is."""
    world = account.world
    dispatch = world.connect(account, DISPATCH, world.step())
    transaction = _says_who(account, dispatch)
    there, here = (f"{ip}:{port}" for ip, port in (NOTIFICATION, DISPATCH))
    tail = {2: "", 5: "0", 7: f"0 {here}"}[account.row.version]
    dispatch.answers(line("XFR", transaction, "NS", there, tail))
    dispatch.connection.close(dispatch.client_time, by_client=True)
    talk = world.connect(account, NOTIFICATION, dispatch.client_time + 1_000_000)
    account.ns = talk
    transaction = _says_who(account, talk)
    talk.answers(
        line("USR", transaction, "MD5", "S", f"{world.random.randrange(10**9)}.{world.random.randrange(10**9)}")
    )
    transaction = talk.number()
    talk.asks(line("USR", transaction, "MD5", "S", world.random.randbytes(16).hex()))
    verified = 1 if account.row.version >= 6 else ""
    write = talk.answers(line("USR", transaction, "OK", account.address, full(account.name), verified))
    world.record("login", account, [(account, talk, [write])], details={"login": "MD5", "credential": True})
    account.online = True
    world.reached(talk.client_time)
    return Desk(account)


def _asks_for_updates(account: Account) -> None:
    """A connection on which nobody signs in."""
    talk = account.world.connect(account, DISPATCH, account.world.step())
    for words, answer in (
        (("VER", 1, "CVR0"), ("VER", 1, "CVR0")),
        (
            ("CVQ", 2, "0x0411 win 4.10 i386 MSMSGS", account.row.client),
            ("CVQ", 2, "3.6.0039 3.6.0039 1.0.0863 http://download.example/ http://i.example/"),
        ),
    ):
        talk.asks(line(*words))
        talk.answers(line(*answer))
    talk.connection.close(talk.client_time, by_client=True)
    account.world.reached(talk.client_time)


def _says_who(account: Account, talk: Talk) -> int:
    row, number = account.row, account.row.version
    older = " ".join(f"MSNP{version}" for version in range(number - 1, max(number - 3, 1), -1))
    transaction = talk.number()
    talk.asks(line("VER", transaction, f"MSNP{number}", older, "CVR0"))
    talk.answers(line("VER", transaction, f"MSNP{number}", older))
    transaction = talk.number()
    talk.asks(line("INF", transaction))
    talk.answers(line("INF", transaction, "MD5"))
    if talk.connection.server == NOTIFICATION:
        transaction = talk.number()
        code = "MSMSGS" if number >= 4 else ""
        talk.asks(line("CVR", transaction, "0x0411 win 4.10 i386 MSMSGS", row.client, code))
        talk.answers(
            line("CVR", transaction, row.client, row.client, "1.0.0863 http://download.example/ http://i.example/")
        )
    transaction = talk.number()
    talk.asks(line("USR", transaction, "MD5", "I", account.address))
    return transaction


# --- MSNP2 --------------------------------------------------------------------------------------------------


def _first_version(alice: Account, bob: Account) -> None:
    _asks_for_updates(alice)
    desk = _signs_in(alice)
    dave = desk.stranger("dave@example.jp", "デイヴ")
    erin = desk.stranger("erin@example.net", "Ерин")
    desk.asks("SYN", 0, answer=(0,))
    for number, key in ((4, "FL"), (4, "AL"), (4, "BL"), (4, "RL")):
        transaction = desk.talk.number()
        desk.talk.asks(line("LST", transaction, key))
        people = {"FL": [bob, dave], "AL": [bob], "BL": [erin], "RL": []}[key]
        if not people:
            desk.also("LST", transaction, key, number, 0, 0)
        for place, person in enumerate(people, 1):
            write = desk.also(
                "LST", transaction, key, number, place, len(people), person.address, full(person.name)
            )
            desk.contact("listed", person, write, lists=[key])
    desk.profile(desk.asks("GTC", "N", answer=(5, "N")), setting="notify_when_added", value=False)
    desk.profile(desk.asks("BLP", "BL", answer=(6, "BL")), setting="privacy", value="block")
    desk.presence(None, desk.echoed("CHG", "NLN"), status="NLN")
    desk.presence(dave, desk.also("ILN", desk.talk.transaction, "LUN", dave.address, dave.quoted),
                  status="LUN", initial=True)  # fmt: skip
    frank = desk.stranger("frank@example.com", "Φρανκ")
    write = desk.asks("ADD", "FL", frank.address, frank.address, answer=("FL", 7, frank.address, frank.address))
    desk.contact("added", frank, write, lists=["FL"])
    write = desk.asks("REA", frank.address, frank.quoted, answer=(8, frank.address, frank.quoted))
    desk.contact_renamed(frank, write)
    desk.contact(
        "added", erin, desk.hears("ADD", 0, "RL", 9, erin.address, erin.quoted), by_contact=True, lists=["RL"]
    )
    desk.contact("removed", erin, desk.hears("REM", 0, "RL", 10, erin.address), by_contact=True, lists=["RL"])
    _refused(desk)
    _asked_of_the_directory(desk)
    desk.presence(dave, desk.hears("NLN", "BRB", dave.address, dave.quoted), status="BRB")
    desk.presence(dave, desk.hears("FLN", dave.address), status="FLN")
    alice.renames("Алиса ☀")
    alice.logs_out()


def _refused(desk: Desk) -> None:
    nobody = desk.stranger("nobody@nowhere.example", "")
    write = desk.asks("ADD", "FL", nobody.address, nobody.address, answer="205")
    desk.contact("added", nobody, write, error=205)
    write = desk.asks("REM", "FL", "gone@example.net", answer="216")
    desk.contact("removed", desk.stranger("gone@example.net", ""), write, error=216)
    desk.profile(desk.asks("URL", "NOWHERE", answer="201"), page="NOWHERE", command="URL", error=201)


def _asked_of_the_directory(desk: Desk) -> None:
    asked = ("fname=Zo%C3%AB", "lname=*", "city=%E4%BA%AC%E9%83%BD", "state=*", "country=JP")
    search = {"fname": "Zoë", "lname": "*", "city": "京都", "state": "*", "country": "JP"}
    found = (1, 1, "fname=Zo%C3%AB", "lname=Example", "city=%E4%BA%AC%E9%83%BD", "state=", "country=JP")
    desk.profile(desk.asks("FND", *asked, answer=found), search=search)
    desk.profile(
        desk.asks("SND", "zoe@example.jp", "0x0411", "MSMSGS", "MSMSGS", answer=("OK",)), mail_to="zoe@example.jp"
    )
    sign_in = ("/cgi-bin/HoTMaiL", "https://login.mail.example/", 2)
    desk.profile(desk.asks("URL", "INBOX", answer=sign_in), page="INBOX")
    desk.profile(
        desk.asks("URL", "COMPOSE", "zoe@example.jp", answer=sign_in), page="COMPOSE", mail_to="zoe@example.jp"
    )


# --- MSNP5 --------------------------------------------------------------------------------------------------


def _telephones(bob: Account, carol: Account) -> Desk:
    desk = _signs_in(bob)
    transaction = desk.talk.number()
    desk.talk.asks(line("SYN", transaction, 400))
    desk.also("SYN", transaction, 402)
    desk.profile(desk.also("GTC", transaction, 402, "A"), setting="notify_when_added", value=True)
    desk.profile(desk.also("BLP", transaction, 402, "AL"), setting="privacy", value="allow")
    desk.profile(
        desk.also("PRP", transaction, 402, "PHH", "01%20555%200101"), property="phone_home", value="01 555 0101"
    )
    for key in ("FL", "AL", "RL"):
        write = desk.also("LST", transaction, key, 402, 1, 1, carol.address, full(carol.name))
        desk.contact("listed", carol, write, lists=[key])
    desk.also("LST", transaction, "BL", 402, 0, 0)
    write = desk.also("BPR", 402, carol.address, "PHM", "01%20555%200102")
    desk.contact("property", carol, write, property="phone_mobile", value="01 555 0102")
    desk.contact(
        "property", carol, desk.also("BPR", 402, carol.address, "MOB", "Y"), property="mobile_enabled", value="Y"
    )
    desk.presence(None, desk.echoed("CHG", "BSY"), status="BSY")
    bob.status = "BSY"
    write = desk.asks("PRP", "PHW", "01%20555%200103", answer=(403, "PHW", "01%20555%200103"))
    desk.profile(write, property="phone_work", value="01 555 0103")
    desk.profile(desk.asks("PRP", "PHH", answer=(404, "PHH")), property="phone_home", value="")
    _pages(desk, carol)
    desk.profile(desk.asks("IMS", "OFF", answer=(0, "OFF")), web_tv=False)
    grace = desk.stranger("grace@example.org", "Γκρέις")
    desk.asks("REM", "AL", grace.address, answer=("AL", 405, grace.address))
    write = desk.asks("ADD", "BL", grace.address, grace.quoted, answer=("BL", 406, grace.address, grace.quoted))
    desk.contact("blocked", grace, write, lists=["BL"])
    invited = ("0x0411", "MSMSGS", "MSMSGS", "X", "X", full(bob.name))
    words = "來吧!".encode()
    write = desk.asks("SDC", "heidi@example.net", *invited, payload=words, answer=("OK",))
    desk.profile(write, mail_to="heidi@example.net", command="SDC", mail_text="來吧!")
    return desk


def _pages(desk: Desk, carol: Account) -> None:
    """Texts to a telephone, which a server may repeat, and one from it."""
    page = '<TEXT xml:space="preserve">أين أنت؟</TEXT>'
    write = desk.asks("PAG", carol.address, payload=page.encode(), answer=(carol.address, page.encode()))
    desk.text(write, carol, "أين أنت؟", own=True, mobile=True)
    page = '<PHONE pri="1"><LOC>HOME</LOC><NUM>01 555 0102</NUM></PHONE><TEXT>again</TEXT>'
    write = desk.asks("PAG", carol.address, payload=page.encode(), answer="800")
    desk.refused_text(write, carol, "again", mobile=True, phone="01 555 0102")
    page = (
        '<NOTIFICATION id="7" siteid="111100400" siteurl="http://mobile.example/">'
        f'<TO name="{desk.account.address}"/><FROM name="{carol.address}"/><MSG pri="1" id="1">'
        "<BODY><TEXT>قريب</TEXT></BODY></MSG></NOTIFICATION>"
    )
    desk.text(desk.hears("IPG", payload=page.encode()), carol, "قريب", own=False, mobile=True)


# --- MSNP7 --------------------------------------------------------------------------------------------------


def _groups(carol: Account, bob: Account) -> None:
    desk = _signs_in(carol)
    transaction = desk.talk.number()
    desk.talk.asks(line("SYN", transaction, 0))
    desk.also("SYN", transaction, 500)
    names = ("~", "Семья", "仕事")
    for number, name in enumerate(names):
        write = desk.also("LSG", transaction, 500, number + 1, 3, number, full(name), 0)
        desk.profile(write, action="listed", group=name, group_id=str(number))
    write = desk.also("LST", transaction, "FL", 500, 1, 1, bob.address, full(bob.name), "1,2")
    desk.contact("listed", bob, write, lists=["FL"], groups=["Семья", "仕事"])
    desk.presence(None, desk.echoed("CHG", "NLN"), status="NLN")
    carol.status = "NLN"
    write = desk.asks("ADG", full("العائلة"), 0, answer=(501, full("العائلة"), 3, 0))
    desk.profile(write, action="added", group="العائلة")
    write = desk.asks("REG", 2, full("会社"), 0, answer=(502, 2, full("会社"), 0))
    desk.profile(write, action="renamed", group="会社", group_id="2")
    write = desk.asks(
        "ADD", "FL", bob.address, full(bob.name), 3, answer=("FL", 503, bob.address, full(bob.name), 3)
    )
    desk.contact("moved", bob, write, group_added="العائلة", groups=["Семья", "会社", "العائلة"])
    write = desk.asks("REM", "FL", bob.address, 1, answer=("FL", 504, bob.address, 1))
    desk.contact("moved", bob, write, group_removed="Семья", groups=["会社", "العائلة"])
    desk.profile(desk.asks("RMG", 1, answer=(505, 1)), action="removed", group="Семья", group_id="1")
    desk.profile(desk.asks("RMG", 9, answer="224"), action="removed", group_id="9", error=224)
    write = desk.hears("ADD", 0, "RL", 506, "ivan@example.org", full("Иван"))
    desk.contact("added", desk.stranger("ivan@example.org", "Иван"), write, by_contact=True, lists=["RL"])
