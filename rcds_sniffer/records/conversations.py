# cython: annotation_typing=False
"""All conversations of a run: found by session id, told to be one by what they carry, forgotten when they are over.

Two tapped ends of one conversation usually name one session id. When one of them does not (its beginning was
missed, a line was lost), the first text that both carry shows that they are one: same server, same sender, same
text, within moments, and nobody who contradicts it.
"""

from collections import deque
from collections.abc import Callable

from rcds_sniffer.events import Message, Sending, weight
from rcds_sniffer.records.conversation import MAX_LINKS, Conversation
from rcds_sniffer.records.echoes import ECHO, Echoes
from rcds_sniffer.records.happening import SECOND, Happening, Link, Sighting
from rcds_sniffer.records.queue import Queue

RETAIN = 1200 * SECOND
"""How long a happening, and a conversation that is over, is remembered for later sightings, ns of capture time."""

MAX_REMEMBERED = 24 << 20
"""Octets, about, of what is remembered; beyond, the oldest is forgotten before its time."""

AT_ONCE = SECOND // 2
"""How far apart the copies of one text reach its recipients at most, ns; between two texts people need longer."""

MAX_CONVERSATIONS = 300_000
"""Conversations known by session id; beyond, the oldest without an open connection is forgotten."""

MAX_ENDING = 50_000
"""Conversations without an open connection that are remembered; beyond, the first to end is forgotten at once."""

SWEEP = 10 * SECOND
"""How often what is old is looked for, ns of capture time; until then it is there, but found no more."""


class Conversations:
    """Where a connection's conversation is found."""

    def __init__(
        self, release: Callable[[Conversation], None], resight: Callable[[Happening, Conversation], None]
    ) -> None:
        self._release = release
        self._resight = resight
        self._by_session: dict[tuple[str, str, str], Conversation] = {}
        self._all: dict[Conversation, None] = {}
        self._ending: deque[tuple[int, Conversation]] = deque()
        self._echoes = Echoes()
        self._memory = Queue()
        self._remembered = 0
        self._sweep_at = 0
        self._next = 0
        """Before that capture time nothing is to be forgotten for its age."""

    def alone(self, link: Link, clock: int) -> Conversation:
        """A conversation of ``link`` alone, as long as nothing shows that others carry it too."""
        connection = link.connection
        conversation = Conversation(connection.protocol, connection.realm or connection.server, None, clock)
        conversation.links.append(link)
        self._all[conversation] = None
        return conversation

    def named(self, protocol: str, server: str, session_id: str, clock: int) -> Conversation:
        """The conversation with that session id on that server."""
        key = (protocol, server, session_id)
        conversation = self._by_session.get(key)
        if conversation is None:
            conversation = self._by_session[key] = Conversation(protocol, server, session_id, clock)
            self._all[conversation] = None
            self._end(conversation, clock)  # nobody may ever connect to it
            if len(self._by_session) > MAX_CONVERSATIONS:
                self._make_room()
        return conversation

    def identified(self, conversation: Conversation, session_id: str) -> None:
        """``conversation`` proves to have that session id: it is one with the other that has it."""
        if conversation.session_id is not None:
            return
        key = (conversation.protocol, conversation.server, session_id)
        known = self._by_session.get(key)
        if known is None:
            conversation.session_id = session_id
            self._by_session[key] = conversation
        elif len(known.links) < MAX_LINKS:
            self._unite(known, conversation)

    def closed(self, conversation: Conversation, clock: int) -> None:
        """One of its connections ended; when none is open it is forgotten after ``RETAIN``."""
        if not conversation.open:
            self._end(conversation, clock)

    def expire(self, clock: int) -> None:
        """Forget the conversations that are over, and the texts that are old, at capture time ``clock``."""
        if clock < self._next and self._remembered <= MAX_REMEMBERED:
            return
        while self._ending and (self._ending[0][0] <= clock or len(self._ending) > MAX_ENDING):
            crowded = len(self._ending) > MAX_ENDING
            _, conversation = self._ending.popleft()
            if conversation in self._all and not conversation.open:
                if conversation.active + RETAIN > clock and not crowded:
                    self._ending.append((clock + RETAIN, conversation))
                else:
                    self._forget(conversation)
        if clock >= self._sweep_at or self._remembered > MAX_REMEMBERED:
            self._sweep_at = clock + SWEEP
            self._echoes.expire(clock)
            self._forget_happenings(clock)
        self._next = min(self._sweep_at, self._ending[0][0]) if self._ending else self._sweep_at

    def _end(self, conversation: Conversation, clock: int) -> None:
        """None of its connections is open at capture time ``clock``."""
        self._ending.append((clock + RETAIN, conversation))
        self._next = 0

    def _forget_happenings(self, clock: int) -> None:
        memory = self._memory
        first = memory.first()
        while first is not None and (first.remembered_until <= clock or self._remembered > MAX_REMEMBERED):
            happening = memory.pop()
            conversation = happening.conversation.current()
            if happening.remembered_until <= clock and conversation.waiting():
                happening.remembered_until = clock + RETAIN  # what waits may be older
                memory.push(happening)
            else:
                self._remembered -= happening.cost
                conversation.forget(happening)
            first = memory.first()

    def release_all(self) -> None:
        """The capture is over."""
        for conversation in list(self._all):
            self._forget(conversation)

    def remember(self, conversation: Conversation, happening: Happening, clock: int) -> None:
        """Keep ``happening`` for later sightings, here and, of a text, wherever else it may be seen."""
        event = happening.sightings[0].event
        conversation.remember(happening)
        happening.remembered_until = clock + RETAIN
        happening.cost = COST
        if isinstance(event, Message):
            message: Message = event
            happening.cost += len(message.text)
            if message.complete:
                self._echoes.remember(happening)
        elif isinstance(event, Sending):
            happening.cost += weight(event)
        self._memory.push(happening)
        self._remembered += happening.cost

    # --- conversations that prove to be one -----------------------------------------------------------------

    def find_echo(
        self, conversation: Conversation, actor: str, sighting: Sighting, clock: int
    ) -> tuple[Conversation, Happening | None]:
        """The happening in another conversation that ``sighting`` is a copy of; the two are united then.

        Where more than one could be meant, none is.
        """
        if not isinstance(sighting.event, Message):
            return conversation, None
        event: Message = sighting.event
        if not event.complete:
            return conversation, None
        named = conversation.session_id is not None
        echoes = self._echoes.like(conversation.server, actor, event.text, clock, named)
        if not echoes:
            return conversation, None
        found: dict[Conversation, Happening] = {}
        for happening in echoes:
            known = happening.conversation.current()
            if known is not conversation and is_echo(happening, known, conversation, sighting):
                found.setdefault(known, happening)
        if len(found) != 1:
            return conversation, None
        ((known, happening),) = found.items()
        first, second = (known, conversation) if known.session_id is not None else (conversation, known)
        self._unite(first, second)
        return first, happening.current()

    def _unite(self, known: Conversation, other: Conversation) -> None:
        if other.session_id is not None:
            self._by_session.pop((other.protocol, other.server, other.session_id), None)
            known.session_id = known.session_id or other.session_id
        self._all.pop(other, None)
        for happening in known.absorb(other):
            if happening.concluded:
                self._resight(happening, known)
        if not known.open:
            self._end(known, known.active)

    def _make_room(self) -> None:
        for conversation in self._by_session.values():
            if not conversation.open:
                self._forget(conversation)
                return

    def _forget(self, conversation: Conversation) -> None:
        self._all.pop(conversation, None)
        conversation.over = True
        if conversation.session_id is not None:
            key = (conversation.protocol, conversation.server, conversation.session_id)
            if self._by_session.get(key) is conversation:
                del self._by_session[key]
        self._release(conversation)


