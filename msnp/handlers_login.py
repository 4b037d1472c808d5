# cython: annotation_typing=False
"""Handlers: logging in and out, and what a notification server says of conversations to come.

Credentials (tickets, MD5 answers) are noted as present and never kept (reference 4.1).
"""

import re

from msnp.accounts import normalise
from msnp.events import Called, LoggedIn, Rung, VersionAgreed
from msnp.frames import Frame, MalformedError
from msnp.state import State
from msnp.text import decode_name, decode_word

_VERSION = re.compile(rb"MSNP([0-9]{1,2})")
_LOGINS = {b"MD5", b"TWN", b"SSO", b"CTP", b"SHA"}
_FLAG = re.compile(rb"[0-9]")
_REASON = re.compile(rb"[A-Z]{2,8}")
_BLANKS = re.compile(rb"[ \t]+")  # a client of 2003 wrote TABs into its CVR
_CVR_FIELDS = ("locale", "os", "os_version", "architecture", "client", "client_version")


def account_of(token: bytes) -> str:
    """The account that a token must name."""
    account = normalise(token)
    if account is None:
        raise MalformedError("no account")
    return account


def handler_msn_ver(state: State, line: Frame) -> None:
    """VER: the server's answer settles the version."""
    state.began = True
    if line.from_client or state.version is not None:
        return
    versions = [int(found[1]) for token in line.tokens[2:] if (found := _VERSION.fullmatch(token))]
    if versions:
        state.version = max(versions)
        state.emit(VersionAgreed(mark=line.mark, from_client=False, version=state.version))


def handler_msn_cvr(state: State, line: Frame) -> None:
    """CVR: what the client says of itself and its machine."""
    if not line.from_client:
        return
    tokens = _BLANKS.split(b" ".join(line.tokens))[2:]
    for field, token in zip(_CVR_FIELDS, tokens, strict=False):
        state.details[field] = decode_name(token)
    if len(tokens) > 7 and (account := normalise(tokens[7])) is not None and state.claimed is None:
        state.claimed = account


def handler_msn_usr(state: State, line: Frame) -> None:
    """USR: who logs in, on either kind of server."""
    if line.word(2) in _LOGINS:
        _handle_login_step(state, line)
    elif line.from_client:
        _handle_ticket(state, line)
    elif line.word(2) == b"OK":
        _handle_accepted(state, line)
    else:
        raise MalformedError("unknown form")


def _handle_login_step(state: State, line: Frame) -> None:
    """``USR tr TWN I account``, ``USR tr TWN S …`` (reference 4.1); ``SHA A`` asks for a circle's ticket."""
    state.learn_server(True, line.mark, from_client=line.from_client)
    method, step = line.tokens[2], line.word(3)
    if line.from_client:
        state.requests.remember((b"USR", line.word(1)), method)
    if method == b"SHA":
        return
    state.began = True
    state.details["login"] = method.decode("ascii")
    if line.from_client and step == b"I":
        state.claimed = account_of(line.word(4))
        state.claim_mark = line.mark
    elif line.from_client and step == b"S" and len(line.tokens) > 4:
        state.details["credential"] = True
        state.credential_mark = line.mark


def _handle_ticket(state: State, line: Frame) -> None:
    """``USR tr account cookie``: the client opens a conversation."""
    account = account_of(line.word(2))
    cookie = decode_word(line.word(3))
    state.learn_server(False, line.mark, from_client=True)
    state.began = state.opened = state.all_calls_seen = True
    state.requests.remember((b"USR", line.word(1)), b"")
    if state.claimed is None:
        state.claimed = account
        state.claim_mark = line.mark
    state.links.used(cookie, account, line.mark)


def _handle_accepted(state: State, line: Frame) -> None:
    """``USR tr OK account …`` in the forms of all versions (reference 2.4)."""
    account = account_of(line.word(3))
    rest = line.tokens[4:]
    while rest and not rest[-1]:
        rest.pop()
    if state.notification is None:  # no VER and no client: name alone on a switchboard, flags on the other
        state.learn_server(len(rest) > 1, line.mark, from_client=False)
    name = decode_name(rest[0]) if _has_name(rest, state.version) else None
    if name:
        state.learn_name(name)
    state.learn_account(account, "USR OK", line.mark, from_client=False)
    if not state.notification:
        state.enter(line.mark, from_client=False)
        return
    asked = state.requests.pop((b"USR", line.word(1)), None)
    circle = asked == b"SHA" or (asked is None and not state.began and rest == [b"0", b"0"])
    if circle:
        state.online = True
    else:
        state.log_in(line.mark, from_client=False, name=name)


def _has_name(rest: list[bytes], version: int | None) -> bool:
    """7 tokens: name and two flags; 6: two flags from MSNP10 on, name and one flag before; 5: the name."""
    if len(rest) == 2:
        return version < 10 if version is not None else not all(_FLAG.fullmatch(token) for token in rest)
    return len(rest) in (1, 3)


def handler_msn_xfr(state: State, line: Frame) -> None:
    """XFR: the server sends the client on, to another notification server or to a switchboard."""
    if line.from_client:
        return
    if line.word(2) == b"SB" and len(line.tokens) > 5:
        state.online = True
        state.links.offered(state, decode_word(line.word(5)), line.mark.time)


def handler_msn_rng(state: State, line: Frame) -> None:
    """RNG: somebody invites the own account."""
    state.online = True
    ring = Rung(
        mark=line.mark,
        from_client=False,
        inviter=account_of(line.word(5)),
        inviter_name=decode_name(line.tokens[6]) if len(line.tokens) > 6 else None,
        session_id=decode_word(line.word(1)),
        server=decode_word(line.word(2)),
    )
    state.links.rung(state, ring, decode_word(line.word(4)))
    state.emit(ring)


def handler_msn_out(state: State, line: Frame) -> None:
    """OUT: goodbye, from either side."""
    reason = line.tokens[1] if len(line.tokens) > 1 else b""
    if state.notification is False:
        state.leave(line.mark, from_client=line.from_client, said=True)
    elif state.notification:
        said = decode_word(reason) if not line.from_client and _REASON.fullmatch(reason) else None
        state.log_out(line.mark, from_client=line.from_client, reason=said)


def handler_msn_error(state: State, line: Frame) -> None:
    """NNN: a request was refused."""
    code, transaction = int(line.tokens[0]), line.word(1)
    called = state.requests.pop((b"CAL", transaction), None)
    if isinstance(called, str):
        state.emit(Called(mark=line.mark, from_client=False, account=called, error=code))
        return
    asked = state.requests.pop((b"USR", transaction), None)
    if not state.notification or state.logged_in or asked == b"SHA":
        return
    if asked is not None or (state.began and code >= 900):
        state.emit(
            LoggedIn(
                mark=line.mark,
                from_client=False,
                account=state.account or state.claimed,
                error=code,
                details=dict(state.details),
            )
        )
