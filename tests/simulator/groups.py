"""MSNP18: circles, messages to people who are offline, and a contact who is with another service.

Takes nothing; gives a world in which Alice and Bob are both tapped and share a circle.
"""

from __future__ import annotations

from . import blocks, mime
from .desk import Desk
from .direct import Direct
from .people import Account
from .world import World

CIRCLE = "00000000-0000-0000-0009-0123456789ab@live.com"


def circles() -> World:
    """The evening."""
    world = World(version=18, seed=1818)
    alice = world.account("alice@example.org", "Ælfgifu")
    bob = world.account("bob@example.com", "鮑勃")
    carol = world.account("carol@example.net", "Καρολίνα", tapped=False)
    for account in (alice, bob):
        account.login()
    desk, other = Desk(alice), Desk(bob)
    _speaks_to_the_absent(desk, carol)
    _other_service(desk)
    _circle(desk, other, carol)
    chat = alice.opens_chat(bob)
    chat.says(bob, "лучше вдвоём 🙂")
    chat.says(alice, "同意")
    alice.logs_out()
    bob.logs_out()
    return world


# --- to and from people who are not there -------------------------------------------------------------------


def _speaks_to_the_absent(desk: Desk, carol: Account) -> None:
    """A text that the server keeps; one that it kept for alice; one that it does not take."""
    payload = mime.plain("Θα σε δω αύριο;".encode(), "UTF-8", {"Dest-Agent": "client"})
    write = desk.asks("UUM", carol.address, 1, 1, payload=payload, answer=None)
    desk.text(write, carol, "Θα σε δω αύριο;", own=True, offline=True)
    payload = mime.plain("昨日は寝ていた".encode(), "UTF-8", {"Dest-Agent": "client"})
    write = desk.hears("UBM", carol.address, 1, desk.account.address, 1, 1, payload=payload)
    desk.text(write, carol, "昨日は寝ていた", own=False, offline=True)
    zoe = desk.stranger("zoe@example.jp", "ゾエ")
    payload = mime.plain(b"anybody?", "UTF-8", {"Dest-Agent": "client"})
    write = desk.asks("UUM", zoe.address, 1, 1, payload=payload, answer="217")
    desk.refused_text(write, zoe, "anybody?", offline=True)


def _other_service(desk: Desk) -> None:
    """Somebody of network 32: presence, texts each way, typing and a nudge."""
    judy = desk.stranger("judy@yahoo.example", "ジュディ")
    yahoo = {"network": 32, "network_name": "yahoo"}
    desk.presence(
        judy, desk.hears("NLN", "NLN", f"32:{judy.address}", judy.quoted, "0:0", 0), status="NLN", **yahoo
    )
    payload = mime.plain("привет с той стороны".encode(), "UTF-8", {})
    desk.text(desk.hears("UBM", judy.address, 32, desk.account.address, 1, 1, payload=payload), judy,
              "привет с той стороны", own=False, **yahoo)  # fmt: skip
    write = desk.asks("UUM", judy.address, 32, 2, payload=mime.typing(desk.account.address), answer=None)
    desk.utterance("typing", write, judy, own=True)
    payload = mime.plain("أهلا من هنا 🌍".encode(), "UTF-8", {})
    write = desk.asks("UUM", judy.address, 32, 1, payload=payload, answer=None)
    desk.text(write, judy, "أهلا من هنا 🌍", own=True, **yahoo)
    write = desk.hears("UBM", judy.address, 32, 3, payload=mime.nudge())
    desk.utterance("nudge", write, judy, own=False)
    desk.presence(judy, desk.hears("FLN", f"32:{judy.address}", "0:0"), status="FLN", network=32)


# --- a circle -----------------------------------------------------------------------------------------------


def _circle(desk: Desk, other: Desk, carol: Account) -> None:
    """Alice goes in and finds Bob; Carol comes; they speak; Carol goes, and Alice."""
    alice, bob = desk.account, other.account
    circle, here = f"9:{CIRCLE}", f"1:{alice.address};epid={alice.guid}"
    desk.asks("USR", "SHA", "A", "Y2lyY2xlLXRpY2tldA==", answer=("OK", alice.address, 0, 0))
    body = blocks.roster([bob.address])
    other.hears("NFY", "PUT", payload=blocks.told_of_group(f"1:{bob.address}", circle, body, kind="Full"))
    payload = blocks.put_into(circle, here, blocks.roster([alice.address]))
    desk.asks("PUT", payload=payload, answer=("OK", b""))
    payload = blocks.told_of_group(f"1:{alice.address}", circle, blocks.named("釣り部 🐟"))
    desk.profile(desk.hears("NFY", "PUT", payload=payload), circle="釣り部 🐟", circle_id=CIRCLE)
    body = blocks.roster([alice.address, bob.address])
    desk.hears("NFY", "PUT", payload=blocks.told_of_group(f"1:{alice.address}", circle, body, kind="Full"))
    talk = Direct([desk, other], [bob], circle)
    talk.comes(alice)
    talk.says(alice, "魚は釣れた?")
    talk.comes(carol)
    talk.says(bob, "Ни одной…")
    talk.says(carol, "Ούτε ένα!")
    talk.nudges(bob)
    talk.goes(carol)
    talk.says(alice, "二人だけになった")
    desk.asks("DEL", payload=blocks.gone(circle, here, alice.address), answer=("OK", b""))
    talk.goes(alice)
