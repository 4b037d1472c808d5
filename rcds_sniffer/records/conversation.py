"""One conversation: its roster, its connections, and what happened in it lately.

A conversation is known by server and session id, which both of its tapped ends name. An end that was joined in
mid-stream may not name it: its conversation stands alone until a text that both ends carry, or the id, proves
that two are one; then one absorbs the other.
"""

import hashlib
from collections import deque

from rcds_sniffer.events import Message
from rcds_sniffer.records.happening import SECOND, Happening, Link, Sighting, content_key, same_text
from rcds_sniffer.records.roster import MAX_ACCOUNTS, Roster

RETAIN = 40 * SECOND
"""How long a happening is remembered for later sightings, ns of capture time."""

MAX_RECENT = 512
"""Happenings remembered for later sightings, in one conversation; beyond, the oldest are forgotten."""

MAX_HISTORY = 256
"""Happenings kept, in one conversation, in case it turns out who else was there; the oldest go first."""


class Conversation:
    """What the recorder knows of one conversation."""

    __slots__ = ("_cut", "_into", "_recent", "_with_key", "active", "history", "links", "names", "protocol",
                 "public_id", "roster", "server", "session_id", "unattributed")  # fmt: skip

    def __init__(self, protocol: str, server: str, session_id: str | None, time: int) -> None:
        self.protocol = protocol
        self.server = server
        self.session_id = session_id
        self.roster = Roster()
        self.names: dict[str, str] = {}
        """Display names as last shown, by account."""
        self.links: list[Link] = []
        self.active = time
        """When something was last seen of it, capture time."""
        self.public_id: str | None = None
        self.history: deque[Happening] = deque()
        """Happenings of a time when it is not certain who was there."""
        self.unattributed: deque[Happening] = deque()
        """Those among them that nobody is known to have received yet."""
        self._recent: deque[Happening] = deque()
        self._with_key: dict[tuple[object, ...], list[Happening]] = {}
        self._cut: list[Happening] = []
        self._into: Conversation | None = None

    @property
    def current(self) -> "Conversation":
        """Itself, or the conversation that absorbed it."""
        conversation = self
        while conversation._into is not None:
            conversation = conversation._into
        return conversation

    @property
    def open(self) -> bool:
        """True while one of its connections is."""
        return any(not link.closed for link in self.links)

    def unsure_at(self, time: int) -> bool:
        """True when no connection can tell for certain who was there at ``time``."""
        return all(link.unsure_since is not None for link in self.links) and any(
            link.unsure_since is not None and link.unsure_since <= time for link in self.links
        )

    def identify(self) -> str:
        """Its id in the records; once used it stays.

        From server and session id, so that another sensor or another day gives the same; without a session id,
        from the earliest connection that was aligned into it.
        """
        if self.public_id is None:
            if self.session_id is not None:
                name = f"{self.protocol}|{self.server}|{self.session_id}"
            else:
                first = min((link.connection for link in self.links), key=lambda c: (c.started, c.client))
                name = f"{self.protocol}|{self.server}||{first.client}|{first.started}"
            self.public_id = hashlib.sha256(name.encode()).hexdigest()[:16]
        return self.public_id

    # --- alignment --------------------------------------------------------------------------------------------

    def find(self, kind: str, actor: str, thing: str | None, sighting: Sighting) -> Happening | None:
        """The happening of that kind, by that actor (to that person), of which this is another sighting."""
        link, event, outgoing = sighting
        time = event.seen.time
        key = content_key(kind, actor, thing, event)
        if key is not None:
            for happening in self._with_key.get(key, ()):
                if happening.fits(link, time, outgoing):
                    return happening
        if isinstance(event, Message):
            # A cut copy may be of anything lately said; a whole one may be of what only cut copies told so far.
            for happening in self._recent if key is None else self._cut:
                if happening.kind == kind and happening.actor == actor and happening.fits(link, time, outgoing):
                    seen = (happening.whole or happening.sightings[0]).event
                    if isinstance(seen, Message) and same_text(event, seen):
                        return happening
        return None

    def remember(self, happening: Happening, time: int) -> None:
        """Keep ``happening`` for later sightings; forget what is too old for one at capture time ``time``."""
        recent = self._recent
        while recent and (len(recent) >= MAX_RECENT or recent[0].time < time - RETAIN):
            self._forget(recent.popleft())
        recent.append(happening)
        self.index(happening)

    def index(self, happening: Happening) -> None:
        """Make ``happening`` findable by its key, or, while it has none, among the cut ones."""
        if happening.key is None:
            self._cut.append(happening)
        else:
            self._with_key.setdefault(happening.key, []).append(happening)

    def complete(self, happening: Happening, key: tuple[object, ...]) -> None:
        """A whole copy of the cut ``happening`` was seen."""
        if happening in self._cut:
            self._cut.remove(happening)
        happening.key = key
        self.index(happening)

    def _forget(self, happening: Happening) -> None:
        if happening.key is None:
            if happening in self._cut:
                self._cut.remove(happening)
            return
        same = self._with_key.get(happening.key)
        if same is not None:
            if happening in same:
                same.remove(happening)
            if not same:
                del self._with_key[happening.key]

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
        self.public_id = self.public_id or other.public_id
        self.history += other.history
        self.unattributed += other.unattributed
        seen_again = []
        for happening in other._recent:
            mine = self.find(happening.kind, happening.actor, happening.object, happening.sightings[0])
            if mine is None:
                self._recent.append(happening)
                self.index(happening)
            else:
                mine.absorb(happening)
                seen_again.append(mine)
        return seen_again

    def note_name(self, account: str, name: str | None) -> None:
        """``account`` was shown as ``name``."""
        if name is not None and (account in self.names or len(self.names) < MAX_ACCOUNTS):
            self.names[account] = name

    def recent(self, kind: str, actor: str, thing: str | None) -> list[Happening]:
        """What is remembered of that kind, oldest first."""
        return list(self._with_key.get((kind, actor, thing), ()))
