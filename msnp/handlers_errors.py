"""Handler: a request was refused (reference 4.5). What was asked for, :mod:`msnp.requests` remembers."""

from collections.abc import Mapping

from msnp.accounts import normalise
from msnp.errors import words_of
from msnp.events import Called, ContactLearnt, LoggedIn, ProfileLearnt
from msnp.frames import Frame, MalformedError, Payload, to_number
from msnp.markup import parse_markup
from msnp.requests import Request, refused
from msnp.state import State
from msnp.text import decode_text
from msnp.utterances import acknowledged

MAX_TEXT = 4096
"""Characters of an error's payload that are told."""
MAX_CONTACTS = 256
"""Contacts of one refused list that are told; beyond, they are left out. Clients send 7,500 octets at most."""

_LOGIN = {"VER", "CVR", "QRY"}
_ACTIONS = {
    "ADD": "added",
    "ADC": "added",
    "ADL": "added",
    "REM": "removed",
    "RML": "removed",
    "REA": "renamed",
    "SBP": "property",
    "FQY": "queried",
}
_LISTS = {1: "FL", 2: "AL", 4: "BL", 8: "RL", 16: "PL"}


def handler_msn_error(state: State, line: Frame) -> None:
    """NNN: a request was refused, ``217 tr`` (all versions), ``241 tr n`` with a payload (MSNP13 on).

    The transaction names the request; where the request was not seen, the number is told without it. The payload
    is the list of refused contacts, or text.
    """
    code, transaction = to_number(line.tokens[0]), line.word(1)
    if code is None:
        raise MalformedError("no number")
    called = state.requests.pop((b"CAL", transaction), None)
    if isinstance(called, str):
        state.emit(Called(mark=line.mark, from_client=False, account=called, error=code))
        return
    login = state.requests.pop((b"USR", transaction), None)
    request = refused(state, transaction)
    if login is not None:
        request = Request("USR", None, {})
    if request is not None and request.thread is not None and transaction.isdigit():
        answer = acknowledged(line.mark, int(transaction), delivered=False)
        answer.thread = request.thread
        state.emit(answer)
    signing_in = bool(state.notification) and not state.logged_in
    if signing_in and login not in {None, b"SHA"}:
        _tell_login(state, line, code, None)
    elif request is not None and request.command in _LOGIN:
        _tell_login(state, line, code, request.command)
    elif request is None and signing_in and state.began and code >= 900:
        _tell_login(state, line, code, None)
    else:
        _tell_refusal(state, line, code, request)


def _tell_login(state: State, line: Frame, code: int, command: str | None) -> None:
    """The login was refused, or what keeps it (the answer to a challenge)."""
    details = {**state.details, **words_of(code), **_payload(line.payload)}
    if command is not None:
        details["command"] = command
    account = state.account or state.claimed
    state.emit(LoggedIn(mark=line.mark, from_client=False, account=account, error=code, details=details))


def _tell_refusal(state: State, line: Frame, code: int, request: Request | None) -> None:
    details: dict[str, object] = dict(words_of(code))
    if request is not None:
        action = _ACTIONS.get(request.command)
        details = {**({"action": action} if action else {}), **request.details, **details}
        details["command"] = request.command
        if request.command == "CHG":
            state.status = None  # whether the one before holds is not said
    contacts = _contacts(line.payload)
    if contacts:
        for ordinal, (account, lists) in enumerate(contacts.items()):
            more = {"lists": lists} if lists else {}
            _tell_contact(state, line, account, {**details, **more}, ordinal)
        return
    details.update(_payload(line.payload))
    if request is not None and request.account is not None and not state.is_own(request.account):
        _tell_contact(state, line, request.account, details, 0)
    elif state.notification is not None:
        state.emit(ProfileLearnt(mark=line.mark, from_client=False, details=details))


def _tell_contact(state: State, line: Frame, account: str, details: Mapping[str, object], ordinal: int) -> None:
    state.emit(ContactLearnt(mark=line.mark, from_client=False, account=account, details=details, ordinal=ordinal))


def _contacts(payload: Payload | None) -> dict[str, list[str]]:
    """The contacts of a refused ``<ml>``, with the lists that they should have been on."""
    contacts: dict[str, list[str]] = {}
    if payload is None or not payload.pieces or payload.missing:
        return contacts
    for domain in parse_markup(payload.pieces[0][1]).walk():
        host = domain.attributes.get("n", "") if domain.name == "d" else ""
        for contact in domain.children if domain.name in {"d", "t"} else ():
            name = contact.attributes.get("n", "")
            account = normalise(f"{name}@{host}" if domain.name == "d" else name)
            if contact.name == "c" and account is not None and len(contacts) < MAX_CONTACTS:
                contacts[account] = _lists(contact.attributes.get("l", ""))
    return contacts


def _lists(bits: str) -> list[str]:
    number = int(bits) if bits.isascii() and bits.isdigit() and len(bits) < 4 else 0
    return [name for bit, name in _LISTS.items() if number & bit]


def _payload(payload: Payload | None) -> dict[str, object]:
    """What the server said beside the number, where it reads as text."""
    if payload is None or not payload.length:
        return {}
    if payload.missing:
        return {"missing": payload.missing}
    text = decode_text([octets for _, octets in payload.pieces])[0].strip()
    readable = all(character.isprintable() or character in "\r\n\t" for character in text[:MAX_TEXT])
    return {"error_payload": text[:MAX_TEXT]} if text and readable else {}
