"""All conversations of a run: found by session id, told to be one by what they carry, forgotten when they are over.

Two tapped ends of one conversation usually name one session id. When one of them does not (its beginning was
missed, a line was lost), the first text that both carry shows that they are one: same server, same sender, same
text, within moments, and nobody who contradicts it.
"""

from collections import deque
from collections.abc import Callable

from rcds_sniffer.events import Message
from rcds_sniffer.records.conversation import RETAIN, Conversation
from rcds_sniffer.records.happening import SECOND, Happening, Link, Sighting

ECHO = 5 * SECOND
"""Within what time the same text on two connections shows that they carry one conversation, ns."""

MAX_ECHOES = 100_000
"""Texts remembered for that; beyond, the oldest are forgotten."""

MAX_CONVERSATIONS = 300_000
"""Conversations known by session id; beyond, the oldest without an open connection is forgotten."""

Echo = tuple[int, tuple[str, str, str], Happening, Conversation]


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
        self._echoes: dict[tuple[str, str, str], list[Echo]] = {}
        self._echo_order: deque[Echo] = deque()

    def alone(self, link: Link, clock: int) -> Conversation:
        """A conversation of ``link`` alone, as long as nothing shows that others carry it too."""
        conversation = Conversation(link.connection.protocol, link.connection.server, None, clock)
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
            self._ending.append((clock + RETAIN, conversation))  # nobody may ever connect to it
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
        else:
            self._unite(known, conversation)

    def closed(self, conversation: Conversation, clock: int) -> None:
        """One of its connections ended; when none is open it is forgotten after ``RETAIN``."""
        if not conversation.open:
            self._ending.append((clock + RETAIN, conversation))

    def expire(self, clock: int) -> None:
        """Forget the conversations that are over, and the texts that are old, at capture time ``clock``."""
        while self._ending and self._ending[0][0] <= clock:
            _, conversation = self._ending.popleft()
            if conversation in self._all and not conversation.open:
                if conversation.active + RETAIN > clock:
                    self._ending.append((clock + RETAIN, conversation))
                else:
                    self._forget(conversation)
        order = self._echo_order
        while order and (order[0][0] < clock - ECHO or len(order) > MAX_ECHOES):
            echo = order.popleft()
            echoes = self._echoes[echo[1]]
            echoes.remove(echo)
            if not echoes:
                del self._echoes[echo[1]]

    def release_all(self) -> None:
        """The capture is over."""
        for conversation in list(self._all):
            self._forget(conversation)

    # --- conversations that prove to be one -----------------------------------------------------------------

    def remember_echo(self, conversation: Conversation, happening: Happening, clock: int) -> None:
        """A text that another connection may carry too."""
        event = happening.sightings[0].event
        if isinstance(event, Message) and event.complete:
            key = (conversation.server, happening.actor, event.text)
            echo = (clock, key, happening, conversation)
            self._echoes.setdefault(key, []).append(echo)
            self._echo_order.append(echo)

    def find_echo(
        self, conversation: Conversation, actor: str, sighting: Sighting
    ) -> tuple[Conversation, Happening | None]:
        """The happening in another conversation that ``sighting`` is a copy of; the two are united then."""
        event = sighting.event
        if not isinstance(event, Message) or not event.complete:
            return conversation, None
        time = event.seen.time
        for _, _, happening, other in self._echoes.get((conversation.server, actor, event.text), ()):
            known = other.current
            if (
                known is not conversation
                and abs(time - happening.time) <= ECHO
                and happening.fits(sighting.link, time, sighting.outgoing)
                and can_be_one(known, conversation, happening.time)
            ):
                first, second = (known, conversation) if known.session_id is not None else (conversation, known)
                self._unite(first, second)
                return first, happening.current
        return conversation, None

    def _unite(self, known: Conversation, other: Conversation) -> None:
        if other.session_id is not None:
            self._by_session.pop((other.protocol, other.server, other.session_id), None)
            known.session_id = known.session_id or other.session_id
        self._all.pop(other, None)
        for happening in known.absorb(other):
            if happening.concluded:
                self._resight(happening, known)
        if not known.open:
            self._ending.append((known.active + RETAIN, known))

    def _make_room(self) -> None:
        for conversation in self._by_session.values():
            if not conversation.open:
                self._forget(conversation)
                return

    def _forget(self, conversation: Conversation) -> None:
        self._all.pop(conversation, None)
        if conversation.session_id is not None:
            key = (conversation.protocol, conversation.server, conversation.session_id)
            if self._by_session.get(key) is conversation:
                del self._by_session[key]
        self._release(conversation)


def can_be_one(one: Conversation, other: Conversation, time: int) -> bool:
    """False when session ids or accounts say that these are two conversations."""
    if one.session_id is not None and other.session_id is not None:
        return False
    ends = [{link.account for link in c.links if not link.closed} - {None} for c in (one, other)]
    if ends[0] & ends[1]:
        return False
    return all(
        known.unsure_at(time) or all(known.roster.holds(account, time) for account in accounts if account)
        for known, accounts in ((one, ends[1]), (other, ends[0]))
    )
