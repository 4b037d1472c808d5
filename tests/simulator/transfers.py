"""Transfers of files and objects between two clients: agreed on by letters, then sent in parts.

Takes who offers or asks for what; gives packets on a bearer, and tells the world what they carry. The official
behaviour: every message is acknowledged, an object's content is announced by four empty octets, and who has got
all of it says BYE. A script may do any step differently.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from . import slp
from .bearers import Notes
from .p2p import PREPARATION, Message, Newer, Older
from .samples import KINDS, thing
from .sent import Copies, Moving

if TYPE_CHECKING:
    from .bearers import Bearer, Trace
    from .people import Account
    from .tcp import Connection, Write

Part = tuple[int, bytes]
"""Where octets stand in a content, and the octets."""


class Line:
    """Two clients that send each other packets over a bearer."""

    def __init__(self, bearer: Bearer, one: Account, other: Account, *, liar: Account | None = None) -> None:
        self.bearer, self.world = bearer, bearer.world
        self.ends = (one, other)
        self.sides: dict[Account, Older | Newer] = {}
        for who in self.ends:
            random = self.world.random
            self.sides[who] = Newer(random) if bearer.newer else Older(random, lags=who is liar)

    def other(self, who: Account) -> Account:
        """The other of the two."""
        return self.ends[who is self.ends[0]]

    def passes(self, who: Account, packet: bytes, footer: int = 0) -> list[Trace]:
        """One packet."""
        return self.bearer.passes(who, self.other(who), packet, footer)

    def acknowledges(self, who: Account, message: Message) -> None:
        """It has all of a message of the other's."""
        self.passes(who, self.sides[who].acknowledges(message))

    def writes(self, who: Account, text: bytes, *, acknowledged: bool = True) -> list[Trace]:
        """A letter, in as many parts as it needs."""
        side = self.sides[who]
        message = side.begin(0, len(text))
        traces = []
        for at in range(0, len(text), self.bearer.limit):
            packet, _ = side.packet(message, at, text[at : at + self.bearer.limit])
            traces += self.passes(who, packet)
        if acknowledged:
            self.acknowledges(self.other(who), message)
        return traces


class Call:
    """One exchange of letters about one transfer."""

    def __init__(self, line: Line, inviter: Account) -> None:
        self.line, self.inviter, self.invited = line, inviter, line.other(inviter)
        world = line.world
        self.call, self.branch = world.guid().upper(), world.guid().upper()
        self.session = world.random.randrange(1 << 16, 1 << 31)

    def asks(self, kind: str, body: dict[str, object], *, who: Account | None = None, acknowledged: bool = True
             ) -> list[Trace]:  # fmt: skip
        """INVITE."""
        who = who or self.inviter
        return self._letter(who, "INVITE", kind, body, number=0, acknowledged=acknowledged)

    def answers(
        self,
        status: str,
        kind: str = slp.SESSION,
        body: dict[str, object] | None = None,
        *,
        who: Account | None = None,
    ) -> list[Trace]:
        """A status."""
        body = {"SessionID": self.session} if body is None else body
        return self._letter(who or self.invited, f"MSNSLP/1.0 {status}", kind, body, number=1)

    def bye(self, who: Account) -> list[Trace]:
        """The end, whoever says it."""
        return self._letter(who, "BYE", slp.CLOSE, {"SessionID": self.session}, number=0)

    def _letter(
        self,
        who: Account,
        start: str,
        kind: str,
        body: dict[str, object],
        *,
        number: int,
        acknowledged: bool = True,
    ) -> list[Trace]:
        to, sender = (self.name(end) for end in (self.line.other(who), who))
        if not start.startswith("MSNSLP"):
            start = f"{start} MSNMSGR:{to} MSNSLP/1.0"
        text = slp.letter(
            start, body, to=to, sender=sender, call=self.call, branch=self.branch, kind=kind, number=number
        )
        return self.line.writes(who, text, acknowledged=acknowledged)

    def name(self, who: Account) -> str:
        """As letters name them."""
        return who.endpoint if self.line.bearer.newer else who.address


