# cython: annotation_typing=False
"""One conversation: its roster, its connections, and what happened in it lately.

A conversation is known by server and session id, which both of its tapped ends name. An end that was joined in
mid-stream may not name it: its conversation stands alone until a text that both ends carry, or the id, proves
that two are one; then one absorbs the other.
"""

import hashlib
from collections import deque

from rcds_sniffer.events import Message
from rcds_sniffer.records.happening import Happening, Link, Sighting, content_key, same_text
from rcds_sniffer.records.roster import MAX_ACCOUNTS, Roster

MAX_EQUAL = 256
"""Equal happenings (the same text of the same person) remembered; beyond, the oldest is forgotten."""

MAX_LINKS = 256
"""Connections that one conversation takes in; beyond, a connection's conversation stays its own."""

MAX_HISTORY = 256
"""Happenings kept, in one conversation, in case it turns out who else was there; the oldest go first."""


NAMELESS: tuple[str | None, int] = (None, 0)


class Conversation:
    """What the recorder knows of one conversation."""

    __slots__ = ("_cut", "_indexing", "_into", "_recent", "_with_key", "active", "called", "doubted", "history",
                 "judged", "links", "loud_until", "names", "over", "protocol", "public_id", "quiet", "roster",
                 "server", "session_id", "sure", "unattributed")  # fmt: skip

    def __init__(self, protocol: str, server: str, session_id: str | None, time: int) -> None:
        self.protocol = protocol
        self.server = server
        self.session_id = session_id
        self.roster = Roster()
        self.names: dict[str, tuple[str, int]] = {}
        """Display names as last shown, by account, and when (ns since 1970 UTC, as the packet has it)."""
        self.links: list[Link] = []
        self.active = time
        """When something was last seen of it, capture time."""
        self.public_id: str | None = None
        self.over = False
        """It is forgotten; what is still pending of it is concluded as it stands."""
        self.history: deque[Happening] = deque()
        """Happenings of a time when it is not certain who was there."""
        self.unattributed: deque[Happening] = deque()
        """Those among them that nobody is known to have received yet."""
        self._indexing = False
        self._recent: dict[Happening, None] = {}
        self._with_key: dict[tuple[object, ...], list[Happening]] = {}
        self.called: set[str] = set()
        """Who was asked in and has not come yet."""
        self.quiet = False
        """What :mod:`rcds_sniffer.records.muting` last found; the next four are its own too."""
        self.loud_until = 0
        self.judged: frozenset[str] | None = None
        self.doubted: frozenset[str] = frozenset()
        self.sure: frozenset[str] = frozenset()
        self._cut: list[Happening] = []
        self._into: Conversation | None = None

    def current(self) -> "Conversation":
        """Itself, or the conversation that absorbed it."""
        if self._into is None:
            return self
        conversation = self._into
        while conversation._into is not None:
            conversation = conversation._into
        return conversation

    @property
    def open(self) -> bool:
        """True while one of its connections is."""
        return any(link.closed_at is None for link in self.links)

    def waiting(self) -> bool:
        """True while events of one of its connections wait for the account at its client end."""
        return any([link.waiting for link in self.links])  # noqa: C419 - a C function holds no generator

    def unsure_at(self, moment: int) -> bool:
        """True when no connection that was open then could tell for certain who was there."""
        unsure = False
        for link in self.links:
            if link.watched(moment):
                if not link.doubtful_at(moment):
                    return False
                unsure = True
        return unsure

    def identify(self) -> str:
        """Its id in the records; once used it stays.

        From server and session id, so that another sensor or another day gives the same; without a session id,
        from the earliest connection that was aligned into it.
        """
        if self.public_id is None:
            if self.session_id is not None:
                name = f"{self.protocol}|{self.server}|{self.session_id}"
            else:
                started, client = min([(link.connection.started, link.connection.client) for link in self.links])
                name = f"{self.protocol}|{self.server}||{client}|{started}"
            self.public_id = hashlib.sha256(name.encode()).hexdigest()[:16]
        return self.public_id

    # --- alignment --------------------------------------------------------------------------------------------

    def find(self, kind: str, actor: str, thing: str | None, sighting: Sighting) -> Happening | None:
        """The happening of that kind, by that actor (to that person), of which this is another sighting."""
        link, event, time, outgoing = sighting.link, sighting.event, sighting.time, sighting.outgoing
        if kind != "invite":
            if len(self.links) == 1 and self.links[0] is link:
                return None  # no other connection shows what happens here, and this one shows a thing once
            self._index_all()
        key = content_key(kind, actor, thing, event)
        if key is not None:
            fitting = [h for h in self._with_key.get(key, ()) if h.fits(link, time, outgoing)]
            if fitting:
                apart = [abs(happening.time - time) for happening in fitting]
                return fitting[apart.index(min(apart))]
        if isinstance(event, Message):
            # A cut copy may be of anything lately said; a whole one may be of what only cut copies told so far.
            for happening in list(self._recent) if key is None else self._cut:
                if happening.kind == kind and happening.actor == actor and happening.fits(link, time, outgoing):
                    seen = (happening.whole() or happening.sightings[0]).event
                    if isinstance(seen, Message) and same_text(event, seen):
                        return happening
        return None

    def remember(self, happening: Happening) -> None:
        """Keep ``happening`` for later sightings, until it is forgotten."""
        self._recent[happening] = None
        if self._indexing or happening.kind == "invite":
            self._index(happening)

    def _index_all(self) -> None:
        """More than one connection carries it, so that sightings have to be found: most conversations have one."""
        if not self._indexing:
            self._indexing = True
            for happening in list(self._recent):
                if not happening.indexed:
                    self._index(happening)

    def _index(self, happening: Happening) -> None:
        """Make ``happening`` findable by its key, or, while it has none, among the cut ones."""
        happening.indexed = True
        key = happening.key
        if key is None:
            self._cut.append(happening)
        else:
            same = self._with_key.setdefault(key, [])
            same.append(happening)
            if len(same) > MAX_EQUAL:
                self.forget(same[0])

    def complete(self, happening: Happening) -> None:
        """A whole copy of the cut ``happening`` was seen."""
        if happening in self._cut:
            self._cut.remove(happening)
        happening.cut = False
        self._index(happening)

    def forget(self, happening: Happening) -> None:
        """No later sighting of ``happening`` is expected any more."""
        self._recent.pop(happening, None)
        if not happening.indexed:
            return
        key = happening.key
        same = self._cut if key is None else self._with_key.get(key, [])
        if happening in same:
            same.remove(happening)
        if key is not None and not same:
            self._with_key.pop(key, None)

    # --- two that prove to be one -----------------------------------------------------------------------------

    def absorb(self, other: "Conversation") -> list[Happening]:
        """Take over all of ``other``, which is the same conversation; gives the happenings with new sightings."""
        other._into = self
        for link in other.links:
            link.conversation = self
        self.links += other.links
        self.roster.absorb(other.roster)
        self.names = other.names | self.names
        self.active = max(self.active, other.active)
        self.called |= other.called
        self.loud_until = max(self.loud_until, other.loud_until)
        self.public_id = self.public_id or other.public_id
        self.history += other.history
        self.unattributed += other.unattributed
        seen_again = []
        for happening in other._recent:
            mine = self.find(happening.kind, happening.actor, happening.object, happening.sightings[0])
            if mine is None:
                self.remember(happening)
            else:
                mine.absorb(happening)
                seen_again.append(mine)
        return seen_again

    def note_name(self, account: str, name: str | None, time: int) -> None:
        """``account`` was shown as ``name`` at ``time``."""
        if name is not None and (account in self.names or len(self.names) < MAX_ACCOUNTS):
            known = self.names.get(account, NAMELESS)
            self.names[account] = name, max(time, known[1]) if known[0] == name else time

    def name_of(self, account: str, since: int | None, until: int | None) -> str | None:
        """As ``account`` was last shown, if that was not before ``since``, nor at ``until`` or later."""
        found = self.names.get(account, NAMELESS)
        if (since is not None and found[1] < since) or (until is not None and found[1] >= until):
            return None
        return found[0]

    def invitations(self, sender: str, account: str | None) -> list[Happening]:
        """Those of ``account`` by ``sender`` that are remembered, oldest first."""
        return list(self._with_key.get(("invite", sender, account), ()))
