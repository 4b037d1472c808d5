# cython: annotation_typing=False
"""The communication record: one flat record for one thing that happened to a target.

The JSON form (:meth:`CommunicationRecord.to_json`) is the contract that other programs rely on: field names
and meaning are fixed, fields may be added, none renamed. Absent or unknown is null, never an empty guess.
``docs/records.md`` explains each field to a reader.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Self

EVENTS = (
    "login", "logout", "presence", "profile", "contact", "invite", "join", "leave", "message", "typing", "nudge",
    "action", "file-offer", "file-accept", "file-decline", "file", "picture", "emoticon", "wink", "voice-clip",
    "ink", "webcam", "call", "mail-notice", "session-start", "session-end", "undecoded",
)  # fmt: skip
"""Every value that the field ``event`` can have."""


FIELDS = (
    "record_id", "order_id", "target", "time", "protocol", "protocol_version", "event", "direction",
    "conversation_id", "sender", "sender_name", "recipients", "text", "content_type", "format", "file", "client",
    "server", "sensor", "source", "complete", "missing_bytes", "details",
)  # fmt: skip
"""Those of a record, in the order of its JSON form."""


class CommunicationRecord:
    """What happened to one target at one moment. Nobody changes one that was handed on.

    A plain class with slots, quick to make (:class:`~rcds_sniffer.records.building.Builder` fills each field once);
    a C structure where this module is compiled (``record.pxd``).
    """

    __slots__ = (*FIELDS, "sequence")

    record_id: str
    """The same for the same traffic in every replay: storing twice stores once."""
    order_id: str | None
    """The interception order served; None while targets are given on the command line."""
    target: str | None
    time: int
    """Of the first octet, nanoseconds since 1970 UTC; a string in the JSON form."""
    protocol: str
    protocol_version: str | None
    event: str
    direction: str | None
    conversation_id: str | None
    sender: str | None
    sender_name: str | None
    recipients: tuple[str, ...]
    text: str | None
    content_type: str | None
    format: Mapping[str, object] | None
    file: Mapping[str, object] | None
    client: str | None
    """``ip:port``; None on a contact's connection, where it would be a third party's address."""
    server: str
    sensor: str
    source: Mapping[str, object]
    """``name`` of the file or interface, ``packet`` number of the first packet."""
    complete: bool
    missing_bytes: int
    details: Mapping[str, object] | None
    sequence: int | None
    """Of the records of its order, from 1, as the store counted it; None until then, and where there is no order.
    In the JSON form where there is one."""

    def __init__(self, **fields: Any) -> None:
        for name in FIELDS:
            setattr(self, name, fields.pop(name))
        self.sequence = fields.pop("sequence", None)
        if fields:
            raise TypeError(f"a record has no {', '.join(fields)}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CommunicationRecord) and all(
            getattr(self, name) == getattr(other, name) for name in (*FIELDS, "sequence")
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"CommunicationRecord({', '.join(f'{name}={getattr(self, name)!r}' for name in FIELDS)})"

    def changed(self, **changes: Any) -> Self:
        """The same with other values in these fields."""
        return type(self)(**{name: getattr(self, name) for name in (*FIELDS, "sequence")} | changes)

    def to_dict(self) -> dict[str, object]:
        """The record with the values of its JSON form, in the order of the fields."""
        out: dict[str, object] = {name: getattr(self, name) for name in FIELDS}
        out["time"] = rfc3339(self.time)
        out["recipients"] = list(self.recipients)
        if self.sequence is not None:
            out["sequence"] = self.sequence
        return out

    def to_json(self) -> str:
        """One line of JSON; what a parser gives back is exact.

        Characters outside ASCII stand as they are, but for those that break lines, steer a terminal or turn the
        direction of text, and lone surrogates, which no stream can hold: these are escaped (RFC 8259 section 7).
        """
        from rcds_sniffer.records.json_form import json_line  # noqa: PLC0415 - it knows this class

        return json_line(self).decode()


UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def rfc3339(time: int) -> str:
    """``2026-11-22T10:15:00.123456Z`` from nanoseconds since 1970 UTC; nine digits where six would lose some.

    RFC 3339 section 5.6. The fraction is taken from the integer, since a float loses nanoseconds. Times before
    1970 and beyond the year 9999, which only a broken or hostile file says, are clamped.
    """
    seconds, nanoseconds = divmod(max(0, min(time, LATEST)), 1_000_000_000)
    fraction = f"{nanoseconds:09d}"
    if fraction.endswith("000"):
        fraction = fraction[:6]
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction}Z"


LATEST = 253_402_300_799_999_999_999
"""9999-12-31T23:59:59.999999999Z, nanoseconds since 1970 UTC."""