COST = 1000
"""Octets that a happening takes beside its text, about."""


def is_echo(happening: Happening, known: Conversation, conversation: Conversation, sighting: Sighting) -> bool:
    """True when ``sighting``, in ``conversation``, can only be a copy of ``happening``, in ``known``.

    That two people received the same text proves little: its sender may have sent it to each alone. One of the two
    must be the sender's own connection, or who received it must be known to be in the other conversation, or both
    received it at once, as one sends nothing twice.
    """
    link = sighting.link
    apart = abs(sighting.time - happening.time)
    return (
        apart <= ECHO
        and happening.fits(link, sighting.time, sighting.outgoing)
        and (
            sighting.outgoing
            or happening.out_moment is not None
            or apart <= AT_ONCE
            or (link.account is not None and known.roster.holds(link.account, happening.moment))
        )
        and can_be_one(known, conversation, happening.moment)
    )


def can_be_one(one: Conversation, other: Conversation, moment: int) -> bool:
    """False when session ids or accounts say that these are two conversations."""
    if one.session_id is not None and other.session_id is not None:
        return False
    ends = [{link.account for link in c.links if link.closed_at is None} - {None} for c in (one, other)]
    if ends[0] & ends[1] or len(one.links) + len(other.links) > MAX_LINKS:
        return False
    return all(
        known.unsure_at(moment)
        or not known.roster.present(moment) - own
        or all(known.roster.holds(account, moment) for account in accounts if account)
        for known, own, accounts in ((one, ends[0], ends[1]), (other, ends[1], ends[0]))
    )
