"""How much of a record an order lets us keep: all, or who did what when with whom and nothing more.

What is not granted is taken out here, before the record leaves the recorder for anything that stores or shows it.
What stays without content is named, thing by thing; what is not named goes, also what is added to records later.
"""

import re
from collections.abc import Mapping
from typing import Final

from rcds_sniffer.orders import Grant
from rcds_sniffer.records.record import CommunicationRecord

SIGNALLING: Final = frozenset({
    "action", "bits", "command", "delivery", "error", "group_count", "identified_by", "idle", "inferred", "initial",
    "lists", "login", "minutes", "mobile", "network", "octets", "offline", "outcome", "parts", "parts_missing",
    "reason", "status", "verified", "beyond_order",
})  # fmt: skip
"""Of a record's details, those that are about how it came about, not about what was said."""

WORD: Final = re.compile(r"[A-Za-z]{1,12}")
"""What such a detail may be, where it is a word: codes and names of the protocol, nothing that a person writes."""


MAX_WORDS: Final = 8
"""Words of a list; a longer one is none of the protocol's."""


def granted(record: CommunicationRecord, grant: Grant, until: int) -> CommunicationRecord:
    """``record`` as ``grant`` allows it; it is changed in place.

    ``until`` is when its last octet passed the tap, ns since 1970 UTC. What began before an order ended and came to
    its end afterwards is told of, since it happened, but its content is not kept.
    """
    if grant.evidence is not None:
        record.details = {**(record.details or {}), "identified_by": grant.evidence}
    beyond = grant.until is not None and until >= grant.until
    if beyond:
        record.details = {**(record.details or {}), "beyond_order": True}
        record.complete = False
        record.missing_bytes = len((record.text or "").encode("utf-8", "surrogatepass"))
    if beyond or not grant.content:
        record.sender_name = record.text = record.content_type = record.format = record.file = None
        record.details = signalling(record.details)
    return record


def signalling(details: Mapping[str, object] | None) -> Mapping[str, object] | None:
    """What may stay of a record's details where no content does."""
    kept = {name: value for name, value in (details or {}).items() if name in SIGNALLING and is_plain(value)}
    return kept or None


def is_plain(value: object) -> bool:
    """True for a number, a yes or no, a short word, or a list of such words."""
    if value is None or isinstance(value, bool | int):
        return True
    if isinstance(value, list | tuple):
        return len(value) <= MAX_WORDS and all(isinstance(word, str) and WORD.fullmatch(word) for word in value)
    return isinstance(value, str) and WORD.fullmatch(value) is not None
