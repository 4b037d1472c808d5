"""What a record says in a few words, as styled text: takes a record, gives rich ``Text``.

Everything from the wire passes :func:`~rcds_sniffer.export.safe_text.safe` and becomes ``Text``, never a
markup string: ``[red]`` in somebody's name stays four letters in brackets. Words come from one table; the
accounts in them are always shown, because anybody may take anybody's display name.
"""

import errno
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from string import Formatter
from typing import TextIO

from rich.console import Console
from rich.text import Text

from rcds_sniffer.export.safe_text import safe
from rcds_sniffer.records.record import LATEST, CommunicationRecord

NAME_LIMIT = 40
"""Characters of a display name or file name; people made theirs 100 and more long."""
ACCOUNT_LIMIT = 100
DETAILS_LIMIT = 300

TARGET_STYLE = "bold cyan"
CONTACT_STYLE = "bold green"
WARNING_STYLE = "bold yellow"
DIM = "dim"

PHRASES = {
    "login": "{sender} signed in{details}",
    "logout": "{sender} signed out{details}",
    "presence": "{sender} is {status}",
    "presence without status": "{sender} is shown otherwise{details}",
    "presence cleared": "{sender} shows no personal message{details}",
    "profile": "{sender} goes by this name{details}",
    "profile without name": "of {sender} is known{details}",
    "profile from the server": "profile of {recipients}{details}",
    "contact": "{sender} has the contact {recipients}{details}",
    "contact refused": "the server refused {sender} what was asked about {recipients}{details}",
    "invite": "{sender} invited {recipients}{details}",
    "join": "{sender} joined",
    "leave": "{sender} left",
    "message": "{text}",
    "typing": "{sender} is typing",
    "nudge": "{sender} sent a nudge",
    "action": "* {sender} {text}",
    "file-offer": "{sender} offers the file {file}",
    "file-accept": "{sender} accepts the file {file}",
    "file-decline": "{sender} declines the file {file}",
    "file": "{sender} sent the file {file}",
    "picture": "{sender} shows the picture {file}",
    "emoticon": "{sender} uses the emoticon {file}",
    "wink": "{sender} sent a wink {file}",
    "voice-clip": "{sender} sent a voice clip {file}",
    "ink": "{sender} sent handwriting {file}",
    "webcam": "{sender} and {recipients}: webcam{details}",
    "call": "{sender} and {recipients}: call{details}",
    "mail-notice": "{recipients} was told of mail{details}",
    "session-start": "{sender} is in the conversation",
    "session-end": "{sender} left the conversation",
    "undecoded": "octets that could not be read{details}",
}
"""For each event what is said; an event that is not here is said by its name."""

STATUSES = {
    "NLN": "online", "BSY": "busy", "IDL": "idle", "BRB": "away, right back", "AWY": "away", "PHN": "on the phone",
    "LUN": "out to lunch", "HDN": "online, shown as offline", "FLN": "offline",
}  # fmt: skip
"""Presence codes in words; others are shown as they are."""

SAID_ELSEWHERE = frozenset({"status", "delivery", "charset", "inferred", "name", "initial"})


def phrase(record: CommunicationRecord, *, text_limit: int | None = None, subject: bool = True) -> Text:
    """What ``record`` says, in one line or, where its text has several, in several; without who, if asked."""
    name = _name(record)
    template = PHRASES.get(name, "{sender}: " + record.event.replace("{", "{{").replace("}", "}}"))
    if not subject:
        template = template.removeprefix("{sender}").lstrip(": ")
    out = Text()
    for literal, field, _, _ in Formatter().parse(template):
        out.append(safe(literal))
        if field is not None:
            out.append_text(_filled(record, field, text_limit))
    return out


def _name(record: CommunicationRecord) -> str:
    """Which phrase it is, where an event has more than one."""
    details = record.details or {}
    if record.event == "profile" and record.sender is None:
        return "profile from the server"
    if record.event == "profile" and record.sender_name is None and "name" not in details:
        return "profile without name"
    if record.event == "contact" and "error" in details:
        return "contact refused"
    if record.event == "presence" and "status" not in details and details:
        return "presence cleared" if details.get("personal_message") == "" else "presence without status"
    return record.event


def _filled(record: CommunicationRecord, field: str, text_limit: int | None) -> Text:
    details = record.details or {}
    match field:
        case "sender":
            return person(record, record.sender, record.sender_name)
        case "recipients":
            return Text(", ").join(person(record, account) for account in record.recipients or (None,))
        case "text":
            return Text(safe(record.text or "", newlines="keep", limit=text_limit))
        case "status":
            code = str(details.get("status", "of unknown status"))
            return Text(STATUSES.get(code, safe(code, limit=NAME_LIMIT)))
        case "file":
            return _file(record.file or _described(details))
        case _:
            return _details(details)


