"""What a client says that it can do: the numbers in CHG, ILN, NLN, UUX, UBX, JOI and IRO (reference 4.2).

One number of 32 bits from MSNP8 on (``1342177280``), two from MSNP16 on, with a colon between (``2789003324:48``).
The highest four bits of the first say which generation of peer-to-peer the client speaks, and so which family of
the official client it is, or takes itself for: programs of third parties choose one.
"""

import re
from functools import lru_cache

MAX_CACHED = 1024
"""Values whose meaning is remembered; real traffic has some dozens. Beyond, the least used is forgotten."""

CAPABILITIES = re.compile(r"([0-9]{1,10})(?::([0-9]{1,10}))?")

_WORD = 1 << 32
"""A number beyond is none of 32 bits, and nothing is read out of it."""

_FAMILIES = {
    0x1: "MSN 6.0",
    0x2: "MSN 6.1",
    0x3: "MSN 6.2",
    0x4: "MSN 7.0",
    0x5: "MSN 7.5",
    0x6: "WLM 8.0",
    0x7: "WLM 8.1",
    0x8: "WLM 8.5",
    0x9: "WLM 2009 beta",
    0xA: "WLM 2009",
    0xB: "WLM 2011",
    0xC: "WLM 2012",
}
"""By the highest four bits; 0 is a client without peer-to-peer, and of more is not known."""

_FIRST = {
    0x1: "mobile-online",
    0x4: "ink-gif",
    0x8: "ink-isf",
    0x10: "webcam",
    0x20: "multi-part",
    0x40: "mobile",
    0x80: "web-watch",
    0x200: "web",
    0x800: "federated",
    0x1000: "space",
    0x2000: "media-center",
    0x4000: "direct-messages",
    0x8000: "winks",
    0x20000: "bot",
    0x40000: "voice-clips",
    0x80000: "secure-channel",
    0x100000: "sip",
    0x400000: "shared-folders",
    0x2000000: "turn",
    0x4000000: "p2p-bootstrap",
}
_SECOND = {
    0x10: "rtc-video",
    0x20: "p2p-v2",
    0x100: "offline-messages",
    0x400: "nudges",
    0x80000000: "multiparty",
}
"""Of the number behind the colon. Bits that stand in neither table are of unknown meaning and left out."""


@lru_cache(maxsize=MAX_CACHED)
def _decode(capabilities: str) -> tuple[str | None, tuple[str, ...]]:
    """Family and features, in order."""
    found = CAPABILITIES.fullmatch(capabilities)
    if found is None:
        return None, ()
    first, second = (int(word or "0") for word in found.groups())
    features = [word for bit, word in _FIRST.items() if first & bit and first < _WORD]
    features += [word for bit, word in _SECOND.items() if second & bit and second < _WORD]
    return _FAMILIES.get(first >> 28), tuple(sorted(features))


def describe(capabilities: str | None) -> dict[str, object]:
    """``client_family`` and ``features`` of a value as sent, for an event's details; nothing where it says nothing.

    The caller may change what it gets.
    """
    if capabilities is None or len(capabilities) > 21:
        return {}
    family, features = _decode(capabilities)
    details: dict[str, object] = {}
    if family is not None:
        details["client_family"] = family
    if features:
        details["features"] = list(features)
    return details
