# cython: annotation_typing=False
"""Handlers: status, on a notification server (reference 4.2).

The forms changed with nearly every version, and the version may be unknown, so arguments are found by what they
look like: the account, then perhaps a network number, then name, capabilities, picture. What the client asks for is
told when it asks, and the server's echo of the same transaction is not a second event, in whatever order the two
are seen.
"""

import re

from msnp.accounts import network, normalise
from msnp.capabilities import CAPABILITIES, describe
from msnp.circles import note_name
from msnp.events import StatusChanged
from msnp.frames import Frame, MalformedError
from msnp.handlers_login import account_of
from msnp.msnobject import parse_msnobject
from msnp.requests import asked
from msnp.routing import network_name
from msnp.state import State
from msnp.text import decode_name, decode_word

_STATUS = re.compile(rb"NLN|BSY|IDL|BRB|AWY|PHN|LUN|HDN|FLN")
_CAPABILITIES = re.compile(CAPABILITIES.pattern.encode())
_NETWORK = re.compile(rb"1|2|4|8|9|10|11|13|14|16|32")
_OBJECT = re.compile(rb"0|(?:%3[Cc]|<).*", re.DOTALL)
_ARGUMENT, _MIXED = range(14, 16), range(16, 18)
"""Versions in which the network is an argument of its own, and in which it is either that or a prefix."""
_BY_ARGUMENT, _BY_NONE, _BY_EITHER = "argument", "none", "either"
_MOST_ATTRIBUTES = 8
"""Attributes of an account that are read; real ones have one."""
_LONGEST = 2048
"""Octets of an icon's address that are kept."""


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


def _shown(tokens: list[bytes]) -> dict[str, object]:
    """``capabilities [object [icon]]``, as far as they are there: what they mean."""
    details = describe(_capabilities(tokens))
    if len(tokens) > 1 and tokens[1] != b"0" and (picture := parse_msnobject(decode_word(tokens[1]))) is not None:
        details["picture"] = picture
    if len(tokens) > 2 and tokens[2] not in {b"", b"0"}:
        details["icon"] = decode_name(tokens[2][:_LONGEST])
    return details


def handler_msn_chg(state: State, line: Frame) -> None:
    """CHG: the own status, asked for and repeated by the server in one form.

    MSNP2 to 7 ``CHG tr status``; 8 ``… capabilities``; 9 on ``… capabilities [object|0]``; 16 on with two numbers
    of capabilities. Not in MSNP21 (PUT).
    """
    state.online = True
    status = _status(line.word(2))
    state.status = status
    asked(state, line, None, {"status": status})
    if echoed(state, line, status):
        return
    state.emit(
        StatusChanged(
            mark=line.mark,
            from_client=line.from_client,
            account=None,
            status=status,
            capabilities=_capabilities(line.tokens[3:]),
            details=_shown(line.tokens[3:]),
        )
    )


def handler_msn_iln(state: State, line: Frame) -> None:
    """ILN: a contact's status when the own account came online, or added the contact.

    MSNP2 to 17: ``ILN tr`` and what follows NLN in the same version. MSNP18 on says NLN instead.
    """
    _handle_contact(state, line, _status(line.word(2)), line.tokens[3:], initial=True)


def handler_msn_nln(state: State, line: Frame) -> None:
    """NLN: a contact's new status.

    MSNP2 to 7 ``NLN status account name``; 8 ``… capabilities``; 9 to 13 ``… [object|0]``; 14 and 15
    ``NLN status account network name capabilities [object|0 [icon]]``; 16 and 17 the same with two numbers of
    capabilities, or as 18 to 20: ``NLN status network:account[;via=network:group] name capabilities object``.
    MSNP16 on tells also of the own account, at its other endpoints.
    """
    _handle_contact(state, line, _status(line.word(1)), line.tokens[2:], initial=False)


def _handle_contact(state: State, line: Frame, status: str, tokens: list[bytes], *, initial: bool) -> None:
    state.online = True
    if not tokens:
        raise MalformedError("no account")
    account = account_of(tokens[0])
    own = state.is_own(account)
    details, endpoint = attributes_of(tokens[0])
    net = network(tokens[0])
    rest = tokens[1:]
    form = _BY_NONE if net is not None else _form(rest, state.version)
    if form is _BY_ARGUMENT:
        net = int(rest[0])
        rest = rest[1:]
    capabilities = _capabilities(rest[1:]) if form is not _BY_EITHER else None
    if form is _BY_EITHER:
        details["readings"] = _readings(rest)
        rest = []
    if own and endpoint is None and status == state.status:
        return  # MSNP16 and later repeat what one of the own endpoints said
    details |= _shown(rest[1:])
    if own and endpoint is not None:
        details = {"endpoints": [_endpoint(endpoint, status, capabilities)]}
    if net is not None and (called := network_name(net)) is not None:
        details["network_name"] = called
    name = decode_name(rest[0]) if rest and rest[0] else None
    if name is not None and net is not None and not own:
        note_name(state, account, name)  # from MSNP14 on texts come on this connection too, without a name
    state.emit(
        StatusChanged(
            mark=line.mark,
            from_client=False,
            account=None if own else account,
            status=status,
            name=name,
            initial=initial,
            network=net,
            capabilities=capabilities,
            details=details,
        )
    )