class Transfer:
    """One content from its owner to the other."""

    def __init__(
        self, call: Call, owner: Account, *, kind: str, name: str | None, content: bytes, footer: int
    ) -> None:
        self.call, self.line, self.owner, self.taker = call, call.line, owner, call.line.other(owner)
        self.world, self.content, self.footer = call.line.world, content, footer
        self.size = len(content)
        self.moving = Moving(
            kind, self.owner.address, self.taker.address, name, self.size, content, f"p2p-{call.session}",
            self.line.bearer.conversation,
        )  # fmt: skip
        self.message: Message | None = None

    # The steps.

    def prepares(self) -> None:
        """Content of an object follows."""
        side = self.line.sides[self.owner]
        message = side.begin(self.call.session, len(PREPARATION), self.footer)
        self.line.passes(self.owner, side.packet(message, 0, PREPARATION)[0], self.footer)
        self.line.acknowledges(self.taker, message)

    def begins(self, total: int | None = None) -> None:
        """The content's message; ``total``: what its headers say of its size."""
        self.world.moves.append(self.moving)
        side = self.line.sides[self.owner]
        total = self.size if total is None else total
        self.message = side.begin(self.call.session, total, self.footer, file=self.footer == 2)

    def parts(self, begin: int = 0, end: int | None = None) -> Iterator[Part]:
        """The content as it is cut by the bearer of that moment."""
        end = self.size if end is None else end
        while begin < end:
            size = min(self.line.bearer.limit, end - begin)
            yield begin, self.content[begin : begin + size]
            begin += size

    def passes(
        self, part: Part, *, length: int | None = None, counts: bool = True, said: int | None = None
    ) -> None:
        """One part; ``length`` and ``said`` (the offset): what its header says; ``counts``: it is content."""
        offset, octets = part
        assert self.message is not None
        packet, head = self.line.sides[self.owner].packet(
            self.message, offset if said is None else said, octets, length=length
        )
        for trace in self.line.passes(self.owner, packet, self.footer):
            if counts:
                self.moving.passed(
                    trace.connection, trace.write, trace.at + head, offset, octets, framed=trace.framed
                )

    def pass_together(self, parts: list[Part]) -> None:
        """Several parts in one message, where the bearer has such."""
        assert self.message is not None
        assert isinstance(self.line.bearer, Notes)
        side = self.line.sides[self.owner]
        made = [(side.packet(self.message, offset, octets), offset, octets) for offset, octets in parts]
        packets = [(packet, self.footer) for (packet, _), _, _ in made]
        shown = self.line.bearer.bridges(self.owner, self.taker, packets)
        for traces, ((_, head), offset, octets) in zip(shown, made, strict=True):
            for trace in traces:
                self.moving.passed(
                    trace.connection, trace.write, trace.at + head, offset, octets, framed=trace.framed
                )

    def sends(self, begin: int = 0, end: int | None = None) -> None:
        """The rest in order, or a part of it."""
        if self.message is None:
            self.begins()
        for part in self.parts(begin, end):
            self.passes(part)
        if not self.size:
            self.passes((0, b""))

    def is_taken(self) -> None:
        """All has come: the taker acknowledges and says BYE."""
        assert self.message is not None
        self.line.acknowledges(self.taker, self.message)
        self.moving.outcome = "complete"
        self.call.bye(self.taker)

    def is_cancelled(self, who: Account) -> None:
        """Somebody has enough of it."""
        self.moving.outcome = "cancelled"
        self.call.bye(who)


