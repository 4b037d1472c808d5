# cython: annotation_typing=False
"""A record to a row and back, exactly: what is read is what was written, for every field.

Two things stand in the way. PostgreSQL refuses U+0000 and SQLite's own functions stop at it; no database
takes a lone surrogate, since it has no UTF-8 form. Both are written escaped, in every database alike: U+001A
(SUBSTITUTE, which nobody types) followed by four hexadecimal digits stands for the character; U+001A itself
is escaped too. In JSON columns JSON's own escapes serve.

The hot path of storing, compiled where a compiler is (``codec.pxd``). What repeats from record to record is looked
up once a record instead of being searched for such characters.

Objects come back as what JSON makes of them: tuples as lists, values that JSON does not know as their text.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from rcds_sniffer.records.json_form import LONGEST, REMEMBERED, object_json
from rcds_sniffer.records.record import CommunicationRecord

MAX_INTEGER = 2**63 - 1
"""Largest BIGINT; in nanoseconds the year 2262. A later time, which only a broken file says, is clamped."""

_UNSTORABLE = re.compile("[\x00\x1a\ud800-\udfff]")
_ESCAPED = re.compile("\x1a([0-9a-f]{4})")
_SURROGATE = re.compile("[\ud800-\udfff]")


_encode_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode

_stored: dict[tuple[Any, ...], tuple[Any, ...]] = {}


def encode(record: CommunicationRecord) -> tuple[object, ...]:
    """The row of ``record``: a value per column, in the order of the table's columns."""
    r = record
    repeating = (r.target, r.conversation_id, r.sender, r.sender_name, r.recipients, r.content_type, r.sensor)
    stored = _stored.get(repeating)
    if stored is None:
        stored = _remember(repeating)
    target, conversation, sender, name, recipients, content_type, sensor = stored
    return (
        r.record_id,
        r.order_id,
        target,
        r.time if -MAX_INTEGER <= r.time <= MAX_INTEGER else max(-MAX_INTEGER, min(r.time, MAX_INTEGER)),
        r.protocol,
        r.protocol_version,
        r.event,
        r.direction,
        conversation,
        sender,
        name,
        recipients,
        r.text if r.text is None or r.text.isprintable() else escape(r.text),
        content_type,
        None if r.format is None else object_json(r.format),
        None if r.file is None else object_json(r.file),
        r.client,
        r.server,
        sensor,
        object_json(r.source),
        r.complete,
        min(r.missing_bytes, MAX_INTEGER),
        None if r.details is None else object_json(r.details),
    )


def _remember(values: tuple[Any, ...]) -> tuple[object, ...]:
    """What repeats from record to record of a conversation, as it is stored."""
    target, conversation, sender, name, recipients, content_type, sensor = values
    texts = escape(target), escape(conversation), escape(sender), escape(name)
    stored = (*texts, to_json(recipients), escape(content_type), escape(sensor))
    if len(_stored) >= REMEMBERED:
        _stored.clear()
    if sum(len(text) for text in stored if text) <= LONGEST:
        _stored[values] = stored
    return stored


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
