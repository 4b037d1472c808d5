# cython: annotation_typing=False
"""Handlers: personal messages, endpoints, and what endpoints say to each other (reference 4.4)."""

from msnp.accounts import network, normalise
from msnp.calls import read_call
from msnp.events import ProfileLearnt, StatusChanged
from msnp.frames import Frame, MalformedError, Payload
from msnp.handlers_login import account_of
from msnp.handlers_presence import attributes_of, echoed
from msnp.markup import parse_markup
from msnp.mime import Headers, torn_content, whole_content
from msnp.personal import read_personal
from msnp.requests import asked
from msnp.routing import network_name
from msnp.state import State
from msnp.text import decode_word
from msnp.threads import alone_with, between
from msnp.utterances import Origin, origin_of, own_origin, sending

_XML, _SIGN_OUT, _CLOSED = 1, 4, 5
_ABOUT_CALLS = (2, 11, 12)
_MOST_KEPT = 99
"""The highest type that is counted by its number; the others together."""
_LONGEST = 512
"""Octets that are read of what is one word."""
_NO_HEADERS = Headers(b"")


def _payload(line: Frame) -> Payload:
    payload = line.payload
    if payload is None:
        raise MalformedError("no length")
    return payload


def _opening(payload: Payload) -> bytes:
    """Up to the first hole."""
    return payload.pieces[0][1] if payload.pieces and payload.pieces[0][0] == 0 else b""


# --- personal messages --------------------------------------------------------------------------------------


def handler_msn_uux(state: State, line: Frame) -> None:
    """UUX: the own personal message, and what plays: ``UUX tr n`` of the client, MSNP11 on; 0 clears both.

    MSNP16 on also with the endpoint that speaks, alone or with the rest. The server agrees by ``UUX tr 0``, which
    says nothing; were it to repeat the payload, that is no second event.
    """
    payload = _payload(line)
    if not line.from_client and not payload.length:
        return
    state.online = True
    asked(state, line)
    details = read_personal(payload)
    if echoed(state, line, hash(_opening(payload))) or not details:
        return
    state.emit(
        StatusChanged(mark=line.mark, from_client=line.from_client, account=None, status=None, details=details)
    )


def handler_msn_ubx(state: State, line: Frame) -> None:
    """UBX: a contact's personal message, and what plays; of length 0: there is neither.

    MSNP11 to 13 ``UBX account n``; 14 to 17 ``UBX account network n``; 16 on also ``UBX network:account n``.
    MSNP16 on says at which endpoints somebody is; about the own account (at all of them, of which it is one) with
    the names of the computers.
    """
    state.online = True
    tokens = line.tokens
    while len(tokens) > 1 and not tokens[-1]:
        tokens = tokens[:-1]
    account = account_of(line.word(1))
    payload = _payload(line)
    net = network(tokens[1])
    if net is None and len(tokens) > 3 and tokens[2].isdigit() and len(tokens[2]) <= 3:
        net = int(tokens[2])
    details, _ = attributes_of(tokens[1])
    said = read_personal(payload)
    if not said:
        state.counters["UBX empty"] += 1
        return
    if net is not None and (called := network_name(net)) is not None:
        details["network_name"] = called
    own = state.is_own(account)
    state.emit(
        StatusChanged(
            mark=line.mark,
            from_client=False,
            account=None if own else account,
            status=None,
            network=net,
            details={**details, **said},
        )
    )


# --- between endpoints --------------------------------------------------------------------------------------


def handler_msn_uun(state: State, line: Frame) -> None:
    """UUN: to a contact's client, or to another endpoint of the own account; the server's OK says nothing.

    ``UUN tr account[;{guid}] type n`` of the client, ``UUN tr OK`` of the server, MSNP13 to 18.
    """
    if not line.from_client:
        return
    state.online = True
    asked(state, line)
    _tell(state, line, line.word(2), line.number(3))


def handler_msn_ubn(state: State, line: Frame) -> None:
    """UBN: the same as it arrives: ``UBN account[;{guid}] type n`` of the server, MSNP13 to 18."""
    state.online = True
    _tell(state, line, line.word(1), line.number(2))


