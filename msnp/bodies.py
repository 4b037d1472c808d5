"""What a message holds behind its headers, whether it came in one part or in several, whole or cut by loss."""

from hashlib import sha256
from typing import NamedTuple

from msnp.chunks import PartText
from msnp.mime import Content, parse_fields, torn_content, whole_content
from msnp.utterances import Origin

MAX_FIELDS = 8 * 1024
"""Octets that are read of a body that is written like headers; real ones stay under 2 KiB."""
MAX_VALUE = 4 * 1024
"""Characters of a value that are kept; a wink's object with its certificate has two thousand."""


class Speaker(NamedTuple):
    """Somebody in a conversation: what they said once may hold for what they say later."""

    conversation: str | None
    """None: the connection's own."""
    account: str | None
    """None: the connection's own."""


def speaker_of(origin: Origin) -> Speaker:
    """Whoever says this."""
    return Speaker(origin.thread.key if origin.thread is not None else None, origin.sender)


class Body(NamedTuple):
    """A message: its headers, and the bodies of all its parts in one."""

    content: Content
    message_id: str | None = None
    """Of a message in several parts."""
    parts: int = 1
    parts_missing: int = 0

    @property
    def whole(self) -> bool:
        """Nothing of it is missing."""
        return not self.content.missing and not self.parts_missing

    @property
    def identity(self) -> str:
        """The same for every copy of it: the id of its parts, or a hash of what was seen."""
        if self.message_id is not None:
            return self.message_id
        return sha256(self.content.opening()).hexdigest()[:32]

    def losses(self) -> dict[str, object]:
        """For the details: what is not there."""
        lost = {"missing": self.content.missing, "parts_missing": self.parts_missing}
        return {name: number for name, number in lost.items() if number}

    def fields(self) -> dict[str, str]:
        """A body that is written like headers, by lower-case name; of a cut line nothing is told."""
        octets = self.content.opening()[:MAX_FIELDS]
        if not self.whole or len(octets) == MAX_FIELDS:
            octets = octets[: max(octets.rfind(b"\n"), octets.rfind(b"\r")) + 1]
        return {name.lower(): value[:MAX_VALUE] for name, value in parse_fields(octets).items() if value}


def join(text: PartText[Origin]) -> Body:
    """The parts of a message, of which the first is there: up to the first that is not, as one body."""
    pieces: list[tuple[int, bytes]] = []
    length = 0
    for index in range(text.announced):
        part = text.parts.get(index)
        if part is None:
            break
        pieces.extend((length + offset, octets) for offset, octets in part.body)
        length += part.length
    headers = text.parts[0].headers
    lost = text.announced - len(text.parts)
    missing = sum(part.missing for part in text.parts.values())
    if lost or missing:
        return Body(torn_content(headers, tuple(pieces), length), text.message_id, text.announced, lost)
    whole = whole_content(headers, b"".join(octets for _, octets in pieces))
    return Body(whole, text.message_id, text.announced)