def _form(rest: list[bytes], version: int | None) -> str:
    """Whether a network stands between account and name (reference 4.2); ``rest`` is what follows the account.

    Of both only where the version is not known, and one ``1 64 0`` may be name, capabilities and no picture
    (MSNP9 to 13), or network, name and no capabilities (14 and 15).
    """
    if not rest or _NETWORK.fullmatch(rest[0]) is None or (version is not None and not 14 <= version <= 17):
        return _BY_NONE
    if version in _ARGUMENT:
        return _BY_ARGUMENT
    with_network = len(rest) > 2 and _CAPABILITIES.fullmatch(rest[2]) is not None
    without = (
        len(rest) <= 3
        and (len(rest) < 2 or _CAPABILITIES.fullmatch(rest[1]) is not None)
        and (len(rest) < 3 or _OBJECT.fullmatch(rest[2]) is not None)
    )
    if not with_network or (without and b":" in rest[1]):
        return _BY_NONE
    return _BY_ARGUMENT if version in _MIXED or not without else _BY_EITHER


def _readings(rest: list[bytes]) -> list[dict[str, object]]:
    """What ``1 64 0`` behind an account is by either rule."""
    named = _capabilities(rest[1:])
    one = {"name": decode_name(rest[0]), "capabilities": named, **describe(named)}
    two = {"network": int(rest[0]), "name": decode_name(rest[1]), "capabilities": _capabilities(rest[2:])}
    return [one, two]


def attributes_of(token: bytes) -> tuple[dict[str, object], str | None]:
    """What stands behind an account: ``via``, the group by way of which it is told, and which endpoint it is.

    ``a@b;via=9:guid@live.com`` (MSNP18 on), ``a@b;{guid}`` and ``a@b;epid={guid}`` (16 on).
    """
    details: dict[str, object] = {}
    endpoint = None
    if b";" in token:
        for attribute in token.split(b";", _MOST_ATTRIBUTES + 1)[1 : _MOST_ATTRIBUTES + 1]:
            key, equals, value = attribute.partition(b"=")
            if not equals and key.startswith(b"{"):
                endpoint = decode_word(key).lower()
            elif key.lower() == b"epid" and value:
                endpoint = decode_word(value).lower()
            elif key.lower() == b"via" and (via := normalise(value)) is not None:
                details["via"] = via
    return details, endpoint


def _endpoint(identity: str, status: str, capabilities: str | None) -> dict[str, object]:
    """One of the own endpoints, as in what UBX says of them."""
    known: dict[str, object] = {"id": identity, "state": status}
    if capabilities is not None:
        known["capabilities"] = capabilities
    return known | describe(capabilities)


def handler_msn_fln(state: State, line: Frame) -> None:
    """FLN: a contact went offline, or hides, or has blocked the own account.

    MSNP2 to 13 ``FLN account``; 14 and 15 ``FLN account network [capabilities]``; 16 and 17
    ``FLN account network 0:0`` or ``FLN network:account capabilities``; 18 to 20
    ``FLN network:account[;via=…] 0:0``.
    Of the own account: one of its endpoints (MSNP16 on), told where it is named.
    """
    state.online = True
    token = line.word(1)
    account = account_of(token)
    details, endpoint = attributes_of(token)
    own = state.is_own(account)
    net = network(token)
    if net is None and len(line.tokens) > 2 and _NETWORK.fullmatch(line.tokens[2]):
        net = int(line.tokens[2])
    if own and endpoint is None:
        state.counters["own FLN"] += 1
        return
    if own and endpoint is not None:
        details["endpoints"] = [_endpoint(endpoint, "FLN", None)]
    if net is not None and (called := network_name(net)) is not None:
        details["network_name"] = called
    state.emit(
        StatusChanged(
            mark=line.mark,
            from_client=False,
            account=None if own else account,
            status=None if own else "FLN",
            network=net,
            details=details,
        )
    )