def _tell(state: State, line: Frame, token: bytes, kind: int) -> None:
    """What a notification of a type tells; what tells nothing is counted.

    1 XML about shared folders, 2 SIP, 3 the beginning of a peer-to-peer session, 4 sign out, 5 a window was closed,
    6 the address book changed, 8 for the other endpoints, 10 TURN, 11 about a call, 12 SIP in XML.
    """
    account = account_of(token)
    payload = _payload(line)
    told = False
    if kind == _SIGN_OUT and (state.is_own(account) or (state.account is None and state.claimed is None)):
        told = _tell_signed_out(state, line, token, payload)
    elif kind == _CLOSED:
        told = _tell_closed(state, line, payload)
    elif kind in _ABOUT_CALLS and not state.is_own(account):
        told = _tell_call(state, line, account, payload)
    elif kind == _XML and not state.is_own(account):
        told = _tell_shared(state, line, account, payload)
    if not told:
        number = str(kind) if kind <= _MOST_KEPT else "other"
        state.counters[f"{line.tokens[0].decode()} type {number}"] += 1


def _tell_signed_out(state: State, line: Frame, token: bytes, payload: Payload) -> bool:
    """Type 4: one endpoint tells another to sign out: ``goawyplzthxbye``, or ``gtfo`` to all of them."""
    _, endpoint = attributes_of(token)
    details: dict[str, object] = {"action": "endpoint signed out", "command": line.tokens[0].decode()}
    if endpoint is not None:
        details["endpoint" if line.from_client else "by_endpoint"] = endpoint
    word = decode_word(_opening(payload)[:_LONGEST]).strip()
    if word:
        details["word"] = word
    state.emit(ProfileLearnt(mark=line.mark, from_client=line.from_client, details=details))
    return True


def _tell_closed(state: State, line: Frame, payload: Payload) -> bool:
    """Type 5: the window of a conversation was closed at one endpoint; the payload names the other, or is empty."""
    details: dict[str, object] = {"action": "window closed", "command": line.tokens[0].decode()}
    named = [normalise(word) for word in _opening(payload)[:_LONGEST].replace(b"/", b" ").split()]
    others = [account for account in named if account is not None and not state.is_own(account)]
    if len(others) == 1 and not payload.missing:
        details["with"] = others[0]
    state.emit(ProfileLearnt(mark=line.mark, from_client=line.from_client, details=details))
    return True


def _tell_call(state: State, line: Frame, account: str, payload: Payload) -> bool:
    """Types 2, 11 and 12: a call is asked for, accepted, refused or ended."""
    call = read_call(_opening(payload))
    if call is None or call.command is None:
        return False
    details: dict[str, object] = {"application": "call", "command": call.command, **call.details}
    _send(state, line, account, "call", details, call.identity, payload)
    return True


def _tell_shared(state: State, line: Frame, account: str, payload: Payload) -> bool:
    """Type 1: ``<SNM opcode="SNM" csid="{guid}"/>`` asks to share a folder; answers are counted."""
    found = parse_markup(_opening(payload)).first("snm")
    if found is None or found.attributes.get("opcode", "").upper() != "SNM":
        return False
    details: dict[str, object] = {"application": "shared folders", "command": "invite"}
    session = found.attributes.get("csid", "")[:_LONGEST]
    if session:
        details["session_id"] = session
    _send(state, line, account, "application", details, f"{session} SNM", payload)
    return True


def _send(  # noqa: PLR0917  # from everything that is known
    state: State, line: Frame, account: str, kind: str, details: dict[str, object], identity: str, payload: Payload
) -> None:
    """Between the own account and one other."""
    origin = _origin(state, line, account)
    own = state.account
    origin.thread = between(own, account) if own is not None else alone_with(account)
    if payload.missing:
        details["missing"] = payload.missing
        content = torn_content(_NO_HEADERS, payload.pieces, payload.length)
    else:
        content = whole_content(_NO_HEADERS, _opening(payload))
    state.emit(sending(origin, content, kind, details, None, identity))


def _origin(state: State, line: Frame, account: str) -> Origin:
    if line.from_client:
        return own_origin(line.mark, state.own_name(), line.number(1), None)
    return origin_of(line.mark, account, None)
