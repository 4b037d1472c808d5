# cython: annotation_typing=False
"""Handlers: notifications, telephones, offline and federated messages (reference 4.4).

None of this passes a switchboard, so each is a conversation of two (:mod:`msnp.threads`). Where the own account is
not proven yet, only the other of them is named.
"""

import re

from msnp.accounts import network, normalise
from msnp.bodies import Body
from msnp.circles import shown_name
from msnp.contents import tell_content, text_extra
from msnp.events import MailNoticed
from msnp.frames import Frame, MalformedError, Payload
from msnp.handlers_login import account_of
from msnp.markup import Element
from msnp.mime import Content, Headers, parse, whole_content
from msnp.requests import asked
from msnp.routing import network_name, read_markup
from msnp.state import State
from msnp.text import decode_word
from msnp.threads import Thread, alone_with, between
from msnp.utterances import Origin, nudge, origin_of, own_origin, text_message, typing_notice

_NOTIFICATION = "application/x-msn-notification"
_PLAIN = Headers(b"Content-Type: text/plain; charset=UTF-8")
"""Of a text that came in XML."""
_TELEPHONE = re.compile(r"\+?[0-9]{3,20}")
_SITES = {"45705": "address book", "111100400": "mobile", "0": "advert"}
_DEVICES = {b"1": "mobile", b"2": "web watch"}
_LIVE = 1
_LONGEST = 8192
"""Characters of a notification's body that are kept; real ones have some hundreds."""


# --- notifications ------------------------------------------------------------------------------------------


def handler_msn_not(state: State, line: Frame) -> None:
    """NOT: ``NOT n`` of the server, MSNP5 on: an alert, an advert, or that the address book changed (MSNP13 on)."""
    state.online = True
    payload = _payload_of(line)
    root = _markup(payload)
    _prove_named(state, line, root, "NOT TO")
    fields = _fields_of(root)
    if payload.missing:
        fields["missing"] = str(payload.missing)
    if fields:
        state.emit(MailNoticed(mark=line.mark, from_client=False, content_type=_NOTIFICATION, fields=fields))


def _fields_of(root: Element) -> dict[str, str]:
    """What a notification says, flat, by the names in it."""
    fields: dict[str, str] = {}
    for element, names in _ATTRIBUTES:
        found = root.first(element)
        for name, field in names if found is not None else ():
            value = found.attributes.get(name) if found is not None else None
            if value:
                fields[field] = value
    if fields.get("siteid") in _SITES:
        fields["about"] = _SITES[fields["siteid"]]
    body = root.first("body")
    if body is not None and (text := _text_in(body)):
        fields["body"] = text[:_LONGEST]
    return fields


_ATTRIBUTES = (
    ("notification", (("id", "id"), ("siteid", "siteid"), ("siteurl", "siteurl"))),
    ("to", (("name", "to"), ("pid", "pid"), ("email", "email"))),
    ("from", (("name", "from"), ("pid", "from_pid"))),
    ("via", (("agent", "via"),)),
    ("msg", (("id", "msg"), ("pri", "priority"))),
    ("action", (("url", "action"),)),
    ("subscr", (("url", "subscr"),)),
    ("cat", (("id", "cat"),)),
    ("body", (("lang", "lang"), ("icon", "icon"))),
)
"""Element, and which of its attributes become which fields."""


def _text_in(element: Element) -> str:
    """All text in an element, in order of depth; of several, one a line."""
    texts = [element.text, *(inner.text for inner in element.walk())]
    return "\n".join(text.strip() for text in texts if text.strip())


def _prove_named(state: State, line: Frame, root: Element, evidence: str) -> None:
    """``<TO name="…">`` of the server's is the own account (reference 2.4, rule 7)."""
    to = root.first("to")
    account = normalise(to.attributes.get("name", "")) if to is not None else None
    if account is not None and not account.startswith("tel:") and state.account is None:
        state.learn_account(account, evidence, line.mark, from_client=False)


# --- to and from telephones ---------------------------------------------------------------------------------


def handler_msn_ipg(state: State, line: Frame) -> None:
    """IPG: ``IPG n`` of the server, MSNP5 on: a message from somebody's telephone."""
    state.online = True
    payload = _payload_of(line)
    root = _markup(payload)
    _prove_named(state, line, root, "IPG TO")
    sender = root.first("from")
    account = _person(sender.attributes.get("name", "")) if sender is not None else None
    if account is None:
        raise MalformedError("nobody is named")
    _tell_page(
        state, origin_of(line.mark, account, shown_name(state, account)), account, root, payload, {"mobile": True}
    )


def handler_msn_pag(state: State, line: Frame) -> None:
    """PAG: ``PAG tr account n`` of the client, MSNP5 to 8: a message to somebody's telephone.

    One client's list has it from the server too [?]: then it repeats what the own account asked for in that
    transaction, which is no second event, or it is a page from that account, and says both.
    """
    if line.from_client:
        state.requests.remember((b"PAG", line.word(1)), line.word(2)[:512])
        _handle_own_page(state, line, {"mobile": True})
        return
    if state.requests.pop((b"PAG", line.word(1)), None) == line.word(2)[:512]:
        return
    account, payload = _page_account(line.word(2)), _payload_of(line)
    extra: dict[str, object] = {"mobile": True, "readings": ["a page from this account", "an own page, repeated"]}
    _tell_page(
        state, origin_of(line.mark, account, shown_name(state, account)), account, _markup(payload), payload, extra
    )


