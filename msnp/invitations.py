"""Invitations to programs: files, calls, webcams, games (reference 5.5).

``text/x-msmsgsinvite``, in every version alike: INVITE names a program by GUID and name, and a cookie; ACCEPT and
CANCEL name the cookie, and often no program. Clients before 6.0 (MSNP8 and below) send files this way; later ones
peer to peer, but others' programs keep to it. The addresses that both sides give are told as they stand; on which
side of a router they are is only said where the field's name says it.

The answer that says where a file is waited for names a number too (AuthCookie), by which the connection that brings
the file is known. It goes to :mod:`msnp.rendezvous` and nowhere else: it says nothing but which connection this is.
"""

import ipaddress
import re
from base64 import b64decode
from collections.abc import Mapping
from typing import NamedTuple

from msnp.bodies import Body, Speaker, speaker_of
from msnp.file_meetings import await_file, only_other, transfer_of
from msnp.frames import MalformedError, to_number
from msnp.limits import Recent
from msnp.state import State
from msnp.utterances import Origin, addressed, sending

MAX_OPEN = 64
"""Invitations of one conversation that are remembered; the oldest is forgotten."""
MAX_ADDRESSES = 32
"""Addresses of one invitation."""
MAX_TAKERS = 16
"""People of whom it is remembered that they accepted the same one; more than one leaves it open for whom it is."""


class Application(NamedTuple):
    """What somebody is invited to."""

    name: str
    kind: str
    """``file``, or what the event of a record is called."""


_FILE = Application("File Transfer", "file")
_CALL = Application("Voice Conversation", "call")
_NETMEETING = Application("NetMeeting", "application")
_ASSISTANCE = Application("Remote Assistance", "application")
_SHARING = Application("Application Sharing", "application")
_WEBCAM = Application("Webcam", "webcam")

_BY_ID = {
    "{5D3E02AB-6190-11D3-BBBB-00C04F795683}": _FILE,
    "{02D3C01F-BF30-4825-A83A-DE7AF41648AA}": _CALL,
    "{44BBA842-CC51-11CF-AAFA-00AA00B6015C}": _NETMEETING,
    "{56B994A7-380F-410B-9985-C809D78C1BDC}": _ASSISTANCE,
    "{F1B1920C-6A3C-4CE7-B18C-AFAB305FD03D}": _SHARING,
    "{2A23868E-B45F-401D-B8B0-1E16B774A5B7}": _WEBCAM,
    "{1DF57D09-637A-4CA5-91B9-2C3EDAAF62FE}": Application("Ink", "application"),
    "{8DAE4336-2B71-11D4-9A6C-006067325E47}": Application("Baldur's Gate 2", "application"),
}
_BY_NAME = (
    ("file transfer", _FILE),
    ("voice conversation", _CALL),
    ("audio conversation", _CALL),
    ("video conversation", _CALL),
    ("computer call", _CALL),
    ("webcam", _WEBCAM),
    ("web camera", _WEBCAM),
    ("netmeeting", _NETMEETING),
    ("remote assistance", _ASSISTANCE),
    ("whiteboard", _SHARING),
    ("application sharing", _SHARING),
)
"""Where no known GUID stands: the first whose words are in the name."""
_OF_FILES = {"invite": "file-offer", "accept": "file-accept", "cancel": "file-decline"}
_STEPS = frozenset(_OF_FILES.values())

_TOLD = {
    "application-url": "url",
    "cancel-code": "reason",
    "session-id": "session_id",
    "session-protocol": "session_protocol",
    "application-file": "file_name",
    "connectivity": "connectivity",
    "conn-type": "connection",
    "upnp": "upnp",
    "sender-connect": "sender_connect",
    "launch-application": "launch",
    "context-data": "context",
    "portx": "port_x",
}
"""Fields as they are told; the name of each is the reference's."""
_ENCODED = "ip-address-enc64"
_ADDRESSES = {
    "ip-address": None,
    "public-ip": "external",
    "private-ip": "internal",
    "ip-address-internal": "internal",
    _ENCODED: None,
}
"""Fields that hold addresses, and which side of a router they say these are on."""


class Invitation(NamedTuple):
    """One that was made in this conversation."""

    application: Application | None
    details: Mapping[str, object]
    """What its answers do not repeat."""
    inviter: str | None
    """None: the own account."""
    takers: frozenset[str | None] = frozenset()
    """Who accepted it, without the inviter, who may do so to tell an address; None among them: the own account."""


def tell_invitation(state: State, origin: Origin, body: Body) -> None:
    """INVITE, ACCEPT or CANCEL."""
    fields = body.fields()
    command = _command(fields)
    speaker = speaker_of(origin)
    opened = _opened(state, speaker, fields)
    application, details = _known(opened, fields)
    learn_invitation(state, speaker, body)
    details["command"] = command
    details |= {name: fields[key] for key, name in _TOLD.items() if key in fields}
    size = to_number(fields.get("application-filesize", "").encode())
    if size is not None:
        details["size"] = size
    details |= addresses(fields)
    cookie = fields.get("invitation-cookie")
    if command == "cancel" and opened is not None:
        details["by_inviter"] = opened.inviter == origin.sender
    details |= body.losses()
    kind = _kind(application, command)
    if kind == "file-accept":
        opened = _taken(state, speaker, cookie, opened)
        await_file(state, origin, fields, opened)
    identity = f"{cookie} {command}" if cookie is not None else body.identity
    event = sending(origin, body.content, kind, details, None, identity)
    if cookie is not None and kind in _STEPS:
        addressed(event, only_other(state, origin), transfer_of(cookie))
    state.emit(event)


