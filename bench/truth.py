"""What a made capture holds, so that recall can be counted for any program, whatever its output looks like.

Every text begins with a token, ``~CHAT.NUMBER~``. A text is *whole* when each of its octets is in the file at least
once, on one of the connections that carried it: then nothing but the program decides whether it is found. Whole
texts are kept as one integer per chat, bit NUMBER, so that millions of them take a few hundred kilobytes; the
tokens that a program shows are gathered into the same form and compared.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path

TOKEN = re.compile(rb"~(\d+)\.(\d+)~")

Bits = dict[int, int]
"""Of each chat the numbers of its texts, as bits."""


@dataclass(slots=True)
class Truth:
    """What is in one capture."""

    packets: int = 0
    msn_packets: int = 0
    octets: int = 0
    """Of the file."""
    lost: int = 0
    """Packets that were made and left out: by loss, or before the capture begins."""
    connections: int = 0
    """Of MSN, in the file or not."""
    accounts: int = 0
    """Accounts whose own connection was made."""
    texts: int = 0
    """Texts that were said."""
    target: str = ""
    """The account that "one target" stands for."""
    target_chats: list[int] = field(default_factory=list)
    whole: Bits = field(default_factory=lambda: defaultdict(int))
    """Texts of which every octet is in the file."""

    @property
    def whole_texts(self) -> int:
        """How many texts are whole."""
        return count(self.whole)

    def of_target(self) -> Bits:
        """The whole texts of the target's chats."""
        return {chat: self.whole[chat] for chat in self.target_chats if chat in self.whole}

    def save(self, path: Path) -> None:
        """Write it beside its capture."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        values["whole"] = {str(chat): f"{bits:x}" for chat, bits in self.whole.items()}
        path.write_text(json.dumps(values) + "\n")

    @classmethod
    def load(cls, path: Path) -> "Truth":
        """Read what :meth:`save` wrote."""
        values = json.loads(path.read_text())
        values["whole"] = defaultdict(int, {int(chat): int(bits, 16) for chat, bits in values["whole"].items()})
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Recall:
    """How a program did."""

    found: int
    """Whole texts that it shows."""
    whole: int
    """Whole texts that there are."""
    beyond: int = 0
    """Tokens shown of texts that are not whole: pieces of texts, shown as if nothing were missing."""

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.found / self.whole if self.whole else 1.0


def count(bits: Bits) -> int:
    """How many texts."""
    return sum(chat.bit_count() for chat in bits.values())


def tokens(octets: Iterable[bytes]) -> Bits:
    """The tokens in a program's output, each once; no token is expected to be cut by two pieces of it."""
    found: Bits = defaultdict(int)
    for piece in octets:
        for match in TOKEN.finditer(piece):
            found[int(match[1])] |= 1 << int(match[2])
    return found


def judge(found: Bits, whole: Bits) -> Recall:
    """Compare what was found with what is there."""
    right = sum((bits & whole.get(chat, 0)).bit_count() for chat, bits in found.items())
    return Recall(right, count(whole), count(found) - right)
