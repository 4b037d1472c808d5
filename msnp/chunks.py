"""Messages that were sent in parts: texts, mostly, and handwriting (reference 5.4).

From clients whose capabilities say 0x20. The first part has the headers, ``Message-ID`` and ``Chunks: n``; each
later part has only the id and ``Chunk: k``. Parts belong together by sender and id. What is called a text here is a
message of any type: it is handed on when its last part is here, and else as it is: when its sender uses the id for
another one, when it has waited too long, at a limit, and at the session's end. Nothing is dropped because a part of
it is missing.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from msnp.limits import Limits
from msnp.mime import Content

Origin = TypeVar("Origin")
"""Whatever the caller must know again of a part: who sent it, when."""


@dataclass(slots=True)
class PartText(Generic[Origin]):
    """A text of which some parts are here."""

    message_id: str
    origin: Origin
    """Of part 0, or else of the first that came."""
    total: int | None = None
    """How many parts it has; known from part 0."""
    parts: dict[int, Content] = field(default_factory=dict)
    octets: int = 0
    latest: int = 0
    """When its last part came."""

    @property
    def announced(self) -> int:
        """How many parts there are at least."""
        return max(self.total or 0, max(self.parts) + 1)

    @property
    def first(self) -> Content:
        """Part 0, or the earliest that is here."""
        return self.parts[min(self.parts)]


class PartTexts(Generic[Origin]):
    """The incomplete texts of one session."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._texts: OrderedDict[tuple[str | None, str], PartText[Origin]] = OrderedDict()
        self._octets = 0

    def __len__(self) -> int:
        return len(self._texts)

    def add(
        self,
        key: tuple[str | None, str],
        index: int,
        total: int | None,
        content: Content,
        *,
        origin: Origin,
        time: int,
    ) -> list[PartText[Origin]]:
        """Take a part of the text ``key`` (sender and id); returns those to be handed on now, complete or not."""
        done: list[PartText[Origin]] = []
        text = self._texts.get(key)
        if text is not None and (index in text.parts or (index == 0 and text.total is not None)):
            done.append(self._remove(key))  # the id is used again
            text = None
        if text is None:
            text = self._texts[key] = PartText(key[1], origin)
        if index == 0:
            text.origin = origin
            text.total = total
        text.parts[index] = content
        text.latest = time
        size = content.headers.octets + sum(len(octets) for _, octets in content.body)
        text.octets += size
        self._octets += size
        if text.total is not None and len(text.parts) >= text.announced:
            done.append(self._remove(key))
        while self._texts and (
            self._octets > self._limits.part_octets or len(self._texts) > self._limits.part_texts
        ):
            done.append(self._remove(next(iter(self._texts))))
        return done

    def expire(self, now: int) -> list[PartText[Origin]]:
        """The texts that have waited too long."""
        wait = self._limits.part_wait
        late = [key for key, text in self._texts.items() if now - text.latest > wait]
        return [self._remove(key) for key in late]

    def flush(self) -> list[PartText[Origin]]:
        """All of them."""
        return [self._remove(key) for key in list(self._texts)]

    def _remove(self, key: tuple[str | None, str]) -> PartText[Origin]:
        text = self._texts.pop(key)
        self._octets -= text.octets
        return text
