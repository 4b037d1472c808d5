"""What each order may hold of a town's traffic, and what it has to: by who said what to whom, and when it passed.

Takes the town and the orders; knows nothing of the recorder. Each token stands in *things*. A thing is somebody's
doing, it concerns certain people, and it was *shown*: on somebody's line, from one packet to another. Then

* an order may hold a token if, in one showing of a thing with it, somebody whom the thing concerns was covered by
  the order from the first packet to the last, with content where it is content;
* and it has to, where nothing hides anything, if that is so of every showing.

What concerns whom: a text its sender and whoever was in the conversation; a file its two ends, whoever else saw it
pass; what a server tells a client (names, presence, contacts, mail) the client's owner; a name whoever its bearer
met in a conversation or called; an account those with whom its owner was, and whose client was told of it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .tokens import IN_OCTETS, tokens_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.simulator.packets import Frame, Range

    from .papers import File
    from .town import Circle, Town

CONTENT = frozenset({"text", "name", "personal message", "mail", "file", "file name"})
"""What only an order with content may hold: all but accounts."""
SPOKEN = frozenset({"message", "action"})


LATENCY = 400_000_000
"""What closes a connection passes the tap so much later at most, ns; one way takes up to 90 ms here."""


@dataclass(frozen=True, slots=True)
class Showing:
    """A thing on somebody's line."""

    begin: int
    """When the packet with its first octet passed."""
    end: int
    """When the last octet that was still missing did."""
    owner: str
    """Whose line it is."""
    address: str
    """Where that is."""
    whole: bool


@dataclass(frozen=True, slots=True)
class Thing:
    """Something with a token in it."""

    token: str
    kind: str
    concerns: frozenset[str]
    showings: tuple[Showing, ...]
    spoken: bool = False
    """It is a text or a file that everybody whom it concerns has to be recorded with."""
    while_open: tuple[int, int] | None = None
    """Who was in a conversation is known as long as it lasts: it counts if an order covers any instant of it."""
    at: frozenset[tuple[str, str]] = frozenset()
    """Where those who were in the conversation were: the addresses of their own lines to it."""


class Law:
    """What was shown of one town.

    ``doubtful``: who came and went is told by packets, and where some of these were lost nobody can know it; so
    whoever was in a conversation at any time counts as there when something was said in it.
    """

    def __init__(self, town: Town, *, doubtful: bool = False) -> None:
        self.things: list[Thing] = []
        self.people = {account.address for circle in town.circles for account in circle.world.accounts}
        for circle in town.circles:
            self.things += _Reading(circle, town.kinds, doubtful=doubtful).things()
        self.edges = sorted(
            {time for thing in self.things for shown in thing.showings for time in (shown.begin, shown.end)}
        )
        """When something began or ended."""

    def may(self, order: File) -> set[str]:
        """The tokens that it may hold."""
        found: set[str] = set()
        meant = self._meant(order)
        for thing in self.things:
            if thing.token not in found and not meant.isdisjoint(thing.concerns) and _may(order, thing, meant):
                found.add(thing.token)
        return found

    def must(self, order: File) -> set[str]:
        """Those that it has to hold, where nothing hides anything."""
        meant = self._meant(order)
        return {thing.token for thing in self.things if thing.spoken and _must(order, thing, meant)}

    def _meant(self, order: File) -> frozenset[str]:
        """Whom it names at any time, wherever they are."""
        return frozenset(who for who in self.people if order.names(who))


def _may(order: File, thing: Thing, meant: frozenset[str]) -> bool:
    content = thing.kind in CONTENT
    if thing.while_open is not None:
        return any(
            order.covers_some(who, address, *thing.while_open)
            for who in thing.concerns & meant
            for address in (None, *[there for account, there in thing.at if account == who])
        )
    return any(
        order.covers_all(who, address, shown.begin, shown.end if content else shown.begin, content=content)
        for shown in thing.showings
        for who in thing.concerns & meant
        for address in (_at(who, shown), *[there for account, there in thing.at if account == who])
    )


