# cython: annotation_typing=False
"""Whole texts said within the last few seconds, in whatever conversation: where a copy of one is looked for.

Takes the happenings of messages in the order of capture time; gives those of one sender on one server with one
text. Hardly anybody asks, only where one of two conversations lacks its session id, so they are put in order by
text when somebody does.
"""

from collections import deque
from collections.abc import Sequence

from rcds_sniffer.events import Message
from rcds_sniffer.records.happening import SECOND, Happening
from rcds_sniffer.records.queue import Queue

ECHO = 5 * SECOND
"""Within what time the same text on two connections shows that they carry one conversation, ns."""

MAX_ECHOES = 100_000
"""Texts remembered for that; beyond, the oldest are forgotten."""

MAX_EQUAL_ECHOES = 16
"""Equal texts of one sender among them; beyond, new ones are not."""

EchoKey = tuple[str, str, int]


class Echoes:
    """The texts of the last seconds, by server, sender and text."""

    __slots__ = ("_by_text", "_found", "_new", "_unnamed_until")

    def __init__(self) -> None:
        self._new = Queue()
        """Not yet put in order, the oldest first."""
        self._found: deque[tuple[EchoKey, Happening]] = deque()
        """Those before them."""
        self._by_text: dict[EchoKey, list[Happening]] = {}
        self._unnamed_until = 0
        """Until when there is one whose conversation lacked its session id, capture time."""

    def remember(self, happening: Happening) -> None:
        """A whole text was said."""
        self._new.push(happening)
        conversation = happening.conversation
        if conversation.session_id is None:
            self._unnamed_until = happening.begun + ECHO

    def like(self, server: str, actor: str, text: str, clock: int, named: bool) -> Sequence[Happening]:
        """Those on ``server`` in which ``actor`` said ``text``; ``named``: it now has a session id.

        Two conversations that are told apart by their session ids are none by what they carry.
        """
        if named and clock > self._unnamed_until:
            return ()
        while len(self._new):
            self._put_in_order(self._new.pop())
        found = self._by_text.get((server, actor, hash(text)), ())
        return [happening for happening in found if happening.begun >= clock - ECHO]

    def expire(self, clock: int) -> None:
        """Forget what is too old at capture time ``clock``, and what is too much."""
        while self._found and self._too_old(self._found[0][1], clock):
            key, happening = self._found.popleft()
            same = self._by_text[key]
            same.remove(happening)
            if not same:
                del self._by_text[key]
        first = self._new.first()
        while first is not None and self._too_old(first, clock):
            self._new.pop()
            first = self._new.first()

    def _too_old(self, happening: Happening, clock: int) -> bool:
        return happening.begun < clock - ECHO or len(self._found) + len(self._new) > MAX_ECHOES

    def _put_in_order(self, happening: Happening) -> None:
        event = happening.sightings[0].event
        if not isinstance(event, Message):
            return
        key = (happening.conversation.server, happening.actor, hash(event.text))
        same = self._by_text.setdefault(key, [])
        if len(same) < MAX_EQUAL_ECHOES:
            same.append(happening)
            self._found.append((key, happening))
