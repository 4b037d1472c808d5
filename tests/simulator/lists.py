"""Contact lists of MSNP10 (one command for each change) and of MSNP13 (XML), and what else a server tells.

Takes nothing; gives two worlds. Alice changes her list, and Bob is there to be talked to.
"""

from __future__ import annotations

import base64

from . import mime
from .desk import Desk, Stranger
from .dialects import full, line
from .world import World

FRIENDS, WORK = "00000000-0000-0000-0001-000000000001", "7ab2fc01-52d9-4a9d-9c0e-2a3f6f2d5e10"
ZOE = "f2b7a6c8-0d1e-4f3a-8b5c-6d7e8f901a2b"


def each_change() -> World:
    """MSNP10: ADC, REM and SBP with the contacts' numbers; groups; to block is two commands."""
    world = World(version=10, seed=110)
    alice = world.account("alice@example.org", "阿丽思")
    bob = world.account("bob@example.com", "Бобби", picture=True)
    bob.login()
    alice.login()
    desk = Desk(alice)
    zoe = desk.stranger("zoe@example.jp", "ゾエ")
    guid = "00000000-0000-0000-0002-000000000001"  # of the only contact in the list that came at login
    write = desk.asks("ADC", "FL", f"N={zoe.address}", f"F={zoe.address}",
                      answer=("FL", f"N={zoe.address}", f"F={zoe.address}", f"C={ZOE}"))  # fmt: skip
    desk.contact("added", zoe, write, lists=["FL"])
    desk.contact("added", zoe, desk.echoed("ADC", "AL", f"N={zoe.address}"), lists=["AL"])
    desk.contact_renamed(zoe, desk.echoed("SBP", ZOE, "MFN", zoe.quoted))
    write = desk.asks("ADG", full("仕事 & ☕"), 0, answer=(full("仕事 & ☕"), WORK, 0))
    desk.profile(write, action="added", group="仕事 & ☕")
    desk.contact(
        "moved", zoe, desk.echoed("ADC", "FL", f"C={ZOE}", WORK), group_added="仕事 & ☕", groups=["仕事 & ☕"]
    )
    write = desk.asks("REG", WORK, full("עבודה"), 0, answer=(1, full("עבודה"), WORK, 0))
    desk.profile(write, action="renamed", group="עבודה", group_id=WORK)
    desk.contact("moved", bob, desk.echoed("ADC", "FL", f"C={guid}", WORK), group_added="עבודה",
                 groups=["Friends", "עבודה"])  # fmt: skip
    desk.contact("moved", bob, desk.echoed("REM", "FL", guid, FRIENDS), group_removed="Friends", groups=["עבודה"])
    desk.profile(
        desk.asks("RMG", FRIENDS, answer=(1, FRIENDS)), action="removed", group="Friends", group_id=FRIENDS
    )
    _strangers(desk)
    _blocking(desk, zoe)
    desk.contact("removed", zoe, desk.echoed("REM", "FL", ZOE), lists=["FL"])
    desk.asks("ADC", "FL", f"N={bob.address}", f"F={full(bob.name)}", answer="215")
    desk.profile(desk.echoed("PRP", "PHM", "01%20555%200100"), property="phone_mobile", value="01 555 0100")
    desk.profile(desk.echoed("PRP", "MOB", "Y"), property="mobile_enabled", value="Y")
    write = desk.hears("BPR", bob.address, "PHW", "01%20555%200199")
    desk.contact("property", bob, write, property="phone_work", value="01 555 0199")
    chat = alice.opens_chat(bob)
    chat.says(alice, "לא ראיתי אותך מזמן")
    chat.says(bob, "я был в отпуске 🏖")
    alice.logs_out()
    bob.logs_out()
    return world


def _strangers(desk: Desk) -> None:
    """Somebody adds alice, who takes them in; somebody else takes her off."""
    ken = desk.stranger("ken@example.net", "健 <3")
    write = desk.hears("ADC", 0, "RL", f"N={ken.address}", f"F={ken.quoted}")
    desk.contact("added", ken, write, by_contact=True, lists=["RL"])
    desk.contact("added", ken, desk.echoed("ADC", "AL", f"N={ken.address}"), lists=["AL"])
    desk.contact("removed", ken, desk.hears("REM", 0, "RL", ken.address), by_contact=True, lists=["RL"])


def _blocking(desk: Desk, zoe: Stranger) -> None:
    desk.echoed("REM", "AL", zoe.address)
    desk.contact("blocked", zoe, desk.echoed("ADC", "BL", f"N={zoe.address}"), lists=["BL"])
    desk.echoed("REM", "BL", zoe.address)
    desk.contact("unblocked", zoe, desk.echoed("ADC", "AL", f"N={zoe.address}"), lists=["BL"])


