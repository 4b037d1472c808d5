"""Handlers: MSG, what people and servers say (reference 5).

Which content types are read is the table ``_CONTENTS``; all others are counted and left alone. A sender
is the address that the server wrote on the line, never one that the message names itself. A text is handed on
exactly as it was sent.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypedDict

from msnp.accounts import normalise
from msnp.chunks import PartText
from msnp.events import (
    ActionText,
    Mark,
    Nudge,
    TextMessage,
    TypingNotice,
)
from msnp.frames import Frame, MalformedError, to_number
from msnp.handlers_login import account_of
from msnp.handlers_notices import tell_notice
from msnp.mime import Content, parse, parse_fields
from msnp.state import State
from msnp.text import decode_name, decode_text

_COUNTED = {
    "application/x-msnmsgrp2p",
    "application/x-ms-ink",
    "image/gif",
    "text/x-clientcaps",
    "text/x-clientinfo",
    "text/x-keepalive",
    "text/x-mms-animemoticon",
    "text/x-mms-emoticon",
    "text/x-msmsgsinvite",
    "text/x-secway",
}


class Origin(NamedTuple):
    """Of one MSG: who sent it, and how."""

    mark: Mark
    from_client: bool
    sender: str | None
    sender_name: str | None
    transaction: int | None
    acknowledgement: str | None


def handler_msn_msg(state: State, line: Frame) -> None:
    """MSG: to the switchboard, from somebody, or from the notification server itself."""
    if line.payload is None:
        raise MalformedError("no length")
    if line.from_client:
        acknowledgement = line.word(2).decode("ascii", "replace")
        origin = Origin(line.mark, True, None, state.own_name(), line.number(1), acknowledgement)
    elif state.notification or line.word(1).lower() == b"hotmail":
        state.learn_server(True, line.mark, from_client=False)
        tell_notice(state, line, parse(line.payload))
        return
    else:
        state.learn_server(False, line.mark, from_client=False)
        state.doubt()
        sender = account_of(line.word(1))
        name = decode_name(line.tokens[2]) if len(line.tokens) > 3 else None
        origin = Origin(line.mark, False, sender, name, None, None)
    content = parse(line.payload)
    if state.part_texts:
        for late in state.part_texts.expire(line.mark.time):
            _tell_parts(state, late)
    if not content.readable:
        raise MalformedError("headers missing")
    if not _handle_part(state, origin, content):
        kind = content.headers.type or "text/plain"
        handle = _CONTENTS.get(kind)
        if handle is not None:
            handle(state, origin, content)
        else:
            kind = kind if kind in _COUNTED else "other"
            state.counters[f"content {kind}"] += 1
    _notice_endpoint(state, origin, content)


class Common(TypedDict):
    """What the events of all messages have."""

    mark: Mark
    from_client: bool
    sender: str | None
    sender_name: str | None
    transaction: int | None
    acknowledgement: str | None
    content_type: str | None
    missing: int


def _common(origin: Origin, content: Content) -> Common:
    return {
        "mark": origin.mark,
        "from_client": origin.from_client,
        "sender": origin.sender,
        "sender_name": origin.sender_name,
        "transaction": origin.transaction,
        "acknowledgement": origin.acknowledgement,
        "content_type": content.headers.type,
        "missing": content.missing,
    }


# --- texts, whole and in parts ------------------------------------------------------------------------------


def _handle_part(state: State, origin: Origin, content: Content) -> bool:
    """Take a part of a multi-part message; False where it is none (reference 5.4)."""
    message_id = content.headers.get("message-id")
    if message_id is None:
        return False
    message_id = message_id[:128]
    index = to_number((content.headers.get("chunk") or "").encode()[:10])
    total = to_number((content.headers.get("chunks") or "").encode()[:10])
    if (index is None) == (total is None):
        return False
    first = total is not None
    if first and total == 1:
        return False
    limit = state.limits.parts
    if (total or 0) > limit or (index or 0) >= limit:
        return False
    done = state.part_texts.add(
        (origin.sender, message_id),
        0 if first else index or 0,
        total,
        content,
        origin=origin,
        time=origin.mark.time,
    )
    for text in done:
        _tell_parts(state, text)
    return True


def _handle_text(state: State, origin: Origin, content: Content) -> None:
    """A text in one part."""
    runs = [octets for _, octets in content.body]
    decoded, charset = decode_text(runs, content.headers.charset, cut=bool(content.missing))
    _tell_text(
        state,
        origin,
        content,
        text=decoded,
        charset=charset,
        known=content.body if content.missing else None,
        length=content.length,
        message_id=content.headers.get("message-id"),
    )


def _tell_text(
    state: State,
    origin: Origin,
    content: Content,
    *,
    text: str,
    charset: str,
    known: tuple[tuple[int, bytes], ...] | None,
    length: int,
    message_id: str | None,
    parts: int = 1,
    parts_missing: int = 0,
) -> None:
    """One text; ``content`` is its first part that is here."""
    headers = content.headers
    common = _common(origin, content)
    shown = headers.get("p4-context")
    if shown is not None:
        common["sender_name"] = shown
    state.emit(
        TextMessage(
            **common,
            text=text,
            charset=charset,
            known=known,
            length=length,
            format=None if headers.format is None else dict(headers.format),
            message_id=message_id,
            parts=parts,
            parts_missing=parts_missing,
            user_agent=headers.get("user-agent"),
            declared_name=shown,
        )
    )


def flush_texts(state: State) -> None:
    """Hand on what is still incomplete, at the session's end."""
    for text in state.part_texts.flush():
        _tell_parts(state, text)


