"""Evenings on which files go by other ways than a switchboard: connections of their own, and messages.

Takes nothing; gives worlds whose truth has, beside what was said, what was sent.
"""

from __future__ import annotations

from . import samples
from .bearers import Board, Notes
from .direct import Direct
from .evening import signs_in
from .ftp import Ftp
from .rooms import ALICE, BOB, online
from .samples import PICTURE
from .straight import comes_back, goes_straight
from .transfers import Line, accepts, declines, fetches, offers, requests, sends_file
from .world import World


def oldest_files() -> World:
    """MSNP8: files over connections of their own, on the usual port and on another, whoever waits."""
    world, (alice, bob), chat = online(8, 801)
    chat.says(alice, "发文件给你")
    first = Ftp(chat, alice, bob, "记录.txt", samples.text(6500))
    first.accepts()
    first.connects()
    first.sends()
    first.is_taken()
    second = Ftp(chat, bob, alice, "ответ.png", samples.png(44, 30, "old"))
    second.accepts(port=31999, taker_waits=True)
    second.connects()
    second.sends()
    second.is_taken(says_so=False)
    Ftp(chat, alice, bob, "no.exe", samples.noise(100, "no")).declines()
    Ftp(chat, alice, bob, "late.exe", samples.noise(100, "late")).gives_up()
    third = Ftp(chat, alice, bob, "電影.avi", samples.noise(9000, "film"))
    third.accepts(port=6892)
    third.connects()
    third.sends(0, 4090)
    third.is_cancelled(by_owner=False)
    chat.says(bob, "слишком долго")
    fourth = Ftp(chat, bob, alice, "short.bin", samples.noise(7000, "short"))
    fourth.accepts(port=6892)
    fourth.connects()
    fourth.sends(0, 2045)
    fourth.is_cancelled(by_owner=True)
    fifth = Ftp(chat, bob, alice, "broken.bin", samples.noise(7000, "broken"))
    fifth.accepts()
    fifth.connects()
    fifth.sends(0, 6135)
    fifth.breaks()
    sixth = Ftp(chat, bob, alice, "empty.txt", b"")
    sixth.accepts(taker_waits=True)
    sixth.connects()
    sixth.is_taken()
    chat.ends()
    return world


def straight_older() -> World:
    """MSNP15: three files and a picture by connections of the two; one of them begins on the switchboard."""
    world, (alice, bob), chat = online(15, 1505)
    board = Board(chat, alice, bob)
    line = Line(board, alice, bob)
    chat.says(alice, "直接连接")
    first = offers(line, alice, "直连.bin", samples.noise(6000, "straight"))
    accepts(first)
    goes_straight(first, bob)
    first.sends()
    first.is_taken()
    comes_back(first, board)
    second = offers(line, bob, "начало здесь.bin", samples.noise(7000, "half way"))
    accepts(second)
    second.sends(0, 2404)
    goes_straight(second, bob, port=1042)
    second.sends(2404)
    second.is_taken()
    comes_back(second, board)
    picture = requests(line, alice, PICTURE, samples.png(36, 30, "straight"))
    goes_straight(picture, alice, port=31338, hides=True, backwards=True)
    picture.sends()
    picture.is_taken()
    comes_back(picture, board)
    last = offers(line, alice, "断线.bin", samples.noise(8000, "line cut"))
    accepts(last)
    goes_straight(last, bob, port=31339)
    last.sends(0, 4056)
    comes_back(last, board)
    chat.says(bob, "оборвалось")
    chat.ends()
    return world


def straight_newer() -> World:
    """MSNP18: the same with newer packets, nonces that only their hashes tell, addresses spelled backwards."""
    world, (alice, bob), chat = online(18, 1803)
    board = Board(chat, alice, bob)
    line = Line(board, alice, bob)
    chat.says(bob, "напрямую быстрее")
    first = offers(line, alice, "直连18.bin", samples.noise(5500, "straight newer"))
    accepts(first)
    goes_straight(first, bob, hides=True, backwards=True)
    first.sends()
    first.is_taken()
    comes_back(first, board)
    second = offers(line, bob, "вторая половина.bin", samples.noise(6600, "half newer"))
    accepts(second)
    second.sends(0, 2404)
    goes_straight(second, bob, port=40404, hides=True)
    second.sends(2404)
    second.is_taken()
    comes_back(second, board)
    third = offers(line, bob, "plain.txt", samples.text(3000))
    accepts(third)
    goes_straight(third, alice, port=40405)
    third.sends()
    third.is_taken()
    comes_back(third, board)
    chat.says(alice, "都收到了")
    chat.ends()
    return world


def files_without_switchboard() -> World:
    """MSNP21: files and a picture in messages, one packet in each or several."""
    world = World(version=21, seed=2122, start=1_325_448_000_000_000_000)
    alice, bob = (world.account(*who) for who in (ALICE, BOB))
    desks = [signs_in(alice, bob), signs_in(bob, alice)]
    talk = Direct(desks, [alice, bob])
    line = Line(Notes(desks, alice, bob), alice, bob)
    talk.says(alice, "держи файл")
    sends_file(line, alice, "新年.txt", samples.text(4000), version=3)
    together = offers(line, bob, "с новым годом.bin", samples.noise(7000, "together"))
    accepts(together)
    together.begins()
    parts = list(together.parts())
    together.pass_together(parts[:2])
    together.pass_together(parts[2:5])
    together.pass_together(parts[5:])
    together.is_taken()
    fetches(line, alice, PICTURE, samples.png(28, 28, "notes"))
    declines(offers(line, alice, "вирус.scr", samples.noise(50, "declined")))
    cut = offers(line, alice, "长.avi", samples.noise(8000, "notes cut"))
    accepts(cut)
    cut.sends(0, 4056)
    talk.says(bob, "够了")
    cut.is_cancelled(bob)
    return world
