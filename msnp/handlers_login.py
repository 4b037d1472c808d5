# cython: annotation_typing=False
"""Handlers: logging in and out, and what a notification server says of conversations to come.

Credentials (tickets, MD5 answers) are noted as present and never kept (reference 4.1).
"""

import re
from locale import windows_locale

from msnp.accounts import normalise
from msnp.errors import REASONS
from msnp.events import ProfileLearnt, Rung, VersionAgreed
from msnp.frames import Frame, MalformedError
from msnp.requests import asked, refused
from msnp.state import State
from msnp.text import decode_name, decode_word
from msnp.versions import versions, weigh

_VERSION = re.compile(rb"MSNP([0-9]{1,2})")
_MOST_OFFERED = 32
"""Words of one VER that are read; there have been 24 versions."""
_VERSIONS_OF = {b"MD5": versions(2, 7), b"TWN": versions(8, 14), b"SSO": versions(15, 21), b"SHA": versions(18, 21)}
_WITH_MACHINE = versions(16, 21)
_MACHINE = re.compile(rb"\{[0-9A-Fa-f-]{36}\}")
_HOST = re.compile(rb"[^ :]{1,255}:[0-9]{1,5}")
_LOGINS = {b"MD5", b"TWN", b"SSO", b"CTP", b"SHA"}
_KINDS = {b"NS", b"SB"}
_FLAG = re.compile(rb"[0-9]")
_REASON = re.compile(rb"[A-Z]{2,8}")
_BLANKS = re.compile(rb"[ \t]+")  # a client of 2003 wrote TABs into its CVR
_LOCALE = re.compile(rb"0[xX][0-9A-Fa-f]{1,8}")
_LONGEST = 256
"""Characters of one argument of CVR, or of INF, that are kept."""
_CVR_FIELDS = ("locale", "os", "os_version", "architecture", "client", "client_version")


def account_of(token: bytes) -> str:
    """The account that a token must name."""
    account = normalise(token)
    if account is None:
        raise MalformedError("no account")
    return account


def handler_msn_ver(state: State, line: Frame) -> None:
    """VER: what the client offers, ``VER tr MSNP12 MSNP11 CVR0``; the server's answer settles the version.

    The answer is one version or (some servers up to 2003) a list, of which the highest counts; ``VER tr 0`` takes
    none. ``VER tr CVR0`` alone only asks for updates.
    """
    state.began = True
    found = [int(version[1]) for token in line.tokens[2:_MOST_OFFERED] if (version := _VERSION.fullmatch(token))]
    if line.from_client:
        offered = [f"MSNP{version}" for version in found]
        asked(state, line, None, {"offered_versions": offered})
        if offered:
            state.details["offered_versions"] = offered
            weigh(state, sum({1 << version for version in found}))
    elif found and state.version is None:
        state.version = max(found)
        state.emit(VersionAgreed(mark=line.mark, from_client=False, version=state.version))
    elif line.tokens[2:3] == [b"0"]:
        request = refused(state, line.word(1))
        if request is not None and request.details.get("offered_versions"):
            details = {"command": "VER", "refused": True, **request.details}
            state.emit(ProfileLearnt(mark=line.mark, from_client=False, details=details))


def handler_msn_inf(state: State, line: Frame) -> None:
    """INF: the client asks how to log in, ``INF tr``; the server says ``INF tr MD5`` (MSNP2-7)."""
    if line.from_client:
        asked(state, line)
        weigh(state, versions(2, 7))
    else:
        state.details["login_methods"] = [decode_word(token)[:_LONGEST] for token in line.tokens[2:10] if token]


def handler_msn_cvr(state: State, line: Frame) -> None:
    """CVR: what the client says of itself and its machine; it may lie.

    Client ``CVR tr 0x0409 winnt 5.1 i386 MSNMSGR 7.5.0324`` (MSNP2-3), a library behind it (4-7), then the account
    (8-20), then in base64 how often the client was sent on, or 0 (21): left out. One of 2003 writes TABs between.
    Server ``CVR tr recommended recommended minimum download page`` (all versions).
    """
    if not line.from_client:
        if len(line.tokens) > 2 and line.tokens[2]:
            state.details["recommended_version"] = decode_word(line.tokens[2])[:_LONGEST]
        return
    asked(state, line)
    said, account = _client_said(line)
    state.details.update(said)
    if account is not None:
        weigh(state, versions(8, 21))
        if state.claimed is None:
            state.claimed = account


def handler_msn_cvq(state: State, line: Frame) -> None:
    """CVQ: a client asks for updates without logging in; the arguments are those of CVR, in all versions."""
    if line.from_client:
        asked(state, line)
        details = {"update_check": True, **_client_said(line)[0]}
        state.emit(ProfileLearnt(mark=line.mark, from_client=True, details=details))


def _client_said(line: Frame) -> tuple[dict[str, object], str | None]:
    """The arguments of CVR and CVQ by name, and the account if one is among them."""
    tokens = _BLANKS.split(b" ".join(line.tokens))[2:11]
    said: dict[str, object] = {
        field: decode_name(token)[:_LONGEST] for field, token in zip(_CVR_FIELDS, tokens, strict=False)
    }
    if tokens and (name := _locale_name(tokens[0])) is not None:
        said["locale_name"] = name
    account = next((found for token in tokens[6:] if (found := normalise(token)) is not None), None)
    if account is not None:
        said["client_claims_account"] = account
    return said, account


