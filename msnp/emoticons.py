"""Custom emoticons: which shortcut stands for which picture, and where later texts use it (reference 5.3).

From MSNP9 on, in every version alike: in front of a text that uses them comes a message of its own, ``shortcut TAB
MSNObject TAB`` for each; ``text/x-mms-animemoticon`` holds those that move. What a sender has once said holds for
the rest of the conversation, also for texts that are told while nobody asked for the definition.
"""

import re
from collections.abc import Mapping

from msnp.bodies import Body, Speaker, speaker_of
from msnp.limits import Recent
from msnp.msnobject import parse_msnobject
from msnp.state import State
from msnp.text import decode_word
from msnp.utterances import Origin, sending

MAX_SHORTCUT = 64
"""Characters of a shortcut; clients allow seven."""
MAX_DEFINED = 32
"""Emoticons that one message defines; clients allow five."""
MAX_REMEMBERED = 64
"""Shortcuts of one sender that are remembered; the oldest is forgotten."""
MAX_SENDERS = 64
"""Senders of one connection whose shortcuts are remembered; the oldest is forgotten."""
MAX_SEARCHED = 16 * 1024
"""Characters of a text that are searched for shortcuts; clients allow some thousands."""
MAX_OBJECT = 4 * 1024
"""Characters of an MSNObject; real ones have some hundreds."""

Picture = Mapping[str, object]


class Shortcuts:
    """Those of one sender."""

    __slots__ = ("_pattern", "_pictures")

    def __init__(self) -> None:
        self._pictures: Recent[str, Picture | None] = Recent(MAX_REMEMBERED)
        self._pattern: re.Pattern[str] | None = None

    def define(self, shortcut: str, picture: Picture | None) -> None:
        """From now on it stands for this picture."""
        if shortcut not in self._pictures:
            self._pattern = None
        self._pictures.remember(shortcut, picture)

    def used_in(self, text: str) -> list[dict[str, object]]:
        """Which stand in a text, each once, in their order; of two at one place, the longer."""
        if self._pattern is None:
            longest_first = sorted(self._pictures, key=len, reverse=True)
            self._pattern = re.compile("|".join(re.escape(shortcut) for shortcut in longest_first))
        found = dict.fromkeys(self._pattern.findall(text[:MAX_SEARCHED]))
        return [_told(shortcut, self._pictures[shortcut]) for shortcut in found]


def tell_emoticons(state: State, origin: Origin, body: Body) -> None:
    """A message that defines some."""
    defined = learn_emoticons(state, speaker_of(origin), body)
    details: dict[str, object] = {"emoticons": [_told(*each) for each in defined]}
    if body.content.headers.type == "text/x-mms-animemoticon":
        details["animated"] = True
    if not defined:
        details["unread"] = "no shortcut"
    details |= body.losses()
    state.emit(sending(origin, body.content, "emoticon", details, None, body.identity))


def learn_emoticons(state: State, speaker: Speaker, body: Body) -> list[tuple[str, Picture | None]]:
    """Remember what a message defines, whether or not anybody asks for it."""
    defined = _defined(body)
    if defined:
        if state.emoticons is None:
            state.emoticons = Recent(MAX_SENDERS)
        shortcuts = state.emoticons.get(speaker) or Shortcuts()
        state.emoticons.remember(speaker, shortcuts)
        for shortcut, picture in defined:
            shortcuts.define(shortcut, picture)
    return defined


def emoticons_in(state: State, speaker: Speaker, text: str) -> list[dict[str, object]]:
    """Which of a sender's emoticons stand in a text of theirs."""
    shortcuts = state.emoticons.get(speaker) if state.emoticons is not None else None
    return shortcuts.used_in(text) if shortcuts is not None else []


def _defined(body: Body) -> list[tuple[str, Picture | None]]:
    """Shortcut and picture in turns; what a loss cut in two tells nothing."""
    words = body.content.opening().split(b"\t", 2 * MAX_DEFINED)
    if not body.whole:
        words = words[:-1]
    defined: list[tuple[str, Picture | None]] = []
    for shortcut, data in zip(words[::2], words[1::2], strict=False):
        name = decode_word(shortcut.strip(b"\r\n"))
        if 0 < len(name) <= MAX_SHORTCUT:
            defined.append((name, parse_msnobject(decode_word(data[:MAX_OBJECT]))))
    return defined


def _told(shortcut: str, picture: Picture | None) -> dict[str, object]:
    return {"shortcut": shortcut, "picture": None if picture is None else dict(picture)}
