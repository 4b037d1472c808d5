# cython: annotation_typing=False
"""Handlers: circles from MSNP18 on, and all of MSNP21 (reference 8.1 and 8.2).

MSNP18 to 20 say here what happens in circles, while two people still meet on a switchboard; MSNP21 has no
switchboard, and everything comes this way: texts (SDG), the own presence (PUT), that of contacts (NFY). The
server answers ``PUT tr OK n`` and ``DEL tr OK n``, where a payload of n octets follows, and ``SDG tr OK``, where
none does.

Who sends stands in ``From``, to whom in ``To``; they tell the own account (reference 2.4, rule 8): by ``From`` of
what the client sends, by ``To`` of NFY and of a PUT's answer. A text that comes in may be a copy of one that the
own account sent elsewhere, so there ``To`` proves nothing; only who is at one end of everything that comes in is
taken for the own account, as inferred. Such a copy names its sender, as all that comes in does.
"""

from msnp.bodies import Body
from msnp.circles import (
    CONTENT_TYPES,
    group_thread,
    handle_leave,
    handle_own_put,
    handle_put_answer,
    handle_roster,
    multiparty_of,
    shown_name,
)
from msnp.contents import calls_of, tell_content, text_extra
from msnp.events import ProfileLearnt
from msnp.frames import Frame, MalformedError
from msnp.mime import Content, Headers, whole_content
from msnp.requests import asked
from msnp.routing import Address, Routed, parse_address, read_routed
from msnp.state import State
from msnp.threads import Thread, between
from msnp.user_xml import USER_XML, handle_gone, handle_user
from msnp.utterances import Origin, nudge, origin_of, own_origin, text_message, typing_notice

_WINDOWS = {"closeimwindow", "markimwindowread", "forceabchsync"}
"""Signals among the own account's endpoints; the others carry what two programs say to each other."""
_AS_IN_MSG = {
    "wink": b"text/x-msnmsgr-datacast",
    "customemoticon": b"text/x-mms-animemoticon",
}
"""What a body without a content type of its own is, by ``Message-Type``."""


# --- SDG: what people say -----------------------------------------------------------------------------------


def handler_msn_sdg(state: State, line: Frame) -> None:
    """SDG: from the client ``SDG tr n``; from the server ``SDG 0 n``, and ``SDG tr OK`` in answer.

    MSNP18 to 20: in circles. MSNP21: everywhere.
    """
    state.online = True
    if not line.from_client and line.word(2) == b"OK":
        return  # the server has it; whether the other does is not said
    routed = _read(line)
    sender = routed.sender
    if sender is None or routed.to is None:
        raise MalformedError("nobody is named")
    if not routed.content.readable:
        raise MalformedError("headers missing")
    if line.from_client:
        _prove(state, line, sender, "SDG From")
    else:
        _infer(state, line, routed)
    kind = _message_type(routed)
    if kind.startswith("signal"):
        _handle_signal(state, line, routed, kind)
        return
    origin = _origin_of(state, line, sender)
    origin.thread = _thread_of(state, line, routed)
    if line.from_client:
        asked(state, line, routed.to.person, thread=origin.thread)
    _handle_message(state, origin, routed, kind)


def _read(line: Frame) -> Routed:
    """What somebody sends, and who does."""
    routed = read_routed(line.payload)
    if routed.sender is None:
        raise MalformedError("nobody is named")
    return routed


def _message_type(routed: Routed) -> str:
    """``control/typing``, in both spellings: with a stroke, and with a ``Message-Subtype``."""
    kind = routed.headers.get("message-type", "").lower()
    subtype = routed.headers.get("message-subtype", "").lower()
    return f"{kind}/{subtype}" if subtype and "/" not in kind else kind


def _handle_message(state: State, origin: Origin, routed: Routed, kind: str) -> None:
    """By ``Message-Type``; what has none, or another, is what its content type says."""
    content = routed.content
    base = kind.partition("/")[0]
    if base == "text" or (not kind and content.headers.type in {None, "text/plain"}):
        text = text_message(origin, content)
        text.extra = {**_extra_of(routed), **(text_extra(state, origin, text) or {})} or None
        state.emit(text)
    elif base == "nudge":
        state.emit(nudge(origin, content))
    elif kind == "control/typing":
        state.emit(typing_notice(origin, content, recording=False))
    elif kind == "control/recording":
        state.emit(typing_notice(origin, content, recording=True))
    elif base == "data" or content.headers.type == "application/x-msnmsgrp2p":
        _handle_p2p(state, origin, routed)
    elif base in _AS_IN_MSG:
        tell_content(state, origin, Body(_as_in_msg(content, base)))
    elif content.headers.type not in {None, "text/plain"}:
        tell_content(state, origin, Body(content))
    else:
        state.counters[f"content {base if base == 'control' else 'other'}"] += 1


def _handle_p2p(state: State, origin: Origin, routed: Routed) -> None:
    """Packets from one endpoint to another; without endpoints they are of the old kind."""
    sender, to = routed.sender, routed.to
    endpoints = sender is not None and to is not None and None not in {sender.endpoint, to.endpoint}
    calls_of(state).take_bundle(origin, routed.content, to.person if to is not None else None, endpoints=endpoints)


def _as_in_msg(content: Content, kind: str) -> Content:
    """The same body under the content type that it has in a MSG."""
    declared = content.headers.type
    if content.whole is None and content.missing:
        return content
    if declared is not None and declared != "text/plain":
        return content
    body = content.opening()
    if kind == "wink" and b"<msnobj" in body and body.lstrip()[:3].upper() != b"ID:":
        body = b"ID: 2\r\nData: " + body
    return whole_content(Headers(b"Content-Type: " + _AS_IN_MSG[kind]), body)