def _must(order: File, thing: Thing, meant: frozenset[str]) -> bool:
    for who in thing.concerns & meant:
        shown = [one for one in thing.showings if one.owner == who] or thing.showings
        if shown and all(
            one.whole and order.covers_all(who, _at(who, one), other.begin, other.end, content=True, surely=True)
            for one in shown
            for other in thing.showings
        ):
            return True
    return False


def _at(who: str, shown: Showing) -> str | None:
    return shown.address if shown.owner == who else None


class _Reading:
    """One circle's frames, read by one who knows where everything stands."""

    def __init__(self, circle: Circle, kinds: dict[str, str], *, doubtful: bool) -> None:
        self._circle, self._kinds, self._doubtful = circle, kinds, doubtful
        self._seen = _Seen(circle.frames)
        self._lines = {connection.number: connection for connection in circle.capture.connections}
        self._rooms = self._who_was_where()
        self._people = {token: who.address for who in circle.world.accounts for token in tokens_in(who.address)}
        self._met = self._who_met_whom()

    def things(self) -> list[Thing]:
        """All of them."""
        return [*self._said(), *self._files(), *self._named(), *self._present()]

    def _who_was_where(self) -> dict[str, dict[str, set[str]]]:
        """Of each conversation, its people, and the addresses of their lines to it as far as these are seen."""
        rooms: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for number, chat in self._circle.rooms.items():
            connection = self._circle.world.connections[number]
            lines = rooms[chat.session][self._circle.world.owner_of(connection).address]
            if connection.tapped:
                lines.add(connection.client[0])
        return rooms

    def _who_met_whom(self) -> dict[str, set[str]]:
        """By account: with whom it was in any conversation, or was called to one, or called."""
        met: dict[str, set[str]] = defaultdict(set)
        groups = [set(room) for room in self._rooms.values()]
        groups += [{said.sender, *said.recipients} for said in self._circle.capture.truth if said.kind == "invite"]
        for group in groups:
            for who in group:
                met[who] |= group
        return met

    def _showing(self, ranges: Sequence[Range]) -> Showing | None:
        times = self._seen.times(ranges)
        if times is None:
            return None
        connection = self._lines[ranges[0].stream]
        owner = self._circle.world.owner_of(connection).address
        return Showing(*times, owner=owner, address=connection.client[0], whole=self._seen.whole(ranges))

    def _shown(self, many: Iterable[Sequence[Range]]) -> tuple[Showing, ...]:
        return tuple(one for ranges in many if ranges for one in [self._showing(ranges)] if one is not None)

    def _said(self) -> Iterable[Thing]:
        """Texts; and of whatever was done, the accounts of those who were there."""
        for said in self._circle.capture.truth:
            there = frozenset((said.sender, *said.recipients))
            if self._doubtful and said.conversation is not None:
                there |= frozenset(self._rooms[said.conversation])
            shown = self._shown(copy.ranges for copy in said.copies if copy.tapped)
            if not shown:
                continue
            if said.conversation is not None:
                spoken = said.kind in SPOKEN and said.outcome == "delivered"
                for token in tokens_in(said.text or "") if said.kind in SPOKEN else ():
                    yield Thing(token, "text", there, shown, spoken)
                name = str((said.details or {}).get("file_name", ""))
                for token in tokens_in(name):
                    yield Thing(token, "file name", there, shown, True)
            if said.conversation is None:
                continue  # what a server tells is read where it stands
            room = self._rooms[said.conversation]
            at = frozenset((who, address) for who in there if who in room for address in room[who])
            for token in {token for who in there for token in tokens_in(who)}:
                yield Thing(token, "account", there, shown, at=at)

    def _files(self) -> Iterable[Thing]:
        """Their contents, from the first octet to the last on each line."""
        for sent in self._circle.capture.files:
            lines: dict[int, list[Range]] = defaultdict(list)
            tokens: set[str] = set()
            for piece in sent.pieces:
                tokens |= {token.decode() for token in IN_OCTETS.findall(piece.octets)}
                for place in piece.command:
                    lines[place.stream].append(place)
            shown = self._shown(lines.values())
            ends = frozenset((sent.sender, sent.recipient))
            for token in tokens:
                if shown:
                    yield Thing(token, "file", ends, shown, sent.outcome == "complete")

    def _present(self) -> Iterable[Thing]:
        """Of each conversation, who was in it."""
        for session, room in self._rooms.items():
            lines = [
                self._circle.world.connections[number]
                for number, chat in self._circle.rooms.items()
                if chat.session == session
            ]
            begin = min(line.opened for line in lines)
            end = max(line.closed[0] if line.closed else self._circle.world.now for line in lines)
            lasted = begin - LATENCY, end + LATENCY
            for who in room:
                for token in tokens_in(who):
                    yield Thing(token, "account", frozenset(room), (), while_open=lasted, at=_lines_of([room]))

    def _named(self) -> Iterable[Thing]:
        """Whatever else stands somewhere: read on the wire, write by write."""
        marked = {(id(write), token) for token, _, write in self._circle.marked}
        for connection in self._circle.capture.connections:
            owner = self._circle.world.owner_of(connection).address
            chat = self._circle.rooms.get(connection.number)
            room = {} if chat is None else self._rooms[chat.session]
            here = frozenset((owner, *room))
            at = _lines_of([room])
            for write in connection.writes:
                tokens = {token.decode() for token in IN_OCTETS.findall(write.octets)}
                tokens |= {token for which, token in marked if which == id(write)}
                others = {token for token in tokens if self._kinds[token] not in {"text", "file", "file name"}}
                others |= tokens_in(owner)  # whose line it is
                shown = self._shown([[connection.range_of(write)]]) if others else ()
                if write.octets.startswith(b"RNG "):  # to be called concerns who calls, too
                    here |= {self._people[token] for token in tokens if token in self._people}
                for token in others if shown else ():
                    yield Thing(token, self._kinds[token], here, shown, at=at)
                    if self._kinds[token] == "name":  # it is told with whatever its bearer says later
                        bearer = self._circle.bearers[token]
                        rooms = [room for room in self._rooms.values() if bearer in room]
                        yield Thing(token, "name", frozenset(self._met[bearer]), shown, at=_lines_of(rooms))