def _locale_name(code: bytes) -> str | None:
    """``en-US`` for Microsoft's ``0x0409``."""
    if _LOCALE.fullmatch(code) is None:
        return None
    name = windows_locale.get(int(code, 16))
    return name.replace("_", "-") if name is not None else None


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
    """The steps of a login, from either side (reference 4.1).

    ``USR tr MD5 I account``, ``USR tr MD5 S answer`` (MSNP2-7; CTP in 2 only), the same with TWN (8-14) and SSO
    (15-21), whose second step is ``USR tr SSO S ticket answer {machine}``, the machine from 16 on. The server's
    ``S`` gives what is to be answered. ``USR tr SHA A ticket`` is no login but opens the circles (18-21).
    """
    state.learn_server(True, line.mark, from_client=line.from_client)
    method, step = line.tokens[2], line.word(3)
    if line.from_client:
        state.requests.remember((b"USR", line.word(1)), method)
    weigh(state, _VERSIONS_OF.get(method, state.possible))
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
        if len(line.tokens) > 6 and _MACHINE.fullmatch(line.tokens[6]):
            state.details["machine_id"] = decode_word(line.tokens[6]).lower()
            weigh(state, _WITH_MACHINE)


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
    """The server agrees (reference 2.4).

    ``USR tr OK account name`` (MSNP2-5, and switchboards of all versions), ``… name verified`` (6-7), ``… name
    verified 0`` (8-9), ``… verified 0`` (10-21). What the last digit means is not documented.
    """
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
        flag = b"" if len(rest) < 2 else rest[1] if name is not None or len(rest) > 2 else rest[0]
        if flag in {b"0", b"1"}:
            state.details["verified"] = flag == b"1"
        state.log_in(line.mark, from_client=False, name=name)


def _has_name(rest: list[bytes], version: int | None) -> bool:
    """7 tokens: name and two flags; 6: two flags from MSNP10 on, name and one flag before; 5: the name."""
    if len(rest) == 2:
        return version < 10 if version is not None else not all(_FLAG.fullmatch(token) for token in rest)
    return len(rest) in (1, 3)


def handler_msn_xfr(state: State, line: Frame) -> None:
    """XFR: the server sends the client on, to another notification server or to a switchboard.

    Client ``XFR tr SB``. Server ``XFR tr SB host:port CKI cookie`` (MSNP2-12), ``… U domain`` behind it (13), and
    ``1`` (``0``: only by the gateway) behind that (14-20); ``XFR tr NS host:port`` (2), ``… 0`` (3-6), ``… 0
    current:port`` (7-12), ``… U domain`` (13-20), ``… U|G domain`` and a count in base64 (21). Where a login is
    sent on is not told, since the next connection shows it; only where somebody is who was signed in.
    """
    if line.from_client:
        asked(state, line)
        return
    if line.word(2) in _KINDS and len(line.tokens) > 3:
        state.links.rendezvous.await_server(decode_word(line.tokens[3]), line.mark.time)
    if line.word(2) == b"SB" and len(line.tokens) > 5:
        state.online = True
        state.links.offered(state, decode_word(line.word(5)), line.mark.time)
    elif line.word(2) == b"NS" and state.account is not None and _HOST.fullmatch(line.word(3)):
        details = {"sent_to": decode_word(line.word(3))}
        state.emit(ProfileLearnt(mark=line.mark, from_client=False, details=details))


def handler_msn_rng(state: State, line: Frame) -> None:
    """RNG: somebody invites the own account.

    ``RNG session host:port CKI cookie account name`` (MSNP2-12), ``… U domain`` (13), and ``1``
    or ``0`` (14-20).
    """
    state.online = True
    ring = Rung(
        mark=line.mark,
        from_client=False,
        inviter=account_of(line.word(5)),
        inviter_name=decode_name(line.tokens[6]) if len(line.tokens) > 6 else None,
        session_id=decode_word(line.word(1)),
        server=decode_word(line.word(2)),
    )
    state.links.rendezvous.await_server(ring.server, line.mark.time)
    state.links.rung(state, ring, decode_word(line.word(4)))
    state.emit(ring)


def handler_msn_out(state: State, line: Frame) -> None:
    """OUT: goodbye, from either side.

    Client ``OUT`` (all versions; one writes a transaction behind it). Server ``OUT``, ``OUT OTH``, ``OUT SSD``
    (all), ``OUT TOU``, ``OUT MIG`` (MSNP10 on), ``OUT RCT minutes`` (11 on).
    """
    if state.notification is False:
        state.leave(line.mark, from_client=line.from_client, said=True)
    if not state.notification:
        return
    reason: str | None = None
    details: dict[str, object] = {}
    if not line.from_client and len(line.tokens) > 1 and _REASON.fullmatch(line.tokens[1]):
        reason = line.tokens[1].decode("ascii")
        if reason in REASONS:
            details["reason_text"] = REASONS[reason]
        if reason == "RCT" and len(line.tokens) > 2:
            details["minutes"] = line.number(2)
    state.log_out(line.mark, from_client=line.from_client, reason=reason, details=details)
