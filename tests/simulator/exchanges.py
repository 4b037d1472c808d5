"""Evenings on which files and pictures are sent: each way that MSNP9 to 18 have on a switchboard.

Takes nothing; gives worlds whose truth has, beside what was said, what was sent.
"""

from __future__ import annotations

from . import mime, samples
from .bearers import Board
from .byways import files_without_switchboard, oldest_files, straight_newer, straight_older
from .rooms import online, people
from .samples import EMOTICON, PICTURE, VOICE, WINK, thing
from .tcp import Shape
from .transfers import Line, accepts, declines, fetches, offers, requests, sends_file
from .world import World


def older_files() -> World:
    """MSNP12: files each way, one with a preview, one declined, one cancelled in the middle."""
    world, (alice, bob), chat = online(12, 1201)
    line = Line(Board(chat, alice, bob), alice, bob)
    chat.says(alice, "我把报告发给你")
    sends_file(line, alice, "报告 2006.txt", samples.text(5000))
    chat.says(bob, "спасибо, вот фото")
    picture = samples.png(40, 30)
    sends_file(line, bob, "фото.png", picture, preview=samples.png(8, 6, "preview"))
    declines(offers(line, alice, "setup.exe", samples.noise(9000, "declined")))
    cut = offers(line, bob, "отпуск.avi", samples.noise(12_000, "cut"))
    accepts(cut)
    cut.sends(0, 6010)
    chat.says(alice, "не надо, слишком большой")
    cut.is_cancelled(alice)
    given_up = offers(line, alice, "lang.mp3", samples.noise(7000, "given up"))
    accepts(given_up)
    given_up.sends(0, 3606)
    given_up.is_cancelled(alice)
    sends_file(line, alice, "a.bin", samples.noise(2404, "full parts"), version=3)
    chat.ends()
    return world


def objects() -> World:
    """MSNP15: a display picture, an emoticon, a wink and a voice clip, each asked for and checked by its digest."""
    world, (alice, bob) = people(15, 1501)
    picture, cat = samples.png(48, 32, "bob"), samples.png(12, 12, "cat")
    bob.object = thing(bob.address, PICTURE, picture)
    for account in (bob, alice):
        account.login()
    chat = alice.opens_chat(bob)
    line = Line(Board(chat, alice, bob), alice, bob)
    fetches(line, alice, PICTURE, picture)
    chat.says(alice, "新头像不错")
    emoticon = thing(alice.address, EMOTICON, cat, location="TFR2.dat")
    chat.sends_other(alice, mime.emoticons({"(猫)": emoticon}), "N")
    chat.says(alice, "看我的猫 (猫)")
    fetches(line, bob, EMOTICON, cat)
    wink, voice = samples.noise(3100, "MSCF"), samples.wave(4000)
    for taker, kind, number, content in ((bob, WINK, 2, wink), (alice, VOICE, 3, voice)):
        owner = line.other(taker)
        told = f"ID: {number}\r\nData: {thing(owner.address, kind, content)}\r\n\r\n"
        chat.sends_other(owner, mime.message(mime.DATACAST, told.encode()), "N")
        fetches(line, taker, kind, content)
    chat.says(bob, "было слышно?")
    chat.ends()
    return world


def newer_files() -> World:
    """MSNP18: the newer packets; a file each way, a picture by request, one declined, one cancelled."""
    world, (alice, bob) = people(18, 1801)
    picture = samples.png(40, 40, "alice")
    alice.object = thing(alice.address, PICTURE, picture)
    for account in (alice, bob):
        account.login()
    chat = alice.opens_chat(bob)
    line = Line(Board(chat, alice, bob), alice, bob)
    fetches(line, bob, PICTURE, picture)
    chat.says(bob, "好看的照片!")
    sends_file(line, alice, "план на июль.txt", samples.text(4300), version=3)
    sends_file(line, bob, "noise.bin", samples.noise(3606, "newer"), preview=samples.png(8, 8, "p"))
    declines(offers(line, bob, "не надо.scr", samples.noise(100, "declined")))
    cut = offers(line, alice, "半.zip", samples.noise(9000, "newer cut"))
    accepts(cut)
    cut.sends(0, 4808)
    cut.is_cancelled(bob)
    chat.says(alice, "хорошо")
    chat.ends()
    return world


