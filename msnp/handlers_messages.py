# cython: annotation_typing=False
"""Handlers: MSG, what people and servers say (reference 5).

In every version up to MSNP20 ``MSG tr letter length`` from the client, ``MSG address name length`` from the
switchboard; MSNP21 has SDG instead. Texts and typing notices are read here, all other content types in
:mod:`msnp.contents`. A sender is the address that the server wrote on the line, never one that the message names
itself. A text is handed on exactly as it was sent.
"""

from collections.abc import Sequence

from msnp.accounts import normalise
from msnp.bodies import Body, Speaker, join, speaker_of
from msnp.chunks import PartText, PartTexts
from msnp.contents import TEACHING, learn_content, tell_content, text_extra
from msnp.events import Undecoded
from msnp.frames import Frame, MalformedError, Payload, to_number
from msnp.handlers_login import account_of
from msnp.handlers_notices import tell_notice
from msnp.mime import Content, parse, whole_content
from msnp.state import State
from msnp.text import decode_name
from msnp.utterances import Origin, origin_of, own_origin, text_in_parts, text_message, typing_notice

_SERVER = b"hotmail"
_QUESTION_MARK = ord("?")


def handler_msn_msg(state: State, line: Frame) -> None:
    """MSG: to the switchboard, from somebody, or from the notification server itself."""
    if line.payload_at < 0 and line.payload is None:
        raise MalformedError("no length")
    if state.muted:
        _follow_muted(state, line)
        return
    if not line.from_client:
        word = line.word(1)
        if state.notification or (len(word) == len(_SERVER) and word.lower() == _SERVER):
            state.learn_server(True, line.mark, from_client=False)
            tell_notice(state, line, _content_of(state, line))
            return
        if state.notification is None:
            state.learn_server(False, line.mark, from_client=False)
        if state.doubts:
            state.doubt()
    origin = _origin_of(state, line)
    content = _content_of(state, line)
    if state.part_texts:
        _tell_late(state, line.mark.time)
    if not content.readable:
        raise MalformedError("headers missing")
    if not content.headers.part or not _handle_part(state, origin, content):
        _handle_content(state, origin, content)
    if origin.from_client and state.account is None:
        _notice_endpoint(state, origin, content)


def _handle_content(state: State, origin: Origin, content: Content) -> None:
    kind = content.headers.type or "text/plain"
    if kind == "text/plain":
        event = text_message(origin, content)
        whole = content.whole
        if (
            state.emoticons is not None
            or not content.headers.simple
            or whole is None
            or (len(whole) > 3 and whole[0] == _QUESTION_MARK)
        ):
            event.extra = text_extra(state, origin, event)
        state.emit(event)
    elif kind == "text/x-msmsgscontrol":
        _handle_control(state, origin, content)
    else:
        tell_content(state, origin, Body(content))


def _origin_of(state: State, line: Frame) -> Origin:
    """Who says this: the own account, or the one whom the server names."""
    if line.from_client:
        acknowledgement = line.word(2)
        return own_origin(line.mark, state.own_name(), line.number(1), acknowledgement)
    word = line.word(1)
    if word != state.speaker_word:  # mostly the same one goes on speaking
        state.speaker = account_of(word)
        state.speaker_word = word
    if not line.has(3):
        return origin_of(line.mark, state.speaker, None)
    word = line.word_or_nothing(2)
    if word != state.speaker_name_word:
        state.speaker_name = decode_name(word)
        state.speaker_name_word = word
    return origin_of(line.mark, state.speaker, state.speaker_name)


def _content_of(state: State, line: Frame) -> Content:
    """The payload, taken apart; the headers of a whole one are mostly known from an earlier message."""
    source, at, stop = line.source, line.payload_at, line.payload_end
    if at < 0:
        payload = line.payload
        if payload is not None and payload.pieces and len(payload.pieces[0][1]) == payload.length:
            source, at, stop = payload.pieces[0][1], 0, payload.length
    if at >= 0:
        headers = state.heads.find(source, at, stop, state.place + line.from_client)
        if headers is not None:
            octets = source
            return whole_content(headers, octets[at + len(headers.block) : stop])
    return parse(line.payload or Payload(0, ()))


