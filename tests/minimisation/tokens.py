"""Words that occur once: every text, name, file and account of the traffic carries one, so that it is found again.

A token is twelve small letters and digits between fixed marks: it passes unchanged through UTF-8, URL and MIME
quoting, and nothing that is sealed or hashed brings one about (36^12 of them).
"""

import re
from random import Random
from typing import Final

BODY: Final = 12
"""Characters between the marks."""
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
TOKEN: Final = re.compile(rf"zq[a-z0-9]{{{BODY}}}qz")
IN_OCTETS: Final = re.compile(TOKEN.pattern.encode())


class Tokens:
    """Makes them, and knows for what each was made."""

    def __init__(self, seed: object) -> None:
        self._random = Random(f"tokens/{seed}")
        self.kinds: dict[str, str] = {}
        """Of each token, what it stands in: ``text``, ``name``, ``account``, …"""

    def new(self, kind: str) -> str:
        """One that there has not been."""
        token = f"zq{''.join(self._random.choices(LETTERS, k=BODY))}qz"
        self.kinds[token] = kind
        return token


def tokens_in(text: str) -> set[str]:
    """Those that stand in it."""
    return set(TOKEN.findall(text))


def tokens_of(octets: bytes) -> set[str]:
    """Those that stand in these octets as they are, or in UTF-16."""
    found = set(IN_OCTETS.findall(octets))
    if b"z\0q\0" in octets:
        found |= set(IN_OCTETS.findall(octets.replace(b"\0", b"")))
    return {token.decode() for token in found}
