"""Orders as a judge reads them: whom they name, from when to when, how much, and what was decided about them when.

Nothing here is taken from the recorder. An order is a list of *decisions*: at some point of the traffic, between
two packets, these terms were in force or none. ``covers`` says of an instant whether somebody may be listened to;
times are those of packets, in nanoseconds, and a decision lies behind the packet that passed last before it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from random import Random
from typing import TYPE_CHECKING

from rcds_sniffer.orders.acting import Acting
from rcds_sniffer.orders.order import Identity

if TYPE_CHECKING:
    from .town import Town

EVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Named:
    """One of those whom an order names: all that is given has to be so."""

    account: str | None = None
    domain: str | None = None
    address: str | None = None
    protocol: str | None = None

    def means(self, account: str, address: str | None) -> bool:
        """Whether it is ``account``, whose own line is at ``address``; None: it is seen on somebody else's line."""
        if self.protocol not in {None, "msnp"}:
            return False
        if self.account is not None and self.account != account:
            return False
        if self.domain is not None and not account.endswith(f"@{self.domain}"):
            return False
        return self.address is None or (address is not None and ip_address(address) in ip_network(self.address))


@dataclass(frozen=True, slots=True)
class Paper:
    """The terms of an order at some time."""

    liid: str
    named: tuple[Named, ...]
    since: int
    until: int
    content: bool

    def acting(self) -> Acting:
        """As a sensor is told of it."""
        identities = tuple(Identity(one.account, one.domain, one.address, one.protocol) for one in self.named)
        return Acting(self.liid, identities, self.since, self.until, self.content)


@dataclass(frozen=True, slots=True)
class Decision:
    """Behind the packet of time ``after`` (-1: ahead of all) these terms are in force, or none."""

    after: int
    terms: Paper | None


@dataclass(frozen=True, slots=True)
class File:
    """An order, and all that was decided about it."""

    liid: str
    decisions: tuple[Decision, ...]

    def names(self, account: str) -> bool:
        """Whether any of its terms may mean ``account``, wherever that is and whenever."""
        papers = [decision.terms for decision in self.decisions if decision.terms is not None]
        return any(one.address is not None or one.means(account, None) for paper in papers for one in paper.named)

    def covers(self, account: str, address: str | None, time: int, *, content: bool, surely: bool = False) -> bool:
        """Whether what passed at ``time`` may be kept of ``account``.

        ``surely``: it has to be. Of the very packet behind which terms were withdrawn that is not asked.
        """
        for decision, following in zip(self.decisions, (*self.decisions[1:], Decision(EVER, None)), strict=True):
            if decision.after < time <= following.after - surely:
                paper = decision.terms
                return (
                    paper is not None
                    and paper.since <= time < paper.until
                    and (paper.content or not content)
                    and any(one.means(account, address) for one in paper.named)
                )
        return False

    def covers_all(
        self, account: str, address: str | None, begin: int, end: int, *, content: bool, surely: bool = False
    ) -> bool:
        """The same of everything from ``begin`` to ``end``, both included."""
        edges = {begin, end}
        for decision in self.decisions:
            edges.add(decision.after + 1)
            if decision.terms is not None:
                edges |= {decision.terms.since - 1, decision.terms.until}
        if surely:
            edges |= {decision.after for decision in self.decisions}
        return all(
            self.covers(account, address, time, content=content, surely=surely)
            for time in edges
            if begin <= time <= end
        )

    def covers_some(self, account: str, address: str | None, begin: int, end: int) -> bool:
        """The same, without content, of any instant from ``begin`` to ``end``."""
        instants = {begin, *(decision.after + 1 for decision in self.decisions)}
        instants |= {decision.terms.since for decision in self.decisions if decision.terms is not None}
        return any(self.covers(account, address, time, content=False) for time in instants if begin <= time <= end)

    def at_start(self) -> Paper | None:
        """What is in force ahead of all packets."""
        return self.decisions[0].terms if self.decisions[0].after < 0 else None

    def then(self, time: int) -> Paper | None:
        """What is in force behind the packet of ``time``."""
        terms = None
        for decision in self.decisions:
            if decision.after <= time:
                terms = decision.terms
        return terms


def papers(seed: int, town: Town, edges: list[int], moments: list[int]) -> list[File]:
    """Random orders.

    Args:
        edges: times of packets in which something begins or ends; validity begins and ends on them and beside them.
        moments: times of packets behind which something may be decided; none: nothing is while it runs.
    """
    random = Random(f"papers/{seed}")
    return [
        _file(random, town, f"LIID-{number}", edges, moments) for number in range(random.choice((0, 1, 1, 2, 3, 4)))
    ]


def _file(random: Random, town: Town, liid: str, edges: list[int], moments: list[int]) -> File:
    paper: Paper | None = _paper(random, town, liid, edges)
    decisions = [Decision(-1, paper)]
    if moments and random.random() < 0.4:
        decisions = [Decision(-1, None), Decision(random.choice(moments), paper)]
    while moments and random.random() < 0.45:
        later = [moment for moment in moments if moment > decisions[-1].after]
        if not later:
            break
        decisions.append(Decision(random.choice(later), _changed(random, town, decisions[-1].terms, liid, edges)))
    return File(liid, tuple(decisions))


def _changed(random: Random, town: Town, paper: Paper | None, liid: str, edges: list[int]) -> Paper | None:
    if paper is None or random.random() < 0.2:
        return _paper(random, town, liid, edges)
    what = random.randrange(5)
    if what == 0:
        return None
    if what == 1:
        return replace(paper, content=not paper.content)
    other = _paper(random, town, liid, edges)
    if what == 2:
        return replace(paper, until=other.until)
    return replace(paper, named=other.named) if what == 3 else replace(paper, since=other.since)


def _paper(random: Random, town: Town, liid: str, edges: list[int]) -> Paper:
    named = tuple(_named(random, town) for _ in range(random.choice((1, 1, 1, 2))))
    times = sorted(_edge(random, edges) for _ in range(2))
    how = random.random()
    since = 0 if how < 0.3 else times[0]
    until = EVER if how < 0.15 or 0.3 < how < 0.45 else times[1]
    return Paper(liid, named, since, until, random.random() < 0.65)


def _edge(random: Random, edges: list[int]) -> int:
    return random.choice(edges) + random.choice((-1, 0, 0, 1))


def _named(random: Random, town: Town) -> Named:
    who = random.choice([account for circle in town.circles for account in circle.world.accounts])
    address = random.choice((who.ip, f"{who.ip.rpartition('.')[0]}.0/24", "10.0.0.0/13", f"{who.ip}/32"))
    protocol = random.choice((None, None, "msnp", "irc"))
    how = random.random()
    if how < 0.6:
        return Named(account=who.address, protocol=protocol if how < 0.2 else None)
    if how < 0.7:
        return Named(domain=who.address.partition("@")[2])
    if how < 0.85:
        return Named(address=address)
    return Named(account=who.address, address=address)
