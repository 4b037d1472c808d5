"""Random traffic of several circles of people who do not know each other, with a token in everything.

Takes a seed; gives what passed the tap of each circle. Everything comes from the seed, and nobody comes or goes
within a second of anything being said, so that a nasty which delays by less never changes who was there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from tests.simulator import nasties
from tests.simulator.bearers import Board
from tests.simulator.scripts import QUIET, SHAPES
from tests.simulator.tcp import SECOND
from tests.simulator.transfers import Line, accepts, declines, offers
from tests.simulator.world import START, Capture, World

from .tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulator.chat import Chat
    from tests.simulator.packets import Frame
    from tests.simulator.people import Account
    from tests.simulator.tcp import Connection, Write

VERSIONS = (8, 9, 10, 12, 13, 15, 16, 18)
WITH_FILES = (9, 12, 15, 18)
DOMAINS = ("example.org", "example.com", "example.net")
AROUND = ("ты где? {} …", "我在这里 {} 你呢", "مرحبا {} كيف", "🎉 {} 👋", "{}", "MSG 1 N 5\r\n{}\r\nOUT\r\n")
"""What surrounds a token; the last one looks like commands."""

Nasty = "Callable[[list[Frame]], list[Frame]]"
CLEAN: dict[str, Callable[[list[Frame]], list[Frame]]] = {
    "as it was": list,
    "twice": nasties.duplicate,
    "shuffled": nasties.reorder,
    "filled late": nasties.fill_late,
}
"""What hides nothing: what an order covers has to be there too."""
DAMAGED: dict[str, Callable[[list[Frame]], list[Frame]]] = {
    "cut anew": nasties.retransmit,
    "numbers wrap": nasties.seq_wrap,
    "conflicting": nasties.conflict,
    "no handshake": nasties.no_handshake,
    "2 % lost": lambda frames: nasties.drop(frames, rate=0.02)[0],
    "10 % lost": lambda frames: nasties.drop(frames, rate=0.1)[0],
    "begun in the middle": nasties.start_in_middle,
    "begun late": partial(nasties.start_in_middle, fraction=0.2),
    "ended early": partial(nasties.stop_in_middle, fraction=0.7),
    "client side": nasties.client_side_only,
    "server side": nasties.server_side_only,
}
"""What hides some of it, or makes it unsure: nothing may be there that no order covers."""


@dataclass
class Circle:
    """People who know each other, and what passed the tap of them."""

    number: int
    world: World
    tokens: Tokens
    rooms: dict[int, Chat] = field(default_factory=dict)
    """Connections to switchboards by their number: of which conversation each is."""
    bearers: dict[str, str] = field(default_factory=dict)
    """Of each name, whose it is."""
    marked: list[tuple[str, Connection, Write]] = field(default_factory=list)
    """Tokens that stand encoded in a write."""
    capture: Capture = field(init=False)
    frames: list[Frame] = field(init=False)
    """As the tap gave them."""


@dataclass
class Town:
    """All of it."""

    seed: int
    nasty: str
    circles: list[Circle]
    kinds: dict[str, str]
    """Of each token, what it stands in."""
    frames: list[Frame]

    @property
    def clean(self) -> bool:
        """Nothing was hidden."""
        return self.nasty in CLEAN


def town(seed: int, *, circles: int | None = None, length: int = 22, nasty: str | None = None) -> Town:
    """What passed on one evening."""
    random = Random(f"town/{seed}")
    tokens = Tokens(seed)
    made = [_Evening(number, random, tokens).circle(length) for number in range(circles or random.randint(1, 2))]
    name = nasty or random.choice((*CLEAN, *CLEAN, *DAMAGED))
    change = {**CLEAN, **DAMAGED}[name]
    for circle in made:
        circle.capture = circle.world.capture()
        circle.frames = change(circle.capture.frames)
    frames = sorted((frame for circle in made for frame in circle.frames), key=lambda frame: frame.time)
    return Town(seed, name, made, tokens.kinds, frames)


class _Evening:
    """One circle while things happen."""

    def __init__(self, number: int, random: Random, tokens: Tokens) -> None:
        self.random = Random(f"evening/{random.random()}/{number}")
        self.tokens = tokens
        version = self.random.choice(VERSIONS)
        start = START + self.random.randrange(20 * SECOND)
        shape = self.random.choice(SHAPES[:3]) if self.random.random() < 0.8 else SHAPES[4]
        world = World(version=version, seed=self.random.randrange(1 << 30), start=start, shape=shape)
        world.revival, world.reuse_ports = self.random.random() < 0.3, self.random.random() < 0.3
        world.pace, world.tap = 0.3, self.random.choice((0.0, 0.05, 0.5, 1.0))
        self.world, self._circle = world, Circle(number, world, tokens)
        self.chats: list[Chat] = []
        for member in range(self.random.randint(2, 5)):
            tapped = member == 0 or self.random.random() < 0.55
            address = self._address()
            account = world.account(address, self._name(address), tapped=tapped, ip=self._ip(member))
            account.personal = tokens.new("personal message")

    def circle(self, length: int) -> Circle:
        """All that happens."""
        for account in self.world.accounts:
            account.login(self.random.choice(("NLN", "BSY")))
        for _ in range(length):
            self._something()
            for chat in self.chats:
                for talk in (*chat.roster.values(), *chat.past):
                    self._circle.rooms[talk.connection.number] = chat
        for account in self.world.accounts:
            if account.online and self.random.random() < 0.7:
                self.world.waits(QUIET)
                account.logs_out()
        return self._circle

    # --- words --------------------------------------------------------------------------------------------------

    def _address(self) -> str:
        return f"{self.tokens.new('account')}@{self.random.choice(DOMAINS)}"

    def _name(self, address: str) -> str:
        token = self.tokens.new("name")
        self._circle.bearers[token] = address
        return self._around(token, 5)

    def _around(self, token: str, of: int = 6) -> str:
        return self.random.choice(AROUND[:of]).format(token)

    def _ip(self, member: int) -> str:
        if member and self.random.random() < 0.25:
            return self.world.accounts[0].ip  # behind one address translation
        return f"10.{self._circle.number}.{self.random.randrange(2)}.{10 + member}"

    # --- what happens -------------------------------------------------------------------------------------------

    def _something(self) -> None:
        open_ones = [chat for chat in self.chats if chat.roster]
        online = [account for account in self.world.accounts if account.online]
        what = self.random.random()
        if len(online) < 2 or what < 0.04:
            self._comes_or_goes()
        elif not open_ones or (what < 0.12 and len(open_ones) < 4):
            opener, guest = self.random.sample(online, 2)
            self.world.waits(QUIET)
            self.chats.append(opener.opens_chat(guest))
            self.world.waits(QUIET)
        elif what < 0.25:
            self._alone(self.random.choice(online))
        else:
            self._together(self.random.choice(open_ones))

    def _comes_or_goes(self) -> None:
        who = self.random.choice(self.world.accounts)
        self.world.waits(QUIET)
        if who.online:
            self.random.choice((who.logs_out, who.loses_connection, who.is_thrown_out))()
        else:
            if self.random.random() < 0.5:
                who.ip = f"10.{self._circle.number}.9.{self.random.randrange(10, 250)}"
            who.login()
        self.world.waits(QUIET)

    def _alone(self, who: Account) -> None:
        what = self.random.choice(("status", "rename", "personal", "mail"))
        if what == "status":
            who.sets_status(self.random.choice(("NLN", "BSY", "AWY", "HDN")))
        elif what == "rename":
            who.renames(self._name(who.address))
        elif what == "personal":
            who.sets_personal_message(self._around(self.tokens.new("personal message"), 5))
        else:
            words = [self.tokens.new("mail") for _ in range(2)]
            who.gets_mail(f"{self.tokens.new('mail')}@example.jp", *words)
            write = who.talk.connection.writes[-1]
            self._circle.marked += [(word, who.talk.connection, write) for word in words]

    def _together(self, chat: Chat) -> None:
        present = list(chat.roster)
        away = [account for account in self.world.accounts if account not in chat.roster]
        what = self.random.random()
        if away and (len(present) < 2 or what < 0.14):
            self.world.waits(QUIET)
            chat.invites(self.random.choice(present), self.random.choice(away))
            self.world.waits(QUIET)
        elif len(present) > 1 and what < 0.24:
            self.world.waits(QUIET)
            self.random.choice((chat.leaves, chat.times_out))(self.random.choice(present))
            self.world.waits(QUIET)
        elif len(present) > 1 and what < 0.36 and self.world.version in WITH_FILES:
            self._file(chat, *self.random.sample(present, 2))
        else:
            self._speaks(chat, self.random.choice(present))

    def _speaks(self, chat: Chat, who: Account) -> None:
        kind = self.random.choices(("text", "long", "cross", "types", "nudges", "acts"), (60, 8, 8, 8, 6, 6))[0]
        if kind == "types":
            chat.types(who)
        elif kind == "nudges":
            chat.nudges(who)
        elif kind == "cross" and len(chat.roster) > 1:
            chat.cross(*[(account, self._around(self.tokens.new("text"))) for account in chat.roster])
        elif kind == "long":
            token = self.tokens.new("text")
            chat.says(who, f"很长 {token} " * self.random.randint(60, 200), letter="A")
        elif kind == "acts":
            chat.acts(who, self._around(self.tokens.new("text"), 5))
        else:
            letter, refused = self.random.choice("NAUS"), self.random.random() < 0.06
            chat.says(who, self._around(self.tokens.new("text")), letter=letter, refused=refused)

    def _file(self, chat: Chat, owner: Account, taker: Account) -> None:
        line = Line(Board(chat, owner, taker), owner, taker)
        token = self.tokens.new("file")
        content = (f"{token} " * max(4, self.random.randint(1, 300))).encode()
        name = f"{self.tokens.new('file name')}.txt"
        transfer = offers(line, owner, name, content)
        how = self.random.random()
        if how < 0.15:
            declines(transfer)
            return
        accepts(transfer)
        if how < 0.3:
            transfer.sends(0, len(content) // 2)
            if len(content) >= 4:
                transfer.is_cancelled(self.random.choice((owner, taker)))
            return
        transfer.sends()
        transfer.is_taken()
