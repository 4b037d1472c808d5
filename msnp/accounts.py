# cython: annotation_typing=False
"""Accounts as they stand on the wire, and the one form in which this package names them.

Servers write the same account in several ways: in any case, with an endpoint (``a@b;{guid}``, MSNP16+), with a
network (``1:a@b``, MSNP16/18+), with attributes (``;epid=``, ``;via=``, ``;path=``). All of them normalise to the
bare lower-case address (reference 2.4). Phone contacts are ``tel:+…`` and stay so.
"""

import re
from functools import lru_cache

from msnp.text import decode_word

MAX_OCTETS = 512
"""Longer tokens are no accounts; also bounds what the cache below can hold."""

_NETWORK = re.compile(r"([0-9]{1,3}):(?=.)")
_ADDRESS = re.compile(r"[^\s@;,<>\"\x00-\x20\x7f]+@[^\s@;,<>\"\x00-\x20\x7f]+")
_TELEPHONE = re.compile(r"tel:\+?[0-9]{1,20}")


@lru_cache(maxsize=4096)
def _normalise(token: bytes) -> str | None:
    text = decode_word(token).strip()
    text = _NETWORK.sub("", text, count=1) if _NETWORK.match(text) else text
    text = text.partition(";")[0].lower()
    return text if _ADDRESS.fullmatch(text) or _TELEPHONE.fullmatch(text) else None


def normalise(token: bytes | str) -> str | None:
    """The account that ``token`` names, or None where it names none."""
    octets = token.encode("utf-8", "surrogatepass") if isinstance(token, str) else token
    return _normalise(octets) if len(octets) <= MAX_OCTETS else None


def endpoint(token: bytes) -> str:
    """The endpoint of ``a@b;{guid}``, lower-case; empty for the bare address."""
    return decode_word(token.partition(b";")[2][:MAX_OCTETS]).lower()


def network(token: bytes) -> int | None:
    """The network of ``1:a@b``."""
    prefix, colon, rest = token.partition(b":")
    return int(prefix) if colon and rest and prefix.isdigit() and len(prefix) <= 3 else None
