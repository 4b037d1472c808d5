"""A record to a row and back, exactly: what is read is what was written, for every field.

Two things stand in the way. PostgreSQL refuses U+0000 and SQLite's own functions stop at it; no database
takes a lone surrogate, since it has no UTF-8 form. Both are written escaped, in every database alike: U+001A
(SUBSTITUTE, which nobody types) followed by four hexadecimal digits stands for the character; U+001A itself
is escaped too. In JSON columns JSON's own escapes serve.

Objects come back as what JSON makes of them: tuples as lists, values that JSON does not know as their text.
"""

import json
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from rcds_sniffer.records.record import CommunicationRecord

MAX_INTEGER = 2**63 - 1
"""Largest BIGINT; in nanoseconds the year 2262. A later time, which only a broken file says, is clamped."""

_UNSTORABLE = re.compile("[\x00\x1a\ud800-\udfff]")
_ESCAPED = re.compile("\x1a([0-9a-f]{4})")
_SURROGATE = re.compile("[\ud800-\udfff]")


def _compact_encoder() -> Callable[[object], str]:
    """``json.dumps`` without its set-up for each value, which costs as much as encoding a small object.

    CPython's C encoder is not part of json's documented interface: without it the documented way serves.
    """
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
    chunks = make(None, str, json.encoder.encode_basestring, None, ":", ",", False, False, True)
    return lambda value: "".join(chunks(value, 0))


_encode_json = _compact_encoder()


def encode(record: CommunicationRecord) -> tuple[object, ...]:
    """The row of ``record``: a value per column, in the order of the table's columns."""
    r = record
    target, conversation, sender, name = r.target, r.conversation_id, r.sender, r.sender_name
    text, content_type, sensor = r.text, r.content_type, r.sensor
    # One search for all instead of one each, and all fields in full instead of a loop: this is the hot path.
    if _UNSTORABLE.search(f"{target}{conversation}{sender}{name}{text}{content_type}{sensor}"):
        target, conversation, sender, name = escape(target), escape(conversation), escape(sender), escape(name)
        text, content_type, sensor = escape(text), escape(content_type), escape(sensor) or ""
    return (
        r.record_id,
        r.order_id,
        target,
        max(-MAX_INTEGER, min(r.time, MAX_INTEGER)),
        r.protocol,
        r.protocol_version,
        r.event,
        r.direction,
        conversation,
        sender,
        name,
        recipients_json(r.recipients),
        text,
        content_type,
        None if r.format is None else to_json(r.format),
        None if r.file is None else to_json(r.file),
        r.client,
        r.server,
        sensor,
        to_json(r.source),
        r.complete,
        min(r.missing_bytes, MAX_INTEGER),
        None if r.details is None else to_json(r.details),
    )


def decode(row: Sequence[Any]) -> CommunicationRecord:
    """The record of a row with the table's columns in their order.

    Raises ValueError when a JSON column holds no JSON, which only somebody else's hand can have done.
    """
    return CommunicationRecord(
        record_id=row[0],
        order_id=row[1],
        target=unescape(row[2]),
        time=row[3],
        protocol=row[4],
        protocol_version=row[5],
        event=row[6],
        direction=row[7],
        conversation_id=unescape(row[8]),
        sender=unescape(row[9]),
        sender_name=unescape(row[10]),
        recipients=tuple(json.loads(row[11])),
        text=unescape(row[12]),
        content_type=unescape(row[13]),
        format=None if row[14] is None else json.loads(row[14]),
        file=None if row[15] is None else json.loads(row[15]),
        client=row[16],
        server=row[17],
        sensor=unescape(row[18]) or "",
        source=json.loads(row[19]),
        complete=bool(row[20]),
        missing_bytes=row[21],
        details=None if row[22] is None else json.loads(row[22]),
    )


def escape(text: str | None) -> str | None:
    """``text`` as it stands in a text column."""
    if text is None or _UNSTORABLE.search(text) is None:
        return text
    return _UNSTORABLE.sub(lambda found: f"\x1a{ord(found[0]):04x}", text)


def unescape(text: str | None) -> str | None:
    """What :func:`escape` was given."""
    if text is None or "\x1a" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def to_json(value: object) -> str:
    """``value`` as it stands in a JSON column: characters as they are, for people to read and search."""
    out = _encode_json(value)
    return out if out.isascii() else _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", out)


@lru_cache(maxsize=1024)
def recipients_json(recipients: tuple[str, ...]) -> str:
    """The same for recipients, which repeat from record to record of a conversation."""
    return to_json(recipients)