def offers(
    line: Line,
    owner: Account,
    name: str,
    content: bytes,
    *,
    preview: bytes = b"",
    octets_of_name: bytes | None = None,
    size: int | None = None,
    version: int = 2,
    fits: bool = True,
) -> Transfer:
    """A file is offered; ``octets_of_name`` and ``size``: what the offer says instead; ``fits``: the name does."""
    call = Call(line, owner)
    encoded = name.encode("utf-16-le", "surrogatepass") if octets_of_name is None else octets_of_name
    context = slp.file_context(encoded, len(content) if size is None else size, preview, version=version, fits=fits)
    transfer = Transfer(call, owner, kind="file", name=name, content=content, footer=2)
    if size is not None:
        transfer.moving.size = size
    line.bearer.begins()
    body = {"EUF-GUID": slp.FILE, "SessionID": call.session, "AppID": 2, "Context": context}
    traces = call.asks(slp.SESSION, body)
    told = {"file_name": name, "size": transfer.moving.size}
    _tells("file-offer", owner, transfer, traces, told if fits else {})
    return transfer


def accepts(transfer: Transfer) -> None:
    """200 OK."""
    transfer.line.bearer.begins()
    traces = transfer.call.answers("200 OK")
    if transfer.moving.kind == "file":
        _tells("file-accept", transfer.taker, transfer, traces, {})


def declines(transfer: Transfer) -> None:
    """603: nothing follows."""
    transfer.line.bearer.begins()
    traces = transfer.call.answers("603 Decline")
    _tells("file-decline", transfer.taker, transfer, traces, {})


def requests(
    line: Line, taker: Account, kind: int, content: bytes, *, old: bool = False, offered: str | None = None
) -> Transfer:
    """An object of the other's is asked for, and granted; old: by the number that all objects had once."""
    owner = line.other(taker)
    call = Call(line, taker)
    number = 1 if old else {3: 12, 2: 11}.get(kind, 1)
    transfer = Transfer(call, owner, kind=KINDS[kind], name=None, content=content, footer=number)
    transfer.moving.verified = True
    context = slp.object_context(offered or thing(owner.address, kind, content))
    line.bearer.begins()
    body: dict[str, object] = {"EUF-GUID": slp.OBJECT, "SessionID": call.session, "AppID": number}
    traces = call.asks(slp.SESSION, {**body, **({} if old else {"RequestFlags": 18}), "Context": context})
    transfer.moving.letters.append(copies_of(traces))
    call.answers("200 OK")
    transfer.prepares()
    return transfer


def sends_file(line: Line, owner: Account, name: str, content: bytes, **said: object) -> Transfer:
    """A file, offered, taken, and sent whole."""
    transfer = offers(line, owner, name, content, **said)  # type: ignore[arg-type]
    accepts(transfer)
    transfer.sends()
    transfer.is_taken()
    return transfer


def fetches(line: Line, taker: Account, kind: int, content: bytes, *, old: bool = False) -> Transfer:
    """An object, asked for and sent whole."""
    transfer = requests(line, taker, kind, content, old=old)
    transfer.sends()
    transfer.is_taken()
    return transfer


class _Shown(NamedTuple):
    """Where a letter was shown."""

    connection: Connection


def copies_of(traces: list[Trace]) -> Copies:
    """A letter's writes on each connection."""
    shown: dict[int, tuple[Connection, list[Write]]] = {}
    for trace in traces:
        shown.setdefault(trace.connection.number, (trace.connection, []))[1].append(trace.write)
    return list(shown.values())


def _tells(kind: str, who: Account, transfer: Transfer, traces: list[Trace], told: dict[str, object]) -> None:
    """The world hears of a step; its copies are on whatever connections showed it."""
    world, line = transfer.world, transfer.line
    shown = copies_of(traces)
    if kind == "file-offer":
        transfer.moving.offers += shown
        transfer.moving.letters.append(shown)
    world.record(
        kind,
        who,
        [(world.owner_of(one), _Shown(one), writes) for one, writes in shown],  # type: ignore[misc]
        recipients=[line.other(who)],
        outcome="delivered",
        conversation=line.bearer.conversation,
        details=told,
    )
