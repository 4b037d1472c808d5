"""The communication record: one flat record for one thing that happened to a target.

The JSON form (:meth:`CommunicationRecord.to_json`) is the contract that other programs rely on: field names
and meaning are fixed, fields may be added, none renamed. Absent or unknown is null, never an empty guess.
``docs/records.md`` explains each field to a reader.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields

EVENTS = (
    "login", "logout", "presence", "profile", "contact", "invite", "join", "leave", "message", "typing", "nudge",
    "action", "file-offer", "file-accept", "file-decline", "file", "picture", "emoticon", "wink", "voice-clip",
    "ink", "webcam", "call", "mail-notice", "session-start", "session-end", "undecoded",
)  # fmt: skip
"""Every value that the field ``event`` can have."""

DIRECTIONS = ("from-target", "to-target")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicationRecord:
    """What happened to one target at one moment."""

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

    def to_dict(self) -> dict[str, object]:
        """The record with the values of its JSON form, in the order of the fields."""
        out: dict[str, object] = {name: getattr(self, name) for name in FIELDS}
        out["time"] = rfc3339(self.time)
        out["recipients"] = list(self.recipients)
        return out

    def to_json(self) -> str:
        """One line of JSON, text kept exact: characters outside ASCII as they are, control characters escaped."""
        return json.dumps(self.to_dict(), ensure_ascii=False, separators=(",", ":"), default=str)


FIELDS = tuple(field.name for field in fields(CommunicationRecord))


def rfc3339(time: int) -> str:
    """``2026-11-22T10:15:00.123456Z`` from nanoseconds since 1970 UTC; nine digits where microseconds lose some.

    RFC 3339 section 5.6. Computed on integers, since a float loses nanoseconds. Years beyond 9999 and before
    1970, which only a broken or hostile file says, are clamped.
    """
    seconds, nanoseconds = divmod(max(0, min(time, _LATEST)), 1_000_000_000)
    days, rest = divmod(seconds, 86_400)
    year, month, day = _civil(days)
    fraction = f"{nanoseconds:09d}"
    if fraction.endswith("000"):
        fraction = fraction[:6]
    return f"{year:04d}-{month:02d}-{day:02d}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}.{fraction}Z"


_LATEST = 253_402_300_799_999_999_999
"""9999-12-31T23:59:59.999999999Z."""


def _civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a count of days since 1970-01-01, on the proleptic Gregorian calendar."""
    days += 719_468  # to 0000-03-01, so that the leap day ends a year
    era, of_era = divmod(days, 146_097)
    year_of_era = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year_of_era + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1