def _extra_of(routed: Routed) -> dict[str, object]:
    """What else is known of a text: from which endpoint to which, and by which way."""
    extra: dict[str, object] = {}
    sender, to = routed.sender, routed.to
    if sender is not None and sender.endpoint is not None:
        extra["endpoint"] = sender.endpoint
    if to is not None and to.endpoint is not None:
        extra["to_endpoint"] = to.endpoint
    if routed.channel == "im/offline":
        extra["offline"] = True
    elif routed.channel == "im/mobile":
        extra["mobile"] = True
    return extra


def _origin_of(state: State, line: Frame, sender: Address) -> Origin:
    if line.from_client:
        return own_origin(line.mark, state.own_name(), line.number(1), None)
    return origin_of(line.mark, sender.account, shown_name(state, sender.account))


def _thread_of(state: State, line: Frame, routed: Routed) -> Thread:
    """The group, or the two who talk."""
    group = routed.group
    if group is not None:
        return group_thread(state, line, group)
    if routed.sender is None or routed.to is None:
        raise MalformedError("nobody is named")
    return between(routed.sender.account, routed.to.account)


def _handle_signal(state: State, line: Frame, routed: Routed, kind: str) -> None:
    """``Signal/CloseIMWindow`` and others: what the own account's endpoints tell each other, and P2P's courier."""
    name = kind.partition("/")[2] or "other"
    if name not in _WINDOWS:
        state.counters[f"content signal/{name if name in _COURIERS else 'other'}"] += 1
        return
    spelt = routed.headers.get("message-subtype") or routed.headers.get("message-type", "").partition("/")[2]
    details: dict[str, object] = {"signal": spelt}
    if routed.sender is not None and routed.sender.endpoint is not None:
        details["endpoint"] = routed.sender.endpoint
    if peers := _named_in(routed.content.opening()):
        details["conversation"] = peers
    state.emit(ProfileLearnt(mark=line.mark, from_client=line.from_client, details=details))


_COURIERS = {"p2p", "turn", "audiometa", "audiotunnel"}


def _named_in(body: bytes) -> list[str]:
    """``1:lou@a.example/1:kim@b.example``: between whom the window was."""
    words = body[:1024].decode("utf-8", "replace").strip().split("/")
    found = [address.account for word in words if (address := parse_address(word)) is not None]
    return found[:2]


# --- whose connection it is ---------------------------------------------------------------------------------


def _prove(state: State, line: Frame, address: Address | None, evidence: str) -> None:
    """This address is the own account's."""
    if address is not None and address.person is not None and state.account is None:
        state.learn_account(address.account, evidence, line.mark, from_client=line.from_client)


def _infer(state: State, line: Frame, routed: Routed) -> None:
    """Of the two who talk one is the own account; whoever is one of two in all that comes in."""
    if state.account is not None or routed.group is not None or routed.sender is None or routed.to is None:
        return
    ends = frozenset({routed.sender.account, routed.to.account})
    known = multiparty_of(state)
    peers = ends if known.peers is None else known.peers & ends
    known.peers = peers or None
    if len(peers) == 1:
        (account,) = peers
        state.learn_account(account, "SDG To", line.mark, from_client=False, inferred=True)


# --- PUT, DEL, NFY ------------------------------------------------------------------------------------------


def handler_msn_put(state: State, line: Frame) -> None:
    """PUT: from the client ``PUT tr n``, from the server ``PUT tr OK n``, n may be 0.

    MSNP18 to 20: into circles. MSNP21: also into temporary groups, and the own presence.
    """
    state.online = True
    payload = line.payload
    if not line.from_client:
        routed = read_routed(payload) if payload is not None and payload.length else None
        if routed is not None:
            _prove(state, line, routed.to, "PUT OK To")
        handle_put_answer(state, line, routed)
        return
    routed = _read(line)
    _prove(state, line, routed.sender, "PUT From")
    asked(state, line, details=_about(routed))
    kind = routed.content.headers.type
    if kind == USER_XML:
        handle_user(state, line, routed, own=True)
    elif kind in CONTENT_TYPES:
        handle_own_put(state, line, routed)
    else:
        state.counters["content other"] += 1


def _about(routed: Routed) -> dict[str, object] | None:
    """For a refusal: which group it is about."""
    return {"circle_id": routed.group} if routed.group is not None else None


def handler_msn_del(state: State, line: Frame) -> None:
    """DEL: from the client ``DEL tr n``, from the server ``DEL tr OK n``, where n is mostly 0.

    MSNP18 on: the own account leaves a circle or group, or takes somebody out of it.
    """
    state.online = True
    if not line.from_client:
        return
    routed = _read(line)
    _prove(state, line, routed.sender, "DEL From")
    asked(state, line, details=_about(routed))
    handle_leave(state, line, routed)


def handler_msn_nfy(state: State, line: Frame) -> None:
    """NFY: from the server ``NFY PUT n`` and ``NFY DEL n``.

    MSNP18 to 20: of circles. MSNP21: also the presence of contacts, and of the own account's other endpoints.
    """
    state.online = True
    routed = _read(line)
    _prove(state, line, routed.to, "NFY To")
    kind = routed.content.headers.type
    if line.word(1) == b"DEL":
        if not handle_leave(state, line, routed):
            handle_gone(state, line, routed)
    elif kind == USER_XML:
        handle_user(state, line, routed, own=False)
    elif kind in CONTENT_TYPES:
        handle_roster(state, line, routed)
    else:
        state.counters["content other"] += 1