def uploaded() -> World:
    """MSNP13: ADL and RML in XML, FQY, policies, notices, pages, what plays, an error with a payload."""
    world = World(version=13, seed=113)
    alice = world.account("alice@example.org", "Алиса в стране чудес")
    bob = world.account("bob@example.com", "بوب")
    alice.login()
    bob.login()
    desk = Desk(alice)
    zoe = desk.stranger("zoe@example.jp", "ゾエ")
    mobile = desk.stranger("tel:+15550100", "")
    write = desk.asks("ADL", payload=b'<ml><d n="example.jp"><c n="zoe" l="3" t="1"/></d></ml>', answer=("OK",))
    desk.contact("added", zoe, write, lists=["FL", "AL"], network=1)
    write = desk.asks("ADL", payload=b'<ml><t><c n="tel:+15550100" l="3"/></t></ml>', answer=("OK",))
    desk.contact("added", mobile, write, lists=["FL", "AL"], network=4, network_name="telephone")
    desk.asks("RML", payload=b'<ml><d n="example.jp"><c n="zoe" l="2" t="1"/></d></ml>', answer=("OK",))
    write = desk.asks("ADL", payload=b'<ml><d n="example.jp"><c n="zoe" l="4" t="1"/></d></ml>', answer=("OK",))
    desk.contact("blocked", zoe, write, lists=["BL"])
    desk.asks("RML", payload=b'<ml><d n="example.jp"><c n="zoe" l="4" t="1"/></d></ml>', answer=("OK",))
    write = desk.asks("ADL", payload=b'<ml><d n="example.jp"><c n="zoe" l="2" t="1"/></d></ml>', answer=("OK",))
    desk.contact("unblocked", zoe, write, lists=["BL"])
    erin = desk.stranger("erin@example.net", "Έριν")
    payload = f'<ml><d n="example.net"><c n="erin" t="1" l="8" f="{erin.name}" /></d></ml>'.encode()
    desk.contact("added", erin, desk.hears("ADL", 0, payload=payload), by_contact=True, lists=["RL"])
    payload = b'<ml><d n="example.net"><c n="erin" t="1" l="8" /></d></ml>'
    desk.contact("removed", erin, desk.hears("RML", 0, payload=payload), by_contact=True, lists=["RL"])
    wrong = b'<ml><d n="example.net"><c n="nobody" t="1" l="5" /></d></ml>'
    write = desk.refused("ADL", "241", wrong)
    desk.contact("added", desk.stranger("nobody@example.net", ""), write, error=241)
    desk.hears("RFS")
    _asks_for_networks(desk)
    _hears_notices(desk, mobile)
    _plays(desk, bob.address)
    desk.profile(desk.asks("BLP", "AL", answer=("AL",)), setting="privacy", value="allow")
    chat = bob.opens_chat(alice)
    chat.says(bob, "هل سمعت هذه الأغنية؟")
    chat.says(alice, "Ναι! 🎶")
    bob.logs_out()
    alice.is_thrown_out("RCT 5")
    return world


def _asks_for_networks(desk: Desk) -> None:
    """FQY, answered once for each; and the policy with words that clients are to block."""
    asked = b'<ml l="2"><d n="example.jp"><c n="hana"/></d><d n="example.com"><c n="judy"/></d></ml>'
    desk.talk.begins(desk.world.step())
    transaction = desk.talk.number()
    desk.talk.asks(line("FQY", transaction, payload=asked))
    hana, judy = desk.stranger("hana@example.jp", ""), desk.stranger("judy@example.com", "")
    write = desk.also("FQY", transaction, payload=b'<ml><d n="example.jp"><c n="hana" t="32" /></d></ml>')
    desk.contact("queried", hana, write, network=32, network_name="yahoo")
    write = desk.also("FQY", transaction, payload=b'<ml><d n="example.com"><c n="judy" t="1" /></d></ml>')
    desk.contact("queried", judy, write, network=1)
    words = (r"\.exe$", "下载器")
    values = "".join(f'<imtext value="{base64.b64encode(word.encode()).decode()}" />' for word in words)
    payload = f'<Policies><Policy type="SHIELDS"><config><block>{values}</block></config></Policy></Policies>'
    desk.profile(desk.hears("GCF", 0, payload=payload.encode()), blocked_words=list(words))


def _hears_notices(desk: Desk, mobile: Stranger) -> None:
    """NOT, a page to a telephone, and one from it."""
    payload = (
        '<NOTIFICATION id="0" siteid="45705" siteurl="http://contacts.example/">'
        f'<TO pid="0x00000001:0x00000002" name="{desk.account.address}"><VIA agent="messenger"/></TO>'
        '<MSG id="0"><SUBSCR url="s.htm"/><ACTION url="a.htm"/><BODY>адресная книга</BODY></MSG></NOTIFICATION>'
    )
    desk.mail(desk.hears("NOT", payload=payload.encode()), siteid="45705", body="адресная книга")
    page = '<TEXT xml:space="preserve" enc="utf-8">5時に駅で</TEXT>'
    write = desk.asks("PGD", mobile.address, 1, payload=page.encode(), answer=None)
    desk.text(write, mobile, "5時に駅で", own=True, mobile=True, device="mobile")
    page = (
        '<NOTIFICATION id="7" siteid="111100400" siteurl="http://mobile.example/">'
        f'<TO name="{desk.account.address}"/><FROM name="{mobile.address}"/><MSG pri="1" id="1">'
        "<BODY><TEXT>了解 👌</TEXT></BODY></MSG></NOTIFICATION>"
    )
    desk.text(desk.hears("IPG", payload=page.encode()), mobile, "了解 👌", own=False, mobile=True)


def _plays(desk: Desk, friend: str) -> None:
    """A personal message and what plays, said and heard; then both are cleared."""
    plays = r"WMP\0Music\01\0{0} - {1}\0さくら\0滝 Taki\0四季\0\0"
    media = {"application": "WMP", "kind": "Music", "playing": True, "format": "{0} - {1}", "title": "さくら",
             "artist": "滝 Taki", "album": "四季"}  # fmt: skip
    write = desk.asks("UUX", payload=mime.personal_message("R&B <3", plays), answer=(b"",))
    desk.presence(None, write, personal_message="R&B <3", media=media)
    bob = desk.stranger(friend, "")
    plays = r"\0Games\01\0Playing {0}\0囲碁\0"
    write = desk.hears("UBX", friend, payload=mime.personal_message("مشغول", plays))
    desk.presence(
        bob, write, personal_message="مشغول", media={"kind": "Games", "playing": True, "fields": ["囲碁"]}
    )
    desk.presence(bob, desk.hears("UBX", friend, payload=b""), personal_message="", media=None)