def _tell_parts(state: State, text: PartText[Origin]) -> None:
    """A text of several parts, all or some of which are here; only part 0 has headers that say what it is."""
    first = text.first
    if 0 in text.parts and (first.headers.type or "text/plain") != "text/plain":
        return  # handwriting, emoticons and others in parts: not texts
    pieces, length = _joined(text)
    missing = sum(part.missing for part in text.parts.values())
    parts_missing = text.announced - len(text.parts)
    decoded, charset = decode_text(_runs(pieces, text), first.headers.charset, cut=bool(missing or parts_missing))
    _tell_text(
        state,
        text.origin,
        first._replace(missing=missing),
        text=decoded,
        charset=charset,
        known=tuple(pieces) if missing else None,
        length=length,
        message_id=text.message_id,
        parts=text.announced,
        parts_missing=parts_missing,
    )


def _joined(text: PartText[Origin]) -> tuple[list[tuple[int, bytes]], int]:
    """The pieces of all parts that are here, one behind the other, and their length."""
    pieces: list[tuple[int, bytes]] = []
    start = 0
    for index in sorted(text.parts):
        content = text.parts[index]
        pieces.extend((start + offset, octets) for offset, octets in content.body)
        start += content.length
    return pieces, start


def _runs(pieces: Sequence[tuple[int, bytes]], text: PartText[Origin]) -> list[bytes]:
    """Octets that follow each other without a loss; a character may be split between parts."""
    breaks: set[int] = set()
    start = 0
    for index in sorted(text.parts):
        if index and index - 1 not in text.parts:
            breaks.add(start)
        start += text.parts[index].length
    runs: list[bytearray] = []
    end = -1
    for offset, octets in pieces:
        if offset != end or offset in breaks:
            runs.append(bytearray())
        runs[-1] += octets
        end = offset + len(octets)
    return [bytes(run) for run in runs]


# --- the other things that people send ----------------------------------------------------------------------


def _handle_control(state: State, origin: Origin, content: Content) -> None:
    """``TypingUser`` or ``RecordingUser``; in an own message it names the own account (reference 2.4, rule 5)."""
    for header, recording in (("typinguser", False), ("recordinguser", True)):
        named = content.headers.get(header) or parse_lower(content).get(header)
        if named is None:
            continue
        account = normalise(named)
        if origin.from_client and account is not None:
            evidence = "RecordingUser" if recording else "TypingUser"
            state.learn_account(account, evidence, origin.mark, from_client=True)
        state.emit(TypingNotice(**_common(origin, content), recording=recording))
        return


def parse_lower(content: Content) -> dict[str, str]:
    """The fields of a body that is written like headers, by lower-case name."""
    return {name.lower(): value for name, value in parse_fields(content.opening()[:8192]).items()}


def _handle_datacast(state: State, origin: Origin, content: Content) -> None:
    """``ID: 1`` a nudge, ``ID: 4`` an action (reference 5.3); winks and voice clips are others."""
    body = parse_lower(content)
    if body.get("id") == "1":
        state.emit(Nudge(**_common(origin, content)))
    elif body.get("id") == "4":
        state.emit(ActionText(**_common(origin, content), text=body.get("data", "")))


def _notice_endpoint(state: State, origin: Origin, content: Content) -> None:
    """``P2P-Src`` of an own message names the own account (reference 2.4, rule 6)."""
    source = content.headers.get("p2p-src")
    if origin.from_client and source and state.account is None and (account := normalise(source)) is not None:
        state.learn_account(account, "P2P-Src", origin.mark, from_client=True)


_CONTENTS: dict[str, Callable[[State, Origin, Content], None]] = {
    "text/plain": _handle_text,
    "text/x-msmsgscontrol": _handle_control,
    "text/x-msnmsgr-datacast": _handle_datacast,
}