def person(record: CommunicationRecord, account: str | None, name: str | None = None) -> Text:
    """``Alice <alice@example.org>``, or the account alone where no other name is known; the target stands out."""
    if account is None:
        return Text("somebody", style=DIM)
    style = TARGET_STYLE if account == record.target else CONTACT_STYLE
    address = safe(account, limit=ACCOUNT_LIMIT)
    if not name or name == account:
        return Text(address, style=style)
    return Text.assemble((safe(name, limit=NAME_LIMIT), style), (f" <{address}>", DIM))


def marks(record: CommunicationRecord) -> Text:
    """What a reader must know beside the words: missing octets, a refused delivery, an inference."""
    out = Text()
    if record.missing_bytes:
        plural = "" if record.missing_bytes == 1 else "s"
        out.append(f" [{record.missing_bytes:,} octet{plural} missing]", style=WARNING_STYLE)
    elif not record.complete and record.file is None:  # of a file it is told with its name
        out.append(" [incomplete]", style=WARNING_STYLE)
    details = record.details or {}
    outcome = details.get("outcome")
    if record.file is not None and isinstance(outcome, str):
        out.append(f" [{safe(outcome, limit=NAME_LIMIT)}]", style=WARNING_STYLE)
    if details.get("delivery") == "refused":
        out.append(" [not delivered]", style=WARNING_STYLE)
    if details.get("inferred"):
        out.append(" [inferred]", style=DIM)
    return out


def _described(details: Mapping[str, object]) -> dict[str, object]:
    """Name and size of what is told in ``details``: a file, emoticons, the object of a wink, a picture."""
    if "file_name" in details:
        return {"name": details["file_name"], "size": details.get("size")}
    emoticons = details.get("emoticons")
    if isinstance(emoticons, list) and emoticons:
        return {"name": " ".join(str(one.get("shortcut")) for one in emoticons if isinstance(one, Mapping))}
    thing, picture = details.get("object"), details.get("picture")
    if isinstance(thing, Mapping):
        return {"name": thing.get("friendly"), "size": thing.get("size")}
    if isinstance(picture, Mapping):
        whole = None if details.get("unread") is None else False
        return {"name": picture.get("mime"), "size": picture.get("size"), "complete": whole}
    return {}


def _file(file: Mapping[str, object]) -> Text:
    name, size, mime, path = file.get("name"), file.get("size"), file.get("mime"), file.get("path")
    out = Text(safe(str(name), limit=4 * NAME_LIMIT) if name is not None else "without a name", style="bold")
    facts = [f"{size:,} octet{'' if size == 1 else 's'}"] if isinstance(size, int) else []
    if isinstance(mime, str):
        facts.append(safe(mime, limit=NAME_LIMIT))  # the name may say something else
    if facts:
        out.append(f" ({', '.join(facts)})", style=DIM)
    if file.get("complete") is False:
        out.append(f" [{_part(file)}]", style=WARNING_STYLE)
    if file.get("not_kept") is not None:
        out.append(f" [not kept: {safe(str(file['not_kept']), limit=NAME_LIMIT)}]", style=WARNING_STYLE)
    if file.get("verified") is False:
        out.append(" [not what was announced]", style=WARNING_STYLE)
    if path is not None:
        out.append(f" saved as {safe(str(path))}", style=DIM)
    return out


def _part(file: Mapping[str, object]) -> str:
    """How much of an incomplete file is there: never all of it, and not nothing unless it is."""
    size, ranges = file.get("size"), file.get("ranges")
    if not isinstance(size, int) or size <= 0 or not isinstance(ranges, list):
        return "incomplete"
    there = sum(end - begin for begin, end in ranges)
    percent = min(99, there * 100 // size)
    return f"partial, {percent or ('less than 1' if there else 0)} %"


def _details(details: Mapping[str, object]) -> Text:
    told = [
        key if value is True else f"{key} {value}"
        for key, value in details.items()
        if value not in (None, "", False) and key not in SAID_ELSEWHERE
    ]
    return Text(f" ({safe(', '.join(told), limit=DETAILS_LIMIT)})", style=DIM) if told else Text()


def moment(time: int) -> datetime:
    """The second of ``time``, nanoseconds since 1970 UTC, within what a calendar holds."""
    return datetime.fromtimestamp(max(0, min(time, LATEST)) // 1_000_000_000, UTC)


class PatientConsole(Console):
    """A console that leaves it to its user what to do when the reader of a pipe is gone; rich ends the program."""

    def on_broken_pipe(self) -> None:
        """Say so, and nothing else."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def console(stream: TextIO, width: int | None, color: bool | None) -> Console:
    """A console on ``stream`` that interprets nothing: no markup, no emoji codes, no highlighting."""
    return PatientConsole(
        file=stream,
        width=width,
        color_system=None if color is False else "auto",
        force_terminal=True if color else None,
        force_jupyter=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
