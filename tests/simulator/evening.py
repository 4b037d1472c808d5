"""MSNP21: a whole evening without a switchboard.

Takes nothing; gives a world in which Alice and Bob, both tapped, and Carol, who is not, do everything through their
notification servers: presence, texts, a group.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from . import blocks, mime
from .desk import Desk
from .dialects import line, picture_object
from .direct import Direct
from .talk import DISPATCH, NOTIFICATION
from .world import World

if TYPE_CHECKING:
    from .people import Account
    from .talk import Talk

NOBODY = "10:00000000-0000-0000-0000-000000000000@live.com"
GROUP = "588e793a-003d-0003-4136-314b00000000@live.com"
ELSEWHERE = "{7e1e7e1e-0000-4000-8000-00000000beef}"
DIGEST = "2jmj7l5rSw0yVb/vlWAYkK/YBwk="
CAPABLE = "2789003324:48"


def without_switchboard() -> World:
    """The evening."""
    world = World(version=21, seed=2121, start=1_325_448_000_000_000_000)
    alice = world.account("alice@example.org", "Алиса", picture=True)
    bob = world.account("bob@example.com", "宝儿")
    carol = world.account("carol@example.net", "كارول", tapped=False)
    desk, other = signs_in(alice, bob), signs_in(bob, alice)
    _presence(desk, other, carol)
    _two(desk, other)
    _many(desk, other, carol)
    _elsewhere(desk, other)
    _signs_out(desk, other)
    return world


def _from(account: Account) -> str:
    return f"1:{account.address};epid={account.guid}"


# --- signing in ---------------------------------------------------------------------------------------------


def signs_in(account: Account, friend: Account) -> Desk:
    """The dispatch server counts how often it sends a client on; the challenge comes at once; lists by service."""
    world = account.world
    dispatch = world.connect(account, DISPATCH, world.step())
    transaction = _says_who(account, dispatch)
    count = base64.b64encode(b"Version: 1\r\nXfrCount: 1\r\n").decode()
    dispatch.answers(line("XFR", transaction, "NS", f"{NOTIFICATION[0]}:1863", "U", "D", count))
    dispatch.connection.close(dispatch.client_time, by_client=True)
    talk = world.connect(account, NOTIFICATION, dispatch.client_time + 1_000_000)
    account.ns = talk
    transaction = _says_who(account, talk)
    secret = base64.b64encode(world.random.randbytes(90)).decode()
    talk.answers(line("USR", transaction, "SSO", "S", "MBI_KEY_OLD", secret[:64]))
    transaction = talk.number()
    talk.asks(line("USR", transaction, "SSO", "S", f"t={secret}&p=", secret[::-1], account.guid))
    write = talk.answers(line("USR", transaction, "OK", account.address, 1, 0))
    details = {"login": "SSO", "credential": True, "client_version": account.row.client, "machine_id": account.guid}
    world.record("login", account, [(account, talk, [write])], details=details)
    talk.answers(line("CHL", 0, world.random.randrange(10**19, 10**20)))
    payload = mime.profile(account.address, account.ip, write.time // 1_000_000_000, world.random)
    talk.answers(line("MSG", "Hotmail", "Hotmail", payload=payload))
    account.online = True
    world.reached(talk.client_time)
    desk = Desk(account)
    write = desk.asks("QRY", account.row.product, payload=world.random.randbytes(16).hex().encode())
    desk.profile(write, product=account.row.product)
    desk.profile(desk.echoed("BLP", "AL"), setting="privacy", value="allow")
    user, _, domain = friend.address.partition("@")
    listed = f'<ml l="1"><d n="{domain}"><c n="{user}" t="1"><s l="3" n="IM"/><s l="3" n="PE"/></c></d></ml>'
    write = desk.asks("ADL", payload=listed.encode(), answer=("OK",))
    desk.contact("listed", friend, write, lists=["FL", "AL"], network=1)
    return desk


def _says_who(account: Account, talk: Talk) -> int:
    transaction = talk.number()
    talk.asks(line("VER", transaction, "MSNP21", "MSNP20", "MSNP19", "MSNP18", "CVR0"))
    talk.answers(line("VER", transaction, "MSNP21"))
    transaction = talk.number()
    build = account.row.client
    talk.asks(line("CVR", transaction, "0x0419 winnt 6.1.1 i386 MSNMSGR", build, "MSNMSGR", account.address, 0))
    talk.answers(
        line("CVR", transaction, build, build, "15.3.2804.0607 http://download.example/ http://i.example/")
    )
    transaction = talk.number()
    talk.asks(line("USR", transaction, "SSO", "I", account.address))
    return transaction


# --- presence -----------------------------------------------------------------------------------------------


def _user(status: str, account: Account, message: str, computer: str, media: str = "") -> str:
    """All that a client publishes of its user."""
    name, guid, tile = account.name, account.guid, "0"
    if account.has_picture:
        tile = escape(picture_object(account.address, 3, 4242, DIGEST))
    return (
        f'<user><s n="IM"><Status>{status}</Status><CurrentMedia>{media}</CurrentMedia></s><s n="PE">'
        f"<UserTileLocation>{tile}</UserTileLocation><FriendlyName>{name}</FriendlyName><PSM>{message}</PSM>"
        f'<ColorScheme>-1</ColorScheme></s><sep n="IM" epid="{guid}"><Capabilities>{CAPABLE}</Capabilities></sep>'
        f'<sep n="PE" epid="{guid}"><VER>MSNMSGR:16.4.3508.0205</VER><TYP>1</TYP></sep>'
        f'<sep n="PD" epid="{guid}"><ClientType>1</ClientType><EpName>{computer}</EpName><Idle>false</Idle>'
        f"<State>{status}</State></sep></user>"
    )


def _publishes(
    desk: Desk,
    watchers: Sequence[Desk],
    *,
    status: str,
    message: str,
    computer: str,
    plays: str = "",
    **told: object,
) -> None:
    """Its own server has it by PUT, those of the contacts tell them by NFY."""
    account = desk.account
    body = _user(status, account, message, computer, plays)
    to = f"1:{account.address}"
    write = desk.asks("PUT", payload=blocks.put(to, _from(account), body), answer=("OK", b""))
    endpoint = {"id": account.guid, "computer": computer, "client_version": "16.4.3508.0205", "state": status}
    if account.has_picture:
        told["picture"] = {"type": 3, "creator": account.address, "size": 4242}
    told = {"status": status, "personal_message": message, "endpoints": [endpoint], **told}
    desk.presence(None, write, **told)
    for watcher in watchers:
        payload = blocks.told(f"1:{watcher.account.address}", to, body)
        watcher.presence(account, watcher.hears("NFY", "PUT", payload=payload), **told)


def _presence(desk: Desk, other: Desk, carol: Account) -> None:
    alice, bob = desk.account, other.account
    _publishes(desk, [], status="NLN", message="снег ❄", computer="ДОМ-ПК", color_scheme="-1")
    _publishes(other, [desk], status="BSY", message="勿扰", computer="宝儿的电脑")
    payload = blocks.told(f"1:{bob.address}", f"1:{alice.address}", _user("NLN", alice, "снег ❄", "ДОМ-ПК"))
    other.presence(alice, other.hears("NFY", "PUT", payload=payload), status="NLN", personal_message="снег ❄")
    body = f'<user><s n="PE"><FriendlyName>{carol.name}</FriendlyName></s><s n="IM"><Status>IDL</Status></s></user>'
    for one in (desk, other):
        payload = blocks.told(f"1:{one.account.address}", f"1:{carol.address}", body, kind="Full")
        one.presence(carol, one.hears("NFY", "PUT", payload=payload), status="IDL")
    media = {"application": "WMP", "kind": "Music", "playing": True, "title": "雪の華", "artist": "美嘉"}
    plays = r"WMP\0Music\01\0{0} - {1}\0雪の華\0美嘉\0\0"
    _publishes(desk, [other], status="NLN", message="слушаю", computer="ДОМ-ПК", plays=plays, media=media)


# --- talk ---------------------------------------------------------------------------------------------------


def _two(desk: Desk, other: Desk) -> None:
    alice, bob = desk.account, other.account
    talk = Direct([desk, other], [alice, bob])
    talk.types(alice)
    talk.says(alice, "У вас тоже снег?")
    talk.types(bob)
    talk.says(bob, "没有,下雨了 🌧")
    talk.says(bob, "没有,下雨了 🌧")
    talk.nudges(alice)
    talk.says(bob, "SDG 0 5\r\n\r\nNFY DEL 9\r\n好痛!")
    wink = f"ID: 2\r\nData: {picture_object(bob.address, 8, 5000, DIGEST)}\r\n\r\n"
    told = {"type": 8, "creator": bob.address, "size": 5000}
    talk.sends("wink", bob, wink, message_type="Wink", content_type=mime.DATACAST, object=told)
    cat = {"shortcut": "(猫)", "picture": {"type": 2, "creator": alice.address, "size": 900}}
    body = f"(猫)\t{picture_object(alice.address, 2, 900, DIGEST)}\t"
    kind = {"message_type": "CustomEmoticon", "content_type": "text/x-mms-animemoticon"}
    talk.sends("emoticon", alice, body, **kind, emoticons=[cat])
    talk.says(alice, "у меня (猫) на клавиатуре", emoticons=[cat])
    _speaks_to_the_absent(desk)


def _speaks_to_the_absent(desk: Desk) -> None:
    """A text that the server keeps, and one that it refuses."""
    zoe, here = desk.stranger("zoe@example.jp", "ゾエ"), _from(desk.account)
    payload = blocks.spoken(f"1:{zoe.address}", here, "Text", "また明日", Service_Channel="IM/Offline")
    desk.text(desk.asks("SDG", payload=payload, answer=("OK",)), zoe, "また明日", own=True, offline=True)
    payload = blocks.spoken(f"1:{zoe.address}", here, "Text", "いないの?")
    desk.refused_text(desk.asks("SDG", payload=payload, answer="217"), zoe, "いないの?")


def _many(desk: Desk, other: Desk, carol: Account) -> None:
    """Alice makes a group and asks Bob and Carol in; Carol goes early."""
    alice, bob = desk.account, other.account
    group, here = f"10:{GROUP}", _from(alice)
    made = blocks.blocks(here, group, {"Publication": "1.0"})
    payload = blocks.put_into(NOBODY, here, blocks.roster([alice.address]))
    desk.asks("PUT", payload=payload, answer=("OK", made))
    payload = blocks.put_into(f"{group};path=IM", here, blocks.roster([bob.address, carol.address]))
    desk.asks("PUT", payload=payload, answer=("OK", b""))
    body = blocks.roster([alice.address, bob.address])
    other.hears("NFY", "PUT", payload=blocks.told_of_group(f"1:{bob.address}", group, body, kind="Full"))
    talk = Direct([desk, other], [alice], group)
    talk.comes(bob)
    talk.says(alice, "кто ещё не спит?")
    talk.comes(carol)
    talk.says(carol, "أنا هنا")
    talk.types(bob)
    talk.says(bob, "我也在 👋")
    talk.goes(carol)
    talk.says(bob, "她走了")


# --- elsewhere, and the end ---------------------------------------------------------------------------------


def _elsewhere(desk: Desk, other: Desk) -> None:
    """Alice writes from her telephone too: a copy comes here; then she closes the window there."""
    alice, bob = desk.account, other.account
    phone = f"1:{alice.address};epid={ELSEWHERE}"
    Direct([desk, other], [alice, bob]).says(alice, "пишу с телефона", sender=phone, endpoint=ELSEWHERE)
    body = f"1:{alice.address}/1:{bob.address}"
    payload = blocks.spoken(f"1:{alice.address}", phone, "Signal/CloseIMWindow", body)
    write = desk.hears("SDG", 0, payload=payload)
    desk.profile(write, signal="CloseIMWindow", conversation=[alice.address, bob.address])


def _signs_out(desk: Desk, other: Desk) -> None:
    """Bob goes, which alice is told; alice is sent away."""
    alice, bob = desk.account, other.account
    other.talk.begins(other.world.step())
    write = other.talk.asks(line("OUT"))
    other.talk.connection.close(other.talk.client_time, by_client=True)
    other.world.reached(other.talk.client_time)
    other.world.record("logout", bob, [(bob, other.talk, [write])])
    payload = blocks.gone(f"1:{alice.address}", f"1:{bob.address}")
    desk.presence(bob, desk.hears("NFY", "DEL", payload=payload), status="FLN")
    desk.hears("GCF", 0, payload=b"<Policies></Policies>")
    write = desk.hears("OUT", "OTH")
    desk.talk.connection.close(desk.talk.server_time, by_client=False)
    desk.world.record("logout", alice, [(alice, desk.talk, [write])])
