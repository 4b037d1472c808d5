"""What the answer to an invitation says of the connection that will bring the file (reference 5.5 and 6.6).

Whoever listens says where, and a number (AuthCookie): usually the sender of the file, in an ACCEPT of its own
invitation; with ``Sender-Connect`` the one who takes it. So who sends is not told by who answers but by who had
invited, and where that was missed, by who listens. The one who takes it names itself in the other connection too,
so it may stay open here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from msnp.frames import to_number
from msnp.rendezvous import FtpMeeting
from msnp.state import State
from msnp.utterances import Origin

if TYPE_CHECKING:
    from msnp.invitations import Invitation

MAX_PORTS = 4
"""Ports that one answer names."""
_PORTS = ("port", "portx")
_SHORT = re.compile(r"[!-~]{1,64}")


def transfer_of(cookie: str) -> str:
    """What a file transfer is called: by the number of its invitation."""
    named = cookie if _SHORT.fullmatch(cookie) else sha256(cookie.encode("utf-8", "replace")).hexdigest()[:32]
    return f"ftp-{named}"


def only_other(state: State, origin: Origin) -> str | None:
    """To whom something is said that everybody in the conversation hears: the other one, if there is one alone.

    None also where it may be so, but who else is there was not seen, or the own account is not proven.
    """
    if origin.thread is not None:
        people = {*origin.thread.people, state.account} - {None, origin.sender or state.account}
    elif not state.entered:
        return None
    elif origin.sender is None:
        people = {*state.roster}
    else:
        people = {*state.roster, state.account} - {origin.sender}
    return people.pop() if len(people) == 1 else None


def await_file(state: State, origin: Origin, fields: Mapping[str, str], offer: Invitation | None) -> None:
    """Note where the file of an accepted ``offer`` is waited for (None: it was missed), if the answer says so."""
    auth_cookie = fields.get("authcookie", "").strip()
    ports = dict.fromkeys(_ports(fields))
    if not auth_cookie or not ports:
        return
    cookie = fields.get("invitation-cookie")
    details: Mapping[str, object] = {} if offer is None else offer.details
    name, size = details.get("file_name"), details.get("size")
    listens_to_take = fields.get("sender-connect", "").strip().upper() == "TRUE"
    other = only_other(state, origin)
    if offer is not None:
        sender: str | None = offer.inviter or state.account
        if origin.sender != offer.inviter:
            recipient = origin.sender or state.account
        elif len(offer.takers) == 1:
            recipient = next(iter(offer.takers)) or state.account
        else:
            recipient = other
    elif not listens_to_take:
        sender, recipient = origin.sender or state.account, other
    elif other is None:
        return  # None as the sender would be the own account
    else:
        sender, recipient = other, origin.sender or state.account
    for port in list(ports)[:MAX_PORTS]:
        state.links.rendezvous.await_ftp(
            FtpMeeting(
                time=origin.mark.time,
                port=port,
                auth_cookie=auth_cookie,
                transfer=transfer_of(cookie if cookie is not None else auth_cookie),
                name=name if isinstance(name, str) else None,
                size=size if isinstance(size, int) else None,
                sender=sender,
                recipient=recipient,
                own=state,
            )
        )


def _ports(fields: Mapping[str, str]) -> list[int]:
    """PortX is what a router made of Port; an address may have its own behind a colon."""
    words = [fields.get(key, "").strip() for key in _PORTS]
    words += [word.rpartition(":")[2] for word in fields.get("ip-address", "").split()[:MAX_PORTS] if ":" in word]
    return [number for word in words if (number := to_number(word.encode())) is not None and 0 < number < 65536]