def handler_msn_pgd(state: State, line: Frame) -> None:
    """PGD: ``PGD tr account device n`` of the client, MSNP9 on: to a telephone (1) or a watch (2)."""
    device = line.word(3)
    _handle_own_page(state, line, {"mobile": True, "device": _DEVICES.get(device, decode_word(device))})


def _handle_own_page(state: State, line: Frame, extra: dict[str, object]) -> None:
    state.online = True
    account, payload = _page_account(line.word(2)), _payload_of(line)
    root = _markup(payload)
    origin = own_origin(line.mark, state.own_name(), line.number(1), None)
    _tell_page(state, origin, account, root, payload, extra)
    asked(state, line, account, thread=origin.thread)


def _page_account(token: bytes) -> str:
    account = _person(decode_word(token[:512]))
    if account is None:
        raise MalformedError("no account")
    return account


def _person(name: str) -> str | None:
    """An account, or a telephone that is named by its number alone."""
    name = name.strip()
    return normalise(f"tel:{name}" if _TELEPHONE.fullmatch(name) else name)


def _tell_page(  # noqa: PLR0917  # made in two places, from everything that is known
    state: State, origin: Origin, account: str, root: Element, payload: Payload, extra: dict[str, object]
) -> None:
    """The text of a page, and to which of somebody's telephones it goes."""
    origin.thread = _thread_with(state, account)
    for name, field in (("num", "phone"), ("loc", "phone_location")):
        if (value := root.value(name)) is not None:
            extra[field] = value[:_LONGEST]
    text = root.first("text") or root.first("body")
    event = text_message(origin, _content_of_text(text.text if text is not None else "", payload.missing))
    event.extra = extra
    state.emit(event)


def _content_of_text(text: str, missing: int) -> Content:
    """A text out of XML; where octets are missing nobody knows whether of the text, so all count."""
    octets = text.encode("utf-8", "replace")
    if not missing:
        return whole_content(_PLAIN, octets)
    return parse(Payload(len(_HEAD) + len(octets) + missing, ((0, _HEAD + octets),)))


_HEAD = b"Content-Type: text/plain; charset=UTF-8\r\n\r\n"


def _thread_with(state: State, account: str) -> Thread:
    """The conversation with somebody."""
    return between(state.account, account) if state.account is not None else alone_with(account)


# --- offline, and to other networks -------------------------------------------------------------------------


def handler_msn_uum(state: State, line: Frame) -> None:
    """UUM: ``UUM tr account network type n`` of the client.

    MSNP14 to 17: to people of other networks (32: Yahoo). MSNP18: also ``1``, to who is offline.
    """
    state.online = True
    account = account_of(line.word(2))
    origin = own_origin(line.mark, state.own_name(), line.number(1), None)
    origin.thread = _thread_with(state, account)
    asked(state, line, account, thread=origin.thread)
    _tell_beyond(state, origin, line, line.number(3), line.word(4))


def handler_msn_ubm(state: State, line: Frame) -> None:
    """UBM: from people of other networks, and (MSNP18) what was said while the own account was offline.

    MSNP14 on, in two forms: ``UBM account network type n``, and ``UBM account network own-account network type n``,
    which proves the own account. It has been seen from switchboards too.
    """
    tokens = line.tokens
    while len(tokens) > 1 and not tokens[-1]:
        tokens = tokens[:-1]
    if len(tokens) < 4:
        raise MalformedError("too few arguments")
    sender = account_of(tokens[1])
    named = network(tokens[1])
    net = named if named is not None else line.number(2)
    to = next((account for token in tokens[2:-2] if (account := normalise(token)) is not None), None)
    if state.notification is not False:
        state.online = True
        if to is not None and to != sender and state.account is None:
            state.learn_account(to, "UBM", line.mark, from_client=False)
    origin = origin_of(line.mark, sender, shown_name(state, sender))
    if state.notification is not False:
        origin.thread = between(sender, to) if to is not None else _thread_with(state, sender)
    _tell_beyond(state, origin, line, net, tokens[-2])


def _tell_beyond(state: State, origin: Origin, line: Frame, net: int, kind: bytes) -> None:
    """Types 1 text, 2 typing, 3 nudge; of others (4) the content type says what they are, or nothing does."""
    content = parse(_payload_of(line))
    if content.missing and not content.readable:
        raise MalformedError("headers missing")
    kept = content.headers.type
    if kind == b"1" and kept in {None, "text/plain"}:
        event = text_message(origin, content)
        extra: dict[str, object] = {}
        if net != _LIVE:
            extra["network"] = net
            if (name := network_name(net)) is not None:
                extra["network_name"] = name
        if (content.headers.get("dest-agent") or "").lower() == "client":
            extra["offline"] = True
        event.extra = {**extra, **(text_extra(state, origin, event) or {})} or None
        state.emit(event)
    elif kind == b"2":
        state.emit(typing_notice(origin, content, recording=False))
    elif kind == b"3":
        state.emit(nudge(origin, content))
    elif kept is not None and kept != "text/plain":
        tell_content(state, origin, Body(content))
    else:
        state.counters["content other"] += 1


def _payload_of(line: Frame) -> Payload:
    payload = line.payload
    if payload is None:
        raise MalformedError("no length")
    return payload


def _markup(payload: Payload) -> Element:
    """A payload up to its first loss; what that cut is told only of a text, whose length says that it is cut."""
    octets = payload.pieces[0][1] if payload.pieces and payload.pieces[0][0] == 0 else b""
    in_text = octets[octets.rfind(b"<") :][:5].upper() == b"<TEXT"
    return read_markup(octets, 0 if in_text else payload.missing)