def in_company() -> World:
    """MSNP15: three in a room, and a file from one to another: the third sees every part and gets nothing."""
    world, (alice, bob, carol), chat = online(15, 1503, tapped="abc", three=True)
    line = Line(Board(chat, alice, bob), alice, bob)
    chat.says(carol, "что вы там шлёте?")
    sends_file(line, bob, "секрет.txt", samples.text(3000))
    other = Line(Board(chat, carol, alice), carol, alice)
    fetches(other, carol, PICTURE, samples.png(20, 20, "company"), old=True)
    chat.says(alice, "ничего")
    chat.ends()
    return world


def disorder() -> World:
    """MSNP12: parts out of order and doubled, two at once, both ways at once, tiny and empty files."""
    world, (alice, bob), chat = online(12, 1203, shape=Shape(mss=536))
    line = Line(Board(chat, alice, bob), alice, bob)
    chat.says(bob, "присылай всё сразу")
    mixed = offers(line, alice, "нечётные сначала.bin", samples.noise(7500, "mixed"))
    accepts(mixed)
    mixed.begins()
    parts = list(mixed.parts())
    for part in (*parts[1::2], parts[1], *parts[::2], parts[0], parts[-1]):
        mixed.passes(part)
    mixed.is_taken()
    several = [
        offers(line, alice, "один.bin", samples.noise(4900, "one")),
        offers(line, alice, "два.bin", samples.noise(6100, "two")),
        offers(line, bob, "назад.bin", samples.noise(5300, "back")),
    ]
    for transfer in several:
        accepts(transfer)
        transfer.begins()
    waiting = [list(transfer.parts()) for transfer in several]
    while any(waiting):
        for transfer, rest in zip(several, waiting, strict=True):
            if rest:
                transfer.passes(rest.pop(0))
    for transfer in several:
        transfer.is_taken()
    sends_file(line, bob, "четыре.bin", bytes(4))
    sends_file(line, bob, "один октет.bin", b"!")
    sends_file(line, bob, "пусто.txt", b"")
    asked = requests(line, bob, PICTURE, samples.png(16, 16, "asked"))
    chat.says(alice, "минутку")
    asked.sends()
    asked.is_taken()
    chat.ends()
    return world


def liars() -> World:
    """MSNP9: one client's headers are a part behind; the other's names lose half of each unit."""
    world, (alice, bob), chat = online(9, 901)
    line = Line(Board(chat, alice, bob), alice, bob, liar=bob)
    chat.says(bob, "hello from another client", User_Agent="other/2.0")
    sends_file(line, bob, "lag.txt", samples.text(5100))
    sends_file(line, bob, "small.txt", samples.text(700))
    fetches(line, alice, PICTURE, samples.png(30, 30, "liar"), old=True)
    name = "报告.txt"
    octets = bytes(octet for unit in name for octet in (ord(unit) & 0xFF, 0))
    lost = octets.decode("utf-16-le")
    sends_file(line, alice, lost, samples.text(1900), octets_of_name=octets)
    chat.says(alice, "你收到了吗?")
    chat.ends()
    return world


def few_files() -> World:
    """MSNP15: three files, for captures that miss parts of them."""
    world, (alice, bob), chat = online(15, 1506)
    line = Line(Board(chat, alice, bob), alice, bob)
    sends_file(line, alice, "甲.txt", samples.text(6000))
    chat.says(bob, "одна есть")
    sends_file(line, bob, "乙.bin", samples.noise(4800, "second of few"))
    chat.says(alice, "两个了")
    sends_file(line, alice, "丙.bin", samples.noise(3606, "third of few"))
    chat.says(bob, "все три")
    chat.ends()
    return world


def gateway_files() -> World:
    """MSNP15: a file and a picture, for a capture in which one of the two has no connection of his own."""
    world, (alice, bob), chat = online(15, 1504)
    line = Line(Board(chat, alice, bob), alice, bob)
    sends_file(line, bob, "через шлюз.txt", samples.text(3000))
    fetches(line, bob, PICTURE, samples.png(24, 24, "gateway"))
    chat.says(alice, "墙后面也行")
    chat.ends()
    return world


FILES = {
    "msnp8-files": oldest_files,
    "msnp12-files": older_files,
    "msnp15-objects": objects,
    "msnp18-files": newer_files,
    "msnp15-files-in-company": in_company,
    "msnp12-files-disorder": disorder,
    "msnp9-files-liars": liars,
    "msnp15-straight": straight_older,
    "msnp18-straight": straight_newer,
    "msnp21-files": files_without_switchboard,
}
"""Cases about files: the truth has what was sent, and what of it the capture shows."""
