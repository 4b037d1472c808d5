# cython: annotation_typing=False
"""The JSON line of a record, quickly: takes a record, gives its line in UTF-8, without the end of the line.

A line is put together from pieces. Who, what kind of thing, in which conversation and on which connection repeat
from record to record, so that is remembered, as the octets that it becomes between what is made anew for every
record: identifier, time, text, the objects. It is remembered in groups, of which each has few values: those who
speak in all conversations, times the kinds of things that happen there, would be too many.

What is remembered is found by equality, so it is strings and nulls alone: 1, 1.0 and True are equal in Python and
three things in JSON.

Compiled where a compiler is; its C types are in ``json_form.pxd``.
"""

import json
import re
from collections.abc import Mapping
from json.encoder import encode_basestring

from rcds_sniffer.records.record import UNSAFE, CommunicationRecord, rfc3339

REMEMBERED = 8_192
"""Pieces of one kind; where one more comes, those of its kind are forgotten, and made anew as they are needed."""

LONGEST = 2_048
"""Octets of what is remembered as one: a stranger's long name fills no memory."""

SECOND = 1_000_000_000
"""ns."""

LAST_MOMENT = 2**63 - 1
"""ns since 1970: what 64 bits hold, to the year 2262."""

_GROUPS = [
    [b',"%b":' % name.encode() for name in names.split()]
    for names in (
        "order_id target",
        "protocol protocol_version event direction",
        "conversation_id sender sender_name recipients",
        "content_type",
        "client server sensor",
    )
]
"""The fields that are remembered together; between the second and the third nothing is made anew."""

_ENDS = b',"time":"', b"", b',"text":', b',"format":', b',"source":'
"""What stands behind each group."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
_THREE = [b"%03d" % number for number in range(1_000)]
_SIXTY = [b"%02d." % number for number in range(60)]
_SMALL = [b"%d" % number for number in range(256)]

_groups: tuple[dict[object, bytes], ...] = ({}, {}, {}, {}, {})
_whose, _what, _who, _kind, _where = _groups
_members: dict[object, bytes] = {}
_minutes: dict[object, bytes] = {}


def json_line(record: CommunicationRecord) -> bytes:
    """What :meth:`CommunicationRecord.to_json` says."""
    r = record
    key: tuple[object, ...] = (r.order_id, r.target)
    whose = _whose.get(key) or _make_group(0, key)
    key = r.protocol, r.protocol_version, r.event, r.direction
    what = _what.get(key) or _make_group(1, key)
    key = r.conversation_id, r.sender, r.sender_name, r.recipients
    who = _who.get(key) or _make_group(2, key)
    key = (r.content_type,)
    kind = _kind.get(key) or _make_group(3, key)
    key = r.client, r.server, r.sensor
    where = _where.get(key) or _make_group(4, key)
    line = [
        b'{"record_id":',
        string(r.record_id),
        whose,
        moment(r.time),
        b'Z"',
        what,
        who,
        b"null" if r.text is None else string(r.text),
        kind,
    ]
    add_object(line, r.format)
    line.append(b',"file":')
    add_object(line, r.file)
    line.append(where)
    add_object(line, r.source)
    line.append(b',"complete":true,"missing_bytes":' if r.complete else b',"complete":false,"missing_bytes":')
    line.append(whole(r.missing_bytes))
    line.append(b',"details":')
    add_object(line, r.details)
    line.append(b"}" if r.sequence is None else b',"sequence":%d}' % r.sequence)
    return b"".join(line)


def _make_group(place: int, values: tuple[object, ...]) -> bytes:
    """The fields of a group and what stands behind them."""
    fields = [
        name + (string(value) if type(value) is str else anything(value))
        for name, value in zip(_GROUPS[place], values, strict=True)
    ]
    return _remember(_groups[place], values, b"".join(fields) + _ENDS[place])


def moment(time: int) -> bytes:
    """:func:`rfc3339`, without the Z."""
    if not 0 <= time <= LAST_MOMENT:
        return rfc3339(time)[:-1].encode()
    clock = time
    second = clock // SECOND
    rest = clock - second * SECOND
    microseconds = rest // 1_000
    nanoseconds = rest - microseconds * 1_000
    minute = second // 60
    begin = _minutes.get(minute)
    if begin is None:
        begin = _remember(_minutes, minute, rfc3339(minute * 60 * SECOND)[: len("2026-11-22T10:15:")].encode())
    six = begin + _SIXTY[second - minute * 60] + _THREE[microseconds // 1_000] + _THREE[microseconds % 1_000]
    return six + _THREE[nanoseconds] if nanoseconds else six


def string(text: str) -> bytes:
    """A string, in quotes. What must be escaped is not printable, but for two characters."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'.encode()
    return UNSAFE.sub(_escape, encode_basestring(text)).encode()


def whole(number: int) -> bytes:
    """A whole number."""
    return _SMALL[number] if 0 <= number < len(_SMALL) else b"%d" % number


def object_json(values: Mapping[str, object]) -> str:
    """An object of a record, as it stands in the line."""
    pieces: list[bytes] = []
    add_object(pieces, values)
    return b"".join(pieces).decode()


def add_object(line: list[bytes], values: Mapping[str, object] | None) -> None:
    """An object in braces, or null, to the end of ``line``."""
    if values is None:
        line.append(b"null")
        return
    if type(values) is not dict or not values:
        line.append(anything(values))
        return
    plain, begin = values, b"{"
    for name, value in plain.items():
        kind = type(value)
        if type(name) is not str:
            line.append(begin + anything({name: value})[1:-1])
        elif value is None or kind is str:
            member = (begin, name, value)
            line.append(_members.get(member) or _remember(_members, member, begin + anything({name: value})[1:-1]))
        else:
            head = (begin, name)
            line.append(_members.get(head) or _remember(_members, head, begin + string(name) + b":"))
            line.append(whole(value) if kind is int else anything(value))
        begin = b","
    line.append(b"}")


def anything(value: object) -> bytes:
    """Whatever may stand in JSON; what may not, as its text."""
    return UNSAFE.sub(_escape, _encode(value)).encode()


def _remember(made: dict[object, bytes], key: object, octets: bytes) -> bytes:
    if len(made) >= REMEMBERED:
        made.clear()
    if len(octets) <= LONGEST:
        made[key] = octets
    return octets


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
