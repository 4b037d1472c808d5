"""Handlers: MSG from the notification server itself, ``MSG Hotmail Hotmail n`` in all versions (reference 5.6).

The profile (headers alone) and mail notices (fields in the body) are passed on as they are; credentials only as
present. From MSNP11 on the first notice, and that of offline messages, hold XML: how full the mailbox is, and one
element for each message that waits, which is told as a notice of its own.
"""

import re
from collections.abc import Mapping
from email.errors import MessageError
from email.header import decode_header

from msnp.events import MailNoticed, ProfileReceived
from msnp.frames import Frame
from msnp.markup import Element
from msnp.mime import Content, parse_fields
from msnp.routing import read_markup
from msnp.state import State
from msnp.text import decode_text

_SECRETS = {"mspauth", "kv", "sid", "sl", "ticket", "auth", "password", "rps", "passport"}
_ENVELOPE = {"mime-version", "content-type"}
_LONGEST_ENCODED = 4096
"""Characters of a mail header that are decoded; real ones are far shorter."""
_MOST_WAITING = 1024
"""Messages that wait, of one notice, that are told one by one; how many there are is told in any case."""
_MAIL_DATA = re.compile(rb"(?:^|[\r\n])Mail-Data[ \t]*:", re.IGNORECASE)
_BOXES = {"i": "inbox", "iu": "inbox_unread", "o": "folders", "ou": "folders_unread"}
_QUOTA = {"qtm": "quota", "qnm": "quota_used"}
_MAIL = {
    "t": "type",
    "s": "status",
    "rt": "time",
    "rs": "read",
    "sz": "size",
    "e": "sender",
    "n": "sender_name",
    "i": "id",
    "f": "folder",
    "su": "subject",
}
_OFFLINE = "11"
"""Type of a waiting message that is an offline message; of others it is mail."""
_SYSTEM = "application/x-msmsgssystemmessage"


def tell_notice(state: State, line: Frame, content: Content) -> None:
    """A message of the server to the own account."""
    state.online = True
    kind = content.headers.type or ""
    if kind == "text/x-msmsgsprofile":
        head = line.payload.pieces[0][1] if line.payload and line.payload.pieces else b""
        fields = parse_fields(head)
        state.emit(
            ProfileReceived(
                mark=line.mark,
                from_client=False,
                fields={
                    name: "present" if value and name.lower() in _SECRETS else value
                    for name, value in fields.items()
                    if name.lower() not in _ENVELOPE
                },
            )
        )
    elif kind.endswith("notification") and kind.partition("/")[2].startswith("x-msmsgs"):
        _tell_mail(state, line, content, kind)
    elif kind == _SYSTEM:
        _tell_system(state, line, content)
    else:
        state.counters["content other"] += 1


def _tell_mail(state: State, line: Frame, content: Content, kind: str) -> None:
    """A notice of mail: fields, and in some of them XML (``Mail-Data``), or ``too-large`` in its place."""
    body = content.opening()
    fields = {name: _decoded(value) for name, value in parse_fields(body).items()}
    waiting: list[Element] = []
    found = _MAIL_DATA.search(body)
    data = read_markup(body[found.end() :], content.missing).first("md") if found is not None else None
    if data is not None:
        fields = {name: value for name, value in fields.items() if name.lower() != "mail-data"}
        waiting = data.every("m")
        fields |= _values(data.first("e"), _BOXES) | _values(data.first("q"), _QUOTA)
        fields["waiting"] = str(len(waiting))
    if content.missing:
        fields["missing"] = str(content.missing)
    state.emit(MailNoticed(mark=line.mark, from_client=False, content_type=kind, fields=fields))
    for ordinal, mail in enumerate(waiting[:_MOST_WAITING], 1):
        told = {name: _decoded(value) for name, value in _values(mail, _MAIL).items()}
        if told.get("type") == _OFFLINE:
            told["about"] = "offline message"
        state.emit(MailNoticed(mark=line.mark, from_client=False, ordinal=ordinal, content_type=kind, fields=told))


def _values(element: Element | None, names: Mapping[str, str]) -> dict[str, str]:
    """The texts of an element's own children, by what they are called here."""
    found: dict[str, str] = {}
    for child in element.children if element is not None else ():
        if child.name in names and (value := child.text.strip()):
            found.setdefault(names[child.name], value)
    return found


def _tell_system(state: State, line: Frame, content: Content) -> None:
    """``Type: 1``: the servers will be down in ``Arg1`` minutes; of other types only the fields are told."""
    fields = parse_fields(
        content.opening() or (line.payload.pieces[0][1] if line.payload and line.payload.pieces else b"")
    )
    fields = {name: value for name, value in fields.items() if name.lower() not in _ENVELOPE}
    named = {name.lower(): value for name, value in fields.items()}
    if named.get("type") == "1" and named.get("arg1", "").isdigit():
        fields["maintenance_in_minutes"] = named["arg1"]
    state.emit(MailNoticed(mark=line.mark, from_client=False, content_type=_SYSTEM, fields=fields))


def _decoded(value: str) -> str:
    """A mail header's encoded words (RFC 2047) as text; unreadable ones stay as they are."""
    if "=?" not in value or len(value) > _LONGEST_ENCODED:
        return value
    try:
        words = decode_header(value)
    except (MessageError, ValueError):
        return value
    return "".join(word if isinstance(word, str) else decode_text([word], charset)[0] for word, charset in words)
