"""The people of the live tests, and an evening of theirs.

Alice is the target. What others say among themselves is nobody's business, and says so, so that it can be looked
for in everything that the program writes.
"""

from __future__ import annotations

import itertools
import threading
import time
from typing import TYPE_CHECKING, Self

from tests.simulator.texts import EVERYDAY, HOSTILE

from .msn_client import Chat, Client, Truth

if TYPE_CHECKING:
    from .network import Network

ALICE, DAVE, GINA = "alice@example.org", "dave@example.org", "gina@example.org"
PRIVATE = "nobody's business"
"""In every text between people who are not targets."""
PAUSE = 1.2
"""Seconds between what is said and who comes or goes. People are no faster, and the recorder takes what happens
within a second of a connection's first packet for something that the connection may have shown."""
STYLE = {"X_MMS_IM_Format": "FN=Segoe%20UI; EF=B; CO=800000; CS=0; PF=22"}


class Town:
    """Everybody who has an account, each with a client on some host."""

    def __init__(self, network: Network) -> None:
        self.truth = Truth()
        self._network = network
        self.alice = self._person(ALICE, "one", 15)
        self.bob = self._person("bob@example.com", "two", 12)
        self.carol = self._person("carol@example.net", "three", 8)
        self.dave = self._person(DAVE, "four", 13)
        self.erin = self._person("erin@example.com", "four", 9)
        self.gina = self._person(GINA, "three", 14, ipv6=True)
        self.hugo = self._person("hugo@example.com", "two", 10, ipv6=True)
        self.everybody = (self.alice, self.bob, self.carol, self.dave, self.erin, self.gina, self.hugo)

    def _person(self, account: str, host: str, version: int, *, ipv6: bool = False) -> Client:
        return Client(self.truth, self._network.hosts[host], account, version=version, ipv6=ipv6)


class Evening:
    """What happens, in two acts, so that a sensor can come late."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._chats: list[Chat] = []

    def first_act(self) -> None:
        """Everybody logs in; three meet, and others beside them; one leaves."""
        town = self._town
        for person in town.everybody:
            person.logs_in("NLN" if person is not town.carol else "BSY")
        beside = threading.Thread(target=self._strangers, name="strangers")
        beside.start()
        party = town.alice.opens_chat(town.bob)
        _talks(party, town.alice, EVERYDAY)
        _talks(party, town.bob, HOSTILE)
        _rests(party)
        party.calls(town.bob, town.carol)
        _rests(party)
        for speaker in (town.carol, town.alice, town.bob):
            _talks(
                party,
                speaker,
                ("你好吗?我们都在这里。", "كيف الحال؟", "👩‍👩‍👧 🎉", "ok", "ok", "long words " * 300),
            )
        party.nudges(town.bob)
        old = town.gina.opens_chat(town.hugo)
        _talks(old, town.gina, EVERYDAY)
        _talks(old, town.hugo, ("over version six", "也可以", "x" * 5000))
        old.settles()
        _rests(party)
        party.leaves(town.carol)
        beside.join()
        time.sleep(PAUSE)
        self._chats = [party, old]

    def _strangers(self) -> None:
        town = self._town
        pair = town.dave.opens_chat(town.erin)
        _talks(pair, town.dave, [f"{PRIVATE}: {text}" for text in EVERYDAY])
        _talks(pair, town.erin, [f"{PRIVATE}, {number}" * (number + 1) for number in range(40)])
        _rests(pair)
        pair.leaves(town.dave)

    def second_act(self) -> None:
        """They go on; a friend of the target talks elsewhere too; much at once; everybody goes."""
        town, (party, old) = self._town, self._chats
        elsewhere = town.bob.opens_chat(town.dave)
        _talks(elsewhere, town.bob, [f"{PRIVATE} behind Alice's back {number}" for number in range(5)])
        _talks(party, town.bob, ("after Carol has left", "嗯。", "שלום"))
        for number in range(50):
            party.says(town.alice, f"{number}: " + "burst " * 220, letter="U")
        _talks(party, town.bob, ("that was much", "太多了"))
        _talks(elsewhere, town.dave, [f"{PRIVATE} answered {number}" for number in range(5)])
        _talks(old, town.hugo, ("still here", "Grüße 🇨🇳"))
        for number in range(20):
            party.says(town.alice, f"crossing {number} from Alice", **STYLE)
            party.says(town.bob, f"crossing {number} from Bob", letter="A")
        _rests(party)
        party.calls(town.alice, town.carol)
        _rests(party)
        _talks(party, town.carol, ("I am back", "ok"))
        old.settles()
        elsewhere.settles()
        _rests(party)
        for person in town.everybody:
            person.logs_out()


class Talk:
    """Alice and Bob in one conversation, Dave and Erin in another, for as long as it lasts."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._people = (town.alice, town.bob, town.dave, town.erin)
        self._said = itertools.count(1)

    def __enter__(self) -> Self:
        for person in self._people:
            person.logs_in()
        self.chat = self._town.alice.opens_chat(self._town.bob)
        self._others = self._town.dave.opens_chat(self._town.erin)
        return self

    def __exit__(self, *exception: object) -> None:
        for person in self._people:
            person.logs_out()

    def says(self, number: int = 3) -> list[str]:
        """Alice and Bob say something new, Dave and Erin something private; gives what Alice and Bob said."""
        texts = []
        for turn in range(number):
            texts.append(f"text {next(self._said)} 文本")
            self.chat.types(self._town.alice if turn % 2 else self._town.bob)
            self.chat.says(self._town.alice if turn % 2 else self._town.bob, texts[-1])
            self._others.says(self._town.dave, f"{PRIVATE} {turn}")
        self.chat.settles()
        self._others.settles()
        return texts

    def others_say(self) -> str:
        """Dave says something new to Erin, who types: a sensor that came late learns who is there from that."""
        text = f"{PRIVATE} {next(self._said)}"
        self._others.types(self._town.dave)
        self._others.types(self._town.erin)
        self._others.says(self._town.dave, text)
        self._others.settles()
        return text


def _talks(chat: Chat, who: Client, texts: tuple[str, ...] | list[str]) -> None:
    for number, text in enumerate(texts):
        if number % 4 == 0:
            chat.types(who)
        chat.says(who, text, letter="NAU"[number % 3], **(STYLE if number % 2 else {}))


def _rests(chat: Chat) -> None:
    chat.settles()
    time.sleep(PAUSE)