def is_silent(state: State, from_client: bool, source: bytes, at: int, stop: int) -> bool:
    """Whether a muted session need not look at a whole message: it is no part of a longer one, and teaches nothing.

    What the client's own message teaches is learnt here, since it may be kept and told later.
    """
    headers = state.heads.find(source, at, stop, state.place + from_client)
    if headers is None or headers.part:
        return False
    if headers.type in TEACHING:
        if not from_client:
            return False
        content = whole_content(headers, source[at + len(headers.block) : stop])
        learn_content(state, Speaker(None, None), Body(content))
    return True


def _follow_muted(state: State, line: Frame) -> None:
    """While muted: nobody asks for what is said here, but somebody may before a message's last part comes, or
    before the text that an emoticon is for, or the answer to an invitation."""
    content = _content_of(state, line)
    if state.part_texts:
        _tell_late(state, line.mark.time)
    if not content.readable:
        return
    if content.headers.part and _handle_part(state, _origin_of(state, line), content):
        return
    if content.headers.type in TEACHING:
        learn_content(state, speaker_of(_origin_of(state, line)), Body(content))


# --- texts, whole and in parts ------------------------------------------------------------------------------


def _handle_part(state: State, origin: Origin, content: Content) -> bool:
    """Take a part of a multi-part message; False where it is none (reference 5.4)."""
    message_id = content.headers.get("message-id")
    if message_id is None or content.headers.type == "application/x-msnmsgrp2p":
        return False
    message_id = message_id[:128]
    index = to_number((content.headers.get("chunk") or "").encode()[:10])
    total = to_number((content.headers.get("chunks") or "").encode()[:10])
    if (index is None) == (total is None):
        return False
    first = total is not None
    if first and total == 1:
        return False
    limits = state.limits
    if (total or 0) > limits.parts or (index or 0) >= limits.parts:
        return False
    if state.part_texts is None:
        state.part_texts = PartTexts(limits)
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


def _tell_late(state: State, now: int) -> None:
    for text in state.part_texts.expire(now) if state.part_texts is not None else ():
        _tell_parts(state, text)


def flush_texts(state: State) -> None:
    """Hand on what is still incomplete, at the session's end."""
    for text in state.part_texts.flush() if state.part_texts is not None else ():
        _tell_parts(state, text)


def _tell_parts(state: State, text: PartText[Origin]) -> None:
    """A message of several parts, all or some of which are here; only part 0 has headers that say what it is."""
    first = text.first
    if 0 in text.parts and (first.headers.type or "text/plain") != "text/plain":
        _tell_content_of_parts(state, text)
        return
    pieces, length = _joined(text)
    missing = sum(part.missing for part in text.parts.values())
    parts_missing = text.announced - len(text.parts)
    event = text_in_parts(
        text.origin,
        first,
        _runs(pieces, text),
        tuple(pieces),
        length,
        missing,
        text.message_id,
        text.announced,
        parts_missing,
    )
    event.extra = text_extra(state, text.origin, event)
    state.emit(event)


def _tell_content_of_parts(state: State, text: PartText[Origin]) -> None:
    """Anything else in parts, joined; what cannot be read does not keep others from being told."""
    try:
        tell_content(state, text.origin, join(text))
    except MalformedError as error:
        origin = text.origin
        octets = sum(part.length for part in text.parts.values())
        reason = f"malformed MSG: {error}"
        state.emit(Undecoded(mark=origin.mark, from_client=origin.from_client, octets=octets, reason=reason))


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
        named = content.headers.get(header) or Body(content).fields().get(header)
        if named is None:
            continue
        if origin.from_client and state.account is None and (account := normalise(named)) is not None:
            evidence = "RecordingUser" if recording else "TypingUser"
            state.learn_account(account, evidence, origin.mark, from_client=True)
        state.emit(typing_notice(origin, content, recording))
        return


def _notice_endpoint(state: State, origin: Origin, content: Content) -> None:
    """``P2P-Src`` of an own message names the own account (reference 2.4, rule 6)."""
    source = content.headers.get("p2p-src")
    if source and (account := normalise(source)) is not None:
        state.learn_account(account, "P2P-Src", origin.mark, from_client=True)
