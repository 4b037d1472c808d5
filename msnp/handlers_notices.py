"""Handlers: MSG from the notification server itself (reference 5.6).

The profile and mail notices are passed on as the fields that they hold; credentials in them only as present.
"""

from email.errors import MessageError
from email.header import decode_header

from msnp.events import MailNoticed, ProfileReceived
from msnp.frames import Frame
from msnp.mime import Content, parse_fields
from msnp.state import State
from msnp.text import decode_text

_SECRETS = {"mspauth", "kv", "sid", "sl", "ticket", "auth", "password", "rps", "passport"}
_ENVELOPE = {"mime-version", "content-type"}
_LONGEST_ENCODED = 4096
"""Characters of a mail header that are decoded; real ones are far shorter."""


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
        fields = {name: _decoded(value) for name, value in parse_fields(content.opening()).items()}
        state.emit(MailNoticed(mark=line.mark, from_client=False, content_type=kind, fields=fields))


def _decoded(value: str) -> str:
    """A mail header's encoded words (RFC 2047) as text; unreadable ones stay as they are."""
    if "=?" not in value or len(value) > _LONGEST_ENCODED:
        return value
    try:
        words = decode_header(value)
    except (MessageError, ValueError):
        return value
    return "".join(word if isinstance(word, str) else decode_text([word], charset)[0] for word, charset in words)
