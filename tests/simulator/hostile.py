"""Transfers made to break who reads them: sizes, offsets and names that no honest client sends.

Takes nothing; gives a world. What a reader must make of a lie is not always sure; the truth says where it is.
"""

from __future__ import annotations

from . import samples
from .bearers import Board
from .ftp import Ftp
from .rooms import online
from .samples import PICTURE, thing
from .transfers import Line, accepts, offers, requests, sends_file
from .world import World

NAMES = (
    "../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "\u202egnp.exe",
    "C:\\Windows\\system32\\drivers\\etc\\hosts",
    "con:aux\r\nMSG 9 N 5\r\n",
    "/dev/null",
    "x" * 260,
)


def hostile_files() -> World:
    """MSNP12: Bob tries everything."""
    world, (alice, bob), chat = online(12, 1209, tapped="a")
    line = Line(Board(chat, alice, bob), alice, bob)
    chat.says(bob, "看看这些文件")
    for number, name in enumerate(NAMES):
        sends_file(line, bob, name, samples.noise(200 + number, name))
    behind = "before.txt\0/../../after".encode("utf-16-le")
    sends_file(line, bob, "before.txt", samples.noise(300, "nul"), octets_of_name=behind)
    Ftp(chat, bob, alice, "..\\..\\boot.ini", samples.noise(300, "ini")).declines()
    _beyond(line)
    _other_content(line)
    _huge(line)
    _long_name(line)
    forged = thing(bob.address, PICTURE, samples.noise(900, "promised"))
    false = requests(line, alice, PICTURE, samples.noise(900, "given"), offered=forged)
    false.moving.verified = False
    false.sends()
    false.is_taken()
    chat.says(alice, "нет, спасибо")
    chat.ends()
    return world


def _beyond(line: Line) -> None:
    """Parts behind the end, as far as numbers go."""
    transfer = offers(line, line.ends[1], "beyond.bin", samples.noise(2404, "beyond"))
    accepts(transfer)
    transfer.begins()
    first, second = transfer.parts()
    transfer.passes(first)
    for said in (2404, 5000, 1 << 31, 1 << 40, (1 << 63) - 1, (1 << 64) - 1):
        transfer.passes((0, samples.noise(700, said)), said=said, counts=False)
    transfer.passes(second)
    transfer.is_taken()


def _other_content(line: Line) -> None:
    """Parts that overlap and say something else: what came first stands."""
    transfer = offers(line, line.ends[1], "overlap.bin", samples.noise(3606, "overlap"))
    accepts(transfer)
    transfer.begins()
    first, second, third = transfer.parts()
    transfer.passes(first)
    transfer.passes((600, samples.noise(1202, "other")))
    transfer.passes(second)
    transfer.passes((0, samples.noise(1202, "again")))
    transfer.passes(third)
    transfer.is_taken()


def _huge(line: Line) -> None:
    """Sizes that no disk holds, in the offer and in the headers."""
    for name, size, total in (("huge offer", 1 << 63, None), ("huge headers", None, 1 << 63)):
        content = samples.noise(2000, name)
        transfer = offers(line, line.ends[1], f"{name}.bin", content, size=size)
        transfer.moving.sure = False
        accepts(transfer)
        transfer.begins(total if size is None else size)
        for part in transfer.parts():
            transfer.passes(part)
        transfer.is_cancelled(transfer.owner)


def _long_name(line: Line) -> None:
    """An offer whose context says that it is long, with a name of ten thousand characters."""
    transfer = offers(line, line.ends[1], "n" * 10_000, samples.noise(400, "long"), fits=False)
    transfer.moving.sure = False
    accepts(transfer)
    transfer.sends()
    transfer.is_taken()