def _lines_of(rooms: Iterable[dict[str, set[str]]]) -> frozenset[tuple[str, str]]:
    return frozenset((who, address) for room in rooms for who, lines in room.items() for address in lines)


class _Seen:
    """When each octet of each stream first passed."""

    def __init__(self, frames: Iterable[Frame]) -> None:
        self._parts: dict[tuple[int, bool], list[tuple[int, int, int]]] = defaultdict(list)
        for frame in frames:
            if frame.carries is not None and frame.carries.length:
                part = frame.carries
                self._parts[part.stream, part.from_client].append((part.offset, part.end, frame.time))
        self._longest: dict[tuple[int, bool], int] = {}
        for key, parts in self._parts.items():
            parts.sort()
            self._longest[key] = max(end - begin for begin, end, _ in parts)

    def _of(self, wanted: Range) -> list[tuple[int, int, int]]:
        key = wanted.stream, wanted.from_client
        parts = self._parts.get(key, [])
        begin = bisect_right(parts, (wanted.offset - self._longest.get(key, 0), 0, 0))
        end = bisect_right(parts, (wanted.end, 0, 0))
        return [part for part in parts[begin:end] if part[0] < wanted.end and wanted.offset < part[1]]

    def times(self, ranges: Iterable[Range]) -> tuple[int, int] | None:
        """Of the first octet that is there, and of the last that was missing; None: none of them passed."""
        begins, ends = [], []
        for wanted in ranges:
            parts = self._of(wanted)
            if not parts:
                continue
            lowest = min(max(begin, wanted.offset) for begin, _, _ in parts)
            begins.append(min(time for begin, _, time in parts if begin <= lowest))
            edges = sorted({max(begin, wanted.offset) for begin, _, _ in parts})
            ends.append(max(min(time for begin, end, time in parts if begin <= at < end) for at in edges))
        return (min(begins), max(ends)) if begins else None

    def whole(self, ranges: Iterable[Range]) -> bool:
        """Whether nothing of it was lost."""
        for wanted in ranges:
            reached = wanted.offset
            for begin, end, _ in self._of(wanted):
                if begin > reached:
                    break
                reached = max(reached, end)
            if reached < wanted.end:
                return False
        return True
