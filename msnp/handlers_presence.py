# cython: annotation_typing=False
"""Handlers: status and display names, on a notification server (reference 4.2 and 4.3).

The forms changed with nearly every version, and the version may be unknown, so arguments are found by what they
look like: the account, then perhaps a network number, then name and capabilities. What the client asks for is
told when it asks, and the server's echo of the same transaction is not a second event, in whatever order the two
are seen.
"""

import re

from msnp.accounts import network
from msnp.events import StatusChanged
from msnp.frames import Frame, MalformedError
from msnp.handlers_login import account_of
from msnp.state import State
from msnp.text import decode_name, decode_word

_STATUS = re.compile(rb"NLN|BSY|IDL|BRB|AWY|PHN|LUN|HDN|FLN")
_CAPABILITIES = re.compile(rb"[0-9]{1,10}(?::[0-9]{1,10})?")
_NETWORK = re.compile(rb"1|2|4|8|9|10|11|13|14|16|32")
_OBJECT = re.compile(rb"%3[Cc]|<")
_NETWORK_VERSIONS = range(14, 18)


def echoed(state: State, line: Frame, value: object) -> bool:
    """Whether this only repeats what the other side of the connection said in the same transaction."""
    key = (line.tokens[0], line.word(1))
    before = state.requests.get(key)
    state.requests.remember(key, (line.from_client, value))
    return before == (not line.from_client, value)


def _status(token: bytes) -> str:
    if _STATUS.fullmatch(token) is None:
        raise MalformedError("unknown status")
    return token.decode("ascii")


def _capabilities(tokens: list[bytes]) -> str | None:
    return decode_word(tokens[0]) if tokens and _CAPABILITIES.fullmatch(tokens[0]) else None


def handler_msn_chg(state: State, line: Frame) -> None:
    """CHG: the own status."""
    state.online = True
    status = _status(line.word(2))
    state.status = status
    if echoed(state, line, status):
        return
    state.emit(
        StatusChanged(
            mark=line.mark,
            from_client=line.from_client,
            account=None,
            status=status,
            capabilities=_capabilities(line.tokens[3:]),
        )
    )


def handler_msn_iln(state: State, line: Frame) -> None:
    """ILN: a contact's status when the own account came online."""
    _handle_contact(state, line, _status(line.word(2)), line.tokens[3:], initial=True)


def handler_msn_nln(state: State, line: Frame) -> None:
    """NLN: a contact's new status."""
    _handle_contact(state, line, _status(line.word(1)), line.tokens[2:], initial=False)


def _handle_contact(state: State, line: Frame, status: str, tokens: list[bytes], *, initial: bool) -> None:
    state.online = True
    if not tokens:
        raise MalformedError("no account")
    account = account_of(tokens[0])
    rest = tokens[1:]
    net = network(tokens[0])
    if net is None and _starts_with_network(rest, state.version):
        net = int(rest[0])
        rest = rest[1:]
    own = account == state.account
    if own and status == state.status:
        return  # MSNP16 and later tell every endpoint of the account
    state.emit(
        StatusChanged(
            mark=line.mark,
            from_client=False,
            account=None if own else account,
            status=status,
            name=decode_name(rest[0]) if rest and rest[0] else None,
            initial=initial,
            network=net,
            capabilities=_capabilities(rest[1:]),
        )
    )


def _starts_with_network(rest: list[bytes], version: int | None) -> bool:
    """Whether a network number stands between account and name (reference 4.2)."""
    if not rest or _NETWORK.fullmatch(rest[0]) is None:
        return False
    if version is not None:
        return version in _NETWORK_VERSIONS
    return len(rest) >= 3 and _OBJECT.match(rest[2]) is None and _CAPABILITIES.fullmatch(rest[2]) is not None


def handler_msn_fln(state: State, line: Frame) -> None:
    """FLN: a contact went offline, or hides."""
    state.online = True
    token = line.word(1)
    account = account_of(token)
    net = network(token)
    if net is None and len(line.tokens) > 2 and _NETWORK.fullmatch(line.tokens[2]):
        net = int(line.tokens[2])
    if account == state.account:
        return  # one of the own endpoints
    state.emit(StatusChanged(mark=line.mark, from_client=False, account=account, status="FLN", network=net))
