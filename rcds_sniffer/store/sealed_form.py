"""What of a record is sealed: a record to octets and back, exactly, for every field.

Not the JSON form of records, which cuts times to a calendar, and not a row's columns, of which there are none.
"""

import json
from typing import Any, Final

from rcds_sniffer.records.record import FIELDS, CommunicationRecord

FORM: Final = b"\x01"
"""First octet of what is sealed; another form gets another one."""

_OBJECTS: Final = ("format", "file", "source", "details")

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode


def pack(record: CommunicationRecord) -> bytes:
    """Every field of ``record`` that is not null, as JSON in UTF-8.

    Lone surrogates stand as they are: written as JSON's escapes, two in a row would come back as one character.
    """
    said = {name: value for name in FIELDS if (value := getattr(record, name)) is not None}
    for name in _OBJECTS:
        if name in said:
            said[name] = dict(said[name])
    return FORM + _encode(said).encode("utf-8", "surrogatepass")


def unpack(octets: bytes) -> CommunicationRecord:
    """The record from what :func:`pack` gave; objects as what JSON makes of them.

    Raises:
        ValueError: a newer version of the program made it.
    """
    said = json.loads(octets[1:].decode("utf-8", "surrogatepass")) if octets[:1] == FORM else None
    if not isinstance(said, dict) or not said.keys() <= set(FIELDS):
        raise ValueError("a newer version of the program stored it; update this one")
    fields: dict[str, Any] = dict.fromkeys(FIELDS) | said
    fields["recipients"] = tuple(fields["recipients"])
    return CommunicationRecord(**fields)
