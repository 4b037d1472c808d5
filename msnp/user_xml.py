"""Presence as MSNP21 says it: ``application/user+xml`` in PUT (the own), NFY PUT (a contact's) (reference 8.2).

``<s n="IM">`` has status and media, ``<s n="PE">`` name, personal message and pictures; each
``<sep epid="{guid}">`` is of one endpoint: ``IM`` its capabilities, ``PE`` its program (``VER``), ``PD`` its
computer's name and what it is doing. A notice may hold only what changed, so what it does not say is left out, but
for the status: that is the last one told. ``NFY DEL``, or an empty status: gone.
"""

import re

from msnp.capabilities import CAPABILITIES, describe
from msnp.circles import multiparty_of, note_name
from msnp.events import StatusChanged
from msnp.frames import Frame, MalformedError
from msnp.markup import Element
from msnp.msnobject import parse_msnobject
from msnp.personal import read_media
from msnp.routing import Address, Routed, network_name
from msnp.state import State

USER_XML = "application/user+xml"
MAX_ENDPOINTS = 32
"""Endpoints of one account that are told; real ones are few."""
MAX_VALUE = 4096
"""Characters of a value that are kept."""

_STATUS = re.compile(r"NLN|BSY|IDL|BRB|AWY|PHN|LUN|HDN|FLN")
_PROGRAM = re.compile(r"([A-Za-z0-9_ -]{1,64}):([0-9][0-9A-Za-z.]{0,63})")
_TEXTS = {"psm": "personal_message", "colorscheme": "color_scheme"}
_OBJECTS = {"usertilelocation": "picture", "ddp": "ddp", "scene": "scene", "rum": "rum"}
"""Values that are MSNObjects, or text where they are not; what ``RUM`` stands for is not documented."""
_NONE = "0"
"""In place of an MSNObject: there is none."""
_OF_ENDPOINT = {
    "epname": "computer",
    "clienttype": "client_type",
    "typ": "client_type",
    "state": "state",
}
_YES = {"true": True, "1": True, "false": False, "0": False}


def handle_user(state: State, line: Frame, routed: Routed, *, own: bool) -> None:
    """``PUT`` of the own account, or ``NFY PUT`` about somebody, who may be the own account elsewhere."""
    address = routed.sender
    if address is None or address.person is None:
        raise MalformedError("nobody is named")
    user = routed.markup().first("user")
    if user is None:
        raise MalformedError("no user")
    own = own or state.is_own(address.account)
    said = _said(user)
    details = _details(user, said)
    if routed.content.missing:
        details["missing"] = routed.content.missing
    if address.via is not None:
        details["via"] = address.via
    name = said.get("friendlyname") or None
    known = multiparty_of(state)
    if name is not None:
        note_name(state, address.account, name)
        if own:
            state.learn_name(name)
    status = _status_of(state, address.account, said.get("status"), own=own)
    told = (status, name, details)
    if own and known.states.get("") == told:
        return  # the server repeats to every endpoint what one of them said
    if own:
        known.states.remember("", told)
    state.emit(_changed(line, None if own else address, status, name, details))


def handle_gone(state: State, line: Frame, routed: Routed) -> None:
    """``NFY DEL`` of somebody's ``/user``: they are gone; of the own account, only one of its endpoints is."""
    address = routed.sender
    if address is None or address.person is None or state.is_own(address.account):
        return
    if "/user" not in routed.headers.get("uri", "/user").lower():
        state.counters["content other"] += 1
        return
    _status_of(state, address.account, "", own=False)
    state.emit(_changed(line, address, "FLN", None, {}))


def _changed(
    line: Frame, address: Address | None, status: str | None, name: str | None, details: dict[str, object]
) -> StatusChanged:
    capabilities = details.pop("capabilities", None)
    if (
        address is not None
        and address.network is not None
        and (called := network_name(address.network)) is not None
    ):
        details["network_name"] = called
    return StatusChanged(
        mark=line.mark,
        from_client=line.from_client,
        account=None if address is None else address.account,
        status=status,
        name=name,
        network=None if address is None else address.network,
        capabilities=capabilities if isinstance(capabilities, str) else None,
        details=details,
    )


def _status_of(state: State, account: str, said: str | None, *, own: bool) -> str | None:
    """The status that a notice says; if it says none, the last one; None where that is not known."""
    states = multiparty_of(state).states
    if said is None:
        last = state.status if own else states.get(account)
        return last if isinstance(last, str) else None
    status = said.strip().upper()
    if not status:
        status = "FLN"
    elif _STATUS.fullmatch(status) is None:
        raise MalformedError("unknown status")
    states.remember(account, status)
    if own:
        state.status = status
    return status


# --- what else is said --------------------------------------------------------------------------------------


def _said(user: Element) -> dict[str, str]:
    """The account's own values, by lower-case name: those in ``<s>``, not those of its endpoints."""
    found: dict[str, str] = {}
    for part in user.children:
        if part.name == "s":
            for value in part.children:
                found.setdefault(value.name, value.text.strip()[:MAX_VALUE])
    return found


def _details(user: Element, said: dict[str, str]) -> dict[str, object]:
    details: dict[str, object] = {field: said[name] for name, field in _TEXTS.items() if name in said}
    for name, field in _OBJECTS.items():
        value = said.get(name, _NONE)
        if value not in {"", _NONE}:
            details[field] = parse_msnobject(value) or value
    if "currentmedia" in said:
        details["media"] = read_media(said["currentmedia"])
    endpoints = _endpoints(user)
    if endpoints:
        details["endpoints"] = endpoints
        capable = {endpoint["capabilities"] for endpoint in endpoints if "capabilities" in endpoint}
        if len(capable) == 1:
            (common,) = capable
            details |= {"capabilities": common, **describe(str(common))}
    return details


def _endpoints(user: Element) -> list[dict[str, object]]:
    """One object for each, from all elements that name it."""
    found: dict[str, dict[str, object]] = {}
    for part in user.children:
        name = part.attributes.get("epid", "").lower()[:64]
        if part.name != "sep" or not name or (name not in found and len(found) >= MAX_ENDPOINTS):
            continue
        endpoint = found.setdefault(name, {"id": name})
        for value in part.children:
            _put(endpoint, part.attributes.get("n", "").upper(), value.name, value.text.strip()[:MAX_VALUE])
    return list(found.values())


def _put(endpoint: dict[str, object], part: str, name: str, value: str) -> None:
    """One value of an endpoint; ``PE`` has capabilities of its own, of which nothing is known."""
    if not value:
        return
    if name == "capabilities":
        if part != "PE" and CAPABILITIES.fullmatch(value):
            endpoint |= {"capabilities": value, **describe(value)}
    elif name == "idle":
        endpoint["idle"] = _YES.get(value.lower(), value)
    elif name == "ver":
        program = _PROGRAM.fullmatch(value)
        endpoint["client"], endpoint["client_version"] = program.groups() if program is not None else (value, None)
        if program is None:
            del endpoint["client_version"]
    elif name in _OF_ENDPOINT:
        endpoint.setdefault(_OF_ENDPOINT[name], value)