def _taken(state: State, speaker: Speaker, cookie: str | None, opened: Invitation | None) -> Invitation | None:
    """The invitation, with one more who accepted it."""
    if opened is None or cookie is None or opened.inviter == speaker.account or state.invitations is None:
        return opened
    if len(opened.takers) < MAX_TAKERS:
        opened = opened._replace(takers=opened.takers | {speaker.account})
        state.invitations[speaker.conversation, cookie] = opened
    return opened


def learn_invitation(state: State, speaker: Speaker, body: Body) -> None:
    """Remember one that is made, whether or not anybody asks for it: its answers name the cookie alone."""
    fields = body.fields()
    cookie = fields.get("invitation-cookie")
    if cookie is None or not _is_invite(fields):
        return
    application, details = _known(None, fields)
    if "application-file" in fields:
        details["file_name"] = fields["application-file"]
        size = to_number(fields.get("application-filesize", "").encode())
        details |= {"size": size} if size is not None else {}
    if state.invitations is None:
        state.invitations = Recent(MAX_OPEN)
    state.invitations.remember((speaker.conversation, cookie), Invitation(application, details, speaker.account))


def _command(fields: Mapping[str, str]) -> str:
    command = fields.get("invitation-command", "").strip().lower()
    if not command:
        raise MalformedError("an invitation without a command")
    return command[:32]


def _opened(state: State, speaker: Speaker, fields: Mapping[str, str]) -> Invitation | None:
    """What an answer answers; an invitation itself answers none."""
    cookie = fields.get("invitation-cookie")
    if state.invitations is None or cookie is None or _is_invite(fields):
        return None
    found: Invitation | None = state.invitations.get((speaker.conversation, cookie))
    return found


def _is_invite(fields: Mapping[str, str]) -> bool:
    return fields.get("invitation-command", "").strip().lower() == "invite"


def _known(opened: Invitation | None, fields: Mapping[str, str]) -> tuple[Application | None, dict[str, object]]:
    """The program, from what this message says or else from the invitation that it answers."""
    name = fields.get("application-name")
    guid = fields.get("application-guid", "").strip().upper()
    details: dict[str, object] = dict(opened.details) if opened is not None else {}
    application = _BY_ID.get(guid) or _named(name)
    if application is None and {"application-file", "authcookie"} & fields.keys():
        application = _FILE  # only files have these
    if application is None and opened is not None:
        application = opened.application
    if name is not None:
        details["application"] = name
    elif application is not None:
        details.setdefault("application", application.name)
    if guid:
        details["application_id"] = guid
    if "invitation-cookie" in fields:
        details["cookie"] = fields["invitation-cookie"]
    return application, details


def _named(name: str | None) -> Application | None:
    if name is None:
        return None
    lower = name.lower()
    return next((application for words, application in _BY_NAME if words in lower), None)


def _kind(application: Application | None, command: str) -> str:
    if application is None:
        return "application"
    if application.kind != "file":
        return application.kind
    return _OF_FILES.get(command, "application")


# --- addresses ----------------------------------------------------------------------------------------------


def addresses(fields: Mapping[str, str]) -> dict[str, object]:
    """What a side says it can be reached at: all ``addresses``, and which are ``internal`` and ``external``."""
    found: dict[str, dict[str, None]] = {"addresses": {}, "internal": {}, "external": {}}
    port = to_number(fields.get("port", "").encode())
    for key, scope in _ADDRESSES.items():
        value = fields.get(key, "")
        for address in _addresses_in(
            _from_base64(value) if key == _ENCODED else value, port if key == "ip-address" else None
        ):
            found["addresses"][address] = None
            found[scope or "addresses"][address] = None
    return {name: list(some)[:MAX_ADDRESSES] for name, some in found.items() if some}


def _addresses_in(value: str, port: int | None) -> list[str]:
    """``ip``, ``ip:port`` or ``[ip]:port``, several with blanks, commas or semicolons between."""
    found: list[str] = []
    for word in re.split(r"[\s,;]+", value)[:MAX_ADDRESSES]:
        host, own_port = word, ""
        if word.count(":") == 1 or "]:" in word:
            host, _, own_port = word.rpartition(":")
        try:
            address = ipaddress.ip_address(host.strip("[]"))
        except ValueError:
            continue
        number = to_number(own_port.encode())
        number = port if number is None else number
        shown = f"[{address}]" if address.version == 6 else str(address)
        found.append(f"{shown}:{number}" if number is not None and 0 < number < 65536 else str(address))
    return found


def _from_base64(value: str) -> str:
    try:
        return b64decode(value, validate=False).decode("ascii", "replace")
    except ValueError:
        return ""
